"""The page of the demonstration."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..feature_extraction import read_rows
from ._comparison import Comparison, percent
from ._html import Content, Html, element
from ._page import Section, page, write_page
from ._sections import (
    curves_section,
    images_section,
    labels_section,
    mistakes_section,
    most_wrong_rows,
    scores_section,
    summary,
    training_section,
)
from ._thumbnails import merge_stains, picture

#: The commands that do the same for the images of the reader, and their purpose.
OWN_IMAGES = (
    (
        "Train on a folder of images, named like A1_red.png, A1_green.png and A1_blue.png, with a "
        "table of labels named train.csv:",
        "sklearn-hpa fit my-images --output model.skops --test-size 0.2",
    ),
    (
        "Score the model on labelled images that it was not trained on, next to the baselines:",
        "sklearn-hpa evaluate model.skops more-images --output report.csv",
    ),
    (
        "Predict the labels of images without labels:",
        "sklearn-hpa predict model.skops new-images --output predictions.csv",
    ),
)
_CHANNELS = ("red", "green", "blue")
_N_IMAGES, _N_MISTAKES = 16, 9
_FILES = (
    ("train/, test/", "the images, one file for each stain, with their labels in train.csv"),
    ("model.skops", "the trained model of patterns"),
    ("predictions.csv", "its predictions for the test images: names and probabilities"),
    ("report.csv", "all scores of both models and of the baselines"),
)


def write_demo_page(
    path: Path,
    comparison: Comparison,
    X_train: Any,
    X_test: Any,
    *,
    size: int,
    n_measures: int,
    version: str,
    seed: int,
) -> None:
    """Write the page of the demonstration, one HTML file with all its images.

    Parameters
    ----------
    path : Path
        The file to write.
    comparison : Comparison
        The models: first the patterns, then the pixels of the paper.
    X_train, X_test : DataFrame, sequence of paths, or array
        The images, in the form of `ImageFlattener.fit`.
    size : int
        Side of the images on the page, in pixels.
    n_measures : int
        Number of columns of the patterns.
    version : str
        Version of the library.
    seed : int
        Random seed of the demonstration.
    """
    shown = np.arange(min(_N_IMAGES, len(comparison.y_test)))
    wrong = most_wrong_rows(comparison, _N_MISTAKES)
    examples = _examples(comparison.y_train)
    sections = [
        scores_section(comparison),
        images_section(comparison, read_rows(X_test, shown, size, _CHANNELS), shown, _CHANNELS),
        labels_section(comparison),
        mistakes_section(comparison, _read(X_test, wrong, size), wrong, _CHANNELS),
        curves_section(comparison),
        training_section(comparison),
        _next_section(path.parent.name),
    ]
    strip = _strip(comparison.y_train, examples, _read(X_train, examples, size))
    footer = element(
        "p",
        f"Made by sklearn_hpa {version}: sklearn-hpa demo --images "
        f"{len(comparison.y_train) + len(comparison.y_test)} --seed {seed}",
    )
    title = "sklearn_hpa demo: where in the cell is the protein?"
    write_page(path, page(title, _introduction(comparison, strip, n_measures), sections, footer))


def _read(X: Any, rows: Sequence[int] | np.ndarray, size: int) -> np.ndarray:
    if not len(rows):
        return np.empty((0, size, size, len(_CHANNELS)), dtype=np.uint8)
    return read_rows(X, np.asarray(rows), size, _CHANNELS)


def _introduction(comparison: Comparison, strip: Html, n_measures: int) -> Content:
    n_train, n_test = len(comparison.y_train), len(comparison.y_test)
    patterns = comparison.models[0]
    return [
        element("p", "sklearn_hpa · demonstration", class_="eyebrow"),
        element("h1", "Where in the cell is the protein?"),
        element(
            "p",
            f"A model learned {comparison.y_test.shape[1]} subcellular locations from {n_train} "
            f"images of cells. It names all locations of the protein in "
            f"{percent(comparison.exact_match(patterns))} of {n_test} other images.",
            class_="lede",
        ),
        strip,
        element(
            "p",
            "Test images for which all labels are right:",
            class_="note",
        ),
        summary(comparison),
        element(
            "p",
            f"Patterns are {n_measures:,} measures of an image, such as the texture of the protein "
            "and its distance from the nucleus. The paper’s network sees flat pixels, 64×64 in "
            "three stains, and trains for as many epochs. ",
            element("b", "The images are synthetic"),
            ". Scores on them do not predict scores on real cells.",
            class_="note",
        ),
    ]


def _examples(y: pd.DataFrame) -> np.ndarray:
    """Return the position of an image of each label, with as few other labels as possible."""
    truth = y.to_numpy()
    n_labels = np.where(truth == 1, truth.sum(axis=1, keepdims=True), truth.shape[1] + 1)
    return n_labels.argmin(axis=0)[truth.any(axis=0)]


def _strip(y: pd.DataFrame, rows: np.ndarray, images: np.ndarray) -> Html:
    names = [name for name in y.columns if y[name].any()]
    return element(
        "ul",
        [
            element(
                "li",
                element(
                    "figure",
                    picture(pixels, f"A cell with the protein in: {name}"),
                    element("figcaption", str(name)),
                ),
            )
            for name, pixels in zip(names, merge_stains(images, _CHANNELS), strict=True)
        ],
        class_="strip",
    )


def _next_section(folder: str) -> Section:
    commands = [
        element(
            "li",
            element(
                "div", element("p", purpose), element("pre", element("code", command), tabindex=0)
            ),
        )
        for purpose, command in OWN_IMAGES
    ]
    contents = [
        element("div", element("dt", element("code", name)), element("dd", purpose))
        for name, purpose in _FILES
    ]
    return Section(
        "next",
        "Your images",
        "Go on with your own images",
        [
            element("ol", commands, class_="steps"),
            element(
                "p",
                "The csv has a row for each image, such as ",
                element("code", "A1,Nucleoli|Cytosol"),
                " below the header ",
                element("code", "Id,Target"),
                ". Each command explains its options with ",
                element("code", "--help"),
                ".",
            ),
            element("h3", "Files of this demonstration"),
            element("dl", contents, class_="meanings"),
        ],
    )
