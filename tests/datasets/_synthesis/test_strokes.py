"""Brushes: the profile of a filament, the variance of noise."""

import numpy as np
import pytest

from sklearn_hpa.datasets._synthesis.strokes import filaments, smooth_noise


@pytest.mark.parametrize("sigma", [0.8, 1.2, 4.0])
@pytest.mark.parametrize("n_points", [3, 60])
def test_filament_has_the_given_profile_however_it_is_sampled(sigma, n_points):
    x = np.linspace(-20, 148, n_points)[None]
    canvas = filaments((64, 128), x, np.full_like(x, 32.3), sigma, 0.7)[:, 20:-20]
    across = canvas.mean(axis=1)
    rows = np.arange(64)
    centre = np.average(rows, weights=across)
    assert canvas.sum(axis=0) == pytest.approx(0.7 * np.sqrt(2 * np.pi) * sigma, rel=0.06)
    assert centre == pytest.approx(32.3, abs=0.05)
    assert np.average((rows - centre) ** 2, weights=across) == pytest.approx(sigma**2, rel=0.2)


@pytest.mark.parametrize("wavelength", [3, 6, 20])
def test_smooth_noise_has_about_unit_variance(wavelength):
    noise = smooth_noise(np.random.default_rng(0), (256, 300), wavelength)
    assert noise.shape == (256, 300)
    assert 0.6 < noise.std() < 1.5
