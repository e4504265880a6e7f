"""Reading of sample weights."""

from __future__ import annotations

from numbers import Real
from typing import TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

Weights: TypeAlias = NDArray[np.float64] | None


@overload
def read_sample_weight(sample_weight: None, n_samples: int) -> None: ...


@overload
def read_sample_weight(sample_weight: ArrayLike, n_samples: int) -> NDArray[np.float64]: ...


def read_sample_weight(sample_weight: ArrayLike | None, n_samples: int) -> Weights:
    """Return the sample weights as float64, or None.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), number or None
    n_samples : int

    Raises
    ------
    ValueError
        If the shape differs, a weight is negative or not finite, or all weights are zero.
    """
    if sample_weight is None:
        return None
    if isinstance(sample_weight, Real):
        sample_weight = np.full(n_samples, sample_weight)
    try:
        weights = np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"sample_weight cannot be read as numbers: {error}") from error
    if weights.shape != (n_samples,):
        raise ValueError(
            f"sample_weight has shape {weights.shape}; expected ({n_samples},), one per sample."
        )
    wrong = np.flatnonzero(~np.isfinite(weights) | (weights < 0))
    if len(wrong) and np.isfinite(weights).all():
        raise ValueError(
            f"sample_weight has values from {weights.min():g} to {weights.max():g}; expected "
            f"finite, non-negative weights (row {wrong[0]} has {weights[wrong[0]]:g})."
        )
    if len(wrong):
        raise ValueError(
            f"sample_weight is {weights[wrong[0]]:g} in row {wrong[0]}; expected finite, "
            "non-negative weights."
        )
    if not weights.any():
        raise ValueError(
            "sample_weight is zero for every sample; expected at least one of them positive."
        )
    return weights
