"""Tests of reading a csv of labels without images."""

import warnings

import numpy as np
import pandas as pd
import pytest

from sklearn_hpa.datasets import HPA_LABELS, HPA_LABELS_2021, HPA_LABELS_SITE, load_hpa, read_labels
from sklearn_hpa.datasets._synthetic import LABEL_COUNTS, LABELS_PER_IMAGE_COUNTS


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "train.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_labels_are_0_or_1_by_name_and_id(write):
    y = read_labels(write("Id,Target\nb,16 0\na,25\n"))
    assert y.index.name == "Id" and list(y.index) == ["b", "a"]
    assert list(y.columns) == list(HPA_LABELS)
    assert set(y.dtypes) == {np.dtype(np.int64)}
    assert list(y.columns[y.loc["b"] == 1]) == ["Nucleoplasm", "Cytokinetic bridge"]
    assert y.loc["a"].sum() == y.loc["a", "Cytosol"] == 1


def test_the_column_label_means_the_set_of_2021(write):
    y = read_labels(write("ID,Label\na,8|5|0\n"))
    assert list(y.columns) == list(HPA_LABELS_2021)
    assert y.loc["a", "Intermediate filaments"] == 1


def test_present_keeps_the_labels_that_occur(write):
    y = read_labels(write("Id,Target\na,25 2\nb,2\n"), labels="present")
    assert list(y.columns) == ["Nucleoli", "Cytosol"]


def test_a_list_keeps_these_labels_in_its_order(write):
    y = read_labels(write("Id,Target\na,25 2\nb,7\n"), labels=["Cytosol", 7])
    assert y.columns.tolist() == ["Cytosol", "Golgi apparatus"]
    assert y.to_numpy().tolist() == [[1, 0], [0, 1]]


def test_hpa_means_the_35_locations_of_the_site(write):
    y = read_labels(write("Image;Location\na;Vesicles\n"), labels="hpa")
    assert list(y.columns) == list(HPA_LABELS_SITE)
    assert y.loc["a", "Vesicles"] == y.to_numpy().sum() == 1


def test_columns_are_named_and_ids_stay_as_they_are_written(write):
    path = write("Cell;Where\na_green.png;Cytosol/Nucleoli\n")
    y = read_labels(
        path, id_column="Cell", label_column="Where", label_separator="/", labels="present"
    )
    assert y.to_dict("index") == {"a_green.png": {"Nucleoli": 1, "Cytosol": 1}}


def test_it_is_the_target_of_load_hpa_where_every_row_has_images(hpa_data):
    folder = hpa_data / "hpa-cells"
    _, y = load_hpa(folder, labels="present", return_X_y=True)
    pd.testing.assert_frame_equal(read_labels(folder / "train.csv", labels="present"), y)


def test_rows_without_a_label_and_repeated_ids_are_refused(write):
    path = write("Id,Target\na,0\nb,\nc,1\na,0\n")
    with pytest.raises(ValueError) as error:
        read_labels(path)
    assert str(error.value) == (
        f"{path}: 1 row without a label: b (line 3)\n"
        f"{path}: 1 Id repeated: a (lines 2, 5)\n"
        "Complete or remove them, or leave them out with on_error='warn'"
    )


def test_warn_leaves_such_rows_out_and_points_to_the_caller(write):
    path = write("Id,Target\na,0\nb,\nc,1\na,0\n")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        y = read_labels(path, on_error="warn")
    assert list(y.index) == ["a", "c"]
    assert len(caught) == 1 and caught[0].filename == __file__
    assert str(caught[0].message).endswith("2 of 4 rows left out")


def test_with_warn_a_file_of_which_nothing_remains_is_an_error(write):
    with pytest.raises(ValueError, match="Nothing remains without them"):
        read_labels(write("Id,Target\na,\n"), on_error="warn")


@pytest.mark.parametrize("options", [{"labels": "some"}, {"on_error": "ignore"}])
def test_an_invalid_option_is_refused_before_the_file_is_read(options):
    with pytest.raises(ValueError, match="Invalid .*Valid values are"):
        read_labels("no such file.csv", **options)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="csv file of labels not found: .*absent.csv"):
        read_labels(tmp_path / "absent.csv")


def test_the_real_table_has_the_published_statistics(hpa_data):
    y = read_labels(hpa_data / "hpa-labels" / "train.csv")
    assert y.shape == (31072, 28)
    counts = y.sum()
    assert counts["Nucleoplasm"] == 12885
    assert counts["Cytosol"] == 8228
    assert counts["Rods & rings"] == 11
    sizes = y.sum(axis=1).value_counts().to_dict()
    assert sizes == {1: 15126, 2: 12485, 3: 3160, 4: 299, 5: 2}


def test_the_counts_that_synthetic_labels_follow_are_those_of_the_real_table(hpa_data):
    y = read_labels(hpa_data / "hpa-labels" / "train.csv")
    assert tuple(y.sum()) == LABEL_COUNTS
    assert tuple(y.sum(axis=1).value_counts().sort_index()) == LABELS_PER_IMAGE_COUNTS
