"""ImageFlattener: its contract on real and drawn files, since scikit-learn's checks feed tables."""

import os
import pickle
import threading
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from PIL import Image
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.utils import Bunch

from sklearn_hpa import HPAPipeline, ImageFlattener, MultiLabelMLPClassifier
from sklearn_hpa._images import batches as reading
from sklearn_hpa._images.image import read_image
from sklearn_hpa.datasets import load_hpa

COLOURS = ("red", "green", "blue", "yellow")


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (6, 32, 32, 4), dtype=np.uint8)


@pytest.fixture
def frame(images, tmp_path):
    """The same images as a DataFrame of paths."""
    paths = {}
    for k, colour in enumerate(COLOURS):
        paths[colour] = [str(tmp_path / f"cell{i}_{colour}.png") for i in range(len(images))]
        for path, image in zip(paths[colour], images, strict=True):
            Image.fromarray(image[..., k]).save(path)
    return pd.DataFrame(paths, index=pd.Index([f"cell{i}" for i in range(len(images))], name="Id"))


# ---- what comes out ---------------------------------------------------------------------------


def test_pixels_come_out_flat_in_the_order_of_the_channels(frame, images):
    X = ImageFlattener(size=None, channels=("blue", "red")).fit_transform(frame)
    assert X.dtype == np.uint8 and X.flags.c_contiguous
    np.testing.assert_array_equal(X, images[..., [2, 0]].reshape(len(images), -1))


def test_files_and_arrays_give_the_same_pixels(frame, images):
    for params in ({"size": 8}, {"size": (20, 12)}, {"size": None}, {"size": 48}):
        flattener = ImageFlattener(**params)
        np.testing.assert_array_equal(
            flattener.fit_transform(frame), flattener.fit_transform(images[..., :3])
        )


def test_shrinking_averages_over_areas(frame, images):
    X = ImageFlattener(size=8, channels=("green",)).fit_transform(frame)
    mean = images[..., 1].reshape(6, 8, 4, 8, 4).mean(axis=(2, 4))
    assert np.abs(X.reshape(6, 8, 8) - mean).max() <= 0.5


def test_multi_channel_files_come_as_a_list_a_series_or_one_column(images, tmp_path):
    paths = [tmp_path / f"cell{i}.png" for i in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        Image.fromarray(image[..., :3]).save(path)
    expected = images[..., :3].reshape(len(images), -1)
    for X in (paths, np.array(paths, dtype=str), pd.Series(paths), pd.DataFrame({"image": paths})):
        np.testing.assert_array_equal(ImageFlattener(size=None).fit_transform(X), expected)
        green = ImageFlattener(size=None, channels=("green",)).fit_transform(X)
        np.testing.assert_array_equal(green, expected[:, 1::3])


def test_a_picture_in_the_column_of_a_channel_is_the_tinted_file_of_its_stain(images, tmp_path):
    Image.fromarray(images[0, ..., :3]).save(tmp_path / "cell_green.png")
    X = pd.DataFrame({"green": [tmp_path / "cell_green.png"]})
    pixels = ImageFlattener(size=None, channels=("green",)).fit_transform(X)
    np.testing.assert_array_equal(pixels[0], images[0, ..., :3].max(axis=2).ravel())


def test_an_array_of_paths_has_a_column_for_each_channel(frame, images):
    X = ImageFlattener(size=None).fit_transform(frame[["red", "green", "blue"]].to_numpy())
    np.testing.assert_array_equal(X, images[..., :3].reshape(len(images), -1))


def test_images_of_differing_sizes_come_as_a_list_of_arrays(images):
    X = [images[0], images[1][:16, :20]]
    assert ImageFlattener(size=8).fit_transform(X).shape == (2, 192)


def test_one_channel_needs_no_fourth_axis(images):
    X = ImageFlattener(size=None, channels=("green",)).fit_transform(images[..., 1])
    np.testing.assert_array_equal(X, images[..., 1].reshape(len(images), -1))


def test_all_four_channels_are_picked_by_name_from_an_array(images):
    X = ImageFlattener(size=None, channels=("yellow",)).fit_transform(images)
    np.testing.assert_array_equal(X, images[..., 3].reshape(len(images), -1))


def test_sixteen_and_twelve_bits_come_out_as_eight(images):
    expected = ImageFlattener(size=None).fit_transform(images)
    deep = images.astype(np.uint16)
    for scaled in (deep * 257, np.round(deep * (4095 / 255)).astype(np.uint16), images / 255):
        got = ImageFlattener(size=None).fit_transform(scaled)
        np.testing.assert_array_equal(got, expected)


def test_a_dark_image_keeps_its_place_among_16_bit_arrays(images):
    deep = images[..., :3].astype(np.uint16) * 257
    deep[0] //= 1000
    for X in (deep, list(deep), deep.astype(">u2")):
        pixels = ImageFlattener(size=None).fit_transform(X)
        np.testing.assert_array_equal(pixels[1:], images[1:, ..., :3].reshape(5, -1))
        assert pixels[0].max() == 0


def test_later_arrays_are_as_deep_as_those_of_fit_or_deeper(images):
    deep = images[..., :3].astype(np.uint16) * 16
    flattener = ImageFlattener(size=None).fit(deep)
    dark = deep // 32
    expected = flattener.transform(np.concatenate([deep, dark]))[len(deep) :]
    np.testing.assert_array_equal(flattener.transform(dark), expected)
    assert expected.max() <= 128
    np.testing.assert_array_equal(
        flattener.transform(deep * 16), ImageFlattener(size=None).fit_transform(deep * 16)
    )


def test_8_bit_values_widened_to_16_bits_stay_as_they_are(images):
    expected = ImageFlattener(size=None).fit_transform(images)
    got = ImageFlattener(size=None).fit_transform(images.astype(np.uint16))
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("backend", ["threading", "loky", "multiprocessing", "sequential"])
def test_the_result_does_not_depend_on_jobs_or_backend(frame, backend, n_jobs):
    expected = ImageFlattener(size=16).fit_transform(frame)
    with parallel_config(backend=backend, n_jobs=2):
        got = ImageFlattener(size=16, n_jobs=n_jobs).fit_transform(frame)
    np.testing.assert_array_equal(got, expected)


def test_the_jobs_of_the_context_are_used(frame, monkeypatch):
    in_use = []

    def spy(*args, **kwargs):
        in_use.append(threading.current_thread())
        return read_image(*args, **kwargs)

    monkeypatch.setattr("sklearn_hpa._images.batches.read_image", spy)
    with parallel_config(backend="multiprocessing", n_jobs=2):
        ImageFlattener(size=16).fit_transform(frame)
    assert threading.main_thread() not in in_use


def test_the_way_back_gives_the_images(frame, images):
    flattener = ImageFlattener(size=None)
    X = flattener.fit_transform(frame)
    np.testing.assert_array_equal(flattener.inverse_transform(X), images[..., :3])


def test_names_tell_channel_row_and_column(images):
    flattener = ImageFlattener(size=(2, 3), channels=("green", "blue")).fit(images)
    names = flattener.get_feature_names_out()
    assert names[:4].tolist() == ["green_0_0", "blue_0_0", "green_0_1", "blue_0_1"]
    assert len(names) == len(set(names)) == 2 * 3 * 2


def test_set_output_gives_a_frame_with_ids_and_names(frame):
    X = ImageFlattener(size=2).set_output(transform="pandas").fit_transform(frame)
    assert X.index.equals(frame.index) and X.columns[0] == "red_0_0"
    assert (X.dtypes == np.uint8).all()


def test_what_is_learned_is_only_shapes_and_names(frame):
    flattener = ImageFlattener(size=(5, 7)).fit(frame)
    assert flattener.image_shape_ == (5, 7, 3)
    assert flattener.n_features_in_ == 4
    assert flattener.feature_names_in_.tolist() == list(COLOURS)
    twin = pickle.loads(pickle.dumps(flattener))
    np.testing.assert_array_equal(twin.transform(frame), flattener.transform(frame))
    assert not hasattr(clone(flattener), "image_shape_")


def test_columns_are_chosen_by_name_whatever_their_order_at_transform(frame):
    flattener = ImageFlattener(size=4).fit(frame)
    np.testing.assert_array_equal(
        flattener.transform(frame[["blue", "green", "red"]]), flattener.transform(frame)
    )


def test_channels_set_after_fit_wait_for_the_next(frame):
    flattener = ImageFlattener(size=4).fit(frame)
    expected, names = flattener.transform(frame), flattener.get_feature_names_out()
    flattener.set_params(channels=("green",))
    assert flattener.channels_ == ("red", "green", "blue")
    np.testing.assert_array_equal(flattener.transform(frame), expected)
    np.testing.assert_array_equal(flattener.get_feature_names_out(), names)
    assert flattener.fit_transform(frame).shape == (6, 16)


def test_progress_is_shown_when_asked(frame, capsys):
    ImageFlattener(size=4).fit_transform(frame)
    assert capsys.readouterr().err == ""
    ImageFlattener(size=4, verbose=True).fit_transform(frame)
    assert "reading images" in capsys.readouterr().err


# ---- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"size": 0}, "size must be a positive int, .* got 0"),
        ({"size": -3}, "size must be a positive int"),
        ({"size": (3,)}, "size must be a positive int"),
        ({"size": (3, 0)}, "size must be a positive int"),
        ({"size": 2.5}, "'size' parameter"),
        ({"size": True}, "size must be a positive int, .* got True"),
        ({"size": (8, True)}, "size must be a positive int"),
        ({"n_jobs": True}, "n_jobs must be an int or None, got True"),
        ({"channels": ()}, "Invalid channels=.* Expected a list of names such as red"),
        ({"channels": (1,)}, "Invalid channels=.* Expected a list of names"),
        ({"channels": "green"}, "'channels' parameter"),
        ({"channels": ("red", "red")}, "Invalid channels=.*each once"),
        ({"n_jobs": "all"}, "'n_jobs' parameter"),
    ],
)
def test_a_wrong_parameter_is_refused(images, params, message):
    with pytest.raises(ValueError, match=message):
        ImageFlattener(**params).fit(images)


def test_missing_files_are_named_and_counted_before_any_is_read(frame):
    frame.iloc[0, 0] = "/nowhere/a_red.png"
    frame.iloc[5, 2] = "/nowhere/b_blue.png"
    message = r"2 of 6 images cannot be read:\n .*not found: .*a_red.*\n .*not found: .*b_blue"
    with pytest.raises(FileNotFoundError, match=message):
        ImageFlattener().fit(frame)


def test_an_empty_file_is_named_before_any_is_read(frame):
    Path(frame.iloc[3, 1]).write_bytes(b"")
    with pytest.raises(ValueError, match=r"cell3_green.png is empty \(0 bytes\)"):
        ImageFlattener().fit(frame)


@pytest.mark.parametrize("use", ["fit", "fit_transform", "transform"])
def test_headers_are_all_checked_before_any_pixel_is_decoded(frame, use, monkeypatch):
    flattener = ImageFlattener()
    if use == "transform":
        flattener.fit(frame)
    Path(frame.iloc[2, 0]).write_text("<html>404 Not Found</html>")
    Image.new("L", (8, 8)).save(frame.iloc[5, 2])
    monkeypatch.setattr("sklearn_hpa._images.batches.read_image", None)
    message = r"2 of 6 images cannot .*\n .*cell2_red.png is not a PNG.*\n .*differ in size.*cell5"
    with pytest.raises(ValueError, match=message):
        getattr(flattener, use)(frame)


def test_of_many_bad_files_a_dozen_are_named_and_the_others_counted(tmp_path):
    X = [tmp_path / f"cell{i}.png" for i in range(14)]
    with pytest.raises(FileNotFoundError, match=r"14 of 14 (?s:.)*cell11.png\n  and 2 more$"):
        ImageFlattener().fit(X)


def test_headers_are_checked_once_in_fit_transform(frame, monkeypatch):
    checked = []

    def spy(files):
        checked.append(files)
        return 32, 32

    monkeypatch.setattr("sklearn_hpa._images.batches.image_shape", spy)
    ImageFlattener(size=None).fit_transform(frame)
    assert len(checked) == len(frame)


def test_a_truncated_file_is_named(frame):
    path = Path(frame.iloc[2, 0])
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ValueError, match="cell2_red.png"):
        ImageFlattener().fit_transform(frame)


def test_a_missing_path_is_named_by_its_row(frame):
    frame.iloc[4, 1] = None
    with pytest.raises(TypeError, match="row 'cell4' of X holds .*, expected a path"):
        ImageFlattener().fit(frame)


def test_a_path_with_a_nul_character_is_named_by_its_row(frame):
    frame.iloc[4, 1] = "cell4\0_green.png"
    with pytest.raises(ValueError, match="row 'cell4' of X holds .*no path has a NUL character"):
        ImageFlattener().fit(frame)


def test_a_missing_channel_is_named(frame):
    with pytest.raises(ValueError, match="X lacks the channels blue; its columns are red, green"):
        ImageFlattener().fit(frame[["red", "green"]])


def test_differing_sizes_are_refused_where_the_native_size_is_kept(frame, images):
    Image.fromarray(images[0, :16, :16, 0]).resize((20, 16)).save(frame.iloc[3, 0])
    for colour in (1, 2):
        Image.fromarray(images[0, :16, :16, 0]).resize((20, 16)).save(frame.iloc[3, colour])
    with pytest.raises(ValueError, match="cell3_red.png is 16x20 pixels, expected 32x32. Set size"):
        ImageFlattener(size=None).fit(frame)
    assert ImageFlattener(size=8).fit_transform(frame).shape == (6, 192)


def test_another_native_size_is_refused_at_transform(images):
    flattener = ImageFlattener(size=None).fit(images)
    with pytest.raises(ValueError, match="image 0 is 16x32 pixels, expected 32x32"):
        flattener.transform(images[:, :16])


def test_channels_of_one_image_that_differ_in_size_are_named(frame, images):
    Image.fromarray(images[0, :16, :16, 0]).save(frame.iloc[1, 2])
    with pytest.raises(ValueError, match="channels of an image differ in size.*cell1_blue.png"):
        ImageFlattener().fit_transform(frame)


def test_a_wrong_number_of_planes_is_refused(images):
    flattener = ImageFlattener().fit(images)
    with pytest.raises(ValueError, match="image 0 of X: .*2 planes"):
        flattener.transform(images[..., :2])


@pytest.mark.parametrize(
    "X",
    [
        {"red": ["a.png"]},
        {"a.png"},
        Bunch(images=pd.DataFrame({"red": ["a.png"]})),
        csr_array((4, 5)),
        [[1, 2], [3, 4]],
        [None],
        "image.png",
        None,
        3,
    ],
    ids=lambda X: type(X).__name__,
)
def test_what_is_not_images_is_refused_with_what_was_expected(X):
    with pytest.raises(TypeError, match="Expected a DataFrame of paths"):
        ImageFlattener().fit(X)


@pytest.mark.parametrize("X", [np.zeros((4, 5)), np.zeros((4, 8, 8)), np.zeros(4), np.float64(0)])
def test_an_array_of_another_shape_is_refused_with_what_was_expected(X):
    with pytest.raises(ValueError, match=r"Expected a DataFrame of .* got an array of shape \("):
        ImageFlattener().fit(X)


@pytest.mark.parametrize("X", [[], pd.DataFrame({"red": []}), np.zeros((0, 8, 8, 3))])
def test_no_images_are_refused(X):
    with pytest.raises(ValueError, match="X is empty"):
        ImageFlattener().fit(X)


def test_floats_beyond_one_are_refused(images):
    with pytest.raises(ValueError, match=r"image 0 of X: .*\[0, 1\]"):
        ImageFlattener().fit_transform(images.astype(float))


def test_lengths_that_differ_are_refused(images):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ImageFlattener().fit(images, np.zeros(5))


def test_unfitted_use_is_refused(images):
    for use in ("transform", "inverse_transform"):
        with pytest.raises(NotFittedError):
            getattr(ImageFlattener(), use)(images)
    with pytest.raises(NotFittedError):
        ImageFlattener().get_feature_names_out()


def test_the_way_back_needs_the_right_width(images):
    with pytest.raises(ValueError, match=r"X has 5 features, but images of shape \(4, 4, 3\)"):
        ImageFlattener(size=4).fit(images).inverse_transform(np.zeros((2, 5)))


# ---- real files -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["kaggle-png", "hpa-jpg", "hpa-png"])
def test_real_files_of_each_kind_are_read(hpa_data, kind):
    X, y = load_hpa(hpa_data / "formats" / kind, return_X_y=True)
    flattener = ImageFlattener(size=64, channels=COLOURS, n_jobs=2)
    pixels = flattener.inverse_transform(flattener.fit_transform(X, y))
    assert pixels.shape == (len(X), 64, 64, 4)
    assert (pixels.reshape(len(X), -1, 4).std(axis=1) > 1).all()


def test_a_real_16_bit_gzipped_tif_is_read(hpa_data):
    X = load_hpa(hpa_data / "formats" / "hpa-tif16").images
    pixels = ImageFlattener(size=256, channels=("blue",)).fit_transform(X)
    assert pixels.shape == (1, 256 * 256)
    assert pixels.max() > 100 and pixels.min() < 20


# ---- the cache --------------------------------------------------------------------------------


@pytest.fixture
def opened(monkeypatch):
    """A function that gives the files whose headers and whose pixels were read since last asked."""
    headers, decoded = [], []
    shape, read = reading.image_shape, reading.read_image

    def spy_shape(source):
        headers.append(source)
        return shape(source)

    def spy_read(source, *args):
        decoded.append(source)
        return read(source, *args)

    def ask():
        counts = len(headers), len(decoded)
        headers.clear()
        decoded.clear()
        return counts

    monkeypatch.setattr(reading, "image_shape", spy_shape)
    monkeypatch.setattr(reading, "read_image", spy_read)
    return ask


@pytest.mark.parametrize("size", [8, None])
def test_a_file_is_decoded_once_for_each_size_and_channels(frame, tmp_path, opened, size):
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


def test_nothing_is_opened_where_all_is_kept(frame, tmp_path, opened):
    flattener = ImageFlattener(8, cache=tmp_path / "c").fit(frame)
    flattener.transform(frame)
    opened()
    flattener.transform(frame)
    assert opened() == (0, 0)


def test_the_environment_names_a_cache_for_workers_too(frame, tmp_path, opened, monkeypatch):
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


def test_a_file_that_changed_is_read_anew(frame, tmp_path, opened):
    flattener = ImageFlattener(None, cache=tmp_path / "c").fit(frame)
    before = flattener.transform(frame)
    path = frame.iloc[2]["red"]
    Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    os.utime(path, (1, 1))
    opened()
    after = flattener.transform(frame)
    assert opened()[1] == 1
    np.testing.assert_array_equal(np.flatnonzero((before != after).any(axis=1)), [2])


def test_a_file_that_is_gone_is_named_as_without_a_cache(frame, tmp_path):
    flattener = ImageFlattener(8, cache=tmp_path / "c").fit(frame)
    flattener.transform(frame)
    os.unlink(frame.iloc[1]["green"])
    with pytest.raises(FileNotFoundError, match="image file not found: .*cell1_green.png"):
        flattener.transform(frame)


def test_an_interrupt_keeps_what_was_read(frame, tmp_path, monkeypatch, opened):
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


def test_a_cache_that_cannot_be_is_an_error_before_any_file_is_opened(frame, opened):
    with pytest.raises(NotADirectoryError, match="is a file; a folder is expected"):
        ImageFlattener(8, cache=frame.iloc[0, 0]).fit(frame)
    assert opened() == (0, 0)


def test_arrays_are_not_kept(images, tmp_path):
    ImageFlattener(8, cache=tmp_path / "c").fit_transform(images)
    assert not list((tmp_path / "c").rglob("*.npy"))


def test_a_fitted_flattener_reads_without_its_cache(frame, tmp_path, opened, monkeypatch):
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


def test_arrays_need_no_cache(images, monkeypatch):
    monkeypatch.setenv("SKLEARN_HPA_CACHE", "/proc/none")
    ImageFlattener(8).fit_transform(images)


def test_a_file_that_changes_while_it_is_read_is_not_kept(frame, tmp_path, monkeypatch):
    flattener = ImageFlattener(8, cache=tmp_path / "c").fit(frame[:1])
    read = reading.read_image

    def replaced_meanwhile(source, *args):
        found = read(source, *args)
        os.utime(source[0], (1, 1))
        return found

    monkeypatch.setattr(reading, "read_image", replaced_meanwhile)
    flattener.transform(frame[:1])
    assert not list((tmp_path / "c").rglob("*.npy"))


def test_another_way_of_reading_finds_nothing_in_the_cache(frame, tmp_path, opened, monkeypatch):
    flattener = ImageFlattener(8, cache=tmp_path / "c").fit(frame)
    flattener.transform(frame)
    monkeypatch.setattr(reading, "VERSION", reading.VERSION + 1)
    opened()
    flattener.transform(frame)
    assert opened()[1] == 6
