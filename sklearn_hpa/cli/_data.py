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
        "--recursive",
        action="store_true",
        help="read the images of sub-folders too, such as plates and wells",
    )
    command.add_argument(
        "--pattern",
        metavar="GLOB",
        help="the files that are images, such as '*_max.tif' or '{id}_w?_{channel}.tif'",
    )
    command.add_argument(
        "--on-error",
        type=arguments.one_of(["raise", "warn"]),
        metavar="{raise,warn}",
        default="raise",
        help="raise: stop (the default); warn: leave incomplete and damaged images out",
    )
    command.add_argument(
        "--jobs", type=arguments.jobs, help="images read at once (default: all processors)"
    )
    add_cache(command)


def add_csv(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--csv", type=Path, help="labels (default: train.csv in data or next to it)"
    )
    command.add_argument("--id-column", metavar="NAME", help="column of the csv with the Ids")
    command.add_argument(
        "--label-column",
        metavar="NAME",
        help="columns of the csv with the labels, or of 0 and 1 by label, separated by commas",
    )
    command.add_argument(
        "--label-separator",
        type=arguments.separator,
        metavar="TEXT",
        help="text between two labels of an image; \\n is a new line, \\t a tab",
    )


def label_files(options: argparse.Namespace) -> list[Path]:
    default = [options.data / "train.csv", options.data.parent / "train.csv"]
    return [options.csv] if options.csv else default


def load_labelled(options: argparse.Namespace, channels: Any, labels: Any = "all") -> Any:
    """Load the images and labels of a command, as `load_hpa` returns them.

    Raises
    ------
    FileNotFoundError
        If there are no labels.
    """
    from ..datasets import describe_label_folders, load_hpa

    given = {
        name: getattr(options, name) for name in ("id_column", "label_column", "label_separator")
    }
    if options.label_column is not None and "," in options.label_column:
        given["label_column"] = list(arguments.words(options.label_column))
    data = load_hpa(
        options.data,
        options.csv,
        channels=channels,
        labels=labels,
        on_error=options.on_error,
        **folder_keywords(options),
        **{name: value for name, value in given.items() if value is not None},
    )
    if data.target is None:
        hint = describe_label_folders(data.images.index)
        raise FileNotFoundError(
            f"no labels: expected train.csv in {options.data} or next to it, or --csv FILE"
            + (f". {hint}" if hint else "")
        )
    return data


def folder_keywords(options: argparse.Namespace) -> dict[str, Any]:
    """Return the keywords of `load_hpa` that say which files of the folder are read."""
    given = {"recursive": options.recursive or None, "pattern": options.pattern}
    return {name: value for name, value in given.items() if value is not None}
