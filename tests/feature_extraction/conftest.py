"""Synthetic images as arrays and files, and a count of measured images."""

import sys
from pathlib import Path

import pytest
from PIL import Image

from sklearn_hpa.datasets import load_hpa, make_hpa_images, save_hpa


@pytest.fixture(scope="module")
def synthetic():
    """Six images of 64 x 64 pixels in four channels, and their labels."""
    return make_hpa_images(6, n_labels=4, size=64, random_state=0)


@pytest.fixture(scope="module")
def images(synthetic):
    return synthetic[0]


@pytest.fixture
def frame(synthetic, tmp_path):
    """The same images as a DataFrame of paths."""
    return load_hpa(save_hpa(tmp_path / "cells", *synthetic)).images


@pytest.fixture
def planes_files(images, tmp_path):
    """The same images as multi-channel files of red, green and blue."""
    paths = [tmp_path / f"planes{i}.png" for i in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        Image.fromarray(image[..., :3]).save(path)
    return paths


@pytest.fixture
def n_measured(monkeypatch):
    """A function that returns the number of images read and measured since its last call."""
    read, read_source = [], sys.modules["sklearn_hpa.feature_extraction._rows"].read_source

    def spy(position, *args):
        read.append(position)
        return read_source(position, *args)

    def count():
        n = len(read)
        read.clear()
        return n

    monkeypatch.setattr("sklearn_hpa.feature_extraction._rows.read_source", spy)
    return count


@pytest.fixture
def broken(frame):
    """The same files, but one is truncated, one is empty and one has another size."""
    path = Path(frame.iloc[1, 0])
    path.write_bytes(path.read_bytes()[:500])
    Path(frame.iloc[3, 2]).write_bytes(b"")
    Image.new("L", (8, 8)).save(frame.iloc[4, 1])
    return frame
