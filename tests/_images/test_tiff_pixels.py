"""Tests of decoding strips and tiles: equal to what was written, strict about short data."""

import io
import lzma
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from sklearn_hpa._images import tiff_pixels
from sklearn_hpa._images.decoding import decode_file, file_header
from sklearn_hpa._images.formats import Refused
from sklearn_hpa._images.tiff_pages import TiffFile
from sklearn_hpa._images.tiff_pixels import read_page

from ..robustness.tiff_files import originals


def written(path, pixels, **options):
    tifffile.imwrite(path, pixels, metadata=None, **options)
    return path


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "f2", "f4", "f8"])
@pytest.mark.parametrize("layout", [{"rowsperstrip": 7}, {"tile": (16, 32)}])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_all_depths_are_read_as_written(tmp_path, rng, order, dtype, layout, compression):
    pixels = rng.integers(0, 100, (37, 45)).astype(dtype)
    path = written(tmp_path / "a.tif", pixels, byteorder=order, compression=compression, **layout)
    assert np.array_equal(decode_file(path).pixels, pixels)


@pytest.mark.parametrize("layout", [{"rowsperstrip": 7}, {"tile": (16, 32)}])
@pytest.mark.parametrize("planes", ["contig", "separate"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_samples_together_and_apart_are_read_as_written(tmp_path, rng, layout, planes, dtype):
    pixels = rng.integers(0, np.iinfo(dtype).max, (37, 45, 3), dtype=dtype)
    stored = pixels if planes == "contig" else np.moveaxis(pixels, -1, 0).copy()
    path = written(tmp_path / "a.tif", stored, photometric="rgb", planarconfig=planes, **layout)
    assert np.array_equal(decode_file(path).pixels, pixels)


# ---- predictors, order of bits, packed bits ----


def strip_tiff(data, tags, height=6, width=8):
    """Build a TIFF of one strip of given data and tags."""
    all_tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height}
    all_tags |= {279: len(data)} | tags
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, all_tags[tag]) for tag in sorted(all_tags))
    start = struct.pack("<2sHI", b"II", 42, 8 + len(data))
    return start + data + struct.pack("<H", len(all_tags)) + entries + bytes(4)


def decoded(content):
    file = TiffFile(io.BytesIO(content))
    tiff_pixels.check_format(file.pages[0])
    return read_page(file, file.pages[0])[..., 0]


@pytest.mark.parametrize("compression, pack", [(8, zlib.compress), (34925, lzma.compress)])
@pytest.mark.parametrize("dtype", ["u1", "u2", "u4"])
def test_differences_along_rows_are_summed(rng, compression, pack, dtype):
    pixels = rng.integers(0, 2**8, (6, 8)).astype(dtype)
    differences = np.diff(pixels, axis=1, prepend=pixels.dtype.type(0))
    tags = {258: 8 * pixels.itemsize, 259: compression, 317: 2}
    content = strip_tiff(pack(differences.astype(dtype).tobytes()), tags)
    assert np.array_equal(decoded(content), pixels)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_differences_of_sorted_bytes_are_summed(rng, dtype):
    pixels = rng.random((6, 8)).astype(dtype)
    by_byte = pixels.astype(f">{dtype}").view(np.uint8).reshape(6, 8, -1).transpose(0, 2, 1)
    differences = np.diff(by_byte.reshape(6, -1), axis=1, prepend=np.uint8(0))
    tags = {258: 8 * pixels.itemsize, 259: 8, 317: 3, 339: 3}
    content = strip_tiff(zlib.compress(differences.tobytes()), tags)
    assert np.array_equal(decoded(content), pixels)


@pytest.mark.parametrize("tags", [{317: 4}, {317: 3}, {317: 2, 258: 4}])
def test_an_unknown_predictor_is_refused(tags):
    with pytest.raises(Refused, match=r"has the predictor \d for values of \d bits"):
        decoded(strip_tiff(zlib.compress(bytes(48)), {259: 8} | tags))


@pytest.mark.parametrize("compression", [1, 8])
def test_reversed_bits_are_turned(rng, compression):
    pixels = rng.integers(0, 256, (6, 8), dtype=np.uint8)
    data = pixels.tobytes() if compression == 1 else zlib.compress(pixels.tobytes())
    mirrored = np.packbits(np.unpackbits(np.frombuffer(data, np.uint8)), bitorder="little")
    content = strip_tiff(mirrored.tobytes(), {259: compression, 266: 2})
    assert np.array_equal(decoded(content), pixels)


@pytest.mark.parametrize("bits", [1, 2, 4, 12])
def test_rows_of_packed_bits_start_at_a_byte(rng, bits):
    pixels = rng.integers(0, 2**bits, (6, 7))
    rows = ["".join(f"{value:0{bits}b}" for value in row) for row in pixels]
    n_bytes = -(-7 * bits // 8)
    data = b"".join(int(row.ljust(8 * n_bytes, "0"), 2).to_bytes(n_bytes, "big") for row in rows)
    assert np.array_equal(decoded(strip_tiff(data, {258: bits}, width=7)), pixels)


@pytest.mark.parametrize("bits, sample_format", [(10, 1), (24, 1), (24, 3), (4, 2), (3, 1)])
def test_another_number_of_bits_is_refused(bits, sample_format):
    data = bytes(6 * bits)
    with pytest.raises(Refused, match=rf"values of {bits} bits"):
        decoded(strip_tiff(data, {258: bits, 339: sample_format}))


# ---- short, long and damaged data ----


def pack_bits(content):
    return b"".join(
        bytes([len(content[k : k + 50]) - 1]) + content[k : k + 50]
        for k in range(0, len(content), 50)
    )


PACKERS = {8: zlib.compress, 32946: zlib.compress, 34925: lzma.compress, 32773: pack_bits}


@pytest.mark.parametrize("n_bytes", [0, 1, 40, 47, 52, 96, 5000])
@pytest.mark.parametrize("compression", PACKERS)
def test_data_of_another_size_are_refused(compression, n_bytes):
    data = PACKERS[compression](bytes(n_bytes)) or b"\x80"
    with pytest.raises(Refused, match="truncated or corrupt"):
        decoded(strip_tiff(data, {259: compression}))


@pytest.mark.parametrize("compression", PACKERS)
def test_data_without_their_end_are_refused(compression):
    data = PACKERS[compression](bytes(range(48)))
    for missing in range(1, 5):
        with pytest.raises(Refused, match="truncated or corrupt"):
            decoded(strip_tiff(data[:-missing], {259: compression}))


@pytest.mark.parametrize("compression", [8, 34925])
def test_every_flipped_bit_of_checked_data_is_refused_or_harmless(compression):
    pixels = np.arange(48, dtype=np.uint8).reshape(6, 8)
    data = PACKERS[compression](pixels.tobytes())
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            found = decoded(strip_tiff(bytes(changed), {259: compression}))
        except Refused:
            continue
        assert np.array_equal(found, pixels)


@pytest.mark.parametrize("compression", PACKERS)
@pytest.mark.parametrize("spare", [1, 3])
def test_padding_of_a_strip_is_cut_off_if_a_checksum_proves_it(rng, compression, spare):
    pixels = rng.integers(0, 256, (6, 8), dtype=np.uint8)
    content = strip_tiff(PACKERS[compression](pixels.tobytes() + bytes(spare)), {259: compression})
    if compression == 32773:
        with pytest.raises(Refused, match="truncated or corrupt"):
            decoded(content)
    else:
        assert np.array_equal(decoded(content), pixels)


@pytest.mark.parametrize("compression", [8, 34925])
@pytest.mark.parametrize("tags", [{256: 7}, {257: 5}])
def test_another_width_or_height_is_never_taken_for_padding(compression, tags):
    for size in ({256: 8, 257: 6}, {256: 24, 257: 2}, {256: 2, 257: 24}, {256: 48, 257: 1}):
        size = {tag: size[tag] - (tag in tags) for tag in size}
        if 0 in size.values():
            continue
        content = strip_tiff(PACKERS[compression](bytes(48)), {259: compression, 278: 24} | size)
        with pytest.raises(Refused, match="truncated or corrupt"):
            decoded(content)


def test_a_small_strip_does_not_inflate_to_gigabytes():
    bomb = zlib.compress(bytes(10**7))
    with pytest.raises(Refused, match="holds 52 bytes instead of 48"):
        decoded(strip_tiff(bomb, {259: 8}))


def test_the_last_strip_may_be_compressed_as_a_whole_one():
    strips = [zlib.compress(bytes(range(k, k + 32))) for k in (0, 32)]
    data = b"".join(strips)
    arrays = struct.pack("<IIII", 8, 8 + len(strips[0]), *map(len, strips))
    tags = {256: 8, 257: 6, 258: 8, 259: 8, 262: 1, 278: 4}
    values = {tag: (4, 1, value) for tag, value in tags.items()}
    values |= {273: (4, 2, 8 + len(data)), 279: (4, 2, 16 + len(data))}
    entries = b"".join(struct.pack("<HHII", tag, *values[tag]) for tag in sorted(values))
    start = struct.pack("<2sHI", b"II", 42, 8 + len(data + arrays))
    content = start + data + arrays + struct.pack("<H", len(values)) + entries + bytes(4)
    assert decoded(content).ravel().tolist() == list(range(48))


# ---- strips that are images ----


@pytest.mark.parametrize("name", ["jpeg", "jpeg_colour"])
def test_jpeg_strips_are_read_as_by_pillow(tmp_path, name):
    path = tmp_path / "a.tif"
    path.write_bytes(originals()[name])
    with Image.open(path) as image:
        expected = np.asarray(image)
    pixels, header = decode_file(path)
    assert np.array_equal(pixels, expected)
    assert header.colour is (name == "jpeg_colour")


def test_a_jpeg_strip_of_another_size_is_refused():
    buffer = io.BytesIO()
    Image.new("L", (16, 16)).save(buffer, "JPEG")
    with pytest.raises(Refused, match=r"an image of shape \(16, 16, 1\)"):
        decoded(strip_tiff(buffer.getvalue(), {259: 7}))


def test_a_strip_that_is_no_jpeg_is_refused():
    with pytest.raises(Refused, match="JPEG data without their start"):
        decoded(strip_tiff(bytes(50), {259: 7}))


def test_a_jpeg_of_12_bits_is_refused():
    with pytest.raises(Refused, match="is a JPEG of 12 bits in a TIFF"):
        decoded(strip_tiff(bytes(72), {259: 7, 258: 12}))


@pytest.mark.parametrize("codec", ["zstd", "jpeg2000", "lerc"])
def test_a_codec_of_imagecodecs_is_used_or_named_by_the_header(tmp_path, rng, codec):
    path = tmp_path / "a.tif"
    pixels = rng.integers(0, 256, (48, 64), dtype=np.uint8)
    try:
        tifffile.imwrite(path, pixels, compression=codec)
    except (ImportError, ValueError, KeyError):
        path.write_bytes(strip_tiff(bytes(48), {259: int(tifffile.COMPRESSION[codec.upper()])}))
        with pytest.raises(ValueError, match=rf"compressed by {codec.upper()}, which needs the p"):
            file_header(path)
    else:
        assert np.array_equal(decode_file(path).pixels, pixels)


@pytest.mark.parametrize("number, codec", [(2, "CCITT"), (6, "OJPEG"), (65535, "65535")])
def test_another_compression_is_named(number, codec):
    with pytest.raises(Refused, match=rf"TIFF compressed by {codec}\w*, which is not read: save"):
        decoded(strip_tiff(bytes(48), {259: number}))


# ---- messages of tifffile ----


def test_messages_of_tifffile_are_taken_from_the_log_of_this_thread_only(caplog):
    logger = tifffile.logger()
    with tiff_pixels._silent() as log:
        logger.warning("in the file")
    logger.warning("of somebody else")
    assert [record.getMessage() for record in log] == ["in the file"]
    assert [record.getMessage() for record in caplog.records] == ["of somebody else"]
    with pytest.raises(Refused, match=r"is not read as a whole by tifffile \(in the file\)"):
        tiff_pixels._refuse_log(log)
