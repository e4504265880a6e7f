"""Image transformers: flat pixels, or named measures of the protein's pattern."""

from ._base import ImageTransformer
from ._chosen_images import read_rows, take_rows
from ._patterns import PatternFeatures
from ._pixels import ImageFlattener

__all__ = ["ImageFlattener", "PatternFeatures"]
