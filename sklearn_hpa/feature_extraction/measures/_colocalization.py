"""Colocalization measures of the protein with each reference stain, by region.

The coefficients are compared in J. S. Aaron, A. B. Taylor and T.-L. Chew, "Image co-localization -
co-occurrence versus correlation", J. Cell Sci. 131 (2018).
"""

from __future__ import annotations

import numpy as np

from ._numbers import mean_of, pearson, share, standardise
from ._scene import Scene

REGIONS = ("cell", "nucleus", "cytoplasm")
#: Scale bands whose brightest and darkest pixels are compared with the reference stain.
SPOT_BANDS = (1, 2, 3)
#: Minimum number of pixels of a region in which stains are compared.
LEAST_PIXELS = 50


def measure_colocalization(scene: Scene) -> dict[str, float]:
    found: dict[str, float] = {}
    for region in scene.regions(*REGIONS):
        protein = scene.brightness(scene.protein, region)
        comparable = protein.size >= LEAST_PIXELS
        stains = {name: scene.brightness(name, region) for name in scene.references}
        for name, stain in stains.items():
            prefix = f"{scene.protein}_{region}_{name}"
            found |= _whole(prefix, protein, stain)
            found |= _by_band(prefix, scene, region, name, comparable)
        if stains:
            found |= _regression(f"{scene.protein}_{region}", protein, stains, comparable)
    return found


def _whole(prefix: str, protein: np.ndarray, stain: np.ndarray) -> dict[str, float]:
    """Compute Pearson (Manders 1992), Manders' M1, M2 and overlap (1993), Li's ICQ (2004)."""
    above, stain_above = _above_mean(protein), _above_mean(stain)
    vary = above.any() and stain_above.any()
    overlap = np.sqrt((protein @ protein) * (stain @ stain))
    return {
        f"{prefix}_pearson": pearson(protein, stain),
        f"{prefix}_manders1": share(protein[stain_above].sum(), protein.sum()),
        f"{prefix}_manders2": share(stain[above].sum(), stain.sum()),
        f"{prefix}_overlap": share(protein @ stain, overlap),
        f"{prefix}_icq": float((above == stain_above).mean()) - 0.5 if vary else 0.0,
    }


def _above_mean(values: np.ndarray) -> np.ndarray:
    """Return the mask of values above the mean by more than rounding; empty in a flat region."""
    return values > mean_of(values) + 1e-9


def _by_band(
    prefix: str, scene: Scene, region: str, name: str, comparable: bool
) -> dict[str, float]:
    """Measure correlation at each scale, and the stain's brightness at protein spots and holes."""
    found = {}
    protein = [scene.within(region, band) for band in scene.bands[scene.protein]]
    stain = [scene.within(region, band) for band in scene.bands[name]]
    for k, (a, b) in enumerate(zip(protein, stain, strict=True)):
        found[f"{prefix}_pearson_band{k}"] = pearson(a, b)
    for k in SPOT_BANDS:
        at_spots = at_holes = 0.0
        if comparable:
            low, high = np.percentile(protein[k], (3, 97))
            level = standardise(stain[k + 1])
            at_spots, at_holes = level[protein[k] >= high].mean(), level[protein[k] <= low].mean()
        found[f"{prefix}_at_spots_band{k}"] = float(at_spots)
        found[f"{prefix}_at_holes_band{k}"] = float(at_holes)
    return found


def _regression(
    prefix: str, protein: np.ndarray, stains: dict[str, np.ndarray], comparable: bool
) -> dict[str, float]:
    """Regress the protein on all reference stains; return the weights and explained variance."""
    weights, explained = np.zeros(len(stains)), 0.0
    bright, dark = np.zeros(len(stains)), np.zeros(len(stains))
    if comparable:
        target = standardise(protein)
        design = np.stack([standardise(stain) for stain in stains.values()], axis=1)
        gram = design.T @ design / len(target) + 0.01 * np.eye(len(stains))
        weights = np.linalg.solve(gram, design.T @ target / len(target))
        explained = np.mean(target**2) - np.mean((target - design @ weights) ** 2)
        low, high = np.percentile(protein, (10, 95))
        bright, dark = design[protein >= high].mean(axis=0), design[protein <= low].mean(axis=0)
    found = {f"{prefix}_references_r2": float(explained)}
    for k, name in enumerate(stains):
        found[f"{prefix}_{name}_weight"] = float(weights[k])
        found[f"{prefix}_{name}_at_brightest"] = float(bright[k])
        found[f"{prefix}_{name}_at_darkest"] = float(dark[k])
    return found
