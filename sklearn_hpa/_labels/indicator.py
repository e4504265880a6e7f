"""Reading of 0/1 label matrices in any accepted form.

A matrix is a pandas or polars DataFrame, an array, a SciPy sparse matrix or nested lists, of any
numeric or boolean dtype. A 1-d array of 0 and 1 is read as the matrix of one label.
"""

from __future__ import annotations

from numbers import Number
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from .._common.alignment import NamesLike, check_aligned, check_same_names
from .._common.messages import first_dozen
from .._common.tables import column_names, describe_row, refuse_lazy_tables
from .weights import Weights, read_sample_weight
from .written_sets import refuse_written_sets

MatrixLike: TypeAlias = ArrayLike | pd.DataFrame | pd.Series | sparse.spmatrix | sparse.sparray
Indicator: TypeAlias = NDArray[np.int8]

_TARGET = (
    "expected a 0/1 matrix of shape (n_samples, n_labels), or a 1-d array of 0 and 1 for one label"
)


def read_indicator(values: MatrixLike, name: str) -> Indicator:
    """Read a 0/1 matrix as int8, of shape (n_samples, n_labels).

    Parameters
    ----------
    values : matrix
    name : str
        Name of the argument, used in messages.

    Raises
    ------
    ValueError
        If the matrix is empty or has a value other than 0 and 1. The message names the value, its
        label and its row.
    """
    refuse_lazy_tables(**{name: values})
    _refuse_repeated_names(values, name)
    array = read_numbers(values, name, _TARGET)
    neither = (array != 0) & (array != 1)
    if np.ndim(values) == 1 and neither.any():
        distinct = np.unique(array)
        shown = ", ".join(f"{value:g}" for value in distinct[:10])
        rest = "…" if distinct.size > 10 else ""
        raise ValueError(
            f"{name} is 1-d with {distinct.size} distinct values ({shown}{rest}), like a "
            f"multiclass target; {_TARGET}. For a multiclass target use scikit-learn's metrics."
        )
    refuse_cells(neither, array, values, name, _TARGET)
    return array.astype(np.int8)


def _refuse_repeated_names(values: MatrixLike, name: str) -> None:
    names = column_names(values) or []
    repeated = list(dict.fromkeys(each for each in names if names.count(each) > 1))
    if repeated:
        raise ValueError(
            f"{name}: a label is named twice: {first_dozen(repeated)}; rename one of the two"
        )


def name_labels(
    values: MatrixLike, n_labels: int, label_names: NamesLike | None = None
) -> pd.Index:
    """Return the label names: `label_names`, else the columns of a table, else numbers from 0.

    Returns
    -------
    Index
        The index is named ``"label"``.

    Raises
    ------
    ValueError
        If the number of names is not `n_labels`.
    """
    if label_names is None:
        found = column_names(values)
        label_names = range(n_labels) if found is None else found
    elif isinstance(label_names, str) or len(label_names) != n_labels:
        raise ValueError(
            f"label_names has {1 if isinstance(label_names, str) else len(label_names)} names;"
            f" expected one for each of the {n_labels} labels"
        )
    return pd.Index(label_names, name="label")


def check_labels(
    y_true: MatrixLike, y_pred: MatrixLike, sample_weight: ArrayLike | None
) -> tuple[Indicator, Indicator, Weights]:
    """Read true labels, predicted labels and sample weights, and check that they match."""
    truth, predicted = read_indicator(y_true, "y_true"), read_indicator(y_pred, "y_pred")
    check_same_shape(truth, predicted, "y_pred")
    check_same_names(y_true, y_pred, "y_pred", axes={0: "rows", 1: "labels"})
    check_aligned(y_true=y_true, y_pred=y_pred, sample_weight=sample_weight)
    return truth, predicted, read_sample_weight(sample_weight, len(truth))


def check_training_labels(y_true: MatrixLike, truth: Indicator, y_train: MatrixLike) -> Indicator:
    """Read `y_train` as an array and check that it has the labels of `y_true`."""
    train = read_indicator(y_train, "y_train")
    check_same_names(y_true, y_train, "y_train", axes={1: "labels"})
    if train.shape[1] != truth.shape[1]:
        raise ValueError(
            f"y_train has {train.shape[1]} labels, y_true has {truth.shape[1]}; expected the "
            f"same labels in the same order."
        )
    return train


def check_same_shape(truth: Indicator, other: NDArray[Any], name: str) -> None:
    """Refuse an array whose shape differs from the shape of ``y_true``."""
    if other.shape == truth.shape:
        return
    hint = ""
    if truth.shape[1] == 2 and other.shape[1] == 1:
        hint = (
            " A classifier of two labels whose classes_ is [0, 1] is taken by scikit-learn's "
            "scorers for a binary one: its predict_proba loses the first column."
        )
    elif truth.shape[1] == 1 and other.shape[1] == 2:
        hint = f" For one label, pass the probability of 1 alone: {name}[:, 1]."
    raise ValueError(
        f"{name} has {other.shape[0]} samples and {other.shape[1]} labels, y_true has "
        f"{truth.shape[0]} samples and {truth.shape[1]} labels; expected the same.{hint}"
    )


def read_numbers(values: Any, name: str, expected: str) -> NDArray[Any]:
    """Read values of any accepted kind as a dense matrix; `expected` ends the error message."""
    try:
        array = _dense(values)
    except (TypeError, ValueError) as error:
        refuse_written_sets(values, name)
        raise ValueError(f"{name} cannot be read as numbers ({error}); {expected}.") from error
    if array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}; {expected}, neither of them 0.")
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.dtype.kind not in "biuf":
        refuse_written_sets(values, name)
        no_number = [[not _is_number(value) for value in row] for row in array]
        refuse_cells(np.array(no_number), array, values, name, expected)
        raise ValueError(f"{name} has dtype {array.dtype}; {expected}.")
    return array


def refuse_cells(
    bad: NDArray[np.bool_], array: NDArray[Any], values: Any, name: str, expected: str
) -> None:
    """Refuse a matrix with bad cells; the message names the first cell, its label and its row."""
    if not bad.any():
        return
    row, column = np.argwhere(bad)[0].tolist()
    names = column_names(values)
    label = column if names is None else repr(names[column])
    where = describe_row(values, row)
    others = np.count_nonzero(bad) - 1
    more = f" (and {others} more cells)" if others else ""
    shown = _shown(array[row, column])
    raise ValueError(f"{name} is {shown} at label {label}, {where}{more}; {expected}.")


def _shown(value: Any) -> str:
    if pd.isna(value):
        return "missing (nan)"
    return f"{value:g}" if _is_number(value) else repr(str(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, Number | np.bool_)


def _dense(values: Any) -> NDArray[Any]:
    if isinstance(values, sparse.spmatrix | sparse.sparray):
        return np.asarray(values.toarray())
    array = np.asarray(values)
    if array.dtype == object and all(pd.isna(value) or _is_number(value) for value in array.flat):
        return np.where(pd.isna(array), np.nan, array).astype(np.float64)
    return array
