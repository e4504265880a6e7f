"""Test of the worker processes: they ignore Ctrl-C, and the program does not."""

import subprocess
import sys

import joblib
import pytest

SCRIPT = """
import signal
from joblib import Parallel, delayed
from sklearn_hpa.cli._workers import start_workers

usual = signal.getsignal(signal.SIGINT)
start_workers()
assert signal.getsignal(signal.SIGINT) is usual
found = Parallel(n_jobs=-1)(delayed(signal.getsignal)(signal.SIGINT) for _ in range(6))
assert set(found) == {signal.SIG_IGN}, found
"""


@pytest.mark.skipif(joblib.effective_n_jobs(-1) == 1, reason="one processor: no workers")
@pytest.mark.skipif(sys.platform == "win32", reason="processes inherit no signals on Windows")
def test_workers_ignore_an_interrupt_and_the_program_does_not():
    subprocess.run([sys.executable, "-c", SCRIPT], check=True)
