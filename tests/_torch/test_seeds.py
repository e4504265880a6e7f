"""Tests of the temporary random seeds of torch."""

import pickle

import numpy as np
import pytest
import torch

from sklearn_hpa._torch.seeds import torch_seed
from tests.neural_network.networks import small


def test_the_global_random_states_are_never_touched(data):
    X, y = data
    numpy_state, torch_state = np.random.get_state()[1].copy(), torch.get_rng_state()
    for seed in (0, None):
        classifier = small(random_state=seed, early_stopping=True).fit(X, y)
        pickle.loads(pickle.dumps(classifier)).predict_proba(X)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)
    assert torch.equal(torch.get_rng_state(), torch_state)


def test_the_same_seed_gives_the_same_numbers():
    drawn = []
    for _ in range(2):
        with torch_seed(7, "cpu"):
            drawn.append(torch.rand(5))
    torch.testing.assert_close(*drawn)


def test_the_generator_goes_on_after_the_block_even_if_it_fails():
    state = torch.get_rng_state()
    with pytest.raises(RuntimeError), torch_seed(7, "cpu"):
        torch.rand(5)
        raise RuntimeError
    assert torch.equal(torch.get_rng_state(), state)
