"""Where in the cell is the protein? Multi-label classification of HPA images with scikit-learn."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .calibration import MultiLabelCalibratedClassifier
    from .classifier import MultiLabelMLPClassifier
    from .patterns import PatternFeatures
    from .persistence import load, save
    from .pipeline import HPAPipeline
    from .pixels import ImageFlattener
    from .thresholds import MultiLabelThresholdClassifier

__version__ = "0.1.0"

_HOME = {
    "HPAPipeline": "pipeline",
    "ImageFlattener": "pixels",
    "MultiLabelCalibratedClassifier": "calibration",
    "MultiLabelMLPClassifier": "classifier",
    "MultiLabelThresholdClassifier": "thresholds",
    "PatternFeatures": "patterns",
    "load": "persistence",
    "save": "persistence",
}

__all__ = [
    "HPAPipeline",
    "ImageFlattener",
    "MultiLabelCalibratedClassifier",
    "MultiLabelMLPClassifier",
    "MultiLabelThresholdClassifier",
    "PatternFeatures",
    "load",
    "save",
]


def __getattr__(name: str):
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
