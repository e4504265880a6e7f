"""Checks that two tables have the same rows, columns or labels in the same order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Literal, TypeAlias
from unicodedata import normalize

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .caller import warn_caller
from .messages import plural
from .tables import column_names, row_ids

#: Names of columns or labels, in their order.
NamesLike: TypeAlias = Sequence[Any] | NDArray[Any] | pd.Index

#: A date with a time, as ISO 8601 writes it, and the time of a date without one.
_TIME = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)")
_MIDNIGHT = re.compile(r"(?<=^\d{4}-\d\d-\d\d) 00:00(:00(\.0*)?)?$")


def check_aligned(**arguments: Any) -> None:
    """Refuse row-aligned arguments whose pandas indexes contradict each other.

    Each pair of arguments is compared. Arguments without an index (arrays, lists, polars tables)
    are aligned by position and are never refused. So are two indexes of different lengths, because
    the callers compare lengths. Otherwise two indexes are

    - accepted if they have the same Ids in the same order;
    - refused if they have the same Ids in another order. This includes a shuffled or reversed
      RangeIndex next to the index 0, 1, …, n - 1;
    - accepted if no Id is in both. The two then have different names for their rows.

    If some Ids are in both, the answer depends on the kind of Ids. Text is a name, and a row then
    belongs to two samples: refused. Numbers may only count rows, and one table may have new numbers
    after ``reset_index``. If one of the two indexes is of numbers, the pair is

    - accepted if one is 0, 1, …, n - 1, or if the shared Ids increase in both;
    - accepted with a warning otherwise. A fold of a cross-validation is an example: the numbers
      there cannot tell a table that was numbered anew from a table in another order.

    An Id of numbers equals the same Id as text (``7`` and ``"7"``), a date equals its text in ISO
    8601, bytes equal their text in UTF-8, and two ways to write an accent in Unicode are equal. The
    same holds for the parts of a MultiIndex.

    Parameters
    ----------
    **arguments : DataFrame, Series or any other value
        The arguments by name, such as ``X=X, y=y, groups=groups``. The names are used in the
        message. None is left out.

    Raises
    ------
    ValueError
        If two indexes contradict each other. The message names the first row that differs.

    Warns
    -----
    UserWarning
        If indexes of numbers share some Ids in another order.
    """
    indexes = [
        (name, index) for name, each in arguments.items() if (index := row_ids(each)) is not None
    ]
    for (name, index), (other_name, other) in combinations(indexes, 2):
        _check_pair(name, index, other_name, other)


def per_sample_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a `fit` that hold one value per sample, recognised by their names.

    These are ``sample_weight`` and ``groups``, also with the prefix of a step.
    """
    return {
        name: values
        for name, values in params.items()
        if name.endswith(("sample_weight", "groups")) and values is not None
    }


def _check_pair(name: str, index: pd.Index, other_name: str, other: pd.Index) -> None:
    if index is other or len(index) != len(other):
        return
    if index.dtype == other.dtype and index.equals(other):
        return
    ids, others = _comparable(index, other)
    if ids.equals(others):
        return
    shared = ids.isin(others)
    if not shared.any():
        return
    same_ids = ids.sort_values().equals(others.sort_values())
    if not same_ids and (_counts_rows(index) or _counts_rows(other)):
        if not (_is_default(index) or _is_default(other) or _in_one_order(ids, others)):
            warn_caller(
                f"some rows of {name} and {other_name} have the same number in their indexes, in "
                f"another order. The rows are matched by position. If that is right, pass "
                f"{other_name}.to_numpy(); if not, bring them to one order first"
            )
        return
    row = int(np.argmax(ids != others))
    problem = (
        f"the rows of {name} and {other_name} are not the same samples: row {row} is "
        f"{_shown(index, row)} in {name} and {_shown(other, row)} in {other_name}"
    )
    if same_ids and ids.is_unique:
        remedy = (
            f"Bring them to one order, such as {other_name}.loc[{name}.index]. If they are in one "
            f"order already and only the index differs, pass {other_name}.to_numpy()"
        )
    else:
        remedy = (
            f"{np.count_nonzero(shared)} of {plural(shared, 'row')} of {name} have an Id that is "
            f"in {other_name}. Select the same samples in both, in one order"
        )
    raise ValueError(f"{problem}. {remedy}")


def one_index(*tables: Any) -> list[Any]:
    """Return tables that were checked by `check_aligned`, pandas objects with one index.

    Parts of them, such as folds, then agree, and need no check of their own.
    """
    indexes = [row_ids(each) for each in tables]
    first = next((index for index in indexes if index is not None), None)
    return [
        each if index is None or index is first else each.set_axis(first)
        for each, index in zip(tables, indexes, strict=True)
    ]


def _comparable(index: pd.Index, other: pd.Index) -> tuple[pd.Index, pd.Index]:
    """Return two indexes whose values can be compared: both of integers, or both of text."""
    if all(isinstance(d, np.dtype) and d.kind in "iu" for d in (index.dtype, other.dtype)):
        return index, other
    return _as_text(index), _as_text(other)


def _as_text(index: pd.Index) -> pd.Index:
    return pd.Index(list(map(_text_of, index.tolist())), dtype=object)


def _text_of(Id: Any) -> str:
    """Return one text for the forms of an Id: numbers, dates and the parts of a MultiIndex."""
    if isinstance(Id, tuple):
        return repr(tuple(map(_text_of, Id)))
    if pd.api.types.is_scalar(Id) and pd.isna(Id):
        return "nan"
    if isinstance(Id, float | np.floating) and Id.is_integer():
        Id = int(Id)
    if isinstance(Id, bytes):
        Id = Id.decode(errors="surrogateescape")
    if isinstance(Id, np.datetime64):
        Id = pd.Timestamp(Id)
    return _MIDNIGHT.sub("", _TIME.sub(r"\1 \2", normalize("NFC", str(Id))))


def _counts_rows(index: pd.Index) -> bool:
    """Tell whether an index is of numbers, which may be row numbers instead of names."""
    kind = pd.api.types.infer_dtype(index, skipna=True)
    return kind in ("integer", "floating", "mixed-integer-float")


def _in_one_order(ids: pd.Index, others: pd.Index) -> bool:
    """Tell whether the numbers that are in both indexes increase in both."""
    shared = ids[ids.isin(others)].unique()
    numbers = pd.Index([float(each) for each in shared])
    return shared.equals(others[others.isin(ids)].unique()) and numbers.is_monotonic_increasing


def _is_default(index: pd.Index) -> bool:
    """Tell whether an index is 0, 1, …, n - 1, as pandas makes it."""
    return index.equals(pd.RangeIndex(len(index)))


def _shown(index: pd.Index, row: int) -> str:
    """Return an Id for a message, a number as a Python number."""
    return repr(index[row : row + 1].tolist()[0])


def check_same_names(
    expected: Any, given: Any, name: str, axes: Mapping[Literal[0, 1], str]
) -> None:
    """Refuse a table whose row or column names differ from the names in ``y_true``.

    Parameters
    ----------
    expected, given : table, or array without names
        `expected` is ``y_true``. The default names 0, 1, 2, … match any names.
    name : str
        Name of the argument `given`, used in the message.
    axes : dict of {0, 1} to str
        The axes to compare, and the plural noun of each.

    Raises
    ------
    ValueError
        If the names differ. The message gives the first difference.
    """
    for axis, noun in axes.items():
        of_expected, of_given = _axis_names(expected, axis), _axis_names(given, axis)
        if of_expected is None or of_given is None or of_expected == of_given:
            continue
        pairs = zip(of_expected, of_given, strict=False)
        first = next(((a, b) for a, b in pairs if a != b), None)
        difference = f": {first[1]!r} instead of {first[0]!r}" if first else ""
        raise ValueError(
            f"{name} and y_true name their {noun} differently{difference}; expected the same "
            f"{noun} in the same order. Reindex {name} to y_true, or pass {name}.to_numpy() to "
            f"compare by position."
        )


def check_order(what: str, noun: str, names: NamesLike, expected: NamesLike) -> None:
    """Refuse names that differ from the names at the earlier fit, or that have another order.

    Raises
    ------
    ValueError
        If the names differ. The message gives the first difference.
    """
    if len(names) != len(expected):
        raise ValueError(f"{what} has {len(names)} {noun}s, but fit had {len(expected)}")
    for number, (name, other) in enumerate(zip(names, expected, strict=True)):
        if name != other:
            raise ValueError(
                f"{what} must have the {noun}s of fit, in their order, but {noun} {number} is "
                f"{str(name)!r}, expected {str(other)!r}"
            )


def check_labels_of(estimator: Any, y: Any, name: str = "y") -> None:
    """Refuse a table whose columns have another order than the labels of a fitted estimator.

    The names are in the ``label_names_`` of the estimator, of the last step of a pipeline or of the
    best estimator of a search. Estimators without names are not checked.

    Raises
    ------
    ValueError
        If the names differ. The message gives the first difference.
    """
    known, given = _label_names_of(estimator), column_names(y)
    if known is not None and given is not None:
        check_label_names(known, given, name, f"{name}[list(estimator.label_names_)]")


def check_label_names(known: NamesLike, given: NamesLike, name: str, remedy: str) -> None:
    """Refuse as many names as there are labels, if the names or their order differ.

    The names 0, 1, 2, …, as the labels of a plain array have them, match any names.

    Raises
    ------
    ValueError
        If the names differ. The message gives the first difference.
    """
    if len(known) != len(given) or are_numbers(known) or are_numbers(given):
        return
    for number, (label, other) in enumerate(zip(map(str, known), map(str, given), strict=True)):
        if label != other:
            raise ValueError(
                f"{name} names its labels differently from fit: label {number} is {other!r} "
                f"instead of {label!r}; expected the labels of fit, in their order. Pass {remedy}, "
                f"or {name}.to_numpy() to match them by position"
            )


def _label_names_of(estimator: Any) -> NamesLike | None:
    names: NamesLike | None = getattr(estimator, "label_names_", None)
    if names is not None:
        return names
    if hasattr(estimator, "best_estimator_"):
        return _label_names_of(estimator.best_estimator_)
    steps = getattr(estimator, "steps", None)
    return _label_names_of(steps[-1][1]) if isinstance(steps, list) and steps else None


def are_numbers(names: NamesLike) -> bool:
    """Tell whether the labels are named 0, 1, 2, …, as the labels of a plain array are."""
    return list(map(str, names)) == [str(number) for number in range(len(names))]


def _axis_names(values: Any, axis: Literal[0, 1]) -> list[Any] | None:
    """Return the names along one axis of a table, or None if it has no names or default names."""
    names = row_ids(values) if axis == 0 else column_names(values)
    if axis == 1 and isinstance(values, pd.DataFrame):
        names = values.columns
    if names is None or isinstance(names, pd.RangeIndex) and _is_default(names):
        return None
    return list(names)
