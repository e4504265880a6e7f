"""Texture of the protein: co-occurrence of grey levels, threshold adjacency, binary patterns."""

from __future__ import annotations

import mahotas
import numpy as np

from ._scene import Scene

REGIONS = ("cell", "nucleus", "cytoplasm")
#: The features of Haralick et al. (1973), in the order of mahotas.
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
#: Distances in pixels between the grey levels that are paired, and radii of binary patterns.
DISTANCES = (1, 2, 4, 8)
RADII = (1, 2, 4)
#: The 8 neighbours of a pixel, in the order of a circle.
CIRCLE = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
#: For three ranges of brightness about the mean of the bright pixels: of the pixels outside the
#: range, how many of their neighbours are inside it, and of those inside, how many are outside.
TAS_NAMES = tuple(
    f"{side}_{around}_{neighbours}_{other}"
    for side, other in (("outside", "inside"), ("inside", "outside"))
    for around in ("around_mean", "above_mean_less_spread", "above_mean")
    for neighbours in range(9)
)


def measure_texture(scene: Scene) -> dict[str, float]:
    """Haralick (1973) at several distances, TAS (Hamilton et al. 2007), LBP (Ojala et al. 2002)."""
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
    """Levels from 1 on between the 0.5th and 99.5th percentile of a region; 0 outside of it."""
    if not mask.any():
        return np.zeros(plane.shape, dtype=np.uint8)
    low, high = np.percentile(plane[mask], (0.5, 99.5))
    scaled = np.clip((plane - low) / max(high - low, 1), 0, 1)
    return np.where(mask, 1 + np.minimum(scaled * GREY_LEVELS, GREY_LEVELS - 1), 0).astype(np.uint8)


def _haralick(prefix: str, grey: np.ndarray, distance: int) -> dict[str, float]:
    """Mean over the four directions, and range: both are the same for an image turned by 90°."""
    try:
        values = mahotas.features.haralick(
            grey,
            ignore_zeros=True,
            distance=distance,
            return_mean_ptp=True,
            use_x_minus_y_variance=True,
        )
    except ValueError:  # no two pixels of the region lie this far apart in some direction
        values = np.zeros(2 * len(HARALICK))
    names = [*HARALICK, *(f"{name}_range" for name in HARALICK)]
    return {f"{prefix}_{name}": float(value) for name, value in zip(names, values, strict=True)}


def _threshold_adjacency(prefix: str, plane: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """Parameter-free threshold adjacency statistics (Coelho et al. 2010).

    Of the pixels on one side of a range of brightness, the share that has 0, 1, ... 8 neighbours on
    the other side; all that is not the cell counts as black. Hamilton et al. count the neighbours
    on the same side of pixels inside: 8 less these.
    """
    cell = np.where(mask, plane, 0)
    values = np.zeros(len(TAS_NAMES))
    if cell.any():
        with np.errstate(invalid="ignore", divide="ignore"):
            values = np.nan_to_num(mahotas.features.pftas(cell))
    return {f"{prefix}_{name}": float(v) for name, v in zip(TAS_NAMES, values, strict=True)}


def binary_patterns(plane: np.ndarray, radius: int) -> np.ndarray:
    """Rotation-invariant uniform local binary patterns of 8 neighbours.

    The neighbours are pixels, those of a square: with values interpolated on a circle, as
    libraries have it, ties between equal grey levels fall by rounding, and a turned image would
    have other patterns.

    Returns
    -------
    ndarray of the plane's shape, uint8
        How many neighbours are at least as bright as the pixel where these lie side by side; 9
        elsewhere.
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
