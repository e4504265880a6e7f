"""Tests of the commands: output, files and exit codes."""

import os
import pty
import shutil
import subprocess
import sys
import termios
import warnings
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.pipeline import FeatureUnion, make_pipeline

from sklearn_hpa import (
    HPAPipeline,
    ImageFlattener,
    MultiLabelThresholdClassifier,
    PatternFeatures,
    load,
    save,
)
from sklearn_hpa.cli import main
from sklearn_hpa.cli._commands import _forget_machine
from sklearn_hpa.datasets import HPA_LABELS, load_hpa, make_hpa_images, save_hpa

from .running import run

FAST = ["--size", "8", "--max-epochs", "2", "--seed", "0"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    images, y = make_hpa_images(24, n_labels=4, size=64, random_state=0)
    return save_hpa(tmp_path_factory.mktemp("cli") / "cells", images, y)


@pytest.fixture(scope="module")
def model(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.skops"
    assert main(["fit", str(folder), "--output", str(path), "--labels", "present", *FAST]) == 0
    return path


# ---- fit --------------------------------------------------------------------------------------


def test_fit_saves_a_model_and_says_so_in_one_line(folder, tmp_path, capsys):
    path = tmp_path / "model.skops"
    code, out, err = run(
        "fit", folder, "--output", path, "--labels", "present", *FAST, capsys=capsys
    )
    assert (code, err) == (0, "")
    trained, cached = out.splitlines()
    assert trained == f"Trained on 24 images with 4 labels for 2 epochs; saved {path}"
    assert cached.startswith("Rows of the images are cached in ")
    pipe = load(path)
    assert type(pipe) is HPAPipeline and pipe.images.size == 8
    assert pipe.images.n_jobs is None and not pipe.images.verbose


def test_labels_without_an_image_are_warned_of_in_one_line(folder, tmp_path, capsys):
    code, _, err = run("fit", folder, "--output", tmp_path / "model.skops", *FAST, capsys=capsys)
    assert code == 0
    assert err.startswith("sklearn-hpa fit: warning: 24 of 28 labels have no positive example")
    assert err.count("\n") == 1


def test_every_main_option_and_set_reach_the_pipeline(folder, tmp_path, capsys):
    path = tmp_path / "model.skops"
    options = "--size 6 --channels green,blue --hidden-layer-sizes 8,4 --max-epochs 1"
    options += " --batch-size 5 --lr 0.01 --device cpu --seed 3 --labels Nucleoplasm,cytosol"
    options += " --set classifier__dropout=0.1 --set classifier__activation=tanh"
    options += " --set classifier__threshold=[0.2,0.3]"
    code, _, err = run("fit", folder, "--output", path, *options.split(), capsys=capsys)
    assert (code, err) == (0, "")
    params = load(path).get_params()
    expected = {
        "images__size": 6,
        "images__channels": ("green", "blue"),
        "classifier__hidden_layer_sizes": (8, 4),
        "classifier__max_epochs": 1,
        "classifier__batch_size": 5,
        "classifier__lr": 0.01,
        "classifier__device": "cpu",
        "classifier__random_state": 3,
        "classifier__dropout": 0.1,
        "classifier__activation": "tanh",
        "classifier__threshold": [0.2, 0.3],
    }
    assert {name: params[name] for name in expected} == expected
    assert load(path).classifier.label_names_.tolist() == ["Nucleoplasm", "Cytosol"]


def test_the_seed_makes_the_model_reproducible(folder, model, tmp_path, capsys):
    path = tmp_path / "model.skops"
    run("fit", folder, "--output", path, "--labels", "present", *FAST, capsys=capsys)
    X = load_hpa(folder).images
    np.testing.assert_array_equal(load(path).predict_proba(X), load(model).predict_proba(X))


@pytest.mark.slow
def test_fit_on_patterns_and_everything_after(folder, tmp_path, capsys):
    path, predictions = tmp_path / "model.skops", tmp_path / "predictions.csv"
    options = f"--features patterns --labels present {' '.join(FAST)} --size 16"
    options += " --max-epochs 1"  # a single epoch gives no warning
    for channels, expected in (
        ("", ("red", "green", "blue", "yellow")),
        ("--channels green,blue", ("green", "blue")),
    ):
        words = f"{options} {channels}".split()
        code, out, err = run("fit", folder, "--output", path, *words, capsys=capsys)
        assert (code, err) == (0, "") and out.startswith("Trained on 24 images")
        patterns = load(path).images
        assert type(patterns) is PatternFeatures and patterns.channels_ == expected
        assert patterns.size == 16 and patterns.n_jobs is None
        code, _, err = run("evaluate", path, folder, capsys=capsys)
        assert (code, err) == (0, "")
    code, _, err = run("predict", path, folder, "--output", predictions, capsys=capsys)
    assert (code, err) == (0, "") and len(pd.read_csv(predictions)) == 24


def test_parameters_of_the_patterns_can_be_set(folder, tmp_path, capsys):
    words = "--features patterns --labels present --set images__families=['intensity']"
    words += f" --set images__cache={tmp_path / 'measured'} --set images__references=['yellow']"
    path = tmp_path / "model.skops"
    assert run("fit", folder, "--output", path, *words.split(), *FAST, capsys=capsys)[0] == 0
    patterns = load(path).images
    assert set(patterns.families_) == {"intensity"}
    assert patterns.channels_ == ("green", "blue", "yellow")
    assert len(list((tmp_path / "measured").rglob("*.npy"))) == 24


def test_parameters_of_the_pixels_are_unknown_to_the_patterns(folder, tmp_path, capsys):
    words = ["--features", "patterns", "--set", "images__channels=['green']"]
    code, _, err = run("fit", folder, "--output", tmp_path / "m", *words, capsys=capsys)
    assert code == 2 and "no parameter images__channels" in err


# ---- evaluate ---------------------------------------------------------------------------------


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


# ---- predict ----------------------------------------------------------------------------------


def test_predict_writes_label_numbers_and_probabilities(folder, model, tmp_path, capsys):
    predictions, probabilities = tmp_path / "predictions.csv", tmp_path / "probabilities.csv"
    code, out, err = run(
        *("predict", model, folder, "--output", predictions, "--probabilities", probabilities),
        capsys=capsys,
    )
    assert (code, err) == (0, "")
    assert str(predictions) in out and str(probabilities) in out
    X = load_hpa(folder).images
    pipe = load(model)
    table = pd.read_csv(predictions, dtype=str, keep_default_na=False)
    assert table.columns.tolist() == ["Id", "Predicted"] and table["Id"].tolist() == [*X.index]
    for cell, row in zip(table["Predicted"], pipe.predict(X), strict=True):
        numbers = [HPA_LABELS.index(name) for name in pipe.classifier.label_names_[row == 1]]
        assert cell == " ".join(map(str, numbers))
    proba = pd.read_csv(probabilities, index_col="Id")
    assert proba.columns.tolist() == pipe.classifier.label_names_.tolist()
    np.testing.assert_allclose(proba, pipe.predict_proba(X))


def test_predict_follows_the_order_of_a_sample_submission(folder, model, tmp_path, capsys):
    ids = load_hpa(folder).images.index[[5, 2, 11]]
    sample, output = tmp_path / "sample.csv", tmp_path / "predictions.csv"
    pd.DataFrame({"Id": ids, "Predicted": 0}).to_csv(sample, index=False)
    code, *_ = run(
        *("predict", model, folder, "--output", output, "--sample-submission", sample),
        capsys=capsys,
    )
    assert code == 0
    assert pd.read_csv(output)["Id"].tolist() == ids.tolist()


def test_predict_needs_no_labels(folder, model, tmp_path, capsys):
    unlabelled = tmp_path / "unlabelled"
    unlabelled.mkdir()
    for path in folder.glob("*.png"):
        (unlabelled / path.name).symlink_to(path)
    output = tmp_path / "predictions.csv"
    code, *_ = run("predict", model, unlabelled, "--output", output, capsys=capsys)
    assert code == 0 and len(pd.read_csv(output)) == 24


def test_a_sample_submission_that_asks_for_more_is_refused(folder, model, tmp_path, capsys):
    sample, output = tmp_path / "sample.csv", tmp_path / "predictions.csv"
    sample.write_text("Id,Predicted\nnobody,0\n")
    code, _, err = run(
        *("predict", model, folder, "--output", output, "--sample-submission", sample),
        capsys=capsys,
    )
    assert code == 1 and "nobody" in err and "sample.csv" in err
    assert not output.exists()


def test_predict_takes_every_image_whatever_a_csv_next_to_them_says(model, tmp_path, capsys):
    images, y = make_hpa_images(5, n_labels=4, size=64, random_state=1)
    folder = save_hpa(tmp_path / "cells", images, y)
    (folder / "train.csv").write_text("Id,Target\nsynthetic00000,99\nsynthetic00001,\n")
    output = tmp_path / "predictions.csv"
    code, out, err = run("predict", model, folder, "--output", output, capsys=capsys)
    assert (code, err) == (0, "") and "Predicted 5 images, labels numbered as in 2018" in out
    assert len(pd.read_csv(output)) == 5


def test_predict_numbers_labels_as_asked(model, folder, tmp_path, capsys):
    output = tmp_path / "predictions.csv"
    code, out, _ = run(
        *("predict", model, folder, "--output", output, "--numbering", "2021"), capsys=capsys
    )
    assert code == 0 and "labels numbered as in 2021" in out
    numbers = " ".join(pd.read_csv(output, dtype=str)["Predicted"].dropna()).split()
    assert set(map(int, numbers)) <= {0, 2, 13, 16}


def test_a_model_without_label_names_is_refused_before_any_image_is_read(
    folder, tmp_path, capsys, monkeypatch
):
    X, y = load_hpa(folder, labels="present", return_X_y=True)
    pipe = HPAPipeline().set_params(images__size=4, classifier__max_epochs=1)
    for target in (y.to_numpy(), y.iloc[:, 0]):
        save(pipe.fit(X, target), tmp_path / "model.skops")
        with monkeypatch.context() as patch:
            patch.setattr("sklearn_hpa.feature_extraction._pixels.ImageFlattener.transform", None)
            code, _, err = run(
                *("predict", tmp_path / "model.skops", folder, "--output", tmp_path / "p.csv"),
                capsys=capsys,
            )
        assert code == 1 and "fit" in err and "DataFrame whose columns are label names" in err


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


def test_the_way_out_is_told_in_the_words_of_the_command_line(folder, tmp_path, capsys):
    (tmp_path / "cells").mkdir()
    for path in folder.iterdir():
        if not path.name.endswith("00003_red.png"):
            (tmp_path / "cells" / path.name).symlink_to(path)
    options = ["fit", tmp_path / "cells", "--output", tmp_path / "m.skops", *FAST]
    code, _, err = run(*options, capsys=capsys)
    assert code == 1 and "synthetic00003 (red)" in err and "--on-error warn" in err
    code, out, err = run(*options, "--on-error", "warn", capsys=capsys)
    assert code == 0 and "23 images" in out and "1 of 24 rows left out" in err


@pytest.mark.parametrize("command", ["fit", "evaluate", "predict"])
def test_what_is_read_is_not_overwritten(folder, model, tmp_path, capsys, command):
    csv = tmp_path / "mine.csv"
    csv.write_bytes((folder / "train.csv").read_bytes())
    arguments = {
        "fit": ["fit", folder, "--csv", csv, "--output", csv],
        "evaluate": ["evaluate", model, folder, "--csv", csv, "--output", csv],
        "predict": ["predict", model, folder, "--sample-submission", csv, "--output", csv],
    }[command]
    code, _, err = run(*arguments, capsys=capsys)
    assert code == 2 and "mine.csv is read, or named twice" in err
    assert csv.read_bytes() == (folder / "train.csv").read_bytes()


def test_an_interrupted_training_is_saved_and_exit_code_130(folder, tmp_path, capsys, monkeypatch):
    batches = iter(range(10_000))

    def on_batch_end(self, *args, **kwargs):
        if next(batches) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(
        "sklearn_hpa.neural_network._training._StopOnDivergence.on_batch_end", on_batch_end
    )
    path = tmp_path / "model.skops"
    options = ["--labels", "present", "--size", "8", "--batch-size", "12", "--seed", "0"]
    code, out, err = run("fit", folder, "--output", path, *options, capsys=capsys)
    assert code == 130 and "interrupted in epoch 2" in err and "for 1 epochs; saved" in out
    assert load(path).classifier.n_iter_ == 1


def test_what_goes_wrong_unforeseen_is_one_line_too(folder, tmp_path, capsys):
    code, _, err = run(
        *("fit", folder, "--output", tmp_path / "m.skops", "--labels", "present", *FAST),
        *("--set", "classifier__callbacks=[1]"),
        capsys=capsys,
    )
    assert code == 1 and err.count("\n") == 1 and "Traceback" not in err


def test_predict_ignores_what_a_model_says_about_a_machine(folder, model, tmp_path, capsys):
    pipe = load(model)
    pipe.set_params(
        images__cache=str(tmp_path / "pwned"),
        images__memmap=True,
        images__n_jobs=10**6,
        images__verbose=True,
        memory=str(tmp_path / "pwned too"),
    )
    elsewhere, outputs = save(pipe, tmp_path / "elsewhere.skops"), []
    for path in (model, elsewhere):
        outputs.append(tmp_path / f"{path.stem}.csv")
        code, _, err = run("predict", path, folder, "--output", outputs[-1], capsys=capsys)
        assert (code, err) == (0, "")
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {
        "elsewhere.skops",
        "elsewhere.csv",
        "model.csv",
    }


def test_parameters_of_a_machine_are_reset_in_every_part_of_a_model(model):
    inner = load(model).set_params(images__n_jobs=3, images__cache="x", memory="y")
    outer = HPAPipeline(
        FeatureUnion([("a", ImageFlattener(4, cache="z"))], n_jobs=7),
        MultiLabelThresholdClassifier(inner, cv="prefit", n_jobs=5),
    )
    outer.classifier.estimator_ = inner
    _forget_machine(outer)
    params = outer.get_params() | inner.get_params()
    forgotten = [name for name in params if name.endswith(("cache", "n_jobs", "memory"))]
    assert len(forgotten) > 6
    assert {params[name] for name in forgotten} == {None}


def test_escapes_of_a_label_are_not_shown(folder, model, tmp_path, capsys):
    pipe = load(model)
    pipe.classifier.label_names_ = np.array(["\x1b]0;title\x07", *pipe.classifier.label_names_[1:]])
    path = save(pipe, tmp_path / "model.skops")
    code, _, err = run("evaluate", path, folder, capsys=capsys)
    assert code == 1 and "\\x1b]0;title\\x07" in err
    assert err.rstrip("\n").isprintable()


def test_a_model_that_is_damaged_is_one_line(folder, model, tmp_path, capsys):
    path = tmp_path / "model.skops"
    path.write_bytes(model.read_bytes()[:-100])
    code, _, err = run("predict", path, folder, "--output", tmp_path / "p.csv", capsys=capsys)
    assert code == 1 and err.count("\n") == 1 and str(path) in err


# ---- damaged files ----------------------------------------------------------------------------


@pytest.fixture
def damaged(folder, tmp_path):
    """The same folder, but one file is cut and one is no image."""
    copy = tmp_path / "cells"
    shutil.copytree(folder, copy)
    path = copy / "synthetic00003_red.png"
    path.write_bytes(path.read_bytes()[:300])
    (copy / "synthetic00007_green.png").write_text("<html>404 Not Found</html>")
    return copy


@pytest.mark.parametrize("features", ["pixels", "patterns"])
def test_fit_goes_on_without_damaged_images_and_names_them(damaged, tmp_path, capsys, features):
    path = tmp_path / "model.skops"
    options = ["--labels", "present", "--features", features, *FAST]
    options += ["--set", "images__families=['intensity']"] * (features == "patterns")
    code, out, err = run("fit", damaged, "--output", path, *options, capsys=capsys)
    assert code == 1 and "synthetic00007_green.png is not a PNG" in err and not path.exists()
    code, out, err = run(
        "fit", damaged, "--output", path, *options, "--on-error", "warn", capsys=capsys
    )
    assert code == 0 and out.startswith("Trained on 22 images with 4 labels")
    assert "warning: 2 of 24 images cannot be read; they are left out" in err
    assert "synthetic00003_red.png" in err and "synthetic00007_green.png is not a PNG" in err
    X, y = load_hpa(damaged, labels="present", return_X_y=True)
    kept = X.index.difference(["synthetic00003", "synthetic00007"])
    pipe = clone(load(path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = pipe.fit(X.loc[kept], y.loc[kept]).predict_proba(X.loc[kept])
    np.testing.assert_array_equal(load(path).predict_proba(X.loc[kept]), expected)


def test_evaluate_and_predict_leave_damaged_images_out(damaged, model, tmp_path, capsys):
    X, y = load_hpa(damaged, labels="present", return_X_y=True)
    kept = X.index.difference(["synthetic00003", "synthetic00007"])
    report, predictions, proba = (tmp_path / f"{name}.csv" for name in ("report", "p", "proba"))
    evaluate = ["evaluate", model, damaged, "--output", report]
    predict = ["predict", model, damaged, "--output", predictions, "--probabilities", proba]
    for command in (evaluate, predict):
        assert run(*command, capsys=capsys)[0] == 1
        code, out, err = run(*command, "--on-error", "warn", capsys=capsys)
        assert code == 0 and "2 of 24 images cannot be read; they are left out" in err
        assert "synthetic00003_red.png" in err and "synthetic00007_green.png" in err
    assert "Predicted 22 images" in out
    score = load(model).score(X.loc[kept], y.loc[kept])
    table = pd.read_csv(report, index_col=0)
    assert table.loc["exact_match_accuracy", "model"] == pytest.approx(score)
    assert pd.read_csv(predictions)["Id"].tolist() == kept.tolist()
    np.testing.assert_allclose(
        pd.read_csv(proba, index_col="Id"), load(model).predict_proba(X.loc[kept])
    )


def test_a_sample_submission_keeps_its_order_without_damaged_images(
    damaged, model, tmp_path, capsys
):
    sample, output = tmp_path / "sample.csv", tmp_path / "predictions.csv"
    ids = ["synthetic00009", "synthetic00007", "synthetic00001"]
    pd.DataFrame({"Id": ids, "Predicted": 0}).to_csv(sample, index=False)
    options = ["--output", output, "--sample-submission", sample, "--on-error", "warn"]
    assert run("predict", model, damaged, *options, capsys=capsys)[0] == 0
    assert pd.read_csv(output)["Id"].tolist() == [ids[0], ids[2]]


@pytest.mark.parametrize("command", ["fit", "evaluate", "predict"])
def test_images_that_are_all_damaged_are_one_error(damaged, model, tmp_path, capsys, command):
    for path in damaged.glob("*_green.png"):
        path.write_bytes(path.read_bytes()[:300])
    words = {
        "fit": ["fit", damaged, "--output", tmp_path / "m.skops", "--labels", "present", *FAST],
        "evaluate": ["evaluate", model, damaged],
        "predict": ["predict", model, damaged, "--output", tmp_path / "p.csv"],
    }[command]
    code, out, err = run(*words, "--on-error", "warn", capsys=capsys)
    assert (code, out) == (1, "") and "24 of 24 images cannot be read" in err
    assert not list(tmp_path.glob("*.skops")) and not list(tmp_path.glob("*.csv"))


def test_wrong_parameters_of_the_classifier_are_found_before_damaged_images(
    damaged, tmp_path, capsys
):
    options = ["--on-error", "warn", "--labels", "present", "--lr", "0.1"]
    options += ["--set", "classifier__dropout=3"]
    code, _, err = run("fit", damaged, "--output", tmp_path / "m", *options, capsys=capsys)
    assert code == 1 and "dropout" in err and "left out" not in err


@pytest.mark.parametrize(
    "images",
    [
        make_pipeline(ImageFlattener(8), PCA(4, random_state=0)),
        FeatureUnion([("small", ImageFlattener(2)), ("large", ImageFlattener(4))]),
    ],
    ids=["pipeline", "union"],
)
def test_a_model_with_several_steps_before_the_classifier_leaves_images_out(
    damaged, folder, tmp_path, capsys, images
):
    X, y = load_hpa(folder, labels="present", return_X_y=True)
    pipe = HPAPipeline(images).set_params(classifier__max_epochs=2, classifier__random_state=0)
    path, output = save(pipe.fit(X, y), tmp_path / "m.skops"), tmp_path / "p.csv"
    words = ["predict", path, damaged, "--probabilities", output, "--output", tmp_path / "o.csv"]
    code, _, err = run(*words, "--on-error", "warn", capsys=capsys)
    assert code == 0 and "2 of 24 images cannot be read" in err
    proba = pd.read_csv(output, index_col="Id")
    assert len(proba) == 22
    np.testing.assert_allclose(proba, pipe.predict_proba(X.loc[proba.index]), rtol=1e-5)


# ---- wrong use --------------------------------------------------------------------------------


def test_a_missing_folder_is_one_line_and_exit_code_1(tmp_path, capsys):
    code, out, err = run("fit", tmp_path / "no", "--output", tmp_path / "m.skops", capsys=capsys)
    assert (code, out) == (1, "")
    assert err.startswith("sklearn-hpa fit: ") and "no" in err and err.count("\n") == 1


@pytest.mark.parametrize("wrong", ["lr=-1", "hidden_layer_sizes=(0,)", "device='gpu'"])
def test_a_wrong_value_is_one_line_and_exit_code_1(folder, tmp_path, capsys, wrong):
    code, _, err = run(
        *("fit", folder, "--output", tmp_path / "m.skops", "--labels", "present"),
        *("--set", f"classifier__{wrong}"),
        capsys=capsys,
    )
    assert code == 1 and "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "nowhere/model.skops"])
def test_an_output_that_cannot_be_written_is_refused_before_training(
    folder, tmp_path, capsys, monkeypatch, name
):
    monkeypatch.setattr(HPAPipeline, "fit", None)
    code, _, err = run("fit", folder, "--output", tmp_path / name, capsys=capsys)
    assert code == 1 and ("is a folder" in err or "does not exist" in err)


def test_a_folder_without_labels_is_refused(folder, model, tmp_path, capsys):
    (tmp_path / "cells").mkdir()
    for path in folder.glob("*.png"):
        (tmp_path / "cells" / path.name).symlink_to(path)
    for arguments in (["evaluate", model], ["fit", "--output", tmp_path / "m.skops"]):
        code, _, err = run(arguments[0], *arguments[1:], tmp_path / "cells", capsys=capsys)
        assert code == 1 and "no labels: expected train.csv in" in err


def test_a_model_that_is_none_is_refused(folder, tmp_path, capsys):
    (tmp_path / "model.skops").write_text("hello")
    code, _, err = run("evaluate", tmp_path / "model.skops", folder, capsys=capsys)
    assert code == 1 and "is not a skops file" in err
    save(HPAPipeline().images, tmp_path / "other.skops")
    code, _, err = run("evaluate", tmp_path / "other.skops", folder, capsys=capsys)
    assert code == 1 and "holds a ImageFlattener, expected an HPAPipeline" in err
    save(HPAPipeline(), tmp_path / "unfitted.skops")
    code, _, err = run("evaluate", tmp_path / "unfitted.skops", folder, capsys=capsys)
    assert code == 1 and "holds an HPAPipeline that is not fitted" in err


def test_an_interrupt_is_exit_code_130(folder, model, monkeypatch, capsys):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("sklearn_hpa.datasets.load_hpa", interrupt)
    code, _, err = run("evaluate", model, folder, capsys=capsys)
    assert (code, err) == (130, "sklearn-hpa evaluate: interrupted\n")


# ---- as a process -----------------------------------------------------------------------------


@pytest.mark.slow
def test_progress_bars_are_for_terminals(folder, model, tmp_path):
    command = [sys.executable, "-m", "sklearn_hpa", "predict", model, folder]
    command = [*map(str, command), "--output", str(tmp_path / "predictions.csv")]
    piped = subprocess.run(command, capture_output=True, text=True, check=True)
    assert piped.stderr == ""

    terminal, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    subprocess.run(command, stderr=theirs, stdout=subprocess.DEVNULL, check=True)
    os.close(theirs)
    shown = ""
    with suppress(OSError):  # on Linux, the end of a terminal's output raises an error
        while chunk := os.read(terminal, 4096):
            shown += chunk.decode()
    os.close(terminal)
    assert "reading images" in shown


@pytest.mark.slow
def test_help_and_version_come_without_torch():
    code = "import sys, sklearn_hpa.cli as c\ntry: c.main(['--version'])\nexcept SystemExit: pass\n"
    code += "assert 'torch' not in sys.modules"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.startswith("sklearn-hpa ")


@pytest.mark.slow
def test_an_output_that_nobody_reads_any_more_is_no_error_message(folder, model):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "sklearn_hpa", "evaluate", str(model), str(folder)]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")
