"""Multi-label classification of subcellular locations in HPA images, with the scikit-learn API."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .feature_extraction import ImageFlattener, PatternFeatures
    from .meta_estimators import MultiLabelCalibratedClassifier, MultiLabelThresholdClassifier
    from .neural_network import MultiLabelMLPClassifier
    from .persistence import load, save
    from .pipeline import HPAPipeline

__version__ = "0.1.0rc1"


class _Public(NamedTuple):
    """The module of a public name, and the word for a vectoriser on the command line."""

    module: str
    features: str = ""


#: Table of public names. Imports, the trusted types of `load`, the choices of the command line and
#: the tests of the estimator contract use it.
_PUBLIC = {
    "HPAPipeline": _Public("pipeline"),
    "ImageFlattener": _Public("feature_extraction", features="pixels"),
    "MultiLabelCalibratedClassifier": _Public("meta_estimators"),
    "MultiLabelMLPClassifier": _Public("neural_network"),
    "MultiLabelThresholdClassifier": _Public("meta_estimators"),
    "PatternFeatures": _Public("feature_extraction", features="patterns"),
    "load": _Public("persistence"),
    "save": _Public("persistence"),
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


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f".{_PUBLIC[name].module}", __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted(_PUBLIC)
