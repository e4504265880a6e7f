"""Tests of the label names and numbers of 2018, of 2021 and of the HPA site."""

import pandas as pd
import pytest

from sklearn_hpa.datasets import HPA_LABELS, HPA_LABELS_2021, HPA_LABELS_SITE
from sklearn_hpa.datasets._labels import (
    canonical_label,
    describe_label_folders,
    number_labels,
    written_label,
)


@pytest.mark.parametrize("labels", [HPA_LABELS, HPA_LABELS_2021])
def test_every_label_is_found_by_its_number_and_its_name_in_any_case(labels):
    for number, name in enumerate(labels):
        for spelling in (number, str(number), name, name.upper(), f" {name.replace(' ', '_')} "):
            assert canonical_label(spelling, labels) == name


def test_an_alias_belongs_to_the_numbering_that_has_its_label():
    assert canonical_label("vesicles", HPA_LABELS_2021).startswith("Vesicles and")
    with pytest.raises(ValueError, match="'vesicles' does not exist among the 28 labels"):
        canonical_label("vesicles", HPA_LABELS)


def test_the_names_of_2018_are_those_of_the_real_table(hpa_data):
    table = pd.read_csv(hpa_data / "hpa-labels" / "labels.csv")
    assert table["name"].tolist() == list(HPA_LABELS)
    assert table["number"].tolist() == list(range(28))


def test_the_names_of_both_sets_are_numbered_as_in_2018_by_default():
    assert number_labels(["Cytosol", "Nucleoli"]) == ([25, 2], HPA_LABELS)
    assert number_labels(["Cytosol", "Negative"]) == ([16, 18], HPA_LABELS_2021)


def test_the_numbering_named_is_used():
    assert number_labels(["Cytosol"], "2018") == ([25], HPA_LABELS)
    assert number_labels(["Cytosol"], "2021") == ([16], HPA_LABELS_2021)


@pytest.mark.parametrize("numbering, name", [("2018", "Negative"), ("2021", "Peroxisomes")])
def test_a_numbering_that_lacks_a_name_is_refused(numbering, name):
    with pytest.raises(ValueError, match=f"not the label names of {numbering} .*{name!r}"):
        number_labels([name], numbering)


def test_a_numbering_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="Invalid numbering='2019'. Valid values are '2018' and"):
        number_labels(["Cytosol"], "2019")


@pytest.mark.parametrize("names", [["0", "1"], [0, 1], ["Cytosol", "2"]])
def test_numbers_are_no_label_names(names):
    with pytest.raises(ValueError, match="fit on a DataFrame whose columns are label names"):
        number_labels(names)


@pytest.mark.parametrize("numbering", [None, "2018", "2021"])
def test_locations_that_only_the_site_has_are_not_numbered(numbering):
    message = "labels of the HPA site have no numbers: Vesicles; .* Write label names instead of"
    with pytest.raises(ValueError, match=message):
        number_labels(["Cytosol", "Vesicles"], numbering)


def test_a_number_is_no_location_of_the_site():
    with pytest.raises(ValueError, match="the 35 locations of the HPA site have no numbers"):
        canonical_label(3, HPA_LABELS_SITE)


def test_a_column_is_a_label_of_its_own_name_only():
    assert written_label("Peroxisomes", HPA_LABELS_2021).startswith("Vesicles and")
    with pytest.raises(ValueError, match="'Peroxisomes' does not exist among the 19 labels"):
        canonical_label("Peroxisomes", HPA_LABELS_2021)


def test_numbers_are_read_in_their_numbering_and_named_in_the_set_in_use():
    assert written_label("8", HPA_LABELS_SITE, HPA_LABELS) == "Peroxisomes"
    assert written_label("8.0", HPA_LABELS_SITE, HPA_LABELS_2021) == "Intermediate filaments"
    with pytest.raises(ValueError, match="it is a label of 2018"):
        written_label("18", HPA_LABELS_SITE, HPA_LABELS)
    with pytest.raises(ValueError, match="number 8 has another meaning in the set of 2018"):
        written_label("8", HPA_LABELS)


@pytest.mark.parametrize(
    "text", ["Nucleoli (-)", "Nucleoli -", "-Nucleoli", "Nucleoli?", "Nucleoli (?)", "~Nucleoli"]
)
@pytest.mark.parametrize("labels", [HPA_LABELS, HPA_LABELS_SITE])
def test_a_name_with_a_sign_of_absence_or_doubt_is_refused(text, labels):
    for read in (written_label, canonical_label):
        with pytest.raises(ValueError, match="may mean that the label is absent or uncertain"):
            read(text, labels)


@pytest.mark.parametrize("text", ["not Nucleoli", "no nucleoli", "Nucleoli (absent)"])
def test_a_name_with_a_word_of_absence_is_refused(text):
    with pytest.raises(ValueError, match="does not exist"):
        written_label(text, HPA_LABELS)


@pytest.mark.parametrize("text", ["Nucleoli (+)", "'Nucleoli'", "NUCLEOLI."])
def test_other_signs_around_a_name_are_passed_over(text):
    assert written_label(text, HPA_LABELS) == "Nucleoli"


def test_folders_with_names_of_labels_are_explained_with_a_row_of_a_csv():
    hint = describe_label_folders(["plate1/Cytosol/a", "plate1/golgi/b", "plate1/golgi/c"])
    assert hint.startswith("Folders have the names of labels (Cytosol, golgi)")
    assert hint.endswith(
        "columns Id,Location and a row for each image, such as plate1/Cytosol/a,Cytosol"
    )
    assert describe_label_folders(["plate1/a", "Cytosol"]) == ""
