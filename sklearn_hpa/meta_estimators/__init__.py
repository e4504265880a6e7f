"""From held-out probabilities to decisions: thresholds and calibration around any classifier."""

from ._calibration import IsotonicCalibrator, MultiLabelCalibratedClassifier, SigmoidCalibrator
from ._thresholds import MultiLabelThresholdClassifier

__all__ = ["MultiLabelCalibratedClassifier", "MultiLabelThresholdClassifier"]
