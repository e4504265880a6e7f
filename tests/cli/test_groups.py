"""Tests of the group of each image."""

import pandas as pd
import pytest

from sklearn_hpa.cli._groups import find_groups, groups_file

IDS = ["a", "b", "c"]


@pytest.fixture
def images():
    return pd.DataFrame({"red": ["x"] * 3}, index=pd.Index(IDS, name="Id"))


@pytest.fixture
def metadata(images):
    columns = {"plate": ["1", "1", "2"], "well": ["A1", "A2", "A1"], "batch": ["x", "", None]}
    return pd.DataFrame(columns, index=images.index)


def write(tmp_path, text):
    path = tmp_path / "groups.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_without_the_option_there_are_no_groups(images):
    assert find_groups(None, images, None) is None and groups_file(None) is None


def test_a_column_of_the_labels_gives_the_groups(images, metadata):
    assert find_groups("plate", images, metadata).tolist() == ["1", "1", "2"]


def test_several_columns_give_their_combinations(images, metadata):
    assert find_groups("plate,well", images, metadata).tolist() == ["1/A1", "1/A2", "2/A1"]


def test_images_without_a_value_of_the_column_are_named(images, metadata):
    with pytest.raises(ValueError, match="batch gives no group to 2 of 3 images: b, c"):
        find_groups("batch", images, metadata)


def test_a_file_is_matched_by_id_in_any_order(images, tmp_path):
    path = write(tmp_path, "Id,Group,Mixed\nc,7,0\nother,1,0\na,5,1\nb,5,0\n")
    assert find_groups(path, images, None).tolist() == ["5", "5", "7"]
    assert str(groups_file(path)) == path


def test_another_column_of_the_file_is_named_after_a_colon(images, tmp_path):
    path = write(tmp_path, "ID;Plate;Well\na;1;x\nb;1;y\nc;2;z\n")
    assert find_groups(f"{path}:Plate", images, None).tolist() == ["1", "1", "2"]
    assert str(groups_file(f"{path}:Plate")) == path


def test_the_only_other_column_is_the_group(images, tmp_path):
    path = write(tmp_path, "id,antibody\na,1\nb,1\nc,2\n")
    assert find_groups(path, images, None).tolist() == ["1", "1", "2"]


def test_ids_match_in_any_form_of_unicode(tmp_path):
    images = pd.DataFrame({"red": ["x"]}, index=["Malmo\u0308"])
    assert find_groups(write(tmp_path, "Id,Group\nMalm\u00f6,1\n"), images, None).tolist() == ["1"]


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("Id,Group\na,1\n", "", "gives no group to 2 of 3 images: b, c"),
        ("Id,Group\na,1\nb,\nc,2\n", "", "gives no group to 1 of 3 images: b"),
        ("Id,Group\na,1\na,2\nb,1\nc,2\n", "", "1 Id in two groups: a"),
        ("Name,Group\na,1\n", "", "has the columns Name, Group; expected Id and Group"),
        (
            "Id,x,y\na,1,2\n",
            "",
            "has no column Group, but x, y; name the column of groups: --groups",
        ),
        ("Id,Plate\na,1\n", ":Plaet", "has no column Plaet; did you mean 'Plate'"),
        ("", "", "is empty; expected the columns Id,Group"),
    ],
)
def test_a_file_that_gives_no_groups_is_refused(images, tmp_path, text, column, message):
    with pytest.raises(ValueError, match=message):
        find_groups(write(tmp_path, text) + column, images, None)


def test_a_name_that_is_no_column_and_no_file_suggests_the_near_column(images, metadata):
    with pytest.raises(ValueError, match="--groups plaet: no file .* did you mean 'plate'"):
        find_groups("plaet", images, metadata)


def test_without_other_columns_the_message_says_so(images):
    with pytest.raises(ValueError, match="the labels have none besides"):
        find_groups("plate", images, None)
