"""Distance measures: position of each stain between the nucleus and the border of the cell."""

from __future__ import annotations

import numpy as np

from ._numbers import STEP, log_ratio, mean_of
from ._scene import Scene

N_RINGS = 5
#: Edges of the distance bins, in pixels.
FROM_BORDER = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, np.inf)
FROM_NUCLEUS = (-np.inf, -16, -12, -8, -6, -4, -2, 0, 2, 4, 6, 8, 12, 16, 24, np.inf)


def measure_distance(scene: Scene) -> dict[str, float]:
    """Measure mean distances of the light, brightness of rings, and profiles of distance."""
    distances = {"border": scene.within("cell", scene.from_border)}
    if scene.from_nucleus is not None:
        distances["nucleus"] = scene.within("cell", scene.from_nucleus)
    reach = max(distances["border"].max(initial=0.0), 1.0)
    found = {}
    for channel in scene.planes:
        light = scene.brightness(channel, "cell")
        for origin, distance in distances.items():
            prefix = f"{channel}_cell_distance_from_{origin}"
            mean, spread = _centre(light, distance / reach)
            found[prefix] = mean - mean_of(distance) / reach
            found[f"{prefix}_spread"] = spread
        for ring, (region, position) in _rings(scene).items():
            found |= _brightness_by_ring(
                f"{channel}_{ring}", scene.brightness(channel, region), position
            )
    return found | _profiles(scene, distances)


def _centre(light: np.ndarray, distance: np.ndarray) -> tuple[float, float]:
    """Return mean and standard deviation of the distance, weighted by the light."""
    total = light.sum()
    if total <= 0:
        return mean_of(distance), 0.0
    mean = light @ distance / total
    return float(mean), float(np.sqrt(light @ (distance - mean) ** 2 / total))


def _rings(scene: Scene) -> dict[str, tuple[str, np.ndarray]]:
    """Return the region of each set of rings, and the position of each pixel, from 0 to 1.

    In the cytoplasm, the position is 0 at the nucleus and 1 at the border of the cell. In the
    nucleus, it is 0 at the border and 1 in the middle. Without a nucleus, it is 0 at the border of
    the cell and 1 in the middle.
    """
    if scene.from_nucleus is None:
        depth = scene.within("cell", scene.from_border)
        return {"cell_ring": ("cell", depth / max(depth.max(initial=0.0), 1.0))}
    out = np.maximum(scene.within("cytoplasm", scene.from_nucleus), 0)
    rest = scene.within("cytoplasm", scene.from_border)
    depth = np.maximum(-scene.within("nucleus", scene.from_nucleus), 0)
    return {
        "cytoplasm_ring": ("cytoplasm", out / np.maximum(out + rest, 1.0)),
        "nucleus_ring": ("nucleus", depth / max(depth.max(initial=0.0), 1.0)),
    }


def _brightness_by_ring(prefix: str, light: np.ndarray, position: np.ndarray) -> dict[str, float]:
    """Measure each ring's brightness relative to the mean, and its variation."""
    bins = np.minimum((position * N_RINGS).astype(int), N_RINGS - 1)
    count, mean = _means(light, bins, N_RINGS)
    _, square = _means(light * light, bins, N_RINGS)
    spread = np.sqrt(np.maximum(square - mean**2, 0))
    overall = mean_of(light)
    mean = np.where(count > 0, mean, overall)
    found = {}
    for k in range(N_RINGS):
        found[f"{prefix}{k}_over_mean"] = float(log_ratio(mean[k], overall))
        found[f"{prefix}{k}_variation"] = float(spread[k] / (mean[k] + STEP))
    return found


def _profiles(scene: Scene, distances: dict[str, np.ndarray]) -> dict[str, float]:
    """Measure brightness by distance relative to the cell, and protein relative to each stain."""
    found = {}
    for origin, edges in (("border", FROM_BORDER), ("nucleus", FROM_NUCLEUS)):
        if origin not in distances:
            continue
        n_bins = len(edges) - 1
        bins = np.digitize(distances[origin], edges[1:-1])
        profiles = {}
        for channel in scene.planes:
            light = scene.brightness(channel, "cell")
            count, mean = _means(light, bins, n_bins)
            overall = mean_of(light)
            profiles[channel] = log_ratio(np.where(count > 0, mean, overall), overall)
        for channel, profile in profiles.items():
            beyond = profiles[scene.protein] - profile
            for k, edge in enumerate(edges[1:]):
                # A bin is named by its outer edge, such as "under_4px"; the last is "beyond_32px".
                at = f"{origin}_{_edge_name(edge, edges[k])}"
                found[f"{channel}_cell_{at}"] = float(profile[k])
                if channel != scene.protein:
                    found[f"{scene.protein}_over_{channel}_cell_{at}"] = float(beyond[k])
    return found


def _edge_name(outer: float, inner: float) -> str:
    if np.isinf(outer):
        return f"beyond_{inner:g}px"
    return f"under_{outer:g}px".replace("-", "minus")


def _means(values: np.ndarray, bins: np.ndarray, n_bins: int) -> tuple[np.ndarray, np.ndarray]:
    count = np.bincount(bins, minlength=n_bins)
    return count, np.bincount(bins, weights=values, minlength=n_bins) / np.maximum(count, 1)
