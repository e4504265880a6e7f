"""Tests of the description of data and arguments."""

import functools
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from skorch.callbacks import Callback, LRScheduler

from sklearn_hpa.neural_network._fingerprint import (
    BYTES_AT_ONCE,
    describe,
    describe_callback,
    differences,
    parameter_names,
)


class Box:
    def __init__(self, content):
        self.content = content


def times(factor):
    return lambda x: factor * x


PAIRS = [
    (1, 2),
    (0.1, float(np.nextafter(0.1, 1))),
    ("a", "b"),
    (None, 0.0),
    (b"a", b"b"),
    ([1, 2], [2, 1]),
    ({"a": 1}, {"a": 2}),
    ({1: 2}, {1: 3}),
    (np.array([1.0, 2.0]), np.array([1.0, 2.5])),
    (np.zeros((2, 3)), np.zeros((3, 2))),
    (np.zeros(2, np.float32), np.zeros(2)),
    (np.array(["a"]), np.array(["b"])),
    (torch.zeros(2), torch.ones(2)),
    (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]})),
    (torch.float32, torch.float64),
    (dict, list),
    (len, abs),
    (times(2), times(3)),
    (lambda x: x + 1, lambda x: x + 2),
    (functools.partial(int, base=2), functools.partial(int, base=3)),
    (Box(1), Box(2)),
    (Box(Box(1)), Box(Box(2))),
    (torch.nn.Linear(2, 3), torch.nn.Linear(3, 3)),
    ({1, 2}, {1, 3}),
]


@pytest.mark.parametrize(("then", "now"), PAIRS)
def test_different_values_have_different_descriptions(then, now):
    assert describe(then) != describe(now)


@pytest.mark.parametrize("value", [pair[0] for pair in PAIRS])
def test_a_value_has_one_description(value):
    assert describe(value) == describe(value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.float64(0.5), 0.5),
        (np.int8(3), 3),
        ((1, 2), [1, 2]),
        ({"b": 1, "a": 2}, {"a": 2, "b": 1}),
        (np.arange(6).reshape(2, 3).T, np.array([[0, 3], [1, 4], [2, 5]])),
        (Box([1]), Box([1])),
        (times(2), times(2)),
    ],
)
def test_equal_values_have_equal_descriptions(one, other):
    assert describe(one) == describe(other)


def test_a_large_array_is_hashed_in_parts():
    array = np.zeros((3, BYTES_AT_ONCE // 2), dtype=np.uint8)
    other = array.copy()
    other[-1, -1] = 1
    assert describe(array) != describe(other)


def test_an_object_that_holds_itself_is_described():
    box = Box(None)
    box.content = box
    assert describe(box) == describe(box)


SOURCE = """
def f(x):
    return x in {"a", "b", "c", "d"}

f.__module__ = "mine"
description = describe([f, {"x", "y", "z"}, {"k": 1}])
"""


def test_descriptions_do_not_depend_on_the_process():
    names = {"describe": describe}
    exec(SOURCE, names)
    code = f"from {describe.__module__} import describe\nexec({SOURCE!r})\nprint(description)"
    for seed in "12":
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        if seed == os.environ.get("PYTHONHASHSEED", "1"):
            continue
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=environment
        )
        assert done.stdout == f"{names['description']}\n", done.stderr


def test_parameters_of_a_callback_are_those_of_its_constructor():
    class Mine(Callback):
        def __init__(self, at):
            self.at = at
            self.count = 0

    assert parameter_names(Mine(3)) == ["at"]
    names = parameter_names(LRScheduler("StepLR", step_size=2))
    assert {"policy", "step_size"} <= set(names)
    assert describe_callback(Mine) != describe_callback(Mine(3)) != describe_callback(Mine(4))


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        (0.1, 0.2, ["a was 0.1 and is 0.2"]),
        (None, 3, ["a was None and is 3"]),
        ({"g": 1}, {"g": 2}, ["a was {'g': 1} and is {'g': 2}"]),
        (np.zeros((2, 3)), np.zeros((4, 3)), ["a had shape (2, 3) and has (4, 3)"]),
        (np.zeros(2), np.ones(2), ["a has other values"]),
        (np.zeros(2), np.zeros(2, "f4"), ["a had dtype <f8 and has <f4"]),
        (np.zeros(2), None, ["a was an array of shape (2,) and is None"]),
        ([np.zeros(2), 1], [np.ones(2), 1], ["a has other values"]),
        (1, 1, []),
    ],
)
def test_a_difference_is_one_phrase(then, now, expected):
    assert differences({"a": describe(then)}, {"a": describe(now)}) == expected


def test_long_values_are_shortened():
    (phrase,) = differences({"a": "x" * 500}, {"a": "y"})
    assert len(phrase) < 120 and "…" in phrase


def test_an_entry_that_only_one_of_them_has_differs():
    assert differences({"a": 1}, {"b": 2}) == ["b was None and is 2", "a was 1 and is None"]
