"""Synthetic scenes before the camera, for each label."""

import numpy as np
import pytest

from sklearn_hpa.datasets._synthetic import stage_cells

N_SCENES = 4


@pytest.fixture(scope="module")
def scenes():
    """For a label, several (field, protein) before the camera, without mitotic passers-by."""
    drawn = {}

    def scenes_of(label):
        if label not in drawn:
            drawn[label] = []
            seed = 0
            while len(drawn[label]) < N_SCENES:
                rng = np.random.default_rng(seed)
                anatomy, stains = stage_cells(rng, (256, 256), [label], 4, 5)
                seed += 1
                if label == "Mitotic spindle" or not anatomy.field.cells.mitotic.any():
                    drawn[label].append((anatomy, stains))
        return drawn[label]

    return scenes_of
