"""The report with one row per label."""

from __future__ import annotations

import numpy as np
import pandas as pd
import sklearn.metrics

from .._common.estimators import public_in
from .._labels.indicator import MatrixLike, check_labels, check_training_labels, name_labels
from .._labels.responses import ScoresLike, check_scores
from ._averaging import present_labels


@public_in("sklearn_hpa.metrics")
def label_report(
    y_true: MatrixLike,
    y_pred: MatrixLike,
    y_proba: ScoresLike | None = None,
    *,
    y_train: MatrixLike | None = None,
) -> pd.DataFrame:
    """Return the frequency, precision, recall, F1 and average precision of each label.

    Parameters
    ----------
    y_true, y_pred : 0/1 matrix of shape (n_samples, n_labels)
        True and predicted labels.
    y_proba : matrix of shape (n_samples, n_labels), or list of n_labels arrays, default=None
        Probability of each label. Any finite scores are accepted, because only their order counts.
    y_train : 0/1 matrix of shape (n_training_samples, n_labels), default=None
        Labels of the training samples.

    Returns
    -------
    DataFrame
        One row per label, in the order of `y_true`. The index, named ``"label"``, holds the column
        names of a DataFrame `y_true`, otherwise the numbers from 0. The columns are:

        - ``n_train_positives`` (int64, only with `y_train`): training samples with the label;
        - ``n_positives`` (int64): samples of `y_true` with the label;
        - ``prevalence``: fraction of the samples of `y_true` with the label;
        - ``precision``, ``recall``, ``f1``;
        - ``average_precision`` (only with `y_proba`).

        The last five are float64 in [0, 1]. The scores of a label without a sample in `y_true` are
        nan. A label that is never predicted has precision 0.

    See Also
    --------
    multilabel_report : Gives the metrics over all labels, next to baselines.

    Notes
    -----
    The mean of a column, without its nan, is the macro average of :func:`multilabel_report`.

    A model that ignores the images has a precision and an average precision equal to the
    ``prevalence`` p. Its best F1 is 2 p / (1 + p), if it always predicts the label [1]_.

    References
    ----------
    .. [1] Lipton, Z. C., Elkan, C., & Naryanaswamy, B. (2014). Optimal thresholding of classifiers
       to maximize F1 measure. ECML PKDD 2014, LNCS 8725, 225-239.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_hpa.metrics import label_report
    >>> y_true = pd.DataFrame({"Nucleoli": [1, 0, 0, 0], "Cytosol": [0, 1, 1, 1]})
    >>> y_pred = pd.DataFrame({"Nucleoli": [1, 1, 0, 0], "Cytosol": [0, 1, 1, 0]})
    >>> label_report(y_true, y_pred).round(2)
              n_positives  prevalence  precision  recall    f1
    label
    Nucleoli            1        0.25        0.5    1.00  0.67
    Cytosol             3        0.75        1.0    0.67  0.80
    """
    truth, predicted, _ = check_labels(y_true, y_pred, None)
    scores = None if y_proba is None else check_scores(y_true, y_proba, "y_proba", None)[1]
    train = None if y_train is None else check_training_labels(y_true, truth, y_train)

    positives = truth.sum(axis=0, dtype=np.int64)
    found = (truth & predicted).sum(axis=0, dtype=np.int64)
    named = predicted.sum(axis=0, dtype=np.int64)
    columns = {} if train is None else {"n_train_positives": train.sum(axis=0, dtype=np.int64)}
    columns |= {
        "n_positives": positives,
        "prevalence": positives / len(truth),
        "precision": np.where(positives, found / np.maximum(named, 1), np.nan),
        "recall": np.where(positives, found / np.maximum(positives, 1), np.nan),
        "f1": np.where(positives, 2 * found / np.maximum(positives + named, 1), np.nan),
    }
    if scores is not None:
        average_precision = np.full(truth.shape[1], np.nan)
        for label in present_labels(truth, None):
            average_precision[label] = sklearn.metrics.average_precision_score(
                truth[:, label], scores[:, label]
            )
        columns["average_precision"] = average_precision
    return pd.DataFrame(columns, index=name_labels(y_true, truth.shape[1]))
