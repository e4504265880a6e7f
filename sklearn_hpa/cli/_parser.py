"""The parser of the command line, whose errors are one line and suggest near names."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

from .._common.messages import did_you_mean, plural
from ._output import flush, write

_CHOICE = re.compile(r"invalid choice: '(?P<given>[^']*)' \(choose from (?P<known>.*)\)")


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, with the nearest option or value."""

    _words: Sequence[str] = ()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments; the words are kept, to suggest options in errors."""
        self._words = sys.argv[1:] if args is None else list(args)
        return super().parse_known_args(args, namespace)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments; unknown ones are an error of the command that they were given to."""
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            command = getattr(options, "command", self)
            command.error(
                f"unknown {plural(len(unknown), 'argument').split(' ', 1)[1]}: {' '.join(unknown)}"
            )
        return options

    def error(self, message: str) -> NoReturn:
        """Exit with code 2 and one line, which suggests near names."""
        if choice := _CHOICE.search(message):
            known = re.findall(r"[\w.-]+", choice["known"])
            message += did_you_mean(choice["given"], known)
        options = [name for action in self._actions for name in action.option_strings]
        given = [word.split("=")[0] for word in self._words if word.startswith("--")]
        wrong = [name for name in given if not any(option.startswith(name) for option in options)]
        if wrong and not _CHOICE.search(message):
            unknown = "" if "unknown" in message else f"; there is no {', '.join(wrong)}"
            message += unknown + did_you_mean(wrong, options)
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        with suppress(OSError):
            write(file, message)
            flush()
