"""Tests of finding image files: Ids, channels, composites and contradictory files."""

import errno
import os

import pytest

from sklearn_hpa._images.inputs import HPA_CHANNELS
from sklearn_hpa.datasets._folder import find_images


@pytest.mark.parametrize(
    "extension",
    ["png", "tif", "tiff", "jpg", "jpeg", "tif.gz", "tiff.gz", "PNG", "Tif.GZ"]
    + ["ome.tif", "ome.tiff", "ome.tif.gz", "ome.tiff.gz", "OME.TIF"],
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


@pytest.mark.parametrize(
    "Id", ["00070df0-bbc3-11e8-b2bc-ac1f6b6435d0", "57_F11_1", "a.b", "red", "redgreen", "x_red_1"]
)
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
        (["a.tif", "a.ome.tif"], "two files for the image: a.ome.tif and a.tif"),
        (
            ["a_red.ome.tif", "a_red.tif"],
            "two files for the red channel: a_red.ome.tif and a_red.tif",
        ),
        (["a.png", "a .png"], "two files for the image: a .png and a.png"),
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


# ---- composites ----


def touch(folder, *names):
    for name in names:
        (folder / name).touch()


@pytest.mark.parametrize(
    "composite",
    [
        "a_blue_red_green.jpg",
        "a_blue_red_green_yellow.jpg",
        "a_red_green.jpg",
        "a_blue_red.png",
        "a_green_red.tif",
        "a_BLUE_RED_GREEN.JPG",
        "a_blue_red_green.ome.tif",
        "a_red_green_thumb.jpg",
        "a_blue_red_green_selected_medium.jpg",
    ],
)
def test_a_composite_is_neither_a_channel_nor_an_image(tmp_path, composite):
    touch(tmp_path, "a_red.jpg", "a_green.jpg", "a_blue.jpg", composite)
    found = find_images(tmp_path)
    assert found.ids == ["a"] and list(found.files["a"]) == ["red", "green", "blue"]
    assert found.composites["a"] == [composite]


def test_all_composites_of_the_site_belong_to_their_id(tmp_path):
    composites = ["a_blue_red.jpg", "a_blue_red_green.jpg", "a_blue_red_green_yellow.jpg"]
    touch(tmp_path, "a_green.jpg", *composites)
    found = find_images(tmp_path)
    assert list(found.files) == ["a"]
    assert sorted(found.composites["a"]) == composites


def test_composites_alone_are_no_images(tmp_path):
    touch(tmp_path, "a_blue_red_green.jpg", "b_red_green.png")
    found = find_images(tmp_path)
    assert found.ids == []
    assert found.composites["b"] == ["b_red_green.png"]


def test_an_id_that_ends_in_a_colour_is_known_by_the_channel_that_repeats_it(tmp_path):
    touch(tmp_path, "cell_red_red.png", "cell_red_green.png", "cell_red_blue.png")
    found = find_images(tmp_path)
    assert {Id: list(files) for Id, files in found.files.items()} == {
        "cell_red": ["red", "green", "blue"]
    }
    assert found.composites == {}


def test_an_id_that_ends_in_a_colour_has_composites_too(tmp_path):
    touch(tmp_path, "x_red_red.png", "x_red_green.png", "x_red_blue_red_green.png")
    found = find_images(tmp_path)
    assert {Id: list(files) for Id, files in found.files.items()} == {"x_red": ["red", "green"]}
    assert found.composites["x_red"] == ["x_red_blue_red_green.png"]


@pytest.mark.parametrize("Id", ["cell_red", "cell_blue_red", "Cell_Red"])
def test_an_id_asked_for_may_end_in_a_colour(tmp_path, Id):
    touch(tmp_path, f"{Id}_green.png")
    assert find_images(tmp_path, [Id]).files == {Id: {"green": tmp_path / f"{Id}_green.png"}}
    assert find_images(tmp_path, ["cell"]).files == {}


def test_a_name_with_two_meanings_is_ambiguous(tmp_path):
    touch(tmp_path, "x_red.png", "x_green.png", "x_red_red.png", "x_red_green.png", "y_red.png")
    found = find_images(tmp_path)
    assert list(found.files) == ["x", "y"]
    assert found.ambiguous == {
        "x_red": "x_red_green.png is either the green channel of x_red or a composite of x"
    }
    assert found.ids == ["x", "x_red", "y"]
    assert list(find_images(tmp_path, ["x_red"]).files["x_red"]) == ["red", "green"]


# ---- names ----


def test_names_in_two_forms_of_unicode_are_one_id(tmp_path):
    touch(tmp_path, "Malmo\u0308_red.png", "Malm\xf6_green.png")
    assert list(find_images(tmp_path).files["Malm\xf6"]) == ["red", "green"]


def test_one_name_in_two_forms_of_unicode_is_a_conflict_that_shows_both(tmp_path):
    touch(tmp_path, "Malmo\u0308_red.png", "Malm\xf6_red.png")
    if len(os.listdir(tmp_path)) == 1:
        pytest.skip("the file system takes both forms for one name")
    (conflict,) = find_images(tmp_path).conflicts.values()
    assert r"'Malm\xf6_red.png'" in conflict and r"'Malmo\u0308_red.png'" in conflict
    assert "two forms of Unicode" in conflict


def test_a_name_that_is_not_utf8_is_kept_apart(tmp_path, touch_bytes):
    touch(tmp_path, "a_red.png")
    touch_bytes(tmp_path, b"Malm\xf6_red.png")
    found = find_images(tmp_path)
    assert list(found.files) == ["a"]
    assert list(found.unreadable) == ["Malm\udcf6"]


def test_a_name_without_an_id_is_kept_apart(tmp_path):
    touch(tmp_path, " _red.png")
    assert list(find_images(tmp_path).unreadable) == [" "]


def test_a_file_that_cannot_be_looked_at_is_an_error(tmp_path, monkeypatch):
    class Entry:
        name = "a_red.png"

        def is_file(self):
            raise OSError(errno.EIO, "Input/output error", "a_red.png")

    class Entries(list):
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(os, "scandir", lambda folder: Entries([Entry()]))
    with pytest.raises(OSError, match=r"a_red\.png"):
        find_images(tmp_path)
