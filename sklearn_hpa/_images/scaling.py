"""From pixels as deep as stored to 8 bits, and from one size to another."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

#: How many of 16 bits the values of a file, or of an array, may turn out to use. An array may be a
#: widened one of 8 bits; a file of 8 bits would have been saved as such.
FILE_DEPTHS, ARRAY_DEPTHS = (12, 16), (8, 12, 16)


def white_level(pixels: NDArray[Any], depths: tuple[int, ...]) -> int | None:
    """The largest value of the least of `depths` that holds all uint16 `pixels`; else None."""
    if not _is_uint16(pixels.dtype):
        return None
    largest = int(pixels.max())
    return int(next(2**depth - 1 for depth in depths if largest < 2**depth))


def scale_to_8_bits(pixels: NDArray[Any], source: str, white: int | None = None) -> float:
    """What to multiply the values by to bring them into [0, 255].

    Parameters
    ----------
    pixels : ndarray
        uint8, uint16, bool, or floats in [0, 1].
    source : str
        Where the pixels are from, for the messages.
    white : int, optional
        The value of uint16 pixels that becomes 255; see `white_level`.

    Raises
    ------
    TypeError
        If the values are of another type.
    ValueError
        If floats are not finite or beyond [0, 1].
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
    """In either byte order."""
    return dtype.kind == "u" and dtype.itemsize == 2


def resize(plane: NDArray[Any], scale: float, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The plane times `scale`, area-averaged or interpolated to `size`, rounded to uint8."""
    if plane.dtype == np.uint8 and plane.shape == size:
        return plane
    values: NDArray[np.float32] = np.ascontiguousarray(plane, dtype=np.float32)
    if values.shape[0] != size[0]:
        values = _axis_weights(values.shape[0], size[0]) @ values
    if values.shape[1] != size[1]:
        values = (_axis_weights(values.shape[1], size[1]) @ values.T).T
    # Not in place: without resizing, `values` may be the caller's own array.
    scaled: NDArray[np.float32] = np.floor(values * np.float32(scale) + np.float32(0.5))
    return scaled.astype(np.uint8)


@lru_cache(maxsize=64)
def _axis_weights(n_old: int, n_new: int) -> csr_array:
    """The (n_new, n_old) weights of old pixels in new ones along one axis; rows add up to 1.

    Shrinking, the weight is the share of the new pixel that the old one covers. Enlarging, it is
    that of linear interpolation between the centres of old pixels.
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
