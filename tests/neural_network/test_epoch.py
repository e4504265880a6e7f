"""The plain loop: what skorch's own does, to the last bit, in memory that is used again."""

import pickle

import numpy as np
import pytest
import skorch
import torch
from skorch.callbacks import Callback, Freezer, GradientNormClipping
from torch.utils.data import DataLoader

from sklearn_hpa import MultiLabelMLPClassifier
from sklearn_hpa.neural_network._batches import Feed
from sklearn_hpa.neural_network._epoch import LeanNet, _is_plain
from sklearn_hpa.neural_network._modules import (
    MLP,
    ArrayDataset,
    ScaledLinear,
    build_network,
    whole_batch,
)

N, N_FEATURES = 90, 48


class Listens(Callback):
    """To batches: so the loop is skorch's own."""

    def __init__(self):
        self.seen = []

    def on_batch_end(self, net, batch=None, training=False, **kwargs):
        self.seen.append(training)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    y = (rng.random((N, 3)) < [0.5, 0.3, 0.2]).astype(int)
    X = rng.integers(0, 256, (N, N_FEATURES), dtype=np.uint8)
    X[:, :3] = np.where(y, X[:, :3] // 2 + 128, X[:, :3] // 2)
    return X, y


@pytest.fixture
def in_skorch_s_loop(monkeypatch):
    """How often skorch's own loop ran an epoch."""
    ran = []
    loop = skorch.NeuralNet.run_single_epoch

    def spy(self, iterator, *args, **kwargs):
        ran.append(iterator)
        return loop(self, iterator, *args, **kwargs)

    monkeypatch.setattr(skorch.NeuralNet, "run_single_epoch", spy)
    return ran


def small(**params):
    return MultiLabelMLPClassifier(
        **({"hidden_layer_sizes": (16, 8), "max_epochs": 4, "random_state": 0} | params)
    )


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
def test_it_is_skorch_s_loop_to_the_last_bit(data, params, features, in_skorch_s_loop):
    X, y = data
    X = X.astype(np.float32) if features else X
    weight = np.random.default_rng(0).uniform(0.5, 2, N) if params else None
    lean = small(**params).fit(X, y, sample_weight=weight)
    assert not in_skorch_s_loop
    listens = small(**params, callbacks=[Listens()]).fit(X, y, sample_weight=weight)
    assert in_skorch_s_loop
    np.testing.assert_array_equal(lean.predict_proba(X), listens.predict_proba(X))
    for name in ("train_loss", "valid_loss"):
        np.testing.assert_allclose(lean.history_[name], listens.history_[name], rtol=1e-12)


def test_a_1d_target_and_portions_too(data, in_skorch_s_loop):
    X, y = data
    fits = {}
    for callbacks in ((), (Listens(),)):
        classifier = small(callbacks=list(callbacks)).fit(X, y[:, 0])
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
def test_whatever_looks_at_batches_has_skorch_s_loop(data, params, in_skorch_s_loop):
    small(**params).fit(*data)
    assert in_skorch_s_loop


class Begins(Callback):
    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        pass


def collate(batch):
    return batch


class OwnLoss(torch.nn.BCEWithLogitsLoss):
    """With a parameter of its own to learn."""

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
def test_whatever_may_do_something_to_a_batch_has_skorch_s_loop(data, params, in_skorch_s_loop):
    small(**params).fit(*data)
    assert in_skorch_s_loop


def test_workers_that_load_batches_are_left_to_skorch():
    dataset = ArrayDataset(np.zeros((4, 2), np.uint8), np.zeros((4, 1), np.float32))
    options = {"batch_size": 2, "collate_fn": whole_batch}
    assert _is_plain(DataLoader(dataset, **options))
    assert not _is_plain(DataLoader(dataset, **options, num_workers=1))


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_frozen_layers_stay_as_they_are(data, optimizer):
    X, y = data
    weights = []
    for callbacks in ([], [Listens()]):
        classifier = small(optimizer=optimizer, warm_start=True).fit(X, y)
        before = classifier.net_.module_.body[0].weight.detach().clone()
        classifier.set_params(callbacks=[Freezer("body.0.*"), *callbacks]).fit(X, y)
        torch.testing.assert_close(classifier.net_.module_.body[0].weight.detach(), before)
        weights.append(classifier.predict_proba(X))
    np.testing.assert_array_equal(*weights)


class Centred(MLP):
    """An `MLP` with a forward pass of its own."""

    n_calls = 0

    def forward(self, x):
        Centred.n_calls += 1
        return super().forward(x - x.mean(1, keepdim=True))


def test_a_child_of_the_mlp_keeps_its_own_forward_pass(data):
    small(module=Centred, max_epochs=1).fit(*data)
    assert Centred.n_calls >= 3


@pytest.mark.parametrize("where", ["", "scaler", "body", "body.0", "body.2"])
def test_hooks_are_called_in_training_and_after(data, where):
    X, y = data
    calls = []

    class Hook(Callback):
        def on_train_begin(self, net, **kwargs):
            module = net.module_.get_submodule(where)
            module.register_forward_hook(lambda *args: calls.append(args[0].training))

    expected = small().fit(X, y).predict_proba(X)
    classifier = small(callbacks=[Hook()]).fit(X, y)
    assert calls == [True] * 3 * 4
    np.testing.assert_allclose(classifier.predict_proba(X), expected, atol=1e-5)
    assert False in calls


def test_a_trained_module_goes_through_torch_s_own_tools(data):
    module = small().fit(*data).net_.module_.eval()
    x = torch.tensor(data[0][:2], dtype=torch.float32)
    assert torch.func.jacrev(module)(x).shape == (2, 3, 2, N_FEATURES)
    exported = torch.export.export(module, (x,)).module()
    torch.testing.assert_close(exported(x), module(x))
    torch.testing.assert_close(module(x[0]), module(x)[0])


class Gradients(Callback):
    """Computes gradients of its own between epochs, and raises in the end."""

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


def test_callbacks_can_compute_gradients_of_their_own(data):
    lean, listens = Gradients(), Gradients()
    small(callbacks=[lean]).fit(*data)
    small(callbacks=[listens, Listens()]).fit(*data)
    assert lean.norms == listens.norms


def test_an_error_in_a_callback_leaves_nothing_behind(data):
    X, y = data
    net = small(callbacks=[Gradients(ends=5)]).fit(X, y).net_
    with pytest.raises(RuntimeError, match="enough"):
        net.partial_fit(ArrayDataset(X, y.astype(np.float32)))
    assert "_feeds" not in vars(net)
    assert net.module_._overwritten is None


def test_a_sampler_may_draw_more_than_there_are(data, in_skorch_s_loop):
    X, y = data
    sampler = torch.utils.data.WeightedRandomSampler(
        np.ones(N), 200, generator=torch.Generator().manual_seed(0)
    )
    params = {"iterator_train__shuffle": False, "iterator_train__sampler": sampler}
    classifier = small(net_params=params, batch_size=128).fit(X, y)
    assert not in_skorch_s_loop
    assert classifier.net_.history[-1]["train_batch_count"] == 2


def test_a_callback_that_listens_hears_every_batch(data):
    watch = Listens()
    small(callbacks=[watch], early_stopping=True, validation_fraction=0.2, max_epochs=2).fit(*data)
    assert watch.seen == [True, True, True, False] * 2


def test_skorch_s_history_has_an_epoch_s_record(data):
    classifier = small(early_stopping=True, validation_fraction=0.3).fit(*data)
    last = classifier.net_.history[-1]
    assert (last["train_batch_count"], last["valid_batch_count"]) == (2, 1)
    train, valid = last["batches"]
    assert (train["train_batch_size"], valid["valid_batch_size"]) == (63, 27)
    assert train["train_loss"] == pytest.approx(last["train_loss"])
    assert valid["valid_loss"] == pytest.approx(last["valid_loss"])


def test_samples_that_are_only_read_can_be_trained_on(data, tmp_path):
    X, y = data
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    expected = small().fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(small().fit(mapped, y).predict_proba(mapped), expected)
    np.testing.assert_array_equal(np.load(tmp_path / "X.npy"), X)


def test_the_data_is_left_as_it_was(data):
    X, y = data
    for given in (X.copy(), X.astype(np.float32)):
        before = given.copy()
        small().fit(given, y).predict_proba(given)
        np.testing.assert_array_equal(given, before)


def test_nothing_is_kept_after_training(data):
    net = small().fit(*data).net_
    assert "_feeds" not in vars(net)
    assert net.module_._overwritten is None
    assert all(parameter.grad is None for parameter in net.module_.parameters())
    assert len(pickle.dumps(net)) < 100_000


def test_the_net_can_be_trained_on_by_other_means_afterwards(data):
    X, y = data
    net = small().fit(X, y).net_
    module, truth = net.module_, torch.tensor(y, dtype=torch.float32)
    for _ in range(2):  # gradients add up, as torch's do
        loss = torch.nn.functional.binary_cross_entropy_with_logits(module(torch.tensor(X)), truth)
        loss.backward()
    twice = module.body[0].weight.grad.clone()
    module.zero_grad()
    torch.nn.functional.binary_cross_entropy_with_logits(module(torch.tensor(X)), truth).backward()
    torch.testing.assert_close(twice, 2 * module.body[0].weight.grad)
    assert isinstance(net, LeanNet)


@pytest.mark.parametrize("sizes", [(), (5,), (6, 4)])
def test_pixels_are_scaled_within_the_first_layer(sizes):
    params = {"n_features": 12, "n_outputs": 3, "scaler": None, "hidden_layer_sizes": sizes}
    network = build_network(**params, activation="tanh", dropout=0.0, module=None).double()
    x = torch.rand(4, 12, dtype=torch.float64, requires_grad=True)
    expected = network.body(x * (1 / 255))
    first, *others = network.body

    def forward(x, weight, bias):
        x = ScaledLinear.apply(x, weight, bias, 1 / 255, None)
        for layer in others:
            x = layer(x)
        return x

    torch.testing.assert_close(forward(x, first.weight, first.bias), expected)
    assert torch.autograd.gradcheck(forward, (x, first.weight, first.bias))


def test_the_gradient_of_pixels_reaches_the_image(data):
    network = small().fit(*data).net_.module_
    x = torch.tensor(data[0][:2], dtype=torch.float32, requires_grad=True)
    network(x)[0, 1].backward()
    plain = torch.tensor(data[0][:2] / 255, dtype=torch.float32, requires_grad=True)
    network.body(plain)[0, 1].backward()
    torch.testing.assert_close(x.grad, plain.grad / 255)


# ---- feeding ----------------------------------------------------------------------------------


@pytest.mark.parametrize("bytes_at_once", [0, 2**26])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("weighted", [False, True])
def test_batches_are_the_rows_asked_for(monkeypatch, bytes_at_once, dtype, weighted):
    monkeypatch.setattr("sklearn_hpa.neural_network._batches.BYTES_AT_ONCE", bytes_at_once)
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (50, 7)).astype(dtype)
    y, weight = rng.random((50, 2)).astype(np.float32), rng.random(50).astype(np.float32)
    rows = rng.permutation(50)[:33]
    feed = Feed(ArrayDataset(X, y, weight if weighted else None, rows), "cpu")
    for _ in range(2):
        order = rng.permutation(33)
        found = []
        for samples, target in feed.batches(torch.from_numpy(order), 8):
            assert samples.dtype == torch.float32
            found.append((samples.clone(), target))
        assert [len(samples) for samples, _ in found] == [8, 8, 8, 8, 1]
        np.testing.assert_array_equal(torch.cat([each for each, _ in found]), X[rows[order]])
        targets = [each for _, each in found]
        if weighted:
            targets, weights = zip(*targets, strict=True)
            np.testing.assert_array_equal(torch.cat(weights), weight[rows[order]])
        np.testing.assert_array_equal(torch.cat(list(targets)), y[rows[order]])


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_on_cuda_the_data_is_there_or_streamed(data, monkeypatch, share):
    monkeypatch.setattr("sklearn_hpa.neural_network._batches.SHARE_OF_GPU", share)
    monkeypatch.setattr("sklearn_hpa.neural_network._batches.BYTES_AT_ONCE", 0)
    X, y = data
    data = ArrayDataset(X, y.astype(np.float32))
    feed = Feed(data, "cuda")
    assert Feed(ArrayDataset(X, y.astype(np.float32), rows=np.arange(5)), "cuda", feed).X is feed.X
    assert feed.X.is_cuda == (share > 0)
    order = torch.randperm(N)
    found = torch.cat([samples.clone() for samples, _ in feed.batches(order, 8)])
    np.testing.assert_array_equal(found.cpu(), X[order])
    proba = small(device="cpu").fit(X, y).predict_proba(X)
    np.testing.assert_allclose(small(device="cuda").fit(X, y).predict_proba(X), proba, atol=0.05)


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("n_features", [30, 51])
@pytest.mark.parametrize("sizes", [(), (10,), (33,), (50, 7), (32, 7)])
def test_a_row_s_probabilities_do_not_depend_on_its_place(sizes, n_features, dtype, n_threads):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (110, n_features), dtype=np.uint8).astype(dtype)
    y = (rng.random((110, 4)) < 0.5).astype(int)
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        classifier = small(hidden_layer_sizes=sizes, max_epochs=1).fit(X, y)
        proba = classifier.predict_proba(X)
        alone = np.vstack([classifier.predict_proba(X[row : row + 1]) for row in range(len(X))])
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(alone, proba)


@pytest.mark.parametrize("columns", [7, 48, 100])
@pytest.mark.parametrize("sizes", [(16, 8), ()])
def test_wide_pixels_are_predicted_a_range_of_columns_at_a_time(data, monkeypatch, columns, sizes):
    X, y = data
    for name, value in {"ROWS_AT_ONCE": 40, "PIXEL_ROWS": 8, "PIXEL_COLUMNS": columns}.items():
        monkeypatch.setattr(f"sklearn_hpa.neural_network._training.{name}", value)
    classifier = small(hidden_layer_sizes=sizes).fit(X, y)
    proba = classifier.predict_proba(X)
    logits = classifier.net_.module_(torch.tensor(X)).detach().numpy()
    np.testing.assert_allclose(proba, 1 / (1 + np.exp(-logits)), atol=1e-6)
    for rows in (slice(0, 1), slice(5, 38), slice(60, 90)):
        np.testing.assert_array_equal(classifier.predict_proba(X[rows]), proba[rows])
