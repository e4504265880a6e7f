"""Pictures of images: the colours of their composites, their captions, the most wrong first."""

import itertools
import math
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb
from sklearn.base import BaseEstimator, ClassifierMixin

from sklearn_hpa import HPAPipeline, ImageFlattener, MultiLabelMLPClassifier
from sklearn_hpa._images.image import HPA_CHANNELS, read_image
from sklearn_hpa.datasets import HPA_LABELS, load_hpa, make_hpa_images, save_hpa
from sklearn_hpa.display import ImageGridDisplay, compose_channels
from sklearn_hpa.metrics import multilabel_log_loss

RGB = ["red", "green", "blue"]
RGBY = [*RGB, "yellow"]
SIGNAL = 200


@pytest.fixture(scope="module")
def drawn():
    return make_hpa_images(10, n_labels=5, size=32, random_state=0)


@pytest.fixture(scope="module")
def folder(drawn, tmp_path_factory):
    return load_hpa(save_hpa(tmp_path_factory.mktemp("files") / "cells", *drawn), return_X_y=True)


def written(figure):
    """The texts beside the pictures, above them and in the key; without those of hidden axes."""
    texts = [text for panel in figure.axes for text in (*panel.texts, panel.title)]
    texts += [text for key in figure.legends for text in key.get_texts()]
    return [text for text in texts if text.get_text()]


def texts_below(display):
    """What is written, its lines joined again."""
    return [text.get_text().replace("\n", " ") for text in written(display.figure_)]


def pixels(panel):
    (image,) = panel.images
    return np.asarray(image.get_array())


def stains_apart():
    """A picture of four pixels, each with one of the four stains."""
    return SIGNAL * np.eye(4, dtype=np.uint8)[np.newaxis]


# ---- composition --------------------------------------------------------------------------------


def test_each_stain_has_its_color_and_the_reticulum_is_a_third_as_strong():
    composite = compose_channels(stains_apart(), stretch=None)
    assert composite.dtype == np.uint8
    assert composite[0].tolist() == [[200, 0, 0], [0, 200, 0], [0, 0, 200], [70, 70, 0]]


def test_the_reticulum_alone_has_its_full_color():
    image = np.full((2, 2, 1), SIGNAL, dtype=np.uint8)
    assert compose_channels(image, ["yellow"], stretch=None)[0, 0].tolist() == [200, 200, 0]


def test_stains_add_up_and_are_clipped_at_white():
    image = np.full((1, 1, 4), 255, dtype=np.uint8)
    assert compose_channels(image, stretch=None)[0, 0].tolist() == [255, 255, 255]
    image[..., 3] = 100
    image[..., :3] = [10, 20, 30]
    assert compose_channels(image, stretch=None)[0, 0].tolist() == [45, 55, 30]


def test_colors_of_a_dict_may_be_names_hex_or_tuples():
    colors = {"red": "white", "green": "#ff0080", "blue": (0.5, 0, 1), "yellow": "orange"}
    composite = compose_channels(stains_apart()[..., :3], RGB, colors=colors, stretch=None)
    assert composite[0, :3].tolist() == [[200, 200, 200], [200, 0, 100], [100, 0, 200]]


def test_a_stack_is_composed_image_by_image(drawn):
    images, _ = drawn
    stack = compose_channels(images[:3])
    assert stack.shape == (3, 32, 32, 3)
    for picture, image in zip(stack, images, strict=False):
        np.testing.assert_array_equal(picture, compose_channels(image))


def test_the_stretch_is_that_of_percentiles_of_each_image_and_channel(drawn):
    images, _ = drawn
    composite = compose_channels(images[..., :3], stretch=(5, 95))
    for picture, image in zip(composite, images, strict=True):
        for k in range(3):
            low, high = np.percentile(image[..., k], [5, 95])
            expected = np.clip((image[..., k] - low) / max(high - low, 32), 0, 1) * 255
            np.testing.assert_allclose(picture[..., k], expected, atol=1)


def test_the_stretch_makes_a_dark_image_visible(drawn):
    image = drawn[0][0][..., :3]
    dark = (image * (45 / image.max(axis=(0, 1)))).astype(np.uint8)
    assert compose_channels(dark, stretch=None).max() < 50
    assert compose_channels(dark).max(axis=(0, 1)).tolist() == [255, 255, 255]


@pytest.mark.parametrize("grey", [0, 3, 250])
def test_an_empty_channel_stays_black(drawn, grey):
    image = drawn[0][0].copy()
    image[..., 1] = grey
    assert compose_channels(image[..., :3])[..., 1].max() == 0


def test_the_noise_of_an_empty_channel_stays_dark(drawn):
    image = drawn[0][0].copy()
    image[..., 1] = np.random.default_rng(0).poisson(1, image.shape[:2])
    assert compose_channels(image[..., :3])[..., 1].max() < 64


# From Machado, Oliveira and Fernandes (2009), IEEE TVCG 15(6), 1291-1298, at full severity; on
# linear RGB.
COLOR_VISION = {
    "normal": np.eye(3),
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def cielab_seen(colors, simulation):
    """CIELAB (D65) of 8-bit sRGB colours as seen with this colour vision."""
    srgb = np.asarray(colors) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.transpose(simulation), 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = seen @ np.transpose(to_xyz) / [0.9505, 1, 1.089]
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def least_difference(palette, vision, channels=HPA_CHANNELS):
    """Between any two stains of one composite, each by itself at full strength."""
    image = 255 * np.eye(len(channels), dtype=np.uint8)[np.newaxis]
    (colors,) = compose_channels(image, channels, colors=palette, stretch=None)
    seen = cielab_seen(colors, COLOR_VISION[vision])
    return min(math.dist(a, b) for a, b in itertools.combinations(seen, 2))


@pytest.mark.parametrize("vision", COLOR_VISION)
@pytest.mark.parametrize("n_channels", [2, 3, 4])
def test_in_the_colorblind_palette_any_two_stains_of_a_composite_stay_apart(vision, n_channels):
    for channels in itertools.combinations(HPA_CHANNELS, n_channels):
        assert least_difference("colorblind", vision, channels) >= 55


def test_the_stains_own_colors_come_close_in_deuteranopia():
    assert least_difference("stains", "deuteranopia") < 30


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"stretch": (-1, 99)}, ValueError, r"stretch=\(-1, 99\).*0 <= low < high <= 100"),
        ({"stretch": (99, 99)}, ValueError, "low < high"),
        ({"stretch": (1, 101)}, ValueError, "<= 100"),
        ({"stretch": 99}, ValueError, "two percentiles"),
        ({"colors": "viridis"}, ValueError, "colors='viridis'.*'stains', 'colorblind'"),
        ({"colors": ["r", "g", "b"]}, TypeError, "a dict, got list"),
        ({"colors": {"rde": "r", "green": "g", "blue": "b"}}, ValueError, "'rde', no channel"),
        ({"colors": {"red": "r", "green": "g"}}, ValueError, "no color for the channels blue"),
        (
            {"colors": {"red": "r", "green": "g", "blue": "bleu"}},
            ValueError,
            "channel 'blue' is 'bleu'",
        ),
        ({"colors": {"red": "r", "green": "g", "blue": (0, 0, 9)}}, ValueError, "channel 'blue'"),
        ({"channels": ["red", "green"]}, ValueError, "3 channels.*names 2: red, green"),
        ({"channels": ["red", "red", "blue"]}, ValueError, "each once"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        compose_channels(np.zeros((4, 4, 3), np.uint8), **options)


@pytest.mark.parametrize("dtype", [np.float32, np.uint16, bool])
def test_images_that_are_not_uint8_are_refused(dtype):
    with pytest.raises(TypeError, match=f"dtype {np.dtype(dtype)}, expected uint8"):
        compose_channels(np.zeros((4, 4, 3), dtype))


@pytest.mark.parametrize("shape", [(4, 4), (0, 4, 4, 3), (1, 1, 4, 4, 3)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"must have shape.*got \("):
        compose_channels(np.zeros(shape, np.uint8), RGB)


def test_named_palettes_need_no_matplotlib():
    code = (
        "import sys; sys.modules['matplotlib'] = None; import numpy as np;"
        "from sklearn_hpa.display import compose_channels;"
        "compose_channels(np.zeros((2, 2, 3), np.uint8), colors='colorblind')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_names_of_colors_without_matplotlib_name_the_extra(monkeypatch):
    image = np.full((1, 1, 1), 255, np.uint8)
    monkeypatch.setitem(sys.modules, "matplotlib.colors", None)
    with pytest.raises(ImportError, match=r"'red' is 'magenta', which .*sklearn-hpa\[plot\]"):
        compose_channels(image, ["red"], colors={"red": "magenta"})
    mixed = compose_channels(image, ["red"], colors={"red": (1, 0, 1)}, stretch=None)
    assert mixed[0, 0].tolist() == [255, 0, 255]


# ---- which images, under which captions ---------------------------------------------------------


def test_the_first_images_are_shown_in_order_with_their_labels(drawn):
    images, y = drawn
    display = ImageGridDisplay.from_images(images, y, n_images=4, size=32, n_columns=3)
    np.testing.assert_array_equal(display.images, images[:4])
    assert display.channels == HPA_CHANNELS
    assert display.axes_.shape == (2, 3)
    composites = compose_channels(images)
    for k in range(4):
        np.testing.assert_array_equal(pixels(display.axes_.flat[k]), composites[k])
        labels = [name for name in y.columns if y[name].iloc[k]]
        assert display.captions[k] == ", ".join(labels)
    assert not display.axes_[1, 1].images and not display.axes_[1, 2].images
    assert texts_below(display)[:4] == display.captions


def test_all_images_are_shown_where_there_are_fewer(drawn):
    images, y = drawn
    assert len(ImageGridDisplay.from_images(images[:3], y[:3], n_images=12, size=32).images) == 3


def test_a_seed_shows_a_random_sample_in_the_order_of_X(drawn):
    images, _ = drawn
    show = [ImageGridDisplay.from_images(images, n_images=5, random_state=s) for s in (0, 0, 1)]
    assert show[0].captions == show[1].captions != show[2].captions
    numbers = [int(caption.removeprefix("image ")) for caption in show[0].captions]
    assert numbers == sorted(set(numbers)) != list(range(5))
    np.testing.assert_array_equal(
        ImageGridDisplay.from_images(images, n_images=5, size=32, random_state=0).images,
        images[numbers],
    )


def test_labels_of_an_array_are_numbers_and_none_is_said(drawn):
    y = np.array([[0, 1, 1], [0, 0, 0]])
    display = ImageGridDisplay.from_images(drawn[0][:2], y)
    assert display.captions == ["1, 2", "no label"]


def test_more_than_five_labels_are_counted(drawn):
    y = pd.DataFrame(np.ones((1, 8), int), columns=HPA_LABELS[:8])
    (caption,) = ImageGridDisplay.from_images(drawn[0][:1], y).captions
    assert caption == ", ".join(HPA_LABELS[:5]) + " and 3 more"


def test_without_labels_captions_are_ids_or_file_names(folder):
    X, _ = folder
    assert ImageGridDisplay.from_images(X, n_images=2).captions == X.index[:2].tolist()
    display = ImageGridDisplay.from_images(X["green"].tolist(), n_images=2)
    assert display.captions == [f"{Id}_green.png" for Id in X.index[:2]]


@pytest.mark.parametrize("form", ["frame", "list", "array of paths", "arrays", "array", "planes"])
def test_every_form_of_images_is_shown(form, drawn, folder):
    images, X = drawn[0], folder[0]
    forms = {
        "frame": (X[["blue", "red"]], ("red", "blue"), images[..., [0, 2]]),
        "list": (X["red"].tolist(), ("red",), images[..., :1]),
        "array of paths": (X[RGB].to_numpy(dtype=object), tuple(RGB), images[..., :3]),
        "arrays": (list(images[..., :3]), tuple(RGB), images[..., :3]),
        "array": (images / 255, HPA_CHANNELS, images),
        "planes": (images[..., 0], ("red",), images[..., :1]),
    }
    given, channels, expected = forms[form]
    display = ImageGridDisplay.from_images(given, n_images=2, size=32)
    assert display.channels == channels
    np.testing.assert_array_equal(display.images, expected[:2])


def test_only_the_images_shown_are_read(folder):
    X = folder[0].copy()
    X.iloc[3:] = "no-such-file.png"
    assert len(ImageGridDisplay.from_images(X, n_images=3).images) == 3
    with pytest.raises(FileNotFoundError, match="no-such-file.png"):
        ImageGridDisplay.from_images(X, n_images=4)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_images": 0}, ValueError, "n_images must be a positive int, got 0"),
        ({"n_images": 2.5}, ValueError, "n_images must be a positive int"),
        ({"n_columns": True}, ValueError, "n_columns must be a positive int, got True"),
        ({"stretch": (50, 10)}, ValueError, "Invalid stretch"),
        ({"colors": {"pink": "pink"}}, ValueError, "'pink', no channel of the images"),
        ({"channels": "red"}, ValueError, "Invalid channels='red'"),
        ({"channels": ["red", "far red"]}, ValueError, "no color for the channels far red"),
    ],
)
def test_options_are_refused_before_an_image_is_read(options, error, message, folder):
    X = folder[0].copy()
    X.iloc[:] = "no-such-file.png"
    with pytest.raises(error, match=message):
        ImageGridDisplay.from_images(X, **options)


def test_labels_of_other_samples_are_refused(folder):
    X, y = folder
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ImageGridDisplay.from_images(X, y[:-1])
    with pytest.raises(ValueError, match="not the same samples: row 0 is 'synthetic00000'"):
        ImageGridDisplay.from_images(X, y[::-1])


@pytest.mark.parametrize("n_labelled", [9, 11])
def test_lists_of_labels_of_other_samples_are_refused(n_labelled, drawn):
    y, proba = [[1, 0]] * n_labelled, [[0.9, 0.2]] * n_labelled
    message = rf"inconsistent numbers of samples: \[10, {n_labelled}\]"
    with pytest.raises(ValueError, match=message):
        ImageGridDisplay.from_images(drawn[0], y)
    with pytest.raises(ValueError, match=message):
        ImageGridDisplay.from_predictions(drawn[0], y, proba)
    with pytest.raises(ValueError, match=message):
        ImageGridDisplay.from_estimator(BaseEstimator(), drawn[0], y)


def test_images_of_more_planes_than_stains_need_channels_and_colors():
    images = np.full((1, 8, 8, 5), 90, np.uint8)
    with pytest.raises(ValueError, match="have 5 planes, more than red, green, blue, yellow; set"):
        ImageGridDisplay.from_images(images)
    display = ImageGridDisplay.from_images(
        images, channels=list("abcde"), colors=dict.fromkeys("abcde", "w"), stretch=None
    )
    assert pixels(display.axes_[0, 0]).min() == 255


def test_what_is_no_set_of_images_is_refused():
    with pytest.raises(TypeError, match="Expected a DataFrame of paths.*got str"):
        ImageGridDisplay.from_images("my-images")
    with pytest.raises(ValueError, match=r"shape \(3, 192\)"):
        ImageGridDisplay.from_images(np.zeros((3, 192), np.uint8))


# ---- how they are drawn -------------------------------------------------------------------------


def overlaps(figure):
    """Pairs of texts whose boxes overlap."""
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


@pytest.mark.parametrize("n_columns", [1, 3, 8])
@pytest.mark.parametrize("split_channels", [False, True])
def test_long_captions_are_neither_cut_nor_run_together(
    drawn, n_columns, split_channels, texts_that_are_cut
):
    captions = [LONG_NAMES[k % 3] for k in range(8)]
    display = ImageGridDisplay(drawn[0][:8], captions, HPA_CHANNELS).plot(
        n_columns=n_columns, split_channels=split_channels
    )
    assert texts_that_are_cut(display.figure_) == []
    assert overlaps(display.figure_) == []
    shown = {text.replace(" ", "") for text in texts_below(display)}
    assert {name.replace(" ", "") for name in LONG_NAMES} <= shown


def test_captions_do_not_cover_pictures(drawn):
    rng = np.random.default_rng(0)
    y = pd.DataFrame(rng.integers(0, 2, (6, 28)), columns=HPA_LABELS)
    display = ImageGridDisplay.from_predictions(drawn[0][:6], y, rng.random(y.shape))
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


def test_split_channels_shows_each_stain_in_grey_under_its_name(drawn):
    images, _ = drawn
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


def test_a_new_figure_says_what_each_color_shows(drawn):
    display = ImageGridDisplay(drawn[0][:2, ..., :2], ["a", "b"], ["red", "green"]).plot(
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
def test_the_key_shows_the_colors_of_the_composite(colors, split_channels):
    display = ImageGridDisplay(255 * np.eye(4, dtype=np.uint8)[np.newaxis, np.newaxis], ["a"], RGBY)
    display.plot(colors=colors, stretch=None, split_channels=split_channels)
    if split_channels:
        patches = [patch for panel in display.axes_[0, 1:] for patch in panel.patches]
    else:
        patches = display.figure_.legends[0].get_patches()
    shown = [255 * np.array(patch.get_facecolor()[:3]) for patch in patches]
    np.testing.assert_allclose(shown, pixels(display.axes_[0, 0])[0], atol=0.5)


def test_axes_that_are_given_hold_the_panels(drawn):
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 5), layout="constrained")
    right.plot([0, 1])
    display = ImageGridDisplay(drawn[0][:4], list("abcd"), HPA_CHANNELS).plot(ax=left)
    figure.canvas.draw()
    assert display.ax_ is left and display.figure_ is figure
    assert not left.axison and right.axison and not figure.legends
    for panel in display.axes_.flat:
        assert panel.get_window_extent().x1 < right.get_window_extent().x0


@pytest.mark.parametrize("split_channels", [False, True])
def test_axes_drawn_in_again_show_the_last_alone(drawn, split_channels):
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 5), layout="constrained")
    beside = ImageGridDisplay(drawn[0][:1], ["beside"], HPA_CHANNELS).plot(ax=right)
    ImageGridDisplay(drawn[0][:4], list("abcd"), HPA_CHANNELS).plot(ax=left)
    last = ImageGridDisplay(drawn[0][4:6], ["e", "f"], HPA_CHANNELS)
    last.plot(ax=left, split_channels=split_channels)
    figure.canvas.draw()
    assert {"e", "f", "beside"} <= {text.get_text() for text in written(figure)}
    assert not set("abcd") & {text.get_text() for text in written(figure)}
    drawn_now = [panel for panel in figure.axes if panel.images]
    assert set(drawn_now) == {*last.axes_.flat, *beside.axes_.flat}
    last.plot(ax=left, split_channels=split_channels)
    assert len([panel for panel in figure.axes if panel.images]) == len(drawn_now)


def test_axes_may_be_drawn_in_again_after_a_panel_was_removed(drawn):
    figure, ax = plt.subplots()
    display = ImageGridDisplay(drawn[0][:2], ["a", "b"], HPA_CHANNELS).plot(ax=ax)
    display.axes_[0, 0].remove()
    display.plot(ax=ax)
    assert len([panel for panel in figure.axes if panel.images]) == 2


@pytest.mark.parametrize("split_channels", [False, True])
def test_the_first_row_is_on_top_whatever_the_settings(drawn, split_channels):
    with plt.rc_context({"image.origin": "lower"}):
        display = ImageGridDisplay(drawn[0][:1], ["a"], HPA_CHANNELS).plot(
            split_channels=split_channels
        )
    for panel in display.axes_.flat:
        assert panel.images[0].origin == "upper"
        bottom, top = panel.get_ylim()
        assert bottom > top


def contrast(color, background):
    """The ratio of W3C's guidelines (WCAG 2.2): at least 4.5 for text."""

    def luminance(color):
        srgb = np.array(to_rgb(color))
        linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722] + 0.05

    light, dark = sorted([luminance(color), luminance(background)], reverse=True)
    return light / dark


@pytest.mark.parametrize("split_channels", [False, True])
def test_every_text_is_legible_in_a_dark_style(drawn, split_channels):
    images, y = drawn
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
def test_the_signs_of_right_and_wrong_are_drawn_in_fonts_that_lack_them(family, drawn):
    with plt.rc_context({"font.family": family, "axes.formatter.use_mathtext": True}):
        display = ImageGridDisplay(drawn[0][:1], ["✓ found: a\n✗ missed: b"], HPA_CHANNELS).plot()
        display.figure_.canvas.draw()
    assert texts_below(display)[:2] == ["✓ found: a", "✗ missed: b"]


def test_dollar_signs_in_names_are_no_formulas(drawn):
    display = ImageGridDisplay(drawn[0][:1], ["$x_1$ and $"], HPA_CHANNELS).plot()
    display.figure_.canvas.draw()
    assert "$x_1$ and $" in texts_below(display)


def test_a_caption_for_each_image_is_required(drawn):
    with pytest.raises(ValueError, match="1 captions for 2 images"):
        ImageGridDisplay(drawn[0][:2], ["a"], HPA_CHANNELS).plot()


# ---- the most wrong -----------------------------------------------------------------------------


def slow_log_loss(truth, proba):
    losses = []
    for row_truth, row_proba in zip(truth, proba, strict=True):
        terms = [-math.log(p if t else 1 - p) for t, p in zip(row_truth, row_proba, strict=True)]
        losses.append(sum(terms) / len(terms))
    return losses


def test_the_most_wrong_comes_first(drawn):
    images, y = drawn
    proba = np.random.default_rng(0).uniform(0.01, 0.99, y.shape)
    display = ImageGridDisplay.from_predictions(images, y, proba, n_images=10, size=32)
    losses = slow_log_loss(y.to_numpy(), proba)
    worst_first = sorted(range(10), key=lambda row: -losses[row])
    np.testing.assert_array_equal(display.images, images[worst_first])
    heads = [caption.split("\n")[0] for caption in display.captions]
    assert heads == [f"image {row}, log loss {losses[row]:.2f}" for row in worst_first]
    assert np.mean(losses) == pytest.approx(multilabel_log_loss(y, proba))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_certain_and_wrong_is_most_wrong_not_infinite(drawn, dtype):
    y = np.array([[1, 0], [0, 1], [1, 1]])
    proba = np.array([[1, 0], [1, 0], [0.5, 0.5]], dtype=dtype)
    display = ImageGridDisplay.from_predictions(drawn[0][:3], y, proba)
    expected = -math.log(np.finfo(dtype).eps)
    assert display.captions[0].startswith(f"image 1, log loss {expected:.2f}\n")
    assert display.captions[2].startswith("image 0, log loss 0.00\n")


def test_captions_tell_found_missed_and_false_alarms_with_probabilities(folder):
    X, _ = folder
    names = ["Cytosol", "Nucleoli", "Golgi", "Nucleoplasm", "ER"]
    y = pd.DataFrame([[1, 1, 1, 0, 0], [0, 0, 0, 0, 0]], index=X.index[:2], columns=names)
    proba = [[0.91, 0.03, 0.95, 0.88, 0.2], [0.1, 0.1, 0.1, 0.1, 0.1]]
    display = ImageGridDisplay.from_predictions(X[:2], y, np.array(proba))
    assert display.captions[0].split("\n")[1:] == [
        "✓ found: Golgi 0.95, Cytosol 0.91",
        "✗ missed: Nucleoli 0.03",
        "✗ false alarm: Nucleoplasm 0.88",
    ]
    assert display.captions[0].startswith(f"{X.index[0]}, log loss 1.2")
    assert display.captions[1].split("\n")[1:] == ["no label, none predicted"]
    colors = {
        text.get_text()[0]: to_hex(text.get_color())
        for text in written(display.figure_)
        if text.get_text()[:1] in ("✓", "✗")
    }
    assert colors == {"✓": "#0072b2", "✗": "#d55e00"}


def test_a_label_is_predicted_from_its_own_threshold_on(drawn):
    y, proba = np.array([[1, 1, 0]]), np.array([[0.3, 0.3, 0.3]])
    display = ImageGridDisplay.from_predictions(drawn[0][:1], y, proba, threshold=[0.3, 0.31, 0.1])
    assert display.captions[0].split("\n")[1:] == [
        "✓ found: 0 0.30",
        "✗ missed: 1 0.30",
        "✗ false alarm: 2 0.30",
    ]


def test_probabilities_may_bring_the_names(drawn):
    proba = pd.DataFrame([[0.1, 0.8]], columns=["Cytosol", "ER"])
    display = ImageGridDisplay.from_predictions(drawn[0][:1], np.array([[1, 0]]), proba)
    assert "missed: Cytosol 0.10\n" in display.captions[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_proba": np.full((10, 4), 0.5)}, "y_proba has 10 samples and 4 labels"),
        ({"y_proba": np.full((10, 5), 1.5)}, r"y_proba is 1.5 .*\[0, 1\]"),
        ({"y_true": np.full((10, 5), 2)}, "y_true is 2"),
        ({"y_true": np.zeros((9, 5)), "y_proba": np.zeros((9, 5))}, "inconsistent numbers"),
        ({"threshold": [0.5, 0.5]}, "one for each of the 5 labels"),
        ({"threshold": 1.5}, r"threshold must lie in \[0, 1\]"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(change, message, drawn):
    images, y = drawn
    arguments = {"y_true": y, "y_proba": np.full(y.shape, 0.5)} | change
    with pytest.raises(ValueError, match=message):
        ImageGridDisplay.from_predictions(images, **arguments)


class Recorder(ClassifierMixin, BaseEstimator):
    """Answers with fixed probabilities; predicts every label; notes how many rows it was given."""

    def __init__(self, proba):
        self.proba = proba

    def predict_proba(self, X):
        return self.proba[: len(X)]

    def predict(self, X):
        self.n_predicted_ = len(X)
        return np.ones((len(X), self.proba.shape[1]), dtype=int)


def test_from_estimator_takes_the_label_sets_of_predict(drawn):
    images, y = drawn
    recorder = Recorder(np.full(y.shape, 0.01))
    display = ImageGridDisplay.from_estimator(recorder, images, y, n_images=3)
    assert not any("missed" in caption for caption in display.captions)
    assert all("false alarm" in caption for caption in display.captions)


def test_from_estimator_reads_again_only_the_files_it_shows(folder):
    X, y = folder
    recorder = Recorder(np.full(y.shape, 0.01))
    ImageGridDisplay.from_estimator(recorder, X, y, n_images=3)
    assert recorder.n_predicted_ == 3


def test_from_estimator_agrees_with_from_predictions(folder):
    X, y = folder
    y = y.loc[:, y.any()]
    pipe = HPAPipeline(
        images=ImageFlattener(size=8),
        classifier=MultiLabelMLPClassifier((4,), max_epochs=2, threshold=0.3, random_state=0),
    ).fit(X, y)
    by_estimator = ImageGridDisplay.from_estimator(pipe, X, y)
    by_hand = ImageGridDisplay.from_predictions(X, y, pipe.predict_proba(X), threshold=0.3)
    assert by_estimator.captions == by_hand.captions
    np.testing.assert_array_equal(by_estimator.images, by_hand.images)


def test_from_estimator_refuses_wrong_labels_before_it_predicts(drawn):
    images, y = drawn
    with pytest.raises(ValueError, match="inconsistent numbers"):
        ImageGridDisplay.from_estimator(BaseEstimator(), images, y[:4])
    with pytest.raises(AttributeError, match="has no predict_proba"):
        ImageGridDisplay.from_estimator(BaseEstimator(), images, y)


# ---- real images --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hpa-cells", "formats/kaggle-png", "formats/hpa-jpg"])
def test_real_images_are_shown_bright_with_their_labels(name, hpa_data, texts_that_are_cut):
    X, y = load_hpa(hpa_data / name, return_X_y=True)
    X, y = X[:3], y[:3]
    display = ImageGridDisplay.from_images(X, y, size=64)
    assert display.captions[0] == ", ".join(y.columns[y.iloc[0] == 1])
    for row, image in enumerate(display.images):
        np.testing.assert_array_equal(
            image, read_image(X.iloc[row].tolist(), HPA_CHANNELS, (64, 64))
        )
        assert pixels(display.axes_.flat[row]).max() == 255
    assert texts_that_are_cut(display.figure_) == []


def test_multichannel_files_have_the_channels_of_their_planes(hpa_data):
    X, _ = load_hpa(hpa_data / "formats/hpa-jpg", return_X_y=True)
    display = ImageGridDisplay.from_images(X[["green"]].rename(columns={"green": "image"}), size=32)
    assert display.channels == tuple(RGB)
    assert display.images[..., 1].max() > display.images[..., 0].max()
