"""Tests of filament profiles and noise variance."""

import numpy as np
import pytest
from scipy import ndimage

from sklearn_hpa.datasets._synthesis.strokes import blur, discs, filaments, smooth_noise


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


def test_discs_are_bright_within_their_radius_alone():
    rows, columns = np.mgrid[:40, :50]
    canvas = discs((40, 50), np.array([20.0]), np.array([15.0]), np.array([8.0]))
    distance = np.hypot(rows - 15, columns - 20)
    assert canvas[distance < 6].min() > 0.9
    assert canvas[distance > 10].max() < 0.1


def test_blurs_keep_the_sum_and_flatten_the_peak():
    canvas = np.zeros((60, 60), np.float32)
    canvas[30, 30] = 1
    blurred = blur(canvas, 2.0)
    assert blurred.sum() == pytest.approx(1, rel=1e-3)
    assert blurred.max() == pytest.approx(ndimage.gaussian_filter(canvas, 2.0).max(), rel=0.1)
