"""Search for pages of a TIFF file to which no other page leads.

A page has no number and no name. If the chain of the pages is damaged, a page can disappear, and
the following planes then move into other stains. In a file without metadata, only the bytes that
nothing refers to can tell it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .formats import Refused
from .tiff_pages import Page, TiffFile

_WIDTH, _HEIGHT = 256, 257
_CHUNK = 2**20
#: Tags of a page that may precede its width.
_MAX_BEFORE = 2
_MAX_TRIED = 64


def refuse_lost_pages(file: TiffFile, first: Page) -> None:
    """Refuse a file with a page, such as the first one, that is not in its chain of pages.

    The tags and the pixels of a lost page are in bytes that nothing else refers to. Programs that
    change a page write its new tags after the old ones. So only what follows the first page counts.
    """
    gaps = file.gaps()
    gaps = gaps[gaps[:, 1] > file.starts[0]]
    for at in islice(_starts(file, gaps, first), _MAX_TRIED):
        page = file.page_at(at)
        if page is None or page.alike != first.alike:
            continue
        which = np.searchsorted(gaps[:, 0], page.offsets, side="right") - 1
        if np.all((which >= 0) & (page.offsets + page.counts <= gaps[which, 1])):
            raise Refused(
                f"holds a page (byte {at}) to which no other page leads: its chain of pages is"
                " damaged, or a program took the page out; copy or download the file again, or save"
                " it again without the page"
            )


def _starts(file: TiffFile, gaps: NDArray[Any], first: Page) -> Iterator[int]:
    """Yield the bytes at which the tags of a page with the size of the first one may start."""
    entry, head = (20, 8) if file.big else (12, 2)
    width, height = first.tags[_WIDTH].at, first.tags[_HEIGHT].at
    if height - width != entry:
        return
    # Both entries are the same in all pages of this size.
    entries = file.read(width - (12 if file.big else 8), 2 * entry, "tags")
    for start, end in gaps.tolist():
        for at in range(start, end, _CHUNK):
            content = file.read(at, min(_CHUNK + len(entries), end - at), "rest")
            found = content.find(entries)
            while 0 <= found < _CHUNK:
                for before in range(_MAX_BEFORE + 1):
                    tags_at = at + found - before * entry - head
                    if tags_at >= max(start, file.starts[0]):
                        yield tags_at
                found = content.find(entries, found + 1)
