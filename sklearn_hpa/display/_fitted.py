"""Search for the fitted classifier in an estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

if TYPE_CHECKING:
    from ..neural_network import MultiLabelMLPClassifier


def find_classifier(estimator: Any, caller: str) -> tuple[MultiLabelMLPClassifier, list[Any]]:
    """Return the fitted classifier in `estimator`, and the pipeline steps before it."""
    from ..neural_network import MultiLabelMLPClassifier

    steps: list[Any] = []
    inner = estimator
    while not isinstance(inner, MultiLabelMLPClassifier):
        if hasattr(inner, "best_estimator_"):
            inner = inner.best_estimator_
        elif isinstance(inner, Pipeline):
            *before, inner = (step for _, step in inner.steps)
            steps += before
        elif hasattr(inner, "param_grid") or hasattr(inner, "param_distributions"):
            check_is_fitted(inner)
            raise ValueError(
                f"{caller} needs the best estimator of the search, which is only there with "
                "refit=True"
            )
        else:
            raise TypeError(
                f"{caller} shows a fitted MultiLabelMLPClassifier, a pipeline that ends in one, "
                f"or a search over either; got {type(inner).__name__}"
            )
    check_is_fitted(inner)
    return inner, steps
