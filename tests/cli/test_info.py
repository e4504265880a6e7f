"""Tests of the command ``info``."""

import json
import zipfile
from hashlib import sha256

import pytest

from sklearn_hpa import load, save
from sklearn_hpa.cli import _info
from sklearn_hpa.persistence import TRAINING

from .running import FAST, run


@pytest.fixture(scope="module")
def studied(folder, tmp_path_factory):
    from sklearn_hpa.cli import main

    path = tmp_path_factory.mktemp("info") / "model.skops"
    options = ["--cv", "2", "--thresholds", "f1", "--calibrate", "--set", "thresholds__cv=2"]
    options += ["--set", "calibration__cv=2", "--metrics", "f1_macro,exact_match_accuracy"]
    assert main(["fit", str(folder), "--output", str(path), *FAST, *options]) == 0
    return path


def with_record(model, path, text):
    """A copy of a model file with another record of its training."""
    with zipfile.ZipFile(model) as old, zipfile.ZipFile(path, "w") as new:
        for member in old.infolist():
            if member.filename != TRAINING:
                new.writestr(member, old.read(member))
        new.writestr(TRAINING, text)
    return path


def test_info_describes_the_model_and_its_training(studied, capsys):
    code, out, err = run("info", studied, capsys=capsys)
    assert (code, err) == (0, "")
    for text in (
        sha256(studied.read_bytes()).hexdigest(),
        "4: Nucleoplasm, ",
        "pixels, 192 columns, of red, green, blue, images of size 8",
        "2 epochs, loss bce",
        "thresholds  f1: Nucleoplasm 0.",
        "calibrated  sigmoid",
        "versions    sklearn-hpa ",
        "on 24 images, seed 0",
        "cross-validation in 2 folds of 24 images",
        "mean ± sd",
    ):
        assert text in out
    assert [line.split()[0] for line in out.splitlines()[-2:]] == [
        "f1_macro",
        "exact_match_accuracy",
    ]


def test_json_has_the_same_for_programs(studied, capsys):
    code, out, _ = run("info", studied, "--json", capsys=capsys)
    described = json.loads(out)
    assert code == 0 and described["sha256"] == sha256(studied.read_bytes()).hexdigest()
    assert described["labels"] == load(studied).classifier.label_names_.tolist()
    assert described["training"]["n_images"] == 24 and described["training"]["seed"] == 0
    table = described["training"]["scores"]["table"]
    assert list(table) == [
        *("fold_1", "fold_2", "mean", "sd"),
        *("no_label", "most_frequent_set", "priors"),
    ]
    folds = [table[name]["f1_macro"] for name in ("fold_1", "fold_2")]
    assert table["mean"]["f1_macro"] == pytest.approx(sum(folds) / 2)


def test_no_network_of_torch_is_built(studied, monkeypatch, capsys):
    monkeypatch.setattr("sklearn_hpa.neural_network._network.build_network", None)
    assert run("info", studied, capsys=capsys)[0] == 0


def test_a_model_that_python_saved_has_no_record(studied, tmp_path, capsys):
    path = save(load(studied), tmp_path / "again.skops")
    code, out, err = run("info", path, capsys=capsys)
    assert (code, err) == (0, "") and "training    not recorded" in out
    assert json.loads(run("info", path, "--json", capsys=capsys)[1])["training"] is None


def test_a_training_without_scores_says_so(model, capsys):
    code, out, _ = run("info", model, capsys=capsys)
    assert code == 0 and "scores      none: fit had neither --cv nor --test-size" in out


def test_control_characters_of_a_record_are_escaped(studied, tmp_path, capsys):
    record = _info.describe(studied)["training"]
    record["date"] = "\x1b[2J" + "x" * 10_000
    record["scores"]["table"]["\x1b]0;a\x07"] = record["scores"]["table"].pop("fold_1")
    path = with_record(studied, tmp_path / "m.skops", json.dumps(record))
    for options in ([], ["--json"]):
        code, out, _ = run("info", path, *options, capsys=capsys)
        assert code == 0 and "\x1b" not in out and "\x07" not in out and len(out) < 5000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        "null",
        "{}",
        '{"date": 1, "n_images": "x", "n_groups": null, "seed": null, "scores": null}',
        '{"date": 1, "n_images": 1, "n_groups": null, "seed": 0, "scores": {"table": 3, "of": 1}}',
        '{"a":' * 100 + "1" + "}" * 100,
        " " * 1_000_001,
    ],
)
def test_a_damaged_record_is_one_line(model, tmp_path, capsys, text):
    path = with_record(model, tmp_path / "m.skops", text)
    code, _, err = run("info", path, capsys=capsys)
    assert code == 1 and "damaged" in err and err.count("\n") == 1
    assert load(path).classifier.label_names_.tolist()  # other commands do not need the record


def test_a_file_that_is_no_model_is_one_line(folder, tmp_path, capsys):
    for path, message in (
        (tmp_path / "none.skops", "no model at"),
        (folder / "train.csv", "is not a skops file"),
    ):
        code, out, err = run("info", path, capsys=capsys)
        assert (code, out) == (1, "") and message in err and err.count("\n") == 1
