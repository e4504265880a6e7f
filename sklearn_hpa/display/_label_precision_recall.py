"""Display of precision-recall curves, one panel per label."""

from __future__ import annotations

from math import ceil, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from .._common.alignment import NamesLike, check_aligned, check_labels_of
from .._common.estimators import public_in
from .._labels.indicator import MatrixLike, read_indicator
from .._labels.responses import ScoresLike, check_scores, probabilities_of
from ..metrics import precision_recall_points
from ._label_names import name_labels
from ._layout.figure import (
    AS_WRITTEN,
    BLUE,
    VERMILION,
    axes_to_draw_in,
    check_axes,
    divide_axes,
    import_pyplot,
    size_in_points,
)
from ._layout.text import fill, text_height

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# In points.
_GREATEST_SIZE, _LEAST_SIZE = 8.0, 3.0
_PANEL_WIDTH = 94

_EXPLANATION = (
    "n: samples with the label. AP: average precision. "
    "Dashed: the share of samples with the label, which is the precision of guessing."
)


@public_in("sklearn_hpa.display")
class LabelPrecisionRecallDisplay:
    """Precision-recall curves, one panel per label, the most frequent label first.

    The title of a panel gives the label, the number of samples with the label and the average
    precision. A dashed line marks the fraction of samples with the label, which is the precision of
    scores that ignore the images. Labels that no sample has are named below the panels.

    Create it with :meth:`from_predictions` or :meth:`from_estimator`.

    Parameters
    ----------
    curves : DataFrame
        One row per label, indexed by label name, with the columns

        - ``n_positives`` (int): number of samples with the label;
        - ``prevalence``: fraction of samples with the label;
        - ``average_precision``: nan for a label that no sample has;
        - ``precision``, ``recall``: an ndarray each, the points of the curve by decreasing recall;
          empty for a label that no sample has.

    Attributes
    ----------
    curves : DataFrame
        The parameter.
    axes_ : ndarray of matplotlib Axes, shape (n_rows, n_columns)
        The panels; unused panels are switched off.
    ax_ : matplotlib Axes
        The axes divided into panels, invisible.
    figure_ : matplotlib Figure
        The figure of the axes.

    See Also
    --------
    LabelScoreDisplay : One score per label.
    sklearn_hpa.metrics.label_report : The scores as a table.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_hpa.display import LabelPrecisionRecallDisplay
    >>> y_true = pd.DataFrame({"Nucleoli": [1, 0, 0, 0], "Cytosol": [0, 1, 1, 1]})
    >>> y_proba = [[0.3, 0.6], [0.4, 0.9], [0.1, 0.8], [0.2, 0.7]]
    >>> display = LabelPrecisionRecallDisplay.from_predictions(y_true, y_proba)
    >>> display.curves[["n_positives", "prevalence", "average_precision"]]
              n_positives  prevalence  average_precision
    label
    Nucleoli            1        0.25                0.5
    Cytosol             3        0.75                1.0
    """

    def __init__(self, curves: pd.DataFrame):
        self.curves = curves

    @classmethod
    def from_predictions(
        cls,
        y_true: MatrixLike,
        y_proba: ScoresLike,
        *,
        label_names: NamesLike | None = None,
        ax: Axes | None = None,
    ) -> LabelPrecisionRecallDisplay:
        """Compute the curves from predicted probabilities and plot them.

        Parameters
        ----------
        y_true : 0/1 matrix of shape (n_samples, n_labels)
            True labels.
        y_proba : matrix of shape (n_samples, n_labels), or list of n_labels arrays (n_samples, 2)
            Probability of each label. Any finite score is accepted, because only the order counts.
        label_names : sequence of length n_labels, default=None
            Names of the labels. By default the columns of `y_true` if it is a DataFrame, else the
            numbers from 0.
        ax : matplotlib Axes, default=None
            As in :meth:`plot`.

        Returns
        -------
        LabelPrecisionRecallDisplay
            The display.

        Raises
        ------
        ValueError
            If the shapes differ, `y_true` has values other than 0 and 1 or has no 1, a score is not
            finite, or the number of names differs from the number of labels.
        """
        truth, scores, _ = check_scores(y_true, y_proba, "y_proba", None)
        names = name_labels(y_true, truth.shape[1], label_names)
        curves = [_curve(truth[:, label], scores[:, label]) for label in range(len(names))]
        return cls(pd.DataFrame(curves, index=names)).plot(ax=ax)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: MatrixLike,
        *,
        label_names: NamesLike | None = None,
        ax: Axes | None = None,
    ) -> LabelPrecisionRecallDisplay:
        """Compute the curves of a fitted classifier and plot them.

        Parameters
        ----------
        estimator : classifier
            A fitted multi-label classifier, or a pipeline or search that contains one, with
            ``predict_proba``.
        X : array-like or DataFrame of n_samples rows
            Input of the classifier.
        y : 0/1 matrix of shape (n_samples, n_labels)
            True labels.
        label_names : sequence of length n_labels, default=None
            As in :meth:`from_predictions`.
        ax : matplotlib Axes, default=None
            As in :meth:`plot`.

        Returns
        -------
        LabelPrecisionRecallDisplay
            The display.

        Raises
        ------
        AttributeError
            If the estimator has no ``predict_proba``.
        ValueError
            As in :meth:`from_predictions`.
        """
        check_aligned(X=X, y=y)
        check_labels_of(estimator, y)
        names = name_labels(y, read_indicator(y, "y").shape[1], label_names)
        proba = probabilities_of(estimator, X, names)
        return cls.from_predictions(y, proba, label_names=label_names, ax=ax)

    def plot(self, *, ax: Axes | None = None) -> LabelPrecisionRecallDisplay:
        """Plot the panels.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to divide into panels, over their present content. By default a new figure.

        Returns
        -------
        LabelPrecisionRecallDisplay
            The display itself.

        Raises
        ------
        ValueError
            If no label has a curve, or if `ax` has a projection or is not part of a grid.
        TypeError
            If `ax` is not an Axes.
        """
        curves = self.curves.sort_values("n_positives", ascending=False, kind="stable")
        absent = curves.index[curves["n_positives"] == 0].map(str).tolist()
        curves = curves[curves["n_positives"] > 0]
        if curves.empty:
            raise ValueError("no label has a positive in y_true: there is no curve to draw")
        caption = _EXPLANATION
        if absent:
            caption += f"\nWithout a curve, being in none of the samples: {', '.join(absent)}."

        n_rows, n_columns = _grid(len(curves))
        caller = type(self).__name__
        import_pyplot(caller)
        if ax is None:
            size = _GREATEST_SIZE
            titles = _titles(curves, _PANEL_WIDTH, size)
            # Rows have the height of a figure with short names, plus the extra title lines.
            lines = [text_height(title, size) - 2 * text_height("x", size) for title in titles]
            extra = sum(max(lines[k : k + n_columns]) for k in range(0, len(lines), n_columns))
            figsize = (0.5 + max(1.55 * n_columns, 2.6), 0.6 + max(1.75 * n_rows, 2.6) + extra / 72)
            ax = axes_to_draw_in(None, figsize, caller)
        else:
            check_axes(ax)
            width, height = size_in_points(ax)
            titles, size = _fitting_titles(curves, width / n_columns, height / n_rows)
        self.ax_, self.figure_ = ax, ax.figure
        self.axes_ = divide_axes(self.ax_, n_rows, n_columns, caption)
        for number, panel in enumerate(self.axes_.flat):
            if number >= len(curves):
                panel.set_axis_off()
                continue
            _draw_panel(panel, titles[number], curves.iloc[number], size)
            panel.label_outer()
            if number + n_columns >= len(curves):
                panel.set_xlabel("Recall", fontsize=size)
                panel.tick_params(labelbottom=True)
            if number % n_columns == 0:
                panel.set_ylabel("Precision", fontsize=size)
        return self


def _grid(n_panels: int) -> tuple[int, int]:
    """Return the number of rows and columns: slightly wider than square, few empty panels."""
    if n_panels <= 4:
        return 1, n_panels
    columns = range(ceil(sqrt(n_panels)), ceil(sqrt(1.25 * n_panels)) + 1)
    n_columns = min(columns, key=lambda n: (-n_panels % n, -n))
    return ceil(n_panels / n_columns), n_columns


def _curve(truth: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    n_positives = int(truth.sum())
    precision, recall = precision_recall_points(truth, scores)
    average_precision = float(average_precision_score(truth, scores)) if n_positives else np.nan
    return {
        "n_positives": n_positives,
        "prevalence": n_positives / len(truth),
        "average_precision": average_precision,
        "precision": precision,
        "recall": recall,
    }


def _titles(curves: pd.DataFrame, width: float, size: float) -> list[str]:
    """Return the title of each panel, wrapped to a width in points: name, count and score."""
    titles = []
    for name, curve in curves.iterrows():
        figures = [f"n = {curve['n_positives']:,},", f"AP {curve['average_precision']:.2f}"]
        titles.append("\n".join(fill(text, width, size) for text in (str(name).split(), figures)))
    return titles


def _fitting_titles(curves: pd.DataFrame, width: float, height: float) -> tuple[list[str], float]:
    """Return titles and their font size that fit panels of a given outer size in points."""
    greatest = min(_GREATEST_SIZE, max(_LEAST_SIZE, width / 11))
    for size in np.arange(greatest, _LEAST_SIZE - 0.1, -0.5):
        titles = _titles(curves, 0.85 * width, float(size))
        if max(text_height(title, size) for title in titles) < 0.45 * height:
            break
    return titles, float(size)


def _draw_panel(panel: Axes, title: str, curve: pd.Series, size: float) -> None:
    # The last point, precision 1 at recall 0, is a convention and would give a vertical line.
    recall, precision = curve["recall"], np.append(curve["precision"][:-1], curve["precision"][-2])
    panel.fill_between(recall, precision, step="post", color=BLUE, alpha=0.15, linewidth=0)
    panel.plot(recall, precision, drawstyle="steps-post", color=BLUE, linewidth=1.3)
    panel.axhline(curve["prevalence"], color=VERMILION, linestyle="--", linewidth=1)
    panel.set_title(title, fontsize=size, **AS_WRITTEN)
    panel.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04))
    panel.set_xticks([0, 0.5, 1], ["0", ".5", "1"], fontsize=0.9 * size)
    panel.set_yticks([0, 0.5, 1], ["0", ".5", "1"], fontsize=0.9 * size)
    panel.spines[["top", "right"]].set_visible(False)
