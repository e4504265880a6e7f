"""The csv files of a submission: reading of sample Ids, writing of predictions."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from .._common.alignment import NamesLike, check_aligned, check_order
from .._common.files import replacing
from .._common.messages import first_dozen
from .._common.naming import printable
from ._file_names import id_key
from ._labels import number_labels
from ._rows import read_rows


def read_ids(path: str | os.PathLike[str]) -> list[str]:
    """Read the Ids of a sample submission from its first column, in its order.

    Parameters
    ----------
    path : str or path-like
        The csv file.

    Returns
    -------
    list of str
        The Ids.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is not a csv file in UTF-8, has no rows, lacks an Id or repeats an Id.
    OSError
        If the file cannot be read.
    """
    path = Path(path)
    _, rows = read_rows(path, "sample submission", "a header and the Ids in the first column")
    ids = [row[0].strip() for _, row in rows]
    if "" in ids:
        raise ValueError(f"{printable(path)}, line {rows[ids.index('')][0]}: no Id")
    if repeated := [Id for Id, count in Counter(map(id_key, ids)).items() if count > 1]:
        raise ValueError(f"{printable(path)} repeats {first_dozen(map(printable, repeated))}")
    return ids


def write_predictions(
    path: str | os.PathLike[str],
    ids: NamesLike,
    labels: np.ndarray | pd.DataFrame,
    names: NamesLike,
    numbering: str | None = None,
) -> None:
    """Write a csv file ``Id,Predicted`` with the label numbers of each sample.

    The numbers of a sample are separated by spaces.

    Parameters
    ----------
    path : str or path-like
        The csv file.
    ids : sequence of str of length n_samples
        The Id of each sample.
    labels : ndarray or DataFrame of 0/1, shape (n_samples, n_labels)
        The predicted labels. The index of a DataFrame is compared with `ids`.
    names : sequence of str of length n_labels
        Label names.
    numbering : {"2018", "2021"}, optional
        The numbering of the labels. By default 2018 if it has all the names, else 2021.

    Raises
    ------
    ValueError
        If a name is not in the numbering, if the names are numbers, or if a DataFrame has the Ids
        or the names in another order.
    """
    labels = _rows(labels, ids, names, "labels")
    numbers, _ = number_labels(names, numbering)
    predicted = [" ".join(str(numbers[k]) for k in np.flatnonzero(row)) for row in labels]
    _write(path, pd.DataFrame({"Id": list(ids), "Predicted": predicted}))


def write_probabilities(
    path: str | os.PathLike[str],
    ids: NamesLike,
    proba: np.ndarray | pd.DataFrame,
    names: NamesLike,
) -> None:
    """Write a csv file with the Id of each sample and one column of probabilities per label.

    Parameters
    ----------
    path : str or path-like
        The csv file.
    ids : sequence of str of length n_samples
        The Id of each sample.
    proba : ndarray or DataFrame of shape (n_samples, n_labels)
        The predicted probabilities. The index of a DataFrame is compared with `ids`.
    names : sequence of str of length n_labels
        Label names.

    Raises
    ------
    ValueError
        If a DataFrame has the Ids or the names in another order.
    """
    proba = _rows(proba, ids, names, "proba")
    frame = pd.DataFrame(proba, columns=list(names))
    frame.insert(0, "Id", list(ids))
    _write(path, frame)


def write_named_predictions(
    path: str | os.PathLike[str],
    ids: NamesLike,
    labels: np.ndarray,
    proba: np.ndarray,
    names: Sequence[str],
    *,
    truth: np.ndarray | None = None,
    extra: pd.DataFrame | None = None,
) -> None:
    """Write a csv file with the label names of each sample and a column of probabilities per label.

    The columns are ``Id``, those of `extra`, ``Target`` if there is a truth, ``Predicted``, and the
    label names. The names of a sample are separated by ``|``.

    Parameters
    ----------
    path : str or path-like
        The csv file.
    ids : sequence of str of length n_samples
        The Id of each sample.
    labels : ndarray of 0/1, shape (n_samples, n_labels)
        The predicted labels.
    proba : ndarray of shape (n_samples, n_labels)
        The predicted probabilities.
    names : sequence of str of length n_labels
        Label names.
    truth : ndarray of 0/1, shape (n_samples, n_labels), optional
        The true labels.
    extra : DataFrame of n_samples rows, optional
        Further columns.
    """
    ids = list(ids)
    columns: dict[str, Any] = (
        {} if extra is None else {str(name): extra[name].to_numpy() for name in extra.columns}
    )
    if truth is not None:
        columns["Target"] = _names_of(truth, names)
    columns["Predicted"] = _names_of(labels, names)
    before = pd.DataFrame({"Id": ids, **columns})
    _write(path, pd.concat([before, pd.DataFrame(proba, columns=list(names))], axis=1))


def _names_of(labels: np.ndarray, names: Sequence[str]) -> list[str]:
    return ["|".join(names[int(label)] for label in np.flatnonzero(row)) for row in labels]


def _rows(
    values: np.ndarray | pd.DataFrame, ids: NamesLike, names: NamesLike, what: str
) -> np.ndarray:
    """Return the values as an array, after a comparison of a DataFrame with the Ids and names."""
    if isinstance(values, pd.DataFrame):
        check_aligned(ids=pd.Series(0, index=pd.Index(list(ids))), **{what: values})
        if not isinstance(values.columns, pd.RangeIndex):
            check_order(what, "label", list(values.columns), names)
    return np.asarray(values)


def _write(path: str | os.PathLike[str], frame: pd.DataFrame) -> None:
    with replacing(Path(path)) as temporary:
        # By itself, the csv module quotes a carriage return only from Python 3.13 on.
        returns = any("\r" in str(Id) for Id in frame["Id"])
        quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL
        frame.to_csv(temporary, index=False, quoting=quoting)
