"""The command ``demo``: synthetic cells, two models, a table of scores and a page."""

from __future__ import annotations

import argparse
import sys
import textwrap
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sklearn_hpa

from ..exceptions import TrainingInterruptedWarning
from . import _arguments as arguments
from ._cache import cached_rows
from ._output import complain, flush, tell, write
from ._workers import start_workers

if TYPE_CHECKING:
    import pandas as pd

    from ..pipeline import HPAPipeline
    from ..report import Comparison, Predictions

DEMO_IMAGES = 720
#: One image of three is a test image.
_TEST_SHARE = 3
_N_LABELS = 8
_SIZE = 128
#: Side at which patterns are measured. At 128 they take longer and are not better.
_MEASURED_SIZE = 96
#: Fewer images are measured sooner by one process than others are started.
_IMAGES_FOR_JOBS = 150
#: The folder may be deleted at any time, and its images are read in seconds.
_NO_CACHE = argparse.Namespace(cache=None, no_cache=True)
_LINE = 79
#: Epochs of both models. The paper's 250 epochs give the network the same scores.
_EPOCHS = 60
_PIXELS = "the paper's network on pixels"


def add_demo(add: arguments.AddCommand) -> None:
    """Add the command to the program."""
    demo = add(
        "demo", run, "Make synthetic images, train two models, and write a page of the results."
    )
    demo.add_argument(
        "folder",
        nargs="?",
        default="hpa-demo",
        type=Path,
        help="folder to write to (default: hpa-demo)",
    )
    demo.add_argument(
        "--images",
        type=arguments.demo_size,
        default=DEMO_IMAGES,
        help=f"number of images, a third of which are test images (default: {DEMO_IMAGES})",
    )
    demo.add_argument("--seed", type=arguments.seed, default=0, help="the random seed (default: 0)")


def run(options: argparse.Namespace) -> None:
    folder = options.folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} exists already; name another folder for the demo")
    try:
        _run(folder, options.images, options.seed)
    except (KeyboardInterrupt, TrainingInterruptedWarning):
        complain(
            f"{options.prog}: interrupted; {folder} is incomplete: delete it, then the same "
            "command starts again"
        )
        raise SystemExit(130) from None


def _run(folder: Path, n_images: int, seed: int) -> None:
    with _step(f"Making {n_images} synthetic cells in {_N_LABELS} locations"):
        data = _make_data(folder, n_images, seed)
    X_train, y_train, X_test, y_test = data
    with _step(f"Patterns: measuring {n_images} images and training a network"):
        from .. import HPAPipeline, MultiLabelMLPClassifier, PatternFeatures

        n_jobs = -1 if n_images >= _IMAGES_FOR_JOBS else None
        if n_jobs is not None:
            start_workers()
        patterns = HPAPipeline(
            PatternFeatures(size=_MEASURED_SIZE, n_jobs=n_jobs),
            MultiLabelMLPClassifier(random_state=seed),
        )
        from_patterns = _predict(patterns, data, "patterns", "patterns")
    with _step("Pixels: training the paper's network for comparison"):
        classifier = MultiLabelMLPClassifier(
            max_epochs=_EPOCHS, early_stopping=False, random_state=seed
        )
        from_pixels = _predict(HPAPipeline(classifier=classifier), data, "pixels", _PIXELS)
    with _step("Writing the model, the predictions, the scores and the page"):
        from ..report import Comparison

        comparison = Comparison(y_train, y_test, [from_patterns, from_pixels])
        _write(folder, patterns, comparison, X_train, X_test, seed)
    _tell_results(comparison)
    page = folder / "index.html"
    tell(f"\nOpen {page} in a browser: images, mistakes, curves, and how to use your own images.")
    files = [folder / name for name in ("model.skops", "report.csv", "predictions.csv")]
    tell(f"The model, all scores, the predictions: {', '.join(map(str, files))}")


@contextmanager
def _step(what: str) -> Iterator[None]:
    """Write a line that says what is being done and, at its end, how long it took."""
    write(sys.stdout, f"{what} ... ")
    flush()
    start = time.perf_counter()
    try:
        yield
    except BaseException:
        tell("")
        flush()
        raise
    tell(f"{time.perf_counter() - start:.1f} s")
    flush()


def _make_data(
    folder: Path, n_images: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Write the images of both sets, and return their paths and labels."""
    from ..datasets import load_hpa, make_hpa_images, save_hpa

    images, y = make_hpa_images(
        n_images, n_labels=_N_LABELS, n_cells=1, size=_SIZE, random_state=seed
    )
    n_train = n_images - n_images // _TEST_SHARE
    parts = {"train": slice(n_train), "test": slice(n_train, None)}
    with ThreadPoolExecutor() as pool:  # most of the time is waiting for the disk
        tasks = [
            pool.submit(save_hpa, folder / name, images[rows], y[rows])
            for name, rows in parts.items()
        ]
        for task in tasks:
            task.result()
    found: list[Any] = []
    for name in parts:
        found += load_hpa(folder / name, labels=list(y.columns), return_X_y=True)
    X_train, y_train, X_test, y_test = found
    return X_train, y_train, X_test, y_test


def _predict(pipe: HPAPipeline, data: tuple[Any, ...], name: str, title: str) -> Predictions:
    """Train a pipeline and return its predictions for the test images."""
    from sklearn.exceptions import ConvergenceWarning

    from ..report import Predictions

    X_train, y_train, X_test, _ = data
    with (
        cached_rows(pipe, _NO_CACHE),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("error", TrainingInterruptedWarning)
        pipe.fit(X_train, y_train)
        vectors = pipe[:-1].transform(X_test)
    classifier: Any = pipe.classifier
    return Predictions(
        name,
        title,
        classifier.predict(vectors),
        classifier.predict_proba(vectors),
        classifier.history_["train_loss"].to_numpy(),
    )


def _write(
    folder: Path, pipe: HPAPipeline, comparison: Comparison, X_train: Any, X_test: Any, seed: int
) -> None:
    from .._common.files import replacing
    from ..datasets import write_named_predictions
    from ..persistence import save_recorded
    from ..report import write_demo_page

    patterns: Any = pipe.images
    record = {
        "date": datetime.now(UTC).isoformat(" ", "seconds"),
        "n_images": len(X_train),
        "n_groups": None,
        "seed": seed,
        "scores": {
            "of": f"{len(X_test)} test images",
            "table": comparison.report.astype(object)
            .where(comparison.report.notna(), None)
            .to_dict(),
        },
    }
    save_recorded(pipe.set_params(images__n_jobs=None), folder / "model.skops", record)
    write_named_predictions(
        folder / "predictions.csv",
        comparison.y_test.index,
        comparison.models[0].labels,
        comparison.models[0].proba,
        list(comparison.y_test.columns),
    )
    with replacing(folder / "report.csv") as temporary:
        comparison.report.to_csv(temporary)
    with cached_rows(pipe, _NO_CACHE):
        write_demo_page(
            folder / "index.html",
            comparison,
            X_train,
            X_test,
            size=_SIZE,
            n_measures=len(patterns.get_feature_names_out()),
            version=sklearn_hpa.__version__,
            seed=seed,
        )


def _tell_results(comparison: Comparison) -> None:
    patterns = comparison.models[0]
    tell(f"\nScores on {len(comparison.y_test)} test images, from 0 to 1")
    tell(_lay_out(comparison.scores))
    tell("\n" + textwrap.fill(comparison.meaning, _LINE))
    tell(f"\nScores of each label, {patterns.title}")
    tell(_lay_out(comparison.labels_of(patterns)))


def _lay_out(table: pd.DataFrame) -> str:
    """Return a table as text, with the names of its columns in two lines."""
    heads = [("", name) if " " not in name else name.rsplit(" ", 1) for name in table.columns]
    rows = [(name, [_cell(value) for value in row]) for name, *row in table.itertuples(name=None)]
    first = max(len(str(name)) for name, _ in rows)
    widths = [
        2 + max(map(len, (*head, *(cells[column] for _, cells in rows))))
        for column, head in enumerate(heads)
    ]
    lines = [("", [head[line] for head in heads]) for line in (0, 1)] + rows
    return "\n".join(
        f"{name!s:<{first}}"
        + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        for name, cells in lines
    )


def _cell(value: float) -> str:
    if isinstance(value, float):
        return "-" if value != value else f"{value:.3f}"
    return str(value)
