"""Tests of make_hpa_images: results, label frequencies, random seeds, bad parameters."""

import numpy as np
import pandas as pd
import pytest

from sklearn_hpa.datasets import HPA_LABELS, make_hpa_images
from sklearn_hpa.datasets._synthetic import (
    LABEL_COUNTS,
    LABELS_PER_IMAGE_COUNTS,
    _inclusion_probabilities,
    _sample_labels,
    stage_cells,
)

# ---- results ----------------------------------------------------------------------------------


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


def test_an_error_state_of_numpy_makes_no_difference():
    images, _ = make_hpa_images(8, n_labels=8, size=64, random_state=0)
    with np.errstate(all="raise"):
        again, _ = make_hpa_images(8, n_labels=8, size=64, random_state=0)
    assert np.array_equal(images, again)


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
