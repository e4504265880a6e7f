"""Displays of labels, images, networks and scores, with the API of scikit-learn's displays.

A class method ``from_…`` computes the data of a display, stores them in its attributes and plots
them. ``plot`` plots them again, into ``ax`` or into a new figure. The matplotlib objects are in
``figure_`` and ``ax_``. matplotlib is imported when a display is plotted; install it with
``pip install "sklearn-hpa[plot]"``.
"""

from ._composition import compose_channels
from ._image_grid import ImageGridDisplay
from ._label_correlation import LabelCorrelationDisplay
from ._label_frequency import LabelFrequencyDisplay
from ._label_precision_recall import LabelPrecisionRecallDisplay
from ._label_scores import LabelScoreDisplay
from ._network import NetworkDisplay
from ._report import style_report
from ._training import TrainingCurveDisplay

__all__ = [
    "ImageGridDisplay",
    "LabelCorrelationDisplay",
    "LabelFrequencyDisplay",
    "LabelPrecisionRecallDisplay",
    "LabelScoreDisplay",
    "NetworkDisplay",
    "TrainingCurveDisplay",
    "compose_channels",
    "style_report",
]
