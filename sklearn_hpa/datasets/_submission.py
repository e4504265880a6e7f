"""Predictions on disk, as the csv files of a submission."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ..atomic import replacing
from ._labels import number_labels


def read_ids(path: str | os.PathLike[str], at_hand: pd.Index) -> pd.Index:
    """The Ids of a sample submission, its first column, in its order.

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    ValueError
        Where it repeats an Id, or has one that is not `at_hand`.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no sample submission at {path}")
    try:
        ids = pd.read_csv(path, dtype=str, usecols=[0], keep_default_na=False).iloc[:, 0]
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(
            f"{path} is not a csv file with Ids in its first column: {error}"
        ) from None
    for wrong, problem in (
        (ids[ids.duplicated()], "repeats"),
        (ids[~ids.isin(at_hand)], "asks for Ids without an image:"),
    ):
        if len(wrong):
            more = f" and {len(wrong) - 10} more" if len(wrong) > 10 else ""
            raise ValueError(f"{path} {problem} {', '.join(wrong[:10])}{more}")
    return pd.Index(ids, name=at_hand.name)


def write_predictions(
    path: str | os.PathLike[str], ids: Sequence[str], labels: np.ndarray, names: Sequence[str]
) -> None:
    """Write ``Id,Predicted``: the numbers of each sample's labels, separated by spaces.

    Parameters
    ----------
    path : str or path-like
    ids : sequence of str of length n_samples
    labels : ndarray of 0/1, shape (n_samples, n_labels)
    names : sequence of str of length n_labels
        Numbered as in the 2018 set where all are in it, else as in that of 2021.
    """
    numbers, _ = number_labels(names)
    predicted = [" ".join(str(numbers[k]) for k in np.flatnonzero(row)) for row in labels]
    _write(path, pd.DataFrame({"Id": ids, "Predicted": predicted}))


def write_probabilities(
    path: str | os.PathLike[str], ids: Sequence[str], proba: np.ndarray, names: Sequence[str]
) -> None:
    """Write the Id of each sample and the probability of each label, a column each."""
    frame = pd.DataFrame(proba, columns=list(names))
    frame.insert(0, "Id", list(ids))
    _write(path, frame)


def _write(path: str | os.PathLike[str], frame: pd.DataFrame) -> None:
    with replacing(Path(path)) as temporary:
        frame.to_csv(temporary, index=False)
