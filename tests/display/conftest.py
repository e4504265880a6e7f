"""Images, labels and a search for cut texts, shared by the display tests."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from sklearn_hpa.datasets import HPA_LABELS, load_hpa, make_hpa_images, read_labels, save_hpa

from .pictures import NAMES


@pytest.fixture(scope="module")
def real_y(hpa_data):
    return read_labels(hpa_data / "hpa-labels" / "train.csv")


@pytest.fixture
def random_y():
    """Random targets of the 28 labels; each label is in some samples but not in all."""
    values = np.random.default_rng(0).random((200, 28)) < np.linspace(0.5, 0.02, 28)
    values[0], values[1] = True, False
    return pd.DataFrame(values.astype(int), columns=list(HPA_LABELS))


@pytest.fixture
def small_y():
    return pd.DataFrame(
        {"Nucleoli": [0, 0, 1, 0], "Cytosol": [1, 1, 0, 1], "Mitochondria": [0, 1, 1, 0]}
    )


@pytest.fixture
def three():
    """Truth and probabilities of three labels in 40 samples; the second is the most frequent."""
    rng = np.random.default_rng(0)
    truth = (rng.random((40, 3)) < [0.2, 0.7, 0.4]).astype(int)
    return pd.DataFrame(truth, columns=NAMES), np.clip(
        0.3 * truth + 0.6 * rng.random((40, 3)), 0, 1
    )


@pytest.fixture
def many():
    """Truth and probabilities of the 28 labels; no sample has the last two labels."""
    rng = np.random.default_rng(1)
    truth = (rng.random((300, 28)) < np.geomspace(0.5, 0.01, 28)).astype(int)
    truth[:28] |= np.eye(28, dtype=int)
    truth[:, 26:] = 0
    return pd.DataFrame(truth, columns=list(HPA_LABELS)), rng.random((300, 28))


@pytest.fixture(scope="module")
def synthetic():
    return make_hpa_images(10, n_labels=5, size=32, random_state=0)


@pytest.fixture(scope="module")
def folder(synthetic, tmp_path_factory):
    return load_hpa(
        save_hpa(tmp_path_factory.mktemp("files") / "cells", *synthetic), return_X_y=True
    )


@pytest.fixture
def texts_that_are_cut(monkeypatch):
    """A function that draws a figure and lists the texts that extend beyond its edges.

    Only texts that matplotlib draws are checked. A figure also contains hidden texts, such as ticks
    beyond the limits of an axis.
    """
    drawn = []
    draw = Text.draw

    def record(text, renderer):
        if text.get_visible() and text.get_text().strip():
            drawn.append(text)
        draw(text, renderer)

    def find(figure) -> list[str]:
        drawn.clear()
        with monkeypatch.context() as patch:
            patch.setattr(Text, "draw", record)
            figure.canvas.draw()
        width, height = figure.bbox.size
        boxes = {text: Text.get_window_extent(text) for text in drawn}
        return [
            text.get_text()
            for text, box in boxes.items()
            if min(box.x0, box.y0) < -1 or box.x1 > width + 1 or box.y1 > height + 1
        ]

    return find
