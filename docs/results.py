"""Make the results that the front page and the quick start show.

The front page: 960 synthetic cells with eight locations, a quarter of them for testing. Its numbers
of real cells are read from the README. The quick start: the code on its page. Run it with
``python docs/results.py``; it takes a few minutes.
"""

import doctest
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from PIL import Image

from sklearn_hpa import HPAPipeline, MultiLabelMLPClassifier, PatternFeatures
from sklearn_hpa.datasets import make_hpa_images
from sklearn_hpa.display import compose_channels
from sklearn_hpa.metrics import multilabel_report
from sklearn_hpa.model_selection import multilabel_train_test_split

DOCS = Path(__file__).parent
IMAGES = DOCS / "images" / "results"
SIZE = 96
SHOWN = 8
THUMBNAIL = 240

PIPELINES = {
    "patterns": HPAPipeline(
        images=PatternFeatures(size=SIZE, n_jobs=2),
        classifier=MultiLabelMLPClassifier(random_state=0),
    ),
    "pixels": HPAPipeline(classifier=MultiLabelMLPClassifier(random_state=0)),
}
#: Rows of the table: title, row of the README, and column of a report by the name of its pipeline.
ROWS = [
    (
        "Patterns",
        "**`HPAPipeline(images=PatternFeatures())`**",
        "patterns",
        "model",
    ),
    (
        "The paper's network, on pixels",
        "`HPAPipeline()`: the paper's network",
        "pixels",
        "model",
    ),
    (
        "Baseline: the most frequent set",
        "baseline: the most frequent label set",
        "patterns",
        "most_frequent_set",
    ),
]
METRICS = ["exact_match_accuracy", "average_precision_macro"]
ROLES = ".. role:: right\n.. role:: wrong\n"


def measure() -> tuple[np.ndarray, pd.DataFrame, dict[str, np.ndarray], dict[str, pd.DataFrame]]:
    """Return test images, their labels, and the predictions and report of each pipeline."""
    images, y = make_hpa_images(960, n_labels=8, size=SIZE, n_cells=1, random_state=0)
    X_train, X_test, y_train, y_test = multilabel_train_test_split(
        images, y, test_size=0.25, random_state=0
    )
    predictions, reports = {}, {}
    for name, pipe in PIPELINES.items():
        proba = pipe.fit(X_train, y_train).predict_proba(X_test)
        predictions[name] = (proba >= 0.5).astype(int)
        reports[name] = multilabel_report(y_test, predictions[name], proba, y_train=y_train)
    return X_test, y_test, predictions, reports


def measured_on_real_cells(start: str) -> list[str]:
    """Return the medians of exact match and average precision in a row of the README."""
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    (row,) = (line for line in readme.splitlines() if line.startswith(f"| {start}"))
    medians = [cell.split()[0].rstrip("*\\") for cell in row.strip("| ").split("|")[1:]]
    return [medians[0], medians[3]]


def table(reports: dict[str, pd.DataFrame]) -> str:
    """Return the table of the front page."""
    lines = [
        ".. list-table::",
        "   :header-rows: 1",
        "   :class: scores",
        "",
        "   * -",
        "     - Exact match, synthetic",
        "     - Average precision, synthetic",
        "     - Exact match, real",
        "     - Average precision, real",
    ]
    for title, start, name, column in ROWS:
        scores = reports[name][column].copy()
        if column == "most_frequent_set":
            scores["average_precision_macro"] = reports[name].loc[
                "average_precision_macro", "priors"
            ]
        cells = [f"{scores[metric]:.3f}" for metric in METRICS] + measured_on_real_cells(start)
        if name == "patterns" and column == "model":
            cells = [f"**{cell}**" for cell in cells]
        lines += [f"   * - {title}", *(f"     - {cell}" for cell in cells)]
    return "\n".join(lines) + "\n"


def gallery(images: np.ndarray, y: pd.DataFrame, predictions: dict[str, np.ndarray]) -> str:
    """Save thumbnails of the first images; return them with true and predicted labels."""
    colors = compose_channels(images[:SHOWN, ..., :3], ["red", "green", "blue"])
    lines = [".. grid:: 2 4 8 8", "   :gutter: 2", "   :class-container: cells", ""]
    for number, picture in enumerate(colors):
        path = IMAGES / f"{number}.jpg"
        thumbnail = Image.fromarray(picture).resize(
            (THUMBNAIL, THUMBNAIL), Image.Resampling.BICUBIC
        )
        thumbnail.save(path, quality=85)
        true = names(y.columns, y.to_numpy()[number])
        lines += [
            "   .. grid-item::",
            "",
            f"      .. image:: images/results/{number}.jpg",
            f"         :alt: A synthetic cell: {true}",
            "",
            f"      **{true}**",
            "",
        ]
        for name, predicted in predictions.items():
            answer = names(y.columns, predicted[number])
            role, sign = ("right", "✓") if answer == true else ("wrong", "✗")
            lines += [f"      | :{role}:`{sign} {name}:` {answer}"]
        lines.append("")
    return "\n".join(lines)


def names(columns: pd.Index, row: np.ndarray) -> str:
    """Return the names of the labels of one image."""
    return ", ".join(columns[row == 1]) or "no label"


def run_quick_start() -> dict[str, Any]:
    """Run the code of the quick start, and return its variables."""
    page = (DOCS / "quick_start.rst").read_text(encoding="utf-8")
    # The page ends with checks that need these files.
    shown = page.split("..\n   The tests", 1)[0]
    variables: dict[str, Any] = {}
    for example in doctest.DocTestParser().get_examples(shown):
        exec(compile(example.source, "quick_start.rst", "exec"), variables)
    return variables


def main() -> None:
    matplotlib.use("agg")
    IMAGES.mkdir(parents=True, exist_ok=True)
    images, y, predictions, reports = measure()
    text = f"{ROLES}\n{table(reports)}\n{gallery(images, y, predictions)}"
    (DOCS / "results.inc").write_text(text, encoding="utf-8")

    variables = run_quick_start()
    variables["scores"].to_csv(DOCS / "quick_start.csv", float_format="%.2f")
    figure = variables["grid"].figure_
    figure.savefig(DOCS / "images" / "quick_start.jpg", dpi=144, pil_kwargs={"quality": 85})


if __name__ == "__main__":
    main()
