"""PatternFeatures: from files and arrays to named measures, whatever the jobs and cache."""

import os
import pickle
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from PIL import Image
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
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
from sklearn_hpa.datasets import load_hpa, make_hpa_images, save_hpa
from sklearn_hpa.feature_extraction import measures
from sklearn_hpa.feature_extraction.measures import FAMILIES

COLOURS = ("red", "green", "blue", "yellow")
ONE = FAMILIES[:1]


@pytest.fixture(scope="module")
def drawn():
    """Six images of 64 x 64 pixels in four channels, and their labels."""
    return make_hpa_images(6, n_labels=4, size=64, random_state=0)


@pytest.fixture(scope="module")
def images(drawn):
    return drawn[0]


@pytest.fixture
def frame(drawn, tmp_path):
    """The same images as a DataFrame of paths."""
    return load_hpa(save_hpa(tmp_path / "cells", *drawn)).images


@pytest.fixture
def planes_files(images, tmp_path):
    """The same images as multi-channel files of red, green and blue."""
    paths = [tmp_path / f"planes{i}.png" for i in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        Image.fromarray(image[..., :3]).save(path)
    return paths


def small(**params):
    return PatternFeatures(**{"size": 32, "families": ONE, **params})


@pytest.fixture
def n_measured(monkeypatch):
    """A function that counts the images read and measured since it was last called."""
    read, read_source = [], sys.modules["sklearn_hpa.feature_extraction._measuring"].read_source

    def spy(position, *args):
        read.append(position)
        return read_source(position, *args)

    def count():
        n = len(read)
        read.clear()
        return n

    monkeypatch.setattr("sklearn_hpa.feature_extraction._measuring.read_source", spy)
    return count


# ---- what comes out ---------------------------------------------------------------------------


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


def test_files_and_arrays_give_the_same(frame, images):
    np.testing.assert_array_equal(small().fit_transform(frame), small().fit_transform(images))


def test_sixteen_and_twelve_bits_and_floats_give_the_same(images):
    expected = small(size=None).fit_transform(images)
    deep = images.astype(np.uint16)
    for scaled in (deep * 257, np.round(deep * (4095 / 255)).astype(np.uint16), images / 255):
        np.testing.assert_array_equal(small(size=None).fit_transform(scaled), expected)


def test_a_dark_array_is_measured_as_deep_as_those_of_fit(images):
    deep = images.astype(np.uint16) * 257
    dark = deep[:1] // 64
    patterns = small(size=None).fit(deep)
    expected = patterns.transform(np.concatenate([deep, dark]))[-1:]
    np.testing.assert_array_equal(patterns.transform(dark), expected)
    assert (small(size=None).fit_transform(dark) != expected).any()


def test_multi_channel_files_come_as_a_list_a_series_or_one_column(planes_files, images):
    expected = small().fit_transform(images[..., :3])
    forms = (planes_files, pd.Series(planes_files), pd.DataFrame({"image": planes_files}))
    for X in (*forms, np.array(planes_files, dtype=str)):
        np.testing.assert_array_equal(small().fit_transform(X), expected)


def test_an_array_of_paths_has_a_column_for_each_channel(frame):
    np.testing.assert_array_equal(
        small().fit_transform(frame.to_numpy()), small().fit_transform(frame)
    )


def test_a_subset_gives_the_same_rows(frame):
    patterns = small(families="all").fit(frame)
    X = patterns.transform(frame)
    np.testing.assert_array_equal(patterns.transform(frame[4:1:-2]), X[4:1:-2])
    np.testing.assert_array_equal(small(families="all").fit(frame[:1]).transform(frame), X)


def test_fit_transform_is_fit_and_transform_and_reads_once(frame, n_measured):
    X = small().fit_transform(frame)
    assert n_measured() == len(frame)
    patterns = small().fit(frame)
    assert n_measured() == 0
    np.testing.assert_array_equal(patterns.transform(frame), X)


def test_what_is_learned_survives_a_pickle_and_a_skops_file(frame, tmp_path):
    patterns = small(references=["red"]).fit(frame)
    for twin in (
        pickle.loads(pickle.dumps(patterns)),
        load(save(patterns, tmp_path / "patterns.skops")),
    ):
        np.testing.assert_array_equal(twin.transform(frame), patterns.transform(frame))
        np.testing.assert_array_equal(
            twin.get_feature_names_out(), patterns.get_feature_names_out()
        )
    assert not hasattr(clone(patterns), "channels_")


def test_parameters_set_after_fit_wait_for_the_next(frame):
    patterns = small().fit(frame)
    X, names = patterns.transform(frame), patterns.get_feature_names_out()
    patterns.set_params(size=16, families="all", protein="red", references=())
    np.testing.assert_array_equal(patterns.transform(frame), X)
    np.testing.assert_array_equal(patterns.get_feature_names_out(), names)
    assert patterns.fit(frame).channels_ == ("red", "blue")


def test_set_output_gives_a_frame_with_ids_and_names(frame):
    patterns = small().set_output(transform="pandas")
    X = patterns.fit_transform(frame)
    assert X.index.equals(frame.index) and (X.dtypes == np.float32).all()
    assert X.columns.tolist() == patterns.get_feature_names_out().tolist()


def test_progress_is_shown_when_asked(frame, capsys):
    small().fit_transform(frame)
    assert capsys.readouterr().err == ""
    small(verbose=True).fit_transform(frame)
    assert "measuring images: 100%" in capsys.readouterr().err


def test_columns_that_another_version_measured_are_refused(frame, monkeypatch):
    patterns = small().fit(frame)
    patterns._feature_names = patterns._feature_names[1:]
    with pytest.raises(ValueError, match="measures other columns than the one that fitted this"):
        patterns.transform(frame)


# ---- which channels ---------------------------------------------------------------------------


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
        with pytest.raises(ValueError, match="the images have . planes.* the protein, blue, is no"):
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


# ---- jobs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("backend", ["threading", "loky", "sequential"])
def test_the_result_does_not_depend_on_jobs_or_backend(frame, images, backend, n_jobs):
    expected = small(families="all").fit_transform(frame)
    with parallel_config(backend=backend, n_jobs=2):
        for X in (frame, images):
            got = small(families="all", n_jobs=n_jobs).fit_transform(X)
            np.testing.assert_array_equal(got, expected)


def test_jobs_are_processes_by_default(frame, monkeypatch):
    monkeypatch.setattr(
        "sklearn_hpa.feature_extraction._measuring.Measurer.look_up", lambda *_: None
    )
    here = small().fit_transform(frame)
    monkeypatch.setattr("sklearn_hpa.feature_extraction._measuring.read_source", None)
    np.testing.assert_array_equal(small(n_jobs=2).fit_transform(frame), here)


def test_a_fault_in_a_process_is_raised_with_the_name_of_the_file(frame):
    path = Path(frame.iloc[2, 0])
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ValueError, match=f"{path.name} cannot be decoded: it is truncated"):
        small(n_jobs=2).fit_transform(frame)


# ---- files that cannot be read ----------------------------------------------------------------


@pytest.fixture
def broken(frame):
    """The same files, of which one is truncated, one empty and one of another size."""
    path = Path(frame.iloc[1, 0])
    path.write_bytes(path.read_bytes()[:500])
    Path(frame.iloc[3, 2]).write_bytes(b"")
    Image.new("L", (8, 8)).save(frame.iloc[4, 1])
    return frame


def test_by_default_a_file_that_cannot_be_read_is_an_error_that_names_it(broken):
    with pytest.raises(ValueError, match=r"2 of 6 images cannot be read:\n .*empty (?s:.)*differ"):
        small().fit(broken)
    rest = broken.iloc[[0, 1, 2, 5]]
    patterns = small().fit(rest)
    with pytest.raises(ValueError, match="00001_red.png cannot be decoded: it is truncated"):
        patterns.transform(rest)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_warning_names_the_files_and_their_rows_are_nan(drawn, broken, n_jobs):
    expected = small().fit_transform(drawn[0])
    message = (
        r"3 of 6 images cannot be read; their rows are NaN:\n  .*00001_red.png cannot be decoded"
        r".*\n  .*00003_blue.png is empty.*\n  the channels .*00004_green.png"
    )
    with pytest.warns(UserWarning, match=message) as warned:
        X = small(on_error="warn", n_jobs=n_jobs).fit_transform(broken)
    assert len(warned) == 1 and warned[0].filename == __file__
    unreadable = [False, True, False, True, True, False]
    np.testing.assert_array_equal(np.isnan(X).all(axis=1), unreadable)
    np.testing.assert_array_equal(X[[0, 2, 5]], expected[[0, 2, 5]])


def test_of_many_a_dozen_are_named(frame):
    Path(frame.iloc[0, 0]).write_bytes(b"")
    with pytest.warns(UserWarning, match=r"(?s)14 of 15 images.*\n  and 2 more$"):
        small(on_error="warn").fit_transform(frame.iloc[[0] * 14 + [1]])


def test_a_path_that_does_not_exist_is_an_error_in_either_case(frame):
    Path(frame.iloc[0, 0]).unlink()
    for on_error in ("raise", "warn"):
        with pytest.raises(FileNotFoundError, match="not found: .*00000_red.png"):
            small(on_error=on_error).fit_transform(frame)


def test_nothing_can_be_fitted_where_no_file_can_be_read(frame):
    for path in frame["green"]:
        Path(path).write_bytes(b"")
    with pytest.raises(ValueError, match="6 of 6 images cannot be read"):
        small(on_error="warn").fit(frame)


def test_arrays_that_are_no_images_are_an_error_in_either_case(images):
    for on_error in ("raise", "warn"):
        with pytest.raises(ValueError, match=r"image 0 of X: .*\[0, 1\]"):
            small(on_error=on_error).fit_transform(images.astype(float))


def test_rows_of_nan_are_filled_by_an_imputer_in_a_pipeline(drawn, broken):
    pipe = HPAPipeline(
        images=make_pipeline(small(on_error="warn"), SimpleImputer()),
        classifier=MultiLabelMLPClassifier((8,), max_epochs=2, random_state=0),
    )
    with pytest.warns(UserWarning, match="3 of 6 images cannot be read"):
        pipe.fit(broken, drawn[1])
    with pytest.warns(UserWarning, match="3 of 6 images cannot be read"):
        assert np.isfinite(pipe.predict_proba(broken)).all()


# ---- the cache --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["files", "arrays"])
def test_what_is_in_the_cache_is_not_measured_again(frame, images, tmp_path, n_measured, kind):
    X = frame if kind == "files" else images
    expected = small().fit_transform(X)
    n_measured()
    np.testing.assert_array_equal(small(cache=tmp_path / "c").fit_transform(X[:4]), expected[:4])
    assert n_measured() == 4
    np.testing.assert_array_equal(small(cache=str(tmp_path / "c")).fit_transform(X), expected)
    assert n_measured() == 2
    np.testing.assert_array_equal(small(cache=tmp_path / "c").fit(X).transform(X), expected)
    assert n_measured() == 0


def test_other_parameters_find_nothing_in_the_cache(frame, tmp_path, n_measured, monkeypatch):
    for params in (
        {},
        {"size": (32, 31)},
        {"families": FAMILIES[1:2]},
        {"references": ("red",)},
        {"nucleus": None},
        {"nucleus": "red", "references": ("blue", "yellow")},
    ):
        expected = small(**params).fit_transform(frame)
        n_measured()
        cached = small(cache=tmp_path, **params)
        np.testing.assert_array_equal(cached.fit_transform(frame), expected)
        assert n_measured() == len(frame)
    for version in (
        "sklearn_hpa.feature_extraction.measures.VERSION",
        "sklearn_hpa._images.batches.VERSION",
    ):
        monkeypatch.setattr(version, 10**6)
        small(cache=tmp_path).fit_transform(frame)
        assert n_measured() == len(frame)


def test_parameters_that_do_not_matter_share_the_cache(frame, tmp_path, n_measured):
    small(cache=tmp_path).fit_transform(frame)
    n_measured()
    others = {"on_error": "warn", "n_jobs": 1, "size": (32, 32), "families": list(ONE)}
    small(cache=tmp_path, **others, references=["yellow", "red"]).fit_transform(frame)
    assert n_measured() == 0


def test_a_changed_file_is_measured_anew(frame, tmp_path, n_measured):
    before = small(cache=tmp_path).fit_transform(frame)
    n_measured()
    Image.new("L", (64, 64)).save(frame.iloc[2, 1])
    os.utime(frame.iloc[2, 1], ns=(10**18, 10**18))
    after = small(cache=tmp_path).fit_transform(frame)
    assert n_measured() == 1
    np.testing.assert_array_equal(after, small().fit_transform(frame))
    assert (after[2] != before[2]).any()


def test_a_file_that_changes_while_it_is_measured_is_not_kept(frame, tmp_path, monkeypatch):
    measure = measures.measure

    def slow(image, channels, **roles):
        Image.new("L", (64, 64)).save(frame.iloc[0, 1])
        os.utime(frame.iloc[0, 1], ns=(10**18, 10**18))
        return measure(image, channels, **roles)

    patterns = small(cache=tmp_path).fit(frame)
    monkeypatch.setattr(measures, "measure", slow)
    patterns.transform(frame[:1])
    assert not list(tmp_path.rglob("*.npy"))


def test_16_bit_arrays_are_known_by_their_white_level_too(images, tmp_path):
    deep = images[:2].astype(np.uint16) * 257
    deep[0] //= 300
    patterns = small(cache=tmp_path).fit(deep)
    for X in (deep, deep[:1], deep):
        np.testing.assert_array_equal(patterns.transform(X), small().fit(deep).transform(X))


def test_damaged_files_of_the_cache_are_measured_anew(frame, tmp_path, n_measured):
    expected = small(cache=tmp_path / "c").fit_transform(frame)
    files = sorted((tmp_path / "c").rglob("*.npy"))
    files[0].write_bytes(b"")
    files[1].write_bytes(files[1].read_bytes()[:-3])
    files[2].unlink()
    n_measured()
    for n_damaged in (3, 0):
        got = small(cache=tmp_path / "c").fit_transform(frame)
        np.testing.assert_array_equal(got, expected)
        assert n_measured() == n_damaged


def test_images_that_cannot_be_read_are_not_kept(broken, tmp_path):
    for _ in range(2):
        with pytest.warns(UserWarning, match="3 of 6 images"):
            small(cache=tmp_path / "c", on_error="warn").fit_transform(broken)
    assert len(list((tmp_path / "c").rglob("*.npy"))) == 3


def test_what_was_measured_before_an_error_is_kept(frame, tmp_path, n_measured):
    path = Path(frame.iloc[4, 0])
    good = path.read_bytes()
    path.write_bytes(good[:500])
    with pytest.raises(ValueError, match="truncated"):
        small(cache=tmp_path / "c").fit_transform(frame)
    path.write_bytes(good)
    n_measured()
    small(cache=tmp_path / "c").fit_transform(frame)
    assert n_measured() == 2


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_what_was_measured_before_an_interrupt_is_kept(images, tmp_path, n_jobs, n_measured):
    np.save(tmp_path / "images.npy", np.concatenate([images + np.uint8(k) for k in range(100)]))
    code = (
        "import numpy as np; from sklearn_hpa import PatternFeatures\n"
        "if __name__ == '__main__':\n"
        f"    PatternFeatures(64, cache={str(tmp_path / 'c')!r}, n_jobs={n_jobs})"
        f".fit_transform(np.load({str(tmp_path / 'images.npy')!r}))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, start_new_session=True
    )

    def kept():
        # A process that is killed may leave the file behind that it was about to rename.
        return [path for path in (tmp_path / "c").rglob("*.npy") if path.name[0] != "."]

    deadline = time.monotonic() + 60
    while len(kept()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode != 0 and b"KeyboardInterrupt" in err
    assert 2 <= len(kept()) < 600
    X = np.load(tmp_path / "images.npy")
    cached = PatternFeatures(64, cache=tmp_path / "c").fit(X)
    n_measured()
    cached.transform(X[:8])
    assert n_measured() <= 6


def test_processes_share_the_cache(frame, tmp_path, n_measured):
    expected = small().fit_transform(frame)
    got = small(cache=tmp_path / "c", n_jobs=2).fit_transform(frame)
    np.testing.assert_array_equal(got, expected)
    n_measured()
    np.testing.assert_array_equal(small(cache=tmp_path / "c").fit_transform(frame), expected)
    assert n_measured() == 0


def test_a_cache_that_cannot_be_is_an_error_before_any_image_is_opened(frame, monkeypatch):
    monkeypatch.setattr("sklearn_hpa._images.batches.image_shape", None)
    with pytest.raises(NotADirectoryError, match="cache='.*_red.png' is a file; a folder is exp"):
        small(cache=frame.iloc[0, 0]).fit(frame)


def test_a_cache_that_is_gone_costs_a_fitted_model_nothing_but_time(
    frame, tmp_path, n_measured, monkeypatch
):
    patterns = small(cache=tmp_path / "c")
    expected = patterns.fit_transform(frame.iloc[:4])
    n_measured()
    for module in ("_images.cache", "feature_extraction._patterns"):
        monkeypatch.setattr(
            f"sklearn_hpa.{module}.check_writable",
            Mock(side_effect=PermissionError("no such luck")),
        )
    with pytest.warns(UserWarning, match="no such luck. Nothing is added to it"):
        got = patterns.transform(frame)
    np.testing.assert_array_equal(got[:4], expected)
    assert n_measured() == 2
    with pytest.raises(PermissionError):
        small(cache=tmp_path / "c").fit(frame)


def test_headers_are_still_checked_where_all_is_in_the_cache(frame, tmp_path):
    patterns = small(cache=tmp_path / "c")
    patterns.fit_transform(frame)
    Path(frame.iloc[0, 0]).unlink()
    with pytest.raises(FileNotFoundError, match="00000_red.png"):
        patterns.transform(frame)


def test_progress_counts_what_was_in_the_cache(frame, tmp_path, capsys):
    small(cache=tmp_path / "c").fit_transform(frame)
    small(cache=tmp_path / "c", verbose=True).fit_transform(frame)
    assert "6/6" in capsys.readouterr().err


# ---- in a pipeline ----------------------------------------------------------------------------


def quick():
    return MultiLabelMLPClassifier((8,), max_epochs=2, random_state=0)


def test_one_line_fits_and_predicts(drawn, frame, tmp_path):
    pipe = HPAPipeline(images=PatternFeatures(size=64), classifier=quick()).fit(frame, drawn[1])
    proba = pipe.predict_proba(frame)
    assert proba.shape == drawn[1].shape
    twin = load(save(pipe, tmp_path / "model.skops"))
    np.testing.assert_array_equal(twin.predict_proba(frame), proba)


def test_pixels_and_patterns_stand_side_by_side(drawn, frame, tmp_path):
    union = FeatureUnion([("pixels", ImageFlattener(8)), ("patterns", small())])
    X = union.fit_transform(frame)
    assert X.dtype == np.float32
    np.testing.assert_array_equal(X[:, :192], ImageFlattener(8).fit_transform(frame))
    np.testing.assert_array_equal(X[:, 192:], small().fit_transform(frame))
    names = union.get_feature_names_out()
    assert names[0] == "pixels__red_0_0" and names[192].startswith("patterns__")
    pipe = HPAPipeline(images=union, classifier=quick()).fit(frame, drawn[1])
    twin = load(save(pipe, tmp_path / "model.skops"))
    np.testing.assert_array_equal(twin.predict_proba(frame), pipe.predict_proba(frame))


def test_a_union_gives_a_frame_where_asked(frame):
    union = FeatureUnion([("pixels", ImageFlattener(2)), ("patterns", small())])
    X = union.set_output(transform="pandas").fit_transform(frame)
    assert X.index.equals(frame.index)
    assert X.columns.tolist() == union.get_feature_names_out().tolist()


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_grid_searches_over_families_and_size(drawn, frame, n_jobs, tmp_path):
    pipe = HPAPipeline(images=small(cache=tmp_path / "c", n_jobs=2), classifier=quick())
    grid = {"images__families": [ONE, FAMILIES[1:3]], "images__size": [16, (16, 24)]}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*no positive example")
        search = GridSearchCV(pipe, grid, cv=2, n_jobs=n_jobs, error_score="raise")
        search.fit(frame, drawn[1])
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
    drawn, frame, params, message, monkeypatch
):
    monkeypatch.setattr("sklearn_hpa._images.batches.read_image", None)
    monkeypatch.setattr("sklearn_hpa._images.batches.image_shape", None)
    wrong = small(**params)
    union = FeatureUnion([("pixels", ImageFlattener(8)), ("patterns", wrong)])
    for images in (wrong, union, make_pipeline(union, SimpleImputer())):
        with pytest.raises(ValueError, match=message):
            HPAPipeline(images=images, classifier=quick()).fit(frame, drawn[1])


def test_a_pipeline_refuses_a_wrong_target_before_any_image_is_read(drawn, frame, monkeypatch):
    monkeypatch.setattr("sklearn_hpa._images.batches.read_image", None)
    union = FeatureUnion([("pixels", ImageFlattener(8)), ("patterns", small())])
    for images in (small(), union):
        with pytest.raises(ValueError, match="y must be a 0/1 matrix"):
            HPAPipeline(images=images, classifier=quick()).fit(frame, drawn[1] + 1)


# ---- what is refused --------------------------------------------------------------------------


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


@pytest.mark.parametrize("use", ["fit", "fit_transform", "transform"])
def test_headers_are_all_checked_before_any_image_is_measured(frame, use, monkeypatch):
    patterns = small()
    if use == "transform":
        patterns.fit(frame)
    Path(frame.iloc[2, 0]).write_text("<html>404 Not Found</html>")
    Path(frame.iloc[5, 2]).unlink()
    monkeypatch.setattr("sklearn_hpa._images.batches.read_image", None)
    message = (
        r"2 of 6 images cannot .*\n .*00002_red.png is not a PNG.*\n .*not found: .*00005_blue"
    )
    with pytest.raises(ValueError, match=message):
        getattr(patterns, use)(frame)


@pytest.mark.parametrize("X", [{"red": ["a.png"]}, [[1, 2]], "image.png", None, 3])
def test_what_is_not_images_is_refused_with_what_was_expected(X):
    with pytest.raises(TypeError, match="Expected a DataFrame of paths"):
        small().fit(X)


@pytest.mark.parametrize("X", [np.zeros((4, 5)), np.zeros(4), np.zeros((2, 2, 2, 2, 2))])
def test_an_array_of_another_shape_is_refused_with_what_was_expected(X):
    with pytest.raises(ValueError, match=r"Expected a DataFrame of .* got an array of shape \("):
        small().fit(X)


@pytest.mark.parametrize("X", [[], pd.DataFrame({"green": []}), np.zeros((0, 8, 8, 3))])
def test_no_images_are_refused(X):
    with pytest.raises(ValueError, match="X is empty"):
        small().fit(X)


def test_lengths_that_differ_are_refused(images):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        small().fit(images, np.zeros(5))


def test_unfitted_use_is_refused(images):
    with pytest.raises(NotFittedError):
        small().transform(images)
    with pytest.raises(NotFittedError):
        small().get_feature_names_out()


# ---- images of every kind ---------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 8, 33, 128])
@pytest.mark.parametrize("value", [0, 1, 255])
def test_images_without_variation_give_finite_numbers(size, value):
    image = np.full((1, size, size, 4), value, dtype=np.uint8)
    assert np.isfinite(PatternFeatures(size=None).fit_transform(image)).all()


@pytest.mark.parametrize("black", [[0], [1], [2], [3], [0, 3], [1, 2], [0, 1, 2]])
def test_channels_without_signal_give_finite_numbers(images, black):
    dark = images.copy()
    dark[..., black] = 0
    assert np.isfinite(PatternFeatures(size=None).fit_transform(dark)).all()


@pytest.mark.parametrize("n_cells", [1, 12])
@pytest.mark.parametrize("size", [64, 512])
def test_one_cell_or_many_give_finite_numbers(n_cells, size):
    images, _ = make_hpa_images(1, n_cells=n_cells, size=size, random_state=0)
    for brought_to in (None, 96):
        assert np.isfinite(PatternFeatures(size=brought_to).fit_transform(images)).all()


def test_noise_gives_finite_numbers():
    noise = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 4), dtype=np.uint8)
    assert np.isfinite(PatternFeatures(size=None).fit_transform(noise)).all()


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
