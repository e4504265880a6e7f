"""Loss and scores, epoch by epoch."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ._figure import BLUE, VERMILION, axes_to_draw_in, divide_axes, import_pyplot
from ._fitted import find_classifier
from ._titles import measure_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..classifier import MultiLabelMLPClassifier

PARTS = {
    "train": {"label": "training", "color": BLUE, "linestyle": "-"},
    "valid": {"label": "validation", "color": VERMILION, "linestyle": (0, (4, 1.5))},
}
PANEL = (4.6, 3.2)
LABEL_HEIGHT = 11.0


class TrainingCurveDisplay:
    """Loss and scores of each epoch of training.

    Parameters
    ----------
    history : DataFrame
        A row for each epoch: columns ``epoch``, ``train_loss`` and ``valid_loss``, and a pair
        ``train_<name>`` and ``valid_<name>`` for every further score, either of which may lack.
    best_epoch : int, default=None
        The epoch whose weights early stopping kept.

    Attributes
    ----------
    history : DataFrame
        As given.
    best_epoch : int or None
        As given.
    ax_ : matplotlib Axes
        Where the panels are; invisible where there is more than one.
    axes_ : ndarray of matplotlib Axes
        The panels: the loss, then each score.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    See Also
    --------
    sklearn_hpa.callbacks.EpochScores : Records scores after each epoch.

    Examples
    --------
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from sklearn_hpa import MultiLabelMLPClassifier
    >>> from sklearn_hpa.callbacks import EpochScores
    >>> from sklearn_hpa.display import TrainingCurveDisplay
    >>> X, y = make_multilabel_classification(n_samples=100, n_classes=3, random_state=0)
    >>> classifier = MultiLabelMLPClassifier(
    ...     (16,), max_epochs=5, early_stopping=True, callbacks=[EpochScores("label_accuracy")]
    ... )
    >>> display = TrainingCurveDisplay.from_estimator(classifier.fit(X, y))
    >>> [ax.get_title("left") for ax in display.axes_]
    ['Loss', 'Label accuracy']
    """

    def __init__(self, history: pd.DataFrame, *, best_epoch: int | None = None):
        self.history = history
        self.best_epoch = best_epoch

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        ax: Axes | None = None,
        loss_scale: Literal["linear", "log"] = "linear",
    ) -> TrainingCurveDisplay:
        """Draw the ``history_`` of a fitted classifier.

        Where training stopped early, the epoch whose weights were kept is marked.

        Parameters
        ----------
        estimator : estimator
            A fitted :class:`~sklearn_hpa.MultiLabelMLPClassifier`, a pipeline that ends in one, or
            a search over either.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        loss_scale : {"linear", "log"}, default="linear"
            Scale of the loss.

        Returns
        -------
        display : TrainingCurveDisplay

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Where the classifier is not fitted.
        TypeError
            Where there is no such classifier in `estimator`.
        """
        classifier, _ = find_classifier(estimator, cls.__name__)
        display = cls(classifier.history_, best_epoch=_kept_epoch(classifier))
        return display.plot(ax=ax, loss_scale=loss_scale)

    @classmethod
    def from_history(
        cls,
        history: pd.DataFrame,
        *,
        best_epoch: int | None = None,
        ax: Axes | None = None,
        loss_scale: Literal["linear", "log"] = "linear",
    ) -> TrainingCurveDisplay:
        """Draw a history of your own.

        Parameters
        ----------
        history : DataFrame
            As for the class.
        best_epoch : int, default=None
            An epoch to mark.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        loss_scale : {"linear", "log"}, default="linear"
            Scale of the loss.

        Returns
        -------
        display : TrainingCurveDisplay

        Raises
        ------
        ValueError
            Where `history` has no epoch, or lacks the columns ``epoch`` and ``train_loss``.
        """
        missing = [name for name in ("epoch", "train_loss") if name not in history]
        if missing or len(history) == 0:
            lacks = f"no column {missing[0]!r}" if missing else "no rows"
            raise ValueError(f"history has {lacks}; expected the history_ of a fitted classifier")
        return cls(history, best_epoch=best_epoch).plot(ax=ax, loss_scale=loss_scale)

    def plot(
        self, *, ax: Axes | None = None, loss_scale: Literal["linear", "log"] = "linear"
    ) -> TrainingCurveDisplay:
        """Draw the loss and, in a panel each, the scores.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        loss_scale : {"linear", "log"}, default="linear"
            Scale of the loss.

        Returns
        -------
        display : TrainingCurveDisplay
            This display.
        """
        if loss_scale not in ("linear", "log"):
            raise ValueError(f"loss_scale must be 'linear' or 'log', got {loss_scale!r}")
        import_pyplot(type(self).__name__)
        names = ["loss", *self._score_names()]
        n_columns = len(names) if len(names) < 4 else 2 if len(names) == 4 else 3
        n_rows = ceil(len(names) / n_columns)
        size = (PANEL[0] * n_columns, PANEL[1] * n_rows)
        ax = axes_to_draw_in(ax, size, type(self).__name__)
        if len(names) == 1:
            self.axes_ = np.array([ax])
        else:
            grid = divide_axes(ax, n_rows, n_columns).ravel()
            for empty in grid[len(names) :]:
                empty.remove()
            self.axes_ = grid[: len(names)]
        for panel, name in zip(self.axes_, names, strict=True):
            self._draw(panel, name, loss_scale if name == "loss" else "linear")
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _score_names(self) -> list[str]:
        split = (column.partition("_") for column in self.history)
        names = dict.fromkeys(name for part, _, name in split if part in PARTS)
        return [name for name in names if name != "loss"]

    def _draw(self, ax: Axes, name: str, scale: str) -> None:
        from matplotlib.ticker import MaxNLocator

        epochs = self.history["epoch"].to_numpy()
        ends = []
        for part, style in PARTS.items():
            values = self.history.get(f"{part}_{name}")
            if values is None or values.isna().all():
                continue
            values = values.to_numpy(dtype=float)
            finite = np.flatnonzero(np.isfinite(values))
            ax.plot(
                epochs,
                values,
                lw=1.8,
                marker="o" if _has_lone_points(values) else None,
                ms=4,
                **style,
            )
            ends.append((epochs[finite[-1]], values[finite[-1]], style))
        ax.set_yscale(scale)
        if scale == "log":
            _write_plain_numbers(ax)
        pad = min(0.02 * len(epochs), 0.5) if len(epochs) > 1 else 0.5
        ax.set_xlim(epochs[0] - pad, epochs[-1] + pad)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
        ax.set_title(measure_title(name), loc="left")
        ax.set_xlabel("epoch")
        ax.grid(axis="y", color="0.9")
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        if self.best_epoch is not None:
            ax.axvline(self.best_epoch, color="0.4", lw=1, ls=":", zorder=1)
            if name == "loss":
                best = f"best epoch: {self.best_epoch}"
                ax.set_title(best, loc="right", size="small", color="0.35")
        _label_ends(ax, ends)


def _write_plain_numbers(ax: Axes) -> None:
    """0.5 in place of 5 × 10⁻¹, at as many places as a logarithmic axis has room for."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = ax.get_ylim()
    subs = range(1, 10) if high < 10 * low else (1, 2, 5) if high < 100 * low else (1,)
    ax.yaxis.set_major_locator(LogLocator(subs=subs))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())


def _label_ends(ax: Axes, ends: list[tuple[float, float, dict[str, Any]]]) -> None:
    """Write what each line is at its end, the labels pushed apart where they would touch."""
    points_per_pixel = 72 / ax.figure.dpi
    heights = [ax.transData.transform((x, y))[1] * points_per_pixel for x, y, _ in ends]
    shifts = [0.0] * len(ends)
    if len(ends) == 2:
        lack = LABEL_HEIGHT - abs(heights[0] - heights[1])
        if lack > 0:
            up = 0 if heights[0] >= heights[1] else 1
            shifts[up], shifts[1 - up] = lack / 2, -lack / 2
    for (x, y, style), shift in zip(ends, shifts, strict=True):
        ax.annotate(
            style["label"],
            xy=(x, y),
            xytext=(6, shift),
            textcoords="offset points",
            va="center",
            size="small",
            color=style["color"],
            annotation_clip=False,
        )


def _has_lone_points(values: np.ndarray) -> bool:
    """Whether some value has no neighbour that a line could join it to."""
    finite = np.isfinite(np.concatenate([[np.nan], values, [np.nan]]))
    return bool((finite[1:-1] & ~finite[:-2] & ~finite[2:]).any())


def _kept_epoch(classifier: MultiLabelMLPClassifier) -> int | None:
    """The epoch that early stopping took the weights of, where there was early stopping.

    skorch keeps the last epoch whose loss was less than that of the epoch kept before by more
    than a ten-thousandth.
    """
    history = classifier.history_
    losses = history["valid_loss"]
    held_out = any(
        getattr(each, "X_valid", None) is not None for each in classifier.callbacks or ()
    )
    if classifier.early_stopping is False or held_out or classifier.warm_start:
        return None
    if losses.isna().any():
        return None
    kept, least = None, np.inf
    for epoch, loss in zip(history["epoch"], losses, strict=True):
        if loss < least * (1 - 1e-4):
            kept, least = int(epoch), loss
    return kept
