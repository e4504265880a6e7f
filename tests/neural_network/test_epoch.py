"""Tests that the fast epoch loop gives the same result as skorch's loop, to the last bit."""

import pickle

import numpy as np
import pytest
import skorch
import torch
from skorch.callbacks import Callback, Freezer, GradientNormClipping
from torch.utils.data import DataLoader

from sklearn_hpa import MultiLabelMLPClassifier
from sklearn_hpa.neural_network._batches import ArrayDataset, whole_batch
from sklearn_hpa.neural_network._epoch import FastNet, _is_plain

from .networks import N, two_layers


class Listens(Callback):
    """A callback that listens to batches, which selects skorch's loop."""

    def __init__(self):
        self.seen = []

    def on_batch_end(self, net, batch=None, training=False, **kwargs):
        self.seen.append(training)


@pytest.fixture
def in_skorch_s_loop(monkeypatch):
    """A list with one entry for each epoch in skorch's loop."""
    ran = []
    loop = skorch.NeuralNet.run_single_epoch

    def spy(self, iterator, *args, **kwargs):
        ran.append(iterator)
        return loop(self, iterator, *args, **kwargs)

    monkeypatch.setattr(skorch.NeuralNet, "run_single_epoch", spy)
    return ran


@pytest.mark.parametrize("features", [False, True])
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"early_stopping": True, "validation_fraction": 0.3},
        {"batch_size": 7, "dropout": 0.3},
        {"batch_size": 1000},
        {"hidden_layer_sizes": ()},
        {"optimizer": "sgd", "weight_decay": 0.01},
        {"optimizer": "rmsprop"},
        {"loss": "label_sets"},
        {"loss": "focal", "class_weight": "balanced"},
        {"module": torch.nn.Linear},
    ],
)
def test_it_is_skorch_s_loop_to_the_last_bit(pixels, params, features, in_skorch_s_loop):
    X, y = pixels
    X = X.astype(np.float32) if features else X
    weight = np.random.default_rng(0).uniform(0.5, 2, N) if params else None
    lean = two_layers(**params).fit(X, y, sample_weight=weight)
    assert not in_skorch_s_loop
    listens = two_layers(**params, callbacks=[Listens()]).fit(X, y, sample_weight=weight)
    assert in_skorch_s_loop
    np.testing.assert_array_equal(lean.predict_proba(X), listens.predict_proba(X))
    for name in ("train_loss", "valid_loss"):
        np.testing.assert_allclose(lean.history_[name], listens.history_[name], rtol=1e-12)


def test_a_1d_target_and_portions_too(pixels, in_skorch_s_loop):
    X, y = pixels
    fits = {}
    for callbacks in ((), (Listens(),)):
        classifier = two_layers(callbacks=list(callbacks)).fit(X, y[:, 0])
        for rows in (slice(0, 40), slice(40, 90)):
            classifier.partial_fit(X[rows], y[rows, 0])
        fits[len(callbacks)] = classifier.predict_proba(X)
        assert bool(in_skorch_s_loop) == bool(callbacks)
    np.testing.assert_array_equal(fits[0], fits[1])


@pytest.mark.parametrize(
    "params",
    [
        {"callbacks": [GradientNormClipping(1.0)]},
        {"net_params": {"optimizer": torch.optim.LBFGS, "optimizer__max_iter": 2}, "lr": 0.1},
        {"net_params": {"iterator_train__drop_last": True}},
        {"net_params": {"iterator_train": type("Own", (DataLoader,), {})}},
    ],
)
def test_whatever_looks_at_batches_has_skorch_s_loop(pixels, params, in_skorch_s_loop):
    two_layers(**params).fit(*pixels)
    assert in_skorch_s_loop


class Begins(Callback):
    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        pass


def collate(batch):
    return batch


class OwnLoss(torch.nn.BCEWithLogitsLoss):
    """A loss with a parameter to train."""

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(1))

    def forward(self, logits, target):
        return super().forward(logits * self.scale, target)


@pytest.mark.parametrize(
    "params",
    [
        {"callbacks": [Begins()]},
        {"net_params": {"iterator_train__collate_fn": collate}},
        {"net_params": {"criterion": OwnLoss}},
    ],
)
def test_whatever_may_do_something_to_a_batch_has_skorch_s_loop(pixels, params, in_skorch_s_loop):
    two_layers(**params).fit(*pixels)
    assert in_skorch_s_loop


def test_workers_that_load_batches_are_left_to_skorch():
    dataset = ArrayDataset(np.zeros((4, 2), np.uint8), np.zeros((4, 1), np.float32))
    options = {"batch_size": 2, "collate_fn": whole_batch}
    assert _is_plain(DataLoader(dataset, **options))
    assert not _is_plain(DataLoader(dataset, **options, num_workers=1))


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_frozen_layers_stay_as_they_are(pixels, optimizer):
    X, y = pixels
    weights = []
    for callbacks in ([], [Listens()]):
        classifier = two_layers(optimizer=optimizer, warm_start=True).fit(X, y)
        before = classifier.net_.module_.body[0].weight.detach().clone()
        classifier.set_params(callbacks=[Freezer("body.0.*"), *callbacks]).fit(X, y)
        torch.testing.assert_close(classifier.net_.module_.body[0].weight.detach(), before)
        weights.append(classifier.predict_proba(X))
    np.testing.assert_array_equal(*weights)


class Gradients(Callback):
    """Compute extra gradients between epochs, and raise at the end."""

    def __init__(self, ends=None):
        self.ends = ends
        self.norms = []

    def on_epoch_end(self, net, dataset_train=None, **kwargs):
        module = net.module_
        x = torch.tensor(dataset_train.X[:4], dtype=torch.float32)
        grads = torch.autograd.grad(module(x).sum(), list(module.parameters()))
        self.norms.append(grads[0].norm().item())
        if len(self.norms) == self.ends:
            raise RuntimeError("enough")


def test_callbacks_can_compute_gradients_of_their_own(pixels):
    lean, listens = Gradients(), Gradients()
    two_layers(callbacks=[lean]).fit(*pixels)
    two_layers(callbacks=[listens, Listens()]).fit(*pixels)
    assert lean.norms == listens.norms


def test_an_error_in_a_callback_leaves_nothing_behind(pixels):
    X, y = pixels
    net = two_layers(callbacks=[Gradients(ends=5)]).fit(X, y).net_
    with pytest.raises(RuntimeError, match="enough"):
        net.partial_fit(ArrayDataset(X, y.astype(np.float32)))
    assert "_feeds" not in vars(net)
    assert not net.module_.pixel_layer._overwrites_gradient


def test_a_sampler_may_draw_more_than_there_are(pixels, in_skorch_s_loop):
    X, y = pixels
    sampler = torch.utils.data.WeightedRandomSampler(
        np.ones(N), 200, generator=torch.Generator().manual_seed(0)
    )
    params = {"iterator_train__shuffle": False, "iterator_train__sampler": sampler}
    classifier = two_layers(net_params=params, batch_size=128).fit(X, y)
    assert not in_skorch_s_loop
    assert classifier.net_.history[-1]["train_batch_count"] == 2


def test_a_callback_that_listens_hears_every_batch(pixels):
    watch = Listens()
    two_layers(callbacks=[watch], early_stopping=True, validation_fraction=0.2, max_epochs=2).fit(
        *pixels
    )
    assert watch.seen == [True, True, True, False] * 2


def test_skorch_s_history_has_an_epoch_s_record(pixels):
    classifier = two_layers(early_stopping=True, validation_fraction=0.3).fit(*pixels)
    last = classifier.net_.history[-1]
    assert (last["train_batch_count"], last["valid_batch_count"]) == (2, 1)
    train, valid = last["batches"]
    assert (train["train_batch_size"], valid["valid_batch_size"]) == (63, 27)
    assert train["train_loss"] == pytest.approx(last["train_loss"])
    assert valid["valid_loss"] == pytest.approx(last["valid_loss"])


def test_samples_that_are_only_read_can_be_trained_on(pixels, tmp_path):
    X, y = pixels
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    expected = two_layers().fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(two_layers().fit(mapped, y).predict_proba(mapped), expected)
    np.testing.assert_array_equal(np.load(tmp_path / "X.npy"), X)


def test_the_data_is_left_as_it_was(pixels):
    X, y = pixels
    for given in (X.copy(), X.astype(np.float32)):
        before = given.copy()
        two_layers().fit(given, y).predict_proba(given)
        np.testing.assert_array_equal(given, before)


def test_nothing_is_kept_after_training(pixels):
    net = two_layers().fit(*pixels).net_
    assert "_feeds" not in vars(net)
    assert not net.module_.pixel_layer._overwrites_gradient
    assert all(parameter.grad is None for parameter in net.module_.parameters())
    assert len(pickle.dumps(net)) < 100_000


def test_the_net_can_be_trained_on_by_other_means_afterwards(pixels):
    X, y = pixels
    net = two_layers().fit(X, y).net_
    module, truth = net.module_, torch.tensor(y, dtype=torch.float32)
    for _ in range(2):  # torch accumulates gradients
        loss = torch.nn.functional.binary_cross_entropy_with_logits(module(torch.tensor(X)), truth)
        loss.backward()
    twice = module.body[0].weight.grad.clone()
    module.zero_grad()
    torch.nn.functional.binary_cross_entropy_with_logits(module(torch.tensor(X)), truth).backward()
    torch.testing.assert_close(twice, 2 * module.body[0].weight.grad)
    assert isinstance(net, FastNet)


class Squares:
    """A criterion that is no module."""

    def __call__(self, logits, target):
        return ((torch.sigmoid(logits) - target) ** 2).mean()


def return_squares():
    return lambda logits, target: Squares()(logits, target)


class SquaresModule(torch.nn.Module):
    def forward(self, logits, target):
        return Squares()(logits, target)


@pytest.mark.parametrize("criterion", [Squares, return_squares])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_criterion_that_is_no_module_trains_as_the_same_module(
    pixels, in_skorch_s_loop, criterion, early_stopping
):
    X, y = pixels
    module, plain = (
        two_layers(net_params={"criterion": each}, early_stopping=early_stopping).fit(X, y)
        for each in (SquaresModule, criterion)
    )
    assert not in_skorch_s_loop
    np.testing.assert_array_equal(plain.predict_proba(X), module.predict_proba(X))
    plain.partial_fit(X, y)
    again = pickle.loads(pickle.dumps(plain.set_params(net_params=None)))
    np.testing.assert_array_equal(again.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize("name", ["on_batch_begin", "on_batch_end", "on_grad_computed"])
@pytest.mark.parametrize("owner", ["callback", "net"])
def test_a_method_set_on_an_instance_is_heard(pixels, in_skorch_s_loop, name, owner):
    heard = []

    class SetsIt(Callback):
        def on_train_begin(self, net, **kwargs):
            listener = self if owner == "callback" else net
            usual = getattr(listener, name)

            def hear(*args, **kwargs):
                heard.append(kwargs)
                usual(*args, **kwargs)

            setattr(listener, name, hear)

    two_layers(callbacks=[SetsIt()], max_epochs=2).fit(*pixels)
    assert len(in_skorch_s_loop) == 2
    assert len(heard) == 2 * -(-N // 32)


def test_a_method_set_before_training_is_heard(pixels):
    heard, callback = [], Callback()
    callback.on_batch_end = lambda net, **kwargs: heard.append(kwargs["training"])
    two_layers(callbacks=[callback], max_epochs=1).fit(*pixels)
    assert heard == [True] * -(-N // 32)


@pytest.mark.parametrize("name", ["notify", "train_step", "train_step_single"])
def test_a_step_of_the_net_that_a_callback_replaces_is_taken(pixels, name):
    called = []

    class Replaces(Callback):
        def on_train_begin(self, net, **kwargs):
            step = getattr(net, name)

            def replaced(*args, **kwargs):
                called.append(name)
                return step(*args, **kwargs)

            setattr(net, name, replaced)

        def on_train_end(self, net, **kwargs):
            delattr(net, name)

    two_layers(callbacks=[Replaces()], max_epochs=1).fit(*pixels)
    assert len(called) >= -(-N // 32)


@pytest.mark.parametrize(
    ("criterion", "returned"),
    [
        (
            torch.nn.BCEWithLogitsLoss(reduction="none"),
            r"BCEWithLogitsLoss returned a tensor of shape \(",
        ),
        (lambda: lambda output, target: 0.5, "function returned float"),
    ],
)
@pytest.mark.parametrize("listens", [False, True])
def test_a_criterion_that_returns_no_number_is_refused(criterion, returned, listens):
    callbacks = [GradientNormClipping(1.0)] if listens else []
    classifier = MultiLabelMLPClassifier(
        (2,), max_epochs=1, net_params={"criterion": criterion}, callbacks=callbacks
    )
    X = np.random.default_rng(0).normal(size=(8, 3))
    with pytest.raises(ValueError, match=f"the criterion {returned}.* expected a tensor with one"):
        classifier.fit(X, (X > 0).astype(int))
