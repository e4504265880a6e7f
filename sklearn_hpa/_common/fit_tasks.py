"""Tasks of a fit, which scikit-learn's callbacks follow.

``sklearn.callback`` is experimental and came with scikit-learn 1.9. This module is the only one
that imports it or uses its private names, which are ``_init_callback_context``,
``_skl_callbacks`` and ``_parent_callback_ctx``. With an earlier version there are no callbacks, and
the tasks do nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

from sklearn.base import BaseEstimator

from .estimators import parts_of

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn 1.8 and earlier

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands for the mixin of scikit-learn 1.9."""

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """Stand for the decorator of scikit-learn 1.9."""
        return method


__all__ = [
    "NO_TASK",
    "CallbackSupportMixin",
    "FitTask",
    "n_portions",
    "with_callbacks",
    "without_callbacks",
]

#: Greatest number of parts in which a loop over many items is reported, such as images.
MOST_PORTIONS = 100

Item = TypeVar("Item")


class FitTask:
    """A task of a fit: the fit itself, or an epoch or a fold of it.

    Parameters
    ----------
    estimator : estimator
        Estimator whose fit this is.
    context : sklearn.callback.CallbackContext or None
        None without callbacks: all methods then do nothing.
    data : dict
        Samples of the task: `X`, `y` and `metadata`, such as sample weights.
    """

    def __init__(self, estimator: Any, context: Any, **data: Any):
        self.estimator = estimator
        self.context = context
        self.data = data

    @classmethod
    def root(cls, estimator: Any, n_parts: int | None, **data: Any) -> FitTask:
        """Begin the task of a whole fit. The calling method is decorated by `with_callbacks`.

        Parameters
        ----------
        estimator : estimator
            Estimator with a `CallbackSupportMixin`.
        n_parts : int or None
            Greatest number of parts of the task; None if unknown.
        **data : samples of the task
        """
        state = vars(estimator)
        if "_skl_callbacks" not in state and "_parent_callback_ctx" not in state:
            return cls(None, None)
        context = estimator._init_callback_context(max_subtasks=n_parts)
        return cls(estimator, context, **data).begin()

    def __bool__(self) -> bool:
        """Tell whether callbacks follow the task."""
        return self.context is not None

    def part(self, name: str, n_parts: int = 0, *, with_data: bool = True) -> FitTask:
        """Return the next part of the task, before it begins.

        Parameters
        ----------
        name : str
            Name of the part, in the singular.
        n_parts : int, default=0
            Number of parts that the part has itself.
        with_data : bool, default=True
            Whether the part has the samples of this task.
        """
        if self.context is None:
            return self
        context = self.context.subcontext(name, max_subtasks=n_parts)
        return FitTask(self.estimator, context, **self.data if with_data else {})

    def begin(self) -> FitTask:
        """Tell the callbacks that the task begins."""
        if self.context is not None:
            self.context.call_on_fit_task_begin(estimator=self.estimator, **self.data)
        return self

    def end(self, state: dict[str, Any] | Callable[[], dict[str, Any]] | None = None) -> bool:
        """Tell the callbacks that the task has ended, and return whether one of them says stop.

        Parameters
        ----------
        state : dict or callable that returns it, optional
            Attributes that make a copy of the estimator a fitted one, as if its fit ended here. A
            callable is called if a callback asks for the fitted estimator.
        """
        if self.context is None:
            return False
        return bool(
            self.context.call_on_fit_task_end(
                estimator=self.estimator, reconstruction_attributes=state, **self.data
            )
        )

    def handing_over(self, inner: Any) -> AbstractContextManager[Any]:
        """Let the callbacks follow the fit of an inner estimator, which is the whole task."""
        if self.context is None:
            return nullcontext()
        return self.context.propagate_callback_context(inner)  # type: ignore[no-any-return]

    def over(self, items: Iterable[Item], name: str, n_items: int, done: int = 0) -> Iterator[Item]:
        """Yield the items of a loop, and report `n_portions` portions of them as parts.

        A part keeps memory until the end of the fit, so a part stands for several items.

        Parameters
        ----------
        items : iterable
        name : str
            Name of a portion.
        n_items : int
            Number of all items.
        done : int, default=0
            Number of items that were done before the loop, and are not in `items`.
        """
        n_reported = 0

        def report(done: int) -> None:
            nonlocal n_reported
            for _ in range(done * n_portions(n_items) // max(n_items, 1) - n_reported):
                self.part(name, with_data=False).begin().end()
                n_reported += 1

        if self:
            report(done)
        for number, item in enumerate(items, start=done + 1):
            yield item
            if self:
                report(number)


#: The task of a fit without callbacks.
NO_TASK = FitTask(None, None)


def n_portions(n_items: int) -> int:
    """Return the number of parts in which a loop over many items is reported."""
    return min(n_items, MOST_PORTIONS)


@contextmanager
def without_callbacks(estimator: Any) -> Iterator[None]:
    """Take scikit-learn's callbacks from an estimator, and from everything in it, in the block."""
    holders = [each for each in parts_of(estimator) if "_skl_callbacks" in _state(each)]
    taken = [(each, vars(each).pop("_skl_callbacks")) for each in holders]
    try:
        yield
    finally:
        for part, callbacks in taken:
            part._skl_callbacks = callbacks


def _state(part: Any) -> dict[str, Any]:
    return getattr(part, "__dict__", {}) if isinstance(part, BaseEstimator) else {}
