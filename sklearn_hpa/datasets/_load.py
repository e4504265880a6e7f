"""A folder of images and a csv file of labels, as a DataFrame of paths and a 0/1 DataFrame."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from ..images import HPA_CHANNELS, find_images
from ._labels import canonical_label
from ._table import LabelTable, read_label_table


def load_hpa(
    folder: str | os.PathLike[str],
    csv: str | os.PathLike[str] | None = None,
    *,
    channels: Sequence[str] | None = None,
    labels: str | Sequence[str | int] = "all",
    on_error: str = "raise",
    return_X_y: bool = False,
) -> Bunch | tuple[pd.DataFrame, pd.DataFrame | None]:
    """Load the paths and labels of a folder of Human Protein Atlas images.

    Nothing is decoded here: the images are read, in parallel, when they are used.

    Parameters
    ----------
    folder : str or path-like
        The folder of images, not its sub-folders: one file per channel,
        ``{Id}_{red,green,blue,yellow}``, or one multi-channel file per image, ``{Id}``, with the
        extension png, jpg, jpeg, tif, tiff, tif.gz or tiff.gz. Files whose Id is not in the csv
        are ignored.
    csv : str or path-like, optional
        The labels. By default ``train.csv`` in the folder; else ``train.csv`` beside it, if it
        knows any of the folder's images; else there is no target. The columns ``Id,Target`` mean
        the 28 numbers of `HPA_LABELS`, ``ID,Label`` the 19 of the 2021 set. A row's labels are
        numbers separated by spaces, ``|``, ``,`` or ``;``, or names separated by the latter three,
        in any order and case.
    channels : sequence of str, optional
        The columns of the result. By default the channels that any of the images has. The planes
        of multi-channel files are chosen when these are read.
    labels : {"all", "present"} or sequence of str or int, default="all"
        The columns of the target: all of the numbering, those that occur, or these names or
        numbers in this order.
    on_error : {"raise", "warn"}, default="raise"
        What to do about incomplete rows: a file missing or empty, no label, a repeated Id.
        ``"warn"`` drops them from images and target together, keeping the first of identical
        repeats, and names them in a `UserWarning`. A label that does not exist is always an error.
    return_X_y : bool, default=False
        Return ``(images, target)`` instead of a Bunch.

    Returns
    -------
    sklearn.utils.Bunch
        images : DataFrame of str, shape (n_images, n_channels)
            Absolute paths, in the csv's order (without one, sorted by Id). The index, named
            ``"Id"``, holds the Ids; the columns are the channels, or the single column
            ``"image"``.
        target : DataFrame of int64, shape (n_images, n_labels), or None
            1 where an image has a label, with the same index and the label names as columns.
        label_names : list of str or None
            The columns of the target.

    Raises
    ------
    FileNotFoundError
        If the folder or the csv does not exist, or the folder holds no image.
    ValueError
        If rows are incomplete, a label does not exist, the csv has other columns or no rows, or
        nothing remains.

    See Also
    --------
    save_hpa : Write a folder that this function reads.
    make_hpa_images : Draw images instead.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np, pandas as pd
    >>> from sklearn_hpa.datasets import load_hpa, save_hpa
    >>> images = np.zeros((2, 8, 8, 2), dtype=np.uint8)
    >>> y = pd.DataFrame({"Nucleoli": [1, 1], "Cytosol": [0, 1]}, index=["a", "b"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     X, y = load_hpa(save_hpa(folder, images, y), labels="present", return_X_y=True)
    >>> list(X.columns)
    ['red', 'green']
    >>> y
        Nucleoli  Cytosol
    Id
    a          1        0
    b          1        1
    """
    if on_error not in ("raise", "warn"):
        raise ValueError(f"Invalid on_error={on_error!r}. Valid values are 'raise' and 'warn'.")
    if isinstance(labels, str) and labels not in ("all", "present"):
        raise ValueError(
            f"Invalid labels={labels!r}. Valid values are 'all', 'present' and a list of label"
            " names or numbers."
        )
    if channels is not None:
        channels = _check_channels(channels)
    folder = Path(os.path.abspath(folder))
    found = find_images(folder)
    if not found:
        raise FileNotFoundError(
            f"no image in {folder}: expected {{Id}}_red.png, {{Id}}_green.png, ... (of"
            f" {', '.join(HPA_CHANNELS)}) or {{Id}}.png; tif, tiff, jpg, jpeg, tif.gz and tiff.gz"
            " likewise. Sub-folders are not searched"
        )

    table = _find_table(csv, folder, found)
    ids = list(found) if table is None else table.ids
    source = os.fspath(folder if table is None else table.path)
    label_columns = _label_columns(labels, table)
    if not any(Id in found for Id in ids):
        raise ValueError(
            f"none of the {len(ids)} Ids of {source} has an image in {folder}: the csv starts with"
            f" {ids[0]!r}, the folder with {next(iter(found))!r}"
        )
    columns = _image_columns(ids, found, channels, folder)

    incomplete = [*_incomplete_rows(table), *_incomplete_images(ids, found, columns, source)]
    dropped = set().union(*(rows for _, rows in incomplete))
    rows = [row for row in range(len(ids)) if row not in dropped]
    if incomplete:
        problems = "\n".join(problem for problem, _ in incomplete)
        if on_error == "raise":
            raise ValueError(
                f"{problems}\nComplete or remove them, or leave them out with on_error='warn'"
            )
        if not rows:
            raise ValueError(f"{problems}\nNothing remains without them")
        warnings.warn(f"{problems}\n{len(dropped)} of {len(ids)} rows left out", stacklevel=2)

    index = pd.Index([ids[row] for row in rows], name="Id")
    images = pd.DataFrame(
        {column: [os.fspath(found[Id][column]) for Id in index] for column in columns}, index=index
    )
    target = None
    if table is not None:
        target = _target(table, rows, index)
        target = target.loc[:, target.any() if label_columns is None else label_columns]
    if return_X_y:
        return images, target
    label_names = None if target is None else list(target.columns)
    return Bunch(images=images, target=target, label_names=label_names)


def _check_channels(channels: Sequence[str]) -> list[str]:
    chosen = [channels] if isinstance(channels, str) else list(channels)
    unknown = [channel for channel in chosen if channel not in HPA_CHANNELS]
    if unknown or not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(
            f"Invalid channels={channels!r}. Expected some of {', '.join(HPA_CHANNELS)}, each once."
        )
    return chosen


def _find_table(
    csv: str | os.PathLike[str] | None, folder: Path, found: Mapping[str, object]
) -> LabelTable | None:
    if csv is not None:
        return read_label_table(csv)
    if (folder / "train.csv").is_file():
        return read_label_table(folder / "train.csv")
    beside = folder.parent / "train.csv"
    if not beside.is_file():
        return None
    # Beside Kaggle's folder "test" stands the csv of its folder "train".
    table = read_label_table(beside)
    return table if any(Id in found for Id in table.ids) else None


def _label_columns(labels: str | Sequence[str | int], table: LabelTable | None) -> list[str] | None:
    """The target's columns; None where they depend on which labels are present."""
    if table is None or labels == "present":
        return None
    if isinstance(labels, str):
        return list(table.labels)
    columns = [canonical_label(label, table.labels) for label in labels]
    if not columns or len(set(columns)) < len(columns):
        raise ValueError(f"labels={labels!r} names {'a label twice' if columns else 'no label'}")
    return columns


def _image_columns(
    ids: Iterable[str],
    found: Mapping[str, Mapping[str, Path]],
    channels: list[str] | None,
    folder: Path,
) -> list[str]:
    first_with: dict[str, Path] = {}
    for Id in ids:
        for channel, path in found.get(Id, {}).items():
            first_with.setdefault(channel, path)
    if "image" not in first_with:
        return channels or [channel for channel in HPA_CHANNELS if channel in first_with]
    if len(first_with) > 1:
        multi_channel, one_channel = first_with.pop("image"), next(iter(first_with.values()))
        raise ValueError(
            f"{folder} holds multi-channel files ({multi_channel.name}) and channel files"
            f" ({one_channel.name}); keep one layout, or name the Ids wanted in a csv"
        )
    return ["image"]


def _incomplete_rows(table: LabelTable | None) -> Iterator[tuple[str, set[int]]]:
    """What is wrong with the rows of the csv, and which rows to leave out for it."""
    if table is None:
        return
    empty = [row for row, numbers in enumerate(table.numbers) if not numbers]
    if empty:
        named = [f"{table.ids[row]} (line {table.lines[row]})" for row in empty]
        yield f"{table.path}: {_count(empty, 'row')} without a label: {_first(named)}", set(empty)

    rows_of: dict[str, list[int]] = {}
    for row, Id in enumerate(table.ids):
        rows_of.setdefault(Id, []).append(row)
    named, dropped = [], set()
    for Id, rows in rows_of.items():
        if len(rows) == 1:
            continue
        agree = len({table.numbers[row] for row in rows}) == 1
        lines = ", ".join(str(table.lines[row]) for row in rows)
        named.append(f"{Id} (lines {lines}{'' if agree else ', whose labels differ'})")
        dropped.update(rows[1:] if agree else rows)
    if named:
        yield f"{table.path}: {_count(named, 'Id')} repeated: {_first(named)}", dropped


def _incomplete_images(
    ids: Sequence[str],
    found: Mapping[str, Mapping[str, Path]],
    columns: Sequence[str],
    source: str,
) -> Iterator[tuple[str, set[int]]]:
    """Which images lack files or have empty ones, and which rows to leave out for it."""
    missing: dict[str, str] = {}
    empty: dict[str, str] = {}
    for Id in dict.fromkeys(ids):
        files = found.get(Id, {})
        absent = [column for column in columns if column not in files]
        if absent:
            missing[Id] = f"{Id} ({', '.join(absent) if files else 'no file'})"
        for column in columns:
            if column in files and os.stat(files[column]).st_size == 0:
                empty[Id] = os.fspath(files[column])
    if missing:
        yield (
            f"{_count(missing, 'Id')} of {source} without all of the files for"
            f" {', '.join(columns)}: {_first(missing.values())}. To use fewer channels, name them"
            " in channels",
            {row for row, Id in enumerate(ids) if Id in missing},
        )
    if empty:
        yield (
            f"{_count(empty, 'Id')} with an empty image file (0 bytes): {_first(empty.values())}",
            {row for row, Id in enumerate(ids) if Id in empty},
        )


def _count(things: Sized, noun: str) -> str:
    return f"{len(things)} {noun}{'s' * (len(things) != 1)}"


def _first(names: Iterable[str], limit: int = 10) -> str:
    names = list(names)
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def _target(table: LabelTable, rows: Sequence[int], index: pd.Index) -> pd.DataFrame:
    target = np.zeros((len(rows), len(table.labels)), dtype=np.int64)
    for i, row in enumerate(rows):
        target[i, list(table.numbers[row])] = 1
    return pd.DataFrame(target, index=index, columns=list(table.labels))
