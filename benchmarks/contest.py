"""Time contenders in alternating turns and compute the ratio of each pair of turns."""

from __future__ import annotations

import gc
from collections.abc import Callable
from statistics import median
from time import perf_counter, sleep
from typing import NamedTuple

#: A function that does the work once and returns its seconds.
Turn = Callable[[], float]
#: Seconds before each turn. The threads of a matrix library keep spinning for a while after their
#: last product. They would take a core from the next contender.
PAUSE = 0.5
#: Turns shorter than `SHORT` seconds run `MORE` times as many pairs. The speed of a machine changes
#: from second to second.
SHORT, MORE = 2.0, 5


class Missing(Exception):
    """Raised if a contender is not installed or data is missing."""


class Row(NamedTuple):
    """One line of the table.

    Attributes
    ----------
    name : str
    unit : str
        The unit of work that the seconds of a turn belong to.
    contenders : dict of str to callable
        Prepares a contender and returns its `Turn`. Raises `Missing` if the contender cannot run.
        The first contender is this library.
    aims : dict of str to str
        The aim for our time, by contender: ">= 2" means at least 2 times as fast as the contender.
        "<= 1.1" means at most 1.1 times its seconds.
    notes : callable
        Returns a text with other counts, after all turns.
    long : bool
        Whether a turn takes minutes. The row then has one pair and no warm-up.
    """

    name: str
    unit: str
    contenders: dict[str, Callable[[], Turn]]
    aims: dict[str, str] = {}
    notes: Callable[[], str] = lambda: ""
    long: bool = False


class Result(NamedTuple):
    """Our seconds, the seconds of one contender, and the ratio of each pair of turns."""

    row: str
    unit: str
    contender: str
    ours: list[float]
    theirs: list[float]
    aim: str
    note: str

    @property
    def ratios(self) -> list[float]:
        """Their seconds over ours, or our seconds over theirs if the aim starts with ``<=``."""
        pairs = zip(self.ours, self.theirs, strict=True)
        if self.aim.startswith("<="):
            return [ours / theirs for ours, theirs in pairs]
        return [theirs / ours for ours, theirs in pairs]

    @property
    def met(self) -> bool | None:
        if not self.aim or not self.ours:
            return None
        wanted = float(self.aim.split()[1])
        ratio = median(self.ratios)
        return ratio <= wanted if self.aim.startswith("<=") else ratio >= wanted


def hold(row: Row, pairs: int, pause: float = PAUSE, more: int = MORE) -> list[Result]:
    """Time our library and each other contender in alternating turns, after one warm-up.

    Parameters
    ----------
    row : Row
    pairs : int
        Number of pairs for turns that take seconds.
    pause : float
        Seconds before each turn.
    more : int
        Factor on the number of pairs for short turns.
    """
    (ours, make_ours), *others = row.contenders.items()
    turn_ours = make_ours()
    results = []
    for name, make in others:
        aim = row.aims.get(name, "")
        try:
            turn_theirs = make()
        except Missing as reason:
            results.append(Result(row.name, row.unit, name, [], [], aim, str(reason)))
            continue
        n_pairs = 1
        if not row.long:
            start = perf_counter()
            turn_ours()
            turn_theirs()
            n_pairs = pairs * more if perf_counter() - start < 2 * SHORT else pairs
        mine, theirs = [], []
        for number in range(n_pairs):
            order = [(turn_ours, mine), (turn_theirs, theirs)]
            for turn, seconds in order if number % 2 == 0 else order[::-1]:
                gc.collect()
                sleep(pause)
                seconds.append(turn())
        del turn_theirs
        results.append(Result(row.name, row.unit, name, mine, theirs, aim, row.notes()))
    return results


def timed(work: Callable[[], object], times: int = 1) -> Turn:
    """Return a turn that measures the wall-clock time of the work, as a median over `times`."""

    def turn() -> float:
        seconds = []
        for _ in range(times):
            start = perf_counter()
            work()
            seconds.append(perf_counter() - start)
        return median(seconds)

    return turn
