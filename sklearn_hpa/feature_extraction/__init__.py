"""Image transformers: flat pixels, or named measures of the protein's pattern."""

from ._base import ImageTransformer
from ._patterns import PatternFeatures
from ._pixels import ImageFlattener

__all__ = ["ImageFlattener", "PatternFeatures"]
