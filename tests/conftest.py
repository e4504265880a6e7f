"""Fixtures shared by every test: the real images where they are at hand, drawn ones everywhere."""

import os
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.text import Text

from sklearn_hpa.datasets import load_hpa, make_hpa_images, save_hpa

DATA = Path(os.environ.get("SKLEARN_HPA_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def hpa_data() -> Path:
    """The folder of real Human Protein Atlas images, or a skip that says where it was sought."""
    if not DATA.is_dir():
        pytest.skip(f"real HPA images not found in {DATA}; set SKLEARN_HPA_DATA to their folder")
    return DATA


@pytest.fixture(scope="session")
def cells(tmp_path_factory) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forty-eight image files and their labels: real cells where they are at hand, else drawn."""
    if (DATA / "hpa-cells").is_dir():
        X, y = load_hpa(DATA / "hpa-cells", labels="present", return_X_y=True)
        return X[:48], y[:48]
    images, y = make_hpa_images(48, n_labels=5, size=64, random_state=0)
    folder = save_hpa(tmp_path_factory.mktemp("drawn") / "cells", images, y)
    return load_hpa(folder, labels="present", return_X_y=True)


@pytest.fixture
def texts_that_are_cut(monkeypatch):
    """A function that draws a figure and lists the drawn texts that reach beyond its edges.

    What is drawn is recorded while drawing: not everything that a figure holds is, such as the
    ticks beyond the limits of their axis or those of axes that are off.
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
