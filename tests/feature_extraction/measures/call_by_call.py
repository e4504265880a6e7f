"""Slow reference of the measures: no shared results, mahotas throughout."""

from __future__ import annotations

from functools import cached_property

import mahotas
import numpy as np
from scipy import ndimage

from sklearn_hpa.feature_extraction.measures import _MEASURES, _ridges, _texture
from sklearn_hpa.feature_extraction.measures._scene import SIGMAS, Scene


class CallByCall(Scene):
    """A scene without shared intermediate results."""

    @property
    def smooth(self):
        return _OnDemand(self, _blurs)

    @property
    def bands(self):
        return _OnDemand(self, _bands)


class BlurredOnce(Scene):
    """A scene that shares its Gaussians and regions, but computes them with mahotas."""

    @cached_property
    def smooth(self):
        return {channel: _blurs(plane) for channel, plane in self.planes.items()}


class _OnDemand:
    def __init__(self, scene, compute):
        self.scene, self.compute = scene, compute

    def __getitem__(self, channel):
        return self.compute(self.scene.planes[channel])


def _blurs(plane):
    plane = plane / 255
    return [plane, *(blur(plane, sigma) for sigma in SIGMAS)]


def _bands(plane):
    blurs = _blurs(plane)
    return [fine - coarse for fine, coarse in zip(blurs[:-1], blurs[1:], strict=True)]


def blur(plane, sigma, order=0):
    """Apply mahotas' Gaussian filter, or its derivative, along one axis after the other."""
    order = (order, order) if np.isscalar(order) else order
    for axis, each in enumerate(order):
        plane = mahotas.gaussian_filter1d(plane, sigma, axis, each, mode="reflect")
    return plane


def binary_patterns(plane, radius):
    """Compute local binary patterns one neighbour at a time."""
    height, width = plane.shape
    padded = np.pad(plane, radius, mode="edge").astype(int)
    brighter = []
    for dy, dx in _texture.CIRCLE:
        neighbour = padded[radius * (1 + dy) :, radius * (1 + dx) :][:height, :width]
        brighter.append((neighbour >= plane.astype(int)).astype(int))
    changes = sum(np.abs(a - b) for a, b in zip(brighter, brighter[1:] + brighter[:1], strict=True))
    return np.where(changes <= 2, sum(brighter), 9).astype(np.uint8)


def measure(image, channels, *, families, protein, nucleus, keep=False):
    """Compute the measures of each family from a scene of its own.

    With `keep`, all families use one scene whose Gaussians and regions are computed once.
    """
    found = {}
    kept = BlurredOnce(image, channels, protein, nucleus)
    patterns = _texture.binary_patterns
    try:
        _texture.binary_patterns = binary_patterns
        _ridges.ndimage = _Mahotas()
        for family in families:
            scene = kept if keep else CallByCall(image, channels, protein, nucleus)
            found[family] = _MEASURES[family](scene)
    finally:
        _texture.binary_patterns = patterns
        _ridges.ndimage = ndimage
    return found


class _Mahotas:
    """A replacement of `scipy.ndimage` in the ridge measures."""

    def gaussian_filter(self, plane, sigma, order=0):
        return blur(plane, sigma, order)
