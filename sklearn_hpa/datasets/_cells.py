"""Cells of label tables: written label sets, and 0 or 1 in a column for each label."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches

from .._common.messages import first_dozen, plural
from .._common.naming import printable
from .._labels.names import NAME_INDEX, is_number, normalized
from .._labels.vocabulary import COUNTERPARTS
from ._labels import written_label
from ._rows import Rows

_NOTHING = frozenset({"", "nan", "na", "none", "null"})
_ONE_HOT = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}
#: Separators that a caller may have to name.
_OTHER_SEPARATORS = ("/", "+", "\n", "\\", " - ", " and ", " & ", "&", ":", " ")
_OTHER_NUMBER = re.compile(r"[+-]?[0-9]*[.,]?[0-9]+(?:e[+-]?[0-9]+)?")
#: A whole number with decimals after a comma.
_DECIMAL_COMMA = re.compile(r"[0-9]+,0+")


def split_cell(cell: str, separator: str | None) -> list[str]:
    """Return the labels that a cell holds, as they are written.

    Examples
    --------
    >>> split_cell("16 0", None), split_cell("Cytosol|Nuclear speckles", None)
    (['16', '0'], ['Cytosol', 'Nuclear speckles'])
    >>> split_cell("Cytosol / Nuclear speckles", "/")
    ['Cytosol', 'Nuclear speckles']
    """
    if cell.lower() in _NOTHING:
        return []
    if separator is not None:
        parts = cell.split(separator.strip() or separator)
        return list(filter(None, map(str.strip, parts)))
    found: list[str] = []
    for part in filter(None, map(str.strip, re.split(r"[|,;]", cell))):
        words = part.split()
        found += words if all(map(is_number, words)) else [part]
    return found


def refuse_decimal_commas(cells: Sequence[str], lines: Sequence[int], name: str) -> None:
    """Refuse a column of labels in which each number is written as ``25,0``.

    Raises
    ------
    ValueError
        If it is one. It would be read as two numbers, of which the second is the label 0.
    """
    numbers = [row for row, cell in enumerate(cells) if cell[:1].isdigit()]
    if numbers and all(_DECIMAL_COMMA.fullmatch(cells[row]) for row in numbers):
        first = numbers[0]
        raise ValueError(
            f"{name}: each label number ends in ',0', such as {cells[first]!r} in line"
            f" {lines[first]}: a decimal comma of a spreadsheet, or the label 0 in each row. Write"
            " whole numbers, such as 25, or use label_separator=',' if the comma separates labels"
        )


def parse_cells(
    cells: Sequence[tuple[str, ...]],
    ids: Sequence[str],
    lines: Sequence[int],
    labels: tuple[str, ...],
    numbering: tuple[str, ...] | None,
    name: str,
) -> list[frozenset[int]]:
    """Return the position in `labels` of each label of each row.

    Parameters
    ----------
    cells : sequence of tuple of str
        The written labels of each row.
    ids, lines : sequence
        The Id and the line number of each row, in messages.
    labels : tuple of str
        The label set in use.
    numbering : tuple of str or None
        The label set that numbers mean.
    name : str
        The name of the file, in messages.

    Raises
    ------
    ValueError
        If labels are unknown. The message has each of them once, with its first row.
    """
    parts = list(dict.fromkeys(part for cell in dict.fromkeys(cells) for part in cell))
    numbers = [part for part in parts if is_number(part)]
    if numbers and numbering is None:
        first = next(row for row, cell in enumerate(cells) if numbers[0] in cell)
        n_rows = sum(any(map(is_number, cell)) for cell in cells)
        raise ValueError(
            f"{name}: {plural(n_rows, 'row')} with label numbers, and the header does not say of"
            f" which set: {numbers[0]!r} in line {lines[first]}, Id {printable(ids[first])}. Rename"
            " the column to Target (numbers of 2018) or Label (numbers of 2021), or write names"
        )
    positions: dict[str, int] = {}
    wrong: dict[str, str] = {}
    for part in parts:
        try:
            positions[part] = labels.index(written_label(part, labels, numbering))
        except ValueError as error:
            hint = _other_separator(part, labels)
            wrong[part] = f"label name {part!r} does not exist{hint}" if hint else str(error)
    if wrong:
        rows_of: dict[str, list[int]] = {}
        for row, cell in enumerate(cells):
            for part in wrong.keys() & set(cell):
                rows_of.setdefault(part, []).append(row)
        problems = []
        for part, problem in wrong.items():
            first, *others = rows_of[part]
            more = f" and {plural(others, 'more row')}" if others else ""
            where = f"line {lines[first]}, Id {printable(ids[first])}{more}"
            problems.append(f"{where}: {printable(part)!r}: {printable(problem)}")
        bad = {row for rows in rows_of.values() for row in rows}
        raise ValueError(
            f"{name}: {plural(bad, 'row')} with labels that do not exist:\n  "
            + first_dozen(problems, "\n  ")
        )
    sets = {cell: frozenset(positions[part] for part in cell) for cell in set(cells)}
    return [sets[cell] for cell in cells]


def _other_separator(part: str, labels: tuple[str, ...]) -> str:
    """Return a hint if a part is known labels with another separator."""
    if normalized(part) in NAME_INDEX[labels]:  # one name, with a sign of doubt
        return ""
    for separator in _OTHER_SEPARATORS:
        pieces = part.split(separator)
        if len(pieces) > 1 and all(normalized(piece) in NAME_INDEX[labels] for piece in pieces):
            return f". If {separator!r} separates labels, use label_separator={separator!r}"
    if _joins_names(part.split(), labels):
        return ". If it is several labels, write '|' between them"
    return ""


def _joins_names(words: Sequence[str], labels: tuple[str, ...]) -> bool:
    """Tell whether words are names of labels one after the other."""
    return not words or any(
        normalized(" ".join(words[:end])) in NAME_INDEX[labels]
        and _joins_names(words[end:], labels)
        for end in range(1, min(len(words), 6) + 1)
    )


def one_hot_labels(
    header: Sequence[str], columns: Sequence[int], labels: tuple[str, ...], name: str
) -> list[int]:
    """Return the position in `labels` of each column of 0 and 1.

    Raises
    ------
    ValueError
        If a column is not a label of `labels`, or two columns are the same label.
    """
    found, problems = [], []
    for column in columns:
        try:
            if is_number(header[column].strip()):
                raise ValueError("a column of 0 and 1 needs the name of a label, not a number")
            found.append(labels.index(written_label(header[column], labels)))
        except ValueError as error:
            problems.append(f"column {printable(header[column].strip())!r}: {printable(error)}")
    if problems:
        raise ValueError(
            f"{name}: {plural(problems, 'column')} of labels that do not exist:\n  "
            + first_dozen(problems, "\n  ")
        )
    own: dict[str, str] = {}
    for column in columns:
        spelling = normalized(header[column])
        label = NAME_INDEX[labels].get(spelling, spelling)
        if label in own:
            raise ValueError(
                f"{name}: the columns {own[label]!r} and {header[column]!r} are the same label"
            )
        own[label] = header[column]
    return found


def parse_one_hot(
    header: Sequence[str], rows: Rows, columns: Sequence[int], positions: Sequence[int], name: str
) -> list[frozenset[int]]:
    """Return the position of each label of each row, from columns of 0 and 1.

    Raises
    ------
    ValueError
        If a cell is neither 0, 1, True nor False.
    """
    bad = [
        f"line {line}, column {printable(header[column])}: {row[column]!r}"
        for line, row in rows
        for column in columns
        if row[column].strip().lower() not in _ONE_HOT
    ]
    if bad:
        raise ValueError(
            f"{name}: {plural(bad, 'cell')} of the label columns other than 0, 1, True or False:"
            f" {first_dozen(bad)}"
        )
    return [
        frozenset(
            position
            for column, position in zip(columns, positions, strict=True)
            if _ONE_HOT[row[column].strip().lower()]
        )
        for _, row in rows
    ]


def holds_labels(cell: str, is_label: Callable[[str], bool]) -> bool:
    """Tell whether a cell holds the name of a label, or a number other than 0 and 1."""
    return any(
        part.lower() not in _ONE_HOT and (is_number(part) or is_label(part))
        for part in split_cell(cell, None)
    )


def other_labels(
    cells: Sequence[str], labels: tuple[str, ...], is_label: Callable[[str], bool]
) -> list[frozenset[int]] | None:
    """Return the labels of each cell of a column that is not read, or None if it has none.

    A column has labels if most of its cells are names of labels, other than Negative. A label that
    `labels` lacks has the position -1.
    """
    split = {cell: split_cell(cell, None) for cell in set(cells)}
    filled = [cell for cell in cells if split[cell]]
    named = {cell for cell, parts in split.items() if parts and all(map(is_label, parts))}
    if 2 * sum(cell in named for cell in filled) <= len(filled):
        return None
    if {normalized(part) for cell in named for part in split[cell]} <= {"negative", "no staining"}:
        return None
    known = COUNTERPARTS[labels]
    positions = {
        cell: frozenset(
            labels.index(known[spelling]) if spelling in known else -1
            for spelling in map(normalized, split[cell])
        )
        for cell in named
    }
    return [positions.get(cell, frozenset()) for cell in cells]


def flagged(
    cells: Sequence[str], title: str, labels: tuple[str, ...]
) -> list[frozenset[int]] | None:
    """Return the labels of a column of 0 and 1 with the name of a label, or None if it is none."""
    known = COUNTERPARTS[labels].get(normalized(title))
    values = [_ONE_HOT.get(cell.lower()) for cell in cells]
    if None in values:
        return None
    label = frozenset({-1 if known is None else labels.index(known)})
    return [label if value else frozenset() for value in values]


def unknown_flags(
    header: Sequence[str], rows: Rows, used: set[int], is_label: Callable[[str], bool]
) -> Iterator[tuple[int, str]]:
    """Yield the columns of 0 and 1 that are no label, each with the label that is near it, or "".

    A column of only 0 or only 1 counts too. A name that is very near a label counts with other
    cells too, unless they have other numbers, such as counts of nuclei.
    """
    known = {spelling: label for index in NAME_INDEX.values() for spelling, label in index.items()}
    for column, title in enumerate(header):
        if column in used or not title.strip() or is_label(title):
            continue
        others = {row[column].strip().lower() for _, row in rows} - _ONE_HOT.keys()
        if any(map(_OTHER_NUMBER.fullmatch, others)):
            continue
        spelling = normalized(title)
        near = get_close_matches(spelling, known, n=1, cutoff=0.8 if others else 0.6)
        if not others or (near and len(spelling) > 4):
            yield column, known[near[0]] if near else ""
