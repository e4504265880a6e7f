"""From one cell to the next: means over cells, each counted alike, and how much cells differ."""

from __future__ import annotations

import numpy as np

from ._numbers import log_ratio
from ._scene import Scene

#: A cell cut off by the frame, or a speck, is left out where it has less than this share of the
#: area of the median cell.
LEAST_AREA = 0.25
#: The band of scale whose contrast is taken cell by cell.
BAND = 1


def measure_cells(scene: Scene) -> dict[str, float]:
    """Mean and standard deviation over cells; of a single cell the second is 0."""
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
    """Measures of each cell, in arrays indexed by its number."""
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
