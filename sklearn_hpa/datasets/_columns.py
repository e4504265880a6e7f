"""The columns of a label table: Ids, labels in one column or in one column each, and others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .._common.messages import did_you_mean, first_dozen
from .._common.naming import printable
from .._labels.names import HPA_LABELS, HPA_LABELS_2021, normalized
from .._labels.vocabulary import COUNTERPARTS
from ._rows import shown

#: The label set that the numbers of a column mean.
_NUMBERINGS = {"target": HPA_LABELS, "label": HPA_LABELS_2021}
#: Names of columns, in lower case and without spaces and punctuation. A name of the first set is
#: preferred over a name of the second set.
_ID_NAMES = (
    {"id"},
    set(
        "ids imageid imageids image images imagename imagefile imagefilename imagepath img imgid"
        " file files filename filenames filepath path fileid".split()
    ),
)
_LABEL_NAMES = (
    set(_NUMBERINGS),
    set(
        "targets labels labelname labelnames location locations mainlocation mainlocations"
        " subcellularlocation subcellularlocations subcellularlocalization localization"
        " localizations localisation localisations compartment compartments organelle"
        " organelles".split()
    ),
)
EXPECTED = (
    f"Id,Target (the {len(HPA_LABELS)} labels of 2018) or ID,Label (the {len(HPA_LABELS_2021)} of"
    " 2021)"
)


@dataclass(frozen=True)
class ColumnNames:
    """The parameters of `load_hpa` that name columns.

    Attributes
    ----------
    ids : str or None
        The column of Ids.
    labels : str, sequence of str or None
        The column of labels, or a list of columns of labels or of 0 and 1.
    separator : str or None
        The separator of labels in a cell.
    """

    ids: str | None = None
    labels: str | Sequence[str] | None = None
    separator: str | None = None

    def __post_init__(self) -> None:
        for name, value in (("id_column", self.ids), ("label_separator", self.separator)):
            if value is not None and not isinstance(value, str):
                raise ValueError(f"Invalid {name}={value!r}. Valid values are None and a str.")
        if self.separator == "":
            raise ValueError("Invalid label_separator=''. A separator has at least one character.")
        one = isinstance(self.labels, str) or self.labels is None
        if not one and not (
            isinstance(self.labels, Sequence)
            and self.labels
            and all(isinstance(name, str) for name in self.labels)
        ):
            raise ValueError(
                f"Invalid label_column={self.labels!r}. Valid values are None, a name and a list of"
                " names."
            )


@dataclass(frozen=True)
class Columns:
    """The positions of the columns of a label table.

    Attributes
    ----------
    ids : int
    labels : tuple of int
        The columns of written labels, or all columns of 0 and 1.
    one_hot : bool
        Whether the labels are columns of 0 and 1. Columns that the caller lists may be columns of
        written labels instead, by their cells.
    numbering : tuple of str or None
        The label set that the header names.
    """

    ids: int
    labels: tuple[int, ...]
    one_hot: bool
    numbering: tuple[str, ...] | None

    @property
    def used(self) -> set[int]:
        return {self.ids, *self.labels}


def find_columns(header: list[str], names: ColumnNames, file: str) -> Columns:
    """Find the columns of Ids and labels in the header of a table.

    Parameters
    ----------
    header : list of str
    names : ColumnNames
        The columns that the caller names. The others are found by their usual names.
    file : str
        The name of the file, in messages.

    Raises
    ------
    ValueError
        If a column is missing or named twice, or if several columns fit.

    Examples
    --------
    >>> find_columns(["Image", "Plate", "Location"], ColumnNames(), "labels.csv")
    Columns(ids=0, labels=(2,), one_hot=False, numbering=None)
    >>> find_columns(["ID", "Nucleoli", "Cytosol", "Plate"], ColumnNames(), "labels.csv")
    Columns(ids=0, labels=(1, 2), one_hot=True, numbering=None)
    """
    start = f"{file} has the columns {shown(header)}"
    if names.ids is None:
        found = _usual(header, _ID_NAMES)
    else:
        found = [_named(header, names.ids, start)]
    labels, one_hot = _label_columns(header, names.labels, start)
    if len(found) != 1 or not labels:
        missing = [
            f"the column of {noun} with {parameter}"
            for noun, parameter, there in (
                ("Ids", "id_column", found),
                ("labels", "label_column", labels),
            )
            if not there
        ]
        several = len(found) > 1
        unnamed = ""
        if not found and [name.strip() for name in header].count("") == 1:
            unnamed = "; id_column='' is the column without a name"
        raise ValueError(
            _ambiguous(start, header, found, "Ids", "id_column")
            if several and not missing
            else f"{start}; expected {EXPECTED}. Or name {' and '.join(missing)}{unnamed}"
        )
    if found[0] in labels:
        raise ValueError(f"{start}; expected {header[found[0]]!r} to be Ids or labels, not both")
    numbering = None if one_hot else numbering_of(header[column] for column in labels)
    return Columns(found[0], tuple(labels), one_hot, numbering)


def numbering_of(titles: Iterable[str]) -> tuple[str, ...] | None:
    """Return the label set that numbers in columns of these names mean, or None.

    Examples
    --------
    >>> len(numbering_of(["Target", "Target 2"])), numbering_of(["Target", "Label"])
    (28, None)
    """
    named = {_NUMBERINGS.get(_squeezed(title)) for title in titles} - {None}
    return named.pop() if len(named) == 1 else None


def _label_columns(
    header: list[str], given: str | Sequence[str] | None, start: str
) -> tuple[list[int], bool]:
    """Return the columns of labels, and whether they are columns of 0 and 1."""
    if isinstance(given, str):
        return [_named(header, given, start)], False
    if given is not None:
        columns = [_named(header, name, start) for name in given]
        if len(set(columns)) < len(columns):
            raise ValueError(f"label_column={list(given)!r} names a column twice")
        return columns, True
    written = _usual(header, _LABEL_NAMES)
    one_hot = [column for column, name in enumerate(header) if is_label(name)]
    usual = bool(written) and _squeezed(header[written[0]]) in _LABEL_NAMES[0]
    if len(written) > 1 or (written and one_hot and not usual):
        raise ValueError(
            _ambiguous(start, header, sorted({*written, *one_hot}), "labels", "label_column")
        )
    return (written, False) if written else (one_hot, bool(one_hot))


def is_label(name: str) -> bool:
    """Tell whether a name is a label or location of any vocabulary."""
    return any(normalized(name) in known for known in COUNTERPARTS.values())


def is_id_name(title: str) -> bool:
    """Tell whether a column has a usual name of Ids or files."""
    return any(_squeezed(title) in names for names in _ID_NAMES)


def _usual(header: list[str], usual: Sequence[set[str]]) -> list[int]:
    """Return the columns with usual names: of the first set of names that the header has."""
    squeezed = [_squeezed(name) for name in header]
    for names in usual:
        if found := [column for column, name in enumerate(squeezed) if name in names]:
            return found
    return []


def _ambiguous(
    start: str, header: list[str], columns: Sequence[int], noun: str, parameter: str
) -> str:
    names = [header[column].strip() for column in columns]
    return (
        f"{start}; expected one column of {noun}, and {first_dozen(map(printable, names))} may be"
        f" it: name one with {parameter}={names[0]!r}"
        + (f", or list all columns of labels in {parameter}" if noun == "labels" else "")
    )


def _named(header: list[str], name: str, start: str) -> int:
    """Return the column of a name; spaces around it and its case may differ if it is one."""
    stripped = [each.strip() for each in header]
    columns = [column for column, each in enumerate(stripped) if each == name.strip()] or [
        column for column, each in enumerate(stripped) if each.lower() == name.strip().lower()
    ]
    if len(columns) > 1:
        raise ValueError(f"{start}, of which {len(columns)} are named {printable(name)!r}")
    if not columns:
        raise ValueError(f"{start}, but no column {name!r}{did_you_mean(name, stripped)}")
    return columns[0]


def _squeezed(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())
