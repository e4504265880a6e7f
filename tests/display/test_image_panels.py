"""Tests of the panels of images: no text is cut or overlaps."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb

from sklearn_hpa._images.inputs import HPA_CHANNELS
from sklearn_hpa.datasets import HPA_LABELS
from sklearn_hpa.display import ImageGridDisplay, compose_channels

from .pictures import RGB, RGBY, pixels, texts_below, written


def overlaps(figure):
    """List pairs of texts whose boxes overlap."""
    figure.canvas.draw()
    boxes = [(text.get_text(), text.get_window_extent().padded(-1)) for text in written(figure)]
    return [
        (a, b)
        for (a, first), (b, second) in itertools.combinations(boxes, 2)
        if first.overlaps(second)
    ]


LONG_NAMES = [
    "Microtubule organizing center, Nucleoli fibrillar center, Endoplasmic reticulum",
    "0a1b2c3d-bbc3-11e8-b2bc-ac1f6b6435d0_a_very_long_name_of_a_file_without_a_space.tif",
    "Cytosol",
]


@pytest.mark.slow
@pytest.mark.parametrize("n_columns", [1, 3, 8])
@pytest.mark.parametrize("split_channels", [False, True])
def test_long_captions_are_neither_cut_nor_run_together(
    synthetic, n_columns, split_channels, texts_that_are_cut
):
    captions = [LONG_NAMES[k % 3] for k in range(8)]
    display = ImageGridDisplay(synthetic[0][:8], captions, HPA_CHANNELS).plot(
        n_columns=n_columns, split_channels=split_channels
    )
    assert texts_that_are_cut(display.figure_) == []
    assert overlaps(display.figure_) == []
    shown = {text.replace(" ", "") for text in texts_below(display)}
    assert {name.replace(" ", "") for name in LONG_NAMES} <= shown


def test_captions_do_not_cover_pictures(synthetic):
    rng = np.random.default_rng(0)
    y = pd.DataFrame(rng.integers(0, 2, (6, 28)), columns=HPA_LABELS)
    display = ImageGridDisplay.from_predictions(synthetic[0][:6], y, rng.random(y.shape))
    display.figure_.canvas.draw()
    pictures = [panel.get_window_extent() for panel in display.axes_.flat]
    for text in written(display.figure_):
        box = text.get_window_extent().padded(-1)
        assert not any(box.overlaps(picture) for picture in pictures), text.get_text()


def test_pictures_keep_their_proportions():
    wide = np.full((2, 20, 60, 3), 90, np.uint8)
    display = ImageGridDisplay(wide, ["a", "b"], RGB).plot()
    display.figure_.canvas.draw()
    box = display.axes_[0, 0].get_window_extent()
    assert box.width / box.height == pytest.approx(3, rel=0.01)
    assert box.width > 0.45 * display.figure_.bbox.width


def test_split_channels_shows_each_stain_in_grey_under_its_name(synthetic):
    images, _ = synthetic
    display = ImageGridDisplay(images[:2], ["one", "two"], HPA_CHANNELS).plot(
        split_channels=True, stretch=None, colors="colorblind"
    )
    assert display.axes_.shape == (2, 5)
    np.testing.assert_array_equal(
        pixels(display.axes_[1, 0]),
        compose_channels(images[1], stretch=None, colors="colorblind"),
    )
    for k in range(4):
        panel = display.axes_[1, 1 + k]
        np.testing.assert_array_equal(pixels(panel), images[1, ..., k])
        assert panel.images[0].get_cmap().name == "gray"
        assert panel.images[0].get_clim() == (0, 255)
    headers = [panel.get_title().replace("\n", " ") for panel in display.axes_[0]]
    assert headers == [
        "composite",
        "microtubules (red)",
        "protein (green)",
        "nucleus (blue)",
        "endoplasmic reticulum (yellow)",
    ]
    (bar,) = display.axes_[0, 1].patches
    assert to_hex(bar.get_facecolor()) == to_hex((1, 0.2, 0.7))


def test_a_new_figure_says_what_each_color_shows(synthetic):
    display = ImageGridDisplay(synthetic[0][:2, ..., :2], ["a", "b"], ["red", "green"]).plot(
        colors="colorblind"
    )
    (key,) = display.figure_.legends
    assert [text.get_text() for text in key.get_texts()] == [
        "microtubules (red)",
        "protein (green)",
    ]
    assert [to_hex(patch.get_facecolor()) for patch in key.get_patches()] == ["#ff33b2", "#00ff00"]


@pytest.mark.parametrize("colors", ["stains", "colorblind", dict.fromkeys(HPA_CHANNELS, "orange")])
@pytest.mark.parametrize("split_channels", [False, True])
def test_the_key_shows_the_colors_of_the_composite_at_full_strength(colors, split_channels):
    display = ImageGridDisplay(255 * np.eye(4, dtype=np.uint8)[np.newaxis, np.newaxis], ["a"], RGBY)
    display.plot(colors=colors, stretch=None, split_channels=split_channels)
    if split_channels:
        patches = [patch for panel in display.axes_[0, 1:] for patch in panel.patches]
    else:
        patches = display.figure_.legends[0].get_patches()
    shown = [255 * np.array(patch.get_facecolor()[:3]) for patch in patches]
    expected = pixels(display.axes_[0, 0])[0].astype(float)
    expected *= 255 / expected.max(axis=1, keepdims=True)
    np.testing.assert_allclose(shown, expected, atol=1.5)


@pytest.mark.parametrize("split_channels", [False, True])
def test_the_swatch_of_the_yellow_stain_is_yellow(synthetic, split_channels):
    display = ImageGridDisplay(synthetic[0][:1], ["a"], RGBY).plot(split_channels=split_channels)
    if split_channels:
        (swatch,) = display.axes_[0, -1].patches
    else:
        swatch = display.figure_.legends[0].get_patches()[-1]
    assert to_hex(swatch.get_facecolor()) == "#ffff00"


def test_axes_that_are_given_hold_the_panels(synthetic):
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 5), layout="constrained")
    right.plot([0, 1])
    display = ImageGridDisplay(synthetic[0][:4], list("abcd"), HPA_CHANNELS).plot(ax=left)
    figure.canvas.draw()
    assert display.ax_ is left and display.figure_ is figure
    assert not left.axison and right.axison and not figure.legends
    for panel in display.axes_.flat:
        assert panel.get_window_extent().x1 < right.get_window_extent().x0


@pytest.mark.parametrize("split_channels", [False, True])
def test_axes_drawn_in_again_show_the_last_alone(synthetic, split_channels):
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 5), layout="constrained")
    neighbour = ImageGridDisplay(synthetic[0][:1], ["neighbour"], HPA_CHANNELS).plot(ax=right)
    ImageGridDisplay(synthetic[0][:4], list("abcd"), HPA_CHANNELS).plot(ax=left)
    last = ImageGridDisplay(synthetic[0][4:6], ["e", "f"], HPA_CHANNELS)
    last.plot(ax=left, split_channels=split_channels)
    figure.canvas.draw()
    assert {"e", "f", "neighbour"} <= {text.get_text() for text in written(figure)}
    assert not set("abcd") & {text.get_text() for text in written(figure)}
    drawn_now = [panel for panel in figure.axes if panel.images]
    assert set(drawn_now) == {*last.axes_.flat, *neighbour.axes_.flat}
    last.plot(ax=left, split_channels=split_channels)
    assert len([panel for panel in figure.axes if panel.images]) == len(drawn_now)


def test_axes_may_be_drawn_in_again_after_a_panel_was_removed(synthetic):
    figure, ax = plt.subplots()
    display = ImageGridDisplay(synthetic[0][:2], ["a", "b"], HPA_CHANNELS).plot(ax=ax)
    display.axes_[0, 0].remove()
    display.plot(ax=ax)
    assert len([panel for panel in figure.axes if panel.images]) == 2


@pytest.mark.parametrize("split_channels", [False, True])
def test_the_first_row_is_on_top_whatever_the_settings(synthetic, split_channels):
    with plt.rc_context({"image.origin": "lower"}):
        display = ImageGridDisplay(synthetic[0][:1], ["a"], HPA_CHANNELS).plot(
            split_channels=split_channels
        )
    for panel in display.axes_.flat:
        assert panel.images[0].origin == "upper"
        bottom, top = panel.get_ylim()
        assert bottom > top


def contrast(color, background):
    """Return the contrast ratio of WCAG 2.2, which should be at least 4.5 for text."""

    def luminance(color):
        srgb = np.array(to_rgb(color))
        linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722] + 0.05

    light, dark = sorted([luminance(color), luminance(background)], reverse=True)
    return light / dark


@pytest.mark.slow
@pytest.mark.parametrize("split_channels", [False, True])
def test_every_text_is_legible_in_a_dark_style(synthetic, split_channels):
    images, y = synthetic
    rng = np.random.default_rng(0)
    with plt.style.context("dark_background"):
        display = ImageGridDisplay.from_predictions(
            images, y, rng.random(y.shape), size=32, split_channels=split_channels
        )
        texts = written(display.figure_)
        assert {"✓", "✗"} <= {text.get_text()[0] for text in texts}
        for text in texts:
            assert contrast(text.get_color(), display.figure_.get_facecolor()) >= 4.5


@pytest.mark.parametrize("family", ["serif", ["STIXGeneral"], "cmr10"])
def test_the_signs_of_right_and_wrong_are_drawn_in_fonts_that_lack_them(family, synthetic):
    with plt.rc_context({"font.family": family, "axes.formatter.use_mathtext": True}):
        display = ImageGridDisplay(
            synthetic[0][:1], ["✓ found: a\n✗ missed: b"], HPA_CHANNELS
        ).plot()
        display.figure_.canvas.draw()
    assert texts_below(display)[:2] == ["✓ found: a", "✗ missed: b"]


def test_dollar_signs_in_names_are_no_formulas(synthetic):
    display = ImageGridDisplay(synthetic[0][:1], ["$x_1$ and $"], HPA_CHANNELS).plot()
    display.figure_.canvas.draw()
    assert "$x_1$ and $" in texts_below(display)


def test_a_caption_for_each_image_is_required(synthetic):
    with pytest.raises(ValueError, match="1 captions for 2 images"):
        ImageGridDisplay(synthetic[0][:2], ["a"], HPA_CHANNELS).plot()
