import copy
import pickle
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import classification_report, log_loss
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.neural_network import MLPClassifier

from sklearn_hpa.metrics import (
    SCORERS,
    exact_match_accuracy_score,
    label_accuracy_score,
    label_report,
    multilabel_average_precision_score,
    multilabel_brier_score,
    multilabel_f1_score,
    multilabel_log_loss,
    multilabel_precision_score,
    multilabel_recall_score,
    multilabel_report,
    proportional_accuracy_score,
)

ON_LABELS = {
    "exact_match_accuracy": exact_match_accuracy_score,
    "proportional_accuracy": proportional_accuracy_score,
    "label_accuracy": label_accuracy_score,
    "precision": multilabel_precision_score,
    "recall": multilabel_recall_score,
    "f1": multilabel_f1_score,
}
ON_PROBABILITIES = {
    "average_precision": multilabel_average_precision_score,
    "log_loss": multilabel_log_loss,
    "brier": multilabel_brier_score,
}
AVERAGED = {
    "precision": multilabel_precision_score,
    "recall": multilabel_recall_score,
    "f1": multilabel_f1_score,
    "average_precision": multilabel_average_precision_score,
}
FUNCTIONS = ON_LABELS | ON_PROBABILITIES
every_function = pytest.mark.parametrize("score", FUNCTIONS.values(), ids=FUNCTIONS)
on_labels = pytest.mark.parametrize("score", ON_LABELS.values(), ids=ON_LABELS)
on_probabilities = pytest.mark.parametrize("score", ON_PROBABILITIES.values(), ids=ON_PROBABILITIES)
averaged = pytest.mark.parametrize("score", AVERAGED.values(), ids=AVERAGED)
few_examples = settings(max_examples=60, deadline=None)


# Slow and obvious references: label sets, loops over samples and cells. ------------------------


def label_set(row):
    return {label for label, value in enumerate(row) if value == 1}


def weighted_mean(values, weights):
    return sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)


def slow_exact_match(truth, predicted, weights):
    equal = [label_set(y) == label_set(z) for y, z in zip(truth, predicted, strict=True)]
    return weighted_mean(equal, weights)


def slow_proportional(truth, predicted, weights):
    scores = []
    for row, predicted_row in zip(truth, predicted, strict=True):
        y, z = label_set(row), label_set(predicted_row)
        scores.append(1.0 if not y | z else len(y & z) / len(y | z))
    return weighted_mean(scores, weights)


def slow_label_accuracy(truth, predicted, weights):
    shares = [
        sum(a == b for a, b in zip(y, z, strict=True)) / len(y)
        for y, z in zip(truth, predicted, strict=True)
    ]
    return weighted_mean(shares, weights)


def slow_counts(truth, predicted, weights, labels):
    tp = fp = fn = 0.0
    for y, z, weight in zip(truth, predicted, weights, strict=True):
        for label in labels:
            tp += weight * (y[label] == 1 and z[label] == 1)
            fp += weight * (y[label] == 0 and z[label] == 1)
            fn += weight * (y[label] == 1 and z[label] == 0)
    return tp, fp, fn


def slow_precision_recall_f1(truth, predicted, weights, labels):
    tp, fp, fn = slow_counts(truth, predicted, weights, labels)
    return (
        tp / (tp + fp) if tp + fp else 0.0,
        tp / (tp + fn) if tp + fn else 0.0,
        2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0,
    )


def slow_present(truth, weights):
    return [
        label
        for label in range(truth.shape[1])
        if any(y[label] == 1 and w > 0 for y, w in zip(truth, weights, strict=True))
    ]


def slow_average_precision(truth, scores, weights):
    """Area under the steps of the precision-recall curve, threshold by threshold."""
    positives = sum(w for y, w in zip(truth, weights, strict=True) if y == 1)
    area, recall_before = 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        cells = list(zip(truth, scores, weights, strict=True))
        tp = sum(w for y, s, w in cells if s >= threshold and y == 1)
        found = sum(w for _, s, w in cells if s >= threshold)
        if found:
            area += (tp / positives - recall_before) * tp / found
            recall_before = tp / positives
    return area


def slow_mean_of_cells(truth, proba, weights, loss):
    rows = [
        sum(loss(a, p) for a, p in zip(y, q, strict=True)) / len(y)
        for y, q in zip(truth, proba, strict=True)
    ]
    return weighted_mean(rows, weights)


# What the properties are tested on. -----------------------------------------------------------

WEIGHTS = st.sampled_from([0.0, 0.5, 1.0, 3.0])


@st.composite
def predictions(draw, elements, dtype):
    shape = (draw(st.integers(1, 7)), draw(st.integers(1, 5)))
    truth = draw(arrays(np.int64, shape, elements=st.integers(0, 1)))
    other = draw(arrays(dtype, shape, elements=elements))
    weights = draw(arrays(np.float64, shape[0], elements=WEIGHTS))
    assume(weights.any())
    return truth, other, weights


label_predictions = predictions(st.integers(0, 1), np.int64)
probability_predictions = predictions(
    st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(0, 1)), np.float64
)


@given(label_predictions)
@few_examples
def test_exact_match_is_the_share_of_equal_label_sets(data):
    truth, predicted, weights = data
    score = exact_match_accuracy_score(truth, predicted, sample_weight=weights)
    assert score == pytest.approx(slow_exact_match(truth, predicted, weights))


@given(label_predictions)
@few_examples
def test_proportional_accuracy_is_the_mean_jaccard_index_of_sets(data):
    truth, predicted, weights = data
    score = proportional_accuracy_score(truth, predicted, sample_weight=weights)
    assert score == pytest.approx(slow_proportional(truth, predicted, weights))


@given(label_predictions)
@few_examples
def test_label_accuracy_is_the_share_of_equal_cells(data):
    truth, predicted, weights = data
    score = label_accuracy_score(truth, predicted, sample_weight=weights)
    assert score == pytest.approx(slow_label_accuracy(truth, predicted, weights))


@given(label_predictions)
@few_examples
def test_micro_precision_recall_and_f1_come_from_the_counts_over_all_cells(data):
    truth, predicted, weights = data
    expected = slow_precision_recall_f1(truth, predicted, weights, range(truth.shape[1]))
    scores = [
        score(truth, predicted, average="micro", sample_weight=weights)
        for score in (multilabel_precision_score, multilabel_recall_score, multilabel_f1_score)
    ]
    assert scores == pytest.approx(list(expected))


@given(label_predictions)
@few_examples
def test_macro_precision_recall_and_f1_are_means_over_the_present_labels(data):
    truth, predicted, weights = data
    present = slow_present(truth, weights)
    assume(present)
    by_label = [slow_precision_recall_f1(truth, predicted, weights, [label]) for label in present]
    expected = [sum(column) / len(present) for column in zip(*by_label, strict=True)]
    scores = [
        score(truth, predicted, average="macro", sample_weight=weights)
        for score in (multilabel_precision_score, multilabel_recall_score, multilabel_f1_score)
    ]
    assert scores == pytest.approx(expected)


@given(probability_predictions)
@few_examples
def test_macro_average_precision_is_a_mean_over_the_present_labels(data):
    truth, proba, weights = data
    present = slow_present(truth, weights)
    assume(present)
    by_label = [slow_average_precision(truth[:, j], proba[:, j], weights) for j in present]
    score = multilabel_average_precision_score(truth, proba, sample_weight=weights)
    assert score == pytest.approx(sum(by_label) / len(present))


@given(probability_predictions)
@few_examples
def test_micro_average_precision_ranks_all_cells_as_one_list(data):
    truth, proba, weights = data
    assume(slow_present(truth, weights))
    of_cells = [w for w in weights for _ in range(truth.shape[1])]
    score = multilabel_average_precision_score(truth, proba, average="micro", sample_weight=weights)
    assert score == pytest.approx(
        slow_average_precision(truth.ravel().tolist(), proba.ravel().tolist(), of_cells)
    )


@given(probability_predictions, st.sampled_from([np.float32, np.float64]))
@few_examples
def test_log_loss_is_the_mean_cross_entropy_of_cells_clipped_at_the_eps_of_the_dtype(data, dtype):
    truth, proba, weights = data
    proba = proba.astype(dtype)
    eps = float(np.finfo(dtype).eps)

    def cross_entropy(y, p):
        p = min(max(float(p), eps), 1 - eps)
        return -np.log(p if y == 1 else 1 - p)

    score = multilabel_log_loss(truth, proba, sample_weight=weights)
    expected = slow_mean_of_cells(truth, proba, weights, cross_entropy)
    assert score == pytest.approx(expected, rel=1e-3, abs=1e-6)


@given(probability_predictions)
@few_examples
def test_brier_score_is_the_mean_squared_difference_of_cells(data):
    truth, proba, weights = data
    score = multilabel_brier_score(truth, proba, sample_weight=weights)
    expected = slow_mean_of_cells(truth, proba, weights, lambda y, p: (p - y) ** 2)
    assert score == pytest.approx(expected)


@given(probability_predictions, st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_no_measure_depends_on_the_order_of_labels_or_of_samples(data, random):
    truth, proba, _ = data
    assume(truth.any())
    rows, columns = list(range(truth.shape[0])), list(range(truth.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    original = multilabel_report(truth, proba >= 0.5, proba)["model"]
    truth, proba = truth[rows][:, columns], proba[rows][:, columns]
    pd.testing.assert_series_equal(multilabel_report(truth, proba >= 0.5, proba)["model"], original)


@given(label_predictions)
@few_examples
def test_proportional_accuracy_lies_between_exact_match_and_one(data):
    truth, predicted, weights = data
    exact = exact_match_accuracy_score(truth, predicted, sample_weight=weights)
    proportional = proportional_accuracy_score(truth, predicted, sample_weight=weights)
    assert exact <= proportional + 1e-12
    assert proportional <= 1


@every_function
def test_a_sample_of_weight_zero_counts_as_if_it_were_not_there(score):
    truth = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 0]])
    other = np.array([[1, 0, 0], [0, 0, 1], [1, 1, 0]])
    assert score(truth, other, sample_weight=[1, 2, 0]) == pytest.approx(
        score(truth[:2], other[:2], sample_weight=[1, 2])
    )


# The paper's run, rebuilt: 9 images, 28 labels, 13 true labels, 6 predicted, 2 of them right. ---


def paper_run(arrangement):
    """Cells are (sample, label); the other cells of the 9 × 28 matrices are 0."""
    truth, predicted = np.zeros((9, 28), int), np.zeros((9, 28), int)
    for sample, label in arrangement["tp"] + arrangement["fn"]:
        truth[sample, label] = 1
    for sample, label in arrangement["tp"] + arrangement["fp"]:
        predicted[sample, label] = 1
    return truth, predicted


# Label sets that fit every line of the report that the author's notebook prints.
PER_SAMPLE_AVERAGES = {
    "tp": [(0, 0), (1, 25)],
    "fp": [(2, 2), (3, 0), (4, 0), (5, 21)],
    "fn": [(0, 25), (1, 5), (1, 21), (2, 0), (3, 25), (4, 23), (5, 7), (5, 25), (6, 0), (7, 19)]
    + [(8, 19)],
}


ALL_IN_ONE_SAMPLE = {
    "tp": [(0, label) for label in range(2)],
    "fp": [(0, label) for label in range(2, 6)],
    "fn": [(0, label) for label in range(6, 17)],
}


@st.composite
def arrangements(draw, every_sample_labelled=False):
    """Any 17 distinct cells, cut into 13 true ones, of which 2 are found, and 4 false positives."""
    first = [(sample, 0) for sample in range(9)] if every_sample_labelled else []
    others = st.tuples(st.integers(0, 8), st.integers(1, 27))
    n_others = 17 - len(first)
    cells = first + draw(st.lists(others, min_size=n_others, max_size=n_others, unique=True))
    true = draw(st.permutations(cells[:13]))
    return {"tp": true[:2], "fn": true[2:], "fp": cells[13:]}


def test_the_papers_run_has_the_counts_that_are_known_of_it():
    truth, predicted = paper_run(PER_SAMPLE_AVERAGES)
    assert truth.sum() == 13
    assert (truth & predicted).sum() == 2
    assert (predicted & ~truth).sum() == 4
    assert (truth & (1 - predicted)).sum() == 11
    assert truth.any(axis=1).all()


def test_the_papers_run_has_the_averages_that_the_notebook_prints():
    report = classification_report(
        *paper_run(PER_SAMPLE_AVERAGES), output_dict=True, zero_division=0
    )
    averages = {
        name: tuple(
            round(report[f"{name} avg"][score], 2) for score in ("precision", "recall", "f1-score")
        )
        for name in ("micro", "macro", "weighted", "samples")
    }
    assert averages == {
        "micro": (0.33, 0.15, 0.21),
        "macro": (0.05, 0.02, 0.03),
        "weighted": (0.38, 0.15, 0.20),
        "samples": (0.22, 0.09, 0.13),
    }


def test_the_papers_94_percent_is_the_label_accuracy():
    truth, predicted = paper_run(PER_SAMPLE_AVERAGES)
    assert label_accuracy_score(truth, predicted) == pytest.approx(237 / 252)
    assert round(label_accuracy_score(truth, predicted), 4) == 0.9405


def test_predicting_no_label_beats_the_papers_94_percent():
    truth, predicted = paper_run(PER_SAMPLE_AVERAGES)
    report = multilabel_report(truth, predicted).loc["label_accuracy"]
    assert report["no_label"] == pytest.approx(239 / 252)
    assert report["no_label"] > report["model"]


@given(arrangements())
@few_examples
def test_the_papers_micro_figures_hold_in_any_arrangement(arrangement):
    truth, predicted = paper_run(arrangement)
    assert round(multilabel_precision_score(truth, predicted, average="micro"), 2) == 0.33
    assert round(multilabel_recall_score(truth, predicted, average="micro"), 2) == 0.15
    assert round(multilabel_f1_score(truth, predicted, average="micro"), 2) == 0.21
    assert label_accuracy_score(truth, predicted) == pytest.approx(237 / 252)


@given(arrangements())
@example(ALL_IN_ONE_SAMPLE)
@few_examples
def test_the_papers_counts_give_94_percent_of_proportional_accuracy_in_no_arrangement(arrangement):
    """Best of all: every error in the sample of the true positives, the other eight empty."""
    proportional = proportional_accuracy_score(*paper_run(arrangement))
    assert proportional <= (8 + 2 / 17) / 9 + 1e-12
    assert proportional < 0.94


@given(arrangements(every_sample_labelled=True))
@few_examples
def test_with_a_label_in_every_sample_the_papers_proportional_accuracy_is_at_most_2_in_9(
    arrangement,
):
    truth, predicted = paper_run(arrangement)
    assert truth.any(axis=1).all()
    assert proportional_accuracy_score(truth, predicted) <= 2 / 9 + 1e-12


def test_the_papers_per_sample_averages_give_a_proportional_accuracy_of_9_percent():
    truth, predicted = paper_run(PER_SAMPLE_AVERAGES)
    assert proportional_accuracy_score(truth, predicted) == pytest.approx((1 / 2 + 1 / 3) / 9)
    assert exact_match_accuracy_score(truth, predicted) == 0


# Conventions: empty sets, absent labels, ties at the edge. -------------------------------------


def test_two_empty_label_sets_are_equal():
    nothing = np.zeros((3, 4), int)
    assert exact_match_accuracy_score(nothing, nothing) == 1
    assert proportional_accuracy_score(nothing, nothing) == 1
    assert label_accuracy_score(nothing, nothing) == 1


def test_an_empty_label_set_shares_nothing_with_a_filled_one():
    assert proportional_accuracy_score([[0, 0], [1, 0]], [[1, 0], [0, 0]]) == 0


def test_an_absent_label_is_left_out_of_the_macro_averages():
    truth, predicted = np.array([[1, 0], [0, 0]]), np.array([[1, 1], [0, 1]])
    assert multilabel_precision_score(truth, predicted, average="macro") == 1
    assert multilabel_recall_score(truth, predicted, average="macro") == 1
    assert multilabel_f1_score(truth, predicted, average="macro") == 1
    assert multilabel_average_precision_score(truth, predicted, average="macro") == 1


def test_an_absent_label_counts_in_micro_precision():
    truth, predicted = np.array([[1, 0], [0, 0]]), np.array([[1, 1], [0, 0]])
    assert multilabel_precision_score(truth, predicted, average="micro") == 0.5


def test_a_present_label_that_is_never_predicted_has_precision_zero_without_a_warning():
    truth, predicted = np.array([[1, 1], [0, 1]]), np.array([[1, 0], [0, 0]])
    assert multilabel_precision_score(truth, predicted, average="macro") == 0.5


def test_a_label_whose_positives_weigh_nothing_is_absent():
    truth, predicted = np.array([[1, 0], [0, 1]]), np.array([[1, 0], [0, 0]])
    weights = [1, 0]
    assert multilabel_recall_score(truth, predicted, sample_weight=weights) == 1
    assert multilabel_average_precision_score(truth, predicted, sample_weight=weights) == 1


@averaged
@pytest.mark.parametrize("n_labels", [1, 3])
def test_a_macro_average_without_any_positive_is_nan_with_a_warning(score, n_labels):
    nothing = np.zeros((2, n_labels), int)
    with pytest.warns(UndefinedMetricWarning, match="No label has a positive in y_true"):
        assert np.isnan(score(nothing, nothing, average="macro"))


@averaged
@pytest.mark.parametrize("n_labels", [1, 3])
def test_a_micro_average_of_nothing_over_nothing_is_zero_without_a_warning(score, n_labels):
    nothing = np.zeros((2, n_labels), int)
    assert score(nothing, nothing, average="micro") == 0


@averaged
def test_an_unknown_average_is_refused_with_the_valid_ones(score):
    message = "average='samples'. Valid values are 'macro' and 'micro'"
    with pytest.raises(ValueError, match=re.escape(message)):
        score([[1, 0]], [[1, 0]], average="samples")


def test_a_sample_without_labels_is_ranked_perfectly_and_covered_by_none():
    truth, proba = np.array([[0, 0], [1, 0]]), np.array([[0.9, 0.8], [0.7, 0.2]])
    report = multilabel_report(truth, proba >= 0.5, proba)["model"]
    assert report["label_ranking_average_precision"] == 1
    assert report["coverage_error"] == 0.5


def test_a_certain_error_costs_the_log_of_the_eps_of_the_dtype():
    for dtype in (np.float32, np.float64):
        loss = multilabel_log_loss([[1, 0]], np.array([[0, 0]], dtype))
        assert loss == pytest.approx(-np.log(np.finfo(dtype).eps) / 2)


def test_log_loss_is_the_mean_of_the_log_losses_of_the_labels_not_the_multiclass_one():
    truth = np.array([[1, 1, 0], [0, 1, 0], [1, 0, 1]])
    proba = np.array([[0.9, 0.6, 0.2], [0.3, 0.8, 0.1], [0.6, 0.5, 0.7]])
    by_label = [log_loss(truth[:, j], proba[:, j], labels=[0, 1]) for j in range(3)]
    assert multilabel_log_loss(truth, proba) == pytest.approx(np.mean(by_label))


# What is accepted. ----------------------------------------------------------------------------

FORMS = {
    "nested lists": lambda y: y.tolist(),
    "booleans": lambda y: y.astype(bool),
    "floats": lambda y: y.astype(np.float64),
    "csr matrix": sparse.csr_matrix,
    "csc array": sparse.csc_array,
    "DataFrame": lambda y: pd.DataFrame(y, columns=["Nucleoli", "Cytosol", "Golgi apparatus"]),
    "nullable DataFrame": lambda y: pd.DataFrame(y).astype("Int64"),
    "object DataFrame": lambda y: pd.DataFrame(y).astype(object),
}
TRUTH = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0]])
OTHER = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 0], [0, 1, 0]])


@every_function
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_form_of_the_matrices_changes_nothing(score, form):
    expected = score(TRUTH, OTHER)
    assert score(form(TRUTH), OTHER) == expected
    assert score(TRUTH, form(OTHER)) == expected
    assert score(form(TRUTH), form(OTHER)) == expected


@every_function
def test_one_label_may_be_a_column_or_a_1d_array(score):
    truth, other = TRUTH[:, 0], OTHER[:, 0]
    expected = score(truth[:, np.newaxis], other[:, np.newaxis])
    assert score(truth, other) == expected
    assert score(truth[:, np.newaxis], other) == expected
    assert score(pd.DataFrame({"Nucleoli": truth}), other) == expected
    assert score(pd.Series(truth), pd.Series(other)) == expected
    assert score(sparse.csr_array(truth[:, np.newaxis]), other) == expected


@pytest.mark.parametrize("average", ["macro", "micro"])
def test_precision_of_one_label_is_that_of_its_positive_class(average):
    truth, predicted = [[1], [0], [0], [1]], [[1], [1], [0], [1]]
    assert multilabel_precision_score(truth, predicted, average=average) == pytest.approx(2 / 3)
    assert multilabel_recall_score(truth, predicted, average=average) == 1


def test_coverage_and_ranking_of_one_label_are_trivial():
    report = multilabel_report([[1], [0]], [[1], [1]], [[0.2], [0.9]])["model"]
    assert report["coverage_error"] == 0.5
    assert report["label_ranking_average_precision"] == 1


@on_probabilities
def test_the_list_that_a_forest_predicts_is_accepted(score):
    X, y = make_multilabel_classification(n_classes=3, random_state=0)
    forest = RandomForestClassifier(n_estimators=5, random_state=0).fit(X, y)
    as_list = forest.predict_proba(X)
    assert score(y, as_list) == score(y, np.column_stack([p[:, 1] for p in as_list]))


def test_a_lone_column_in_the_list_of_a_forest_is_refused_by_its_label():
    X, y = make_multilabel_classification(n_classes=3, random_state=0)
    unseen = y.copy()
    unseen[:, 1] = 0
    forest = RandomForestClassifier(n_estimators=5, random_state=0).fit(X, unseen)
    with pytest.raises(ValueError, match=r"not two columns for 1 of 3 labels \(numbers 1\)"):
        SCORERS["neg_multilabel_log_loss"](forest, X, y)


def test_average_precision_takes_scores_of_any_range():
    scores = np.log(np.array([[0.8, 0.6], [0.3, 0.4]]))
    assert multilabel_average_precision_score([[1, 0], [0, 1]], scores) == 0.75


# What is refused. -----------------------------------------------------------------------------


@every_function
def test_a_value_other_than_0_and_1_is_named_with_its_label_and_row(score):
    truth = pd.DataFrame({"Nucleoli": [1, 0], "Cytosol": [0, 2]}, index=["id-a", "id-b"])
    message = "y_true is 2 at label 'Cytosol', row 'id-b'; expected a 0/1 matrix"
    with pytest.raises(ValueError, match=re.escape(message)):
        score(truth, [[1, 0], [0, 0]])


@every_function
def test_a_missing_target_is_named_with_its_label_and_row(score):
    truth = pd.DataFrame({"Nucleoli": [1, 0], "Cytosol": [0, None]}, index=["id-a", "id-b"])
    with pytest.raises(ValueError, match=r"y_true is nan at label 'Cytosol', row 'id-b'"):
        score(truth, [[1, 0], [0, 0]])


def test_further_bad_cells_are_counted():
    with pytest.raises(ValueError, match=r"y_pred is 3 at label 1, row 0 \(and 2 more cells\)"):
        exact_match_accuracy_score([[1, 0], [0, 1]], [[1, 3], [-1, 7]])


@every_function
def test_a_multiclass_target_is_refused_with_what_was_expected(score):
    message = (
        r"y_true is 1-d with 3 distinct values \(0, 1, 2\), like a multiclass target; "
        r"expected a 0/1 matrix of shape \(n_samples, n_labels\)"
    )
    with pytest.raises(ValueError, match=message):
        score([0, 1, 2], [0, 1, 0])


def test_the_values_of_a_long_multiclass_target_are_cut_at_ten():
    with pytest.raises(ValueError, match=r"12 distinct values \(0, 1, .* 9…\)"):
        label_accuracy_score(np.arange(12), np.arange(12))


@every_function
@pytest.mark.parametrize("target", [["0 16", "2"], [[0, 16], [2]], np.array([["0", "1"]])], ids=str)
def test_targets_that_are_not_numbers_are_refused_with_what_was_expected(score, target):
    with pytest.raises(ValueError, match="y_true .*expected a 0/1 matrix of shape"):
        score(target, [[1, 0], [0, 1]])


@every_function
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 2, 2), ()], ids=str)
def test_an_empty_target_or_one_of_other_than_two_dimensions_is_refused(score, shape):
    with pytest.raises(ValueError, match=re.escape(f"y_true has shape {shape}")):
        score(np.zeros(shape), np.zeros(shape))


@every_function
def test_shapes_that_differ_are_named(score):
    message = "has 3 samples and 4 labels, y_true has 3 samples and 5 labels"
    with pytest.raises(ValueError, match=message):
        score(np.ones((3, 5)), np.ones((3, 4)))


@every_function
def test_labels_named_in_another_order_are_refused(score):
    truth = pd.DataFrame(TRUTH, columns=["a", "b", "c"])
    other = pd.DataFrame(OTHER, columns=["a", "c", "b"])
    with pytest.raises(ValueError, match="labels differently: 'c' in place of 'b'"):
        score(truth, other)


@every_function
def test_rows_named_in_another_order_are_refused(score):
    truth = pd.DataFrame(TRUTH, index=list("abcd"))
    with pytest.raises(ValueError, match="rows differently: 'd' in place of 'a'"):
        score(truth, pd.DataFrame(OTHER, index=list("dbca")))


@on_probabilities
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_refused(score, value):
    with pytest.raises(ValueError, match=f"is {value:g} at label 1, row 0; expected finite"):
        score([[1, 0]], [[0.5, value]])


@pytest.mark.parametrize("score", [multilabel_log_loss, multilabel_brier_score])
@pytest.mark.parametrize("value", [-0.25, 1.25])
def test_probabilities_outside_0_and_1_are_refused_by_label(score, value):
    proba = pd.DataFrame({"Nucleoli": [0.5], "Cytosol": [value]})
    message = f"y_proba is {value} at label 'Cytosol', row 0; expected probabilities in [0, 1]"
    with pytest.raises(ValueError, match=re.escape(message)):
        score([[1, 0]], proba)


@on_probabilities
def test_both_columns_of_a_binary_classifier_are_refused_with_the_way_out(score):
    with pytest.raises(ValueError, match=re.escape("[:, 1]")):
        score([1, 0], [[0.1, 0.9], [0.8, 0.2]])


@every_function
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], r"sample_weight has shape \(1,\); expected \(2,\)"),
        ([1.0, -1.0], "values from -1 to 1; expected finite, non-negative"),
        ([0.0, 0.0], "at least one of them positive"),
        ([np.nan, 1.0], "expected finite"),
    ],
)
def test_useless_weights_are_refused(score, weights, message):
    with pytest.raises(ValueError, match=message):
        score([[1, 0], [0, 1]], [[1, 0], [0, 1]], sample_weight=weights)


# Scorers. -------------------------------------------------------------------------------------

SCORER_NAMES = {
    "exact_match_accuracy",
    "proportional_accuracy",
    "label_accuracy",
    "precision_micro",
    "recall_micro",
    "f1_micro",
    "precision_macro",
    "recall_macro",
    "f1_macro",
    "average_precision_micro",
    "average_precision_macro",
    "label_ranking_average_precision",
    "neg_coverage_error",
    "neg_multilabel_log_loss",
    "neg_multilabel_brier_score",
}


class PriorClassifier(ClassifierMixin, BaseEstimator):
    """Predicts the share of each label, with this library's ``classes_`` and ``predict_proba``."""

    def fit(self, X, y, sample_weight=None):
        self.shares_ = np.asarray(y).mean(axis=0)
        self.classes_ = np.tile([0, 1], (len(self.shares_), 1))
        return self

    def predict_proba(self, X):
        return np.tile(self.shares_, (len(X), 1))

    def predict(self, X):
        return (self.predict_proba(X) >= 0.5).astype(int)


@pytest.fixture(scope="module")
def Xy():
    return make_multilabel_classification(
        n_samples=90, n_features=8, n_classes=4, allow_unlabeled=False, random_state=0
    )


def mlp():
    return MLPClassifier((8,), tol=1.0, n_iter_no_change=3, random_state=0)


def forest():
    return RandomForestClassifier(n_estimators=10, random_state=0)


def test_every_measure_has_its_scorer_under_its_name():
    assert set(SCORERS) == SCORER_NAMES


@pytest.mark.parametrize(
    "estimator", [mlp(), forest(), PriorClassifier()], ids=["mlp", "forest", "priors"]
)
def test_every_scorer_works_in_cross_validate(Xy, estimator):
    X, y = Xy
    scores = cross_validate(estimator, X, y, scoring=SCORERS, cv=3, error_score="raise")
    for name in SCORER_NAMES:
        assert np.isfinite(scores[f"test_{name}"]).all(), name


def test_every_scorer_works_in_two_processes(Xy):
    X, y = Xy
    alone = cross_validate(mlp(), X, y, scoring=SCORERS, cv=2, error_score="raise")
    together = cross_validate(mlp(), X, y, scoring=SCORERS, cv=2, error_score="raise", n_jobs=2)
    for name in SCORER_NAMES:
        np.testing.assert_allclose(together[f"test_{name}"], alone[f"test_{name}"])


@pytest.mark.parametrize("n_labels", [1, 2, 3])
@pytest.mark.parametrize("frame", [True, False], ids=["DataFrame", "array"])
def test_every_scorer_works_with_few_labels(Xy, n_labels, frame):
    X, y = Xy
    y = y[:, :n_labels]
    y = pd.DataFrame(y, columns=list("abc")[:n_labels]) if frame else y
    scores = cross_validate(PriorClassifier(), X, y, scoring=SCORERS, cv=2, error_score="raise")
    for name in SCORER_NAMES:
        assert np.isfinite(scores[f"test_{name}"]).all(), name


@pytest.mark.parametrize("estimator", [mlp(), forest()], ids=["mlp", "forest"])
def test_every_scorer_works_with_a_1d_binary_target(Xy, estimator):
    X, y = Xy
    scores = cross_validate(estimator, X, y[:, 0], scoring=SCORERS, cv=2, error_score="raise")
    for name in SCORER_NAMES:
        assert np.isfinite(scores[f"test_{name}"]).all(), name


def test_a_two_label_classifier_taken_for_a_binary_one_is_refused_with_the_reason(Xy):
    X, y = Xy
    estimator = mlp().fit(X, y[:, :2])
    assert estimator.classes_.tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"whose classes_ is \[0, 1\]"):
        SCORERS["average_precision_macro"](estimator, X, y[:, :2])


def test_scorers_agree_with_the_report_up_to_their_sign(Xy):
    X, y = Xy
    estimator = forest().fit(X, y)
    report = multilabel_report(y, estimator.predict(X), estimator.predict_proba(X))["model"]
    for name, scorer in SCORERS.items():
        sign = -1 if name.startswith("neg_") else 1
        assert scorer(estimator, X, y) == sign * report[name.removeprefix("neg_")], name


def test_all_scorers_together_ask_the_estimator_once_for_each_response(Xy):
    X, y = Xy
    calls = []

    class Counting(PriorClassifier):
        def predict(self, X):
            calls.append("predict")
            return np.zeros((len(X), len(self.shares_)), int)

        def predict_proba(self, X):
            calls.append("predict_proba")
            return super().predict_proba(X)

    cross_validate(Counting(), X, y, scoring=SCORERS, cv=[(range(60), range(60, 90))])
    assert sorted(calls) == ["predict", "predict_proba"]


def test_scorers_survive_pickling(Xy):
    X, y = Xy
    estimator = PriorClassifier().fit(X, y)
    for name, scorer in pickle.loads(pickle.dumps(SCORERS)).items():
        assert scorer(estimator, X, y) == SCORERS[name](estimator, X, y)


def test_grid_search_takes_all_scorers_and_refits_by_one(Xy):
    X, y = Xy
    search = GridSearchCV(
        forest(), {"max_depth": [1, 5]}, scoring=SCORERS, refit="proportional_accuracy", cv=2
    ).fit(X, y)
    assert search.best_params_ == {"max_depth": 5}
    assert (search.cv_results_["mean_test_neg_multilabel_log_loss"] < 0).all()


@pytest.mark.parametrize("name", sorted(SCORER_NAMES))
def test_sample_weight_is_routed_to_the_scorer_that_requests_it(Xy, name):
    X, y = Xy
    weights = np.r_[np.zeros(15), np.ones(75)]
    test = np.arange(30)
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = copy.deepcopy(SCORERS[name]).set_score_request(sample_weight=True)
        scores = cross_validate(
            PriorClassifier().set_fit_request(sample_weight=False),
            X,
            y,
            scoring=scorer,
            cv=[(np.arange(30, 90), test)],
            params={"sample_weight": weights},
            error_score="raise",
        )
    estimator = PriorClassifier().fit(X[30:], y[30:])
    assert scores["test_score"] == pytest.approx(SCORERS[name](estimator, X[15:30], y[15:30]))


# The report. ----------------------------------------------------------------------------------

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


def test_floors_without_scores_are_nan_in_the_measures_of_scores():
    report = multilabel_report(TRUTH, OTHER, OTHER)
    assert report.loc[SCORE_ROWS, ["no_label", "most_frequent_set"]].isna().all(axis=None)
    assert report.loc[SCORE_ROWS, ["model", "priors"]].notna().all(axis=None)
    assert report.loc[LABEL_ROWS].notna().all(axis=None)


def test_floors_are_what_the_constant_predictions_score():
    train = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 1], [0, 1, 0]])
    report = multilabel_report(TRUTH, OTHER, OTHER, y_train=train)
    constants = {
        "no_label": ([0, 0, 0], None),
        "most_frequent_set": ([1, 0, 0], None),
        "priors": ([1, 0, 0], [0.75, 0.25, 0.25]),
    }
    for floor, (labels, scores) in constants.items():
        scores = None if scores is None else np.tile(scores, (4, 1))
        expected = multilabel_report(TRUTH, np.tile(labels, (4, 1)), scores)["model"]
        pd.testing.assert_series_equal(
            report[floor].dropna(), expected, check_names=False, obj=floor
        )


def test_priors_predict_a_label_that_half_of_the_samples_have():
    train = np.array([[1, 0], [0, 0]])
    report = multilabel_report([[1, 0]], [[0, 0]], y_train=train)
    assert report.loc["exact_match_accuracy", "priors"] == 1


def test_the_average_precision_of_the_priors_is_the_share_of_each_present_label():
    report = multilabel_report(TRUTH, OTHER, OTHER, y_train=OTHER)
    assert report.loc["average_precision_macro", "priors"] == TRUTH[:, :2].mean()


def test_floors_are_estimated_from_the_truth_without_training_labels():
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
def test_of_equally_common_sets_the_smallest_then_the_first_is_the_floor(train, commonest):
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


def test_the_floors_of_the_real_label_table_are_those_of_its_label_statistics(hpa_data):
    targets = pd.read_csv(hpa_data / "hpa-28-table" / "train.csv")["Target"].str.split()
    y = np.array([[str(label) in target for label in range(28)] for target in targets])
    report = multilabel_report(y, np.zeros_like(y))
    commonest = targets.map(lambda t: tuple(sorted(map(int, t)))).value_counts(normalize=True)
    assert report.loc["exact_match_accuracy", "most_frequent_set"] == commonest.iloc[0]
    assert report.loc["label_accuracy", "no_label"] == pytest.approx(1 - y.mean())


def test_importing_the_metrics_does_not_import_torch():
    code = "import sys, sklearn_hpa.metrics; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_numbers_in_an_object_array_are_numbers_and_strings_are_not():
    y = np.array([[1, 0], [0, 1]], dtype=object)
    assert label_accuracy_score(y, y) == 1
    with pytest.raises(ValueError, match="dtype object"):
        label_accuracy_score(y.astype(str).astype(object), y)


# Label by label. --------------------------------------------------------------------------------


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
    with pytest.raises(ValueError, match="y_proba is nan at label 0, row 0"):
        label_report([[0, 1]], [[0, 1]], [[np.nan, 1.0]])


def test_only_the_order_of_the_scores_counts_in_the_label_report():
    scores = np.arange(12.0).reshape(4, 3)
    low, high = label_report(TRUTH, OTHER, scores / 12), label_report(TRUTH, OTHER, scores)
    pd.testing.assert_frame_equal(low, high)
