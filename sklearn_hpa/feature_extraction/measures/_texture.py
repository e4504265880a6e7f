"""Texture measures of the protein: co-occurrence, threshold adjacency, local binary patterns."""

from __future__ import annotations

import mahotas
import numpy as np

from ._scene import Scene

REGIONS = ("cell", "nucleus", "cytoplasm")
#: Measures of Haralick et al. (1973), in the order of mahotas.
HARALICK = (
    "angular_second_moment",
    "contrast",
    "correlation",
    "variance",
    "inverse_difference_moment",
    "sum_average",
    "sum_variance",
    "sum_entropy",
    "entropy",
    "difference_variance",
    "difference_entropy",
    "information_1",
    "information_2",
)
GREY_LEVELS = 32
#: Distances in pixels between paired grey levels, and radii of binary patterns.
DISTANCES = (1, 2, 4, 8)
RADII = (1, 2, 4)
#: The 8 neighbours of a pixel, in circular order.
CIRCLE = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
#: Names of the threshold adjacency statistics: numbers of neighbours inside a range of brightness
#: for pixels outside it, and the reverse. The three ranges are around the mean of bright pixels.
TAS_NAMES = tuple(
    f"{side}_{around}_{neighbours}_{other}"
    for side, other in (("outside", "inside"), ("inside", "outside"))
    for around in ("around_mean", "above_mean_less_spread", "above_mean")
    for neighbours in range(9)
)


def measure_texture(scene: Scene) -> dict[str, float]:
    """Measure Haralick texture, threshold adjacency (TAS) and local binary patterns (LBP)."""
    plane, protein = scene.planes[scene.protein], scene.protein
    found: dict[str, float] = {}
    codes = {radius: binary_patterns(plane, radius) for radius in RADII}
    for region in scene.regions(*REGIONS):
        prefix = f"{protein}_{region}"
        grey = _grey_levels(plane, scene.masks[region])
        for distance in DISTANCES:
            found |= _haralick(f"{prefix}_haralick{distance}px", grey, distance)
        for radius in RADII:
            counts = np.bincount(scene.within(region, codes[radius]), minlength=10)
            shares = counts / max(counts.sum(), 1)
            for k in range(9):
                found[f"{prefix}_lbp{radius}px_{k}_brighter"] = float(shares[k])
            found[f"{prefix}_lbp{radius}px_mixed"] = float(shares[9])
    return found | _threshold_adjacency(f"{protein}_cell_tas", plane, scene.masks["cell"])


def _grey_levels(plane: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return grey levels, from 1, between the 0.5th and 99.5th percentile; 0 outside the region."""
    if not mask.any():
        return np.zeros(plane.shape, dtype=np.uint8)
    low, high = np.percentile(plane[mask], (0.5, 99.5))
    scaled = np.clip((plane - low) / max(high - low, 1), 0, 1)
    return np.where(mask, 1 + np.minimum(scaled * GREY_LEVELS, GREY_LEVELS - 1), 0).astype(np.uint8)


def _haralick(prefix: str, grey: np.ndarray, distance: int) -> dict[str, float]:
    """Return mean and range over four directions, which are invariant to rotations by 90°."""
    try:
        values = mahotas.features.haralick(
            grey,
            ignore_zeros=True,
            distance=distance,
            return_mean_ptp=True,
            use_x_minus_y_variance=True,
        )
    except ValueError:  # in some direction, no two pixels of the region have this distance
        values = np.zeros(2 * len(HARALICK))
    names = [*HARALICK, *(f"{name}_range" for name in HARALICK)]
    return {f"{prefix}_{name}": float(value) for name, value in zip(names, values, strict=True)}


def _threshold_adjacency(prefix: str, plane: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """Compute parameter-free threshold adjacency statistics (Coelho et al. 2010).

    Each statistic is the fraction of pixels inside (or outside) a brightness range that have 0, 1,
    ... 8 neighbours outside (or inside) the range. Pixels outside the cell are black. Hamilton et
    al. (2007) count the neighbours inside the range of the pixels inside, which is 8 minus this
    number.
    """
    cell = np.where(mask, plane, 0)
    values = np.zeros(len(TAS_NAMES))
    if cell.any():
        with np.errstate(invalid="ignore", divide="ignore"):
            values = np.nan_to_num(mahotas.features.pftas(cell))
    return {f"{prefix}_{name}": float(v) for name, v in zip(TAS_NAMES, values, strict=True)}


def binary_patterns(plane: np.ndarray, radius: int) -> np.ndarray:
    """Compute rotation-invariant uniform local binary patterns (Ojala et al. 2002).

    The 8 neighbours are pixels on a square. Most libraries interpolate on a circle. There, rounding
    decides between equal grey levels, and a rotated image has other patterns.

    Returns
    -------
    ndarray of the plane's shape, uint8
        Number of neighbours that are at least as bright as the pixel, if these neighbours are
        contiguous; 9 elsewhere.
    """
    height, width = plane.shape
    padded = np.pad(plane, radius, mode="edge")
    around = np.stack(
        [
            padded[radius * (1 + dy) :, radius * (1 + dx) :][:height, :width] >= plane
            for dy, dx in CIRCLE
        ]
    )
    changes = np.count_nonzero(around != np.roll(around, 1, axis=0), axis=0)
    return np.where(changes <= 2, np.count_nonzero(around, axis=0), 9).astype(np.uint8)
