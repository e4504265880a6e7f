"""Captions of images, and their line breaks."""

from __future__ import annotations

import re

import numpy as np

from .._common.alignment import NamesLike
from ._layout.text import fill

RIGHT, WRONG = "✓", "✗"
_MOST_LABELS = 5


def name_label_sets(matrix: np.ndarray, names: NamesLike) -> list[str]:
    """Return the label names of each row of a 0/1 matrix, as text."""
    return [
        _enumerate([str(names[label]) for label in np.flatnonzero(row).tolist()]) or "no label"
        for row in matrix
    ]


def describe_predictions(
    truth: np.ndarray, predicted: np.ndarray, proba: np.ndarray, names: NamesLike
) -> list[str]:
    """List for each row the labels found, missed and falsely predicted, with probabilities."""

    def line(start: str, chosen: np.ndarray, row: np.ndarray) -> list[str]:
        labels = np.flatnonzero(chosen)
        by_probability = labels[np.argsort(-row[labels], kind="stable")]
        shown = [f"{names[label]} {row[label]:.2f}" for label in by_probability]
        return [f"{start}: {_enumerate(shown)}"] if shown else []

    return [
        "\n".join(
            line(f"{RIGHT} found", true & guess, row)
            + line(f"{WRONG} missed", true & ~guess, row)
            + line(f"{WRONG} false alarm", guess & ~true, row)
        )
        or "no label, none predicted"
        for true, guess, row in zip(truth == 1, predicted == 1, proba, strict=True)
    ]


def head_with_loss(captions: list[str], names: list[str], loss: np.ndarray) -> list[str]:
    """Add a first line with the name of the image and its log loss to each caption."""
    return [
        f"{name}, log loss {value:.2f}\n{caption}"
        for name, value, caption in zip(names, loss, captions, strict=True)
    ]


def _enumerate(labels: list[str]) -> str:
    more = f" and {len(labels) - _MOST_LABELS} more" if len(labels) > _MOST_LABELS else ""
    return ", ".join(labels[:_MOST_LABELS]) + more


def wrap_caption_line(text: str, width: float, font_size: float | str) -> str:
    """Wrap a line to `width` points at spaces, but not before a number."""
    return fill(re.split(r" (?!\d)", text), width, font_size)
