"""Tests of reading many images: header checks and the common white level."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from sklearn_hpa import ImageFlattener
from sklearn_hpa._images import batches
from sklearn_hpa._images.batches import first_plan, headers_or_errors
from sklearn_hpa._images.image import ImageHeader
from sklearn_hpa._images.planes import Request


def test_a_dark_image_stays_dark_among_16_bit_arrays(images):
    deep = images[..., :3].astype(np.uint16) * 257
    deep[0] //= 1000
    for X in (deep, list(deep), deep.astype(">u2")):
        pixels = ImageFlattener(size=None).fit_transform(X)
        np.testing.assert_array_equal(pixels[1:], images[1:, ..., :3].reshape(5, -1))
        assert pixels[0].max() == 0


def test_later_arrays_are_as_deep_as_those_of_fit_or_deeper(images):
    deep = images[..., :3].astype(np.uint16) * 16
    flattener = ImageFlattener(size=None).fit(deep)
    dark = deep // 32
    expected = flattener.transform(np.concatenate([deep, dark]))[len(deep) :]
    np.testing.assert_array_equal(flattener.transform(dark), expected)
    assert expected.max() <= 128
    np.testing.assert_array_equal(
        flattener.transform(deep * 16), ImageFlattener(size=None).fit_transform(deep * 16)
    )


def test_8_bit_values_widened_to_16_bits_stay_as_they_are(images):
    expected = ImageFlattener(size=None).fit_transform(images)
    got = ImageFlattener(size=None).fit_transform(images.astype(np.uint16))
    np.testing.assert_array_equal(got, expected)


def test_missing_files_are_named_and_counted_before_any_is_read(frame):
    frame.iloc[0, 0] = "/nowhere/a_red.png"
    frame.iloc[5, 2] = "/nowhere/b_blue.png"
    message = r"2 of 6 images cannot be read:\n .*not found: .*a_red.*\n .*not found: .*b_blue"
    with pytest.raises(FileNotFoundError, match=message):
        ImageFlattener().fit(frame)


def test_an_empty_file_is_named_before_any_is_read(frame):
    Path(frame.iloc[3, 1]).write_bytes(b"")
    with pytest.raises(ValueError, match=r"cell3_green.png is empty \(0 bytes\)"):
        ImageFlattener().fit(frame)


@pytest.mark.parametrize("use", ["fit", "fit_transform", "transform"])
def test_headers_are_all_checked_before_any_pixel_is_decoded(frame, use, monkeypatch):
    flattener = ImageFlattener()
    if use == "transform":
        flattener.fit(frame)
    Path(frame.iloc[2, 0]).write_text("<html>404 Not Found</html>")
    Image.new("L", (8, 8)).save(frame.iloc[5, 2])
    monkeypatch.setattr("sklearn_hpa._images.batches.read_image", None)
    message = r"2 of 6 images cannot .*\n .*cell2_red.png is not a PNG.*\n .*differ in size.*cell5"
    with pytest.raises(ValueError, match=message):
        getattr(flattener, use)(frame)


def test_of_many_bad_files_a_dozen_are_named_and_the_others_counted(tmp_path):
    X = [tmp_path / f"cell{i}.png" for i in range(14)]
    with pytest.raises(FileNotFoundError, match=r"14 of 14 (?s:.)*cell11.png\n  and 2 more$"):
        ImageFlattener().fit(X)


def test_headers_are_checked_once_in_fit_transform(frame, monkeypatch):
    checked = []

    def spy(files):
        checked.append(files)
        return ImageHeader((32, 32), None)

    monkeypatch.setattr("sklearn_hpa._images.batches.image_header", spy)
    ImageFlattener(size=None).fit_transform(frame)
    assert len(checked) == len(frame)


@pytest.mark.parametrize("as_source", [str, lambda path: (str(path),)])
def test_a_lack_of_memory_after_decoding_names_the_file(tmp_path, monkeypatch, as_source):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(batches, "read_image", fail)
    with pytest.raises(MemoryError, match=r"a_red\.png: not enough memory"):
        batches.read_source(0, as_source(tmp_path / "a_red.png"), ("red",), None, None)


def test_the_plan_of_the_first_image_is_of_the_first_that_can_be_read(tmp_path):
    paths = [str(tmp_path / f"{i}.tif") for i in range(3)]
    Path(paths[0]).write_bytes(b"")
    for path, n_planes in zip(paths[1:], (4, 3), strict=True):
        planes = np.zeros((n_planes, 8, 8), np.uint8)
        tifffile.imwrite(path, planes, photometric="minisblack")
    wanted = ("green", "blue", "yellow")
    assert first_plan(paths, Request(wanted, wanted)) == (wanted, (1, 2, 3), 4)
    assert first_plan(paths, Request(("actin",), ("actin",))) is None
    assert first_plan(paths[:1], Request(wanted, wanted)) is None


def test_headers_of_known_images_are_not_read(tmp_path):
    good, gone = tmp_path / "good.png", str(tmp_path / "gone.png")
    Image.new("L", (9, 8)).save(good)
    found = headers_or_errors([gone, str(good), gone], None, lambda source: source == gone)
    assert found[0] is found[2] is None
    assert found[1].shape == (8, 9) and found[1].planes.n_planes == 1
