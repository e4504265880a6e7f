"""Display of images with their labels or with their worst predictions."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from .._common.alignment import check_labels_of
from .._common.estimators import public_in
from .._common.tables import column_names
from .._images.composition import DEFAULT_STRETCH, Rgb, Stretch, stretch_channels
from .._images.inputs import check_channels
from .._labels.indicator import MatrixLike, read_indicator
from .._labels.responses import ScoresLike, check_probabilities, check_threshold, probabilities_of
from ..feature_extraction import read_rows, take_rows
from ..metrics import sample_log_losses
from ._captions import describe_predictions, head_with_loss, name_label_sets
from ._composition import Colors, check_stretch, compose_channels, palette_of
from ._image_panels import draw_grid, draw_rows
from ._label_names import name_labels, read_named_indicator
from ._layout.figure import import_pyplot
from ._shown_images import (
    channels_present,
    check_images,
    has_files,
    names_of_images,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


@public_in("sklearn_hpa.display")
class ImageGridDisplay:
    """Grid of images in the colours of their stains, each with a caption.

    Create it with :meth:`from_images`, :meth:`from_predictions` or :meth:`from_estimator`.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width, n_channels), uint8
        The images, as stored grey values.
    captions : list of str
        The caption of each image. Lines that start with ✓ or ✗ are blue or vermilion. Lines are
        wrapped in the plot.
    channels : sequence of str
        The name of each channel.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure of the axes.
    ax_ : matplotlib Axes
        The axes of the whole grid, invisible.
    axes_ : ndarray of matplotlib Axes of shape (n_rows, n_columns)
        The panels of the images.

    See Also
    --------
    sklearn_hpa.display.compose_channels : Return the composite of an image as an array.
    sklearn_hpa.datasets.load_hpa : Find images and their labels.

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
            Images in any form that :meth:`sklearn_hpa.ImageFlattener.fit` accepts. Only the shown
            images are read.
        y : 0/1 matrix of shape (n_samples, n_labels), default=None
            Labels of the images. The names are the columns of a DataFrame, else the numbers from 0.
            Without `y`, captions are the Ids of a DataFrame, the names of files, or the numbers of
            images.
        n_images : int, default=12
            Maximum number of images to show.
        size : int, (int, int) or None, default=256
            Height and width of the images, as in :class:`~sklearn_hpa.ImageFlattener`.
        channels : sequence of str, default=None
            Channels to show, as in :class:`~sklearn_hpa.ImageFlattener`. None means the channels
            red, green, blue and yellow that are present. Planes without names are these channels in
            order.
        random_state : int, RandomState instance or None, default=None
            Random seed. None shows the first images. A seed shows a random sample of the images, in
            the order of `X`.
        ax : matplotlib Axes, default=None
            Axes to divide into panels. By default a new figure.
        colors : {"stains", "colorblind"} or dict, default="stains"
            As in :meth:`plot`.
        stretch : (float, float) or None, default=(1.0, 99.8)
            As in :meth:`plot`.
        n_columns : int, default=None
            As in :meth:`plot`.
        split_channels : bool, default=False
            As in :meth:`plot`.

        Returns
        -------
        ImageGridDisplay
            The display.

        Raises
        ------
        FileNotFoundError, ValueError, TypeError
            As in :meth:`sklearn_hpa.ImageFlattener.fit_transform` for the shown images; if the rows
            of `y` and `X` differ; if an option is invalid.
        """
        channels = _check_options(X, channels, n_images, colors, stretch, n_columns)
        n_samples = check_images(X, channels, y=y)
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
        """Show the images with the worst predictions, in order of decreasing log loss.

        The log loss of a sample is the mean over the labels of ``-log(p)`` if the sample has the
        label and ``-log(1 - p)`` otherwise. Its mean over the samples is
        :func:`~sklearn_hpa.metrics.multilabel_log_loss`. The captions give the name of the image,
        its loss, and the labels with their predicted probabilities:

        - "✓ found": true and predicted,
        - "✗ missed": true, but not predicted,
        - "✗ false alarm": predicted, but not true.

        Parameters
        ----------
        X : DataFrame, sequence of paths, or array
            Images in any form that :meth:`sklearn_hpa.ImageFlattener.fit` accepts. Only the shown
            images are read.
        y_true : 0/1 matrix of shape (n_samples, n_labels)
            True labels. The label names are the columns of `y_true` or `y_proba` if one is a
            DataFrame, else the numbers from 0.
        y_proba : matrix of shape (n_samples, n_labels), or list of n_labels arrays (n_samples, 2)
            Predicted probabilities, in [0, 1].
        threshold : float or array-like of shape (n_labels,), default=0.5
            A label is predicted if its probability is at least the threshold.
        n_images : int, default=6
            Maximum number of images to show.
        size : int, (int, int) or None, default=256
            As in :meth:`from_images`.
        channels : sequence of str, default=None
            As in :meth:`from_images`.
        ax : matplotlib Axes, default=None
            Axes to divide into panels. By default a new figure.
        colors : {"stains", "colorblind"} or dict, default="stains"
            As in :meth:`plot`.
        stretch : (float, float) or None, default=(1.0, 99.8)
            As in :meth:`plot`.
        n_columns : int, default=None
            As in :meth:`plot`.
        split_channels : bool, default=False
            As in :meth:`plot`.

        Returns
        -------
        ImageGridDisplay
            The display.

        Raises
        ------
        FileNotFoundError, ValueError, TypeError
            As in :meth:`from_images`; if `y_true` and `y_proba` differ in shape or names; if
            probabilities or thresholds are outside [0, 1].

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
        check_images(X, channels, y_true=y_true, y_proba=y_proba)
        truth, proba, _ = check_probabilities(y_true, y_proba, None)
        named = y_true if isinstance(y_true, pd.DataFrame) else y_proba
        threshold = check_threshold(threshold, truth.shape[1], column_names(named))
        loss = sample_log_losses(truth, proba)
        rows = _most_wrong(loss, n_images)
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
        """Show the images with the worst predictions of an estimator.

        The result is the same as :meth:`from_predictions` for ``estimator.predict_proba(X)``,
        except that the predicted labels are from ``estimator.predict``.

        Parameters
        ----------
        estimator : estimator
            A fitted multi-label classifier of images, such as :class:`~sklearn_hpa.HPAPipeline`.
        X : DataFrame, sequence of paths, or array
            Images in a form that `estimator` and :meth:`sklearn_hpa.ImageFlattener.fit` accept.
        y : 0/1 matrix of shape (n_samples, n_labels)
            True labels. The names are the columns of a DataFrame, else the numbers from 0.
        n_images : int, default=6
            Maximum number of images to show.
        size : int, (int, int) or None, default=256
            As in :meth:`from_images`; independent of the size that `estimator` reads.
        channels : sequence of str, default=None
            As in :meth:`from_images`; independent of the channels that `estimator` reads.
        ax : matplotlib Axes, default=None
            Axes to divide into panels. By default a new figure.
        colors : {"stains", "colorblind"} or dict, default="stains"
            As in :meth:`plot`.
        stretch : (float, float) or None, default=(1.0, 99.8)
            As in :meth:`plot`.
        n_columns : int, default=None
            As in :meth:`plot`.
        split_channels : bool, default=False
            As in :meth:`plot`.

        Returns
        -------
        ImageGridDisplay
            The display.

        Raises
        ------
        AttributeError
            If `estimator` has no ``predict_proba``.
        FileNotFoundError, ValueError, TypeError
            As in :meth:`from_images`, before the prediction; if the labels of the probabilities and
            of `y` differ.
        """
        channels = _check_options(X, channels, n_images, colors, stretch, n_columns)
        check_images(X, channels, y=y)
        check_labels_of(estimator, y)
        truth, names = read_named_indicator(y, "y", None)
        _, proba, _ = check_probabilities(truth, probabilities_of(estimator, X, names), None)
        loss = sample_log_losses(truth, proba)
        rows = _most_wrong(loss, n_images)
        # The depth of files is estimated for each file, the depth of arrays over all arrays.
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
        """Plot the images.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to divide into panels. They replace the panels of an earlier call. By default a new
            figure, with a legend of the colours below the images.
        colors : {"stains", "colorblind"} or dict, default="stains"
            The colour of each channel, as in :func:`~sklearn_hpa.display.compose_channels`.
        stretch : (float, float) or None, default=(1.0, 99.8)
            Percentiles that become black and the full colour, as in
            :func:`~sklearn_hpa.display.compose_channels`.
        n_columns : int, default=None
            Number of images per row. None makes about as many columns as rows. Ignored if channels
            are split.
        split_channels : bool, default=False
            Whether to show one row per image: its caption, its composite, and each channel in grey.
            The stained structure and the colour in the composite are shown above each channel.

        Returns
        -------
        ImageGridDisplay
            The display itself.

        Raises
        ------
        TypeError, ValueError
            As in :func:`~sklearn_hpa.display.compose_channels`; if the number of captions differs
            from the number of images.
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
    """Check all options that do not require an image, and return the channels to show."""
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
    return palette_of(colors, channels)


def _check_count(name: str, value: Any) -> None:
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a positive int, got {value!r}")


def _choose_rows(
    n_samples: int, n_images: int, random_state: int | np.random.RandomState | None
) -> np.ndarray:
    if random_state is None or n_images >= n_samples:
        return np.arange(min(n_images, n_samples))
    return np.sort(check_random_state(random_state).choice(n_samples, n_images, replace=False))


def _most_wrong(loss: np.ndarray, n_images: int) -> np.ndarray:
    return np.argsort(-loss, kind="stable")[:n_images]
