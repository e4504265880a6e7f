"""Tests of the one table of names: 2018, 2021, the Human Protein Atlas site and SubCell."""

import pytest

from sklearn_hpa._labels.names import HPA_LABELS, HPA_LABELS_2021, HPA_LABELS_SITE, normalized
from sklearn_hpa._labels.vocabulary import COUNTERPARTS, MEANINGS, SITE_ONLY, describe_known

#: The classes of the published SubCell models, in their order.
SUBCELL = (
    "Actin filaments, Aggresome, Cell Junctions, Centriolar satellite, Centrosome, Cytokinetic"
    " bridge, Cytoplasmic bodies, Cytosol, Endoplasmic reticulum, Endosomes, Focal adhesion sites,"
    " Golgi apparatus, Intermediate filaments, Lipid droplets, Lysosomes, Microtubules, Midbody,"
    " Mitochondria, Mitotic chromosome, Mitotic spindle, Nuclear bodies, Nuclear membrane, Nuclear"
    " speckles, Nucleoli, Nucleoli fibrillar center, Nucleoli rim, Nucleoplasm, Peroxisomes, Plasma"
    " membrane, Vesicles, Negative"
).split(", ")
VESICLES = "Vesicles and punctate cytosolic patterns"


@pytest.mark.parametrize(
    "column, labels", [(1, HPA_LABELS), (2, HPA_LABELS_2021), (3, HPA_LABELS_SITE)]
)
def test_the_table_has_exactly_the_names_of_each_label_set(column, labels):
    own = {normalized(meaning.name) for meaning in MEANINGS if meaning[column] == "="}
    assert own == set(map(normalized, labels))
    assert {meaning[column] for meaning in MEANINGS} - {"", "="} <= set(labels)


def test_the_site_has_35_locations_of_which_8_have_no_number():
    assert len(HPA_LABELS_SITE) == len(set(HPA_LABELS_SITE)) == 35
    assert list(HPA_LABELS_SITE) == sorted(HPA_LABELS_SITE)
    assert len(SITE_ONLY) == 8
    assert set(map(normalized, HPA_LABELS_SITE)) - SITE_ONLY == (
        set(map(normalized, HPA_LABELS)) - {"microtubule organizing center"}
    )


def test_every_class_of_subcell_except_negative_is_a_location_of_the_site():
    assert len(SUBCELL) == 31
    lacking = [name for name in SUBCELL if normalized(name) not in COUNTERPARTS[HPA_LABELS_SITE]]
    assert lacking == ["Negative"]


@pytest.mark.parametrize(
    "name, label",
    [
        ("Vesicles", VESICLES),
        ("Peroxisomes", VESICLES),
        ("Endosomes", VESICLES),
        ("Lysosomes", VESICLES),
        ("Lipid droplets", VESICLES),
        ("Cytoplasmic bodies", VESICLES),
        ("Focal adhesion sites", "Actin filaments"),
        ("Centriolar satellite", "Centrosome"),
        ("Cell Junctions", "Plasma membrane"),
        ("No staining", "Negative"),
    ],
)
def test_the_labels_of_2021_contain_the_locations_that_their_authors_published(name, label):
    assert COUNTERPARTS[HPA_LABELS_2021][normalized(name)] == label


def test_labels_of_2018_and_of_the_site_mean_only_themselves():
    for labels in (HPA_LABELS, HPA_LABELS_SITE):
        own = {normalized(label): label for label in labels}
        for meaning in MEANINGS:
            spelling = normalized(meaning.name)
            assert COUNTERPARTS[labels].get(spelling) == own.get(spelling)


@pytest.mark.parametrize(
    "name, labels, expected",
    [
        ("Vesicles", HPA_LABELS, "it is a location of the HPA site, read by labels='hpa'"),
        ("Nucleoli (Rim)", HPA_LABELS_2021, "it is a location of the HPA site, read by labels='hp"),
        ("Negative", HPA_LABELS_SITE, "it is a label of 2021"),
        ("MTOC", HPA_LABELS_SITE, "it is a label of 2018"),
        ("No staining", HPA_LABELS, "it is the label Negative of 2021"),
        ("Primary cilium", HPA_LABELS_SITE, "it is a location of cilia or sperm on the HPA site"),
        ("Cytosole", HPA_LABELS, ""),
    ],
)
def test_a_name_of_another_vocabulary_is_described(name, labels, expected):
    described = describe_known(name, labels)
    assert described.startswith(expected) and bool(described) is bool(expected)
