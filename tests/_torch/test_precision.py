"""Tests of training with reduced precision and with compiled modules."""

import pickle

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from sklearn_hpa import MultiLabelMLPClassifier
from sklearn_hpa._torch.precision import float32_products


@pytest.fixture(scope="module", params=["pixels", "features"])
def data(request):
    rng = np.random.default_rng(0)
    y = (rng.random((90, 3)) < [0.5, 0.3, 0.2]).astype(int)
    X = rng.integers(0, 256, (90, 48), dtype=np.uint8)
    X[:, :3] = np.where(y, X[:, :3] // 2 + 128, X[:, :3] // 2)
    return (X if request.param == "pixels" else X.astype(np.float32)), y


def small(**params):
    return MultiLabelMLPClassifier(
        (16, 8), **({"max_epochs": 5, "random_state": 0, "device": "cpu"} | params)
    )


class Spy(Callback):
    """Record torch's settings and the dtypes of the network's inputs and outputs."""

    def on_train_begin(self, net, **kwargs):
        self.seen = set()

        def note(module, given, output):
            setting = torch.get_float32_matmul_precision()
            self.seen.add((module.training, output.dtype, setting))

        self.hook = net.module_.body[-1].register_forward_hook(note)

    def on_train_end(self, net, **kwargs):
        self.hook.remove()


class Listens(Spy):
    """A callback that listens to batches, which selects skorch's loop."""

    def on_batch_end(self, net, batch=None, training=False, **kwargs):
        pass


@pytest.mark.parametrize("callback", [Spy, Listens])
@pytest.mark.parametrize(
    ("precision", "dtype", "setting"),
    [
        ("float32", torch.float32, "highest"),
        ("tf32", torch.float32, "high"),
        ("bfloat16", torch.bfloat16, "highest"),
    ],
)
def test_the_precision_is_that_of_training_alone(data, callback, precision, dtype, setting):
    X, y = data
    spy = callback()
    classifier = small(precision=precision, callbacks=[spy], early_stopping=True).fit(X, y)
    assert spy.seen == {(True, dtype, setting), (False, torch.float32, "highest")}
    assert torch.get_float32_matmul_precision() == "highest"
    assert all(array.dtype == np.float32 for array in classifier._network.weights.values())
    module = classifier.net_.module_.eval()
    logits = module(torch.tensor(X)).detach().numpy()
    proba = classifier.predict_proba(X)
    if classifier._network.label_sets is None:
        np.testing.assert_allclose(proba, 1 / (1 + np.exp(-logits)), atol=1e-6)


def test_bfloat16_is_near_float32_and_another_result(data):
    X, y = data
    exact, rounded = (
        small(precision=precision).fit(X, y).predict_proba(X)
        for precision in ("float32", "bfloat16")
    )
    assert 0 < abs(exact - rounded).max() < 0.05


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_both_loops_round_alike(data, dropout):
    X, y = data
    ours, skorchs = (
        small(precision="bfloat16", dropout=dropout, callbacks=callbacks).fit(X, y)
        for callbacks in ([], [Listens()])
    )
    np.testing.assert_array_equal(ours.predict_proba(X), skorchs.predict_proba(X))


def test_the_setting_of_torch_is_put_back_after_an_error(data):
    class Fails(Callback):
        def on_batch_end(self, net, **kwargs):
            raise RuntimeError(torch.get_float32_matmul_precision())

    torch.set_float32_matmul_precision("medium")
    try:
        with pytest.raises(RuntimeError, match="high"):
            small(precision="tf32", callbacks=[Fails()]).fit(*data)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")


def test_portions_go_on_in_another_precision(data):
    X, y = data
    spy = Spy()
    classifier = small(callbacks=[spy]).partial_fit(X, y)
    assert spy.seen == {(True, torch.float32, "highest")}
    classifier.set_params(precision="bfloat16").partial_fit(X, y)
    assert spy.seen == {(True, torch.bfloat16, "highest")}


def test_predictions_are_float32_whatever_is_set_outside(data):
    X, y = data
    classifier = small().fit(X, y)
    proba = classifier.predict_proba(X)
    with torch.autocast("cpu", torch.bfloat16):
        np.testing.assert_array_equal(classifier.predict_proba(X), proba)
    torch.set_default_dtype(torch.float64)
    try:
        np.testing.assert_array_equal(classifier.predict_proba(X), proba)
        np.testing.assert_array_equal(small().fit(X, y).predict_proba(X), proba)
    finally:
        torch.set_default_dtype(torch.float32)


def test_an_unknown_precision_is_refused(data):
    with pytest.raises(ValueError, match="'precision' parameter .* must be a str among"):
        small(precision="float16").fit(*data)
    with pytest.raises(ValueError, match=r"net_params holds \['precision'\]"):
        small(net_params={"precision": "tf32"}).fit(*data)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # warnings of torch's compiler
def test_a_compiled_module_is_trained_saved_and_trained_on(data):
    X, y = data
    # This backend runs the graph without a C++ compiler.
    compiled = {"net_params": {"compile": True, "compile__backend": "eager"}}
    classifier = small(**compiled).fit(X, y)
    assert isinstance(classifier.net_.module_, torch._dynamo.OptimizedModule)
    proba = classifier.predict_proba(X)
    np.testing.assert_allclose(proba, small().fit(X, y).predict_proba(X), atol=1e-5)
    again = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(again.predict_proba(X), proba)
    assert isinstance(again.net_.module_, torch._dynamo.OptimizedModule)
    again.partial_fit(X, y)
    assert again.n_iter_ == classifier.n_iter_ + 1


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("precision", ["tf32", "bfloat16"])
def test_on_cuda_too(data, precision):
    X, y = data
    exact = small(device="cuda").fit(X, y).predict_proba(X)
    rounded = small(device="cuda", precision=precision).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(rounded, exact, atol=0.05)


@pytest.mark.parametrize("before", ["highest", "high", "medium"])
def test_blocks_of_float32_products_overlap_and_the_last_one_restores(before):
    torch.set_float32_matmul_precision(before)
    try:
        first, second = float32_products(), float32_products()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert torch.get_float32_matmul_precision() == "highest"
        second.__exit__(None, None, None)
        assert torch.get_float32_matmul_precision() == before
    finally:
        torch.set_float32_matmul_precision("highest")


@pytest.mark.skipif(
    not hasattr(torch.backends.cuda.matmul, "fp32_precision"), reason="torch before 2.9"
)
def test_a_precision_of_one_kind_of_product_is_set_aside_too(data):
    X, y = data
    expected = small().fit(X, y).predict_proba(X)
    products = torch.backends.mkldnn.matmul
    before = products.fp32_precision
    products.fp32_precision = "bf16"
    try:
        np.testing.assert_array_equal(small().fit(X, y).predict_proba(X), expected)
        assert products.fp32_precision == "bf16"
    finally:
        products.fp32_precision = before
