"""The multi-label classifier, and the torch modules that it trains."""

from ._classifier import MultiLabelMLPClassifier
from ._modules import (
    ACTIVATIONS,
    MLP,
    ArrayDataset,
    FeatureScaler,
    Linear,
    PixelScaler,
    build_network,
)
from ._training import forward_in_blocks
from ._validation import read_held_out

__all__ = ["MLP", "MultiLabelMLPClassifier"]
