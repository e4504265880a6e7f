"""The command line program ``sklearn-hpa``."""

from ._program import main

__all__ = ["main"]
