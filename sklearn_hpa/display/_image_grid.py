"""Images with their labels, and the predictions that were most wrong about them."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from .._common.estimators import public_in
from .._images.inputs import check_channels
from .._labels.indicator import MatrixLike, read_indicator
from .._labels.responses import ScoresLike, check_probabilities, check_threshold, probabilities_of
from ._captions import describe_predictions, head_with_loss, name_label_sets
from ._composition import (
    DEFAULT_STRETCH,
    Colors,
    Rgb,
    Stretch,
    check_stretch,
    colors_in_composite,
    compose_channels,
    stretch_channels,
)
from ._image_panels import draw_grid, draw_rows
from ._label_names import name_labels, read_named_indicator
from ._layout.figure import import_pyplot
from ._shown_images import (
    channels_present,
    check_images,
    has_files,
    names_of_images,
    read_rows,
    take_rows,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


@public_in("sklearn_hpa.display")
class ImageGridDisplay:
    """Images in the colours of their stains, each with a caption.

    Make one by :meth:`from_images`, :meth:`from_predictions` or :meth:`from_estimator`.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width, n_channels), uint8
        The images shown, in grey values as stored.
    captions : list of str
        The caption of each. Lines that begin with ✓ or ✗ are drawn in blue or vermilion. Lines are
        wrapped when they are drawn.
    channels : sequence of str
        The name of each channel.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure of the axes.
    ax_ : matplotlib Axes
        The place of the whole grid, itself invisible.
    axes_ : ndarray of matplotlib Axes of shape (n_rows, n_columns)
        The panels of the pictures.

    See Also
    --------
    sklearn_hpa.display.compose_channels : The composite of an image as an array.
    sklearn_hpa.datasets.load_hpa : Finds images and their labels.

    Examples
    --------
    >>> from sklearn_hpa.datasets import make_hpa_images
    >>> from sklearn_hpa.display import ImageGridDisplay
    >>> X, y = make_hpa_images(8, n_labels=4, size=64, random_state=0)
    >>> display = ImageGridDisplay.from_images(X, y, n_images=6)
    >>> display.images.shape, display.axes_.shape
    ((6, 256, 256, 4), (2, 3))
    >>> display.captions[:2]
    ['Plasma membrane', 'Cytosol']
    """

    figure_: Figure | SubFigure
    ax_: Axes
    axes_: np.ndarray

    def __init__(self, images: np.ndarray, captions: list[str], channels: Sequence[str]):
        self.images = images
        self.captions = captions
        self.channels = channels

    @classmethod
    def from_images(
        cls,
        X: Any,
        y: MatrixLike | None = None,
        *,
        n_images: int = 12,
        size: int | tuple[int, int] | None = 256,
        channels: Sequence[str] | None = None,
        random_state: int | np.random.RandomState | None = None,
        ax: Axes | None = None,
        colors: Colors = "stains",
        stretch: Stretch = DEFAULT_STRETCH,
        n_columns: int | None = None,
        split_channels: bool = False,
    ) -> ImageGridDisplay:
        """Show images with the names of their labels.

        Parameters
        ----------
        X : DataFrame, sequence of paths, or array
            Images, as :meth:`sklearn_hpa.ImageFlattener.fit` takes them. Only those shown are
            read.
        y : 0/1 matrix of shape (n_samples, n_labels), default=None
            Their labels: with their names where it is a DataFrame, else with their numbers. Without
            it, captions are the Ids of a DataFrame, the names of files, or the numbers of images.
        n_images : int, default=12
            How many to show; all where there are fewer.
        size : int, (int, int) or None, default=256
            Height and width to bring them to, as in :class:`~sklearn_hpa.ImageFlattener`.
        channels : sequence of str, default=None
            Channels to show, as in :class:`~sklearn_hpa.ImageFlattener`. None is those of red,
            green, blue and yellow that are present; planes that have no name are these in order.
        random_state : int, RandomState instance or None, default=None
            None shows the first images. A seed shows a random sample of them, in the order of `X`.
        ax : matplotlib Axes, default=None
            Where to draw; it is divided into panels. None is a new figure.
        colors, stretch, n_columns, split_channels
            As in :meth:`plot`.

        Returns
        -------
        display : ImageGridDisplay

        Raises
        ------
        FileNotFoundError, ValueError, TypeError
            As :meth:`sklearn_hpa.ImageFlattener.fit_transform` for the images shown; where `y` has
            other rows than `X`; where an option is not what is described here.
        """
        channels = _check_options(X, channels, n_images, colors, stretch, n_columns)
        n_samples = check_images(X, channels, y)
        rows = _choose_rows(n_samples, n_images, random_state)
        if y is None:
            captions = names_of_images(X, rows)
        else:
            matrix, names = read_named_indicator(y, "y", None)
            captions = name_label_sets(matrix[rows], names)
        return cls(read_rows(X, rows, size, channels), captions, channels).plot(
            ax=ax,
            colors=colors,
            stretch=stretch,
            n_columns=n_columns,
            split_channels=split_channels,
        )

    @classmethod
    def from_predictions(
        cls,
        X: Any,
        y_true: MatrixLike,
        y_proba: ScoresLike,
        *,
        threshold: ArrayLike = 0.5,
        n_images: int = 6,
        size: int | tuple[int, int] | None = 256,
        channels: Sequence[str] | None = None,
        ax: Axes | None = None,
        colors: Colors = "stains",
        stretch: Stretch = DEFAULT_STRETCH,
        n_columns: int | None = None,
        split_channels: bool = False,
    ) -> ImageGridDisplay:
        """Show the images whose predictions are the most wrong, beginning with the worst.

        The measure is the log loss of each sample: the mean over its labels of ``-log(p)`` where it
        has the label and ``-log(1 - p)`` where not; its mean over the samples is
        :func:`~sklearn_hpa.metrics.multilabel_log_loss`. The captions name the image and its loss,
        and the labels with their predicted probabilities:

        - "✓ found": true and predicted,
        - "✗ missed": true, but not predicted,
        - "✗ false alarm": predicted, but not true.

        Parameters
        ----------
        X : DataFrame, sequence of paths, or array
            Images, as :meth:`sklearn_hpa.ImageFlattener.fit` takes them. Only those shown are
            read.
        y_true : 0/1 matrix of shape (n_samples, n_labels)
            True labels. The labels are named as in `y_true`, or in `y_proba`, whichever is a
            DataFrame, else by their numbers.
        y_proba : matrix of shape (n_samples, n_labels), or list of n_labels arrays (n_samples, 2)
            Predicted probabilities, in [0, 1].
        threshold : float or array-like of shape (n_labels,), default=0.5
            A label is predicted where its probability is at least this.
        n_images : int, default=6
            How many to show; all where there are fewer.
        size, channels
            As in :meth:`from_images`.
        ax : matplotlib Axes, default=None
            Where to draw; it is divided into panels. None is a new figure.
        colors, stretch, n_columns, split_channels
            As in :meth:`plot`.

        Returns
        -------
        display : ImageGridDisplay

        Raises
        ------
        FileNotFoundError, ValueError, TypeError
            As in :meth:`from_images`; where `y_true` and `y_proba` differ in shape or names, or the
            probabilities or thresholds are beyond [0, 1].

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn_hpa.datasets import make_hpa_images
        >>> from sklearn_hpa.display import ImageGridDisplay
        >>> X, y = make_hpa_images(4, n_labels=3, size=64, random_state=0)
        >>> y_proba = np.full(y.shape, 0.2)
        >>> y_proba[2] = [0.1, 0.9, 0.4]
        >>> display = ImageGridDisplay.from_predictions(X, y, y_proba, n_images=1)
        >>> print(display.captions[0])
        image 2, log loss 1.71
        ✗ missed: Nucleoplasm 0.10
        ✗ false alarm: Plasma membrane 0.90
        """
        channels = _check_options(X, channels, n_images, colors, stretch, n_columns)
        check_images(X, channels, y_true, y_proba)
        truth, proba, _ = check_probabilities(y_true, y_proba, None)
        threshold = check_threshold(threshold, truth.shape[1])
        loss = _log_losses(truth, proba)
        rows = _most_wrong(loss, n_images)
        named = y_true if isinstance(y_true, pd.DataFrame) else y_proba
        names = name_labels(named, truth.shape[1], None)
        captions = describe_predictions(truth[rows], proba[rows] >= threshold, proba[rows], names)
        captions = head_with_loss(captions, names_of_images(X, rows), loss[rows])
        return cls(read_rows(X, rows, size, channels), captions, channels).plot(
            ax=ax,
            colors=colors,
            stretch=stretch,
            n_columns=n_columns,
            split_channels=split_channels,
        )

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: Any,
        y: MatrixLike,
        *,
        n_images: int = 6,
        size: int | tuple[int, int] | None = 256,
        channels: Sequence[str] | None = None,
        ax: Axes | None = None,
        colors: Colors = "stains",
        stretch: Stretch = DEFAULT_STRETCH,
        n_columns: int | None = None,
        split_channels: bool = False,
    ) -> ImageGridDisplay:
        """Show the images about which an estimator is the most wrong, beginning with the worst.

        The same as :meth:`from_predictions` for ``estimator.predict_proba(X)``, where the labels
        predicted are those of ``estimator.predict``.

        Parameters
        ----------
        estimator : estimator
            A fitted multi-label classifier of images, such as :class:`~sklearn_hpa.HPAPipeline`.
        X : DataFrame, sequence of paths, or array
            Images, as `estimator` and :meth:`sklearn_hpa.ImageFlattener.fit` take them.
        y : 0/1 matrix of shape (n_samples, n_labels)
            True labels: with their names where it is a DataFrame, else with their numbers.
        n_images : int, default=6
            How many to show; all where there are fewer.
        size, channels
            As in :meth:`from_images`; independent of those that `estimator` reads.
        ax : matplotlib Axes, default=None
            Where to draw; it is divided into panels. None is a new figure.
        colors, stretch, n_columns, split_channels
            As in :meth:`plot`.

        Returns
        -------
        display : ImageGridDisplay

        Raises
        ------
        AttributeError
            If `estimator` has no ``predict_proba``.
        FileNotFoundError, ValueError, TypeError
            As in :meth:`from_images`, before anything is predicted; where the probabilities are
            those of other labels than `y`.
        """
        channels = _check_options(X, channels, n_images, colors, stretch, n_columns)
        check_images(X, channels, y)
        truth, names = read_named_indicator(y, "y", None)
        _, proba, _ = check_probabilities(truth, probabilities_of(estimator, X, names), None)
        loss = _log_losses(truth, proba)
        rows = _most_wrong(loss, n_images)
        # Files are judged one by one, the depth of arrays over all of them.
        if has_files(X):
            predicted = read_indicator(
                estimator.predict(take_rows(X, rows)), "estimator.predict(X)"
            )
        else:
            predicted = read_indicator(estimator.predict(X), "estimator.predict(X)")[rows]
        captions = describe_predictions(truth[rows], predicted, proba[rows], names)
        captions = head_with_loss(captions, names_of_images(X, rows), loss[rows])
        return cls(read_rows(X, rows, size, channels), captions, channels).plot(
            ax=ax,
            colors=colors,
            stretch=stretch,
            n_columns=n_columns,
            split_channels=split_channels,
        )

    def plot(
        self,
        *,
        ax: Axes | None = None,
        colors: Colors = "stains",
        stretch: Stretch = DEFAULT_STRETCH,
        n_columns: int | None = None,
        split_channels: bool = False,
    ) -> ImageGridDisplay:
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; it is divided into panels, in place of those that an earlier call drew
            there. None is a new figure, which also says under the images what each colour shows, at
            its brightest in the composites.
        colors : {"stains", "colorblind"} or dict, default="stains"
            The color of each channel, as in :func:`~sklearn_hpa.display.compose_channels`.
        stretch : (float, float) or None, default=(1.0, 99.8)
            Percentiles that become black and the full colour, as in
            :func:`~sklearn_hpa.display.compose_channels`.
        n_columns : int, default=None
            Images side by side. None makes about as many columns as rows. Has no effect where
            channels are split.
        split_channels : bool, default=False
            Whether to give each image a row: its caption, its composite, then each channel alone in
            grey, under what it shows and the color that it has in the composite.

        Returns
        -------
        self : ImageGridDisplay

        Raises
        ------
        TypeError, ValueError
            As :func:`~sklearn_hpa.display.compose_channels`; where there is not one caption for
            each image.
        """
        import_pyplot(type(self).__name__)
        palette = _check_plot_options(self.channels, colors, stretch, n_columns)
        if len(self.captions) != len(self.images):
            raise ValueError(
                f"there are {len(self.captions)} captions for {len(self.images)} images; "
                "expected one for each"
            )
        stains = dict(zip(self.channels, palette, strict=True))
        pictures = compose_channels(self.images, self.channels, colors=colors, stretch=stretch)
        caller = type(self).__name__
        if split_channels:
            planes = stretch_channels(self.images, stretch)
            self.ax_, self.axes_ = draw_rows(ax, pictures, planes, self.captions, stains, caller)
        else:
            self.ax_, self.axes_ = draw_grid(ax, pictures, self.captions, stains, n_columns, caller)
        self.figure_ = self.ax_.figure
        return self


def _check_options(
    X: Any,
    channels: Sequence[str] | None,
    n_images: int,
    colors: Colors,
    stretch: Stretch,
    n_columns: int | None,
) -> tuple[str, ...]:
    """The channels to show, after all that can be refused without an image was looked at."""
    import_pyplot(ImageGridDisplay.__name__)
    _check_count("n_images", n_images)
    channels = channels_present(X) if channels is None else check_channels(channels)
    _check_plot_options(channels, colors, stretch, n_columns)
    return channels


def _check_plot_options(
    channels: Sequence[str], colors: Colors, stretch: Stretch, n_columns: int | None
) -> list[Rgb]:
    check_stretch(stretch)
    if n_columns is not None:
        _check_count("n_columns", n_columns)
    return colors_in_composite(colors, channels)


def _check_count(name: str, value: Any) -> None:
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a positive int, got {value!r}")


def _choose_rows(
    n_samples: int, n_images: int, random_state: int | np.random.RandomState | None
) -> np.ndarray:
    if random_state is None or n_images >= n_samples:
        return np.arange(min(n_images, n_samples))
    return np.sort(check_random_state(random_state).choice(n_samples, n_images, replace=False))


def _log_losses(truth: np.ndarray, proba: np.ndarray) -> np.ndarray:
    """Of each sample, the mean over its labels; clipped as scikit-learn's ``log_loss`` does."""
    eps = np.finfo(proba.dtype).eps
    of_truth = np.where(truth == 1, proba, 1 - proba)
    return -np.log(np.clip(of_truth, eps, 1 - eps)).mean(axis=1, dtype=np.float64)


def _most_wrong(loss: np.ndarray, n_images: int) -> np.ndarray:
    return np.argsort(-loss, kind="stable")[:n_images]
