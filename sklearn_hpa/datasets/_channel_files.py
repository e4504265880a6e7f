"""Recognition of files of one channel each whose names do not follow the known layouts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import NamedTuple

from .._common.messages import first_dozen
from .._common.naming import printable
from .._images.inputs import HPA_CHANNELS
from ._pattern import channel_of

_SPLIT = re.compile(r"[_\-. ]+")
#: The numbers of channels that microscopes write: Leica's "ch00", and "w1" before the stain.
_NUMBERED = re.compile(r"(?:ch|channel)[0-9]{1,2}", re.IGNORECASE)
_WAVE = re.compile(r"w[0-9](?=[A-Za-z])", re.IGNORECASE)


class _Token(NamedTuple):
    text: str
    channel: str | None


def describe_channel_files(paths: Iterable[str]) -> str | None:
    """Describe files that look like the channels of one image, or return None.

    Parameters
    ----------
    paths : iterable of str
        The relative paths of files that are named like multi-channel files.

    Examples
    --------
    >>> print(describe_channel_files(["a_w1_DAPI.tif", "a_w2_FITC.tif", "b.tif"]))
    a_w1_DAPI.tif, a_w2_FITC.tif look like channels of one image (DAPI is blue, FITC is green).
    Name the channel in the pattern, such as pattern='{id}_w?_{channel}.tif'; pattern='*' reads each
    file as an image
    >>> describe_channel_files(["a_1.tif", "a_2.tif"])
    """
    groups: dict[tuple[str, ...], dict[str, tuple[str, _Token]]] = {}
    for path in paths:
        for rest, token in _readings(path):
            groups.setdefault(rest, {}).setdefault(token.text.lower(), (path, token))
    for files in groups.values():
        tokens = [token for _, token in files.values()]
        if len({token.channel or token.text for token in tokens}) < 2:
            continue
        names = first_dozen(printable(path) for path, _ in files.values())
        start = f"{names} look like channels of one image"
        if any(token.channel is None for token in tokens):
            return (
                f"{start} ({first_dozen(token.text for token in tokens)}), and a number does not"
                f" name a stain. Rename the files to {{Id}}_{{channel}} with the channels"
                f" {', '.join(HPA_CHANNELS)}; pattern='*' reads each file as an image"
            )
        stains = first_dozen(f"{token.text} is {token.channel}" for token in tokens)
        path, token = next(iter(files.values()))
        return (
            f"{start} ({stains}). Name the channel in the pattern, such as"
            f" pattern={_pattern_for(path, token.text)!r}; pattern='*' reads each file as an image"
        )
    return None


def _readings(path: str) -> Iterable[tuple[tuple[str, ...], _Token]]:
    """Yield the words of a path without a word that may be a channel, and this word."""
    parts = PurePosixPath(path).parts
    words = _SPLIT.split(parts[-1])
    for position, word in enumerate(words[:-1]):
        if token := _token(word):
            rest = [each for number, each in enumerate(words) if number != position]
            rest = [each for each in rest if not re.fullmatch("[wcWC][0-9]", each)]
            yield (*parts[:-1], *rest), token
    for position, folder in enumerate(parts[:-1]):
        if token := _token(folder):
            yield (*parts[:position], "{}", *parts[position + 1 :]), token


def _token(word: str) -> _Token | None:
    stain = _WAVE.sub("", word)
    if channel := channel_of(stain):
        return _Token(stain, channel)
    return _Token(word, None) if _NUMBERED.fullmatch(word) else None


def _pattern_for(path: str, stain: str) -> str:
    *folders, name = path.split("/")
    if stain in folders:
        at = folders.index(stain)
        inner = ["*"] * (len(folders) - at - 1)
        extension = name[name.index(".") :]
        return "/".join(["*"] * at + ["{channel}", *inner, "{id}" + extension])
    before, _, after = name.partition(stain)
    before = re.sub(r"(?<=[_\-. ])([wcWC])[0-9](?=[_\-. ]*$)", r"\1?", before)
    marker = re.search(r"[_\-. ]+(?:[wcWC]\?[_\-. ]*)?$", before)
    return "{id}" + (marker.group() if marker else "") + "{channel}" + after
