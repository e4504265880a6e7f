"""The multi-label MLP classifier and its torch modules."""

from ._batches import ArrayDataset
from ._checkpoint import FILE as CHECKPOINT_FILE
from ._checkpoint import Checkpoint, TrainingCheckpoints
from ._classifier import MultiLabelMLPClassifier
from ._inference import forward_in_blocks
from ._modules import ACTIVATIONS, MLP, FeatureScaler, PixelScaler, build_network
from ._network import TrainedNetwork
from ._pixel_linear import Linear, PixelLinear
from ._validation import read_held_out

__all__ = ["MLP", "MultiLabelMLPClassifier"]
