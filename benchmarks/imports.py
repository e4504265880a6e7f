"""Benchmarks of imports, each in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from .contest import Row, Turn, timed


def _import(statement: str) -> Turn:
    return timed(lambda: subprocess.run([sys.executable, "-c", statement], check=True))


def imports(size: str) -> Iterator[Row]:
    for statement in ("import sklearn_hpa", "from sklearn_hpa import HPAPipeline"):
        yield Row(
            statement,
            "interpreter",
            {"ours": partial(_import, statement), "skorch": partial(_import, "import skorch")},
            {"skorch": "<= 1.1"},
            notes=lambda: "import sklearn_hpa.metrics " + _without_torch(),
        )


def _without_torch() -> str:
    check = "import sys, sklearn_hpa.metrics; sys.exit('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", check]).returncode
    return "imports torch" if found else "imports no torch"
