"""An image prepared for the measures: its channels, regions and scale bands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy import ndimage

from ..._images.regions import find_regions

#: Standard deviations of the Gaussians that separate the scale bands, in pixels.
SIGMAS = (0.7, 1.4, 2.8, 5.6, 11.2)
#: Margin in pixels kept around the cells, for the filters.
MARGIN = 16


class Scene:
    """One image, with intermediate results shared by the families of measures.

    Parameters
    ----------
    image : ndarray of shape (height, width, n_channels), uint8
    channels : sequence of str
        Name of each plane.
    protein : str
        The channel of the protein.
    nucleus : str or None
        The channel of the nuclei, or None.

    Attributes
    ----------
    protein : str
    references : list of str
        All other channels.
    planes : dict of str to ndarray of shape (height, width), uint8
        The channels, cut to the cells and a margin.
    masks, cells, from_border, from_nucleus
        As in `Regions`, cut in the same way.
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
        self._pixels = {name: np.flatnonzero(mask) for name, mask in self.masks.items()}

    def regions(self, *wanted: str) -> list[str]:
        """Return the `wanted` regions (by default all) that exist for the channels of the image."""
        return [name for name in self.masks if not wanted or name in wanted]

    def within(self, region: str, plane: np.ndarray) -> np.ndarray:
        """Return the pixels of a plane in a region, shape (n_pixels,), as uint8 or float64."""
        pixels = plane.ravel()[self._pixels[region]]
        return pixels if pixels.dtype == np.uint8 else pixels.astype(np.float64)

    def brightness(self, channel: str, region: str) -> np.ndarray:
        """Return the pixels of a channel in a region, in [0, 1], float64, shape (n_pixels,)."""
        return self.within(region, self.planes[channel]) / 255

    @cached_property
    def smooth(self) -> dict[str, list[np.ndarray]]:
        """Each channel in [0, 1], unblurred and blurred by each of `SIGMAS`, float32."""
        blurred = {}
        for name, plane in self.planes.items():
            plane = plane / np.float32(255)
            blurred[name] = [plane, *(ndimage.gaussian_filter(plane, sigma) for sigma in SIGMAS)]
        return blurred

    @cached_property
    def bands(self) -> dict[str, list[np.ndarray]]:
        """Differences between successive blurs of each channel, from fine to coarse, float32."""
        return {
            name: [fine - coarse for fine, coarse in zip(blurs[:-1], blurs[1:], strict=True)]
            for name, blurs in self.smooth.items()
        }


def _bounding_box(mask: np.ndarray, margin: int) -> tuple[slice, slice]:
    """Return the bounding box of the true pixels plus a margin, or everything without pixels."""
    box = []
    for axis in (1, 0):
        used = np.flatnonzero(mask.any(axis=axis))
        if len(used) == 0:
            return slice(None), slice(None)
        box.append(slice(max(0, used[0] - margin), used[-1] + 1 + margin))
    return box[0], box[1]
