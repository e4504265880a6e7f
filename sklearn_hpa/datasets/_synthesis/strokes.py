"""Primitives of synthetic images: noise, dots, discs and filaments on a float32 canvas (H, W)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import ndimage

#: Mean variance along one axis, in square pixels, of a point spread over its nearest pixels.
_DEPOSIT_VARIANCE = 1 / 6


def blur(canvas: np.ndarray, sigma: float) -> np.ndarray:
    """Apply a Gaussian blur; a narrow blur uses binomial passes of variance one half."""
    if sigma > 1.3:
        return ndimage.gaussian_filter(canvas, sigma, mode="nearest", truncate=2.5)
    for _ in range(max(1, round(2 * sigma**2))):
        rows = 0.5 * canvas
        rows[1:] += 0.25 * canvas[:-1]
        rows[:-1] += 0.25 * canvas[1:]
        canvas = 0.5 * rows
        canvas[:, 1:] += 0.25 * rows[:, :-1]
        canvas[:, :-1] += 0.25 * rows[:, 1:]
    return canvas


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], wavelength: float) -> np.ndarray:
    """Return band-limited noise of about unit variance.

    The noise interpolates random knots, half a wavelength apart, by cubic B-splines. If the knots
    would be closer than two pixels, it is blurred white noise of the same bandwidth.
    """
    spacing = wavelength / 2
    if spacing < 2:
        sigma = max(spacing / np.sqrt(3), 0.5)
        noise = blur(rng.standard_normal(shape, dtype=np.float32), sigma)
        return np.float32(2 * np.sqrt(np.pi) * sigma) * noise
    n_rows, n_columns = (int((side - 1) / spacing) + 4 for side in shape)
    knots = rng.standard_normal((n_columns, n_rows), dtype=np.float32)
    columns = np.ascontiguousarray(_upsample(knots, shape[1], spacing).T)
    return 2 * _upsample(columns, shape[0], spacing)


def _upsample(knots: np.ndarray, length: int, spacing: float) -> np.ndarray:
    """Evaluate uniform cubic B-splines along the first axis, at ``length`` pixels."""
    at = np.arange(length) / spacing
    first = at.astype(np.intp)
    t = (at - first).astype(np.float32)[:, None]
    t2 = t * t
    t3 = t2 * t
    canvas = knots[first] * ((1 - 3 * t + 3 * t2 - t3) / 6)
    canvas += knots[first + 1] * ((4 - 6 * t2 + 3 * t3) / 6)
    canvas += knots[first + 2] * ((1 + 3 * t + 3 * t2 - 3 * t3) / 6)
    canvas += knots[first + 3] * (t3 / 6)
    return canvas


def stamp(
    shape: tuple[int, int],
    x: np.ndarray,
    y: np.ndarray,
    reach: float,
    profile: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Sum radial profiles around the points ``x``, ``y`` (n,), up to ``reach`` pixels.

    ``profile`` maps distances (n, k, k) in pixels to intensities.
    """
    margin = int(np.ceil(reach))
    height, width = shape[0] + 2 * margin, shape[1] + 2 * margin
    left, top = np.round(x).astype(np.intp), np.round(y).astype(np.intp)
    steps = np.arange(-margin, margin + 1, dtype=np.float32)
    across = (left - x).astype(np.float32)[:, None, None] + steps
    down = (top - y).astype(np.float32)[:, None, None] + steps[:, None]
    values = profile(np.sqrt(across**2 + down**2))
    in_reach = (left + margin >= 0) & (left < shape[1] + margin)
    in_reach &= (top + margin >= 0) & (top < shape[0] + margin)
    offsets = np.arange(0, 2 * margin + 1)
    columns = left[in_reach, None, None] + offsets
    rows = top[in_reach, None, None] + offsets[:, None]
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    flat = np.where(inside, rows * width + columns, 0)
    canvas = np.bincount(flat.ravel(), values[in_reach].ravel(), height * width)
    canvas = canvas.reshape(height, width).astype(np.float32)
    return canvas[margin : margin + shape[0], margin : margin + shape[1]]


def dots(
    shape: tuple[int, int],
    x: np.ndarray,
    y: np.ndarray,
    sigma: np.ndarray | float,
    height: np.ndarray | float = 1.0,
) -> np.ndarray:
    """Render Gaussian dots of peak ``height``; dots narrower than a pixel become dimmer."""
    sigma = np.broadcast_to(np.asarray(sigma, np.float32), x.shape)
    drawn = np.maximum(sigma, 0.6)
    peak = (height * (sigma / drawn)).astype(np.float32)[:, None, None]
    scale = (-0.5 / drawn**2)[:, None, None]
    reach = 2.6 * float(drawn.max(initial=0))
    return stamp(shape, x, y, reach, lambda r: peak * np.exp(scale * r**2))


def discs(shape: tuple[int, int], x: np.ndarray, y: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Render discs of intensity 1 with an antialiased rim."""
    soft = np.asarray(radius, np.float32)[:, None, None] + 0.5
    reach = float(radius.max(initial=0)) + 1
    return stamp(shape, x, y, reach, lambda r: np.clip(soft - r, 0, 1))


def rings(
    shape: tuple[int, int], x: np.ndarray, y: np.ndarray, radius: np.ndarray, width: float
) -> np.ndarray:
    """Render rings of peak 1 with a Gaussian profile of standard deviation ``width`` pixels."""
    width = max(width, 0.6)
    centre = np.asarray(radius, np.float32)[:, None, None]
    reach = float(radius.max(initial=0)) + 2.6 * width
    return stamp(shape, x, y, reach, lambda r: np.exp(-0.5 * ((r - centre) / width) ** 2))


def filaments(
    shape: tuple[int, int],
    x: np.ndarray,
    y: np.ndarray,
    sigma: float,
    height: np.ndarray | float = 1.0,
) -> np.ndarray:
    """Render curves through the points ``x``, ``y`` (n, m) as ridges of intensity ``height``.

    ``sigma`` is the standard deviation across the ridge in pixels. ``height`` is broadcast to the
    n x (m - 1) segments.
    """
    drawn = max(sigma, 0.6)
    dx, dy = np.diff(x, axis=1), np.diff(y, axis=1)
    length = np.sqrt(dx * dx + dy * dy)
    parts = max(1, int(np.ceil(1.8 * length.mean() / (1.7 * drawn)))) if length.size else 1
    mass = length * height * (np.sqrt(2 * np.pi) * sigma / parts)
    share = ((np.arange(parts) + 0.5) / parts).astype(np.float32)[:, None, None]
    x, y = x[:, :-1] + share * dx, y[:, :-1] + share * dy
    canvas = _deposit(shape, x, y, np.broadcast_to(mass, x.shape))
    return blur(canvas, np.sqrt(drawn**2 - _DEPOSIT_VARIANCE))


def _deposit(shape: tuple[int, int], x: np.ndarray, y: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Spread point masses over their four nearest pixels."""
    height, width = shape[0] + 3, shape[1] + 3
    x = np.clip(x + 1, 0, width - 2).ravel()
    y = np.clip(y + 1, 0, height - 2).ravel()
    left, top = x.astype(np.intp), y.astype(np.intp)
    to_right, below = x - left, y - top
    low = mass.ravel() * below
    high = mass.ravel() - low
    corner = top * width + left
    canvas = np.bincount(corner, high * (1 - to_right), height * width)
    canvas += np.bincount(corner + 1, high * to_right, height * width)
    canvas += np.bincount(corner + width, low * (1 - to_right), height * width)
    canvas += np.bincount(corner + width + 1, low * to_right, height * width)
    return canvas.reshape(height, width)[1:-2, 1:-2].astype(np.float32)
