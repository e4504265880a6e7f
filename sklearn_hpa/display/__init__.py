"""Pictures of labels, images, networks and scores, in the manner of scikit-learn's displays.

Each display is made by a class method ``from_…``, which computes and draws; what it computed is
kept in its attributes, and ``plot`` draws it again, into the ``ax`` given or into a new figure. The
matplotlib objects are then in ``figure_`` and ``ax_``. matplotlib itself is imported when drawing,
and comes with ``pip install "sklearn-hpa[plot]"``.
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
