"""The command line program ``sklearn-hpa``."""

from ._commands import main

__all__ = ["main"]
