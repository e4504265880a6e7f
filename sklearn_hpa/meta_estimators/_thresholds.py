"""Thresholds of labels, tuned on held-out probabilities."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logit
from sklearn.base import BaseEstimator
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils.validation import check_is_fitted

from .._common.estimators import public_in
from .._common.fitted import check_numbers
from .._common.messages import did_you_mean, first_dozen
from .._common.sklearn_private import Interval
from .._labels.responses import check_series_of_labels, probabilities_of
from .._labels.target import Target
from ..metrics import Scorer, find_scorer, score_predictions, scorer_names
from ._out_of_fold import HeldOut, OutOfFoldClassifier
from ._search import (
    EPS,
    Score,
    as_frequent_as_true,
    choose,
    choose_each,
    greatest_f1,
    greatest_score,
    shrink,
)

CHOICES = {"prevalence": as_frequent_as_true, "f1": greatest_f1}


@public_in("sklearn_hpa")
class MultiLabelThresholdClassifier(OutOfFoldClassifier):
    r"""Tune the threshold of each label on probabilities of held-out samples.

    A threshold of 0.5 is right if probabilities are calibrated and a missed label costs as much as
    a false one. If one image in a hundred has a label, hardly any probability reaches 0.5, and the
    label is never predicted. This meta-estimator keeps the probabilities of any multi-label
    classifier and tunes the thresholds, as
    :class:`~sklearn.model_selection.TunedThresholdClassifierCV` does for one label. The estimator
    is fitted once for each fold and once on all samples, for any number of labels.

    Parameters
    ----------
    estimator : classifier
        Multi-label classifier with ``predict_proba``. The probabilities are one array of shape
        (n_samples, n_labels), or a list of n_labels arrays of shape (n_samples, 2).
    strategy : str, float, array-like of shape (n_labels,) or dict, default="prevalence"
        Method that sets the thresholds, or the thresholds themselves.

        - "prevalence": each label is predicted as often as it is true in the training samples.
        - "f1": the F1 of each label is maximised.
        - Name of a scorer of label sets: its value over all labels together is increased, label by
          label. At most 24 thresholds of each label are tried, so a higher value may exist. The
          scorer is in :data:`~sklearn_hpa.metrics.SCORERS`, such as "exact_match_accuracy",
          "proportional_accuracy" or "f1_micro", or in scikit-learn.
        - A number in [0, 1], one number for each label, or a dict from label names to numbers:
          these are the thresholds, and nothing is tuned.
    cv : int, splitter, iterable of splits or "prefit", default=None
        None is 5 folds. A number of folds gives the folds of
        :class:`~sklearn_hpa.model_selection.MultiLabelStratifiedKFold`, or of
        :class:`~sklearn_hpa.model_selection.MultiLabelStratifiedGroupKFold` if groups are passed to
        `fit`. "prefit" takes a fitted estimator and uses the samples of `fit` only to set the
        thresholds. These samples must be new to the estimator.
    ensure_one_label : bool, default=False
        Whether a sample that reaches no threshold gets the label whose probability is nearest to
        its threshold, by the difference of the logits.
    shrinkage : float, default=10.0
        Number of positives at which a label's own threshold has the same weight as the pooled
        threshold of all labels. 0 leaves each label its own threshold.
    n_jobs : int, default=None
        Number of folds fitted in parallel.
    random_state : int, RandomState instance or None, default=None
        Random seed for shuffling the samples before they are assigned to folds, if `cv` is None or
        a number. None keeps the order of the samples.
    verbose : int, default=0
        If 1, the progress over the folds is shown.

    Attributes
    ----------
    estimator_ : classifier
        Estimator fitted on all samples, or `estimator` itself if `cv` is "prefit".
    thresholds_ : ndarray of shape (n_labels,)
        Lowest probability at which `predict` returns each label.
    own_thresholds_ : ndarray of shape (n_labels,)
        Thresholds before shrinkage; nan for a label without positives.
    pooled_threshold_ : float
        Common threshold of all labels, towards which thresholds are shrunk. With a scorer, it is
        the best of at most 25 thresholds that are tried. nan if the thresholds were given.
    classes_ : ndarray of shape (n_labels, 2)
        [0, 1] for each label.
    label_names_ : ndarray of str
        Column names of a DataFrame `y`, otherwise column numbers.
    n_features_in_ : int
        Number of columns of `X`, if the estimator has this attribute.
    feature_names_in_ : ndarray of str
        Column names of `X`, if the estimator has this attribute.

    See Also
    --------
    MultiLabelCalibratedClassifier : Calibrates the probabilities instead of the thresholds.
    sklearn.model_selection.TunedThresholdClassifierCV : Tunes the threshold of a 1-d binary target.

    Notes
    -----
    The held-out probabilities of all folds are pooled. A threshold lies midway between two
    neighbouring probabilities. The threshold :math:`t_j` of a label with :math:`n_j` positives is

    .. math::

       \operatorname{logit} t_j = w_j \operatorname{logit} u_j
           + (1 - w_j) \operatorname{logit} u,
       \qquad w_j = \frac{n_j}{n_j + \mathtt{shrinkage}}

    where :math:`u_j` is the label's own threshold and :math:`u` is the pooled threshold. The pooled
    threshold is found in the same way, on the probabilities of all labels as one list. With a
    scorer, it is the best of 0.5 and at most 24 other thresholds. A label without positives has the
    threshold :math:`u`. If no label has positives, all thresholds are 0.5.

    For a label that cannot be told from chance, the greatest F1 is at a very low threshold [1]_.
    Without shrinkage, "f1" then predicts the label for nearly every sample. The macro average of F1
    gains little, and all label sets become worse.

    Only the estimator uses sample weights. Thresholds count each sample once.

    References
    ----------
    .. [1] Z. C. Lipton, C. Elkan and B. Naryanaswamy, "Optimal thresholding of classifiers to
       maximize F1 measure", ECML PKDD 2014, LNCS 8725, pp. 225-239,
       https://doi.org/10.1007/978-3-662-44851-9_15.

    Examples
    --------
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.multioutput import MultiOutputClassifier
    >>> from sklearn_hpa import MultiLabelThresholdClassifier
    >>> X, y = make_multilabel_classification(n_samples=300, n_labels=1, random_state=0)
    >>> plain = MultiOutputClassifier(LogisticRegression()).fit(X, y)
    >>> tuned = MultiLabelThresholdClassifier(plain).fit(X, y)
    >>> tuned.thresholds_.round(2)
    array([0.4 , 0.38, 0.35, 0.36, 0.36])

    The frequency of each label in the truth, in predictions from 0.5, and in predictions from the
    tuned thresholds:

    >>> y.mean(axis=0).round(2)
    array([0.19, 0.24, 0.22, 0.19, 0.11])
    >>> plain.predict(X).mean(axis=0).round(2)
    array([0.16, 0.21, 0.19, 0.13, 0.1 ])
    >>> tuned.predict(X).mean(axis=0).round(2)
    array([0.2 , 0.24, 0.22, 0.19, 0.11])
    """

    _parameter_constraints: dict = {
        **OutOfFoldClassifier._parameter_constraints,
        "strategy": [str, Interval(Real, 0, 1, closed="both"), "array-like", dict],
        "ensure_one_label": ["boolean"],
        "shrinkage": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        estimator: BaseEstimator,
        strategy: str | float | ArrayLike | Mapping[str, float] = "prevalence",
        *,
        cv: Any = None,
        ensure_one_label: bool = False,
        shrinkage: float = 10.0,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = False,
    ):
        self.estimator = estimator
        self.strategy = strategy
        self.cv = cv
        self.ensure_one_label = ensure_one_label
        self.shrinkage = shrinkage
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the estimator's probability of each label, as one array.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples, in any form that the estimator accepts.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_labels), float64
            Values in [0, 1].
        """
        check_is_fitted(self)
        return probabilities_of(self.estimator_, X, self.label_names_)

    def predict(self, X: Any) -> np.ndarray:
        """Return the labels whose probability reaches their threshold.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples, in any form that the estimator accepts.

        Returns
        -------
        labels : ndarray of shape (n_samples, n_labels)
            0/1 matrix. With `ensure_one_label`, each row has at least one 1.
        """
        proba = self.predict_proba(X)
        labels = (proba >= self.thresholds_).astype(int)
        if self.ensure_one_label:
            empty = np.flatnonzero(~labels.any(axis=1))
            nearest = (_logit(proba[empty]) - _logit(self.thresholds_)).argmax(axis=1)
            labels[empty, nearest] = 1
        return labels

    def _check_fitted(self) -> None:
        super()._check_fitted()
        if not hasattr(self, "thresholds_"):
            return
        check_numbers(self.thresholds_, "thresholds_", (len(self.label_names_),))
        if not ((self.thresholds_ >= 0) & (self.thresholds_ <= 1)).all():
            raise ValueError("thresholds_ must lie in [0, 1]")

    def _check_before_fit(self, y: ArrayLike) -> Target:
        target = super()._check_before_fit(y)
        if not isinstance(self.strategy, str):
            _read_thresholds(self.strategy, target.label_names)
        elif self.strategy not in CHOICES:
            _label_score(self.strategy, target.values.astype(int))
        return target

    def _needs_held_out(self) -> bool:
        return isinstance(self.strategy, str)

    def _learn(self, target: Target, held_out: HeldOut | None) -> None:
        if held_out is None:
            own, pooled = _read_thresholds(self.strategy, target.label_names), np.nan
            shrunk = own
        else:
            own, pooled = self._search(held_out)
            shrunk = shrink(own, pooled, held_out.n_positives, self.shrinkage)
        self.thresholds_, self.own_thresholds_, self.pooled_threshold_ = shrunk, own, pooled

    def _search(self, held_out: HeldOut) -> tuple[np.ndarray, float]:
        assert isinstance(self.strategy, str)
        proba, truth = held_out.proba, held_out.truth
        if not truth.any():
            return np.full(proba.shape[1], np.nan), 0.5
        if self.strategy in CHOICES:
            choice = CHOICES[self.strategy]
            own = choose_each(proba, truth, choice)
            return own, choose(proba.ravel(), truth.ravel(), choice)
        return greatest_score(proba, truth, _label_score(self.strategy, truth.astype(int)))


def _label_score(name: str, truth: np.ndarray) -> Score:
    """Return a scorer as a function of the predictions, after a test on the truth itself."""
    scorer = _find_scorer(name)

    def score(predicted: np.ndarray) -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            value = float(score_predictions(scorer, truth, predicted.astype(int)))
        return -np.inf if np.isnan(value) else value

    try:
        score(truth)
    except AttributeError as error:
        raise ValueError(
            f"strategy={name!r} scores probabilities, which thresholds do not change; "
            f"{_VALID_STRATEGIES}"
        ) from error
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"strategy={name!r} does not score several labels at once ({error}); "
            f"{_VALID_STRATEGIES}"
        ) from error
    return score


_VALID_STRATEGIES = (
    f"expected {', '.join(map(repr, CHOICES))}, a threshold or one for each label, or a scorer of "
    "label sets such as 'exact_match_accuracy', 'proportional_accuracy' or 'f1_macro'"
)


def _find_scorer(name: str) -> Scorer:
    scorer = find_scorer(name)
    if scorer is not None:
        return scorer
    hint = did_you_mean(name, [*CHOICES, *scorer_names()])
    raise ValueError(
        f"strategy={name!r} is neither a strategy nor a scorer{hint or ':'} {_VALID_STRATEGIES}"
    )


def _read_thresholds(given: Any, label_names: np.ndarray) -> np.ndarray:
    """Return one threshold for each label, from a number, an array or a dict."""
    if isinstance(given, Mapping):
        by_name = {str(name): threshold for name, threshold in given.items()}
        absent = [name for name in label_names if name not in by_name]
        unknown = [name for name in by_name if name not in label_names]
        if absent or unknown:
            raise ValueError(
                "strategy must name each label once:"
                + (f" it lacks {first_dozen(absent)};" if absent else "")
                + (f" no label is called {first_dozen(unknown)};" if unknown else "")
                + f" the labels are {first_dozen(label_names)}"
            )
        given = [by_name[name] for name in label_names]
    check_series_of_labels(given, label_names, "strategy")
    try:
        thresholds = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"strategy holds {given!r}; expected thresholds in [0, 1]") from error
    if thresholds.ndim and thresholds.shape != (len(label_names),):
        raise ValueError(
            f"strategy must be one threshold or one for each of the {len(label_names)} labels, "
            f"got an array of shape {thresholds.shape}"
        )
    thresholds = np.array(np.broadcast_to(thresholds, len(label_names)))
    wrong = np.flatnonzero(~((thresholds >= 0) & (thresholds <= 1)))
    if len(wrong):
        raise ValueError(
            f"strategy gives label {str(label_names[wrong[0]])!r} the threshold "
            f"{thresholds[wrong[0]]:g}; expected one in [0, 1]"
        )
    return thresholds


def _logit(proba: np.ndarray) -> np.ndarray:
    return logit(np.clip(proba, EPS, 1 - EPS))
