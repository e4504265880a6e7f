"""Recognition of label sets that are written as text or as lists, instead of a 0/1 matrix."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .._common.tables import as_frame, describe_row, is_table
from .names import NAME_INDEX, is_number, normalized

_SEPARATOR = re.compile(r"\s*[|,;]\s*")
#: Joints of names that are also in the names of classes, such as "G1/S".
_JOINTS = re.compile(r"\s*[/+&\n\t]\s*|\s+and\s+", re.IGNORECASE)
_BRACKETS = re.compile(r"\s*(?:\[(.*)\]|\((.*)\)|\{(.*)\})\s*", re.DOTALL)
_QUOTED = re.compile(r"\s*[\[({]\s*['\"]")
_KNOWN = frozenset(spelling for index in NAME_INDEX.values() for spelling in index)
_CONTAINERS = (list, tuple, set, frozenset, np.ndarray, pd.Series)


def refuse_written_sets(y: Any, name: str = "y") -> None:
    r"""Refuse a target whose cells are label sets, as text or as lists of labels.

    A text is a label set if it has

    - two or more numbers separated by spaces, such as ``"25 0"``;
    - two or more parts separated by ``|``, such as ``"Cytosol|Nucleoli"``;
    - two or more parts separated by ``,`` or ``;`` that are all numbers or names of the Human
      Protein Atlas, or that all occur in other cells too, alone or in another combination;
    - two or more names of the Human Protein Atlas joined by ``/``, ``+``, ``&``, "and", a line
      break or a tab, such as ``"Cytosol/Nucleoli"``.

    Brackets around a text are ignored, so ``"[25, 0]"`` is read as ``"25, 0"``. A list of quoted
    names, such as ``"['a', 'b']"``, is a label set too. Every other text is the name of a class:
    ``"Golgi apparatus"``, ``"Rods & rings"``, ``"25"``, and the interval ``"(0, 10]"``.

    Parameters
    ----------
    y : target of any kind
        Numbers are passed over without a look at their values.
    name : str
        Name of the argument, used in the message.

    Raises
    ------
    ValueError
        If a cell is a label set. The message has the line of code that makes a 0/1 matrix and, for
        a 1-d target, the line that makes codes of classes.
    """
    for column, cells, accessor in _text_columns(y, name):
        for row, cell in enumerate(cells):
            if isinstance(cell, _CONTAINERS):
                _refuse_rows_of_different_lengths(cells, column, y)
                raise ValueError(
                    f"{column} holds a {type(cell).__name__} of labels in each row, such as "
                    f"{_shortened(cell)} ({describe_row(y, row)}); {_EXPECTED} "
                    f"{_FROM_LISTS.format(rows=accessor)}"
                )
        texts = [cell if isinstance(cell, str) else "" for cell in cells]
        sets = find_written_sets(texts)
        if sets:
            row = texts.index(sets[0])
            classes = "" if is_table(y) else _OF_CLASSES.format(rows=accessor)
            raise ValueError(
                f"{column} holds label sets as text, such as {_shortened(sets[0])} "
                f"({describe_row(y, row)}), and not one class for each sample; "
                f"{_EXPECTED}{classes} {_remedy(sets, accessor)}"
            )


def _refuse_rows_of_different_lengths(cells: NDArray[Any], column: str, y: Any) -> None:
    """Refuse rows of 0 and 1 that are no label sets, because one of them has a value twice."""
    rows = [list(cell) if isinstance(cell, _CONTAINERS) else [cell] for cell in cells]
    zeros_and_ones = all(value in (0, 1) for row in rows for value in row)
    if zeros_and_ones and any(len(set(row)) < len(row) for row in rows):
        usual = Counter(map(len, rows)).most_common(1)[0][0]
        other = next((number for number, row in enumerate(rows) if len(row) != usual), 0)
        raise ValueError(
            f"{column} has rows of different lengths: most have {usual} values, "
            f"{describe_row(y, other)} has {len(rows[other])}; expected a 0/1 matrix of shape "
            "(n_samples, n_labels), with a value for every label in each row."
        )


def find_written_sets(texts: Sequence[str]) -> list[str]:
    """Return the distinct texts that are label sets; the rules are in `refuse_written_sets`."""
    parts = {text: _parts(text) for text in dict.fromkeys(texts)}
    n_texts_with = Counter(part for found in parts.values() for part in set(found))

    def is_set(text: str, found: list[str]) -> bool:
        if _QUOTED.match(text):
            return True
        if len(found) < 2:
            return _holds_numbers(_body(text) or "") or _joins_names(text)
        return (
            "|" in text
            or all(map(_is_known, found))
            or all(n_texts_with[part] > 1 for part in found)
        )

    return [text for text, found in parts.items() if is_set(text, found)]


_EXPECTED = "expected a 0/1 matrix of shape (n_samples, n_labels)."
_FROM_LISTS = (
    "Make it with sklearn.preprocessing.MultiLabelBinarizer: "
    "encoder = MultiLabelBinarizer(); matrix = encoder.fit_transform({rows}); "
    "y = pd.DataFrame(matrix, columns=encoder.classes_)"
)
_OF_CLASSES = (
    " If each text is the name of one class, pass the codes of the classes, "
    "pd.factorize({rows}, sort=True)[0]."
)
_FROM_FILE = (
    'A csv file with the columns Id,Target or ID,Label is read by y = read_labels("train.csv"), '
    "from sklearn_hpa.datasets"
)


def _remedy(sets: Sequence[str], accessor: str) -> str:
    """Return the lines of code that make a 0/1 matrix of these texts."""
    if all(_BRACKETS.fullmatch(text) for text in sets):
        return _FROM_LISTS.format(rows=f"{accessor}.map(ast.literal_eval)")
    found = {
        separator
        for text in sets
        for separator in _SEPARATOR.findall(text.strip())
        or _JOINTS.findall(text.strip())
        or re.findall(r"\s+", text.strip())
    }
    if len(found) > 1:
        return _FROM_FILE
    [separator] = found
    if len(separator) > 1:
        # `get_dummies` would read a longer separator as a regular expression.
        single = separator.strip() or " "
        single = single if len(single) == 1 else "|"
        accessor += f".str.replace({separator!r}, {single!r}, regex=False)"
        separator = single
    return f"{_FROM_FILE}. This column is read by y = {accessor}.str.get_dummies({separator!r})"


def _text_columns(y: Any, name: str) -> Iterator[tuple[str, NDArray[Any], str]]:
    """Yield each column that may hold text or lists: its name, its cells, and code for it."""
    if is_table(y):
        frame = as_frame(y)
        for number, column in enumerate(frame.columns):
            if frame.dtypes.iloc[number].kind not in "biufcmM":
                code = f"{name}[{column!r}]"
                code = code if frame is y else f"pd.Series({code}.to_list())"
                cells = frame.iloc[:, number].to_numpy(dtype=object)
                yield f"{name}[{column!r}]", cells, code
        return
    if (
        isinstance(y, list | tuple)
        and any(isinstance(row, _CONTAINERS) for row in y)
        and not _may_be_matrix(y)
    ):
        cells = np.empty(len(y), dtype=object)
        cells[:] = [tuple(row) if isinstance(row, np.ndarray) else row for row in y]
        yield name, cells, name
        return
    array = np.asarray(y)
    if array.dtype.kind in "biufcmM" or array.ndim not in (1, 2):
        return
    if array.dtype.kind == "S":
        array = np.char.decode(array, "latin-1")
    code = name if isinstance(y, pd.Series) else f"pd.Series({name})"
    if array.ndim == 2:
        code = f"pd.Series(np.ravel({name}))"
    if array.ndim == 1 or array.shape[1] == 1:
        yield name, array.reshape(-1).astype(object), code


def _may_be_matrix(rows: Sequence[Any]) -> bool:
    """Tell whether nested lists may be a 0/1 matrix or a column of classes, one in each row."""
    if any(isinstance(row, set | frozenset) for row in rows):
        return False
    lengths = {np.size(row) for row in rows}
    if len(lengths) > 1:
        return False
    return lengths == {1} or not any(isinstance(each, str) for row in rows for each in row)


def _body(text: str) -> str | None:
    """Return the text without brackets around it, or None for an interval such as "(0, 10]"."""
    match = _BRACKETS.fullmatch(text)
    if match:
        return next(group for group in match.groups() if group is not None)
    return None if re.fullmatch(r"\s*[\[(].*[\])]\s*", text, re.DOTALL) else text


def _parts(text: str) -> list[str]:
    body = _body(text)
    if body is None:
        return []
    parts = (part.strip(" \t\n'\"").casefold() for part in re.split(r"[|,;]", body))
    return [part for part in parts if part]


def _holds_numbers(text: str) -> bool:
    words = text.split()
    return len(words) > 1 and all(map(is_number, words))


def _joins_names(text: str) -> bool:
    """Tell whether a text is two or more names of the Human Protein Atlas with joints between."""
    pieces = _JOINTS.split(text.strip())
    if len(pieces) < 2 or normalized(text) in _KNOWN:
        return False
    # A name may have a joint in it, as "Rods & rings" has.
    ends = {0}
    for end in range(1, len(pieces) + 1):
        if any(normalized(" and ".join(pieces[start:end])) in _KNOWN for start in ends):
            ends.add(end)
    return len(pieces) in ends


def _is_known(part: str) -> bool:
    return normalized(part) in _KNOWN or all(map(is_number, part.split()))


def _shortened(cell: object) -> str:
    shown = repr(cell)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
