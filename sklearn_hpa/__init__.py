"""Multi-label classification of subcellular locations in HPA images, with the scikit-learn API."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .feature_extraction import ImageFlattener as ImageFlattener
    from .feature_extraction import PatternFeatures as PatternFeatures
    from .meta_estimators import MultiLabelCalibratedClassifier as MultiLabelCalibratedClassifier
    from .meta_estimators import MultiLabelThresholdClassifier as MultiLabelThresholdClassifier
    from .neural_network import MultiLabelMLPClassifier as MultiLabelMLPClassifier
    from .persistence import load as load
    from .persistence import save as save
    from .pipeline import HPAPipeline as HPAPipeline

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

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f".{_PUBLIC[name].module}", __name__), name)
    return found


def __dir__() -> list[str]:
    return __all__
