"""Tests of the plane of each channel: by position, by name, by the user, and for many images."""

import numpy as np
import pytest

from sklearn_hpa._images.formats import Header, Refused
from sklearn_hpa._images.inputs import HPA_CHANNELS
from sklearn_hpa._images.planes import (
    Plan,
    Request,
    agree,
    array_header,
    check_channel_names,
    doubt_of_file,
    name_planes,
    read_planes,
)

RGB = HPA_CHANNELS[:3]


def header(*names, n_planes=None, colour=False):
    return Header(8, 9, n_planes or len(names), colour, names or None)


def request(*channels, needed=None, names=None):
    return Request(channels, channels if needed is None else needed, names)


def planes(header, request):
    reading = read_planes(header, request)
    assert reading.doubt is None
    return dict(zip(reading.plan.channels, reading.plan.planes, strict=True))


# ---- by position ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_planes", "wanted", "expected"),
    [
        (3, RGB, (0, 1, 2)),
        (4, RGB, (0, 1, 2)),
        (4, ("yellow", "red"), (3, 0)),
        (3, ("green", "blue", "yellow"), (0, 1, 2)),
        (2, ("DAPI", "GFP"), (0, 1)),
        (1, ("green",), (0,)),
        (3, ("green",), (1,)),
    ],
)
def test_planes_without_names_are_read_in_order(n_planes, wanted, expected):
    found = read_planes(header(n_planes=n_planes), request(*wanted))
    assert found == (Plan(wanted, expected, n_planes), None)


@pytest.mark.parametrize("n_planes", [1, 3, 5])
def test_planes_that_lack_a_channel_are_refused_with_their_number(n_planes):
    with pytest.raises(Refused, match=rf"has {n_planes} planes?.*; expected 2 \(red, yellow\)"):
        read_planes(header(n_planes=n_planes), request("red", "yellow"))


def test_channels_that_are_not_needed_may_be_missing():
    wanted = request(*HPA_CHANNELS, needed=("green",))
    assert planes(header(n_planes=3), wanted) == {"red": 0, "green": 1, "blue": 2}
    assert planes(header(n_planes=1), wanted) == {"green": 0}


def test_more_planes_than_names_have_no_names():
    assert name_planes(5) == ()


# ---- colour images ----------------------------------------------------------------------------


def test_a_colour_image_has_red_green_and_blue_in_whatever_order_they_are_wanted():
    colour = header(n_planes=3, colour=True)
    assert planes(colour, request("blue", "green", "red")) == {"blue": 2, "green": 1, "red": 0}
    assert planes(colour, request("green")) == {"green": 1}


@pytest.mark.parametrize(
    "wanted",
    [("green", "blue", "yellow"), ("yellow", "x", "y"), ("green", "DAPI", "x")],
)
def test_a_colour_image_has_no_other_colour_and_no_colour_elsewhere(wanted):
    with pytest.raises(Refused, match="is a colour image, whose planes are red, green, blue"):
        read_planes(header(n_planes=3, colour=True), request(*wanted))


def test_a_colour_image_is_read_in_order_for_channels_that_are_no_colours():
    wanted = request("protein", "dna", "tubulin")
    assert planes(header(n_planes=3, colour=True), wanted) == {"protein": 0, "dna": 1, "tubulin": 2}


def test_a_colour_image_can_be_given_other_channels():
    wanted = request("green", "blue", "yellow", names=("green", "blue", "yellow"))
    found = planes(header(n_planes=3, colour=True), wanted)
    assert found == {"green": 0, "blue": 1, "yellow": 2}


def test_channels_that_a_colour_image_lacks_are_left_out_if_they_are_not_needed():
    wanted = request("green", "blue", "yellow", needed=("green",))
    assert planes(header(n_planes=3, colour=True), wanted) == {"green": 1, "blue": 2}


# ---- names in the file ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "wanted", "expected"),
    [
        (("blue", "green", "red"), RGB, (2, 1, 0)),
        (("Blue", "GREEN", "Ch3: red"), RGB, (2, 1, 0)),
        (("DAPI", "protein", "Microtubules"), RGB, (2, 1, 0)),
        (("Hoechst 33342", "x", "ER", "Tubulin", "protein"), HPA_CHANNELS, (3, 4, 0, 2)),
        (("GFP", "DAPI"), ("DAPI", "GFP"), (1, 0)),
        (("Hoechst", "DAPI"), ("DAPI", "Hoechst"), (1, 0)),
        (("DAPI", "blue"), ("blue",), (1,)),
        (("x", "dapi", "y"), ("dna",), (1,)),
        (("nuclei", "tubulin"), ("microtubules", "nucleus"), (1, 0)),
        (("x", "Actin stain", "y"), ("actin",), (1,)),
    ],
)
def test_names_of_all_channels_decide(names, wanted, expected):
    assert planes(header(*names), request(*wanted)) == dict(zip(wanted, expected, strict=True))


@pytest.mark.parametrize(
    "names",
    [
        ("Channel 1", "Channel 2", "Channel 3"),
        ("C=0", "C=1", "C=2"),
        ("a", "b", "c"),
        ("x", "GFP", "DAPI"),
        ("Tubulin", "y", "z"),
        ("TRITC", "FITC", "DAPI"),
    ],
)
def test_names_that_are_unknown_or_in_the_usual_order_change_nothing(names):
    assert planes(header(*names), request(*RGB)) == {"red": 0, "green": 1, "blue": 2}


@pytest.mark.parametrize(
    "names",
    [
        ("DAPI", "Ch2", "Ch3"),
        ("green", "green", "blue"),
        ("DAPI", "Hoechst", "GFP"),
        ("ER", "protein", "DAPI"),
        ("x", "y", "red"),
    ],
)
def test_names_that_contradict_the_order_and_do_not_suffice_are_refused(names):
    with pytest.raises(Refused, match="names its planes '.* Set the channels .*channel_names"):
        read_planes(header(*names), request(*RGB))


def test_one_plane_that_names_another_stain_is_refused():
    with pytest.raises(Refused, match="names its planes 'DAPI'; expected green"):
        read_planes(header("DAPI"), request("green"))
    with pytest.raises(Refused, match="names its planes 'DAPI'"):
        read_planes(header("DAPI"), request(*HPA_CHANNELS, needed=("green",)))


def test_fluorophores_in_another_order_are_read_by_name_with_a_doubt():
    plan, doubt = read_planes(header("DAPI", "FITC", "TRITC"), request(*RGB))
    assert plan.planes == (2, 1, 0)
    assert "'DAPI', 'FITC', 'TRITC': planes 3, 2, 1 of 3 are red, green, blue" in doubt
    assert "channel_names to confirm" in doubt


def test_a_fluorophore_alone_does_not_overrule_the_order_but_is_told():
    plan, doubt = read_planes(header("Cy3", "x", "y", "z"), request("yellow", "red", "a", "b"))
    assert plan.planes == (0, 1, 2, 3)
    assert "names its planes 'Cy3', 'x', 'y', 'z', but is read in order: planes 1, 2" in doubt


def test_planes_of_unknown_meaning_are_told_if_a_channel_may_be_among_them():
    wanted = request(*HPA_CHANNELS, needed=("green",))
    plan, doubt = read_planes(header("DAPI", "protein", "Ch3"), wanted)
    assert plan == Plan(("green", "blue"), (1, 0), 3)
    assert "Left out, because the meaning is not known: 'Ch3'" in doubt


@pytest.mark.parametrize(
    "names",
    [
        ("DAPI-T1", "AF488-T2", "AF555-T3"),
        ("DAPI_405nm", "FITC_488nm", "TRITC_561nm"),
        ("w1DAPI", "w2GFP", "w3Cy3"),
        ("SD-DAPI", "SD-GFP", "SD-Cy3"),
        ("a_blue.png", "a_green.png", "a_red.png"),
        ("old DAPI", "protein", "tubulin"),
        ("Cam1 (DAPI)", "Cam2 (GFP)", "Cam3 (RFP)"),
    ],
)
def test_names_with_other_words_decide_with_a_doubt(names):
    plan, doubt = read_planes(header(*names), request(*RGB))
    assert plan.planes == (2, 1, 0)
    assert f"by the names of its planes, '{names[0]}'" in doubt
    assert "planes 3, 2, 1 of 3 are red, green, blue" in doubt


def test_a_doubt_by_unknown_words_says_so():
    doubt = read_planes(header("SD-DAPI", "x GFP", "y red"), request(*RGB)).doubt
    assert "The names have words that are not known. Set channel_names" in doubt


def test_names_with_other_words_in_the_usual_order_change_nothing():
    assert planes(header("a_red", "a_green", "a_blue"), request(*RGB)) == {
        "red": 0,
        "green": 1,
        "blue": 2,
    }


def test_a_name_with_other_words_gives_way_to_one_without():
    found = planes(
        header("tubulin", "foci of DNA", "DAPI"), request("microtubules", "x", "nucleus")
    )
    assert found == {"microtubules": 0, "x": 1, "nucleus": 2}
    names = header("DAPI", "protein", "tubulin", "DAPI of cell 7")
    assert planes(names, request(*RGB)) == {"red": 2, "green": 1, "blue": 0}


@pytest.mark.parametrize("name", ["GFP / TRITC", "DAPI + tubulin", "green or blue"])
def test_several_stains_in_one_name_are_a_doubt_if_the_plane_is_read(name):
    plan, doubt = read_planes(header("x", name, "y"), request(*RGB))
    assert plan.planes == (0, 1, 2)
    assert f"of several channels in one name, '{name}', and is read in order: planes 1" in doubt
    named = header("blue", "green", "red", name)
    assert planes(named, request(*RGB)) == {"red": 2, "green": 1, "blue": 0}
    stated = request(*RGB, names=("red", "green", "blue"))
    assert planes(header("x", name, "y"), stated) == {"red": 0, "green": 1, "blue": 2}


def test_the_name_before_a_fluorophore_is_a_key_of_channel_names():
    names = header("Cam1 (DAPI)", "Cam2 (GFP)")
    wanted = request("green", "blue", names={"Cam1": "green", "cam2": "blue"})
    assert planes(names, wanted) == {"green": 0, "blue": 1}
    assert planes(names, request("Cam2", "Cam1")) == {"Cam2": 1, "Cam1": 0}


# ---- channel_names ----------------------------------------------------------------------------


def test_a_list_gives_the_channel_of_each_plane_whatever_the_file_names():
    wanted = request("red", "blue", names=("blue", None, "red"))
    for each in (header("red", "x", "blue"), header(n_planes=3), header(n_planes=3, colour=True)):
        assert planes(each, wanted) == {"red": 2, "blue": 0}


def test_a_list_of_another_length_is_refused():
    with pytest.raises(Refused, match=r"has 4 planes, but channel_names lists 2 \(red, None\)"):
        read_planes(header(n_planes=4), request("red", names=("red", None)))


def test_a_dict_adds_names_to_the_known_ones():
    wanted = request(*RGB, names={"Ch 2": "red", "ch3": "green"})
    assert planes(header("DAPI", "ch2", "Ch3"), wanted) == {"red": 1, "green": 2, "blue": 0}


def test_a_dict_overrules_the_known_names_and_silences_a_doubt():
    assert planes(header("DAPI", "GFP"), request("red", names={"DAPI": "red"})) == {"red": 0}
    wanted = request(*RGB, names={"TRITC": "red"})
    assert planes(header("DAPI", "FITC", "TRITC"), wanted) == {"red": 2, "green": 1, "blue": 0}


def test_with_a_dict_nothing_is_read_in_order():
    wanted = request(*RGB, names={"Ch2": "green"})
    with pytest.raises(Refused, match="'x', 'Ch2', 'DAPI'; which of them is red"):
        read_planes(header("x", "Ch2", "DAPI"), wanted)
    with pytest.raises(Refused, match="has no channel names, which the dict channel_names needs"):
        read_planes(header(n_planes=3), wanted)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "Invalid channel_names"),
        ({}, "Invalid channel_names"),
        ("green", "Invalid channel_names"),
        (["red", "red"], "Invalid channel_names"),
        ([None], "Invalid channel_names"),
        (["red", 1], "Invalid channel_names"),
        ({"Ch2": None}, "Invalid channel_names"),
        ({1: "red"}, "Invalid channel_names"),
        ({"Ch 2": "red", "ch2": "green"}, "two channels for 'ch2': red and green"),
        (["red", "blue"], "lacks the channels green"),
    ],
)
def test_wrong_channel_names_are_refused(names, message):
    with pytest.raises(ValueError, match=message):
        check_channel_names(names, ["red", "green"])


# ---- files of one channel ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["DAPI", "blue", "GFP", "SD-DAPI", "Nucleus"])
def test_the_name_of_another_channel_in_a_channel_file_is_a_doubt(name):
    doubt = doubt_of_file(header(name), "red", request(*RGB))
    assert doubt.startswith(f"names its plane '{name}', but is read as the file of red")


@pytest.mark.parametrize("name", ["red", "Tubulin", "Ch1", "x", "AF555", "DAPI + GFP"])
def test_other_names_in_a_channel_file_are_no_doubt(name):
    assert doubt_of_file(header(name), "red", request(*RGB)) is None
    assert doubt_of_file(header(n_planes=1), "red", request(*RGB)) is None
    assert doubt_of_file(header(n_planes=3, colour=True), "red", request(*RGB)) is None


def test_channel_names_confirm_the_name_in_a_channel_file():
    wanted = request(*RGB, names={"DAPI": "red", "x": "green"})
    assert doubt_of_file(header("DAPI"), "red", wanted) is None
    assert "names its plane 'x'" in doubt_of_file(header("x"), "red", wanted)


# ---- many images ------------------------------------------------------------------------------


def compare(headers, wanted, **options):
    return agree([f"{i}.tif" for i in range(len(headers))], headers, wanted, **options)


def test_images_of_other_planes_are_named_the_rarest_kind_first():
    headers = [header(n_planes=4)] * 15 + [header(n_planes=3)] * 2
    with pytest.raises(ValueError, match="do not agree which plane is which channel") as error:
        compare(headers, request("green", "blue", "yellow"))
    lines = str(error.value).split("\n")
    assert lines[1] == "  planes 1, 2, 3 of 3 are green, blue, yellow: 15.tif, 16.tif"
    assert lines[2].startswith("  planes 2, 3, 4 of 4 are green, blue, yellow: 0.tif, 1.tif")
    assert lines[2].endswith("11.tif, and 3 more")


def test_further_planes_are_no_disagreement():
    headers = [header(n_planes=3), header(n_planes=4), header("x", "y", "z", "v")]
    assert compare(headers, request(*RGB)).plan.planes == (0, 1, 2)


def test_a_single_plane_never_agrees_with_several():
    with pytest.raises(ValueError, match="the only plane is red: 1.tif\n  plane 1 of 3 is red: 0"):
        compare([header(n_planes=3), header(n_planes=1), header(n_planes=3)], request("red"))


def test_an_image_without_a_channel_among_others_is_named_with_its_fault():
    with pytest.raises(
        ValueError, match=r"has 3 planes.*expected 1 \(yellow\).*: 1.tif\n  plane 4"
    ):
        compare([header(n_planes=4), header(n_planes=3), header(n_planes=4)], request("yellow"))


def test_names_in_another_order_are_a_disagreement():
    with pytest.raises(ValueError, match=r"planes 3, 2, 1 of 3 are red, green, blue: 0.tif"):
        compare([header("blue", "green", "red"), *[header(*RGB)] * 2], request(*RGB))


def test_images_that_all_lack_a_channel_are_one_error():
    with pytest.raises(ValueError, match=r"^0.tif has 3 planes.* for 1 image more: 1.tif$"):
        compare([header(n_planes=3)] * 2, request("yellow"))


def test_the_planes_of_fit_are_kept():
    fitted = Plan(("green", "blue"), (1, 2), 4)
    assert compare([header(n_planes=3)], request("green", "blue"), plan=fitted, fitted=True)
    with pytest.raises(ValueError, match="1 of 2 images of X do not have the planes of fit, where"):
        compare(
            [header(n_planes=4), header(n_planes=2)],
            request("green", "blue"),
            plan=fitted,
            fitted=True,
        )


def test_most_images_decide_if_the_others_may_be_left_out():
    headers = [header(n_planes=3), header(n_planes=4), None, header(n_planes=4)]
    found = compare(headers, request("green", "blue", "yellow"), tolerant=True)
    assert found.plan.planes == (1, 2, 3)
    assert list(found.faults) == [0]
    assert found.faults[0].startswith("has other planes than most images of X: planes 1, 2, 3 of 3")


def test_arrays_are_named_by_their_position():
    arrays = [np.zeros((8, 9, n), np.uint8) for n in (4, 4, 3)]
    with pytest.raises(ValueError, match=r"are green, blue, yellow: image 2\n  .*: image 0, imag"):
        agree(arrays, [array_header(each) for each in arrays], request(*HPA_CHANNELS[1:]))
