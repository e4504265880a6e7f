"""File names of images: the Id, the channel, and whether the file is a composite."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from .._images.inputs import HPA_CHANNELS

_COLOUR = "|".join(HPA_CHANNELS)
_FILE_NAME = re.compile(
    rf"(?P<id>.+?)(?:_(?P<channel>{_COLOUR}))?\.(?:png|jpe?g|(?:ome\.)?tiff?(?:\.gz)?)",
    re.IGNORECASE | re.DOTALL,
)
_ENDS_IN_COLOUR = re.compile(rf"(?P<before>.+)_(?P<colour>{_COLOUR})", re.IGNORECASE | re.DOTALL)
#: The Human Protein Atlas site has its composites in several sizes.
_SIZE = re.compile(r"(?:_(?:thumb|thumbnail|small|medium|large|selected))+$", re.IGNORECASE)


class ImageName(NamedTuple):
    """The parts of a file name.

    Attributes
    ----------
    Id : str
    channel : str
        The last colour word of the name in lower case, or ``"image"``.
    """

    Id: str
    channel: str


def parse_name(name: str) -> ImageName | None:
    """Return the parts of a file name, or None if it is not the name of an image.

    Examples
    --------
    >>> parse_name("57_F11_1_Green.ome.tif")
    ImageName(Id='57_F11_1', channel='green')
    >>> parse_name("57_F11_1.tif.gz")
    ImageName(Id='57_F11_1', channel='image')
    """
    match = _FILE_NAME.fullmatch(name)
    if match is None or name.startswith("."):
        return None
    return ImageName(as_text(match["id"]), (match["channel"] or "image").lower())


def id_key(Id: str) -> str:
    """Return the form in which Ids are compared: Unicode NFC, without white space at the ends.

    macOS writes file names in decomposed Unicode (NFD). Most other programs write composed Unicode
    (NFC). The two look the same.

    Examples
    --------
    >>> id_key("Malmo\\u0308") == id_key("Malm\\xf6")
    True
    """
    return Id.strip() if Id.isascii() else unicodedata.normalize("NFC", Id).strip()


def is_text(name: str) -> bool:
    """Tell whether a name can be encoded, and so be written to a csv file."""
    return name.isascii() or not any("\ud800" <= char <= "\udfff" for char in name)


def last_colour(Id: str) -> str | None:
    """Return the colour word in which an Id ends, or None.

    Examples
    --------
    >>> last_colour("cell_Red"), last_colour("cell")
    ('red', None)
    """
    match = _ENDS_IN_COLOUR.fullmatch(Id)
    return match["colour"].lower() if match else None


def composite_of(stem: str) -> Iterator[str]:
    """Yield the Ids of which a file may be a composite: two or more different colours follow.

    Examples
    --------
    >>> list(composite_of("a_blue_red_green"))
    ['a_blue', 'a']
    >>> list(composite_of("a_red")), list(composite_of("a_red_red"))
    ([], [])
    """
    colours: set[str] = set()
    while (match := _ENDS_IN_COLOUR.fullmatch(stem)) and match["colour"].lower() not in colours:
        colours.add(match["colour"].lower())
        stem = match["before"]
        if len(colours) > 1:
            yield id_key(stem)


def without_size(stem: str) -> str:
    """Return a name without the words for the size of the picture at its end.

    Examples
    --------
    >>> without_size("a_blue_red_green_medium")
    'a_blue_red_green'
    """
    return _SIZE.sub("", stem)


def as_text(name: str) -> str:
    """Decode a name in UTF-8 that Python read with another encoding of the file system."""
    if is_text(name):
        return name
    try:
        return os.fsencode(name).decode("utf-8")
    except UnicodeError:
        return name
