"""Where in the image is what: cells, their nuclei, and the bands along the borders of both."""

from __future__ import annotations

from typing import NamedTuple

import mahotas
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

_CROSS = ndimage.generate_binary_structure(2, 1)
_SQUARE = ndimage.generate_binary_structure(2, 2)
#: A background was blanked out where more than this share of an image is black in all stains; in
#: fields of view, dark patches between cells take less.
BLANKED_FROM = 0.5
#: Width of the bands along borders: 3 pixels of an image of 256 x 256.
BAND_WIDTH = 3
#: Pixels of nuclei that are looked at for one as near as the nearest.
MOST_TIES = 16


class Regions(NamedTuple):
    """Regions of an image, as masks and maps of its height and width.

    Attributes
    ----------
    masks : dict of str to ndarray of bool
        "cell" (all cells, background left out), "cell_border" (a band along the inside of their
        outline) and, with a nucleus channel, "nucleus", "cytoplasm" (the cell without its nucleus)
        and "nuclear_border" (a band to both sides of the outline of the nucleus).
    cells : ndarray of int
        The number of the cell that a pixel belongs to, from 1 on; 0 is background.
    from_border : ndarray of float
        Distance to the outline of the cell, in pixels.
    from_nucleus : ndarray of float or None
        Distance to the outline of the nearest nucleus in pixels, negative inside; None without a
        nucleus channel, and 0 everywhere where no nucleus was found.
    """

    masks: dict[str, NDArray[np.bool_]]
    cells: NDArray[np.integer]
    from_border: NDArray[np.floating]
    from_nucleus: NDArray[np.floating] | None


def find_regions(
    planes: dict[str, NDArray[np.uint8]], protein: str, nucleus: str | None
) -> Regions:
    """Find the regions of an image by its reference stains.

    The protein says where cells are only where no stain but that of the nucleus is there: a region
    that depends on the protein would partly answer the question that it is there for.

    Parameters
    ----------
    planes : dict of str to ndarray of shape (height, width), uint8
        The channels.
    protein, nucleus : str
        Keys of `planes`; `nucleus` may be None.
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
    """Cells: all that was not blanked out, or what is brighter than the background."""
    blank = ndimage.binary_opening(np.all([plane == 0 for plane in stains], axis=0), _SQUARE)
    if blank.mean() > BLANKED_FROM:
        cell = ndimage.binary_opening(~blank, _SQUARE)
    else:
        signal = np.max([_evened(_blur(plane, 2 * unit)) for plane in stains], axis=0)
        cell = signal > 0.5 * _otsu(signal)
    return _without_specks(ndimage.binary_fill_holes(cell), least=(8 * unit) ** 2)


def _find_nuclei(plane: NDArray[np.uint8], unit: float) -> NDArray[np.integer]:
    """The nuclei, numbered from 1 on."""
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
    """The nearest nucleus of each pixel; that with more light in it where two are equally near.

    Which of two the distance transform finds depends on how the image lies.
    """
    owner: NDArray[np.integer] = nuclei[tuple(nearest)]
    light = np.bincount(nuclei.ravel(), weights=stain.ravel())
    change = ndimage.maximum_filter(owner, 3) != ndimage.minimum_filter(owner, 3)
    between = np.argwhere(change & (nuclei == 0))
    if len(between):
        rim = np.argwhere((nuclei > 0) & ~ndimage.binary_erosion(nuclei > 0, _CROSS))
        n_ties = np.arange(1, min(MOST_TIES, len(rim)) + 1)
        places = rim[cKDTree(rim).query(between, k=n_ties)[1]]
        square = ((places - between[:, None]) ** 2).sum(axis=2)
        rivals = nuclei[places[..., 0], places[..., 1]]
        brightest = np.where(square == square[:, :1], light[rivals], -1).argmax(axis=1)
        owner[tuple(between.T)] = rivals[np.arange(len(between)), brightest]
    return owner


def _blur(plane: NDArray[np.uint8], sigma: float) -> NDArray[np.float32]:
    blurred: NDArray[np.float32] = ndimage.gaussian_filter(plane / np.float32(255), sigma)
    return blurred


def _evened(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Square root, which brings dim and bright cells closer, scaled to at most 1."""
    root = np.sqrt(plane)
    evened: NDArray[np.float32] = root / max(root.max(), 1e-6)
    return evened


def _otsu(plane: NDArray[np.float32]) -> float:
    """Otsu's threshold (1979) of values in [0, 1], at 8 bits."""
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
    """Distance of a pixel inside a cell to the nearest pixel outside it; the frame is no border."""
    padded = np.pad(cells, 1, mode="edge")
    centre = padded[1:-1, 1:-1]
    inner = np.ones(cells.shape, dtype=bool)
    for neighbour in (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]):
        inner &= neighbour == centre
    if inner.all():
        return np.full(cells.shape, float(max(cells.shape)))
    distance: NDArray[np.float64] = ndimage.distance_transform_edt(inner)
    return distance
