"""Search for the thresholds of labels, and shrinkage."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit

EPS = np.finfo(np.float64).eps
MAX_CUTS = 24
MAX_SWEEPS = 10

#: Function from a 0/1 matrix of predictions to a score; higher is better.
Score = Callable[[np.ndarray], float]


class Cuts(NamedTuple):
    """All splits of a list of probabilities by a threshold.

    Attributes
    ----------
    thresholds : ndarray of shape (n_cuts,)
        Decreasing thresholds, strictly inside (0, 1), each midway between two neighbouring
        probabilities.
    n_predicted : ndarray of shape (n_cuts,)
        Number of probabilities that are at least the threshold.
    n_hits : ndarray of shape (n_cuts,)
        Number of true ones among these probabilities.
    """

    thresholds: np.ndarray
    n_predicted: np.ndarray
    n_hits: np.ndarray


#: Function from the cuts and the number of positives to the index of the chosen cut.
Choice = Callable[[Cuts, int], int]


def list_cuts(proba: np.ndarray, truth: np.ndarray) -> Cuts:
    """Return every split of the probabilities by a threshold; equal ones are never split.

    The first cut predicts nothing and the last cut predicts everything. The exceptions are
    probabilities of exactly 1 or 0, because every threshold is inside (0, 1).
    """
    order = np.argsort(-proba, kind="stable")
    falling = proba[order]
    last_of_equals = np.flatnonzero(np.append(np.diff(falling) != 0, True))
    n_predicted = np.append(0, last_of_equals + 1)
    n_hits = np.append(0, np.cumsum(truth[order])[last_of_equals])
    edges = np.concatenate([[1.0], falling[last_of_equals], [0.0]])
    above, below = edges[:-1], edges[1:]
    middle = (above + below) / 2
    # Two adjacent floats have no float between them: the upper one is the threshold.
    thresholds = np.where(middle > below, middle, above)
    inside = (thresholds > 0) & (thresholds < 1) & (thresholds > below)
    return Cuts(thresholds[inside], n_predicted[inside], n_hits[inside])


def as_frequent_as_true(cuts: Cuts, n_positives: int) -> int:
    """Return the cut that predicts nearest to `n_positives` probabilities; on a tie, fewer."""
    return int(np.argmin(np.abs(cuts.n_predicted - n_positives)))


def greatest_f1(cuts: Cuts, n_positives: int) -> int:
    """Return the cut of the greatest F1, ``2 hits / (predicted + true)``; the first on a tie."""
    return int(np.argmax(2 * cuts.n_hits / np.maximum(cuts.n_predicted + n_positives, 1)))


def choose(proba: np.ndarray, truth: np.ndarray, choice: Choice) -> float:
    """Return the threshold that a strategy chooses for one label; nan without positives."""
    n_positives = int(truth.sum())
    if n_positives == 0:
        return np.nan
    cuts = list_cuts(proba, truth)
    return float(cuts.thresholds[choice(cuts, n_positives)])


def choose_each(proba: np.ndarray, truth: np.ndarray, choice: Choice) -> np.ndarray:
    """Return the threshold of each column; nan for columns without positives."""
    columns = zip(proba.T, truth.T, strict=True)
    return np.array([choose(column, true, choice) for column, true in columns])


def greatest_score(proba: np.ndarray, truth: np.ndarray, score: Score) -> tuple[np.ndarray, float]:
    """Return thresholds with a high score of all labels together, by coordinate ascent.

    The search starts from the best of three candidates: one threshold for all labels, the
    thresholds of equal frequency, and the thresholds of the greatest F1. It then visits one label
    after another, the most frequent first, until no label moves. Each label takes the cut with the
    greatest score while the other labels stay fixed. A label moves only if the score increases. For
    a label with many cuts, up to 24 cuts are tried. They are spaced evenly in the logarithm of the
    predicted frequency divided by the true frequency.

    Returns
    -------
    own : ndarray of shape (n_labels,)
        Threshold of each label; nan for labels without positives, which do not move.
    pooled : float
        Best of the common thresholds that are tried: 0.5 and up to 24 cuts of all probabilities.
    """
    n_labels = proba.shape[1]
    n_positives = truth.sum(axis=0)
    pooled_cuts = _thinned(list_cuts(proba.ravel(), truth.ravel()), n_positives.sum())
    pooled = max(_with_half(pooled_cuts.thresholds), key=lambda t: score(proba >= t))
    starts = [np.full(n_labels, pooled)]
    for choice in (as_frequent_as_true, greatest_f1):
        own = choose_each(proba, truth, choice)
        starts.append(np.where(np.isnan(own), pooled, own))
    thresholds = max(starts, key=lambda start: score(proba >= start))
    predicted = proba >= thresholds
    best = score(predicted)

    movable = np.argsort(-n_positives, kind="stable")[: np.count_nonzero(n_positives)]
    candidates = {
        label: _thinned(list_cuts(proba[:, label], truth[:, label]), n_positives[label]).thresholds
        for label in movable
    }
    for _ in range(MAX_SWEEPS):
        before = best
        for label in movable:
            for threshold in candidates[label]:
                predicted[:, label] = proba[:, label] >= threshold
                new = score(predicted)
                if new > best + 1e-12:
                    best, thresholds[label] = new, threshold
            predicted[:, label] = proba[:, label] >= thresholds[label]
        if best == before:
            break
    return np.where(n_positives > 0, thresholds, np.nan), float(pooled)


def shrink(own: np.ndarray, pooled: float, n_positives: np.ndarray, shrinkage: float) -> np.ndarray:
    """Return means of each label's own threshold and the pooled threshold, in logits.

    The own threshold has the weight ``n / (n + shrinkage)``, where n is the label's number of
    positives. A label without positives gets the pooled threshold.
    """
    has_own = ~np.isnan(own)
    weight = np.zeros(len(own))
    weight[has_own] = n_positives[has_own] / (n_positives[has_own] + shrinkage)
    own = np.where(has_own, own, pooled)
    shrunk = np.clip(expit(weight * logit(own) + (1 - weight) * logit(pooled)), EPS, 1 - EPS)
    return np.where(weight == 1, own, shrunk)


def _thinned(cuts: Cuts, n_positives: int) -> Cuts:
    if len(cuts.thresholds) <= MAX_CUTS:
        return cuts
    most = cuts.n_predicted[-1]
    wanted = n_positives * np.geomspace(1 / 8, 8, MAX_CUTS - 1)
    near = np.searchsorted(cuts.n_predicted, np.clip(wanted, 1, most))
    kept = np.unique(np.append(0, near))
    return Cuts(*(values[kept] for values in cuts))


def _with_half(thresholds: np.ndarray) -> Iterable[float]:
    return [0.5, *thresholds.tolist()]
