"""make_hpa_images: what it returns, which labels it draws, and where each pattern lies."""

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage

from sklearn_hpa.datasets import make_hpa_images
from sklearn_hpa.datasets._labels import HPA_LABELS
from sklearn_hpa.datasets._synthesis.patterns import PATTERNS
from sklearn_hpa.datasets._synthesis.strokes import filaments, smooth_noise
from sklearn_hpa.datasets._synthetic import (
    LABEL_COUNTS,
    LABELS_PER_IMAGE_COUNTS,
    _inclusion_probabilities,
    _sample_labels,
    stage_cells,
)

N_SCENES = 4


@pytest.fixture(scope="module")
def scenes():
    """For a label, several (field, protein) before the camera, without mitotic passers-by."""
    drawn = {}

    def scenes_of(label):
        if label not in drawn:
            drawn[label] = []
            seed = 0
            while len(drawn[label]) < N_SCENES:
                rng = np.random.default_rng(seed)
                anatomy, stains = stage_cells(rng, (256, 256), [label], 4, 5)
                seed += 1
                if label == "Mitotic spindle" or not anatomy.field.cells.mitotic.any():
                    drawn[label].append((anatomy, stains))
        return drawn[label]

    return scenes_of


def mean_where(canvas, mask):
    return float(canvas[mask].mean())


def spots(canvas, threshold=0.4):
    """How many separate bright spots."""
    return ndimage.label(canvas > threshold)[1]


# ---- what is returned -------------------------------------------------------------------------


@pytest.mark.parametrize("size, shape", [(48, (48, 48)), ((40, 56), (40, 56))])
def test_images_are_uint8_with_four_channels_of_the_given_size(size, shape):
    images, _ = make_hpa_images(3, size=size, random_state=0)
    assert images.shape == (3, *shape, 4)
    assert images.dtype == np.uint8


def test_target_is_a_0_1_frame_with_label_names_and_ids():
    _, y = make_hpa_images(3, size=32, random_state=0)
    assert list(y.columns) == list(HPA_LABELS)
    assert list(y.index) == ["synthetic00000", "synthetic00001", "synthetic00002"]
    assert y.index.name == "Id"
    assert (y.dtypes == np.int64).all()
    assert np.isin(y.to_numpy(), [0, 1]).all()


def test_n_labels_keeps_the_most_frequent_labels_in_order_of_number():
    _, y = make_hpa_images(3, n_labels=5, size=32, random_state=0)
    expected = ["Nucleoplasm", "Nucleoli", "Plasma membrane", "Mitochondria", "Cytosol"]
    assert list(y.columns) == expected


def test_label_counts_are_those_of_the_real_table(hpa_data):
    counts = pd.read_csv(hpa_data / "hpa-labels" / "labels.csv").set_index("name")["images"]
    assert list(counts[list(HPA_LABELS)]) == list(LABEL_COUNTS)
    targets = pd.read_csv(hpa_data / "hpa-labels" / "train.csv")["Target"].str.split()
    assert tuple(targets.str.len().value_counts().sort_index()) == LABELS_PER_IMAGE_COUNTS


@pytest.mark.parametrize("size", [32, 33, (32, 150), 700])
def test_every_size_has_signal_in_every_channel(size):
    images, _ = make_hpa_images(4, size=size, random_state=3)
    assert (images.max(axis=(0, 1, 2)) > 60).all()


def test_some_images_are_dark_and_most_are_not():
    images, _ = make_hpa_images(120, size=32, random_state=0)
    brightest_blue = np.quantile(images[..., 2], 0.97, axis=(1, 2))
    assert 0.02 < (brightest_blue < 50).mean() < 0.3


@pytest.mark.parametrize("n_cells", [1, 12])
def test_n_cells_gives_that_many_nuclei(n_cells):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        anatomy, _ = stage_cells(rng, (256, 256), ["Cytosol"], n_cells, n_cells)
        assert len(anatomy.field.cells) == n_cells


def test_single_cell_field_still_shows_what_needs_two():
    images, y = make_hpa_images(28, size=64, n_cells=1, random_state=0)
    assert y["Cytokinetic bridge"].sum() >= 1
    assert images[..., 1].reshape(28, -1).max(axis=1).min() > 10


# ---- reproducibility --------------------------------------------------------------------------


def test_same_seed_gives_the_same_images():
    one = make_hpa_images(5, size=48, random_state=7)
    two = make_hpa_images(5, size=48, random_state=7)
    np.testing.assert_array_equal(one[0], two[0])
    pd.testing.assert_frame_equal(one[1], two[1])


def test_different_seeds_give_different_images():
    one, _ = make_hpa_images(2, size=48, random_state=7)
    two, _ = make_hpa_images(2, size=48, random_state=8)
    assert (one != two).any(axis=(1, 2, 3)).all()


def test_images_of_one_set_all_differ():
    images, _ = make_hpa_images(12, n_labels=1, size=32, random_state=0)
    assert len(np.unique(images.reshape(12, -1), axis=0)) == 12


@pytest.mark.parametrize("frequencies", ["uniform", "hpa"])
def test_first_images_do_not_depend_on_n_samples(frequencies):
    few = make_hpa_images(6, size=32, frequencies=frequencies, random_state=1)
    many = make_hpa_images(40, size=32, frequencies=frequencies, random_state=1)
    np.testing.assert_array_equal(few[0], many[0][:6])
    pd.testing.assert_frame_equal(few[1], many[1].iloc[:6])


def test_random_state_instance_is_advanced_by_each_call():
    state = np.random.RandomState(0)
    one, _ = make_hpa_images(1, size=32, random_state=state)
    two, _ = make_hpa_images(1, size=32, random_state=state)
    again, _ = make_hpa_images(1, size=32, random_state=np.random.RandomState(0))
    assert (one != two).any()
    np.testing.assert_array_equal(one, again)


def test_none_neither_reads_nor_changes_the_global_state():
    np.random.seed(0)
    before = np.random.get_state()
    one, _ = make_hpa_images(1, size=32)
    after = np.random.get_state()
    np.random.seed(0)
    two, _ = make_hpa_images(1, size=32)
    assert (one != two).any()
    np.testing.assert_array_equal(before[1], after[1])
    assert before[2:] == after[2:]


# ---- label frequencies ------------------------------------------------------------------------


@pytest.mark.parametrize("n_samples, n_labels", [(28, 28), (7, 7), (101, 28), (50, 3), (9, 2)])
@pytest.mark.parametrize("seed", [0, 1])
def test_uniform_labels_occur_equally_often_to_within_one(n_samples, n_labels, seed):
    _, y = make_hpa_images(n_samples, n_labels, size=32, n_cells=1, random_state=seed)
    counts = y.sum()
    assert counts.min() >= 1
    assert counts.max() - counts.min() <= 1 or counts.min() == n_samples


@pytest.mark.parametrize("frequencies", ["uniform", "hpa"])
@pytest.mark.parametrize("n_labels", [1, 2, 28])
def test_every_image_has_one_to_five_labels(frequencies, n_labels):
    _, y = make_hpa_images(
        60, n_labels, size=32, n_cells=1, frequencies=frequencies, random_state=0
    )
    n_each = y.sum(axis=1)
    assert n_each.min() >= 1
    assert n_each.max() <= min(5, n_labels)


def hpa_label_sets(n_samples):
    target = np.zeros((n_samples, len(LABEL_COUNTS)), int)
    draws = _sample_labels(0, np.array(LABEL_COUNTS))
    for row, columns in zip(target, draws, strict=False):
        row[columns] = 1
    return target


def test_hpa_labels_follow_the_real_counts():
    n_samples = 3000
    counts = hpa_label_sets(n_samples).sum(0)
    expected = np.array(LABEL_COUNTS) * n_samples / sum(LABELS_PER_IMAGE_COUNTS)
    assert (np.abs(counts - expected) <= 4 * np.sqrt(expected) + 2).all()


def test_hpa_numbers_of_labels_follow_the_real_ones():
    n_samples = 3000
    counts = np.bincount(hpa_label_sets(n_samples).sum(1), minlength=6)[1:]
    expected = np.array(LABELS_PER_IMAGE_COUNTS) * n_samples / sum(LABELS_PER_IMAGE_COUNTS)
    assert (np.abs(counts - expected) <= 4 * np.sqrt(expected) + 2).all()


@pytest.mark.parametrize("n_drawn", [1, 2, 3, 4])
def test_inclusion_probabilities_add_up_and_stay_below_one(n_drawn):
    chances = _inclusion_probabilities(np.array([100, 50, 3, 2, 1]), n_drawn)
    assert chances.sum() == pytest.approx(n_drawn)
    assert chances.max() <= 1
    assert (np.diff(chances) <= 0).all()


# ---- reference stains -------------------------------------------------------------------------


def test_blue_lies_in_the_nucleus_and_dims_in_the_nucleoli(scenes):
    for anatomy, stains in scenes("Cytosol"):
        field = anatomy.field
        inside, hole = field.nuclear_depth > 2, anatomy.nucleoli > 0.9
        assert mean_where(stains["blue"], inside) > 20 * mean_where(stains["blue"], ~inside)
        assert mean_where(stains["blue"], hole) < 0.6 * mean_where(stains["blue"], inside & ~hole)


def test_red_and_yellow_lie_in_the_cytoplasm(scenes):
    for anatomy, stains in scenes("Cytosol"):
        field = anatomy.field
        cytoplasm = (field.depth > 2) & (field.nuclear_depth < -2)
        for channel in ("red", "yellow"):
            inside = mean_where(stains[channel], cytoplasm)
            assert inside > 3 * mean_where(stains[channel], field.nuclear_depth > 3)
            assert inside > 3 * mean_where(stains[channel], field.depth < -3)


def test_yellow_is_denser_near_the_nucleus(scenes):
    for anatomy, stains in scenes("Cytosol"):
        station = anatomy.field.station
        near, far = (station > 0.1) & (station < 0.4), (station > 0.6) & (station < 0.9)
        assert mean_where(stains["yellow"], near) > 1.3 * mean_where(stains["yellow"], far)


# ---- where each pattern lies ------------------------------------------------------------------


def test_there_is_a_pattern_for_every_label():
    assert set(PATTERNS) == set(HPA_LABELS)


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


# ---- brushes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma", [0.8, 1.2, 4.0])
@pytest.mark.parametrize("n_points", [3, 60])
def test_filament_has_the_given_profile_however_it_is_sampled(sigma, n_points):
    x = np.linspace(-20, 148, n_points)[None]
    canvas = filaments((64, 128), x, np.full_like(x, 32.3), sigma, 0.7)[:, 20:-20]
    across = canvas.mean(axis=1)
    rows = np.arange(64)
    centre = np.average(rows, weights=across)
    assert canvas.sum(axis=0) == pytest.approx(0.7 * np.sqrt(2 * np.pi) * sigma, rel=0.06)
    assert centre == pytest.approx(32.3, abs=0.05)
    assert np.average((rows - centre) ** 2, weights=across) == pytest.approx(sigma**2, rel=0.2)


@pytest.mark.parametrize("wavelength", [3, 6, 20])
def test_smooth_noise_has_about_unit_variance(wavelength):
    noise = smooth_noise(np.random.default_rng(0), (256, 300), wavelength)
    assert noise.shape == (256, 300)
    assert 0.6 < noise.std() < 1.5


# ---- bad parameters ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parameters, error, message",
    [
        ({"n_samples": 0}, ValueError, r"n_samples=0, but expected an int of at least 1"),
        ({"n_samples": 2.0}, TypeError, r"n_samples=2\.0, but expected an int"),
        ({"n_samples": True}, TypeError, r"n_samples=True"),
        ({"n_labels": 0}, ValueError, r"n_labels=0, but expected an int from 1 to 28"),
        ({"n_labels": 29}, ValueError, r"n_labels=29"),
        ({"size": 31}, ValueError, r"size=31, but expected .* from 32 to 4096"),
        ({"size": (64, 5000)}, ValueError, r"size=\(64, 5000\)"),
        ({"size": 64.0}, TypeError, r"size=64\.0"),
        ({"size": (64, 64, 4)}, TypeError, r"size=\(64, 64, 4\), but expected .* pair"),
        ({"size": None}, TypeError, r"size=None"),
        ({"size": "64"}, TypeError, r"size='64'"),
        ({"n_cells": 0}, ValueError, r"n_cells=0, but expected .* from 1 to 500"),
        ({"n_cells": (5, 3)}, ValueError, r"n_cells=\(5, 3\), but expected .* least <= most"),
        ({"n_cells": (1.5, 3)}, TypeError, r"n_cells=\(1\.5, 3\)"),
        ({"frequencies": "real"}, ValueError, r"frequencies='real'.*'uniform' and 'hpa'"),
        ({"frequencies": None}, ValueError, r"frequencies=None"),
        ({"random_state": -1}, ValueError, r"random_state=-1, but expected an int >= 0"),
        ({"random_state": "a"}, TypeError, r"random_state='a', but expected None, an int or"),
        ({"random_state": np.random.default_rng(0)}, TypeError, r"RandomState"),
    ],
)
def test_bad_parameter_is_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        make_hpa_images(**parameters)
