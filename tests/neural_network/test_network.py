"""Tests of the fitted network: copies, rebuilding, continued training."""

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from .networks import NAMES, small

# ---- state after a failure or a change of parameters -------------------------------------------


def test_parameters_set_after_fit_do_not_change_what_was_learned(data):
    X, y = data
    classifier = small().fit(X, y)
    expected = classifier.predict_proba(X)
    classifier.set_params(activation="tanh", hidden_layer_sizes=(9,), dropout=0.9, lr=7.0)
    for twin in (classifier, pickle.loads(pickle.dumps(classifier))):
        np.testing.assert_array_equal(twin.predict_proba(X), expected)
        assert twin.net_.module_.body[0].out_features == 16


@pytest.mark.parametrize("go_on", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    "params", [{"hidden_layer_sizes": (9,)}, {"activation": "tanh"}, {"dropout": 0.3}]
)
def test_a_network_that_goes_on_cannot_change_its_shape(data, go_on, params):
    X, y = data
    classifier = small(warm_start=True).fit(X, y).set_params(**params)
    with pytest.raises(ValueError, match=f"{next(iter(params))} has changed since the earlier fit"):
        getattr(classifier, go_on)(X, y)


def test_partial_fit_takes_a_new_learning_rate_with_or_without_a_pickle(data):
    X, y = data
    for through_pickle in (False, True):
        classifier = small().partial_fit(X, y)
        before = classifier.predict_proba(X)
        classifier.set_params(lr=1e-12)
        if through_pickle:
            classifier = pickle.loads(pickle.dumps(classifier))
        np.testing.assert_allclose(classifier.partial_fit(X, y).predict_proba(X), before, atol=1e-6)


def test_partial_fit_keeps_the_optimiser_s_state(data):
    X, y = data
    classifier = small().partial_fit(X, y)
    net = classifier.net_
    assert classifier.partial_fit(X, y).net_ is net
    assert {int(each["step"]) for each in net.optimizer_.state.values()} == {8}


@pytest.mark.parametrize(
    "changes", [{"verbose": 1}, {"lr": 3e-4}, {"net_params": {"criterion__pos_weight": None}}]
)
def test_what_leaves_training_as_it_is_keeps_the_optimiser_s_state(data, changes):
    X, y = data
    weight = torch.ones(3)

    def three_epochs(changes):
        classifier = small(net_params={"criterion__pos_weight": weight}).partial_fit(X, y)
        if "net_params" in changes:
            changes = {"net_params": {"criterion__pos_weight": weight}}
        classifier.partial_fit(X, y).set_params(**changes).partial_fit(X, y)
        return classifier.predict_proba(X)

    np.testing.assert_array_equal(three_epochs(changes), three_epochs({}))


def test_another_tensor_in_net_params_is_another_option(data):
    X, y = data
    for weight in (torch.ones(3), torch.full((3,), 20.0)):
        classifier = small(net_params={"criterion__pos_weight": torch.ones(3)}).partial_fit(X, y)
        classifier.set_params(net_params={"criterion__pos_weight": weight}).partial_fit(X, y)
        assert classifier.net_.criterion_.pos_weight is weight


# ---- copies -----------------------------------------------------------------------------------


def test_copies_predict_the_same_and_hold_no_tensor(data, frame, tmp_path):
    X, _ = data
    classifier = small(early_stopping=True).fit(X, frame)
    expected = classifier.predict_proba(X)
    pickled = pickle.dumps(classifier)
    assert b"torch" not in pickled and b"skorch" not in pickled
    joblib.dump(classifier, tmp_path / "classifier.joblib")
    for twin in (
        pickle.loads(pickled),
        joblib.load(tmp_path / "classifier.joblib"),
        joblib.load(tmp_path / "classifier.joblib", mmap_mode="r"),
        copy.deepcopy(classifier),
    ):
        np.testing.assert_array_equal(twin.predict_proba(X), expected)
        pd.testing.assert_frame_equal(twin.history_, classifier.history_)
        assert twin.label_names_.tolist() == NAMES


def test_training_a_copy_leaves_the_original_alone(data):
    X, y = data
    classifier = small().fit(X, y)
    expected = classifier.predict_proba(X)
    copy.deepcopy(classifier).partial_fit(X, y)
    pickle.loads(pickle.dumps(classifier)).partial_fit(X, y)
    np.testing.assert_array_equal(classifier.predict_proba(X), expected)


def test_a_clone_is_unfitted_with_the_same_parameters(data):
    X, y = data
    classifier = small(threshold=[0.1, 0.2, 0.3], net_params={"iterator_train__drop_last": False})
    twin = clone(classifier.fit(X, y))
    assert twin.get_params() == classifier.get_params()
    with pytest.raises(NotFittedError):
        twin.predict(X)


def test_the_net_is_rebuilt_after_a_pickle(data):
    X, y = data
    classifier = small().fit(X, y)
    net = pickle.loads(pickle.dumps(classifier)).net_
    np.testing.assert_allclose(
        net.predict_proba(X.astype(np.float32)), classifier.predict_proba(X), atol=1e-6
    )
