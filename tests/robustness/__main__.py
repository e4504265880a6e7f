"""All robustness checks, and a table of each promise and its figure.

``python -m tests.robustness`` takes less than half an hour on two cores. The extra ``qa`` installs
the independent decoders that damaged TIFF files are compared with.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

from . import bits, images, kills, loading, planting
from .promises import Promise, table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.robustness", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="random seed (default: 0)")
    parser.add_argument("--images", type=int, default=10_000, help="number of damaged images")
    parser.add_argument("--kills", type=int, default=240, help="number of killed processes")
    parser.add_argument("--models", type=int, default=120, help="number of hostile model files")
    parser.add_argument("--no-bits", action="store_true", help="leave out the trainings")
    options = parser.parse_args()
    checks: dict[str, Callable[[], list[Promise]]] = {
        "images": lambda: images.check(options.seed, options.images),
        "kills": lambda: kills.check(options.seed, options.kills),
        "models": lambda: loading.check(options.seed, options.models),
        "caches": planting.check,
        "bits": lambda: [] if options.no_bits else bits.check(),
    }
    promises = []
    for name, check in checks.items():
        start = time.monotonic()
        if getattr(options, name, 1):
            promises += check()
            print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    print(table(promises))
    return 1 if any(promise.kept is False for promise in promises) else 0


if __name__ == "__main__":
    sys.exit(main())
