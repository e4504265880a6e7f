"""Tests that the benchmarks run; timings are not tested, because they vary."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
KINDS = {
    "training": {"skorch", "Keras", "MLPClassifier", "fused loop", "lower bound", "fresh gradient"},
    "prediction": {"skorch", "Keras", "MLPClassifier"},
    "reading": {"imageio loop", "bare decoder", "cold"},
    "search": {"no cache, plain skorch"},
    "streaming": {"reading and training"},
    "patterns": {"mahotas, call by call", "mahotas, blurred once"},
    "imports": {"skorch"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_is_measured_next_to_every_peer(kind, tmp_path):
    command = [sys.executable, "-m", "benchmarks", "--size", "small", "--pairs", "1"]
    files = ["--csv", str(tmp_path / "b.csv"), "--plot", str(tmp_path / "b.png")]
    files += ["--table", str(tmp_path / "t.csv")]
    done = subprocess.run(
        [*command, "--only", kind, *files],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "b.csv")
    assert set(table["peer"]) == KINDS[kind]
    measured = table[~table["note"].astype(str).str.contains("not installed")]
    assert (measured[["ours_s", "theirs_s", "ratio"]] > 0).all(axis=None)
    assert len(pd.read_csv(tmp_path / "t.csv")) == len(measured)
    assert (tmp_path / "b.png").stat().st_size > 1000


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc/self/status")
def test_growth_is_told_with_its_exponent(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "--size", "small", "--growth"]
    done = subprocess.run(
        [*command, "--csv", str(tmp_path / "g.csv")],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "g.csv")
    assert len(table) == 3 * table["row"].nunique() == 15
    assert done.stdout.count("exponent") == 5
