"""Tests of loading a folder of images and a csv as paths and a 0/1 target."""

import os
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sklearn_hpa.datasets import HPA_LABELS, HPA_LABELS_SITE, load_hpa
from sklearn_hpa.datasets._frame import find_image_frame

from .targets import labels_of

# ---- results ----


def test_images_are_absolute_paths_indexed_by_id(make_folder, monkeypatch):
    folder = make_folder(["b", "a"], "Id,Target\nb,0\na,2\n")
    monkeypatch.chdir(folder.parent)
    images = load_hpa(folder.name).images
    assert images.index.name == "Id" and list(images.index) == ["b", "a"]
    assert list(images.columns) == ["red", "green"]
    assert images.loc["a", "green"] == str(folder / "a_green.png")
    assert all(type(path) is str for path in images.to_numpy().ravel())


def test_target_is_0_or_1_for_all_28_labels(make_folder):
    bunch = load_hpa(make_folder(["a", "b"], "Id,Target\na,16 0\nb,25\n"))
    assert bunch.target.shape == (2, 28)
    assert set(bunch.target.dtypes) == {np.dtype(np.int64)}
    assert bunch.target.index.equals(bunch.images.index)
    assert bunch.label_names == list(bunch.target.columns) == list(HPA_LABELS)
    assert labels_of(bunch.target) == {"a": ["Nucleoplasm", "Cytokinetic bridge"], "b": ["Cytosol"]}


def test_return_X_y_gives_the_pair(make_folder):
    folder = make_folder(["a"], "Id,Target\na,0\n")
    X, y = load_hpa(folder, return_X_y=True)
    bunch = load_hpa(folder)
    pd.testing.assert_frame_equal(X, bunch.images)
    pd.testing.assert_frame_equal(y, bunch.target)


def test_ids_that_look_like_numbers_stay_text(make_folder):
    images = load_hpa(make_folder(["00123", "1e5"], "Id,Target\n00123,0\n1e5,1\n")).images
    assert list(images.index) == ["00123", "1e5"]


# ---- labels= and channels= ----


def test_labels_present_keeps_those_that_occur_in_order_of_number(make_folder):
    bunch = load_hpa(make_folder(["a", "b"], "Id,Target\na,25 2\nb,0\n"), labels="present")
    assert bunch.label_names == ["Nucleoplasm", "Nucleoli", "Cytosol"]


def test_labels_listed_are_the_columns_in_that_order(make_folder):
    folder = make_folder(["a", "b"], "Id,Target\na,25 2\nb,0\n")
    bunch = load_hpa(folder, labels=["cytosol", 2, "27"])
    assert bunch.label_names == ["Cytosol", "Nucleoli", "Rods & rings"]
    assert bunch.target.to_numpy().tolist() == [[1, 1, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    "labels, message",
    [
        (
            "Cytosol",
            r"Invalid labels='Cytosol'. Valid values are 'all', 'present', 'hpa' and a list",
        ),
        (["Cytosol", 25], "names a label twice"),
        ([], "names no label"),
        (["Cytosole"], "'Cytosole' does not exist among the 28 labels; did you mean 'Cytosol'"),
        ([28], "label number 28 does not exist; the 28 labels are numbered from 0"),
        (None, "Invalid labels=None. Valid values are 'all', 'present', 'hpa' and a list"),
        (5, "Invalid labels=5. Valid values are"),
        ("hpaa", r"a list of label names or numbers; did you mean 'hpa'\?$"),
    ],
)
def test_labels_that_cannot_be_columns_are_refused(make_folder, labels, message):
    folder = make_folder(["a"], "Id,Target\na,0\n")
    with pytest.raises(ValueError, match=message):
        load_hpa(folder, labels=labels)


def test_only_the_channels_named_are_required(make_folder):
    folder = make_folder(["a", "b"], "Id,Target\na,0\nb,1\n", channels=["green", "blue"])
    (folder / "a_red.png").write_bytes(b"x")
    assert list(load_hpa(folder, channels=["blue", "green"]).images.columns) == ["blue", "green"]


@pytest.mark.parametrize("as_", [np.array, pd.Index, tuple])
def test_labels_may_be_an_array_or_an_index(make_folder, as_):
    folder = make_folder(["a"], "Id,Target\na,25 2\n")
    names = ["Nucleoli", "Cytosol"]
    assert load_hpa(folder, labels=as_(names)).label_names == names


@pytest.mark.parametrize("channels", [["purple"], ["red", "red"], [], "green", 5])
def test_channels_that_are_none_are_refused(make_folder, channels):
    with pytest.raises(ValueError, match="Expected some of red, green, blue, yellow, each once"):
        load_hpa(make_folder(["a"]), channels=channels)


def test_multi_channel_files_are_the_single_column_image(make_folder):
    images = load_hpa(make_folder(["a", "b"], "Id,Target\na,0\nb,1\n", channels=[None])).images
    assert list(images.columns) == ["image"]
    assert images.loc["b", "image"].endswith("b.tif")


def test_files_that_the_csv_does_not_name_are_ignored(make_folder):
    folder = make_folder(["a", "extra"], "Id,Target\na,0\n")
    (folder / "montage.png").write_bytes(b"x")
    (folder / "extra_yellow.png").write_bytes(b"x")
    images = load_hpa(folder).images
    assert list(images.index) == ["a"] and list(images.columns) == ["red", "green"]


def test_two_layouts_in_one_set_are_refused(make_folder):
    folder = make_folder(["a"])
    (folder / "montage.png").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"multi-channel files \(montage\.png\) and channel files"):
        load_hpa(folder)


def test_labels_hpa_are_the_35_locations_of_the_site(make_folder):
    folder = make_folder(["a"], "Id,Location\na,Vesicles|cell junctions\n")
    bunch = load_hpa(folder, labels="hpa")
    assert bunch.label_names == list(HPA_LABELS_SITE)
    assert labels_of(bunch.target) == {"a": ["Cell Junctions", "Vesicles"]}


# ---- metadata ----


def test_the_other_columns_of_the_csv_are_metadata(make_folder):
    folder = make_folder(["b", "a"], "Id,Group,Target,Dose\nb,7,0,0.5\na,07,2,1\n")
    metadata = load_hpa(folder).metadata
    expected = pd.DataFrame(
        {"Group": ["7", "07"], "Dose": [0.5, 1.0]},
        index=pd.Index(["b", "a"], name="Id"),
    )
    pd.testing.assert_frame_equal(metadata, expected)


def test_metadata_leave_out_the_rows_that_images_leave_out(make_folder):
    folder = make_folder(["a", "c"], "Id,Group,Target\na,1,0\nb,2,0\nc,3,0\n")
    with pytest.warns(UserWarning, match="1 of 3 rows left out"):
        bunch = load_hpa(folder, on_error="warn")
    assert bunch.metadata["Group"].to_dict() == {"a": 1, "c": 3}


@pytest.mark.parametrize("csv", [None, "Id,Target\na,0\n"])
def test_metadata_may_have_no_column(make_folder, csv):
    metadata = load_hpa(make_folder(["a"], csv)).metadata
    assert metadata.shape == (1, 0) and list(metadata.index) == ["a"]


def test_sub_folders_are_metadata_after_the_columns_of_the_csv(make_folder):
    folder = make_folder([])
    for well in ("plate1/A01", "plate2/B07"):
        (folder / well).mkdir(parents=True)
        (folder / well / "x_red.png").write_bytes(b"x")
    (folder / "train.csv").write_text("Id,Target,Dose\nplate2/B07/x,0,1\nplate1/A01/x,2,5\n")
    bunch = load_hpa(folder, recursive=True)
    assert list(bunch.images.index) == ["plate2/B07/x", "plate1/A01/x"]
    assert bunch.metadata.to_dict("list") == {
        "Dose": [1, 5],
        "folder": ["plate2/B07", "plate1/A01"],
        "plate": ["plate2", "plate1"],
        "well": ["B07", "A01"],
    }


# ---- Ids that are file names and paths ----


def test_the_ids_of_images_replace_the_file_names_of_the_csv(make_folder):
    folder = make_folder(["b", "a"], "file,label\nb_red.png,Cytosol\ntrain/a.png,Nucleoli\n")
    X, y = load_hpa(folder, return_X_y=True)
    assert list(X.index) == list(y.index) == ["b", "a"]


def test_a_row_for_each_channel_file_is_a_repeated_row(make_folder):
    folder = make_folder(["a"], "file,label\na_red.png,Cytosol\na_green.png,Cytosol\n")
    with pytest.raises(ValueError, match=r"1 Id repeated: a \(lines 2, 3\)"):
        load_hpa(folder)
    with pytest.warns(UserWarning, match="1 of 2 rows left out"):
        assert list(load_hpa(folder, on_error="warn").images.index) == ["a"]


def test_a_csv_next_to_the_folder_may_have_file_names(make_folder):
    folder = make_folder(["a"])
    (folder.parent / "train.csv").write_text("Id,Target\nother,99x\ntrain/a_red.png,0\n")
    with pytest.raises(ValueError, match="99x"):
        load_hpa(folder)


# ---- location of the csv ----


def test_names_of_columns_without_a_csv_are_refused(make_folder):
    with pytest.raises(FileNotFoundError, match=r"no table for the columns .* expected train\.csv"):
        load_hpa(make_folder(["a"]), label_column="Location")


def test_the_csv_next_to_the_folder_is_found(make_folder):
    folder = make_folder(["a"])
    (folder.parent / "train.csv").write_text("Id,Target\na,0\n")
    assert load_hpa(folder).target is not None


def test_the_csv_in_the_folder_comes_first(make_folder):
    folder = make_folder(["a"], "Id,Target\na,2\n")
    (folder.parent / "train.csv").write_text("Id,Target\na,0\n")
    assert labels_of(load_hpa(folder).target) == {"a": ["Nucleoli"]}


def test_the_csv_next_to_kaggles_test_folder_is_not_its_target(make_folder):
    folder = make_folder(["t2", "t1"], name="test")
    (folder.parent / "train.csv").write_text("Id,Target\na,0\n")
    bunch = load_hpa(folder)
    assert bunch.target is None and bunch.label_names is None
    assert list(bunch.images.index) == ["t1", "t2"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Id,Target\n",
        b"name,price\na,0\n",
        b"Id,Target\nz,0.73\n",
        b"Id,Target\nz\n",
        b"\xff\xfe\x00",
        b'"' + b"x" * 200_000,
    ],
    ids=["empty", "no rows", "other columns", "other Ids", "short row", "not UTF-8", "not csv"],
)
def test_an_unrelated_csv_next_to_the_folder_is_no_target(make_folder, content):
    folder = make_folder(["a"])
    (folder.parent / "train.csv").write_bytes(content)
    assert load_hpa(folder).target is None


@pytest.mark.parametrize("rows", ["a,99\n", "a,0\nb\n"])
def test_the_csv_next_to_the_folder_that_knows_its_images_must_be_right(make_folder, rows):
    folder = make_folder(["a"])
    (folder.parent / "train.csv").write_text("Id,Target\n" + rows)
    with pytest.raises(ValueError, match=r"train\.csv"):
        load_hpa(folder)


def test_without_a_csv_there_is_no_target(make_folder):
    X, y = load_hpa(make_folder(["b", "a"]), return_X_y=True)
    assert list(X.index) == ["a", "b"] and y is None


def test_the_csv_named_is_used(make_folder, tmp_path):
    folder = make_folder(["a"], "Id,Target\na,2\n")
    (tmp_path / "other.csv").write_text("Id,Target\na,0\n")
    assert labels_of(load_hpa(folder, tmp_path / "other.csv").target) == {"a": ["Nucleoplasm"]}


# ---- errors that on_error does not change ----


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"image folder not found: .*absent"):
        load_hpa(tmp_path / "absent")


def test_a_folder_without_images_says_which_names_are_expected(make_folder):
    with pytest.raises(FileNotFoundError, match=r"no image in .*expected \{Id\}_red\.png"):
        load_hpa(make_folder([], "Id,Target\na,0\n"))


def test_a_csv_of_other_images_says_how_both_begin(make_folder):
    folder = make_folder(["a"], "Id,Target\nz,0\n")
    message = "none of the 1 Ids of .*train.csv has an image in .*first is 'z', the folder's .*'a'"
    with pytest.raises(ValueError, match=message):
        load_hpa(folder)


def test_an_unknown_on_error_is_refused(make_folder):
    with pytest.raises(ValueError, match="Invalid on_error='ignore'. Valid values are 'raise'"):
        load_hpa(make_folder(["a"]), on_error="ignore")


# ---- incomplete rows ----


@pytest.fixture
def incomplete(make_folder):
    """Complete rows, and one row for each kind of incomplete row."""
    folder = make_folder(
        ["whole", "twice", "contradicted", "unlabelled", "torn", "hollow"],
        "Id,Target\nwhole,0\ntwice,1 2\ncontradicted,1\nunlabelled,\ntorn,3\nhollow,4\nabsent,5\n"
        "twice,2 1\ncontradicted,2\n",
    )
    (folder / "torn_green.png").unlink()
    (folder / "hollow_red.png").write_bytes(b"")
    return folder


def test_incomplete_rows_are_all_named_in_one_error(incomplete):
    with pytest.raises(ValueError) as caught:
        load_hpa(incomplete)
    message = str(caught.value)
    for part in [
        "1 row without a label: unlabelled (line 5)",
        "2 Ids repeated: twice (lines 3, 9), contradicted (lines 4, 10, whose labels differ)",
        "2 Ids of",
        "without all of the files for red, green: torn (green), absent (no file)",
        f"1 Id with an empty image file (0 bytes): {incomplete / 'hollow_red.png'}",
        "on_error='warn'",
    ]:
        assert part in message


def test_warn_leaves_incomplete_rows_out_of_both_and_names_them(incomplete):
    with pytest.warns(UserWarning) as caught:
        X, y = load_hpa(incomplete, on_error="warn", return_X_y=True)
    assert list(X.index) == list(y.index) == ["whole", "twice"]
    assert labels_of(y) == {"whole": ["Nucleoplasm"], "twice": ["Nuclear membrane", "Nucleoli"]}
    (warning,) = caught
    for name in ["unlabelled", "contradicted", "torn (green)", "absent", "hollow_red.png"]:
        assert name in str(warning.message)
    assert "7 of 9 rows left out" in str(warning.message)
    assert Path(warning.filename) == Path(__file__)


def test_warn_is_silent_when_nothing_is_left_out(make_folder):
    folder = make_folder(["a"], "Id,Target\na,0\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(load_hpa(folder, on_error="warn").images) == 1


def test_labels_present_are_those_of_the_rows_kept(incomplete):
    with pytest.warns(UserWarning):
        bunch = load_hpa(incomplete, on_error="warn", labels="present")
    assert bunch.label_names == ["Nucleoplasm", "Nuclear membrane", "Nucleoli"]


@pytest.mark.parametrize("value", ["", "nan", "NaN", "NA", " ", "|"])
def test_an_empty_target_is_an_incomplete_row(make_folder, value):
    folder = make_folder(["a", "b"], f"Id,Target\na,0\nb,{value}\n")
    with pytest.raises(ValueError, match=r"1 row without a label: b \(line 3\)"):
        load_hpa(folder)


def test_an_error_remains_when_no_row_does(make_folder):
    folder = make_folder(["a"], "Id,Target\na,\n")
    with pytest.raises(ValueError, match="Nothing remains"):
        load_hpa(folder, on_error="warn")


def test_without_a_csv_a_missing_channel_is_an_error_too(make_folder):
    folder = make_folder(["a", "b"])
    (folder / "b_red.png").unlink()
    with pytest.raises(ValueError, match=r"1 Id of .* for red, green: b \(red\)"):
        load_hpa(folder)


# ---- contradictory files ----


def test_two_files_for_one_channel_matter_only_for_the_ids_wanted(make_folder):
    folder = make_folder(["a", "b"], "Id,Target\na,0\n")
    (folder / "b_red.tif").write_bytes(b"x")
    assert list(load_hpa(folder).images.index) == ["a"]


def test_two_files_for_one_channel_are_an_incomplete_row(make_folder):
    folder = make_folder(["a", "b"], "Id,Target\na,0\nb,2\n")
    (folder / "b_red.tif").write_bytes(b"x")
    problem = r"1 Id with two files .* b \(two files for the red channel: b_red.png and b_red.tif\)"
    with pytest.raises(ValueError, match=problem):
        load_hpa(folder)
    with pytest.warns(UserWarning, match=problem):
        X, y = load_hpa(folder, on_error="warn", return_X_y=True)
    assert list(X.index) == list(y.index) == ["a"]


def test_a_link_that_leads_to_itself_is_a_missing_file(make_folder):
    folder = make_folder(["a"], "Id,Target\na,0\n")
    (folder / "a_red.png").unlink()
    (folder / "a_red.png").symlink_to("a_red.png")
    with pytest.raises(ValueError, match=r"for red, green: a \(red\)"):
        load_hpa(folder, channels=["red", "green"])


# ---- composites ----


def test_composites_are_skipped_and_named_in_a_warning(make_folder):
    folder = make_folder(["a", "b"], "Id,Target\na,0\nb,1\n")
    for name in ("a_blue_red_green.jpg", "b_red_green_thumb.jpg", "other_red_green.jpg"):
        (folder / name).write_bytes(b"x")
    message = "2 composites in .* skipped.*: a_blue_red_green.jpg, b_red_green_thumb.jpg$"
    with pytest.warns(UserWarning, match=message) as caught:
        images = load_hpa(folder).images
    assert list(images.index) == ["a", "b"] and list(images.columns) == ["red", "green"]
    assert Path(caught[0].filename) == Path(__file__)


def test_without_a_csv_every_composite_is_named(make_folder):
    folder = make_folder(["a"])
    (folder / "lost_blue_red_green.jpg").write_bytes(b"x")
    with pytest.warns(UserWarning, match="1 composite in .*: lost_blue_red_green.jpg") as caught:
        assert list(find_image_frame(folder).index) == ["a"]
    assert Path(caught[0].filename) == Path(__file__)


def test_composites_of_other_images_than_those_wanted_are_not_named(make_folder):
    folder = make_folder(["a"], "Id,Target\na,0\n")
    (folder / "b_blue_red_green.jpg").write_bytes(b"x")
    assert list(load_hpa(folder).images.index) == ["a"]


@pytest.mark.parametrize("csv", [None, "Id,Target\na,0\n"])
def test_a_folder_of_composites_says_so(make_folder, csv):
    folder = make_folder([], csv)
    (folder / "a_blue_red_green.jpg").write_bytes(b"x")
    message = r"holds only composites.*: a_blue_red_green\.jpg\. Expected \{Id\}_red"
    with pytest.raises(FileNotFoundError, match=message):
        load_hpa(folder)


def test_an_id_with_nothing_but_a_composite_is_named_with_it(make_folder):
    folder = make_folder(["a"], "Id,Target\na,0\nb,1\n")
    (folder / "b_blue_red_green.jpg").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"b \(no file, but the composite b_blue_red_green.jpg\)"):
        load_hpa(folder)


def test_ids_with_nothing_but_composites_are_refused(make_folder):
    folder = make_folder(["a"], "Id,Target\nb,1\n")
    (folder / "b_blue_red_green.jpg").write_bytes(b"x")
    message = r"none of the 1 Ids .*only composites of them: b_blue_red_green\.jpg"
    with pytest.raises(ValueError, match=message):
        load_hpa(folder)


def test_an_id_of_the_csv_may_end_in_a_colour(make_folder):
    folder = make_folder(["x_blue", "x"], "Id,Target\nx_blue,0\nx,1\n", ["red", "green", "blue"])
    images = load_hpa(folder).images
    assert [Path(path).name for path in images["green"]] == ["x_blue_green.png", "x_green.png"]


def test_a_csv_next_to_the_folder_may_have_ids_that_end_in_a_colour(make_folder):
    folder = make_folder(["x_blue"])
    (folder.parent / "train.csv").write_text("Id,Target\nx_blue,0\n")
    assert labels_of(load_hpa(folder).target) == {"x_blue": ["Nucleoplasm"]}


def test_a_name_with_two_meanings_is_an_incomplete_row(make_folder):
    folder = make_folder(["x", "x_red", "y"])
    problem = r"1 Id with an ambiguous file name in .*: x_red_green.png is either .*\. Rename"
    with pytest.raises(ValueError, match=problem):
        find_image_frame(folder)
    with pytest.warns(UserWarning, match=problem):
        assert list(find_image_frame(folder, on_error="warn").index) == ["x", "y"]


# ---- Unicode ----

NFC, NFD = "Malm\xf6", "Malmo\u0308"


@pytest.mark.parametrize("in_csv, on_disk", [(NFC, NFD), (NFD, NFC), (NFD, NFD)])
def test_ids_match_in_any_form_of_unicode_and_keep_that_of_the_csv(make_folder, in_csv, on_disk):
    X, y = load_hpa(make_folder([on_disk], f"Id,Target\n{in_csv},0\n"), return_X_y=True)
    assert list(X.index) == list(y.index) == [in_csv]
    assert Path(X.loc[in_csv, "red"]).is_file()


def test_the_ids_of_a_sample_submission_match_in_any_form_of_unicode(make_folder):
    folder = make_folder([NFD])
    assert list(find_image_frame(folder, [NFC]).index) == [NFC]
    assert list(find_image_frame(folder).index) == [NFC]


def test_a_csv_next_to_the_folder_is_found_in_any_form_of_unicode(make_folder):
    folder = make_folder([NFD])
    (folder.parent / "train.csv").write_text(f"Id,Target\n{NFC},0\n", encoding="utf-8")
    assert list(load_hpa(folder).target.index) == [NFC]


def test_an_id_in_two_forms_of_unicode_is_repeated(make_folder):
    folder = make_folder([NFC], f"Id,Target\n{NFC},0\n{NFD},0\n")
    with pytest.raises(ValueError, match=r"1 Id repeated: .* \(lines 2, 3, in two forms of Unico"):
        load_hpa(folder)
    with pytest.warns(UserWarning, match="1 of 2 rows left out"):
        assert list(load_hpa(folder, on_error="warn").images.index) == [NFC]


def test_a_name_that_is_not_utf8_is_an_incomplete_row(make_folder, touch_bytes):
    folder = make_folder(["good"])
    for channel in (b"red", b"green"):
        touch_bytes(folder, b"Malm\xf6_" + channel + b".png")
    problem = r"1 file name in .* not in UTF-8.*: Malm\\xf6_(red|green)\.png\. Rename .* convmv"
    with pytest.raises(ValueError, match=problem):
        find_image_frame(folder)
    with pytest.raises(ValueError, match=problem):
        load_hpa(folder)
    with pytest.warns(UserWarning, match=rf"{problem}(?s:.)*1 of 2 rows left out"):
        assert list(find_image_frame(folder, on_error="warn").index) == ["good"]


def test_a_name_that_is_not_utf8_is_named_if_an_id_of_the_csv_has_no_file(make_folder, touch_bytes):
    folder = make_folder(["good"], f"Id,Target\ngood,0\n{NFC},1\n")
    touch_bytes(folder, b"Malm\xf6_red.png")
    with pytest.raises(ValueError, match=r"\(no file\).*Malm\\xf6_red.png"):
        load_hpa(folder)
    (folder / "train.csv").write_text(f"Id,Target\n{NFC},1\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"none of the 1 Ids.*Malm\\xf6_red.png"):
        load_hpa(folder)
    (folder / "train.csv").write_text("Id,Target\ngood,1\n", encoding="utf-8")
    assert list(load_hpa(folder).images.index) == ["good"]


def test_a_folder_whose_name_is_not_utf8_is_read(make_folder, touch_bytes):
    folder = make_folder(["a"])
    touch_bytes(folder.parent, b"Malm\xf6")
    renamed = folder.rename(folder.parent / "M\udcf6")
    assert Path(load_hpa(renamed).images.loc["a", "red"]).is_file()


def test_paths_that_pandas_cannot_keep_as_text_are_kept_as_objects(make_folder, monkeypatch):
    def frame(*arguments, dtype=None, **keywords):  # as pandas with pyarrow, for such paths
        if dtype is None:
            raise UnicodeEncodeError("utf-8", "\udcf6", 0, 1, "surrogates not allowed")
        return pd.DataFrame(*arguments, dtype=dtype, **keywords)

    folder = make_folder(["a"])
    monkeypatch.setattr(
        "sklearn_hpa.datasets._frame.pd", SimpleNamespace(DataFrame=frame, Index=pd.Index)
    )
    assert load_hpa(folder).images.loc["a", "red"] == str(folder / "a_red.png")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_control_characters_of_names_are_escaped_in_messages(make_folder):
    folder = make_folder(["a\x1b[2J"])
    (folder / "a\x1b[2J_red.tif").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"a\\x1b\[2J_red\.png") as caught:
        load_hpa(folder)
    assert "\x1b" not in str(caught.value)


# ---- real folders ----


@pytest.mark.parametrize("folder, n_images", [("kaggle-png", 3), ("hpa-jpg", 2), ("hpa-png", 1)])
def test_real_folders_load_without_a_flag(hpa_data, folder, n_images):
    bunch = load_hpa(hpa_data / "formats" / folder)
    assert bunch.images.shape == (n_images, 4)
    assert (bunch.target.sum(axis=1) > 0).all()


def test_the_real_cells_have_the_labels_of_their_csv(hpa_data):
    X, y = load_hpa(hpa_data / "hpa-cells", return_X_y=True)
    table = pd.read_csv(hpa_data / "hpa-cells" / "train.csv", dtype=str)
    assert X.shape == (1100, 4) and list(X.index) == table["Id"].tolist()
    for (_, row), target in zip(y.iterrows(), table["Target"], strict=True):
        assert set(np.flatnonzero(row)) == set(map(int, target.split()))


def test_the_real_single_channel_has_no_target(hpa_data):
    bunch = load_hpa(hpa_data / "formats" / "hpa-tif16")
    assert list(bunch.images.columns) == ["blue"] and bunch.target is None


def test_the_real_missing_channels_are_named(hpa_data):
    with pytest.raises(ValueError, match="12 Ids of .* for red, green: ") as caught:
        load_hpa(hpa_data / "formats" / "missing-channels")
    files = (hpa_data / "formats" / "missing-channels").glob("*.png")
    here = dict(path.stem.rsplit("_", 1) for path in files)
    assert len(here) == 12
    for Id, channel in here.items():
        assert f"{Id} ({'green' if channel == 'red' else 'red'})" in str(caught.value)


def test_ids_that_contradict_the_file_names_are_refused(make_folder):
    rows = "1,2_green.png,Cytosol\n2,1_green.png,Nucleoli\n"
    folder = make_folder(["1", "2"], f"Id,Filename,Location\n{rows}")
    message = (
        r"Id and Filename name different images in 2 rows: '1' and '2_green\.png' in line 2\."
        r" Choose with id_column='Id' or id_column='Filename'"
    )
    with pytest.raises(ValueError, match=message):
        load_hpa(folder)
    assert load_hpa(folder, id_column="Filename").target.index.tolist() == ["2", "1"]
    assert load_hpa(folder, id_column="Id").target.index.tolist() == ["1", "2"]


def test_ids_that_are_no_images_are_refused_with_the_column_of_file_names(make_folder):
    rows = "1,b_green.png,Cytosol\n2,a_green.png,Nucleoli\n"
    folder = make_folder(["a", "b"], f"Id,Filename,Location\n{rows}")
    with pytest.raises(ValueError, match=r"but Filename names images: use id_column='Filename'"):
        load_hpa(folder)


def test_file_names_that_agree_with_the_ids_or_are_no_images_are_metadata(make_folder):
    rows = "a,a_green.png,7,0\nb,b_red.png,8,2\n"
    folder = make_folder(["a", "b"], f"Id,Filename,Image,Target\n{rows}")
    assert list(load_hpa(folder).metadata) == ["Filename", "Image"]
