"""Warnings that point at the line of the user."""

from __future__ import annotations

import sys
import warnings

#: Packages whose frames are between the line of the user and the warning.
_BETWEEN = ("sklearn_hpa", "sklearn", "joblib")


def warn_caller(message: str, category: type[Warning] = UserWarning) -> None:
    """Issue a warning that points at the nearest line outside this library and scikit-learn."""
    frame, stacklevel = sys._getframe(1), 2
    while frame.f_back is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] not in _BETWEEN:
            break
        frame, stacklevel = frame.f_back, stacklevel + 1
    warnings.warn(message, category, stacklevel=stacklevel)
