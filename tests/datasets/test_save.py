"""Tests of saving images and labels in Kaggle's layout."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sklearn_hpa._images.image import read_image
from sklearn_hpa.datasets import (
    HPA_LABELS,
    HPA_LABELS_2021,
    _save,
    load_hpa,
    make_hpa_images,
    save_hpa,
)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (3, 8, 9, 4), dtype=np.uint8)


@pytest.fixture
def y():
    return pd.DataFrame(
        {"Nucleoplasm": [1, 0, 1], "Cytosol": [0, 1, 1]}, index=pd.Index(["a", "007", "c d"])
    )


def assert_same_when_loaded(folder, images, y, channels):
    X, loaded = load_hpa(folder, labels=list(y.columns), return_X_y=True)
    pd.testing.assert_frame_equal(loaded, y, check_names=False, check_index_type=False)
    assert list(X.columns) == channels
    for row, image in zip(X.to_numpy(), images, strict=True):
        assert np.array_equal(read_image(list(row), channels), image)


def test_what_is_saved_is_loaded(tmp_path, images, y):
    folder = save_hpa(tmp_path / "new" / "cells", images, y)
    assert folder == tmp_path / "new" / "cells"
    assert_same_when_loaded(folder, images, y, ["red", "green", "blue", "yellow"])


def test_synthetic_cells_survive_the_round_trip(tmp_path):
    images, y = make_hpa_images(6, size=32, random_state=0)
    assert_same_when_loaded(
        save_hpa(tmp_path, images, y), images, y, ["red", "green", "blue", "yellow"]
    )


def test_the_channels_named_are_those_written(tmp_path, images, y):
    save_hpa(tmp_path, images[..., :2], y, channels=["yellow", "red"])
    assert np.array_equal(np.asarray(Image.open(tmp_path / "c d_yellow.png")), images[2, ..., 0])
    assert np.array_equal(np.asarray(Image.open(tmp_path / "c d_red.png")), images[2, ..., 1])


def test_the_csv_has_kaggles_columns_and_numbers(tmp_path, images, y):
    save_hpa(tmp_path, images, y)
    assert (tmp_path / "train.csv").read_bytes() == b"Id,Target\na,0\n007,25\nc d,0 25\n"


def test_labels_of_2021_give_its_columns(tmp_path, images, y):
    y = y.rename(columns={"Nucleoplasm": "Negative"})
    save_hpa(tmp_path, images, y)
    assert (tmp_path / "train.csv").read_text() == "ID,Label\na,18\n007,16\nc d,16|18\n"
    assert_same_when_loaded(tmp_path, images, y, ["red", "green", "blue", "yellow"])


@pytest.mark.parametrize("labels", [HPA_LABELS, HPA_LABELS_2021])
def test_every_label_of_a_set_survives_the_round_trip(tmp_path, labels):
    y = pd.DataFrame(np.eye(len(labels), dtype=int), columns=list(labels))
    y.index = [f"i{k}" for k in y.index]
    save_hpa(tmp_path, np.zeros((len(labels), 2, 2, 1), np.uint8), y)
    loaded = load_hpa(tmp_path).target
    assert list(loaded.columns) == list(labels)
    assert np.array_equal(loaded, y)


def test_a_folder_that_holds_anything_is_refused_and_left_alone(tmp_path, images, y):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"is not empty \(it holds notes\.txt\)"):
        save_hpa(tmp_path, images, y)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_instead_of_the_folder_is_refused(tmp_path, images, y):
    (tmp_path / "cells").touch()
    with pytest.raises(FileExistsError, match="cells is a file"):
        save_hpa(tmp_path / "cells", images, y)


def test_an_interrupted_save_leaves_no_csv_and_no_half_file(tmp_path, images, y, monkeypatch):
    replace, renamed = _save.os.replace, []

    def fail_at_the_third(source, target):
        renamed.append(target)
        if len(renamed) == 3:
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(_save.os, "replace", fail_at_the_third)
    with pytest.raises(OSError, match="No space left"):
        save_hpa(tmp_path, images, y)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a_green.png", "a_red.png"]


@pytest.mark.parametrize("Id", ["a/b", "a\\b", "..", ".hidden", "", " a", "a ", "a:b", "a\nb"])
def test_an_id_that_cannot_begin_a_file_name_is_refused(tmp_path, images, y, Id):
    y.index = ["a", Id, "c"]
    with pytest.raises(ValueError, match="1 Ids that cannot begin a file name, such as"):
        save_hpa(tmp_path / "new", images, y)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("again", ["a", "A"])
def test_repeated_ids_are_refused_case_aside(tmp_path, images, y, again):
    y.index = ["a", "b", again]
    with pytest.raises(ValueError, match=rf"2 Ids in y's index are not unique .*: a, {again}"):
        save_hpa(tmp_path, images, y)


def test_an_image_without_a_label_is_refused(tmp_path, images, y):
    y.loc["007"] = 0
    with pytest.raises(ValueError, match="1 of 3 images have no label, .*: 007"):
        save_hpa(tmp_path, images, y)


def test_images_and_rows_must_be_as_many(tmp_path, images, y):
    with pytest.raises(ValueError, match="3 images, but y has 2 rows"):
        save_hpa(tmp_path, images, y[:2])


@pytest.mark.parametrize("value", [2, -1, np.nan, 0.5])
def test_a_value_other_than_0_and_1_is_refused(tmp_path, images, y, value):
    y = y.astype(float)
    y.loc["007", "Cytosol"] = value
    with pytest.raises(ValueError, match="at label 'Cytosol', row . .'007'.; expected a 0/1"):
        save_hpa(tmp_path, images, y)


def test_a_missing_value_of_a_nullable_type_is_refused(tmp_path, images, y):
    y = y.astype("Int64")
    y.loc["007", "Cytosol"] = pd.NA
    with pytest.raises(ValueError, match="y is missing .nan. at label 'Cytosol', row . .'007'.;"):
        save_hpa(tmp_path, images, y)


@pytest.mark.parametrize("dtype", ["bool", "boolean", "Int64", "float32", "Sparse[int64]"])
def test_zeros_and_ones_of_any_type_are_saved(tmp_path, images, y, dtype):
    save_hpa(tmp_path, images, y.astype(dtype))
    assert (tmp_path / "train.csv").read_text() == "Id,Target\na,0\n007,25\nc d,0 25\n"


def test_columns_without_names_are_refused(tmp_path, images, y):
    with pytest.raises(ValueError, match="numbers instead of label names: 0, 1; .*DataFrame"):
        save_hpa(tmp_path, images, y.set_axis([0, 1], axis=1))


def test_a_column_that_is_no_label_is_refused(tmp_path, images, y):
    with pytest.raises(
        ValueError, match="not the label names of 2018 .*'Cytosole'.*did you mean 'Cytosol'"
    ):
        save_hpa(tmp_path, images, y.rename(columns={"Cytosol": "Cytosole"}))


def test_a_label_named_twice_is_refused(tmp_path, images, y):
    with pytest.raises(ValueError, match="a label is named twice: Cytosol, cytosol"):
        save_hpa(tmp_path, images, y.set_axis(["Cytosol", "cytosol"], axis=1))


@pytest.mark.parametrize("bad", [np.zeros((3, 8, 9, 4)), np.zeros((3, 8, 9, 4), np.uint16), [[0]]])
def test_images_that_are_not_uint8_are_refused(tmp_path, y, bad):
    with pytest.raises(TypeError, match="images must be an array of uint8; got"):
        save_hpa(tmp_path, bad, y)


@pytest.mark.parametrize("shape", [(3, 8, 9), (3, 0, 9, 4), (0, 8, 9, 4)])
def test_images_of_another_shape_are_refused(tmp_path, y, shape):
    with pytest.raises(ValueError, match=r"images must have shape \(n_images, height, width"):
        save_hpa(tmp_path, np.zeros(shape, np.uint8), y)


@pytest.mark.parametrize(
    "n_channels, channels, message",
    [
        (5, None, "images of 5 channels .*, but 4 names"),
        (2, ["red"], "images of 2 channels .*, but 1 names for them: red"),
        (2, ["red", "red"], "each once"),
        (1, ["purple"], "Expected some of red, green, blue, yellow"),
    ],
)
def test_channels_must_name_the_last_axis(tmp_path, y, n_channels, channels, message):
    with pytest.raises(ValueError, match=message):
        save_hpa(tmp_path, np.zeros((3, 8, 9, n_channels), np.uint8), y, channels=channels)


def test_a_target_that_is_no_dataframe_is_refused(tmp_path, images, y):
    with pytest.raises(TypeError, match="y must be a DataFrame .*; got ndarray"):
        save_hpa(tmp_path, images, y.to_numpy())


def test_ids_that_differ_in_their_form_of_unicode_are_refused(tmp_path, images, y):
    y.index = ["Malm\xf6", "Malmo\u0308", *y.index[2:]]
    with pytest.raises(ValueError, match="2 Ids in y's index are not unique"):
        save_hpa(tmp_path / "cells", images, y)
    assert not (tmp_path / "cells").exists()


def test_an_id_that_cannot_be_encoded_is_refused(tmp_path, images, y):
    y.index = ["Malm\udcf6", *y.index[1:]]
    with pytest.raises(ValueError, match="1 Ids that cannot begin a file name, such as 'Malm"):
        save_hpa(tmp_path / "cells", images, y)


def test_ids_that_end_in_colours_are_loaded(tmp_path, images, y):
    y.index = ["x_blue", "x", "x_red_green", *y.index[3:]]
    assert list(load_hpa(save_hpa(tmp_path / "cells", images, y)).images.index) == list(y.index)
