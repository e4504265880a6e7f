"""What is written under an image, and in which lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

RIGHT, WRONG = "✓", "✗"
_MOST_LABELS = 5


def name_label_sets(matrix: np.ndarray, names: Sequence[object]) -> list[str]:
    """The labels of each row of a 0/1 matrix."""
    return [
        _enumerate([str(names[label]) for label in np.flatnonzero(row)]) or "no label"
        for row in matrix
    ]


def describe_predictions(
    truth: np.ndarray, predicted: np.ndarray, proba: np.ndarray, names: Sequence[object]
) -> list[str]:
    """For each row, lines of its labels found, missed and falsely predicted, with probabilities."""

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
    """The captions, each under a line with the name of the image and its log loss."""
    return [
        f"{name}, log loss {value:.2f}\n{caption}"
        for name, value, caption in zip(names, loss, captions, strict=True)
    ]


def _enumerate(labels: list[str]) -> str:
    more = f" and {len(labels) - _MOST_LABELS} more" if len(labels) > _MOST_LABELS else ""
    return ", ".join(labels[:_MOST_LABELS]) + more


def text_width(text: str, font_size: float | str) -> float:
    """In points, in the font of matplotlib's settings."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    return text_to_path.get_text_width_height_descent(
        text, FontProperties(size=font_size), ismath=False
    )[0]


def wrap(text: str, width: float, font_size: float | str) -> str:
    """Break one line of text into lines no wider than `width`, in points.

    It is broken at spaces, but not before a number; within a word only where that is too wide by
    itself, and then after a hyphen or an underscore, if it has one.
    """
    lines: list[str] = []
    rest = ""
    for word in re.split(r" (?!\d)", text):
        if rest and text_width(f"{rest} {word}", font_size) > width:
            lines.append(rest)
            rest = word
        else:
            rest = f"{rest} {word}" if rest else word
        while len(rest) > 1 and text_width(rest, font_size) > width:
            cut = _longest_start(rest, width, font_size)
            lines.append(rest[:cut].rstrip())
            rest = rest[cut:].lstrip()
    return "\n".join([*lines, rest])


def _longest_start(word: str, width: float, font_size: float | str) -> int:
    """How many characters of a word that is too wide fit into `width`; at least one."""
    fitting = (k for k in range(len(word) - 1, 0, -1) if text_width(word[:k], font_size) <= width)
    longest = next(fitting, 1)
    return 1 + max(word.rfind(sign, 0, longest) for sign in " -_") or longest
