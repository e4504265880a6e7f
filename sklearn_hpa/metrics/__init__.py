"""Multi-label measures that scikit-learn lacks, a scorer for each measure, and reports.

Every function takes the truth first, as a 0/1 matrix of shape (n_samples, n_labels): a DataFrame
with one column per label, a NumPy array, a SciPy sparse matrix or nested lists, of any numeric or
boolean dtype. A 1-d array of 0 and 1 is one label, the same as its (n_samples, 1) column. Whatever
else a matrix holds is refused with a ValueError that names the value, its label and its row. Two
DataFrames must name their labels, and their rows, alike and in one order; default 0, 1, 2… names
agree with anything.

Conventions
-----------
Empty sets
    Two empty label sets are equal: they score 1 in exact match, proportional accuracy and label
    ranking average precision, and 0 in coverage error.
Macro averages (precision, recall, F1, average precision)
    The unweighted mean over the labels that are *present*: those with a positive of non-zero weight
    in ``y_true``. A present label that is never predicted has precision 0, silently. Absent labels
    are left out, since no prediction can earn them anything. With no label present the average is
    nan, with an :class:`~sklearn.exceptions.UndefinedMetricWarning`.
Micro averages
    Over all cells of the matrix, absent labels included; 0/0 is 0, silently.
Probabilities
    Log loss and Brier score need values in [0, 1] and are means over the cells of the matrix.
    Average precision, label ranking average precision and coverage error use the order of the
    scores alone, so any finite score will do.

Scorers
-------
``SCORERS`` maps a name to the scorer of every measure in :func:`multilabel_report`, ready for
``scoring=``. Higher is better: what is better small has ``neg_`` before its name and a minus before
its value. All of them together call ``predict`` and ``predict_proba`` once each. Copy a scorer
before calling its ``set_score_request``, which changes it in place.
"""

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
from ._scorers import METRICS, SCORERS, Metric
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
