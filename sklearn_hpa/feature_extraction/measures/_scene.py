"""An image ready to be measured: its channels, its regions, its bands of scale."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy import ndimage

from ..._images.regions import find_regions

#: Standard deviations of the Gaussians that divide an image into bands of scale, in pixels.
SIGMAS = (0.7, 1.4, 2.8, 5.6, 11.2)
#: How far beyond the cells an image is kept: filters then see what lies around them.
MARGIN = 16


class Scene:
    """One image, with what several families of measures need.

    Parameters
    ----------
    image : ndarray of shape (height, width, n_channels), uint8
    channels : sequence of str
        Name of each plane.
    protein : str
        The channel that is measured.
    nucleus : str or None
        The channel of the nuclei, where there is one.

    Attributes
    ----------
    protein : str
    references : list of str
        All other channels.
    planes : dict of str to ndarray of shape (height, width), uint8
        The channels, cut to the cells and a margin.
    masks, cells, from_border, from_nucleus
        As in `Regions`, cut likewise.
    """

    def __init__(
        self, image: np.ndarray, channels: Sequence[str], protein: str, nucleus: str | None
    ):
        self.protein = protein
        self.references = [name for name in channels if name != protein]
        whole = {name: image[..., k] for k, name in enumerate(channels)}
        regions = find_regions(whole, protein, nucleus)
        window = _bounding_box(regions.masks["cell"], MARGIN)
        self.shape = image.shape[:2]
        self.planes = {name: np.ascontiguousarray(plane[window]) for name, plane in whole.items()}
        self.masks = {name: mask[window] for name, mask in regions.masks.items()}
        self.cells = regions.cells[window]
        self.from_border = regions.from_border[window]
        from_nucleus = regions.from_nucleus
        self.from_nucleus = None if from_nucleus is None else from_nucleus[window]
        self._places = {name: np.flatnonzero(mask) for name, mask in self.masks.items()}

    def regions(self, *wanted: str) -> list[str]:
        """Those of the regions wanted (by default all) that this image can have."""
        return [name for name in self.masks if not wanted or name in wanted]

    def within(self, region: str, plane: np.ndarray) -> np.ndarray:
        """The pixels of a plane in a region, of shape (n_pixels,); floats as float64."""
        pixels = plane.ravel()[self._places[region]]
        return pixels if pixels.dtype == np.uint8 else pixels.astype(np.float64)

    def brightness(self, channel: str, region: str) -> np.ndarray:
        """The pixels of a channel in a region, in [0, 1], float64 of shape (n_pixels,)."""
        return self.within(region, self.planes[channel]) / 255

    @cached_property
    def smooth(self) -> dict[str, list[np.ndarray]]:
        """Each channel in [0, 1], as it is and blurred by each of `SIGMAS`, float32."""
        blurred = {}
        for name, plane in self.planes.items():
            plane = plane / np.float32(255)
            blurred[name] = [plane, *(ndimage.gaussian_filter(plane, sigma) for sigma in SIGMAS)]
        return blurred

    @cached_property
    def bands(self) -> dict[str, list[np.ndarray]]:
        """Differences of successive blurs of each channel, fine to coarse, float32."""
        return {
            name: [fine - coarse for fine, coarse in zip(blurs[:-1], blurs[1:], strict=True)]
            for name, blurs in self.smooth.items()
        }


def _bounding_box(mask: np.ndarray, margin: int) -> tuple[slice, slice]:
    """The rectangle around the true pixels, and a margin; everything where there are none."""
    box = []
    for axis in (1, 0):
        used = np.flatnonzero(mask.any(axis=axis))
        if len(used) == 0:
            return slice(None), slice(None)
        box.append(slice(max(0, used[0] - margin), used[-1] + 1 + margin))
    return box[0], box[1]
