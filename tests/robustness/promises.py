"""Promises, the figures that show whether they are kept, and their table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Promise(NamedTuple):
    """One row of the table.

    Attributes
    ----------
    what : str
        The promise.
    figure : str
        The measured figure.
    kept : bool or None
        Whether the promise is kept; None for a figure without a promise.
    cases : list of str
        The cases that break the promise, for a reader who mends them.
    """

    what: str
    figure: str
    kept: bool | None = None
    cases: list[str] = []


def none_of(what: str, cases: Iterable[str], n: int) -> Promise:
    """Return the promise that none of `n` attempts ends as one of the cases."""
    cases = list(cases)
    return Promise(what, f"{len(cases)} of {n}", not cases, cases)


def table(promises: Iterable[Promise]) -> str:
    """Return the promises as text, one line each, and the cases that break them below."""
    promises = list(promises)
    width = max(len(promise.what) for promise in promises)
    marks = {True: "kept", False: "BROKEN", None: ""}
    lines = [
        f"{promise.what:<{width}}  {promise.figure:<24}  {marks[promise.kept]}".rstrip()
        for promise in promises
    ]
    for promise in promises:
        if promise.kept is False:
            lines.append(f"\n{promise.what}:")
            lines.extend(f"  {case}" for case in promise.cases[:12])
    return "\n".join(lines)
