"""Numbers and names of the subcellular locations in the 2018 and 2021 sets."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from .._common.messages import first_dozen

#: The 28 labels of the 2018 set (Human Protein Atlas Image Classification), by number.
HPA_LABELS = (
    "Nucleoplasm",
    "Nuclear membrane",
    "Nucleoli",
    "Nucleoli fibrillar center",
    "Nuclear speckles",
    "Nuclear bodies",
    "Endoplasmic reticulum",
    "Golgi apparatus",
    "Peroxisomes",
    "Endosomes",
    "Lysosomes",
    "Intermediate filaments",
    "Actin filaments",
    "Focal adhesion sites",
    "Microtubules",
    "Microtubule ends",
    "Cytokinetic bridge",
    "Mitotic spindle",
    "Microtubule organizing center",
    "Centrosome",
    "Lipid droplets",
    "Plasma membrane",
    "Cell junctions",
    "Mitochondria",
    "Aggresome",
    "Cytosol",
    "Cytoplasmic bodies",
    "Rods & rings",
)

#: The 19 labels of the 2021 set (Human Protein Atlas Single Cell Classification), by number.
HPA_LABELS_2021 = (
    "Nucleoplasm",
    "Nuclear membrane",
    "Nucleoli",
    "Nucleoli fibrillar center",
    "Nuclear speckles",
    "Nuclear bodies",
    "Endoplasmic reticulum",
    "Golgi apparatus",
    "Intermediate filaments",
    "Actin filaments",
    "Microtubules",
    "Mitotic spindle",
    "Centrosome",
    "Plasma membrane",
    "Mitochondria",
    "Aggresome",
    "Cytosol",
    "Vesicles and punctate cytosolic patterns",
    "Negative",
)

_ALIASES = MappingProxyType(
    {
        "nucleoli fibrillar centre": "Nucleoli fibrillar center",
        "nucleoli fibrillar centers": "Nucleoli fibrillar center",
        "er": "Endoplasmic reticulum",
        "golgi": "Golgi apparatus",
        "peroxisome": "Peroxisomes",
        "endosome": "Endosomes",
        "lysosome": "Lysosomes",
        "focal adhesions": "Focal adhesion sites",
        "microtubule organising center": "Microtubule organizing center",
        "microtubule organizing centre": "Microtubule organizing center",
        "microtubule organising centre": "Microtubule organizing center",
        "mtoc": "Microtubule organizing center",
        "centrosomes": "Centrosome",
        "lipid droplet": "Lipid droplets",
        "mitochondrion": "Mitochondria",
        "aggresomes": "Aggresome",
        "rods rings": "Rods & rings",
        "vesicles": "Vesicles and punctate cytosolic patterns",
    }
)


def _normalized(name: str) -> str:
    """Return the lower-case words of a name: 'Rods & Rings' and 'rods_and-rings' are the same."""
    return " ".join(re.findall(r"[^\W_]+", name.lower().replace("&", " and ")))


def _name_index(labels: Sequence[str]) -> Mapping[str, str]:
    index = {alias: name for alias, name in _ALIASES.items() if name in labels}
    index.update((_normalized(name), name) for name in labels)
    return MappingProxyType(index)


_NUMBERINGS = MappingProxyType({"2018": HPA_LABELS, "2021": HPA_LABELS_2021})
_NAME_INDEX = {labels: _name_index(labels) for labels in _NUMBERINGS.values()}


def is_number(text: str) -> bool:
    """Tell whether a label is a number, also as a spreadsheet writes it: '8' or '8.0'."""
    return re.fullmatch(r"[+-]?[0-9]+(\.0*)?", text) is not None


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
    index = _NAME_INDEX[labels]
    name = _normalized(text)
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
    if numbering is not None and numbering not in _NUMBERINGS:
        raise ValueError(f"Invalid numbering={numbering!r}. Valid values are '2018' and '2021'.")
    texts = [str(name) for name in names]
    if digits := [text for text in texts if is_number(text.strip())]:
        raise ValueError(
            f"numbers instead of label names: {first_dozen(digits)}; fit on a DataFrame whose"
            " columns are label names, and save that model"
        )
    errors = []
    for year in _NUMBERINGS if numbering is None else [numbering]:
        labels = _NUMBERINGS[year]
        try:
            numbers = [labels.index(canonical_label(name, labels)) for name in texts]
        except ValueError as error:
            errors.append(f"not the label names of {year} ({error})")
            continue
        if len(set(numbers)) < len(numbers):
            raise ValueError(f"a label is named twice: {first_dozen(texts)}")
        return numbers, labels
    raise ValueError("; ".join(errors))
