"""Tests of reading sample submissions and writing predictions."""

import numpy as np
import pandas as pd
import pytest

from sklearn_hpa.datasets._submission import (
    read_ids,
    write_named_predictions,
    write_predictions,
    write_probabilities,
)

LABELS = np.array([[1, 0], [0, 0], [1, 1]])
NAMES = ["Nucleoplasm", "Cytosol"]
IDS = ["a", "00123", "c d"]

# ---- read_ids ----


@pytest.fixture
def sample(tmp_path):
    def write(content):
        path = tmp_path / "sample.csv"
        path.write_bytes(content.encode())
        return path

    return write


def test_the_ids_are_the_first_column_in_its_order(sample):
    assert read_ids(sample("Id,Predicted\nb,0\n00123,0\na,0\n")) == ["b", "00123", "a"]


def test_ids_are_stripped_and_stay_text(sample):
    assert read_ids(sample("\ufeffID,x\r\n a ,0\r\n\r\nNA,0\r\n1e5,0\r\n")) == ["a", "NA", "1e5"]


@pytest.mark.parametrize(
    "content, message",
    [
        ("", "is empty; expected a header and the Ids"),
        ("Id,Predicted\n", r"has a header \(Id,Predicted\) but no rows"),
        ("Id,Predicted\na,0\n ,0\n", "line 3: no Id"),
        ("Id,Predicted\na,0\nb,0\na ,0\n", "repeats a"),
    ],
)
def test_a_sample_submission_without_usable_ids_is_refused(sample, content, message):
    with pytest.raises(ValueError, match=rf"sample\.csv.* {message}"):
        read_ids(sample(content))


def test_of_many_repeated_ids_a_dozen_are_named(sample):
    ids = [f"i{k:02}" for k in range(14)] * 2
    with pytest.raises(ValueError, match="repeats i00, .*i11, and 2 more"):
        read_ids(sample("Id\n" + "\n".join(ids)))


def test_a_missing_sample_submission_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"sample submission not found: .*absent\.csv"):
        read_ids(tmp_path / "absent.csv")


# ---- writing ----


def test_predictions_are_numbers_separated_by_spaces(tmp_path):
    write_predictions(tmp_path / "out.csv", IDS, LABELS, ["Cytosol", "Nucleoli"])
    assert (tmp_path / "out.csv").read_text() == "Id,Predicted\na,25\n00123,\nc d,25 2\n"


def test_predictions_may_be_numbered_as_in_2021(tmp_path):
    write_predictions(tmp_path / "out.csv", IDS, LABELS, ["Cytosol", "Nucleoli"], "2021")
    assert (tmp_path / "out.csv").read_text() == "Id,Predicted\na,16\n00123,\nc d,16 2\n"


def test_predictions_of_columns_without_names_are_not_written(tmp_path):
    with pytest.raises(ValueError, match="fit on a DataFrame whose columns are label names"):
        write_predictions(tmp_path / "out.csv", IDS, LABELS, ["0", "1"])
    assert list(tmp_path.iterdir()) == []


def test_probabilities_have_a_column_for_each_label(tmp_path):
    write_probabilities(tmp_path / "out.csv", IDS, LABELS / 2, ["Cytosol", "Nucleoli"])
    assert (tmp_path / "out.csv").read_text() == (
        "Id,Cytosol,Nucleoli\na,0.5,0.0\n00123,0.0,0.0\nc d,0.5,0.5\n"
    )


@pytest.mark.parametrize(
    "Id",
    ["a\rb", "a\nb", "a\r\nb", "a\tb", "a,b", 'a"b', "=1+1", "@a", "nan", "001", "1e5", "a;b", "ö"],
)
def test_any_id_written_is_read_again(tmp_path, Id):
    for number, write in enumerate(
        (
            lambda path: write_predictions(path, ["x", Id], np.eye(2, dtype=int), NAMES),
            lambda path: write_probabilities(path, ["x", Id], np.eye(2), NAMES),
        )
    ):
        write(tmp_path / f"{number}.csv")
        assert read_ids(tmp_path / f"{number}.csv") == ["x", Id]


def test_ids_that_differ_in_their_form_of_unicode_are_repeated(sample):
    with pytest.raises(ValueError, match="repeats Malm\xf6"):
        read_ids(sample("Id,Predicted\nMalm\xf6,\nMalmo\u0308,\n"))


def test_a_workbook_instead_of_the_sample_submission_is_named(tmp_path):
    (tmp_path / "sample.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(ValueError, match="is an Excel workbook .*; a sample submission is expect"):
        read_ids(tmp_path / "sample.xlsx")


# ---- write_named_predictions ----


def test_named_predictions_have_names_and_probabilities(tmp_path):
    proba = np.array([[0.9, 0.1], [0.2, 0.3], [0.6, 0.7]])
    extra = pd.DataFrame({"Fold": [1, 2, 1]}, index=[5, 6, 7])
    write_named_predictions(
        tmp_path / "p.csv", IDS, LABELS, proba, NAMES, truth=LABELS[::-1], extra=extra
    )
    table = pd.read_csv(tmp_path / "p.csv", dtype={"Id": str}, keep_default_na=False)
    assert table.columns.tolist() == ["Id", "Fold", "Target", "Predicted", *NAMES]
    assert table["Id"].tolist() == IDS and table["Fold"].tolist() == [1, 2, 1]
    assert table["Predicted"].tolist() == ["Nucleoplasm", "", "Nucleoplasm|Cytosol"]
    assert table["Target"].tolist() == ["Nucleoplasm|Cytosol", "", "Nucleoplasm"]
    np.testing.assert_array_equal(table[NAMES], proba)
