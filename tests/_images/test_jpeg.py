"""Tests of decoding JPEG files: pixels, markers, the length of the image data, orientation."""

import io
import struct
import warnings

import numpy as np
import pytest
from PIL import Image, ImageOps

from sklearn_hpa._images.decoding import decode_file, file_header
from sklearn_hpa._images.image import image_shape, read_image

from ..robustness.png_files import jpeg
from .writing import save


@pytest.fixture
def decode(tmp_path):
    """Return a function that decodes the bytes of a JPEG through a file, a_red.jpg."""

    def decode(content):
        path = tmp_path / "a_red.jpg"
        path.write_bytes(content)
        pixels, header = decode_file(path)
        assert file_header(path) == header
        return pixels

    return decode


@pytest.fixture
def tinted(noise):
    """Return a tinted cell on a black background."""
    pixels = np.zeros((*noise.shape, 3), np.uint8)
    pixels[8:40, 8:50, 1] = noise[8:40, 8:50]
    return pixels


def by_pillow(content):
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image)


def segment(marker, content):
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def with_exif(content, exif):
    return content[:2] + segment(0xE1, b"Exif\0\0" + exif) + content[2:]


def start_of_data(content):
    """Return the position of the first byte of the image data."""
    scan = content.index(b"\xff\xda")
    return scan + 2 + struct.unpack_from(">H", content, scan + 2)[0]


# ---- pixels ----


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"quality": 5},
        {"quality": 100},
        {"optimize": True},
        {"progressive": True},
        {"restart_marker_blocks": 1},
        {"restart_marker_blocks": 5},
        {"restart_marker_blocks": 1, "progressive": True},
    ],
)
def test_pixels_are_those_of_pillow(decode, noise, tinted, subsampling, options):
    for pixels in (noise, tinted):
        content = jpeg(pixels, subsampling=subsampling, **options)
        assert np.array_equal(decode(content), by_pillow(content))


@pytest.mark.parametrize("value", [0, 127, 128, 129, 255])
@pytest.mark.parametrize("shape", [(1, 1), (7, 9), (16, 16), (17, 40)])
@pytest.mark.parametrize("optimize", [False, True])
def test_uniform_images_are_whole(decode, value, shape, optimize):
    """Mid-grey, 128, is the value of blocks without data."""
    grey = np.full(shape, value, np.uint8)
    for pixels in (grey, np.dstack([grey] * 3)):
        content = jpeg(pixels, optimize=optimize)
        assert np.array_equal(decode(content), by_pillow(content))


@pytest.mark.parametrize("mark", [b"after", b"\xff\xd8\xff"])
def test_bytes_after_the_end_are_ignored(decode, tinted, mark):
    content = jpeg(tinted)
    assert np.array_equal(decode(content + mark), by_pillow(content))


def test_fill_bytes_before_a_marker_are_legal(decode, tinted):
    content = jpeg(tinted)
    filled = content[:-2] + b"\xff\xff" + content[-2:]
    filled = filled[:2] + b"\xff" + filled[2:]
    assert np.array_equal(decode(filled), by_pillow(content))


def test_printers_colours_are_refused(tmp_path):
    Image.new("CMYK", (8, 8)).save(tmp_path / "a.jpg")
    for read in (decode_file, file_header):
        with pytest.raises(ValueError, match=r"a\.jpg is a JPEG in CMYK"):
            read(tmp_path / "a.jpg")


@pytest.mark.parametrize("marker, depth", [(0xC3, 8), (0xC9, 8), (0xC1, 12)])
def test_rare_kinds_are_refused(decode, noise, marker, depth):
    content = jpeg(noise)
    at = content.index(b"\xff\xc0")
    changed = content[:at] + bytes([0xFF, marker]) + content[at + 2 : at + 4] + bytes([depth])
    with pytest.raises(
        ValueError, match=rf"is a JPEG of a rare kind \(SOF{marker - 0xC0}, {depth}"
    ):
        decode(changed + content[at + 5 :])


def test_a_bomb_is_refused_with_its_size(tmp_path):
    path = save(tmp_path / "a.jpg", np.zeros((8, 8), np.uint8))
    content = path.read_bytes()
    size = content.index(b"\xff\xc0") + 5
    path.write_bytes(content[:size] + struct.pack(">HH", 60_000, 50_000) + content[size + 4 :])
    for read in (decode_file, file_header):
        with pytest.raises(ValueError, match=r"a\.jpg declares 60000 x 50000"):
            read(path)


# ---- markers ----


def test_each_shortened_file_is_noticed(decode, tinted):
    content = jpeg(tinted)
    for kept in [*range(3, 700, 9), *range(700, len(content), 60), len(content) - 1]:
        with pytest.raises(ValueError, match=r"a_red\.jpg .*truncated or corrupt"):
            decode(content[:kept])


def test_a_file_that_ends_with_a_marker_but_too_early_is_noticed(decode, tinted):
    content = jpeg(tinted)
    first, last = start_of_data(content), len(content) - 2
    for kept in range(first, last - 1, 25):
        with pytest.raises(ValueError, match=r"a_red\.jpg .*truncated or corrupt"):
            decode(content[:kept] + b"\xff\xd9")


def test_data_between_segments_are_refused(decode, noise):
    content = jpeg(noise)
    with pytest.raises(ValueError, match=r"a_red\.jpg .*unexpected data at byte 20\b"):
        decode(content[:20] + b"\0\0" + content[20:])


@pytest.mark.parametrize("length", [0, 1, 60_000])
def test_a_wrong_length_of_a_segment_is_refused(decode, noise, length):
    content = jpeg(noise)
    broken = content[:4] + struct.pack(">H", length) + content[6:]
    with pytest.raises(ValueError, match=r"the marker 0xe0 at byte 2 has a wrong length"):
        decode(broken)


def test_a_second_description_is_refused(decode, noise):
    content = jpeg(noise)
    at = content.index(b"\xff\xc0")
    frame = content[at : at + 2 + struct.unpack_from(">H", content, at + 2)[0]]
    with pytest.raises(ValueError, match="two descriptions of the image"):
        decode(content[:at] + frame + content[at:])


def test_a_file_without_a_description_is_refused(tmp_path, noise):
    content = jpeg(noise)
    (tmp_path / "a.jpg").write_bytes(content[:2] + content[content.index(b"\xff\xda") :])
    for read in (decode_file, file_header):
        with pytest.raises(ValueError, match=r"a\.jpg .*no description of the image"):
            read(tmp_path / "a.jpg")


@pytest.mark.parametrize("at, value", [(9, 0), (9, 2), (10, 7), (11, 0), (11, 0x51)])
def test_invalid_components_are_refused(decode, noise, at, value):
    content = bytearray(jpeg(noise))
    content[content.index(b"\xff\xc0") + at] = value
    with pytest.raises(ValueError, match=r"a_red\.jpg .*(description|header) .*invalid"):
        decode(bytes(content))


def test_a_scan_that_is_missing_is_noticed(decode, noise):
    content = jpeg(noise)
    data = content.index(b"\xff\xda")
    with pytest.raises(ValueError, match="image data are missing"):
        decode(content[:data] + b"\xff\xd9")


@pytest.mark.parametrize("change", ["removed", "repeated", "renumbered"])
def test_a_wrong_restart_marker_is_noticed(decode, tinted, change):
    content = jpeg(tinted, restart_marker_blocks=2)
    at = content.index(b"\xff\xd1", start_of_data(content))
    new = {"removed": b"", "repeated": b"\xff\xd1\xff\xd1", "renumbered": b"\xff\xd2"}[change]
    with pytest.raises(ValueError, match="Corrupt JPEG data"):
        decode(content[:at] + new + content[at + 2 :])


# ---- length of the image data ----


@pytest.mark.parametrize("optimize", [False, True])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_left_over_and_missing_data_are_noticed(decode, noise, tinted, subsampling, optimize):
    for pixels in (noise, tinted):
        content = jpeg(pixels, subsampling=subsampling, optimize=optimize)
        for tail, kept in [(b"\x12\x34\x56\x78" * 40, -2), (b"", -3), (b"", -5), (b"", -100)]:
            reason = "extraneous bytes" if tail else "premature end"
            with pytest.raises(ValueError, match=rf"a_red\.jpg .*{reason}"):
                decode(content[:kept] + tail + b"\xff\xd9")


def test_a_few_bytes_that_libjpeg_does_not_miss_are_noticed(decode):
    # A unit of the dark background takes 18 bits.
    content = jpeg(np.zeros((64, 64, 3), dtype=np.uint8), subsampling=0)
    with pytest.raises(ValueError, match=r"a_red\.jpg .*continue after the last pixel"):
        decode(content[:-2] + content[-7:-2] + b"\xff\xd9")


@pytest.mark.parametrize("options", [{"progressive": True}, {"restart_marker_blocks": 2}])
def test_a_cut_file_of_each_kind_is_noticed(decode, tinted, options):
    content = jpeg(tinted, **options)
    with pytest.raises(ValueError, match=r"a_red\.jpg .*Corrupt JPEG data"):
        decode(content[:-30] + b"\xff\xd9")


@pytest.mark.parametrize("change", [-5, -1, 1, 5])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_changed_size_is_noticed(decode, noise, axis, change):
    content = bytearray(jpeg(noise))
    at = content.index(b"\xff\xc0") + 5 + 2 * axis
    size = struct.unpack_from(">H", content, at)[0]
    content[at : at + 2] = struct.pack(">H", size + 8 * change)
    with pytest.raises(
        ValueError, match=r"a_red\.jpg .*(premature end|extraneous bytes|continue after)"
    ):
        decode(bytes(content))


def test_flipped_bits_that_shift_the_data_are_noticed(decode, rng):
    """JPEG has no checksum: a damaged file either is refused or has as much data as pixels."""
    pixels = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    content = jpeg(pixels, quality=90)
    first = start_of_data(content)
    refused = 0
    for at in range(first, first + 1000, 10):
        damaged = bytearray(content)
        damaged[at] ^= 4
        try:
            decode(bytes(damaged))
        except ValueError as error:
            refused += "a_red.jpg" in str(error)
    assert refused >= 40


# ---- orientation and other metadata ----


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_exif_orientation_is_applied(decode, tmp_path, rng, orientation, mode):
    shape = (20, 30) if mode == "L" else (20, 30, 3)
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = jpeg(rng.integers(0, 256, shape, dtype=np.uint8), exif=exif)
    with Image.open(io.BytesIO(content)) as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(decode(content), expected)
    assert image_shape(tmp_path / "a_red.jpg") == expected.shape[:2]


@pytest.mark.parametrize(
    "exif", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff", b"other"]
)
def test_unreadable_exif_is_ignored_without_a_warning(decode, noise, exif):
    content = jpeg(noise)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(decode(with_exif(content, exif)), by_pillow(content))


def test_the_header_is_found_after_large_metadata(tmp_path, noise):
    content = jpeg(noise)
    padding = segment(0xE2, bytes(65_000)) * 20
    (tmp_path / "a.jpg").write_bytes(content[:2] + padding + content[2:])
    assert file_header(tmp_path / "a.jpg")[:3] == (48, 64, 1)
    assert np.array_equal(decode_file(tmp_path / "a.jpg").pixels, by_pillow(content))


# ---- real files ----


def test_real_fields_of_view_are_read_and_cut_ones_are_not(hpa_data, tmp_path):
    for path in sorted((hpa_data / "formats/hpa-jpg").glob("89*.jpg")):
        content = path.read_bytes()
        assert np.array_equal(decode_file(path).pixels, by_pillow(content))
        (tmp_path / "a_red.jpg").write_bytes(content[: len(content) // 2] + b"\xff\xd9")
        with pytest.raises(ValueError, match=r"a_red\.jpg .*premature end"):
            read_image([tmp_path / "a_red.jpg"], ["red"])
