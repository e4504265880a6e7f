"""Who is faster: contenders take turns, and each turn gives a ratio."""

from __future__ import annotations

import gc
from collections.abc import Callable
from statistics import median
from time import perf_counter, sleep
from typing import NamedTuple

#: Does the work once and gives its seconds.
Turn = Callable[[], float]
#: Seconds before each turn. The threads of a matrix library go on spinning for a while after its
#: last product, and would take a core from whoever comes next.
PAUSE = 0.5
#: A machine's speed drifts by the second, so turns shorter than this many seconds have more pairs.
SHORT, MORE = 2.0, 5


class Missing(Exception):
    """A contender that is not installed, or data that is not there."""


class Row(NamedTuple):
    """One line of the table.

    Attributes
    ----------
    name : str
    unit : str
        What a turn's seconds are those of.
    contenders : dict of str to callable
        Gives a contender's `Turn`, all set up; raises `Missing` where it cannot. Ours is the first.
    aims : dict of str to str
        What our time should be, by contender: ">= 2" times as fast as it, or "<= 1.1" times its
        seconds.
    notes : callable
        Anything else that was counted, once all turns are over.
    long : bool
        Whether a turn takes minutes: then one pair must do, without a warm-up.
    """

    name: str
    unit: str
    contenders: dict[str, Callable[[], Turn]]
    aims: dict[str, str] = {}
    notes: Callable[[], str] = lambda: ""
    long: bool = False


class Result(NamedTuple):
    """Our seconds and another's, and their ratio, turn by turn."""

    row: str
    unit: str
    contender: str
    ours: list[float]
    theirs: list[float]
    aim: str
    note: str

    @property
    def ratios(self) -> list[float]:
        """How many times as fast we are: for an aim of ``<=``, how many times as long we take."""
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
    """Let ours and each other contender take turns, one pair after another, after one warm-up.

    Parameters
    ----------
    row : Row
    pairs : int
        How many, of turns that take seconds.
    pause : float
        Seconds before each turn.
    more : int
        How many times as many pairs, of turns that are short.
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
    """A turn that is the wall-clock time of some work: the median, where it is done some times."""

    def turn() -> float:
        seconds = []
        for _ in range(times):
            start = perf_counter()
            work()
            seconds.append(perf_counter() - start)
        return median(seconds)

    return turn
