"""Tests of label probabilities from set probabilities, and of counts of sets."""

import math

import numpy as np
import torch

from sklearn_hpa._labels.label_sets import LabelSets, count_label_sets, label_probabilities
from sklearn_hpa.neural_network._losses import MultiLabelSetLoss

SETS = np.array([[0, 0, 1], [1, 0, 0], [1, 1, 0], [1, 1, 1]], dtype=np.float32)
COUNTS = np.array([5.0, 2.0, 0.5, 1.0])


def set_loss(sets=SETS, counts=COUNTS):
    return MultiLabelSetLoss(torch.tensor(sets, dtype=torch.float64), torch.tensor(counts))


def some_logits(n=6, n_labels=3, seed=0):
    return np.random.default_rng(seed).normal(0, 3, (n, n_labels))


def slow_probabilities(logits, sets=SETS, counts=COUNTS):
    """Compute the probability of each set for one sample."""
    terms = [
        count * math.exp(sum(z for z, held in zip(logits, row, strict=True) if held))
        for row, count in zip(sets.tolist(), counts.tolist(), strict=True)
    ]
    return [term / sum(terms) for term in terms]


def test_a_label_has_the_probability_of_the_sets_that_hold_it():
    logits = some_logits()
    proba = label_probabilities(logits, LabelSets(SETS, COUNTS))
    for row, z in zip(proba, logits, strict=True):
        expected = np.array(slow_probabilities(z)) @ SETS
        np.testing.assert_allclose(row, expected, rtol=1e-10)
    in_torch = set_loss().probabilities(torch.tensor(logits))
    np.testing.assert_allclose(in_torch.numpy(), proba, rtol=1e-10)


def test_the_probabilities_of_a_sample_do_not_depend_on_the_others():
    rng = np.random.default_rng(0)
    label_sets = count_label_sets((rng.random((900, 28)) < 0.1).astype(float))
    logits = some_logits(9000, 28)
    proba = label_probabilities(logits, label_sets)
    for rows in (slice(0, 1), slice(5, 8), slice(7000, 7031), slice(None, None, 17)):
        np.testing.assert_array_equal(label_probabilities(logits[rows], label_sets), proba[rows])


def test_sets_are_counted_by_weight_and_added_to_earlier_ones():
    y = np.array([[1, 0], [0, 1], [1, 0], [0, 0]])
    first = count_label_sets(y, np.array([0.5, 1.0, 0.25, 2.0], dtype=np.float32))
    assert first.sets.tolist() == [[0, 0], [0, 1], [1, 0]]
    assert first.counts.tolist() == [2.0, 1.0, 0.75]
    both = count_label_sets(np.array([[1, 1], [0, 1]]), earlier=first)
    assert both.sets.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert both.counts.tolist() == [2.0, 2.0, 0.75, 1.0]
