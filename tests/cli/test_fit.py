"""Tests of the command ``fit``."""

import os
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from sklearn_hpa import (
    HPAPipeline,
    PatternFeatures,
    load,
)
from sklearn_hpa.datasets import load_hpa

from .running import FAST, run


def test_fit_saves_a_model_and_says_so_in_one_line(folder, tmp_path, capsys):
    path = tmp_path / "model.skops"
    code, out, err = run("fit", folder, "--output", path, *FAST, capsys=capsys)
    assert (code, err) == (0, "")
    trained, cached = out.splitlines()
    assert trained == f"Trained on 24 images with 4 labels for 2 epochs; saved {path}"
    assert cached.startswith("Rows of the images are cached in ")
    pipe = load(path)
    assert type(pipe) is HPAPipeline and pipe.images.size == 8
    assert pipe.images.n_jobs is None and not pipe.images.verbose


def test_labels_without_an_image_are_warned_of_in_one_line(folder, tmp_path, capsys):
    options = ["--output", tmp_path / "model.skops", "--labels", "all", *FAST]
    code, _, err = run("fit", folder, *options, capsys=capsys)
    assert code == 0
    assert err.startswith("sklearn-hpa fit: warning: 24 of 28 labels have no positive example")
    assert err.count("\n") == 1


def test_every_main_option_and_set_reach_the_pipeline(folder, tmp_path, capsys):
    path = tmp_path / "model.skops"
    options = (
        "--features pixels --size 6 --channels green,blue --hidden-layer-sizes 8,4 --max-epochs 1"
    )
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
    run("fit", folder, "--output", path, *FAST, capsys=capsys)
    X = load_hpa(folder).images
    np.testing.assert_array_equal(load(path).predict_proba(X), load(model).predict_proba(X))


@pytest.mark.slow
def test_fit_on_patterns_and_everything_after(folder, tmp_path, capsys):
    path, predictions = tmp_path / "model.skops", tmp_path / "predictions.csv"
    options = f"{' '.join(FAST)} --features patterns --size 16"
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
    words = f"{' '.join(FAST)} --features patterns --set images__families=['intensity']"
    words += f" --set images__cache={tmp_path / 'measured'} --set images__references=['yellow']"
    path = tmp_path / "model.skops"
    assert run("fit", folder, "--output", path, *words.split(), capsys=capsys)[0] == 0
    patterns = load(path).images
    assert set(patterns.families_) == {"intensity"}
    assert patterns.channels_ == ("green", "blue", "yellow")
    assert len(list((tmp_path / "measured").rglob("*.npy"))) == 24


def test_parameters_of_the_pixels_are_unknown_to_the_patterns(folder, tmp_path, capsys):
    words = ["--features", "patterns", "--set", "images__channels=['green']"]
    code, _, err = run("fit", folder, "--output", tmp_path / "m", *words, capsys=capsys)
    assert code == 2 and "no parameter images__channels" in err


def test_an_interrupted_training_is_saved_and_exit_code_130(folder, tmp_path, capsys, monkeypatch):
    batches = iter(range(10_000))

    def on_batch_end(self, *args, **kwargs):
        if next(batches) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(
        "sklearn_hpa.neural_network._training._StopOnDivergence.on_batch_end", on_batch_end
    )
    path = tmp_path / "model.skops"
    options = ["--features", "pixels", "--size", "8", "--batch-size", "12", "--seed", "0"]
    code, out, err = run("fit", folder, "--output", path, *options, capsys=capsys)
    assert code == 130 and "interrupted in epoch 2" in err and "for 1 epochs; saved" in out
    assert load(path).classifier.n_iter_ == 1


@pytest.mark.parametrize("features", ["pixels", "patterns"])
def test_fit_goes_on_without_damaged_images_and_names_them(damaged, tmp_path, capsys, features):
    path = tmp_path / "model.skops"
    options = [*FAST, "--features", features]
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


def test_wrong_parameters_of_the_classifier_are_found_before_damaged_images(
    damaged, tmp_path, capsys
):
    options = ["--on-error", "warn", "--labels", "present", "--lr", "0.1"]
    options += ["--set", "classifier__dropout=3"]
    code, _, err = run("fit", damaged, "--output", tmp_path / "m", *options, capsys=capsys)
    assert code == 1 and "dropout" in err and "left out" not in err


def test_an_image_is_not_overwritten_by_a_model(folder, capsys):
    path = folder / "synthetic00001_green.png"
    before = path.read_bytes()
    code, _, err = run("fit", folder, "--output", path, *FAST, capsys=capsys)
    assert code == 2 and "looks like an image: it would be overwritten" in err
    code, _, err = run("fit", folder, "--output", "m.skops", "--log", path, *FAST, capsys=capsys)
    assert code == 2 and path.read_bytes() == before


def test_a_study_that_cannot_be_written_keeps_its_checkpoint(folder, tmp_path, capsys, monkeypatch):
    words = ["fit", folder, "--output", tmp_path / "m.skops", "--cv", "2", "--resume", *FAST]

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("sklearn_hpa.cli._fit.write_held_out", full)
        code, out, err = run(*words, capsys=capsys)
    assert code == 1 and "No space left" in err
    assert (tmp_path / "m.skops.checkpoint").is_dir()
    code, out, err = run(*words, capsys=capsys)
    assert code == 0 and "mean ± sd" in out
    assert not (tmp_path / "m.skops.checkpoint").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--calibrate --set calibration__cv=40", "--set calibration__cv=40 needs as many images"),
        ("--thresholds f1 --set thresholds__cv=1", "--set thresholds__cv: expected a whole number"),
        ("--test-size 0.99", "--test-size 0.99 of 24 images leaves none to train on"),
    ],
)
def test_splits_that_cannot_be_are_refused_in_options(folder, tmp_path, capsys, options, message):
    words = ["fit", folder, "--output", tmp_path / "m.skops", *options.split(), *FAST]
    code, out, err = run(*words, capsys=capsys)
    assert (code, out) == (1, "") and message in err


def test_metrics_without_a_split_are_refused(folder, tmp_path, capsys):
    words = ["fit", folder, "--output", tmp_path / "m.skops", "--metrics", "f1_macro", *FAST]
    code, _, err = run(*words, capsys=capsys)
    assert code == 2 and "--metrics needs --cv or --test-size" in err


def test_an_output_that_is_a_folder_or_a_device_is_refused(folder, capsys):
    for output, message in ((".", "is a folder"), (os.devnull, "is no regular file")):
        code, _, err = run("fit", folder, "--output", output, "--cv", "2", *FAST, capsys=capsys)
        assert code == 1 and message in err
