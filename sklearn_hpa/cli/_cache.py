"""The folder in which the commands cache the rows of images."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .._common.naming import printable
from .._images.cache import FOLDER_VARIABLE, check_writable

if TYPE_CHECKING:
    from ..pipeline import HPAPipeline


def default_folder() -> Path:
    """Return the cache folder of this user, by the conventions of the system."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "sklearn_hpa"


def _shown_default() -> str:
    """Return the folder that is used without the options, for the help text of argparse."""
    named = os.environ.get(FOLDER_VARIABLE)
    try:
        folder = f"{named}, from {FOLDER_VARIABLE}" if named else f"{default_folder()}"
    except RuntimeError:
        folder = "the folder sklearn_hpa in the user's cache"
    return printable(folder).replace("%", "%%") + ("" if named else f", or {FOLDER_VARIABLE}")


def add_cache(command: argparse.ArgumentParser) -> None:
    """Add the options of the cache to a command."""
    group = command.add_mutually_exclusive_group()
    group.add_argument(
        "--cache",
        metavar="DIR",
        help=f"where rows of images are cached for the next run (default: {_shown_default()})",
    )
    group.add_argument("--no-cache", action="store_true", help="cache no rows")


@contextmanager
def cached_rows(pipe: HPAPipeline, options: argparse.Namespace) -> Iterator[str | None]:
    """Cache the rows of images while the block runs, and yield the folder, or None.

    The options of the command decide, then `cache` of the pipeline if the command trains it, then
    the environment. The parameters of the pipeline are restored, so a model file does not name a
    folder of this machine.

    Raises
    ------
    OSError
        If the folder that ``--cache`` names cannot be written to.
    """
    before = {
        name: value
        for name, value in pipe.get_params().items()
        if name.startswith("images__") and name.split("__")[-1] == "cache"
    }
    variable = os.environ.get(FOLDER_VARIABLE)
    folder = _find_folder(options) if before else None
    during = dict.fromkeys(before, folder)
    if options.cache is None and not options.no_cache and hasattr(options, "set"):
        during |= {name: value for name, value in before.items() if value is not None}
    if options.no_cache:
        os.environ.pop(FOLDER_VARIABLE, None)
    pipe.set_params(**during)
    try:
        folders = [str(value) for value in during.values() if value is not None]
        yield folders[0] if folders else None
    finally:
        pipe.set_params(**before)
        if options.no_cache and variable is not None:
            os.environ[FOLDER_VARIABLE] = variable


def _find_folder(options: argparse.Namespace) -> str | None:
    if options.no_cache:
        return None
    named = options.cache if options.cache is not None else os.environ.get(FOLDER_VARIABLE)
    if named:
        if options.cache is not None:
            check_writable(named)
        return named
    try:
        folder = str(default_folder())
        check_writable(folder)
    except (OSError, RuntimeError) as error:
        reason = getattr(error.__cause__, "strerror", None) or error
        warnings.warn(
            f"rows of images are not cached: the folder of this user's cache cannot be written to "
            f"({reason}). Name another folder with --cache",
            stacklevel=2,
        )
        return None
    return folder
