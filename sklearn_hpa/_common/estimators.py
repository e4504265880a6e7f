"""Helpers of all estimators: documentation links, clean failure of `fit`, parts, public names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import BuiltinFunctionType, FunctionType, ModuleType, NoneType
from typing import Any, TypeVar

import numpy as np

#: The documentation site. The environment variable can name another copy, such as a local build.
SITE = os.environ.get("SKLEARN_HPA_DOCS_URL", "https://sklearn-hpa.readthedocs.io/en/stable")

Public = TypeVar("Public", bound=Any)


class DocumentedMixin:
    """Link the HTML representation of an estimator to its page on the documentation site."""

    _doc_link_module = "sklearn_hpa"
    _doc_link_template = SITE.rstrip("/") + "/api/generated/sklearn_hpa.{estimator_name}.html"


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
