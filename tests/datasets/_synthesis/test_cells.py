"""Tests of synthetic cells: number, shapes and territories."""

import numpy as np
import pytest

from sklearn_hpa.datasets._synthesis.cells import CellField, make_cells

SHAPE = (96, 128)


@pytest.fixture(scope="module")
def cells():
    return make_cells(np.random.default_rng(0), SHAPE, 7, n_mitotic=1, n_bridges=1)


@pytest.fixture(scope="module")
def field(cells):
    return CellField(cells, SHAPE)


def test_cells_are_as_many_as_asked_for_with_their_centres_in_the_image(cells):
    assert len(cells) == 7
    assert ((cells.x > 0) & (cells.x < SHAPE[1])).all()
    assert ((cells.y > 0) & (cells.y < SHAPE[0])).all()


def test_mitotic_cells_come_first_and_daughters_next(cells):
    assert cells.mitotic.tolist() == [True] + [False] * 6
    assert cells.bridges.tolist() == [[1, 2]]


def test_nuclei_are_smaller_than_their_cells(cells):
    assert (cells.nuclear_axes < cells.axes).all()


def test_the_same_generator_gives_the_same_cells():
    first, second = (make_cells(np.random.default_rng(3), SHAPE, 4) for _ in range(2))
    np.testing.assert_array_equal(first.x, second.x)
    np.testing.assert_array_equal(first.waves, second.waves)


def test_the_centre_of_each_nucleus_is_in_its_own_nucleus(cells, field):
    rows, columns = np.round(cells.y).astype(int), np.round(cells.x).astype(int)
    assert field.owner[rows, columns].tolist() == list(range(7))
    assert (field.nucleus[rows, columns] > 0.5).all()


def test_nucleus_and_cytoplasm_add_up_to_the_cell(field):
    assert field.cytoplasm.min() >= 0
    np.testing.assert_allclose(field.nucleus + field.cytoplasm, field.cell, atol=1e-6)


def test_stations_run_from_0_in_the_nucleus_to_1_at_the_border(field):
    assert field.station.min() >= 0 and field.station.max() <= 1
    assert (field.station[field.nuclear_depth > 0] == 0).all()
    assert (field.station[(field.depth < 0) & (field.nuclear_depth < 0)] > 0.99).all()


def test_stations_1_and_2_are_at_the_envelope_and_at_the_membrane(cells, field):
    angle = np.linspace(0, 6, 40, dtype=np.float32)
    cell = np.full(40, 4)
    envelope, membrane = field.radii(np.array([4]))
    for station, radius in ((1, envelope), (2, membrane)):
        x, y = field.locate(cell, angle, np.full(40, station, np.float32))
        distance = np.hypot(x - cells.x[4], y - cells.y[4])
        assert radius.min() - 1e-3 <= distance.min() and distance.max() <= radius.max() + 1e-3


def test_values_of_cells_are_painted_over_their_territories(field):
    painted = field.per_cell(np.arange(7) * 2)
    np.testing.assert_array_equal(painted, field.owner * 2)


def test_cells_of_a_confluent_field_touch_more_than_others():
    shares = []
    for confluent in (True, False):
        fields = [
            CellField(make_cells(np.random.default_rng(k), SHAPE, 8, confluent=confluent), SHAPE)
            for k in range(8)
        ]
        shares.append(np.mean([(each.cell > 0.5).mean() for each in fields]))
    assert shares[0] > shares[1]
