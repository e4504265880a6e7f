"""Checks that two tables have the same rows, columns or labels in the same order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .tables import column_names, row_ids

#: Names of columns or labels, in their order.
NamesLike: TypeAlias = Sequence[Any] | NDArray[Any] | pd.Index


def check_aligned(X: Any, y: Any) -> None:
    """Refuse images and labels that share Ids in a different order.

    Raises
    ------
    ValueError
        If the Ids of a row differ. The message names the first such row.
    """
    of_X, of_y = row_ids(X), row_ids(y)
    if of_X is None or of_y is None or of_X.equals(of_y) or not of_X.isin(of_y).any():
        return
    row = int(np.argmax(of_X != of_y))
    raise ValueError(
        f"the rows of X and y are not the same samples: row {row} is {of_X[row]!r} in X and "
        f"{of_y[row]!r} in y. Bring them to one order, such as y.loc[X.index]"
    )


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


def are_numbers(names: NamesLike) -> bool:
    """Tell whether the labels are named 0, 1, 2, …, as the labels of a plain array are."""
    return list(map(str, names)) == [str(number) for number in range(len(names))]


def _axis_names(values: Any, axis: Literal[0, 1]) -> list[Any] | None:
    """Return the names along one axis of a table, or None if it has no names or default names."""
    names = row_ids(values) if axis == 0 else column_names(values)
    if axis == 1 and isinstance(values, pd.DataFrame):
        names = values.columns
    if names is None or isinstance(names, pd.RangeIndex):
        return None
    return list(names)
