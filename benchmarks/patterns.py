"""Benchmark of measures: all families of 256 x 256 cells, in one process."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from sklearn_hpa.datasets import make_hpa_images
from sklearn_hpa.feature_extraction import measures

from .contest import Missing, Row, Turn, timed

CHANNELS = ("red", "green", "blue")
N_IMAGES = {"full": 12, "small": 2}
SIDE = {"full": 256, "small": 64}


def patterns(size: str) -> Iterator[Row]:
    images, _ = make_hpa_images(
        N_IMAGES[size], n_labels=6, n_cells=1, size=SIDE[size], random_state=0
    )
    yield Row(
        f"PatternFeatures, {SIDE[size]}x{SIDE[size]}",
        f"{len(images)} images",
        {
            "ours": lambda: _measured(measures.measure, images),
            "mahotas, call by call": partial(_slow, images),
            "mahotas, blurred once": partial(_slow, images, keep=True),
        },
        {"mahotas, call by call": ">= 2.5"},
    )


def _measured(measure, images: np.ndarray) -> Turn:
    options = {"families": measures.FAMILIES, "protein": "green", "nucleus": "blue"}
    return timed(lambda: [measure(image, CHANNELS, **options) for image in images])


def _slow(images: np.ndarray, **options: bool) -> Turn:
    """The reference implementation of the tests, which computes the same numbers."""
    try:
        from tests.feature_extraction.measures import call_by_call
    except ImportError as error:
        raise Missing("needs the tests") from error

    return _measured(partial(call_by_call.measure, **options), images)
