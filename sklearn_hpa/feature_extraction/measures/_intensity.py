"""Intensity measures: brightness of each channel in each region, and ratios between regions."""

from __future__ import annotations

import numpy as np

from ._numbers import log_ratio, mean_of, moments, share
from ._scene import Scene

PERCENTS = (5, 25, 50, 75, 95, 99)
#: Pairs of regions whose brightness is compared.
NEIGHBOURS = (
    ("nucleus", "cytoplasm"),
    ("nuclear_border", "nucleus"),
    ("nuclear_border", "cytoplasm"),
    ("cell_border", "cytoplasm"),
)


def measure_intensity(scene: Scene) -> dict[str, float]:
    """Measure mean, spread, skewness and percentiles of the brightness, in [0, 1]."""
    found = {}
    for channel in scene.planes:
        for region in scene.regions():
            values = scene.brightness(channel, region)
            prefix = f"{channel}_{region}"
            mean, std, skewness, _ = moments(values)
            found[f"{prefix}_mean"] = mean
            found[f"{prefix}_std"] = std
            found[f"{prefix}_skewness"] = skewness
            levels = _percentiles(values)
            for percent, level in zip(PERCENTS, levels, strict=True):
                found[f"{prefix}_p{percent:02d}"] = level
                if channel == scene.protein and percent != 50:
                    median = levels[PERCENTS.index(50)]
                    found[f"{prefix}_p{percent:02d}_over_median"] = log_ratio(level, median)
    return found


def _percentiles(values: np.ndarray) -> np.ndarray:
    return np.percentile(values, PERCENTS) if values.size else np.zeros(len(PERCENTS))


def measure_ratio(scene: Scene) -> dict[str, float]:
    """Measure fractions of area and light by region, and log2 ratios of brightness."""
    found = {}
    area = {region: int(scene.masks[region].sum()) for region in scene.regions()}
    parts = [region for region in scene.regions() if region != "cell"]
    found["cell_area_fraction"] = area["cell"] / (scene.shape[0] * scene.shape[1])
    for region in parts:
        found[f"{region}_area_fraction"] = share(area[region], area["cell"])
    for channel in scene.planes:
        values = {region: scene.brightness(channel, region) for region in scene.regions()}
        means = {region: mean_of(pixels) for region, pixels in values.items()}
        total = values["cell"].sum()
        for region in parts:
            found[f"{channel}_{region}_fraction"] = share(values[region].sum(), total)
            found[f"{channel}_{region}_over_cell"] = log_ratio(means[region], means["cell"])
        for region, other in NEIGHBOURS:
            if region in means and other in means:
                found[f"{channel}_{region}_over_{other}"] = log_ratio(means[region], means[other])
        found[f"{channel}_cell_variation"] = share(moments(values["cell"]).std, means["cell"])
    return found
