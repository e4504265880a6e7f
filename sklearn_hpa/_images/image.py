"""Reading of one image: decoding, choice of planes, conversion to 8 bits, resizing.

An *image* is one field of view or one cell in up to four stains. On disk it is either one file per
stain (``{Id}_red.png``, ``{Id}_green.png``, ...), given as a sequence of paths, or one
multi-channel file (``{Id}.tif``), given as a path. Every error of this module names the file.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._common.messages import first_dozen, plural
from .decoding import FilePath, decode_file, file_header
from .formats import Header
from .inputs import HPA_CHANNELS
from .scaling import ARRAY_DEPTHS, FILE_DEPTHS, resize, scale_to_8_bits, white_level


def image_shape(image: FilePath | Sequence[FilePath]) -> tuple[int, int]:
    """Return the height and width of one image, read from the headers of its files.

    Parameters
    ----------
    image : path-like, or sequence of path-like
        A multi-channel file, or one file per channel.

    Returns
    -------
    (int, int)
        Height and width in pixels.

    Raises
    ------
    FileNotFoundError
        If a file does not exist.
    ValueError
        If a header cannot be read or declares more than 2**26 pixels, or if the files differ in
        size.

    Examples
    --------
    >>> import tempfile, os
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "a_red.png")
    ...     Image.new("L", (640, 480)).save(path)
    ...     image_shape([path])
    (480, 640)
    """
    if isinstance(image, str | os.PathLike):
        header = file_header(image)
        _check_whole(image, header)
        return header[:2]
    shapes: list[tuple[int, int]] = []
    for path in image:
        shapes.append(file_header(path)[:2])
        _check_same_size(image, shapes)
    return shapes[0]


def read_image(
    image: FilePath | Sequence[FilePath],
    channels: Sequence[str],
    size: tuple[int, int] | None = None,
) -> NDArray[np.uint8]:
    """Read one image from its file or files.

    Parameters
    ----------
    image : path-like, or sequence of path-like
        A path is a multi-channel file; its planes are chosen as in `prepare_image`. A sequence is
        one file per channel, in the order of `channels`. The files are grey, or tinted in the
        colour of the stain as on the Human Protein Atlas site. The signal of a tinted file is the
        maximum over red, green and blue (luminance would dim blue ninefold). Opaque alpha is
        dropped. Files are PNG, JPEG or TIFF, recognised by their content, and may be gzipped.
    channels : sequence of str
        The channels to read, in the order of the output.
    size : (int, int), optional
        Height and width of the output. By default the image keeps its size.

    Returns
    -------
    ndarray of shape (height, width, n_channels), dtype uint8

    Raises
    ------
    FileNotFoundError
        If a file does not exist.
    ValueError
        If a file is empty, truncated, corrupt or not an image, declares more than 2**26 pixels,
        has transparent pixels, would lose bits in decoding, or has planes that do not match
        `channels`; if the files of one image differ in size.
    TypeError
        If the values of a file are neither 8-bit nor 16-bit integers nor floats.

    See Also
    --------
    prepare_image : Prepares an array; documents how planes are chosen and resized.

    Notes
    -----
    A file does not record how many of its 16 bits are in use. A 16-bit file without values above
    4095 is read as a 12-bit file, the usual depth of cameras. A dark image that uses all 16 bits
    then appears 16 times brighter. The depth of each file is determined separately.

    This function is thread-safe. The decoders release the interpreter's lock.

    Examples
    --------
    >>> import tempfile, os
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "a_blue.jpg")
    ...     Image.new("RGB", (64, 64), (0, 0, 200)).save(path, quality=100)
    ...     image = read_image([path], ["blue"], size=(32, 32))
    >>> image.shape, image.dtype, int(image[0, 0, 0])
    ((32, 32, 1), dtype('uint8'), 200)
    """
    if isinstance(image, str | os.PathLike):
        pixels, header = decode_file(image)
        _check_whole(image, header)
        return _finish(pixels, os.fspath(image), channels, size, white_level(pixels, FILE_DEPTHS))

    if len(image) != len(channels):
        raise ValueError(
            f"{len(image)} files for {len(channels)} channels ({', '.join(channels)}):"
            f" {first_dozen(map(os.fspath, image))}; expected one per channel"
        )
    shapes: list[tuple[int, ...]] = []
    planes: list[NDArray[np.uint8]] = []
    for path, channel in zip(image, channels, strict=True):
        pixels, header = decode_file(path)
        if pixels.ndim == 3 and not header.colour:
            raise ValueError(
                f"{os.fspath(path)} holds {pixels.shape[2]} planes; the file of one channel holds"
                " one grey plane or a picture in red, green and blue"
            )
        shapes.append(pixels.shape[:2])
        _check_same_size(image, shapes)
        signal = _stain_signal(pixels)
        white = white_level(signal, FILE_DEPTHS)
        planes.append(_finish(signal, os.fspath(path), [channel], size, white))
    return np.concatenate(planes, axis=2)


def prepare_image(
    image: ArrayLike,
    channels: Sequence[str],
    size: tuple[int, int] | None = None,
    *,
    white: int | None = None,
) -> NDArray[np.uint8]:
    """Choose the planes of an array, convert them to 8 bits and resize them.

    Parameters
    ----------
    image : ndarray of shape (height, width, planes) or (height, width)
        An array with two axes is one plane. Values are uint8, uint16, bool, or floats in [0, 1].
    channels : sequence of str
        The channels to return, in the order of the output. If the image has as many planes as
        channels, the planes are these channels in this order. Otherwise up to four planes are read
        as red, green, blue and yellow, and are chosen by name.
    size : (int, int), optional
        Height and width of the output. By default the image keeps its size.
    white : int, optional
        The value of a uint16 image that becomes 255. It must not be less than any value of the
        image. By default it is the smallest of 255, 4095 and 65535 that is not less than any value
        of any plane.

    Returns
    -------
    ndarray of shape (height, width, n_channels), dtype uint8

    Raises
    ------
    TypeError
        If the values are of another type.
    ValueError
        If the planes do not match `channels`, or if floats are not finite or outside [0, 1].

    Notes
    -----
    Shrinking averages over the area of each new pixel, which avoids aliasing. Enlarging
    interpolates linearly. Values are rounded once, at the end, half up.

    Examples
    --------
    >>> image = np.arange(16, dtype=np.uint8).reshape(2, 2, 4)
    >>> prepare_image(image, ["yellow", "red"])[0, 0]
    array([3, 0], dtype=uint8)
    >>> prepare_image(np.array([[0, 4095]], dtype=np.uint16), ["green"])[..., 0]
    array([[  0, 255]], dtype=uint8)
    >>> prepare_image(image, ["red"], size=(1, 1)).item()
    6
    """
    image = np.asarray(image)
    if image.ndim not in (2, 3) or 0 in image.shape:
        raise ValueError(
            f"an image has shape (height, width) or (height, width, planes); got {image.shape}"
        )
    if white is None:
        white = white_level(image, ARRAY_DEPTHS)
    return _finish(image, "the image", channels, size, white)


def name_planes(n_planes: int, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the channel names of the planes of an image, in their order.

    If there are as many planes as wanted channels, the planes are these channels. Otherwise up to
    four planes are red, green, blue and yellow. More than four planes have no names.

    Examples
    --------
    >>> name_planes(2, ["yellow", "red"]), name_planes(3, ["yellow", "red"])
    (('yellow', 'red'), ('red', 'green', 'blue'))
    >>> name_planes(5)
    ()
    """
    if n_planes == len(wanted):
        return tuple(wanted)
    return HPA_CHANNELS[:n_planes] if n_planes <= len(HPA_CHANNELS) else ()


def _check_whole(path: FilePath, header: Header) -> None:
    """Refuse a file of a set as a multi-channel file; its other files are not opened."""
    if header.siblings:
        raise ValueError(
            f"{os.fspath(path)} is one file of a set of {len(header.siblings) + 1} and holds"
            f" {plural(header.n_planes, 'plane')} of the image; the others are in"
            f" {first_dozen(header.siblings)}. Save the image as one file, or give the files of"
            " the set as the files of channels"
        )


def _check_same_size(files: Sequence[FilePath], shapes: Sequence[tuple[int, ...]]) -> None:
    if shapes[-1] != shapes[0]:
        first, last = (" x ".join(map(str, shape)) for shape in (shapes[0], shapes[-1]))
        raise ValueError(
            f"the channels of an image differ in size (height x width): {os.fspath(files[0])} is"
            f" {first} pixels, {os.fspath(files[len(shapes) - 1])} is {last}"
        )


def _stain_signal(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return one plane of a channel's file: grey, or the maximum over red, green and blue."""
    if pixels.ndim == 2:
        return pixels
    if pixels.shape[2] < 3:
        return pixels[..., 0]
    signal: NDArray[Any] = np.maximum(pixels[..., 0], pixels[..., 1])
    np.maximum(signal, pixels[..., 2], out=signal)
    return signal


def _finish(
    pixels: NDArray[Any],
    source: str,
    channels: Sequence[str],
    size: tuple[int, int] | None,
    white: int | None,
) -> NDArray[np.uint8]:
    scale = scale_to_8_bits(pixels, source, white)
    planes = _choose_planes(pixels, channels, source)
    height, width = size or pixels.shape[:2]
    image = np.empty((height, width, len(channels)), dtype=np.uint8)
    for k, plane in enumerate(planes):
        image[..., k] = resize(plane, scale, (height, width))
    return image


def _choose_planes(
    pixels: NDArray[Any], channels: Sequence[str], source: str
) -> list[NDArray[Any]]:
    if pixels.ndim == 2:
        pixels = pixels[..., np.newaxis]
    n_planes = pixels.shape[2]
    names = name_planes(n_planes, channels)
    if set(channels) <= set(names):
        return [pixels[..., names.index(channel)] for channel in channels]
    meaning = f", taken for {', '.join(names)}" if names else ""
    raise ValueError(
        f"{source} has {plural(n_planes, 'plane')}{meaning}; expected"
        f" {len(channels)} ({', '.join(channels)}), or the planes of {', '.join(HPA_CHANNELS)} in"
        " that order up to the last one wanted. Set the channels to what the image holds"
    )
