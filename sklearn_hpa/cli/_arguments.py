"""Parsers of command line arguments."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Callable
from typing import Any, TypeAlias

from .._images.inputs import HPA_CHANNELS

#: Adds a command to the program: its name, the function that runs it, and a summary.
AddCommand: TypeAlias = Callable[
    [str, Callable[[argparse.Namespace], None], str], argparse.ArgumentParser
]


def count(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a positive whole number, got {text!r}")
    return number


def demo_size(text: str) -> int:
    number = count(text)
    if number < 24:
        raise argparse.ArgumentTypeError(f"expected at least 24, got {text!r}")
    return number


def seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(
            f"expected a whole number from 0 to 2**32 - 1, got {text!r}"
        )
    return int(text)


def jobs(text: str) -> int:
    return -1 if text == "-1" else count(text)


def positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text!r}")
    return number


def channel_names(text: str) -> tuple[str, ...]:
    names = words(text)
    unknown = [name for name in names if name not in HPA_CHANNELS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"expected some of {','.join(HPA_CHANNELS)}, got {text!r}")
    return names


def words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def counts(text: str) -> tuple[int, ...]:
    if not words(text):
        raise argparse.ArgumentTypeError(f"expected numbers such as 32,64, got {text!r}")
    return tuple(count(word) for word in words(text))


def assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or "__" not in name:
        raise argparse.ArgumentTypeError(f"expected STEP__PARAM=VALUE, got {text!r}")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value
