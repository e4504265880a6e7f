"""Tests of the tables of a comparison."""

import numpy as np
import pytest

from sklearn_hpa.metrics import label_report, multilabel_report


def test_the_report_has_a_column_for_each_model_and_baseline(comparison):
    assert comparison.report.columns.tolist() == [
        *("first", "other"),
        *("no_label", "most_frequent_set", "priors"),
    ]
    for model in comparison.models:
        alone = multilabel_report(
            comparison.y_test, model.labels, model.proba, y_train=comparison.y_train
        )
        np.testing.assert_array_equal(comparison.report[model.name], alone["model"])
        np.testing.assert_array_equal(comparison.report["priors"], alone["priors"])


def test_the_scores_are_those_of_the_report_with_the_first_model_last(comparison):
    scores, report = comparison.scores, comparison.report
    assert scores.index[-1] == "<b>first</b>" and scores.index[0] == "baseline: no label"
    assert scores.loc["<b>other</b>", "macro F1"] == report.loc["f1_macro", "other"]
    assert np.isnan(scores.loc["baseline: no label", "macro average precision"])


def test_the_scores_of_labels_are_those_of_the_label_report(comparison):
    first = comparison.models[0]
    expected = label_report(
        comparison.y_test, first.labels, first.proba, y_train=comparison.y_train
    )
    labels = comparison.labels_of(first)
    np.testing.assert_array_equal(labels["F1"], expected["f1"])
    np.testing.assert_array_equal(labels["training images"], expected["n_train_positives"])


def test_the_sentence_counts_the_images_whose_labels_are_all_right(comparison):
    truth = comparison.y_test.to_numpy()
    counts = [int((m.labels == truth).all(axis=1).sum()) for m in comparison.models]
    assert f"With <b>first</b>, all labels are right for {counts[0]} (" in comparison.meaning
    assert f"with <b>other</b> for {counts[1]} (" in comparison.meaning


def test_the_best_baseline_is_the_best_of_three(comparison):
    baselines = comparison.report.loc["exact_match_accuracy"].iloc[-3:]
    assert comparison.best_baseline == pytest.approx(max(baselines))
