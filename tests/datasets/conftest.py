"""Folders of images with a csv file of labels."""

import os

import pytest


@pytest.fixture
def make_folder(tmp_path):
    """A function that writes files that load_hpa does not decode, and a csv next to them."""

    def make(ids, csv=None, channels=("red", "green"), name="train"):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for Id in ids:
            for channel in channels:
                (folder / (f"{Id}_{channel}.png" if channel else f"{Id}.tif")).write_bytes(b"x")
        if csv is not None:
            (folder / "train.csv").write_text(csv, encoding="utf-8")
        return folder

    return make


@pytest.fixture
def touch_bytes():
    """A function that writes a file whose name is bytes, if the system has such names."""

    def touch(folder, name):
        try:
            with open(os.path.join(os.fsencode(folder), name), "wb") as file:
                file.write(b"x")
        except (OSError, UnicodeError):
            pytest.skip("the file system has only names in Unicode")

    return touch
