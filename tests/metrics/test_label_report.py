"""Tests of the report per label."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sklearn_hpa.metrics import label_report, multilabel_report

from .measures import OTHER, TRUTH


def test_the_mean_over_the_labels_of_a_report_is_the_macro_average():
    rng = np.random.default_rng(0)
    truth, predicted = rng.integers(2, size=(2, 30, 6))
    truth[:, 2] = 0
    proba = rng.random((30, 6))
    labels = label_report(truth, predicted, proba).mean()
    overall = multilabel_report(truth, predicted, proba)["model"]
    for measure in ("precision", "recall", "f1", "average_precision"):
        assert labels[measure] == pytest.approx(overall[f"{measure}_macro"])


def test_the_scores_of_each_label_are_those_of_its_column_alone():
    matrices = np.random.default_rng(1).integers(2, size=(2, 12, 5))
    report = label_report(*matrices)
    for label in report.index:
        truth, predicted = matrices[:, :, label]
        hits = sum(t and p for t, p in zip(truth, predicted, strict=True))
        assert report.loc[label, "n_positives"] == sum(truth)
        assert report.loc[label, "prevalence"] == sum(truth) / len(truth)
        assert report.loc[label, "precision"] == hits / sum(predicted)
        assert report.loc[label, "recall"] == hits / sum(truth)
        assert report.loc[label, "f1"] == pytest.approx(2 * hits / (sum(truth) + sum(predicted)))


def test_an_absent_label_has_counts_but_no_score():
    report = label_report([[1, 0], [0, 0]], [[1, 1], [0, 0]], [[0.9, 0.8], [0.1, 0.2]])
    assert report.loc[1, ["n_positives", "prevalence"]].tolist() == [0, 0]
    scores = report.loc[1, ["precision", "recall", "f1", "average_precision"]]
    assert scores.isna().all() and report.loc[0].notna().all()


def test_an_absent_label_has_no_precision_whether_it_is_predicted_or_not():
    report = label_report([[1, 0, 0], [0, 0, 0]], [[1, 1, 0], [0, 0, 0]])
    assert report["precision"].isna().tolist() == [False, True, True]


def test_a_label_never_predicted_has_precision_and_f1_0_silently():
    report = label_report([[1, 1], [0, 1]], [[0, 1], [0, 1]])
    assert report.loc[0, ["precision", "recall", "f1"]].tolist() == [0, 0, 0]


def test_without_probabilities_the_label_report_has_no_average_precision():
    assert "average_precision" not in label_report(TRUTH, OTHER)
    assert "average_precision" in label_report(TRUTH, OTHER, OTHER)


def test_the_label_report_names_its_rows_by_the_columns_of_the_truth():
    truth = pd.DataFrame(TRUTH, columns=["Nucleoli", "Cytosol", "Golgi apparatus"])
    for predicted in (OTHER, sparse.csr_array(OTHER)):
        report = label_report(truth, predicted)
        assert report.index.name == "label"
        assert report.index.tolist() == ["Nucleoli", "Cytosol", "Golgi apparatus"]


def test_training_labels_are_counted_in_a_column_of_their_own():
    report = label_report(TRUTH, OTHER, y_train=np.vstack([TRUTH, TRUTH]))
    assert report["n_train_positives"].tolist() == (2 * TRUTH.sum(axis=0)).tolist()
    assert "n_train_positives" not in label_report(TRUTH, OTHER)


def test_the_label_report_refuses_training_labels_of_another_number():
    with pytest.raises(ValueError, match="y_train has 2 labels, y_true has 3"):
        label_report(TRUTH, OTHER, y_train=TRUTH[:, :2])


def test_the_label_report_refuses_other_shapes_and_values():
    with pytest.raises(ValueError, match="y_pred has 4 samples and 2 labels"):
        label_report(TRUTH, OTHER[:, :2])
    with pytest.raises(ValueError, match="y_true is 2 at label 1, row 0"):
        label_report([[0, 2, 1]], [[0, 1, 1]])
    with pytest.raises(ValueError, match="y_proba is missing .nan. at label 0, row 0"):
        label_report([[0, 1]], [[0, 1]], [[np.nan, 1.0]])


def test_only_the_order_of_the_scores_counts_in_the_label_report():
    scores = np.arange(12.0).reshape(4, 3)
    low, high = label_report(TRUTH, OTHER, scores / 12), label_report(TRUTH, OTHER, scores)
    pd.testing.assert_frame_equal(low, high)
