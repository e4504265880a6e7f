"""Tests of decoding PNG files: kinds of pixels, structure, checksums, amount of data, alpha."""

import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from sklearn_hpa._images import formats, png
from sklearn_hpa._images.decoding import decode_file, file_header
from sklearn_hpa._images.image import read_image
from sklearn_hpa._images.inputs import HPA_CHANNELS

from ..robustness import png_files
from ..robustness.png_files import GREY, GREY_ALPHA, PALETTE, RGB, RGBA, SIGNATURE, chunk, ihdr
from .writing import save


@pytest.fixture
def decode(tmp_path):
    """Return a function that decodes the bytes of a PNG through a file, a_red.png."""

    def decode(content):
        path = tmp_path / "a_red.png"
        path.write_bytes(content)
        pixels, header = decode_file(path)
        assert file_header(path) == header
        return pixels

    return decode


@pytest.fixture
def cell(noise):
    """Pixels with black rows at the end, like a segmented cell."""
    noise[-9:] = 0
    return noise


def packed(pixels):
    """Return the uncompressed image data of 8-bit pixels."""
    return png_files.filtered(pixels[..., np.newaxis], 8)


def with_data(pixels, compressed, **options):
    return png_files.assemble(ihdr(*pixels.shape[::-1]), compressed, **options)


# ---- kinds of pixels ----


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("depth, step", [(2, 85), (4, 17), (8, 1), (16, 1)])
def test_grey_values_fill_the_range_of_8_or_16_bits(decode, rng, depth, step, interlaced):
    values = rng.integers(0, 2**depth, (13, 17))
    pixels = decode(png_files.png(values, depth, interlaced=interlaced))
    assert pixels.dtype == (np.uint16 if depth == 16 else np.uint8)
    assert np.array_equal(pixels, values * step)


@pytest.mark.parametrize("interlaced", [False, True])
def test_a_bilevel_file_is_black_and_white(decode, tmp_path, rng, interlaced):
    values = rng.integers(0, 2, (13, 17))
    pixels = decode(png_files.png(values, 1, interlaced=interlaced))
    assert np.array_equal(pixels, values.astype(bool))
    assert np.array_equal(read_image([tmp_path / "a_red.png"], ["red"])[..., 0], values * 255)


@pytest.mark.parametrize("interlaced", [False, True])
def test_rgb_keeps_its_planes(decode, rng, interlaced):
    values = rng.integers(0, 256, (13, 17, 3))
    assert np.array_equal(decode(png_files.png(values, 8, RGB, interlaced=interlaced)), values)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_a_palette_is_expanded(decode, rng, depth, interlaced):
    colours = rng.integers(0, 256, (2**depth, 3), dtype=np.uint8)
    values = rng.integers(0, 2**depth, (13, 17))
    content = png_files.png(
        values, depth, PALETTE, interlaced, before=chunk(b"PLTE", colours.tobytes())
    )
    assert np.array_equal(decode(content), colours[values])


@pytest.mark.parametrize("height", [1, 2, 5, 8, 9])
@pytest.mark.parametrize("width", [1, 3, 4, 8, 9])
def test_small_interlaced_images_lack_some_passes(decode, rng, height, width):
    values = rng.integers(0, 256, (height, width))
    assert np.array_equal(decode(png_files.png(values, interlaced=True)), values)


@pytest.mark.parametrize("value", [0, 1, 165, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (5, 6)])
def test_uniform_images_are_read(decode, value, shape):
    values = np.full(shape, value)
    assert np.array_equal(decode(png_files.png(values)), values)


@pytest.mark.parametrize("pieces", [1, 2, 50])
def test_image_data_in_pieces_are_one(decode, noise, pieces):
    assert np.array_equal(decode(png_files.png(noise, pieces=pieces)), noise)


@pytest.mark.parametrize("level", [0, 1, 9])
def test_every_level_of_compression_is_read(decode, cell, level):
    assert np.array_equal(decode(with_data(cell, zlib.compress(packed(cell), level))), cell)


def test_files_of_pillow_are_read(tmp_path, noise):
    path = save(tmp_path / "a.png", noise, optimize=True, dpi=(300, 300))
    assert np.array_equal(decode_file(path).pixels, noise)


@pytest.mark.parametrize("colour_type", [RGB, GREY_ALPHA, RGBA])
def test_16_bit_colour_which_would_lose_bits_is_refused(decode, colour_type):
    content = SIGNATURE + ihdr(4, 4, 16, colour_type)
    with pytest.raises(ValueError, match=r"a_red\.png is a 16-bit PNG with several planes"):
        decode(content)


def test_a_bomb_is_refused_with_its_size_and_the_limit(tmp_path):
    (tmp_path / "a.png").write_bytes(png_files.assemble(ihdr(60_000, 50_000), zlib.compress(b"")))
    for read in (decode_file, file_header):
        with pytest.raises(ValueError, match=r"a\.png declares 50000 x 60000 .* limit of 67108864"):
            read(tmp_path / "a.png")


def test_the_largest_image_allowed_draws_no_warning(decode):
    side = int(formats.MAX_PIXELS**0.5)
    with pytest.raises(ValueError, match="truncated or corrupt"), warnings.catch_warnings():
        warnings.simplefilter("error")
        decode(png_files.assemble(ihdr(side, side), zlib.compress(b"")))


# ---- checksums and structure ----


def test_each_flipped_bit_of_a_file_is_noticed(decode, rng):
    """IHDR, IDAT and IEND are all of this file; the signature is tested elsewhere."""
    content = png_files.png(rng.integers(0, 256, (2, 3)))
    for bit in range(8 * len(SIGNATURE), 8 * len(content)):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ValueError, match=r"a_red\.png .*truncated or corrupt"):
            decode(bytes(damaged))


def test_each_shortened_file_is_noticed(decode, rng):
    content = png_files.png(rng.integers(0, 256, (3, 4)), pieces=3)
    for kept in range(len(SIGNATURE), len(content)):
        with pytest.raises(ValueError, match=r"a_red\.png .*truncated or corrupt"):
            decode(content[:kept])


@pytest.mark.parametrize("kind", [b"IDAT", b"tEXt"])
def test_a_wrong_checksum_is_refused_with_its_chunk(decode, noise, kind):
    content = bytearray(png_files.png(noise, before=chunk(b"tEXt", b"Comment\0Cells")))
    content[content.index(kind) + 9] ^= 1
    with pytest.raises(ValueError, match=rf"wrong checksum of the chunk {kind.decode()} at byte"):
        decode(bytes(content))


def test_the_header_is_checked_without_reading_the_image(tmp_path, noise):
    content = bytearray(png_files.png(noise))
    content[18] ^= 1
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.png .*wrong checksum of the header"):
        file_header(tmp_path / "a.png")


@pytest.mark.parametrize(
    "fields", [(8, 1, 0, 0, 0), (3, 0, 0, 0, 0), (8, 0, 1, 0, 0), (8, 0, 0, 1, 0), (8, 0, 0, 0, 2)]
)
def test_impossible_headers_are_refused(decode, fields):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, *fields))
    with pytest.raises(ValueError, match=r"a_red\.png .*no PNG has a header"):
        decode(SIGNATURE + header)


@pytest.mark.parametrize("width, height", [(0, 4), (4, 0)])
def test_an_image_without_pixels_is_refused(decode, width, height):
    with pytest.raises(ValueError, match=rf"declares an image of {height} x {width} pixels"):
        decode(SIGNATURE + ihdr(width, height))


@pytest.mark.parametrize(
    "parts, reason",
    [
        (["IHDR", "IEND"], "no image data"),
        (["IHDR", "IDAT"], "the last chunk, IEND, is missing"),
        (["IHDR", "IHDR", "IDAT", "IEND"], "unexpected chunk IHDR"),
        (["IHDR", "IDAT", "text", "IDAT", "IEND"], "another chunk interrupts the image data"),
        (["IHDR", "IDAT", "tRNS", "IEND"], "tRNS is repeated or follows the image data"),
        (["IHDR", "tRNS", "tRNS", "IDAT", "IEND"], "tRNS is repeated or follows the image data"),
        (["IHDR", "JUNK", "IDAT", "IEND"], "unexpected chunk JUNK"),
        (["IHDR", "1abc", "IDAT", "IEND"], "b'1abc' at byte 33 is not the name of a chunk"),
    ],
)
def test_missing_and_misplaced_chunks_are_refused(decode, noise, parts, reason):
    chunks = {
        "IHDR": ihdr(*noise.shape[::-1]),
        "IDAT": chunk(b"IDAT", zlib.compress(packed(noise))),
        "IEND": chunk(b"IEND"),
        "text": chunk(b"tEXt", b"Comment\0Cells"),
        "tRNS": chunk(b"tRNS", b"\1\0"),
        "JUNK": chunk(b"JUNK"),
        "1abc": chunk(b"1abc"),
    }
    with pytest.raises(ValueError, match=rf"a_red\.png .*truncated or corrupt.*{reason}"):
        decode(SIGNATURE + b"".join(chunks[part] for part in parts))


def test_a_variant_of_apple_is_named(decode):
    with pytest.raises(ValueError, match=r"a_red\.png is a PNG in a variant of Apple"):
        decode(SIGNATURE + chunk(b"CgBI", bytes(4)) + ihdr(4, 4))


def test_an_animation_is_refused(tmp_path, noise):
    frames = [Image.fromarray(noise), Image.fromarray(255 - noise)]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:])
    with pytest.raises(ValueError, match=r"a\.png is an animated PNG"):
        decode_file(tmp_path / "a.png")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_png_is_refused(decode, noise, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = png_files.png(noise, before=chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")))
    if orientation == 1:
        assert np.array_equal(decode(content), noise)
    else:
        with pytest.raises(ValueError, match=rf"EXIF orientation, {orientation}, .*upright"):
            decode(content)


@pytest.mark.parametrize(
    "comment",
    [
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2**24))),
        chunk(b"zTXt", b"Comment\0\0not compressed"),
        chunk(b"iCCP", b"profile\0\0" + zlib.compress(bytes(2**24))),
        chunk(b"gAMA", struct.pack(">I", 45455)),
        chunk(b"sBIT", b"\4"),
        chunk(b"prVt", b"private"),
    ],
)
def test_metadata_change_no_pixel(decode, noise, comment):
    assert np.array_equal(decode(png_files.png(noise, before=comment, after=comment)), noise)


def test_bytes_after_the_end_are_ignored(decode, noise):
    content = png_files.png(noise)
    assert np.array_equal(decode(content + bytes(100) + content), noise)


# ---- the amount of image data ----


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("depth, colour_type", [(1, GREY), (8, GREY), (16, GREY), (8, RGB)])
@pytest.mark.parametrize("change", [-1000, -46, -1, 1, 46, 1000])
def test_another_amount_of_data_is_refused(decode, rng, depth, colour_type, interlaced, change):
    samples = png_files.SAMPLES[colour_type]
    values = rng.integers(0, 2**depth, (45, 45, samples))
    data = png_files.filtered(values, depth, interlaced)
    changed = data[:change] if change < 0 else data + bytes(change)
    header = ihdr(45, 45, depth, colour_type, int(interlaced))
    amount = f"(?:more than )?{min(max(len(changed), 0), len(data))} bytes, expected {len(data)}"
    with pytest.raises(ValueError, match=rf"a_red\.png .*the image data inflate to {amount}"):
        decode(png_files.assemble(header, zlib.compress(changed)))


@pytest.mark.parametrize("rows", [1, 24, 47])
@pytest.mark.parametrize("value", [0, 165, 255])
def test_missing_rows_of_a_uniform_image_are_noticed(decode, rows, value):
    pixels = np.full((48, 64), value, np.uint8)
    content = with_data(pixels, zlib.compress(packed(pixels)[: rows * 65]))
    with pytest.raises(ValueError, match=rf"inflate to {rows * 65} bytes, expected 3120"):
        decode(content)


def test_a_piece_of_the_data_that_is_left_out_is_noticed(decode, noise):
    pieces = 10
    whole = png_files.png(noise, pieces=pieces, filters=[0])
    starts = [k for k in range(len(whole)) if whole[k : k + 4] == b"IDAT"]
    assert len(starts) == pieces
    for start, following in zip(starts, [*starts[1:], whole.index(b"IEND")], strict=True):
        with pytest.raises(ValueError, match=r"a_red\.png .*truncated or corrupt"):
            decode(whole[: start - 4] + whole[following - 4 :])


def test_the_checksum_of_all_image_data_is_verified(decode, noise):
    compressed = zlib.compress(packed(noise), 0)
    changed = bytearray(compressed)
    changed[100] ^= 1
    with pytest.raises(ValueError, match="cannot be inflated: .*incorrect data check"):
        decode(with_data(noise, bytes(changed)))
    with pytest.raises(ValueError, match=r"the image data inflate to 3120 bytes"):
        decode(with_data(noise, compressed[:-1]))


@pytest.mark.parametrize("interlaced", [False, True])
def test_an_unknown_filter_is_refused(decode, noise, interlaced):
    data = bytearray(png_files.filtered(noise[..., np.newaxis], 8, interlaced))
    data[0] = 5
    header = ihdr(64, 48, interlaced=int(interlaced))
    with pytest.raises(ValueError, match="a row of the image data has an unknown filter"):
        decode(png_files.assemble(header, zlib.compress(bytes(data))))


def test_a_bomb_of_image_data_stops_at_the_size_of_the_image(decode, noise):
    with pytest.raises(ValueError, match="inflate to more than 3120 bytes, expected 3120"):
        decode(with_data(noise, zlib.compress(bytes(2**26))))


def test_ordinary_files_are_inflated_once(decode, cell, monkeypatch):
    cell[-1, 5] = 1  # differs from the value before decoding
    monkeypatch.setattr(png, "_check_amount", None)
    assert np.array_equal(decode(png_files.png(cell)), cell)


# ---- alpha and palettes ----


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("colour_type, n_planes", [(GREY_ALPHA, 1), (RGBA, 3)])
def test_opaque_alpha_is_dropped(decode, rng, colour_type, n_planes, interlaced):
    values = rng.integers(0, 256, (13, 17, n_planes + 1))
    values[..., -1] = 255
    pixels = decode(png_files.png(values, 8, colour_type, interlaced))
    assert np.array_equal(pixels, values[..., 0] if n_planes == 1 else values[..., :-1])


@pytest.mark.parametrize("alpha", [0, 254])
@pytest.mark.parametrize("colour_type, n_planes", [(GREY_ALPHA, 1), (RGBA, 3)])
def test_one_transparent_pixel_is_refused(decode, rng, colour_type, n_planes, alpha):
    values = rng.integers(0, 256, (13, 17, n_planes + 1))
    values[..., -1] = 255
    values[-1, -1, -1] = alpha
    with pytest.raises(ValueError, match=r"a_red\.png is transparent in 1 of 221 pixels"):
        decode(png_files.png(values, 8, colour_type))


@pytest.mark.parametrize("files", [str, lambda path: [path] * 4])
def test_alpha_is_neither_yellow_nor_ignored(tmp_path, rng, files):
    path = save(tmp_path / "a.png", rng.integers(0, 255, (8, 9, 4), dtype=np.uint8))
    with pytest.raises(ValueError, match=r"a\.png is transparent .* alpha is not a stain; save"):
        read_image(files(path), list(HPA_CHANNELS))


@pytest.mark.parametrize(
    "colour_type, depth", [(GREY, 1), (GREY, 4), (GREY, 8), (GREY, 16), (RGB, 8)]
)
def test_a_transparent_colour_is_refused_where_it_occurs(decode, rng, colour_type, depth):
    samples = png_files.SAMPLES[colour_type]
    values = rng.integers(0, 2**depth - 1, (13, 17, samples))
    values[3, 4] = 2**depth - 1

    def content(key):
        packed_key = struct.pack(f">{samples}H", *[key] * samples)
        return png_files.png(values, depth, colour_type, before=chunk(b"tRNS", packed_key))

    with pytest.raises(ValueError, match=r"a_red\.png is transparent in 1 of 221 pixels"):
        decode(content(2**depth - 1))
    values[3, 4] = 0
    decode(content(2**depth - 1))


def palette_file(values, n_colours, alpha=None):
    colours = chunk(b"PLTE", bytes(range(3 * n_colours)))
    if alpha is not None:
        colours += chunk(b"tRNS", alpha)
    return png_files.png(values, 4, PALETTE, before=colours)


def test_a_transparent_entry_of_a_palette_is_refused_where_it_is_used(decode, rng):
    values = rng.integers(0, 8, (13, 17))
    used = int((values == 2).sum())
    with pytest.raises(ValueError, match=rf"is transparent in {used} of 221 pixels"):
        decode(palette_file(values, 9, b"\xff\xff\0"))
    decode(palette_file(values, 9, b"\xff" * 8 + b"\0"))


def test_a_colour_beyond_the_palette_is_refused(decode, rng):
    values = rng.integers(0, 8, (13, 17))
    values[0, 0] = 8
    with pytest.raises(ValueError, match=r"a_red\.png .*colour 8 of a palette of 8 colours"):
        decode(palette_file(values, 8))


@pytest.mark.parametrize("before", [b"", chunk(b"PLTE"), chunk(b"PLTE", b"1234")])
def test_a_missing_palette_is_refused(decode, rng, before):
    content = png_files.png(rng.integers(0, 2, (3, 4)), 8, PALETTE, before=before)
    with pytest.raises(ValueError, match="the palette, PLTE, is missing or incomplete"):
        decode(content)


def test_a_transparent_colour_of_a_wrong_length_is_refused(decode, noise):
    with pytest.raises(ValueError, match="the chunk tRNS has 3 bytes"):
        decode(png_files.png(noise, before=chunk(b"tRNS", b"abc")))


# ---- real files ----


def test_flipped_bits_of_real_cells_are_noticed(hpa_data, tmp_path, rng):
    cells = sorted((hpa_data / "hpa-cells").glob("*.png"))[::110]
    for path in cells:
        damaged = bytearray(path.read_bytes())
        assert decode_file(path).pixels.shape == (512, 512)
        bit = int(rng.integers(8 * len(damaged)))
        damaged[bit // 8] ^= 1 << bit % 8
        (tmp_path / "a_red.png").write_bytes(damaged)
        with pytest.raises(ValueError, match=r"a_red\.png"):
            decode_file(tmp_path / "a_red.png")
