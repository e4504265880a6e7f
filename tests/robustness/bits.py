"""Equal bits: any number of jobs and threads, and a resumed training, give the same result."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from .promises import Promise, none_of

_PROGRAM = """
import hashlib, sys, warnings
import numpy as np
from joblib import Parallel, delayed
from sklearn_hpa import MultiLabelMLPClassifier

warnings.simplefilter("ignore")
kind, n_jobs = sys.argv[1], int(sys.argv[2])
rng = np.random.default_rng(0)
if kind == "pixels":
    X = rng.integers(0, 256, (300, 64 * 64 * 3), dtype=np.uint8)
else:
    X = rng.normal(size=(300, 1507)).astype(np.float32)
y = (rng.random((300, 5)) < 0.4).astype(int)
y[:, 0] |= y.sum(axis=1) == 0

def digest(seed):
    network = MultiLabelMLPClassifier(max_epochs=3, random_state=seed).fit(X, y)
    return hashlib.sha256(network.predict_proba(X).tobytes()).hexdigest()

print(*Parallel(n_jobs)(delayed(digest)(seed) for seed in range(2)))
"""


def check() -> list[Promise]:
    """Train in one and two processes, with several numbers of threads, and compare."""
    cases = []
    settings = [(1, None), (2, None), (1, "1"), (1, "2"), (2, "2"), (1, "3")]
    for kind in ("pixels", "features"):
        results = {setting: _run(kind, *setting) for setting in settings}
        first = results[settings[0]]
        cases += [
            f"{kind}: n_jobs={n_jobs}, OMP_NUM_THREADS={threads}"
            for (n_jobs, threads), result in results.items()
            if result != first
        ]
    return [none_of("n_jobs and OMP_NUM_THREADS: other bits", cases, 2 * (len(settings) - 1))]


def _run(kind: str, n_jobs: int, threads: str | None) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    if threads is not None:
        environment["OMP_NUM_THREADS"] = threads
    with tempfile.NamedTemporaryFile("w", suffix=".py") as program:
        program.write(_PROGRAM)
        program.flush()
        return subprocess.run(
            [sys.executable, program.name, kind, str(n_jobs)],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
