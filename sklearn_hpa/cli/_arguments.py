"""Parsers of command line arguments."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from .._common.messages import did_you_mean
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


def folds(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 2:
        raise argparse.ArgumentTypeError(f"expected a number of folds, at least 2, got {text!r}")
    return number


def part(text: str) -> float | int:
    """Return a fraction of the images, or a number of images."""
    try:
        number: float | int = int(text) if text.isdecimal() else float(text)
    except ValueError:
        number = 0
    if not (0 < number < 1 or (isinstance(number, int) and number >= 1)):
        raise argparse.ArgumentTypeError(
            f"expected a fraction such as 0.2 or a number of images, got {text!r}"
        )
    return number


def one_of(names: Iterable[str]) -> Callable[[str], str]:
    """Return a parser of one of these names, which suggests the nearest name."""
    names = list(names)

    def choice(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(
                f"expected {' or '.join(names)}, got {text!r}{did_you_mean(text, names)}"
            )
        return text

    return choice


def metrics(text: str) -> tuple[str, ...]:
    """Return names of metrics; the name of a scorer of `SCORERS` means its metric."""
    from ..metrics import METRICS

    by_name = {name: each.name for each in METRICS for name in (each.name, each.scorer_name)}
    unknown = [name for name in words(text) if name not in by_name]
    if unknown or not words(text):
        hint = did_you_mean(unknown, by_name) or "."
        raise argparse.ArgumentTypeError(
            f"no metric {', '.join(unknown) or 'is named'}{hint} The "
            f"metrics are {', '.join(each.name for each in METRICS)}"
        )
    return tuple(dict.fromkeys(by_name[name] for name in words(text)))


def thresholds(text: str) -> str | float | None:
    """Return a strategy of thresholds, one threshold, or None for "none"."""
    from ..metrics import METRICS

    if text == "none":
        return None
    scorers = [each.name for each in METRICS if each.response_method == "predict"]
    if text in (names := ["prevalence", "f1", *scorers]):
        return text
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(
            f"expected none, {', '.join(names)} or a number from 0 to 1, got "
            f"{text!r}{did_you_mean(text, names)}"
        )
    return number


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


def separator(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\t", "\t")


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
