"""Label names of fitted classifiers, and 0/1 rows as tuples of these names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .._common.alignment import are_numbers, check_order
from .._common.messages import plural
from .._common.tables import column_names, row_ids
from .indicator import MatrixLike, read_indicator
from .written_sets import refuse_written_sets


def known_names(classifier: Any, columns: list[Any] | None) -> NDArray[np.str_]:
    """Return the label names of a fitted classifier.

    Parameters
    ----------
    classifier : fitted classifier
        Its own ``label_names_`` are returned if it has them.
    columns : list or None
        Columns of the table that it was fitted on, for a classifier without names.

    Returns
    -------
    names : ndarray of str
        Without names, the column numbers of a 0/1 matrix or the classes of a 1-d target.

    Raises
    ------
    AttributeError
        If nothing tells how many labels the classifier has.
    """
    own = getattr(classifier, "label_names_", columns)
    if own is not None:
        return np.asarray([str(name) for name in own])
    classes = getattr(classifier, "classes_", None)
    if classes is None:
        raise AttributeError(
            f"{type(classifier).__name__} has neither label_names_ nor classes_, and was not "
            "fitted through this pipeline on a DataFrame of labels: fit the pipeline"
        )
    if isinstance(classes, list) or np.ndim(classes) == 2:
        return np.arange(len(classes)).astype(str)
    return np.asarray(classes).astype(str)


def named_sets(y: MatrixLike, names: NDArray[np.str_]) -> pd.Series:
    """Return the names of the labels of each sample, as a Series of tuples named ``"labels"``.

    Parameters
    ----------
    y : matrix of shape (n_samples, n_labels), or 1-d for one label
        0/1 matrix. The columns of a table must be the names, in their order.
    names : ndarray of str of shape (n_labels,)

    Raises
    ------
    ValueError
        If `y` is no 0/1 matrix, has another number of labels, or names them otherwise.
    """
    refuse_written_sets(y)
    n_labels = len(names)
    if np.ndim(y) == 1 and n_labels != 1:
        raise ValueError(
            "y is 1-d, expected a 0/1 matrix with one column for each label. The classes of a 1-d "
            "target are names already. Pass a single sample as y[np.newaxis]"
        )
    matrix = read_indicator(y, "y")
    given = column_names(y)
    by_position = given is None or are_numbers(given) or are_numbers(names)
    if by_position and matrix.shape[1] != n_labels:
        raise ValueError(
            f"y has {plural(matrix.shape[1], 'column')}, expected one for each of the "
            f"{plural(n_labels, 'label')} of fit: {', '.join(names[:3])}{', …' * (n_labels > 3)}"
        )
    if not by_position:
        check_order("y", "label", [str(name) for name in given or ()], names)
    rows = [tuple(names[row].tolist()) for row in matrix.astype(bool)]
    return pd.Series(rows, index=row_ids(y), name="labels", dtype=object)
