"""Helpers of all estimators: documentation links, clean failure of `fit`, parts, public names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import BuiltinFunctionType, FunctionType, ModuleType, NoneType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin

from .alignment import check_aligned, check_labels_of

#: The documentation site. The environment variable can name another copy, such as a local build.
SITE = os.environ.get("SKLEARN_HPA_DOCS_URL", "https://sklearn-hpa.readthedocs.io/en/stable")

Public = TypeVar("Public", bound=Any)


class DocumentedMixin:
    """Link the HTML representation of an estimator to its page on the documentation site."""

    _doc_link_module = "sklearn_hpa"
    _doc_link_template = SITE.rstrip("/") + "/api/generated/sklearn_hpa.{estimator_name}.html"


class CheckedScoreMixin(ClassifierMixin):  # type: ignore[misc]
    """scikit-learn's classifier mixin, with a `score` that compares the order of the rows."""

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """Return the fraction of samples with an exactly predicted label set or class.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples, in the form of `fit`.
        y : DataFrame, array-like or sparse matrix of shape (n_samples, n_labels), or 1-d
            True labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample.

        Returns
        -------
        score : float
            Value in [0, 1].

        Raises
        ------
        ValueError
            If the indexes of `X`, `y` and `sample_weight` have the same Ids in different orders, or
            if the columns of `y` are not the labels of `fit` in their order.
        """
        check_aligned(X=X, y=y, sample_weight=sample_weight)
        check_labels_of(self, y)
        return float(super().score(X, y, sample_weight))


@contextmanager
def undone_on_failure(estimator: Any) -> Iterator[None]:
    """Restore the attributes of an estimator if the block fails or is interrupted."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def parts_of(estimator: Any) -> Iterator[Any]:
    """Yield an estimator and everything in its state, each object once.

    The state of an object is the one that a pickle would hold. Lists, tuples, dicts and arrays of
    objects are searched too.
    """
    waiting, seen = [estimator], {}
    while waiting:
        part = waiting.pop()
        if id(part) in seen or isinstance(part, _WITHOUT_PARTS):
            continue
        seen[id(part)] = part  # kept, because a new object could get the id of a deleted one
        yield part
        if isinstance(part, Mapping):
            waiting.extend(part.values())
        elif isinstance(part, list | tuple | set):
            waiting.extend(part)
        elif isinstance(part, np.ndarray):
            if part.dtype == object:
                waiting.extend(part.ravel().tolist())
        else:
            with suppress(Exception):  # it cannot be pickled, and so not saved
                waiting.append(part.__getstate__())


_WITHOUT_PARTS = (
    NoneType,
    str,
    bytes,
    int,
    float,
    np.generic,
    type,
    ModuleType,
    FunctionType,
    BuiltinFunctionType,
)


def public_in(package: str) -> Callable[[Public], Public]:
    """Set ``__module__`` of a class or function to the public package.

    Model files and pickles store this name, so private modules can be moved.
    """

    def moved(each: Public) -> Public:
        each.__module__ = package
        return each

    return moved
