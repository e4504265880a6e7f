"""Multi-label metrics that scikit-learn lacks, a scorer for each metric, and reports.

Every function takes the true labels first, as a 0/1 matrix of shape (n_samples, n_labels). The
matrix is a DataFrame with one column per label, a NumPy array, a SciPy sparse matrix or nested
lists, of any numeric or boolean dtype. A 1-d array of 0 and 1 is one label, equal to its
(n_samples, 1) column. Any other value raises a ValueError that names the value, its label and its
row. Two DataFrames must have the same labels and the same rows, in the same order. Default names 0,
1, 2… agree with any other names.

Conventions
-----------
Empty sets
    Two empty label sets are equal. They score 1 in exact match, proportional accuracy and label
    ranking average precision, and 0 in coverage error.
Macro averages (precision, recall, F1, average precision)
    The unweighted mean over the *present* labels, which have a positive of non-zero weight in
    ``y_true``. A present label that is never predicted has precision 0, without a warning. Absent
    labels are left out, because no prediction can improve their score. Without a present label the
    average is nan, with an :class:`~sklearn.exceptions.UndefinedMetricWarning`.
Micro averages
    Computed over all cells of the matrix, including absent labels. 0/0 is 0, without a warning.
Probabilities
    Log loss and Brier score need values in [0, 1] and are means over the cells of the matrix.
    Average precision, label ranking average precision and coverage error use only the order of the
    scores, and accept any finite scores.

Scorers
-------
``SCORERS`` maps a name to the scorer of every metric in :func:`multilabel_report`, for
``scoring=``. Higher is better: if a lower metric is better, its scorer has the prefix ``neg_`` and
a negative value. All scorers together call ``predict`` and ``predict_proba`` once each. Copy a
scorer before you call its ``set_score_request``, which changes it in place.
"""

from ._curves import precision_recall_points, sample_log_losses
from ._label_report import label_report
from ._label_scores import (
    exact_match_accuracy_score,
    label_accuracy_score,
    multilabel_f1_score,
    multilabel_precision_score,
    multilabel_recall_score,
    proportional_accuracy_score,
)
from ._probability_scores import (
    coverage_error,
    label_ranking_average_precision_score,
    multilabel_average_precision_score,
    multilabel_brier_score,
    multilabel_log_loss,
)
from ._report import multilabel_report
from ._scorers import METRICS, SCORERS, LabelScorer, Metric
from ._scoring import (
    Score,
    Scorer,
    Scoring,
    find_scorer,
    read_scoring,
    score_predictions,
    scorer_names,
)

__all__ = [
    "SCORERS",
    "exact_match_accuracy_score",
    "label_accuracy_score",
    "label_report",
    "multilabel_average_precision_score",
    "multilabel_brier_score",
    "multilabel_f1_score",
    "multilabel_log_loss",
    "multilabel_precision_score",
    "multilabel_recall_score",
    "multilabel_report",
    "proportional_accuracy_score",
]
