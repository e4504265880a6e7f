"""Killed processes: no torn file, and nothing left behind after the next run."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from PIL import Image

from sklearn_hpa import HPAPipeline, ImageFlattener, MultiLabelMLPClassifier, load, save
from sklearn_hpa.callbacks import Checkpoint
from sklearn_hpa.datasets import (
    load_hpa,
    make_hpa_images,
    save_hpa,
    write_predictions,
    write_probabilities,
)

from .children import kill_after
from .promises import Promise, none_of

N_IMAGES = 24


class Job(NamedTuple):
    """Work that writes to a folder.

    Attributes
    ----------
    run : callable
        The work, in a folder of its own.
    torn : callable
        Returns the files of the folder that are neither whole nor absent.
    """

    run: Callable[[Path], Any]
    torn: Callable[[Path], list[str]]


def check(seed: int, count: int) -> list[Promise]:
    """Kill `count` processes at random times, and return the promises about their files."""
    rng = np.random.default_rng(seed)
    torn, left, unequal = [], [], []
    n_killed = 0
    with tempfile.TemporaryDirectory() as parent:
        jobs = _jobs(Path(parent))
        durations = {
            name: min(_duration(job, Path(parent)) for _ in range(2)) for name, job in jobs.items()
        }
        for number in range(count):
            name = list(jobs)[number % len(jobs)]
            job, folder = jobs[name], Path(parent, f"{number}")
            folder.mkdir()
            seconds = rng.uniform(0, durations[name])
            n_killed += not kill_after(partial(_in, folder, job), seconds)
            where = f"{name} {number}, killed after {seconds:.3f} s"
            torn += [f"{where}: {file}" for file in job.torn(folder)]
            kill_after(partial(_in, folder, job), 120)
            torn += [f"{where}, run again: {file}" for file in job.torn(folder)]
            left += [f"{where}: {file}" for file in _leftovers(folder)]
            if name == "training" and not _same_model(folder, Path(parent, "training")):
                unequal.append(where)
            shutil.rmtree(folder)
    n_trainings = sum(list(jobs)[number % len(jobs)] == "training" for number in range(count))
    return [
        none_of("killed processes: torn files", torn, count),
        none_of("killed processes: files left after the next run", left, count),
        none_of("killed trainings: resumed with other weights", unequal, n_trainings),
        Promise("killed processes: killed before their end", f"{n_killed} of {count}"),
    ]


def _in(folder: Path, job: Job) -> None:
    """Do the work of a job with the temporary files of the process in the folder."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    tempfile.tempdir = os.environ["TMPDIR"] = os.environ["JOBLIB_TEMP_FOLDER"] = str(temporary)
    warnings.simplefilter("ignore")
    job.run(folder)


def _duration(job: Job, parent: Path) -> float:
    folder = Path(tempfile.mkdtemp(dir=parent))
    start = time.monotonic()
    kill_after(partial(_in, folder, job), 120)
    return time.monotonic() - start


def _leftovers(folder: Path) -> list[str]:
    """Return the temporary files in a folder: all hidden files, and all files in ``tmp``."""
    found = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and (parts[0] == "tmp" or path.name.startswith(".")):
            found.append("/".join(parts))
    return found


def _jobs(parent: Path) -> dict[str, Job]:
    images, y = make_hpa_images(N_IMAGES, n_labels=3, n_cells=1, size=48, random_state=0)
    data = save_hpa(parent / "data", images, y)
    X, y = load_hpa(data, labels="present", return_X_y=True)
    rng = np.random.default_rng(0)
    rows, y_rows = rng.normal(size=(40, 300)).astype(np.float32), rng.integers(0, 2, (40, 3))
    y_rows = pd.DataFrame(y_rows, columns=list(y.columns))
    classifier = MultiLabelMLPClassifier((200, 200), max_epochs=1, random_state=0)
    pipe = HPAPipeline("passthrough", classifier).fit(rows, y_rows)
    ids = [f"image{number}" for number in range(2000)]
    proba = rng.uniform(size=(2000, len(y.columns)))

    def matrix(folder: Path) -> None:
        flattener = ImageFlattener(size=256, memmap=True)
        for _ in range(3):
            flattener.fit_transform(X)

    def cached(folder: Path) -> None:
        for size in (32, 40):
            ImageFlattener(size=size, cache=folder / "cache").fit_transform(X)

    def cached_by_two(folder: Path) -> None:
        ImageFlattener(size=200, cache=folder / "cache", n_jobs=2).fit_transform(X)

    def torn_cache(folder: Path) -> list[str]:
        wrong = []
        for path in (folder / "cache").glob("*/[!.]*.npy"):
            try:
                np.load(path)
            except Exception as error:
                wrong.append(f"{path.name}: {error}")
        return wrong

    def model(folder: Path) -> None:
        for _ in range(3):
            save(pipe, folder / "model.skops")

    def torn_model(folder: Path) -> list[str]:
        path = folder / "model.skops"
        return _torn(path, load)

    def tables(folder: Path) -> None:
        for _ in range(3):
            write_predictions(folder / "labels.csv", ids, proba > 0.5, list(y.columns))
            write_probabilities(folder / "proba.csv", ids, proba, list(y.columns))

    def torn_tables(folder: Path) -> list[str]:
        def whole(path: Path) -> None:
            assert len(pd.read_csv(path)) == len(ids)

        return _torn(folder / "labels.csv", whole) + _torn(folder / "proba.csv", whole)

    def images_of(folder: Path) -> None:
        shutil.rmtree(folder / "cells", ignore_errors=True)
        save_hpa(folder / "cells", images, y)

    def torn_images(folder: Path) -> list[str]:
        wrong = []
        for path in (folder / "cells").glob("[!.]*.png"):
            wrong += _torn(path, lambda path: Image.open(path).load())
        if (folder / "cells" / "train.csv").exists():
            wrong += _torn(folder / "cells" / "train.csv", lambda path: load_hpa(path.parent))
        return wrong

    def training(folder: Path) -> None:
        if (folder / "model.skops").exists():
            return
        network = MultiLabelMLPClassifier(
            (64,),
            max_epochs=12,
            random_state=0,
            early_stopping=True,
            callbacks=[Checkpoint(folder / "checkpoint")],
        )
        save(HPAPipeline("passthrough", network.fit(rows, y_rows)), folder / "model.skops")

    (parent / "training").mkdir()
    kill_after(partial(_in, parent / "training", Job(training, torn_model)), 120)
    return {
        "matrix": Job(matrix, lambda folder: []),
        "cache": Job(cached, torn_cache),
        "cache of two threads": Job(cached_by_two, torn_cache),
        "model": Job(model, torn_model),
        "tables": Job(tables, torn_tables),
        "images": Job(images_of, torn_images),
        "training": Job(training, torn_model),
    }


def _torn(path: Path, read: Callable[[Path], Any]) -> list[str]:
    """Return the path if the file exists and cannot be read."""
    if not path.exists():
        return []
    try:
        read(path)
    except Exception as error:
        return [f"{path.name}: {type(error).__name__}: {error}"]
    return []


def _same_model(folder: Path, other: Path) -> bool:
    one, two = (load(each / "model.skops").classifier._network.weights for each in (folder, other))
    return all(np.array_equal(one[name], two[name]) for name in two)
