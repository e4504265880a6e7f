"""Tests of matching written Ids to the Ids of images."""

import pytest

from sklearn_hpa.datasets._folder import find_names
from sklearn_hpa.datasets._matching import are_related, match_ids


@pytest.fixture
def match(tmp_path):
    """A function that matches Ids to the files of a folder named cells."""

    def match(ids, *files, recursive=False):
        for file in files:
            path = tmp_path / "cells" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        return match_ids(ids, find_names(tmp_path / "cells", recursive=recursive), "of x.csv")

    return match


@pytest.mark.parametrize(
    "written",
    [
        "a_1_green.png",
        "a_1_GREEN.tif",
        "a_1_green",
        "a_1.tif",
        "a_1.ome.tif",
        "a_1_blue_red_green.jpg",
        "a_1_blue_red_green_medium.jpg",
        "a_1_",
        "cells/a_1_green.png",
        "./cells/a_1",
        "cells\\a_1_green.png",
        "/data/cells/a_1_red.png",
        "C:\\Users\\me\\cells\\a_1_green.png",
    ],
)
def test_a_file_name_or_path_is_the_image_of_the_file(match, written):
    assert match([written], "a_1_green.png", "b_green.png") == (["a_1"], [])


def test_an_id_of_the_folder_is_itself_even_if_it_looks_like_a_file(match):
    assert match(["x_blue", "x"], "x_blue_green.png", "x_green.png").ids == ["x_blue", "x"]


def test_an_id_without_an_image_stays_as_it_is_written(match):
    assert match(["z", "a_green.png"], "a_green.png").ids == ["z", "a"]


def test_a_file_whose_folder_differs_is_matched_with_a_warning(match):
    ids, notes = match(["other/a_green.png"], "a_green.png")
    assert ids == ["a"]
    assert notes == [
        "1 Id of x.csv matched to images by file name alone, because the folders differ:"
        " 'other/a_green.png' to 'a'"
    ]


def test_a_path_is_the_image_that_shares_the_most_folders(match):
    files = ["p1/A01/x_green.png", "p2/A01/x_green.png"]
    written = ["p2/A01/x_green.png", "/old/p1/A01/x.png"]
    assert match(written, *files, recursive=True) == (["p2/A01/x", "p1/A01/x"], [])


@pytest.mark.parametrize(
    "written",
    ["plate1/A02/x", "D:\\exp\\plate1\\A02\\x_green.png", "plate2/A01/x", "B01/x", "old/x"],
)
def test_a_path_in_another_sub_folder_is_another_image(match, written):
    files = ["plate1/A01/x_green.png", "plate2/A02/x_green.png"]
    assert match(["plate1/A01/x", written], *files, recursive=True).ids == ["plate1/A01/x", written]


def test_a_path_may_lack_the_outer_folders_or_have_more_of_them(match):
    files = ["plate1/A01/x_green.png", "plate2/A02/x_green.png"]
    ids, notes = match(["A01/x.png", "D:\\exp\\plate2\\A02\\x.png"], *files, recursive=True)
    assert (ids, notes) == (["plate1/A01/x", "plate2/A02/x"], [])


def test_a_name_of_several_images_is_refused(match):
    message = (
        r"1 Id of x\.csv may mean several images of .*: 'x\.png' \(p1/x, p2/x\)\. Write the Id"
    )
    with pytest.raises(ValueError, match=message):
        match(["x.png"], "p1/x_green.png", "p2/x_green.png", recursive=True)


def test_paths_of_several_folders_that_fit_one_image_are_refused(match):
    message = r"Ids of x\.csv in several folders fit the same image: p1/x, p2/x \(x\).*recursive=Tr"
    with pytest.raises(ValueError, match=message):
        match(["p1/x", "p2/x"], "x_green.png")


def test_a_path_of_another_folder_is_left_to_the_path_of_this_one(match):
    assert match(["cells/x.png", "other/x.png"], "x_green.png") == (["x", "other/x.png"], [])


@pytest.mark.parametrize("written", ["123", "123.0", "123."])
def test_a_number_without_leading_zeros_is_matched_with_a_warning(match, written):
    ids, notes = match([written], "00123_green.png", "7_green.png")
    assert ids == ["00123"]
    assert notes == [
        "1 Id of x.csv matched to images by number, because a spreadsheet may have changed them:"
        f" '{written}' to '00123'"
    ]


def test_a_number_of_several_images_is_refused(match):
    with pytest.raises(ValueError, match=r"'123' \(00123, 0123\)"):
        match(["123"], "00123_green.png", "0123_green.png")


@pytest.mark.parametrize("written", ["1e3", "1.5", "-7", "x7"])
def test_other_numbers_are_not_matched(match, written):
    assert match([written], "1000_green.png", "1_green.png", "7_green.png") == ([written], [])


@pytest.mark.parametrize(
    "ids, expected",
    [
        (["a"], True),
        (["x", "p/a_green.png"], True),
        (["p1/a"], True),
        (["x", "7"], False),
        ([], False),
    ],
)
def test_ids_are_related_to_images_that_have_their_names(ids, expected):
    assert are_related(ids, {"a", "p1/b", "007"}) is expected
