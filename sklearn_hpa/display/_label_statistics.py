"""What a table of labels says before any image is looked at: Figures 1 and 2 of the paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..metrics._checks import MatrixLike
from ._figure import BLUE, CAPTION_SIZE, axes_to_draw_in, size_in_points, wrap_caption
from ._label_names import name_font_size, read_indicator

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_LABELS_WITH_VALUES = 12
_MOST_SIZES = 5


class LabelCorrelationDisplay:
    """Which labels occur together: a map of the correlation of each pair.

    The correlation of two labels is the phi coefficient [1]_, Pearson's correlation of their 0/1
    columns: 1 where they occur in the same samples, 0 where they are independent, negative where
    one shuns the other. A label that no sample or every sample has, has none.

    Make it with :meth:`from_labels`.

    Parameters
    ----------
    correlation : DataFrame of float64, shape (n_labels, n_labels)
        In [-1, 1], or nan; index and columns are the label names.

    Attributes
    ----------
    correlation : DataFrame
        As given.
    ax_ : matplotlib Axes
        The axes drawn in.
    figure_ : matplotlib Figure
        The figure of the axes.
    im_ : matplotlib AxesImage
        The map; its array is masked on the diagonal and where there is no correlation.

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
        label_names: Sequence[Any] | None = None,
        vmax: float | None = None,
        ax: Axes | None = None,
    ) -> LabelCorrelationDisplay:
        """Compute the correlation of every pair of labels, and draw it.

        Parameters
        ----------
        y : 0/1 matrix of shape (n_samples, n_labels)
            The labels of each sample: a DataFrame, an array or a sparse matrix.
        label_names : sequence of length n_labels, default=None
            By default the columns of a DataFrame, else the numbers from 0.
        vmax, ax
            As in :meth:`plot`.

        Returns
        -------
        LabelCorrelationDisplay

        Raises
        ------
        ValueError
            Where `y` holds something else than 0 and 1, the names are not one for each label,
            or `vmax` is not a finite number above 0.
        """
        matrix, names = read_indicator(y, "y", label_names)
        correlation = pd.DataFrame(_phi(matrix), index=names, columns=names)
        return cls(correlation).plot(vmax=vmax, ax=ax)

    def plot(
        self,
        *,
        vmax: float | None = None,
        ax: Axes | None = None,
    ) -> LabelCorrelationDisplay:
        """Draw the map.

        The diagonal is grey. Labels without a correlation have hatched cells, and are named
        below. Each value is written in its cell where there are at most twelve labels; where there
        are more, only the values beyond the scale.

        Parameters
        ----------
        vmax : float, default=None
            The correlation, above 0, at which the colours end; they are symmetric around 0. By
            default the largest that one pair in a hundred does not exceed, so that the many small
            ones can be told apart; up to fourteen labels this is the largest of all.
        ax : matplotlib Axes, default=None
            Where to draw; by default in a new figure.

        Returns
        -------
        LabelCorrelationDisplay
            The display itself.

        Raises
        ------
        ValueError
            Where `vmax` is not a finite number above 0.
        """
        values = self.correlation.to_numpy(dtype=np.float64, copy=True)
        n_labels = len(values)
        np.fill_diagonal(values, np.nan)
        vmax = _scale(values) if vmax is None else _check_vmax(vmax)

        side = max(3.2, 0.24 * n_labels)
        ax = axes_to_draw_in(ax, (side + 2.9, side + 2.0), type(self).__name__)
        ax.set_facecolor("white")
        ax.patch.set(hatch="/////", edgecolor="0.85", linewidth=0)
        self.im_ = ax.imshow(
            np.ma.masked_invalid(values), cmap="RdBu_r", vmin=-vmax, vmax=vmax, zorder=1
        )
        size = name_font_size(ax, n_labels)
        _draw_cells(ax, self.correlation, size, vmax)
        names = self.correlation.index.map(str)
        ax.set_xticks(range(n_labels), names, rotation=90, fontsize=size)
        ax.set_yticks(range(n_labels), names, fontsize=size)
        ax.tick_params(length=0)
        if lacking := self._lacking():
            note = f"No correlation, being in none of the samples or in all: {', '.join(lacking)}"
            note = wrap_caption(note, size_in_points(ax)[0])
            ax.set_xlabel(note, fontsize=CAPTION_SIZE, color="0.3")
        beyond = bool((np.abs(values[~np.isnan(values)]) > vmax).any())
        bar = ax.figure.colorbar(
            self.im_, ax=ax, shrink=0.8, aspect=30, extend="both" if beyond else "neither"
        )
        bar.set_label("Correlation (phi coefficient)")
        bar.outline.set_visible(False)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _lacking(self) -> list[str]:
        return self.correlation.index[self.correlation.isna().all()].map(str).tolist()


class LabelFrequencyDisplay:
    """How many samples have each label: horizontal bars, the most frequent label first.

    Make it with :meth:`from_labels`.

    Parameters
    ----------
    counts : Series of int
        Samples with each label; the index holds the label names.
    n_samples : int
        Samples in all.
    labels_per_sample : Series of int, default=None
        Samples by their number of labels, which is the index.

    Attributes
    ----------
    counts, n_samples, labels_per_sample
        As given.
    ax_ : matplotlib Axes
        The axes drawn in.
    figure_ : matplotlib Figure
        The figure of the axes.
    bars_ : matplotlib BarContainer
        One bar per label, from the most frequent to the rarest.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_hpa.display import LabelFrequencyDisplay
    >>> y = pd.DataFrame({"Nucleoli": [1, 0, 0, 0], "Cytosol": [1, 1, 0, 1]})
    >>> display = LabelFrequencyDisplay.from_labels(y)
    >>> display.counts.to_dict(), display.n_samples
    ({'Nucleoli': 1, 'Cytosol': 3}, 4)
    >>> display.labels_per_sample.to_dict()
    {0: 1, 1: 2, 2: 1}
    """

    def __init__(
        self, counts: pd.Series, n_samples: int, labels_per_sample: pd.Series | None = None
    ):
        self.counts = counts
        self.n_samples = n_samples
        self.labels_per_sample = labels_per_sample

    @classmethod
    def from_labels(
        cls,
        y: MatrixLike,
        *,
        label_names: Sequence[Any] | None = None,
        log: bool = False,
        ax: Axes | None = None,
    ) -> LabelFrequencyDisplay:
        """Count the samples of each label, and draw the counts.

        Parameters
        ----------
        y : 0/1 matrix of shape (n_samples, n_labels)
            The labels of each sample: a DataFrame, an array or a sparse matrix.
        label_names : sequence of length n_labels, default=None
            By default the columns of a DataFrame, else the numbers from 0.
        log, ax
            As in :meth:`plot`.

        Returns
        -------
        LabelFrequencyDisplay

        Raises
        ------
        ValueError
            Where `y` holds something else than 0 and 1, or the names are not one for each label.
        """
        matrix, names = read_indicator(y, "y", label_names)
        counts = pd.Series(matrix.sum(axis=0, dtype=np.int64), index=names, name="n_samples")
        sizes = np.bincount(matrix.sum(axis=1, dtype=np.int64))
        labels_per_sample = pd.Series(
            sizes[sizes > 0],
            index=pd.Index(np.flatnonzero(sizes), name="n_labels"),
            name="n_samples",
        )
        return cls(counts, len(matrix), labels_per_sample).plot(log=log, ax=ax)

    def plot(self, *, log: bool = False, ax: Axes | None = None) -> LabelFrequencyDisplay:
        """Draw the bars, each with its count and its share of the samples.

        The shares add up to more than 100 % where samples have several labels. How many samples
        have one, two, … labels is said above the bars.

        Parameters
        ----------
        log : bool, default=False
            Whether the axis of the counts is logarithmic, so that rare labels can be compared. It
            then begins at 0.5; a label without samples has no bar.
        ax : matplotlib Axes, default=None
            Where to draw; by default in a new figure.

        Returns
        -------
        LabelFrequencyDisplay
            The display itself.
        """
        counts = self.counts.sort_values(ascending=False, kind="stable")
        places = np.arange(len(counts))
        ax = axes_to_draw_in(ax, (7.5, 1.2 + 0.23 * len(counts)), type(self).__name__)
        size = name_font_size(ax, len(counts))
        self.bars_ = ax.barh(places, counts, color=BLUE, height=0.72)
        texts = [f"{count:,}  ({_percent(count / self.n_samples)})" for count in counts]
        # Room for the texts: a part of the axis beyond the longest bar.
        longest = max(counts.max(), 1)
        if log:
            ax.set_xscale("log")
            ax.set_xlim(0.5, 0.5 * (longest / 0.5) ** 1.3)
            ax.xaxis.set_minor_formatter("")
        else:
            ax.set_xlim(0, 1.3 * longest)
        ax.xaxis.set_major_formatter("{x:,.0f}")
        for place, count, text in zip(places, counts, texts, strict=True):
            ax.annotate(
                text,
                (max(count, 0.5) if log else count, place),
                xytext=(3, 0),
                textcoords="offset points",
                va="center_baseline",
                fontsize=size,
            )
        ax.set_yticks(places, counts.index.map(str), fontsize=size)
        ax.set_ylim(len(counts) - 0.4, -0.6)
        ax.tick_params(axis="y", length=0)
        ax.set_xlabel("Samples with the label" + (" (log scale)" if log else ""))
        ax.set_title(self._summary(), loc="left", fontsize=9)
        ax.spines[["top", "right"]].set_visible(False)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _summary(self) -> str:
        summary = f"{self.n_samples:,} samples"
        if self.labels_per_sample is None:
            return summary
        by_size = self.labels_per_sample.sort_index()
        sizes = [f"{size}: {count:,}" for size, count in by_size.iloc[:_MOST_SIZES].items()]
        if len(by_size) > _MOST_SIZES:
            sizes.append(f"more: {by_size.iloc[_MOST_SIZES:].sum():,}")
        return f"{summary}\nLabels per sample   {'   '.join(sizes)}"


def _phi(matrix: np.ndarray) -> np.ndarray:
    """The phi coefficient of each pair of columns; nan where one of them is constant."""
    columns = matrix.astype(np.float64)
    n_samples, positives = len(columns), columns.sum(axis=0)
    together = columns.T @ columns
    variance = positives * (n_samples - positives)
    scale = np.sqrt(np.outer(variance, variance))
    covariance = n_samples * together - np.outer(positives, positives)
    return np.divide(covariance, scale, out=np.full_like(scale, np.nan), where=scale > 0)


def _scale(off_diagonal: np.ndarray) -> float:
    """The largest absolute value that one pair in a hundred does not exceed; 1 where all are 0."""
    pairs = np.abs(off_diagonal[np.triu_indices(len(off_diagonal), 1)])
    pairs = pairs[~np.isnan(pairs)]
    return float(np.quantile(pairs, 0.99, method="higher")) or 1.0 if pairs.size else 1.0


def _check_vmax(vmax: float) -> float:
    if not 0 < vmax < np.inf:
        raise ValueError(f"Got vmax={vmax!r}, but expected a finite number above 0.")
    return vmax


def _draw_cells(ax: Axes, correlation: pd.DataFrame, size: float, vmax: float) -> None:
    """Grey squares on the diagonal, white lines between the cells, and the values to be written."""
    values = correlation.to_numpy(dtype=np.float64)
    every_value = len(values) <= _MOST_LABELS_WITH_VALUES
    for (row, column), value in np.ndenumerate(values):
        if row == column or np.isnan(value) or not (every_value or abs(value) > vmax):
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
    ax.imshow(np.ma.masked_invalid(diagonal), cmap="gray", vmin=0, vmax=1.3, zorder=1)
    ax.set_xticks(np.arange(len(values) + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(len(values) + 1) - 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=0.8)
    ax.tick_params(which="minor", length=0)
    ax.spines[:].set_visible(False)


def _percent(share: float) -> str:
    return f"{share:.2%}" if 0 < share < 0.001 else f"{share:.1%}"
