"""Patterns of file paths: globs with the optional fields {id} and {channel}."""

from __future__ import annotations

import re
from typing import NamedTuple

from .._images.inputs import HPA_CHANNELS
from .._images.stains import stain_of

_TOKEN = re.compile(r"\{id\}|\{channel\}|\*\*/|\*\*|\*|\?|\[!?[^\]/]+\]")
_PARTS = {
    "{id}": r"(?P<id>[^/]+)",
    "{channel}": r"(?P<channel>[^/]+?)",
    "**/": r"(?:[^/]+/)*",
    "**": r".*",
    "*": r"[^/]*",
    "?": r"[^/]",
}


class Match(NamedTuple):
    """What a pattern finds in a path: the Id and the written channel, or None for each."""

    Id: str | None
    channel: str | None


class Pattern:
    """A pattern of the paths of images, relative to a folder and with ``/`` between folders.

    ``*`` is any text without ``/``, ``?`` one character, ``[abc]`` one of these characters and
    ``**/`` any number of folders. ``{id}`` and ``{channel}`` are text too; the text of ``{id}`` is
    as long as possible. A pattern without ``/`` is compared with the file name alone.

    Parameters
    ----------
    text : str

    Raises
    ------
    ValueError
        If the pattern is empty or absolute, has another field or a field twice, or has
        ``{channel}`` without ``{id}``.

    Examples
    --------
    >>> Pattern("{id}_w?_{channel}.tif").match("plate1/a_7_w2_DAPI.tif")
    Match(Id='plate1/a_7', channel='DAPI')
    >>> Pattern("{channel}/{id}.png").match("green/a.png")
    Match(Id='a', channel='green')
    >>> Pattern("*.tif").match("a.tif")
    Match(Id=None, channel=None)
    """

    def __init__(self, text: str):
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"Invalid pattern={text!r}. A pattern is text such as '*.tif'.")
        self.text = text = text.replace("\\", "/").removeprefix("./")
        if text.startswith("/") or re.match(r"[A-Za-z]:/|\.\./", text):
            raise ValueError(
                f"Invalid pattern={text!r}. A pattern is relative to the folder of images, such as"
                " 'plate*/*.tif'."
            )
        fields = re.findall(r"\{[^}/]*\}", text)
        known = [each for each in fields if each in ("{id}", "{channel}")]
        if known != fields or len(set(fields)) < len(fields) or fields == ["{channel}"]:
            raise ValueError(
                f"Invalid pattern={text!r}. Its fields may be {{id}}, or {{id}} and {{channel}},"
                " each once."
            )
        self.in_folders = "/" in text
        self.has_channel = "{channel}" in fields
        self._parts = text.split("/")
        self._regex = re.compile(_translate(text))

    @classmethod
    def read(cls, text: str | None) -> Pattern | None:
        """Return the pattern that a parameter is, or None."""
        return None if text is None else cls(text)

    def match(self, path: str) -> Match | None:
        """Return the fields of a path, or None if the path does not match.

        The Id is the path with the text of ``{id}`` instead of the part of the path that has this
        field, without the part that has only ``{channel}``, and without a file name that has
        neither.
        """
        folder, _, name = path.rpartition("/")
        found = self._regex.fullmatch(path if self.in_folders else name)
        if found is None:
            return None
        fields = found.groupdict()
        if "id" not in fields:
            return Match(None, None)
        parts = path.split("/")
        start = 0 if self.in_folders else len(folder) + bool(folder)
        at_id = path.count("/", 0, start + found.start("id"))
        kept = dict(enumerate(parts[:-1]))
        if "channel" in fields:
            kept.pop(path.count("/", 0, start + found.start("channel")), None)
        kept[at_id] = fields["id"]
        return Match("/".join(kept[number] for number in sorted(kept)), fields.get("channel"))


def channel_of(text: str) -> str | None:
    """Return the channel that the text of a field means, or None.

    Examples
    --------
    >>> channel_of("Green"), channel_of("DAPI"), channel_of("BF")
    ('green', 'blue', None)
    """
    if text.lower() in HPA_CHANNELS:
        return text.lower()
    stain = stain_of(text)
    return None if stain is None else stain.channel


def _translate(text: str) -> str:
    regex, position = "", 0
    for token in _TOKEN.finditer(text):
        regex += re.escape(text[position : token.start()])
        part = token.group()
        regex += _PARTS.get(part) or part.replace("[!", "[^").replace("\\", "\\\\")
        position = token.end()
    return regex + re.escape(text[position:])
