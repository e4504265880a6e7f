"""One score for each label, beside how often it occurs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from .._common.alignment import NamesLike
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
_FLOORS = {
    "f1": "Floor: the label predicted for every sample",
    "precision": "Floor: the label predicted at random",
    "average_precision": "Floor: scores at random",
}


@public_in("sklearn_hpa.display")
class LabelScoreDisplay:
    """One score of each label: horizontal bars, the most frequent label first.

    Beside each name stands how many samples have the label. A mark on each bar shows the floor,
    what a model reaches that does not look at the images: with p the share of samples that have
    the label, p in precision and average precision, and 2 p / (1 + p) in F1, by predicting the
    label always. Recall has no floor: predicting a label always earns 1. Labels that no sample
    has are marked "absent".

    Make it with :meth:`from_predictions` or :meth:`from_estimator`.

    Parameters
    ----------
    scores : DataFrame
        As :func:`~sklearn_hpa.metrics.label_report` gives it.

    Attributes
    ----------
    scores : DataFrame
        As given.
    ax_ : matplotlib Axes
        The axes drawn in.
    figure_ : matplotlib Figure
        The figure of the axes.
    bars_ : matplotlib BarContainer
        One bar per label, from the most frequent to the rarest.
    floors_ : matplotlib PathCollection or None
        The marks of the floors; None for recall.

    See Also
    --------
    LabelPrecisionRecallDisplay : Precision against recall of each label.

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
        """Compute the scores of predictions, and draw one of them.

        Parameters
        ----------
        y_true, y_pred : 0/1 matrix of shape (n_samples, n_labels)
            True and predicted labels.
        y_proba : matrix of shape (n_samples, n_labels), or list of n_labels arrays, default=None
            Probability of each label, for the average precision.
        measure : {"f1", "precision", "recall", "average_precision"}, default="f1"
            As in :meth:`plot`.
        y_train : 0/1 matrix of shape (n_training_samples, n_labels), default=None
            Labels that the model was trained on. With it the labels are sorted by their frequency
            in training, and both counts stand beside each name.
        label_names : sequence of length n_labels, default=None
            By default the columns of `y_true` where it is a DataFrame, else the numbers from 0.
        ax : matplotlib Axes, default=None
            As in :meth:`plot`.

        Returns
        -------
        LabelScoreDisplay

        Raises
        ------
        ValueError
            As :func:`~sklearn_hpa.metrics.label_report` and :meth:`plot` do, and where the names
            are not one for each label.
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
        """Compute the scores of a fitted classifier, and draw one of them.

        Its ``predict`` is called once. Its ``predict_proba`` is called for the average precision
        alone, so that every other measure is drawn of a classifier without one as well.

        Parameters
        ----------
        estimator : classifier
            A fitted multi-label classifier, or a pipeline or search of one.
        X : array-like or DataFrame of n_samples rows
            What it predicts from.
        y : 0/1 matrix of shape (n_samples, n_labels)
            True labels.
        measure, y_train, label_names, ax
            As in :meth:`from_predictions`.

        Returns
        -------
        LabelScoreDisplay

        Raises
        ------
        AttributeError
            Where `measure` is "average_precision" and the estimator has no ``predict_proba``.
        ValueError
            As in :meth:`from_predictions`.
        """
        _check_measure(measure)
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
        """Draw one measure.

        Parameters
        ----------
        measure : {"f1", "precision", "recall", "average_precision"}, default="f1"
            Which column of `scores`.
        ax : matplotlib Axes, default=None
            Where to draw, over what is there; by default in a new figure.

        Returns
        -------
        LabelScoreDisplay
            The display itself.

        Raises
        ------
        ValueError
            Where there is no such measure, it is the average precision and there were no
            probabilities to compute it from, or `ax` has a projection.
        TypeError
            Where `ax` is no Axes.
        """
        _check_measure(measure)
        if measure not in self.scores:
            raise ValueError(f"the scores have no {measure}: it is computed from y_proba alone")
        trained = "n_train_positives" in self.scores
        scores = self.scores.sort_values(
            "n_train_positives" if trained else "n_positives", ascending=False, kind="stable"
        )
        places, values = np.arange(len(scores)), scores[measure].to_numpy()
        floors = _floors(scores["prevalence"], measure)
        texts = ["absent" if np.isnan(value) else f"{value:.2f}" for value in values]
        samples = "samples with the label" + (", in training / scored" if trained else "")

        ax, _, size = axes_for_bars(
            ax,
            scores.index,
            suffixes=_counts(scores),
            title="" if floors is None else f"|  {_FLOORS[measure]}",
            title_color=VERMILION,
            xlabel=f"{_MEASURES[measure]}\nIn brackets: {samples}",
            values_at_right=texts,
            caller=type(self).__name__,
        )
        self.bars_ = ax.barh(places, np.nan_to_num(values), color=SKY, height=0.72)
        self.floors_ = None
        if floors is not None:
            self.floors_ = ax.scatter(
                np.where(np.isnan(values), np.nan, floors),
                places,
                marker="|",
                s=9 * size,
                linewidths=2,
                color=VERMILION,
                zorder=3,
            )
        for place, text in enumerate(texts):
            ax.text(
                1.02,
                place,
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


def _floors(prevalence: pd.Series, measure: str) -> np.ndarray | None:
    if measure == "recall":
        return None
    share = prevalence.to_numpy()
    return 2 * share / (1 + share) if measure == "f1" else share


def _counts(scores: pd.DataFrame) -> list[str]:
    """What stands in brackets behind each name."""
    counts = [f"{count:,}" for count in scores["n_positives"]]
    if "n_train_positives" in scores:
        train = scores["n_train_positives"]
        counts = [f"{n:,} / {count}" for n, count in zip(train, counts, strict=True)]
    return [f"  ({count})" for count in counts]
