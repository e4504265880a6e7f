"""Tests of the parts of a file name: Id, channel, composite."""

import os

import pytest

from sklearn_hpa.datasets._file_names import (
    composite_of,
    id_key,
    is_text,
    last_colour,
    parse_name,
    without_size,
)


@pytest.mark.parametrize(
    "name, parts",
    [
        ("x.ome.tif", ("x", "image")),
        ("x.ome.tiff", ("x", "image")),
        ("x.ome.tif.gz", ("x", "image")),
        ("X.OME.TIF", ("X", "image")),
        ("x_green.ome.tif", ("x", "green")),
        ("x_GREEN.Ome.Tiff.GZ", ("x", "green")),
        ("x.ome.png", ("x.ome", "image")),
        ("x.some.tif", ("x.some", "image")),
        (".ome.tif", None),
        ("x.ome", None),
        ("x.tif.png", ("x.tif", "image")),
        ("red.png", ("red", "image")),
        ("a\nb_red.png", ("a\nb", "red")),
        (".a_red.png", None),
    ],
)
def test_a_name_has_an_id_and_a_channel(name, parts):
    assert parse_name(name) == parts


@pytest.mark.parametrize(
    "stem, ids",
    [
        ("a_red_green", ["a"]),
        ("a_BLUE_Red_green", ["a_BLUE", "a"]),
        ("a_blue_red_green_yellow", ["a_blue_red", "a_blue", "a"]),
        ("a_red", []),
        ("a_red_red", []),
        ("a_red_red_green", ["a_red"]),
        ("red_green", []),
        ("a-red_green", []),
        ("a_red_green_b", []),
        ("24_H11_1_red_GREEN", ["24_H11_1"]),
    ],
)
def test_two_different_colours_at_the_end_make_a_composite(stem, ids):
    assert list(composite_of(stem)) == ids


@pytest.mark.parametrize(
    "stem, rest",
    [
        ("a_red_green_thumb", "a_red_green"),
        ("a_selected_medium", "a"),
        ("a_Thumbnail", "a"),
        ("a_thumbs", "a_thumbs"),
    ],
)
def test_words_for_the_size_are_taken_off(stem, rest):
    assert without_size(stem) == rest


def test_the_last_colour_is_a_whole_word_after_the_id():
    assert last_colour("cell_Red") == "red"
    assert [last_colour(Id) for Id in ("red", "cellred", "cell_red_1")] == [None, None, None]


def test_ids_are_compared_in_composed_unicode_without_outer_spaces():
    assert id_key("Malmo\u0308") == "Malm\xf6" == id_key(" Malm\xf6\n")
    assert id_key(" a ") == "a"
    assert id_key("ﬁeld") == "ﬁeld"  # compatibility forms look different and stay different


def test_a_name_that_cannot_be_encoded_is_no_text():
    assert is_text("Malmö") and is_text("细胞")
    assert not is_text(os.fsdecode(b"Malm\xf6"))


def test_a_name_in_utf8_is_text_whatever_the_encoding_of_the_file_system(monkeypatch):
    monkeypatch.setattr(os, "fsencode", lambda name: name.encode("ascii", "surrogateescape"))
    name = "Malmö_red.png".encode().decode("ascii", "surrogateescape")
    assert parse_name(name) == ("Malmö", "red")
