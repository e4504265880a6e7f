"""A folder of images and a csv file of labels, as a DataFrame of paths and a 0/1 DataFrame."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, overload

import pandas as pd
from sklearn.utils import Bunch

from .._common.estimators import public_in
from .._common.messages import first_dozen, plural
from .._images.inputs import HPA_CHANNELS, check_channels
from ._folder import FolderImages, find_images
from ._table import LabelTable, read_label_table
from ._target import (
    check_label_choice,
    check_on_error,
    complete_rows,
    incomplete_rows,
    label_columns,
    target_of,
)


@overload
def load_hpa(
    folder: str | os.PathLike[str],
    csv: str | os.PathLike[str] | None = ...,
    *,
    channels: Sequence[str] | None = ...,
    labels: str | Sequence[str | int] = ...,
    on_error: Literal["raise", "warn"] = ...,
    return_X_y: Literal[False] = ...,
) -> Bunch: ...
@overload
def load_hpa(
    folder: str | os.PathLike[str],
    csv: str | os.PathLike[str] | None = ...,
    *,
    channels: Sequence[str] | None = ...,
    labels: str | Sequence[str | int] = ...,
    on_error: Literal["raise", "warn"] = ...,
    return_X_y: Literal[True],
) -> tuple[pd.DataFrame, pd.DataFrame | None]: ...
@overload
def load_hpa(
    folder: str | os.PathLike[str],
    csv: str | os.PathLike[str] | None = ...,
    *,
    channels: Sequence[str] | None = ...,
    labels: str | Sequence[str | int] = ...,
    on_error: Literal["raise", "warn"] = ...,
    return_X_y: bool,
) -> Bunch | tuple[pd.DataFrame, pd.DataFrame | None]: ...
@public_in("sklearn_hpa.datasets")
def load_hpa(
    folder: str | os.PathLike[str],
    csv: str | os.PathLike[str] | None = None,
    *,
    channels: Sequence[str] | None = None,
    labels: str | Sequence[str | int] = "all",
    on_error: Literal["raise", "warn"] = "raise",
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
        The labels. By default ``train.csv`` in the folder; else ``train.csv`` beside it, if it is a
        csv of labels and knows any of the folder's images; else there is no target. The columns
        ``Id,Target`` mean the 28 numbers of `HPA_LABELS`, ``ID,Label`` the 19 of the 2021 set. A
        row's labels are numbers separated by spaces, ``|``, ``,`` or ``;``, or names separated by
        the latter three, in any order and case.
    channels : sequence of str, optional
        The columns of the result. By default the channels that any of the images has. The planes
        of multi-channel files are chosen when these are read.
    labels : {"all", "present"} or sequence of str or int, default="all"
        The columns of the target: all of the numbering, those that occur, or these names or
        numbers in this order.
    on_error : {"raise", "warn"}, default="raise"
        What to do about incomplete rows: a file missing, empty or twice there, no label, a repeated
        Id. ``"warn"`` drops them from images and target together, keeping the first of identical
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
    read_labels : The labels alone, from the csv.
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
    labels = check_label_choice(labels)
    _check_choices(channels, on_error)
    found = _find_some_images(folder)
    table = _find_table(csv, found)
    columns = None if table is None else label_columns(labels, table)
    ids, origin = (found.ids, found.folder) if table is None else (table.ids, table.path)
    incomplete = [] if table is None else list(incomplete_rows(table))
    images, rows = _complete_images(found, ids, channels, on_error, f"of {origin}", incomplete)
    target = None if table is None else target_of(table, rows, columns)
    if return_X_y:
        return images, target
    label_names = None if target is None else list(target.columns)
    return Bunch(images=images, target=target, label_names=label_names)


def find_image_frame(
    folder: str | os.PathLike[str],
    ids: Iterable[str] | None = None,
    *,
    channels: Sequence[str] | None = None,
    on_error: Literal["raise", "warn"] = "raise",
    source: str | os.PathLike[str] | None = None,
) -> pd.DataFrame:
    """Find the images of a folder by their names alone: no csv is sought, and no label.

    Parameters
    ----------
    folder : str or path-like
        As in `load_hpa`.
    ids : iterable of str, optional
        The Ids wanted, in this order. By default all, sorted.
    channels : sequence of str, optional
        As in `load_hpa`.
    on_error : {"raise", "warn"}, default="raise"
        What to do about Ids with a file missing, empty or twice there. ``"warn"`` leaves them out
        and names them in a `UserWarning`.
    source : str or path-like, optional
        Where `ids` are from, such as the path of a sample submission, for the messages.

    Returns
    -------
    DataFrame of str, shape (n_images, n_channels)
        Absolute paths, as in `load_hpa`.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist or holds no image.
    ValueError
        If Ids are incomplete, or nothing remains.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("a_red.png", "b_red.png", "c_red.png"):
    ...         _ = Path(folder, name).write_bytes(b"...")
    ...     find_image_frame(folder, ["c", "a"]).index.tolist()
    ['c', 'a']
    """
    _check_choices(channels, on_error)
    found = _find_some_images(folder)
    if ids is None:
        ids, source = found.ids, found.folder
    origin = "asked for" if source is None else f"of {source}"
    return _complete_images(found, list(ids), channels, on_error, origin)[0]


# ---- parameters ----------------------------------------------------------------------------------


def _check_choices(channels: Sequence[str] | None, on_error: str) -> None:
    if channels is not None:
        check_channels(channels, HPA_CHANNELS)
    check_on_error(on_error)


# ---- images --------------------------------------------------------------------------------------


def _find_some_images(folder: str | os.PathLike[str]) -> FolderImages:
    found = find_images(os.path.abspath(folder))
    if not found.ids:
        raise FileNotFoundError(
            f"no image in {found.folder}: expected {{Id}}_red.png, {{Id}}_green.png, ... (of"
            f" {', '.join(HPA_CHANNELS)}) or {{Id}}.png; tif, tiff, jpg, jpeg, tif.gz and tiff.gz"
            " likewise. Sub-folders are not searched"
        )
    return found


def _complete_images(
    found: FolderImages,
    ids: Sequence[str],
    channels: Sequence[str] | None,
    on_error: str,
    origin: str,
    incomplete: Sequence[tuple[str, set[int]]] = (),
) -> tuple[pd.DataFrame, list[int]]:
    """The paths of the rows that are complete, and which of `ids` these are.

    `origin` says after "Ids" where these are from. `incomplete` are problems known before, each
    with the rows to leave out for it. Warnings are given as the caller's caller.
    """
    if not set(ids) & set(found.ids):
        first = f": the first is {ids[0]!r}, the folder's first {found.ids[0]!r}" if ids else ""
        raise ValueError(
            f"none of the {len(ids)} Ids {origin} has an image in {found.folder}{first}"
        )
    columns = _image_columns(found, ids, channels)
    incomplete = [*incomplete, *_incomplete_images(found, ids, columns, origin)]
    rows = complete_rows(len(ids), incomplete, on_error, stacklevel=4)
    index = pd.Index([ids[row] for row in rows], name="Id")
    paths = {column: [os.fspath(found.files[Id][column]) for Id in index] for column in columns}
    return pd.DataFrame(paths, index=index), rows


def _image_columns(
    found: FolderImages, ids: Iterable[str], channels: Sequence[str] | None
) -> list[str]:
    first_with: dict[str, Path] = {}
    for Id in ids:
        for channel, path in found.files.get(Id, {}).items():
            first_with.setdefault(channel, path)
    if "image" not in first_with:
        return list(channels or [channel for channel in HPA_CHANNELS if channel in first_with])
    if len(first_with) > 1:
        multi_channel, one_channel = first_with.pop("image"), next(iter(first_with.values()))
        raise ValueError(
            f"{found.folder} holds multi-channel files ({multi_channel.name}) and channel files"
            f" ({one_channel.name}); keep one layout, or name the Ids wanted in a csv"
        )
    return ["image"]


def _incomplete_images(
    found: FolderImages, ids: Sequence[str], columns: Sequence[str], origin: str
) -> Iterator[tuple[str, set[int]]]:
    """Which images lack files, have empty ones or too many, and which rows to leave out for it."""
    missing: dict[str, str] = {}
    empty: dict[str, str] = {}
    double: dict[str, str] = {}
    for Id in dict.fromkeys(ids):
        if Id in found.conflicts:
            double[Id] = f"{Id} ({found.conflicts[Id]})"
            continue
        files = found.files.get(Id, {})
        absent = [column for column in columns if column not in files]
        if absent:
            missing[Id] = f"{Id} ({', '.join(absent) if files else 'no file'})"
        for column in columns:
            if column in files and os.stat(files[column]).st_size == 0:
                empty[Id] = os.fspath(files[column])
    lacking = f"{origin} without all of the files for {', '.join(columns)}"
    fewer = ". To use fewer channels, name them in channels"
    for bad, problem, hint in (
        (missing, lacking, fewer),
        (empty, "with an empty image file (0 bytes)", ""),
        (double, f"with two files for one thing in {found.folder}", ""),
    ):
        if bad:
            rows = {row for row, Id in enumerate(ids) if Id in bad}
            yield f"{plural(bad, 'Id')} {problem}: {first_dozen(bad.values())}{hint}", rows


# ---- the csv ------------------------------------------------------------------------------------


def _find_table(csv: str | os.PathLike[str] | None, found: FolderImages) -> LabelTable | None:
    if csv is not None:
        return read_label_table(csv)
    if (found.folder / "train.csv").is_file():
        return read_label_table(found.folder / "train.csv")
    # Beside Kaggle's folder "test" stands the csv of its folder "train", and beside a folder of
    # images in general anything.
    beside = found.folder.parent / "train.csv"
    return read_label_table(beside, known=set(found.ids)) if beside.is_file() else None
