"""Helpers of all estimators: documentation links, clean failure of `fit`, parts, public names."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import BuiltinFunctionType, FunctionType, ModuleType, NoneType
from typing import Any, Self, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin

from .alignment import check_aligned, check_labels_of
from .messages import did_you_mean

#: The documentation site. The environment variable can name another copy, such as a local build.
SITE = os.environ.get("SKLEARN_HPA_DOCS_URL", "https://sklearn-hpa.readthedocs.io/en/stable")

Public = TypeVar("Public", bound=Any)


class DocumentedMixin:
    """Link the HTML representation of an estimator to its page, and suggest parameter names."""

    _doc_link_module = "sklearn_hpa"
    _doc_link_template = SITE.rstrip("/") + "/api/generated/sklearn_hpa.{estimator_name}.html"

    def set_params(self, **params: Any) -> Self:
        """Set parameters of this estimator and of the estimators in it.

        Parameters
        ----------
        **params : dict
            Parameters by name. A parameter of a nested estimator has the prefix of its name and two
            underscores, such as ``images__size``.

        Returns
        -------
        self : estimator
            This estimator.

        Raises
        ------
        ValueError
            If there is no parameter of this name. The message suggests the nearest one.
        """
        known = [name for name in self.get_params() if "__" not in name]  # type: ignore[attr-defined]
        unknown = [name for name in params if name.partition("__")[0] not in known]
        if unknown:
            raise ValueError(_unknown_parameters(type(self).__name__, unknown, known))
        return cast(Self, super().set_params(**params))  # type: ignore[misc]


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
    """Mark a class or function as public.

    Its ``__module__`` becomes the public package. Model files and pickles store this name, so
    private modules can be moved. A misspelt parameter of the function, or of the constructor, is
    a TypeError that suggests the nearest name.
    """

    def moved(each: Public) -> Public:
        if not isinstance(each, type):
            each = _suggesting_names(each, each.__name__)
        elif isinstance(init := inspect.getattr_static(each, "__init__"), FunctionType):
            setattr(each, "__init__", _suggesting_names(init, each.__name__))  # noqa: B010
        each.__module__ = package
        return each

    return moved


def _suggesting_names(function: Any, caller: str) -> Any:
    """Let a function refuse a misspelt keyword with the nearest parameter in the message."""
    parameters = inspect.signature(function).parameters.values()
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return function
    known = [each.name for each in parameters if each.name != "self"]

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        if not kwargs.keys() <= accepted:
            unknown = [name for name in kwargs if name not in accepted]
            raise TypeError(_unknown_parameters(caller, unknown, known))
        return function(*args, **kwargs)

    accepted = frozenset(known)
    return called


def _unknown_parameters(caller: str, unknown: list[str], known: list[str]) -> str:
    """Return a sentence that names unknown parameters, the nearest ones and all known ones."""
    hint = did_you_mean([name.partition("__")[0] for name in unknown], known)
    return (
        f"{caller} has no {'parameter' if len(unknown) == 1 else 'parameters'} "
        f"{', '.join(map(repr, unknown))}{hint or ';'} "
        f"{'Its' if hint else 'its'} parameters are {', '.join(known)}"
    )
