"""Benchmarks of reading PNG files to a matrix, with and without a cache, and of a grid search."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pandas as pd
from PIL import Image
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sklearn_hpa import HPAPipeline, ImageFlattener, MultiLabelMLPClassifier
from sklearn_hpa._images import image as reading
from sklearn_hpa.datasets import load_hpa, make_hpa_images, save_hpa

from . import peers
from .contest import Row, Turn, timed

CHANNELS = ("red", "green", "blue", "yellow")
SIZE = 64
#: Number of synthetic images. All further files are links to their files.
N_SYNTHETIC = 24
N_IMAGES = {"full": 1100, "small": 24}
SEARCH = {"full": 1100, "small": 24}


class Folder:
    """A temporary folder of synthetic cells, deleted after the benchmark."""

    def __init__(self, n_images: int, side: int):
        self.temporary = tempfile.TemporaryDirectory(prefix="sklearn_hpa_benchmark_")
        root = Path(self.temporary.name)
        n_synthetic = min(n_images, N_SYNTHETIC)
        synthetic, y = make_hpa_images(n_synthetic, n_labels=5, size=side, random_state=0)
        saved = save_hpa(root / "synthetic", synthetic, y)
        X, y = load_hpa(saved, labels="present", return_X_y=True)
        X["yellow"] = X["red"]
        rows = np.arange(n_images) % len(X)
        paths = {channel: [] for channel in CHANNELS}
        (root / "cells").mkdir()
        for number, row in enumerate(rows):
            for channel in CHANNELS:
                path = root / "cells" / f"{number}_{channel}.png"
                os.link(X.iloc[row][channel], path)
                paths[channel].append(str(path))
        self.X = pd.DataFrame(paths)
        self.y = y.iloc[rows].reset_index(drop=True)
        self.cache = root / "cache"


def reading_rows(size: str) -> Iterator[Row]:
    folder = Folder(N_IMAGES[size], 512 if size == "full" else 64)
    read = partial(ImageFlattener, SIZE, CHANNELS, n_jobs=2)
    name = f"{len(folder.X):,} x {len(CHANNELS)} PNG to a matrix"
    yield Row(
        f"{name}, cold",
        "matrix",
        {
            "ours": lambda: timed(lambda: read().fit_transform(folder.X)),
            "imageio loop": lambda: timed(lambda: plain_loop(folder.X)),
            "bare decoder": lambda: timed(lambda: decode_only(folder.X)),
        },
        {"imageio loop": ">= 2", "bare decoder": "<= 1.3"},
    )
    yield Row(
        f"{name}, from the cache",
        "matrix",
        {
            "ours": lambda: _cached(read, folder),
            "cold": lambda: timed(lambda: read().fit_transform(folder.X)),
        },
        {"cold": ">= 20"},
    )


def _cached(read: Callable[..., ImageFlattener], folder: Folder) -> Turn:
    read(cache=folder.cache).fit_transform(folder.X)
    return timed(lambda: read(cache=folder.cache).fit_transform(folder.X))


def plain_loop(X: pd.DataFrame) -> np.ndarray:
    """A simple loop: read each file with imread, average over blocks, stack."""
    rows = []
    for paths in X.to_numpy():
        planes = [iio.imread(path) for path in paths]
        blocks = len(planes[0]) // SIZE
        image = np.stack(planes, axis=-1).reshape(SIZE, blocks, SIZE, blocks, -1)
        rows.append(image.mean(axis=(1, 3)).round().astype(np.uint8).ravel())
    return np.stack(rows)


def decode_only(X: pd.DataFrame) -> None:
    """Decode the files with Pillow alone, in two threads."""

    def decode(path: str) -> None:
        with Image.open(path) as image:
            image.load()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(decode, X.to_numpy().ravel()))


class PlainNet(ClassifierMixin, BaseEstimator):
    """Plain skorch as a pipeline step."""

    def __init__(self, widths: tuple[int, ...] = (32,), epochs: int = 1):
        self.widths = widths
        self.epochs = epochs

    def fit(self, X: np.ndarray, y: pd.DataFrame) -> PlainNet:
        net = peers.skorch_net(X.shape[1], self.widths, y.shape[1], self.epochs)
        self.net_ = net.fit(peers.as_floats(X), y.to_numpy().astype(np.float32))
        self.classes_ = [np.array([0, 1])] * y.shape[1]
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        return (self.net_.predict_proba(peers.as_floats(X)) >= 0.5).astype(int)


def searching(size: str) -> Iterator[Row]:
    folder = Folder(SEARCH[size], 512 if size == "full" else 64)
    widths, epochs = [(32,), (64,), (32, 64), (32, 64, 128, 256)], [2, 4, 6]
    counts: list[dict[str, int]] = []

    def ours() -> Turn:
        grid = {"classifier__hidden_layer_sizes": widths, "classifier__max_epochs": epochs}

        def turn() -> float:
            shutil.rmtree(folder.cache, ignore_errors=True)
            pipe = HPAPipeline(
                images=ImageFlattener(SIZE, CHANNELS, n_jobs=2, cache=folder.cache),
                classifier=MultiLabelMLPClassifier(
                    early_stopping=False, random_state=0, device="cpu"
                ),
            )
            with _counted(counts):
                return timed(lambda: _search(pipe, grid, folder))()

        return turn

    def theirs() -> Turn:
        grid = {"net__widths": widths, "net__epochs": epochs}
        read = ImageFlattener(SIZE, CHANNELS, n_jobs=2)
        pipe = Pipeline([("read", read), ("net", PlainNet())])
        return timed(lambda: _search(pipe, grid, folder))

    yield Row(
        f"grid search, 12 candidates x 3 folds, {len(folder.X):,} images to scores",
        "search",
        {"ours": ours, "no cache, plain skorch": theirs},
        {"no cache, plain skorch": ">= 8"},
        notes=lambda: (
            f"our search of {folder.X.size:,} files read {counts[-1]['headers']:,} headers and"
            f" decoded {counts[-1]['decoded']:,} files"
        ),
        long=size == "full",
    )


def _search(pipe: Pipeline, grid: dict, folder: Folder) -> None:
    search = GridSearchCV(pipe, grid, cv=3, scoring="f1_micro", refit=False, error_score="raise")
    search.fit(folder.X, folder.y)


@contextmanager
def _counted(counts: list[dict[str, int]]) -> Iterator[None]:
    """Count the decoded files and the header reads inside the block."""
    found = {"decoded": 0, "headers": 0}
    counts.append(found)
    spied = {"decoded": "decode_file", "headers": "file_header"}
    before = {name: getattr(reading, name) for name in spied.values()}

    def spy(kind: str, read: Callable[..., object]) -> Callable[..., object]:
        def reading(path: object) -> object:
            found[kind] += 1
            return read(path)

        return reading

    for kind, name in spied.items():
        setattr(reading, name, spy(kind, before[name]))
    try:
        yield
    finally:
        for name, read in before.items():
            setattr(reading, name, read)
