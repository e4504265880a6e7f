"""The command line program ``sklearn-hpa``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(words: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code, as `_program.main` documents it."""
    try:
        from ._program import main as run

        return run(words)
    except KeyboardInterrupt:  # while modules are imported
        if sys.stderr is not None:
            sys.stderr.write("sklearn-hpa: interrupted\n")
        return 130
