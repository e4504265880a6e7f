"""Tests of the metrics of predicted label sets, and of the paper's results."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.metrics import classification_report

from sklearn_hpa.metrics import (
    exact_match_accuracy_score,
    label_accuracy_score,
    multilabel_f1_score,
    multilabel_precision_score,
    multilabel_recall_score,
    multilabel_report,
    proportional_accuracy_score,
)

from .measures import (
    few_examples,
    label_predictions,
    slow_exact_match,
    slow_label_accuracy,
    slow_precision_recall_f1,
    slow_proportional,
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
def test_proportional_accuracy_lies_between_exact_match_and_one(data):
    truth, predicted, weights = data
    exact = exact_match_accuracy_score(truth, predicted, sample_weight=weights)
    proportional = proportional_accuracy_score(truth, predicted, sample_weight=weights)
    assert exact <= proportional + 1e-12
    assert proportional <= 1


# ---- the paper's results: 9 images, 28 labels, 13 true labels, 6 predicted, 2 of them correct ---


def paper_run(arrangement):
    """Return the 9 × 28 matrices in which the given cells (sample, label) are 1."""
    truth, predicted = np.zeros((9, 28), int), np.zeros((9, 28), int)
    for sample, label in arrangement["tp"] + arrangement["fn"]:
        truth[sample, label] = 1
    for sample, label in arrangement["tp"] + arrangement["fp"]:
        predicted[sample, label] = 1
    return truth, predicted


# Label sets that agree with every line of the report in the author's notebook.
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
    """Draw 17 distinct cells: 13 true cells, of which 2 are found, and 4 false positives."""
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
    """The best case has all errors in the sample of the true positives."""
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


def test_two_empty_label_sets_are_equal():
    nothing = np.zeros((3, 4), int)
    assert exact_match_accuracy_score(nothing, nothing) == 1
    assert proportional_accuracy_score(nothing, nothing) == 1
    assert label_accuracy_score(nothing, nothing) == 1


def test_an_empty_label_set_shares_nothing_with_a_filled_one():
    assert proportional_accuracy_score([[0, 0], [1, 0]], [[1, 0], [0, 0]]) == 0
