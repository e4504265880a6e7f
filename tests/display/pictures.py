"""Texts, names and pixels of a figure."""

import numpy as np
import pytest
from matplotlib.text import Text

from sklearn_hpa.display import (
    LabelCorrelationDisplay,
    LabelFrequencyDisplay,
    LabelPrecisionRecallDisplay,
)


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def names_on(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


both = pytest.mark.parametrize("display", [LabelCorrelationDisplay, LabelFrequencyDisplay])
NAMES = ["Nucleoli", "Cytosol", "Mitochondria"]


def predicted(proba):
    return (proba >= 0.5).astype(int)


def panels_of(display):
    return [panel for panel in display.axes_.flat if panel.axison]


def captions(display):
    return " ".join(text.get_text().replace("\n", " ") for text in display.figure_.findobj(Text))


def curves_of(y, proba, **options):
    return LabelPrecisionRecallDisplay.from_predictions(y, proba, **options).curves


RGB = ["red", "green", "blue"]
RGBY = [*RGB, "yellow"]
SIGNAL = 200


def written(figure):
    """List the visible texts of a figure outside the images."""
    texts = [text for panel in figure.axes for text in (*panel.texts, panel.title)]
    texts += [text for key in figure.legends for text in key.get_texts()]
    return [text for text in texts if text.get_text()]


def texts_below(display):
    """Return the captions with their lines joined."""
    return [text.get_text().replace("\n", " ") for text in written(display.figure_)]


def pixels(panel):
    (image,) = panel.images
    return np.asarray(image.get_array())


def stains_apart():
    """Make an image of four pixels, each with one of the four stains."""
    return SIGNAL * np.eye(4, dtype=np.uint8)[np.newaxis]
