"""Tests of the command ``demo``."""

import pandas as pd
import pytest

from .running import run


@pytest.mark.slow
def test_demo_leaves_a_model_a_report_and_predictions(tmp_path, capsys):
    folder = tmp_path / "demo"
    code, out, err = run("demo", folder, "--images", 40, capsys=capsys)
    assert (code, err) == (0, "")
    for name in ("model.skops", "report.csv", "predictions.csv"):
        assert (folder / name).is_file() and str(folder / name) in out
    assert len(pd.read_csv(folder / "predictions.csv")) == 10


def test_demo_does_not_write_into_a_folder_that_holds_something(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("all of it")
    code, _, err = run("demo", tmp_path, capsys=capsys)
    assert code == 1 and "exists already; name another folder" in err
