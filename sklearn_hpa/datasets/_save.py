"""Saving of images and labels as a folder in Kaggle's layout."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from .._common.estimators import public_in
from .._common.files import replacing
from .._common.messages import first_dozen
from .._common.naming import printable
from .._images.inputs import HPA_CHANNELS, check_channels
from .._labels.indicator import read_indicator
from ._file_names import id_key, is_text
from ._labels import HPA_LABELS, number_labels

_PNG_COMPRESSION = 1
_FILE_NAME = re.compile(r'(?![.\s])[^/\\:*?"<>|\x00-\x1f]+(?<!\s)')


@public_in("sklearn_hpa.datasets")
def save_hpa(
    folder: str | os.PathLike[str],
    images: np.ndarray,
    y: pd.DataFrame,
    *,
    channels: Sequence[str] | None = None,
) -> Path:
    """Write images and labels as a folder that `load_hpa` reads.

    The folder contains one 8-bit grey PNG file per image and channel, ``{Id}_{channel}.png``, and
    ``train.csv``. Each file is written atomically, ``train.csv`` last, so a folder with
    ``train.csv`` is complete.

    Parameters
    ----------
    folder : str or path-like
        The folder. It is created if it does not exist, and must be empty, so that images of
        different sets are not mixed or overwritten.
    images : ndarray of uint8, shape (n_images, height, width, n_channels)
        The images.
    y : DataFrame of 0/1, shape (n_images, n_labels)
        The labels. The index contains the Ids. The columns are label names of 2018, written as
        ``Id,Target``. If a name is only in the 2021 set, all are names of 2021, written as
        ``ID,Label``.
    channels : sequence of str, optional
        The channel names along the last axis of the images. By default the first channels of red,
        green, blue, yellow.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    FileExistsError
        If the folder is not empty, or is a file.
    TypeError
        If the images are not uint8 or `y` is not a DataFrame.
    ValueError
        If shapes disagree, an Id is repeated or is not a valid file name, a column is not a label
        name, a value is not 0 or 1, or an image has no label.

    See Also
    --------
    load_hpa : Read the folder.
    make_hpa_images : Make synthetic images and labels.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np, pandas as pd
    >>> from sklearn_hpa.datasets import save_hpa
    >>> images = np.zeros((1, 8, 8, 2), dtype=np.uint8)
    >>> y = pd.DataFrame({"Nucleoli": [1], "Cytosol": [1]}, index=["a"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = save_hpa(Path(folder, "cells"), images, y)
    ...     print(sorted(path.name for path in written.iterdir()))
    ...     print((written / "train.csv").read_text())
    ['a_green.png', 'a_red.png', 'train.csv']
    Id,Target
    a,2 25
    """
    channels = _check_images(images, channels)
    cells, header = _check_target(y, len(images))
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{printable(folder)} is a file; name a folder to write images to")
    folder.mkdir(parents=True, exist_ok=True)
    if present := next(folder.iterdir(), None):
        raise FileExistsError(
            f"{printable(folder)} is not empty (it holds {printable(present.name)}); name another"
            " folder, or empty it"
        )

    for Id, image in zip(cells, images, strict=True):
        for k, channel in enumerate(channels):
            plane = Image.fromarray(np.ascontiguousarray(image[..., k]))
            with replacing(folder / f"{Id}_{channel}.png") as temporary:
                plane.save(temporary, format="PNG", compress_level=_PNG_COMPRESSION)
    with (
        replacing(folder / "train.csv") as temporary,
        open(temporary, "w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(cells.items())
    return folder


def _check_images(images: np.ndarray, channels: Sequence[str] | None) -> tuple[str, ...]:
    if getattr(images, "dtype", None) != np.uint8:
        kind = getattr(images, "dtype", type(images).__name__)
        raise TypeError(f"images must be an array of uint8; got {kind}")
    if images.ndim != 4 or 0 in images.shape:
        raise ValueError(
            f"images must have shape (n_images, height, width, n_channels); got {images.shape}"
        )
    n_channels = images.shape[3]
    chosen = HPA_CHANNELS[:n_channels]
    if channels is not None:
        chosen = check_channels(channels, HPA_CHANNELS)
    if len(chosen) != n_channels:
        raise ValueError(
            f"images of {n_channels} channels (the last axis), but {len(chosen)} names for them:"
            f" {', '.join(chosen)}"
        )
    return chosen


def _check_target(y: pd.DataFrame, n_images: int) -> tuple[dict[str, str], list[str]]:
    """Return the csv cell of label numbers for each Id, and the header of the csv."""
    if not isinstance(y, pd.DataFrame):
        raise TypeError(
            "y must be a DataFrame with Ids as index and label names as columns; got"
            f" {type(y).__name__}"
        )
    if len(y) != n_images:
        raise ValueError(f"{n_images} images, but y has {len(y)} rows")
    ids = [str(Id) for Id in y.index]
    if unusable := [Id for Id in ids if not (_FILE_NAME.fullmatch(Id) and is_text(Id))]:
        raise ValueError(
            f"{len(unusable)} Ids that cannot begin a file name, such as {unusable[0]!r}: expected"
            r" no leading dot, no space at either end, none of / \ : * ? < > | and the double quote"
        )
    # Some file systems ignore case, or the form of Unicode, in file names.
    folded = pd.Series([id_key(Id).casefold() for Id in ids])
    if (repeated := folded.duplicated(keep=False)).any():
        names = [printable(Id) for Id, again in zip(ids, repeated, strict=True) if again]
        raise ValueError(
            f"{len(names)} Ids in y's index are not unique (case aside): {first_dozen(names)}"
        )

    numbers, labels = number_labels(y.columns)
    *header, separator = ("Id", "Target", " ") if labels is HPA_LABELS else ("ID", "Label", "|")
    cells = {
        Id: separator.join(map(str, sorted(numbers[k] for k in np.flatnonzero(row))))
        for Id, row in zip(ids, read_indicator(y, "y"), strict=True)
    }
    if unlabelled := [Id for Id, cell in cells.items() if not cell]:
        raise ValueError(
            f"{len(unlabelled)} of {n_images} images have no label, which the csv cannot say:"
            f" {first_dozen(unlabelled)}; leave them out"
        )
    return cells, header
