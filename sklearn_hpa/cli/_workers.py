"""Worker processes that leave Ctrl-C to the program."""

from __future__ import annotations

import signal
from threading import current_thread, main_thread


def start_workers() -> None:
    """Start joblib's worker processes, so that they ignore Ctrl-C.

    A terminal sends Ctrl-C to all processes of a program. A worker would write the lines of its
    error between the messages of the program, which ends its workers itself. Processes inherit that
    a signal is ignored, so the workers are started while the program ignores it, for about a
    second. joblib uses them again while the number of jobs is -1.
    """
    from joblib import Parallel, delayed

    if current_thread() is not main_thread():
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        Parallel(n_jobs=-1)(delayed(abs)(number) for number in range(2))
    finally:
        signal.signal(signal.SIGINT, before)
