"""Composition of grey channels to a colour image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, Literal

import numpy as np

from .._common.estimators import public_in
from .._common.messages import first_dozen
from .._images.composition import (
    DEFAULT_STRETCH,
    PALETTES,
    Rgb,
    Stretch,
    add_colors,
    stretch_channels,
    weigh_palette,
)
from .._images.inputs import HPA_CHANNELS, check_channels

#: A matplotlib colour: a name, "#rrggbb", or red, green and blue in [0, 1].
Color = str | Rgb
Colors = Literal["stains", "colorblind"] | Mapping[str, Color]


@public_in("sklearn_hpa.display")
def compose_channels(
    images: np.ndarray,
    channels: Sequence[str] | None = None,
    *,
    colors: Colors = "stains",
    stretch: Stretch = DEFAULT_STRETCH,
) -> np.ndarray:
    r"""Combine the channels of images to an RGB image, with one colour per channel.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width, n_channels) or (height, width, n_channels)
        Grey values, uint8.
    channels : sequence of str, default=None
        The name of each channel. None means the first of red, green, blue, yellow.
    colors : {"stains", "colorblind"} or dict of str to color, default="stains"
        The colour of each channel.

        - "stains": red, green, blue and yellow, as on the Human Protein Atlas site.
        - "colorblind": magenta instead of red [1]_ and orange instead of yellow. At full strength
          in a composite, the colours of any two stains differ by at least 55 in CIELAB, for normal
          colour vision and for deuteranopia, protanopia and tritanopia simulated with [2]_. This
          does not hold where stains overlap, because their colours are added.
        - A dict from channel to matplotlib colour: a name, ``"#rrggbb"``, or a tuple of red, green
          and blue in [0, 1].
    stretch : (float, float) or None, default=(1.0, 99.8)
        Percentiles of the grey values that become black and the full colour, computed for each
        image and channel. A range of fewer than 32 grey values is extended to 32, so that an empty
        channel stays dark. None leaves the values unchanged.

    Returns
    -------
    ndarray of shape (n_images, height, width, 3) or (height, width, 3), uint8
        The composite in red, green and blue.

    Raises
    ------
    ImportError
        If a colour is not a tuple and matplotlib, which reads the other forms, is not installed.
    TypeError
        If `images` are not uint8, or `colors` is neither a name nor a dict.
    ValueError
        If the shape of `images` does not match `channels`, a channel has no colour, `colors` has an
        unknown channel, or `stretch` is not a pair of increasing percentiles.

    Notes
    -----
    Let :math:`s_c` be the stretched values of channel :math:`c` in [0, 1]. The composite is

    .. math:: \min\Bigl(1, \sum_c w_c \, s_c \, \mathrm{color}_c\Bigr)

    in each of red, green and blue. The weight :math:`w_c` is 1, with one exception: in the two
    named palettes, the endoplasmic reticulum has the weight 0.35 if there are other stains. It
    fills most of the cell, and yellow is red plus green, so it would hide the other stains.

    The stretch makes dark stains visible. Brightness is then not comparable between images.

    References
    ----------
    .. [1] Wong, B. (2011). Points of view: Color blindness. Nature Methods, 8, 441.
    .. [2] Machado, G. M., Oliveira, M. M., & Fernandes, L. A. F. (2009). A physiologically-based
       model for simulation of color vision deficiency. IEEE Transactions on Visualization and
       Computer Graphics, 15(6), 1291-1298.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_hpa.display import compose_channels
    >>> image = np.array([[[200, 0, 0, 0], [0, 80, 0, 0], [0, 0, 0, 200]]], dtype=np.uint8)
    >>> compose_channels(image, stretch=None)
    array([[[200,   0,   0],
            [  0,  80,   0],
            [ 70,  70,   0]]], dtype=uint8)
    >>> compose_channels(image[..., :2], ["red", "green"], colors={"red": "magenta", "green": "w"},
    ...                  stretch=(0, 100))
    array([[[255,   0, 255],
            [255, 255, 255],
            [  0,   0,   0]]], dtype=uint8)
    """
    images = np.asarray(images)
    channels = _check_images(images, channels)
    palette = colors_in_composite(colors, channels)
    check_stretch(stretch)
    return add_colors(stretch_channels(images, stretch), palette)


def colors_in_composite(colors: Colors, channels: Sequence[str]) -> list[Rgb]:
    """Return the weighted RGB colour in [0, 1] of the brightest pixel of each channel."""
    palette = palette_of(colors, channels)
    return weigh_palette(colors, channels) if isinstance(colors, str) else palette


def palette_of(colors: Colors, channels: Sequence[str]) -> list[Rgb]:
    """Return the RGB colour in [0, 1] of each channel, without the weights of a composite."""
    if isinstance(colors, str):
        if colors not in PALETTES:
            raise ValueError(
                f"Invalid colors={colors!r}. Expected 'stains', 'colorblind', or a dict that gives "
                "each channel a color"
            )
        colors = PALETTES[colors]
    else:
        if not isinstance(colors, Mapping):
            raise TypeError(
                f"colors must be 'stains', 'colorblind' or a dict, got {type(colors).__name__}"
            )
        unknown = [name for name in colors if name not in (*channels, *HPA_CHANNELS)]
        if unknown:
            raise ValueError(
                f"colors has {first_dozen(map(repr, unknown))}, no channel of the images: "
                f"expected {first_dozen(channels)}"
            )
    bare = [name for name in channels if name not in colors]
    if bare:
        raise ValueError(
            f"colors has no color for the channels {first_dozen(bare)}; give it as a dict with a "
            f"color for each of {first_dozen(channels)}"
        )
    return [_rgb(colors[name], name) for name in channels]


def check_stretch(stretch: Any) -> None:
    """Refuse anything but None and two increasing percentiles."""
    if stretch is None:
        return
    pair = stretch if isinstance(stretch, Sequence | np.ndarray) else ()
    numbers = len(pair) == 2 and all(isinstance(value, Real) for value in pair)
    if not numbers or not 0 <= pair[0] < pair[1] <= 100:
        raise ValueError(
            f"Invalid stretch={stretch!r}. Expected None or two percentiles, "
            "0 <= low < high <= 100, such as (1, 99.8)"
        )


def _rgb(color: Color, channel: str) -> Rgb:
    if isinstance(color, tuple) and len(color) == 3:
        if all(isinstance(value, Real) and 0 <= value <= 1 for value in color):
            return color
    else:
        try:
            from matplotlib.colors import is_color_like, to_rgb
        except ImportError as error:
            raise ImportError(
                f"the color of channel {channel!r} is {color!r}, which matplotlib reads, and that "
                "is not installed: pip install 'sklearn-hpa[plot]', or give red, green and blue in "
                "[0, 1]"
            ) from error
        if is_color_like(color):
            return to_rgb(color)
    raise ValueError(
        f"the color of channel {channel!r} is {color!r}; expected a name, '#rrggbb', or a tuple of "
        "red, green and blue in [0, 1]"
    )


def _check_images(images: np.ndarray, channels: Sequence[str] | None) -> tuple[str, ...]:
    if images.dtype != np.uint8:
        raise TypeError(
            f"images have dtype {images.dtype}, expected uint8; ImageFlattener brings files and "
            "arrays of other depths to it"
        )
    if images.ndim not in (3, 4) or 0 in images.shape:
        raise ValueError(
            "images must have shape (n_images, height, width, n_channels) or (height, width, "
            f"n_channels), none of them 0; got {images.shape}"
        )
    n_channels = images.shape[-1]
    channels = check_channels(HPA_CHANNELS[:n_channels] if channels is None else channels)
    if len(channels) != n_channels:
        raise ValueError(
            f"images have {n_channels} channels, the last axis of their shape {images.shape}, but "
            f"channels names {len(channels)}: {first_dozen(channels)}"
        )
    return channels
