"""Tests of the pipeline that ``fit`` trains."""

import numpy as np
import pytest

from sklearn_hpa import (
    ImageFlattener,
    MultiLabelCalibratedClassifier,
    MultiLabelMLPClassifier,
    MultiLabelThresholdClassifier,
    PatternFeatures,
    load,
)
from sklearn_hpa.cli._build import build_pipeline, count_trainings, features_of, wrap_classifier
from sklearn_hpa.cli._program import make_parser
from sklearn_hpa.datasets import load_hpa

from .running import FAST, run


def build(*options):
    words = ["fit", "cells", "--output", "m.skops", *options]
    parsed = make_parser().parse_args(words)
    pipe = build_pipeline(parsed)
    wrap_classifier(pipe, parsed)
    return pipe


def test_patterns_are_the_default():
    assert type(build().images) is PatternFeatures
    assert type(build("--features", "pixels").images) is ImageFlattener
    assert features_of(build().images) == "patterns"


def test_the_default_classifier_is_the_plain_network():
    assert type(build().classifier) is MultiLabelMLPClassifier
    assert type(build("--thresholds", "none").classifier) is MultiLabelMLPClassifier


def test_thresholds_are_tuned_on_calibrated_probabilities():
    classifier = build("--thresholds", "f1", "--calibrate", "--seed", "3").classifier
    assert type(classifier) is MultiLabelThresholdClassifier and classifier.strategy == "f1"
    assert type(classifier.estimator) is MultiLabelCalibratedClassifier
    assert type(classifier.estimator.estimator) is MultiLabelMLPClassifier
    network = classifier.estimator.estimator
    assert {classifier.random_state, classifier.estimator.random_state, network.random_state} == {3}


def test_set_reaches_each_part():
    options = ["classifier__dropout=0.1", "thresholds__shrinkage=0", "calibration__cv=2"]
    words = [word for option in options for word in ("--set", option)]
    classifier = build("--thresholds", "0.4", "--calibrate", *words).classifier
    assert (classifier.strategy, classifier.shrinkage) == (0.4, 0)
    assert classifier.estimator.cv == 2 and classifier.estimator.estimator.dropout == 0.1


def test_set_of_a_part_that_is_not_there_names_the_option(capsys):
    with pytest.raises(SystemExit):
        build("--set", "thresholds__shrinkage=0")
    assert "no parameter thresholds__shrinkage; it needs --thresholds" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], 1),
        (["--thresholds", "0.4"], 1),
        (["--thresholds", "f1"], 6),
        (["--calibrate", "--set", "calibration__cv=2"], 3),
        (["--thresholds", "f1", "--calibrate", "--set", "thresholds__cv=3"], 24),
    ],
)
def test_the_number_of_trainings_is_known(options, expected):
    assert count_trainings(build(*options).classifier) == expected


def test_thresholds_and_calibration_are_trained_saved_and_used(folder, tmp_path, capsys):
    path, output = tmp_path / "model.skops", tmp_path / "p.csv"
    options = ["--thresholds", "prevalence", "--calibrate", "--set", "thresholds__cv=2"]
    options += ["--set", "calibration__cv=2", "--set", "calibration__min_positives=1"]
    code, out, _ = run("fit", folder, "--output", path, *FAST, *options, capsys=capsys)
    assert code == 0 and "for 2 epochs" in out
    classifier = load(path).classifier
    X = load_hpa(folder).images
    assert classifier.thresholds_.shape == (4,)
    assert run("predict", path, folder, "--output", output, capsys=capsys)[0] == 0
    vectors = load(path).images.transform(X)
    expected = (classifier.predict_proba(vectors) >= classifier.thresholds_).astype(int)
    np.testing.assert_array_equal(load(path).predict(X), expected)
