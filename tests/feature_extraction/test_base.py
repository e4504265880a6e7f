"""Tests common to ImageFlattener and PatternFeatures: forms of X, jobs, errors, cache."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
import tifffile
from joblib import parallel_config
from PIL import Image
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_hpa import (
    HPAPipeline,
    ImageFlattener,
    MultiLabelMLPClassifier,
    PatternFeatures,
    load,
    save,
)
from sklearn_hpa._images import batches as reading
from sklearn_hpa._images.image import read_image
from sklearn_hpa.feature_extraction import ImageTransformer, measures
from sklearn_hpa.feature_extraction.measures import FAMILIES
from tests._images.writing import random_images, save_channels

from .transformers import ONE, small


class TestImageFlattener:
    @pytest.fixture
    def images(self):
        return random_images()

    @pytest.fixture
    def frame(self, images, tmp_path):
        return save_channels(images, tmp_path)

    @pytest.fixture
    def opened(self, monkeypatch):
        """A function that lists the headers and files that were read since its last call."""
        headers, decoded = [], []
        header, read = reading.image_header, reading.read_image

        def spy_header(source):
            headers.append(source)
            return header(source)

        def spy_read(source, *args):
            decoded.append(source)
            return read(source, *args)

        def ask():
            counts = len(headers), len(decoded)
            headers.clear()
            decoded.clear()
            return counts

        monkeypatch.setattr(reading, "image_header", spy_header)
        monkeypatch.setattr(reading, "read_image", spy_read)
        return ask

    def test_multi_channel_files_come_as_a_list_a_series_or_one_column(self, images, tmp_path):
        paths = [tmp_path / f"cell{i}.png" for i in range(len(images))]
        for path, image in zip(paths, images, strict=True):
            Image.fromarray(image[..., :3]).save(path)
        expected = images[..., :3].reshape(len(images), -1)
        for X in (
            paths,
            np.array(paths, dtype=str),
            pd.Series(paths),
            pd.DataFrame({"image": paths}),
        ):
            np.testing.assert_array_equal(ImageFlattener(size=None).fit_transform(X), expected)
            green = ImageFlattener(size=None, channels=("green",)).fit_transform(X)
            np.testing.assert_array_equal(green, expected[:, 1::3])

    def test_an_array_of_paths_has_a_column_for_each_channel(self, frame, images):
        X = ImageFlattener(size=None).fit_transform(frame[["red", "green", "blue"]].to_numpy())
        np.testing.assert_array_equal(X, images[..., :3].reshape(len(images), -1))

    def test_images_of_differing_sizes_come_as_a_list_of_arrays(self, images):
        X = [images[0], images[1][:16, :20]]
        assert ImageFlattener(size=8).fit_transform(X).shape == (2, 192)

    def test_one_channel_needs_no_fourth_axis(self, images):
        X = ImageFlattener(size=None, channels=("green",)).fit_transform(images[..., 1])
        np.testing.assert_array_equal(X, images[..., 1].reshape(len(images), -1))

    @pytest.mark.slow
    @pytest.mark.parametrize("n_jobs", [None, 2])
    @pytest.mark.parametrize("backend", ["threading", "loky", "multiprocessing", "sequential"])
    def test_the_result_does_not_depend_on_jobs_or_backend(self, frame, backend, n_jobs):
        expected = ImageFlattener(size=16).fit_transform(frame)
        with parallel_config(backend=backend, n_jobs=2):
            got = ImageFlattener(size=16, n_jobs=n_jobs).fit_transform(frame)
        np.testing.assert_array_equal(got, expected)

    def test_the_jobs_of_the_context_are_used(self, frame, monkeypatch):
        in_use = []

        def spy(*args, **kwargs):
            in_use.append(threading.current_thread())
            return read_image(*args, **kwargs)

        monkeypatch.setattr("sklearn_hpa._images.batches.read_image", spy)
        with parallel_config(backend="multiprocessing", n_jobs=2):
            ImageFlattener(size=16).fit_transform(frame)
        assert threading.main_thread() not in in_use

    def test_set_output_gives_a_frame_with_ids_and_names(self, frame):
        X = ImageFlattener(size=2).set_output(transform="pandas").fit_transform(frame)
        assert X.index.equals(frame.index) and X.columns[0] == "red_0_0"
        assert (X.dtypes == np.uint8).all()

    def test_columns_are_chosen_by_name_whatever_their_order_at_transform(self, frame):
        flattener = ImageFlattener(size=4).fit(frame)
        np.testing.assert_array_equal(
            flattener.transform(frame[["blue", "green", "red"]]), flattener.transform(frame)
        )

    def test_channels_set_after_fit_wait_for_the_next(self, frame):
        flattener = ImageFlattener(size=4).fit(frame)
        expected, names = flattener.transform(frame), flattener.get_feature_names_out()
        flattener.set_params(channels=("green",))
        assert flattener.channels_ == ("red", "green", "blue")
        np.testing.assert_array_equal(flattener.transform(frame), expected)
        np.testing.assert_array_equal(flattener.get_feature_names_out(), names)
        assert flattener.fit_transform(frame).shape == (6, 16)

    def test_progress_is_shown_when_asked(self, frame, capsys):
        ImageFlattener(size=4).fit_transform(frame)
        assert capsys.readouterr().err == ""
        ImageFlattener(size=4, verbose=True).fit_transform(frame)
        assert "reading images" in capsys.readouterr().err

    def test_lengths_that_differ_are_refused(self, images):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            ImageFlattener().fit(images, np.zeros(5))

    def test_unfitted_use_is_refused(self, images):
        for use in ("transform", "inverse_transform"):
            with pytest.raises(NotFittedError):
                getattr(ImageFlattener(), use)(images)
        with pytest.raises(NotFittedError):
            ImageFlattener().get_feature_names_out()

    @pytest.mark.parametrize("size", [8, None])
    def test_a_file_is_decoded_once_for_each_size_and_channels(self, frame, tmp_path, opened, size):
        expected = ImageFlattener(size).fit_transform(frame)
        opened()
        cached = ImageFlattener(size, cache=tmp_path / "c")
        np.testing.assert_array_equal(cached.fit_transform(frame), expected)
        assert opened() == (6, 6)
        for again in (clone(cached).fit(frame), clone(cached).set_params(n_jobs=2).fit(frame)):
            np.testing.assert_array_equal(again.transform(frame[::-1]), expected[::-1])
        assert opened()[1] == 0
        other = ImageFlattener(size, channels=("green", "red"), cache=tmp_path / "c").fit_transform(
            frame
        )
        np.testing.assert_array_equal(
            other, ImageFlattener(size, channels=("green", "red")).fit_transform(frame)
        )
        ImageFlattener(7, cache=tmp_path / "c").fit_transform(frame)
        assert opened()[1] == 3 * 6

    def test_nothing_is_opened_where_all_is_kept(self, frame, tmp_path, opened):
        flattener = ImageFlattener(8, cache=tmp_path / "c").fit(frame)
        flattener.transform(frame)
        opened()
        flattener.transform(frame)
        assert opened() == (0, 0)

    @pytest.mark.slow
    def test_the_environment_names_a_cache_for_workers_too(
        self, frame, tmp_path, opened, monkeypatch
    ):
        monkeypatch.setenv("SKLEARN_HPA_CACHE", str(tmp_path / "c"))
        y = pd.DataFrame({"a": [0, 1] * 3, "b": [1, 1, 0] * 2}, index=frame.index)
        pipe = HPAPipeline(
            images=ImageFlattener(8), classifier=MultiLabelMLPClassifier((4,), max_epochs=1)
        )
        grid = {"classifier__lr": [1e-3, 1e-2, 1e-1]}
        search = GridSearchCV(pipe, grid, cv=2, n_jobs=2, scoring="f1_micro", error_score="raise")
        search.fit(frame, y)
        assert len(list((tmp_path / "c").rglob("*.npy"))) == 6
        opened()
        search.set_params(n_jobs=1).fit(frame, y)
        assert opened() == (0, 0)

    def test_a_file_that_changed_is_read_anew(self, frame, tmp_path, opened):
        flattener = ImageFlattener(None, cache=tmp_path / "c").fit(frame)
        before = flattener.transform(frame)
        path = frame.iloc[2]["red"]
        Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
        os.utime(path, (1, 1))
        opened()
        after = flattener.transform(frame)
        assert opened()[1] == 1
        np.testing.assert_array_equal(np.flatnonzero((before != after).any(axis=1)), [2])

    def test_a_file_that_is_gone_is_named_as_without_a_cache(self, frame, tmp_path):
        flattener = ImageFlattener(8, cache=tmp_path / "c").fit(frame)
        flattener.transform(frame)
        os.unlink(frame.iloc[1]["green"])
        with pytest.raises(FileNotFoundError, match="image file not found: .*cell1_green.png"):
            flattener.transform(frame)

    def test_an_interrupt_keeps_what_was_read(self, frame, tmp_path, monkeypatch, opened):
        flattener = ImageFlattener(8, cache=tmp_path / "c").fit(frame)
        read = reading.read_image

        def interrupted(source, *args):
            if "cell4" in source[0]:
                raise KeyboardInterrupt
            return read(source, *args)

        with monkeypatch.context() as patched:
            patched.setattr(reading, "read_image", interrupted)
            with pytest.raises(KeyboardInterrupt):
                flattener.transform(frame)
        opened()
        flattener.transform(frame)
        assert opened()[1] == 2

    def test_a_cache_that_cannot_be_is_an_error_before_any_file_is_opened(self, frame, opened):
        with pytest.raises(NotADirectoryError, match="is a file; a folder is expected"):
            ImageFlattener(8, cache=frame.iloc[0, 0]).fit(frame)
        assert opened() == (0, 0)

    def test_arrays_are_not_kept(self, images, tmp_path):
        ImageFlattener(8, cache=tmp_path / "c").fit_transform(images)
        assert not list((tmp_path / "c").rglob("*.npy"))

    def test_a_fitted_flattener_reads_without_its_cache(self, frame, tmp_path, opened, monkeypatch):
        flattener = ImageFlattener(8, cache=tmp_path / "c").fit(frame)
        expected = flattener.transform(frame)
        failing = Mock(side_effect=PermissionError("no such luck"))
        monkeypatch.setattr("sklearn_hpa._images.cache.check_writable", failing)
        opened()
        with pytest.warns(UserWarning, match="no such luck. Nothing is added to it"):
            np.testing.assert_array_equal(flattener.transform(frame), expected)
        assert opened() == (0, 0)
        with pytest.raises(PermissionError):
            flattener.fit(frame)

    def test_arrays_need_no_cache(self, images, monkeypatch):
        monkeypatch.setenv("SKLEARN_HPA_CACHE", "/proc/none")
        ImageFlattener(8).fit_transform(images)

    def test_a_file_that_changes_while_it_is_read_is_not_kept(self, frame, tmp_path, monkeypatch):
        flattener = ImageFlattener(8, cache=tmp_path / "c").fit(frame[:1])
        read = reading.read_image

        def replaced_meanwhile(source, *args):
            found = read(source, *args)
            os.utime(source[0], (1, 1))
            return found

        monkeypatch.setattr(reading, "read_image", replaced_meanwhile)
        flattener.transform(frame[:1])
        assert not list((tmp_path / "c").rglob("*.npy"))

    def test_another_way_of_reading_finds_nothing_in_the_cache(
        self, frame, tmp_path, opened, monkeypatch
    ):
        flattener = ImageFlattener(8, cache=tmp_path / "c").fit(frame)
        flattener.transform(frame)
        monkeypatch.setattr(reading, "VERSION", reading.VERSION + 1)
        opened()
        flattener.transform(frame)
        assert opened()[1] == 6


class TestPatternFeatures:
    def test_files_and_arrays_give_the_same(self, frame, images):
        np.testing.assert_array_equal(small().fit_transform(frame), small().fit_transform(images))

    def test_sixteen_and_twelve_bits_and_floats_give_the_same(self, images):
        expected = small(size=None).fit_transform(images)
        deep = images.astype(np.uint16)
        for scaled in (deep * 257, np.round(deep * (4095 / 255)).astype(np.uint16), images / 255):
            np.testing.assert_array_equal(small(size=None).fit_transform(scaled), expected)

    def test_multi_channel_files_come_as_a_list_a_series_or_one_column(self, planes_files, images):
        expected = small().fit_transform(images[..., :3])
        forms = (planes_files, pd.Series(planes_files), pd.DataFrame({"image": planes_files}))
        for X in (*forms, np.array(planes_files, dtype=str)):
            np.testing.assert_array_equal(small().fit_transform(X), expected)

    def test_an_array_of_paths_has_a_column_for_each_channel(self, frame):
        np.testing.assert_array_equal(
            small().fit_transform(frame.to_numpy()), small().fit_transform(frame)
        )

    def test_a_subset_gives_the_same_rows(self, frame):
        patterns = small(families="all").fit(frame)
        X = patterns.transform(frame)
        np.testing.assert_array_equal(patterns.transform(frame[4:1:-2]), X[4:1:-2])
        np.testing.assert_array_equal(small(families="all").fit(frame[:1]).transform(frame), X)

    def test_fit_transform_is_fit_and_transform_and_reads_once(self, frame, n_measured):
        X = small().fit_transform(frame)
        assert n_measured() == len(frame)
        patterns = small().fit(frame)
        assert n_measured() == 0
        np.testing.assert_array_equal(patterns.transform(frame), X)

    def test_what_is_learned_survives_a_pickle_and_a_skops_file(self, frame, tmp_path):
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

    def test_parameters_set_after_fit_wait_for_the_next(self, frame):
        patterns = small().fit(frame)
        X, names = patterns.transform(frame), patterns.get_feature_names_out()
        patterns.set_params(size=16, families="all", protein="red", references=())
        np.testing.assert_array_equal(patterns.transform(frame), X)
        np.testing.assert_array_equal(patterns.get_feature_names_out(), names)
        assert patterns.fit(frame).channels_ == ("red", "blue")

    def test_set_output_gives_a_frame_with_ids_and_names(self, frame):
        patterns = small().set_output(transform="pandas")
        X = patterns.fit_transform(frame)
        assert X.index.equals(frame.index) and (X.dtypes == np.float32).all()
        assert X.columns.tolist() == patterns.get_feature_names_out().tolist()

    def test_progress_is_shown_when_asked(self, frame, capsys):
        small().fit_transform(frame)
        assert capsys.readouterr().err == ""
        small(verbose=True).fit_transform(frame)
        assert "measuring images: 100%" in capsys.readouterr().err

    @pytest.mark.slow
    @pytest.mark.parametrize("n_jobs", [None, 2])
    @pytest.mark.parametrize("backend", ["threading", "loky", "sequential"])
    def test_the_result_does_not_depend_on_jobs_or_backend(self, frame, images, backend, n_jobs):
        expected = small(families="all").fit_transform(frame)
        with parallel_config(backend=backend, n_jobs=2):
            for X in (frame, images):
                got = small(families="all", n_jobs=n_jobs).fit_transform(X)
                np.testing.assert_array_equal(got, expected)

    @pytest.mark.slow
    def test_jobs_are_processes_by_default(self, frame, monkeypatch):
        monkeypatch.setattr(
            "sklearn_hpa.feature_extraction._rows.RowMaker.look_up", lambda *_: None
        )
        here = small().fit_transform(frame)
        monkeypatch.setattr("sklearn_hpa.feature_extraction._rows.read_source", None)
        np.testing.assert_array_equal(small(n_jobs=2).fit_transform(frame), here)

    def test_a_fault_in_a_process_is_raised_with_the_name_of_the_file(self, frame):
        path = Path(frame.iloc[2, 0])
        path.write_bytes(path.read_bytes()[:500])
        with pytest.raises(ValueError, match=f"{path.name} cannot be decoded: it is truncated"):
            small(n_jobs=2).fit_transform(frame)

    def test_by_default_a_file_that_cannot_be_read_is_an_error_that_names_it(self, broken):
        with pytest.raises(
            ValueError, match=r"2 of 6 images cannot be read:\n .*empty (?s:.)*differ"
        ):
            small().fit(broken)
        rest = broken.iloc[[0, 1, 2, 5]]
        patterns = small().fit(rest)
        with pytest.raises(ValueError, match="00001_red.png cannot be decoded: it is truncated"):
            patterns.transform(rest)

    @pytest.mark.slow
    @pytest.mark.parametrize("n_jobs", [None, 2])
    def test_a_warning_names_the_files_and_their_rows_are_nan(self, synthetic, broken, n_jobs):
        expected = small().fit_transform(synthetic[0])
        message = (
            r"3 of 6 images cannot be read; their rows are NaN:\n"
            r"  .*00001_red.png cannot be decoded"
            r".*\n  .*00003_blue.png is empty.*\n  the channels .*00004_green.png"
        )
        with pytest.warns(UserWarning, match=message) as warned:
            X = small(on_error="warn", n_jobs=n_jobs).fit_transform(broken)
        assert len(warned) == 1 and warned[0].filename == __file__
        unreadable = [False, True, False, True, True, False]
        np.testing.assert_array_equal(np.isnan(X).all(axis=1), unreadable)
        np.testing.assert_array_equal(X[[0, 2, 5]], expected[[0, 2, 5]])

    def test_of_many_a_dozen_are_named(self, frame):
        Path(frame.iloc[0, 0]).write_bytes(b"")
        with pytest.warns(UserWarning, match=r"(?s)14 of 15 images.*\n  and 2 more$"):
            small(on_error="warn").fit_transform(frame.iloc[[0] * 14 + [1]])

    def test_a_path_that_does_not_exist_is_an_error_in_either_case(self, frame):
        Path(frame.iloc[0, 0]).unlink()
        for on_error in ("raise", "warn"):
            with pytest.raises(FileNotFoundError, match="not found: .*00000_red.png"):
                small(on_error=on_error).fit_transform(frame)

    def test_nothing_can_be_fitted_where_no_file_can_be_read(self, frame):
        for path in frame["green"]:
            Path(path).write_bytes(b"")
        with pytest.raises(ValueError, match="6 of 6 images cannot be read"):
            small(on_error="warn").fit(frame)

    def test_arrays_that_are_no_images_are_an_error_in_either_case(self, images):
        for on_error in ("raise", "warn"):
            with pytest.raises(ValueError, match=r"image 0 of X: .*\[0, 1\]"):
                small(on_error=on_error).fit_transform(images.astype(float))

    def test_rows_of_nan_are_filled_by_an_imputer_in_a_pipeline(self, synthetic, broken):
        pipe = HPAPipeline(
            images=make_pipeline(small(on_error="warn"), SimpleImputer()),
            classifier=MultiLabelMLPClassifier((8,), max_epochs=2, random_state=0),
        )
        with pytest.warns(UserWarning, match="3 of 6 images cannot be read"):
            pipe.fit(broken, synthetic[1])
        with pytest.warns(UserWarning, match="3 of 6 images cannot be read"):
            assert np.isfinite(pipe.predict_proba(broken)).all()

    @pytest.mark.parametrize("kind", ["files", "arrays"])
    def test_what_is_in_the_cache_is_not_measured_again(
        self, frame, images, tmp_path, n_measured, kind
    ):
        X = frame if kind == "files" else images
        expected = small().fit_transform(X)
        n_measured()
        np.testing.assert_array_equal(
            small(cache=tmp_path / "c").fit_transform(X[:4]), expected[:4]
        )
        assert n_measured() == 4
        np.testing.assert_array_equal(small(cache=str(tmp_path / "c")).fit_transform(X), expected)
        assert n_measured() == 2
        np.testing.assert_array_equal(small(cache=tmp_path / "c").fit(X).transform(X), expected)
        assert n_measured() == 0

    def test_other_parameters_find_nothing_in_the_cache(
        self, frame, tmp_path, n_measured, monkeypatch
    ):
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

    def test_parameters_that_do_not_matter_share_the_cache(self, frame, tmp_path, n_measured):
        small(cache=tmp_path).fit_transform(frame)
        n_measured()
        others = {"on_error": "warn", "n_jobs": 1, "size": (32, 32), "families": list(ONE)}
        small(cache=tmp_path, **others, references=["yellow", "red"]).fit_transform(frame)
        assert n_measured() == 0

    def test_a_changed_file_is_measured_anew(self, frame, tmp_path, n_measured):
        before = small(cache=tmp_path).fit_transform(frame)
        n_measured()
        Image.new("L", (64, 64)).save(frame.iloc[2, 1])
        os.utime(frame.iloc[2, 1], ns=(10**18, 10**18))
        after = small(cache=tmp_path).fit_transform(frame)
        assert n_measured() == 1
        np.testing.assert_array_equal(after, small().fit_transform(frame))
        assert (after[2] != before[2]).any()

    def test_a_file_that_changes_while_it_is_measured_is_not_kept(
        self, frame, tmp_path, monkeypatch
    ):
        measure = measures.measure

        def slow(image, channels, **roles):
            Image.new("L", (64, 64)).save(frame.iloc[0, 1])
            os.utime(frame.iloc[0, 1], ns=(10**18, 10**18))
            return measure(image, channels, **roles)

        patterns = small(cache=tmp_path).fit(frame)
        monkeypatch.setattr(measures, "measure", slow)
        patterns.transform(frame[:1])
        assert not list(tmp_path.rglob("*.npy"))

    def test_16_bit_arrays_are_known_by_their_white_level_too(self, images, tmp_path):
        deep = images[:2].astype(np.uint16) * 257
        deep[0] //= 300
        patterns = small(cache=tmp_path).fit(deep)
        for X in (deep, deep[:1], deep):
            np.testing.assert_array_equal(patterns.transform(X), small().fit(deep).transform(X))

    def test_damaged_files_of_the_cache_are_measured_anew(self, frame, tmp_path, n_measured):
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

    def test_images_that_cannot_be_read_are_not_kept(self, broken, tmp_path):
        for _ in range(2):
            with pytest.warns(UserWarning, match="3 of 6 images"):
                small(cache=tmp_path / "c", on_error="warn").fit_transform(broken)
        assert len(list((tmp_path / "c").rglob("*.npy"))) == 3

    def test_what_was_measured_before_an_error_is_kept(self, frame, tmp_path, n_measured):
        path = Path(frame.iloc[4, 0])
        good = path.read_bytes()
        path.write_bytes(good[:500])
        with pytest.raises(ValueError, match="truncated"):
            small(cache=tmp_path / "c").fit_transform(frame)
        path.write_bytes(good)
        n_measured()
        small(cache=tmp_path / "c").fit_transform(frame)
        assert n_measured() == 2

    @pytest.mark.slow
    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_what_was_measured_before_an_interrupt_is_kept(
        self, images, tmp_path, n_jobs, n_measured
    ):
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
            # A killed process may leave a temporary file.
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

    @pytest.mark.slow
    def test_processes_share_the_cache(self, frame, tmp_path, n_measured):
        expected = small().fit_transform(frame)
        got = small(cache=tmp_path / "c", n_jobs=2).fit_transform(frame)
        np.testing.assert_array_equal(got, expected)
        n_measured()
        np.testing.assert_array_equal(small(cache=tmp_path / "c").fit_transform(frame), expected)
        assert n_measured() == 0

    def test_a_cache_that_cannot_be_is_an_error_before_any_image_is_opened(
        self, frame, monkeypatch
    ):
        monkeypatch.setattr("sklearn_hpa._images.batches.image_header", None)
        with pytest.raises(
            NotADirectoryError, match="cache='.*_red.png' is a file; a folder is exp"
        ):
            small(cache=frame.iloc[0, 0]).fit(frame)

    def test_a_cache_that_is_gone_costs_a_fitted_model_nothing_but_time(
        self, frame, tmp_path, n_measured, monkeypatch
    ):
        patterns = small(cache=tmp_path / "c")
        expected = patterns.fit_transform(frame.iloc[:4])
        n_measured()
        refusing = Mock(side_effect=PermissionError("no such luck"))
        monkeypatch.setattr("sklearn_hpa._images.cache.check_writable", refusing)
        with pytest.warns(UserWarning, match="no such luck. Nothing is added to it"):
            got = patterns.transform(frame)
        np.testing.assert_array_equal(got[:4], expected)
        assert n_measured() == 2
        with pytest.raises(PermissionError):
            small(cache=tmp_path / "c").fit(frame)

    def test_headers_are_still_checked_where_all_is_in_the_cache(self, frame, tmp_path):
        patterns = small(cache=tmp_path / "c")
        patterns.fit_transform(frame)
        Path(frame.iloc[0, 0]).unlink()
        with pytest.raises(FileNotFoundError, match="00000_red.png"):
            patterns.transform(frame)

    def test_progress_counts_what_was_in_the_cache(self, frame, tmp_path, capsys):
        small(cache=tmp_path / "c").fit_transform(frame)
        small(cache=tmp_path / "c", verbose=True).fit_transform(frame)
        assert "6/6" in capsys.readouterr().err

    @pytest.mark.parametrize("use", ["fit", "fit_transform", "transform"])
    def test_headers_are_all_checked_before_any_image_is_measured(self, frame, use, monkeypatch):
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
    def test_what_is_not_images_is_refused_with_what_was_expected(self, X):
        with pytest.raises(TypeError, match="Expected a DataFrame of paths"):
            small().fit(X)

    @pytest.mark.parametrize("X", [np.zeros((4, 5)), np.zeros(4), np.zeros((2, 2, 2, 2, 2))])
    def test_an_array_of_another_shape_is_refused_with_what_was_expected(self, X):
        with pytest.raises(
            ValueError, match=r"Expected a DataFrame of .* got an array of shape \("
        ):
            small().fit(X)

    @pytest.mark.parametrize("X", [[], pd.DataFrame({"green": []}), np.zeros((0, 8, 8, 3))])
    def test_no_images_are_refused(self, X):
        with pytest.raises(ValueError, match="X is empty"):
            small().fit(X)

    def test_lengths_that_differ_are_refused(self, images):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            small().fit(images, np.zeros(5))

    def test_unfitted_use_is_refused(self, images):
        with pytest.raises(NotFittedError):
            small().transform(images)
        with pytest.raises(NotFittedError):
            small().get_feature_names_out()


class ChannelMeans(ImageTransformer):
    """The smallest vectoriser: names of columns, and the row of an image."""

    def __init__(
        self, size=None, channels=("red", "green"), *, n_jobs=None, cache=None, verbose=False
    ):
        self.size = size
        self.channels = channels
        self.n_jobs = n_jobs
        self.cache = cache
        self.verbose = verbose

    def _columns(self, channels, **options):
        return [f"{channel}_mean" for channel in channels]

    @staticmethod
    def _row(image, channels, **options):
        return image.mean(axis=(0, 1))


def means_times(factor):
    class ChannelMeans(ImageTransformer):
        """The same name, another row."""

        __init__ = globals()["ChannelMeans"].__init__

        def _columns(self, channels, **options):
            return [f"{channel}_mean" for channel in channels]

        @staticmethod
        def _row(image, channels, **options):
            return image.mean(axis=(0, 1)) * factor

    return ChannelMeans


class TestChannelMeans:
    """A vectoriser of a few lines has everything from its base."""

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_files_are_read_in_any_number_of_jobs(self, frame, n_jobs):
        means = ChannelMeans(n_jobs=n_jobs).fit(frame)
        expected = [
            read_image(row, ("red", "green")).mean(axis=(0, 1))
            for row in frame[["red", "green"]].itertuples(index=False)
        ]
        np.testing.assert_allclose(means.transform(frame), expected, rtol=1e-6)
        assert means.get_feature_names_out().tolist() == ["red_mean", "green_mean"]
        assert means.channels_ == ("red", "green")
        assert means.feature_names_in_.tolist() == frame.columns.tolist()

    def test_rows_are_cached_for_files_and_for_arrays(self, frame, tmp_path, n_measured):
        for X in (frame, random_images()):
            for expected in (len(X), 0):
                ChannelMeans(cache=tmp_path / "cache").fit_transform(X)
                assert n_measured() == expected

    def test_classes_of_one_name_do_not_share_their_rows(self, frame, tmp_path):
        one, hundred = (means_times(k)(cache=tmp_path / "c").fit_transform(frame) for k in (1, 100))
        np.testing.assert_allclose(hundred, 100 * one, rtol=1e-5)

    def test_a_damaged_file_is_named_before_any_pixel_is_decoded(self, frame, n_measured):
        Path(frame.iloc[1, 0]).write_bytes(b"")
        with pytest.raises(ValueError, match="_red.png is empty"):
            ChannelMeans().fit_transform(frame)
        assert n_measured() == 0

    def test_a_polars_table_is_read_by_the_names_of_its_columns(self, frame):
        polars = pytest.importorskip("polars")
        turned = polars.DataFrame({name: frame[name].tolist() for name in frame.columns[::-1]})
        for images in (ChannelMeans(), ImageFlattener(8), small()):
            np.testing.assert_array_equal(images.fit_transform(turned), images.fit_transform(frame))


def stack(path, *values):
    """A file with a plane of each value."""
    planes = np.stack([np.full((8, 8), value, np.uint8) for value in values])
    tifffile.imwrite(path, planes, photometric="minisblack")
    return str(path)


@pytest.fixture
def declared(monkeypatch):
    """A function that sets the channel names and the remark in the header of a file."""
    declarations, file_header = {}, sys.modules["sklearn_hpa._images.image"].file_header

    def spy(path):
        return file_header(path)._replace(**declarations.get(str(path), {}))

    def declare(path, **attributes):
        declarations[str(path)] = attributes

    monkeypatch.setattr("sklearn_hpa._images.image.file_header", spy)
    return declare


class TestPlanes:
    """Which plane is which channel is decided once for all images."""

    @pytest.fixture
    def four(self, tmp_path):
        return [stack(tmp_path / f"four{i}.tif", 10, 80, 150, 220) for i in range(3)]

    @pytest.fixture
    def three(self, tmp_path):
        return stack(tmp_path / "three.tif", 10, 80, 150)

    @pytest.mark.parametrize("odd", [0, 1, 3])
    @pytest.mark.parametrize("use", ["fit", "fit_transform"])
    def test_files_that_disagree_are_named_before_any_is_decoded(
        self, four, three, odd, use, n_measured
    ):
        X = four[:odd] + [three] + four[odd:]
        for cache in (None, "c"):
            pixels = ImageFlattener(1, ["green", "blue", "yellow"], cache=cache and three + cache)
            with pytest.raises(ValueError, match=r"3 are green, blue, yellow: .*three.tif\n  pl"):
                getattr(pixels, use)(X)
            with pytest.raises(ValueError, match=r"4 of 4 are green.*four0.tif\n"):
                getattr(pixels, use)([three, four[0]])
        assert n_measured() == 0

    def test_a_cache_does_not_hide_a_file_that_disagrees(self, four, three, tmp_path):
        pixels = ImageFlattener(1, ["green", "blue", "yellow"], cache=tmp_path / "c")
        assert pixels.fit_transform(four)[0].tolist() == [80, 150, 220]
        assert pixels.fit_transform([three])[0].tolist() == [10, 80, 150]
        for X in ([three, *four], [*four, three]):
            with pytest.raises(ValueError, match=r"do not agree which plane .*\n.*three.tif\n"):
                pixels.fit(X)
            with pytest.raises(
                ValueError, match="3 of 4 images of X do not have the planes of fit"
            ):
                pixels.transform(X)

    def test_with_a_cache_only_the_first_header_is_read_again_at_fit(
        self, four, tmp_path, monkeypatch
    ):
        pixels = ImageFlattener(1, ["green"], cache=tmp_path / "c")
        pixels.fit_transform(four)
        read, image_header = [], reading.image_header
        monkeypatch.setattr(
            reading, "image_header", lambda path: read.append(path) or image_header(path)
        )
        pixels.transform(four)
        assert read == []
        pixels.fit(four)
        assert read == four[:1]

    def test_files_of_other_planes_than_those_of_fit_are_refused(self, four, three):
        pixels = ImageFlattener(1, ["green", "blue", "yellow"]).fit(four)
        message = (
            r"1 of 4 images of X do not have the planes of fit, where planes 2, 3, 4 of 4 are green"
            r", blue, yellow:\n  planes 1, 2, 3 of 3 are green, blue, yellow: .*three.tif\n"
        )
        with pytest.raises(ValueError, match=message):
            pixels.transform([*four, three])
        arrays = np.zeros((2, 8, 8, 3), np.uint8)
        with pytest.raises(ValueError, match="do not have the planes of fit"):
            pixels.transform(arrays)

    def test_arrays_of_other_planes_than_those_of_fit_are_refused(self, images, four):
        pixels = ImageFlattener(1, ["green", "blue", "yellow"]).fit(images)
        assert len(pixels.transform(four)) == 3
        with pytest.raises(ValueError, match="planes 1, 2, 3 of 3 are green, blue, yellow: image"):
            pixels.transform(images[..., :3])
        with pytest.raises(ValueError, match=r"3 are green, blue, yellow: image 1\n"):
            pixels.fit([images[0], images[1][..., :3], images[2]])

    def test_further_planes_are_ignored(self, four, three, tmp_path):
        X = [*four, three, stack(tmp_path / "five.tif", 10, 80, 150)]
        pixels = ImageFlattener(1)
        assert pixels.fit_transform(X).tolist() == [[10, 80, 150]] * 5
        assert pixels.fit([three]).transform(four).tolist() == [[10, 80, 150]] * 3

    def test_after_files_of_one_channel_each_any_planes_are_read(self, frame, images):
        pixels = ImageFlattener(4).fit(frame)
        np.testing.assert_array_equal(pixels.transform(images), pixels.transform(frame))
        np.testing.assert_array_equal(pixels.transform(images[..., :3]), pixels.transform(frame))
        assert ImageFlattener(4).fit(images).fit(frame)._planes is None

    def test_patterns_of_files_with_and_without_yellow_are_refused_in_either_order(
        self, four, three, tmp_path
    ):
        for X in ([three, *four], [*four, three]):
            with pytest.raises(ValueError, match=r"3 are red, green, blue: .*three.tif\n"):
                small(cache=tmp_path / "c").fit(X)
            assert len(small(references=["red"], cache=tmp_path / "c").fit_transform(X)) == 4

    def test_patterns_leave_out_files_of_other_planes_than_most(self, four, three):
        with pytest.warns(UserWarning, match="(?s)1 of 4 images.*three.tif has other planes than"):
            patterns = small(on_error="warn")
            rows = patterns.fit_transform([three, *four])
        assert patterns.channels_ == ("red", "green", "blue", "yellow")
        assert np.isnan(rows[0]).all() and np.isfinite(rows[1:]).all()

    def test_a_colour_picture_is_red_green_and_blue_in_whatever_order(self, tmp_path):
        path = tmp_path / "a.png"
        Image.fromarray(np.full((8, 8, 3), (10, 80, 150), np.uint8)).save(path)
        channels = ["blue", "green", "red"]
        assert ImageFlattener(1, channels).fit_transform([path]).tolist() == [[150, 80, 10]]
        with pytest.raises(
            ValueError, match="a.png is a colour image, whose planes are red, green"
        ):
            ImageFlattener(1, ["green", "blue", "yellow"]).fit([path])
        named = ImageFlattener(1, ["yellow", "green"], channel_names=["green", "blue", "yellow"])
        assert named.fit_transform([path]).tolist() == [[150, 10]]

    def test_planes_are_read_by_their_names(self, four, declared):
        for path in four:
            declared(path, names=("DAPI", "protein", "ER", "tubulin"))
        assert ImageFlattener(1).fit_transform(four).tolist() == [[220, 80, 10]] * 3
        pixels = ImageFlattener(1, ["ER"]).fit(four)
        assert pixels.transform(four).tolist() == [[150]] * 3

    def test_patterns_have_the_channels_that_are_named(self, three, declared):
        declared(three, names=("DAPI", "protein", "ER"))
        patterns = small().fit([three])
        assert patterns.channels_ == ("green", "blue", "yellow")
        assert patterns._planes == (1, 0, 2)

    def test_files_with_names_in_another_order_disagree(self, four, declared):
        declared(four[1], names=("blue", "green", "red", "yellow"))
        with pytest.raises(ValueError, match="planes 3, 2, 1 of 4 are red, green, blue: .*four1"):
            ImageFlattener(1).fit(four)
        pixels = ImageFlattener(1).fit(four[1:2])
        with pytest.raises(ValueError, match="do not have the planes of fit"):
            pixels.transform(four)

    def test_channel_names_override_names_and_order(self, four, declared):
        declared(four[0], names=("blue", "green", "red", "yellow"))
        pixels = ImageFlattener(1, channel_names=[None, "red", "green", "blue"])
        assert pixels.fit_transform(four).tolist() == [[80, 150, 220]] * 3
        for path in four:
            declared(path, names=("A", "B", "C", "D"))
        pixels.set_params(channel_names={"b": "red", "A": "green", "d": "blue"})
        assert pixels.fit_transform(four).tolist() == [[80, 10, 220]] * 3
        patterns = small(channel_names={"b": "red", "A": "green"})
        with pytest.warns(
            UserWarning, match="Left out, because the meaning is not known: 'C', 'D'"
        ):
            assert patterns.fit(four).channels_ == ("red", "green")

    def test_other_channel_names_find_nothing_in_the_cache(self, four, declared, tmp_path):
        for path, names in zip(four, ("ABCD", "CBAD", "ABCD"), strict=True):
            declared(path, names=tuple(names))
        pixels = ImageFlattener(1, cache=tmp_path / "c")
        assert pixels.fit_transform(four).tolist() == [[10, 80, 150]] * 3
        pixels.set_params(channel_names={"A": "red", "B": "green", "C": "blue"})
        with pytest.raises(ValueError, match="planes 3, 2, 1 of 4 are red, green, blue: .*four1"):
            pixels.fit(four)

    @pytest.mark.parametrize("use", ["pickle", "save"])
    def test_a_saved_vectoriser_keeps_the_planes(self, four, three, declared, tmp_path, use):
        for path in four:
            declared(path, names=tuple("ABCD"))
        names = {"A": "green", "B": "blue", "D": "yellow"}
        pixels = ImageFlattener(1, ["green", "blue", "yellow"], channel_names=names).fit(four)
        if use == "pickle":
            twin = pickle.loads(pickle.dumps(pixels))
        else:
            twin = load(save(pixels, tmp_path / "pixels.skops"))
        assert twin.channel_names == names and clone(twin).channel_names == names
        assert twin.transform(four).tolist() == [[10, 80, 220]] * 3
        with pytest.raises(ValueError, match="three.tif has no channel names"):
            twin.transform([three])

    @pytest.mark.parametrize("images", [ImageFlattener(8), small()], ids=["pixels", "patterns"])
    def test_wrong_channel_names_are_refused_before_any_file_is_opened(self, images):
        with pytest.raises(ValueError, match="lacks the channels"):
            clone(images).set_params(channel_names=["yellow"]).fit(["nowhere.tif"])
        with pytest.raises(ValueError, match="The 'channel_names' parameter"):
            clone(images).set_params(channel_names=3).fit(["nowhere.tif"])

    @pytest.mark.parametrize("cached", [False, True])
    def test_doubts_are_one_warning_at_fit_and_at_transform(
        self, four, declared, tmp_path, cached, n_measured
    ):
        for path in four[:2]:
            declared(path, remark="has planes along Z")
        pixels = ImageFlattener(1, cache=tmp_path / "c" if cached else None)
        message = r"^the planes of 2 of 3 images are in doubt:\n  .*four0.tif has planes along Z\n"
        with pytest.warns(UserWarning, match=message) as caught:
            rows = pixels.fit_transform(four)
        assert len(caught) == 1 and caught[0].filename == __file__
        n_measured()
        with pytest.warns(UserWarning, match=message) as caught:
            np.testing.assert_array_equal(pixels.transform(four), rows)
        assert len(caught) == 1 and n_measured() == (0 if cached else 3)

    def test_a_doubt_about_the_file_of_a_channel_is_told(self, frame, declared):
        declared(frame.iloc[2, 1], remark="is one page of a set")
        with pytest.warns(UserWarning, match=r"^.*green.png is one page of a set$"):
            ImageFlattener(4).fit(frame)

    def test_the_name_in_a_channel_file_that_contradicts_its_column_is_told(self, frame, declared):
        expected = ImageFlattener(4).fit_transform(frame)
        declared(frame["red"].iloc[2], names=("DAPI",))
        declared(frame["green"].iloc[1], names=("AF488",))
        declared(frame["blue"].iloc[1], names=("Ch3",))
        message = (
            r"00002_red.png names its plane 'DAPI', but is read as the file of red. If this is"
            r" right, set channel_names={'DAPI': 'red'}; if not, correct the columns$"
        )
        images = ImageFlattener(4)
        with pytest.warns(UserWarning, match=message) as caught:
            np.testing.assert_array_equal(images.fit_transform(frame), expected)
        assert len(caught) == 1
        with pytest.warns(UserWarning, match=message):
            images.transform(frame)
        ImageFlattener(4, channel_names={"DAPI": "red"}).fit_transform(frame)

    def test_control_characters_in_the_names_of_files_never_reach_a_message(
        self, tmp_path, declared
    ):
        folder = tmp_path / "\x1b[31m"
        folder.mkdir()
        path = stack(folder / "a.tif", 10, 80, 150)
        wrong = stack(folder / "b.tif", 1, 2, 3, 4, 5)
        signed = str(folder / "c.tif")
        tifffile.imwrite(signed, np.zeros((3, 8, 8), np.int16), photometric="minisblack")
        declared(path, remark="has planes along Z", names=("SD-DAPI", "GFP", "RFP"))
        with pytest.warns(UserWarning) as caught:
            images = ImageFlattener(1).fit([path])
        texts = [str(caught[0].message)]
        for files in ([wrong], [wrong, wrong], [signed], pd.DataFrame({"red": [wrong]})):
            channels = ["red"] if isinstance(files, pd.DataFrame) else ["red", "green", "blue"]
            with pytest.raises((ValueError, TypeError)) as error:
                ImageFlattener(1, channels).fit_transform(files)
            texts.append(str(error.value))
        with pytest.raises(ValueError, match="do not have the planes of fit") as error:
            images.transform([path, stack(folder / "d.tif", 1, 2, 3)])
        texts.append(str(error.value))
        for text in texts:
            assert r"\x1b[31m" in text
            assert "\x1b" not in text

    def test_a_fluorophore_that_contradicts_the_order_is_told(self, three, declared):
        declared(three, names=("DAPI", "FITC", "TRITC"))
        with pytest.warns(
            UserWarning, match="three.tif is read by the names of its planes, 'DAPI'"
        ):
            assert ImageFlattener(1).fit_transform([three]).tolist() == [[150, 80, 10]]
        confirmed = ImageFlattener(1, channel_names={"TRITC": "red"})
        assert confirmed.fit_transform([three]).tolist() == [[150, 80, 10]]


class TestReadable:
    """Rows of the images that can be read, and which images these are."""

    @pytest.mark.parametrize("n_jobs", [None, 2])
    @pytest.mark.parametrize(
        "images", [ImageFlattener(8), ImageFlattener(8, memmap=True)], ids=["memory", "file"]
    )
    def test_damaged_files_are_left_out_and_named_in_pixels(self, frame, images, n_jobs, request):
        images = clone(images).set_params(n_jobs=n_jobs)
        expected = images.fit_transform(frame)
        broken = request.getfixturevalue("broken")
        message = (
            r"(?s)^3 of 6 images cannot be read; they are left out:\n  .*00001_red.png .*"
            r"00003_blue.png is empty.*differ in size.*00004_green.png"
        )
        with pytest.warns(UserWarning, match=message) as caught:
            rows, readable = images.fit_transform_readable(broken)
        assert len(caught) == 1 and caught[0].filename == __file__
        assert readable.tolist() == [True, False, True, False, False, True]
        np.testing.assert_array_equal(rows, expected[readable])
        with pytest.warns(UserWarning, match=message):
            rows, again = images.transform_readable(broken)
        np.testing.assert_array_equal(rows, expected[readable])
        np.testing.assert_array_equal(again, readable)

    @pytest.mark.parametrize("on_error", ["raise", "warn"])
    def test_damaged_files_are_left_out_in_patterns(self, frame, request, on_error):
        expected = small().fit_transform(frame)
        broken = request.getfixturevalue("broken")
        patterns = small(on_error=on_error)
        with pytest.warns(UserWarning, match="3 of 6 images cannot be read; they are left out"):
            rows, readable = patterns.fit_transform_readable(broken)
        np.testing.assert_array_equal(rows, expected[readable])
        assert readable.sum() == 3

    def test_with_nothing_damaged_nothing_is_left_out(self, frame, images):
        for X in (frame, images):
            rows, readable = ImageFlattener(8).fit_transform_readable(X)
            np.testing.assert_array_equal(rows, ImageFlattener(8).fit_transform(X))
            assert readable.all()

    @pytest.mark.parametrize("damage", [0, 500])
    def test_images_that_can_all_not_be_read_are_one_error(self, frame, damage):
        fitted = ImageFlattener(8).fit(frame)
        for path in frame["green"]:
            Path(path).write_bytes(Path(path).read_bytes()[:damage])
        for use in (ImageFlattener(8).fit_transform_readable, fitted.transform_readable):
            with pytest.raises(ValueError, match=r"(?s)6 of 6 images cannot be read:.*_green.png"):
                use(frame)

    def test_missing_files_and_wrong_arrays_are_errors_all_the_same(self, frame, images):
        pixels = ImageFlattener(8).fit(frame)
        Path(frame.iloc[0, 0]).unlink()
        for use in (ImageFlattener(8).fit_transform_readable, pixels.transform_readable):
            with pytest.raises(FileNotFoundError, match="not found: .*00000_red.png"):
                use(frame)
            with pytest.raises(ValueError, match=r"image 0 of X: .*\[0, 1\]"):
                use(images.astype(float))

    def test_the_native_size_is_the_size_of_a_readable_image(self, frame):
        Path(frame.iloc[0, 0]).write_bytes(b"")
        pixels = ImageFlattener(None)
        with pytest.warns(UserWarning, match="1 of 6 images"):
            rows, _ = pixels.fit_transform_readable(frame)
        assert pixels.image_shape_ == (64, 64, 3) and rows.shape == (5, 64 * 64 * 3)

    def test_what_was_read_is_in_the_cache(self, broken, tmp_path, n_measured):
        pixels = ImageFlattener(8, cache=tmp_path / "c")
        for expected in (4, 1):
            with pytest.warns(UserWarning, match="3 of 6"):
                pixels.fit_transform_readable(broken)
            assert n_measured() == expected

    def test_files_of_other_planes_are_left_out(self, tmp_path):
        X = [stack(tmp_path / f"{i}.tif", *range(10, 50, 10)) for i in range(3)]
        X.insert(0, stack(tmp_path / "odd.tif", 10, 20, 30))
        pixels = ImageFlattener(1, ["green", "blue", "yellow"])
        for use in (pixels.fit_transform_readable, pixels.transform_readable):
            with pytest.warns(UserWarning, match="(?s)1 of 4 images.*odd.tif has other planes"):
                rows, readable = use(X)
            assert rows.tolist() == [[20, 30, 40]] * 3
            assert readable.tolist() == [False, True, True, True]

    def test_a_pipeline_can_be_trained_on_the_readable_images(self, synthetic, broken):
        pipe = HPAPipeline(
            ImageFlattener(8), MultiLabelMLPClassifier((8,), max_epochs=2, random_state=0)
        )
        with pytest.warns(UserWarning, match="3 of 6"):
            rows, readable = pipe.images.fit_transform_readable(broken)
        with pytest.warns(UserWarning, match="no positive example among the 3 training samples"):
            pipe.classifier.fit(rows, synthetic[1][readable])
        assert pipe.predict_proba(broken[readable]).shape == (3, 4)
