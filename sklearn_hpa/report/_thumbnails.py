"""Small pictures of cells, in the colours of their stains, as data URIs."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from .._images.composition import add_colors, stretch_channels, weigh_palette
from ._html import Html, element

_QUALITY = 88


def merge_stains(images: np.ndarray, channels: Sequence[str]) -> np.ndarray:
    """Return images in the colours of their stains, stretched so that dark stains are visible.

    Parameters
    ----------
    images : uint8 array of shape (..., height, width, n_channels)
        Grey values.
    channels : sequence of str
        The channel of each plane.

    Returns
    -------
    uint8 array of shape (..., height, width, 3)
    """
    return add_colors(stretch_channels(images), weigh_palette("stains", channels))


def data_uri(picture: np.ndarray, format: str = "JPEG") -> str:
    """Return a picture as a data URI.

    Parameters
    ----------
    picture : uint8 array of shape (height, width, 3) or (height, width)
        Red, green and blue, or grey.
    format : {"JPEG", "PNG"}, default="JPEG"
        JPEG is about six times smaller for images of cells. PNG keeps each value.

    Examples
    --------
    >>> import numpy as np
    >>> data_uri(np.zeros((4, 4, 3), dtype=np.uint8), "PNG")[:22]
    'data:image/png;base64,'
    """
    written = io.BytesIO()
    options = {"quality": _QUALITY, "subsampling": 0} if format == "JPEG" else {"optimize": True}
    Image.fromarray(picture).save(written, format=format, **options)
    encoded = base64.b64encode(written.getvalue()).decode("ascii")
    return f"data:image/{format.lower()};base64,{encoded}"


def picture(pixels: np.ndarray, alt: str) -> Html:
    """Return the element of a picture, with a text for readers who cannot see it."""
    height, width = pixels.shape[:2]
    return element("img", src=data_uri(pixels), alt=alt, width=width, height=height)
