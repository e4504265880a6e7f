"""One image in memory: find its channel files, read them, bring them to 8 bits and to size.

An *image* is one field of view or one cell, photographed in up to four stains. On disk it is either
one file per stain (``{Id}_red.png``, ``{Id}_green.png``, ...) or one multi-channel file
(``{Id}.tif``). Every error raised here names the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from .decoding import FilePath, decode_file, file_shape

#: The stains of the Human Protein Atlas, in the order of a multi-channel file's planes:
#: microtubules, the protein, nucleus, endoplasmic reticulum.
HPA_CHANNELS = ("red", "green", "blue", "yellow")

_FILE_NAME = re.compile(
    rf"(?P<id>.+?)(?:_(?P<channel>{'|'.join(HPA_CHANNELS)}))?\.(?:png|jpe?g|tiff?(?:\.gz)?)",
    re.IGNORECASE,
)


# ---- finding -------------------------------------------------------------------------------------


def find_images(folder: FilePath) -> dict[str, dict[str, Path]]:
    """Find the image files of a folder by their names.

    Parameters
    ----------
    folder : str or path-like
        The folder; its sub-folders are not entered. Hidden files are skipped, as are files whose
        name is not that of an image.

    Returns
    -------
    dict of str to dict of str to Path
        For each Id, in sorted order, the path of each of its channels (in the order of
        `HPA_CHANNELS`), or that of its multi-channel file under the key ``"image"``. The names are
        ``{Id}_{channel}.{extension}`` and ``{Id}.{extension}``, where the extension is png, jpg,
        jpeg, tif, tiff, tif.gz or tiff.gz; the case of channel and extension does not matter.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    NotADirectoryError
        If it is a file.
    ValueError
        If two files claim the same channel of the same Id, or an Id has both channel files and a
        multi-channel file.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("a_red.png", "a_green.png", "b_red.tif.gz", "notes.txt"):
    ...         pathlib.Path(folder, name).touch()
    ...     {Id: list(files) for Id, files in find_images(folder).items()}
    {'a': ['red', 'green'], 'b': ['red']}
    """
    folder = Path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"image folder not found: {folder}")
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; a folder of images is expected")

    found: dict[str, dict[str, str]] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            match = _FILE_NAME.fullmatch(entry.name)
            if match is None or entry.name.startswith(".") or not entry.is_file():
                continue
            channel = (match["channel"] or "image").lower()
            files = found.setdefault(match["id"], {})
            if channel in files:
                first, second = sorted((files[channel], entry.name))
                raise ValueError(
                    f"two files for {_describe_channel(channel)} of Id {match['id']!r} in {folder}:"
                    f" {first} and {second}; keep one"
                )
            files[channel] = entry.name

    for Id, files in found.items():
        if "image" in files and len(files) > 1:
            channel_file = next(files[channel] for channel in HPA_CHANNELS if channel in files)
            raise ValueError(
                f"Id {Id!r} has both a multi-channel file and channel files in {folder}:"
                f" {files['image']} and {channel_file}; keep one layout"
            )
    order = (*HPA_CHANNELS, "image")
    return {
        Id: {channel: folder / found[Id][channel] for channel in order if channel in found[Id]}
        for Id in sorted(found)
    }


def _describe_channel(channel: str) -> str:
    return "the image" if channel == "image" else f"the {channel} channel"


# ---- reading -------------------------------------------------------------------------------------


def image_shape(files: Sequence[FilePath]) -> tuple[int, int]:
    """Height and width of one image, from the headers of its files.

    Parameters
    ----------
    files : sequence of path-like
        One image: one file per channel, or a single file.

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
    shapes: list[tuple[int, int]] = []
    for path in files:
        shapes.append(file_shape(path))
        _check_same_size(files, shapes)
    return shapes[0]


def read_image(
    files: Sequence[FilePath], channels: Sequence[str], size: tuple[int, int] | None = None
) -> np.ndarray:
    """Read one image from its files.

    Parameters
    ----------
    files : sequence of path-like
        Either one file per channel, in the order of `channels`, or a single multi-channel file.
        Files are PNG, JPEG or TIFF, known by their content, and may be gzipped. A channel's file is
        grey, or tinted in the stain's colour as on the Human Protein Atlas site: the signal is then
        the maximum over red, green and blue (luminance would dim blue ninefold); transparency is
        ignored. The planes of a multi-channel file are chosen as by `prepare_image`.
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
    prepare_image : The same for an array; says how planes are chosen, scaled and resized.

    Notes
    -----
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
    if len(files) == 1:
        pixels, colour = decode_file(files[0])
        if len(channels) == 1 and colour:
            pixels = _stain_signal(pixels)
        return _finish(pixels, files[0], channels, size)

    if len(files) != len(channels):
        raise ValueError(
            f"{len(files)} files for {len(channels)} channels ({', '.join(channels)}):"
            f" {', '.join(map(os.fspath, files[:10]))}; expected one per channel, or one in all"
        )
    shapes: list[tuple[int, ...]] = []
    planes: list[np.ndarray] = []
    for path, channel in zip(files, channels, strict=True):
        pixels, colour = decode_file(path)
        if pixels.ndim == 3 and not colour:
            raise ValueError(
                f"{os.fspath(path)} holds {pixels.shape[2]} planes; the file of one channel holds"
                " one grey plane or a picture in red, green and blue"
            )
        shapes.append(pixels.shape[:2])
        _check_same_size(files, shapes)
        planes.append(_finish(_stain_signal(pixels), path, [channel], size))
    return np.concatenate(planes, axis=2)


def prepare_image(
    image: np.ndarray, channels: Sequence[str], size: tuple[int, int] | None = None
) -> np.ndarray:
    """Choose the planes of an image in memory, bring them to 8 bits and to size.

    Parameters
    ----------
    image : ndarray of shape (height, width, planes) or (height, width)
        Two axes are one plane. Values are uint8; uint16, of 16 bits or of 12 (as cameras give
        them) when the largest value of all planes is at most 4095; bool; or floats in [0, 1].
    channels : sequence of str
        The channels wanted, in the order wanted. As many planes as channels are these channels, in
        this order; otherwise up to four planes are red, green, blue and yellow, and chosen by name.
    size : (int, int), optional
        Height and width to bring the image to. By default it keeps its own.

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

    Nothing in an array, and little in a file, says how many of 16 bits are in use. A 16-bit image
    all of whose values lie below 4096 is taken for a 12-bit one and comes out 16 times brighter
    than it was; a channel with its own file is judged by that file alone.

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
    return _finish(image, "the image", channels, size)


# ---- from decoded pixels to 8 bits and the size wanted -------------------------------------------


def _check_same_size(files: Sequence[FilePath], shapes: Sequence[tuple[int, ...]]) -> None:
    if shapes[-1] != shapes[0]:
        first, last = (" x ".join(map(str, shape)) for shape in (shapes[0], shapes[-1]))
        raise ValueError(
            f"the channels of an image differ in size (height x width): {os.fspath(files[0])} is"
            f" {first} pixels, {os.fspath(files[len(shapes) - 1])} is {last}"
        )


def _stain_signal(pixels: np.ndarray) -> np.ndarray:
    """The one plane of a channel's file: grey, or the maximum over red, green and blue."""
    if pixels.ndim == 2:
        return pixels
    if pixels.shape[2] < 3:
        return pixels[..., 0]
    signal = np.maximum(pixels[..., 0], pixels[..., 1])
    return np.maximum(signal, pixels[..., 2], out=signal)


def _finish(
    pixels: np.ndarray, source: FilePath, channels: Sequence[str], size: tuple[int, int] | None
) -> np.ndarray:
    scale = _scale_to_8_bits(pixels, source)
    planes = _choose_planes(pixels, channels, source)
    height, width = size or pixels.shape[:2]
    image = np.empty((height, width, len(channels)), dtype=np.uint8)
    for k, plane in enumerate(planes):
        image[..., k] = _resize(plane, scale, (height, width))
    return image


def _choose_planes(
    pixels: np.ndarray, channels: Sequence[str], source: FilePath
) -> list[np.ndarray]:
    if pixels.ndim == 2:
        pixels = pixels[..., np.newaxis]
    n_planes = pixels.shape[2]
    if n_planes == len(channels):
        return [pixels[..., k] for k in range(n_planes)]
    known = HPA_CHANNELS[:n_planes] if n_planes <= len(HPA_CHANNELS) else ()
    if set(channels) <= set(known):
        return [pixels[..., known.index(channel)] for channel in channels]
    meaning = f", taken for {', '.join(known)}" if known else ""
    raise ValueError(
        f"{os.fspath(source)} has {n_planes} plane{'s' * (n_planes > 1)}{meaning}; expected"
        f" {len(channels)} ({', '.join(channels)}), or the planes of {', '.join(HPA_CHANNELS)} in"
        " that order up to the last one wanted. Set channels to what the image holds"
    )


def _scale_to_8_bits(pixels: np.ndarray, source: FilePath) -> float:
    """What to multiply the values by to bring them into [0, 255]."""
    if pixels.dtype == np.uint8:
        return 1.0
    if pixels.dtype == np.bool_:
        return 255.0
    if pixels.dtype == np.uint16:
        return 255 / (4095 if pixels.max() <= 4095 else 65535)
    name = os.fspath(source)
    if pixels.dtype.kind != "f":
        raise TypeError(
            f"{name} holds {pixels.dtype} values; expected uint8, uint16, bool, or floats in [0, 1]"
        )
    low, high = pixels.min(), pixels.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"{name} holds NaN or infinite values; expected floats in [0, 1]")
    if low < 0 or high > 1:
        raise ValueError(
            f"{name} holds floats from {low:g} to {high:g}; expected [0, 1] (divide by the largest"
            " value that the camera can give), uint8 or uint16"
        )
    return 255.0


def _resize(plane: np.ndarray, scale: float, size: tuple[int, int]) -> np.ndarray:
    """The plane times `scale`, area-averaged or interpolated to `size`, rounded to uint8."""
    if plane.dtype == np.uint8 and plane.shape == size:
        return plane
    values = np.ascontiguousarray(plane, dtype=np.float32)
    if values.shape[0] != size[0]:
        values = _axis_weights(values.shape[0], size[0]) @ values
    if values.shape[1] != size[1]:
        values = (_axis_weights(values.shape[1], size[1]) @ values.T).T
    # Not in place: without resizing, `values` may be the caller's own array.
    return np.floor(values * np.float32(scale) + np.float32(0.5)).astype(np.uint8)


@lru_cache(maxsize=64)
def _axis_weights(n_old: int, n_new: int) -> csr_array:
    """The (n_new, n_old) weights of old pixels in new ones along one axis; rows add up to 1.

    Shrinking, the weight is the share of the new pixel that the old one covers. Enlarging, it is
    that of linear interpolation between the centres of old pixels.
    """
    new = np.arange(n_new)
    if n_new < n_old:
        left, right = new * n_old / n_new, (new + 1) * n_old / n_new
        n_touched = int(np.ceil(n_old / n_new)) + 1
        columns = np.floor(left).astype(int)[:, np.newaxis] + np.arange(n_touched)
        weights = np.minimum(columns + 1, right[:, np.newaxis]) - np.maximum(
            columns, left[:, np.newaxis]
        )
        weights = np.clip(weights, 0, None) * (n_new / n_old)
    else:
        centre = np.clip((new + 0.5) * n_old / n_new - 0.5, 0, n_old - 1)
        first = np.floor(centre).astype(int)
        columns = np.stack([first, first + 1], axis=1)
        weights = np.stack([first + 1 - centre, centre - first], axis=1)
    columns = np.minimum(columns, n_old - 1)
    rows = np.broadcast_to(new[:, np.newaxis], columns.shape)
    used = weights > 0
    return csr_array(
        (weights[used].astype(np.float32), (rows[used], columns[used])), shape=(n_new, n_old)
    )
