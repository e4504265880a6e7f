"""Segmentation of an image into regions: cells, nuclei, and bands along their borders."""

from __future__ import annotations

from typing import NamedTuple

import mahotas
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

_CROSS = ndimage.generate_binary_structure(2, 1)
_SQUARE = ndimage.generate_binary_structure(2, 2)
#: If more than this fraction of an image is black in all stains, the background was blanked out.
#: In fields of view, dark gaps between cells are smaller.
BLANKED_FROM = 0.5
#: Width of the bands along borders, in pixels of a 256 x 256 image.
BAND_WIDTH = 3
#: Number of nearest nucleus pixels that are checked for equal distances.
MOST_TIES = 16


class Regions(NamedTuple):
    """Regions of an image, as masks and maps of its height and width.

    Attributes
    ----------
    masks : dict of str to ndarray of bool
        "cell" (all cells, without background), "cell_border" (a band along the inside of the cell
        outlines) and, with a nucleus channel, "nucleus", "cytoplasm" (the cell without its
        nucleus) and "nuclear_border" (a band on both sides of the outline of the nucleus).
    cells : ndarray of int
        The number of each pixel's cell, from 1; 0 is background.
    from_border : ndarray of float
        Distance to the outline of the cell, in pixels.
    from_nucleus : ndarray of float or None
        Distance to the outline of the nearest nucleus in pixels, negative inside. None without a
        nucleus channel; 0 everywhere if no nucleus was found.
    """

    masks: dict[str, NDArray[np.bool_]]
    cells: NDArray[np.integer]
    from_border: NDArray[np.floating]
    from_nucleus: NDArray[np.floating] | None


def find_regions(
    planes: dict[str, NDArray[np.uint8]], protein: str, nucleus: str | None
) -> Regions:
    """Find the regions of an image from its reference stains.

    The regions should not depend on the protein, because its distribution is measured in them.
    The protein channel outlines the cells only if there is no reference stain other than the
    nucleus.

    Parameters
    ----------
    planes : dict of str to ndarray of shape (height, width), uint8
        The channels.
    protein, nucleus : str
        Keys of `planes`; `nucleus` may be None.

    Returns
    -------
    Regions
    """
    unit = max(1.0, min(planes[protein].shape) / 256)
    outlining = [name for name in planes if name not in (protein, nucleus)] or [protein]
    stains = [*outlining, *([] if nucleus is None else [nucleus])]
    cell = _foreground([planes[name] for name in stains], unit)
    width = round(BAND_WIDTH * unit)
    nuclei = None if nucleus is None else _find_nuclei(planes[nucleus], unit)
    if nucleus is None or nuclei is None or not nuclei.any():
        cells = ndimage.label(cell, _SQUARE)[0]
        from_nucleus, near = np.zeros(cell.shape), np.zeros(cell.shape, dtype=bool)
    else:
        cell = cell | (nuclei > 0)
        outside, nearest = ndimage.distance_transform_edt(nuclei == 0, return_indices=True)
        inside = ndimage.distance_transform_edt(np.pad(nuclei > 0, 1, mode="edge"))[1:-1, 1:-1]
        from_nucleus = np.where(nuclei > 0, 0.5 - inside, outside - 0.5)
        cells = np.where(cell, _owners(nuclei, nearest, planes[nucleus]), 0)
        near = cell & (np.abs(from_nucleus) <= width)
    from_border = _distance_to_border(cells)
    cell_border = cell & (from_border < width)
    if nuclei is None:
        masks = {"cell": cell, "cell_border": cell_border}
        return Regions(masks, cells, from_border, None)
    masks = {
        "cell": cell,
        "nucleus": nuclei > 0,
        "cytoplasm": cell & (nuclei == 0),
        "nuclear_border": near,
        "cell_border": cell_border,
    }
    return Regions(masks, cells, from_border, from_nucleus)


def _foreground(stains: list[NDArray[np.uint8]], unit: float) -> NDArray[np.bool_]:
    """Return the mask of the cells: pixels not blanked out, or brighter than the background."""
    blank = ndimage.binary_opening(np.all([plane == 0 for plane in stains], axis=0), _SQUARE)
    if blank.mean() > BLANKED_FROM:
        cell = ndimage.binary_opening(~blank, _SQUARE)
    else:
        signal = np.max([_evened(_blur(plane, 2 * unit)) for plane in stains], axis=0)
        cell = signal > 0.5 * _otsu(signal)
    return _without_specks(ndimage.binary_fill_holes(cell), least=(8 * unit) ** 2)


def _find_nuclei(plane: NDArray[np.uint8], unit: float) -> NDArray[np.integer]:
    """Return an image of the nuclei, numbered from 1."""
    smooth = _blur(plane, unit)
    threshold = _otsu(smooth)
    if threshold < 2 / 255:
        return np.zeros(plane.shape, dtype=np.int32)
    mask = ndimage.binary_opening(smooth > threshold, _SQUARE)
    mask = _without_specks(ndimage.binary_fill_holes(mask), least=(6 * unit) ** 2)
    depth = ndimage.gaussian_filter(ndimage.distance_transform_edt(mask), 2 * unit)
    peaks = mask & (depth == ndimage.maximum_filter(depth, size=2 * round(8 * unit) + 1))
    markers, _ = ndimage.label(peaks, _SQUARE)
    surface = np.round(1e5 * (depth.max() - depth)).astype(np.int32)
    return np.where(mask, mahotas.cwatershed(surface, markers), 0)


def _owners(
    nuclei: NDArray[np.integer], nearest: NDArray[np.integer], stain: NDArray[np.uint8]
) -> NDArray[np.integer]:
    """Return the nearest nucleus of each pixel; of equally near nuclei, the one with more light.

    The distance transform alone would choose by the orientation of the image.
    """
    owner: NDArray[np.integer] = nuclei[tuple(nearest)]
    light = np.bincount(nuclei.ravel(), weights=stain.ravel())
    change = ndimage.maximum_filter(owner, 3) != ndimage.minimum_filter(owner, 3)
    between = np.argwhere(change & (nuclei == 0))
    if len(between):
        rim = np.argwhere((nuclei > 0) & ~ndimage.binary_erosion(nuclei > 0, _CROSS))
        n_ties = np.arange(1, min(MOST_TIES, len(rim)) + 1)
        nearby = rim[cKDTree(rim).query(between, k=n_ties)[1]]
        square = ((nearby - between[:, None]) ** 2).sum(axis=2)
        rivals = nuclei[nearby[..., 0], nearby[..., 1]]
        brightest = np.where(square == square[:, :1], light[rivals], -1).argmax(axis=1)
        owner[tuple(between.T)] = rivals[np.arange(len(between)), brightest]
    return owner


def _blur(plane: NDArray[np.uint8], sigma: float) -> NDArray[np.float32]:
    blurred: NDArray[np.float32] = ndimage.gaussian_filter(plane / np.float32(255), sigma)
    return blurred


def _evened(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the square root, scaled to at most 1, which reduces the contrast between cells."""
    root = np.sqrt(plane)
    evened: NDArray[np.float32] = root / max(root.max(), 1e-6)
    return evened


def _otsu(plane: NDArray[np.float32]) -> float:
    """Return Otsu's threshold (1979) of values in [0, 1], computed at 8 bits."""
    level: int = mahotas.otsu(np.round(255 * plane).astype(np.uint8))
    return level / 255


def _without_specks(mask: NDArray[np.bool_], least: float) -> NDArray[np.bool_]:
    labels, n = ndimage.label(mask, _CROSS)
    if n == 0:
        return mask
    keep = np.bincount(labels.ravel()) >= least
    keep[0] = False
    kept: NDArray[np.bool_] = keep[labels]
    return kept


def _distance_to_border(cells: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the distance of each pixel to the outline of its cell; image edges do not count."""
    padded = np.pad(cells, 1, mode="edge")
    centre = padded[1:-1, 1:-1]
    inner = np.ones(cells.shape, dtype=bool)
    for neighbour in (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]):
        inner &= neighbour == centre
    if inner.all():
        return np.full(cells.shape, float(max(cells.shape)))
    distance: NDArray[np.float64] = ndimage.distance_transform_edt(inner)
    return distance
