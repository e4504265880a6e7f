"""Classifiers with known probabilities, and scores for them."""

import numpy as np
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin

NAMES = ["Nucleoli", "Cytosol", "Aggresome", "Centrosome", "Actin filaments"]


class GivenProbabilities(ClassifierMixin, BaseEstimator):
    """A classifier that returns its features as probabilities."""

    def fit(self, X, y):
        self.classes_ = np.tile([0, 1], (np.shape(y)[1], 1))
        return self

    def predict_proba(self, X):
        return np.asarray(X)


class Recorder(GivenProbabilities):
    """A classifier that records the input of the last fits of all copies."""

    fits = []

    def fit(self, X, y, sample_weight=None, groups=None):
        self.fits.append((np.asarray(X), sample_weight, groups))
        return super().fit(X, y)


def drawn_probabilities(n_samples, prevalences, seed=0):
    """Draw calibrated probabilities, and labels from them."""
    rng = np.random.default_rng(seed)
    proba = expit(logit(prevalences) + 1.5 * rng.normal(size=(n_samples, len(prevalences))))
    return proba, (rng.random(proba.shape) < proba).astype(int)


def f1_of(truth, predicted):
    return 2 * np.sum(truth & predicted) / (np.sum(truth) + np.sum(predicted))
