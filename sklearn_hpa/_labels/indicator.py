"""Arguments read into plain arrays, or refused with an error that says what is wrong where.

The ``check_…`` of two matrices return the truth as int8 and the other matrix, both of shape
(n_samples, n_labels), and the weights of the samples as float64, or None.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Number
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

MatrixLike: TypeAlias = ArrayLike | pd.DataFrame | pd.Series | sparse.spmatrix | sparse.sparray
ScoresLike: TypeAlias = MatrixLike | list[NDArray[np.floating]]

Indicator: TypeAlias = NDArray[np.int8]
Scores: TypeAlias = NDArray[np.floating]
Weights: TypeAlias = NDArray[np.float64] | None

_TARGET = (
    "expected a 0/1 matrix of shape (n_samples, n_labels), or a 1-d array of 0 and 1 for one label"
)


def check_labels(
    y_true: MatrixLike, y_pred: MatrixLike, sample_weight: ArrayLike | None
) -> tuple[Indicator, Indicator, Weights]:
    truth, predicted = as_indicator(y_true, "y_true"), as_indicator(y_pred, "y_pred")
    _check_same_shape(truth, predicted, "y_pred")
    check_same_names(y_true, y_pred, "y_pred", axes={0: "rows", 1: "labels"})
    return truth, predicted, _check_weights(sample_weight, len(truth))


def check_scores(
    y_true: MatrixLike, y_score: ScoresLike, name: str, sample_weight: ArrayLike | None
) -> tuple[Indicator, Scores, Weights]:
    truth = as_indicator(y_true, "y_true")
    scores = _matrix(_positive_columns(y_score, name), name, "expected a matrix of scores")
    if scores.dtype.kind != "f":
        scores = scores.astype(np.float64)
    _check_same_shape(truth, scores, name)
    _refuse_cells(~np.isfinite(scores), scores, y_score, name, "expected finite scores")
    check_same_names(y_true, y_score, name, axes={0: "rows", 1: "labels"})
    return truth, scores, _check_weights(sample_weight, len(truth))


def check_probabilities(
    y_true: MatrixLike, y_proba: ScoresLike, sample_weight: ArrayLike | None
) -> tuple[Indicator, Scores, Weights]:
    truth, proba, weights = check_scores(y_true, y_proba, "y_proba", sample_weight)
    outside = (proba < 0) | (proba > 1)
    _refuse_cells(outside, proba, y_proba, "y_proba", "expected probabilities in [0, 1]")
    return truth, proba, weights


def as_indicator(values: MatrixLike, name: str) -> Indicator:
    array = _matrix(values, name, _TARGET)
    neither = (array != 0) & (array != 1)
    if np.ndim(values) == 1 and neither.any():
        distinct = np.unique(array)
        shown = ", ".join(f"{value:g}" for value in distinct[:10])
        rest = "…" if distinct.size > 10 else ""
        raise ValueError(
            f"{name} is 1-d with {distinct.size} distinct values ({shown}{rest}), like a "
            f"multiclass target; {_TARGET}. For a multiclass target use scikit-learn's metrics."
        )
    _refuse_cells(neither, array, values, name, _TARGET)
    return array.astype(np.int8)


def check_same_names(
    y_true: MatrixLike, other: ScoresLike, name: str, axes: Mapping[Literal[0, 1], str]
) -> None:
    if not (isinstance(y_true, pd.DataFrame) and isinstance(other, pd.DataFrame)):
        return
    for axis, what in axes.items():
        expected, got = y_true.axes[axis], other.axes[axis]
        unnamed = isinstance(expected, pd.RangeIndex) or isinstance(got, pd.RangeIndex)
        if unnamed or expected.tolist() == got.tolist():
            continue
        pairs = zip(expected.tolist(), got.tolist(), strict=False)
        first = next(((a, b) for a, b in pairs if a != b), None)
        difference = f": {first[1]!r} in place of {first[0]!r}" if first else ""
        raise ValueError(
            f"{name} and y_true name their {what} differently{difference}; expected the same "
            f"{what} in the same order. Reindex {name} to y_true, or pass {name}.to_numpy() to "
            f"compare by position."
        )


def check_training_labels(y_true: MatrixLike, truth: Indicator, y_train: MatrixLike) -> Indicator:
    """`y_train` as an array, where it has the labels of `y_true`."""
    train = as_indicator(y_train, "y_train")
    check_same_names(y_true, y_train, "y_train", axes={1: "labels"})
    if train.shape[1] != truth.shape[1]:
        raise ValueError(
            f"y_train has {train.shape[1]} labels, y_true has {truth.shape[1]}; expected the "
            f"same labels in the same order."
        )
    return train


def _check_weights(sample_weight: ArrayLike | None, n_samples: int) -> Weights:
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (n_samples,):
        raise ValueError(
            f"sample_weight has shape {weights.shape}; expected ({n_samples},), one per sample."
        )
    if not np.isfinite(weights).all() or weights.min() < 0 or weights.max() == 0:
        raise ValueError(
            f"sample_weight has values from {weights.min():g} to {weights.max():g}; expected "
            f"finite, non-negative weights, at least one of them positive."
        )
    return weights


def _check_same_shape(truth: Indicator, other: NDArray[Any], name: str) -> None:
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


def _matrix(values: MatrixLike, name: str, expected: str) -> NDArray[Any]:
    try:
        array = _dense(values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} cannot be read as numbers ({error}); {expected}.") from error
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} has dtype {array.dtype}; {expected}.")
    if array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}; {expected}, neither of them 0.")
    return array if array.ndim == 2 else array[:, np.newaxis]


def _dense(values: MatrixLike) -> NDArray[Any]:
    if isinstance(values, sparse.spmatrix | sparse.sparray):
        return np.asarray(values.toarray())
    array = np.asarray(values)
    if array.dtype == object and isinstance(values, pd.DataFrame | pd.Series):
        return np.asarray(values.to_numpy(np.float64, na_value=np.nan))
    if array.dtype == object and all(isinstance(value, Number | np.bool_) for value in array.flat):
        return array.astype(np.float64)
    return array


def _positive_columns(values: ScoresLike, name: str) -> MatrixLike:
    """Stack the probability of 1 where there is one array (n_samples, 2) per label."""
    if not isinstance(values, list) or not values:
        return values
    if not all(isinstance(columns, np.ndarray) and columns.ndim == 2 for columns in values):
        return values
    lone = [label for label, columns in enumerate(values) if columns.shape[1] != 2]
    if lone:
        raise ValueError(
            f"{name} has not two columns for {len(lone)} of {len(values)} labels (numbers "
            f"{', '.join(map(str, lone[:10]))}{'…' if len(lone) > 10 else ''}); expected the "
            f"probabilities of 0 and 1. A classifier that met one value of a label in training "
            f"gives one column, which does not say which value it was."
        )
    return np.column_stack([columns[:, 1] for columns in values])


def _refuse_cells(
    bad: NDArray[np.bool_], array: NDArray[Any], values: ScoresLike, name: str, expected: str
) -> None:
    if not bad.any():
        return
    row, column = np.argwhere(bad)[0].tolist()
    if isinstance(values, pd.DataFrame):
        place = f"label {values.columns.tolist()[column]!r}, row {values.index.tolist()[row]!r}"
    else:
        place = f"label {column}, row {row}"
    others = np.count_nonzero(bad) - 1
    more = f" (and {others} more cells)" if others else ""
    raise ValueError(f"{name} is {array[row, column]:g} at {place}{more}; {expected}.")
