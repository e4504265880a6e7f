"""Display of label frequencies (Figure 2 of the paper)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .._common.alignment import NamesLike
from .._common.estimators import public_in
from .._labels.indicator import MatrixLike
from ._label_names import read_named_indicator
from ._layout.figure import BLUE, text_color
from ._layout.label_rows import axes_for_bars
from ._layout.text import text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_SIZES = 5


@public_in("sklearn_hpa.display")
class LabelFrequencyDisplay:
    """Bar chart of the number of samples with each label, the most frequent label first.

    Create it with :meth:`from_labels`.

    Parameters
    ----------
    counts : Series of int
        Number of samples with each label; the index contains the label names.
    n_samples : int
        Total number of samples.
    labels_per_sample : Series of int, default=None
        Number of samples with 0, 1, 2, … labels; the index is the number of labels.

    Attributes
    ----------
    counts, n_samples, labels_per_sample
        The parameters.
    ax_ : matplotlib Axes
        The axes with the bars.
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
        label_names: NamesLike | None = None,
        log: bool = False,
        ax: Axes | None = None,
    ) -> LabelFrequencyDisplay:
        """Count the samples of each label and plot the counts.

        Parameters
        ----------
        y : 0/1 matrix of shape (n_samples, n_labels)
            The labels of each sample: a DataFrame, an array or a sparse matrix.
        label_names : sequence of length n_labels, default=None
            Names of the labels. By default the columns of a DataFrame, else the numbers from 0.
        log : bool, default=False
            As in :meth:`plot`.
        ax : matplotlib Axes, default=None
            As in :meth:`plot`.

        Returns
        -------
        LabelFrequencyDisplay
            The display.

        Raises
        ------
        ValueError
            If `y` has values other than 0 and 1, or if the number of names differs from the number
            of labels.
        """
        matrix, names = read_named_indicator(y, "y", label_names)
        counts = pd.Series(matrix.sum(axis=0, dtype=np.int64), index=names, name="n_samples")
        sizes = np.bincount(matrix.sum(axis=1, dtype=np.int64))
        labels_per_sample = pd.Series(
            sizes[sizes > 0],
            index=pd.Index(np.flatnonzero(sizes), name="n_labels"),
            name="n_samples",
        )
        return cls(counts, len(matrix), labels_per_sample).plot(log=log, ax=ax)

    def plot(self, *, log: bool = False, ax: Axes | None = None) -> LabelFrequencyDisplay:
        """Plot the bars, each with its count and its percentage of the samples.

        The percentages sum to more than 100 % if samples have several labels. The title gives the
        number of samples with one, two, … labels.

        Parameters
        ----------
        log : bool, default=False
            Whether the axis of the counts is logarithmic, so that rare labels can be compared. The
            axis then starts at 0.5, and a label without samples has no bar.
        ax : matplotlib Axes, default=None
            Axes to plot in, over their present content. By default a new figure.

        Returns
        -------
        LabelFrequencyDisplay
            The display itself.

        Raises
        ------
        TypeError
            If `ax` is not an Axes.
        ValueError
            If `ax` has a projection.
        """
        counts = self.counts.sort_values(ascending=False, kind="stable")
        texts = [f"{count:,}  ({_percent(count / self.n_samples)})" for count in counts]
        ax, width, size = axes_for_bars(
            ax,
            counts.index,
            title=self._summary(),
            title_color=text_color(),
            xlabel="Samples with the label" + (" (log scale)" if log else ""),
            caller=type(self).__name__,
        )
        rows = np.arange(len(counts))
        self.bars_ = ax.barh(rows, counts, color=BLUE, height=0.72)
        longest = max(counts.max(), 1)
        # The axis extends beyond the longest bar to leave space for the texts.
        beyond = max(text_width(text, size) for text in texts) + 8
        extent = width / max(width - beyond, 0.3 * width)
        if log:
            ax.set_xscale("log")
            ax.set_xlim(0.5, 0.5 * (longest / 0.5) ** extent)
            ax.xaxis.set_minor_formatter("")
        else:
            ax.set_xlim(0, extent * longest)
        ax.xaxis.set_major_formatter("{x:,.0f}")
        for row, count, text in zip(rows, counts, texts, strict=True):
            ax.annotate(
                text,
                (max(count, 0.5) if log else count, row),
                xytext=(3, 0),
                textcoords="offset points",
                va="center_baseline",
                fontsize=size,
            )
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _summary(self) -> str:
        """Return the number of samples, and the numbers of samples with one, two, … labels."""
        summary = f"{self.n_samples:,} samples"
        if self.labels_per_sample is None:
            return summary
        by_size = self.labels_per_sample.sort_index()
        sizes = [f"{size}: {count:,}" for size, count in by_size.iloc[:_MOST_SIZES].items()]
        if len(by_size) > _MOST_SIZES:
            sizes.append(f"more: {by_size.iloc[_MOST_SIZES:].sum():,}")
        return f"{summary}\nLabels per sample   {'   '.join(sizes)}"


def _percent(share: float) -> str:
    return f"{share:.2%}" if 0 < share < 0.001 else f"{share:.1%}"
