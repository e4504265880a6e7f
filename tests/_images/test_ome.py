"""Tests of the planes that OME-XML declares."""

import pytest

from sklearn_hpa._images.formats import Refused
from sklearn_hpa._images.ome import is_ome, ome_planes

from .ome_files import ome_xml, uuid


def planes_of(xml, n_pages, samples=1):
    return ome_planes(xml, n_pages, samples, (8, 9))


def test_planes_follow_the_pages_if_nothing_else_is_said():
    declared = planes_of(ome_xml(3), 3)
    assert (declared.pages, declared.names, declared.siblings) == ((0, 1, 2), None, ())


def test_planes_are_put_into_the_order_of_the_channels():
    planes = [(2, 0, None, None), (0, 1, None, None), (1, 2, None, None)]
    declared = planes_of(ome_xml(3, planes, names=["a", "b", "c"]), 3)
    assert (declared.pages, declared.names) == ((1, 2, 0), ("a", "b", "c"))


def test_a_fluorophore_names_a_channel_without_a_name_of_its_own():
    channels = (
        '<Channel Fluor="DAPI"/><Channel Name="Channel 1" Fluor="FITC"/>'
        '<Channel Name="ER" Fluor="Cy5"/><Channel Name="C:3"/>'
    )
    declared = planes_of(ome_xml(4, channels=channels), 4)
    assert declared.names == ("DAPI", "FITC", "ER", "C:3")


@pytest.mark.parametrize("name", ["Cam1", "Track 1", "ChS1-T1", "Antibody 7"])
def test_a_fluorophore_is_added_to_a_name_without_a_stain(name):
    channels = f'<Channel Name="{name}" Fluor="DAPI"/><Channel Name="Channel:0:1" Fluor="EGFP"/>'
    assert planes_of(ome_xml(2, channels=channels), 2).names[0] == f"{name} (DAPI)"


@pytest.mark.parametrize("name", ["Tubulin", "GFP", "old DAPI", "GFP/TRITC", ""])
def test_a_fluorophore_changes_no_name_of_a_stain_and_no_fluorophore_changes_no_name(name):
    channels = f'<Channel Name="{name or "Cam1"}" Fluor="{name and "Cy5"}"/>'
    assert planes_of(ome_xml(1, channels=channels), 1).names == (name or "Cam1",)


def test_no_names_are_no_names():
    assert planes_of(ome_xml(2, names=["", ""]), 2).names is None


def test_control_characters_in_names_are_escaped():
    declared = planes_of(ome_xml(1, names=["a&#9;b&#10;c"]), 1)
    assert declared.names == (r"a\tb\nc",)


@pytest.mark.parametrize("n_pages", [1, 2, 3, 5])
def test_another_number_of_pages_is_refused(n_pages):
    with pytest.raises(Refused, match="truncated or corrupt"):
        planes_of(ome_xml(4), n_pages)


@pytest.mark.parametrize(
    "planes",
    [
        [(0, 0, None, None), (1, 0, None, None)],
        [(0, 0, None, None), (0, 1, None, None)],
        [(0, 0, None, None)],
        [(0, 0, None, None), (1, 7, None, None)],
        [(0, 0, None, None), (9, 1, None, None)],
    ],
)
def test_planes_that_do_not_fit_the_pages_are_refused(planes):
    with pytest.raises(Refused, match="truncated or corrupt"):
        planes_of(ome_xml(2, planes), 2)


@pytest.mark.parametrize(
    "sizes, what", [('SizeZ="3" SizeT="1"', "3 slices"), ('SizeZ="1" SizeT="3"', "3 times")]
)
@pytest.mark.parametrize("n_channels", [1, 2])
def test_slices_and_times_are_refused(sizes, what, n_channels):
    with pytest.raises(Refused, match=rf"is a stack of {what}"):
        planes_of(ome_xml(n_channels, sizes=sizes), 3 * n_channels)


def test_samples_are_channels():
    assert planes_of(ome_xml(3), 1, samples=3).pages == (0,)
    with pytest.raises(Refused, match="6 channels in its OME-XML, in pages of 3 samples"):
        planes_of(ome_xml(6), 2, samples=3)


def test_another_size_is_refused():
    with pytest.raises(Refused, match=r"declares 80 x 9 pixels in its OME-XML, but holds 8 x 9"):
        planes_of(ome_xml(1, size=(80, 9)), 1)


@pytest.mark.parametrize("number", ["x", "-1", "0", "99999999999999999999", ""])
def test_a_size_that_is_no_number_is_refused(number):
    with pytest.raises(Refused, match="OME-XML"):
        planes_of(ome_xml(number), 1)


def test_an_unknown_order_of_dimensions_is_refused():
    with pytest.raises(Refused, match="DimensionOrder='ABC'"):
        planes_of(ome_xml(1, order="XYABC"), 1)


# ---- sets of files ----


def of_set(k, n=4, own="uuid"):
    planes = [(c, 0, f"f{c}.ome.tif", uuid(c)) for c in range(n)]
    return ome_xml(n, planes, own=uuid(k) if own else None, names=list("abcd")[:n])


@pytest.mark.parametrize("k", range(4))
def test_a_file_of_a_set_has_its_own_plane_and_names_the_others(k):
    declared = planes_of(of_set(k), 1)
    assert (declared.pages, declared.names) == ((0,), ("abcd"[k],))
    assert declared.siblings == tuple(f"f{c}.ome.tif" for c in range(4) if c != k)


def test_a_file_of_a_set_that_does_not_say_which_one_it_is_names_all():
    declared = planes_of(of_set(0, own=""), 1)
    assert (declared.pages, declared.names) == ((0,), None)
    assert len(declared.siblings) == 4


def test_a_file_that_only_refers_to_the_metadata_of_a_set_names_them():
    xml = '<OME xmlns="openmicroscopy.org"><BinaryOnly MetadataFile="a.companion.ome"/></OME>'
    assert planes_of(xml, 1).siblings == ("a.companion.ome",)


def test_a_file_of_a_set_of_whole_images_is_whole():
    images = [
        f'<Image ID="Image:{k}"><Pixels DimensionOrder="XYCZT" SizeX="9" SizeY="8" SizeC="2"'
        f' SizeZ="1" SizeT="1"><TiffData PlaneCount="2" IFD="0"><UUID FileName="f{k}.tif">'
        f"{uuid(k)}</UUID></TiffData></Pixels></Image>"
        for k in range(3)
    ]
    xml = f'<OME UUID="{uuid(1)}">{"".join(images)}</OME>'
    declared = planes_of(xml, 2)
    assert (declared.pages, declared.siblings) == ((0, 1), ())


def test_a_renamed_file_is_whole():
    planes = [(c, c, "old name.ome.tif", uuid(1)) for c in range(3)]
    assert planes_of(ome_xml(3, planes, own=uuid(1)), 3).siblings == ()


def test_several_images_in_one_file_are_refused():
    one = ome_xml(1)
    image = one[one.index("<Image") : one.index("</OME>")]
    with pytest.raises(Refused, match="holds 2 images by its OME-XML"):
        planes_of(one.replace("</OME>", image + "</OME>"), 2)


# ---- damaged and hostile OME-XML ----


@pytest.mark.parametrize("length", range(60, 300, 40))
def test_cut_xml_is_refused(length):
    xml = ome_xml(2, names=["a", "b"])
    assert is_ome(xml[:length])
    with pytest.raises(Refused, match="OME-XML that cannot be parsed"):
        planes_of(xml[:length], 2)


@pytest.mark.parametrize("xml", ["<a>" * 200_000 + "</a>" * 200_000, "<a/>" * 200_000])
def test_more_tags_than_any_image_has_are_refused_before_parsing(xml):
    with pytest.raises(Refused, match=r"OME-XML of more than 131072 tags; keep the planes of one"):
        planes_of(f'<OME xmlns="openmicroscopy.org">{xml}</OME>', 1)


def test_no_image_is_refused_in_words():
    with pytest.raises(Refused, match=r"^holds no image by its OME-XML; it is truncated"):
        planes_of('<OME xmlns="openmicroscopy.org"></OME>', 1)


def test_entities_are_refused_before_parsing():
    bomb = "".join(f'<!ENTITY a{k} "{"&a" + str(k - 1) + ";" if k else "x"}">' for k in range(20))
    xml = f'<?xml version="1.0"?><!DOCTYPE OME [{bomb}]><OME>&a19;</OME>'
    with pytest.raises(Refused, match="defines entities"):
        planes_of(xml, 1)


def test_another_root_is_refused():
    with pytest.raises(Refused, match="starts with 'Other'"):
        planes_of('<Other xmlns="openmicroscopy.org"/>', 1)


def test_no_pixels_are_refused():
    with pytest.raises(Refused, match="no Pixels"):
        planes_of("<OME><Image/></OME>", 1)


def test_other_descriptions_are_not_ome():
    assert not any(map(is_ome, ["", "ImageJ=1.53", "<MetaData/>", "an <OME> in the text"]))
