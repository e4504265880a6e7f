"""Tests of the checks of fitted attributes."""

import numpy as np
import pytest

from sklearn_hpa._common.fitted import check_classes, check_names, check_numbers


@pytest.mark.parametrize("array", [np.ones((2, 3)), np.ones((2, 3), bool), np.ones((2, 3), "f2")])
def test_finite_numbers_of_the_shape_pass(array):
    check_numbers(array, "x", (2, 3))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones(3), r"x has shape \(3,\), expected \(2, 3\)"),
        (np.array([["a"] * 3] * 2), "x is no array of numbers"),
        (np.full((2, 3), None), "x is no array of numbers"),
        (np.ones((2, 3), complex), "x is no array of numbers"),
        ([[1, 2, 3]] * 2, "x is no array of numbers"),
        (None, "x is no array of numbers"),
        (np.array([[1, 2, np.nan]] * 2), "x holds values that are not finite"),
        (np.array([[1, 2, -np.inf]] * 2), "x holds values that are not finite"),
    ],
)
def test_other_numbers_are_refused(array, message):
    with pytest.raises(ValueError, match=message):
        check_numbers(array, "x", (2, 3))


@pytest.mark.parametrize("names", [["a", "b"], [0, 1], [0.5, 1.5], [True, False]])
def test_texts_and_numbers_are_names(names):
    check_names(np.array(names), "x", 2)
    check_names(np.array(names, dtype=object), "x", 2)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "b"], "x is no 1-d array"),
        (np.array([["a", "b"]]), "x is no 1-d array"),
        (np.array(["a"]), "x has 1 names, expected 2"),
        (np.array(["a", None], dtype=object), "x holds None, no name"),
    ],
)
def test_other_names_are_refused(names, message):
    with pytest.raises(ValueError, match=message):
        check_names(names, "x", 2)


def test_classes_are_0_and_1_for_each_label():
    check_classes(np.array([[0, 1]] * 3), 3)
    for classes in (np.array([[1, 0]] * 3), np.array([[0, 1]] * 2), np.arange(2)):
        with pytest.raises(ValueError, match="classes_"):
            check_classes(classes, 3)
