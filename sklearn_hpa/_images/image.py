"""One image: read its file or files, bring the pixels to 8 bits and to size.

An *image* is one field of view or one cell in up to four stains. On disk it is either one file per
stain (``{Id}_red.png``, ``{Id}_green.png``, ...), given as a sequence of paths, or one
multi-channel file (``{Id}.tif``), given as a path. Every error raised here names the file.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._common.messages import first_dozen, plural
from .decoding import FilePath, decode_file, file_shape
from .inputs import HPA_CHANNELS
from .scaling import ARRAY_DEPTHS, FILE_DEPTHS, resize, scale_to_8_bits, white_level


def image_shape(image: FilePath | Sequence[FilePath]) -> tuple[int, int]:
    """Height and width of one image, from the headers of its files.

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
        If a header cannot be read, declares more than 2**26 pixels, or the files differ in
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
        return file_shape(image)
    shapes: list[tuple[int, int]] = []
    for path in image:
        shapes.append(file_shape(path))
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
        A path is a multi-channel file, whose planes are chosen as by `prepare_image`. A sequence is
        one file per channel, in the order of `channels`: grey, or tinted in the stain's colour as
        on the Human Protein Atlas site. The signal is then the maximum over red, green and blue
        (luminance would dim blue ninefold); transparency is ignored. Files are PNG, JPEG or TIFF,
        known by their content, and may be gzipped.
    channels : sequence of str
        The channels wanted, in the order wanted.
    size : (int, int), optional
        Height and width to bring the image to. By default it keeps its own.

    Returns
    -------
    ndarray of shape (height, width, n_channels), dtype uint8

    Raises
    ------
    FileNotFoundError
        If a file does not exist.
    ValueError
        If a file is empty, truncated, corrupt or no image, declares more than 2**26 pixels,
        would lose bits in decoding, or holds other planes than `channels`; if the files of one
        image differ in size.
    TypeError
        If the values of a file are neither 8 nor 16 bits, nor floats.

    See Also
    --------
    prepare_image : The same for an array; says how planes are chosen and resized.

    Notes
    -----
    Nothing in a file says how many of 16 bits are in use. A 16-bit file none of whose values is
    above 4095 is taken for one of 12 bits, as cameras give them: a dark file of 16 bits comes out
    16 times brighter than it was. Each file is judged by itself.

    Safe to call from several threads: the decoders release the interpreter's lock.

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
        pixels = decode_file(image).pixels
        return _finish(pixels, os.fspath(image), channels, size, white_level(pixels, FILE_DEPTHS))

    if len(image) != len(channels):
        raise ValueError(
            f"{len(image)} files for {len(channels)} channels ({', '.join(channels)}):"
            f" {first_dozen(map(os.fspath, image))}; expected one per channel"
        )
    shapes: list[tuple[int, ...]] = []
    planes: list[NDArray[np.uint8]] = []
    for path, channel in zip(image, channels, strict=True):
        pixels, colour = decode_file(path)
        if pixels.ndim == 3 and not colour:
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
    """Choose the planes of an image in memory, bring them to 8 bits and to size.

    Parameters
    ----------
    image : ndarray of shape (height, width, planes) or (height, width)
        Two axes are one plane. Values are uint8, uint16, bool, or floats in [0, 1].
    channels : sequence of str
        The channels wanted, in the order wanted. As many planes as channels are these channels, in
        this order; otherwise up to four planes are red, green, blue and yellow, and chosen by name.
    size : (int, int), optional
        Height and width to bring the image to. By default it keeps its own.
    white : int, optional
        The value of a uint16 image that becomes 255. By default the largest of the depth in use,
        judged by the image itself: 255 where no value of any plane is above it, else 4095, else
        65535. No value may be above it.

    Returns
    -------
    ndarray of shape (height, width, n_channels), dtype uint8

    Raises
    ------
    TypeError
        If the values are of another type.
    ValueError
        If the planes are not those of `channels`, or the values not finite or beyond [0, 1].

    Notes
    -----
    Shrinking takes the mean over the area that a new pixel covers, which cannot alias; enlarging
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
    """Names of the planes of an image, in their order: the one rule for planes without names.

    As many planes as channels wanted are these channels. Otherwise up to four planes are red,
    green, blue and yellow, and more planes have no names.

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


def _check_same_size(files: Sequence[FilePath], shapes: Sequence[tuple[int, ...]]) -> None:
    if shapes[-1] != shapes[0]:
        first, last = (" x ".join(map(str, shape)) for shape in (shapes[0], shapes[-1]))
        raise ValueError(
            f"the channels of an image differ in size (height x width): {os.fspath(files[0])} is"
            f" {first} pixels, {os.fspath(files[len(shapes) - 1])} is {last}"
        )


def _stain_signal(pixels: NDArray[Any]) -> NDArray[Any]:
    """The one plane of a channel's file: grey, or the maximum over red, green and blue."""
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
