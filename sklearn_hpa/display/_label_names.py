"""A 0/1 matrix read together with the names of its labels."""

from __future__ import annotations

import pandas as pd

from .._common.alignment import NamesLike
from .._common.messages import first_dozen
from .._labels import indicator
from .._labels.indicator import Indicator, MatrixLike


def read_named_indicator(
    y: MatrixLike, name: str, label_names: NamesLike | None
) -> tuple[Indicator, pd.Index]:
    """The matrix as int8, and its labels as an index named ``"label"``.

    Raises
    ------
    ValueError
        If `y`, called `name` in the message, is no 0/1 matrix; for names, see `name_labels`.
    """
    matrix = indicator.read_indicator(y, name)
    return matrix, name_labels(y, matrix.shape[1], label_names)


def name_labels(y: MatrixLike, n_labels: int, label_names: NamesLike | None) -> pd.Index:
    """Different names of the labels: `label_names`, else columns, else numbers from 0.

    Raises
    ------
    ValueError
        If the names are not one per label, or a label is named twice.
    """
    names = indicator.name_labels(y, n_labels, label_names)
    if repeated := list(dict.fromkeys(names[names.duplicated()])):
        raise ValueError(f"a label is named twice: {first_dozen(repeated)}; rename one of the two")
    return names
