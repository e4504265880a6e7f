"""The csv files of a submission: the Ids it asks for, and predictions for them."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from .._common.alignment import NamesLike
from .._common.files import replacing
from .._common.messages import first_dozen
from ._labels import number_labels
from ._table import read_rows


def read_ids(path: str | os.PathLike[str]) -> list[str]:
    """The Ids of a sample submission, its first column, in its order.

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    ValueError
        Where it is no csv file, has no rows, lacks an Id or repeats one.
    """
    path = Path(path)
    _, rows = read_rows(path, "sample submission", "a header and the Ids in the first column")
    ids = [row[0].strip() for _, row in rows]
    if "" in ids:
        raise ValueError(f"{path}, line {rows[ids.index('')][0]}: no Id")
    if repeated := [Id for Id, count in Counter(ids).items() if count > 1]:
        raise ValueError(f"{path} repeats {first_dozen(repeated)}")
    return ids


def write_predictions(
    path: str | os.PathLike[str],
    ids: NamesLike,
    labels: np.ndarray,
    names: NamesLike,
    numbering: str | None = None,
) -> None:
    """Write ``Id,Predicted``: the numbers of each sample's labels, separated by spaces.

    Parameters
    ----------
    path : str or path-like
    ids : sequence of str of length n_samples
    labels : ndarray of 0/1, shape (n_samples, n_labels)
    names : sequence of str of length n_labels
        Label names.
    numbering : {"2018", "2021"}, optional
        What the numbers mean. By default the set of 2018 where it has all the names, else that of
        2021.

    Raises
    ------
    ValueError
        Where the numbering does not have the names, or the names are numbers themselves.
    """
    numbers, _ = number_labels(names, numbering)
    predicted = [" ".join(str(numbers[k]) for k in np.flatnonzero(row)) for row in labels]
    _write(path, pd.DataFrame({"Id": list(ids), "Predicted": predicted}))


def write_probabilities(
    path: str | os.PathLike[str], ids: NamesLike, proba: np.ndarray, names: NamesLike
) -> None:
    """Write the Id of each sample and the probability of each label, a column each."""
    frame = pd.DataFrame(proba, columns=list(names))
    frame.insert(0, "Id", list(ids))
    _write(path, frame)


def _write(path: str | os.PathLike[str], frame: pd.DataFrame) -> None:
    with replacing(Path(path)) as temporary:
        frame.to_csv(temporary, index=False)
