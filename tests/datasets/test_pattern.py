"""Tests of patterns of file paths."""

import pytest

from sklearn_hpa.datasets._pattern import Pattern, channel_of


@pytest.mark.parametrize(
    "pattern, path, Id, channel",
    [
        ("*.tif", "a.tif", None, None),
        ("*.tif", "plate1/a.tif", None, None),
        ("./*.tif", "a.tif", None, None),
        ("plate*/**/*.tif", "plate1/x/y/a.tif", None, None),
        ("plate*/**/*.tif", "plate1/a.tif", None, None),
        ("**/*.tif", "a.tif", None, None),
        ("img[0-9].tif", "img7.tif", None, None),
        ("img[!0-9].tif", "imgx.tif", None, None),
        ("{id}_w?_{channel}.tif", "a_7_w2_DAPI.tif", "a_7", "DAPI"),
        ("{id}_{channel}.tif", "plate1/A01/a_green.tif", "plate1/A01/a", "green"),
        ("{channel}/{id}.png", "green/a.png", "a", "green"),
        ("plate*/{channel}/{id}.png", "plate1/green/a.png", "plate1/a", "green"),
        ("{id}/{channel}.tif", "a/DAPI.tif", "a", "DAPI"),
        ("plate*/{id}/{channel}.tif", "plate1/a/DAPI.tif", "plate1/a", "DAPI"),
        ("{id}_max.tif", "a_max.tif", "a", None),
    ],
)
def test_a_path_that_matches_gives_its_fields(pattern, path, Id, channel):
    assert Pattern(pattern).match(path) == (Id, channel)


@pytest.mark.parametrize(
    "pattern, path",
    [
        ("*.tif", "a.png"),
        ("plate*/*.tif", "plate1/x/a.tif"),
        ("plate*/*.tif", "a.tif"),
        ("img[0-9].tif", "imgx.tif"),
        ("a.tif", "axtif"),
        ("{id}_w?_{channel}.tif", "a_DAPI.tif"),
    ],
)
def test_a_path_that_does_not_match_is_none(pattern, path):
    assert Pattern(pattern).match(path) is None


@pytest.mark.parametrize(
    "pattern, message",
    [
        ("", "A pattern is text such as"),
        (7, "A pattern is text such as"),
        ("/data/*.tif", "relative to the folder"),
        ("C:\\data\\*.tif", "relative to the folder"),
        ("../*.tif", "relative to the folder"),
        ("{name}.tif", "Its fields may be {id}, or {id} and {channel}, each once"),
        ("{channel}.tif", "Its fields may be"),
        ("{id}_{id}.tif", "Its fields may be"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(pattern, message):
    with pytest.raises(ValueError, match=f"Invalid pattern=.*{message}"):
        Pattern(pattern)


@pytest.mark.parametrize(
    "text, channel",
    [("GREEN", "green"), ("Hoechst", "blue"), ("tubulin", "red"), ("ER", "yellow"), ("w1", None)],
)
def test_the_text_of_a_channel_is_a_colour_or_a_stain(text, channel):
    assert channel_of(text) == channel
