"""Conversion of pixels to 8 bits, and resizing."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

#: Possible bit depths of 16-bit values in a file and in an array. An array may contain 8-bit values
#: that were converted to uint16; an 8-bit file is stored as 8 bits.
FILE_DEPTHS, ARRAY_DEPTHS = (12, 16), (8, 12, 16)


def white_level(pixels: NDArray[Any], depths: tuple[int, ...]) -> int | None:
    """Return the maximum of the smallest depth that holds all uint16 `pixels`, else None."""
    if not _is_uint16(pixels.dtype):
        return None
    largest = int(pixels.max())
    return int(next(2**depth - 1 for depth in depths if largest < 2**depth))


def scale_to_8_bits(pixels: NDArray[Any], source: str, white: int | None = None) -> float:
    """Return the factor that scales the values to [0, 255].

    Parameters
    ----------
    pixels : ndarray
        uint8, uint16, bool, or floats in [0, 1].
    source : str
        Origin of the pixels, used in messages.
    white : int, optional
        The value of uint16 pixels that becomes 255; see `white_level`.

    Raises
    ------
    TypeError
        If the values are of another type.
    ValueError
        If floats are not finite or outside [0, 1].
    """
    if pixels.dtype == np.uint8:
        return 1.0
    if pixels.dtype == np.bool_:
        return 255.0
    if _is_uint16(pixels.dtype):
        assert white is not None
        return 255 / white
    if pixels.dtype.kind != "f":
        raise TypeError(
            f"{source} holds {pixels.dtype} values; expected uint8, uint16, bool, or floats in"
            " [0, 1]"
        )
    low, high = pixels.min(), pixels.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"{source} holds NaN or infinite values; expected floats in [0, 1]")
    if low < 0 or high > 1:
        raise ValueError(
            f"{source} holds floats from {low:g} to {high:g}; expected [0, 1] (divide by the"
            " largest value that the camera can give), uint8 or uint16"
        )
    return 255.0


def _is_uint16(dtype: np.dtype[Any]) -> bool:
    """Tell whether the dtype is uint16, in either byte order."""
    return dtype.kind == "u" and dtype.itemsize == 2


def resize(plane: NDArray[Any], scale: float, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Multiply a plane by `scale`, resize it to `size` and round it to uint8."""
    if plane.dtype == np.uint8 and plane.shape == size:
        return plane
    values: NDArray[np.float32] = np.ascontiguousarray(plane, dtype=np.float32)
    if values.shape[0] != size[0]:
        values = _axis_weights(values.shape[0], size[0]) @ values
    if values.shape[1] != size[1]:
        values = (_axis_weights(values.shape[1], size[1]) @ values.T).T
    # Not in place: without resizing, `values` may be the caller's array.
    scaled: NDArray[np.float32] = np.floor(values * np.float32(scale) + np.float32(0.5))
    return scaled.astype(np.uint8)


@lru_cache(maxsize=64)
def _axis_weights(n_old: int, n_new: int) -> csr_array:
    """Return the (n_new, n_old) weights of old pixels in new pixels; rows sum to 1.

    When shrinking, the weight is the fraction of the new pixel that the old pixel covers. When
    enlarging, it is the weight of linear interpolation between the centres of old pixels.
    """
    new = np.arange(n_new)
    if n_new < n_old:
        left, right = new * n_old / n_new, (new + 1) * n_old / n_new
        n_touched = int(np.ceil(n_old / n_new)) + 1
        columns = np.floor(left).astype(int)[:, np.newaxis] + np.arange(n_touched)
        weights = np.minimum(columns + 1, right[:, np.newaxis]) - np.maximum(
            columns, left[:, np.newaxis]
        )
        weights = np.clip(weights, 0, None) * (n_new / n_old)
    else:
        centre = np.clip((new + 0.5) * n_old / n_new - 0.5, 0, n_old - 1)
        first = np.floor(centre).astype(int)
        columns = np.stack([first, first + 1], axis=1)
        weights = np.stack([first + 1 - centre, centre - first], axis=1)
    columns = np.minimum(columns, n_old - 1)
    rows = np.broadcast_to(new[:, np.newaxis], columns.shape)
    used = weights > 0
    return csr_array(
        (weights[used].astype(np.float32), (rows[used], columns[used])), shape=(n_new, n_old)
    )
