"""Reading and checking of label matrices, targets, probabilities and sample weights."""

from .label_sets import LabelSets

__all__ = ["LabelSets"]
