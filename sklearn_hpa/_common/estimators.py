"""Helpers of all estimators: documentation links, clean failure of `fit`, public module names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

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


def public_in(package: str) -> Callable[[Public], Public]:
    """Set ``__module__`` of a class or function to the public package.

    Model files and pickles store this name, so private modules can be moved.
    """

    def moved(each: Public) -> Public:
        each.__module__ = package
        return each

    return moved
