"""Tests of the command ``predict``."""

import numpy as np
import pandas as pd

from sklearn_hpa import (
    load,
    save,
)
from sklearn_hpa.datasets import HPA_LABELS, load_hpa, make_hpa_images, save_hpa

from .running import run


def test_predict_writes_label_numbers_and_probabilities(folder, model, tmp_path, capsys):
    predictions, probabilities = tmp_path / "predictions.csv", tmp_path / "probabilities.csv"
    code, out, err = run(
        *("predict", model, folder, "--output", predictions, "--probabilities", probabilities),
        "--submission",
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
    assert (code, err) == (0, "") and "Predicted 5 images, 4 labels by name" in out
    assert len(pd.read_csv(output)) == 5


def test_predict_numbers_labels_as_asked(model, folder, tmp_path, capsys):
    output = tmp_path / "predictions.csv"
    code, out, _ = run(
        *("predict", model, folder, "--output", output, "--numbering", "2021"), capsys=capsys
    )
    assert code == 0 and "labels numbered as in 2021" in out
    numbers = " ".join(pd.read_csv(output, dtype=str)["Predicted"].dropna()).split()
    assert set(map(int, numbers)) <= {0, 2, 13, 16}


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


def test_a_sample_submission_keeps_its_order_without_damaged_images(
    damaged, model, tmp_path, capsys
):
    sample, output = tmp_path / "sample.csv", tmp_path / "predictions.csv"
    ids = ["synthetic00009", "synthetic00007", "synthetic00001"]
    pd.DataFrame({"Id": ids, "Predicted": 0}).to_csv(sample, index=False)
    options = ["--output", output, "--sample-submission", sample, "--on-error", "warn"]
    assert run("predict", model, damaged, *options, capsys=capsys)[0] == 0
    assert pd.read_csv(output)["Id"].tolist() == [ids[0], ids[2]]


def test_predict_writes_names_and_probabilities_by_default(folder, model, tmp_path, capsys):
    outputs = [tmp_path / "default.csv", tmp_path / "names.csv"]
    for output, options in zip(outputs, ([], ["--names"]), strict=True):
        code, out, err = run("predict", model, folder, "--output", output, *options, capsys=capsys)
        assert (code, err) == (0, "") and "Predicted 24 images, 4 labels by name" in out
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    table = pd.read_csv(outputs[0], index_col="Id", keep_default_na=False)
    X, pipe = load_hpa(folder).images, load(model)
    names = pipe.classifier.label_names_
    assert table.columns.tolist() == ["Predicted", *names]
    np.testing.assert_allclose(table[names], pipe.predict_proba(X))
    expected = ["|".join(names[row == 1]) for row in pipe.predict(X)]
    assert table["Predicted"].tolist() == expected


def test_labels_outside_the_numberings_are_written_by_name(folder, model, tmp_path, capsys):
    pipe = load(model)
    pipe.classifier.label_names_ = np.array(["Vesicles", "Mitotic chromosome", "Acrosome", "Ours"])
    path, output = save(pipe, tmp_path / "model.skops"), tmp_path / "p.csv"
    assert run("predict", path, folder, "--output", output, capsys=capsys)[0] == 0
    assert pd.read_csv(output).columns.tolist()[2:] == pipe.classifier.label_names_.tolist()
    code, _, err = run("predict", path, folder, "--output", output, "--submission", capsys=capsys)
    assert code == 1 and "have no numbers: Vesicles" in err


def test_names_may_be_asked_for_with_a_sample_submission(folder, model, tmp_path, capsys):
    ids = load_hpa(folder).images.index[[5, 2, 11]]
    sample, output = tmp_path / "sample.csv", tmp_path / "predictions.csv"
    pd.DataFrame({"Id": ids, "Predicted": 0}).to_csv(sample, index=False)
    options = ["--output", output, "--sample-submission", sample]
    assert run("predict", model, folder, *options, capsys=capsys)[0] == 0
    assert pd.read_csv(output).columns.tolist() == ["Id", "Predicted"]
    assert run("predict", model, folder, *options, "--names", capsys=capsys)[0] == 0
    table = pd.read_csv(output)
    assert table["Id"].tolist() == ids.tolist() and len(table.columns) == 6


def test_numbers_and_names_exclude_each_other(capsys):
    words = ["predict", "m", "a", "--output", "p.csv", "--names"]
    for other in (["--submission"], ["--numbering", "2018"]):
        code, _, err = run(*words, *other, capsys=capsys)
        assert code == 2 and "--names" in err
