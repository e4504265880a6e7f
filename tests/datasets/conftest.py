"""Folders of images with a csv file of labels."""

import pytest


@pytest.fixture
def make_folder(tmp_path):
    """Write files that load_hpa only names, never decodes, and a csv beside them."""

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
