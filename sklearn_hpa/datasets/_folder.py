"""Search of a folder for image files, by file name."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from .._images.decoding import FilePath
from .._images.inputs import HPA_CHANNELS

_FILE_NAME = re.compile(
    rf"(?P<id>.+?)(?:_(?P<channel>{'|'.join(HPA_CHANNELS)}))?\.(?:png|jpe?g|tiff?(?:\.gz)?)",
    re.IGNORECASE,
)


class FolderImages(NamedTuple):
    """The images of a folder, by Id.

    Attributes
    ----------
    folder : Path
    files : dict of str to dict of str to Path
        For each Id, in sorted order, the path of each channel (in the order of `HPA_CHANNELS`), or
        the path of the multi-channel file under the key ``"image"``.
    conflicts : dict of str to str
        Ids with contradictory files, and the problem: two files for one channel, or both channel
        files and a multi-channel file. These Ids are not in `files`.
    """

    folder: Path
    files: dict[str, dict[str, Path]]
    conflicts: dict[str, str]

    @property
    def ids(self) -> list[str]:
        """All Ids in sorted order, including Ids with conflicts."""
        return sorted({*self.files, *self.conflicts})


def find_images(folder: FilePath) -> FolderImages:
    """Find the image files of a folder by their names.

    The names are ``{Id}_{channel}.{extension}`` and ``{Id}.{extension}``, where the extension is
    png, jpg, jpeg, tif, tiff, tif.gz or tiff.gz; the case of channel and extension does not matter.

    Parameters
    ----------
    folder : str or path-like
        The folder. Sub-folders, hidden files, broken links and files that are not named like an
        image are skipped.

    Returns
    -------
    FolderImages

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    NotADirectoryError
        If `folder` is a file.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("a_red.png", "a_green.png", "b.tif", "c.png", "c.jpg", "notes.txt"):
    ...         pathlib.Path(folder, name).touch()
    ...     images = find_images(folder)
    >>> {Id: list(files) for Id, files in images.files.items()}
    {'a': ['red', 'green'], 'b': ['image']}
    >>> images.conflicts
    {'c': 'two files for the image: c.jpg and c.png'}
    """
    folder = Path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"image folder not found: {folder}")
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; a folder of images is expected")

    names: dict[str, dict[str, list[str]]] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            match = _FILE_NAME.fullmatch(entry.name)
            if match and not entry.name.startswith(".") and _is_file(entry):
                channel = (match["channel"] or "image").lower()
                names.setdefault(match["id"], {}).setdefault(channel, []).append(entry.name)

    images = FolderImages(folder, {}, {})
    for Id in sorted(names):
        if conflict := _describe_conflict(names[Id]):
            images.conflicts[Id] = conflict
        else:
            images.files[Id] = {
                channel: folder / names[Id][channel][0]
                for channel in (*HPA_CHANNELS, "image")
                if channel in names[Id]
            }
    return images


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # such as a link to itself
        return False


def _describe_conflict(names: Mapping[str, list[str]]) -> str | None:
    for channel, twins in names.items():
        if len(twins) > 1:
            what = "the image" if channel == "image" else f"the {channel} channel"
            return f"two files for {what}: {' and '.join(sorted(twins)[:2])}"
    if "image" in names and len(names) > 1:
        channel_file = next(names[channel][0] for channel in HPA_CHANNELS if channel in names)
        return f"a multi-channel file and channel files: {names['image'][0]} and {channel_file}"
    return None
