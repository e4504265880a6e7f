"""Synthetic images for the 28 subcellular locations of the 2018 set."""

from __future__ import annotations

import numbers
from collections.abc import Iterator
from itertools import islice
from typing import Literal

import numpy as np
import pandas as pd

from .._common.estimators import public_in
from .._images.inputs import HPA_CHANNELS
from .._labels.names import HPA_LABELS
from ._synthesis.anatomy import Anatomy
from ._synthesis.cells import CellField, make_cells
from ._synthesis.patterns import PATTERNS

#: Number of images of the 2018 training set with each label, by label number. The set has 31,072
#: images.
LABEL_COUNTS = (
    *(12885, 1254, 3621, 1561, 1858, 2513, 1008, 2822, 53, 45, 28, 1093, 688, 537),
    *(1066, 21, 530, 210, 902, 1482, 172, 3777, 802, 2965, 322, 8228, 328, 11),
)
#: Number of images of the 2018 training set with 1, 2, ... labels.
LABELS_PER_IMAGE_COUNTS = (15126, 12485, 3160, 299, 2)

SMALLEST_SIZE = 32
LARGEST_SIZE = 4096
MOST_CELLS = 500
_DARK_SHARE = 0.1
_UNSPECIFIC = np.float32(0.03)
_READ_NOISE_VARIANCE = np.float32(1.5)
_CHANCE_OF_STRAY_MITOSIS = 0.05

Size = int | tuple[int, int]


@public_in("sklearn_hpa.datasets")
def make_hpa_images(
    n_samples: int = 100,
    n_labels: int = 28,
    *,
    size: Size = 256,
    n_cells: int | tuple[int, int] = (3, 6),
    frequencies: Literal["uniform", "hpa"] = "uniform",
    random_state: int | np.random.RandomState | None = None,
) -> tuple[np.ndarray, pd.DataFrame]:
    """Make synthetic fluorescence images of cells, labelled with subcellular locations.

    Each image is a field of view of several cells in the four stains of the Human Protein Atlas.
    The protein channel is a mixture, with random weights, of the patterns of its labels. The images
    are meant for demonstrations, teaching and tests. Scores on them do not predict scores on real
    cells.

    Parameters
    ----------
    n_samples : int, default=100
        Number of images, at least 1.
    n_labels : int, default=28
        Number of labels, 1 to 28. The most frequent labels of the 2018 set are used.
    size : int or (int, int), default=256
        Side, or height and width, in pixels, from 32 to 4096. The size of the cells is proportional
        to the image: a larger image shows the same number of cells in more detail.
    n_cells : int or (int, int), default=(3, 6)
        Number of cells per image, or minimum and maximum of a random number, from 1 to 500. Some
        labels need more cells: a cytokinetic bridge and a cell junction join two cells, and a
        spindle mixed with other patterns needs another cell next to it.
    frequencies : {"uniform", "hpa"}, default="uniform"
        Frequency of the labels.

        - "uniform": all labels are equally frequent, to within one image. Every label occurs if
          ``n_samples >= n_labels``.
        - "hpa": frequencies are proportional to the counts of the 2018 training set, from 12,885
          images of Nucleoplasm to 11 of Rods & rings.

        In both cases, an image has 1 to 5 labels with the frequencies of that set (49 % have one,
        40 % two), or at most ``n_labels``. Co-occurrence of labels is random.
    random_state : int, RandomState instance or None, default=None
        Random seed. An int gives the same images in every call; a `RandomState` is advanced by the
        call; None uses fresh entropy from the operating system. NumPy's global random state is
        neither used nor changed.

    Returns
    -------
    images : uint8 array of shape (n_samples, height, width, 4)
        Images with the channels red (microtubules), green (the protein), blue (nucleus) and yellow
        (endoplasmic reticulum). As in the real set, some images are dark.
    y : DataFrame of shape (n_samples, n_labels)
        1 where an image has a label, else 0 (int64). The columns are the label names in the order
        of their numbers. The index, named "Id", is "synthetic00000", "synthetic00001", ... Every
        row has at least one label.

    Raises
    ------
    TypeError
        If a parameter has the wrong type.
    ValueError
        If a parameter is out of range.

    See Also
    --------
    sklearn_hpa.datasets.load_hpa : Read real images from a folder.

    Notes
    -----
    Image i depends on the seed, on i and on the other parameters, but not on ``n_samples``. A
    larger set therefore starts with the images of a smaller set.

    About 5 % of the images with more than three cells contain a mitotic cell, independent of their
    labels, as real images do.

    With "hpa", the labels of an image are chosen by systematic sampling [1]_, which gives every
    label its exact frequency among images with the same number of labels.

    References
    ----------
    .. [1] W. G. Madow, "On the theory of systematic sampling, II", The Annals of Mathematical
       Statistics 20(3), 333-354, 1949.

    Examples
    --------
    >>> from sklearn_hpa.datasets import make_hpa_images
    >>> images, y = make_hpa_images(20, n_labels=4, size=64, random_state=0)
    >>> images.shape, images.dtype
    ((20, 64, 64, 4), dtype('uint8'))
    >>> list(y.columns)
    ['Nucleoplasm', 'Nucleoli', 'Plasma membrane', 'Cytosol']
    >>> bool(y.sum(axis=1).min() >= 1), int(y.sum().max() - y.sum().min()) <= 1
    (True, True)
    """
    n_samples = _check_count("n_samples", n_samples, 1, None)
    n_labels = _check_count("n_labels", n_labels, 1, len(HPA_LABELS))
    shape = _check_pair("size", size, SMALLEST_SIZE, LARGEST_SIZE)
    fewest, most = _check_pair("n_cells", n_cells, 1, MOST_CELLS)
    if fewest > most:
        raise ValueError(f"Got n_cells={n_cells!r}, but expected (least, most) with least <= most.")
    if not isinstance(frequencies, str) or frequencies not in ("uniform", "hpa"):
        raise ValueError(
            f"Invalid parameter value: frequencies={frequencies!r}. "
            "Valid values are 'uniform' and 'hpa'."
        )
    entropy = _entropy(random_state)

    numbers_ = np.sort(np.argsort(LABEL_COUNTS)[::-1][:n_labels])
    names = [HPA_LABELS[number] for number in numbers_]
    if frequencies == "uniform":
        label_sets = _deal_labels(entropy, n_labels)
    else:
        label_sets = _sample_labels(entropy, np.array(LABEL_COUNTS)[numbers_])

    target = np.zeros((n_samples, n_labels), np.int64)
    images = np.empty((n_samples, *shape, len(HPA_CHANNELS)), np.uint8)
    for i, columns in enumerate(islice(label_sets, n_samples)):
        target[i, columns] = 1
        labels = [names[column] for column in np.sort(columns)]
        with np.errstate(under="ignore"):  # far from a cell, intensities underflow to 0
            images[i] = _make_image(_stream(entropy, "image", i), shape, labels, fewest, most)
    ids = pd.Index([f"synthetic{i:05d}" for i in range(n_samples)], name="Id")
    return images, pd.DataFrame(target, index=ids, columns=names)


# ---- labels -----------------------------------------------------------------------------------


def _deal_labels(entropy: int, n_labels: int) -> Iterator[np.ndarray]:
    """Yield labels from shuffled decks of all labels, one deck after the other."""
    deck: list[int] = []
    n_decks = 0
    for n_drawn in _label_numbers(entropy, n_labels):
        hand, deck = deck[:n_drawn], deck[n_drawn:]
        if len(hand) < n_drawn:
            fresh = _stream(entropy, "deck", n_decks).permutation(n_labels).tolist()
            n_decks += 1
            unlike = [label for label in fresh if label not in hand]
            taken = unlike[: n_drawn - len(hand)]
            deck = [label for label in fresh if label not in taken]
            hand += taken
        yield np.array(hand)


def _sample_labels(entropy: int, counts: np.ndarray) -> Iterator[np.ndarray]:
    """Yield labels in proportion to their counts, by systematic sampling in random order."""
    for i, n_drawn in enumerate(_label_numbers(entropy, len(counts))):
        rng = _stream(entropy, "labels", i)
        order = rng.permutation(len(counts))
        edges = np.cumsum(_inclusion_probabilities(counts, n_drawn)[order])
        marks = rng.random() + np.arange(n_drawn)
        yield order[np.minimum(np.searchsorted(edges, marks, side="right"), len(counts) - 1)]


def _inclusion_probabilities(counts: np.ndarray, n_drawn: int) -> np.ndarray:
    """Return probabilities proportional to ``counts`` with sum ``n_drawn``, none above 1."""
    certain = np.zeros(len(counts), bool)
    while True:
        rest = np.where(certain, 0, counts)
        chances = rest * ((n_drawn - certain.sum()) / max(rest.sum(), 1))
        if not (chances > 1).any():
            return np.where(certain, 1.0, chances)
        certain |= chances >= 1


def _label_numbers(entropy: int, n_labels: int) -> Iterator[int]:
    """Yield the number of labels of each image."""
    counts = np.array(LABELS_PER_IMAGE_COUNTS)
    edges = np.cumsum(counts / counts.sum())
    i = 0
    while True:
        number = 1 + int(np.searchsorted(edges[:-1], _stream(entropy, "number", i).random()))
        yield min(number, n_labels)
        i += 1


# ---- images -----------------------------------------------------------------------------------


def _make_image(
    rng: np.random.Generator, shape: tuple[int, int], labels: list[str], fewest: int, most: int
) -> np.ndarray:
    """Make one image, uint8 (H, W, 4)."""
    stage_rng, camera_rng = rng.spawn(2)
    _, stains = stage_cells(stage_rng, shape, labels, fewest, most)
    return _photograph(camera_rng, stains)


def stage_cells(
    rng: np.random.Generator, shape: tuple[int, int], labels: list[str], fewest: int, most: int
) -> tuple[Anatomy, dict[str, np.ndarray]]:
    """Make the cells of one image and their four stains without noise, float32 (H, W)."""
    cells_rng, anatomy_rng, mix_rng, *pattern_rngs = rng.spawn(3 + len(labels))
    n_cells = int(cells_rng.integers(fewest, most + 1))
    stray = cells_rng.random() < _CHANCE_OF_STRAY_MITOSIS and n_cells > 3
    n_bridges = int("Cytokinetic bridge" in labels)
    n_mitotic = 1 + (n_cells > 4) if "Mitotic spindle" in labels else int(stray)
    others = len(set(labels) - {"Cytokinetic bridge", "Mitotic spindle"}) > 0
    n_cells = max(n_cells, n_mitotic + (2 if n_bridges else int(others)))
    if "Cell junctions" in labels:
        n_cells = max(n_cells, n_mitotic + 2)
    cells = make_cells(
        cells_rng,
        shape,
        n_cells,
        n_mitotic=n_mitotic,
        n_bridges=n_bridges,
        confluent="Cell junctions" in labels,
    )
    field = CellField(cells, shape)
    anatomy = Anatomy(field, anatomy_rng)

    weights = mix_rng.uniform(0.5, 1.0, len(labels))
    weights /= weights.max()
    protein = _UNSPECIFIC * field.cell
    for label, weight, pattern_rng in zip(labels, weights, pattern_rngs, strict=True):
        protein += np.float32(weight) * PATTERNS[label](anatomy, pattern_rng)
    protein *= field.per_cell(mix_rng.uniform(0.7, 1.0, n_cells))
    return anatomy, anatomy.stains() | {"green": protein}


def _photograph(rng: np.random.Generator, stains: dict[str, np.ndarray]) -> np.ndarray:
    """Expose each stain, add shot noise and read noise, and clip to 8 bits."""
    photo = np.empty((*stains["green"].shape, len(HPA_CHANNELS)), np.uint8)
    dimmest, brightest = np.log((18, 45) if rng.random() < _DARK_SHARE else (70, 240))
    for plane, channel in enumerate(HPA_CHANNELS):
        exposure = np.float32(np.exp(rng.uniform(dimmest, brightest)))
        greys_per_photon = np.float32(1 / rng.uniform(0.3, 1.5))
        signal = np.maximum(stains[channel], 0)
        signal *= exposure
        signal += np.float32(rng.uniform(0, 2))
        noise = rng.standard_normal(signal.shape, dtype=np.float32)
        noise *= np.sqrt(signal * greys_per_photon + _READ_NOISE_VARIANCE)
        signal += noise
        photo[..., plane] = np.clip(signal, 0, 255, out=signal)
    return photo


# ---- parameters -------------------------------------------------------------------------------

_STREAMS = ("number", "labels", "deck", "image")


def _stream(entropy: int, purpose: str, i: int) -> np.random.Generator:
    key = (_STREAMS.index(purpose), i)
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(entropy, spawn_key=key)))


def _entropy(random_state: int | np.random.RandomState | None) -> int:
    if random_state is None:
        entropy = np.random.SeedSequence().entropy
        assert isinstance(entropy, int)
        return entropy
    if isinstance(random_state, np.random.RandomState):
        return int.from_bytes(random_state.bytes(16), "little")
    if isinstance(random_state, numbers.Integral) and not isinstance(random_state, bool):
        if random_state < 0:
            raise ValueError(f"Got random_state={random_state!r}, but expected an int >= 0.")
        return int(random_state)
    raise TypeError(
        f"Got random_state={random_state!r}, but expected None, an int or a "
        "numpy.random.RandomState."
    )


def _check_count(name: str, value: object, least: int, most: int | None) -> int:
    expected = f"an int of at least {least}" if most is None else f"an int from {least} to {most}"
    message = f"Got {name}={value!r}, but expected {expected}."
    if not isinstance(value, numbers.Integral) or isinstance(value, bool | np.bool_):
        raise TypeError(message)
    number = int(value)
    if number < least or (most is not None and number > most):
        raise ValueError(message)
    return number


def _check_pair(name: str, value: object, least: int, most: int) -> tuple[int, int]:
    """Return a pair from an int or a pair."""
    pair = (value, value) if isinstance(value, numbers.Number) else value
    message = f"Got {name}={value!r}, but expected an int or a pair of ints from {least} to {most}."
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise TypeError(message)
    for side in pair:
        if not isinstance(side, numbers.Integral) or isinstance(side, bool | np.bool_):
            raise TypeError(message)
        if not least <= int(side) <= most:
            raise ValueError(message)
    return int(pair[0]), int(pair[1])
