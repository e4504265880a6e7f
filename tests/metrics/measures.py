"""Metrics under test, slow references, and predictions for the tests."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from sklearn_hpa.metrics import (
    exact_match_accuracy_score,
    label_accuracy_score,
    multilabel_average_precision_score,
    multilabel_brier_score,
    multilabel_f1_score,
    multilabel_log_loss,
    multilabel_precision_score,
    multilabel_recall_score,
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
    """Sum the area under the precision-recall steps, one threshold at a time."""
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
