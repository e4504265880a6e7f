"""The training side and the test side of a split: their sizes and their samples."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import ShuffleSplit

from .._common.caller import warn_caller
from .._common.messages import first_dozen
from ._stratification import deal_out
from ._units import Units

Split: TypeAlias = tuple[NDArray[np.intp], NDArray[np.intp]]


def split_sizes(
    n_samples: int, test_size: float | int | None, train_size: float | int | None
) -> tuple[int, int]:
    """Return the numbers of training and test samples, as scikit-learn computes them."""
    splitter = ShuffleSplit(1, test_size=test_size, train_size=train_size, random_state=0)
    train, test = next(splitter.split(np.empty(n_samples)))
    return len(train), len(test)


def check_two_sides(units: Units) -> None:
    n_units = units.counts.shape[0]
    if n_units < 2:
        raise ValueError(
            f"a split needs at least 2 {units.noun}s, one for each side, got {n_units}"
        )


def warn_of_one_sided_labels(
    units: Units, split: Split, warned: set[int] | None = None
) -> set[int]:
    """Warn of labels that the training side or the test side of a split is without.

    Parameters
    ----------
    units : Units
        The samples and their labels.
    split : (ndarray of int, ndarray of int)
        Rows of the two sides.
    warned : set of int, optional
        Labels that an earlier warning has named. There is no warning if no other label is missing.

    Returns
    -------
    set of int
        Labels that have been named so far.
    """
    warned = set() if warned is None else warned
    parts, all_missing = [], set()
    for side, rows in zip(("training", "test"), split, strict=True):
        missing = units.labels_missing_from(rows)
        all_missing |= set(missing.tolist())
        if len(missing):
            parts.append(f"no {side} sample has {first_dozen(units.describe(missing))}")
    if not all_missing <= warned:
        warn_caller(
            f"{len(all_missing)} of {len(units.label_names)} "
            f"{'labels' if units.multilabel else 'classes'} occur on one side of the split only: "
            f"{'; '.join(parts)}"
        )
    return warned | all_missing


def draw_split(units: Units, n_train: int, n_test: int, rng: np.random.RandomState) -> Split:
    """Return the rows of a stratified split, in random order; the other samples are in neither."""
    shares = np.array([n_train, n_test, len(units.of_sample) - n_train - n_test])
    order = rng.permutation(units.counts.shape[0])
    parts = np.empty_like(order)
    parts[order] = deal_out(units.counts[order], shares, n_filled=2, lone_first=True)
    train, test = (np.flatnonzero(parts[units.of_sample] == side) for side in (0, 1))
    return rng.permutation(train), rng.permutation(test)
