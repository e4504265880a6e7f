"""Benchmark of memory: training from files with more pixels than memory, in a new process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from .contest import Missing, Row, Turn

N_IMAGES = {"full": 20_000, "small": 40}
SIDE = {"full": 512, "small": 32}
STATUS = Path("/proc/self/status")


def streaming(size: str) -> Iterator[Row]:
    found: list[dict[str, float]] = []
    yield Row(
        f"{N_IMAGES[size]:,} files of {SIDE[size]}x{SIDE[size]}x3, one epoch",
        "pass",
        {"ours": partial(_in_process, size, found), "reading and training": partial(_sum, found)},
        {"reading and training": "<= 1.2"},
        notes=lambda: (
            f"peak anonymous memory {found[-1]['peak_gb']:.2f} GB, including "
            f"{found[-1]['model_gb']:.2f} GB for the model, its gradient and Adam's moments; "
            f"{found[-1]['pixels_gb']:.1f} GB of pixels"
        ),
        long=True,
    )


def _in_process(size: str, found: list[dict[str, float]]) -> Turn:
    if not STATUS.exists():
        raise Missing("needs /proc/self/status")

    def turn() -> float:
        command = [sys.executable, "-m", "benchmarks.streaming", size]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found.append(json.loads(done.stdout.splitlines()[-1]))
        return found[-1]["total_s"]

    return turn


def _sum(found: list[dict[str, float]]) -> Turn:
    return lambda: found[-1]["read_s"] + found[-1]["train_s"]


class Peak(threading.Thread):
    """The peak anonymous memory of this process since the start of the thread."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.02):
            self.peak = max(self.peak, anonymous_memory())


def anonymous_memory() -> int:
    """Return RssAnon of this process, in bytes."""
    lines = STATUS.read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("RssAnon:")).split()[1])


def main(size: str) -> None:
    from sklearn.base import clone

    from sklearn_hpa import HPAPipeline, ImageFlattener, MultiLabelMLPClassifier

    from .images import Folder

    n, side = N_IMAGES[size], SIDE[size]
    folder = Folder(24, side)
    rows = np.arange(n) % 24
    paths: dict[str, list[str]] = {}
    for channel in ("red", "green", "blue"):
        paths[channel] = []
        for number, row in enumerate(rows):
            path = Path(folder.temporary.name, f"{number}_{channel}.png")
            os.link(folder.X.iloc[row][channel], path)
            paths[channel].append(str(path))
    X, y = pd.DataFrame(paths), folder.y.iloc[rows].reset_index(drop=True)
    network = MultiLabelMLPClassifier(
        max_epochs=1, early_stopping=False, device="cpu", random_state=0
    )
    flattener = ImageFlattener(side, n_jobs=2)
    n_tried = min(n, 960)
    start = time.perf_counter()
    pixels = flattener.fit_transform(X.iloc[:n_tried])
    reading = (time.perf_counter() - start) / n_tried
    tried = clone(network).set_params(max_epochs=3).fit(pixels, y.iloc[:n_tried])
    training = tried.history_["duration"].iloc[1:].median() / n_tried
    weights = sum(array.nbytes for array in tried._network.weights.values())
    del pixels, tried

    before = anonymous_memory()
    peak = Peak()
    peak.start()
    start = time.perf_counter()
    HPAPipeline(images=flattener, classifier=clone(network)).fit(X, y)
    total = time.perf_counter() - start
    peak.over.set()
    peak.join()
    print(
        json.dumps(
            {
                "total_s": total,
                "read_s": reading * n,
                "train_s": training * n,
                "peak_gb": (peak.peak - before) / 1e9,
                "model_gb": 4 * weights / 1e9,
                "pixels_gb": n * side * side * 3 / 1e9,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
