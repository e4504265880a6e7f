"""The splitters, after scikit-learn's conventions."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import BaseCrossValidator, BaseShuffleSplit

from .._common.estimators import public_in
from .._common.messages import first_dozen
from ._sides import Split, check_two_sides, draw_split, split_sizes, warn_of_lone_labels
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
        """Number of folds, whatever the data.

        Parameters
        ----------
        X, y, groups : ignored

        Returns
        -------
        n_splits : int
        """
        return self.n_splits

    def _split(self, units: Units) -> Iterator[Split]:
        n_units = units.counts.shape[0]
        if self.n_splits > n_units:
            raise ValueError(
                f"n_splits={self.n_splits} is more than the {n_units} {units.noun}s there are: "
                f"every fold needs a {units.noun}"
            )
        self._look_for_rare_labels(units)
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
        return (
            (np.flatnonzero(folds != fold), np.flatnonzero(folds == fold))
            for fold in range(self.n_splits)
        )

    def _look_for_rare_labels(self, units: Units) -> None:
        n_with = units.n_units_with
        if not units.multilabel and n_with.max() < self.n_splits:
            raise ValueError(
                f"y has {len(n_with)} classes, and the most frequent is in {n_with.max()} "
                f"{units.noun}s: n_splits={self.n_splits} folds cannot be balanced. A class needs "
                f"as many {units.noun}s as there are folds"
            )
        rare = np.flatnonzero((n_with > 0) & (n_with < self.n_splits))
        if len(rare):
            named = [f"{units.label_names[label]} ({n_with[label]})" for label in rare]
            warnings.warn(
                f"{len(rare)} of {len(n_with)} {'labels' if units.multilabel else 'classes'} "
                f"occur in fewer {units.noun}s than n_splits={self.n_splits}, so some folds are "
                f"without: {first_dozen(named)}",
                UserWarning,
                stacklevel=4,
            )


@public_in("sklearn_hpa.model_selection")
class MultiLabelStratifiedKFold(_StratifiedFolds):
    """K folds that each have the same share of every label.

    What :class:`~sklearn.model_selection.StratifiedKFold` is to one class per sample, for several
    labels: iterative stratification [1]_.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    shuffle : bool, default=False
        Whether to take the samples in random order. Without it the same `y` gives the same folds.
    random_state : int, RandomState instance or None, default=None
        Draws the order, where `shuffle` is True. None draws fresh entropy: the global random state
        is neither used nor touched.

    See Also
    --------
    MultiLabelStratifiedGroupKFold : Keeps the samples of a group in one fold.
    MultiLabelStratifiedShuffleSplit : Random splits of any size.

    Notes
    -----
    The sizes of two folds differ by one sample at most. The positives of a label are spread as
    evenly as the other labels of its samples allow: of the 31,072 rows of the 2018 label table, no
    fold of ten is more than two positives off its share of any of the 28 labels.

    The rarest label is dealt out first, each of its samples to the fold that wants it most. The
    paper lets that one label decide, and the number of samples where it leaves a tie. Here all
    labels of a sample decide, by how far it would bring the positives of the fold, in chi-square
    distance, nearer to an equal share; the samples themselves count as one more label.

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
        """Rows to train on and rows to test on, for each fold.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Only its length is looked at.
        y : DataFrame, array-like or sparse matrix of shape (n_samples, n_labels), or 1-d
            0/1 matrix, or 1-d binary or multiclass target.
        groups : ignored
            A warning says so.

        Returns
        -------
        splits : iterator of (ndarray of int, ndarray of int)
            Row numbers, sorted. Every sample is in one test fold.

        Raises
        ------
        ValueError
            At once, before the first split is asked for: where `y` is missing or has other values
            than described, names its row and label; where there are fewer samples than folds;
            where no class of a 1-d `y` has as many samples as there are folds.

        Warns
        -----
        UserWarning
            Names the labels that have fewer positives than there are folds.
        """
        units = read_units(X, y, None, type(self).__name__)
        if groups is not None:
            warnings.warn(
                f"The groups parameter is ignored by {type(self).__name__}: "
                "MultiLabelStratifiedGroupKFold keeps groups together",
                UserWarning,
                stacklevel=2,
            )
        return self._split(units)


@public_in("sklearn_hpa.model_selection")
class MultiLabelStratifiedGroupKFold(_StratifiedFolds):
    """K folds with the same share of every label, and no group in two of them.

    For images that belong together: cells of one image, fields of one well, images of one antibody.
    Iterative stratification [1]_ of whole groups.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    shuffle : bool, default=False
        Whether to take the groups in random order. Without it the same `y` and groups give the
        same folds.
    random_state : int, RandomState instance or None, default=None
        Draws the order, where `shuffle` is True. None draws fresh entropy: the global random state
        is neither used nor touched.

    See Also
    --------
    MultiLabelStratifiedKFold : Where no samples belong together; says more of the method.

    Notes
    -----
    Folds have as many samples, and as many positives of each label, as whole groups allow. A label
    takes the groups with most of its positives first, and a fold takes no group that is larger
    than the room it has left, unless none has enough.

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
        """Rows to train on and rows to test on, for each fold.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Only its length is looked at.
        y : DataFrame, array-like or sparse matrix of shape (n_samples, n_labels), or 1-d
            0/1 matrix, or 1-d binary or multiclass target.
        groups : array-like of shape (n_samples,)
            The group of each sample.

        Returns
        -------
        splits : iterator of (ndarray of int, ndarray of int)
            Row numbers, sorted. Every sample is in one test fold.

        Raises
        ------
        ValueError
            At once, before the first split is asked for: where `y` is missing or has other values
            than described, names its row and label; where groups are missing or fewer than the
            folds; where no class of a 1-d `y` is in as many groups as there are folds.

        Warns
        -----
        UserWarning
            Names the labels that occur in fewer groups than there are folds.
        """
        if groups is None:
            raise ValueError(
                f"{type(self).__name__} keeps groups together and needs the group of each sample, "
                "but groups is None; MultiLabelStratifiedKFold does without"
            )
        return self._split(read_units(X, y, groups, type(self).__name__))


@public_in("sklearn_hpa.model_selection")
class MultiLabelStratifiedShuffleSplit(BaseShuffleSplit):
    """Random splits into training and test samples, with the same share of every label.

    What :class:`~sklearn.model_selection.StratifiedShuffleSplit` is to one class per sample, for
    several labels, and for groups: iterative stratification [1]_.

    Parameters
    ----------
    n_splits : int, default=10
        Number of splits, each drawn anew.
    test_size : float, int or None, default=None
        Share of the samples, or their number. None: what `train_size` leaves, or 0.1.
    train_size : float, int or None, default=None
        Share of the samples, or their number. None: what `test_size` leaves.
    random_state : int, RandomState instance or None, default=None
        Draws the splits. None draws fresh entropy: the global random state is neither used nor
        touched.

    See Also
    --------
    multilabel_train_test_split : One such split, of the arrays themselves.
    MultiLabelStratifiedKFold : Says more of the method.

    Notes
    -----
    With groups, no group is on both sides, and the sizes are met as closely as whole groups allow;
    they still count samples, where :class:`~sklearn.model_selection.GroupShuffleSplit` counts
    groups.

    A label that a single sample (or group) has goes to the training side, while that has room: it
    can be learned from there, and nothing could have learned it on the other.

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
        """Rows to train on and rows to test on, for each split.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Only its length is looked at.
        y : DataFrame, array-like or sparse matrix of shape (n_samples, n_labels), or 1-d
            0/1 matrix, or 1-d binary or multiclass target.
        groups : array-like of shape (n_samples,), default=None
            The group of each sample; samples of one group are on one side.

        Returns
        -------
        splits : iterator of (ndarray of int, ndarray of int)
            Row numbers, in random order.

        Raises
        ------
        ValueError
            At once, before the first split is asked for: where `y` is missing or has other values
            than described, names its row and label; where there are fewer than two samples or
            groups, or a size leaves one side without samples.

        Warns
        -----
        UserWarning
            Names the labels that a single sample (or group) has.
        """
        units = read_units(X, y, groups, type(self).__name__)
        n_train, n_test = split_sizes(len(units.of_sample), self.test_size, self.train_size)
        check_two_sides(units)
        warn_of_lone_labels(units, stacklevel=3)
        rng = generator(self.random_state)
        return (draw_split(units, n_train, n_test, rng) for _ in range(self.n_splits))
