"""Tests of finding image files: Ids, channels and contradictory files."""

import pytest

from sklearn_hpa._images.inputs import HPA_CHANNELS
from sklearn_hpa.datasets._folder import find_images


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
