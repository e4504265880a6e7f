"""Figures are drawn without a screen, and closed after the test that drew them.

Of the documentation the pages are tested, not the scripts that build it.
"""

import os

import pytest

os.environ["MPLBACKEND"] = "Agg"
collect_ignore_glob = ["docs/*.py", "docs/_ext/*.py"]


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    import matplotlib.pyplot as plt

    plt.close("all")
