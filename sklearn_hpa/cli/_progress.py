"""Progress of a command: a bar on a terminal, lines in a log, and the work that is kept."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from .._common.messages import plural
from .._common.progress import Step, told_to
from ._output import complain, is_terminal, log, logged_to

#: Number of lines in which each kind of work is reported.
LINES = 20


def add_progress(command: argparse.ArgumentParser) -> None:
    """Add the options of progress to a command."""
    command.add_argument(
        "--verbose",
        action="store_true",
        help="show progress also where standard error is no terminal: a line every 5 %%",
    )
    command.add_argument(
        "--log",
        type=Path,
        metavar="FILE",
        help="add the progress, a line every 5 %% with the time, and all messages to this file",
    )


class Progress:
    """Progress of one command, as a listener of `sklearn_hpa._common.progress`.

    Parameters
    ----------
    lines : bool
        Whether to write lines to standard error.
    bar : bool
        Whether to show a bar on standard error.

    Attributes
    ----------
    rows : (int, int, int) or None
        Number of images that were found in the cache, that are done, and of all images.
    n_trainings : int
        Number of trainings that have begun.
    planned : int
        Number of all trainings.
    part : str
        Part of the work, such as "fold 1 of 5".
    cache : str or None
        Folder in which rows are cached.
    checkpoint : Path or None
        Folder in which trainings are kept.
    """

    def __init__(self, *, lines: bool = False, bar: bool = False):
        self.lines = lines
        self.bar = bar
        self.rows: tuple[int, int, int] | None = None
        self.n_trainings = 0
        self.planned = 1
        self.part = ""
        self.cache: str | None = None
        self.checkpoint: Path | None = None
        self._bar: Any = None
        self._activity = ""
        self._began = 0.0
        self._from = self._told = 0.0

    def __call__(self, step: Step) -> None:
        if step.unit == "image":
            self.rows = (step.found, step.done, step.total)
            self._tell(
                step.activity,
                step.done / max(step.total, 1),
                f"{step.activity}: {step.done} of {plural(step.total, 'image')}",
                step.unit,
                step.done,
                step.total,
            )
        elif step.unit == "epoch":
            self.n_trainings += step.done == 0
            number = min(self.n_trainings, self.planned)
            epochs = f"epoch {step.done} of at most {step.total}"
            text = f"training: {epochs}"
            if self.planned > 1:
                text = f"training {number} of {self.planned}: {epochs}"
            if self.part:
                text += f", {self.part}"
            fraction = (number - 1 + step.done / step.total) / self.planned
            if self.planned > 1:
                self._tell("training", fraction, text, "training", number, self.planned)
            else:
                self._tell("training", fraction, text, "epoch", step.done, step.total)

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()
        self._bar, self._activity = None, ""

    def kept(self) -> list[str]:
        """Return a sentence for each kind of work that an interrupt leaves on the disk."""
        sentences = []
        if self.rows is not None and self.cache is not None:
            _, done, total = self.rows
            sentences.append(
                f"kept: the rows of {done} of {plural(total, 'image')}, in the cache {self.cache}"
            )
        elif self.rows is not None:
            sentences.append("no row of an image is kept, because there is no cache")
        if self.n_trainings and self.checkpoint is not None:
            sentences.append(
                f"kept: what is trained so far, up to training {self.n_trainings} of "
                f"{self.planned}, in {self.checkpoint}"
            )
        elif self.n_trainings:
            sentences.append("the trainings are not kept, because they began without --resume")
        return sentences

    def _tell(
        self, activity: str, fraction: float, text: str, unit: str, done: int, total: int
    ) -> None:
        now = time.monotonic()
        if activity != self._activity:
            self.close()
            self._activity, self._began = activity, now
            self._from, self._told = fraction, -1.0
        if self.bar:
            if self._bar is None:
                self._bar = tqdm(desc=activity, total=total, unit=unit, initial=done, leave=False)
            self._bar.update(done - self._bar.n)
        mark = int(fraction * LINES + 1e-9) / LINES
        if mark <= self._told and not (fraction >= 1 > self._told):
            return
        self._told = mark
        elapsed = now - self._began
        if self._from < fraction < 1:
            left = elapsed * (1 - fraction) / (fraction - self._from)
            text += f" ({int(100 * fraction)}%), {_clock(elapsed)}, about {_clock(left)} left"
        else:
            text += f" ({int(100 * fraction)}%), {_clock(elapsed)}"
        log(text)
        if self.lines and not self.bar:
            complain(text, logged=False)


@contextmanager
def shown_progress(options: argparse.Namespace) -> Iterator[Progress]:
    """Show the progress of a command while the block runs, and write it to the log.

    Call it after the checks of the outputs: the log is one of them.
    """
    bar = is_terminal(sys.stderr)
    progress = options.progress = Progress(lines=options.verbose, bar=bar)
    # The program closes the log after its last message.
    stack = ExitStack() if options.stack is None else options.stack
    stack.enter_context(logged_to(options.log))
    with told_to(progress):
        log(f"$ {command_line(options)}")
        try:
            yield progress
        finally:
            progress.close()


def what_is_kept(options: argparse.Namespace) -> list[str]:
    """Return sentences that say what an interrupted command has left, and how to go on."""
    progress = options.progress
    if progress is None or progress.rows is None:
        return []
    more = ["--resume"] if hasattr(options, "resume") else []
    return [*progress.kept(), f"go on with: {command_line(options, *more)}"]


def command_line(options: argparse.Namespace, *more: str) -> str:
    """Return the command as it was typed, with further words."""
    words = [*options.words, *(word for word in more if word not in options.words)]
    return shlex.join([*options.prog.split(maxsplit=1)[:1], *words])


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
