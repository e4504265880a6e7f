"""Shapes of the cells in a synthetic field of view: membranes and nuclei.

Shapes are computed from an analytic distance, which is faster than distance transforms. For each
cell, ``q`` is a stretched distance that is 1 on the free outline. Each pixel belongs to the cell
with the smallest ``q``, so crowded cells form a tessellation and isolated cells keep their own
outline. Sine waves distort the plane, which makes the outlines irregular.

Lengths are in units of 1/24 of a typical nuclear radius, so cells look the same at every image
size. A position in a cell is given by an angle around the nuclear centre and a *station*: 0 is the
centre, 1 is the nuclear envelope, 2 is the plasma membrane.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

N_ANGLES = 48
N_RADII = 28
UNITS_PER_NUCLEAR_RADIUS = 24
NUCLEAR_RADIUS_PER_SPACING = 0.21

#: Amplitude, shortest and longest wavelength (in half cell spacings) of the waves that distort
#: cells. Nuclei are distorted by the swells only.
_SWELLS = ((0.07, 1.5, 2.6),) * 3
_RIPPLES = ((0.03, 0.45, 0.8),) * 2


@dataclass(frozen=True)
class Cells:
    """The shapes of n cells, with lengths in pixels and angles in radians.

    Attributes
    ----------
    x, y : arrays of shape (n,)
        Centres of the nuclei on the image.
    tilt : array of shape (n,)
        Direction of the first semi-axis of a cell and of its nucleus.
    axes, nuclear_axes : arrays of shape (n, 2)
        Semi-axes along and across ``tilt``. For a mitotic cell, ``nuclear_axes`` describe its
        metaphase plate.
    pointed : array of shape (n,)
        Shape of the outline, from 0 (oval) to 1 (diamond).
    mitotic : bool array of shape (n,)
        Whether the cell is in mitosis.
    bridges : int array of shape (n_bridges, 2)
        The pairs of daughter cells that are joined by a cytokinetic bridge.
    waves : array of shape (n_waves, 5)
        Wave vector (x, y), phase and displacement (x, y) of each wave that distorts the plane.
    unit : float
        1/24 of a typical nuclear radius.
    """

    x: np.ndarray
    y: np.ndarray
    tilt: np.ndarray
    axes: np.ndarray
    nuclear_axes: np.ndarray
    pointed: np.ndarray
    mitotic: np.ndarray
    bridges: np.ndarray
    waves: np.ndarray
    unit: float

    def __len__(self) -> int:
        return len(self.x)


class CellMetric:
    """The stretched distances of cells at image points, given by float32 arrays ``x`` and ``y``."""

    def __init__(self, cells: Cells, x: np.ndarray, y: np.ndarray):
        self.cells = cells
        swells, ripples = np.split(cells.waves, [len(_SWELLS)])
        self._nuclear_centres = _bend(swells, cells.x, cells.y, cells.x, cells.y)
        self._centres = _bend(ripples, cells.x, cells.y, *self._nuclear_centres)
        self._nuclear_points = _bend(swells, x, y, x, y)
        self._points = _bend(ripples, x, y, *self._nuclear_points)

    def outline(self, cell: int | np.integer) -> np.ndarray:
        """Return ``q``, which is 1 on the free outline of the cell and less inside."""
        along, across = self._in_frame(cell, self._points, self._centres, self.cells.axes)
        oval = np.sqrt(along * along + across * across)
        if self.cells.pointed[cell] == 0:
            return oval
        diamond = np.abs(along) + np.abs(across)
        return oval + self.cells.pointed[cell] * (diamond - oval)

    def nucleus(self, cell: np.ndarray) -> np.ndarray:
        """Return a distance that is 1 on the envelope of the nucleus of ``cell``, less inside.

        ``cell`` is an int array with one cell per point.
        """
        along, across = self._in_frame(
            cell, self._nuclear_points, self._nuclear_centres, self.cells.nuclear_axes
        )
        return np.sqrt(along * along + across * across)

    def _in_frame(self, cell, points, centres, axes) -> tuple[np.ndarray, np.ndarray]:
        x, y = points[0] - centres[0][cell], points[1] - centres[1][cell]
        cos, sin = np.cos(self.cells.tilt), np.sin(self.cells.tilt)
        along = x * (cos / axes[:, 0])[cell] + y * (sin / axes[:, 0])[cell]
        across = y * (cos / axes[:, 1])[cell] - x * (sin / axes[:, 1])[cell]
        return along, across


def _bend(waves, x, y, bent_x, bent_y) -> tuple[np.ndarray, np.ndarray]:
    """Displace points ``bent_x``, ``bent_y`` by the waves at the image positions ``x``, ``y``.

    ``x`` and ``y`` are broadcast. For a grid, the sines are computed along its sides only.
    """
    for kx, ky, phase, push_x, push_y in waves:
        a, b = kx * x + phase, ky * y
        wave = np.sin(a) * np.cos(b)
        wave += np.cos(a) * np.sin(b)
        bent_x, bent_y = bent_x + push_x * wave, bent_y + push_y * wave
    return bent_x, bent_y


def make_cells(
    rng: np.random.Generator,
    shape: tuple[int, int],
    n_cells: int,
    *,
    n_mitotic: int = 0,
    n_bridges: int = 0,
    confluent: bool = False,
) -> Cells:
    """Scatter cells over a field of view: mitotic cells, then pairs of daughters, then others.

    For each cell, twelve random positions are tried, and the one farthest from the earlier cells is
    used. Dividing cells are round and keep a distance from the border of the image.
    """
    height, width = shape
    spacing = np.sqrt(height * width / n_cells)
    n_dividing = n_mitotic + 2 * n_bridges
    daughters = np.arange(n_mitotic, n_dividing)
    daughter_size = spacing * rng.uniform(0.27, 0.31, n_bridges)
    heading = rng.uniform(0, np.pi, n_bridges)

    centres = np.empty((0, 2))
    for site in range(n_cells - n_bridges):
        pair = site - n_mitotic
        is_pair = 0 <= pair < n_bridges
        inset = 0.32 if is_pair else 0.22 if pair < 0 else 0.06
        candidates = rng.uniform(inset, 1 - inset, (12, 2)) * (width, height)
        gaps = np.linalg.norm(candidates[:, None] - centres, axis=2).min(1, initial=np.inf)
        best = candidates[np.argmax(gaps)]
        if is_pair:
            arm = (
                1.28
                * daughter_size[pair]
                * np.array([np.cos(heading[pair]), np.sin(heading[pair])])
            )
            centres = np.vstack([centres, best - arm, best + arm])
        else:
            centres = np.vstack([centres, best])

    crowding = rng.uniform(1.35, 1.6) if confluent else rng.uniform(0.8, 1.4)
    radius = 0.5 * spacing * crowding * rng.uniform(0.88, 1.12, n_cells)
    stretch = rng.uniform(1.0, 1.5) * rng.uniform(0.9, 1.35, n_cells)
    tilt = rng.uniform(0, np.pi) + rng.normal(0, 0.6, n_cells)
    nuclear_radius = NUCLEAR_RADIUS_PER_SPACING * spacing * rng.uniform(0.85, 1.12, n_cells)
    nuclear_stretch = 1 + (stretch - 1) * rng.uniform(0.3, 0.8, n_cells)
    pointed = np.full(n_cells, rng.uniform(0, 0.75))
    pointed[:n_dividing] = 0

    mitotic = np.arange(n_cells) < n_mitotic
    radius[mitotic] = spacing * rng.uniform(0.34, 0.4, n_mitotic)
    stretch[mitotic] = 1
    axes = radius[:, None] * stretch[:, None] ** (0.5, -0.5)
    nuclear_axes = nuclear_radius[:, None] * nuclear_stretch[:, None] ** (0.5, -0.5)
    nuclear_axes = np.minimum(nuclear_axes, 0.68 * axes)
    nuclear_axes[mitotic] = radius[mitotic, None] * (0.17, 0.56)
    axes[daughters] = np.repeat(daughter_size, 2)[:, None] * (0.95, 1.1)
    nuclear_axes[daughters] = np.repeat(daughter_size, 2)[:, None] * (0.42, 0.58)
    tilt[daughters] = np.repeat(heading, 2)

    amplitude, shortest, longest = np.array(_SWELLS + _RIPPLES).T * (spacing / 2)
    number = 2 * np.pi / rng.uniform(shortest, longest)
    towards, phase, push = rng.uniform(0, 2 * np.pi, (3, len(number)))
    waves = np.stack(
        [
            number * np.cos(towards),
            number * np.sin(towards),
            phase,
            amplitude * np.cos(push),
            amplitude * np.sin(push),
        ],
        axis=1,
    )
    return Cells(
        x=centres[:, 0].astype(np.float32),
        y=centres[:, 1].astype(np.float32),
        tilt=tilt.astype(np.float32),
        axes=axes.astype(np.float32),
        nuclear_axes=nuclear_axes.astype(np.float32),
        pointed=pointed.astype(np.float32),
        mitotic=mitotic,
        bridges=daughters.reshape(-1, 2),
        waves=waves.astype(np.float32),
        unit=float(NUCLEAR_RADIUS_PER_SPACING * spacing / UNITS_PER_NUCLEAR_RADIUS),
    )


class CellField:
    """The cells on the pixels of an image.

    Attributes
    ----------
    unit, thin : float
        The unit of length in pixels; ``thin`` has a minimum, so that membranes stay visible.
    owner : int array (H, W)
        The cell whose territory contains the pixel, also outside the cell's outline.
    depth, nuclear_depth : float32 arrays (H, W)
        Distance in pixels to the plasma membrane and to the nuclear envelope, positive inside.
        These are first-order estimates, accurate near the membrane.
    station : float32 array (H, W)
        0 in the nucleus. In the cytoplasm, from 0 at the envelope to 1 at the plasma membrane.
    contact : bool array (H, W)
        True where the nearest membrane is shared with a neighbour.
    cell, nucleus, cytoplasm : float32 arrays (H, W)
        Soft masks from 0 to 1.
    """

    def __init__(self, cells: Cells, shape: tuple[int, int]):
        self.cells, self.shape, self.unit = cells, shape, cells.unit
        self.thin = max(cells.unit, 0.6)
        height, width = shape
        metric = CellMetric(
            cells,
            np.arange(width, dtype=np.float32)[None],
            np.arange(height, dtype=np.float32)[:, None],
        )
        nearest = np.full(shape, np.inf, np.float32)
        second = nearest
        self.owner = np.zeros(shape, np.intp)
        for cell in range(len(cells)):
            q = metric.outline(cell)
            np.copyto(self.owner, cell, where=q < nearest)
            second = np.minimum(second, np.maximum(q, nearest))
            nearest = np.minimum(nearest, q)
        free, shared = 1 - nearest, 0.5 * (second - nearest)
        self.contact = shared < free
        self.depth = _in_pixels(np.minimum(free, shared))
        self.nuclear_depth = _in_pixels(1 - metric.nucleus(self.owner))

        self.cell = self.soft(self.depth)
        self.nucleus = self.soft(self.nuclear_depth) * self.cell
        self.cytoplasm = self.cell - self.nucleus
        outside = np.maximum(-self.nuclear_depth, 0)
        self.station = outside / (outside + np.maximum(self.depth, 0) + np.float32(1e-3))
        self._envelope_radius, self._membrane_radius = self._follow_rays()

    def soft(self, depth: np.ndarray) -> np.ndarray:
        """Return a mask from a distance, with an edge about two units wide."""
        return np.clip(depth * (0.5 / max(self.unit, 0.5)) + 0.5, 0, 1)

    def per_cell(self, values: np.ndarray) -> np.ndarray:
        """Return an image with one value per cell over its territory."""
        return np.asarray(values, np.float32)[self.owner]

    def owned(self, cell: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Tell whether points lie in the territory of ``cell``, extended beyond the image edge."""
        column = np.clip(x, 0, self.shape[1] - 1).astype(np.intp)
        row = np.clip(y, 0, self.shape[0] - 1).astype(np.intp)
        return self.owner[row, column] == cell

    @property
    def interphase(self) -> np.ndarray:
        """Numbers of the cells that are not in mitosis."""
        return np.flatnonzero(~self.cells.mitotic)

    def locate(
        self, cell: np.ndarray, angle: np.ndarray, station: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return pixel coordinates of positions given by cell, angle and station (0 to 2)."""
        turn = angle * np.float32(N_ANGLES / (2 * np.pi))
        before = np.floor(turn)
        share = turn - before
        before = before.astype(np.intp) % N_ANGLES
        after = (before + 1) % N_ANGLES
        inner, outer = (
            radius[cell, before] * (1 - share) + radius[cell, after] * share
            for radius in (self._envelope_radius, self._membrane_radius)
        )
        radius = np.minimum(station, 1) * inner + np.maximum(station - 1, 0) * (outer - inner)
        return (
            self.cells.x[cell] + radius * np.cos(angle),
            self.cells.y[cell] + radius * np.sin(angle),
        )

    def radii(self, cell: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return distances of envelope and membrane from the nuclear centre, each (n, N_ANGLES)."""
        return self._envelope_radius[cell], self._membrane_radius[cell]

    def _follow_rays(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the radii where rays from each nuclear centre cross the envelope and membrane."""
        cells, each = self.cells, np.arange(len(self.cells))
        angle = np.arange(N_ANGLES, dtype=np.float32) * np.float32(2 * np.pi / N_ANGLES)
        step = 1.3 * cells.axes.max(1)[:, None] / (N_RADII - 1)
        radius = (step * np.arange(N_RADII, dtype=np.float32))[:, None]
        metric = CellMetric(
            cells,
            cells.x[:, None, None] + np.cos(angle)[:, None] * radius,
            cells.y[:, None, None] + np.sin(angle)[:, None] * radius,
        )
        q = np.stack([metric.outline(cell) for cell in each])
        own = q[each, each]
        q[each, each] = np.inf
        outside = np.maximum(own - 1, 0.5 * (own - q.min(0)))
        outside_nucleus = metric.nucleus(each[:, None, None]) - 1
        envelope = step * _first_crossing(outside_nucleus)
        membrane = step * _first_crossing(outside)
        return envelope, np.maximum(membrane, envelope + 1)


def _in_pixels(metric: np.ndarray) -> np.ndarray:
    """Divide a field that is 0 on an outline by its gradient, as a first-order distance."""
    down, across = np.gradient(metric)
    slope = np.sqrt(down * down + across * across)
    return metric / np.maximum(slope, 0.25 * slope.mean())


def _first_crossing(rising: np.ndarray) -> np.ndarray:
    """Return the interpolated index where the last axis first exceeds 0, or its end if never."""
    above = rising > 0
    above[..., -1] = True
    after = np.maximum(above.argmax(-1), 1)[..., None]
    one = np.take_along_axis(rising, after - 1, -1)
    two = np.take_along_axis(rising, after, -1)
    share = np.clip(one / np.minimum(one - two, -1e-6), 0, 1)
    return (after - 1 + share)[..., 0].astype(np.float32)
