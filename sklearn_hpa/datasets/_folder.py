"""Search of a folder for image files, by file name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from .._common.messages import first_dozen, plural
from .._common.naming import printable
from .._images.decoding import FilePath
from .._images.inputs import HPA_CHANNELS
from ._file_names import (
    as_text,
    composite_of,
    id_key,
    is_text,
    last_colour,
    parse_name,
    without_size,
)
from ._pattern import Pattern, channel_of
from ._walk import walk


class FolderImages(NamedTuple):
    """The images of a folder, by Id.

    The Ids are keys, as returned by `id_key`.

    Attributes
    ----------
    folder : Path
    files : dict of str to dict of str to Path
        For each Id, in sorted order, the path of each channel (in the order of `HPA_CHANNELS`), or
        the path of the multi-channel file under the key ``"image"``.
    conflicts : dict of str to str
        Ids with contradictory files, and the problem: two files for one channel, or both channel
        files and a multi-channel file. These Ids are not in `files`.
    ambiguous : dict of str to str
        Ids with a file that is either a channel of this Id or a composite of a shorter Id, and the
        problem. These Ids are not in `files`.
    composites : dict of str to list of str
        The names of composite files, which show several stains in one picture, by each Id that they
        may be a composite of.
    unreadable : dict of str to str
        Ids whose file names are not valid text, and such a name. These Ids are not in `files`.
    """

    folder: Path
    files: dict[str, dict[str, Path]]
    conflicts: dict[str, str]
    ambiguous: dict[str, str]
    composites: dict[str, list[str]]
    unreadable: dict[str, str]

    @property
    def ids(self) -> list[str]:
        """All Ids in sorted order, including Ids with problems, without Ids of composites only."""
        return sorted({*self.files, *self.conflicts, *self.ambiguous, *self.unreadable})


class FolderNames(NamedTuple):
    """The names of the image files of a folder, before it is known which Ids exist.

    Attributes
    ----------
    folder : Path
    names : dict of str to dict of str to list of str
        For each Id, the names of the files of each channel, where the channel is the last colour
        word of the name, or ``"image"``. In sub-folders, names are relative paths.
    small_composites : dict of str to str
        Names of composites that end in a word for their size, such as
        ``a_blue_red_green_thumb.jpg``, and the part before this word.
    unreadable : dict of str to str
        As in `FolderImages`.
    unknown : dict of str to list of str
        Names of files by the text of their channel in a pattern, where this text is no stain.
    pattern : Pattern or None
        The pattern of the paths.
    recursive : bool
        Whether sub-folders were searched.
    """

    folder: Path
    names: dict[str, dict[str, list[str]]]
    small_composites: dict[str, str]
    unreadable: dict[str, str]
    unknown: dict[str, list[str]]
    pattern: Pattern | None
    recursive: bool

    @property
    def possible_ids(self) -> set[str]:
        """All Ids that the folder may have, in any reading of the names."""
        return set(self.names)


def find_images(folder: FilePath, ids: Iterable[str] | None = None) -> FolderImages:
    """Find the image files of a folder by their names.

    The names are ``{Id}_{channel}.{extension}`` and ``{Id}.{extension}``, where the extension is
    png, jpg, jpeg, tif, tiff, ome.tif or ome.tiff, and the last four may be followed by .gz; the
    case of channel and extension does not matter.

    A name that ends in two different colour words, such as ``a_blue_red_green.jpg``, is a composite
    of the Id ``a``, not the green channel of the Id ``a_blue_red``. It is this channel if `ids` has
    the Id ``a_blue_red``. Without `ids`, it is this channel if the folder has the channel that
    repeats the last word of the Id, ``a_blue_red_red.jpg``.

    Parameters
    ----------
    folder : str or path-like
        The folder. Sub-folders, hidden files, broken links and files that are not named like an
        image are skipped.
    ids : iterable of str, optional
        The Ids of the images, for example the Ids of a csv.

    Returns
    -------
    FolderImages

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    NotADirectoryError
        If `folder` is a file.
    OSError
        If the folder cannot be read.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("a_red.png", "a_green.png", "b.ome.tif", "c.png", "c.jpg", "notes.txt"):
    ...         pathlib.Path(folder, name).touch()
    ...     images = find_images(folder)
    >>> {Id: list(files) for Id, files in images.files.items()}
    {'a': ['red', 'green'], 'b': ['image']}
    >>> images.conflicts
    {'c': 'two files for the image: c.jpg and c.png'}
    """
    return arrange(find_names(folder), ids)


def find_names(
    folder: FilePath, pattern: Pattern | None = None, recursive: bool = False
) -> FolderNames:
    """Find the names of the image files of a folder; see `find_images`.

    With `recursive`, or a pattern of folders, sub-folders are searched too. The Id of a file in a
    sub-folder is its relative path, with ``/``.
    """
    folder = Path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"image folder not found: {printable(folder)}")
    if not folder.is_dir():
        raise NotADirectoryError(f"{printable(folder)} is a file; a folder of images is expected")

    recursive = recursive or (pattern is not None and pattern.in_folders)
    found = FolderNames(folder, {}, {}, {}, {}, pattern, recursive)
    for path in walk(folder, recursive):
        parent, _, file_name = path.rpartition("/")
        name = parse_name(file_name)
        if name is None:
            continue
        Id, channel = name
        if parent:
            Id = f"{as_text(parent)}/{Id}"
        if pattern is not None:
            fields = pattern.match(path)
            if fields is None:
                continue
            if fields.Id is not None:
                Id, channel = as_text(fields.Id), "image"
            if fields.channel is not None:
                known = channel_of(fields.channel)
                if known is None:
                    found.unknown.setdefault(fields.channel, []).append(path)
                    continue
                channel = known
        if not Id.strip() or not is_text(Id):
            found.unreadable.setdefault(Id, path)
        elif channel == "image" and (stem := without_size(Id)) != Id and _is_composite(stem):
            found.small_composites[path] = stem
        else:
            found.names.setdefault(id_key(Id), {}).setdefault(channel, []).append(path)
    return found


def arrange(found: FolderNames, ids: Iterable[str] | None = None) -> FolderImages:
    """Assign the files to Ids; see `find_images`."""
    known = None if ids is None else set(map(id_key, ids))
    images = FolderImages(found.folder, {}, {}, {}, {}, dict(found.unreadable))
    for name, stem in found.small_composites.items():
        _add_composite(images, name, stem)
    for Id in sorted(found.names):
        names = dict(found.names[Id])
        colour = last_colour(Id)
        if colour and not (colour in names if known is None else Id in known):
            for channel in names.keys() - {"image", colour}:
                for name in names.pop(channel):
                    _add_composite(images, name, f"{Id}_{channel}")
        if not names:
            continue
        if known is None and colour and (problem := _describe_ambiguity(Id, names, found.names)):
            images.ambiguous[Id] = problem
        elif conflict := _describe_conflict(names):
            images.conflicts[Id] = conflict
        else:
            images.files[Id] = {
                channel: found.folder / names[channel][0]
                for channel in (*HPA_CHANNELS, "image")
                if channel in names
            }
    return images


def describe_unreadable(names: Iterable[str], folder: Path) -> str:
    """Return the problem with files whose names are not valid text."""
    names = sorted(names)
    return (
        f"{plural(names, 'file name')} in {printable(folder)} not in UTF-8, or without an Id:"
        f" {first_dozen(map(printable, names))}. Rename the files, for example with: convmv"
        " -f latin1 -t utf8 --notest FOLDER/*"
    )


def _is_composite(stem: str) -> bool:
    return next(composite_of(stem), None) is not None


def _add_composite(images: FolderImages, name: str, stem: str) -> None:
    for Id in composite_of(stem):
        images.composites.setdefault(Id, []).append(name)


def _describe_ambiguity(
    Id: str, names: Mapping[str, list[str]], all_names: Mapping[str, Mapping[str, list[str]]]
) -> str | None:
    """Describe a file that is a channel of this Id or a composite of a shorter Id with channels."""
    for channel, files in names.items():
        for shorter in composite_of(f"{Id}_{channel}") if channel != "image" else ():
            others = set(all_names.get(shorter, ())) - {"image"}
            last = last_colour(shorter)
            if others if last is None else last in others:
                return (
                    f"{printable(files[0])} is either the {channel} channel of {printable(Id)} or"
                    f" a composite of {printable(shorter)}"
                )
    return None


def _describe_conflict(names: Mapping[str, list[str]]) -> str | None:
    for channel, twins in names.items():
        if len(twins) > 1:
            what = "the image" if channel == "image" else f"the {channel} channel"
            first, second = sorted(twins)[:2]
            if unicodedata.normalize("NFC", first) == unicodedata.normalize("NFC", second):
                return (
                    f"two files for {what}: {ascii(first)} and {ascii(second)}, the same name in"
                    " two forms of Unicode"
                )
            return f"two files for {what}: {printable(first)} and {printable(second)}"
    if "image" in names and len(names) > 1:
        channel_file = next(names[channel][0] for channel in HPA_CHANNELS if channel in names)
        return (
            f"a multi-channel file and channel files: {printable(names['image'][0])} and"
            f" {printable(channel_file)}"
        )
    return None
