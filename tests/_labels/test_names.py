"""Tests of the spellings under which a label is known."""

import pytest

from sklearn_hpa._labels.names import NAME_INDEX, NUMBERINGS, doubtful_signs, is_number, normalized


@pytest.mark.parametrize("labels", NUMBERINGS.values(), ids=NUMBERINGS)
def test_every_label_and_every_alias_leads_to_a_label_of_the_numbering(labels):
    index = NAME_INDEX[labels]
    assert set(index.values()) == set(labels)
    assert all(index[normalized(label)] == label for label in labels)


@pytest.mark.parametrize("spelling", ["Rods & rings", "rods_and_rings", "RODS-AND-RINGS "])
def test_spellings_of_a_name_are_equal(spelling):
    assert normalized(spelling) == "rods and rings"


@pytest.mark.parametrize(
    ("text", "expected"), [("8", True), ("8.0", True), ("-1", True), ("8.5", False), ("8 0", False)]
)
def test_whole_numbers_are_numbers(text, expected):
    assert is_number(text) is expected


@pytest.mark.parametrize(
    ("name", "signs"),
    [
        ("Rods & rings", ""),
        ("rods_and-rings", ""),
        ("Rods \u2013 rings", ""),
        ("Nucleoli \u2013", "\u2013"),
        ("Nucleoli (+/-)", "-"),
        ("Nucleoli \u2717", "\u2717"),
    ],
)
def test_signs_that_may_deny_a_label_are_found(name, signs):
    assert doubtful_signs(name) == signs
