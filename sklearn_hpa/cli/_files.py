"""Checks of the files that a command writes."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

_IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".gz")


def check_outputs(
    command: argparse.ArgumentParser, outputs: Sequence[Path | None], inputs: Sequence[Path | None]
) -> None:
    """Refuse an output that cannot be written or that is also an input or another output."""
    taken = [path.resolve() for path in inputs if path]
    for path in filter(None, outputs):
        if path.resolve() in taken:
            command.error(f"{path} is read, or named twice: it would be overwritten")
        taken.append(path.resolve())
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder; name a file to write")
        if path.exists() and path.name.lower().endswith(_IMAGES):
            command.error(f"{path} looks like an image: it would be overwritten")
        if path.exists() and not path.is_file():
            continue
        folder = path.resolve().parent
        if not folder.is_dir():
            raise FileNotFoundError(f"cannot write {path}: the folder {folder} does not exist")
        if not os.access(folder, os.W_OK):
            raise PermissionError(f"cannot write {path}: the folder {folder} is read-only")
