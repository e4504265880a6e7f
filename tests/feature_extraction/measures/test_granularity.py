"""Tests of the granularity measures."""

import numpy as np
from numpy.testing import assert_allclose
from scipy import ndimage, stats

from .images import flat, measures


def test_granularity_is_the_spread_of_the_bands(scene, synthetic):
    found = measures(synthetic[0], "granularity")
    plane, mask = scene.planes["green"] / np.float32(255), scene.masks["cell"]
    sigmas = (0, 0.7, 1.4, 2.8, 5.6, 11.2)
    blurs = [ndimage.gaussian_filter(plane, sigma) if sigma else plane for sigma in sigmas]
    bands = [(a - b)[mask].astype(float) for a, b in zip(blurs[:-1], blurs[1:], strict=True)]
    energies = [np.mean(band**2) for band in bands]
    for k, band in enumerate(bands):
        prefix = f"green_cell_band{k}"
        contrast = np.log2((np.sqrt(energies[k]) + 1e-3) / (plane[mask].mean() + 1 / 255))
        assert_allclose(found[f"{prefix}_contrast"], contrast, rtol=1e-5)
        assert_allclose(found[f"{prefix}_skewness"], stats.skew(band), rtol=1e-5)
        kurtosis = stats.kurtosis(band, fisher=False)
        assert_allclose(found[f"{prefix}_log_kurtosis"], np.log(kurtosis), rtol=1e-5)
        assert_allclose(found[f"{prefix}_share"], energies[k] / sum(energies), rtol=1e-5)


def test_granularity_finds_the_size_of_spots():
    shares = {}
    for name, sigma in (("fine", 1.0), ("coarse", 5.0)):
        dots = np.zeros((128, 128))
        dots[8::24, 8::24] = 1
        dots = ndimage.gaussian_filter(dots, sigma)
        image = flat((20 + 200 * dots / dots.max()).astype(np.uint8))
        found = measures(image, "granularity", channels=("red", "green"))
        shares[name] = [found[f"green_cell_band{k}_share"] for k in range(5)]
        assert found["green_cell_band2_skewness"] > 0
    assert np.argmax(shares["fine"]) < np.argmax(shares["coarse"])
