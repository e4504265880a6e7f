"""Tests of the meaning of names in the metadata of files."""

import pytest

from sklearn_hpa._images.stains import core, spelling, stain_of


@pytest.mark.parametrize(
    ("name", "channel", "sure"),
    [
        ("DAPI", "blue", True),
        ("dapi", "blue", True),
        ("Hoechst", "blue", True),
        ("Hoechst 33342", "blue", True),
        ("HOECHST-33258", "blue", True),
        ("Nucleus (DAPI)", "blue", True),
        ("Ch1: DAPI 405 nm", "blue", True),
        ("405 - DAPI", "blue", True),
        ("DNA stain", "blue", True),
        ("α-Tubulin", "red", True),
        ("alpha tubulin (Alexa Fluor 555)", "red", True),
        ("Tubulin-Alexa 488", "red", True),
        ("anti-tubulin", "red", True),
        ("Microtubules", "red", True),
        ("Endoplasmic_Reticulum", "yellow", True),
        ("ER", "yellow", True),
        ("Calreticulin", "yellow", True),
        ("protein of interest", "green", True),
        ("Green", "green", False),
        ("Channel 3 Red", "red", False),
        ("EGFP", "green", False),
        ("Alexa Fluor 488", "green", False),
        ("AF488", "green", False),
        ("Alexa Fluor® 647", "yellow", False),
        ("Cy5", "yellow", False),
        ("TRITC", "red", False),
        ("Texas Red", "red", False),
        ("Red (Cy3)", "red", False),
    ],
)
def test_a_stain_a_target_a_dye_or_a_colour_means_a_channel(name, channel, sure):
    assert stain_of(name) == (channel, sure)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Channel 1",
        "C=0",
        "ch00",
        "0:0",
        "c:1/3 - cells.tif",
        "488",
        "MitoTracker Red",
        "Nile Red",
        "far red",
        "DNA damage",
        "GFP / TRITC",
        "DAPI + tubulin",
        "brightfield",
        "protein disulfide isomerase",
        "not DAPI",
    ],
)
def test_a_name_with_an_unknown_or_a_second_meaning_has_none(name):
    assert stain_of(name) is None


def test_names_are_compared_without_case_punctuation_and_numbers_of_channels():
    assert spelling("GFP-1") == spelling("gfp 1") == "gfp1"
    assert core("C1 - Actin stain") == core("actin") == "actin"
