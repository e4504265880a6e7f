"""Names and numbers of the subcellular locations in the three label sets, and their aliases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

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

#: The 35 subcellular locations of the Human Protein Atlas site (version 23) in alphabetical order.
#: They have no numbers.
HPA_LABELS_SITE = (
    "Actin filaments",
    "Aggresome",
    "Cell Junctions",
    "Centriolar satellite",
    "Centrosome",
    "Cleavage furrow",
    "Cytokinetic bridge",
    "Cytoplasmic bodies",
    "Cytosol",
    "Endoplasmic reticulum",
    "Endosomes",
    "Focal adhesion sites",
    "Golgi apparatus",
    "Intermediate filaments",
    "Kinetochore",
    "Lipid droplets",
    "Lysosomes",
    "Microtubule ends",
    "Microtubules",
    "Midbody",
    "Midbody ring",
    "Mitochondria",
    "Mitotic chromosome",
    "Mitotic spindle",
    "Nuclear bodies",
    "Nuclear membrane",
    "Nuclear speckles",
    "Nucleoli",
    "Nucleoli fibrillar center",
    "Nucleoli rim",
    "Nucleoplasm",
    "Peroxisomes",
    "Plasma membrane",
    "Rods & Rings",
    "Vesicles",
)

#: Other spellings of names, after `normalized`.
ALIASES = MappingProxyType(
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
        "nucleolus": "Nucleoli",
        "nuclear speckle": "Nuclear speckles",
        "nuclear body": "Nuclear bodies",
        "focal adhesion site": "Focal adhesion sites",
        "cell junction": "Cell junctions",
        "vesicle": "Vesicles",
    }
)


def normalized(name: str) -> str:
    """Return the lower-case words of a name: 'Rods & Rings' and 'rods_and-rings' are the same."""
    return " ".join(re.findall(r"[^\W_]+", name.lower().replace("&", " and ")))


#: Signs that a spelling of a name may have; others may deny the label or doubt it.
_DASH = re.compile(r"(?<=\w)\s*[-\u2010\u2011\u2013]\s*(?=\w)")
_OTHER_SIGNS = re.compile(r"[^\w\s&'\"().,:;/\\+|\[\]{}]")


def doubtful_signs(name: str) -> str:
    """Return the signs in a name that may deny the label or doubt it, or "".

    Examples
    --------
    >>> doubtful_signs("Nucleoli (-)"), doubtful_signs("rods-and-rings")
    ('-', '')
    """
    return "".join(dict.fromkeys(_OTHER_SIGNS.findall(_DASH.sub(" ", name))))


def _name_index(labels: Sequence[str]) -> Mapping[str, str]:
    index = {normalized(name): name for name in labels}
    aliases = {alias: normalized(name) for alias, name in ALIASES.items()}
    index |= {alias: index[name] for alias, name in aliases.items() if name in index}
    if labels is HPA_LABELS_2021:
        index |= dict.fromkeys(("vesicles", "vesicle"), "Vesicles and punctate cytosolic patterns")
    return MappingProxyType(index)


#: The labels of each numbering.
NUMBERINGS = MappingProxyType({"2018": HPA_LABELS, "2021": HPA_LABELS_2021})
#: For each label set, the label of each accepted spelling of its name, after `normalized`.
NAME_INDEX = {labels: _name_index(labels) for labels in (*NUMBERINGS.values(), HPA_LABELS_SITE)}


def is_number(text: str) -> bool:
    """Tell whether a label is a number, also as a spreadsheet writes it: '8' or '8.0'."""
    return re.fullmatch(r"[+-]?[0-9]+(\.0*)?", text) is not None
