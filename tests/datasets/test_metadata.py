"""Tests of the metadata of images."""

import numpy as np
import pandas as pd
import pytest

from sklearn_hpa.datasets._metadata import make_metadata


def metadata_of(*cells):
    return make_metadata({"x": cells}, pd.Index(range(len(cells))), False)["x"]


def test_whole_numbers_are_int64_and_other_numbers_float64():
    assert metadata_of("1", "-20").dtype == np.int64
    assert metadata_of("1", "2.5e3").tolist() == [1.0, 2500.0]
    assert np.isnan(metadata_of("1", "")[1])


@pytest.mark.parametrize("cells", [("007", "1"), ("+1", "2"), ("1", "P2"), ("", "NA"), ("1_0",)])
def test_other_cells_stay_text(cells):
    assert metadata_of(*cells).tolist() == list(cells)


def test_long_whole_numbers_stay_exact():
    assert metadata_of("9007199254740992", "9007199254740993").tolist() == [2**53, 2**53 + 1]


@pytest.mark.parametrize(
    "cells",
    [
        ("9007199254740993", ""),
        ("12345678901234567890", "12345678901234567891"),
        ("1.5", "12345678901234567"),
        ("0.12345678901234567890", "0.12345678901234567891"),
        ("1e999", "1"),
    ],
)
def test_numbers_that_floats_do_not_keep_stay_text(cells):
    assert metadata_of(*cells).tolist() == list(cells)


@pytest.mark.parametrize(
    "ids, columns",
    [
        (["plate1/A01/a", "plate 2/h12/b"], ["folder", "plate", "well"]),
        (["Plate_1/x/a", "Plate_2/y/b"], ["folder", "plate", "folder_2"]),
        (["x/a", "A01/b"], ["folder", "folder_1"]),
        (["A01/B02/a"], ["folder", "well", "folder_2"]),
        (["a"], ["folder"]),
    ],
)
def test_levels_of_folders_are_columns(ids, columns):
    frame = make_metadata({}, pd.Index(ids), True)
    assert list(frame.columns) == columns
    assert frame["folder"].tolist() == [Id.rpartition("/")[0] for Id in ids]


def test_an_image_above_a_level_has_no_name_there():
    frame = make_metadata({}, pd.Index(["a", "plate1/b"]), True)
    assert frame["plate"].tolist() == ["", "plate1"]


def test_a_column_of_the_table_keeps_its_name():
    frame = make_metadata({"plate": ["x"]}, pd.Index(["plate1/b"]), True)
    assert frame.to_dict("list") == {"plate": ["x"], "folder": ["plate1"], "plate.1": ["plate1"]}
