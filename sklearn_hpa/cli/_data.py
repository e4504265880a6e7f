"""The images and labels that a command reads."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from . import _arguments as arguments
from ._cache import add_cache


def add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument("data", type=Path, help="folder of {Id}_{channel}.png or alike")
    command.add_argument(
        "--on-error",
        choices=["raise", "warn"],
        default="raise",
        help="warn: leave incomplete and damaged images out",
    )
    command.add_argument(
        "--jobs", type=arguments.jobs, help="images read at once (default: all processors)"
    )
    add_cache(command)


def add_csv(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--csv", type=Path, help="labels (default: train.csv in data or next to it)"
    )


def label_files(options: argparse.Namespace) -> list[Path]:
    default = [options.data / "train.csv", options.data.parent / "train.csv"]
    return [options.csv] if options.csv else default


def check_labelled(data: Any, options: argparse.Namespace) -> None:
    if data.target is None:
        raise FileNotFoundError(
            f"no labels: expected train.csv in {options.data} or next to it, or --csv FILE"
        )
