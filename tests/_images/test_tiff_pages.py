"""Tests of the structure of TIFF files: pages, tags, strips and tiles, checked by bounds."""

import io
import struct

import numpy as np
import pytest
import tifffile

from sklearn_hpa._images import tiff_pages
from sklearn_hpa._images.formats import Refused
from sklearn_hpa._images.tiff_pages import TiffFile

from ..robustness.tiff_files import originals


def tiff(tags=None, *, pages=1, big=False, order="<", next_page=None, drop=(), data=bytes(400)):
    """Build an uncompressed grey TIFF of 20 x 20 pixels from tags: {code: (type, values)}."""
    forms = {1: "B", 3: "H", 4: "I", 16: "Q", 2: "B", 12: "d", 99: "B"}
    start = 16 if big else 8
    content = bytearray(b"II+\0\x08\0\0\0" if big else b"II*\0")
    if order == ">":
        content = bytearray(b"MM\0+\0\x08\0\0" if big else b"MM\0*")
    content += bytes(start - len(content))
    at_pointer = start - (8 if big else 4)
    for _ in range(pages):
        at_data = len(content)
        content += data
        all_tags = {256: (3, [20]), 257: (3, [20]), 258: (3, [8]), 259: (3, [1]), 262: (3, [1])}
        all_tags |= {273: (4, [at_data]), 278: (3, [20]), 279: (4, [400])} | (tags or {})
        entries = []
        for code, (kind, values) in sorted(all_tags.items()):
            if code in drop:
                continue
            packed = struct.pack(f"{order}{len(values)}{forms[kind]}", *values)
            width = 8 if big else 4
            if len(packed) > width:
                value = struct.pack(order + ("Q" if big else "I"), len(content))
                content += packed
            else:
                value = packed.ljust(width, b"\0")
            head = struct.pack(order + ("HHQ" if big else "HHI"), code, kind, len(values))
            entries.append(head + value)
        content[at_pointer : at_pointer + (8 if big else 4)] = struct.pack(
            order + ("Q" if big else "I"), len(content)
        )
        content += struct.pack(order + ("Q" if big else "H"), len(entries)) + b"".join(entries)
        at_pointer = len(content)
        content += bytes(8 if big else 4)
    if next_page is not None:
        content[at_pointer : at_pointer + 4] = struct.pack(order + "I", next_page)
    return bytes(content)


def read(content):
    return TiffFile(io.BytesIO(content))


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_all_four_headers_are_read(big, order):
    pages = read(tiff(pages=3, big=big, order=order)).pages
    assert [(page.height, page.width, page.bits, page.byte_order) for page in pages] == [
        (20, 20, 8, order)
    ] * 3


@pytest.mark.parametrize("big", [False, True])
def test_every_cut_of_the_pages_is_refused(big):
    content = tiff(pages=3, big=big)
    for length in range(len(content)):
        with pytest.raises(Refused, match="truncated or corrupt"):
            read(content[:length])


@pytest.mark.parametrize("next_page", [1, 7, 8, 10**6, 2**32 - 1])
def test_a_next_page_that_is_no_page_is_refused(next_page):
    with pytest.raises(Refused, match="truncated or corrupt"):
        read(tiff(pages=2, next_page=next_page))


def test_a_loop_of_pages_is_refused():
    content = tiff(pages=2)
    (first,) = struct.unpack("<I", content[4:8])
    with pytest.raises(Refused, match="page 3 that leads back to an earlier page"):
        read(tiff(pages=2, next_page=first))


def test_too_many_pages_are_refused(monkeypatch):
    monkeypatch.setattr(tiff_pages, "MAX_PAGES", 3)
    assert len(read(tiff(pages=3)).pages) == 3
    with pytest.raises(Refused, match="more than 3 pages"):
        read(tiff(pages=4))


def test_pages_that_share_long_values_are_refused_soon():
    file = read(tiff({278: (3, [1]), 273: (4, [8] * 20), 279: (4, [20] * 20)}))
    tag = file.pages[0].tags[273]
    with pytest.raises(Refused, match="repeats the values of its tags in many pages"):
        for _ in range(100_000):
            file.integers(tag, "StripOffsets")


def test_no_page_is_refused():
    with pytest.raises(Refused, match="a TIFF without an image"):
        read(b"II*\0" + bytes(20))


def test_another_width_of_offsets_is_refused():
    with pytest.raises(Refused, match="header of an unknown kind"):
        read(b"II+\0\x10\0\0\0" + bytes(100))


@pytest.mark.parametrize(
    "tags, reason",
    [
        ({256: (3, [20, 20])}, "2 values of ImageWidth"),
        ({256: (3, [])}, "0 values of ImageWidth"),
        ({256: (12, [20.0])}, "ImageWidth of the wrong type"),
        ({256: (3, [0])}, "declares an image of 20 x 0 pixels"),
        ({256: (4, [2**32 - 1])}, "above the limit"),
        ({277: (3, [0])}, "0 samples per pixel"),
        ({284: (3, [3])}, "PlanarConfiguration 3"),
        ({266: (3, [3])}, "FillOrder 3"),
        ({258: (3, [8, 8])}, "2 values of BitsPerSample"),
        ({277: (3, [2]), 258: (3, [8, 16])}, "samples of different BitsPerSample"),
        ({339: (3, [6])}, "complex numbers"),
        ({338: (3, [0, 0])}, "2 extra samples of 1"),
        ({273: (4, [500, 600])}, "2 StripOffsets instead of 1"),
        ({279: (4, [200, 200])}, "2 StripByteCounts instead of 1"),
        ({278: (3, [10])}, "1 StripOffsets instead of 2"),
        ({278: (3, [0])}, r"RowsPerStrip \[0\]"),
        ({279: (4, [0]), 259: (3, [8])}, "strips or tiles without data"),
        ({279: (4, [0, 200]), 278: (3, [10]), 273: (4, [8, 208])}, "strips or tiles without data"),
        ({273: (4, [0])}, "strips or tiles without data"),
        ({273: (4, [10**6])}, "ends before Strip 1 of 1"),
        ({279: (4, [2**32 - 1])}, "ends before Strip 1 of 1"),
        ({279: (4, [399])}, "399 bytes instead of 400"),
        ({279: (4, [404])}, "404 bytes instead of 400"),
        ({274: (3, [9])}, "has the Orientation 9 in page 1"),
        ({257: (3, [19])}, "400 bytes instead of 380"),
        ({257: (3, [21])}, "1 StripOffsets instead of 2"),
        ({322: (3, [16])}, "no TileLength"),
        ({324: (4, [8])}, "strips and tiles"),
        ({330: (4, [10**7])}, "ends before a smaller copy"),
        ({700: (99, [1])}, "tag 700 of an unknown type"),
        ({254: (3, [0, 0])}, "2 values of NewSubfileType"),
        ({32997: (3, [2])}, "a volume of several slices"),
    ],
)
def test_tags_that_contradict_the_image_are_refused(tags, reason):
    with pytest.raises(Refused, match=reason):
        read(tiff(tags))


@pytest.mark.parametrize("code", [256, 257, 273, 279])
def test_a_missing_tag_is_refused_unless_it_follows_from_others(code):
    content = tiff(drop=[code])
    if code == 279:
        assert read(content).pages[0].counts.tolist() == [400]
    else:
        with pytest.raises(Refused, match=r"has no \w+ in page 1; it is truncated"):
            read(content)


def test_a_tag_that_is_there_twice_is_refused():
    content = tiff({255: (3, [1])})
    with pytest.raises(Refused, match="tag 256 twice in page 1"):
        read(content.replace(struct.pack("<HHI", 255, 3, 1), struct.pack("<HHI", 256, 3, 1)))


def test_a_value_beyond_the_end_is_refused_even_if_nobody_needs_it():
    content = tiff({700: (1, [1] * 50)})
    entry = struct.pack("<HHI", 700, 1, 50)
    with pytest.raises(Refused, match="ends before the value of tag 700 of page 1"):
        read(content.replace(entry, struct.pack("<HHI", 700, 1, 2**31)))


def test_strips_that_overlap_are_refused():
    offsets, counts = [8, 108, 198, 300], [100, 100, 100, 100]
    tags = {278: (3, [5]), 273: (4, offsets), 279: (4, counts)}
    with pytest.raises(Refused, match="strips or tiles that overlap at byte 198"):
        read(tiff(tags))


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("offset", ["before page", "page", "after page"])
def test_pixels_over_the_structure_of_the_file_are_refused(big, offset):
    content = tiff(pages=2, big=big)
    page = read(content).starts[0]
    moved = {"before page": page - 399, "page": page, "after page": page + 20}
    with pytest.raises(Refused, match=r"has a strip or tile over its page 1 \(byte"):
        read(tiff({273: (4, [moved[offset]])}, pages=2, big=big) + bytes(400))


def test_pixels_over_the_header_are_refused():
    with pytest.raises(Refused, match=r"has a strip or tile over its header \(byte 0\)"):
        read(tiff({273: (4, [8])}, big=True))


def test_pixels_over_the_value_of_a_tag_are_refused():
    tags = {278: (3, [10]), 273: (4, [8, 208]), 279: (4, [200, 200]), 700: (1, [1] * 50)}
    at = read(tiff(tags)).pages[0].tags[700].at
    tags[273] = (4, [8, at - 199])
    with pytest.raises(Refused, match=rf"over its tag \d+ of page 1 \(byte (?:{at}|\d+)\)"):
        read(tiff(tags) + bytes(200))


def test_compressed_data_may_be_counted_beyond_their_end():
    tags = {259: (3, [8]), 279: (4, [410])}
    assert read(tiff(tags)).pages[0].counts.tolist() == [410]
    with pytest.raises(Refused, match=r"over its page 1"):
        read(tiff(tags | {273: (4, [408])}) + bytes(500))


def test_gaps_are_what_nothing_refers_to():
    content = tiff(pages=2)
    assert read(content).gaps().tolist() == []
    assert read(content + bytes(7)).gaps().tolist() == [[len(content), len(content) + 7]]
    tags = {278: (3, [10]), 273: (4, [8, 308]), 279: (4, [200, 100]), 257: (3, [15])}
    assert read(tiff(tags)).gaps().tolist() == [[208, 308]]


def test_equal_strips_may_be_stored_once():
    tags = {278: (3, [5]), 273: (4, [8, 8, 8, 108]), 279: (4, [100] * 4)}
    assert read(tiff(tags)).pages[0].offsets.tolist() == [8, 8, 8, 108]


def test_the_last_strip_may_count_as_a_whole_one():
    tags = {257: (3, [18]), 278: (3, [5]), 273: (4, [8, 108, 208, 308]), 279: (4, [100] * 4)}
    page = read(tiff(tags)).pages[0]
    assert page.counts.tolist() == [100, 100, 100, 60]
    assert page.n_rows == [5, 5, 5, 3]


@pytest.mark.parametrize("count", [0, 401, 403])
def test_the_size_of_the_only_strip_may_be_missing_or_include_padding(count):
    assert read(tiff({279: (4, [count])})).pages[0].counts.tolist() == [400]


@pytest.mark.parametrize("rows, spare, works", [(5, 3, True), (5, 4, False), (2, 2, False)])
def test_padding_of_strips_is_shorter_than_another_width_would_be(rows, spare, works):
    offsets = np.arange(8, 408, rows * 20).tolist()
    tags = {278: (3, [rows]), 273: (4, offsets), 279: (4, [20 * rows + spare] * len(offsets))}
    if works:
        assert set(read(tiff(tags)).pages[0].counts.tolist()) == {20 * rows}
    else:
        with pytest.raises(Refused, match=rf"{20 * rows + spare} bytes instead of {20 * rows} in"):
            read(tiff(tags))


def test_orientation_0_is_upright():
    assert read(tiff({274: (3, [0])})).pages[0].orientation == 1


@pytest.fixture(scope="module")
def files():
    return originals()


@pytest.mark.parametrize("name", sorted(originals()))
def test_tags_are_read_as_tifffile_reads_them(files, name):
    content = files[name]
    with tifffile.TiffFile(io.BytesIO(content)) as tiff:
        expected = [
            (page.imagelength, page.imagewidth, page.samplesperpixel, page.bitspersample)
            for page in tiff.pages
        ]
        ranges = [(list(page.dataoffsets), list(page.databytecounts)) for page in tiff.pages]
    pages = read(content).pages
    assert [(page.height, page.width, page.samples, page.bits) for page in pages] == expected
    assert [(page.offsets.tolist(), page.counts.tolist()) for page in pages] == ranges
    assert all(np.all(page.counts > 0) for page in pages)
