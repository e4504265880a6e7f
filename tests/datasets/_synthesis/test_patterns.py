"""Tests of the location and structure of each synthetic pattern."""

import numpy as np
import pytest
from scipy import ndimage

from sklearn_hpa.datasets import HPA_LABELS
from sklearn_hpa.datasets._synthesis.patterns import PATTERNS
from sklearn_hpa.datasets._synthetic import stage_cells

from .canvas import mean_where
from .conftest import N_SCENES


def spots(canvas, threshold=0.4):
    """Count separate bright spots."""
    return ndimage.label(canvas > threshold)[1]


def test_there_is_a_pattern_for_every_label():
    assert set(PATTERNS) == set(HPA_LABELS)


@pytest.mark.slow
@pytest.mark.parametrize("label", HPA_LABELS)
def test_protein_is_finite_bright_somewhere_and_absent_between_cells(label, scenes):
    for anatomy, stains in scenes(label):
        protein = stains["green"]
        assert np.isfinite(protein).all()
        assert 0.4 < protein.max() < 3
        if label != "Cytokinetic bridge":
            between = anatomy.field.depth < -6 * anatomy.field.unit
            assert not between.any() or mean_where(protein, between) < 0.02


@pytest.mark.parametrize(
    "label",
    [
        *("Nucleoplasm", "Nuclear membrane", "Nucleoli", "Nucleoli fibrillar center"),
        *("Nuclear speckles", "Nuclear bodies"),
    ],
)
def test_nuclear_patterns_are_in_the_nucleus(label, scenes):
    for anatomy, stains in scenes(label):
        nuclear = anatomy.field.nuclear_depth > -3
        assert mean_where(stains["green"], nuclear) > 5 * mean_where(stains["green"], ~nuclear)


@pytest.mark.parametrize(
    "label",
    [
        *("Endoplasmic reticulum", "Golgi apparatus", "Peroxisomes", "Endosomes", "Lysosomes"),
        *("Intermediate filaments", "Focal adhesion sites", "Microtubules", "Microtubule ends"),
        *("Lipid droplets", "Mitochondria", "Aggresome", "Cytosol", "Cytoplasmic bodies"),
        *("Rods & rings", "Plasma membrane", "Cell junctions"),
    ],
)
def test_other_patterns_are_in_the_cell_but_not_in_the_nucleus(label, scenes):
    for anatomy, stains in scenes(label):
        field = anatomy.field
        cytoplasm = (field.depth > -2) & (field.nuclear_depth < -1)
        nucleus = field.nuclear_depth > 4
        assert mean_where(stains["green"], cytoplasm) > 1.5 * mean_where(stains["green"], nucleus)


def test_nucleoplasm_spares_the_nucleoli(scenes):
    for anatomy, stains in scenes("Nucleoplasm"):
        hole = anatomy.nucleoli > 0.9
        plasm = (anatomy.field.nuclear_depth > 3) & (anatomy.nucleoli < 0.1)
        assert mean_where(stains["green"], plasm) > 3 * mean_where(stains["green"], hole)


def test_nuclear_membrane_is_a_rim(scenes):
    for anatomy, stains in scenes("Nuclear membrane"):
        depth = anatomy.field.nuclear_depth
        rim = mean_where(stains["green"], np.abs(depth) < 1)
        assert rim > 3 * mean_where(stains["green"], depth > 6)
        assert rim > 8 * mean_where(stains["green"], depth < -6)


def test_nucleoli_are_bright_where_blue_is_dim(scenes):
    for anatomy, stains in scenes("Nucleoli"):
        inside = anatomy.field.nuclear_depth > 4
        assert np.corrcoef(stains["green"][inside], stains["blue"][inside])[0, 1] < -0.4


def test_fibrillar_centers_are_specks_within_nucleoli(scenes):
    for anatomy, stains in scenes("Nucleoli fibrillar center"):
        bright = stains["green"] > 0.5
        assert mean_where(anatomy.nucleoli, bright) > 0.6
        assert bright.sum() < 0.7 * (anatomy.nucleoli > 0.5).sum()


def test_speckles_are_many_and_spare_the_nucleoli_while_bodies_are_few(scenes):
    for anatomy, stains in scenes("Nuclear speckles"):
        inside = anatomy.field.nuclear_depth > 2
        share = (stains["green"][inside] > 0.4).mean()
        assert 0.1 < share < 0.7
        assert mean_where(stains["green"], anatomy.nucleoli > 0.9) < 0.2
    for anatomy, stains in scenes("Nuclear bodies"):
        inside = anatomy.field.nuclear_depth > 2
        assert 0.005 < (stains["green"][inside] > 0.4).mean() < 0.12


def test_reticulum_follows_yellow_and_microtubules_follow_red(scenes):
    for label, channel in (("Endoplasmic reticulum", "yellow"), ("Microtubules", "red")):
        for _, stains in scenes(label):
            assert np.corrcoef(stains["green"].ravel(), stains[channel].ravel())[0, 1] > 0.9


@pytest.mark.parametrize("label", ["Golgi apparatus", "Lysosomes", "Aggresome"])
def test_juxtanuclear_patterns_lie_near_the_nucleus_on_one_side(label, scenes):
    for anatomy, stains in scenes(label):
        field = anatomy.field
        x, y = anatomy.organizer
        grid_y, grid_x = np.mgrid[:256, :256]
        cell = field.owner
        side_x, side_y = x[cell] - field.cells.x[cell], y[cell] - field.cells.y[cell]
        facing = side_x * (grid_x - field.cells.x[cell]) + side_y * (grid_y - field.cells.y[cell])
        weight = np.where(stains["green"] > 0.35, stains["green"], 0)
        assert weight[facing > 0].sum() > 2 * weight[facing < 0].sum()
        assert np.average(field.station, weights=weight) < 0.6


def test_centrosome_and_organizing_center_lie_where_microtubules_start(scenes):
    for label in ("Centrosome", "Microtubule organizing center"):
        for anatomy, stains in scenes(label):
            x, y = anatomy.organizer
            seen = (x > 8) & (x < 248) & (y > 8) & (y < 248)
            grid_y, grid_x = np.mgrid[:256, :256]
            distance = np.hypot(grid_x[..., None] - x, grid_y[..., None] - y).min(-1)
            near = distance < 7 * anatomy.field.unit
            assert stains["green"][distance > 25 * anatomy.field.unit].max() < 0.3
            assert not seen.any() or stains["green"][near].max() > 0.5


def test_organizing_center_is_broader_than_centrosome(scenes):
    areas = {
        label: np.mean([(stains["green"] > 0.25).sum() for _, stains in scenes(label)])
        for label in ("Centrosome", "Microtubule organizing center")
    }
    assert areas["Microtubule organizing center"] > 2 * areas["Centrosome"]


def test_plasma_membrane_is_a_line_at_the_border_of_the_cell(scenes):
    for anatomy, stains in scenes("Plasma membrane"):
        depth = anatomy.field.depth
        border = mean_where(stains["green"], np.abs(depth) < 1.5)
        assert border > 3 * mean_where(stains["green"], depth > 12)
        assert border > 10 * mean_where(stains["green"], depth < -8)


def test_cell_junctions_are_borders_with_a_neighbour_only(scenes):
    for anatomy, stains in scenes("Cell junctions"):
        field = anatomy.field
        border = np.abs(field.depth) < 1
        deep_contact = ndimage.binary_erosion(field.contact, iterations=3)
        deep_free = ndimage.binary_erosion(~field.contact, iterations=3)
        shared = mean_where(stains["green"], border & deep_contact)
        assert shared > 0.3
        if (border & deep_free).any():
            assert shared > 4 * mean_where(stains["green"], border & deep_free)


def test_focal_adhesions_lie_near_the_border_and_intermediate_filaments_do_not(scenes):
    def station(label):
        weights = [np.where(s["green"] > 0.3, s["green"], 0) for _, s in scenes(label)]
        fields = [anatomy.field.station for anatomy, _ in scenes(label)]
        return np.average(np.stack(fields), weights=np.stack(weights))

    assert station("Focal adhesion sites") > 0.65
    assert station("Intermediate filaments") < 0.5


def test_actin_filaments_run_straight_across_nuclei(scenes):
    for anatomy, stains in scenes("Actin filaments"):
        nucleus = anatomy.field.nuclear_depth > 3
        values = stains["green"][nucleus]
        assert np.quantile(values, 0.9) > 0.2
        assert np.quantile(values, 0.9) > 4 * np.quantile(values, 0.25)


def test_cytokinetic_bridge_joins_two_daughters_outside_their_nuclei(scenes):
    for anatomy, stains in scenes("Cytokinetic bridge"):
        cells = anatomy.field.cells
        one, two = cells.bridges[0]
        x, y = (cells.x[one] + cells.x[two]) / 2, (cells.y[one] + cells.y[two]) / 2
        around = stains["green"][int(y) - 5 : int(y) + 6, int(x) - 5 : int(x) + 6]
        assert around.max() > 0.5
        assert spots(stains["green"]) == 1
        assert stains["green"][anatomy.field.nuclear_depth > 3].max() < 0.3


def test_mitotic_spindle_stretches_across_the_metaphase_plate(scenes):
    for anatomy, stains in scenes("Mitotic spindle"):
        field = anatomy.field
        mitotic = field.per_cell(field.cells.mitotic) > 0
        assert mean_where(stains["green"], mitotic & (stains["green"] > 0.3)) > 0.3
        assert stains["green"][~mitotic].max() < 0.3
        for cell in np.flatnonzero(field.cells.mitotic):
            plate = (field.owner == cell) & (field.nuclear_depth > 0)
            assert mean_where(stains["blue"], plate) > 0.8
            assert mean_where(stains["green"], plate) > 0.2


def test_peroxisomes_are_many_small_spots_and_cytoplasmic_bodies_few_large_ones(scenes):
    def n_and_area(label):
        bright = [stains["green"] > 0.35 for _, stains in scenes(label)]
        n = sum(ndimage.label(b)[1] for b in bright)
        return n, sum(b.sum() for b in bright) / n

    n_peroxisomes, peroxisome_area = n_and_area("Peroxisomes")
    n_bodies, body_area = n_and_area("Cytoplasmic bodies")
    assert n_peroxisomes > 3 * n_bodies
    assert body_area > 1.5 * peroxisome_area


@pytest.mark.parametrize("label", ["Lipid droplets", "Rods & rings"])
def test_hollow_patterns_enclose_dim_holes(label, scenes):
    n_holes = 0
    for _, stains in scenes(label):
        bright = stains["green"] > 0.3
        holes = ndimage.binary_fill_holes(bright) & ~bright
        n_holes += ndimage.label(holes)[1]
    assert n_holes >= 2 * N_SCENES


def test_patterns_of_several_labels_are_mixed():
    rng = np.random.default_rng(0)
    anatomy, stains = stage_cells(rng, (256, 256), ["Nucleoli", "Plasma membrane"], 5, 5)
    assert mean_where(stains["green"], anatomy.nucleoli > 0.9) > 0.3
    assert mean_where(stains["green"], np.abs(anatomy.field.depth) < 1) > 0.25


def test_every_label_shows_in_a_field_with_a_spindle():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        anatomy, stains = stage_cells(rng, (128, 128), ["Mitotic spindle", "Nucleoli"], 1, 1)
        assert stains["green"][anatomy.nucleoli > 0.8].max() > 0.3
