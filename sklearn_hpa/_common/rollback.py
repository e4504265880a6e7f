"""Estimators that stay as they were where a fit does not succeed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def undone_on_failure(estimator: Any) -> Iterator[None]:
    """Give an estimator its attributes back where the block fails or is interrupted."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise
