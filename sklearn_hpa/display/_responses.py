"""What a fitted classifier answers."""

from __future__ import annotations

from typing import Any

import numpy as np


def predict_proba_of(estimator: Any, X: Any, n_labels: int | None = None) -> Any:
    """The probabilities, or an error that says that the estimator gives none.

    A classifier of one label may answer with two columns, the second being that of the label: with
    `n_labels` 1 this is taken.
    """
    if not hasattr(estimator, "predict_proba"):
        raise AttributeError(
            f"{type(estimator).__name__} has no predict_proba; expected a classifier that gives "
            "probabilities. Pass scores of another kind to from_predictions."
        )
    proba = estimator.predict_proba(X)
    if n_labels == 1 and getattr(proba, "shape", (0,))[1:] == (2,):
        return np.asarray(proba)[:, 1:]
    return proba
