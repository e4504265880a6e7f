"""The report: every measure of a model, beside the floors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from .._common.estimators import public_in
from .._labels.indicator import Indicator, MatrixLike, check_labels, check_training_labels
from .._labels.responses import Scores, ScoresLike, check_probabilities
from ._scorers import METRICS, Metric


@public_in("sklearn_hpa.metrics")
def multilabel_report(
    y_true: MatrixLike,
    y_pred: MatrixLike,
    y_proba: ScoresLike | None = None,
    *,
    y_train: MatrixLike | None = None,
) -> pd.DataFrame:
    """Every measure of a model, beside what three predictions that ignore the images score.

    Parameters
    ----------
    y_true, y_pred : 0/1 matrix of shape (n_samples, n_labels)
        True and predicted labels.
    y_proba : matrix of shape (n_samples, n_labels), or list of n_labels arrays, default=None
        Probability of each label, in [0, 1]. Without it the measures of scores are left out.
    y_train : 0/1 matrix of shape (n_training_samples, n_labels), default=None
        Labels that the floors are estimated from. Without it they are estimated from `y_true`
        itself, which flatters the floors: they have then seen the answers.

    Returns
    -------
    DataFrame
        One row per measure: the five of the paper's Table 1, ``label_accuracy``, the macro
        averages, then the measures of `y_proba`; last, how many labels are present in `y_true`
        (``labels_present``) of how many (``labels_total``). Four columns of float64:

        - ``model``;
        - ``no_label``: nothing is ever predicted;
        - ``most_frequent_set``: always the commonest label set; of equally common ones the one with
          the fewest labels, then the one whose labels come first in the columns;
        - ``priors``: the share of samples with a label, as its probability; predicted from 0.5 on.

        The measures of scores are nan for the two floors that have none. Accuracies, precision,
        recall, F1 and average precisions lie in [0, 1]; ``coverage_error`` counts labels;
        ``multilabel_log_loss`` is in nats.

    Notes
    -----
    The ``priors`` are not smoothed. A label unseen in `y_train` but present in `y_true` has
    probability 0, and costs up to about 36 nats per positive cell in their log loss (minus the log
    of the machine epsilon of float64); so does, per negative cell, a label that every training
    sample has. From few training samples this one floor is therefore easy to beat.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_hpa.metrics import multilabel_report
    >>> y_true = pd.DataFrame({"Nucleoli": [1, 0, 0, 0], "Cytosol": [0, 1, 1, 1]})
    >>> y_pred = pd.DataFrame({"Nucleoli": [1, 0, 0, 0], "Cytosol": [1, 1, 1, 0]})
    >>> multilabel_report(y_true, y_pred).head(3).round(2)
                           model  no_label  most_frequent_set  priors
    measure
    proportional_accuracy   0.62       0.0               0.75    0.75
    exact_match_accuracy    0.50       0.0               0.75    0.75
    precision_micro         0.75       0.0               0.75    0.75
    """
    truth, predicted, _ = check_labels(y_true, y_pred, None)
    train = truth if y_train is None else check_training_labels(y_true, truth, y_train)
    proba = None if y_proba is None else check_probabilities(y_true, y_proba, None)[1]

    columns = {"model": _Responses(predicted, proba), **_floors(train, len(truth))}
    measures = [m for m in METRICS if m.response_method == "predict" or proba is not None]
    report = pd.DataFrame(
        {
            column: {measure.name: responses.score(measure, truth) for measure in measures}
            for column, responses in columns.items()
        },
        dtype=np.float64,
    ).rename_axis("measure")
    report.loc["labels_present"] = np.count_nonzero(truth.any(axis=0))
    report.loc["labels_total"] = truth.shape[1]
    return report


@dataclass(frozen=True)
class _Responses:
    """What a model answers for each sample: labels and, if it has them, scores."""

    predict: Indicator
    predict_proba: Scores | None

    def score(self, measure: Metric, truth: Indicator) -> float:
        response = getattr(self, measure.response_method)
        return np.nan if response is None else measure.score(truth, response)


def _floors(train: Indicator, n_samples: int) -> dict[str, _Responses]:
    prevalence = train.mean(axis=0)
    sets, counts = np.unique(train, axis=0, return_counts=True)
    commonest = min(
        sets[counts == counts.max()].tolist(), key=lambda row: (sum(row), [-cell for cell in row])
    )

    def for_all(row: ArrayLike, dtype: type) -> NDArray[Any]:
        return np.tile(np.asarray(row, dtype=dtype), (n_samples, 1))

    return {
        "no_label": _Responses(for_all(np.zeros_like(prevalence), np.int8), None),
        "most_frequent_set": _Responses(for_all(commonest, np.int8), None),
        "priors": _Responses(for_all(prevalence >= 0.5, np.int8), for_all(prevalence, np.float64)),
    }
