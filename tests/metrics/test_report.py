"""Tests of the report: its rows, and the baselines next to the model."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sklearn_hpa.metrics import multilabel_report

from .measures import OTHER, TRUTH

FIVE = [
    "proportional_accuracy",
    "exact_match_accuracy",
    "precision_micro",
    "recall_micro",
    "f1_micro",
]
LABEL_ROWS = [*FIVE, "label_accuracy", "precision_macro", "recall_macro", "f1_macro"]
SCORE_ROWS = [
    "average_precision_macro",
    "average_precision_micro",
    "label_ranking_average_precision",
    "coverage_error",
    "multilabel_log_loss",
    "multilabel_brier_score",
]
COUNT_ROWS = ["labels_present", "labels_total"]
COLUMNS = ["model", "no_label", "most_frequent_set", "priors"]


def test_the_report_opens_with_the_five_figures_of_table_1():
    report = multilabel_report(TRUTH, OTHER, OTHER)
    assert report.index.tolist() == LABEL_ROWS + SCORE_ROWS + COUNT_ROWS
    assert report.columns.tolist() == COLUMNS
    assert (report.dtypes == np.float64).all()


def test_the_report_without_probabilities_leaves_out_the_measures_of_scores():
    assert multilabel_report(TRUTH, OTHER).index.tolist() == LABEL_ROWS + COUNT_ROWS


def test_the_report_counts_the_labels_that_are_present():
    report = multilabel_report(TRUTH, OTHER)
    assert (report.loc["labels_present"] == 2).all()
    assert (report.loc["labels_total"] == 3).all()


def test_baselines_without_scores_are_nan_in_the_metrics_of_scores():
    report = multilabel_report(TRUTH, OTHER, OTHER)
    assert report.loc[SCORE_ROWS, ["no_label", "most_frequent_set"]].isna().all(axis=None)
    assert report.loc[SCORE_ROWS, ["model", "priors"]].notna().all(axis=None)
    assert report.loc[LABEL_ROWS].notna().all(axis=None)


def test_baselines_are_the_scores_of_constant_predictions():
    train = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 1], [0, 1, 0]])
    report = multilabel_report(TRUTH, OTHER, OTHER, y_train=train)
    constants = {
        "no_label": ([0, 0, 0], None),
        "most_frequent_set": ([1, 0, 0], None),
        "priors": ([1, 0, 0], [0.75, 0.25, 0.25]),
    }
    for baseline, (labels, scores) in constants.items():
        scores = None if scores is None else np.tile(scores, (4, 1))
        expected = multilabel_report(TRUTH, np.tile(labels, (4, 1)), scores)["model"]
        pd.testing.assert_series_equal(
            report[baseline].dropna(), expected, check_names=False, obj=baseline
        )


def test_priors_predict_a_label_that_half_of_the_samples_have():
    train = np.array([[1, 0], [0, 0]])
    report = multilabel_report([[1, 0]], [[0, 0]], y_train=train)
    assert report.loc["exact_match_accuracy", "priors"] == 1


def test_the_average_precision_of_the_priors_is_the_share_of_each_present_label():
    report = multilabel_report(TRUTH, OTHER, OTHER, y_train=OTHER)
    assert report.loc["average_precision_macro", "priors"] == TRUTH[:, :2].mean()


def test_baselines_are_estimated_from_the_truth_without_training_labels():
    pd.testing.assert_frame_equal(
        multilabel_report(TRUTH, OTHER, OTHER),
        multilabel_report(TRUTH, OTHER, OTHER, y_train=TRUTH),
    )


@pytest.mark.parametrize(
    ("train", "commonest"),
    [
        ([[1, 1, 0], [0, 0, 1]], [0, 0, 1]),
        ([[0, 0, 1], [0, 1, 0]], [0, 1, 0]),
        ([[1, 0, 1], [1, 1, 0], [0, 1, 1]], [1, 1, 0]),
        ([[0, 1, 1], [0, 1, 1], [1, 0, 0]], [0, 1, 1]),
    ],
    ids=["fewest labels", "first label", "first labels", "commonest"],
)
def test_of_equally_common_sets_the_smallest_then_the_first_is_the_baseline(train, commonest):
    for order in (train, train[::-1]):
        report = multilabel_report([commonest], [[0, 0, 0]], y_train=order)
        assert report.loc["exact_match_accuracy", "most_frequent_set"] == 1


def test_training_labels_of_another_number_are_refused():
    with pytest.raises(ValueError, match="y_train has 2 labels, y_true has 3"):
        multilabel_report(TRUTH, OTHER, y_train=TRUTH[:, :2])


def test_training_labels_in_another_order_are_refused():
    truth = pd.DataFrame(TRUTH, columns=["a", "b", "c"])
    with pytest.raises(ValueError, match="y_train and y_true name their labels differently"):
        multilabel_report(truth, OTHER, y_train=truth[["b", "a", "c"]])


def test_the_report_takes_frames_and_sparse_targets():
    names = ["Nucleoli", "Cytosol", "Golgi apparatus"]
    truth = pd.DataFrame(TRUTH, columns=names, index=list("abcd"))
    train = pd.DataFrame(OTHER, columns=names, index=list("efgh"))
    expected = multilabel_report(TRUTH, OTHER, OTHER, y_train=OTHER)
    pd.testing.assert_frame_equal(
        multilabel_report(truth, sparse.csr_array(OTHER), OTHER, y_train=train), expected
    )


def test_the_report_of_one_label_has_every_row():
    report = multilabel_report(TRUTH[:, [0]], OTHER[:, [0]], OTHER[:, [0]])
    assert report["model"].notna().all()


def test_the_baselines_of_the_real_label_table_are_those_of_its_label_statistics(hpa_data):
    targets = pd.read_csv(hpa_data / "hpa-28-table" / "train.csv")["Target"].str.split()
    y = np.array([[str(label) in target for label in range(28)] for target in targets])
    report = multilabel_report(y, np.zeros_like(y))
    commonest = targets.map(lambda t: tuple(sorted(map(int, t)))).value_counts(normalize=True)
    assert report.loc["exact_match_accuracy", "most_frequent_set"] == commonest.iloc[0]
    assert report.loc["label_accuracy", "no_label"] == pytest.approx(1 - y.mean())
