"""The folders and models of these tests. Rows are cached in a temporary folder."""

import shutil

import pytest

from sklearn_hpa.cli import main
from sklearn_hpa.datasets import make_hpa_images, save_hpa

from .running import FAST


@pytest.fixture(scope="package", autouse=True)
def cache_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKLEARN_HPA_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="package")
def folder(tmp_path_factory):
    images, y = make_hpa_images(24, n_labels=4, size=64, random_state=0)
    return save_hpa(tmp_path_factory.mktemp("cli") / "cells", images, y)


@pytest.fixture(scope="package")
def model(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.skops"
    assert main(["fit", str(folder), "--output", str(path), "--labels", "present", *FAST]) == 0
    return path


@pytest.fixture
def damaged(folder, tmp_path):
    """The same folder, but one file is cut and one is no image."""
    copy = tmp_path / "cells"
    shutil.copytree(folder, copy)
    path = copy / "synthetic00003_red.png"
    path.write_bytes(path.read_bytes()[:300])
    (copy / "synthetic00007_green.png").write_text("<html>404 Not Found</html>")
    return copy
