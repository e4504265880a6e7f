"""The table of metrics, in the order of the report, and their scorers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sklearn.metrics import make_scorer

from .._labels.indicator import Indicator
from .._labels.responses import Scores
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
        scorer: Callable[..., float] = make_scorer(
            self.function,
            response_method=self.response_method,
            greater_is_better=self.greater_is_better,
            **self.arguments,
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
