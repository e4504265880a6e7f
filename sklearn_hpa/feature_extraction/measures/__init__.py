"""Measures of an image of cells: location and pattern of the protein.

Each family is a function of a `Scene`, the image with its regions and scale bands. It returns a
dict of numbers. A name consists of channel, region, scale and measure. Names do not depend on
pixels, and numbers are finite for any pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ._cells import measure_cells
from ._colocalization import measure_colocalization
from ._distance import measure_distance
from ._granularity import measure_granularity
from ._intensity import measure_intensity, measure_ratio
from ._objects import measure_objects
from ._ridges import measure_ridges
from ._scene import Scene
from ._texture import measure_texture

__all__ = ["FAMILIES", "VERSION", "measure"]

_MEASURES = {
    "intensity": measure_intensity,
    "ratio": measure_ratio,
    "colocalization": measure_colocalization,
    "distance": measure_distance,
    "texture": measure_texture,
    "granularity": measure_granularity,
    "ridges": measure_ridges,
    "objects": measure_objects,
    "cells": measure_cells,
}

#: Names of the families, in the order of their columns.
FAMILIES = tuple(_MEASURES)
#: Increase this with each change that gives other numbers; cached rows are then not used.
VERSION = 1


def measure(
    image: np.ndarray,
    channels: Sequence[str],
    *,
    families: Sequence[str],
    protein: str,
    nucleus: str | None,
) -> dict[str, dict[str, float]]:
    """Compute the measures of one image.

    Parameters
    ----------
    image : ndarray of shape (height, width, n_channels), uint8
    channels : sequence of str
        Name of each plane.
    families : sequence of str
        Some of `FAMILIES`.
    protein : str
        The channel of the protein.
    nucleus : str or None
        The channel of the nuclei, or None. All other channels are reference stains.

    Returns
    -------
    dict of str to dict of str to float
        For each family, its measures by name.

    Examples
    --------
    >>> image = np.zeros((64, 64, 3), dtype=np.uint8)
    >>> image[16:48, 16:48, :2] = 100
    >>> image[24:40, 24:40, 2] = 200
    >>> channels = ["red", "green", "blue"]
    >>> found = measure(
    ...     image, channels, families=["ratio"], protein="green", nucleus="blue"
    ... )
    >>> round(found["ratio"]["green_nucleus_fraction"], 1)
    0.3
    """
    scene = Scene(image, channels, protein, nucleus)
    return {family: _MEASURES[family](scene) for family in families}
