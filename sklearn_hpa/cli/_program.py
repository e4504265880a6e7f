"""The program: its commands, its messages and its exit codes."""

from __future__ import annotations

import argparse
import re
import sys
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import sklearn_hpa

from .._common.messages import plural
from ..exceptions import TrainingInterruptedWarning
from ._demo import add_demo
from ._evaluate import add_evaluate
from ._fit import add_fit
from ._info import add_info
from ._output import complain, discard, flush, streams_for_others
from ._parser import Parser
from ._predict import add_predict
from ._progress import what_is_kept
from ._wording import in_options


def main(words: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    The exit codes are

    - 0: success,
    - 1: an input that cannot be used; a line on stderr explains the error,
    - 2: wrong usage of the command,
    - 130: an interrupt; an interrupted training is saved at its last state,
    - 141: a closed output, as in ``sklearn-hpa evaluate … | head``.

    Parameters
    ----------
    words : sequence of str, optional
        The arguments. By default ``sys.argv[1:]``.

    Returns
    -------
    int
        The exit code.
    """
    parser = make_parser()
    words = list(sys.argv[1:] if words is None else words)
    options = parser.parse_args(words)
    options.words = words
    with ExitStack() as options.stack:
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    """Run the command of the options, and return its exit code."""

    def say(message: object) -> None:
        complain(f"{options.prog}: {in_options(str(message))}")

    warned: set[str] = set()
    repeated = 0
    interrupted: list[Warning] = []

    def show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
        nonlocal repeated
        if isinstance(message, TrainingInterruptedWarning):
            interrupted.append(message)
        text = str(message)
        if text in warned:
            return
        # Folds repeat a warning with other numbers.
        kind = re.sub(r"\d+", "0", text.split(": ")[0])
        progress = options.progress
        if kind in warned and progress is not None and progress.planned > 1:
            repeated += 1
        else:
            say(f"warning: {text}")
        warned.update((text, kind))

    try:
        with streams_for_others(), warnings.catch_warnings():
            warnings.simplefilter("always")
            # joblib warns after an interrupt.
            warnings.filterwarnings("ignore", ".* tasks which were still being processed")
            warnings.showwarning = show_warning
            options.interrupted = interrupted
            options.run(options)
            if repeated:
                say(
                    f"warning: {plural(repeated, 'further warning')} like these, of other trainings"
                )
            flush()
    except BrokenPipeError:
        discard(sys.stdout)
        return 141
    except (ValueError, TypeError, OSError) as error:
        say(_with_notes(error))
        return 1
    except Exception as error:
        say(f"{type(error).__name__}: {_with_notes(error)}")
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        for sentence in what_is_kept(options):
            say(sentence)
        return 130
    return 130 if interrupted else 0


def _with_notes(error: Exception) -> str:
    return " ".join([str(error), *(f"({note})" for note in getattr(error, "__notes__", ()))])


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, with a sub-parser for each command."""
    parser = Parser(
        prog="sklearn-hpa",
        description="Where in the cell is the protein? Multi-label classification of Human "
        "Protein Atlas images.",
    )
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {sklearn_hpa.__version__}"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, run: Any, summary: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(
            run=run,
            prog=command.prog,
            command=command,
            command_name=name,
            words=[],
            progress=None,
            stack=None,
        )
        return command

    for add_command in (add_demo, add_fit, add_evaluate, add_predict, add_info):
        add_command(add)
    return parser
