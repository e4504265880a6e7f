"""Comparison of the data and the arguments of two trainings."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Iterable, Mapping
from dataclasses import fields
from hashlib import blake2b
from importlib.metadata import version
from numbers import Integral, Real
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType
from typing import Any

import numpy as np
import pandas as pd
import torch
from skorch.callbacks import Callback
from torch import nn

from .._labels.target import Target
from .._torch.devices import find_device
from ._options import Options

#: Options that the weights of an epoch do not depend on, and options that are described apart.
APART = {"callbacks", "device", "max_epochs", "verbose"}
#: Callbacks that keep the training.
KEEPING = {"Checkpoint", "TrainingCheckpoints"}
#: Bytes of an array that are hashed at a time.
BYTES_AT_ONCE = 2**26
#: Number of nested objects that are described.
DEPTH = 8
#: Number of characters of a value in a message.
SHOWN = 60
FUNCTIONS = (FunctionType, BuiltinFunctionType, MethodType, type)


def describe_training(
    X: np.ndarray,
    target: Target,
    weight: np.ndarray | None,
    groups: np.ndarray | None,
    options: Options,
    random_state: Any,
) -> dict[str, Any]:
    """Return a description, as JSON, of everything that the weights of an epoch depend on.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Samples.
    target : Target
        Labels of the samples.
    weight, groups : ndarray of shape (n_samples,), or None
        Weight and group of each sample.
    options : Options
        Options of the training.
    random_state : int, RandomState or None
        Parameter of the classifier. All but integers are described alike, because the checkpoint
        holds the seed that was drawn.
    """
    given = {each.name: getattr(options, each.name) for each in fields(options)}
    return {
        "X": describe(X),
        "y": [describe(target.values), describe(target.classes)],
        "the names of the labels": [str(name) for name in target.label_names],
        "sample_weight": describe(weight),
        "groups": describe(groups),
        "random_state": int(random_state) if isinstance(random_state, Integral) else "drawn",
        **{name: describe(value) for name, value in given.items() if name not in APART},
        "callbacks": [describe_callback(each) for each in options.callbacks if _is_compared(each)],
        "device": torch.device(find_device(options.device)).type,
        "torch": version("torch"),
        "skorch": version("skorch"),
    }


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return a phrase for each entry of two descriptions that differs."""
    return [
        _difference(name, then.get(name), now.get(name))
        for name in dict.fromkeys([*now, *then])
        if then.get(name) != now.get(name)
    ]


def describe(value: Any, depth: int = DEPTH) -> Any:
    """Return a description of a value as JSON. Equal values have equal descriptions.

    An object without a value of its own is described by its class and its attributes, a function
    by its name and code, a torch module by its layers.
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Real):
        return int(value) if isinstance(value, Integral) else float(value)
    if isinstance(value, bytes | os.PathLike | torch.device | torch.dtype):
        return str(value)
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().float().numpy()
    if isinstance(value, pd.DataFrame | pd.Series | pd.Index):
        value = value.to_numpy()
    if isinstance(value, np.ndarray | np.generic):
        return _describe_array(np.asarray(value))
    if depth == 0:
        return _name(type(value))
    within = functools.partial(describe, depth=depth - 1)
    if isinstance(value, functools.partial):
        return [within(value.func), within(value.args), within(value.keywords)]
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value):
            return {str(key): within(value[key]) for key in sorted(value)}
        return sorted(([within(key), within(each)] for key, each in value.items()), key=repr)
    if isinstance(value, list | tuple):
        return [within(each) for each in value]
    if isinstance(value, set | frozenset):
        return {"set": sorted(map(within, value), key=repr)}
    if isinstance(value, FUNCTIONS):
        return _describe_function(value, within)
    if isinstance(value, nn.Module):
        return repr(value)
    attributes = getattr(value, "__dict__", None)
    return {"class": _name(type(value)), "attributes": within(attributes) if attributes else {}}


def parameter_names(callback: Callback) -> list[str]:
    """Return the names of the attributes of a callback that its user set."""
    parameters = inspect.signature(type(callback).__init__).parameters.values()
    if any(each.kind == each.VAR_KEYWORD for each in parameters):
        return [name for name in vars(callback) if not name.endswith("_")]
    return [each.name for each in parameters if each.name in vars(callback)]


def describe_callback(callback: Any) -> Any:
    """Return a description of the class and the parameters of a callback."""
    callback = unnamed(callback)
    if isinstance(callback, type):
        return [_name(callback), {}]
    parameters = {name: getattr(callback, name) for name in parameter_names(callback)}
    return [_name(type(callback)), describe(parameters)]


def unnamed(callback: Any) -> Any:
    """Return the callback of a pair of name and callback, or the callback itself."""
    return callback[1] if isinstance(callback, tuple) and len(callback) == 2 else callback


def is_of(callback: Any, *packages: str) -> bool:
    """Return whether the class of a callback is defined in one of these packages."""
    kind = callback if isinstance(callback, type) else type(callback)
    return f"{kind.__module__}.".startswith(tuple(f"{each}." for each in packages))


def _is_compared(callback: Any) -> bool:
    """Return whether a callback is one of skorch or of this library that records or trains."""
    callback = unnamed(callback)
    if is_of(callback, "skorch.callbacks.logging"):
        return False
    kind = callback if isinstance(callback, type) else type(callback)
    return is_of(callback, "skorch", "sklearn_hpa") and kind.__name__ not in KEEPING


def _describe_array(array: np.ndarray) -> dict[str, Any]:
    if array.dtype.kind in "OSUMm":
        digest = blake2b(repr(array.tolist()).encode(), digest_size=16)
        return {"shape": list(array.shape), "dtype": array.dtype.kind, "digest": digest.hexdigest()}
    digest = blake2b(digest_size=16)
    rows = array.reshape(-1) if array.ndim < 2 else array
    step = max(1, BYTES_AT_ONCE // max(1, rows[:1].nbytes))
    for start in range(0, len(rows), step):
        digest.update(np.ascontiguousarray(rows[start : start + step]).data)
    return {"shape": list(array.shape), "dtype": array.dtype.str, "digest": digest.hexdigest()}


def _describe_function(function: Any, within: Any) -> Any:
    code = getattr(function, "__code__", None)
    if code is None:
        return _name(function)
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    parts = [_code(code), function.__defaults__, function.__kwdefaults__, cells]
    return [_name(function), blake2b(repr(within(parts)).encode(), digest_size=16).hexdigest()]


def _code(code: CodeType) -> list[Any]:
    constants = [
        _code(each)
        if isinstance(each, CodeType)
        # The order of a set differs from process to process.
        else sorted(map(repr, each))
        if isinstance(each, frozenset)
        else repr(each)
        for each in code.co_consts
    ]
    return [code.co_code.hex(), list(code.co_names), constants]


def _name(each: Any) -> str:
    module = getattr(each, "__module__", None)
    name = getattr(each, "__qualname__", type(each).__qualname__)
    return name if module is None else f"{module}.{name}"


def _difference(name: str, then: Any, now: Any) -> str:
    if _is_array(then) and _is_array(now):
        for what in ("shape", "dtype"):
            if then[what] != now[what]:
                values = (_shape_of(each, what) for each in (then, now))
                return "{} had {} {} and has {}".format(name, what, *values)
        return f"{name} has other values"
    if then is None or now is None:
        return f"{name} was {_short(then)} and is {_short(now)}"
    if _has_array(then) or _has_array(now):
        return f"{name} has other values"
    return f"{name} was {_short(then)} and is {_short(now)}"


def _is_array(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"shape", "dtype", "digest"}


def _has_array(value: Any) -> bool:
    parts: Iterable[Any] = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return False
    return _is_array(value) or any(map(_has_array, parts))


def _shape_of(value: dict[str, Any], what: str) -> Any:
    return tuple(value["shape"]) if what == "shape" else value[what]


def _short(value: Any) -> str:
    if _is_array(value):
        return f"an array of shape {tuple(value['shape'])}"
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
