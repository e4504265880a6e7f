"""Tests of the command ``evaluate``."""

import pandas as pd
import pytest

from sklearn_hpa import (
    load,
)
from sklearn_hpa.datasets import load_hpa

from .running import FAST, run


def test_evaluate_prints_the_report_with_its_baselines(folder, model, tmp_path, capsys):
    report = tmp_path / "report.csv"
    code, out, err = run("evaluate", model, folder, "--output", report, capsys=capsys)
    assert (code, err) == (0, "")
    for word in ("proportional_accuracy", "label_accuracy", "no_label", "most_frequent_set"):
        assert word in out
    table = pd.read_csv(report, index_col=0)
    y = load_hpa(folder, labels="present").target
    expected = load(model).score(load_hpa(folder).images, y)
    assert table.loc["exact_match_accuracy", "model"] == pytest.approx(expected)


def test_evaluate_takes_the_labels_of_the_model_from_any_csv(folder, model, tmp_path, capsys):
    y = load_hpa(folder).target
    csv = tmp_path / "names.csv"
    names = [";".join(y.columns[row == 1]) for row in y.to_numpy()]
    pd.DataFrame({"Id": y.index, "Target": names}).to_csv(csv, index=False)
    _, by_number, _ = run("evaluate", model, folder, capsys=capsys)
    code, by_name, _ = run("evaluate", model, folder, "--csv", csv, capsys=capsys)
    assert (code, by_name) == (0, by_number)


def test_evaluate_warns_of_labels_that_the_model_does_not_know(folder, tmp_path, capsys):
    path = tmp_path / "model.skops"
    options = ["--labels", "Nucleoplasm,Cytosol"]
    run("fit", folder, "--output", path, *options, *FAST, capsys=capsys)
    code, _, err = run("evaluate", path, folder, capsys=capsys)
    y = load_hpa(folder, labels=["Nucleoli", "Plasma membrane"]).target
    affected = int(y.any(axis=1).sum())
    assert code == 0 and err.count("\n") == 1
    assert f"{affected} of 24 images have labels that the model does not know" in err


def test_evaluate_refuses_images_that_have_none_of_the_labels(folder, model, tmp_path, capsys):
    csv = tmp_path / "labels.csv"
    ids = load_hpa(folder).images.index
    pd.DataFrame({"Id": ids, "Target": "Aggresome"}).to_csv(csv, index=False)
    code, out, err = run("evaluate", model, folder, "--csv", csv, capsys=capsys)
    assert (code, out) == (1, "") and "no image has any of the model's labels" in err
