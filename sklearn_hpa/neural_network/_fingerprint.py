"""Comparison of the data and the arguments of two trainings."""

from __future__ import annotations

import dis
import functools
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from hashlib import blake2b
from importlib.metadata import version
from numbers import Integral, Real
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType, NoneType
from typing import Any

import numpy as np
import pandas as pd
import torch
from skorch.callbacks import Callback
from torch import nn
from torch.utils.hooks import RemovableHandle

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
#: Number of these characters before the first one that differs.
BEFORE = 20
#: The digest of a function or class.
CODE = re.compile("'[0-9a-f]{32}'")
#: Entries of a description that are compared in their own way.
RANDOM_STATE, OWN = "random_state", "callbacks of the user"
FUNCTIONS = (FunctionType, BuiltinFunctionType, MethodType, type)
#: Types of global variables whose values belong to the functions that use them.
OF_GLOBALS = (
    *(*FUNCTIONS, functools.partial, nn.Module, torch.Tensor, np.ndarray),
    *(bool, int, float, complex, str, tuple, NoneType),
)
#: Attributes that every torch module has, without a module's own.
OF_MODULES = frozenset(vars(nn.Module()))
#: Packages whose functions and classes are described by their names alone.
LIBRARIES = {"numpy", "pandas", "scipy", "sklearn", "sklearn_hpa", "skorch", "torch", "torchvision"}


def describe_training(
    X: np.ndarray,
    target: Target,
    weight: np.ndarray | None,
    groups: np.ndarray | None,
    options: Options,
    random_state: Any,
    random_state_before: Any = None,
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
        Parameter of the classifier, after the seed was drawn from it.
    random_state_before : object
        Description of the parameter before the seed was drawn from it.
    """
    given = {each.name: getattr(options, each.name) for each in fields(options)}
    return {
        "X": describe(X),
        "y": [describe(target.values), describe(target.classes)],
        "the names of the labels": [str(name) for name in target.label_names],
        "sample_weight": describe(weight),
        "groups": describe(groups),
        "random_state": _describe_random_state(random_state, random_state_before),
        **{name: describe(value) for name, value in given.items() if name not in APART},
        "callbacks": [describe_callback(each) for each in options.callbacks if _is_compared(each)],
        OWN: [describe_callback(each) for each in options.callbacks if _is_own(each)],
        "device": torch.device(find_device(options.device)).type,
        "torch": version("torch"),
        "skorch": version("skorch"),
    }


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return a phrase for each entry of two descriptions that differs."""
    names = [name for name in dict.fromkeys([*now, *then]) if name not in (RANDOM_STATE, OWN)]
    different = [
        _difference(name, then.get(name), now.get(name))
        for name in names
        if then.get(name) != now.get(name)
    ]
    one, other = then.get(RANDOM_STATE), now.get(RANDOM_STATE)
    # The fit may begin with a RandomState that the interrupted fit has drawn its seed from.
    if one != other and not (isinstance(one, list) and isinstance(other, list) and other[0] in one):
        different.append(_difference(RANDOM_STATE, one, other))
    return different + _differences_of_own(then.get(OWN, []), now.get(OWN, []))


def _differences_of_own(then: list[Any], now: list[Any]) -> list[str]:
    """Return a phrase for each class of callbacks of the user that have other parameters.

    Such callbacks may be added and removed.
    """
    different = []
    for name in dict.fromkeys(name for name, _ in now):
        gone = [each for kind, each in then if kind == name and [kind, each] not in now]
        new = [each for kind, each in now if kind == name and [kind, each] not in then]
        if gone and new:
            short = name.rpartition(".")[2]
            different.append(_difference(f"the callback {short}", gone[0], new[0]))
    return different


def _describe_random_state(random_state: Any, before: Any) -> Any:
    if random_state is None:
        return "drawn"
    if isinstance(random_state, Integral):
        return int(random_state)
    return [before, describe(random_state)]


def describe(value: Any, depth: int = DEPTH) -> Any:
    """Return a description of a value as JSON. Equal values have equal descriptions.

    An object without a value of its own is described by its class and its attributes. Functions and
    classes are described by their names, and by their code with the variables outside it, unless
    they belong to a library. A torch module has its class, its tensors and its attributes.
    """
    return _Describer()(value, depth)


class _Describer:
    """Describes values; a function or class that was described before is only named."""

    def __init__(self) -> None:
        self.seen: dict[int, Any] = {}

    def __call__(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, str | bool):
            return value
        if isinstance(value, Real):
            return int(value) if isinstance(value, Integral) else float(value)
        if isinstance(value, complex | bytes | os.PathLike | torch.device | torch.dtype):
            return str(value)
        if isinstance(value, torch.Tensor):
            value = _as_array(value)
        if isinstance(value, pd.DataFrame | pd.Series | pd.Index):
            value = value.to_numpy()
        if isinstance(value, np.ndarray | np.generic):
            return _describe_array(np.asarray(value))
        if isinstance(value, torch.Generator):
            return {"class": _name(type(value)), "seed": value.initial_seed()}
        if isinstance(value, ModuleType):
            return value.__name__
        if depth == 0 or isinstance(value, RemovableHandle):
            return _name(type(value))
        within = functools.partial(self, depth=depth - 1)
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
            return self._function(value)
        if isinstance(value, nn.Module):
            return self._module(value, within)
        return {"class": within(type(value)), **_state(value, within)}

    def _function(self, value: Any) -> Any:
        name = _name(value)
        if id(value) in self.seen or _is_of_library(value):
            return name
        self.seen[id(value)] = value  # kept, because a new object could get the id of a deleted one
        code = getattr(value, "__code__", None)
        parts: list[Any]
        if isinstance(value, type):
            parts = [_members(base) for base in value.__mro__ if not _is_of_library(base)]
        elif code is None:
            return name
        else:
            defaults = [value.__defaults__, value.__kwdefaults__]
            parts = [repr(_code(code)), *defaults, *_cells(value), _globals_of(value)]
        owner = getattr(value, "__self__", None)
        described = [self(each, DEPTH) for each in [*parts, owner]]
        return [name, blake2b(repr(described).encode(), digest_size=16).hexdigest()]

    def _module(self, value: nn.Module, within: Callable[[Any], Any]) -> Any:
        parts = {
            name or "itself": [
                within(type(module)),
                {key: within(each) for key, each in vars(module).items() if key not in OF_MODULES},
            ]
            for name, module in value.named_modules()
        }
        tensors = [*value.named_parameters(), *value.named_buffers()]
        return {"module": parts, "tensors": within({name: each.data for name, each in tensors})}


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


def _is_own(callback: Any) -> bool:
    """Return whether the class of a callback is the user's, or of another library."""
    return not is_of(unnamed(callback), "skorch", "sklearn_hpa")


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


def _as_array(tensor: torch.Tensor) -> Any:
    """Return the values of a tensor as an array, or its text if it has none, such as a lazy one."""
    try:
        tensor = tensor.detach().cpu()
        return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
    except (NotImplementedError, RuntimeError, TypeError, ValueError):
        return np.array(f"{tensor.dtype} {tensor.layout}")


def _state(value: Any, within: Callable[[Any], Any]) -> dict[str, Any]:
    """Describe the attributes of an object, or the parts that a pickle would hold."""
    if isinstance(value, np.random.RandomState):
        return {"state": within(value.get_state(legacy=False))}
    if isinstance(value, np.random.Generator):
        return {"state": within(value.bit_generator.state)}
    attributes = getattr(value, "__dict__", None)
    if attributes:
        return {"attributes": within(attributes)}
    try:
        _, *parts = value.__reduce_ex__(4)
    except Exception:  # It cannot be pickled.
        return {}
    return {"parts": [within(_listed(each)) for each in parts]}


def _listed(part: Any) -> Any:
    return list(part) if isinstance(part, Iterator) else part


def _is_of_library(value: Any) -> bool:
    """Tell whether a function or class is of Python or of a library whose code is not described."""
    package = str(getattr(value, "__module__", None) or "builtins").partition(".")[0]
    return package in LIBRARIES or package in sys.stdlib_module_names


def _members(kind: type) -> dict[str, Any]:
    """Return the methods and values in the body of a class."""
    members: dict[str, Any] = {}
    for name, value in vars(kind).items():
        if isinstance(value, staticmethod | classmethod):
            members[name] = value.__func__
        elif isinstance(value, property):
            members[name] = [value.fget, value.fset, value.fdel]
        elif isinstance(value, FunctionType) or not name.startswith(("__", "_abc_")):
            members[name] = value
    return members


def _cells(function: Any) -> list[Any]:
    """Return the values of the variables that a function takes from the functions around it."""
    contents = []
    for cell in function.__closure__ or ():
        try:
            contents.append(cell.cell_contents)
        except ValueError:  # It has no value yet.
            contents.append(None)
    return contents


def _globals_of(function: Any) -> dict[str, Any]:
    """Return the functions, classes and plain values of its file that a function uses."""
    names = sorted(_global_names(function.__code__))
    values = {name: function.__globals__[name] for name in names if name in function.__globals__}
    return {name: value for name, value in values.items() if isinstance(value, OF_GLOBALS)}


def _global_names(code: CodeType) -> set[str]:
    used = {each.argval for each in dis.get_instructions(code) if each.opname == "LOAD_GLOBAL"}
    return used.union(
        *(_global_names(each) for each in code.co_consts if isinstance(each, CodeType))
    )


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
    if then is not None and now is not None and (_has_array(then) or _has_array(now)):
        return f"{name} has other values"
    if CODE.sub("", repr(then)) == CODE.sub("", repr(now)):
        return f"{name} has other code"
    same = os.path.commonprefix([repr(then), repr(now)])
    start = len(same) - BEFORE if len(same) > 2 * BEFORE else 0
    return f"{name} was {_short(then, start)} and is {_short(now, start)}"


def _is_array(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"shape", "dtype", "digest"}


def _has_array(value: Any) -> bool:
    parts: Iterable[Any] = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return False
    return _is_array(value) or any(map(_has_array, parts))


def _shape_of(value: dict[str, Any], what: str) -> Any:
    return tuple(value["shape"]) if what == "shape" else value[what]


def _short(value: Any, start: int) -> str:
    """Return a text of a value from the character `start`."""
    if _is_array(value):
        return f"an array of shape {tuple(value['shape'])}"
    text = repr(value)
    end = start + SHOWN
    return ("…" if start else "") + text[start:end] + ("…" if len(text) > end else "")
