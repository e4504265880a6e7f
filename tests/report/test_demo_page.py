"""Tests of the page of the demonstration, with names that are hostile to HTML."""

import base64
import io
import re
import shlex

import numpy as np
import pytest
from PIL import Image

from sklearn_hpa.cli import main
from sklearn_hpa.report import OWN_IMAGES, write_demo_page

from .conftest import make_comparison
from .reading import read_page


def write(path, images, n_train=18):
    comparison = make_comparison(n_train, len(images) - n_train)
    write_demo_page(
        path,
        comparison,
        images[:n_train],
        images[n_train:],
        size=24,
        n_measures=1507,
        version="1.2",
        seed=3,
    )
    return path.read_text(encoding="utf-8"), comparison


@pytest.fixture
def text(tmp_path, images):
    return write(tmp_path / "index.html", images)[0]


def test_the_page_needs_no_other_file(text):
    page = read_page(text)
    without_pictures = re.sub(r"base64,[\w+/=]+", "", text)
    assert not re.search(r"https?:|//|@import|url\(", without_pictures)
    assert not {"script", "link", "iframe", "object"} & {name for name, _, _ in page.elements}
    for _, attributes, _ in page.elements:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "srcset", "action"):
            assert attributes.get(name, "#").startswith(("#", "data:image/"))


def test_every_image_can_be_decoded_and_has_a_text(text):
    pictures = read_page(text).attributes_of("img")
    assert len(pictures) > 10
    for picture in pictures:
        encoded = picture["src"].split("base64,")[1]
        image = Image.open(io.BytesIO(base64.b64decode(encoded)))
        image.load()
        assert image.size == (24, 24) and picture["alt"]


def test_hostile_names_of_labels_images_and_models_are_text(text):
    page = read_page(text)
    assert "<script" not in text and "<img src=x" not in text and "<b>first" not in text
    assert any("<script>alert(1)</script>" in each for each in page.text_of("th"))
    assert any("onerror=alert(1)>" in each for each in page.text_of("h3"))


def test_the_page_has_one_h1_and_no_level_is_skipped(text):
    levels = [int(name[1]) for name, _, _ in read_page(text).elements if re.match("h[1-6]$", name)]
    assert levels[0] == 1 and levels.count(1) == 1 and max(np.diff(levels)) <= 1


def test_the_same_results_give_the_same_page(tmp_path, images):
    first, _ = write(tmp_path / "a.html", images)
    assert first == write(tmp_path / "b.html", images)[0]


def test_the_page_says_how_it_was_made_and_that_the_images_are_synthetic(text):
    assert "sklearn_hpa 1.2: sklearn-hpa demo --images 30 --seed 3" in text
    assert "The images are synthetic" in text


@pytest.mark.parametrize("command", [command for _, command in OWN_IMAGES])
def test_the_commands_for_own_images_are_commands(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command in " ".join(command.split())
    assert main(shlex.split(command)[1:]) == 1  # the files of the example do not exist
    assert "my-images" in (err := capsys.readouterr().err) or "model.skops" in err
