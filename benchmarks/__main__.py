"""Compare the time of this library with the time of alternative tools.

    python -m benchmarks                      # all benchmarks at full size
    python -m benchmarks --size small         # a short test run of a few seconds
    python -m benchmarks --only training      # one kind of rows

Contenders run in alternating turns, in this process and on the same arrays. A ratio is the median
over pairs of turns, with the minimum and the maximum. Absolute times are not reliable on a shared
machine. Peers that are not installed are reported: pip install ".[bench]".
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
    parser.add_argument("--pairs", type=int, default=5, help="pairs of turns, more if short")
    parser.add_argument("--growth", action="store_true", help="measure three numbers of samples")
    parser.add_argument("--csv", type=Path, help="csv file for the full table")
    parser.add_argument("--table", type=Path, help="csv file with few columns")
    parser.add_argument("--plot", type=Path, help="image file for the figure")
    options = parser.parse_args(arguments)
    print(f"{os.cpu_count()} cores, {n_threads()} threads of torch, {options.pairs} pairs")
    if options.growth:
        grown = []
        for each in growth(options.size):
            grown.append(each)
            print(each, flush=True)
        if options.csv:
            growth_frame(grown).to_csv(options.csv, index=False)
        return 0
    results = []
    quick = {} if options.size == "full" else {"pause": 0, "more": 1}
    try:
        for kind in options.only or KINDS:
            for row in KINDS[kind](options.size):
                for result in hold(row, options.pairs, **quick):
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
