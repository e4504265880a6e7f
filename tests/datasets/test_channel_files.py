"""Tests of recognising files of one channel each in other layouts."""

import pytest

from sklearn_hpa.datasets._channel_files import describe_channel_files
from sklearn_hpa.datasets._pattern import Pattern


@pytest.mark.parametrize(
    "paths, pattern",
    [
        (["a_w1_DAPI.tif", "a_w2_FITC.tif"], "{id}_w?_{channel}.tif"),
        (["a_w1DAPI_s1.TIF", "a_w2FITC_s1.TIF"], "{id}_w?{channel}_s1.TIF"),
        (["a-red.tif", "a-green.tif"], "{id}-{channel}.tif"),
        (["a 1 Hoechst.tif", "a 1 tubulin.tif"], "{id} {channel}.tif"),
        (["green/a.png", "red/a.png"], "{channel}/{id}.png"),
        (["p1/green/a.png", "p1/red/a.png"], "*/{channel}/{id}.png"),
    ],
)
def test_files_with_stains_in_their_names_are_described_with_a_pattern_for_them(paths, pattern):
    described = describe_channel_files(paths)
    assert described.startswith(f"{paths[0]}, {paths[1]} look like channels of one image (")
    assert f"such as pattern={pattern!r}; pattern='*'" in described
    found = [Pattern(pattern).match(path) for path in paths]
    assert found[0].Id == found[1].Id and found[0].channel != found[1].channel


def test_numbered_channels_are_described_without_a_stain():
    described = describe_channel_files(["a_ch00.tif", "a_ch01.tif"])
    assert "(ch00, ch01), and a number does not name a stain. Rename the files" in described


@pytest.mark.parametrize(
    "paths",
    [
        [],
        ["a.tif", "b.tif"],
        ["57_C1_1.tif", "57_C2_1.tif"],
        ["a_DAPI.tif", "b_DAPI.tif"],
        ["a_w1.tif", "a_w2.tif"],
        ["a_DAPI.tif", "b_FITC.tif"],
        ["exp1_red_cells.tif", "exp2_green_cells.tif"],
    ],
)
def test_files_of_different_images_are_not(paths):
    assert describe_channel_files(paths) is None
