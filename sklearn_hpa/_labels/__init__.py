"""A 0/1 label matrix and its probabilities, read in one place."""

from .label_sets import LabelSets

__all__ = ["LabelSets"]
