"""Random seeds of torch: borrowed for a while, given back as they were."""

import pickle

import numpy as np
import torch

from tests.neural_network.networks import small


def test_the_global_random_states_are_never_touched(data):
    X, y = data
    numpy_state, torch_state = np.random.get_state()[1].copy(), torch.get_rng_state()
    for seed in (0, None):
        classifier = small(random_state=seed, early_stopping=True).fit(X, y)
        pickle.loads(pickle.dumps(classifier)).predict_proba(X)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)
    assert torch.equal(torch.get_rng_state(), torch_state)
