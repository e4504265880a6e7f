"""Paths of images as a DataFrame, with all problems of missing and contradictory files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal

import pandas as pd

from .._common.caller import warn_caller
from .._common.messages import first_dozen, plural
from .._common.naming import printable
from .._images.inputs import HPA_CHANNELS, check_channels
from ._channel_files import describe_channel_files
from ._file_names import id_key, parse_name
from ._folder import FolderImages, FolderNames, arrange, describe_unreadable, find_names
from ._labels import describe_label_folders
from ._matching import match_ids, near_ids
from ._pattern import Pattern
from ._target import check_on_error, complete_rows
from ._walk import walk

#: Number of files that are looked through for an image in a sub-folder.
_MOST_FILES = 10_000
_EXPECTED_NAMES = (
    f"{{Id}}_red.png, {{Id}}_green.png, ... (of {', '.join(HPA_CHANNELS)}) or {{Id}}.png"
)


def find_image_frame(
    folder: str | os.PathLike[str],
    ids: Iterable[str] | None = None,
    *,
    channels: Sequence[str] | None = None,
    recursive: bool = False,
    pattern: str | None = None,
    on_error: Literal["raise", "warn"] = "raise",
    source: str | os.PathLike[str] | None = None,
) -> pd.DataFrame:
    """Find the images of a folder by their file names, without labels.

    Parameters
    ----------
    folder : str or path-like
        As in `load_hpa`.
    ids : iterable of str, optional
        The Ids to find, in this order. By default all Ids, sorted. An Id may be a file name or a
        path, as in `load_hpa`; the index of the result has the Ids as they are given.
    channels : sequence of str, optional
        As in `load_hpa`.
    recursive : bool, default=False
        As in `load_hpa`.
    pattern : str, optional
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
        If Ids are incomplete, an Id may mean several images, or no image remains.
    OSError
        If the folder cannot be read.

    Warns
    -----
    UserWarning
        If ``on_error="warn"`` and Ids are dropped, if composites are skipped, or if Ids are matched
        by number or by file name alone.

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
    check_choices(channels, on_error)
    names = find_names(os.path.abspath(folder), Pattern.read(pattern), recursive)
    if ids is None:
        source = names.folder
    origin = "asked for" if source is None else f"of {printable(source)}"
    written = None if ids is None else list(ids)
    matched: list[str] | None = None
    notes: list[str] = []
    if written is not None:
        matched, notes = match_ids(written, names, origin)
    found = some_images(names, matched)
    images, rows = complete_images(found, matched, channels, on_error, origin, (), notes)
    if written is not None:
        images.index = pd.Index([written[row] for row in rows], name="Id")
    return images


def check_choices(channels: Sequence[str] | None, on_error: str) -> None:
    if channels is not None:
        check_channels(channels, HPA_CHANNELS)
    check_on_error(on_error)


def some_images(names: FolderNames, ids: Sequence[str] | None) -> FolderImages:
    found = arrange(names, ids)
    folder = printable(found.folder)
    if names.unknown:
        files = first_dozen(
            f"{printable(text)!r} ({printable(paths[0])})" for text, paths in names.unknown.items()
        )
        problem = (
            f"{plural(names.unknown, 'channel')} in {folder} with a name of no stain: {files}."
            f" Expected {', '.join(HPA_CHANNELS)} or names such as DAPI and tubulin"
        )
        if not found.ids:
            raise ValueError(problem)
        warn_caller(f"{problem}. These files are left out")
    if found.ids:
        looks = None if ids is not None or names.pattern else _describe_channels(found)
        if looks is not None:
            raise ValueError(f"{folder}: {looks}")
        return found
    if found.composites:
        raise FileNotFoundError(
            f"{folder} holds only composites, which show several stains in one"
            f" picture: {first_dozen(_composite_names(found))}. Expected {_EXPECTED_NAMES}. If an"
            " Id ends in a colour, name the Ids in a csv"
        )
    raise FileNotFoundError(_describe_no_image(names))


def _describe_no_image(names: FolderNames) -> str:
    folder = printable(names.folder)
    if names.pattern is not None:
        others = list(islice(walk(names.folder, names.recursive), 3))
        there = f"it has {first_dozen(map(printable, others))}" if others else "it has no file"
        there += "" if names.recursive else ", and sub-folders are not searched"
        return f"no image in {folder} matches pattern={names.pattern.text!r}; {there}"
    problem = (
        f"no image in {folder}: expected {_EXPECTED_NAMES}; tif, tiff, jpg, jpeg, tif.gz and"
        " tiff.gz likewise"
    )
    if not names.recursive:
        deeper = islice(walk(names.folder, recursive=True), _MOST_FILES)
        below = (path for path in deeper if "/" in path and parse_name(path.rpartition("/")[2]))
        first = next(below, None)
        if first is not None:
            hint = describe_label_folders([_without_channel(path) for path in (first, *below)])
            return (
                f"{problem}. Sub-folders are not searched, and {printable(first)} is in one:"
                f" recursive=True searches them{'. ' if hint else ''}{hint}"
            )
        problem += ". Sub-folders are not searched"
    files = (path for path in walk(names.folder, names.recursive) if not path.endswith(".csv"))
    if others := list(islice(files, 3)):
        problem += f". The folder has {first_dozen(map(printable, others))}"
    return problem


def _describe_channels(found: FolderImages) -> str | None:
    """Describe files of one channel each that are read as images, or return None."""
    return describe_channel_files(
        os.path.relpath(files["image"], found.folder).replace(os.sep, "/")
        for files in found.files.values()
        if "image" in files
    )


def _composite_names(found: FolderImages, ids: Iterable[str] | None = None) -> list[str]:
    """Return the names of composites, of these Ids or of all."""
    of = found.composites if ids is None else found.composites.keys() & set(map(id_key, ids))
    return sorted({printable(name) for Id in of for name in found.composites[Id]})


def complete_images(
    found: FolderImages,
    ids: Sequence[str] | None,
    channels: Sequence[str] | None,
    on_error: str,
    origin: str,
    incomplete: Sequence[tuple[str, set[int]]] = (),
    notes: Sequence[str] = (),
) -> tuple[pd.DataFrame, list[int]]:
    """Return the paths of the complete rows, and the positions of these rows in `ids`.

    If `ids` is None, they are all Ids of the folder.

    `origin` follows "Ids" in messages. `incomplete` lists problems found earlier, each with the
    rows to drop. `notes` are warnings about the Ids.
    """
    composites = _composite_names(found, ids)
    ids = found.ids if ids is None else ids
    keys = [id_key(Id) if Id not in found.unreadable else Id for Id in ids]
    if not set(keys) & set(found.ids):
        raise ValueError(_describe_strangers(found, ids, origin))
    columns = _image_columns(found, keys, channels)
    incomplete = [*incomplete, *_incomplete_images(found, keys, columns, origin)]
    rows = complete_rows(len(ids), incomplete, on_error)
    for note in notes:
        warn_caller(note)
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


def _without_channel(path: str) -> str:
    parent, _, file_name = path.rpartition("/")
    name = parse_name(file_name)
    return path if name is None else f"{parent}/{name.Id}"


def _describe_strangers(found: FolderImages, ids: Sequence[str], origin: str) -> str:
    first = f": the first is {ids[0]!r}, the folder's first {found.ids[0]!r}" if ids else ""
    problem = (
        f"none of the {len(ids)} Ids {origin} has an image in {printable(found.folder)}{first}"
    )
    if composites := _composite_names(found, ids):
        problem += f". The folder has only composites of them: {first_dozen(composites)}"
    if hint := near_ids(ids[:1], found.ids):
        problem += f". {ids[0]!r} has no image, {hint[ids[0]]}"
    if found.unreadable:
        problem += f". {describe_unreadable(found.unreadable.values(), found.folder)}"
    if channel_files := _describe_channels(found):
        problem += f". {channel_files}"
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
    near = near_ids([key for key in keys if key not in found.files], found.files)
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
            but += f", {printable(near[key])}" if key in near else ""
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
