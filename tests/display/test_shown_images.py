"""Tests of the choice of images in a display, and of the files that are read."""

import numpy as np
import pytest
import tifffile

from sklearn_hpa._images import image
from sklearn_hpa._images.inputs import HPA_CHANNELS
from sklearn_hpa.datasets import load_hpa
from sklearn_hpa.display import ImageGridDisplay
from sklearn_hpa.display._shown_images import channels_present, names_of_images

from .pictures import RGB


@pytest.mark.parametrize("form", ["frame", "list", "array of paths", "arrays", "array", "planes"])
def test_every_form_of_images_is_shown(form, synthetic, folder):
    images, X = synthetic[0], folder[0]
    forms = {
        "frame": (X[["blue", "red"]], ("red", "blue"), images[..., [0, 2]]),
        "list": (X["red"].tolist(), ("red",), images[..., :1]),
        "array of paths": (X[RGB].to_numpy(dtype=object), tuple(RGB), images[..., :3]),
        "arrays": (list(images[..., :3]), tuple(RGB), images[..., :3]),
        "array": (images / 255, HPA_CHANNELS, images),
        "planes": (images[..., 0], ("red",), images[..., :1]),
    }
    given, channels, expected = forms[form]
    display = ImageGridDisplay.from_images(given, n_images=2, size=32)
    assert display.channels == channels
    np.testing.assert_array_equal(display.images, expected[:2])


def test_only_the_images_shown_are_read(folder):
    X = folder[0].copy()
    X.iloc[3:] = "no-such-file.png"
    assert len(ImageGridDisplay.from_images(X, n_images=3).images) == 3
    with pytest.raises(FileNotFoundError, match="no-such-file.png"):
        ImageGridDisplay.from_images(X, n_images=4)


def test_what_is_no_set_of_images_is_refused():
    with pytest.raises(TypeError, match="Expected a DataFrame of paths.*got str"):
        ImageGridDisplay.from_images("my-images")
    with pytest.raises(ValueError, match=r"shape \(3, 192\)"):
        ImageGridDisplay.from_images(np.zeros((3, 192), np.uint8))


def test_multichannel_files_have_the_channels_of_their_planes(hpa_data):
    X, _ = load_hpa(hpa_data / "formats/hpa-jpg", return_X_y=True)
    display = ImageGridDisplay.from_images(X[["green"]].rename(columns={"green": "image"}), size=32)
    assert display.channels == tuple(RGB)
    assert display.images[..., 1].max() > display.images[..., 0].max()


def test_multichannel_files_have_the_channels_that_their_metadata_name(tmp_path, monkeypatch):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.full((2, 8, 8), 9, np.uint8), photometric="minisblack")
    file_header = image.file_header
    monkeypatch.setattr(
        image, "file_header", lambda path: file_header(path)._replace(names=("DAPI", "protein"))
    )
    assert channels_present([path]) == ("green", "blue")


def test_a_first_file_that_is_damaged_is_passed_over_and_named_if_it_is_the_only_one(tmp_path):
    bad, good = tmp_path / "bad.tif", tmp_path / "good.tif"
    bad.write_bytes(b"II*")
    tifffile.imwrite(good, np.full((3, 8, 8), 9, np.uint8), photometric="minisblack")
    assert channels_present([bad, good]) == tuple(RGB)
    with pytest.raises(ValueError, match="bad.tif"):
        channels_present([bad])


def test_images_of_a_polars_table_have_numbers_or_the_names_of_their_files():
    polars = pytest.importorskip("polars")
    rows = np.array([2, 0])
    channels = polars.DataFrame({"red": ["a.png", "b.png", "c.png"]})
    assert names_of_images(channels, rows) == ["image 2", "image 0"]
    images = polars.DataFrame({"image": ["x/a.tif", "x/b.tif", "x/c.tif"]})
    assert names_of_images(images, rows) == ["c.tif", "a.tif"]
