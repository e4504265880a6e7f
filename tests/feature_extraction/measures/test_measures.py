"""What is measured in images: each family against slow references, regions against drawn truth."""

import mahotas
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from scipy import ndimage, stats
from skimage.feature import graycomatrix, graycoprops
from skimage.measure import regionprops

from sklearn_hpa._images.regions import find_regions
from sklearn_hpa.datasets import make_hpa_images
from sklearn_hpa.datasets._synthetic import _photograph, stage_cells
from sklearn_hpa.feature_extraction.measures import FAMILIES, measure
from sklearn_hpa.feature_extraction.measures._numbers import moments, pearson
from sklearn_hpa.feature_extraction.measures._objects import _shapes
from sklearn_hpa.feature_extraction.measures._scene import Scene
from sklearn_hpa.feature_extraction.measures._texture import (
    HARALICK,
    TAS_NAMES,
    _grey_levels,
    binary_patterns,
)

from . import call_by_call

CHANNELS = ("red", "green", "blue", "yellow")
REFERENCES = [*CHANNELS[:1], *CHANNELS[2:]]
REFERENCE_PLANES = [0, 2, 3]


def measures(image, *families, channels=CHANNELS, nucleus="blue"):
    """All measures of the families (by default of all of them) in one dict."""
    found = measure(
        np.ascontiguousarray(image),
        channels,
        families=families or FAMILIES,
        protein="green",
        nucleus=nucleus if nucleus in channels else None,
    )
    return {name: value for of_family in found.values() for name, value in of_family.items()}


def scene_of(image, channels=CHANNELS):
    nucleus = "blue" if "blue" in channels else None
    return Scene(np.ascontiguousarray(image), channels, "green", nucleus)


def disc(shape, y, x, radius):
    yy, xx = np.mgrid[: shape[0], : shape[1]]
    return (yy - y) ** 2 + (xx - x) ** 2 <= radius**2


def ellipse(shape, y, x, a, b, angle):
    yy, xx = np.mgrid[: shape[0], : shape[1]]
    u = (xx - x) * np.cos(angle) + (yy - y) * np.sin(angle)
    v = (yy - y) * np.cos(angle) - (xx - x) * np.sin(angle)
    return (u / a) ** 2 + (v / b) ** 2 <= 1


def iou(a, b):
    return np.sum(a & b) / np.sum(a | b)


def cell_with(protein):
    """A blanked image of one round cell with a round nucleus, and the given protein in it."""
    shape = protein.shape
    middle, radius = (shape[0] - 1) / 2, shape[0] / 2
    cell = disc(shape, middle, middle, 0.75 * radius)
    image = np.zeros((*shape, 4), np.uint8)
    image[..., 0] = image[..., 3] = np.where(cell, 100, 0)
    image[..., 1] = np.where(cell, protein, 0)
    image[..., 2] = np.where(disc(shape, middle, middle, 0.4 * radius), 200, 0)
    return image


def flat(protein):
    """An image with one reference stain, nowhere blank: the cell is all of it."""
    image = np.full((*protein.shape, 2), 100, np.uint8)
    image[..., 1] = protein
    return image


def drawn_field(seed, size, n_cells, labels=("Cytosol",)):
    """A drawn field of view and its truth: masks of cells and nuclei, and the number of nuclei."""
    stage_rng, camera_rng = np.random.default_rng(seed).spawn(2)
    shape = (size, size)
    anatomy, stains = stage_cells(stage_rng, shape, list(labels), n_cells, n_cells)
    field = anatomy.field
    nucleus = field.nucleus > 0.5
    n_nuclei = len(np.unique(field.owner[nucleus]))
    return _photograph(camera_rng, stains), field.cell > 0.5, nucleus, n_nuclei


def regions_of(image, channels=CHANNELS, nucleus="blue"):
    planes = {name: image[..., k] for k, name in enumerate(channels)}
    return find_regions(planes, "green", nucleus)


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)


@pytest.fixture(scope="module")
def drawn():
    return make_hpa_images(4, n_labels=28, size=128, random_state=3)[0]


@pytest.fixture(scope="module")
def scene(drawn):
    return scene_of(drawn[0])


# ---- numbers ------------------------------------------------------------------------------------


def test_moments_are_those_of_scipy():
    values = np.random.default_rng(0).gamma(2, size=1000)
    expected = (
        values.mean(),
        values.std(),
        stats.skew(values),
        stats.kurtosis(values, fisher=False),
    )
    assert_allclose(moments(values), expected)


@pytest.mark.parametrize("values", [np.zeros(0), np.full(7, 0.25)])
def test_moments_of_nothing_and_of_a_constant_are_finite(values):
    mean = 0.25 if values.size else 0
    assert_allclose(moments(values), (mean, 0, 0, 0))


def test_pearson_is_that_of_numpy():
    a, b = np.random.default_rng(0).random((2, 50))
    assert_allclose(pearson(a, a + b), np.corrcoef(a, a + b)[0, 1])
    assert pearson(a, np.ones(50)) == 0


# ---- names and pixels ---------------------------------------------------------------------------


def test_names_are_unique_and_independent_of_pixels(drawn):
    names = list(measures(drawn[0]))
    assert len(set(names)) == len(names)
    assert list(measures(np.zeros((5, 9, 4), np.uint8))) == names


def test_families_share_no_name_and_give_the_same_alone_or_together(drawn):
    together = measures(drawn[0])
    alone = {}
    for family in FAMILIES:
        of_family = measures(drawn[0], family)
        assert not alone.keys() & of_family.keys()
        alone |= of_family
    assert alone == together


@pytest.mark.parametrize(
    "channels", [("green",), ("green", "blue"), ("red", "green"), ("red", "green", "blue")]
)
def test_missing_channels_leave_a_subset_of_the_columns(drawn, channels):
    everything = set(measures(drawn[0]))
    planes = [CHANNELS.index(name) for name in channels]
    found = set(measures(drawn[0][..., planes], channels=channels))
    without_nucleus = {name for name in found if "_cell_ring" in name or "_cell_spots" in name}
    if "blue" in channels:
        assert not without_nucleus
    assert found - without_nucleus < everything
    missing = set(CHANNELS) - set(channels)
    assert not any(channel in name for name in found for channel in missing)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=st.data())
def test_everything_is_finite_for_any_pixels(data):
    shape = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(4)))
    kind = data.draw(st.sampled_from(["any", "constant", "two values", "noise"]))
    if kind == "any":
        image = data.draw(arrays(np.uint8, shape))
    elif kind == "constant":
        image = np.full(shape, data.draw(st.integers(0, 255)), np.uint8)
    else:
        rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
        image = rng.integers(0, 256, shape).astype(np.uint8)
        if kind == "two values":
            low, high = data.draw(st.tuples(st.integers(0, 255), st.integers(0, 255)))
            image = np.where(image < data.draw(st.integers(0, 255)), low, high).astype(np.uint8)
    found = measures(image)
    assert {name for name, value in found.items() if not np.isfinite(value)} == set()


@pytest.mark.parametrize("plane", range(4), ids=CHANNELS)
@pytest.mark.parametrize("level", [0, 255])
def test_a_black_or_saturated_channel_gives_finite_numbers(drawn, plane, level):
    image = drawn[0].copy()
    image[..., plane] = level
    assert np.isfinite(list(measures(image).values())).all()


def test_a_large_image_gives_finite_numbers():
    image = make_hpa_images(1, n_labels=3, size=1024, n_cells=20, random_state=0)[0][0]
    assert np.isfinite(list(measures(image, "cells").values())).all()


def turned(image):
    """The image turned by right angles and mirrored, in all seven ways."""
    for k in range(4):
        if k:
            yield np.rot90(image, k)
        yield np.rot90(image, k)[:, ::-1]


def assert_same_however_turned(image, images):
    expected = measures(image)
    for other in images:
        found = measures(other)
        values = np.float32([list(expected.values()), list(found.values())])
        same = np.isclose(*values, rtol=1e-3, atol=1e-4)
        assert np.array(list(expected))[~same].tolist() == []


def test_drawn_fields_turned_or_mirrored_measure_the_same(drawn):
    for image in drawn[:2]:
        assert_same_however_turned(image, turned(image))


def test_crowded_touching_nuclei_turned_or_mirrored_measure_the_same():
    image = make_hpa_images(1, n_labels=1, size=160, n_cells=40, random_state=1)[0][0]
    assert_same_however_turned(image, list(turned(image))[:4])


def test_real_cells_turned_or_mirrored_measure_the_same(hpa_data):
    folder = hpa_data / "hpa-cells"
    for name in pd.read_csv(folder / "train.csv")["Id"][::500]:
        files = [folder / f"{name}_{channel}.png" for channel in CHANNELS]
        image = np.stack([np.array(Image.open(file).reduce(4)) for file in files], axis=-1)
        assert_same_however_turned(image, list(turned(image))[::3])


# ---- regions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("blanked", [False, True], ids=["grey background", "blanked background"])
@pytest.mark.parametrize(("size", "n_cells"), [(128, 1), (128, 8), (256, 50)])
def test_regions_agree_with_the_drawn_cells(size, n_cells, blanked):
    image, cell, nucleus, n_nuclei = drawn_field(1, size, n_cells)
    if blanked:
        image = image * cell[..., None].astype(np.uint8)
    found = regions_of(image)
    assert iou(found.masks["cell"], cell) > 0.8
    assert iou(found.masks["nucleus"], nucleus) > 0.9
    count = np.expm1(measures(image, "cells")["cells_log_count"])
    assert abs(count - n_nuclei) <= 0.1 * n_nuclei


def test_regions_do_not_depend_on_the_protein(drawn):
    image = drawn[0].copy()
    before = regions_of(image)
    image[..., 1] = image[..., 1][::-1] // 2 + 1
    image[0, 0] = 0
    after = regions_of(image)
    for name, mask in before.masks.items():
        assert_array_equal(after.masks[name], mask)


def test_regions_on_a_blanked_background_do_not_depend_on_the_protein():
    rng = np.random.default_rng(0)
    image = cell_with(rng.integers(1, 256, (96, 96)).astype(np.uint8))
    assert (image[..., REFERENCE_PLANES] == 0).all(axis=-1).mean() > 0.5
    before = regions_of(image)
    for protein in (0, 255, rng.integers(0, 256, (96, 96))):
        image[..., 1] = protein
        after = regions_of(image)
        for name, mask in before.masks.items():
            assert_array_equal(after.masks[name], mask)


def test_the_blanked_background_is_what_is_black_in_every_reference_stain():
    image = np.zeros((64, 64, 4), np.uint8)
    image[10:50, 10:40, 0] = 1
    image[10:50, 40:50, 3] = 1
    image[10:50, 50:60, 1] = 1
    expected = np.zeros((64, 64), bool)
    expected[10:50, 10:50] = True
    assert_array_equal(regions_of(image).masks["cell"], expected)


@pytest.mark.parametrize(("black", "blanked"), [(28, False), (36, True)])
def test_a_background_is_blanked_where_more_than_half_of_the_image_is_black(black, blanked):
    image = np.full((64, 64, 4), 4, np.uint8)
    image[:, :black] = 0
    image[10:50, 44:] = 200
    expected = np.zeros((64, 64), bool)
    expected[:, black:] = True
    assert (iou(regions_of(image).masks["cell"], expected) == 1) == blanked


def test_nucleus_and_cytoplasm_are_the_parts_of_the_cell(drawn):
    masks = regions_of(drawn[0]).masks
    assert not (masks["nucleus"] & masks["cytoplasm"]).any()
    assert_array_equal(masks["nucleus"] | masks["cytoplasm"], masks["cell"])
    assert not (masks["nuclear_border"] & ~masks["cell"]).any()
    assert not (masks["cell_border"] & ~masks["cell"]).any()


def test_touching_nuclei_are_split():
    shape = (128, 128)
    image = np.full((*shape, 4), 60, np.uint8)
    left, right = disc(shape, 64, 46, 20), disc(shape, 64, 81, 20)
    assert ndimage.label(left | right)[1] == 1
    image[..., 2] = np.where(left | right, 200, 5)
    cells = regions_of(image).cells
    assert set(np.unique(cells)) == {1, 2}
    assert cells[64, 46] != cells[64, 81]


def test_a_pixel_as_near_to_two_nuclei_is_that_of_the_brighter_one_however_turned():
    shape = (101, 101)
    image = np.full((*shape, 4), 60, np.uint8)
    left, right = disc(shape, 50, 30, 12), disc(shape, 50, 70, 12)
    image[..., 2] = np.where(right, 220, np.where(left, 200, 0))
    for k in range(4):
        cells = np.rot90(regions_of(np.rot90(image, k)).cells, -k)
        assert (cells[:, 50] == cells[50, 70]).all()
        assert (cells[:, 49] == cells[50, 30]).all()


def test_a_cell_belongs_to_its_nearest_nucleus(drawn):
    found = regions_of(drawn[1])
    nuclei = np.where(found.masks["nucleus"], found.cells, 0)
    rng = np.random.default_rng(0)
    inside = np.argwhere(found.masks["cytoplasm"])
    for y, x in rng.permutation(inside)[:200]:
        places = np.argwhere(nuclei > 0)
        distance = ((places - (y, x)) ** 2).sum(axis=1)
        nearest = places[distance == distance.min()]
        assert found.cells[y, x] in nuclei[tuple(nearest.T)]
        assert_allclose(found.from_nucleus[y, x], np.sqrt(distance.min()) - 0.5)


def test_the_frame_is_no_border_of_a_cell():
    image = np.full((40, 70, 2), 100, np.uint8)
    image[:, :40] = 0
    found = find_regions({"red": image[..., 0], "green": image[..., 1]}, "green", None)
    assert found.masks["cell"][20, 50]
    assert_allclose(found.from_border[20, 40:], np.arange(30))
    assert np.flatnonzero(found.masks["cell_border"][20]).tolist() == [40, 41, 42]


def test_without_a_nucleus_in_the_image_the_cell_is_all_cytoplasm(drawn):
    image = drawn[0].copy()
    image[..., 2] = 0
    masks = regions_of(image).masks
    assert not masks["nucleus"].any()
    assert_array_equal(masks["cytoplasm"], masks["cell"])
    assert measures(image, "ratio")["nucleus_area_fraction"] == 0


# ---- intensity and ratio ------------------------------------------------------------------------


def test_intensity_is_that_of_the_pixels_of_a_region(scene, drawn):
    found = measures(drawn[0], "intensity")
    values = scene.planes["red"][scene.masks["cytoplasm"]] / 255
    assert_allclose(found["red_cytoplasm_mean"], values.mean())
    assert_allclose(found["red_cytoplasm_std"], values.std())
    assert_allclose(found["red_cytoplasm_skewness"], stats.skew(values))
    assert_allclose(found["red_cytoplasm_p95"], np.percentile(values, 95))


def test_fractions_and_ratios_follow_their_definition(scene, drawn):
    found = measures(drawn[0], "ratio")
    protein = scene.planes["green"].astype(float)
    inside, cell = protein[scene.masks["nucleus"]], protein[scene.masks["cell"]]
    around = protein[scene.masks["cytoplasm"]]
    assert_allclose(found["green_nucleus_fraction"], inside.sum() / cell.sum())
    ratio = np.log2((inside.mean() + 1) / (around.mean() + 1))
    assert_allclose(found["green_nucleus_over_cytoplasm"], ratio)
    assert_allclose(found["green_cell_variation"], cell.std() / cell.mean())
    assert_allclose(found["nucleus_area_fraction"], inside.size / cell.size)


# ---- colocalization -----------------------------------------------------------------------------


def test_colocalization_follows_its_definitions_pixel_by_pixel(scene, drawn):
    found = measures(drawn[0], "colocalization")
    place = scene.masks["cytoplasm"]
    a, b = scene.planes["green"][place] / 255, scene.planes["yellow"][place] / 255
    a_where_b = b_where_a = same_side = 0.0
    for p, q in zip(a, b, strict=True):
        a_where_b += p if q > b.mean() else 0
        b_where_a += q if p > a.mean() else 0
        same_side += (p > a.mean()) == (q > b.mean())
    expected = {
        "pearson": np.corrcoef(a, b)[0, 1],
        "manders1": a_where_b / a.sum(),
        "manders2": b_where_a / b.sum(),
        "overlap": (a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()),
        "icq": same_side / len(a) - 0.5,
    }
    for name, value in expected.items():
        assert_allclose(found[f"green_cytoplasm_yellow_{name}"], value, err_msg=name)


def test_a_protein_that_is_a_reference_stain_is_explained_by_it(drawn):
    image = drawn[0].copy()
    image[..., 1] = image[..., 3]
    found = measures(image, "colocalization")
    assert_allclose(found["green_cell_yellow_pearson"], 1)
    assert_allclose(found["green_cell_yellow_icq"], 0.5)
    assert_allclose(found["green_cell_yellow_pearson_band2"], 1)
    assert found["green_cell_references_r2"] > 0.98
    weights = {name: found[f"green_cell_{name}_weight"] for name in REFERENCES}
    assert max(weights, key=weights.get) == "yellow"
    assert found["green_cell_yellow_at_spots_band1"] > 0 > found["green_cell_yellow_at_holes_band1"]


@pytest.mark.parametrize("level", [0, 1, 100, 255])
def test_a_flat_protein_goes_along_with_nothing(drawn, level):
    image = drawn[0].copy()
    image[..., 1] = level
    found = measures(image, "colocalization")
    assert found["green_cell_references_r2"] == 0
    for name in REFERENCES:
        assert found[f"green_cell_{name}_pearson"] == 0
        assert found[f"green_cell_{name}_icq"] == 0
        assert found[f"green_cell_{name}_manders2"] == 0


# ---- distance -----------------------------------------------------------------------------------


def test_profile_is_the_mean_at_each_distance(scene, drawn):
    found = measures(drawn[0], "distance")
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


def test_rings_of_the_cytoplasm_run_from_nucleus_to_border(scene, drawn):
    found = measures(drawn[0], "distance")
    light, place = scene.planes["green"].astype(float), scene.masks["cytoplasm"]
    overall = light[place].mean()
    rings = [[] for _ in range(5)]
    for y, x in np.argwhere(place):
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
    places = {
        "border": found.from_border < 3,
        "nucleus": np.abs(found.from_nucleus) < 3,
    }
    distance = {}
    for name, place in places.items():
        image = flat_cell.copy()
        image[..., 1][place & found.masks["cell"]] = 200
        distance[name] = measures(image, "distance")
    for place, other in (("border", "nucleus"), ("nucleus", "border")):
        name = f"green_cell_distance_from_{place}"
        assert distance[place][name] < 0 < distance[other][name]
    assert distance["border"]["green_cell_border_under_1px"] > 0.5
    assert distance["nucleus"]["green_cell_nucleus_under_2px"] > 0.5


# ---- texture ------------------------------------------------------------------------------------


@pytest.mark.parametrize("distance", [1, 2, 4])
def test_haralick_is_that_of_pairs_counted_one_by_one(distance):
    rng = np.random.default_rng(0)
    protein = rng.integers(20, 250, (32, 32)).astype(np.uint8)
    image = cell_with(protein)
    scene = scene_of(image)
    grey = _grey_levels(scene.planes["green"], scene.masks["cell"]).astype(int)
    pairs = []
    for dy, dx in ((0, distance), (distance, distance), (distance, 0), (distance, -distance)):
        counts = np.zeros((33, 33))
        for y, x in np.argwhere(grey > 0):
            v, u = y + dy, x + dx
            if 0 <= v < grey.shape[0] and 0 <= u < grey.shape[1] and grey[v, u]:
                counts[grey[y, x], grey[v, u]] += 1
                counts[grey[v, u], grey[y, x]] += 1
        pairs.append(counts)
    by_direction = mahotas.features.texture.haralick_features(pairs, use_x_minus_y_variance=True)
    found = measures(image, "texture")
    for k, name in enumerate(HARALICK):
        prefix = f"green_cell_haralick{distance}px_{name}"
        assert_allclose(found[prefix], by_direction[:, k].mean(), err_msg=name)
        assert_allclose(found[f"{prefix}_range"], np.ptp(by_direction[:, k]), atol=1e-12)


def test_the_difference_variance_is_the_variance_of_the_differences(noise):
    grey = _grey_levels(noise, np.ones(noise.shape, bool)).astype(int)
    pairs = (
        (grey[:, :-1], grey[:, 1:]),
        (grey[:-1], grey[1:]),
        (grey[:-1, :-1], grey[1:, 1:]),
        (grey[:-1, 1:], grey[1:, :-1]),
    )
    by_direction = [np.abs(one - other).var() for one, other in pairs]
    found = measures(flat(noise), "texture", channels=("red", "green"))
    prefix = "green_cell_haralick1px_difference_variance"
    assert_allclose(found[prefix], np.mean(by_direction))
    assert_allclose(found[f"{prefix}_range"], np.ptp(by_direction))


def test_haralick_agrees_with_scikit_image(noise):
    image = flat(noise)
    found = measures(image, "texture", channels=("red", "green"))
    grey = _grey_levels(noise, np.ones(noise.shape, bool))
    angles = np.arange(4) * np.pi / 4
    for distance in (1, 2):
        # An angle of 45° is to scikit-image a step of round(distance / √2) in both directions.
        steps = [distance, round(distance * np.sqrt(2))]
        pairs = graycomatrix(grey, steps, angles, levels=33, symmetric=True, normed=True)
        for name, prop in (
            ("contrast", "contrast"),
            ("angular_second_moment", "ASM"),
            ("correlation", "correlation"),
        ):
            by_step = graycoprops(pairs, prop)
            expected = np.mean([by_step[0, ::2], by_step[1, 1::2]])
            assert_allclose(found[f"green_cell_haralick{distance}px_{name}"], expected)


def test_texture_hardly_depends_on_exposure():
    rng = np.random.default_rng(0)
    bright = np.clip(ndimage.gaussian_filter(rng.normal(0, 1, (128, 128)), 2) * 250 + 130, 10, 250)
    found = [
        measures(flat(level.astype(np.uint8)), "texture", channels=("red", "green"))
        for level in (bright, 0.6 * bright)
    ]
    for name, value in found[0].items():
        if "haralick" in name and "range" not in name:
            assert_allclose(found[1][name], value, rtol=0.1, atol=0.02, err_msg=name)
        elif "lbp" in name:
            assert_allclose(found[1][name], value, atol=0.06, err_msg=name)


def test_threshold_adjacency_is_counted_pixel_by_pixel():
    protein = np.random.default_rng(0).integers(0, 256, (40, 40)).astype(np.uint8)
    image = cell_with(ndimage.uniform_filter(protein, 3))
    found = measures(image, "texture")
    scene = scene_of(image)
    plane = np.where(scene.masks["cell"], scene.planes["green"], 0).astype(float)
    bright = plane[plane > mahotas.otsu(plane.astype(np.uint8))]
    mean, spread = bright.mean(), bright.std()
    ranges = {
        "around_mean": (plane > mean - spread) & (plane < mean + spread),
        "above_mean_less_spread": plane > mean - spread,
        "above_mean": plane > mean,
    }
    for name, inside in ranges.items():
        for side, centre in (("outside", ~inside), ("inside", inside)):
            other = "inside" if side == "outside" else "outside"
            counts = np.zeros(9)
            padded = np.pad(~centre, 1, mode="symmetric")
            for y, x in np.argwhere(centre):
                counts[padded[y : y + 3, x : x + 3].sum()] += 1
            columns = [f"green_cell_tas_{side}_{name}_{k}_{other}" for k in range(9)]
            assert_allclose([found[c] for c in columns], counts / counts.sum(), err_msg=name)


def test_threshold_adjacency_columns_are_those_of_mahotas(noise):
    found = measures(flat(noise), "texture", channels=("red", "green"))
    values = [found[f"green_cell_tas_{name}"] for name in TAS_NAMES]
    assert_allclose(values, mahotas.features.pftas(noise))


@pytest.mark.parametrize("radius", [1, 2, 4])
def test_binary_patterns_are_those_of_each_pixel(radius):
    plane = np.random.default_rng(0).integers(0, 6, (14, 17)).astype(np.uint8)
    around = [(-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1)]
    expected = np.zeros(plane.shape)
    for y, x in np.ndindex(plane.shape):
        bits = []
        for dy, dx in around:
            v = min(max(y + radius * dy, 0), plane.shape[0] - 1)
            u = min(max(x + radius * dx, 0), plane.shape[1] - 1)
            bits.append(plane[v, u] >= plane[y, x])
        changes = sum(bits[k] != bits[k - 1] for k in range(8))
        expected[y, x] = sum(bits) if changes <= 2 else 9
    assert_array_equal(binary_patterns(plane, radius), expected)


def test_shares_of_binary_patterns_are_those_of_the_region(scene, drawn):
    found = measures(drawn[0], "texture")
    codes = binary_patterns(scene.planes["green"], 2)[scene.masks["nucleus"]]
    for k in range(9):
        assert_allclose(found[f"green_nucleus_lbp2px_{k}_brighter"], np.mean(codes == k))
    assert_allclose(found["green_nucleus_lbp2px_mixed"], np.mean(codes == 9))


# ---- granularity and ridges ---------------------------------------------------------------------


def test_granularity_is_the_spread_of_the_bands(scene, drawn):
    found = measures(drawn[0], "granularity")
    plane, place = scene.planes["green"] / np.float32(255), scene.masks["cell"]
    sigmas = (0, 0.7, 1.4, 2.8, 5.6, 11.2)
    blurs = [ndimage.gaussian_filter(plane, sigma) if sigma else plane for sigma in sigmas]
    bands = [(a - b)[place].astype(float) for a, b in zip(blurs[:-1], blurs[1:], strict=True)]
    energies = [np.mean(band**2) for band in bands]
    for k, band in enumerate(bands):
        prefix = f"green_cell_band{k}"
        contrast = np.log2((np.sqrt(energies[k]) + 1e-3) / (plane[place].mean() + 1 / 255))
        assert_allclose(found[f"{prefix}_contrast"], contrast, rtol=1e-5)
        assert_allclose(found[f"{prefix}_skewness"], stats.skew(band), rtol=1e-5)
        kurtosis = stats.kurtosis(band, fisher=False)
        assert_allclose(found[f"{prefix}_log_kurtosis"], np.log(kurtosis), rtol=1e-5)
        assert_allclose(found[f"{prefix}_share"], energies[k] / sum(energies), rtol=1e-5)


def test_granularity_finds_the_size_of_spots():
    shares = {}
    for name, sigma in (("fine", 1.0), ("coarse", 5.0)):
        dots = np.zeros((128, 128))
        dots[8::24, 8::24] = 1
        dots = ndimage.gaussian_filter(dots, sigma)
        image = flat((20 + 200 * dots / dots.max()).astype(np.uint8))
        found = measures(image, "granularity", channels=("red", "green"))
        shares[name] = [found[f"green_cell_band{k}_share"] for k in range(5)]
        assert found["green_cell_band2_skewness"] > 0
    assert np.argmax(shares["fine"]) < np.argmax(shares["coarse"])


def protein_of_threads():
    """Straight threads, all in one direction."""
    across = np.full((96, 96), 10.0)
    across[8::12] = 250
    return ndimage.gaussian_filter(across, 1.5)


def protein_of_spots():
    spots = np.zeros((96, 96))
    spots[8::12, 8::12] = 1
    spots = ndimage.gaussian_filter(spots, 1.5)
    return 10 + 200 * spots / spots.max()


def ridges(protein):
    return measures(flat(protein.astype(np.uint8)), "ridges", channels=("red", "green"))


def test_threads_are_coherent_ridges_and_spots_are_not():
    threads, spots = ridges(protein_of_threads()), ridges(protein_of_spots())
    for scale in ("1", "2"):
        prefix = f"green_cell_sigma{scale}"
        assert threads[f"{prefix}_coherence"] > 0.95
        assert threads[f"{prefix}_edge_coherence"] > 0.95
        assert threads[f"{prefix}_ridge"] > threads[f"{prefix}_spot"] + 2
        assert threads[f"{prefix}_spot_over_ridge"] < 0.1
        assert spots[f"{prefix}_spot_over_ridge"] > 0.2
        assert spots[f"{prefix}_edge_coherence"] < 0.8


def test_holes_and_valleys_are_spots_and_ridges_of_the_negative():
    for protein in (protein_of_threads(), protein_of_spots()):
        bright, dark = ridges(protein), ridges(255 - protein.astype(np.uint8))
        found = dark["green_cell_sigma2_hole_over_valley"]
        assert_allclose(found, bright["green_cell_sigma2_spot_over_ridge"], atol=2e-3)
        assert_allclose(
            dark["green_cell_sigma2_clumping"], bright["green_cell_sigma2_clumping"], rtol=0.02
        )


def test_ridges_are_the_eigenvalues_of_the_hessian_of_each_pixel(noise):
    plane = ndimage.gaussian_filter(noise / 255, 2)
    protein = (255 * (plane - plane.min()) / np.ptp(plane)).astype(np.uint8)
    found = ridges(protein)
    plane = protein / np.float32(255)
    xx, yy, xy = (
        4 * ndimage.gaussian_filter(plane, 2, order=order) for order in ((0, 2), (2, 0), (1, 1))
    )
    sums = dict.fromkeys(("ridge", "spot", "hole", "valley"), 0.0)
    for y, x in np.ndindex(plane.shape):
        low, high = np.linalg.eigvalsh([[yy[y, x], xy[y, x]], [xy[y, x], xx[y, x]]])
        sums["ridge"] += max(-low, 0)
        sums["spot"] += max(-high, 0)
        sums["hole"] += max(low, 0)
        sums["valley"] += max(high, 0)
    for name, total in sums.items():
        expected = np.log2((total / plane.size + 1e-4) / (plane.mean() + 1 / 255))
        assert_allclose(found[f"green_cell_sigma2_{name}"], expected, rtol=1e-4, err_msg=name)


# ---- objects ------------------------------------------------------------------------------------


def test_shapes_of_drawn_ellipses_are_those_of_scikit_image():
    shape = (100, 100)
    spots = (
        ellipse(shape, 20, 20, 10, 4, 0.4)
        | ellipse(shape, 20, 70, 6, 6, 0)
        | ellipse(shape, 70, 30, 15, 3, 1.2)
        | ellipse(shape, 75, 80, 8, 5, 2.5)
    )
    found = _shapes(spots, np.ones(shape, bool))
    each = regionprops(ndimage.label(spots, np.ones((3, 3)))[0])
    area = np.array([spot.area for spot in each])
    # scikit-image takes a pixel for a point; as a square of unit mass it has moments of 1/12.
    moments = np.array([spot.inertia_tensor_eigvals for spot in each]) + 1 / 12
    eccentricity = np.sqrt(1 - moments[:, 1] / moments[:, 0])
    assert_allclose(eccentricity, [spot.eccentricity for spot in each], atol=0.01)
    expected = {
        "log_per_1000px": np.log1p(1000 * 4 / 10000),
        "area_fraction": area.sum() / 10000,
        "log_mean_area": np.log1p(area.mean()),
        "log_largest_area": np.log1p(area.max()),
        "eccentricity": (eccentricity * area).sum() / area.sum(),
    }
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert_allclose(found[name], value, err_msg=name)


def test_spots_are_counted_and_placed():
    protein = np.full((128, 128), 20.0)
    centres = [(64, 64), (60, 72), (24, 64), (64, 24), (104, 64)]
    for y, x in centres:
        dot = np.zeros((128, 128))
        dot[y, x] = 1
        protein += 180 * ndimage.gaussian_filter(dot, 1.5) / ndimage.gaussian_filter(dot, 1.5).max()
    image = cell_with(protein.astype(np.uint8))
    found, scene = measures(image, "objects"), scene_of(image)
    for region, count in (("nucleus", 2), ("cytoplasm", 3)):
        area = scene.masks[region].sum()
        prefix = f"green_{region}_spots_band2"
        assert_allclose(found[f"{prefix}_log_per_1000px"], np.log1p(1000 * count / area))
        assert found[f"{prefix}_eccentricity"] < 0.4
    assert found["green_cytoplasm_spots_band2_from_nucleus"] > 0
    assert found["green_cytoplasm_spots_band2_from_border"] < 0


# ---- cells --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two_cells():
    """Two cells far apart, of equal size: protein 40 around and 80 in the nucleus; 120 and 60."""
    shape = (128, 256)
    image = np.zeros((*shape, 4), np.uint8)
    for x, around, within in ((64, 40, 80), (192, 120, 60)):
        cell, nucleus = disc(shape, 64, x, 50), disc(shape, 64, x, 20)
        image[cell] = 50
        image[..., 1][cell] = around
        image[..., 1][nucleus] = within
        image[..., 2][nucleus] = 200
    return image


def test_cells_are_averaged_each_counted_alike(two_cells):
    found = measures(two_cells, "cells")
    scene = scene_of(two_cells)
    brightness, fraction, pearsons = [], [], []
    for number in (1, 2):
        cell = scene.cells == number
        protein, nucleus = scene.planes["green"] / 255, cell & scene.masks["nucleus"]
        brightness.append(protein[cell].mean())
        fraction.append(protein[nucleus].sum() / protein[cell].sum())
        pearsons.append(np.corrcoef(protein[cell], scene.planes["blue"][cell])[0, 1])
    assert_allclose(np.expm1(found["cells_log_count"]), 2)
    for name, values in (
        ("green_brightness", brightness),
        ("green_nucleus_fraction", fraction),
        ("green_blue_pearson", pearsons),
    ):
        assert_allclose(found[f"cells_{name}_mean"], np.mean(values), atol=1e-9, err_msg=name)
        assert_allclose(found[f"cells_{name}_spread"], np.std(values), atol=1e-9, err_msg=name)
    expected = (np.log2(81 / 41) + np.log2(61 / 121)) / 2
    assert_allclose(found["cells_green_nucleus_over_cytoplasm_mean"], expected, atol=0.1)
    assert_allclose(found["cells_area_spread"], 0, atol=1e-3)


def test_a_single_cell_does_not_differ_from_itself(two_cells):
    found = measures(two_cells[:, :128], "cells")
    assert_allclose(np.expm1(found["cells_log_count"]), 1)
    assert {value for name, value in found.items() if name.endswith("_spread")} == {0.0}


def test_a_speck_far_smaller_than_the_median_cell_is_left_out(two_cells):
    image = two_cells.copy()
    image[disc(image.shape, 8, 128, 8)] = 250
    assert len(np.unique(scene_of(image).cells)) == 4
    found, expected = measures(image, "cells"), measures(two_cells, "cells")
    assert_allclose(np.expm1(found["cells_log_count"]), 2)
    name = "cells_green_brightness_mean"
    assert_allclose(found[name], expected[name], rtol=0.01)


# ---- all together -------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("nucleus", ["blue", None])
@pytest.mark.parametrize("n_cells", [1, 4])
def test_sharing_what_families_need_changes_no_number(nucleus, n_cells, keep):
    images, _ = make_hpa_images(2, n_labels=6, n_cells=n_cells, size=96, random_state=1)
    options = {"families": FAMILIES, "protein": "green", "nucleus": nucleus}
    channels = ["red", "green", "blue"] if nucleus else ["red", "green"]
    for image in images[..., : len(channels)]:
        image = np.ascontiguousarray(image)
        found = measure(image, channels, **options)
        slow = call_by_call.measure(image, channels, **options, keep=keep)
        assert found.keys() == slow.keys()
        for family, expected in slow.items():
            assert found[family].keys() == expected.keys()
            values = list(found[family].values())
            assert_allclose(values, list(expected.values()), rtol=1e-4, atol=1e-4, err_msg=family)
