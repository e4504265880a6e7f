"""Cell measures: unweighted means over the cells of an image, and variation between cells."""

from __future__ import annotations

import numpy as np

from ._numbers import log_ratio
from ._scene import Scene

#: Cells with less than this fraction of the median area are skipped: specks, or cells cut off by
#: the edge of the image.
LEAST_AREA = 0.25
#: The scale band whose contrast is measured in each cell.
BAND = 1


def measure_cells(scene: Scene) -> dict[str, float]:
    """Measure means and standard deviations over cells; the latter are 0 for a single cell."""
    label = scene.within("cell", scene.cells.astype(np.int64)).astype(np.int64)
    area = np.bincount(label)
    kept = np.flatnonzero(area > 0)
    if len(kept):
        kept = kept[area[kept] >= LEAST_AREA * np.median(area[kept])]
    per_cell = _per_cell(scene, label)
    found = {"cells_log_count": float(np.log1p(len(kept)))}
    for name, values in per_cell.items():
        values = values[kept]
        found[f"cells_{name}_mean"] = float(values.mean()) if len(kept) else 0.0
        found[f"cells_{name}_spread"] = float(values.std()) if len(kept) else 0.0
    return found


def _per_cell(scene: Scene, label: np.ndarray) -> dict[str, np.ndarray]:
    """Compute the measures of each cell, in arrays indexed by cell number."""
    n = int(label.max(initial=0)) + 1
    area = np.maximum(np.bincount(label, minlength=n), 1)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.bincount(label, weights=values, minlength=n) / area

    protein = scene.brightness(scene.protein, "cell")
    total, level = np.bincount(label, weights=protein, minlength=n), mean(protein)
    centred = protein - level[label]
    spread = np.sqrt(mean(centred * centred))
    band = scene.within("cell", scene.bands[scene.protein][BAND])
    contrast = np.sqrt(mean(band * band))
    name = scene.protein
    found = {
        "area": np.sqrt(area / (scene.shape[0] * scene.shape[1])),
        f"{name}_brightness": level,
        f"{name}_variation": spread / (level + 1 / 255),
        f"{name}_contrast": contrast / (level + 1 / 255),
    }
    if "nucleus" in scene.masks:
        inside = scene.within("cell", scene.masks["nucleus"]).astype(bool)
        nuclear = np.bincount(label, weights=protein * inside, minlength=n)
        nuclear_area = np.bincount(label, weights=inside, minlength=n)
        around = (total - nuclear) / np.maximum(area - nuclear_area, 1)
        within = nuclear / np.maximum(nuclear_area, 1)
        found["nucleus_area_fraction"] = nuclear_area / area
        found[f"{name}_nucleus_fraction"] = nuclear / np.maximum(total, 1e-9)
        found[f"{name}_nucleus_over_cytoplasm"] = log_ratio(within, around)
    for reference in scene.references:
        stain = scene.brightness(reference, "cell")
        stain = stain - mean(stain)[label]
        norm = np.sqrt(mean(stain * stain)) * spread
        correlation = np.where(norm > 1e-9, mean(stain * centred) / np.maximum(norm, 1e-9), 0)
        found[f"{name}_{reference}_pearson"] = correlation
    return found
