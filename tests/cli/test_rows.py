"""Tests of the rows of the images: damaged images, and progress."""

import os
import pty
import subprocess
import sys
import termios
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import FeatureUnion, make_pipeline

from sklearn_hpa import (
    HPAPipeline,
    ImageFlattener,
    load,
    save,
)
from sklearn_hpa.datasets import load_hpa

from .running import FAST, run


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
