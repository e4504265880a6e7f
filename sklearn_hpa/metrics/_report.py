"""The report of all metrics of a model, next to baselines."""

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
    """Return every metric of a model, next to three baselines that ignore the images.

    Parameters
    ----------
    y_true, y_pred : 0/1 matrix of shape (n_samples, n_labels)
        True and predicted labels.
    y_proba : matrix of shape (n_samples, n_labels), or list of n_labels arrays, default=None
        Probability of each label, in [0, 1]. Without it, the metrics of probabilities are left out.
    y_train : 0/1 matrix of shape (n_training_samples, n_labels), default=None
        Labels of the training samples, from which the baselines are computed. Without it, they are
        computed from `y_true` itself. These baselines are too good, because they use the test
        labels.

    Returns
    -------
    DataFrame
        One row per metric: the five metrics of the paper's Table 1, ``label_accuracy``, the macro
        averages, and the metrics of `y_proba`. The last two rows are the number of labels present
        in `y_true` (``labels_present``) and the number of all labels (``labels_total``). The four
        columns are float64:

        - ``model``: the given predictions;
        - ``no_label``: no label is ever predicted;
        - ``most_frequent_set``: the most frequent label set is always predicted; on a tie, the set
          with the fewest labels, then the set whose labels come first in the columns;
        - ``priors``: the probability of a label is its fraction of the samples, and the label is
          predicted from 0.5.

        The metrics of probabilities are nan for the two baselines without probabilities.
        Accuracies, precision, recall, F1 and average precisions lie in [0, 1]. ``coverage_error``
        counts labels. ``multilabel_log_loss`` is in nats.

    Notes
    -----
    The ``priors`` are not smoothed. A label that is absent from `y_train` but present in `y_true`
    has probability 0. In the log loss of ``priors`` it costs up to about 36 nats per positive cell,
    which is minus the log of the machine epsilon of float64. A label of every training sample costs
    the same per negative cell. With few training samples, this baseline is therefore easy to beat.

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
    """Predicted labels of a model and, if it has them, probabilities."""

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
