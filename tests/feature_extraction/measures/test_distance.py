"""Tests of the distance measures."""

import numpy as np
from numpy.testing import assert_allclose

from .images import cell_with, measures, regions_of


def test_profile_is_the_mean_at_each_distance(scene, synthetic):
    found = measures(synthetic[0], "distance")
    light, cell = scene.planes["green"].astype(float), scene.masks["cell"]
    overall = light[cell].mean()
    for name, distance, low, high in (
        ("nucleus_under_4px", scene.from_nucleus, 2, 4),
        ("nucleus_under_minus2px", scene.from_nucleus, -4, -2),
        ("nucleus_under_minus16px", scene.from_nucleus, -np.inf, -16),
        ("border_under_1px", scene.from_border, 0, 1),
        ("border_beyond_32px", scene.from_border, 32, np.inf),
    ):
        ring = [
            light[y, x] for y, x in np.argwhere(cell) if low <= distance[y, x] < high
        ] or overall
        expected = np.log2((np.mean(ring) + 1) / (overall + 1))
        assert_allclose(found[f"green_cell_{name}"], expected, err_msg=name)


def test_rings_of_the_cytoplasm_run_from_nucleus_to_border(scene, synthetic):
    found = measures(synthetic[0], "distance")
    light, mask = scene.planes["green"].astype(float), scene.masks["cytoplasm"]
    overall = light[mask].mean()
    rings = [[] for _ in range(5)]
    for y, x in np.argwhere(mask):
        out, rest = max(scene.from_nucleus[y, x], 0), scene.from_border[y, x]
        rings[min(int(5 * out / max(out + rest, 1)), 4)].append(light[y, x])
    for k, ring in enumerate(rings):
        expected = np.log2((np.mean(ring) + 1) / (overall + 1))
        assert_allclose(found[f"green_cytoplasm_ring{k}_over_mean"], expected)
        variation = np.std(ring) / (np.mean(ring) + 1)
        assert_allclose(found[f"green_cytoplasm_ring{k}_variation"], variation)


def test_protein_at_the_border_and_at_the_nucleus_are_told_apart():
    flat_cell = cell_with(np.full((96, 96), 20, np.uint8))
    found = regions_of(flat_cell)
    masks = {
        "border": found.from_border < 3,
        "nucleus": np.abs(found.from_nucleus) < 3,
    }
    distance = {}
    for name, mask in masks.items():
        image = flat_cell.copy()
        image[..., 1][mask & found.masks["cell"]] = 200
        distance[name] = measures(image, "distance")
    for origin, other in (("border", "nucleus"), ("nucleus", "border")):
        name = f"green_cell_distance_from_{origin}"
        assert distance[origin][name] < 0 < distance[other][name]
    assert distance["border"]["green_cell_border_under_1px"] > 0.5
    assert distance["nucleus"]["green_cell_nucleus_under_2px"] > 0.5
