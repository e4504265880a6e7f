"""Tests of the ridge measures: threads and spots by the eigenvalues of the Hessian."""

import numpy as np
from numpy.testing import assert_allclose
from scipy import ndimage

from .images import flat, measures


def protein_of_threads():
    """Make straight parallel threads."""
    across = np.full((96, 96), 10.0)
    across[8::12] = 250
    return ndimage.gaussian_filter(across, 1.5)


def protein_of_spots():
    spots = np.zeros((96, 96))
    spots[8::12, 8::12] = 1
    spots = ndimage.gaussian_filter(spots, 1.5)
    return 10 + 200 * spots / spots.max()


def ridges(protein):
    return measures(flat(protein.astype(np.uint8)), "ridges", channels=("red", "green"))


def test_threads_are_coherent_ridges_and_spots_are_not():
    threads, spots = ridges(protein_of_threads()), ridges(protein_of_spots())
    for scale in ("1", "2"):
        prefix = f"green_cell_sigma{scale}"
        assert threads[f"{prefix}_coherence"] > 0.95
        assert threads[f"{prefix}_edge_coherence"] > 0.95
        assert threads[f"{prefix}_ridge"] > threads[f"{prefix}_spot"] + 2
        assert threads[f"{prefix}_spot_over_ridge"] < 0.1
        assert spots[f"{prefix}_spot_over_ridge"] > 0.2
        assert spots[f"{prefix}_edge_coherence"] < 0.8


def test_holes_and_valleys_are_spots_and_ridges_of_the_negative():
    for protein in (protein_of_threads(), protein_of_spots()):
        bright, dark = ridges(protein), ridges(255 - protein.astype(np.uint8))
        found = dark["green_cell_sigma2_hole_over_valley"]
        assert_allclose(found, bright["green_cell_sigma2_spot_over_ridge"], atol=2e-3)
        assert_allclose(
            dark["green_cell_sigma2_clumping"], bright["green_cell_sigma2_clumping"], rtol=0.02
        )


def test_ridges_are_the_eigenvalues_of_the_hessian_of_each_pixel(noise):
    plane = ndimage.gaussian_filter(noise / 255, 2)
    protein = (255 * (plane - plane.min()) / np.ptp(plane)).astype(np.uint8)
    found = ridges(protein)
    plane = protein / np.float32(255)
    xx, yy, xy = (
        4 * ndimage.gaussian_filter(plane, 2, order=order) for order in ((0, 2), (2, 0), (1, 1))
    )
    sums = dict.fromkeys(("ridge", "spot", "hole", "valley"), 0.0)
    for y, x in np.ndindex(plane.shape):
        low, high = np.linalg.eigvalsh([[yy[y, x], xy[y, x]], [xy[y, x], xx[y, x]]])
        sums["ridge"] += max(-low, 0)
        sums["spot"] += max(-high, 0)
        sums["hole"] += max(low, 0)
        sums["valley"] += max(high, 0)
    for name, total in sums.items():
        expected = np.log2((total / plane.size + 1e-4) / (plane.mean() + 1 / 255))
        assert_allclose(found[f"green_cell_sigma2_{name}"], expected, rtol=1e-4, err_msg=name)
