"""Titles of metrics in figures and tables."""

from __future__ import annotations


def measure_title(name: str) -> str:
    """Return the title of a metric.

    Examples
    --------
    >>> measure_title("f1_micro"), measure_title("multilabel_log_loss")
    ('F1 (micro)', 'Log loss')
    """
    words = name.removeprefix("multilabel_").split("_")
    average = f" ({words.pop()})" if words[-1] in ("micro", "macro") else ""
    title = " ".join(words)
    return title[:1].upper() + title[1:] + average
