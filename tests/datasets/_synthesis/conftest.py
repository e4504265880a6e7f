"""Synthetic scenes without noise, for each label."""

import numpy as np
import pytest

from sklearn_hpa.datasets._synthetic import stage_cells

N_SCENES = 4


@pytest.fixture(scope="module")
def scenes():
    """A function that returns scenes of a label without noise and without other mitotic cells."""
    made = {}

    def scenes_of(label):
        if label not in made:
            made[label] = []
            seed = 0
            while len(made[label]) < N_SCENES:
                rng = np.random.default_rng(seed)
                anatomy, stains = stage_cells(rng, (256, 256), [label], 4, 5)
                seed += 1
                if label == "Mitotic spindle" or not anatomy.field.cells.mitotic.any():
                    made[label].append((anatomy, stains))
        return made[label]

    return scenes_of
