"""Object measures: number, size, shape and position of bright spots of the protein."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ._numbers import mean_of, share
from ._scene import Scene

#: The scale bands in which spots are detected.
BANDS = (1, 2, 3)
#: Thresholds of a spot: number of standard deviations of its band, and minimum intensity.
PROMINENCE, FAINTEST = 2.0, 1e-3


def measure_objects(scene: Scene) -> dict[str, float]:
    """Measure objects in nucleus and cytoplasm, after Boland and Murphy (2001)."""
    found = {}
    regions = scene.regions("nucleus", "cytoplasm") or ["cell"]
    light = scene.smooth[scene.protein][0]
    for k in BANDS:
        band = scene.bands[scene.protein][k]
        for region in regions:
            mask = scene.masks[region]
            values = scene.within(region, band)
            level = PROMINENCE * max(values.std() if values.size else 0.0, FAINTEST)
            spots = mask & (band > level)
            prefix = f"{scene.protein}_{region}_spots_band{k}"
            found[f"{prefix}_fraction"] = share(
                light[spots].sum(dtype=np.float64), light[mask].sum(dtype=np.float64)
            )
            found[f"{prefix}_prominence"] = mean_of(band[spots].astype(np.float64)) / level
            shapes = _shapes(spots, mask)
            found |= {f"{prefix}_{name}": value for name, value in shapes.items()}
            for start, distance in (("nucleus", scene.from_nucleus), ("border", scene.from_border)):
                if distance is None:
                    continue
                usual, there = distance[mask], distance[spots]
                shift = there.mean() - usual.mean() if there.size else 0.0
                found[f"{prefix}_from_{start}"] = float(shift)
                found[f"{prefix}_from_{start}_spread"] = float(there.std()) if there.size else 0.0
    return found


def _shapes(spots: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """Measure number, area and shape of the connected spots.

    Eccentricity is the eccentricity of the ellipse with the same second moments, averaged with the
    area as weight. Each pixel is a square of unit mass, so a row of two pixels is not a line.
    """
    labels, n_spots = ndimage.label(spots, np.ones((3, 3)))
    region = max(int(mask.sum()), 1)
    if n_spots == 0:
        names = (
            "log_per_1000px",
            "area_fraction",
            "log_mean_area",
            "log_largest_area",
            "eccentricity",
        )
        return dict.fromkeys(names, 0.0)
    y, x = np.nonzero(spots)
    spot = labels[y, x] - 1
    area = np.bincount(spot)
    dy = y - (np.bincount(spot, weights=y) / area)[spot]
    dx = x - (np.bincount(spot, weights=x) / area)[spot]
    yy = np.bincount(spot, weights=dy * dy) / area + 1 / 12
    xx = np.bincount(spot, weights=dx * dx) / area + 1 / 12
    xy = np.bincount(spot, weights=dy * dx) / area
    half, root = (yy + xx) / 2, np.sqrt(((yy - xx) / 2) ** 2 + xy**2)
    eccentricity = np.sqrt(2 * root / (half + root))
    return {
        "log_per_1000px": float(np.log1p(1000 * n_spots / region)),
        "area_fraction": area.sum() / region,
        "log_mean_area": float(np.log1p(area.mean())),
        "log_largest_area": float(np.log1p(area.max())),
        "eccentricity": float(eccentricity @ area / area.sum()),
    }
