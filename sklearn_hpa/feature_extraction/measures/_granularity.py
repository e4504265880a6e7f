"""Granularity measures: strength of fine and coarse structure of the protein in each region."""

from __future__ import annotations

import numpy as np

from ._numbers import STEP, mean_of, moments, share
from ._scene import Scene


def measure_granularity(scene: Scene) -> dict[str, float]:
    """Measure each scale band between two Gaussians (Marr and Hildreth 1980).

    Contrast is the logarithm of the band's spread over the brightness. A positive skewness
    indicates bright spots of this size, a negative skewness indicates dark holes. A high kurtosis
    indicates few spots or holes.
    """
    found = {}
    for region in scene.regions():
        brightness = mean_of(scene.brightness(scene.protein, region))
        energies = []
        for k, band in enumerate(scene.bands[scene.protein]):
            prefix = f"{scene.protein}_{region}_band{k}"
            mean, std, skewness, kurtosis = moments(scene.within(region, band))
            energies.append(mean * mean + std * std)
            spread = np.sqrt(energies[-1])
            found[f"{prefix}_contrast"] = float(np.log2((spread + 1e-3) / (brightness + STEP)))
            found[f"{prefix}_skewness"] = skewness
            found[f"{prefix}_log_kurtosis"] = float(np.log(max(kurtosis, 1.0)))
        for k, energy in enumerate(energies):
            found[f"{scene.protein}_{region}_band{k}_share"] = share(energy, sum(energies))
    return found
