"""What a fitted classifier answers."""

from __future__ import annotations

from typing import Any


def predict_proba_of(estimator: Any, X: Any) -> Any:
    """The probabilities, or an error that says that the estimator gives none."""
    if not hasattr(estimator, "predict_proba"):
        raise AttributeError(
            f"{type(estimator).__name__} has no predict_proba; expected a classifier that gives "
            "probabilities. Pass scores of another kind to from_predictions."
        )
    return estimator.predict_proba(X)
