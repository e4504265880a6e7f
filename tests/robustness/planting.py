"""Planted cache entries: misses that touch nothing outside the cache."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from sklearn_hpa._images.cache import ImageCache

from .caches import KINDS, Target, listing, plant
from .children import in_child
from .promises import Promise, none_of

SECONDS = 10
_ROW = np.linspace(-1, 1, 40, dtype=np.float32)


def check() -> list[Promise]:
    """Plant one entry of each kind, then read and write it."""
    read, touched, failed = [], [], []
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            outside = Path(folder, "outside")
            outside.mkdir()
            cache = ImageCache(Path(folder, "cache"), {"of": "robustness"})
            key = cache.key(_ROW)
            plant(kind, Target(cache.folder, outside, key, _ROW.shape, _ROW.dtype))
            before = listing(outside)

            def use(cache: ImageCache = cache, key: str = key) -> bool:
                got = cache.get(key, _ROW.shape, _ROW.dtype)
                cache.put(key, _ROW)
                return got is None

            outcome, _ = in_child(use, seconds=SECONDS)
            if outcome.fate != "done":
                failed.append(f"{kind}: {outcome.fate}")
            elif not outcome.result:
                read.append(kind)
            if listing(outside) != before:
                touched.append(kind)
    return [
        none_of("planted cache entries: read", read, len(KINDS)),
        none_of("planted cache entries: files touched outside", touched, len(KINDS)),
        none_of("planted cache entries: errors or waits", failed, len(KINDS)),
    ]
