"""Tests of PatternFeatures: columns, pipelines, errors, image types."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline

from sklearn_hpa import (
    HPAPipeline,
    ImageFlattener,
    MultiLabelMLPClassifier,
    PatternFeatures,
    load,
    save,
)
from sklearn_hpa.datasets import load_hpa, make_hpa_images
from sklearn_hpa.feature_extraction import measures
from sklearn_hpa.feature_extraction.measures import FAMILIES

from .transformers import COLOURS, ONE, small

# ---- results ----------------------------------------------------------------------------------


def test_every_column_is_a_finite_float32_of_a_family_under_a_name(frame):
    patterns = PatternFeatures(size=64)
    X = patterns.fit_transform(frame)
    names = patterns.get_feature_names_out()
    assert X.shape == (len(frame), len(names)) and X.dtype == np.float32 and X.flags.c_contiguous
    assert np.isfinite(X).all()
    assert names.dtype == object and len(set(names)) == len(names)
    assert patterns.families_.dtype.kind == "U" and patterns.families_.shape == names.shape
    assert list(dict.fromkeys(patterns.families_)) == [*FAMILIES]


def test_the_columns_hold_what_is_measured_under_their_names(images):
    patterns = PatternFeatures(size=None).fit(images)
    got = dict(
        zip(patterns.get_feature_names_out(), patterns.transform(images[:1])[0], strict=True)
    )
    measured = measures.measure(
        images[0], COLOURS, families=FAMILIES, protein="green", nucleus="blue"
    )
    expected = {name: value for family in measured.values() for name, value in family.items()}
    assert got == {name: np.float32(value) for name, value in expected.items()}


def test_images_are_brought_to_size_as_by_the_flattener(images):
    for size in (32, (40, 24), 96):
        flattener = ImageFlattener(size=size, channels=COLOURS)
        resized = flattener.inverse_transform(flattener.fit_transform(images))
        np.testing.assert_array_equal(
            small(size=size).fit_transform(images), small(size=None).fit_transform(resized)
        )


def test_the_native_size_may_differ_between_images(images):
    mixed = [images[0], images[1][:48, :56]]
    X = small(size=None).fit_transform(mixed)
    for row, image in zip(X, mixed, strict=True):
        np.testing.assert_array_equal(row, small(size=None).fit_transform(image[np.newaxis])[0])


def test_families_are_chosen_by_name_and_their_columns_stay_the_same(images):
    whole = PatternFeatures(size=32)
    X = whole.fit_transform(images)
    for family in FAMILIES:
        part = PatternFeatures(size=32, families=[family])
        np.testing.assert_array_equal(part.fit_transform(images), X[:, whole.families_ == family])
        names = whole.get_feature_names_out()[whole.families_ == family]
        np.testing.assert_array_equal(part.get_feature_names_out(), names)


def test_the_order_in_which_families_are_named_does_not_matter(images):
    forward, backward = (PatternFeatures(32, order) for order in (FAMILIES, FAMILIES[::-1]))
    np.testing.assert_array_equal(forward.fit_transform(images), backward.fit_transform(images))
    np.testing.assert_array_equal(forward.get_feature_names_out(), backward.get_feature_names_out())


def test_a_dark_array_is_measured_as_deep_as_those_of_fit(images):
    deep = images.astype(np.uint16) * 257
    dark = deep[:1] // 64
    patterns = small(size=None).fit(deep)
    expected = patterns.transform(np.concatenate([deep, dark]))[-1:]
    np.testing.assert_array_equal(patterns.transform(dark), expected)
    assert (small(size=None).fit_transform(dark) != expected).any()


def test_columns_that_another_version_measured_are_refused(frame, monkeypatch):
    patterns = small().fit(frame)
    patterns._feature_names = patterns._feature_names[1:]
    with pytest.raises(ValueError, match="other columns than the version that fitted this"):
        patterns.transform(frame)


# ---- in a pipeline ----------------------------------------------------------------------------


def quick():
    return MultiLabelMLPClassifier((8,), max_epochs=2, random_state=0)


def test_one_line_fits_and_predicts(synthetic, frame, tmp_path):
    pipe = HPAPipeline(images=PatternFeatures(size=64), classifier=quick()).fit(frame, synthetic[1])
    proba = pipe.predict_proba(frame)
    assert proba.shape == synthetic[1].shape
    twin = load(save(pipe, tmp_path / "model.skops"))
    np.testing.assert_array_equal(twin.predict_proba(frame), proba)


def test_pixels_and_patterns_stand_side_by_side(synthetic, frame, tmp_path):
    union = FeatureUnion([("pixels", ImageFlattener(8)), ("patterns", small())])
    X = union.fit_transform(frame)
    assert X.dtype == np.float32
    np.testing.assert_array_equal(X[:, :192], ImageFlattener(8).fit_transform(frame))
    np.testing.assert_array_equal(X[:, 192:], small().fit_transform(frame))
    names = union.get_feature_names_out()
    assert names[0] == "pixels__red_0_0" and names[192].startswith("patterns__")
    pipe = HPAPipeline(images=union, classifier=quick()).fit(frame, synthetic[1])
    twin = load(save(pipe, tmp_path / "model.skops"))
    np.testing.assert_array_equal(twin.predict_proba(frame), pipe.predict_proba(frame))


def test_a_union_gives_a_frame_where_asked(frame):
    union = FeatureUnion([("pixels", ImageFlattener(2)), ("patterns", small())])
    X = union.set_output(transform="pandas").fit_transform(frame)
    assert X.index.equals(frame.index)
    assert X.columns.tolist() == union.get_feature_names_out().tolist()


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_grid_searches_over_families_and_size(synthetic, frame, n_jobs, tmp_path):
    pipe = HPAPipeline(images=small(cache=tmp_path / "c", n_jobs=2), classifier=quick())
    grid = {"images__families": [ONE, FAMILIES[1:3]], "images__size": [16, (16, 24)]}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*no positive example")
        search = GridSearchCV(pipe, grid, cv=2, n_jobs=n_jobs, error_score="raise")
        search.fit(frame, synthetic[1])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(list((tmp_path / "c").rglob("*.npy"))) == 4 * len(frame)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"size": 0}, "size must be a positive int"),
        ({"families": ["tekstur"]}, "Invalid families=.'tekstur'.. Expected 'all', or some of"),
        ({"references": ["red", "red"]}, "each in one role"),
        ({"on_error": "ignore"}, "'on_error' parameter"),
    ],
)
def test_a_pipeline_refuses_wrong_parameters_before_any_image_is_read(
    synthetic, frame, params, message, monkeypatch
):
    monkeypatch.setattr("sklearn_hpa._images.batches.read_image", None)
    monkeypatch.setattr("sklearn_hpa._images.batches.image_header", None)
    wrong = small(**params)
    union = FeatureUnion([("pixels", ImageFlattener(8)), ("patterns", wrong)])
    for images in (wrong, union, make_pipeline(union, SimpleImputer())):
        with pytest.raises(ValueError, match=message):
            HPAPipeline(images=images, classifier=quick()).fit(frame, synthetic[1])


def test_a_pipeline_refuses_a_wrong_target_before_any_image_is_read(synthetic, frame, monkeypatch):
    monkeypatch.setattr("sklearn_hpa._images.batches.read_image", None)
    union = FeatureUnion([("pixels", ImageFlattener(8)), ("patterns", small())])
    for images in (small(), union):
        with pytest.raises(ValueError, match="y is 2 at label .*; expected a 0/1 matrix"):
            HPAPipeline(images=images, classifier=quick()).fit(frame, synthetic[1] + 1)


# ---- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"size": 0}, "size must be a positive int, .* got 0"),
        ({"size": (3, True)}, "size must be a positive int"),
        ({"size": 2.5}, "'size' parameter"),
        ({"families": ()}, r"Invalid families=\(\). Expected 'all', or some of .*, each once."),
        ({"families": [*ONE, *ONE]}, "Invalid families=.*each once"),
        ({"families": "texture"}, "'families' parameter"),
        ({"families": [3]}, "Invalid families="),
        ({"protein": ""}, "must be names of channels, each in one role; got protein=''"),
        ({"protein": None}, "'protein' parameter"),
        ({"protein": "blue"}, "each in one role; got protein='blue', nucleus='blue'"),
        ({"nucleus": ""}, "must be names of channels"),
        ({"references": "red"}, "'references' parameter"),
        ({"references": [1]}, r"must be names of channels, .* references=\[1\]"),
        ({"references": ["green"]}, "each in one role"),
        ({"n_jobs": True}, "n_jobs must be an int or None, got True"),
        ({"on_error": "drop"}, "'on_error' parameter"),
        ({"cache": 3}, "'cache' parameter"),
    ],
)
def test_a_wrong_parameter_is_refused(images, params, message):
    with pytest.raises(ValueError, match=message):
        PatternFeatures(**params).fit(images)


# ---- images of every kind ---------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 8, 33, 128])
@pytest.mark.parametrize("value", [0, 1, 255])
def test_images_without_variation_give_finite_numbers(size, value):
    image = np.full((1, size, size, 4), value, dtype=np.uint8)
    assert np.isfinite(PatternFeatures(size=None).fit_transform(image)).all()


@pytest.mark.slow
@pytest.mark.parametrize("black", [[0], [1], [2], [3], [0, 3], [1, 2], [0, 1, 2]])
def test_channels_without_signal_give_finite_numbers(images, black):
    dark = images.copy()
    dark[..., black] = 0
    assert np.isfinite(PatternFeatures(size=None).fit_transform(dark)).all()


@pytest.mark.slow
@pytest.mark.parametrize("n_cells", [1, 12])
@pytest.mark.parametrize("size", [64, 512])
def test_one_cell_or_many_give_finite_numbers(n_cells, size):
    images, _ = make_hpa_images(1, n_cells=n_cells, size=size, random_state=0)
    for brought_to in (None, 96):
        assert np.isfinite(PatternFeatures(size=brought_to).fit_transform(images)).all()


def test_noise_gives_finite_numbers():
    noise = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 4), dtype=np.uint8)
    assert np.isfinite(PatternFeatures(size=None).fit_transform(noise)).all()


@pytest.mark.slow
def test_a_turned_or_mirrored_cell_has_the_same_features(cells):
    images = ImageFlattener(size=256, channels=COLOURS)
    images = images.fit(cells[0]).inverse_transform(images.transform(cells[0][:2]))
    patterns = PatternFeatures(size=None)
    expected = patterns.fit_transform(images)
    for turned in (
        np.rot90(images, axes=(1, 2)),
        np.rot90(images, 2, axes=(1, 2)),
        images[:, ::-1],
        images[:, :, ::-1],
        images.swapaxes(1, 2),
    ):
        np.testing.assert_allclose(
            patterns.transform(np.ascontiguousarray(turned)), expected, rtol=1e-3, atol=1e-4
        )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["kaggle-png", "hpa-jpg", "hpa-png"])
def test_real_files_of_each_kind_are_measured(hpa_data, kind):
    X, y = load_hpa(hpa_data / "formats" / kind, return_X_y=True)
    patterns = PatternFeatures()
    features = patterns.fit_transform(X, y)
    assert np.isfinite(features).all() and patterns.channels_ == COLOURS
    if len(X) > 1:
        varying = (features != features[0]).any(axis=0)
        assert varying.mean() > 0.9


def test_a_real_16_bit_gzipped_tif_is_measured(hpa_data):
    X = load_hpa(hpa_data / "formats" / "hpa-tif16").images
    patterns = PatternFeatures(protein="blue", nucleus=None)
    assert np.isfinite(patterns.fit_transform(X)).all() and patterns.channels_ == ("blue",)


def test_images_of_which_one_channel_is_there_are_measured(hpa_data):
    folder = hpa_data / "formats" / "missing-channels"
    X = pd.DataFrame({"green": sorted(folder.glob("*_green.png"))})
    assert np.isfinite(PatternFeatures().fit_transform(X)).all()
