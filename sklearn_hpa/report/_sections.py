"""Sections of a page about a comparison of models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._images.composition import STAINED
from ..metrics import precision_recall_points, sample_log_losses
from ._comparison import METRIC_NAMES, Comparison, percent, score
from ._html import Content, Html, element, table
from ._page import Section
from ._svg import Curve, bar, legend, line_chart
from ._thumbnails import merge_stains, picture

#: Classes of the style sheet, for the first and the second model.
STYLES = ("first", "second")

_SWATCHES = {"red": "#f00", "green": "#0f0", "blue": "#00f", "yellow": "#ff0"}
_METRIC_MEANINGS = {
    "exact match": "the fraction of images whose labels are all right",
    "proportional accuracy": "the labels that are both true and predicted, divided by the labels "
    "that are true or predicted, averaged over images",
    "macro F1": "the harmonic mean of precision and recall, averaged over labels",
    "macro average precision": "the area under the precision–recall curve, averaged over labels; "
    "it needs no threshold",
}


def summary(comparison: Comparison) -> Html:
    """Return bars of the exact match of each model and of the best baseline."""
    bars = [
        (model.title, comparison.exact_match(model), style)
        for model, style in zip(comparison.models, STYLES, strict=False)
    ]
    bars.append(("best baseline", comparison.best_baseline, "baseline"))
    return element(
        "ul",
        [
            element(
                "li",
                element("span", title, class_="leading" if style == "first" else None),
                bar(value, style),
                element("b", percent(value)),
            )
            for title, value, style in bars
        ],
        class_="summary",
    )


def scores_section(comparison: Comparison) -> Section:
    """Return the table of scores and the meaning of its columns."""
    scores = comparison.scores
    meanings = [
        element("div", element("dt", name), element("dd", _METRIC_MEANINGS[name]))
        for name in METRIC_NAMES.values()
    ]
    return Section(
        "scores",
        "Scores",
        "Scores on the test images",
        [
            element("p", comparison.meaning),
            table(
                ["model", *scores.columns],
                [[name, *map(score, row)] for name, *row in scores.itertuples(name=None)],
                caption=f"Scores on {len(comparison.y_test)} test images",
                emphasised=len(scores) - 1,
            ),
            element("dl", meanings, class_="meanings"),
            element(
                "p",
                "Each score lies between 0 and 1. Baselines ignore the images: they know only how "
                "frequent labels and label sets are in the training images.",
                class_="note",
            ),
        ],
    )


def images_section(
    comparison: Comparison, images: np.ndarray, rows: np.ndarray, channels: Sequence[str]
) -> Section:
    """Return a grid of test images with their true labels.

    Parameters
    ----------
    comparison : Comparison
    images : uint8 array of shape (n_rows, height, width, n_channels)
        The images.
    rows : ndarray of int, shape (n_rows,)
        Their positions in the test set.
    channels : sequence of str
        The channel of each plane.
    """
    sets = name_sets(comparison.y_test.to_numpy()[rows], list(comparison.y_test.columns))
    pictures = merge_stains(images, channels)
    return Section(
        "images",
        "Images",
        "The images and their true labels",
        [
            element(
                "p",
                f"The first {len(rows)} of {len(comparison.y_test)} test images. A protein can be "
                "in several subcellular locations, so an image can have several labels.",
            ),
            stain_legend(channels),
            element(
                "ul",
                [
                    element(
                        "li",
                        element(
                            "figure",
                            picture(pixels, f"Cells; the protein is in: {labels}"),
                            element("figcaption", labels),
                        ),
                    )
                    for pixels, labels in zip(pictures, sets, strict=True)
                ],
                class_="cells",
            ),
        ],
    )


def labels_section(comparison: Comparison) -> Section:
    """Return the table of the scores of each label, next to the F1 of the other models."""
    first, *others = comparison.models
    labels = comparison.labels_of(first)
    theirs = [comparison.labels_of(model)["F1"].to_numpy() for model in others]
    rows = [
        [
            str(name),
            *(str(count) for count in (n_train, n_test)),
            *map(score, (precision, recall)),
            _bar_and_number(f1, STYLES[0]),
            score(average_precision),
            *(
                _bar_and_number(of_label[number], style)
                for of_label, style in zip(theirs, STYLES[1:], strict=False)
            ),
        ]
        for number, (name, n_train, n_test, precision, recall, f1, average_precision) in enumerate(
            labels.itertuples(name=None)
        )
    ]
    return Section(
        "labels",
        "Labels",
        "Scores of each label",
        [
            element(
                "p",
                "Precision is the fraction of the predictions of a label that are right. Recall is "
                "the fraction of the images with the label for which it is predicted. F1 is high "
                "only if both are.",
            ),
            table(
                ["label", *labels.columns, *(f"F1 of {model.title}" for model in others)],
                rows,
                caption=f"Scores of each label, {first.title}",
            ),
        ],
    )


def most_wrong_rows(comparison: Comparison, n_images: int) -> np.ndarray:
    """Return the positions of the wrong predictions of the first model, the worst first."""
    first = comparison.models[0]
    truth = comparison.y_test.to_numpy()
    losses = sample_log_losses(truth, first.proba)
    wrong = (first.labels != truth).any(axis=1)
    order = np.argsort(-losses, kind="stable")
    return order[wrong[order]][:n_images]


def mistakes_section(
    comparison: Comparison, images: np.ndarray, rows: np.ndarray, channels: Sequence[str]
) -> Section:
    """Return the images with the most wrong predictions, with labels and probabilities.

    Parameters
    ----------
    comparison : Comparison
    images : uint8 array of shape (n_rows, height, width, n_channels)
        The images, one of whose channels is "green", the protein.
    rows : ndarray of int, shape (n_rows,)
        Their positions in the test set, as returned by `most_wrong_rows`.
    channels : sequence of str
        The channel of each plane.
    """
    first = comparison.models[0]
    n_wrong = int((first.labels != comparison.y_test.to_numpy()).any(axis=1).sum())
    if not n_wrong:
        text = "No test image has a wrong prediction."
        return Section("mistakes", "Mistakes", "Most wrong predictions", element("p", text))
    pictures = merge_stains(images, channels)
    protein = merge_stains(images[..., [list(channels).index("green")]], ["green"])[..., 1]
    shown = (
        f"{n_wrong} of {len(comparison.y_test)} test images have a wrong prediction of "
        f"{first.title}. "
        + ("All are shown" if len(rows) == n_wrong else f"The {len(rows)} worst are shown")
        + ", by decreasing log loss. Right of each image is its protein alone. A label is "
        "predicted if its probability is at least 0.5."
    )
    cards = [_card(comparison, row, [pictures[k], protein[k]]) for k, row in enumerate(rows)]
    return Section(
        "mistakes",
        "Mistakes",
        "Most wrong predictions",
        [
            element("p", shown),
            stain_legend(channels),
            element("ul", cards, class_="cards"),
        ],
    )


def training_section(comparison: Comparison) -> Section:
    """Return the curves of the training loss."""
    charts = [
        element(
            "li",
            element(
                "div",
                element("h3", model.title),
                element("span", f"{len(model.losses)} epochs"),
                class_="panel-title",
            ),
            line_chart(
                [Curve(model.title, np.arange(1, len(model.losses) + 1), model.losses, style)],
                f"Training loss of {model.title} in {len(model.losses)} epochs: "
                f"{model.losses[0]:.3g} after the first, {model.losses[-1]:.3g} after the last.",
                x_label="epoch",
                y_label="training loss",
            ),
        )
        for model, style in zip(comparison.models, STYLES, strict=False)
    ]
    return Section(
        "training",
        "Training",
        "Training curves",
        [
            element(
                "p",
                "An epoch is one pass over the training images. The models minimise different "
                "losses, so compare the shapes of the curves and not their heights. A low training "
                "loss does not show that a model is right on new images: the scores above do.",
            ),
            element("ul", charts, class_="charts two"),
        ],
    )


def curves_section(comparison: Comparison) -> Section:
    """Return the precision-recall curves of each label."""
    truth = comparison.y_test.to_numpy()
    styled = list(zip(comparison.models, STYLES, strict=False))
    tables = [comparison.labels_of(model)["average precision"].to_numpy() for model, _ in styled]
    panels = []
    for column, label in enumerate(comparison.y_test.columns):
        if not truth[:, column].any():
            continue
        curves = []
        for model, style in styled:
            precision, recall = precision_recall_points(truth[:, column], model.proba[:, column])
            # The last point, precision 1 at recall 0, is a convention.
            precision[-1] = precision[-2]
            curves.append(Curve(model.title, recall, precision, style, steps=True))
        share = truth[:, column].mean()
        curves.append(Curve("guessing", [0, 1], [share, share], "baseline"))
        precisions = [score(average[column]) for average in tables]
        named = zip(styled, precisions, strict=True)
        numbers = ", ".join(f"{model.title} {value}" for (model, _), value in named)
        panels.append(
            element(
                "li",
                element(
                    "div",
                    element("h3", str(label)),
                    element("span", f"AP {' · '.join(precisions)}"),
                    class_="panel-title",
                ),
                line_chart(
                    curves,
                    f"Precision-recall curves of {label}. Average precision: {numbers}.",
                    x_label="recall",
                    y_label="precision",
                    x_range=(0, 1),
                    y_range=(0, 1),
                ),
            )
        )
    names = [(model.title, style) for model, style in styled]
    return Section(
        "curves",
        "Curves",
        "Precision–recall curves",
        [
            element(
                "p",
                "Each point of a curve is a threshold: above it, a label is predicted. A curve "
                "near the top right corner belongs to a model that finds all images with the label "
                "and few others. AP is the average precision, the area under the curve, "
                f"of {' and of '.join(title for title, _ in names)}.",
            ),
            legend([*names, ("guessing: the fraction of images with the label", "baseline")]),
            element("ul", panels, class_="charts"),
        ],
    )


def stain_legend(channels: Sequence[str]) -> Html:
    """Return the colour of each stain."""
    return element(
        "ul",
        [
            element(
                "li",
                element(
                    "svg",
                    element("rect", width=12, height=12, fill=_SWATCHES[channel]),
                    width=12,
                    height=12,
                    aria_hidden="true",
                ),
                f" {STAINED[channel]} ({channel})",
            )
            for channel in channels
        ],
        class_="stains",
    )


def name_sets(matrix: np.ndarray, names: Sequence[object]) -> list[str]:
    """Return the label names of each row of a 0/1 matrix, as text."""
    return [
        ", ".join(str(names[label]) for label in np.flatnonzero(row).tolist()) or "no label"
        for row in matrix
    ]


def _card(comparison: Comparison, row: int, pictures: Sequence[np.ndarray]) -> Html:
    """Return the pictures of an image, its labels and the probabilities of these labels."""
    first, names = comparison.models[0], list(comparison.y_test.columns)
    truth, predicted = comparison.y_test.to_numpy()[row] == 1, first.labels[row] == 1
    true_set, predicted_set = name_sets(np.array([truth, predicted]), names)
    image = str(comparison.y_test.index[row])
    kinds = {
        (True, True): ("✓ found", "right"),
        (True, False): ("✗ missed", "wrong"),
        (False, True): ("✗ false alarm", "wrong"),
    }
    proba = first.proba[row]
    columns = sorted(np.flatnonzero(truth | predicted).tolist(), key=lambda column: -proba[column])
    odds: list[Content] = []
    for column in columns:
        words, style = kinds[bool(truth[column]), bool(predicted[column])]
        odds.append(
            element(
                "li",
                element("span", element("span", words, class_=style), f" {names[column]}"),
                bar(proba[column], "first"),
                element("span", f"{proba[column]:.2f}"),
            )
        )
    return element(
        "li",
        element(
            "div",
            picture(pictures[0], f"{image} in the colours of its stains"),
            picture(pictures[1], f"The protein of {image}"),
            class_="pictures",
        ),
        element("h3", image),
        element(
            "dl",
            element("dt", "true"),
            element("dd", true_set),
            element("dt", "predicted"),
            element("dd", predicted_set),
        ),
        element("ul", odds, class_="odds"),
        class_="card",
    )


def _bar_and_number(value: float, style: str) -> Html:
    return element("span", bar(value, style), element("span", score(value)), class_="pair")
