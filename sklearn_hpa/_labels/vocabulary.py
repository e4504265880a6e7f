"""The names of subcellular locations in all vocabularies, and the label that each name means.

The vocabularies are the 28 labels of 2018, the 19 labels of 2021, and the locations of the Human
Protein Atlas site, which the 31 classes of SubCell are a part of, except Negative.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from .names import (
    ALIASES,
    HPA_LABELS,
    HPA_LABELS_2021,
    HPA_LABELS_SITE,
    NAME_INDEX,
    normalized,
)

_VESICLES = "Vesicles and punctate cytosolic patterns"


class Meaning(NamedTuple):
    """The label that a name means in each label set: ``"="`` for the same name, ``""`` for none."""

    name: str
    in_2018: str
    in_2021: str
    on_site: str


#: Every known name. A label of another name is a coarser label that contains the location by
#: definition: the organisers of 2021 published the locations of the site that each of their labels
#: contains. The set of 2018 has no such definition, so its labels are only names of their own.
MEANINGS = tuple(
    Meaning(*row)
    for row in (
        ("Nucleoplasm", "=", "=", "="),
        ("Nuclear membrane", "=", "=", "="),
        ("Nucleoli", "=", "=", "="),
        ("Nucleoli fibrillar center", "=", "=", "="),
        ("Nucleoli rim", "", "", "="),
        ("Nuclear speckles", "=", "=", "="),
        ("Nuclear bodies", "=", "=", "="),
        ("Kinetochore", "", "", "="),
        ("Mitotic chromosome", "", "", "="),
        ("Endoplasmic reticulum", "=", "=", "="),
        ("Golgi apparatus", "=", "=", "="),
        ("Vesicles", "", _VESICLES, "="),
        ("Peroxisomes", "=", _VESICLES, "="),
        ("Endosomes", "=", _VESICLES, "="),
        ("Lysosomes", "=", _VESICLES, "="),
        ("Lipid droplets", "=", _VESICLES, "="),
        ("Cytoplasmic bodies", "=", _VESICLES, "="),
        (_VESICLES, "", "=", ""),
        ("Intermediate filaments", "=", "=", "="),
        ("Actin filaments", "=", "=", "="),
        ("Focal adhesion sites", "=", "Actin filaments", "="),
        ("Cleavage furrow", "", "", "="),
        ("Microtubules", "=", "=", "="),
        ("Microtubule ends", "=", "", "="),
        ("Cytokinetic bridge", "=", "", "="),
        ("Midbody", "", "", "="),
        ("Midbody ring", "", "", "="),
        ("Mitotic spindle", "=", "=", "="),
        ("Microtubule organizing center", "=", "", ""),
        ("Centrosome", "=", "=", "="),
        ("Centriolar satellite", "", "Centrosome", "="),
        ("Plasma membrane", "=", "=", "="),
        ("Cell junctions", "=", "Plasma membrane", "="),
        ("Mitochondria", "=", "=", "="),
        ("Aggresome", "=", "=", "="),
        ("Cytosol", "=", "=", "="),
        ("Rods & rings", "=", "", "="),
        ("Negative", "", "=", ""),
        ("No staining", "", "Negative", ""),
        # The site has these locations of cilia and sperm in addition to its 35.
        ("Primary cilium", "", "", ""),
        ("Primary cilium tip", "", "", ""),
        ("Primary cilium transition zone", "", "", ""),
        ("Basal body", "", "", ""),
        ("Acrosome", "", "", ""),
        ("Equatorial segment", "", "", ""),
        ("Perinuclear theca", "", "", ""),
        ("Calyx", "", "", ""),
        ("Connecting piece", "", "", ""),
        ("Flagellar centriole", "", "", ""),
        ("Mid piece", "", "", ""),
        ("Annulus", "", "", ""),
        ("Principal piece", "", "", ""),
        ("End piece", "", "", ""),
    )
)

_BY_SPELLING = {normalized(meaning.name): meaning for meaning in MEANINGS}
_BY_SPELLING |= {alias: _BY_SPELLING[normalized(name)] for alias, name in ALIASES.items()}
_SETS = (HPA_LABELS, HPA_LABELS_2021, HPA_LABELS_SITE)
_WHERE = ("a label of 2018", "a label of 2021", "a location of the HPA site")


def _counterparts(column: int, labels: tuple[str, ...]) -> Mapping[str, str]:
    found = {
        spelling: meaning[column + 1]
        for spelling, meaning in _BY_SPELLING.items()
        if meaning[column + 1] not in ("", "=")
    }
    return MappingProxyType(found | dict(NAME_INDEX[labels]))


#: For each label set, the label that each known spelling means, after `normalized`.
COUNTERPARTS = {labels: _counterparts(column, labels) for column, labels in enumerate(_SETS)}

_NUMBERED = {normalized(name) for labels in (HPA_LABELS, HPA_LABELS_2021) for name in labels}
#: Names that only the site has, after `normalized`.
SITE_ONLY = frozenset(map(normalized, HPA_LABELS_SITE)) - _NUMBERED


def describe_known(name: str, labels: tuple[str, ...]) -> str:
    """Describe a name that a label set lacks, if another vocabulary has it, else return "".

    Examples
    --------
    >>> describe_known("Nucleoli (rim)", HPA_LABELS)
    "it is a location of the HPA site, read by labels='hpa'"
    >>> describe_known("Negative", HPA_LABELS)
    'it is a label of 2021'
    >>> describe_known("Nukleoli", HPA_LABELS)
    ''
    """
    meaning = _BY_SPELLING.get(normalized(name))
    if meaning is None:
        return ""
    for label_set, where, label in reversed(list(zip(_SETS, _WHERE, meaning[1:], strict=True))):
        if label == "=" and label_set != labels:
            remedy = ", read by labels='hpa'" if label_set is HPA_LABELS_SITE else ""
            return f"it is {where}{remedy}"
    if meaning.name == "No staining":
        return "it is the label Negative of 2021"
    return "it is a location of cilia or sperm on the HPA site, which no label set here has"
