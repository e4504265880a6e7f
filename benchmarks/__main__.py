"""Our time beside that of what a user would otherwise run.

    python -m benchmarks                      # everything, at full size
    python -m benchmarks --size small         # in seconds, to see that it runs
    python -m benchmarks --only training      # one kind of rows

Contenders take turns, in this process and on the same arrays. A ratio is the median over pairs of
turns, with the least and the greatest: absolute times say little on a machine that others use too.
Peers that are not installed are named: pip install ".[bench]".
"""

from __future__ import annotations

import argparse
import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from .contest import Row, hold
from .growth import as_frame as growth_frame
from .growth import growth
from .images import reading_rows, searching
from .imports import imports
from .networks import n_threads, prediction, training
from .patterns import patterns
from .report import as_frame, as_table, plot, show
from .streaming import streaming

KINDS: dict[str, Callable[[str], Iterator[Row]]] = {
    "training": training,
    "prediction": prediction,
    "reading": reading_rows,
    "search": searching,
    "patterns": patterns,
    "streaming": streaming,
    "imports": imports,
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--size", choices=["full", "small"], default="full")
    parser.add_argument("--only", choices=list(KINDS), action="append", help="may be repeated")
    parser.add_argument("--pairs", type=int, default=5, help="turns of each, more if short")
    parser.add_argument("--growth", action="store_true", help="time and memory at three n instead")
    parser.add_argument("--csv", type=Path, help="a file for the table")
    parser.add_argument("--table", type=Path, help="a csv of few columns, for a page")
    parser.add_argument("--plot", type=Path, help="a file for a figure of it")
    options = parser.parse_args(arguments)
    print(f"{os.cpu_count()} cores, {n_threads()} threads of torch, {options.pairs} pairs")
    if options.growth:
        found = []
        for each in growth(options.size):
            found.append(each)
            print(each, flush=True)
        if options.csv:
            growth_frame(found).to_csv(options.csv, index=False)
        return 0
    results = []
    hasty = {} if options.size == "full" else {"pause": 0, "more": 1}
    try:
        for kind in options.only or KINDS:
            for row in KINDS[kind](options.size):
                for result in hold(row, options.pairs, **hasty):
                    results.append(result)
                    print(show(result), flush=True)
    except KeyboardInterrupt:
        print("interrupted")
    frame = as_frame(results)
    if options.csv:
        frame.to_csv(options.csv, index=False)
    if options.table:
        as_table(frame).to_csv(options.table, index=False)
    if options.plot:
        plot(frame, options.plot)
    return 0


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*no positive example.*")
        raise SystemExit(main())
