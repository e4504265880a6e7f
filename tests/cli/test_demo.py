"""Tests of the demonstration."""

import contextlib
import inspect
import io
import re

import numpy as np
import pandas as pd
import pytest

from sklearn_hpa import MultiLabelMLPClassifier, PatternFeatures, load
from sklearn_hpa.cli import _demo, main
from sklearn_hpa.datasets import load_hpa
from sklearn_hpa.metrics import exact_match_accuracy_score

from ..report.reading import read_page
from .interrupting import InterruptAt
from .running import run


def defaults():
    """Default values of the classifier's parameters."""
    return inspect.unwrap(MultiLabelMLPClassifier.__init__).__kwdefaults__


def make_quick(patch):
    """Few epochs, small images."""
    patch.setitem(defaults(), "max_epochs", 2)
    patch.setattr(_demo, "_EPOCHS", 2)
    patch.setattr(_demo, "_MEASURED_SIZE", 32)


def run_quickly(folder):
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        make_quick(patch)
        patch.setenv("SKLEARN_HPA_CACHE", str(folder.with_name("cache")))
        with contextlib.redirect_stderr(io.StringIO()) as err:
            code = main(["demo", str(folder), "--images", "24", "--seed", "1"])
    return folder, code, out.getvalue(), err.getvalue()


@pytest.fixture
def quick(monkeypatch):
    make_quick(monkeypatch)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return run_quickly(tmp_path_factory.mktemp("cli") / "demo")


def test_the_numbers_that_are_printed_are_on_the_page_and_in_the_csv(demo):
    folder, code, out, err = demo
    assert (code, err) == (0, "")
    page = read_page((folder / "index.html").read_text(encoding="utf-8"))
    report = pd.read_csv(folder / "report.csv", index_col="measure")
    assert report.columns.tolist() == [
        *("patterns", "pixels"),
        *("no_label", "most_frequent_set", "priors"),
    ]
    rows = dict(
        re.findall(r"^(patterns|the paper's network on pixels|base.*?) {2,}([-\d. ]+)$", out, re.M)
    )
    names = {"patterns": "patterns", "the paper's network on pixels": "pixels"}
    names |= {"baseline: no label": "no_label", "baseline: label frequencies": "priors"}
    names |= {"baseline: most frequent label set": "most_frequent_set"}
    assert set(rows) == set(names)
    metrics = ["exact_match_accuracy", "proportional_accuracy", "f1_macro"]
    metrics += ["average_precision_macro"]
    shown = [text for name, _, texts in page.elements if name == "td" for text in ["".join(texts)]]
    for row, name in names.items():
        printed = rows[row].split()
        expected = [f"{value:.3f}" for value in report.loc[metrics, name]]
        assert printed == [value.replace("nan", "-") for value in expected]
        start = 4 * list(rows).index(row)
        assert shown[start : start + 4] == [value.replace("nan", "–") for value in expected]


def test_the_model_and_the_predictions_are_those_of_the_report(demo):
    folder = demo[0]
    pipe = load(folder / "model.skops")
    assert type(pipe.images) is PatternFeatures and pipe.images.n_jobs is None
    names = pipe.classifier.label_names_.tolist()
    X, y = load_hpa(folder / "test", labels=names, return_X_y=True)
    predicted = pipe.predict(X)
    report = pd.read_csv(folder / "report.csv", index_col="measure")
    score = exact_match_accuracy_score(y, predicted)
    assert score == pytest.approx(report.loc["exact_match_accuracy", "patterns"])
    written = pd.read_csv(folder / "predictions.csv", keep_default_na=False)
    assert written["Id"].tolist() == X.index.tolist()
    assert written["Predicted"].tolist() == pipe.named_labels(predicted).str.join("|").tolist()
    np.testing.assert_allclose(written[names], pipe.predict_proba(X), rtol=1e-5)


def test_the_seed_decides_on_everything(demo, tmp_path):
    folder, *_ = run_quickly(tmp_path / "demo")
    for name in ("index.html", "report.csv", "predictions.csv"):
        assert (folder / name).read_bytes() == (demo[0] / name).read_bytes(), name


def test_each_step_is_told_with_its_time(demo):
    out = demo[2]
    assert len(re.findall(r"^\S.* \.\.\. \d+\.\d s$", out, re.M)) == 4
    for name in ("model.skops", "report.csv", "predictions.csv", "index.html"):
        assert str(demo[0] / name) in out
    assert "Golgi apparatus" in out


def test_no_row_is_cached(demo):
    assert not demo[0].with_name("cache").exists()


def test_a_folder_that_holds_something_is_not_written_to(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("all of it")
    code, _, err = run("demo", tmp_path, capsys=capsys)
    assert code == 1 and "exists already; name another folder" in err


@pytest.mark.parametrize("where", ["make_hpa_images", "fit"])
def test_an_interrupt_leaves_a_clear_line(quick, where, monkeypatch, tmp_path, capsys):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    owner = "sklearn_hpa.datasets" if where == "make_hpa_images" else "sklearn_hpa.HPAPipeline"
    monkeypatch.setattr(f"{owner}.{where}", interrupt)
    code, out, err = run("demo", tmp_path / "d", "--images", 24, capsys=capsys)
    assert code == 130 and out.endswith(" ... \n")
    assert err == (
        f"sklearn-hpa demo: interrupted; {tmp_path / 'd'} is incomplete: delete it, then the same "
        "command starts again\n"
    )


def test_an_interrupt_of_a_later_epoch_ends_the_demo_too(quick, monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(defaults(), "callbacks", [InterruptAt(1)])
    monkeypatch.setattr(_demo, "_MEASURED_SIZE", 16)
    code, _, err = run("demo", tmp_path / "d", "--images", 24, capsys=capsys)
    assert code == 130 and err.startswith("sklearn-hpa demo: interrupted; ")
    assert err.count("\n") == 1 and not (tmp_path / "d" / "model.skops").exists()
