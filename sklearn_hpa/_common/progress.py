"""Progress of long work: shown as a bar, and told to a listener."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


class Step(NamedTuple):
    """One step of long work.

    Attributes
    ----------
    activity : str
        The work, such as "measuring images".
    unit : str
        Noun of the things that are counted, such as "image" or "epoch".
    done, total : int
        Number of things that are done, and of all things.
    found : int
        Number of things that were done before, such as images whose rows are cached.
    """

    activity: str
    unit: str
    done: int
    total: int
    found: int = 0


Listener: TypeAlias = Callable[[Step], None]
_listeners: list[Listener] = []


@contextmanager
def told_to(listener: Listener) -> Iterator[None]:
    """Tell a listener the steps of all work in the block that is done in this process."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def tell_step(step: Step) -> None:
    """Tell a step to all listeners."""
    for listener in _listeners:
        listener(step)


def tracked(
    items: Iterable[Item], activity: str, total: int, *, unit: str, found: int = 0, shown: bool
) -> Iterator[Item]:
    """Yield items, and tell the listeners how many are done.

    Parameters
    ----------
    items : iterable
        The results of the work that is left.
    activity, unit : str
        As in `Step`.
    total : int
        Number of all things, including `found`.
    found : int, default=0
        Number of things that were done before.
    shown : bool
        Whether to show a progress bar on standard error.

    Examples
    --------
    >>> with told_to(lambda step: print(f"{step.done} of {step.total} {step.unit}s")):
    ...     rows = list(tracked("ab", "reading", 3, unit="image", found=1, shown=False))
    1 of 3 images
    2 of 3 images
    3 of 3 images
    """
    tell_step(Step(activity, unit, found, total, found))
    bar = tqdm(items, activity, total, unit=unit, initial=found, disable=not shown)
    for done, item in enumerate(bar, found + 1):
        yield item
        tell_step(Step(activity, unit, done, total, found))
