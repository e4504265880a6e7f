"""One stratified split of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import indexable

from .._common.alignment import check_aligned
from .._common.estimators import public_in
from .._common.sklearn_private import take_rows
from ._sides import check_two_sides, draw_split, split_sizes, warn_of_one_sided_labels
from ._stratification import generator
from ._units import read_units


@public_in("sklearn_hpa.model_selection")
def multilabel_train_test_split(
    *arrays: Any,
    test_size: float | int | None = None,
    train_size: float | int | None = None,
    random_state: int | np.random.RandomState | None = None,
    stratify: Any = None,
    groups: ArrayLike | None = None,
) -> list:
    """Split arrays into training and test parts that have the same fraction of every label.

    It does for several labels, and for groups, the same as
    :func:`~sklearn.model_selection.train_test_split` with ``stratify=y``.

    Parameters
    ----------
    *arrays : sequence of array-like of shape (n_samples, ...)
        DataFrames, Series, arrays, lists and sparse matrices, of the same length. The last one is
        `y`, unless `stratify` is given.
    test_size : float, int or None, default=None
        Fraction or number of test samples. None is the complement of `train_size`, or 0.25.
    train_size : float, int or None, default=None
        Fraction or number of training samples. None is the complement of `test_size`.
    random_state : int, RandomState instance or None, default=None
        Random seed of the split. None draws fresh entropy. The global random state is neither used
        nor changed.
    stratify : DataFrame, array-like or sparse matrix of shape (n_samples, n_labels), or 1-d, \
            default=None
        Labels to balance, a 0/1 matrix or a 1-d binary or multiclass target. None is the last array
        that is not `groups`.
    groups : array-like of shape (n_samples,), default=None
        Group of each sample, also as a table of one column. Samples of one group are on one side.
        To split the groups too, pass them among the arrays as well.

    Returns
    -------
    splitting : list of length 2 * len(arrays)
        Training and test part of the first array, of the second array, and so on, in random order.
        Each part has the type of its array. A sparse matrix is in CSR format.

    Raises
    ------
    ValueError
        If there is no array, if lengths differ, if indexes have the same Ids in different orders,
        if the labels have invalid values (the message names row and label), if there are fewer than
        two samples or groups, or if a size leaves one side without samples.

    Warns
    -----
    UserWarning
        If a part is without a label, because the label occurs in few samples (or groups). The
        message names the labels and the numbers of their samples (or groups). A label of a single
        sample (or group) goes to the training part.

    See Also
    --------
    MultiLabelStratifiedShuffleSplit : Gives several such splits, and describes the method.

    Examples
    --------
    >>> from sklearn_hpa.datasets import make_hpa_images
    >>> from sklearn_hpa.model_selection import multilabel_train_test_split
    >>> X, y = make_hpa_images(40, n_labels=3, size=32, random_state=0)
    >>> X_train, X_test, y_train, y_test = multilabel_train_test_split(X, y, random_state=0)
    >>> X_train.shape, X_test.shape
    ((30, 32, 32, 4), (10, 32, 32, 4))
    >>> y_train.sum().tolist(), y_test.sum().tolist()
    ([14, 14, 13], [4, 5, 5])
    """
    if not arrays:
        raise ValueError("at least one array to split is needed")
    if stratify is None:
        labels = [array for array in arrays if not _is_groups(array, groups)]
        if not labels:
            raise ValueError("there is no array but groups: pass y too, or stratify=")
        stratify = labels[-1]
    arrays = indexable(*arrays)
    check_aligned(
        **{f"arrays[{number}]": array for number, array in enumerate(arrays)},
        stratify=stratify,
        groups=groups,
    )
    units = read_units(arrays[0], stratify, groups, "multilabel_train_test_split")
    if test_size is None and train_size is None:
        test_size = 0.25
    n_train, n_test = split_sizes(len(units.of_sample), test_size, train_size)
    check_two_sides(units)
    sides = draw_split(units, n_train, n_test, generator(random_state))
    warn_of_one_sided_labels(units, sides)
    return [take_rows(array, rows) for array in arrays for rows in sides]


def _is_groups(array: Any, groups: Any) -> bool:
    """Return whether an array holds the groups; pandas makes a new object at each access."""
    if array is groups:
        return True
    if groups is None or not (_is_one_column(array) and _is_one_column(groups)):
        return False
    return np.array_equal(
        np.asarray(array, dtype=object).ravel(), np.asarray(groups, dtype=object).ravel()
    )


def _is_one_column(values: Any) -> bool:
    try:
        shape = np.shape(values)
    except ValueError:  # Rows of different shapes, such as images.
        return False
    return len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)
