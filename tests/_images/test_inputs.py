"""Tests of the accepted and refused forms of X."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.utils import Bunch

from sklearn_hpa import ImageFlattener
from sklearn_hpa._images.inputs import list_sources


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


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([np.zeros((4, 4, 3)), "a.tif"], "list of ndarray and str; all images must have one form"),
        (["a.tif", np.zeros((4, 4, 3))], "^row 1 of X holds a ndarray, expected a path$"),
        ([[[0, 1]], [[1, 0]]], r"list of list. Images .*: \[np.asarray\(image\) for image in X\]"),
    ],
)
def test_lists_of_other_images_are_refused_in_one_line(X, message):
    with pytest.raises(TypeError, match=message):
        list_sources(X, ["red", "green", "blue"])


@pytest.mark.parametrize("image", [np.zeros(5), np.array([[None]]), np.zeros((1, 2, 3, 4))])
def test_arrays_in_a_list_must_be_images(image):
    with pytest.raises(ValueError, match="image 1 of X is an array of shape .* expected numb"):
        list_sources([np.zeros((4, 4)), image], ["red"])
