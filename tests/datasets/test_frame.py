"""Tests of the paths of images without labels, in folders, sub-folders and by patterns."""

from pathlib import Path

import pytest

from sklearn_hpa.datasets._frame import find_image_frame


@pytest.fixture
def touch(tmp_path):
    """A function that writes files that are not decoded, and returns their folder."""

    def touch(*paths):
        for path in paths:
            file = tmp_path / "images" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"x")
        return tmp_path / "images"

    return touch


def test_the_images_of_a_folder_are_sorted_whatever_csv_it_has(make_folder):
    folder = make_folder(["b", "c", "a"], "Id,Target\nb,99\n")
    frame = find_image_frame(folder)
    assert list(frame.index) == ["a", "b", "c"] and frame.index.name == "Id"
    assert list(frame.columns) == ["red", "green"]


def test_the_ids_asked_for_come_in_their_order(make_folder):
    frame = find_image_frame(make_folder(["b", "c", "a"]), iter(["c", "a"]), channels=["green"])
    assert list(frame.index) == ["c", "a"]
    assert [Path(path).name for path in frame["green"]] == ["c_green.png", "a_green.png"]


def test_ids_without_images_are_said_to_be_of_their_source(make_folder):
    folder = make_folder(["a"])
    with pytest.raises(ValueError, match=r"2 Ids of sample\.csv without .*: y \(no file\), z"):
        find_image_frame(folder, ["a", "y", "z"], source="sample.csv")
    with pytest.warns(UserWarning, match="2 of 3 rows left out") as caught:
        frame = find_image_frame(folder, ["a", "y", "z"], on_error="warn")
    assert list(frame.index) == ["a"]
    assert Path(caught[0].filename) == Path(__file__)


@pytest.mark.parametrize("ids", [[], ["z"]])
def test_ids_of_which_none_is_there_are_refused(make_folder, ids):
    with pytest.raises(ValueError, match=f"none of the {len(ids)} Ids asked for has an image"):
        find_image_frame(make_folder(["a"]), ids)


# ---- sub-folders and patterns ----

PLATES = (
    "plate1/A01/x_green.png",
    "plate1/A02/x_green.png",
    "plate2/A01/y_green.png",
    "z_green.png",
)


def test_ids_in_sub_folders_are_relative_paths(touch):
    frame = find_image_frame(touch(*PLATES, ".hidden/a_green.png"), recursive=True)
    assert list(frame.index) == ["plate1/A01/x", "plate1/A02/x", "plate2/A01/y", "z"]
    assert Path(frame.loc["plate1/A02/x", "green"]).parts[-3:] == ("plate1", "A02", "x_green.png")


def test_ids_are_found_by_base_name_and_returned_as_they_are_given(touch):
    frame = find_image_frame(touch(*PLATES), ["y", "plate1/A02/x"], recursive=True)
    assert list(frame.index) == ["y", "plate1/A02/x"]
    assert Path(frame.loc["y", "green"]).parts[-3:] == ("plate2", "A01", "y_green.png")


def test_a_base_name_of_two_images_is_refused(touch):
    message = r"1 Id asked for may mean several images of .*'x' \(plate1/A01/x, plate1/A02/x\)"
    with pytest.raises(ValueError, match=message):
        find_image_frame(touch(*PLATES), ["x"], recursive=True)


def test_images_in_sub_folders_that_are_not_searched_are_named(touch):
    message = r"Sub-folders are not searched, and plate1/A01/x_green\.png is in one: recursive=Tr"
    with pytest.raises(FileNotFoundError, match=message):
        find_image_frame(touch(*PLATES[:3]))


def test_files_that_are_no_images_are_named(touch):
    with pytest.raises(FileNotFoundError, match=r"no image in .*The folder has a\.czi, b\.nd2$"):
        find_image_frame(touch("a.czi", "b.nd2", "train.csv"))


def test_a_link_to_the_folder_above_is_followed_once(touch):
    folder = touch("plate1/x_green.png")
    (folder / "plate1" / "loop").symlink_to(folder)
    assert list(find_image_frame(folder, recursive=True).index) == ["plate1/x"]


@pytest.mark.parametrize(
    "pattern, ids",
    [
        ("plate*/**/*.png", ["plate1/A01/x", "plate1/A02/x", "plate2/A01/y"]),
        ("*/A01/*", ["plate1/A01/x", "plate2/A01/y"]),
        ("*.png", ["z"]),
    ],
)
def test_a_pattern_chooses_files_and_searches_sub_folders_if_it_has_a_slash(touch, pattern, ids):
    assert list(find_image_frame(touch(*PLATES), pattern=pattern).index) == ids


def test_a_pattern_of_names_is_compared_with_names_in_sub_folders_too(touch):
    frame = find_image_frame(touch(*PLATES), pattern="x_*", recursive=True)
    assert list(frame.index) == ["plate1/A01/x", "plate1/A02/x"]


def test_a_pattern_that_finds_nothing_says_what_there_is(touch):
    message = (
        r"no image in .* matches pattern='\*\.tif'; it has z_green\.png, and sub-folders are n"
    )
    with pytest.raises(FileNotFoundError, match=message):
        find_image_frame(touch(*PLATES), pattern="*.tif")


def test_a_pattern_names_the_channels_of_other_layouts(touch):
    folder = touch("a_w1_DAPI.tif", "a_w2_FITC.tif", "b_w1_DAPI.tif", "b_w2_FITC.tif")
    frame = find_image_frame(folder, pattern="{id}_w?_{channel}.tif")
    assert list(frame.index) == ["a", "b"] and list(frame.columns) == ["green", "blue"]
    assert Path(frame.loc["b", "blue"]).name == "b_w1_DAPI.tif"


def test_a_pattern_reads_a_folder_for_each_channel(touch):
    folder = touch("green/a.png", "red/a.png", "green/b.png", "red/b.png")
    frame = find_image_frame(folder, pattern="{channel}/{id}.png")
    assert list(frame.index) == ["a", "b"] and list(frame.columns) == ["red", "green"]


def test_files_of_a_channel_that_is_no_stain_are_left_out_with_a_warning(touch):
    folder = touch("a_DAPI.tif", "a_BF.tif")
    message = r"1 channel in .* with a name of no stain: 'BF' \(a_BF\.tif\)\..*left out"
    with pytest.warns(UserWarning, match=message) as caught:
        frame = find_image_frame(folder, pattern="{id}_{channel}.tif")
    assert list(frame.columns) == ["blue"]
    assert Path(caught[0].filename) == Path(__file__)


def test_channels_of_which_none_is_a_stain_are_refused(touch):
    folder = touch("a_ch0.tif", "a_ch1.tif")
    with pytest.raises(
        ValueError, match=r"2 channels in .* of no stain: 'ch0' \(a_ch0\.tif\), 'ch1'"
    ):
        find_image_frame(folder, pattern="{id}_{channel}.tif")


def test_two_files_for_one_stain_are_a_conflict(touch):
    folder = touch("a_DAPI.tif", "a_Hoechst.tif")
    with pytest.raises(ValueError, match="two files for the blue channel: a_DAPI.tif and a_Hoech"):
        find_image_frame(folder, pattern="{id}_{channel}.tif")


def test_files_that_look_like_channels_are_not_read_as_images(touch):
    folder = touch("a_DAPI.tif", "a_FITC.tif")
    with pytest.raises(ValueError, match=r"images: a_DAPI\.tif, a_FITC\.tif look like channels"):
        find_image_frame(folder)
    assert list(find_image_frame(folder, pattern="*").index) == ["a_DAPI", "a_FITC"]
    assert list(find_image_frame(folder, ["a_DAPI"]).index) == ["a_DAPI"]


def test_ids_without_images_next_to_such_files_are_explained(touch):
    folder = touch("a_DAPI.tif", "a_FITC.tif")
    with pytest.raises(ValueError, match=r"none of the 1 Ids .*a_DAPI\.tif, a_FITC\.tif look like"):
        find_image_frame(folder, ["a"])


def test_an_id_in_another_case_is_named(touch):
    folder = touch("a_red.png", "b_red.png")
    with pytest.raises(
        ValueError, match=r"the first is 'A'.*'A' has no image, but 'a', in another"
    ):
        find_image_frame(folder, ["A"])
    with pytest.raises(ValueError, match=r"B \(no file, but 'b', in another case\)"):
        find_image_frame(folder, ["a", "B"])


def test_a_number_that_a_spreadsheet_shortened_is_recognised(touch):
    with pytest.raises(ValueError, match="has no image, and a spreadsheet has shortened it"):
        find_image_frame(touch("123456789012_red.png"), ["1.23457E+11"])


def test_class_folders_that_are_not_searched_are_explained(tmp_path):
    (tmp_path / "Nucleoli").mkdir()
    (tmp_path / "Nucleoli" / "a_green.png").write_bytes(b"x")
    with pytest.raises(
        FileNotFoundError, match=r"of labels \(Nucleoli\).* such as Nucleoli/a,Nucl"
    ):
        find_image_frame(tmp_path)
