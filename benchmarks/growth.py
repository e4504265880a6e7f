"""Growth of time and memory with the number of samples: seconds at each n, and the exponent."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from sklearn_hpa import ImageFlattener

from . import peers
from .contest import timed
from .images import CHANNELS, SIZE, Folder
from .networks import PAPER
from .streaming import Peak, anonymous_memory

NUMBERS = {"full": (100, 1_000, 10_000), "small": (20, 40, 80)}
#: A function that processes `n` samples.
Work = Callable[[], object]


class Growth(NamedTuple):
    """Seconds and bytes of anonymous memory at each n."""

    name: str
    numbers: list[int]
    seconds: list[float]
    memory: list[int]

    @property
    def exponent(self) -> float:
        """Slope of log seconds over log n, between the two largest n."""
        return float(
            np.log(self.seconds[-1] / self.seconds[-2])
            / np.log(self.numbers[-1] / self.numbers[-2])
        )

    def __str__(self) -> str:
        at = ", ".join(
            f"{n:,}: {seconds:.3g} s, {memory / 1e6:.0f} MB"
            for n, seconds, memory in zip(self.numbers, self.seconds, self.memory, strict=True)
        )
        return f"growth, {self.name} | {at}; exponent {self.exponent:.2f}"


def growth(size: str) -> Iterator[Growth]:
    for name, make in KINDS.items():
        found = Growth(name, [], [], [])
        for n in NUMBERS[size]:
            work = make(n)
            gc.collect()
            before, peak = anonymous_memory(), Peak()
            peak.start()
            seconds = timed(work, 1 if n == NUMBERS[size][-1] else 3)()
            peak.over.set()
            peak.join()
            found.numbers.append(n)
            found.seconds.append(seconds)
            found.memory.append(max(0, peak.peak - before))
            del work
        yield found


def _train(n: int, n_features: int, pixels: bool) -> Work:
    rng = np.random.default_rng(0)
    if pixels:
        X = rng.integers(0, 256, (n, n_features), dtype=np.uint8)
    else:
        X = rng.standard_normal((n, n_features), dtype=np.float32)
    y = (rng.random((n, 28)) < 0.2).astype(int)
    model = peers.our_classifier(PAPER if pixels else (256, 256), 5)
    return lambda: model.fit(X, y)


def _predict(n: int) -> Work:
    X = np.random.default_rng(0).integers(0, 256, (n, SIZE * SIZE * 3), dtype=np.uint8)
    y = np.tile(np.eye(5, dtype=int), (13, 1))[:64]
    model = peers.our_classifier(PAPER, 1).fit(np.resize(X, (64, X.shape[1])), y)
    return lambda: model.predict_proba(X)


def _read(n: int, cached: bool) -> Work:
    folder = Folder(n, 512 if n >= 100 else 64)
    reader = ImageFlattener(SIZE, CHANNELS, n_jobs=2, cache=folder.cache if cached else None)
    if cached:
        reader.fit_transform(folder.X)
    # The default argument keeps the temporary folder until the work is done.
    return lambda folder=folder: reader.fit_transform(folder.X)


KINDS: dict[str, Callable[[int], Work]] = {
    "train on 64x64x3, 5 epochs": lambda n: _train(n, SIZE * SIZE * 3, True),
    "train on 200 features, 5 epochs": lambda n: _train(n, 200, False),
    "predict_proba, 64x64x3": _predict,
    "4 PNG an image to a matrix": lambda n: _read(n, False),
    "the same, from the cache": lambda n: _read(n, True),
}


def as_frame(found: list[Growth]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"row": each.name, "n": n, "seconds": seconds, "memory_mb": memory / 1e6}
            | {"exponent": each.exponent}
            for each in found
            for n, seconds, memory in zip(each.numbers, each.seconds, each.memory, strict=True)
        ]
    )
