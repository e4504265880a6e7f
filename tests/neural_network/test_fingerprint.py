"""Tests of the description of data and arguments."""

import collections
import datetime
import functools
import os
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import torch
from skorch.callbacks import Callback, LRScheduler

from sklearn_hpa.neural_network._fingerprint import (
    BYTES_AT_ONCE,
    OWN,
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


class Loss(torch.nn.Module):
    """A criterion with a plain attribute, a frozen tensor and a part."""

    def __init__(self, scale=1.0, part=1.0):
        super().__init__()
        self.scale = scale
        self.part = torch.nn.Softplus(beta=part)


class Slots:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


def layer(function, power=2):
    """Return a class whose methods use a variable from outside."""

    class Layer(torch.nn.Module):
        def forward(self, X):
            return function(X) ** power

    return Layer


def from_source(source, name):
    names = {"__name__": "mine"}
    exec(source, names)
    return names[name]


USING = """
FACTOR = {factor}

def double(x):
    return {times} * x

def forward(x):
    return FACTOR * double(x)

class Base:
    power = {power}

    @staticmethod
    def first(x):
        return x ** {static}

    @property
    def second(self):
        return {of_property}

class Model(Base):
    def __init__(self):
        super().__init__()

    def again(self):
        return Model()
"""


def using(name, **values):
    defaults = {"factor": 1, "times": 2, "power": 3, "static": 4, "of_property": 5}
    return from_source(USING.format(**defaults | values), name)


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
    (1j, 2j),
    (torch.tensor(0.1, dtype=torch.float64), torch.tensor(0.1 + 1e-12, dtype=torch.float64)),
    (torch.tensor(2**24, dtype=torch.int64), torch.tensor(2**24 + 1, dtype=torch.int64)),
    (torch.ones(1, dtype=torch.bfloat16), torch.zeros(1, dtype=torch.bfloat16)),
    (Loss(1.0), Loss(2.0)),
    (Loss(part=1.0), Loss(part=2.0)),
    (torch.nn.BCELoss(torch.ones(2)), torch.nn.BCELoss(torch.zeros(2))),
    (
        torch.nn.BCEWithLogitsLoss(pos_weight=torch.ones(2)),
        torch.nn.BCEWithLogitsLoss(pos_weight=torch.zeros(2)),
    ),
    (torch.nn.ReLU(), torch.nn.Tanh()),
    ({"criterion": Box(Loss(1.0))}, {"criterion": Box(Loss(2.0))}),
    (layer(torch.relu), layer(torch.tanh)),
    (layer(torch.relu), layer(torch.relu, power=3)),
    (layer(torch.relu)(), layer(torch.tanh)()),
    (layer(lambda x: x), layer(lambda x: -x)),
    (layer(Loss(1.0)), layer(Loss(2.0))),
    (functools.partial(layer(torch.relu)), functools.partial(layer(torch.tanh))),
    (Box(2).__init__, Box(3).__init__),
    (using("forward"), using("forward", factor=2)),
    (using("forward"), using("forward", times=3)),
    (using("Model"), using("Model", power=4)),
    (using("Model"), using("Model", static=5)),
    (using("Model"), using("Model", of_property=6)),
    (using("Model")(), using("Model", of_property=6)()),
    (np.random.RandomState(0), np.random.RandomState(1)),
    (np.random.default_rng(0), np.random.default_rng(1)),
    (torch.Generator().manual_seed(0), torch.Generator().manual_seed(1)),
    (Slots(1), Slots(2)),
    (collections.deque([1]), collections.deque([2])),
    (datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)),
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
        (Loss(2.0), Loss(2.0)),
        (layer(torch.relu), layer(torch.relu)),
        (using("Model"), using("Model")),
        (using("forward"), using("forward")),
        (np.random.RandomState(0), np.random.RandomState(0)),
        (Slots([1]), Slots([1])),
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


def test_a_module_is_described_alike_in_training_and_in_evaluation():
    module = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout(0.5))
    assert describe(module.train()) == describe(module.eval())


def test_a_lazy_module_and_a_sparse_tensor_are_described():
    assert describe(torch.nn.LazyLinear(2)) == describe(torch.nn.LazyLinear(2))
    assert describe(torch.eye(2).to_sparse()) == describe(torch.eye(2).to_sparse())


def test_many_functions_that_use_each_other_are_described_once():
    names = [f"f{number}" for number in range(40)]
    body = " + ".join(f"{name}(x)" for name in names)
    function = from_source("\n".join(f"def {name}(x):\n    return {body}" for name in names), "f0")
    start = time.perf_counter()
    describe(function)
    assert time.perf_counter() - start < 5


SOURCE = """
class C:
    def forward(self, x):
        return super().forward(f(x))

def f(x):
    return x in {"a", "b", "c", "d"}

description = describe([f, C, {"x", "y", "z"}, {"k": 1}])
"""


def test_descriptions_do_not_depend_on_the_process():
    names = {"describe": describe, "__name__": "mine"}
    exec(SOURCE, names)
    code = (
        f"from {describe.__module__} import describe\n"
        "names = {'describe': describe, '__name__': 'mine'}\n"
        f"exec({SOURCE!r}, names)\nprint(names['description'])"
    )
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


def test_the_part_that_differs_is_shown():
    then, now = ({"first": "x" * 500, "step_size": number} for number in (2, 3))
    (phrase,) = differences({"a": then}, {"a": now})
    assert "'step_size': 2} and is …" in phrase and "'step_size': 3}" in phrase


def test_other_code_is_named():
    then, now = describe([layer(torch.relu), 1]), describe([layer(torch.tanh), 1])
    assert differences({"module": then}, {"module": now}) == ["module has other code"]


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        (
            [["m.A", {"lr": 1}]],
            [["m.A", {"lr": 2}]],
            ["the callback A was {'lr': 1} and is {'lr': 2}"],
        ),
        ([["m.A", {"lr": 1}], ["m.A", {"lr": 2}]], [["m.A", {"lr": 2}]], []),
        ([["m.A", {"lr": 1}]], [], []),
        ([], [["m.A", {"lr": 1}]], []),
        ([["m.A", {}]], [["m.B", {}]], []),
    ],
)
def test_callbacks_of_the_user_are_added_and_removed_but_not_changed(then, now, expected):
    assert differences({OWN: then}, {OWN: now}) == expected


@pytest.mark.parametrize(
    ("then", "now", "n_different"),
    [
        ([1, 2], [1, 2], 0),
        ([1, 2], [2, 3], 0),
        ([1, 2], [3, 4], 1),
        ([1, 2], [0, 1], 1),
        ([1, 2], 1, 1),
        ("drawn", [1, 2], 1),
        (0, 1, 1),
    ],
)
def test_a_random_state_is_as_before_or_after_the_earlier_fit(then, now, n_different):
    assert len(differences({"random_state": then}, {"random_state": now})) == n_different


def test_an_entry_that_only_one_of_them_has_differs():
    assert differences({"a": 1}, {"b": 2}) == ["b was None and is 2", "a was 1 and is None"]
