"""Synthetic patterns of the 28 subcellular locations of the 2018 Human Protein Atlas set.

Each painter takes the anatomy of a field of view and a random generator. It returns a float32
canvas (H, W) of the protein's stain, about 1 where it is bright. The patterns follow the dictionary
of the Human Protein Atlas subcellular section (Thul et al., Science 356, eaal3321, 2017).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .anatomy import TURN, Anatomy
from .strokes import blur, discs, dots, filaments, rings, smooth_noise

Painter = Callable[[Anatomy, np.random.Generator], np.ndarray]

PATTERNS: dict[str, Painter] = {}


def _paints(label: str) -> Callable[[Painter], Painter]:
    def register(painter: Painter) -> Painter:
        PATTERNS[label] = painter
        return painter

    return register


# ---- nucleus ----------------------------------------------------------------------------------


@_paints("Nucleoplasm")
def nucleoplasm(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    grain = 0.12 * smooth_noise(rng, field.shape, 4 * field.unit)
    diffuse = 0.25 * field.cell * (1 - anatomy.interphase)
    return 0.8 * anatomy.nucleoplasm * (1 + grain) + diffuse


@_paints("Nuclear membrane")
def nuclear_membrane(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    rim = np.exp(-((field.nuclear_depth / (1.5 * field.thin)) ** 2))
    rim *= np.clip(1 + 0.25 * smooth_noise(rng, field.shape, 12 * field.unit), 0.4, 1.4)
    return (rim * field.cell + 0.16 * field.nucleus) * anatomy.interphase


@_paints("Nucleoli")
def nucleoli(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    grain = 1 + 0.12 * smooth_noise(rng, field.shape, 4 * field.unit)
    return anatomy.nucleoli * grain + 0.12 * field.nucleus * anatomy.interphase


@_paints("Nucleoli fibrillar center")
def fibrillar_centers(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    x, y, radius = (np.repeat(values, 4) for values in anatomy.nucleolar_sites)
    angle, reach = rng.uniform(0, TURN, x.size), 0.8 * radius * np.sqrt(rng.random(x.size))
    x, y = x + reach * np.cos(angle), y + reach * np.sin(angle)
    spots = dots(field.shape, x, y, rng.uniform(0.9, 1.5, x.size) * field.unit)
    return np.minimum(spots, 1.2) + 0.10 * field.nucleus * anatomy.interphase


@_paints("Nuclear speckles")
def nuclear_speckles(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    cell, angle, station = anatomy.in_nucleus(rng, 34, 0.9)
    x, y = field.locate(cell, angle, station)
    x2, y2 = (at + rng.normal(0, 1.8, at.size) * field.unit for at in (x, y))
    sigma = rng.uniform(1.1, 1.9, 2 * x.size) * field.unit
    blotches = np.minimum(dots(field.shape, np.r_[x, x2], np.r_[y, y2], sigma, 0.7), 1.1)
    return blotches * field.nucleus * (1 - 0.9 * anatomy.nucleoli) + 0.2 * anatomy.nucleoplasm


@_paints("Nuclear bodies")
def nuclear_bodies(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    cell, angle, station = anatomy.in_nucleus(rng, 6, 0.8)
    seen = rng.random(cell.size) < 0.75
    x, y = field.locate(cell[seen], angle[seen], station[seen])
    bodies = dots(field.shape, x, y, rng.uniform(1.5, 2.2, x.size) * field.unit)
    return np.minimum(bodies, 1.2) * field.nucleus + 0.14 * anatomy.nucleoplasm


# ---- endomembranes and vesicles ---------------------------------------------------------------


@_paints("Endoplasmic reticulum")
def endoplasmic_reticulum(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    return 1.15 * anatomy.reticulum


@_paints("Golgi apparatus")
def golgi_apparatus(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    cell, angle, station = anatomy.near_organizer(rng, 11, 0.38, 1.08, 1.36)
    along = np.linspace(-1, 1, 12)
    span = rng.uniform(0.06, 0.2, (cell.size, 1))
    wave = rng.normal(0, 0.05, (cell.size, 1))
    path = field.locate(
        cell[:, None],
        angle[:, None] + span * along,
        station[:, None] + wave * np.sin(rng.uniform(2, 5, (cell.size, 1)) * along),
    )
    ribbons = filaments(field.shape, *path, 1.5 * field.unit, rng.uniform(0.5, 1, (cell.size, 1)))
    x, y = field.locate(*anatomy.near_organizer(rng, 9, 0.55, 1.05, 1.5))
    pieces = dots(field.shape, x, y, 1.3 * field.unit, 0.5)
    return np.minimum(ribbons + pieces, 1.2) * field.cell * (1 - 0.8 * field.nucleus)


@_paints("Peroxisomes")
def peroxisomes(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    x, y = field.locate(*anatomy.in_cytoplasm(rng, 85))
    return dots(field.shape, x, y, 1.05 * field.unit, rng.uniform(0.7, 1, x.size))


@_paints("Endosomes")
def endosomes(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    x, y = field.locate(*anatomy.in_cytoplasm(rng, 30, crowding=1.4))
    radius = rng.gamma(6, 0.3, x.size) * field.unit
    hollow = radius > 2.4 * field.unit
    small = dots(
        field.shape,
        x[~hollow],
        y[~hollow],
        0.8 * radius[~hollow],
        rng.uniform(0.4, 1, (~hollow).sum()),
    )
    large = rings(field.shape, x[hollow], y[hollow], radius[hollow], 0.8 * field.unit)
    haze = 0.13 * field.cytoplasm * (1 - 0.5 * field.station)
    return np.minimum(small + large, 1.2) + haze


@_paints("Lysosomes")
def lysosomes(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    near = anatomy.near_organizer(rng, 16, 0.7, 1.1, 1.55)
    far = anatomy.in_cytoplasm(rng, 6, crowding=1.5)
    x, y = field.locate(*(np.r_[one, other] for one, other in zip(near, far, strict=True)))
    bodies = dots(field.shape, x, y, rng.uniform(1.5, 2.6, x.size) * field.unit)
    return np.minimum(bodies, 1.2) * (1 - 0.8 * field.nucleus)


@_paints("Lipid droplets")
def lipid_droplets(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    cell, angle, station = anatomy.in_cytoplasm(rng, 5, 1.2, 1.75)
    x, y = (np.repeat(at, 5) for at in field.locate(cell, angle, station))
    x, y = (at + rng.normal(0, 5.5, at.size) * field.unit for at in (x, y))
    radius = rng.uniform(1.6, 4.0, x.size) * field.unit
    shells = rings(field.shape, x, y, radius, 0.75 * field.unit)
    shells += 0.3 * discs(field.shape, x, y, radius)
    inside = field.soft(field.depth - 3 * field.unit) * (1 - field.nucleus)
    return np.minimum(shells, 1.1) * inside + 0.05 * field.cytoplasm


# ---- cytoskeleton -----------------------------------------------------------------------------


@_paints("Intermediate filaments")
def intermediate_filaments(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    cell, angle, station = anatomy.in_cytoplasm(rng, 38, 1.03, 1.7, crowding=1.6)
    along = np.linspace(-1, 1, 32, dtype=np.float32)
    span, drift, sway, pace, phase = (
        rng.uniform(low, high, (cell.size, 1)).astype(np.float32)
        for low, high in ((0.3, 1.0), (-0.25, 0.25), (0.02, 0.10), (5, 11), (0, TURN))
    )
    wiggle = np.sin(pace * along + phase)
    path = field.locate(
        cell[:, None],
        (angle[:, None] + span * along + 0.06 * wiggle).astype(np.float32),
        np.clip(station[:, None] + drift * along + sway * wiggle, 1.02, 1.9).astype(np.float32),
    )
    weight = rng.uniform(0.25, 0.75, (cell.size, 1))
    cage = filaments(field.shape, *path, 1.1 * field.unit, weight)
    return np.minimum(cage, 1.2) * field.cell * (1 - 0.5 * field.nucleus)


@_paints("Actin filaments")
def actin_filaments(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    cell = np.repeat(field.interphase, 17)
    across = rng.uniform(-0.95, 0.95, cell.size)
    along = np.linspace(-1, 1, 40)
    run = along * (np.sqrt(1 - across**2) * 1.1 * field.cells.axes[cell, 0])[:, None]
    lean = rng.normal(0, 0.05, (cell.size, 1)) * run
    rise = (across * field.cells.axes[cell, 1])[:, None] + lean
    x, y = anatomy.from_axis(cell[:, None], run, rise)
    middle_x, middle_y = (x[:, 1:] + x[:, :-1]) / 2, (y[:, 1:] + y[:, :-1]) / 2
    weight = rng.uniform(0.3, 0.9, (cell.size, 1)) * field.owned(cell[:, None], middle_x, middle_y)
    fibres = filaments(field.shape, x, y, 1.0 * field.unit, weight)
    cortex = 0.55 * np.exp(-((field.depth / (1.8 * field.thin)) ** 2))
    return np.minimum(fibres, 1.1) * field.soft(field.depth) + cortex * field.cell


@_paints("Focal adhesion sites")
def focal_adhesion_sites(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    cell = np.repeat(field.interphase, 24)
    angle = rng.uniform(0, TURN, cell.size)
    outer = rng.uniform(1.8, 1.97, cell.size)
    x1, y1 = field.locate(cell, angle, outer)
    dx, dy = field.cells.x[cell] - x1, field.cells.y[cell] - y1
    length = rng.uniform(5, 10, cell.size) * field.unit / np.hypot(dx, dy)
    along = np.linspace(0, 1, 10) * length[:, None]
    x, y = x1[:, None] + along * dx[:, None], y1[:, None] + along * dy[:, None]
    plaques = filaments(field.shape, x, y, 1.4 * field.unit)
    return np.minimum(plaques, 1.2) + 0.10 * field.cytoplasm


@_paints("Microtubules")
def microtubules(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    return anatomy.microtubules + 0.7 * anatomy.spindle


@_paints("Microtubule ends")
def microtubule_ends(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    x, y = anatomy.microtubule_paths
    end = rng.integers(8, x.shape[1], len(x))
    end[rng.random(end.size) < 0.4] = x.shape[1] - 1
    tip_x, tip_y = (np.take_along_axis(at, end[:, None], 1) for at in (x, y))
    back_x, back_y = (np.take_along_axis(at, end[:, None] - 2, 1) for at in (x, y))
    dx, dy = back_x - tip_x, back_y - tip_y
    length = 6 * field.unit / np.maximum(np.hypot(dx, dy), 1e-3)
    along = np.linspace(0, 1, 9) * length
    taper = np.linspace(1, 0.1, 8)
    comets = filaments(field.shape, tip_x + along * dx, tip_y + along * dy, field.unit, taper)
    return np.minimum(comets, 1.2) * field.cell * (1 - 0.6 * field.nucleus)


@_paints("Cytokinetic bridge")
def cytokinetic_bridge(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    x, y = anatomy.bridge_paths
    taper = np.sin(np.linspace(0.15, np.pi - 0.15, x.shape[1] - 1))
    line = filaments(field.shape, x, y, 1.3 * field.unit, taper)
    midbody = dots(field.shape, x[:, 12], y[:, 12], 2.3 * field.unit)
    return np.minimum(line + midbody, 1.3) + 0.08 * field.cytoplasm


@_paints("Mitotic spindle")
def mitotic_spindle(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    return anatomy.spindle + 0.12 * field.cell


@_paints("Microtubule organizing center")
def microtubule_organizing_center(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    x, y = anatomy.organizer
    core = dots(field.shape, x, y, 3.0 * field.unit, 0.7)
    near = np.repeat(np.arange(x.size), 14)
    spread = rng.normal(0, 5.0, (2, near.size)) * field.unit
    satellites = dots(field.shape, x[near] + spread[0], y[near] + spread[1], field.unit, 0.7)
    poles = dots(field.shape, *anatomy.spindle_poles, 2.5 * field.unit)
    return np.minimum(core + satellites + poles, 1.2) + 0.07 * field.cytoplasm


@_paints("Centrosome")
def centrosome(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    x, y = (np.repeat(at, 2) for at in anatomy.organizer)
    angle = np.repeat(rng.uniform(0, TURN, x.size // 2), 2)
    side = np.tile([-1.0, 1.0], x.size // 2) * rng.uniform(1.3, 2.2, x.size) * field.unit
    x, y = x + side * np.cos(angle), y + side * np.sin(angle)
    pole_x, pole_y = anatomy.spindle_poles
    x, y = np.r_[x, pole_x], np.r_[y, pole_y]
    return dots(field.shape, x, y, 1.35 * field.unit, 1.3)


# ---- membranes and junctions ------------------------------------------------------------------


@_paints("Plasma membrane")
def plasma_membrane(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    line = np.exp(-((field.depth / (1.7 * field.thin)) ** 2))
    ruffles = 0.45 * np.exp(-np.maximum(field.depth, 0) / (5 * field.unit)) * field.cell
    patches = np.clip(1 + 0.35 * smooth_noise(rng, field.shape, 14 * field.unit), 0.35, 1.6)
    grain = np.clip(1 + 0.4 * smooth_noise(rng, field.shape, 3 * field.unit), 0, 2)
    return 0.85 * line * patches + (0.5 * ruffles + 0.15 * field.cell) * grain


@_paints("Cell junctions")
def cell_junctions(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    line = np.exp(-((field.depth / (1.5 * field.thin)) ** 2)) * blur(
        field.contact.astype(np.float32), field.thin
    )
    beads = np.clip(0.8 + 0.45 * smooth_noise(rng, field.shape, 6 * field.unit), 0.15, 1.5)
    return line * beads + 0.06 * field.cytoplasm


# ---- cytoplasm --------------------------------------------------------------------------------


@_paints("Mitochondria")
def mitochondria(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    cell, angle, station = anatomy.in_cytoplasm(rng, 55, 1.06, 1.85, crowding=1.5)
    x, y = field.locate(cell, angle, station)
    heading = angle + np.where(rng.random(cell.size) < 0.6, 0, np.pi / 2)
    heading += rng.normal(0, 0.5, cell.size)
    length = rng.uniform(3, 10, (cell.size, 1)) * field.unit
    along = np.linspace(-1, 1, 12)
    bend = rng.normal(0, 0.35, (cell.size, 1)) * along**2
    cos, sin = np.cos(heading)[:, None], np.sin(heading)[:, None]
    x = x[:, None] + length * (along * cos - bend * sin)
    y = y[:, None] + length * (along * sin + bend * cos)
    weight = rng.uniform(0.5, 0.95, (cell.size, 1))
    threads = filaments(field.shape, x, y, 1.35 * field.unit, weight)
    return np.minimum(threads, 1.2) * field.cell * (1 - 0.9 * field.nucleus)


@_paints("Aggresome")
def aggresome(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    x, y = anatomy.organizer
    cell = field.interphase
    radius = rng.uniform(5.5, 8.5, x.size) * field.unit
    away = 0.6 * radius
    x = x + away * np.cos(anatomy.organizer_angle[cell])
    y = y + away * np.sin(anatomy.organizer_angle[cell])
    turn = rng.uniform(0, TURN, (3, x.size))
    x = (x + 0.55 * radius * np.cos(turn)).ravel()
    y = (y + 0.55 * radius * np.sin(turn)).ravel()
    lumps = discs(field.shape, x, y, np.tile(0.8 * radius, 3))
    lumps = np.minimum(lumps, 1) * np.clip(
        0.9 + 0.2 * smooth_noise(rng, field.shape, 5 * field.unit), 0.4, 1.3
    )
    return lumps * field.cell * (1 - field.nucleus) + 0.09 * field.cytoplasm


@_paints("Cytosol")
def cytosol(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    grain = 1 + 0.1 * smooth_noise(rng, field.shape, 4 * field.unit)
    grain += 0.1 * smooth_noise(rng, field.shape, 25 * field.unit)
    thickness = 0.8 - 0.35 * field.station
    return field.cytoplasm * thickness * np.maximum(grain, 0) + 0.14 * field.nucleus


@_paints("Cytoplasmic bodies")
def cytoplasmic_bodies(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    x, y = field.locate(*anatomy.in_cytoplasm(rng, 9, 1.12, 1.8))
    bodies = discs(field.shape, x, y, rng.uniform(2.2, 3.2, x.size) * field.unit)
    return np.minimum(bodies, 1.1) + 0.15 * field.cytoplasm


@_paints("Rods & rings")
def rods_and_rings(anatomy: Anatomy, rng: np.random.Generator) -> np.ndarray:
    field = anatomy.field
    x, y = field.locate(*anatomy.in_cytoplasm(rng, 4, 1.15, 1.75))
    ring = np.arange(x.size) % 2 == 0
    hoops = rings(
        field.shape,
        x[ring],
        y[ring],
        rng.uniform(4, 5.5, ring.sum()) * field.unit,
        1.1 * field.unit,
    )
    x, y = x[~ring, None], y[~ring, None]
    heading = rng.uniform(0, TURN, x.shape)
    along = np.linspace(-1, 1, 24) * rng.uniform(7, 12, x.shape) * field.unit
    rods = filaments(
        field.shape, x + along * np.cos(heading), y + along * np.sin(heading), 1.3 * field.unit
    )
    return np.minimum(hoops + rods, 1.2) + 0.06 * field.cytoplasm
