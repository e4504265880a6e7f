"""Checks of fitted attributes that were read from a file."""

from __future__ import annotations

from typing import Any

import numpy as np

from .messages import shortened


def check_numbers(array: Any, name: str, shape: tuple[int, ...], kinds: str = "biuf") -> None:
    """Refuse anything but an array of finite numbers of the expected shape.

    Raises
    ------
    ValueError
        If `array` is no array of numbers, has another shape, or holds a value that is not finite.
    """
    if not isinstance(array, np.ndarray) or array.dtype.kind not in kinds:
        raise ValueError(f"{name} is no array of numbers")
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, expected {shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds values that are not finite")


def check_names(array: Any, name: str, length: int) -> None:
    """Refuse anything but an array of `length` names or numbers of columns.

    Raises
    ------
    ValueError
        If `array` is no 1-d array of texts or numbers, or has another length.
    """
    if not isinstance(array, np.ndarray) or array.ndim != 1:
        raise ValueError(f"{name} is no 1-d array")
    if len(array) != length:
        raise ValueError(f"{name} has {len(array)} names, expected {length}")
    if array.dtype == object:
        others = [each for each in array if not isinstance(each, str | int | float | np.generic)]
        if others:
            raise ValueError(f"{name} holds {shortened(repr(others[0]), longest=60)}, no name")


def check_classes(classes: Any, n_labels: int) -> None:
    """Refuse anything but the classes 0 and 1 of each label.

    Raises
    ------
    ValueError
        If `classes` is not [0, 1] for each of the labels.
    """
    check_numbers(classes, "classes_", (n_labels, 2))
    if not (classes == [0, 1]).all():
        raise ValueError("classes_ must be [0, 1] for each label")
