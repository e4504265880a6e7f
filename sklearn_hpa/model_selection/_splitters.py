"""Stratified splitters of multi-label data, with scikit-learn's conventions."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import BaseCrossValidator, BaseShuffleSplit

from .._common.alignment import check_aligned
from .._common.estimators import public_in
from .._common.messages import first_dozen
from ._sides import Split, check_two_sides, draw_split, split_sizes, warn_of_one_sided_labels
from ._stratification import deal_out, generator
from ._units import Units, read_units


class _StratifiedFolds(BaseCrossValidator):
    n_splits: int
    shuffle: bool
    random_state: int | np.random.RandomState | None

    def __init__(
        self,
        n_splits: int = 5,
        *,
        shuffle: bool = False,
        random_state: int | np.random.RandomState | None = None,
    ):
        if not isinstance(n_splits, Integral) or n_splits < 2:
            raise ValueError(f"n_splits must be an integer of at least 2, got {n_splits!r}")
        if not isinstance(shuffle, bool | np.bool_):
            raise TypeError(f"shuffle must be True or False, got {shuffle!r}")
        if not shuffle and random_state is not None:
            raise ValueError(
                f"random_state={random_state!r} has no effect where shuffle is False: set "
                "shuffle=True, or leave random_state at None"
            )
        self.n_splits = int(n_splits)
        self.shuffle = bool(shuffle)
        self.random_state = random_state

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds.

        Parameters
        ----------
        X, y, groups : object, default=None
            Ignored.

        Returns
        -------
        n_splits : int
            Number of folds.
        """
        return self.n_splits

    def _split(self, units: Units) -> Iterator[Split]:
        n_units = units.counts.shape[0]
        if self.n_splits > n_units:
            raise ValueError(
                f"n_splits={self.n_splits} is more than the {n_units} {units.noun}s there are: "
                f"every fold needs a {units.noun}"
            )
        self._check_classes(units)
        shares = np.ones(self.n_splits, dtype=np.int64)
        if self.shuffle:
            rng = generator(self.random_state)
            order = rng.permutation(n_units)
            dealt = deal_out(units.counts[order], shares, n_filled=self.n_splits)
            folds = np.empty_like(dealt)
            folds[order] = rng.permutation(self.n_splits)[dealt]
        else:
            folds = deal_out(units.counts, shares, n_filled=self.n_splits)
        folds = folds[units.of_sample]
        self._warn_of_rare_labels(units, folds)
        return (
            (np.flatnonzero(folds != fold), np.flatnonzero(folds == fold))
            for fold in range(self.n_splits)
        )

    def _check_classes(self, units: Units) -> None:
        n_with = units.n_units_with
        if not units.multilabel and n_with.max() < self.n_splits:
            raise ValueError(
                f"y has {len(n_with)} classes, and the most frequent is in {n_with.max()} "
                f"{units.noun}s: n_splits={self.n_splits} folds cannot be balanced. A class needs "
                f"as many {units.noun}s as there are folds"
            )

    def _warn_of_rare_labels(self, units: Units, folds: NDArray[np.int64]) -> None:
        n_with = units.n_units_with
        missing = np.zeros(len(n_with), dtype=bool)
        for fold in range(self.n_splits):
            missing[units.labels_missing_from(np.flatnonzero(folds == fold))] = True
        if not missing.any():
            return
        rare = np.flatnonzero(missing)
        reason = f"occur in fewer {units.noun}s than n_splits={self.n_splits}"
        if (n_with[rare] >= self.n_splits).any():
            reason = f"occur in {units.noun}s that n_splits={self.n_splits} folds cannot share"
        named = [f"{units.label_names[label]} ({n_with[label]})" for label in rare]
        warnings.warn(
            f"{len(rare)} of {len(n_with)} {'labels' if units.multilabel else 'classes'} "
            f"{reason}, so some folds are without: {first_dozen(named)}",
            UserWarning,
            stacklevel=4,
        )


@public_in("sklearn_hpa.model_selection")
class MultiLabelStratifiedKFold(_StratifiedFolds):
    """K folds that each have the same fraction of every label.

    It does for several labels the same as :class:`~sklearn.model_selection.StratifiedKFold` for one
    class per sample. The method is iterative stratification [1]_.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    shuffle : bool, default=False
        Whether to take the samples in random order. Otherwise the same `y` gives the same folds.
    random_state : int, RandomState instance or None, default=None
        Random seed of the order, if `shuffle` is True. None draws fresh entropy. The global random
        state is neither used nor changed.

    See Also
    --------
    MultiLabelStratifiedGroupKFold : Keeps the samples of a group in one fold.
    MultiLabelStratifiedShuffleSplit : Gives random splits of any size.

    Notes
    -----
    The sizes of two folds differ by one sample at most. The positives of a label are spread as
    evenly as the other labels of its samples allow. With ten folds of the 31,072 rows of the 2018
    label table, no fold is more than two positives from its share of any of the 28 labels.

    The rarest label is assigned first, and each of its samples goes to the fold with the greatest
    need. In the paper, this label alone decides, and the number of samples breaks ties. Here all
    labels of a sample decide: the sample goes to the fold where it most reduces the chi-square
    distance between the positives of the fold and an equal share. The samples themselves count as
    one more label.

    References
    ----------
    .. [1] K. Sechidis, G. Tsoumakas and I. Vlahavas, "On the stratification of multi-label data",
       ECML PKDD 2011, LNCS 6913, pp. 145-158, https://doi.org/10.1007/978-3-642-23808-6_10

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_hpa.model_selection import MultiLabelStratifiedKFold
    >>> y = np.array([[1, 0], [1, 0], [1, 1], [0, 1], [0, 0], [0, 0]])
    >>> for train, test in MultiLabelStratifiedKFold(2).split(y, y):
    ...     print(train, test, y[test].sum(axis=0))
    [0 3 5] [1 2 4] [2 1]
    [1 2 4] [0 3 5] [1 1]
    """

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Split]:
        """Return the training and test rows of each fold.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples. Only their number is used.
        y : DataFrame, array-like or sparse matrix of shape (n_samples, n_labels), or 1-d
            0/1 matrix, or 1-d binary or multiclass target.
        groups : object, default=None
            Ignored, with a warning.

        Returns
        -------
        splits : iterator of (ndarray of int, ndarray of int)
            Row numbers, sorted. Every sample is in one test fold.

        Raises
        ------
        ValueError
            If `y` is missing or has invalid values (the message names row and label), if the
            indexes of the arguments have the same Ids in different orders, if there are fewer
            samples than folds, or if no class of a 1-d `y` has as many samples as there are
            folds. The error is raised at once, before the first split is requested.

        Warns
        -----
        UserWarning
            If some folds are without a label, because the label has fewer positives than there are
            folds, or always occurs together with others. The message names the labels and the
            numbers of their samples.
        """
        units = read_units(X, y, None, type(self).__name__)
        if groups is not None:
            check_aligned(X=X, y=y, groups=groups)
            warnings.warn(
                f"The groups parameter is ignored by {type(self).__name__}: "
                "MultiLabelStratifiedGroupKFold keeps groups together",
                UserWarning,
                stacklevel=2,
            )
        return self._split(units)


@public_in("sklearn_hpa.model_selection")
class MultiLabelStratifiedGroupKFold(_StratifiedFolds):
    """K folds with the same fraction of every label, and no group in two of them.

    Groups hold images that belong together, such as cells of one image, fields of view of one well
    or images of one antibody. The method is iterative stratification [1]_ of whole groups.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    shuffle : bool, default=False
        Whether to take the groups in random order. Otherwise the same `y` and groups give the same
        folds.
    random_state : int, RandomState instance or None, default=None
        Random seed of the order, if `shuffle` is True. None draws fresh entropy. The global random
        state is neither used nor changed.

    See Also
    --------
    MultiLabelStratifiedKFold : Splits samples without groups, and describes the method.

    Notes
    -----
    Folds have equal numbers of samples, and equal numbers of positives of each label, as far as
    whole groups allow. For each label, the groups with most of its positives are assigned first. A
    fold takes no group that is larger than its remaining room, unless no fold has enough room.

    Groups are requested by default: with metadata routing, ``params={"groups": groups}`` of
    :func:`~sklearn.model_selection.cross_validate` reaches `split`.

    References
    ----------
    .. [1] K. Sechidis, G. Tsoumakas and I. Vlahavas, "On the stratification of multi-label data",
       ECML PKDD 2011, LNCS 6913, pp. 145-158, https://doi.org/10.1007/978-3-642-23808-6_10

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_hpa.model_selection import MultiLabelStratifiedGroupKFold
    >>> y = np.array([[1, 0], [1, 0], [1, 1], [0, 1], [1, 1], [0, 0], [0, 1]])
    >>> groups = np.array(["a", "a", "b", "b", "c", "c", "d"])
    >>> for train, test in MultiLabelStratifiedGroupKFold(2).split(y, y, groups):
    ...     print(groups[test], y[test].sum(axis=0))
    ['a' 'a' 'c' 'c'] [3 1]
    ['b' 'b' 'd'] [1 3]
    """

    __metadata_request__split = {"groups": True}

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Split]:
        """Return the training and test rows of each fold.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples. Only their number is used.
        y : DataFrame, array-like or sparse matrix of shape (n_samples, n_labels), or 1-d
            0/1 matrix, or 1-d binary or multiclass target.
        groups : array-like of shape (n_samples,)
            Group of each sample. A table of one column is accepted.

        Returns
        -------
        splits : iterator of (ndarray of int, ndarray of int)
            Row numbers, sorted. Every sample is in one test fold.

        Raises
        ------
        ValueError
            If `y` is missing or has invalid values (the message names row and label), if the
            indexes of the arguments have the same Ids in different orders, if groups are missing or
            fewer than the folds, or if no class of a 1-d `y` is in as many groups as there are
            folds. The error is raised at once, before the first split is requested.

        Warns
        -----
        UserWarning
            If some folds are without a label, because the label occurs in fewer groups than there
            are folds, or always together with others. The message names the labels and the numbers
            of their groups.
        """
        if groups is None:
            raise ValueError(
                f"{type(self).__name__} keeps groups together and needs the group of each sample, "
                "but groups is None; MultiLabelStratifiedKFold does without"
            )
        return self._split(read_units(X, y, groups, type(self).__name__))


@public_in("sklearn_hpa.model_selection")
class MultiLabelStratifiedShuffleSplit(BaseShuffleSplit):
    """Random splits into training and test samples, with the same fraction of every label.

    It does for several labels, and for groups, the same as
    :class:`~sklearn.model_selection.StratifiedShuffleSplit` for one class per sample. The method is
    iterative stratification [1]_.

    Parameters
    ----------
    n_splits : int, default=10
        Number of random splits.
    test_size : float, int or None, default=None
        Fraction or number of test samples. None is the complement of `train_size`, or 0.1.
    train_size : float, int or None, default=None
        Fraction or number of training samples. None is the complement of `test_size`.
    random_state : int, RandomState instance or None, default=None
        Random seed of the splits. None draws fresh entropy. The global random state is neither used
        nor changed.

    See Also
    --------
    multilabel_train_test_split : Makes one such split, of the arrays themselves.
    MultiLabelStratifiedKFold : Describes the method.

    Notes
    -----
    With groups, no group is on both sides, and the sizes are met as closely as whole groups allow.
    The sizes still count samples, whereas :class:`~sklearn.model_selection.GroupShuffleSplit`
    counts groups.

    A label of a single sample (or group) goes to the training side, as long as that side has room.
    A model can learn it there. On the test side, no model could have learned it.

    References
    ----------
    .. [1] K. Sechidis, G. Tsoumakas and I. Vlahavas, "On the stratification of multi-label data",
       ECML PKDD 2011, LNCS 6913, pp. 145-158, https://doi.org/10.1007/978-3-642-23808-6_10

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_hpa.model_selection import MultiLabelStratifiedShuffleSplit
    >>> y = np.repeat([[1, 0], [1, 1], [0, 1]], 4, axis=0)
    >>> cv = MultiLabelStratifiedShuffleSplit(2, test_size=3, random_state=0)
    >>> for train, test in cv.split(y, y):
    ...     print(len(train), y[test].sum(axis=0))
    9 [2 1]
    9 [2 2]
    """

    __metadata_request__split = {"groups": True}

    def __init__(
        self,
        n_splits: int = 10,
        *,
        test_size: float | int | None = None,
        train_size: float | int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        if not isinstance(n_splits, Integral) or n_splits < 1:
            raise ValueError(f"n_splits must be an integer of at least 1, got {n_splits!r}")
        super().__init__(
            n_splits=int(n_splits),
            test_size=test_size,
            train_size=train_size,
            random_state=random_state,
        )

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Split]:
        """Return the training and test rows of each split.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples. Only their number is used.
        y : DataFrame, array-like or sparse matrix of shape (n_samples, n_labels), or 1-d
            0/1 matrix, or 1-d binary or multiclass target.
        groups : array-like of shape (n_samples,), default=None
            Group of each sample. Samples of one group are on one side. A table of one column is
            accepted.

        Returns
        -------
        splits : iterator of (ndarray of int, ndarray of int)
            Row numbers, in random order.

        Raises
        ------
        ValueError
            If `y` is missing or has invalid values (the message names row and label), if the
            indexes of the arguments have the same Ids in different orders, if there are fewer than
            two samples or groups, or if a size leaves one side without samples. The
            error is raised at once, before the first split is requested.

        Warns
        -----
        UserWarning
            If a side of a split is without a label, because the label occurs in few samples (or
            groups). The message names the labels and the numbers of their samples (or groups). The
            warning comes at once if the first split is concerned, and with a later split only if
            other labels are concerned.
        """
        units = read_units(X, y, groups, type(self).__name__)
        n_train, n_test = split_sizes(len(units.of_sample), self.test_size, self.train_size)
        check_two_sides(units)
        rng = generator(self.random_state)
        first = draw_split(units, n_train, n_test, rng)
        warned = warn_of_one_sided_labels(units, first)

        def splits() -> Iterator[Split]:
            yield first
            named = warned
            for _ in range(self.n_splits - 1):
                split = draw_split(units, n_train, n_test, rng)
                named = warn_of_one_sided_labels(units, split, warned=named)
                yield split

        return splits()
