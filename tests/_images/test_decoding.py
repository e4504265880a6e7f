"""Finding, decoding, scaling and resizing the image of one field of view."""

import gzip
import io
import os
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from PIL import Image

from sklearn_hpa._images import decoding
from sklearn_hpa._images.image import (
    HPA_CHANNELS,
    check_channels,
    find_images,
    image_shape,
    prepare_image,
    read_image,
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def noise(rng):
    return rng.integers(0, 256, (48, 64), dtype=np.uint8)


def save(path, array, **options):
    Image.fromarray(array).save(path, **options)
    return path


def png_bytes(width, height, depth=8, colour_type=0, rows=b""):
    """A PNG written by hand: what its header declares, and whatever rows are given."""

    def chunk(kind, content):
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


# ---- find_images ----


@pytest.mark.parametrize(
    "extension", ["png", "tif", "tiff", "jpg", "jpeg", "tif.gz", "tiff.gz", "PNG", "Tif.GZ"]
)
def test_find_images_knows_every_extension_in_any_case(tmp_path, extension):
    channel_file = tmp_path / f"a_red.{extension}"
    whole_file = tmp_path / f"b.{extension}"
    channel_file.touch()
    whole_file.touch()
    assert find_images(tmp_path).files == {"a": {"red": channel_file}, "b": {"image": whole_file}}


def test_find_images_orders_ids_and_channels(tmp_path):
    for name in ["b_red.png", "a_yellow.png", "a_blue.png", "a_red.png", "a_green.png"]:
        (tmp_path / name).touch()
    found = find_images(tmp_path).files
    assert list(found) == ["a", "b"]
    assert list(found["a"]) == list(HPA_CHANNELS)


@pytest.mark.parametrize("Id", ["00070df0-bbc3-11e8-b2bc-ac1f6b6435d0", "57_F11_1", "a.b", "x_red"])
def test_find_images_keeps_ids_of_every_style(tmp_path, Id):
    (tmp_path / f"{Id}_green.png").touch()
    assert find_images(tmp_path).files == {Id: {"green": tmp_path / f"{Id}_green.png"}}


def test_find_images_ignores_hidden_files_other_files_and_subfolders(tmp_path):
    for name in ["._a_red.png", ".a_red.png.part", "train.csv", "a_red.gif", "a_red.npy.gz"]:
        (tmp_path / name).touch()
    (tmp_path / "b_red.png").mkdir()
    (tmp_path / "b_red.png" / "c_red.png").touch()
    assert find_images(tmp_path).ids == []


@pytest.mark.parametrize(
    "names, conflict",
    [
        (["a_red.tif", "a_red.png"], "two files for the red channel: a_red.png and a_red.tif"),
        (["a.tif", "a.png"], "two files for the image: a.png and a.tif"),
        (["a_red.png", "a.tif"], "a multi-channel file and channel files: a.tif and a_red.png"),
    ],
)
def test_find_images_tells_files_that_contradict_each_other_from_the_others(
    tmp_path, names, conflict
):
    for name in [*names, "b_red.png"]:
        (tmp_path / name).touch()
    found = find_images(tmp_path)
    assert found.ids == ["a", "b"]
    assert list(found.files) == ["b"]
    assert found.conflicts == {"a": conflict}


def test_find_images_passes_over_links_that_lead_nowhere(tmp_path):
    (tmp_path / "a_red.png").symlink_to("a_red.png")
    (tmp_path / "b_red.png").symlink_to("absent.png")
    assert find_images(tmp_path).ids == []


def test_find_images_names_a_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"image folder not found: .*absent"):
        find_images(tmp_path / "absent")


def test_find_images_refuses_a_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match=r"file is a file; a folder"):
        find_images(tmp_path / "file")


# ---- check_channels ----


@pytest.mark.parametrize("channels", ["green", [], ["red", "red"], [1], None, 5])
def test_what_is_no_list_of_different_names_is_refused(channels):
    with pytest.raises(ValueError, match="Invalid channels=.* Expected a list of names such as"):
        check_channels(channels)


def test_a_channel_that_is_not_known_is_refused_where_some_are():
    assert check_channels(["dapi"]) == ("dapi",)
    with pytest.raises(ValueError, match=r"Invalid channels=\['dapi'\]. Expected some of red, "):
        check_channels(["dapi"], HPA_CHANNELS)


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


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", None])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_compressions_lose_nothing(tmp_path, rng, compression, dtype):
    pixels = rng.integers(0, np.iinfo(dtype).max, (20, 30), dtype=dtype, endpoint=True)
    plain, compressed = tmp_path / "plain.tif", tmp_path / "compressed.tif"
    save(plain, pixels)
    save(compressed, pixels, compression=compression)
    assert np.array_equal(read_image([plain], ["red"]), read_image([compressed], ["red"]))


def test_channel_files_follow_the_order_of_channels(tmp_path):
    files = [save(tmp_path / f"{v}.png", np.full((4, 5), v, np.uint8)) for v in (10, 20, 30)]
    assert read_image(files, ["red", "green", "blue"])[0, 0].tolist() == [10, 20, 30]
    assert read_image(files[::-1], ["blue", "green", "red"])[0, 0].tolist() == [30, 20, 10]


@pytest.mark.parametrize("name", ["a.tif.gz", "a.png.gz", "misnamed.tif"])
def test_gzipped_files_are_gunzipped_whatever_their_name(tmp_path, noise, name):
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG" if "png" in name else "TIFF")
    (tmp_path / name).write_bytes(gzip.compress(buffer.getvalue()))
    assert np.array_equal(read_image([tmp_path / name], ["blue"])[..., 0], noise)
    assert image_shape([tmp_path / name]) == noise.shape


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


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparency_is_ignored_in_a_channel_file(tmp_path, noise, mode):
    path = tmp_path / "a_red.png"
    picture = Image.fromarray(noise).convert(mode)
    picture.putalpha(0)
    picture.save(path)
    assert np.array_equal(read_image([path], ["red"])[..., 0], noise)


def test_a_palette_is_expanded(tmp_path):
    picture = Image.new("P", (6, 4), 1)
    picture.putpalette([0, 0, 0, 0, 0, 77])
    picture.save(tmp_path / "a_blue.png")
    assert np.all(read_image([tmp_path / "a_blue.png"], ["blue"]) == 77)


def tinted_palette(indices):
    """A picture whose index v is a green of intensity v."""
    picture = Image.frombytes("P", indices.shape[::-1], indices.tobytes())
    picture.putpalette([tint for v in range(256) for tint in (0, v, 0)])
    return picture


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
def test_a_palette_tiff_is_expanded(tmp_path, noise, compression):
    path = tmp_path / "a.tif"
    tinted_palette(noise).save(path, compression=compression)
    assert np.array_equal(read_image([path], ["red"])[..., 0], noise)
    assert np.array_equal(read_image(path, ["green"])[..., 0], noise)
    assert not read_image(path, ["blue"]).any()
    assert image_shape(path) == noise.shape


def test_a_colour_map_of_8_bit_entries_is_taken_as_it_is(tmp_path, noise):
    path = tmp_path / "a.tif"
    colours = np.zeros((3, 256), np.uint16)
    colours[1] = np.arange(256)
    tifffile.imwrite(path, noise, photometric="palette", colormap=colours)
    assert np.array_equal(read_image([path], ["green"])[..., 0], noise)


def test_a_stack_with_a_colour_map_is_refused_by_its_header(tmp_path):
    first, second = (tinted_palette(np.full((8, 9), v, np.uint8)) for v in (1, 2))
    first.save(tmp_path / "a.tif", save_all=True, append_images=[second])
    with pytest.raises(ValueError, match=r"a\.tif is a stack with a colour map"):
        image_shape(tmp_path / "a.tif")


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.bool_])
def test_a_tiff_whose_zero_is_white_is_turned_over(tmp_path, rng, compression, dtype):
    top = 1 if dtype == np.bool_ else np.iinfo(dtype).max
    pixels = rng.integers(0, top, (20, 30), endpoint=True).astype(dtype)
    # Pillow turns 8 bits and fewer over as it writes them, but not 16.
    stored = ~pixels if dtype == np.uint16 else pixels
    path = tmp_path / "a.tif"
    save(path, stored, compression=compression, tiffinfo={262: 0})
    expected = np.floor(pixels * (255 / top) + 0.5)
    assert np.array_equal(read_image([path], ["red"])[..., 0], expected)


def narrow_tiff(bits, values, photometric):
    """A TIFF of one row, written by hand: `values` packed in `bits` each."""
    number = 0
    for value in values:
        number = number << bits | value
    row = number.to_bytes(bits * len(values) // 8, "big")
    tags = {256: len(values), 257: 1, 258: bits, 259: 1, 262: photometric, 273: 8, 277: 1}
    tags |= {278: 1, 279: len(row)}
    start = struct.pack("<2sHI", b"II", 42, 8 + len(row)) + row + struct.pack("<H", len(tags))
    return start + b"".join(struct.pack("<HHII", t, 4, 1, v) for t, v in tags.items()) + bytes(4)


@pytest.mark.parametrize("bits, values", [(4, [0, 1, 15, 8]), (2, [0, 1, 2, 3])])
@pytest.mark.parametrize("photometric", [0, 1])
def test_values_of_2_and_4_bits_are_stretched_to_8(tmp_path, bits, values, photometric):
    (tmp_path / "a.tif").write_bytes(narrow_tiff(bits, values, photometric))
    stretched = np.array(values) * (255 // (2**bits - 1))
    expected = stretched if photometric else 255 - stretched
    assert read_image([tmp_path / "a.tif"], ["red"])[0, :, 0].tolist() == expected.tolist()


def test_packed_12_bit_values_are_read_by_their_depth(tmp_path):
    (tmp_path / "a.tif").write_bytes(narrow_tiff(12, [0, 2048, 4095, 4095], 1))
    assert read_image([tmp_path / "a.tif"], ["red"])[0, :, 0].tolist() == [0, 128, 255, 255]


def test_zstd_is_read_or_the_missing_codec_named(tmp_path, noise):
    path = tmp_path / "a.tif"
    try:
        Image.fromarray(noise).save(path, compression="zstd")
    except (OSError, RuntimeError, ValueError):
        pytest.skip("this Pillow does not write zstd")
    assert np.array_equal(read_image([path], ["red"])[..., 0], noise)


def retagged_as(path, noise, number):
    """An uncompressed TIFF that claims to be compressed."""
    tifffile.imwrite(path, noise)
    with tifffile.TiffFile(path) as tiff:
        at = tiff.pages.first.tags["Compression"].valueoffset
    content = bytearray(path.read_bytes())
    content[at : at + 2] = struct.pack("<H", number)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("number, codec", [(34887, "LERC"), (34712, "JPEG2000"), (50002, "JPEGXL")])
def test_a_compression_without_its_codec_is_named_by_the_header(tmp_path, noise, number, codec):
    if number in tifffile.TIFF.DECOMPRESSORS:
        pytest.skip("the codec is at hand")
    path = retagged_as(tmp_path / "a.tif", noise, number)
    with pytest.raises(ValueError, match=rf"grey TIFF compressed by {codec}, which needs .*codecs"):
        image_shape(path)


def test_a_compression_that_pillow_turns_out_not_to_read_is_named(tmp_path, noise, monkeypatch):
    path = retagged_as(tmp_path / "a.tif", noise, 50000)

    def no_codec(*args, **kwargs):
        raise ValueError("requires the 'imagecodecs' package")

    monkeypatch.setattr(tifffile.TiffPageSeries, "asarray", no_codec)
    with pytest.raises(ValueError, match=r"a\.tif is .* compressed by ZSTD, which needs"):
        read_image([path], ["red"])


def test_a_bilevel_file_is_black_and_white(tmp_path):
    pixels = np.array([[True, False], [False, True]])
    path = save(tmp_path / "a_red.png", pixels)
    assert np.array_equal(read_image([path], ["red"])[..., 0], pixels * 255)


def test_channel_files_of_differing_size_are_refused(tmp_path):
    files = [
        save(tmp_path / "a_red.png", np.zeros((4, 5), np.uint8)),
        save(tmp_path / "a_green.png", np.zeros((6, 5), np.uint8)),
    ]
    message = r"differ in size .*a_red\.png is 4 x 5 pixels, .*a_green\.png is 6 x 5"
    with pytest.raises(ValueError, match=message):
        image_shape(files)
    with pytest.raises(ValueError, match=message):
        read_image(files, ["red", "green"], size=(4, 4))


def test_a_stack_cannot_stand_for_one_of_several_channels(tmp_path):
    grey = save(tmp_path / "a_red.tif", np.zeros((8, 9), np.uint8))
    stack = tmp_path / "a_green.tif"
    tifffile.imwrite(stack, np.zeros((3, 8, 9), np.uint8), photometric="minisblack")
    with pytest.raises(ValueError, match=r"a_green\.tif holds 3 planes"):
        read_image([grey, stack], ["red", "green"])


def test_too_few_files_for_the_channels_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"2 files for 3 channels \(red, green, blue\): a, b"):
        read_image(["a", "b"], ["red", "green", "blue"])


# ---- one multi-channel file ----


def stack_first(path, pixels, **options):
    tifffile.imwrite(path, np.moveaxis(pixels, -1, 0), photometric="minisblack", **options)


def stack_last(path, pixels):
    tifffile.imwrite(path, pixels, photometric="minisblack", planarconfig="contig")


def stack_unmarked(path, pixels):
    tifffile.imwrite(path, pixels, photometric="minisblack")


def stack_imagej(path, pixels):
    tifffile.imwrite(path, np.moveaxis(pixels, -1, 0), imagej=True, metadata={"axes": "CYX"})


def stack_ome(path, pixels):
    tifffile.imwrite(path, np.moveaxis(pixels, -1, 0), ome=True, metadata={"axes": "CYX"})


def stack_appended(path, pixels):
    for k in range(pixels.shape[-1]):
        tifffile.imwrite(path, pixels[..., k], append=True, photometric="minisblack")


def stack_lzw(path, pixels):
    first, *others = (Image.fromarray(pixels[..., k]) for k in range(pixels.shape[-1]))
    first.save(path, save_all=True, append_images=others, compression="tiff_lzw")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    "write",
    [
        stack_first,
        stack_last,
        stack_unmarked,
        stack_imagej,
        stack_ome,
        stack_appended,
        stack_lzw,
    ],
)
def test_tiff_stacks_give_their_planes(tmp_path, rng, write, dtype):
    pixels = rng.integers(0, np.iinfo(dtype).max, (20, 30, 4), dtype=dtype, endpoint=True)
    path = tmp_path / ("a.ome.tif" if write is stack_ome else "a.tif")
    write(path, pixels)
    assert image_shape(path) == (20, 30)
    assert np.array_equal(
        read_image(path, ["yellow", "green"]), prepare_image(pixels, ["yellow", "green"])
    )


@pytest.mark.parametrize("planes", ["contig", "separate"])
def test_16_bit_colour_tiffs_keep_their_depth(tmp_path, rng, planes):
    pixels = rng.integers(0, 65536, (20, 30, 3), dtype=np.uint16)
    stored = pixels if planes == "contig" else np.moveaxis(pixels, -1, 0)
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", planarconfig=planes)
    image = read_image(tmp_path / "a.tif", ["red", "green", "blue"])
    assert np.array_equal(image, prepare_image(pixels, ["red", "green", "blue"]))


def test_the_planes_of_a_picture_are_chosen_by_name(tmp_path, rng):
    pixels = rng.integers(0, 256, (8, 9, 4), dtype=np.uint8)
    path = save(tmp_path / "a.png", pixels)
    assert np.array_equal(read_image(path, ["blue", "red"]), pixels[..., [2, 0]])
    assert np.array_equal(read_image(path, list(HPA_CHANNELS)), pixels)


def test_a_picture_gives_the_plane_named_not_the_maximum_over_its_colours(tmp_path, rng):
    pixels = rng.integers(0, 256, (8, 9, 3), dtype=np.uint8)
    path = save(tmp_path / "a.png", pixels)
    assert np.array_equal(read_image(path, ["green"]), pixels[..., [1]])
    assert np.array_equal(read_image([path], ["green"])[..., 0], pixels.max(axis=2))


def test_a_stack_gives_a_single_channel_by_name(tmp_path, rng):
    pixels = rng.integers(0, 256, (4, 20, 30), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="minisblack")
    assert np.array_equal(read_image(tmp_path / "a.tif", ["green"])[..., 0], pixels[1])


def test_planes_that_are_not_the_channels_are_refused_by_file(tmp_path):
    path = save(tmp_path / "a.png", np.zeros((8, 9, 3), np.uint8))
    with pytest.raises(ValueError, match=r"a\.png has 3 planes, taken for red, green, blue"):
        read_image(path, ["red", "yellow"])


def test_pages_of_differing_size_are_refused(tmp_path):
    for shape in [(8, 9), (4, 5)]:
        tifffile.imwrite(tmp_path / "a.tif", np.zeros(shape, np.uint8), append=True)
    with pytest.raises(ValueError, match=r"a\.tif holds 2 images that differ"):
        read_image(tmp_path / "a.tif", ["red", "green"])


# ---- prepare_image ----


def test_as_many_planes_as_channels_are_taken_in_order(rng):
    pixels = rng.integers(0, 256, (8, 9, 2), dtype=np.uint8)
    assert np.array_equal(prepare_image(pixels, ["yellow", "dapi"]), pixels)


def test_fewer_channels_than_planes_are_picked_by_name(rng):
    pixels = rng.integers(0, 256, (8, 9, 4), dtype=np.uint8)
    assert np.array_equal(prepare_image(pixels, ["yellow", "red"]), pixels[..., [3, 0]])


def test_five_planes_are_not_guessed_at():
    with pytest.raises(ValueError, match=r"the image has 5 planes; expected 1 \(red\)"):
        prepare_image(np.zeros((8, 9, 5), np.uint8), ["red"])


@pytest.mark.parametrize("shape", [(8,), (2, 8, 9, 3), (0, 9), (8, 9, 0)])
def test_an_array_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"an image has shape .*; got \("):
        prepare_image(np.zeros(shape, np.uint8), ["red"])


def test_16_bit_values_below_4096_are_12_bit():
    pixels = np.array([[0, 2048, 4095]], dtype=np.uint16)
    assert prepare_image(pixels, ["red"])[..., 0].tolist() == [[0, 128, 255]]


def test_16_bit_arrays_of_8_bit_values_are_8_bit():
    pixels = np.array([[0, 128, 255]], dtype=np.uint16)
    assert prepare_image(pixels, ["red"])[..., 0].tolist() == [[0, 128, 255]]


def test_a_dark_16_bit_file_is_judged_12_bit_not_8(tmp_path):
    path = save(tmp_path / "a.tif", np.array([[0, 128, 255]], dtype=np.uint16))
    assert read_image([path], ["red"])[0, :, 0].tolist() == [0, 8, 16]


def test_the_white_level_given_overrules_the_images_own():
    pixels = np.array([[0, 255]], dtype=np.uint16)
    assert prepare_image(pixels, ["red"], white=4095)[..., 0].tolist() == [[0, 16]]


@pytest.mark.parametrize("dtype", [">u2", "<u2", ">f4"])
def test_byte_order_does_not_matter(dtype):
    top = 65535 if dtype[1] == "u" else 1
    pixels = np.array([[0, top]], dtype=dtype)
    assert prepare_image(pixels, ["red"])[..., 0].tolist() == [[0, 255]]


def test_one_value_above_4095_in_any_plane_makes_all_16_bit():
    pixels = np.array([[[4095, 0], [0, 4096]]], dtype=np.uint16)
    assert prepare_image(pixels, ["red", "green"])[0].tolist() == [[16, 0], [0, 16]]
    assert prepare_image(pixels, ["red"])[0].tolist() == [[16], [0]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_from_0_to_1_are_stretched(dtype):
    pixels = np.array([[0, 0.5, 1]], dtype=dtype)
    assert prepare_image(pixels, ["red"])[..., 0].tolist() == [[0, 128, 255]]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(value):
    with pytest.raises(ValueError, match="the image holds NaN or infinite values"):
        prepare_image(np.array([[0.5, value]]), ["red"])


@pytest.mark.parametrize("value", [-0.1, 1.1, 255.0])
def test_floats_beyond_0_to_1_are_refused(value):
    with pytest.raises(ValueError, match=r"the image holds floats from .*; expected \[0, 1\]"):
        prepare_image(np.array([[0.5, value]]), ["red"])


@pytest.mark.parametrize("dtype", [np.int64, np.uint32, np.int16, np.complex64])
def test_other_types_are_refused(dtype):
    with pytest.raises(TypeError, match=f"the image holds {np.dtype(dtype)} values"):
        prepare_image(np.zeros((2, 2), dtype), ["red"])


def test_bad_values_in_a_file_are_refused_by_file(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.full((4, 5), np.nan, np.float32))
    with pytest.raises(ValueError, match=r"a\.tif holds NaN"):
        read_image([tmp_path / "a.tif"], ["red"])
    tifffile.imwrite(tmp_path / "b.tif", np.zeros((4, 5), np.int16))
    with pytest.raises(TypeError, match=r"b\.tif holds int16"):
        read_image([tmp_path / "b.tif"], ["red"])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.bool_])
@pytest.mark.parametrize("size", [None, (4, 4), (3, 5)])
def test_the_array_given_is_left_as_it_was(rng, dtype, size):
    pixels = (rng.random((8, 8, 2)) * (1 if dtype == np.float32 else 250)).astype(dtype)
    before = pixels.copy()
    prepare_image(pixels, ["red", "green"], size)
    assert np.array_equal(pixels, before)


# ---- resizing ----


def area_mean(plane, size):
    """Each new pixel is the mean of the old ones, weighted by how much of it they cover."""
    result = np.empty(size)
    for i in range(size[0]):
        top, bottom = i * plane.shape[0] / size[0], (i + 1) * plane.shape[0] / size[0]
        for j in range(size[1]):
            left, right = j * plane.shape[1] / size[1], (j + 1) * plane.shape[1] / size[1]
            total = area = 0.0
            for y in range(int(top), min(int(np.ceil(bottom)), plane.shape[0])):
                for x in range(int(left), min(int(np.ceil(right)), plane.shape[1])):
                    covered = (min(bottom, y + 1) - max(top, y)) * (
                        min(right, x + 1) - max(left, x)
                    )
                    total += covered * plane[y, x]
                    area += covered
            result[i, j] = total / area
    return result


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("size", [(12, 16), (1, 1), (48, 8), (16, 64), (7, 9), (47, 63), (10, 33)])
def test_shrinking_is_the_mean_over_the_area(rng, dtype, size):
    if dtype == np.float32:
        plane, scale = rng.random((48, 64)).astype(dtype), 255
    else:
        top = np.iinfo(dtype).max
        plane, scale = rng.integers(0, top, (48, 64), dtype=dtype, endpoint=True), 255 / top
    shrunk = prepare_image(plane, ["red"], size)[..., 0]
    exact = area_mean(plane.astype(float), size) * scale
    assert np.all(np.abs(shrunk - exact) <= 0.5 + 1e-3)


@pytest.mark.parametrize("size", [(16, 16), (13, 15), (32, 20)])
def test_a_fine_checkerboard_becomes_flat_grey(size):
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 254).astype(np.uint8)
    shrunk = prepare_image(board, ["red"], size)
    assert np.all(np.abs(shrunk.astype(int) - 127) <= (0 if 64 % size[1] == 0 else 13))


def test_halves_are_rounded_up_in_every_kind_of_resizing():
    pair = np.array([[0, 1]], dtype=np.uint8)
    assert prepare_image(pair, ["red"], (1, 1)).item() == 1
    assert prepare_image(np.array([[0.1, 0.1], [0.1, 0.1]]), ["red"], (1, 1)).item() == 26


def test_enlarging_interpolates_linearly_between_pixel_centres():
    edge = np.array([[0, 100]], dtype=np.uint8)
    enlarged = prepare_image(edge, ["red"], (2, 4))[..., 0]
    assert enlarged.tolist() == [[0, 25, 75, 100], [0, 25, 75, 100]]


def test_one_axis_may_shrink_while_the_other_grows():
    plane = np.array([[0, 10], [20, 30]], dtype=np.uint8)
    assert prepare_image(plane, ["red"], (1, 4))[..., 0].tolist() == [[10, 13, 18, 20]]


def test_the_same_size_changes_nothing(noise):
    assert np.array_equal(prepare_image(noise, ["red"], noise.shape)[..., 0], noise)


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

    @pytest.mark.parametrize("colour_type", [2, 4, 6])
    def test_16_bit_colour_png_which_would_lose_bits(self, tmp_path, read, colour_type):
        (tmp_path / "a.png").write_bytes(png_bytes(4, 4, 16, colour_type, bytes(4 * 33)))
        with pytest.raises(ValueError, match=r"a\.png is a 16-bit PNG with several planes"):
            read([tmp_path / "a.png"])

    def test_a_jpeg_in_printers_colours(self, tmp_path, read):
        Image.new("CMYK", (8, 8)).save(tmp_path / "a.jpg")
        with pytest.raises(ValueError, match=r"a\.jpg is a JPEG in CMYK"):
            read([tmp_path / "a.jpg"])

    def test_a_png_bomb_with_its_size_and_the_limit(self, tmp_path, read):
        (tmp_path / "a.png").write_bytes(png_bytes(60_000, 50_000))
        with pytest.raises(ValueError, match=r"a\.png declares 50000 x 60000 .* limit of 67108864"):
            read([tmp_path / "a.png"])

    def test_a_jpeg_bomb(self, tmp_path, read):
        path = save(tmp_path / "a.jpg", np.zeros((8, 8), np.uint8))
        content = path.read_bytes()
        size = content.index(b"\xff\xc0") + 5
        path.write_bytes(content[:size] + struct.pack(">HH", 60_000, 50_000) + content[size + 4 :])
        with pytest.raises(ValueError, match=r"a\.jpg declares 60000 x 50000"):
            read([path])

    def test_a_tiff_bomb(self, tmp_path, read, monkeypatch):
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, np.zeros((40, 50), np.uint8), compression="zlib")
        monkeypatch.setattr(decoding, "MAX_PIXELS", 1999)
        with pytest.raises(ValueError, match=r"a\.tif declares 40 x 50 .*limit of 1999"):
            read([path])

    def test_a_tiff_of_too_many_planes(self, tmp_path, read, monkeypatch):
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, np.zeros((9, 40, 50), np.uint8), photometric="minisblack")
        monkeypatch.setattr(decoding, "MAX_PIXELS", 2000)
        with pytest.raises(ValueError, match=r"a\.tif declares 9 planes of 40 x 50"):
            read([path])

    def test_a_gzip_bomb(self, tmp_path, read, monkeypatch):
        (tmp_path / "a.tif.gz").write_bytes(gzip.compress(bytes(2**21)))
        monkeypatch.setattr(decoding, "MAX_PIXELS", 1000)
        with pytest.raises(ValueError, match=r"a\.tif\.gz unzips to more than 1052576 bytes"):
            read([tmp_path / "a.tif.gz"])


def test_the_largest_image_allowed_draws_no_warning_from_pillow(tmp_path):
    side = int(decoding.MAX_PIXELS**0.5)
    (tmp_path / "a.png").write_bytes(png_bytes(side, side))
    with pytest.raises(ValueError, match="truncated or corrupt"), warnings.catch_warnings():
        warnings.simplefilter("error")
        read_image([tmp_path / "a.png"], ["red"])


def test_threads_read_what_one_reads(tmp_path, rng):
    files = []
    for k in range(16):
        pixels = rng.integers(0, 65536 if k % 2 else 256, (64, 64))
        array = pixels.astype(np.uint16 if k % 2 else np.uint8)
        files.append(save(tmp_path / f"{k}.{'tif' if k % 3 else 'png'}", array))
    alone = [read_image([path], ["red"], (10, 16)) for path in files]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda path: read_image([path], ["red"], (10, 16)), files))
    assert np.array_equal(together, alone)


# ---- the real files ----


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
