"""Tests of the planes that ImageJ, tifffile and microscopes declare."""

import numpy as np
import pytest
import tifffile

from sklearn_hpa._images.decoding import decode_file, file_header

from ..robustness.tiff_files import originals


def planes(n=4):
    return np.stack([np.full((8, 9), 10 * (k + 1), np.uint8) for k in range(n)])


def with_text(path, text, n=4):
    """Write pages whose first one has the text as its description."""
    with tifffile.TiffWriter(path) as writer:
        for k, plane in enumerate(planes(n)):
            description = text if k == 0 else None
            writer.write(plane, description=description, metadata=None, contiguous=False)
    return path


# ---- ImageJ ----


def test_channels_of_imagej_are_planes_without_a_remark(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, planes(), imagej=True, metadata={"axes": "CYX"})
    assert file_header(path) == (8, 9, 4, False, None, None, (), None)


def test_slices_of_imagej_are_planes_with_a_remark(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, planes(), imagej=True, metadata={"axes": "ZYX"})
    header = file_header(path)
    assert header.n_planes == 4
    assert header.remark.startswith("is an ImageJ stack of 4 slices (slices=4), which are read as")


@pytest.mark.parametrize(
    "axes, shape, found",
    [
        ("TYX", (4, 8, 9), "frames=4"),
        ("ZCYX", (2, 2, 8, 9), "channels=2, slices=2"),
        ("TCYX", (2, 2, 8, 9), "channels=2, frames=2"),
        ("TZYX", (2, 2, 8, 9), "slices=2, frames=2"),
    ],
)
def test_frames_and_two_axes_of_imagej_are_refused(tmp_path, axes, shape, found):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, planes().reshape(shape), imagej=True, metadata={"axes": axes})
    with pytest.raises(ValueError, match=rf"a\.tif is a stack of slices or frames .*\({found}\)"):
        file_header(path)


def test_an_image_of_imagej_is_one_plane(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", planes()[0], imagej=True)
    assert file_header(tmp_path / "a.tif").n_planes == 1


def test_labels_of_imagej_are_the_names(tmp_path):
    labels = ["DAPI", "ER", "microtubules", "antibody"]
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, planes(), imagej=True, metadata={"axes": "CYX", "Labels": labels})
    assert file_header(path).names == tuple(labels)


@pytest.mark.parametrize("order", ["<", ">"])
def test_names_in_the_information_of_bio_formats_are_the_names(tmp_path, order):
    info = "".join(
        f" Information|Image|Channel|Name #{k + 1} = {name}\n" for k, name in enumerate("abcd")
    )
    path = tmp_path / "a.tif"
    metadata = {"axes": "CYX", "Info": "SizeC = 4\n" + info}
    tifffile.imwrite(path, planes(), imagej=True, byteorder=order, metadata=metadata)
    assert file_header(path).names == tuple("abcd")


def names_of(path, labels=(), info=()):
    metadata = {"axes": "CYX", "Info": "\n".join(info)}
    if labels:
        metadata["Labels"] = list(labels)
    tifffile.imwrite(path, planes(3), imagej=True, metadata=metadata)
    return file_header(path).names


def numbered(key, *names, start=1):
    return [f"{key} #{start + k} = {name}" for k, name in enumerate(names)]


STAINS = "DAPI", "GFP", "tubulin"


def test_each_series_of_names_in_the_information_is_one_of_its_own(tmp_path):
    path = tmp_path / "a.tif"
    names = numbered("Information|Image|Channel|Name", *STAINS)
    for more in (
        numbered("Channel|PinholeName", "x"),
        numbered("Channel|PinholeName", "x", "y", "z"),
        numbered("Experiment|ChannelName", *STAINS, "Cy5"),
        numbered("Experiment|ChannelName", "Cam1", "Cam2", "Cam3"),
        numbered("Experiment|ChannelName", *STAINS, start=0),
    ):
        assert names_of(path, info=names + more) == names_of(path, info=more + names) == STAINS


def test_a_fluorophore_in_the_information_is_used_if_the_names_have_no_stain(tmp_path):
    info = numbered("Channel|Name", "a", "b", "c") + numbered("Channel|Fluor", *STAINS)
    assert names_of(tmp_path / "a.tif", info=info) == STAINS


def test_the_number_of_a_channel_may_precede_the_word_name(tmp_path):
    info = [f"Channel {k} Name = {name}" for k, name in enumerate(STAINS)]
    assert names_of(tmp_path / "a.tif", info=info) == STAINS


@pytest.mark.parametrize("turned", [1, -1])
def test_series_that_contradict_are_both_in_the_names(tmp_path, turned):
    info = numbered("Information|Image|Channel|Name", *STAINS[::turned])
    info += numbered("Experiment|ChannelName", *STAINS[::-turned])
    ends = STAINS[::turned]
    expected = (f"{ends[0]} / {ends[2]}", "GFP", f"{ends[2]} / {ends[0]}")
    assert names_of(tmp_path / "a.tif", info=info) == expected


def test_labels_without_stains_give_way_to_the_information(tmp_path):
    path = tmp_path / "a.tif"
    info = numbered("Channel|Name", *STAINS)
    assert names_of(path, ["c:1/3", "c:2/3", "c:3/3"], info) == STAINS
    labels = ["a_DAPI.tif", "a_GFP.tif", "a_tubulin.tif"]
    assert names_of(path, labels, info) == STAINS
    assert names_of(path, labels) == tuple(labels)
    assert names_of(path, ["x", "y", "z"]) == ("x", "y", "z")


@pytest.mark.parametrize("labels", [["a"], ["", "", "", ""]])
def test_labels_of_other_planes_are_no_names(tmp_path, labels):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, planes(), imagej=True, metadata={"axes": "CYX", "Labels": labels})
    assert file_header(path).names is None


def test_all_planes_of_imagej_may_follow_its_only_page(tmp_path):
    path = tmp_path / "a.tif"
    content = originals()["imagej_one_page"]
    path.write_bytes(content)
    pixels = decode_file(path).pixels
    expected = np.frombuffer(content[-pixels.size :], np.uint8).reshape(4, *pixels.shape[:2])
    assert np.array_equal(pixels, np.moveaxis(expected, 0, -1))
    path.write_bytes(content[:-1])
    with pytest.raises(ValueError, match=r"a\.tif declares 4 planes, but holds 3; it is truncated"):
        file_header(path)


@pytest.mark.parametrize(
    "text",
    [
        "ImageJ=1.53t\nimages=5\nchannels=5\n",
        "ImageJ=1.53t\nimages=3\nchannels=3\n",
        "ImageJ=1.53t\nimages=4\nchannels=2\n",
        "ImageJ=1.53t\nimages=4\nchannels=0\n",
        "ImageJ=1.53t\nimages=x\n",
        "ImageJ=1.53t\nimages=99999999999999999999\n",
        "ImageJ=1.53t\n",
    ],
)
def test_another_number_of_planes_than_imagej_declares_is_refused(tmp_path, text):
    with pytest.raises(ValueError, match=r"a\.tif .*truncated or corrupt"):
        file_header(with_text(tmp_path / "a.tif", text))


def test_billions_of_declared_planes_take_no_memory(tmp_path):
    path = with_text(tmp_path / "a.tif", "ImageJ=1.53t\nimages=900000000\nslices=900000000\n", 1)
    with pytest.raises(ValueError, match="declares 900000000 planes, but holds 1"):
        file_header(path)


# ---- tifffile ----


@pytest.mark.parametrize("shape", ["[5, 8, 9]", "[3, 8, 9]", "[4, 8, 8]", "[]", '["a"]', "[-1]"])
def test_another_shape_than_declared_is_refused(tmp_path, shape):
    with pytest.raises(ValueError, match=r"a\.tif (declares|has).*truncated or corrupt"):
        file_header(with_text(tmp_path / "a.tif", f'{{"shape": {shape}}}'))


@pytest.mark.parametrize("text", ['{"shape": [4, 8', '{"shape": {}}', '{"shape": 4}'])
def test_a_description_of_tifffile_that_is_damaged_is_refused(tmp_path, text):
    with pytest.raises(ValueError, match=r"a\.tif .*truncated or corrupt"):
        file_header(with_text(tmp_path / "a.tif", text))


def test_the_shape_may_follow_other_metadata(tmp_path):
    text = f'{{"remark": "{"x" * 500}", "axes": "CYX", "shape": [5, 8, 9]}}'
    with pytest.raises(ValueError, match=r"a\.tif declares 5 planes"):
        file_header(with_text(tmp_path / "a.tif", text))


def test_the_old_description_of_tifffile_is_compared_too(tmp_path):
    assert file_header(with_text(tmp_path / "a.tif", "shape=(4, 8, 9)")).n_planes == 4
    with pytest.raises(ValueError, match=r"declares 5 planes \(shape \(5, 8, 9\)\)"):
        file_header(with_text(tmp_path / "b.tif", "shape=(5, 8, 9)"))


def test_names_given_to_tifffile_are_the_names(tmp_path):
    metadata = {"axes": "CYX", "Channel": {"Name": list("abcd")}}
    tifffile.imwrite(tmp_path / "a.tif", planes(), photometric="minisblack", metadata=metadata)
    assert file_header(tmp_path / "a.tif").names == tuple("abcd")


@pytest.mark.parametrize("axes", [None, "YXC", "YXQ"])
def test_planes_that_are_the_last_axis_are_found_in_the_pages_of_rows(tmp_path, rng, axes):
    pixels = rng.integers(0, 256, (20, 30, 4), dtype=np.uint8)
    metadata = {"axes": axes} if axes else {}
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, pixels, photometric="minisblack", metadata=metadata)
    assert np.array_equal(decode_file(path).pixels, pixels)


def test_narrow_planes_are_not_rows_if_their_axis_says_so(tmp_path, rng):
    pixels = rng.integers(0, 256, (6, 20, 4), dtype=np.uint8)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, pixels, photometric="minisblack", metadata={"axes": "CYX"})
    assert np.array_equal(decode_file(path).pixels, np.moveaxis(pixels, 0, -1))


# ---- other programs ----


def test_pages_without_any_metadata_are_planes(tmp_path):
    assert file_header(with_text(tmp_path / "a.tif", "a remark")).n_planes == 4


def named_pages(path, names, code=None, text="{}"):
    with tifffile.TiffWriter(path) as writer:
        for plane, name in zip(planes(len(names)), names, strict=True):
            options = {"description": text.format(name)}
            if code:
                options = {"extratags": [(code, 2, None, name, True)]}
            writer.write(plane, metadata=None, contiguous=False, **options)
    return file_header(path).names


def test_names_of_pages_are_the_names_if_they_are_stains(tmp_path):
    path = tmp_path / "a.tif"
    assert named_pages(path, STAINS, code=285) == STAINS
    assert named_pages(path, STAINS) == STAINS
    qpi = "<?xml?><PerkinElmer-QPI-ImageDescription><Name>{}</Name>"
    assert named_pages(path, STAINS, text=qpi) == STAINS
    assert named_pages(path, ["DAPI"], code=285) == ("DAPI",)


def test_other_texts_of_pages_are_no_names(tmp_path):
    path = tmp_path / "a.tif"
    assert named_pages(path, ["Page 1", "Page 2"], code=285) is None
    assert named_pages(path, ["red cells", "red cells"]) is None
    assert named_pages(path, ["red cells"]) is None
    assert named_pages(path, ["DAPI", "GFP"], text="{}" + 60 * "x") is None


@pytest.mark.parametrize(
    "code, kind, value, program",
    [
        (33629, 5, (1, 1) * 12, "MetaMorph"),
        (34361, 1, b"\1" * 8, "FluoView"),
        (51123, 1, b"{}", "Micro-Manager"),
    ],
)
def test_pages_of_a_microscope_program_are_refused(tmp_path, code, kind, value, program):
    n_values = len(value) // 2 if kind == 5 else len(value)
    path = tmp_path / "a.tif"
    tags = [(code, kind, n_values, value, True)]
    tifffile.imwrite(path, planes(), photometric="minisblack", metadata=None, extratags=tags)
    with pytest.raises(ValueError, match=rf"a\.tif is a file of {program} with \d+ planes, which"):
        file_header(path)


def lsm(path, n_channels, n_slices, n_times=1):
    information = np.array([0, 0, 9, 8, n_slices, n_channels, n_times], "<i4").tobytes()
    tags = [(34412, 1, len(information), information, True)]
    options = {"photometric": "rgb", "planarconfig": "separate", "metadata": None}
    tifffile.imwrite(path, planes(3), extratags=tags, **options)
    return path


def test_channels_of_lsm_are_planes_and_no_colours(tmp_path):
    header = file_header(lsm(tmp_path / "a.lsm", 3, 1))
    assert (header.n_planes, header.colour) == (3, False)


def test_slices_of_lsm_and_other_channels_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"a\.lsm is a file of Zeiss LSM with 5 planes"):
        file_header(lsm(tmp_path / "a.lsm", 3, 5))
    with pytest.raises(ValueError, match=r"b\.lsm declares 4 channels in its LSM metadata"):
        file_header(lsm(tmp_path / "b.lsm", 4, 1))


@pytest.mark.parametrize("text", ["scanimage.SI4 = x", "Aperio Image Library v10", "<MetaData>"])
def test_pages_of_a_program_that_names_itself_are_refused(tmp_path, text):
    with pytest.raises(ValueError, match=r"a\.tif is a file of \w+ with 4 planes"):
        file_header(with_text(tmp_path / "a.tif", text))
    assert file_header(with_text(tmp_path / "b.tif", text, 1)).n_planes == 1


def test_more_numbered_pages_than_pages_are_refused(tmp_path):
    path = tmp_path / "a.tif"
    tags = [(297, 3, 2, (0, 5), True)]
    tifffile.imwrite(path, planes(), photometric="minisblack", metadata=None, extratags=tags)
    with pytest.raises(ValueError, match=r"a\.tif declares 5 pages, but holds 4"):
        file_header(path)
