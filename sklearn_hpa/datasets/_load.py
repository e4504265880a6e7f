"""Loading of an image folder and a label file as a DataFrame of paths and a 0/1 DataFrame."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, overload

import pandas as pd
from sklearn.utils import Bunch

from .._common.caller import warn_caller
from .._common.estimators import public_in
from .._common.messages import first_dozen, plural
from .._common.naming import printable
from .._images.inputs import HPA_CHANNELS, check_channels
from ._file_names import id_key
from ._folder import FolderImages, FolderNames, arrange, describe_unreadable, find_names
from ._table import LabelTable, read_label_table
from ._target import (
    check_label_choice,
    check_on_error,
    complete_rows,
    incomplete_rows,
    label_columns,
    target_of,
)

_EXPECTED_NAMES = (
    f"{{Id}}_red.png, {{Id}}_green.png, ... (of {', '.join(HPA_CHANNELS)}) or {{Id}}.png"
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

    This function does not decode images. An estimator decodes them later, in parallel.

    Parameters
    ----------
    folder : str or path-like
        The folder of images; sub-folders are ignored. Each image is one file per channel,
        ``{Id}_{red,green,blue,yellow}``, or one multi-channel file, ``{Id}``. The extension is
        png, jpg, jpeg, tif, tiff, ome.tif or ome.tiff; the last four may be followed by .gz. Files
        whose Id is not in the csv are ignored. Composites, such as ``{Id}_blue_red_green.jpg`` of
        the Human Protein Atlas site, are skipped.
    csv : str or path-like, optional
        The file of labels. By default it is ``train.csv`` in the folder, else ``train.csv`` in the
        parent folder if it is a label file that contains any of the images, else there is no
        target. The columns ``Id,Target`` mean the 28 numbers of `HPA_LABELS`, the columns
        ``ID,Label`` mean the 19 numbers of the 2021 set. The labels of a row are numbers separated
        by spaces, ``|``, ``,`` or ``;``, or names separated by ``|``, ``,`` or ``;``, in any order
        and case. Ids match file names in any form of Unicode (NFC or NFD).
    channels : sequence of str, optional
        The columns of the result. By default all channels that any image has. The planes of
        multi-channel files are chosen later, when the files are decoded.
    labels : {"all", "present"} or sequence of str or int, default="all"
        The columns of the target: all labels of the numbering, the labels that occur, or the given
        names or numbers in the given order.
    on_error : {"raise", "warn"}, default="raise"
        How to handle incomplete rows: a missing, empty or duplicate file, a file name that is not
        in UTF-8, no label, or a repeated Id. ``"warn"`` drops these rows from images and target and
        names them in a `UserWarning`. Of identical repeats, the first row is kept. An unknown label
        is always an error.
    return_X_y : bool, default=False
        Return ``(images, target)`` instead of a Bunch.

    Returns
    -------
    sklearn.utils.Bunch
        The images and their labels, with the attributes

        images : DataFrame of str, shape (n_images, n_channels)
            Absolute paths, in the order of the csv, or sorted by Id without a csv. The index,
            named ``"Id"``, contains the Ids as the csv spells them, or in Unicode NFC without a
            csv. The columns are the channels, or the single column
            ``"image"``.
        target : DataFrame of int64, shape (n_images, n_labels), or None
            1 where an image has a label, else 0. The index is the same, and the columns are the
            label names.
        label_names : list of str or None
            The columns of the target.

    Raises
    ------
    FileNotFoundError
        If the folder or the csv does not exist, or the folder contains no image or only composites.
    ValueError
        If rows are incomplete, a label is unknown, the csv is no csv file in UTF-8, has other
        columns or no rows, or no row remains.
    OSError
        If the folder or the csv cannot be read.

    Warns
    -----
    UserWarning
        If ``on_error="warn"`` and rows are dropped. If composites of the images are skipped; the
        message names them.

    See Also
    --------
    read_labels : Read only the labels from the csv.
    save_hpa : Write a folder that this function reads.
    make_hpa_images : Make synthetic images.

    Notes
    -----
    A name that ends in two different colour words, such as ``cell_red_green.png``, is a composite
    of the Id ``cell``. It is the green channel of the Id ``cell_red`` if the csv has this Id.
    Without a csv, it is the green channel if the folder also has ``cell_red_red.png``. If it also
    has channels of the Id ``cell``, the name is ambiguous, and the Id ``cell_red`` is treated as an
    incomplete row.

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
    names = find_names(os.path.abspath(folder))
    table = _find_table(csv, names)
    columns = None if table is None else label_columns(labels, table)
    ids, origin = (None, names.folder) if table is None else (table.ids, table.path)
    found = _some_images(names, ids)
    incomplete = [] if table is None else list(incomplete_rows(table))
    images, rows = _complete_images(
        found, ids, channels, on_error, f"of {printable(origin)}", incomplete
    )
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
    """Find the images of a folder by their file names, without labels.

    Parameters
    ----------
    folder : str or path-like
        As in `load_hpa`.
    ids : iterable of str, optional
        The Ids to find, in this order. By default all Ids, sorted.
    channels : sequence of str, optional
        As in `load_hpa`.
    on_error : {"raise", "warn"}, default="raise"
        How to handle Ids with a missing, empty or duplicate file, or a file name that is not in
        UTF-8. ``"warn"`` drops them and names them in a `UserWarning`.
    source : str or path-like, optional
        Origin of `ids`, such as the path of a sample submission, used in messages.

    Returns
    -------
    DataFrame of str, shape (n_images, n_channels)
        Absolute paths, as in `load_hpa`.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist, or contains no image or only composites.
    ValueError
        If Ids are incomplete, or no image remains.
    OSError
        If the folder cannot be read.

    Warns
    -----
    UserWarning
        If ``on_error="warn"`` and Ids are dropped, or if composites are skipped.

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
    ids = None if ids is None else list(ids)
    found = _some_images(find_names(os.path.abspath(folder)), ids)
    if ids is None:
        source = found.folder
    origin = "asked for" if source is None else f"of {printable(source)}"
    return _complete_images(found, ids, channels, on_error, origin)[0]


# ---- parameters ----------------------------------------------------------------------------------


def _check_choices(channels: Sequence[str] | None, on_error: str) -> None:
    if channels is not None:
        check_channels(channels, HPA_CHANNELS)
    check_on_error(on_error)


# ---- images --------------------------------------------------------------------------------------


def _some_images(names: FolderNames, ids: Sequence[str] | None) -> FolderImages:
    found = arrange(names, ids)
    if found.ids:
        return found
    if not found.composites:
        raise FileNotFoundError(
            f"no image in {printable(found.folder)}: expected {_EXPECTED_NAMES}; tif, tiff, jpg,"
            " jpeg, tif.gz and tiff.gz likewise. Sub-folders are not searched"
        )
    raise FileNotFoundError(
        f"{printable(found.folder)} holds only composites, which show several stains in one"
        f" picture: {first_dozen(_composite_names(found))}. Expected {_EXPECTED_NAMES}. If an Id"
        " ends in a colour, name the Ids in a csv"
    )


def _composite_names(found: FolderImages, ids: Iterable[str] | None = None) -> list[str]:
    """Return the names of composites, of these Ids or of all."""
    of = found.composites if ids is None else found.composites.keys() & set(map(id_key, ids))
    return sorted({printable(name) for Id in of for name in found.composites[Id]})


def _complete_images(
    found: FolderImages,
    ids: Sequence[str] | None,
    channels: Sequence[str] | None,
    on_error: str,
    origin: str,
    incomplete: Sequence[tuple[str, set[int]]] = (),
) -> tuple[pd.DataFrame, list[int]]:
    """Return the paths of the complete rows, and the positions of these rows in `ids`.

    If `ids` is None, they are all Ids of the folder.

    `origin` follows "Ids" in messages. `incomplete` lists problems found earlier, each with the
    rows to drop.
    """
    composites = _composite_names(found, ids)
    ids = found.ids if ids is None else ids
    keys = [id_key(Id) if Id not in found.unreadable else Id for Id in ids]
    if not set(keys) & set(found.ids):
        raise ValueError(_describe_strangers(found, ids, origin))
    columns = _image_columns(found, keys, channels)
    incomplete = [*incomplete, *_incomplete_images(found, keys, columns, origin)]
    rows = complete_rows(len(ids), incomplete, on_error)
    if composites:
        warn_caller(
            f"{plural(composites, 'composite')} in {printable(found.folder)} skipped, which show"
            f" several stains in one picture: {first_dozen(composites)}"
        )
    index = pd.Index([ids[row] for row in rows], name="Id")
    paths = {
        column: [os.fspath(found.files[keys[row]][column]) for row in rows] for column in columns
    }
    try:
        return pd.DataFrame(paths, index=index), rows
    except UnicodeEncodeError:  # pyarrow's strings, and a folder whose name is not in UTF-8
        return pd.DataFrame(paths, index=index, dtype=object), rows


def _describe_strangers(found: FolderImages, ids: Sequence[str], origin: str) -> str:
    first = f": the first is {ids[0]!r}, the folder's first {found.ids[0]!r}" if ids else ""
    problem = (
        f"none of the {len(ids)} Ids {origin} has an image in {printable(found.folder)}{first}"
    )
    if composites := _composite_names(found, ids):
        problem += f". The folder has only composites of them: {first_dozen(composites)}"
    if found.unreadable:
        problem += f". {describe_unreadable(found.unreadable.values(), found.folder)}"
    return problem


def _image_columns(
    found: FolderImages, keys: Iterable[str], channels: Sequence[str] | None
) -> list[str]:
    first_with: dict[str, Path] = {}
    for key in keys:
        for channel, path in found.files.get(key, {}).items():
            first_with.setdefault(channel, path)
    if "image" not in first_with:
        return list(channels or [channel for channel in HPA_CHANNELS if channel in first_with])
    if len(first_with) > 1:
        multi_channel, one_channel = first_with.pop("image"), next(iter(first_with.values()))
        raise ValueError(
            f"{printable(found.folder)} holds multi-channel files ({printable(multi_channel.name)})"
            f" and channel files ({printable(one_channel.name)}); keep one layout, or name the Ids"
            " wanted in a csv"
        )
    return ["image"]


def _incomplete_images(
    found: FolderImages, keys: Sequence[str], columns: Sequence[str], origin: str
) -> Iterator[tuple[str, set[int]]]:
    """Yield the problems with missing, empty, duplicate or unreadable files, with rows to drop."""
    missing: dict[str, str] = {}
    empty: dict[str, str] = {}
    double: dict[str, str] = {}
    ambiguous: dict[str, str] = {}
    for key in dict.fromkeys(keys):
        if key in found.unreadable:
            continue
        if key in found.conflicts:
            double[key] = f"{printable(key)} ({found.conflicts[key]})"
            continue
        if key in found.ambiguous:
            ambiguous[key] = found.ambiguous[key]
            continue
        files = found.files.get(key, {})
        absent = [column for column in columns if column not in files]
        if absent:
            lacks = ", ".join(absent) if files else "no file"
            composites = _composite_names(found, [key])
            but = f", but the composite {composites[0]}" if composites else ""
            missing[key] = f"{printable(key)} ({lacks}{but})"
        for column in columns:
            if column in files and os.stat(files[column]).st_size == 0:
                empty[key] = printable(files[column])
    folder = printable(found.folder)
    lacking = f"{origin} without all of the files for {', '.join(columns)}"
    fewer = ". To use fewer channels, name them in channels"
    rename = ". Rename the file, or name the Ids wanted in a csv"
    if missing and found.unreadable:
        fewer += f". {describe_unreadable(found.unreadable.values(), found.folder)}"
    for bad, problem, hint in (
        (missing, lacking, fewer),
        (empty, "with an empty image file (0 bytes)", ""),
        (double, f"with two files for one thing in {folder}", ""),
        (ambiguous, f"with an ambiguous file name in {folder}", rename),
    ):
        if bad:
            rows = {row for row, key in enumerate(keys) if key in bad}
            yield f"{plural(bad, 'Id')} {problem}: {first_dozen(bad.values())}{hint}", rows
    unreadable = {row for row, key in enumerate(keys) if key in found.unreadable}
    if unreadable:
        yield describe_unreadable(found.unreadable.values(), found.folder), unreadable


# ---- the csv ------------------------------------------------------------------------------------


def _find_table(csv: str | os.PathLike[str] | None, found: FolderNames) -> LabelTable | None:
    if csv is not None:
        return read_label_table(csv)
    if (found.folder / "train.csv").is_file():
        return read_label_table(found.folder / "train.csv")
    # Next to Kaggle's folder "test" is the csv of its folder "train". It may be unrelated.
    sibling = found.folder.parent / "train.csv"
    return read_label_table(sibling, known=found.possible_ids) if sibling.is_file() else None
