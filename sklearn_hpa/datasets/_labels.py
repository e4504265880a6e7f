"""Numbers and names of the subcellular locations in the 2018 and 2021 sets."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from .._common.messages import first_dozen
from .._labels.names import NAME_INDEX, NUMBERINGS, is_number, normalized


def canonical_label(label: str | int, labels: tuple[str, ...]) -> str:
    """Return the name of a label given by number or by name, as spelled in `labels`.

    Parameters
    ----------
    label : str or int
        A number (as an int, or written as ``"8"`` or ``"8.0"``) or a name. Case, punctuation and
        '&' for 'and' may vary. Common aliases (``"ER"``, ``"Golgi"``, ``"MTOC"``) are accepted.
    labels : tuple of str
        The numbering: `HPA_LABELS` or `HPA_LABELS_2021`.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the number or name is unknown. The message suggests the closest names.

    Examples
    --------
    >>> from sklearn_hpa.datasets import HPA_LABELS, HPA_LABELS_2021
    >>> canonical_label("8", HPA_LABELS), canonical_label("8", HPA_LABELS_2021)
    ('Peroxisomes', 'Intermediate filaments')
    >>> canonical_label("rods and rings", HPA_LABELS)
    'Rods & rings'
    """
    text = str(label).strip()
    if is_number(text):
        number = int(text.partition(".")[0])
        if 0 <= number < len(labels):
            return labels[number]
        raise ValueError(
            f"label number {number} does not exist; the {len(labels)} labels are numbered from 0"
            f" ({labels[0]}) to {len(labels) - 1} ({labels[-1]})"
        )
    index = NAME_INDEX[labels]
    name = normalized(text)
    if name in index:
        return index[name]
    close = dict.fromkeys(index[match] for match in difflib.get_close_matches(name, index))
    hint = f"did you mean {' or '.join(map(repr, close))}?" if close else ""
    raise ValueError(
        f"label name {text!r} does not exist among the {len(labels)} labels;"
        f" {hint or 'the first are ' + ', '.join(labels[:5]) + ', ...'}"
    )


def number_labels(
    names: Iterable[object], numbering: str | None = None
) -> tuple[list[int], tuple[str, ...]]:
    """Return the number of each label name, and all names of the numbering.

    Parameters
    ----------
    names : sequence of str
        Label names.
    numbering : {"2018", "2021"}, optional
        The numbering. By default 2018 if it has all the names, else 2021.

    Returns
    -------
    numbers : list of int
        The number of each name.
    labels : tuple of str
        `HPA_LABELS` or `HPA_LABELS_2021`.

    Raises
    ------
    ValueError
        If the numbering, or by default neither numbering, has all the names; if two names mean one
        label; or if the names are numbers, which could be column numbers.

    Examples
    --------
    >>> number_labels(["Nucleoli", "Cytosol"])[0], number_labels(["Cytosol", "Negative"])[0]
    ([2, 25], [16, 18])
    >>> number_labels(["Nucleoli", "Cytosol"], numbering="2021")[0]
    [2, 16]
    """
    if numbering is not None and numbering not in NUMBERINGS:
        raise ValueError(f"Invalid numbering={numbering!r}. Valid values are '2018' and '2021'.")
    texts = [str(name) for name in names]
    if digits := [text for text in texts if is_number(text.strip())]:
        raise ValueError(
            f"numbers instead of label names: {first_dozen(digits)}; fit on a DataFrame whose"
            " columns are label names, and save that model"
        )
    errors = []
    for year in NUMBERINGS if numbering is None else [numbering]:
        labels = NUMBERINGS[year]
        try:
            numbers = [labels.index(canonical_label(name, labels)) for name in texts]
        except ValueError as error:
            errors.append(f"not the label names of {year} ({error})")
            continue
        if len(set(numbers)) < len(numbers):
            raise ValueError(f"a label is named twice: {first_dozen(texts)}")
        return numbers, labels
    raise ValueError("; ".join(errors))
