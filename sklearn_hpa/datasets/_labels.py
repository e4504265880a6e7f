"""Labels by name or number, in the 2018 and 2021 sets and in the vocabulary of the HPA site."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Sequence

from .._common.messages import first_dozen
from .._common.naming import printable
from .._labels.names import (
    HPA_LABELS_SITE,
    NAME_INDEX,
    NUMBERINGS,
    doubtful_signs,
    is_number,
    normalized,
)
from .._labels.vocabulary import COUNTERPARTS, SITE_ONLY, describe_known


def canonical_label(label: str | int, labels: tuple[str, ...]) -> str:
    """Return the name of a label given by number or by name, as spelled in `labels`.

    Parameters
    ----------
    label : str or int
        A number (as an int, or written as ``"8"`` or ``"8.0"``) or a name. Case, punctuation and
        '&' for 'and' may vary. Common aliases (``"ER"``, ``"Golgi"``, ``"MTOC"``) are accepted.
    labels : tuple of str
        The label set: `HPA_LABELS`, `HPA_LABELS_2021` or `HPA_LABELS_SITE`, which has no numbers.

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
        if labels is HPA_LABELS_SITE:
            raise ValueError(
                f"label number {text} does not exist; the {len(labels)} locations of the HPA site"
                " have no numbers, so write their names"
            )
        number = int(text.partition(".")[0])
        if 0 <= number < len(labels):
            return labels[number]
        raise ValueError(
            f"label number {number} does not exist; the {len(labels)} labels are numbered from 0"
            f" ({labels[0]}) to {len(labels) - 1} ({labels[-1]})"
        )
    index = NAME_INDEX[labels]
    name = normalized(text)
    _refuse_doubt(text)
    if name in index:
        return index[name]
    hint = describe_known(text, labels)
    if not hint:
        close = dict.fromkeys(index[match] for match in difflib.get_close_matches(name, index))
        hint = f"did you mean {' or '.join(map(repr, close))}?" if close else ""
    raise ValueError(
        f"label name {text!r} does not exist among the {len(labels)} labels;"
        f" {hint or 'the first are ' + ', '.join(labels[:5]) + ', ...'}"
    )


def written_label(
    text: str, labels: tuple[str, ...], numbering: tuple[str, ...] | None = None
) -> str:
    """Return the label in `labels` that a name or number in a table means.

    A name is a label of `labels`, or a location that a label contains by definition.

    Parameters
    ----------
    text : str
        The name or number.
    labels : tuple of str
        The label set in use.
    numbering : tuple of str, optional
        The label set that the numbers of the table mean. By default, numbers are refused.

    Raises
    ------
    ValueError
        As in `canonical_label`.

    Examples
    --------
    >>> from sklearn_hpa.datasets import HPA_LABELS, HPA_LABELS_2021, HPA_LABELS_SITE
    >>> written_label("Peroxisomes", HPA_LABELS_2021)
    'Vesicles and punctate cytosolic patterns'
    >>> written_label("22", HPA_LABELS_SITE, HPA_LABELS)
    'Cell Junctions'
    """
    if is_number(text):
        if numbering is None:
            raise ValueError(
                f"label number {text} has another meaning in the set of 2018 than in the set of"
                " 2021; write names, or rename the column to Target (2018) or Label (2021)"
            )
        name = canonical_label(text, numbering)
        if labels is numbering:
            return name
    else:
        name = text
        _refuse_doubt(text)
    known = COUNTERPARTS[labels].get(normalized(name))
    return canonical_label(name, labels) if known is None else known


def _refuse_doubt(text: str) -> None:
    """Refuse a known name with a sign such as ``-`` or ``?``, which may mean that it is absent."""
    signs = doubtful_signs(text)
    if signs and any(normalized(text) in known for known in COUNTERPARTS.values()):
        raise ValueError(
            f"label name {text!r} has the sign {signs!r}, which may mean that the label is absent"
            " or uncertain; write the name alone if the image has the label, else remove it"
        )


def choose_label_set(
    choice: str | Sequence[str | int],
    numbering: tuple[str, ...] | None,
    names: Collection[str],
    in_header: bool,
) -> tuple[str, ...]:
    """Return the label set that a table is read in.

    Parameters
    ----------
    choice : str or sequence of str or int
        The parameter `labels` of `load_hpa`.
    numbering : tuple of str or None
        The label set that the header of the table names, or None.
    names : collection of str
        The names of labels in the table, without numbers.
    in_header : bool
        Whether `names` are names of columns. They then name the label set, as a header does.

    Returns
    -------
    tuple of str
        The set of the header. Without one, the first of 2018 and 2021 that has all names if they
        are in the header or only the labels that occur are wanted, then the site's in the second
        case, else the set of 2018. If `choice` lists labels that this set lacks and the site has,
        it is the site's set.
    """
    if isinstance(choice, str) and choice == "hpa":
        return HPA_LABELS_SITE
    labels = numbering or NUMBERINGS["2018"]
    if not isinstance(choice, str):
        wanted = [str(label).strip() for label in choice]
        if numbering and all(is_number(each) or _is_spelled(each, numbering) for each in wanted):
            return numbering
        sets = [] if numbering else list(NUMBERINGS.values())
        return next((each for each in [*sets, HPA_LABELS_SITE] if _has(each, wanted)), labels)
    if numbering or not (in_header or choice == "present"):
        return labels
    sets = [*NUMBERINGS.values(), *([HPA_LABELS_SITE] if choice == "present" else [])]
    return next((each for each in sets if _has(each, names)), labels)


def _is_spelled(name: str, labels: tuple[str, ...]) -> bool:
    return normalized(name) in NAME_INDEX[labels]


def _has(labels: tuple[str, ...], names: Iterable[str]) -> bool:
    """Tell whether a label set has all names or numbers. A name of the site is only the site's."""
    if labels is HPA_LABELS_SITE:
        return all(_is_spelled(name, labels) for name in names)
    return all(
        is_number(name) or (_is_spelled(name, labels) and normalized(name) not in SITE_ONLY)
        for name in names
    )


def describe_label_folders(paths: Iterable[str]) -> str:
    """Explain how images in folders with the names of labels get labels, or return "".

    Examples
    --------
    >>> describe_label_folders(["Cytosol/a", "Nucleoli/b"])  # doctest: +ELLIPSIS
    'Folders have the names of labels (Cytosol, Nucleoli), but ... such as Cytosol/a,Cytosol'
    >>> describe_label_folders(["plate1/a"])
    ''
    """
    folders: dict[str, str] = {}
    for path in paths:
        for folder in path.split("/")[:-1]:
            if any(normalized(folder) in known for known in COUNTERPARTS.values()):
                folders.setdefault(folder, path)
    if not folders:
        return ""
    folder, path = next(iter(folders.items()))
    return (
        f"Folders have the names of labels ({first_dozen(map(printable, folders))}), but labels are"
        " read from a csv: write one with the columns Id,Location and a row for each image, such as"
        f" {printable(path)},{printable(folder)}"
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
        label; if a name is a location that only the HPA site has; or if the names are numbers,
        which could be column numbers.

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
    if of_site := [text for text in texts if normalized(text) in SITE_ONLY]:
        raise ValueError(
            f"labels of the HPA site have no numbers: {first_dozen(of_site)}; only the"
            f" {len(NUMBERINGS['2018'])} labels of 2018 and the {len(NUMBERINGS['2021'])} of 2021"
            " have. Write label names instead of numbers"
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
