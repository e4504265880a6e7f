"""Tests of NetworkDisplay: layers, unchanged estimators, errors, diagram."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.patches import Polygon
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from sklearn_hpa import HPAPipeline, ImageFlattener, MultiLabelMLPClassifier, load, save
from sklearn_hpa.display import NetworkDisplay

PAPER = [25_165_856, 2_112, 8_320, 33_024, 7_196]


class Convolutions(nn.Module):
    def __init__(self, n_features, n_outputs):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(n_features))
        self.features = nn.Sequential(
            nn.Unflatten(1, (3, 8, 8)),
            nn.Conv2d(3, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.head = nn.Linear(64, n_outputs)
        self.unused = nn.Linear(5, 5)

    def forward(self, x):
        return self.head(self.features(x * self.gain).flatten(1))


class Shared(nn.Module):
    """A network with a layer that is called twice and a layer that uses random numbers."""

    def __init__(self, n_features, n_outputs):
        super().__init__()
        self.layer = nn.Linear(n_features, n_features)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.head = nn.Linear(n_features, n_outputs)

    def forward(self, x):
        x = self.layer(self.layer(x + 0.1 * torch.randn_like(x)))
        tokens = x.reshape(len(x), -1, 4)
        return self.head(self.attention(tokens, tokens, tokens)[0].flatten(1))


def small(**params):
    return MultiLabelMLPClassifier(
        **({"hidden_layer_sizes": (8, 6), "max_epochs": 1, "random_state": 0} | params)
    )


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (12, 3))
    y[0] = 1
    return rng.integers(0, 256, (12, 8, 8, 3), dtype=np.uint8), y


@pytest.fixture(scope="module")
def features(images):
    return np.random.default_rng(1).normal(size=(12, 12)), images[1]


def rows(display):
    return [tuple(row) for row in display.layers.itertuples(index=False)]


def contrast(color, background):
    """Return the contrast ratio of WCAG 2.1 of a colour, also translucent, on a background."""
    *color, alpha = to_rgba(color)
    seen = alpha * np.array(color) + (1 - alpha) * np.array(background)

    def luminance(rgb):
        rgb = np.asarray(rgb)
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    low, high = sorted((luminance(seen), luminance(background)))
    return (high + 0.05) / (low + 0.05)


def words(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


# ---- the layers --------------------------------------------------------------------------------


def test_the_papers_network_has_the_papers_parameters():
    images, y = np.zeros((2, 512, 512, 3), dtype=np.uint8), np.ones((2, 28), dtype=int)
    pipe = HPAPipeline(ImageFlattener(512), MultiLabelMLPClassifier(max_epochs=1)).fit(images, y)
    display = NetworkDisplay.from_estimator(pipe)
    layers = display.layers.set_index("name")
    assert layers.index.tolist() == [
        *("flatten", "scaler", "hidden_1", "hidden_2", "hidden_3", "hidden_4", "output"),
    ]
    assert layers.loc["flatten", "input_shape"] == (512, 512, 3)
    assert layers.loc["flatten", "output_shape"] == (786_432,)
    assert layers["output_shape"].tolist()[2:] == [(32,), (64,), (128,), (256,), (28,)]
    assert layers["n_parameters"].tolist() == [0, 0, *PAPER]
    assert layers["n_parameters"].sum() == 25_216_508
    assert words(display.ax_)[-2:] == [
        "25,216,508",
        "width of a box: logarithm of the number of values",
    ]


def test_activations_are_in_the_row_of_their_layer_and_dropout_has_its_own(features):
    classifier = small(dropout=0.2, activation="tanh").fit(*features)
    assert rows(NetworkDisplay.from_estimator(classifier)) == [
        ("scaler", "standardise", (12,), (12,), 0),
        ("hidden_1", "dense, tanh", (12,), (8,), 104),
        ("dropout_1", "dropout, 0.2", (8,), (8,), 0),
        ("hidden_2", "dense, tanh", (8,), (6,), 54),
        ("dropout_2", "dropout, 0.2", (6,), (6,), 0),
        ("output", "dense, sigmoid", (6,), (3,), 21),
    ]


def test_a_linear_model_of_classes_is_one_layer_with_a_softmax(features):
    X, y = features
    classifier = small(hidden_layer_sizes=()).fit(X, np.arange(12) % 4)
    assert rows(NetworkDisplay.from_estimator(classifier))[1:] == [
        ("output", "dense, softmax", (12,), (4,), 52)
    ]


def test_the_identity_is_no_activation(features):
    layers = NetworkDisplay.from_estimator(small(activation="identity", dropout=0).fit(*features))
    assert layers.layers["kind"].tolist() == ["standardise", "dense", "dense", "dense, sigmoid"]


def test_a_module_of_ones_own_is_listed_in_the_order_of_its_calls(images):
    pipe = HPAPipeline(ImageFlattener(8), small(module=Convolutions)).fit(*images)
    assert rows(NetworkDisplay.from_estimator(pipe)) == [
        ("flatten", "flatten", (8, 8, 3), (192,), 0),
        ("scaler", "divide by 255", (192,), (192,), 0),
        ("features.0", "Unflatten", (192,), (3, 8, 8), 0),
        ("features.1", "Conv2d", (3, 8, 8), (4, 8, 8), 112),
        ("features.2", "BatchNorm2d, ReLU", (4, 8, 8), (4, 8, 8), 8),
        ("features.4", "MaxPool2d", (4, 8, 8), (4, 4, 4), 0),
        ("head", "dense, sigmoid", (64,), (3,), 195),
        ("elsewhere", "", None, None, 192 + 30),
    ]


def test_parameters_of_a_layer_that_is_called_twice_are_counted_once(features):
    classifier = small(module=Shared).fit(*features)
    layers = NetworkDisplay.from_estimator(classifier).layers
    assert layers["name"].tolist() == ["scaler", "layer", "layer", "attention", "head"]
    parameters = sum(each.numel() for each in Shared(12, 3).parameters())
    assert layers["n_parameters"].tolist() == [0, 156, 0, 80, 39]
    assert layers["n_parameters"].sum() == parameters


def test_the_image_shape_is_shown_only_where_its_pixels_reach_the_network(images):
    X, y = images
    pipe = make_pipeline(ImageFlattener(4), StandardScaler(), small()).fit(X, y)
    layers = NetworkDisplay.from_estimator(pipe).layers
    assert layers.loc[0, ["name", "kind"]].tolist() == ["scaler", "standardise"]


def test_a_search_shows_its_best_estimator(images):
    search = GridSearchCV(
        HPAPipeline(ImageFlattener(4), small()),
        {"images__size": [6]},
        cv=2,
        scoring=lambda estimator, X, y: 0.0,
    )
    display = NetworkDisplay.from_estimator(search.fit(*images))
    assert display.layers.loc[0, "input_shape"] == (6, 6, 3)


def test_a_loaded_model_has_the_same_layers(images, tmp_path):
    pipe = HPAPipeline(ImageFlattener(4), small()).fit(*images)
    twin = load(save(pipe, tmp_path / "model.skops"))
    assert rows(NetworkDisplay.from_estimator(twin)) == rows(NetworkDisplay.from_estimator(pipe))


# ---- unchanged estimators, errors ----------------------------------------------------------------


@pytest.mark.parametrize("module", [None, Shared])
def test_looking_changes_neither_the_estimator_nor_the_random_state(features, module):
    X, y = features
    classifier = small(module=module).fit(X, y)
    before, live = dict(classifier._network.weights), classifier.net_
    live.module_.train()
    state, hooks = torch.get_rng_state(), len(live.module_._forward_hooks)
    NetworkDisplay.from_estimator(classifier)
    assert torch.equal(torch.get_rng_state(), state)
    assert classifier.net_ is live and live.module_.training
    assert len(live.module_._forward_hooks) == hooks
    for name, weights in before.items():
        np.testing.assert_array_equal(classifier._network.weights[name], weights)


def test_what_holds_no_network_is_refused():
    with pytest.raises(TypeError, match="NetworkDisplay shows .*; got LogisticRegression"):
        NetworkDisplay.from_estimator(make_pipeline(StandardScaler(), LogisticRegression()))


def test_a_search_without_a_best_estimator_is_refused(features):
    search = GridSearchCV(small(), {"lr": [1e-3]}, cv=2, refit=False).fit(*features)
    with pytest.raises(ValueError, match="NetworkDisplay needs .*refit=True"):
        NetworkDisplay.from_estimator(search)


@pytest.mark.parametrize("estimator", [small(), HPAPipeline(), GridSearchCV(small(), {"lr": [1]})])
def test_what_is_not_fitted_is_refused(estimator):
    with pytest.raises(NotFittedError):
        NetworkDisplay.from_estimator(estimator)


# ---- the diagram -------------------------------------------------------------------------------


def test_every_layer_is_drawn_with_its_shapes_and_parameters(images):
    display = NetworkDisplay.from_estimator(HPAPipeline(ImageFlattener(8), small()).fit(*images))
    assert words(display.ax_)[:-1] == [
        *("layer", "flatten", "scaler", "hidden_1", "hidden_2", "output", "in all"),
        *("flatten", "divide by 255", "dense, ReLU", "dense, ReLU", "dense, sigmoid"),
        *("input", "8 × 8 × 3", "192", "192", "8", "6"),
        *("output", "192", "192", "8", "6", "3"),
        *("parameters", "0", "0", "1,544", "54", "21", "1,619"),
    ]


def test_boxes_are_as_wide_as_the_logarithm_of_what_enters_and_leaves(features):
    display = NetworkDisplay.from_estimator(small(dropout=0).fit(*features))
    boxes = [patch.get_xy() for patch in display.ax_.patches if isinstance(patch, Polygon)]
    edges = [(box[1, 0] - box[0, 0], box[2, 0] - box[3, 0]) for box in boxes]
    expected = np.log2(np.array([(12, 12), (12, 8), (8, 6), (6, 3)]) + 1)
    np.testing.assert_allclose(np.divide(edges, edges[0][0]), expected / expected[0, 0])
    filled = [patch.get_fill() and patch.get_facecolor()[3] > 0 for patch in display.ax_.patches]
    assert filled == [False, True, True, True]


@pytest.mark.slow
@pytest.mark.parametrize("n_hidden", [3, 9])
@pytest.mark.parametrize("size", [None, (6.4, 4.8), (3, 2)])
def test_no_text_is_cut_or_meets_another(features, texts_that_are_cut, n_hidden, size):
    ax = None
    if size:
        _, (ax, _) = plt.subplots(1, 2, figsize=(2 * size[0], size[1]), layout="constrained")
    classifier = small(hidden_layer_sizes=(64,) * n_hidden).fit(*features)
    display = NetworkDisplay.from_estimator(classifier, ax=ax)
    assert texts_that_are_cut(display.figure_) == []
    boxes = [text.get_window_extent() for text in display.ax_.texts if text.get_text()]
    # Minus one pixel, because the box of a text is taller than its glyphs.
    overlaps = [
        (i, j)
        for i, one in enumerate(boxes)
        for j, other in enumerate(boxes[:i])
        if one.padded(-1).overlaps(other.padded(-1))
    ]
    assert overlaps == []
    if size != (3, 2):
        assert min(text.get_fontsize() for text in display.ax_.texts) >= 7


def test_it_is_drawn_where_it_is_told_to(features):
    _, (left, right) = plt.subplots(1, 2)
    display = NetworkDisplay.from_estimator(small().fit(*features), ax=right)
    assert display.ax_ is right and display.figure_ is right.figure
    assert not left.texts and not right.axison


def test_it_is_drawn_in_a_part_of_a_figure(features, texts_that_are_cut):
    figure = plt.figure(figsize=(9, 4), layout="constrained")
    _, part = figure.subfigures(1, 2)
    _, inner = part.subfigures(2, 1)
    display = NetworkDisplay.from_estimator(small().fit(*features), ax=inner.subplots())
    assert display.figure_ is inner
    assert texts_that_are_cut(figure) == []


def test_drawn_again_in_the_same_axes_it_replaces_what_was_there(features):
    _, ax = plt.subplots()
    ax.plot([0, 1e4], [0, 1e4])
    display = NetworkDisplay.from_estimator(small().fit(*features), ax=ax)
    counts = len(ax.texts), len(ax.patches), len(ax.lines), ax.get_xlim()
    display.plot(ax=ax)
    assert (len(ax.texts), len(ax.patches), len(ax.lines), ax.get_xlim()) == counts
    assert len(ax.lines) == 1 and not ax.axison


def test_names_are_drawn_as_they_are_written(texts_that_are_cut):
    names = ["one $ only", r"\frac{$", "$x^2$", "a_b"]
    layers = pd.DataFrame(
        {
            "name": names,
            "kind": names,
            "input_shape": [(4,)] * 4,
            "output_shape": [(4,)] * 4,
            "n_parameters": [1] * 4,
        }
    )
    display = NetworkDisplay(layers).plot()
    assert texts_that_are_cut(display.figure_) == []
    assert words(display.ax_)[1:5] == names
    shown = [text for text in display.ax_.texts if text.get_text() in names]
    assert len(shown) == 8 and not any(text.get_parse_math() for text in shown)


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_every_text_and_line_is_seen_on_its_background(features, style):
    with plt.style.context(style):
        display = NetworkDisplay.from_estimator(small().fit(*features))
        background = to_rgb(plt.rcParams["figure.facecolor"])
    ax = display.ax_
    for text in ax.texts:
        if text.get_text():
            assert contrast(text.get_color(), background) > 4.5, text.get_text()
    arrows = [text.arrow_patch for text in ax.texts if getattr(text, "arrow_patch", None)]
    edges = [part.get_edgecolor() for part in (*ax.patches, *arrows)]
    assert len(edges) == 2 * len(display.layers) - 1
    for color in (*edges, *(line.get_color() for line in ax.lines)):
        assert contrast(color, background) > 3
