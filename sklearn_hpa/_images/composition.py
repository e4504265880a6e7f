"""Composition of grey channels to a colour image, in the colours of the stains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Red, green and blue in [0, 1].
Rgb = tuple[float, float, float]
#: Two increasing percentiles, or None.
Stretch = tuple[float, float] | None

#: The stained structure of each channel of the Human Protein Atlas.
STAINED = {
    "red": "microtubules",
    "green": "protein",
    "blue": "nucleus",
    "yellow": "endoplasmic reticulum",
}
PALETTES: dict[str, dict[str, Rgb]] = {
    "stains": {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "yellow": (1, 1, 0)},
    "colorblind": {
        "red": (1, 0.2, 0.7),
        "green": (0, 1, 0),
        "blue": (0, 0.1, 1),
        "yellow": (1, 0.55, 0),
    },
}
#: The endoplasmic reticulum has a low weight, because it fills most of the cell and its colour is a
#: sum of others. The colours of "colorblind" were chosen with these weights.
PALETTE_WEIGHTS = {"red": 1.0, "green": 1.0, "blue": 1.0, "yellow": 0.35}

DEFAULT_STRETCH = (1.0, 99.8)
#: Minimum range of grey values, an eighth of 8 bits. A channel with only noise spans about five.
LEAST_RANGE = 32


def weigh_palette(palette: str, channels: Sequence[str]) -> list[Rgb]:
    """Return the colour of the brightest pixel of each channel, in a named palette.

    Examples
    --------
    >>> weigh_palette("stains", ["green", "yellow"])
    [(0.0, 1.0, 0.0), (0.35, 0.35, 0.0)]
    """
    greatest = max(PALETTE_WEIGHTS[name] for name in channels)
    weights = [PALETTE_WEIGHTS[name] / greatest for name in channels]
    return [
        (weight * red, weight * green, weight * blue)
        for weight, (red, green, blue) in zip(
            weights, (PALETTES[palette][name] for name in channels), strict=True
        )
    ]


def stretch_channels(
    images: NDArray[np.uint8], stretch: Stretch = DEFAULT_STRETCH
) -> NDArray[np.uint8]:
    """Stretch each channel of each image from black to white.

    Parameters
    ----------
    images : ndarray of shape (..., height, width, n_channels), uint8
        Grey values.
    stretch : (float, float) or None, default=(1.0, 99.8)
        Percentiles of the grey values of an image and channel that become black and white. A range
        of fewer than 32 grey values is extended to 32. None leaves the values unchanged.

    Returns
    -------
    ndarray of the same shape, uint8
    """
    if stretch is None:
        return images
    stretched = np.empty_like(images)
    for target, image in zip(_as_stack(stretched), _as_stack(images), strict=True):
        low, high = np.percentile(image, stretch, axis=(0, 1))
        scale = 255 / np.maximum(high - low, LEAST_RANGE)
        greys = np.arange(256)[:, np.newaxis]
        table = np.clip((greys - low) * scale + 0.5, 0, 255).astype(np.uint8)
        for channel in range(image.shape[-1]):
            target[..., channel] = table[image[..., channel], channel]
    return stretched


def add_colors(images: NDArray[np.uint8], colors: ArrayLike) -> NDArray[np.uint8]:
    """Add the channels of images, each in its colour.

    Parameters
    ----------
    images : ndarray of shape (..., height, width, n_channels), uint8
        Grey values.
    colors : array-like of shape (n_channels, 3)
        Red, green and blue of each channel, in [0, 1].

    Returns
    -------
    ndarray of shape (..., height, width, 3), uint8

    Examples
    --------
    >>> add_colors(np.array([[[200, 100]]], dtype=np.uint8), [(1, 0, 0), (1, 1, 0)])
    array([[[255, 100,   0]]], dtype=uint8)
    """
    palette = np.asarray(colors, dtype=np.float32)
    composite = np.empty((*images.shape[:-1], 3), dtype=np.uint8)
    for picture, image in zip(_as_stack(composite), _as_stack(images), strict=True):
        picture[:] = np.minimum(image @ palette + np.float32(0.5), 255)
    return composite


def _as_stack(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a view of one image as a stack of one image."""
    return images.reshape(-1, *images.shape[-3:])
