"""One image after another: read, measured and kept, in whichever process it is sent to."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import numpy as np

from .._images import batches as reading
from .._images.batches import read_source
from .._images.cache import open_cache
from .._images.inputs import Source
from . import measures

#: Raised for what a file holds, in contrast to a path that cannot be opened.
CONTENT_ERRORS = (TypeError, ValueError)


@lru_cache(maxsize=64)
def columns_of(**plan: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name and family of each column: those of a black image, which are those of any other.

    Parameters
    ----------
    **plan : dict
        The keywords of `measures.measure`, and its `channels`.

    Raises
    ------
    ValueError
        If there is no column.
    """
    black = np.zeros((64, 64, len(plan["channels"])), dtype=np.uint8)
    measured = measures.measure(black, **plan)
    names = tuple(name for of_family in measured.values() for name in of_family)
    families = tuple(family for family, of_family in measured.items() for _ in of_family)
    if not names:
        raise ValueError(
            f"nothing to measure: the families {', '.join(plan['families'])} need other channels"
            f" than {', '.join(plan['channels'])}, which is all that the images hold"
        )
    return names, families


class Measurer:
    """Gives the row of each image, measured now or kept from earlier.

    Parameters
    ----------
    plan : dict
        As for `columns_of`.
    size : (int, int) or None
        Height and width to bring images to.
    white : int or None
        The white level of uint16 arrays.
    tolerant : bool
        Whether the error of a file that holds no such image is given back rather than raised.
    cache : str, path-like or None
        The folder where rows are kept; None is that of the environment, if there is one.
    """

    def __init__(
        self,
        plan: dict[str, Any],
        size: tuple[int, int] | None,
        white: int | None,
        tolerant: bool,
        cache: str | os.PathLike[str] | None,
    ):
        self.plan = plan
        self.size = size
        self.white = white
        self.tolerant = tolerant
        versions = {"measures": measures.VERSION, "reading": reading.VERSION}
        recipe = {"of": "PatternFeatures", **versions, **plan, "size": size, "white": white}
        self.cache = open_cache(cache, recipe, required=False)

    def look_up(self, source: Source) -> np.ndarray | None:
        """The row kept from earlier, if there is one."""
        return None if self.cache is None else self.cache.get(self.cache.key(source))

    def measure(self, position: int, source: Source) -> np.ndarray | Exception:
        """The row, float32; where tolerant, the error of a file in its place."""
        key = None if self.cache is None else self.cache.key(source)
        try:
            image = read_source(position, source, self.plan["channels"], self.size, self.white)
        except CONTENT_ERRORS as error:
            if not self.tolerant or isinstance(source, np.ndarray):
                raise
            return error
        measured = measures.measure(image, **self.plan).values()
        row = np.array([value for of_family in measured for value in of_family.values()], "float32")
        # A file that changed meanwhile may have been read before or after.
        if key is not None and key == self.cache.key(source):
            self.cache.put(key, row)
        return row
