"""Display of the loss and scores of each training epoch."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from .._common.estimators import public_in
from ._fitted import find_classifier
from ._layout.figure import (
    AS_WRITTEN,
    BLUE,
    VERMILION,
    axes_to_draw_in,
    check_axes,
    divide_axes,
    import_pyplot,
    size_in_points,
    text_color,
)
from ._layout.text import points, text_width, wrap
from ._numbers import read_numbers
from ._titles import measure_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PARTS: dict[str, dict[str, Any]] = {
    "train": {"label": "training", "color": BLUE, "linestyle": "-"},
    "valid": {"label": "validation", "color": VERMILION, "linestyle": (0, (4, 1.5))},
}
#: Size of a panel in inches at a font size of 10, and minimum size in ems, below which the text
#: shrinks.
PANEL = (4.6, 3.2)
LEAST_PANEL = (15.0, 9.0)
#: Space between the end of a line and its name, in points; minimum font size of a name; maximum
#: fraction of a panel's width for the names.
GAP = 6.0
LEAST_SIZE = 5.0
NAMES_SHARE = 0.4


class End(NamedTuple):
    """The last point of a line."""

    x: float
    y: float
    name: str
    color: str


@public_in("sklearn_hpa.display")
class TrainingCurveDisplay:
    """Loss and scores of each epoch of training.

    Parameters
    ----------
    history : DataFrame
        One row per epoch, with the columns ``epoch``, ``train_loss`` and ``valid_loss``, and the
        columns ``train_<name>`` and ``valid_<name>`` for each score. One column of a pair may be
        absent.
    best_epoch : int, default=None
        The epoch whose weights were kept by early stopping.

    Attributes
    ----------
    history : DataFrame
        The parameter.
    best_epoch : int or None
        The parameter.
    ax_ : matplotlib Axes
        The axes with the panels; invisible if there are several panels.
    axes_ : ndarray of matplotlib Axes
        The panels: the loss, then each score.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    See Also
    --------
    sklearn_hpa.callbacks.EpochScores : Record scores after each epoch.

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
        """Plot the ``history_`` of a fitted classifier.

        With early stopping, the epoch whose weights were kept, ``best_epoch_``, is marked.

        Parameters
        ----------
        estimator : estimator
            A fitted :class:`~sklearn_hpa.MultiLabelMLPClassifier`, a pipeline that ends in one, or
            a search over either.
        ax : matplotlib Axes, default=None
            Axes to plot in. By default a new figure.
        loss_scale : {"linear", "log"}, default="linear"
            Scale of the loss.

        Returns
        -------
        TrainingCurveDisplay
            The display.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the classifier is not fitted.
        TypeError
            If `estimator` contains no such classifier.
        """
        classifier, _ = find_classifier(estimator, cls.__name__)
        display = cls(classifier.history_, best_epoch=classifier.best_epoch_)
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
        """Plot a history from another source.

        Parameters
        ----------
        history : DataFrame
            As for the class.
        best_epoch : int, default=None
            The epoch to mark.
        ax : matplotlib Axes, default=None
            Axes to plot in. By default a new figure.
        loss_scale : {"linear", "log"}, default="linear"
            Scale of the loss.

        Returns
        -------
        TrainingCurveDisplay
            The display.

        Raises
        ------
        TypeError
            If `history` is not a DataFrame.
        ValueError
            If `history` has no epoch, lacks the columns ``epoch`` and ``train_loss``, or has values
            other than numbers in a plotted column; if `best_epoch` is not in `history`.
        """
        return cls(history, best_epoch=best_epoch).plot(ax=ax, loss_scale=loss_scale)

    def plot(
        self, *, ax: Axes | None = None, loss_scale: Literal["linear", "log"] = "linear"
    ) -> TrainingCurveDisplay:
        """Plot the loss and the scores, one panel each.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to plot in. Their present content and the panels of an earlier call are removed,
            and the text shrinks in small axes. By default a new figure.
        loss_scale : {"linear", "log"}, default="linear"
            Scale of the loss.

        Returns
        -------
        TrainingCurveDisplay
            The display itself.
        """
        if loss_scale not in ("linear", "log"):
            raise ValueError(f"loss_scale must be 'linear' or 'log', got {loss_scale!r}")
        columns = self._read_columns()
        plt = import_pyplot(type(self).__name__)
        measured = dict.fromkeys(["loss", *(column.partition("_")[2] for column in columns)])
        names = [name for name in measured if name]
        n_columns = len(names) if len(names) < 4 else 2 if len(names) == 4 else 3
        shape = ceil(len(names) / n_columns), n_columns
        with plt.rc_context({"font.size": _font_size(ax, shape)}):
            self.axes_ = self._panels(ax, shape, len(names))
            self.figure_ = self.ax_.figure
            ends = [
                self._draw(panel, name, columns, loss_scale if name == "loss" else "linear")
                for panel, name in zip(self.axes_, names, strict=True)
            ]
            for panel in self.axes_[-n_columns:]:
                panel.set_xlabel("epoch")
            self.figure_.canvas.figure.draw_without_rendering()
            for panel, name, each in zip(self.axes_, names, ends, strict=True):
                _write_titles(panel, name, self.best_epoch if name == "loss" else None)
                _name_lines(panel, each)
                _write_epochs(panel, columns["epoch"])
                if panel.get_yscale() == "log":
                    _write_plain_numbers(panel)
        return self

    def _read_columns(self) -> dict[str, np.ndarray]:
        """Return the plotted columns as numbers."""
        history, expected = self.history, "expected the history_ of a fitted classifier"
        if not isinstance(history, pd.DataFrame):
            raise TypeError(f"history is of type {type(history).__name__}; {expected}")
        missing = [name for name in ("epoch", "train_loss") if name not in history]
        if missing or len(history) == 0:
            lacks = f"no column {missing[0]!r}" if missing else "no rows"
            raise ValueError(f"history has {lacks}; {expected}")
        drawn = (
            column
            for column in history
            if isinstance(column, str) and column.startswith(("train_", "valid_"))
        )
        columns = {name: read_numbers(history, name, "history") for name in ("epoch", *drawn)}
        if not np.isfinite(columns["epoch"]).all():
            raise ValueError("column 'epoch' of history must hold a finite number in every row")
        if self.best_epoch is not None and self.best_epoch not in columns["epoch"]:
            raise ValueError(f"best_epoch {self.best_epoch!r} is none of the epochs of history")
        return columns

    def _panels(self, ax: Axes | None, shape: tuple[int, int], n_panels: int) -> np.ndarray:
        n_rows, n_columns = shape
        em = points("medium") / 10
        size = (PANEL[0] * n_columns * em, PANEL[1] * n_rows * em)
        if ax is not None and ax is getattr(self, "ax_", None):
            for panel in self.axes_:
                if panel is not ax and panel.figure is not None:
                    panel.remove()
        self.ax_ = axes_to_draw_in(ax, size, type(self).__name__)
        self.ax_.clear()
        if n_panels == 1:
            return np.array([self.ax_])
        grid = divide_axes(self.ax_, n_rows, n_columns).ravel()
        for empty in grid[n_panels:]:
            empty.remove()
        return grid[:n_panels]

    def _draw(self, ax: Axes, name: str, columns: dict[str, np.ndarray], scale: str) -> list[End]:
        from matplotlib import rcParams

        epochs = columns["epoch"]
        ends = []
        for part, style in PARTS.items():
            values = columns.get(f"{part}_{name}", np.array([np.nan]))
            finite = np.flatnonzero(np.isfinite(values))
            if len(finite) == 0:
                continue
            marker = "o" if _has_lone_points(values) else None
            ax.plot(epochs, values, lw=1.8, marker=marker, ms=4, **style)
            last = finite[-1]
            ends.append(End(epochs[last], values[last], style["label"], style["color"]))
        ax.set_yscale(scale)
        pad = min(0.02 * len(epochs), 0.5) if len(epochs) > 1 else 0.5
        ax.set_xlim(epochs[0] - pad, epochs[-1] + pad)
        ax.set_title(measure_title(name), loc="left", **AS_WRITTEN)
        ax.tick_params("x", labelsize=points(rcParams["xtick.labelsize"]))
        ax.tick_params("y", which="both", labelsize=points(rcParams["ytick.labelsize"]))
        ax.grid(axis="y", color=text_color(0.12))
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        if self.best_epoch is not None:
            ax.axvline(self.best_epoch, color=text_color(0.6), lw=1, ls=":", zorder=1)
        return ends


def _font_size(ax: Axes | None, shape: tuple[int, int]) -> float:
    """Return the font size of matplotlib's settings, or a smaller size for small axes."""
    size = points("medium")
    if ax is None:
        return size
    check_axes(ax)
    width, height = size_in_points(ax)
    n_rows, n_columns = shape
    fits = min(width / n_columns / LEAST_PANEL[0], height / n_rows / LEAST_PANEL[1])
    return min(size, max(LEAST_SIZE, fits))


def _write_epochs(ax: Axes, epochs: np.ndarray) -> None:
    """Set as many ticks at whole numbers as fit."""
    from matplotlib.ticker import MaxNLocator

    left, right = ax.get_xlim()
    room = _width_in_points(ax) * (epochs[-1] - epochs[0]) / (right - left)
    size = float(ax.xaxis.get_major_ticks()[0].label1.get_fontsize())
    n_ticks = int(room / (text_width(f"{epochs[-1]:.0f}", size) + size))
    locator = MaxNLocator(
        nbins=min(max(n_ticks, 1), 9), integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]
    )
    ticks = locator.tick_values(epochs[0], epochs[-1])
    ax.set_xticks([tick for tick in ticks if epochs[0] <= tick <= epochs[-1]])


def _write_plain_numbers(ax: Axes) -> None:
    """Label as many ticks of a logarithmic axis as fit, as 0.5 instead of 5 × 10⁻¹."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = ax.get_ylim()
    size = ax.yaxis.get_major_ticks()[0].label1.get_fontsize()
    for subs in (range(1, 10), (1, 2, 5), (1,)):
        locator = LogLocator(subs=subs)
        shown = [(1, tick) for tick in locator.tick_values(low, high) if low <= tick <= high]
        if len(shown) < 2:
            break
        ax.yaxis.set_major_locator(locator)
        heights = ax.transData.transform(shown)[:, 1] * 72 / ax.figure.dpi
        if np.diff(heights).min() >= size:
            break
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())


def _width_in_points(ax: Axes) -> float:
    return ax.bbox.width * 72 / ax.figure.dpi


def _write_titles(ax: Axes, name: str, best_epoch: int | None) -> None:
    """Write the title, wrapped to the panel, and the best epoch next to it or above it."""
    width = _width_in_points(ax)
    size = ax.title.get_fontsize()
    title = wrap(measure_title(name), width, size)
    ax.set_title(title, loc="left", **AS_WRITTEN)
    if best_epoch is not None:
        best = f"best epoch: {best_epoch}"
        one_line = text_width(title, size) + GAP + text_width(best, "small") <= width
        ax.set_title(
            best if one_line else f"{best}\n", loc="right", size="small", color=text_color(0.7)
        )


def _name_lines(ax: Axes, ends: list[End]) -> None:
    """Write the name of each line at its end, in a reserved strip of the panel.

    The names shrink in a narrow panel, and are moved apart if they would overlap.
    """
    if not ends:
        return
    size = points("small")
    room = _width_in_points(ax)
    wanted = max(text_width(end.name, size) for end in ends)
    size = max(LEAST_SIZE, size * min(1.0, (NAMES_SHARE * room - GAP) / wanted))
    strip = GAP + max(text_width(end.name, size) for end in ends)

    left, right = ax.get_xlim()
    ax.set_xlim(left, right + (right - left) * strip / max(room - strip, strip))
    ax.spines["bottom"].set_bounds(left, right)

    heights = [ax.transData.transform((end.x, end.y))[1] * 72 / ax.figure.dpi for end in ends]
    shifts = [0.0] * len(ends)
    if len(ends) == 2:
        lack = 1.3 * size - abs(heights[0] - heights[1])
        if lack > 0:
            up = 0 if heights[0] >= heights[1] else 1
            shifts[up], shifts[1 - up] = lack / 2, -lack / 2
    for end, shift in zip(ends, shifts, strict=True):
        ax.annotate(
            end.name,
            xy=(end.x, end.y),
            xytext=(GAP, shift),
            textcoords="offset points",
            va="center",
            size=size,
            color=end.color,
            annotation_clip=False,
        )


def _has_lone_points(values: np.ndarray) -> bool:
    """Tell whether a value has no neighbour to which a line could connect it."""
    finite = np.isfinite(np.concatenate([[np.nan], values, [np.nan]]))
    return bool((finite[1:-1] & ~finite[:-2] & ~finite[2:]).any())
