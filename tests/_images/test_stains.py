"""Tests of the meaning of names in the metadata of files."""

import pytest

from sklearn_hpa._images.stains import core, is_ambiguous, spelling, stain_of


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
    assert stain_of(name) == (channel, sure, True)


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        ("DAPI-T1", "blue"),
        ("DAPI_T12", "blue"),
        ("DAPI_405nm", "blue"),
        ("DAPI405", "blue"),
        ("405DAPI", "blue"),
        ("w1DAPI", "blue"),
        ("W2dapi", "blue"),
        ("c3gfp", "green"),
        ("GFPch2", "green"),
        ("gfp_01", "green"),
        ("DAPI wide", "blue"),
        ("EM 461 DAPI", "blue"),
        ("ConfocalDAPI", "blue"),
        ("AF488-T2", "green"),
        ("AlexaFluor488-T2", "green"),
        ("Hoechst33342T1", "blue"),
        ("TexasRed", "red"),
        ("mCherry", "red"),
        ("far red", "yellow"),
        ("Cy5 (far red)", "yellow"),
        ("red fluorescent protein", "red"),
        ("green fluorescent protein", "green"),
        ("EGFP-Tubulin", "red"),
        ("DAPI/Hoechst", "blue"),
    ],
)
def test_numbers_and_words_of_microscopes_change_no_meaning(name, channel):
    assert stain_of(name)[::2] == (channel, True)


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        ("SD-DAPI", "blue"),
        ("DAPI:1/3 - a.czi", "blue"),
        ("a_blue.png", "blue"),
        ("57_F11_1_green", "green"),
        ("Experiment-3 Tubulin", "red"),
        ("H2B-GFP", "green"),
        ("lamp DAPI_old", "blue"),
    ],
)
def test_a_known_word_among_unknown_words_has_its_meaning_but_is_not_sure(name, channel):
    assert stain_of(name) == (channel, False, False)


@pytest.mark.parametrize(
    "name",
    [
        "GFP / TRITC",
        "DAPI + tubulin",
        "DAPI+GFP",
        "blue and red",
        "Hoechst (Cy5)",
        "a red b green",
        "nucleus, ER",
    ],
)
def test_the_stains_of_several_channels_are_ambiguous(name):
    assert stain_of(name) is None
    assert is_ambiguous(name)


@pytest.mark.parametrize("name", ["", "Channel 1", "not DAPI", "Tubulin (GFP)", "Blue DAPI", "ER"])
def test_other_names_are_not_ambiguous(name):
    assert not is_ambiguous(name)


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
        "MitoTracker-DeepRed",
        "Actin (TRITC)",
        "DNA damage",
        "iRFP",
        "T1",
        "w1",
        "brightfield",
        "protein disulfide isomerase",
        "not DAPI",
    ],
)
def test_a_name_with_an_unknown_meaning_has_none(name):
    assert stain_of(name) is None


def test_names_are_compared_without_case_punctuation_and_numbers_of_channels():
    assert spelling("GFP-1") == spelling("gfp 1") == "gfp1"
    assert core("C1 - Actin stain") == core("actin") == core("Actin-T1") == "actin"
