"""The program: its commands, its messages and its exit codes."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

import sklearn_hpa

from ..exceptions import TrainingInterruptedWarning
from ._demo import add_demo
from ._evaluate import add_evaluate
from ._fit import add_fit
from ._output import complain, discard, flush, streams_for_others, write
from ._predict import add_predict


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        with suppress(OSError):
            write(file, message)
            flush()


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
    options = parser.parse_args(words)

    def say(message: object) -> None:
        text = str(message).replace("on_error='warn'", "--on-error warn")
        complain(f"{options.prog}: {text}")

    warned: set[str] = set()
    interrupted: list[Warning] = []

    def show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
        if isinstance(message, TrainingInterruptedWarning):
            interrupted.append(message)
        if str(message) not in warned:
            warned.add(str(message))
            say(f"warning: {message}")

    try:
        with streams_for_others(), warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = show_warning
            options.interrupted = interrupted
            options.run(options)
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
        return 130
    return 130 if interrupted else 0


def _with_notes(error: Exception) -> str:
    return " ".join([str(error), *(f"({note})" for note in getattr(error, "__notes__", ()))])


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, with a sub-parser for each command."""
    parser = _Parser(
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
        command.set_defaults(run=run, prog=command.prog, command=command)
        return command

    for add_command in (add_demo, add_fit, add_evaluate, add_predict):
        add_command(add)
    return parser
