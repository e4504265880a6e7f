"""Loading of an image folder and a label file as a DataFrame of paths and a 0/1 DataFrame."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, overload

import pandas as pd
from sklearn.utils import Bunch

from .._common.estimators import public_in
from .._common.messages import plural
from .._common.naming import printable
from ._columns import ColumnNames, is_id_name
from ._file_names import id_key
from ._folder import FolderNames, find_names
from ._frame import check_choices, complete_images, some_images
from ._matching import are_related, match_ids
from ._metadata import make_metadata
from ._pattern import Pattern
from ._table import LabelTable, read_label_table, read_related_table
from ._target import check_label_choice, incomplete_rows, label_columns, target_of


@overload
def load_hpa(
    folder: str | os.PathLike[str],
    csv: str | os.PathLike[str] | None = ...,
    *,
    channels: Sequence[str] | None = ...,
    labels: str | Sequence[str | int] = ...,
    id_column: str | None = ...,
    label_column: str | Sequence[str] | None = ...,
    label_separator: str | None = ...,
    recursive: bool = ...,
    pattern: str | None = ...,
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
    id_column: str | None = ...,
    label_column: str | Sequence[str] | None = ...,
    label_separator: str | None = ...,
    recursive: bool = ...,
    pattern: str | None = ...,
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
    id_column: str | None = ...,
    label_column: str | Sequence[str] | None = ...,
    label_separator: str | None = ...,
    recursive: bool = ...,
    pattern: str | None = ...,
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
    id_column: str | None = None,
    label_column: str | Sequence[str] | None = None,
    label_separator: str | None = None,
    recursive: bool = False,
    pattern: str | None = None,
    on_error: Literal["raise", "warn"] = "raise",
    return_X_y: bool = False,
) -> Bunch | tuple[pd.DataFrame, pd.DataFrame | None]:
    """Load the paths and labels of a folder of Human Protein Atlas images.

    This function does not decode images. An estimator decodes them later, in parallel.

    Parameters
    ----------
    folder : str or path-like
        The folder of images. Each image is one file per channel,
        ``{Id}_{red,green,blue,yellow}``, or one multi-channel file, ``{Id}``. The extension is
        png, jpg, jpeg, tif, tiff, ome.tif or ome.tiff; the last four may be followed by .gz. Files
        whose Id is not in the csv are ignored. Composites, such as ``{Id}_blue_red_green.jpg`` of
        the Human Protein Atlas site, are skipped.
    csv : str or path-like, optional
        The table of labels. By default it is ``train.csv`` in the folder, else ``train.csv`` in the
        parent folder if it is a label table that contains any of the images, else there is no
        target. It is csv text in UTF-8, or in UTF-16 with a byte order mark, with any of comma,
        semicolon, tab and ``|`` between the columns, or an Excel workbook if the package openpyxl
        (xlsx) or xlrd (xls) is installed.

        A column ``Target`` means the 28 numbers of `HPA_LABELS`, a column ``Label`` the 19 numbers
        of `HPA_LABELS_2021`. Other columns of labels have names only, of the 2018 set, and of any
        one set if ``labels="present"``. The labels of a row are numbers separated by spaces, ``|``,
        ``,`` or ``;``, or names separated by ``|``, ``,`` or ``;``, in any order and case. Instead,
        there may be a column of 0 and 1 (or False and True) for each label. A location that a label
        of the set contains by definition is read as this label.

        Ids match file names in any form of Unicode (NFC or NFD). An Id may also be the name of a
        file of the image, or a path.
    channels : sequence of str, optional
        The columns of the result. By default all channels that any image has. The planes of
        multi-channel files are chosen later, when the files are decoded.
    labels : {"all", "present", "hpa"} or sequence of str or int, default="all"
        The columns of the target: all labels of the set in use, the labels that occur, the 35
        locations of the Human Protein Atlas site (`HPA_LABELS_SITE`), or the given names or numbers
        in the given order.
    id_column : str, optional
        The column of Ids, by its name. By default it is the column ``Id``, in any case, else the
        one column with a usual name, such as ``Image``, ``ImageId``, ``filename`` or ``path``.
    label_column : str or sequence of str, optional
        The column of labels, by its name, or a list of columns: of labels, whose labels are
        combined, or of 0 and 1 for each label. By default it is the column ``Target`` or
        ``Label``, in any case, else the one column with a usual name, such as ``Labels``,
        ``Location`` or ``Subcellular location``, else all columns whose names are labels.
    label_separator : str, optional
        The text between the labels of a cell. By default it is any of ``|``, ``,`` and ``;``, and
        spaces between numbers.
    recursive : bool, default=False
        Whether sub-folders are searched. The Id of an image in a sub-folder is its relative path,
        with ``/``, such as ``"plate1/A01/cell3"``. Hidden folders are skipped.
    pattern : str, optional
        The files that are images, as a glob relative to the folder, such as ``"*_max.tif"`` or
        ``"plate*/**/*.tif"``. A pattern with ``/`` searches sub-folders. The fields ``{id}`` and
        ``{channel}`` read file names of other layouts, such as ``"{id}_w?_{channel}.tif"`` or
        ``"{channel}/{id}.png"``. The text of ``{channel}`` is red, green, blue or yellow, or the
        name of a stain, such as DAPI. Files of other channels are left out with a warning.
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
            csv or if the csv has a file name or a path instead. The columns are the channels, or
            the single column ``"image"``.
        target : DataFrame of int64, shape (n_images, n_labels), or None
            1 where an image has a label, else 0. The index is the same, and the columns are the
            label names.
        label_names : list of str or None
            The columns of the target.
        metadata : DataFrame of shape (n_images, n_columns)
            The other columns of the csv, such as groups or doses, with the same index. A column is
            numeric if all its cells are numbers without leading zeros, else text. If sub-folders
            are searched, the column ``folder`` and a column for each level of sub-folders follow:
            ``plate`` or ``well`` if all names of the level look like plates or wells, else
            ``folder_1``, ``folder_2``, ...

    Raises
    ------
    FileNotFoundError
        If the folder or the csv does not exist, or the folder contains no image or only composites.
    ValueError
        If rows are incomplete, a label is unknown, the csv is no such table, lacks a column, has
        several columns that may be Ids or labels, or has no rows, an Id may mean several images or
        another image than the file name in its row, the package for a workbook is not installed,
        files look like the channels of one image but do not have the names of channels, or no row
        remains.
    OSError
        If the folder or the csv cannot be read.

    Warns
    -----
    UserWarning
        If ``on_error="warn"`` and rows are dropped. If composites of the images are skipped. If Ids
        are matched by file name although the folders differ, or by number without leading zeros. If
        columns of 0 and 1 are no labels, or files have another channel than the four stains. The
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
    column_names = ColumnNames(id_column, label_column, label_separator)
    check_choices(channels, on_error)
    names = find_names(os.path.abspath(folder), Pattern.read(pattern), recursive)
    table = _find_table(csv, names, column_names, labels)
    origin = names.folder if table is None else table.path
    ids: list[str] | None = None
    notes: list[str] = []
    if table is not None:
        ids, notes = match_ids(table.ids, names, f"of {printable(table.path)}")
        if id_column is None:
            _compare_with_file_names(table, ids, names)
        table = replace(table, ids=ids)
    columns = None if table is None else label_columns(labels, table)
    found = some_images(names, ids)
    incomplete = [] if table is None else list(incomplete_rows(table))
    images, rows = complete_images(
        found, ids, channels, on_error, f"of {printable(origin)}", incomplete, notes
    )
    target = None if table is None else target_of(table, rows, columns)
    if return_X_y:
        return images, target
    label_names = None if target is None else list(target.columns)
    others = {} if table is None else table.others
    metadata = make_metadata(
        {name: [cells[row] for row in rows] for name, cells in others.items()},
        images.index,
        in_folders=names.recursive,
    )
    return Bunch(images=images, target=target, label_names=label_names, metadata=metadata)


def _compare_with_file_names(table: LabelTable, ids: Sequence[str], found: FolderNames) -> None:
    """Refuse Ids that mean other images than another column of Ids or file names."""
    path = printable(table.path)
    known = found.possible_ids
    keys = list(map(id_key, ids))
    for title in filter(is_id_name, table.others):
        cells = table.others[title]
        try:
            other_keys = list(map(id_key, match_ids(cells, found, f"of {path}").ids))
        except ValueError:  # names of several images
            continue
        both = f"id_column={table.id_column!r} or id_column={title!r}"
        if known.isdisjoint(keys) and not known.isdisjoint(other_keys):
            raise ValueError(
                f"{path}: no {printable(table.id_column)} is an image of {printable(found.folder)},"
                f" but {printable(title)} names images: use id_column={title!r}"
            )
        different = [
            row
            for row, (one, other) in enumerate(zip(keys, other_keys, strict=True))
            if one != other and one in known and other in known
        ]
        if different:
            row = different[0]
            raise ValueError(
                f"{path}: {printable(table.id_column)} and {printable(title)} name different images"
                f" in {plural(different, 'row')}: {printable(table.ids[row])!r} and"
                f" {printable(cells[row])!r} in line {table.lines[row]}. Choose with {both}"
            )


def _find_table(
    csv: str | os.PathLike[str] | None,
    found: FolderNames,
    names: ColumnNames,
    labels: str | list[str | int],
) -> LabelTable | None:
    if csv is not None:
        return read_label_table(csv, names, labels)
    if (found.folder / "train.csv").is_file():
        return read_label_table(found.folder / "train.csv", names, labels)
    # Next to Kaggle's folder "test" is the csv of its folder "train". It may be unrelated.
    sibling = found.folder.parent / "train.csv"
    if sibling.is_file():
        known = found.possible_ids
        return read_related_table(sibling, lambda ids: are_related(ids, known), names, labels)
    if names != ColumnNames():
        raise FileNotFoundError(
            f"no table for the columns that are named: expected train.csv in"
            f" {printable(found.folder)} or next to it, or the file in csv"
        )
    return None
