"""Fixtures shared by several folders: real images if available, else synthetic images."""

import os
from pathlib import Path

import pandas as pd
import pytest

from sklearn_hpa.datasets import load_hpa, make_hpa_images, save_hpa

DATA = Path(os.environ.get("SKLEARN_HPA_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def hpa_data() -> Path:
    """The folder of real Human Protein Atlas images; skips the test if it is missing."""
    if not DATA.is_dir():
        pytest.skip(f"real HPA images not found in {DATA}; set SKLEARN_HPA_DATA to their folder")
    return DATA


@pytest.fixture(scope="session")
def cells(tmp_path_factory) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forty-eight image files and their labels: real images if available, else synthetic ones."""
    if (DATA / "hpa-cells").is_dir():
        X, y = load_hpa(DATA / "hpa-cells", labels="present", return_X_y=True)
        return X[:48], y[:48]
    images, y = make_hpa_images(48, n_labels=5, size=64, random_state=0)
    folder = save_hpa(tmp_path_factory.mktemp("synthetic") / "cells", images, y)
    return load_hpa(folder, labels="present", return_X_y=True)
