"""Reading of one image: decoding, choice of planes, conversion to 8 bits, resizing.

An *image* is one field of view or one cell in up to four stains. On disk it is either one file per
stain (``{Id}_red.png``, ``{Id}_green.png``, ...), given as a sequence of paths, or one
multi-channel file (``{Id}.tif``), given as a path. Every error of this module names the file.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._common.messages import first_dozen, plural
from .._common.naming import printable
from .decoding import FilePath, decode_file, file_header
from .formats import Header, Refused
from .planes import Request, array_header, read_planes
from .scaling import ARRAY_DEPTHS, FILE_DEPTHS, resize, scale_to_8_bits, white_level


class ImageHeader(NamedTuple):
    """The declarations of the files of one image.

    Attributes
    ----------
    shape : (int, int)
        Height and width in pixels.
    planes : Header or None
        The header of a multi-channel file or of an array, or None for one file per channel.
    remarks : tuple of str
        Doubts about the files, which start with their names.
    files : tuple of Header
        The headers of the files, if there is one for each channel.
    """

    shape: tuple[int, int]
    planes: Header | None
    remarks: tuple[str, ...] = ()
    files: tuple[Header, ...] = ()


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
    return image_header(image).shape


def image_header(image: FilePath | Sequence[FilePath]) -> ImageHeader:
    """Return the declarations of the file or files of one image; errors as in `image_shape`."""
    if isinstance(image, str | os.PathLike):
        header = file_header(image)
        _check_whole(image, header)
        return ImageHeader(header[:2], header, _remarks(image, header))
    headers: list[Header] = []
    remarks: tuple[str, ...] = ()
    for path in image:
        header = file_header(path)
        headers.append(header)
        remarks += _remarks(path, header)
        _check_same_size(image, [each[:2] for each in headers])
    return ImageHeader(headers[0][:2], None, remarks, tuple(headers))


def read_image(
    image: FilePath | Sequence[FilePath],
    channels: Sequence[str],
    size: tuple[int, int] | None = None,
    planes: Sequence[int] | None = None,
) -> NDArray[np.uint8]:
    """Read one image from its file or files.

    Parameters
    ----------
    image : path-like, or sequence of path-like
        A path is a multi-channel file, whose planes are chosen. A sequence is one file per channel,
        in the order of `channels`. The files are grey, or tinted in the colour of the stain as on
        the Human Protein Atlas site. The signal of a tinted file is the maximum over red, green and
        blue (luminance would dim blue ninefold). Opaque alpha is dropped. Files are PNG, JPEG or
        TIFF, recognised by their content, and may be gzipped.
    channels : sequence of str
        The channels to read, in the order of the output.
    size : (int, int), optional
        Height and width of the output. By default the image keeps its size.
    planes : sequence of int, optional
        The plane of each channel in a multi-channel file. By default they are found by
        `read_planes`.

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
        planes = _planes(header, _name(image), channels, planes)
        return _finish(pixels, _name(image), planes, size, white_level(pixels, FILE_DEPTHS))

    if len(image) != len(channels):
        raise ValueError(
            f"{len(image)} files for {len(channels)} channels ({', '.join(channels)}):"
            f" {first_dozen(map(_name, image))}; expected one per channel"
        )
    shapes: list[tuple[int, ...]] = []
    signals: list[NDArray[np.uint8]] = []
    for path in image:
        pixels, header = decode_file(path)
        if pixels.ndim == 3 and not header.colour:
            raise ValueError(
                f"{_name(path)} holds {pixels.shape[2]} planes; the file of one channel holds"
                " one grey plane or a picture in red, green and blue"
            )
        shapes.append(pixels.shape[:2])
        _check_same_size(image, shapes)
        signal = _stain_signal(pixels)
        white = white_level(signal, FILE_DEPTHS)
        signals.append(_finish(signal, _name(path), [0], size, white))
    return np.concatenate(signals, axis=2)


def prepare_image(
    image: ArrayLike,
    channels: Sequence[str],
    size: tuple[int, int] | None = None,
    planes: Sequence[int] | None = None,
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
    planes : sequence of int, optional
        The plane of each channel, if it is already known.
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
    planes = _planes(array_header(image), "the image", channels, planes)
    return _finish(image, "the image", planes, size, white)


def _name(path: FilePath) -> str:
    return printable(os.fspath(path))


def _remarks(path: FilePath, header: Header) -> tuple[str, ...]:
    return () if header.remark is None else (f"{_name(path)} {header.remark}",)


def _check_whole(path: FilePath, header: Header) -> None:
    """Refuse a file of a set as a multi-channel file; its other files are not opened."""
    if header.siblings:
        raise ValueError(
            f"{_name(path)} is one file of a set of {len(header.siblings) + 1} and holds"
            f" {plural(header.n_planes, 'plane')} of the image; the others are in"
            f" {first_dozen(header.siblings)}. Save the image as one file, or give the files of"
            " the set as the files of channels"
        )


def _check_same_size(files: Sequence[FilePath], shapes: Sequence[tuple[int, ...]]) -> None:
    if shapes[-1] != shapes[0]:
        first, last = (" x ".join(map(str, shape)) for shape in (shapes[0], shapes[-1]))
        raise ValueError(
            f"the channels of an image differ in size (height x width): {_name(files[0])} is"
            f" {first} pixels, {_name(files[len(shapes) - 1])} is {last}"
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


def _planes(
    header: Header, source: str, channels: Sequence[str], planes: Sequence[int] | None
) -> Sequence[int]:
    """Return the plane of each channel, after a check that the image has these planes."""
    if planes is None:
        try:
            return read_planes(header, Request(tuple(channels), tuple(channels))).plan.planes
        except Refused as refusal:
            raise ValueError(f"{source} {refusal}") from None
    if max(planes) >= header.n_planes:
        raise ValueError(
            f"{source} has {plural(header.n_planes, 'plane')}, expected at least"
            f" {max(planes) + 1}; it changed after its header was read"
        )
    return planes


def _finish(
    pixels: NDArray[Any],
    source: str,
    planes: Sequence[int],
    size: tuple[int, int] | None,
    white: int | None,
) -> NDArray[np.uint8]:
    scale = scale_to_8_bits(pixels, source, white)
    stack = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
    height, width = size or pixels.shape[:2]
    image = np.empty((height, width, len(planes)), dtype=np.uint8)
    for k, plane in enumerate(planes):
        image[..., k] = resize(stack[..., plane], scale, (height, width))
    return image
