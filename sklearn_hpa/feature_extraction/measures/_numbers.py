"""Statistics shared by the families of measures; each is finite for any pixels."""

from __future__ import annotations

from typing import NamedTuple, overload

import numpy as np

#: One step of 8 bits, added to brightness so that ratios stay finite.
STEP = 1 / 255


class Moments(NamedTuple):
    """Mean, standard deviation, skewness and kurtosis of values; all 0 if there are no values.

    Skewness and kurtosis are the third and fourth standardised moments, and 0 if the values are
    constant.
    """

    mean: float
    std: float
    skewness: float
    kurtosis: float


def moments(values: np.ndarray) -> Moments:
    if values.size == 0:
        return Moments(0.0, 0.0, 0.0, 0.0)
    mean = float(values.mean())
    deviation = values - mean
    square = deviation * deviation
    variance = float(square.mean())
    if variance < 1e-10:
        return Moments(mean, np.sqrt(variance), 0.0, 0.0)
    skewness = float(square @ deviation) / (values.size * variance**1.5)
    kurtosis = float(square @ square) / (values.size * variance**2)
    return Moments(mean, np.sqrt(variance), skewness, kurtosis)


def mean_of(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else 0.0


def share(part: float, whole: float) -> float:
    """Return `part / whole`, or 0 if `whole` is 0."""
    return float(part / whole) if whole > 0 else 0.0


@overload
def log_ratio(brightness: float, other: float) -> float: ...


@overload
def log_ratio(brightness: np.ndarray, other: float | np.ndarray) -> np.ndarray: ...


def log_ratio(brightness: float | np.ndarray, other: float | np.ndarray) -> float | np.ndarray:
    """Return the binary logarithm of a ratio of brightnesses, after adding one step of 8 bits."""
    return np.log2((brightness + STEP) / (other + STEP))


def standardise(values: np.ndarray) -> np.ndarray:
    """Scale values to zero mean and unit spread; a spread below 0.001 is set to 0.001."""
    return (values - values.mean()) / max(values.std(), 1e-3)


def pearson(a: np.ndarray, b: np.ndarray) -> float:
    """Return Pearson's correlation, or 0 if `a` or `b` is constant."""
    if a.size < 2:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    norm = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / norm) if norm > 1e-9 else 0.0
