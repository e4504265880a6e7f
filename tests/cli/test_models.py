"""Tests of the model file that a command reads."""

import numpy as np
from sklearn.pipeline import FeatureUnion

from sklearn_hpa import (
    HPAPipeline,
    ImageFlattener,
    MultiLabelThresholdClassifier,
    load,
    save,
)
from sklearn_hpa.cli._models import forget_machine
from sklearn_hpa.datasets import load_hpa

from .running import run


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


def test_parameters_of_a_machine_are_reset_in_every_part_of_a_model(model):
    inner = load(model).set_params(images__n_jobs=3, images__cache="x", memory="y")
    outer = HPAPipeline(
        FeatureUnion([("a", ImageFlattener(4, cache="z"))], n_jobs=7),
        MultiLabelThresholdClassifier(inner, cv="prefit", n_jobs=5),
    )
    outer.classifier.estimator_ = inner
    forget_machine(outer)
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
