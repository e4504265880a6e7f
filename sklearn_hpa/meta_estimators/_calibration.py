"""Calibration of probabilities, with one map per label."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit
from sklearn.base import BaseEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from .._common.caller import warn_caller
from .._common.estimators import public_in
from .._common.fitted import check_numbers
from .._common.messages import first_dozen
from .._common.sklearn_private import Interval, StrOptions
from .._labels.responses import probabilities_of
from .._labels.target import Target
from ._out_of_fold import HeldOut, OutOfFoldClassifier

EPS = np.finfo(np.float64).eps
MAX_STEPS = 100


@public_in("sklearn_hpa")
class MultiLabelCalibratedClassifier(OutOfFoldClassifier):
    r"""Calibrate the probabilities of each label on held-out samples.

    Calibrated probabilities agree with frequencies: of the images with a probability of 0.8 for a
    label, eight in ten have the label. A network that is trained for long, or with weighted labels,
    is overconfident. This meta-estimator learns, for each label, a map from given to calibrated
    probabilities, as :class:`~sklearn.calibration.CalibratedClassifierCV` does for one 1-d target.
    The estimator is fitted once for each fold and once on all samples, for any number of labels.

    Parameters
    ----------
    estimator : classifier
        Multi-label classifier with ``predict_proba``. The probabilities are one array of shape
        (n_samples, n_labels), or a list of n_labels arrays of shape (n_samples, 2).
    method : {"sigmoid", "isotonic"}, default="sigmoid"
        "sigmoid" learns two numbers per label, and never reverses the order of its probabilities.
        Extreme probabilities may become equal, see the Notes. "isotonic" learns any increasing
        step-like curve, and needs hundreds of positives per label. It gives equal probabilities to
        samples that differed.
    cv : int, splitter, iterable of splits or "prefit", default=None
        None is 5 folds. A number of folds gives the folds of
        :class:`~sklearn_hpa.model_selection.MultiLabelStratifiedKFold`, or of
        :class:`~sklearn_hpa.model_selection.MultiLabelStratifiedGroupKFold` if groups are passed to
        `fit`. "prefit" takes a fitted estimator and uses the samples of `fit` only for calibration.
        These samples must be new to the estimator.
    min_positives : int, default=10
        A label with fewer positive or fewer negative samples keeps the estimator's probabilities.
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
    calibrators_ : list of callable or None
        For each label, a map from an array of the estimator's probabilities to calibrated ones, or
        None if the label keeps them. With "sigmoid", a map has a ``slope`` and an ``intercept``. A
        slope below 1 means that the estimator is overconfident.
    uncalibrated_labels_ : ndarray of str
        Labels that keep the estimator's probabilities.
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
    MultiLabelThresholdClassifier : Tunes the thresholds instead of the probabilities, and accepts
        this classifier as its estimator.
    sklearn.calibration.CalibratedClassifierCV : Calibrates a classifier of a 1-d target.

    Notes
    -----
    The held-out probabilities :math:`p_i` of all folds are pooled. "sigmoid" is Platt's scaling
    [1]_ of the logits. It finds the slope :math:`a` and intercept :math:`b` that maximise

    .. math::

       \sum_i t_i \log q_i + (1 - t_i) \log (1 - q_i), \qquad
       \operatorname{logit} q_i = a \operatorname{logit} p_i + b,

    by Newton's method [2]_. The targets :math:`t_i` are smoothed, as in [1]_. They are :math:`(n_+
    + 1) / (n_+ + 2)` instead of 1 for the :math:`n_+` samples with the label, and :math:`1 / (n_- +
    2)` instead of 0 for the :math:`n_-` other samples, so that few samples never give certainty. A
    probability of exactly 0, which forests can give, counts as half of the smallest other
    probability, and a probability of 1 is treated likewise. `predict_proba` limits new
    probabilities to the same range, so samples beyond it get equal probabilities. A label whose
    best slope is not positive keeps the estimator's probabilities, because its held-out
    probabilities carry no information or contradict the truth.

    "isotonic" is :class:`~sklearn.isotonic.IsotonicRegression` [3]_, limited to the range between
    the two values of :math:`t` above.

    All probabilities are strictly inside (0, 1). `predict` returns a label if its probability is at
    least 0.5. Only the estimator uses sample weights. Calibration counts each sample once.

    References
    ----------
    .. [1] J. Platt, "Probabilistic outputs for support vector machines and comparisons to
       regularized likelihood methods", in Advances in Large Margin Classifiers, MIT Press, 1999,
       pp. 61-74.
    .. [2] H.-T. Lin, C.-J. Lin and R. C. Weng, "A note on Platt's probabilistic outputs for
       support vector machines", Machine Learning 68, 2007, pp. 267-276,
       https://doi.org/10.1007/s10994-007-5018-6.
    .. [3] B. Zadrozny and C. Elkan, "Transforming classifier scores into accurate multiclass
       probability estimates", KDD 2002, pp. 694-699, https://doi.org/10.1145/775047.775151.

    Examples
    --------
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from sklearn.multioutput import MultiOutputClassifier
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn_hpa import MultiLabelCalibratedClassifier
    >>> from sklearn_hpa.metrics import multilabel_log_loss
    >>> X, y = make_multilabel_classification(n_samples=400, random_state=0)
    >>> too_sure = MultiOutputClassifier(GaussianNB()).fit(X[:200], y[:200])
    >>> calibrated = MultiLabelCalibratedClassifier(too_sure).fit(X[:200], y[:200])
    >>> [round(each.slope, 2) for each in calibrated.calibrators_]
    [0.38, 0.31, 0.37, 0.33, 0.39]
    >>> round(multilabel_log_loss(y[200:], too_sure.predict_proba(X[200:])), 2)
    0.62
    >>> round(multilabel_log_loss(y[200:], calibrated.predict_proba(X[200:])), 2)
    0.49
    """

    _parameter_constraints: dict = {
        **OutOfFoldClassifier._parameter_constraints,
        "method": [StrOptions({"sigmoid", "isotonic"})],
        "min_positives": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        estimator: BaseEstimator,
        method: Literal["sigmoid", "isotonic"] = "sigmoid",
        *,
        cv: Any = None,
        min_positives: int = 10,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = False,
    ):
        self.estimator = estimator
        self.method = method
        self.cv = cv
        self.min_positives = min_positives
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the calibrated probability of each label.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples, in any form that the estimator accepts.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_labels), float64
            Values strictly inside (0, 1).
        """
        check_is_fitted(self)
        proba = probabilities_of(self.estimator_, X, self.label_names_)
        for column, calibrator in zip(proba.T, self.calibrators_, strict=True):
            if calibrator is not None:
                column[:] = calibrator(column)
        return np.clip(proba, EPS, 1 - EPS)

    def predict(self, X: Any) -> np.ndarray:
        """Return the labels whose calibrated probability is at least 0.5.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples, in any form that the estimator accepts.

        Returns
        -------
        labels : ndarray of shape (n_samples, n_labels)
            0/1 matrix.
        """
        return (self.predict_proba(X) >= 0.5).astype(int)

    def _check_fitted(self) -> None:
        super()._check_fitted()
        if not hasattr(self, "calibrators_"):
            return
        if not isinstance(self.calibrators_, list) or not all(
            each is None or callable(each) for each in self.calibrators_
        ):
            raise ValueError("calibrators_ must be a list of callables and None")
        if len(self.calibrators_) != len(self.label_names_):
            raise ValueError(
                f"it has {len(self.calibrators_)} calibrators for {len(self.label_names_)} labels"
            )

    def _learn(self, target: Target, held_out: HeldOut | None) -> None:
        assert held_out is not None
        rarer = np.minimum(held_out.n_positives, held_out.n_negatives)
        rare = rarer < self.min_positives
        fit = SigmoidCalibrator.fit if self.method == "sigmoid" else IsotonicCalibrator.fit
        columns = zip(held_out.proba.T, held_out.truth.T, rare, strict=True)
        # The last bits of a matrix product depend on the number of threads.
        with threadpool_limits(1, user_api="blas"):
            calibrators = [
                None if too_few else fit(column, truth) for column, truth, too_few in columns
            ]
        reversed_ = np.array(
            [isinstance(each, SigmoidCalibrator) and each.slope <= 0 for each in calibrators]
        )
        names = target.label_names
        reasons = []
        if rare.any():
            named = [f"{names[label]} ({rarer[label]})" for label in np.flatnonzero(rare)]
            reasons.append(
                f"fewer than min_positives={self.min_positives} samples have, or lack, "
                f"{first_dozen(named)}"
            )
        if reversed_.any():
            reasons.append(
                "held-out probabilities do not rise with the truth of "
                f"{first_dozen(names[reversed_])}"
            )
        if reasons:
            warn_caller(
                f"{np.count_nonzero(rare | reversed_)} of {len(names)} labels keep the "
                f"estimator's probabilities, uncalibrated: {'; '.join(reasons)}"
            )
        self.calibrators_ = [
            None if backwards else each
            for each, backwards in zip(calibrators, reversed_, strict=True)
        ]
        self.uncalibrated_labels_ = names[rare | reversed_]


@public_in("sklearn_hpa.meta_estimators")
@dataclass(eq=False)
class SigmoidCalibrator:
    """Platt's scaling of one label: a linear function of the logits.

    Attributes
    ----------
    slope, intercept : float
        Parameters of the linear function.
    lowest, highest : float
        Limits of the probabilities, because 0 and 1 have no logit. Each limit is halfway between 0
        or 1 and the nearest other probability in training.
    """

    slope: float
    intercept: float
    lowest: float
    highest: float

    @classmethod
    def fit(cls, proba: np.ndarray, truth: np.ndarray) -> SigmoidCalibrator:
        between = proba[(proba > EPS) & (proba < 1 - EPS)]
        # If all probabilities are 0 or 1, the limits are arbitrary: the fitted line adapts.
        least, greatest = (between.min(), between.max()) if len(between) else (0.5, 0.5)
        ends = least / 2, (1 + greatest) / 2
        return cls(*fit_sigmoid(logit(np.clip(proba, *ends)), truth), *map(float, ends))

    def _check_fitted(self) -> None:
        numbers = self.slope, self.intercept, self.lowest, self.highest
        check_numbers(np.array(numbers), "slope, intercept and limits", (4,))
        if not 0 < self.lowest <= self.highest < 1:
            raise ValueError(f"its limits are {self.lowest:g} and {self.highest:g}")

    def __call__(self, proba: ArrayLike) -> np.ndarray:
        logits = logit(np.clip(proba, self.lowest, self.highest))
        return expit(self.slope * logits + self.intercept)


@public_in("sklearn_hpa.meta_estimators")
@dataclass(eq=False)
class IsotonicCalibrator:
    """An increasing curve of one label, stored as its knots."""

    proba: np.ndarray
    calibrated: np.ndarray

    @classmethod
    def fit(cls, proba: np.ndarray, truth: np.ndarray) -> IsotonicCalibrator:
        curve = IsotonicRegression().fit(proba, truth)
        return cls(curve.X_thresholds_, np.clip(curve.y_thresholds_, *platt_targets(truth)))

    def _check_fitted(self) -> None:
        n_knots = len(self.proba)
        check_numbers(self.proba, "proba", (n_knots,))
        check_numbers(self.calibrated, "calibrated", (n_knots,))
        if not n_knots or (np.diff(self.proba) < 0).any():
            raise ValueError("proba must increase")
        if not ((self.calibrated >= 0) & (self.calibrated <= 1)).all():
            raise ValueError("calibrated must lie in [0, 1]")

    def __call__(self, proba: ArrayLike) -> np.ndarray:
        return np.interp(np.asarray(proba), self.proba, self.calibrated)


def platt_targets(truth: np.ndarray) -> tuple[float, float]:
    """Return Platt's smoothed targets of the negatives and of the positives."""
    n_positives = np.count_nonzero(truth)
    n_negatives = len(truth) - n_positives
    return 1 / (n_negatives + 2), (n_positives + 1) / (n_positives + 2)


def fit_sigmoid(scores: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Return slope and intercept of the sigmoid of greatest likelihood.

    The fit is a logistic regression without penalty on doubled samples. Each sample counts as a
    positive with the weight of its target, and as a negative with the remaining weight.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,)
        Finite scores.
    truth : ndarray of shape (n_samples,), bool
        Whether each sample has the label.
    """
    no, yes = platt_targets(truth)
    targets = np.where(truth, yes, no)
    center, scale = scores.mean(), scores.std()
    if scale <= 10 * EPS * max(1.0, abs(center)):
        return 0.0, float(logit(targets.mean()))
    standard = ((scores - center) / scale)[:, np.newaxis]
    regression = LogisticRegression(
        C=np.inf, solver="newton-cholesky", tol=1e-10, max_iter=MAX_STEPS
    )
    regression.fit(
        np.concatenate([standard, standard]),
        np.repeat([1, 0], len(scores)),
        sample_weight=np.concatenate([targets, 1 - targets]),
    )
    slope = regression.coef_[0, 0] / scale
    return float(slope), float(regression.intercept_[0] - slope * center)
