"""Small numbers that several families need, each finite whatever the pixels."""

from __future__ import annotations

from typing import NamedTuple, overload

import numpy as np

#: One step of 8 bits: what keeps ratios of brightnesses finite.
STEP = 1 / 255


class Moments(NamedTuple):
    """Mean, standard deviation, skewness and kurtosis of some values; all 0 where there are none.

    Skewness and kurtosis are the third and fourth standardised moments, and 0 where the values do
    not vary.
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
    """`part / whole`, and 0 of nothing."""
    return float(part / whole) if whole > 0 else 0.0


@overload
def log_ratio(brightness: float, other: float) -> float: ...


@overload
def log_ratio(brightness: np.ndarray, other: float | np.ndarray) -> np.ndarray: ...


def log_ratio(brightness: float | np.ndarray, other: float | np.ndarray) -> float | np.ndarray:
    """Binary logarithm of the ratio of two brightnesses, after one step of 8 bits is added."""
    return np.log2((brightness + STEP) / (other + STEP))


def standardise(values: np.ndarray) -> np.ndarray:
    """Values to zero mean and unit spread; the spread is taken for at least a thousandth."""
    return (values - values.mean()) / max(values.std(), 1e-3)


def pearson(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's correlation; 0 where one of the two does not vary."""
    if a.size < 2:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    norm = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / norm) if norm > 1e-9 else 0.0
