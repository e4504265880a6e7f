"""The table of metrics, in the order of the report, and their scorers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .._common.alignment import check_aligned, check_labels_of
from .._common.estimators import public_in
from .._common.sklearn_private import SCORER_TYPE
from .._labels.indicator import Indicator
from .._labels.responses import Scores, stack_probabilities
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


@public_in("sklearn_hpa.metrics")
class LabelScorer(SCORER_TYPE):
    """Scorer that also reads the probabilities of labels of which one value occurred in training.

    A forest gives a list with one array for each label, and its ``classes_`` name the columns.
    """

    def _score(
        self, method_caller: Any, estimator: Any, X: Any, y_true: Any, **kwargs: Any
    ) -> float:
        check_aligned(X=X, y_true=y_true, sample_weight=kwargs.get("sample_weight"))
        check_labels_of(estimator, y_true, "y_true")

        def respond(estimator: Any, *args: Any, **options: Any) -> Any:
            response = method_caller(estimator, *args, **options)
            classes = getattr(estimator, "classes_", None)
            if not isinstance(response, list) or classes is None:
                return response
            return stack_probabilities(response, classes, type(estimator).__name__)

        score: float = super()._score(respond, estimator, X, y_true, **kwargs)
        return score


@dataclass(frozen=True)
class Metric:
    """One metric: its row in the report and, with its sign, its key in `SCORERS`."""

    name: str
    function: Callable[..., float]
    arguments: Mapping[str, str] = field(default_factory=dict)
    response_method: Literal["predict", "predict_proba"] = "predict"
    greater_is_better: bool = True

    @property
    def scorer_name(self) -> str:
        return self.name if self.greater_is_better else f"neg_{self.name}"

    @property
    def scorer(self) -> Callable[..., float]:
        sign = 1 if self.greater_is_better else -1
        scorer: Callable[..., float] = LabelScorer(
            self.function, sign, dict(self.arguments), self.response_method
        )
        return scorer

    def score(self, truth: Indicator, response: Indicator | Scores) -> float:
        return self.function(truth, response, **self.arguments)


_MACRO, _MICRO = {"average": "macro"}, {"average": "micro"}
_PROBA: Literal["predict_proba"] = "predict_proba"

METRICS: tuple[Metric, ...] = (
    Metric("proportional_accuracy", proportional_accuracy_score),
    Metric("exact_match_accuracy", exact_match_accuracy_score),
    Metric("precision_micro", multilabel_precision_score, _MICRO),
    Metric("recall_micro", multilabel_recall_score, _MICRO),
    Metric("f1_micro", multilabel_f1_score, _MICRO),
    Metric("label_accuracy", label_accuracy_score),
    Metric("precision_macro", multilabel_precision_score, _MACRO),
    Metric("recall_macro", multilabel_recall_score, _MACRO),
    Metric("f1_macro", multilabel_f1_score, _MACRO),
    Metric("average_precision_macro", multilabel_average_precision_score, _MACRO, _PROBA),
    Metric("average_precision_micro", multilabel_average_precision_score, _MICRO, _PROBA),
    Metric(
        "label_ranking_average_precision",
        label_ranking_average_precision_score,
        response_method=_PROBA,
    ),
    Metric("coverage_error", coverage_error, response_method=_PROBA, greater_is_better=False),
    Metric(
        "multilabel_log_loss", multilabel_log_loss, response_method=_PROBA, greater_is_better=False
    ),
    Metric(
        "multilabel_brier_score",
        multilabel_brier_score,
        response_method=_PROBA,
        greater_is_better=False,
    ),
)

SCORERS: dict[str, Callable[..., float]] = {m.scorer_name: m.scorer for m in METRICS}
"""Scorers of all metrics by name. The docstring of the package states their conventions."""
