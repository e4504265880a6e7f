"""The command line ``sklearn-hpa``."""

from ._commands import main

__all__ = ["main"]
