"""Small transformers for the tests."""

from sklearn_hpa import PatternFeatures
from sklearn_hpa.feature_extraction.measures import FAMILIES

COLOURS = ("red", "green", "blue", "yellow")
ONE = FAMILIES[:1]


def small(**params):
    return PatternFeatures(**{"size": 32, "families": ONE, **params})
