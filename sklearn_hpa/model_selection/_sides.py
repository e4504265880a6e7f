"""The training side and the test side of a split: their sizes and their samples."""

from __future__ import annotations

import warnings
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import ShuffleSplit

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


def warn_of_lone_labels(units: Units, stacklevel: int) -> None:
    """Warn of labels that a single unit has; `stacklevel` counts from this function."""
    lone = units.label_names[units.n_units_with == 1]
    if len(lone):
        warnings.warn(
            f"{len(lone)} of {len(units.label_names)} "
            f"{'labels' if units.multilabel else 'classes'} occur in a single {units.noun} and "
            f"cannot be on both sides of a split: {first_dozen(lone)}",
            UserWarning,
            stacklevel=stacklevel,
        )


def draw_split(units: Units, n_train: int, n_test: int, rng: np.random.RandomState) -> Split:
    """Return the rows of a stratified split, in random order; the other samples are in neither."""
    shares = np.array([n_train, n_test, len(units.of_sample) - n_train - n_test])
    order = rng.permutation(units.counts.shape[0])
    parts = np.empty_like(order)
    parts[order] = deal_out(units.counts[order], shares, n_filled=2, lone_first=True)
    train, test = (np.flatnonzero(parts[units.of_sample] == side) for side in (0, 1))
    return rng.permutation(train), rng.permutation(test)
