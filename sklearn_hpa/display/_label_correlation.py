"""Display of label correlations (Figure 1 of the paper)."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .._common.alignment import NamesLike
from .._common.estimators import public_in
from .._labels.indicator import MatrixLike
from ._label_names import read_named_indicator
from ._layout.figure import (
    AS_WRITTEN,
    CAPTION_SIZE,
    axes_to_draw_in,
    check_axes,
    import_pyplot,
    size_in_points,
    text_color,
)
from ._layout.label_rows import Names, lay_out_names
from ._layout.text import text_height, text_width, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_LABELS_WITH_VALUES = 12
#: With more labels, the least absolute value that is written: a "small" correlation.
_LEAST_WRITTEN = 0.1

_BAR_LABEL = "Correlation (phi coefficient)"
_BAR = 0.8  # height of the colour bar as a fraction of the height of the map

# In points.
_LEAST_SIDE = 230
_CELL = 17.3
_MARGIN = 30

#: Options independent of matplotlib's settings: the first label on top, square and sharp cells.
_MAP: dict[str, Any] = {"origin": "upper", "aspect": "equal", "interpolation": "nearest"}


@public_in("sklearn_hpa.display")
class LabelCorrelationDisplay:
    """Map of the correlation of each pair of labels.

    The correlation of two labels is the phi coefficient [1]_, which is Pearson's correlation of
    their 0/1 columns. It is 1 if they occur in the same samples, 0 if they are independent, and
    negative if they rarely occur together. It is undefined for a label that no sample or every
    sample has.

    Create it with :meth:`from_labels`.

    Parameters
    ----------
    correlation : DataFrame of float64, shape (n_labels, n_labels)
        Correlations in [-1, 1], or nan. Index and columns are the label names.

    Attributes
    ----------
    correlation : DataFrame
        The parameter.
    ax_ : matplotlib Axes
        The axes with the map.
    figure_ : matplotlib Figure
        The figure of the axes.
    im_ : matplotlib AxesImage
        The map; its array is masked on the diagonal and where the correlation is undefined.

    References
    ----------
    .. [1] Yule, G. U. (1912). On the methods of measuring association between two attributes.
       Journal of the Royal Statistical Society, 75(6), 579-652.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_hpa.display import LabelCorrelationDisplay
    >>> y = pd.DataFrame({"Endosomes": [1, 1, 0, 0], "Lysosomes": [1, 1, 0, 0], "ER": [0, 1, 1, 1]})
    >>> LabelCorrelationDisplay.from_labels(y).correlation.round(2)
    label      Endosomes  Lysosomes    ER
    label
    Endosomes       1.00       1.00 -0.58
    Lysosomes       1.00       1.00 -0.58
    ER             -0.58      -0.58  1.00
    """

    def __init__(self, correlation: pd.DataFrame):
        self.correlation = correlation

    @classmethod
    def from_labels(
        cls,
        y: MatrixLike,
        *,
        label_names: NamesLike | None = None,
        vmax: float = 1.0,
        ax: Axes | None = None,
    ) -> LabelCorrelationDisplay:
        """Compute the correlation of each pair of labels and plot it.

        Parameters
        ----------
        y : 0/1 matrix of shape (n_samples, n_labels)
            The labels of each sample: a DataFrame, an array or a sparse matrix.
        label_names : sequence of length n_labels, default=None
            Names of the labels. By default the columns of a DataFrame, else the numbers from 0.
        vmax : float, default=1.0
            As in :meth:`plot`.
        ax : matplotlib Axes, default=None
            As in :meth:`plot`.

        Returns
        -------
        LabelCorrelationDisplay
            The display.

        Raises
        ------
        ValueError
            If `y` has values other than 0 and 1, the number of names differs from the number of
            labels, or `vmax` is not a finite number above 0.
        """
        matrix, names = read_named_indicator(y, "y", label_names)
        correlation = pd.DataFrame(_phi(matrix), index=names, columns=names)
        return cls(correlation).plot(vmax=vmax, ax=ax)

    def plot(
        self,
        *,
        vmax: float = 1.0,
        ax: Axes | None = None,
    ) -> LabelCorrelationDisplay:
        """Plot the map.

        The colours cover all possible correlations, from -1 to 1. Correlations that differ from 0
        only by chance are therefore nearly white, and maps of different label sets can be compared.

        The diagonal is grey. Labels without a correlation have hatched cells and are named below
        the map. With up to twelve labels, each cell shows its value. With more labels, only values
        of at least 0.1, positive or negative, and values beyond the colour scale are shown.

        Parameters
        ----------
        vmax : float, default=1.0
            End of the colour scale, above 0; the scale is symmetric around 0. A smaller value, such
            as 0.2, makes weak correlations visible in a set of many thousand samples. In a small
            set it also makes chance visible: the correlation of two independent labels has a
            standard deviation of about one divided by the square root of the number of samples.
        ax : matplotlib Axes, default=None
            Axes to plot in, over their present content. By default a new figure.

        Returns
        -------
        LabelCorrelationDisplay
            The display itself.

        Raises
        ------
        ValueError
            If `vmax` is not a finite number above 0, or `ax` has a projection.
        TypeError
            If `ax` is not an Axes.
        """
        values = self.correlation.to_numpy(dtype=np.float64, copy=True)
        n_labels = len(values)
        np.fill_diagonal(values, np.nan)
        vmax = _check_vmax(vmax)

        ax, side, names = self._axes(ax)
        ax.set_facecolor("white")
        ax.patch.set(hatch="/////", edgecolor="0.85", linewidth=0)
        self.im_ = ax.imshow(
            np.ma.masked_invalid(values), cmap="RdBu_r", vmin=-vmax, vmax=vmax, zorder=1, **_MAP
        )
        _draw_cells(ax, self.correlation, names.size, vmax)
        ticks = range(n_labels)
        ax.set_xticks(ticks, names.texts, rotation=90, fontsize=names.size, **AS_WRITTEN)
        ax.set_yticks(ticks, names.texts, fontsize=names.size, **AS_WRITTEN)
        ax.tick_params(length=0)
        ax.set_xlabel(
            wrap(self._note(), side, CAPTION_SIZE),
            fontsize=CAPTION_SIZE,
            color=text_color(0.7),
            **AS_WRITTEN,
        )
        beyond = bool((np.abs(values[~np.isnan(values)]) > vmax).any())
        bar = ax.figure.colorbar(
            self.im_, ax=ax, shrink=_BAR, aspect=30, extend="both" if beyond else "neither"
        )
        bar.set_label(
            wrap("Correlation (phi coefficient)", 0.8 * side, bar.ax.yaxis.label.get_fontsize())
        )
        bar.outline.set_visible(False)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _axes(self, ax: Axes | None) -> tuple[Axes, float, Names]:
        """Return the axes, the width of the map in points, and the names next to it."""
        caller = type(self).__name__
        settings = import_pyplot(caller).rcParams
        if ax is not None:
            check_axes(ax)
            width, height = size_in_points(ax)
            names = lay_out_names(self.correlation.index, (width, height), square=True)
            side = min(0.8 * width, height) - names.width
            return ax, max(side, 0.25 * width), names
        names = lay_out_names(self.correlation.index, None)
        side = max(_LEAST_SIDE, len(names.texts) * max(_CELL, names.row_height))
        bar_label = wrap(_BAR_LABEL, _BAR * side, settings["axes.labelsize"])
        bar = (
            0.1 * side
            + text_width("−0.75", settings["ytick.labelsize"])
            + text_height(bar_label, settings["axes.labelsize"])
            + 12
        )
        note = wrap(self._note(), side, CAPTION_SIZE)
        width = names.width + side + bar + _MARGIN
        height = names.width + side + text_height(note, CAPTION_SIZE) + _MARGIN
        return axes_to_draw_in(None, (width / 72, height / 72), caller), side, names

    def _note(self) -> str:
        lacking = self.correlation.index[self.correlation.isna().all()].map(str)
        if lacking.empty:
            return ""
        return f"No correlation, being in none of the samples or in all: {', '.join(lacking)}"


def _phi(matrix: np.ndarray) -> np.ndarray:
    """Return the phi coefficient of each pair of columns; nan for a constant column."""
    columns = matrix.astype(np.float64)
    n_samples, positives = len(columns), columns.sum(axis=0)
    together = columns.T @ columns
    variance = positives * (n_samples - positives)
    scale = np.sqrt(np.outer(variance, variance))
    covariance = n_samples * together - np.outer(positives, positives)
    return np.divide(covariance, scale, out=np.full_like(scale, np.nan), where=scale > 0)


def _check_vmax(vmax: float) -> float:
    if isinstance(vmax, bool) or not isinstance(vmax, Real) or not 0 < vmax < np.inf:
        raise ValueError(f"Got vmax={vmax!r}, but expected a finite number above 0.")
    return vmax


def _draw_cells(ax: Axes, correlation: pd.DataFrame, size: float, vmax: float) -> None:
    """Plot grey squares on the diagonal, white lines between cells, and values in cells."""
    values = correlation.to_numpy(dtype=np.float64)
    least = 0.0 if len(values) <= _MOST_LABELS_WITH_VALUES else min(_LEAST_WRITTEN, vmax)
    for (row, column), value in np.ndenumerate(values):
        if row == column or np.isnan(value) or abs(value) < least:
            continue
        ax.text(
            column,
            row,
            f"{value:z.2f}".replace("0.", "."),
            ha="center",
            va="center",
            fontsize=0.8 * size,
            color="white" if abs(value) > 0.6 * vmax else "black",
        )
    diagonal = np.where(np.eye(len(values)) * ~np.isnan(values), 1.0, np.nan)
    ax.imshow(np.ma.masked_invalid(diagonal), cmap="gray", vmin=0, vmax=1.3, zorder=1, **_MAP)
    ax.set_xticks(np.arange(len(values) + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(len(values) + 1) - 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=0.8)
    ax.tick_params(which="minor", length=0)
    ax.spines[:].set_visible(False)
