"""Decoding of LZW, a frequent compression of TIFF files.

libtiff decodes the data, through Pillow. It writes about damaged data to the standard error of the
process, and it accepts some of them. So all codes are checked before.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import TiffImagePlugin

from .formats import Refused

_CLEAR, _END, _FIRST = 256, 257, 258
#: Number of codes after a clear code with which the table of 4096 entries is full.
_MAX_CODES = 4096 - _FIRST + 1

# The code with this index after a clear code is read when the table has so many entries.
_N_ENTRIES = _FIRST + np.maximum(np.arange(_MAX_CODES) - 1, 0)
_BITS = np.select([_N_ENTRIES < 511, _N_ENTRIES < 1023, _N_ENTRIES < 2047], [9, 10, 11], 12)
_ENDS = np.cumsum(_BITS)
_MASKS = ((1 << _BITS) - 1).astype(np.uint32)
#: The code may be one of the table, or the entry that it completes itself.
_LIMITS = (_FIRST + np.arange(_MAX_CODES)).astype(np.uint32)
#: The first byte of each code and the shift of its bits, for each bit at which the codes may start.
_LAYOUTS = [
    ((start + _ENDS - _BITS) >> 3, (32 - _BITS - ((start + _ENDS - _BITS) & 7)).astype(np.uint32))
    for start in range(8)
]
_MAX_BYTES = int(_ENDS[-1]) // 8 + 8


def decode_lzw(
    segments: Sequence[bytes], n_rows: Sequence[int], row_bytes: int, n_spare: int = 0
) -> NDArray[Any]:
    """Return the decoded rows of all segments, as bytes, (total of `n_rows`, `row_bytes`).

    Parameters
    ----------
    segments : sequence of bytes
        The data of each strip or tile.
    n_rows : sequence of int
        The number of rows of each segment. All segments but the last one have as many rows. The
        last one may decode to as many rows, which are cut off.
    row_bytes : int
        The number of bytes of each row.
    n_spare : int, default=0
        The number of bytes that each of several segments may have too many, if all have as many:
        LZW has no checksum, and the data of a single segment can be too long by damage.

    Raises
    ------
    Refused
        If a segment decodes to another number of bytes, or not at all.
    """
    lengths = [_decoded_length(data) for data in segments]
    spare = lengths[0] - n_rows[0] * row_bytes if len(segments) > 1 else 0
    spare = spare if 0 <= spare <= n_spare else 0
    for position, (decoded, rows) in enumerate(zip(lengths, n_rows, strict=True)):
        possible = {rows} if position < len(n_rows) - 1 else {rows, n_rows[0]}
        if decoded not in [each * row_bytes + spare for each in possible]:
            raise Refused(
                f"holds LZW data of {decoded} bytes instead of {rows * row_bytes}; it is truncated"
                " or corrupt: copy or download it again"
            )
    # Each segment is a strip of a grey image of its own, whose tags libtiff cannot complain about.
    # libtiff stops at the end of a strip.
    wrapped = _grey_tiff(segments, sum(n_rows), n_rows[0], row_bytes)
    with TiffImagePlugin.TiffImageFile(BytesIO(wrapped)) as image:
        return np.asarray(image)


def _grey_tiff(segments: Sequence[bytes], height: int, strip_rows: int, width: int) -> bytes:
    """Return a TIFF of 8 bits whose strips are the segments."""
    counts = np.array([len(data) for data in segments], "<u4")
    at = 8 + int(counts.sum())
    offsets = (8 + np.cumsum(counts) - counts).astype("<u4")
    tags = {256: width, 257: height, 258: 8, 259: 5, 262: 1, 277: 1, 278: strip_rows}
    values = {tag: (1, value) for tag, value in tags.items()}
    if len(segments) == 1:
        arrays = b""
        values |= {273: (1, 8), 279: (1, int(counts[0]))}
    else:
        arrays = offsets.tobytes() + counts.tobytes()
        values |= {273: (len(segments), at), 279: (len(segments), at + offsets.nbytes)}
    entries = b"".join(struct.pack("<HHII", tag, 4, *values[tag]) for tag in sorted(values))
    start = struct.pack("<2sHI", b"II", 42, at + len(arrays))
    return b"".join([start, *segments, arrays, struct.pack("<H", len(values)), entries, bytes(4)])


def _decoded_length(data: bytes) -> int:
    """Return the number of bytes to which LZW data decode, after a check of every code."""
    padded = np.frombuffer(data + bytes(_MAX_BYTES), np.uint8)
    # Word k is bytes k to k + 3, the first one in the highest bits.
    words = np.ndarray((len(padded) - 3,), ">u4", padded, strides=(1,)).astype(np.uint32)
    n_bits, at, n_codes = 8 * len(data), 0, 0
    blocks: list[NDArray[np.uint32]] = []
    starts: list[int] = []
    while True:
        first_bytes, shifts = _LAYOUTS[at & 7]
        codes = (words[at >> 3 :].take(first_bytes) >> shifts) & _MASKS
        # The codes to clear and to end are 256 and 257.
        stops = (codes >> 1 == _CLEAR >> 1) | (codes >= _LIMITS)
        stop = int(stops.argmax())
        if not stops[stop]:
            stop = _MAX_CODES
        n_whole = _MAX_CODES
        if n_bits - at < _ENDS[-1]:
            n_whole = int(np.searchsorted(_ENDS, n_bits - at, side="right"))
        n_used = min(stop, n_whole)
        if not blocks and (n_whole == 0 or codes[0] != _CLEAR):
            raise _damaged("does not start with a clear code")
        blocks.append(codes[:n_used])
        starts.append(n_codes - _FIRST)
        n_codes += n_used
        if n_whole <= stop and n_whole < _MAX_CODES:
            break
        if stop == _MAX_CODES:
            raise _damaged("has no clear code")
        if codes[stop] == _END:
            break
        if codes[stop] != _CLEAR:
            raise _damaged("has a code that is not in its table")
        at += int(_ENDS[stop])
    sizes = [len(block) for block in blocks]
    return _total_length(np.concatenate(blocks), np.repeat(np.array(starts), sizes))


def _damaged(how: str) -> Refused:
    return Refused(
        f"holds LZW data that {how}; it is truncated or corrupt: copy or download it again"
    )


def _total_length(codes: NDArray[np.uint32], starts: NDArray[np.int64]) -> int:
    """Return the sum of the lengths of the strings.

    Entry 258 + i of the table is the string of code i and one more byte. So the length of a code is
    one, plus the number of its ancestors. `starts` is the index of entry 0 for each code.
    """
    pending = np.flatnonzero(codes >= _FIRST)
    steps = np.zeros(len(codes), np.int32)
    steps[pending] = 1
    ancestors = np.arange(len(codes), dtype=np.int32)
    ancestors[pending] = codes[pending] + starts[pending]
    above = ancestors[pending]
    while pending.size:
        # Each round doubles the number of ancestors that `steps` counts.
        going_on = steps[above] > 0
        pending, above = pending[going_on], above[going_on]
        steps[pending] += steps[above]
        above = ancestors[above]
        ancestors[pending] = above
    return len(codes) + int(steps.sum(dtype=np.int64))
