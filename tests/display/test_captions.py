"""Tests of image captions."""

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from sklearn_hpa.datasets import HPA_LABELS
from sklearn_hpa.display import ImageGridDisplay

from .pictures import written


def test_labels_of_an_array_are_numbers_and_none_is_said(synthetic):
    y = np.array([[0, 1, 1], [0, 0, 0]])
    display = ImageGridDisplay.from_images(synthetic[0][:2], y)
    assert display.captions == ["1, 2", "no label"]


def test_more_than_five_labels_are_counted(synthetic):
    y = pd.DataFrame(np.ones((1, 8), int), columns=HPA_LABELS[:8])
    (caption,) = ImageGridDisplay.from_images(synthetic[0][:1], y).captions
    assert caption == ", ".join(HPA_LABELS[:5]) + " and 3 more"


def test_without_labels_captions_are_ids_or_file_names(folder):
    X, _ = folder
    assert ImageGridDisplay.from_images(X, n_images=2).captions == X.index[:2].tolist()
    display = ImageGridDisplay.from_images(X["green"].tolist(), n_images=2)
    assert display.captions == [f"{Id}_green.png" for Id in X.index[:2]]


def test_captions_tell_found_missed_and_false_alarms_with_probabilities(folder):
    X, _ = folder
    names = ["Cytosol", "Nucleoli", "Golgi", "Nucleoplasm", "ER"]
    y = pd.DataFrame([[1, 1, 1, 0, 0], [0, 0, 0, 0, 0]], index=X.index[:2], columns=names)
    proba = [[0.91, 0.03, 0.95, 0.88, 0.2], [0.1, 0.1, 0.1, 0.1, 0.1]]
    display = ImageGridDisplay.from_predictions(X[:2], y, np.array(proba))
    assert display.captions[0].split("\n")[1:] == [
        "✓ found: Golgi 0.95, Cytosol 0.91",
        "✗ missed: Nucleoli 0.03",
        "✗ false alarm: Nucleoplasm 0.88",
    ]
    assert display.captions[0].startswith(f"{X.index[0]}, log loss 1.2")
    assert display.captions[1].split("\n")[1:] == ["no label, none predicted"]
    colors = {
        text.get_text()[0]: to_hex(text.get_color())
        for text in written(display.figure_)
        if text.get_text()[:1] in ("✓", "✗")
    }
    assert colors == {"✓": "#0072b2", "✗": "#d55e00"}
