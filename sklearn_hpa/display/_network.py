"""Display of the layers of a network, as a table and as a diagram."""

from __future__ import annotations

from collections.abc import Iterator
from math import log2, prod
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .._common.estimators import public_in
from ._fitted import find_classifier
from ._layout.figure import AS_WRITTEN, BLUE, axes_to_draw_in, import_pyplot, text_color
from ._layout.text import text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from torch import nn

    from ..neural_network import MultiLabelMLPClassifier

COLUMNS = ["name", "kind", "input_shape", "output_shape", "n_parameters"]
#: Lengths in points: font size, row height (and the minimum that the text needs), gap between
#: columns, width of the widest box.
FONT_SIZE = 9.0
ROW_HEIGHT, LEAST_ROW_HEIGHT = 24.0, 15.0
MANY_LAYERS = 10
GAP = 14.0
BOX_WIDTH = 130.0
#: Opacity of secondary text, and of separating lines.
FAINT, LINE = 0.7, 0.6


@public_in("sklearn_hpa.display")
class NetworkDisplay:
    """The layers of a fitted network: input shapes, output shapes, numbers of parameters.

    Parameters
    ----------
    layers : DataFrame
        One row per layer, from input to output. The columns are name, kind, input_shape and
        output_shape (tuples, without the samples), and n_parameters (trained parameters).

    Attributes
    ----------
    layers : DataFrame
        The parameter.
    ax_ : matplotlib Axes
        The axes with the diagram.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    See Also
    --------
    sklearn_hpa.MultiLabelMLPClassifier : The classifier that contains the network.

    Examples
    --------
    >>> from sklearn_hpa import HPAPipeline, ImageFlattener, MultiLabelMLPClassifier
    >>> from sklearn_hpa.datasets import make_hpa_images
    >>> from sklearn_hpa.display import NetworkDisplay
    >>> X, y = make_hpa_images(24, n_labels=4, size=32, random_state=0)
    >>> pipe = HPAPipeline(ImageFlattener(16), MultiLabelMLPClassifier((32, 64), max_epochs=1))
    >>> display = NetworkDisplay.from_estimator(pipe.fit(X, y))
    >>> display.layers
           name            kind  input_shape output_shape  n_parameters
    0   flatten         flatten  (16, 16, 3)       (768,)             0
    1    scaler   divide by 255       (768,)       (768,)             0
    2  hidden_1     dense, ReLU       (768,)        (32,)         24608
    3  hidden_2     dense, ReLU        (32,)        (64,)          2112
    4    output  dense, sigmoid        (64,)         (4,)           260
    >>> int(display.layers["n_parameters"].sum())
    26980
    """

    def __init__(self, layers: pd.DataFrame):
        self.layers = layers

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Axes | None = None) -> NetworkDisplay:
        """List the layers of a fitted network and plot them.

        Parameters
        ----------
        estimator : estimator
            A fitted :class:`~sklearn_hpa.MultiLabelMLPClassifier`, a pipeline that ends in one, or
            a search over either. After an :class:`~sklearn_hpa.ImageFlattener`, the first layer
            flattens the image.
        ax : matplotlib Axes, default=None
            Axes to plot in. By default a new figure.

        Returns
        -------
        NetworkDisplay
            The display.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the network is not fitted.
        TypeError
            If `estimator` contains no such network.

        Notes
        -----
        An activation is in the row of the layer that it follows. The function that converts the
        outputs to probabilities is in the last row. The layers of a custom ``module`` are found by
        passing zeros through a copy in evaluation mode: the called modules, in the order of the
        calls, under their names in torch. The row "elsewhere" counts trained parameters that belong
        to none of these modules.
        """
        classifier, steps = find_classifier(estimator, cls.__name__)
        rows = [*_flatten_row(classifier, steps), *_network_rows(classifier)]
        return cls(pd.DataFrame(rows, columns=COLUMNS)).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> NetworkDisplay:
        """Plot the layers from top to bottom.

        The widths of the upper and lower edges of a box are proportional to the logarithm of the
        number of input and output values. Boxes of layers with parameters are filled.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to plot in; their present content is removed, and the text shrinks in small axes.
            By default a new figure.

        Returns
        -------
        NetworkDisplay
            The display itself.
        """
        import_pyplot(type(self).__name__)
        texts = self._texts()
        weights = {0: "bold"}
        widths = [
            max(
                text_width(text, FONT_SIZE, weights.get(column, "normal")) for text in texts[column]
            )
            for column in texts
        ]
        width = sum(widths) + BOX_WIDTH + GAP * len(widths)
        n_rows = len(self.layers) + 3
        row_height = ROW_HEIGHT if len(self.layers) <= MANY_LAYERS else 0.7 * ROW_HEIGHT
        given = ax is not None
        figsize = ((width + 12) / 72, (n_rows * row_height + 12) / 72)
        ax = axes_to_draw_in(ax, figsize, type(self).__name__)
        ax.clear()
        ax.set_axis_off()
        scale = 1.0
        if given:
            scale = min(1.0, *(_size_in_points(ax) / (width, n_rows * LEAST_ROW_HEIGHT)))
        ax.set(xlim=(0, width), ylim=(n_rows, 0))
        self._draw(ax, texts, widths, scale)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _texts(self) -> dict[int, list[str]]:
        """Return the columns of the table, with headings and total."""
        layers = self.layers
        total = int(layers["n_parameters"].sum())
        return {
            0: ["layer", *layers["name"], "in all"],
            1: ["", *layers["kind"], ""],
            2: ["input", *map(_shape, layers["input_shape"]), ""],
            3: ["output", *map(_shape, layers["output_shape"]), ""],
            4: ["parameters", *(f"{count:,}" for count in layers["n_parameters"]), f"{total:,}"],
        }

    def _draw(self, ax: Axes, texts: dict[int, list[str]], widths: list[float], scale: float):
        size = FONT_SIZE * scale
        ends = np.cumsum(np.add(widths, GAP)) - GAP
        ends[2:] += BOX_WIDTH + GAP
        starts = ends - widths
        for column, lines in texts.items():
            left = column < 2
            for row, line in enumerate(lines):
                heading, total = row == 0, row == len(lines) - 1
                ax.text(
                    starts[column] if left else ends[column],
                    row + 0.5,
                    line,
                    size=size,
                    ha="left" if left else "right",
                    va="center",
                    color=text_color(FAINT if heading or column == 1 else 1.0),
                    weight="bold" if total or (column == 0 and not heading) else "normal",
                    **AS_WRITTEN,
                )
        rule = len(self.layers) + 1
        ax.plot([0, ends[-1]], [rule, rule], color=text_color(), lw=0.8, clip_on=False)
        ax.text(
            ends[-1],
            len(self.layers) + 2.4,
            "width of a box: logarithm of the number of values",
            size=size * 0.85,
            ha="right",
            va="center",
            color=text_color(FAINT),
        )
        self._draw_boxes(ax, ends[1] + GAP + BOX_WIDTH / 2, scale)

    def _draw_boxes(self, ax: Axes, center: float, scale: float) -> None:
        layers = self.layers[self.layers["output_shape"].notna()]
        sizes = [
            (_n_values(before), _n_values(after))
            for before, after in zip(layers["input_shape"], layers["output_shape"], strict=True)
        ]
        unit = BOX_WIDTH / 2 / max(log2(1 + size) for pair in sizes for size in pair)
        arrow = {
            "arrowstyle": "->",
            "color": text_color(FAINT),
            "lw": 0.9 * scale,
            "mutation_scale": 7 * scale,
            "shrinkA": 0,
            "shrinkB": 0,
        }
        for row, (n_parameters, pair) in enumerate(
            zip(layers["n_parameters"], sizes, strict=True), start=1
        ):
            above, below = (unit * log2(1 + size) for size in pair)
            top, bottom = row + 0.2, row + 0.8
            corners = [
                (center - above, top),
                (center + above, top),
                (center + below, bottom),
                (center - below, bottom),
            ]
            face, edge = (BLUE, BLUE) if n_parameters else ("none", text_color(LINE))
            ax.fill(*zip(*corners, strict=True), fc=face, ec=edge, lw=0.9 * scale)
            if row > 1:
                ax.annotate("", (center, top), (center, top - 0.4), arrowprops=arrow)


def _shape(shape: tuple[int, ...] | None) -> str:
    return "–" if shape is None else " × ".join(f"{length:,}" for length in shape)


def _n_values(shape: tuple[int, ...] | None) -> int:
    return 0 if shape is None else prod(shape)


def _size_in_points(ax: Axes) -> np.ndarray:
    """Return width and height of axes in points, after the layout."""
    ax.figure.canvas.figure.draw_without_rendering()
    return np.array([ax.bbox.width, ax.bbox.height]) * 72 / ax.figure.dpi


def _flatten_row(classifier: MultiLabelMLPClassifier, steps: list[Any]) -> Iterator[tuple]:
    from ..feature_extraction import ImageFlattener

    if not steps or not isinstance(steps[-1], ImageFlattener):
        return
    shape = tuple(map(int, steps[-1].image_shape_))
    yield "flatten", "flatten", shape, (classifier.n_features_in_,), 0


def _network_rows(classifier: MultiLabelMLPClassifier) -> list[tuple]:
    """Return the rows of the network, with activations in the rows of the layers they follow."""
    import torch

    from .._torch.seeds import torch_seed
    from ..neural_network import build_network

    architecture = classifier._network.architecture
    dtype = torch.uint8 if classifier._network.takes_pixels else torch.float32
    with torch_seed(0, "cpu"), torch.inference_mode():
        network = build_network(**architecture).eval()
        calls = _record_calls(network)
        network(torch.zeros((1, architecture["n_features"]), dtype=dtype))

    rows: list[dict[str, Any]] = []
    if network.pixel_layer is not None:
        shape = (architecture["n_features"],)
        scaling = {"name": "scaler", "kind": "divide by 255", "n_parameters": 0}
        rows.append(scaling | {"input_shape": shape, "output_shape": shape})
    for call in calls:
        activation = _activation(call["module"])
        if activation is None or not rows or rows[-1]["name"] == "scaler":
            rows.append(call | {"kind": activation or _kind(call["module"])})
        elif activation:
            rows[-1]["kind"] += f", {activation}"
    rows[-1]["kind"] += ", sigmoid" if classifier._network.multilabel else ", softmax"
    if architecture["module"] is None:
        _name_dense_layers(rows)
    found = sum(row["n_parameters"] for row in rows)
    elsewhere = sum(parameter.numel() for parameter in network.parameters()) - found
    if elsewhere:
        rows.append({"name": "elsewhere", "kind": "", "n_parameters": elsewhere})
    return [tuple(row.get(column) for column in COLUMNS) for row in rows]


def _record_calls(network: nn.Module) -> list[dict[str, Any]]:
    """Return a list to which each module without calls to other modules is added when called."""
    calls: list[dict[str, Any]] = []
    entered: list[int] = []
    counted: set[int] = set()
    names = {module: name.removeprefix("body.") for name, module in network.named_modules()}

    def enter(module: nn.Module, args: tuple) -> None:
        entered.append(len(calls))

    def leave(module: nn.Module, args: tuple, output: Any) -> None:
        if entered.pop() < len(calls):
            return
        new = [each for each in module.parameters() if id(each) not in counted]
        counted.update(map(id, new))
        calls.append(
            {
                "name": names[module],
                "module": module,
                "input_shape": _shape_of(args),
                "output_shape": _shape_of(output),
                "n_parameters": sum(each.numel() for each in new),
            }
        )

    for module in network.modules():
        module.register_forward_pre_hook(enter)
        module.register_forward_hook(leave)
    return calls


def _shape_of(values: Any) -> tuple[int, ...] | None:
    """Return the shape of the first tensor, without the samples."""
    import torch

    if isinstance(values, torch.Tensor):
        return tuple(values.shape[1:])
    if isinstance(values, tuple | list):
        shapes = (_shape_of(value) for value in values)
        return next((shape for shape in shapes if shape is not None), None)
    return None


def _activation(module: nn.Module) -> str | None:
    """Return the name of an activation, "" for the identity, or None for other modules."""
    from ..neural_network import ACTIVATIONS

    if type(module) not in ACTIVATIONS.values():
        return None
    shown = {"Identity": "", "LeakyReLU": "leaky ReLU", "Sigmoid": "sigmoid", "Tanh": "tanh"}
    name = type(module).__name__
    return shown.get(name, name)


def _kind(module: nn.Module) -> str:
    from torch import nn

    from ..neural_network import FeatureScaler, Linear, PixelLinear, PixelScaler

    if isinstance(module, nn.Dropout):
        return f"dropout, {module.p:g}"
    shown = {
        PixelScaler: "divide by 255",
        FeatureScaler: "standardise",
        Linear: "dense",
        PixelLinear: "dense",
        nn.Linear: "dense",
        nn.Flatten: "flatten",
    }
    return shown.get(type(module), type(module).__name__)


def _name_dense_layers(rows: list[dict[str, Any]]) -> None:
    hidden = 0
    for row in rows[1:-1]:
        dense = row["kind"].startswith("dense")
        hidden += dense
        row["name"] = f"{'hidden' if dense else 'dropout'}_{hidden}"
    rows[-1]["name"] = "output"
