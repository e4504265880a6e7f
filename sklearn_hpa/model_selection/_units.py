"""Units of a split, samples or whole groups, and the frequency of each label."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_matrix, csr_matrix
from sklearn.utils.validation import check_consistent_length

from .._common.alignment import check_aligned
from .._common.messages import first_dozen, plural
from .._common.tables import column_names, describe_row
from .._labels.target import Target, encode_target


class Units(NamedTuple):
    """Samples, or groups of samples, that a split keeps whole.

    Attributes
    ----------
    counts : csr_matrix of int, shape (n_units, n_labels + 1)
        Positive samples of each label in each unit. The last column holds all samples of the unit.
    of_sample : ndarray of int, shape (n_samples,)
        Unit of each sample, numbered in order of appearance.
    label_names : ndarray of str, shape (n_labels,)
        Names of the labels, or the classes of a 1-d target.
    multilabel : bool
        Whether the target is a 0/1 matrix.
    noun : str
        "sample" or "group".
    """

    counts: csr_matrix
    of_sample: NDArray[np.intp]
    label_names: NDArray[np.str_]
    multilabel: bool
    noun: str

    @property
    def n_units_with(self) -> NDArray[np.int64]:
        """Number of units with a positive of each label."""
        return np.diff(self.counts.tocsc().indptr)[:-1]

    def labels_missing_from(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the labels that occur, but not in the units of these samples."""
        inside = np.zeros(self.counts.shape[0], dtype=np.int64)
        inside[self.of_sample[rows]] = 1
        return np.flatnonzero((self.n_units_with > 0) & (inside @ self.counts == 0)[:-1])

    def describe(self, labels: NDArray[np.intp]) -> list[str]:
        """Return the name of each label, and the number of units that have it."""
        n_with = self.n_units_with
        return [
            f"{self.label_names[label]} ({plural(int(n_with[label]), self.noun)})"
            for label in labels
        ]


def read_units(X: Any, y: Any, groups: ArrayLike | None, splitter: str) -> Units:
    """Check and count a target and groups of any accepted kind; `splitter` is for messages."""
    if y is None:
        raise ValueError(f"{splitter} balances the labels of y and needs it, but y is None")
    target = encode_target(_without_second_axis(y))
    n_samples = len(target.values)
    check_consistent_length(X, target.values)
    check_aligned(X=X, y=y, groups=groups)
    return count_units(target, check_groups(groups, n_samples))


def check_groups(groups: ArrayLike | None, n_samples: int) -> np.ndarray | None:
    """Return the group of each sample as a 1-d array, or None.

    Parameters
    ----------
    groups : array-like of shape (n_samples,) or (n_samples, 1), table of one column, or None
    n_samples : int

    Raises
    ------
    ValueError
        If there are several columns, if the number of groups differs from the number of samples,
        or if a sample has no group.
    """
    if groups is None:
        return None
    try:
        array = np.asarray(groups)
    except ValueError as error:
        raise ValueError(
            f"groups cannot be read as one group for each sample ({error}); expected an array of "
            "shape (n_samples,)"
        ) from error
    if array.ndim == 1 and array.dtype.kind in "US" and isinstance(groups, list | tuple):
        # NumPy has turned numbers into text, in which 1 and "1" would be one group.
        each = np.empty(len(groups), dtype=object)
        each[:] = groups
        array = array if all(isinstance(group, str | bytes) for group in each) else each
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(_not_one_column(groups, array))
    check_consistent_length(np.empty(n_samples), array)
    missing = np.flatnonzero(pd.isna(array))
    if len(missing):
        rows = [describe_row(groups, int(row)) for row in missing]
        raise ValueError(
            f"groups holds missing values: every sample needs a group, but "
            f"{plural(rows, 'sample')} of {n_samples} lack one: {first_dozen(rows)}"
        )
    return array


def _not_one_column(groups: Any, array: np.ndarray) -> str:
    expected = "expected one group for each sample, so an array of shape (n_samples,)"
    names = column_names(groups)
    if names is not None and len(names) > 1:
        pandas = isinstance(groups, pd.DataFrame)
        table = "groups" if pandas else "pd.DataFrame(groups.to_dict(as_series=False))"
        return (
            f"groups has {len(names)} columns ({first_dozen(names)}); {expected} or one column. "
            f"Choose a column, groups[{names[0]!r}], or number the combinations of all: "
            f"{table}.groupby({list(names)!r}).ngroup()"
        )
    if array.ndim == 2 and array.shape[1]:
        return (
            f"groups has {array.shape[1]} columns; {expected} or one column. Choose a column, "
            "groups[:, 0], or number the combinations of all: "
            f"pd.DataFrame(groups).groupby({list(range(array.shape[1]))!r}).ngroup()"
        )
    return f"groups has the shape {array.shape}; {expected}"


def count_units(target: Target, groups: np.ndarray | None) -> Units:
    values = target.values
    n_samples, n_labels = len(values), len(target.label_names)
    of_sample = np.arange(n_samples) if groups is None else pd.factorize(groups)[0]
    rows, labels = np.nonzero(values) if target.multilabel else (np.arange(n_samples), values)
    rows = np.concatenate([rows, np.arange(n_samples)])
    labels = np.concatenate([labels, np.full(n_samples, n_labels)])
    counts = coo_matrix(
        (np.ones(len(rows), dtype=np.int64), (of_sample[rows], labels)),
        shape=(of_sample.max() + 1, n_labels + 1),
    )
    counts = counts.tocsr()
    counts.sort_indices()
    return Units(
        counts=counts,
        of_sample=of_sample,
        label_names=target.label_names,
        multilabel=target.multilabel,
        noun="sample" if groups is None else "group",
    )


def _without_second_axis(y: Any) -> Any:
    """Return an array of one column as a 1-d target, without the warning of `encode_target`."""
    if isinstance(y, list | tuple) and np.ndim(y[0]) == 1 and all(len(row) == 1 for row in y):
        return [row[0] for row in y]
    return y[:, 0] if isinstance(y, np.ndarray) and y.ndim == 2 and y.shape[1] == 1 else y
