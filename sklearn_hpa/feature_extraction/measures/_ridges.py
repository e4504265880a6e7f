"""Ridge measures: threads, spots and holes of the protein, from the curvature of its brightness."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ._numbers import STEP, share
from ._scene import Scene

SCALES = (1.0, 2.0, 4.0)
#: Added to curvatures so that logarithms stay finite.
SMALL = 1e-4


def measure_ridges(scene: Scene) -> dict[str, float]:
    """Measure eigenvalues of the Hessian and of the structure tensor.

    For eigenvalues a >= b of the Hessian (Frangi et al. 1998), -b > 0 is a ridge, -a > 0 is a spot,
    a > 0 is a valley and b > 0 is a hole. Coherence (Weickert 1999) is 0 without a dominant
    direction and 1 for threads.
    """
    found = {}
    plane = scene.smooth[scene.protein][0]
    for scale in SCALES:
        maps, coherence, strength, energy = _curvature(plane, scale)
        for region in scene.regions():
            prefix = f"{scene.protein}_{region}_sigma{scale:g}"
            brightness = scene.within(region, plane)
            mean = brightness.mean() + STEP if brightness.size else 1.0
            values = {name: scene.within(region, each) for name, each in maps.items()}
            size = {name: each.mean() if each.size else 0.0 for name, each in values.items()}
            for name, amount in size.items():
                found[f"{prefix}_{name}"] = float(np.log2((amount + SMALL) / mean))
            found[f"{prefix}_spot_over_ridge"] = share(size["spot"], size["ridge"] + SMALL / 10)
            found[f"{prefix}_hole_over_valley"] = share(size["hole"], size["valley"] + SMALL / 10)
            ridge = values["ridge"]
            tail = np.percentile(ridge, 95) if ridge.size else 0.0
            found[f"{prefix}_ridge_tail"] = float(np.log2((tail + SMALL) / (size["ridge"] + SMALL)))
            weight = scene.within(region, strength)
            aligned = scene.within(region, coherence)
            found[f"{prefix}_coherence"] = float(aligned.mean()) if aligned.size else 0.0
            found[f"{prefix}_edge_coherence"] = share(aligned @ weight, weight.sum())
            clumps = scene.within(region, energy)
            spread, level = (clumps.std(), clumps.mean()) if clumps.size else (0.0, 0.0)
            found[f"{prefix}_clumping"] = float(spread / (level + SMALL / 10))
    return found


def _curvature(
    plane: np.ndarray, scale: float
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
    """Return maps of ridges, spots, holes and valleys; coherence, gradient energy, curvature."""

    def derivative(*order: int) -> np.ndarray:
        return ndimage.gaussian_filter(plane, scale, order=order)

    yy, xx, xy = (scale**2 * derivative(*order) for order in ((2, 0), (0, 2), (1, 1)))
    half, root = (yy + xx) / 2, np.sqrt(((yy - xx) / 2) ** 2 + xy**2)
    larger, smaller = half + root, half - root
    maps = {
        "ridge": np.maximum(-smaller, 0),
        "spot": np.maximum(-larger, 0),
        "hole": np.maximum(smaller, 0),
        "valley": np.maximum(larger, 0),
    }
    dy, dx = derivative(1, 0), derivative(0, 1)
    tyy, txx, txy = (
        ndimage.gaussian_filter(product, 2 * scale) for product in (dy * dy, dx * dx, dy * dx)
    )
    strength = tyy + txx
    coherence = np.sqrt((tyy - txx) ** 2 + 4 * txy**2) / (strength + 1e-8)
    return maps, coherence, strength, ndimage.gaussian_filter(np.abs(half), 3 * scale)
