"""Hostile model files: no code runs, nothing is written, memory and time are bounded."""

from __future__ import annotations

import json
import subprocess
import sys

from .promises import Promise, none_of


def check(seed: int, count: int) -> list[Promise]:
    """Load `count` hostile model files in processes of a fresh Python."""
    run = subprocess.run(
        [sys.executable, "-m", f"{__package__}.models", str(seed), str(count)],
        check=True,
        capture_output=True,
        text=True,
    )
    results = [json.loads(line) for line in run.stdout.splitlines()]
    faults = [f"{result['kind']}: {fault}" for result in results for fault in result["faults"]]
    if len(results) != count:
        faults.append(f"{len(results)} of {count} were loaded")
    slowest = max(result["seconds"] for result in results)
    largest = max(result["bytes"] for result in results)
    kinds = len({result["kind"] for result in results})
    return [
        none_of("hostile models: code run, files written, unbounded or unnamed", faults, count),
        Promise("hostile models: kinds", f"{kinds}"),
        Promise("hostile models: most seconds", f"{slowest:.1f}", slowest <= 10),
        Promise("hostile models: most memory", f"{largest / 2**20:.0f} MiB", largest <= 2**30),
    ]
