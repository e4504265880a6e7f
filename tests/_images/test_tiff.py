"""Tests of decoding TIFF files: planes, colours, orientation, and damaged files."""

import logging
import os
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from sklearn_hpa._images.decoding import decode_file, file_header
from sklearn_hpa._images.image import image_shape, prepare_image, read_image

from ..robustness.mutations import mutate
from ..robustness.tiff_files import originals
from .ome_files import ome_xml, uuid
from .writing import save


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", None])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_compressions_lose_nothing(tmp_path, rng, compression, dtype):
    pixels = rng.integers(0, np.iinfo(dtype).max, (20, 30), dtype=dtype, endpoint=True)
    plain, compressed = tmp_path / "plain.tif", tmp_path / "compressed.tif"
    save(plain, pixels)
    save(compressed, pixels, compression=compression)
    assert np.array_equal(read_image([plain], ["red"]), read_image([compressed], ["red"]))


def tinted_palette(indices):
    """Make a palette image in which index v is green of intensity v."""
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
    # Pillow inverts up to 8 bits on writing, but not 16 bits.
    stored = ~pixels if dtype == np.uint16 else pixels
    path = tmp_path / "a.tif"
    save(path, stored, compression=compression, tiffinfo={262: 0})
    expected = np.floor(pixels * (255 / top) + 0.5)
    assert np.array_equal(read_image([path], ["red"])[..., 0], expected)


def narrow_tiff(bits, values, photometric):
    """Build a TIFF of one row with `values` packed in `bits` each."""
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


def retagged_as(path, noise, number):
    """Write an uncompressed TIFF whose tag claims a compression."""
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


def test_pages_of_differing_size_are_refused(tmp_path):
    for shape in [(8, 9), (4, 5)]:
        tifffile.imwrite(tmp_path / "a.tif", np.zeros(shape, np.uint8), append=True)
    with pytest.raises(ValueError, match=r"a\.tif holds 2 images that differ"):
        read_image(tmp_path / "a.tif", ["red", "green"])


def test_an_unknown_compression_is_named_by_its_number(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((8, 8), np.uint8), compression=None)
    with tifffile.TiffFile(path, mode="r+") as tiff:
        tiff.pages.first.tags["Compression"].overwrite(60000)
    with pytest.raises(ValueError, match=r"a\.tif is a 8-bit grey TIFF compressed by 60000"):
        decode_file(path)


def test_a_file_that_does_not_say_whether_0_is_black_is_refused(tmp_path, noise):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, noise, byteorder="<")
    with tifffile.TiffFile(path) as tiff:
        at = tiff.pages.first.tags["PhotometricInterpretation"].offset
    content = bytearray(path.read_bytes())
    content[at : at + 2] = (263).to_bytes(2, "little")
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.tif .*no PhotometricInterpretation"):
        read_image([path], ["red"])


def test_a_palette_without_a_colour_map_is_named(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((8, 8), np.uint8), photometric="minisblack")
    with tifffile.TiffFile(path, mode="r+") as tiff:
        tiff.pages.first.tags["PhotometricInterpretation"].overwrite(3)
    with pytest.raises(ValueError, match=r"a\.tif .*colour map"):
        decode_file(path)


# ---- planes that are not stains ----


def planes(n=4):
    return np.stack([np.full((8, 9), 10 * (k + 1), np.uint8) for k in range(n)])


@pytest.mark.parametrize("axes, what", [("ZYX", "slices"), ("TYX", "times"), ("LYX", "lifetimes")])
def test_an_axis_of_tifffile_that_is_no_channel_is_refused(tmp_path, axes, what):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, planes(), photometric="minisblack", metadata={"axes": axes})
    with pytest.raises(ValueError, match=rf"a\.tif is a stack of 4 {what}.* \(axis {axes[0]} of"):
        file_header(path)


@pytest.mark.parametrize("axes", ["CYX", "QYX", "IYX", "SYX"])
def test_axes_of_channels_and_without_a_name_are_channels(tmp_path, axes):
    tifffile.imwrite(
        tmp_path / "a.tif", planes(), photometric="minisblack", metadata={"axes": axes}
    )
    assert file_header(tmp_path / "a.tif").n_planes == 4


def test_two_axes_of_planes_are_refused(tmp_path):
    pixels = planes().reshape(2, 2, 8, 9)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="minisblack")
    with pytest.raises(ValueError, match=r"a\.tif has shape \(2, 2, 8, 9\)"):
        file_header(tmp_path / "a.tif")


def test_several_colour_pages_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((2, 8, 9, 3), np.uint8), photometric="rgb")
    with pytest.raises(ValueError, match=r"a\.tif has shape|has 2 pages of 3 samples"):
        file_header(tmp_path / "a.tif")


def test_a_volume_is_refused(tmp_path):
    volume = np.zeros((16, 32, 32), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", volume, volumetric=True, tile=(16, 16, 16))
    with pytest.raises(ValueError, match=r"a\.tif is a volume of several slices"):
        file_header(tmp_path / "a.tif")


def test_smaller_copies_of_the_image_are_not_planes(tmp_path):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(planes(), photometric="minisblack")
        writer.write(planes()[0, ::2, ::2], photometric="minisblack", subfiletype=1)
    assert decode_file(path).pixels[0, 0].tolist() == [10, 20, 30, 40]


def test_a_page_of_full_size_that_claims_to_be_a_smaller_copy_is_refused(tmp_path):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(planes()[0], photometric="minisblack")
        writer.write(planes()[1], photometric="minisblack", subfiletype=1)
    with pytest.raises(ValueError, match=r"a\.tif has a page 2 that is marked as a mask or a sm"):
        file_header(path)


def test_levels_of_a_pyramid_are_not_planes(tmp_path):
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(planes(), photometric="minisblack", subifds=1, metadata={"axes": "CYX"})
        writer.write(planes()[:, ::2, ::2], photometric="minisblack", subfiletype=1)
    assert decode_file(path).pixels[0, 0].tolist() == [10, 20, 30, 40]


# ---- colours, transparency, orientation ----


def rgba(alpha):
    return np.dstack([np.moveaxis(planes(3), 0, -1), np.full((8, 9), alpha, np.uint8)])


def test_an_opaque_transparency_is_dropped(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", rgba(255), photometric="rgb")
    pixels, header = decode_file(tmp_path / "a.tif")
    assert header == file_header(tmp_path / "a.tif")
    assert header[:-1] == (8, 9, 3, True, None, None, ())
    assert header.alpha.startswith("Plane 4 is marked as transparency (ExtraSamples), and not")
    assert pixels[0, 0].tolist() == [10, 20, 30]


#: The options that tifffile chooses for four planes of 8 or 16 bits.
_AS_BY_DEFAULT = {"photometric": "rgb", "planarconfig": "separate"}


@pytest.mark.parametrize("options", [{}, {"rowsperstrip": 3}, {"tile": (16, 16)}])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_header_refuses_the_fourth_plane_that_tifffile_marks(tmp_path, options, dtype):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, planes().astype(dtype), **_AS_BY_DEFAULT, **options)
    with tifffile.TiffFile(path) as tiff:
        assert tiff.pages[0].extrasamples
    with pytest.raises(ValueError, match=r"a\.tif marks plane 4 as transparency .*minisblack"):
        file_header(path)


def test_an_opaque_fourth_plane_that_tifffile_marks_is_dropped(tmp_path):
    path = tmp_path / "a.tif"
    pixels = planes()
    pixels[3] = 255
    tifffile.imwrite(path, pixels, **_AS_BY_DEFAULT, rowsperstrip=3)
    assert file_header(path).n_planes == 3
    assert decode_file(path).pixels[0, 0].tolist() == [10, 20, 30]
    message = (
        r"a\.tif has 3 planes, taken .* Plane 4 is marked as transparency \(ExtraSamples\), and"
    )
    with pytest.raises(ValueError, match=message):
        read_image(path, ["red", "green", "blue", "yellow"])


@pytest.mark.parametrize("alpha", [0, 254])
@pytest.mark.parametrize("kind", ["assocalpha", "unassalpha"])
def test_another_transparency_is_never_a_stain(tmp_path, alpha, kind):
    tifffile.imwrite(tmp_path / "a.tif", rgba(alpha), photometric="rgb", extrasamples=[kind])
    with pytest.raises(ValueError, match=r"a\.tif marks plane 4 as transparency .*minisblack"):
        decode_file(tmp_path / "a.tif")


def test_a_sample_that_is_not_marked_as_transparency_is_a_stain(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, rgba(7), photometric="rgb", extrasamples=["unspecified"])
    assert decode_file(path).pixels[0, 0].tolist() == [10, 20, 30, 7]


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_applied_whatever_the_compression(tmp_path, orientation, compression):
    stored = np.arange(48, dtype=np.uint8).reshape(6, 8)
    path = save(tmp_path / "a.tif", stored, tiffinfo={274: orientation}, compression=compression)
    shown = {
        1: stored,
        2: np.fliplr(stored),
        3: np.rot90(stored, 2),
        4: np.flipud(stored),
        5: stored.T,
        6: np.rot90(stored, -1),
        7: np.rot90(stored, 2).T,
        8: np.rot90(stored),
    }[orientation]
    pixels, header = decode_file(path)
    assert np.array_equal(pixels, shown)
    assert header == file_header(path)
    assert header[:2] == shown.shape


@pytest.mark.parametrize("orientation", [9, 255])
def test_an_unknown_orientation_is_refused(tmp_path, orientation):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, planes()[0], extratags=[(274, 3, 1, orientation, True)])
    with pytest.raises(ValueError, match=rf"a\.tif has the Orientation {orientation} in page 1"):
        file_header(path)


@pytest.mark.parametrize("photometric, reason", [("separated", "CMYK"), ("cielab", "Interpretat")])
def test_colours_that_are_not_red_green_and_blue_are_refused(tmp_path, photometric, reason):
    channels = 4 if photometric == "separated" else 3
    pixels = np.zeros((8, 9, channels), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric=photometric)
    with pytest.raises(ValueError, match=rf"a\.tif is a TIFF .*{reason}"):
        file_header(tmp_path / "a.tif")


# ---- damaged files ----


@pytest.fixture(scope="module")
def files():
    return originals()


def outcome(path, content):
    """Return the pixels, or None if the file is refused by its name; any other error is raised."""
    path.write_bytes(content)
    try:
        pixels, header = decode_file(path)
    except ValueError as error:
        assert str(path) in str(error)
        return None
    assert header == file_header(path)
    return pixels


@pytest.mark.parametrize("name", sorted(originals()))
def test_a_file_cut_anywhere_is_read_as_the_whole_or_refused(tmp_path, files, name):
    content = files[name]
    whole = outcome(tmp_path / "a.tif", content)
    assert whole is not None
    n_cuts = 150 if whole.ndim == 3 else 25
    for length in np.linspace(0, len(content) - 1, n_cuts, dtype=int).tolist():
        pixels = outcome(tmp_path / "a.tif", content[:length])
        assert pixels is None or np.array_equal(pixels, whole)


@pytest.mark.parametrize("name", ["pages", "pages_deflate", "unnamed_pages", "shaped", "imagej"])
def test_a_stack_cut_anywhere_near_its_end_is_refused(tmp_path, files, name):
    content = files[name]
    whole = outcome(tmp_path / "a.tif", content)
    for missing in range(1, 260, 3):
        pixels = outcome(tmp_path / "a.tif", content[:-missing])
        assert pixels is None or np.array_equal(pixels, whole)


def test_damaged_files_are_refused_by_name_without_a_word_on_stderr(tmp_path, files, capfd):
    rng = np.random.default_rng(0)
    n_refused = 0
    for _ in range(300):
        name = sorted(files)[rng.integers(len(files))]
        _, content = mutate(rng, files[name])
        n_refused += outcome(tmp_path / "a.tif", content) is None
    assert n_refused > 100
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["lzw", "lzw_predictor", "pages_lzw_16", "jpeg", "packbits"])
def test_damaged_data_are_never_written_about_to_stderr(tmp_path, files, name, capfd):
    rng = np.random.default_rng(0)
    for _ in range(60):
        content = bytearray(files[name])
        at = rng.integers(8, len(content) - 300)
        content[at : at + 20] = rng.bytes(20)
        outcome(tmp_path / "a.tif", bytes(content))
    assert capfd.readouterr() == ("", "")


def test_the_log_level_of_tifffile_does_not_matter(tmp_path, files, monkeypatch):
    monkeypatch.setattr(logging.getLogger("tifffile"), "level", logging.CRITICAL)
    assert outcome(tmp_path / "a.tif", files["pages"][:-20]) is None


# ---- sets of files ----


def write_set(folder, n=4, **options):
    """Write an OME-TIFF of one channel for each file; each file names all of them."""
    names = [f"field_{k}.ome.tif" for k in range(n)]
    for k, name in enumerate(names):
        description = ome_xml(n, [(j, 0, names[j], uuid(j)) for j in range(n)], own=uuid(k))
        tifffile.imwrite(folder / name, planes(n)[k], description=description, metadata=None)
    return [folder / name for name in names]


def test_a_file_of_a_set_is_refused_as_a_multi_channel_file(tmp_path):
    paths = write_set(tmp_path)
    message = (
        r"field_2\.ome\.tif is one file of a set of 4 and holds 1 plane of the image; the others"
        r" are in field_0\.ome\.tif, field_1\.ome\.tif, field_3\.ome\.tif"
    )
    with pytest.raises(ValueError, match=message):
        image_shape(paths[2])
    with pytest.raises(ValueError, match=message):
        read_image(paths[2], ["red", "green", "blue"])


def test_a_file_of_a_set_is_read_as_the_file_of_its_channel(tmp_path):
    paths = write_set(tmp_path)
    paths[1].unlink()
    image = read_image([paths[3], paths[0]], ["red", "green"])
    assert image[0, 0].tolist() == [40, 10]


def test_no_other_file_is_opened(tmp_path, monkeypatch):
    first, second, *_ = write_set(tmp_path)
    second.unlink()
    os.mkfifo(second)
    assert file_header(first).siblings[0] == "field_1.ome.tif"


@pytest.mark.parametrize("code, value, name", [(317, 1, "Predictor"), (259, 5, "Compression")])
@pytest.mark.parametrize("page", [0, 2])
def test_pages_that_are_stored_in_different_ways_are_refused(
    tmp_path, rng, code, value, name, page
):
    planes = rng.integers(0, 256, (4, 20, 30), dtype=np.uint8)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, planes, photometric="minisblack", compression="zlib", predictor=True)
    with tifffile.TiffFile(path) as tiff:
        at = tiff.pages[page].tags[code].valueoffset
    content = bytearray(path.read_bytes())
    content[at : at + 2] = struct.pack("<H", value)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"a\.tif has pages .* different ways: {name} is \d+ in"):
        file_header(path)


@pytest.mark.parametrize("code", [0, 316, 445, 65000])
def test_a_renamed_predictor_of_one_page_is_refused(tmp_path, rng, code):
    planes = rng.integers(0, 256, (4, 20, 30), dtype=np.uint8)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, planes, photometric="minisblack", compression="zlib", predictor=True)
    with tifffile.TiffFile(path) as tiff:
        at = tiff.pages[1].tags[317].offset
    content = bytearray(path.read_bytes())
    content[at : at + 2] = struct.pack("<H", code)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"Predictor is 2 in page 1, 1 in page 2"):
        file_header(path)
