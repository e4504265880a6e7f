"""Fixtures shared by every test: the real images where they are at hand, drawn ones everywhere."""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("SKLEARN_HPA_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def hpa_data() -> Path:
    """The folder of real Human Protein Atlas images, or a skip that says where it was sought."""
    if not DATA.is_dir():
        pytest.skip(f"real HPA images not found in {DATA}; set SKLEARN_HPA_DATA to their folder")
    return DATA
