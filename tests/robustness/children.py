"""Work in child processes, which may crash, hang, use too much memory or be killed."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

_FORK = multiprocessing.get_context("fork")


class Outcome(NamedTuple):
    """The end of one piece of work.

    Attributes
    ----------
    fate : str
        "done", "crash" (the process died) or "hang" (it exceeded its time and was killed).
    result : object
        The result of "done"; the exit code of "crash".
    seconds : float
    """

    fate: str
    result: Any
    seconds: float


def supervise(
    work: Callable[[Any], Any], items: Sequence[Any], *, seconds: float, jobs: int = 2
) -> Iterator[tuple[int, Outcome]]:
    """Do `work` for each item in forked processes; yield positions and outcomes as they come.

    A process does many items. After a crash or a hang another process goes on with the rest.
    """
    shares = [list(range(first, len(items), jobs)) for first in range(jobs)]
    running: dict[Connection, _Share] = {}
    for share in filter(None, shares):
        started = _Share(work, items, share)
        running[started.reports] = started
    while running:
        ready = set(wait(list(running), timeout=0.2))
        for reports, share in list(running.items()):
            outcome = share.collect(reports in ready, seconds)
            if outcome is None:
                continue
            yield share.todo.pop(0), outcome
            if outcome.fate == "done":
                share.since = time.monotonic()
            else:
                del running[reports]
                if share.todo:
                    again = _Share(work, items, share.todo)
                    running[again.reports] = again
                continue
            if not share.todo:
                share.process.join()
                del running[reports]


class _Share:
    def __init__(self, work: Callable[[Any], Any], items: Sequence[Any], todo: list[int]):
        self.todo = todo
        self.reports, theirs = _FORK.Pipe(duplex=False)
        self.process = _FORK.Process(target=_do_all, args=(work, items, list(todo), theirs))
        self.process.start()
        theirs.close()
        self.since = time.monotonic()

    def collect(self, is_ready: bool, limit: float) -> Outcome | None:
        took = time.monotonic() - self.since
        if is_ready:
            try:
                return Outcome("done", self.reports.recv(), took)
            except EOFError:
                self.process.join()
                return Outcome("crash", self.process.exitcode, took)
        if took > limit:
            self.process.kill()
            self.process.join()
            return Outcome("hang", None, took)
        return None


def _do_all(
    work: Callable[[Any], Any], items: Sequence[Any], todo: Sequence[int], reports: Connection
) -> None:
    for position in todo:
        reports.send(work(items[position]))


def in_child(work: Callable[[], Any], *, seconds: float) -> tuple[Outcome, int]:
    """Do `work` in one forked process; return the outcome and the growth of its memory in bytes."""
    reports, theirs = _FORK.Pipe(duplex=False)

    def do() -> None:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        result = work()
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        theirs.send((result, (after - before) * 1024))

    process = _FORK.Process(target=do)
    start = time.monotonic()
    process.start()
    theirs.close()
    ended = reports.poll(seconds)
    took = time.monotonic() - start
    if not ended:
        process.kill()
        process.join()
        return Outcome("hang", None, took), 0
    try:
        result, grown = reports.recv()
    except EOFError:
        process.join()
        return Outcome("crash", process.exitcode, took), 0
    process.join()
    return Outcome("done", result, took), grown


def kill_after(work: Callable[[], Any], seconds: float) -> bool:
    """Start `work` in its own process group, kill the group, and return whether it had ended."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            if status:
                raise RuntimeError(f"the work failed by itself, with status {status}")
            return True
        time.sleep(0.0005)
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False
