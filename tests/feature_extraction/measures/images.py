"""Synthetic images of known content, and their measures."""

import numpy as np

from sklearn_hpa._images.regions import find_regions
from sklearn_hpa.datasets._synthetic import _photograph, stage_cells
from sklearn_hpa.feature_extraction.measures import FAMILIES, measure
from sklearn_hpa.feature_extraction.measures._scene import Scene

CHANNELS = ("red", "green", "blue", "yellow")
REFERENCES = [*CHANNELS[:1], *CHANNELS[2:]]
REFERENCE_PLANES = [0, 2, 3]


def measures(image, *families, channels=CHANNELS, nucleus="blue"):
    """Return all measures of the families, by default of all families, in one dict."""
    found = measure(
        np.ascontiguousarray(image),
        channels,
        families=families or FAMILIES,
        protein="green",
        nucleus=nucleus if nucleus in channels else None,
    )
    return {name: value for of_family in found.values() for name, value in of_family.items()}


def scene_of(image, channels=CHANNELS):
    nucleus = "blue" if "blue" in channels else None
    return Scene(np.ascontiguousarray(image), channels, "green", nucleus)


def disc(shape, y, x, radius):
    yy, xx = np.mgrid[: shape[0], : shape[1]]
    return (yy - y) ** 2 + (xx - x) ** 2 <= radius**2


def ellipse(shape, y, x, a, b, angle):
    yy, xx = np.mgrid[: shape[0], : shape[1]]
    u = (xx - x) * np.cos(angle) + (yy - y) * np.sin(angle)
    v = (yy - y) * np.cos(angle) - (xx - x) * np.sin(angle)
    return (u / a) ** 2 + (v / b) ** 2 <= 1


def iou(a, b):
    return np.sum(a & b) / np.sum(a | b)


def cell_with(protein):
    """Make an image of a round cell with a round nucleus and a protein, on black background."""
    shape = protein.shape
    middle, radius = (shape[0] - 1) / 2, shape[0] / 2
    cell = disc(shape, middle, middle, 0.75 * radius)
    image = np.zeros((*shape, 4), np.uint8)
    image[..., 0] = image[..., 3] = np.where(cell, 100, 0)
    image[..., 1] = np.where(cell, protein, 0)
    image[..., 2] = np.where(disc(shape, middle, middle, 0.4 * radius), 200, 0)
    return image


def flat(protein):
    """Make an image with one reference stain whose cell fills the image."""
    image = np.full((*protein.shape, 2), 100, np.uint8)
    image[..., 1] = protein
    return image


def synthetic_field(seed, size, n_cells, labels=("Cytosol",)):
    """Make a synthetic image, the true masks of cells and nuclei, and the number of nuclei."""
    stage_rng, camera_rng = np.random.default_rng(seed).spawn(2)
    shape = (size, size)
    anatomy, stains = stage_cells(stage_rng, shape, list(labels), n_cells, n_cells)
    field = anatomy.field
    nucleus = field.nucleus > 0.5
    n_nuclei = len(np.unique(field.owner[nucleus]))
    return _photograph(camera_rng, stains), field.cell > 0.5, nucleus, n_nuclei


def regions_of(image, channels=CHANNELS, nucleus="blue"):
    planes = {name: image[..., k] for k, name in enumerate(channels)}
    return find_regions(planes, "green", nucleus)
