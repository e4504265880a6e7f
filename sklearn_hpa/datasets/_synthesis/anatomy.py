"""Structures that every synthetic cell has: nucleoli, chromatin, microtubules, ER.

The three reference stains show these structures. The pattern of a protein follows them if its label
requires it: the label "Microtubules" in green coincides with the microtubules in red.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from .cells import N_ANGLES, CellField
from .strokes import blur, discs, dots, filaments, smooth_noise

TURN = 2 * np.pi


class Anatomy:
    """The structures of the cells in one field of view, each rendered once, on first access.

    Canvases are float32 (H, W), about 1 where a structure is bright, without noise.
    """

    def __init__(self, field: CellField, rng: np.random.Generator):
        self.field = field
        seeds = rng.spawn(4)
        self._nucleolar_rng, self._chromatin_rng, self._filament_rng, self._reticulum_rng = seeds
        self.organizer_angle = rng.uniform(0, TURN, len(field.cells)).astype(np.float32)
        self.organizer_station = rng.uniform(1.12, 1.3, len(field.cells)).astype(np.float32)

    # ---- random positions ---------------------------------------------------------------------

    def in_cytoplasm(
        self,
        rng: np.random.Generator,
        per_cell: int,
        nearest: float = 1.08,
        farthest: float = 1.92,
        crowding: float = 1.0,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return positions (cell, angle, station) spread over the area of the cytoplasm.

        ``crowding`` above 1 shifts them towards the nucleus.
        """
        field, cells = self.field, self.field.interphase
        inner, outer = field.radii(cells)
        share = np.cumsum(outer**2 - inner**2, 1)
        share /= share[:, -1:]
        uniform = rng.random((len(cells), per_cell))
        sector = (uniform[:, :, None] > share[:, None]).sum(2)
        angle = (sector + rng.random(sector.shape)) * (TURN / N_ANGLES)
        ratio = np.take_along_axis(inner / outer, np.minimum(sector, N_ANGLES - 1), 1)
        radius = np.sqrt(ratio**2 + rng.random(sector.shape) ** crowding * (1 - ratio**2))
        depth = (radius - ratio) / (1 - ratio)
        station = nearest + depth * (farthest - nearest)
        return np.repeat(cells, per_cell), angle.ravel(), station.ravel()

    def in_nucleus(
        self, rng: np.random.Generator, per_cell: int, farthest: float = 0.85
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return positions (cell, angle, station) spread over the area of the nuclei."""
        cell = np.repeat(self.field.interphase, per_cell)
        station = farthest * np.sqrt(rng.random(cell.size))
        return cell, rng.uniform(0, TURN, cell.size), station

    def near_organizer(
        self,
        rng: np.random.Generator,
        per_cell: int,
        spread: float,
        nearest: float,
        farthest: float,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return positions (cell, angle, station) on the organizer's side of the nucleus."""
        cell = np.repeat(self.field.interphase, per_cell)
        angle = self.organizer_angle[cell] + rng.normal(0, spread, cell.size)
        return cell, angle, rng.uniform(nearest, farthest, cell.size)

    @cached_property
    def organizer(self) -> tuple[np.ndarray, np.ndarray]:
        """Pixel coordinates of the microtubule organizing centre of each interphase cell."""
        cell = self.field.interphase
        return self.field.locate(cell, self.organizer_angle[cell], self.organizer_station[cell])

    @cached_property
    def interphase(self) -> np.ndarray:
        """1 over interphase cells, 0 over mitotic cells."""
        return self.field.per_cell(~self.field.cells.mitotic)

    # ---- nucleus ------------------------------------------------------------------------------

    @cached_property
    def nucleolar_sites(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """x, y and radius in pixels of the nucleoli, two to four per interphase nucleus."""
        rng, field = self._nucleolar_rng, self.field
        cells = field.interphase
        cell = np.repeat(cells, rng.integers(2, 5, len(cells)))
        angle = rng.uniform(0, TURN, cell.size)
        x, y = field.locate(cell, angle, np.sqrt(rng.uniform(0.04, 0.4, cell.size)))
        nuclear_radius = np.sqrt(field.cells.nuclear_axes.prod(1))[cell]
        return x, y, nuclear_radius * rng.uniform(0.13, 0.25, cell.size)

    @cached_property
    def nucleoli(self) -> np.ndarray:
        """Nucleoli as irregular blobs: two overlapping discs at each site."""
        x, y, radius = self.nucleolar_sites
        rng = self._nucleolar_rng
        angle = rng.uniform(0, TURN, x.size)
        x2, y2 = x + 0.8 * radius * np.cos(angle), y + 0.8 * radius * np.sin(angle)
        blobs = discs(self.field.shape, np.r_[x, x2], np.r_[y, y2], np.r_[radius, 0.7 * radius])
        return blur(np.minimum(blobs, 1), 0.7 * self.field.unit) * self.field.nucleus

    @cached_property
    def nucleoplasm(self) -> np.ndarray:
        """The interphase nucleus without its nucleoli and without texture."""
        return self.field.nucleus * self.interphase * (1 - 0.85 * self.nucleoli)

    @cached_property
    def chromatin(self) -> np.ndarray:
        """DNA: mottled in interphase, a bright plate in metaphase, thin in the nucleoli."""
        field, rng = self.field, self._chromatin_rng
        texture = 0.15 * smooth_noise(rng, field.shape, 12 * field.unit)
        texture += 0.10 * smooth_noise(rng, field.shape, 5 * field.unit)
        brightness = field.per_cell(np.where(field.cells.mitotic, 1.25, 0.72))
        brightness = brightness * np.clip(1 + texture, 0.5, 1.5)
        return field.nucleus * brightness * (1 - 0.6 * self.nucleoli)

    # ---- cytoplasm ----------------------------------------------------------------------------

    @cached_property
    def microtubule_paths(self) -> tuple[np.ndarray, np.ndarray]:
        """x and y (n, m) of filaments that start at the organizer and bend around the nucleus."""
        rng, field = self._filament_rng, self.field
        per_cell, points = 56, 26
        cell = np.repeat(field.interphase, per_cell)
        anchored = np.tile(np.arange(per_cell) < per_cell // 2, len(field.interphase))

        def uniform(low, high):
            return rng.uniform(low, high, (cell.size, 1)).astype(np.float32)

        along = np.linspace(0, 1, points, dtype=np.float32)
        wave = uniform(-0.1, 0.1) * np.sin(along * uniform(4, 11))
        start = np.where(anchored, self.organizer_angle[cell], rng.uniform(0, TURN, cell.size))
        reach = np.where(anchored, 0.95 * np.pi, 0.9)[:, None]
        sweep = (reach * uniform(-1, 1)).astype(np.float32)
        angle = start.astype(np.float32)[:, None] + sweep * along ** uniform(0.55, 1) + wave
        begin = np.where(
            anchored[:, None], self.organizer_station[cell][:, None], uniform(1.05, 1.5)
        )
        station = begin + (uniform(1.5, 2.0) - begin) * along ** uniform(0.55, 1.3)
        return field.locate(cell[:, None], angle, station)

    @cached_property
    def spindle(self) -> np.ndarray:
        """The spindle of each mitotic cell: fibres between two poles across the plate."""
        field, rng = self.field, self._filament_rng
        cell = np.repeat(np.flatnonzero(field.cells.mitotic), 44)
        if cell.size == 0:
            return np.zeros(field.shape, np.float32)
        half_length = field.cells.axes[cell, 0] * 0.62
        bulge = field.cells.axes[cell, 1] * rng.uniform(-0.42, 0.42, cell.size)
        along = np.linspace(-1, 1, 32)
        run = half_length[:, None] * along
        rise = bulge[:, None] * (1 - np.abs(along) ** 1.6)
        x, y = self.from_axis(cell[:, None], run, rise)
        fibres = filaments(field.shape, x, y, 0.8 * field.unit, 0.3)
        poles = dots(field.shape, *self.spindle_poles, 2.2 * field.unit, 0.8)
        return np.minimum(fibres + poles, 1.3)

    @cached_property
    def spindle_poles(self) -> tuple[np.ndarray, np.ndarray]:
        cell = np.repeat(np.flatnonzero(self.field.cells.mitotic), 2)
        side = np.tile([-0.62, 0.62], cell.size // 2)
        return self.from_axis(cell, side * self.field.cells.axes[cell, 0], 0)

    def from_axis(
        self, cell: np.ndarray, along: np.ndarray, across: np.ndarray | float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return pixel coordinates of points given along and across the long axes of the cells."""
        cos, sin = np.cos(self.field.cells.tilt[cell]), np.sin(self.field.cells.tilt[cell])
        x = self.field.cells.x[cell] + along * cos - across * sin
        return x, self.field.cells.y[cell] + along * sin + across * cos

    @cached_property
    def bridge_paths(self) -> tuple[np.ndarray, np.ndarray]:
        """x and y (n, 25) of the cytokinetic bridges, from inside one daughter to the other."""
        field = self.field
        one, two = field.cells.bridges.T
        along = np.linspace(0.2, 0.8, 25)
        x, y = field.cells.x, field.cells.y
        dx, dy = (x[two] - x[one])[:, None], (y[two] - y[one])[:, None]
        sag = 0.05 * np.sin(np.pi * along)
        return (
            x[one][:, None] + along * dx - sag * dy,
            y[one][:, None] + along * dy + sag * dx,
        )

    @cached_property
    def microtubules(self) -> np.ndarray:
        field = self.field
        x, y = self.microtubule_paths
        rng = self._filament_rng
        weight = rng.uniform(0.2, 0.6, (len(x), 1)).astype(np.float32)
        canvas = filaments(field.shape, x, y, 0.75 * field.unit, weight)
        canvas *= field.cell * (1 - 0.75 * field.nucleus)
        if len(field.cells.bridges):
            canvas += filaments(field.shape, *self.bridge_paths, 1.3 * field.unit, 0.9)
        return np.minimum(canvas, 1.2)

    @cached_property
    def reticulum(self) -> np.ndarray:
        """The endoplasmic reticulum: a network, dense near the nucleus, sparse at the periphery."""
        field, rng = self.field, self._reticulum_rng
        lace = 1 - np.abs(smooth_noise(rng, field.shape, 7 * field.unit))
        lace += 0.5 * smooth_noise(rng, field.shape, 3 * field.unit)
        patches = 1 + 0.2 * smooth_noise(rng, field.shape, 30 * field.unit)
        thinning = np.exp(-1.7 * field.station)
        envelope = np.exp(-((field.nuclear_depth / (1.8 * field.unit)) ** 2))
        haze = np.clip(0.45 + 0.4 * lace, 0.05, 1.4) * patches * thinning * field.cytoplasm
        return np.maximum(haze, 0) + 0.3 * envelope * field.cell * self.interphase

    # ---- reference stains ---------------------------------------------------------------------

    def stains(self) -> dict[str, np.ndarray]:
        """Return the reference stains: red microtubules, blue nucleus, yellow ER."""
        field = self.field
        haze = field.cytoplasm * (0.16 - 0.10 * field.station)
        red = self.microtubules + self.spindle + haze
        return {"red": red, "blue": self.chromatin, "yellow": self.reticulum}
