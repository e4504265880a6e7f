"""Display of one score per label, with the number of samples of the label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from .._common.alignment import NamesLike, check_aligned, check_labels_of
from .._common.estimators import public_in
from .._labels.indicator import MatrixLike, read_indicator
from .._labels.responses import ScoresLike, probabilities_of
from ..metrics import label_report
from ._label_names import name_labels
from ._layout.figure import SKY, VERMILION, text_color
from ._layout.label_rows import axes_for_bars

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LabelMeasure: TypeAlias = Literal["f1", "precision", "recall", "average_precision"]

_MEASURES = {
    "f1": "F1",
    "precision": "Precision",
    "recall": "Recall",
    "average_precision": "Average precision",
}
_BASELINES = {
    "f1": "Baseline: the label predicted for every sample",
    "precision": "Baseline: the label predicted at random",
    "average_precision": "Baseline: scores at random",
}


@public_in("sklearn_hpa.display")
class LabelScoreDisplay:
    """Bar chart of one score per label, the most frequent label first.

    The number of samples with the label is shown next to each name. A mark on each bar shows the
    baseline, the score of a model that ignores the images. If p is the fraction of samples with the
    label, the baseline is p for precision and average precision. For F1 it is 2 p / (1 + p), the
    score of always predicting the label. Recall has no baseline, because always predicting a label
    has a recall of 1. Labels that no sample has are marked "absent".

    Create it with :meth:`from_predictions` or :meth:`from_estimator`.

    Parameters
    ----------
    scores : DataFrame
        Scores as returned by :func:`~sklearn_hpa.metrics.label_report`.

    Attributes
    ----------
    scores : DataFrame
        The parameter.
    ax_ : matplotlib Axes
        The axes with the bars.
    figure_ : matplotlib Figure
        The figure of the axes.
    bars_ : matplotlib BarContainer
        One bar per label, from the most frequent to the rarest.
    floors_ : matplotlib PathCollection or None
        The marks of the baselines; None for recall.

    See Also
    --------
    LabelPrecisionRecallDisplay : Precision-recall curve of each label.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_hpa.display import LabelScoreDisplay
    >>> y_true = pd.DataFrame({"Nucleoli": [1, 0, 0, 0], "Cytosol": [0, 1, 1, 1]})
    >>> y_pred = pd.DataFrame({"Nucleoli": [1, 1, 0, 0], "Cytosol": [0, 1, 1, 0]})
    >>> LabelScoreDisplay.from_predictions(y_true, y_pred, measure="recall").scores["recall"]
    label
    Nucleoli    1.000000
    Cytosol     0.666667
    Name: recall, dtype: float64
    """

    def __init__(self, scores: pd.DataFrame):
        self.scores = scores

    @classmethod
    def from_predictions(
        cls,
        y_true: MatrixLike,
        y_pred: MatrixLike,
        y_proba: ScoresLike | None = None,
        *,
        measure: LabelMeasure = "f1",
        y_train: MatrixLike | None = None,
        label_names: NamesLike | None = None,
        ax: Axes | None = None,
    ) -> LabelScoreDisplay:
        """Compute the scores of predictions and plot one of them.

        Parameters
        ----------
        y_true, y_pred : 0/1 matrix of shape (n_samples, n_labels)
            True and predicted labels.
        y_proba : matrix of shape (n_samples, n_labels), or list of n_labels arrays, default=None
            Probability of each label, for the average precision.
        measure : {"f1", "precision", "recall", "average_precision"}, default="f1"
            As in :meth:`plot`.
        y_train : 0/1 matrix of shape (n_training_samples, n_labels), default=None
            Labels of the training samples. If given, the labels are sorted by their frequency in
            training, and both counts are shown next to each name.
        label_names : sequence of length n_labels, default=None
            Names of the labels. By default the columns of `y_true` if it is a DataFrame, else the
            numbers from 0.
        ax : matplotlib Axes, default=None
            As in :meth:`plot`.

        Returns
        -------
        LabelScoreDisplay
            The display.

        Raises
        ------
        ValueError
            As in :func:`~sklearn_hpa.metrics.label_report` and :meth:`plot`, or if the number of
            names differs from the number of labels.
        """
        _check_measure(measure)
        scores = label_report(y_true, y_pred, y_proba, y_train=y_train)
        scores.index = name_labels(y_true, len(scores), label_names)
        return cls(scores).plot(measure=measure, ax=ax)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: MatrixLike,
        *,
        measure: LabelMeasure = "f1",
        y_train: MatrixLike | None = None,
        label_names: NamesLike | None = None,
        ax: Axes | None = None,
    ) -> LabelScoreDisplay:
        """Compute the scores of a fitted classifier and plot one of them.

        Its ``predict`` is called once. Its ``predict_proba`` is called only for the average
        precision, so the other scores do not require it.

        Parameters
        ----------
        estimator : classifier
            A fitted multi-label classifier, or a pipeline or search that contains one.
        X : array-like or DataFrame of n_samples rows
            Input of the classifier.
        y : 0/1 matrix of shape (n_samples, n_labels)
            True labels.
        measure : {"f1", "precision", "recall", "average_precision"}, default="f1"
            As in :meth:`plot`.
        y_train : 0/1 matrix of shape (n_training_samples, n_labels), default=None
            As in :meth:`from_predictions`.
        label_names : sequence of length n_labels, default=None
            As in :meth:`from_predictions`.
        ax : matplotlib Axes, default=None
            As in :meth:`plot`.

        Returns
        -------
        LabelScoreDisplay
            The display.

        Raises
        ------
        AttributeError
            If `measure` is "average_precision" and the estimator has no ``predict_proba``.
        ValueError
            As in :meth:`from_predictions`.
        """
        _check_measure(measure)
        check_aligned(X=X, y=y)
        check_labels_of(estimator, y)
        names = name_labels(y, read_indicator(y, "y").shape[1], label_names)
        proba = None
        if measure == "average_precision":
            proba = probabilities_of(estimator, X, names)
        return cls.from_predictions(
            y,
            estimator.predict(X),
            proba,
            measure=measure,
            y_train=y_train,
            label_names=label_names,
            ax=ax,
        )

    def plot(self, *, measure: LabelMeasure = "f1", ax: Axes | None = None) -> LabelScoreDisplay:
        """Plot one score per label.

        Parameters
        ----------
        measure : {"f1", "precision", "recall", "average_precision"}, default="f1"
            The column of `scores` to plot.
        ax : matplotlib Axes, default=None
            Axes to plot in, over their present content. By default a new figure.

        Returns
        -------
        LabelScoreDisplay
            The display itself.

        Raises
        ------
        ValueError
            If `measure` is unknown, if it is the average precision and no probabilities were given,
            or if `ax` has a projection.
        TypeError
            If `ax` is not an Axes.
        """
        _check_measure(measure)
        if measure not in self.scores:
            raise ValueError(f"the scores have no {measure}: it is computed from y_proba alone")
        trained = "n_train_positives" in self.scores
        scores = self.scores.sort_values(
            "n_train_positives" if trained else "n_positives", ascending=False, kind="stable"
        )
        rows, values = np.arange(len(scores)), scores[measure].to_numpy()
        baselines = _baselines(scores["prevalence"], measure)
        texts = ["absent" if np.isnan(value) else f"{value:.2f}" for value in values]
        samples = "samples with the label" + (", in training / scored" if trained else "")

        ax, _, size = axes_for_bars(
            ax,
            scores.index,
            suffixes=_counts(scores),
            title="" if baselines is None else f"|  {_BASELINES[measure]}",
            title_color=VERMILION,
            xlabel=f"{_MEASURES[measure]}\nIn brackets: {samples}",
            values_at_right=texts,
            caller=type(self).__name__,
        )
        self.bars_ = ax.barh(rows, np.nan_to_num(values), color=SKY, height=0.72)
        self.floors_ = None
        if baselines is not None:
            self.floors_ = ax.scatter(
                np.where(np.isnan(values), np.nan, baselines),
                rows,
                marker="|",
                s=9 * size,
                linewidths=2,
                color=VERMILION,
                zorder=3,
            )
        for row, text in enumerate(texts):
            ax.text(
                1.02,
                row,
                text,
                va="center_baseline",
                fontsize=size,
                color=text_color(0.5 if text == "absent" else 1),
            )
        ax.set_xlim(0, 1)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _check_measure(measure: str) -> None:
    if measure not in list(_MEASURES):
        raise ValueError(
            f"Invalid measure={measure!r}. Valid values are {', '.join(map(repr, _MEASURES))}."
        )


def _baselines(prevalence: pd.Series, measure: str) -> np.ndarray | None:
    if measure == "recall":
        return None
    share = prevalence.to_numpy()
    return 2 * share / (1 + share) if measure == "f1" else share


def _counts(scores: pd.DataFrame) -> list[str]:
    """Return the counts in brackets after each name."""
    counts = [f"{count:,}" for count in scores["n_positives"]]
    if "n_train_positives" in scores:
        train = scores["n_train_positives"]
        counts = [f"{n:,} / {count}" for n, count in zip(train, counts, strict=True)]
    return [f"  ({count})" for count in counts]
