"""Tests of the roles of channels, and of the channels that images have."""

import numpy as np
import pytest

from sklearn_hpa.feature_extraction import measures
from sklearn_hpa.feature_extraction.measures import FAMILIES

from .transformers import COLOURS, small


@pytest.mark.parametrize(
    ("n_planes", "params", "channels"),
    [
        (4, {}, ("red", "green", "blue", "yellow")),
        (3, {}, ("red", "green", "blue")),
        (2, {}, ("red", "green")),
        (1, {}, ("green",)),
        (1, {"protein": "yellow", "references": ()}, ("yellow",)),
        (4, {"references": ()}, ("green", "blue")),
        (3, {"references": ()}, ("green", "blue")),
        (2, {"references": ()}, ("green", "blue")),
        (3, {"references": ["yellow"]}, ("green", "blue", "yellow")),
        (4, {"nucleus": None, "references": ()}, ("green",)),
        (4, {"nucleus": None}, ("red", "green", "yellow")),
        (3, {"protein": "red", "references": ["green"]}, ("red", "green", "blue")),
        (3, {"protein": "GFP", "nucleus": "DAPI", "references": ["ER"]}, ("GFP", "DAPI", "ER")),
        (1, {"protein": "GFP", "nucleus": "DAPI", "references": ["ER"]}, ("GFP",)),
        (3, {"references": ["red", "actin"]}, ("red", "green", "blue")),
        (4, {"references": ["red", "actin"]}, ("green", "blue", "red", "actin")),
    ],
)
def test_the_number_of_planes_says_which_channels_an_array_holds(
    images, n_planes, params, channels
):
    patterns = small(families="all", **params).fit(images[..., :n_planes])
    assert patterns.channels_ == channels
    assert np.isfinite(patterns.transform(images[..., :n_planes])).all()


@pytest.mark.parametrize("columns", [("green",), ("green", "blue"), ("green", "red"), COLOURS[:3]])
@pytest.mark.parametrize("use", ["files", "planes"])
def test_missing_channels_leave_their_columns_out_and_the_others_as_they_are_named(
    frame, images, columns, use
):
    X = frame[list(columns)]
    if use == "planes":
        X = images[..., [COLOURS.index(c) for c in COLOURS if c in columns]]
    roles = {"nucleus": "blue" if "blue" in columns else None}
    roles["references"] = [name for name in columns if name in ("red", "yellow")]
    patterns = small(families="all", **({} if use == "files" else roles)).fit(X)
    assert set(patterns.channels_) == set(columns)
    assert np.isfinite(patterns.transform(X)).all()
    whole = small(families="all").fit(frame)
    assert len(patterns.families_) < len(whole.families_) or columns == COLOURS
    for absent in set(COLOURS) - {*columns, "blue"}:
        assert not [name for name in patterns.get_feature_names_out() if absent in name]


def test_planes_mean_the_same_at_fit_and_at_transform(images):
    for params in ({}, {"references": ()}, {"references": ["red", "actin"]}, {"nucleus": None}):
        for n_planes in (1, 2, 3, 4):
            X = images[..., :n_planes]
            patterns = small(**params)
            np.testing.assert_array_equal(patterns.fit_transform(X), patterns.transform(X))


def test_channels_are_chosen_by_name_and_further_ones_ignored(frame, images):
    patterns = small().fit(frame[["green", "blue", "red"]])
    X = patterns.transform(frame[["red", "green", "blue"]])
    np.testing.assert_array_equal(patterns.transform(frame.assign(more=1)[::1]), X)
    np.testing.assert_array_equal(patterns.transform(images), X)
    np.testing.assert_array_equal(patterns.transform(images[..., :3]), X)


def test_one_plane_needs_no_fourth_axis(images):
    X = small().fit_transform(images[..., 1])
    np.testing.assert_array_equal(X, small().fit_transform(images[..., 1:2]))


def test_channels_that_were_there_at_fit_are_missed_at_transform(frame, images, planes_files):
    patterns = small().fit(frame)
    message = "X lacks channels that were there at fit: blue, yellow; its columns are red, green"
    with pytest.raises(ValueError, match=message):
        patterns.transform(frame[["red", "green"]])
    message = "has 3 planes, taken for red, green, blue; expected 4"
    with pytest.raises(ValueError, match=f"image 0 of X: .*{message}"):
        patterns.transform(images[..., :3])
    with pytest.raises(ValueError, match=f"planes0.png {message}"):
        patterns.transform(planes_files)


def test_the_protein_must_be_there(frame, images):
    with pytest.raises(ValueError, match="X lacks the channel of the protein, green; its columns"):
        small().fit(frame[["red", "blue"]])
    for X in (images[..., :2], images[:, :, :, [0, 1, 2, 3, 0]]):
        with pytest.raises(ValueError, match="image 0 .* has . planes.* the protein, blue, is no"):
            small(protein="blue", nucleus=None).fit(X)


def test_the_first_file_that_can_be_read_tells_the_planes(planes_files):
    planes_files[0].write_bytes(planes_files[0].read_bytes()[:200])
    with pytest.warns(UserWarning, match="1 of 6 images cannot be read"):
        patterns = small(on_error="warn")
        patterns.fit_transform(planes_files)
    assert patterns.channels_ == ("red", "green", "blue")


def test_families_that_the_channels_leave_without_a_column_are_refused(images, monkeypatch):
    monkeypatch.setattr(
        measures, "measure", lambda image, channels, *, families, **_: {f: {} for f in families}
    )
    with pytest.raises(ValueError, match="nothing to measure: the families .* need other channels"):
        small(size=31, families=FAMILIES[1:2]).fit(images[..., 1])
