"""A 0/1 matrix read together with the names of its labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from .._common.messages import first_dozen
from .._labels.indicator import Indicator, MatrixLike, as_indicator


def read_indicator(
    y: MatrixLike, name: str, label_names: Sequence[Any] | None
) -> tuple[Indicator, pd.Index]:
    """The matrix as int8, and its labels as an index named ``"label"``.

    Raises
    ------
    ValueError
        Where `y`, called `name` in the message, is no 0/1 matrix, or see `name_labels`.
    """
    matrix = as_indicator(y, name)
    return matrix, name_labels(y, matrix.shape[1], label_names)


def name_labels(y: MatrixLike, n_labels: int, label_names: Sequence[Any] | None) -> pd.Index:
    """`label_names`, else the columns of a DataFrame, else the numbers from 0.

    Raises
    ------
    ValueError
        Where the names are not one per label, or a label is named twice.
    """
    if label_names is None:
        label_names = y.columns if isinstance(y, pd.DataFrame) else range(n_labels)
    elif isinstance(label_names, str) or len(label_names) != n_labels:
        raise ValueError(
            f"label_names has {1 if isinstance(label_names, str) else len(label_names)} names;"
            f" expected one for each of the {n_labels} labels"
        )
    names = pd.Index(label_names, name="label")
    if repeated := list(dict.fromkeys(names[names.duplicated()])):
        raise ValueError(f"a label is named twice: {first_dozen(repeated)}; rename one of the two")
    return names
