"""Meta-estimators for multi-label classifiers: tuned thresholds and calibrated probabilities."""

from ._calibration import IsotonicCalibrator, MultiLabelCalibratedClassifier, SigmoidCalibrator
from ._thresholds import MultiLabelThresholdClassifier

__all__ = ["MultiLabelCalibratedClassifier", "MultiLabelThresholdClassifier"]
