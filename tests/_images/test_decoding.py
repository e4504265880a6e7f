"""Tests of decoding image files: supported formats and errors of damaged files."""

import errno
import gzip
import io
import os

import numpy as np
import pytest
import tifffile
from PIL import Image

from sklearn_hpa._images import decoding, formats
from sklearn_hpa._images.decoding import decode_file, file_header
from sklearn_hpa._images.image import image_shape, read_image
from sklearn_hpa._images.inputs import HPA_CHANNELS
from sklearn_hpa.datasets._folder import find_images

from .writing import save

# ---- one grey file per channel ----


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.tiff"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_files_come_out_as_stored(tmp_path, rng, name, dtype):
    top = np.iinfo(dtype).max
    pixels = rng.integers(0, top, (20, 30), dtype=dtype, endpoint=True)
    pixels[0, 0] = top
    image = read_image([save(tmp_path / name, pixels)], ["red"])
    expected = np.floor(pixels / (top / 255) + 0.5)
    assert image.dtype == np.uint8
    assert np.array_equal(image[..., 0], expected)


@pytest.mark.parametrize("name", ["a.tif.gz", "a.png.gz", "misnamed.tif"])
def test_gzipped_files_are_gunzipped_whatever_their_name(tmp_path, noise, name):
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG" if "png" in name else "TIFF")
    (tmp_path / name).write_bytes(gzip.compress(buffer.getvalue()))
    assert np.array_equal(read_image([tmp_path / name], ["blue"])[..., 0], noise)
    assert image_shape([tmp_path / name]) == noise.shape


def gzipped_grey(noise):
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")
    return buffer.getvalue(), gzip.compress(buffer.getvalue(), mtime=0)


@pytest.mark.parametrize("kept", [1, 5, 11, -9, -8, -5, -4, -1])
def test_a_gzip_that_is_cut_is_refused(tmp_path, noise, kept):
    _, content = gzipped_grey(noise)
    (tmp_path / "a.png.gz").write_bytes(content[:kept])
    with pytest.raises(ValueError, match=r"a\.png\.gz (cannot be gunzipped|is not a PNG)"):
        decoding.decode_file(tmp_path / "a.png.gz")


@pytest.mark.parametrize("at", [-8, -5, -4, -1, 2, 3])
def test_the_checksum_the_length_and_the_header_of_a_gzip_are_checked(tmp_path, noise, at):
    content = bytearray(gzipped_grey(noise)[1])
    content[at] ^= 2
    (tmp_path / "a.png.gz").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.png\.gz cannot be gunzipped: .*corrupt"):
        decoding.decode_file(tmp_path / "a.png.gz")


@pytest.mark.parametrize(
    "garbage", [b"x", b"\x1f", b"\x1f\x8b", b"\x1f\x8bgarbage", b"\0\0garbage"]
)
def test_garbage_after_a_gzip_is_refused(tmp_path, noise, garbage):
    (tmp_path / "a.png.gz").write_bytes(gzipped_grey(noise)[1] + garbage)
    with pytest.raises(ValueError, match=r"a\.png\.gz cannot be gunzipped: .*corrupt"):
        decoding.decode_file(tmp_path / "a.png.gz")


def test_a_gzip_may_have_several_members_and_zeros_at_the_end(tmp_path, noise):
    content, _ = gzipped_grey(noise)
    members = gzip.compress(content[:100]) + gzip.compress(content[100:]) + bytes(512)
    (tmp_path / "a.png.gz").write_bytes(members)
    assert np.array_equal(decoding.decode_file(tmp_path / "a.png.gz").pixels, noise)


def test_an_error_of_the_disk_is_not_taken_for_damage(tmp_path, noise, monkeypatch):
    (tmp_path / "a.png.gz").write_bytes(gzipped_grey(noise)[1])

    def fail(*args):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(gzip.GzipFile, "read", fail)
    with pytest.raises(OSError, match="Input/output error"):
        decoding.decode_file(tmp_path / "a.png.gz")


def test_a_file_is_known_by_its_content_not_its_name(tmp_path, noise):
    path = save(tmp_path / "a_red.tif.gz", noise, format="PNG")
    assert np.array_equal(read_image([path], ["red"])[..., 0], noise)


@pytest.mark.parametrize(
    "tint, channel",
    [
        ((0, 0, 200), "blue"),
        ((200, 200, 0), "yellow"),
        ((0, 200, 0), "green"),
        ((200, 0, 0), "red"),
    ],
)
@pytest.mark.parametrize("others", [[], ["red"]])
def test_a_tinted_file_gives_the_maximum_over_its_colours(tmp_path, tint, channel, others):
    pixels = np.full((16, 16, 3), tint, np.uint8)
    tinted = save(tmp_path / "tinted.jpg", pixels, quality=100, subsampling=0)
    grey = save(tmp_path / "grey.png", np.zeros((16, 16), np.uint8))
    image = read_image([tinted] + [grey] * len(others), [channel, *others])
    assert np.all(np.abs(image[..., 0].astype(int) - 200) <= 1)


# ---- bad files ----


def write_image(path, kind):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    if kind == "deflate.tif":
        tifffile.imwrite(path, pixels, compression="zlib")
    elif kind == "lzw.tif":
        Image.fromarray(pixels).save(path, compression="tiff_lzw")
    elif kind == "tif.gz":
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "TIFF")
        path.write_bytes(gzip.compress(buffer.getvalue()))
    else:
        Image.fromarray(pixels).save(path)


KINDS = ["png", "jpg", "tif", "deflate.tif", "lzw.tif", "tif.gz"]


@pytest.mark.filterwarnings("ignore:Truncated File Read")
@pytest.mark.parametrize("kept", [0.95, 0.5, 0.1, 0.005])
@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_file_is_named(tmp_path, kind, kept):
    path = tmp_path / f"a_red.{kind}"
    write_image(path, kind)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(
        ValueError, match=rf"a_red\.{kind} .*(truncated or corrupt|whatever its name)"
    ):
        read_image([path], ["red"])


@pytest.mark.parametrize("kind", ["png", "deflate.tif", "tif.gz"])
def test_a_corrupt_file_is_named(tmp_path, kind):
    path = tmp_path / f"a_red.{kind}"
    write_image(path, kind)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(64)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"a_red\.{kind} .*truncated or corrupt"):
        read_image([path], ["red"])


@pytest.mark.parametrize("read", [image_shape, lambda files: read_image(files, ["red"])])
class TestBothReadersName:
    def test_a_missing_file(self, tmp_path, read):
        with pytest.raises(FileNotFoundError, match=r"image file not found: .*a_red\.png"):
            read([tmp_path / "a_red.png"])

    def test_a_folder(self, tmp_path, read):
        with pytest.raises(ValueError, match="is a folder, not an image file"):
            read([tmp_path])

    def test_what_is_no_regular_file(self, tmp_path, read):
        os.mkfifo(tmp_path / "a_red.png")
        for path in (tmp_path / "a_red.png", "/dev/zero"):
            with pytest.raises(ValueError, match="is not a regular file"):
                read([path])

    def test_an_empty_file(self, tmp_path, read):
        (tmp_path / "a_red.png").touch()
        with pytest.raises(ValueError, match=r"a_red\.png is empty \(0 bytes\)"):
            read([tmp_path / "a_red.png"])

    def test_text_named_png(self, tmp_path, read):
        (tmp_path / "a_red.png").write_text("<html>404 Not Found</html>")
        with pytest.raises(ValueError, match=r"a_red\.png is not a PNG, JPEG or TIFF.*<html>"):
            read([tmp_path / "a_red.png"])

    def test_a_gzipped_text(self, tmp_path, read):
        (tmp_path / "a_red.tif.gz").write_bytes(gzip.compress(b"not a picture"))
        with pytest.raises(ValueError, match=r"a_red\.tif\.gz is not a PNG, JPEG or TIFF"):
            read([tmp_path / "a_red.tif.gz"])

    def test_a_tiff_bomb(self, tmp_path, read, monkeypatch):
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, np.zeros((40, 50), np.uint8), compression="zlib")
        monkeypatch.setattr(formats, "MAX_PIXELS", 1999)
        with pytest.raises(ValueError, match=r"a\.tif declares 40 x 50 .*limit of 1999"):
            read([path])

    def test_a_tiff_of_too_many_planes(self, tmp_path, read, monkeypatch):
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, np.zeros((9, 40, 50), np.uint8), photometric="minisblack")
        monkeypatch.setattr(formats, "MAX_PIXELS", 2000)
        with pytest.raises(ValueError, match=r"a\.tif declares 9 planes of 40 x 50"):
            read([path])

    def test_a_gzip_bomb(self, tmp_path, read, monkeypatch):
        (tmp_path / "a.tif.gz").write_bytes(gzip.compress(bytes(2**21)))
        monkeypatch.setattr(formats, "MAX_PIXELS", 1000)
        with pytest.raises(ValueError, match=r"a\.tif\.gz unzips to more than 1052576 bytes"):
            read([tmp_path / "a.tif.gz"])


# ---- the real files ----


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["kaggle-png", "hpa-jpg", "hpa-png"])
def test_real_images_of_four_channels_are_read(hpa_data, folder):
    found = find_images(hpa_data / "formats" / folder)
    for files in found.files.values():
        assert list(files) == list(HPA_CHANNELS)
        image = read_image(list(files.values()), list(files), (64, 64))
        for k, path in enumerate(files.values()):
            stored = np.asarray(Image.open(path))
            signal = stored.max(axis=2) if stored.ndim == 3 else stored
            assert image_shape([path]) == signal.shape
            side = len(signal) // 64
            blocks = signal.reshape(64, side, 64, side).mean(axis=(1, 3))
            assert np.all(np.abs(image[..., k] - blocks) <= 0.5 + 1e-3)


def test_a_real_16_bit_tiff_is_gunzipped_and_read_by_its_depth(hpa_data):
    path = hpa_data / "formats/hpa-tif16/383_D2_1_blue.tif.gz"
    with gzip.open(path) as file:
        stored = tifffile.imread(io.BytesIO(file.read()))
    image = read_image([path], ["blue"])[..., 0]
    top = 4095 if stored.max() <= 4095 else 65535
    assert np.array_equal(image, np.floor(stored.astype(np.float64) * 255 / top + 0.5))


# ---- errors of the system ----


@pytest.mark.parametrize("read", [file_header, decode_file])
@pytest.mark.parametrize(
    "error, message",
    [
        (OSError(errno.EIO, "Input/output error"), r"Input/output error: '.*a_red\.png'"),
        (OSError(errno.ESTALE, "Stale file handle"), r"Stale file handle: '.*a_red\.png'"),
        (MemoryError(), r"a_red\.png: not enough memory"),
        (MemoryError("9 GiB"), r"a_red\.png: not enough memory \(9 GiB\)"),
    ],
)
def test_an_error_while_a_file_is_read_names_it(tmp_path, noise, monkeypatch, read, error, message):
    path = tmp_path / "a_red.png"
    Image.fromarray(noise).save(path)

    def fail(stream):
        raise error

    decoders = dict.fromkeys(decoding._DECODERS, decoding._Decoder(fail, fail))
    monkeypatch.setattr(decoding, "_DECODERS", decoders)
    with pytest.raises(type(error), match=message):
        read(path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_is_escaped_in_messages(tmp_path):
    path = tmp_path / "a\x1b[2J_red.png"
    path.write_bytes(b"")
    with pytest.raises(ValueError, match=r"a\\x1b\[2J_red\.png is empty"):
        decode_file(path)
