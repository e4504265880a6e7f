"""Tests of the number of threads: the same bits for small networks, forked processes, restoring."""

import os
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from joblib import Parallel, delayed
from skorch.callbacks import Callback
from torch import nn

from sklearn_hpa import MultiLabelCalibratedClassifier, MultiLabelMLPClassifier
from sklearn_hpa._torch.threads import (
    MOST_INPUTS,
    MOST_WEIGHTS,
    fitting_threads,
    is_small,
    one_thread,
)
from sklearn_hpa.callbacks import EpochScores


class Strided(nn.Module):
    """A convolution, and a layer whose initial weights come from a matrix factorisation."""

    def __init__(self, n_features, n_outputs):
        super().__init__()
        self.convolution = nn.Conv1d(1, 4, 9, stride=4)
        self.dense = nn.Linear(4 * ((n_features - 9) // 4 + 1), n_outputs)
        nn.init.orthogonal_(self.dense.weight)

    def forward(self, x):
        return self.dense(torch.relu(self.convolution(x[:, None])).flatten(1))


@pytest.fixture(autouse=True)
def number_is_restored():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def samples():
    """Pixels of 64x64x3, all features of `PatternFeatures`, and labels."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (48, 64 * 64 * 3), dtype=np.uint8)
    features = rng.normal(size=(48, 1507)).astype(np.float32)
    return {"pixels": pixels, "features": features}, (rng.random((48, 6)) < 0.3).astype(int)


def network(**params):
    return MultiLabelMLPClassifier(**({"max_epochs": 2, "random_state": 0} | params))


def fitted(kind, samples, **params):
    X, y = samples[0][kind], samples[1]
    classifier = network(**params).fit(X, y)
    return [*classifier._network.weights.values(), classifier.predict_proba(X)]


def with_threads(number, compute, *args, **params):
    torch.set_num_threads(number)
    result = compute(*args, **params)
    assert torch.get_num_threads() == number
    return result


def assert_same_bits(first, second):
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


class Listens(Callback):
    def on_batch_end(self, net, **kwargs):
        pass


VARIANTS = {
    "as it comes": {},
    "wide": {"hidden_layer_sizes": (256, 256)},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.3, "max_epochs": 4},
    "label sets": {"loss": "label_sets"},
    "focal, balanced": {"loss": "focal", "class_weight": "balanced"},
    "sgd, one batch": {"optimizer": "sgd", "batch_size": 48},
    "rmsprop, dropout": {"optimizer": "rmsprop", "dropout": 0.3},
    "bfloat16": {"precision": "bfloat16"},
    "module": {"module": Strided},
    "skorch's loop": {"callbacks": [Listens()]},
    "scores": {"callbacks": [EpochScores("multilabel_log_loss")]},
}


@pytest.mark.parametrize("kind", ["pixels", "features"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_small_network_has_the_same_bits_for_any_number_of_threads(samples, kind, variant):
    alone, several = (
        with_threads(number, fitted, kind, samples, **VARIANTS[variant]) for number in (1, 3)
    )
    assert_same_bits(alone, several)


def test_portions_and_calibrated_networks_have_the_same_bits_too(samples):
    X, y = samples[0]["features"], samples[1]

    def compute():
        portions = network().partial_fit(X[:20], y[:20]).partial_fit(X[20:], y[20:])
        calibrated = MultiLabelCalibratedClassifier(
            network(), "isotonic", cv=2, min_positives=1
        ).fit(X, y)
        return [each.predict_proba(X) for each in (portions, calibrated)]

    assert_same_bits(*(with_threads(number, compute) for number in (1, 3)))


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_of_joblib_give_the_bits_of_the_main_process(samples, backend):
    torch.set_num_threads(2)
    expected = {kind: fitted(kind, samples) for kind in samples[0]}
    with Parallel(n_jobs=2, backend=backend) as workers:
        found = workers(delayed(fitted)(kind, samples) for kind in expected)
    for kind, arrays in zip(expected, found, strict=True):
        assert_same_bits(expected[kind], arrays)


@pytest.mark.slow
@pytest.mark.parametrize("number", [None, "1", "2", "3"])
def test_the_environment_changes_no_bit(samples, number, tmp_path):
    code = (
        "import pickle, sys; from tests._torch.test_threads import fitted; "
        "samples = pickle.load(sys.stdin.buffer); "
        "pickle.dump([fitted(kind, samples) for kind in samples[0]], sys.stdout.buffer)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    if number is not None:
        environment["OMP_NUM_THREADS"] = number
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps(samples),
        capture_output=True,
        check=True,
        env=environment,
        timeout=300,
    )
    found = pickle.loads(done.stdout)
    for kind, arrays in zip(samples[0], found, strict=True):
        assert_same_bits(fitted(kind, samples), arrays)


# ---- which networks -----------------------------------------------------------------------------


class Spy(Callback):
    """Record the number of threads of torch in training."""

    def on_train_begin(self, net, **kwargs):
        self.number_ = torch.get_num_threads()


@pytest.mark.parametrize(
    ("n_features", "hidden", "number"),
    [
        (MOST_INPUTS, (32, 64, 128, 256), 1),
        (MOST_INPUTS + 1, (1,), 2),
        (1507, (256, 256), 1),
        (1507, (2000, 2000), 2),
    ],
)
def test_the_size_of_the_network_decides(n_features, hidden, number):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(8, n_features)).astype(np.float32), np.eye(2, dtype=int)[[0, 1] * 4]
    spy = Spy()
    with_threads(2, network(hidden_layer_sizes=hidden, callbacks=[spy]).fit, X, y)
    assert spy.number_ == number


def test_the_limit_of_the_weights_counts_all_parameters():
    body = nn.Linear(2**11, 2**11 - 1)  # with the biases, 2**22 parameters less 1
    assert is_small(nn.Sequential(body, nn.Linear(1, 1, bias=False)), 2**11)
    assert not is_small(nn.Sequential(body, nn.Linear(1, 1), nn.Linear(1, 1)), 2**11)
    assert MOST_WEIGHTS == 2**22


def test_a_module_that_learns_its_shape_later_is_counted():
    assert is_small(nn.LazyLinear(3), 5)


def test_on_another_device_torch_keeps_its_number():
    torch.set_num_threads(2)
    with fitting_threads(nn.Linear(1, 1), 1, "cuda:0"):
        assert torch.get_num_threads() == 2


# ---- the user's own number ----------------------------------------------------------------------


def in_a_new_thread(function):
    found = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


def test_other_threads_keep_their_number():
    torch.set_num_threads(3)
    with one_thread():
        assert torch.get_num_threads() == 1
        assert in_a_new_thread(torch.get_num_threads) == 3
    assert torch.get_num_threads() == in_a_new_thread(torch.get_num_threads) == 3


def test_blocks_of_several_threads_overlap_and_each_restores_its_number():
    torch.set_num_threads(3)
    inside = threading.Barrier(4, timeout=60)

    def enter():
        with one_thread():
            inside.wait()
            within = torch.get_num_threads()
            inside.wait()
        return within, torch.get_num_threads()

    found = Parallel(n_jobs=4, backend="threading")(delayed(enter)() for _ in range(4))
    assert found == [(1, 3)] * 4
    assert torch.get_num_threads() == 3


def test_a_block_within_a_block_changes_nothing():
    torch.set_num_threads(3)
    with one_thread():
        with one_thread():
            pass
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3


def test_the_number_is_restored_after_an_error(samples):
    class Fails(Callback):
        def on_epoch_end(self, net, **kwargs):
            raise RuntimeError("a callback")

    torch.set_num_threads(2)
    with pytest.raises(RuntimeError, match="a callback"):
        network(callbacks=[Fails()]).fit(samples[0]["features"], samples[1])
    assert torch.get_num_threads() == 2


def test_threads_that_predict_at_the_same_time_get_the_bits_of_one(samples):
    torch.set_num_threads(2)
    X = samples[0]["features"]
    classifier = network().fit(X, samples[1])
    expected = classifier.predict_proba(X)
    found = Parallel(n_jobs=4, backend="threading")(
        delayed(classifier.predict_proba)(X) for _ in range(12)
    )
    assert_same_bits(found, [expected] * 12)
    assert torch.get_num_threads() == in_a_new_thread(torch.get_num_threads) == 2


# ---- forked processes ----------------------------------------------------------------------

FORKED = """
import os, pickle, sys, threading, time, warnings
import numpy as np, torch
from sklearn_hpa import MultiLabelMLPClassifier
from sklearn_hpa._torch.seeds import torch_seed
from sklearn_hpa._torch.threads import MOST_INPUTS

warnings.simplefilter("ignore")  # of forks in a process with threads
torch.set_num_threads(2)
rng = np.random.default_rng(0)
y = (rng.random((64, 6)) < 0.3).astype(int)
torch.ones(10**6).add_(1)  # starts torch's threads
small, large = (
    rng.integers(0, 256, (64, width), dtype=np.uint8) for width in (MOST_INPUTS, 3 * MOST_INPUTS)
)

def fit(X):
    return MultiLabelMLPClassifier(max_epochs=2, random_state=0).fit(X, y)

networks = {"small": (fit(small), small), "large": (fit(large), large)}
expected = {name: model.predict_proba(X) for name, (model, X) in networks.items()}
held = threading.Event()

def hold():  # another thread trains while the process forks
    with torch_seed(0, "cpu"):
        held.set()
        time.sleep(600)

threading.Thread(target=hold, daemon=True).start()
held.wait()

def differences():
    for name, (model, X) in networks.items():
        reloaded = pickle.loads(pickle.dumps(model))
        yield abs(model.predict_proba(X) - expected[name]).max()
        yield abs(reloaded.predict_proba(X) - expected[name]).max()
        reloaded.net_
        yield abs(fit(X).predict_proba(X) - expected[name]).max()
        model.partial_fit(X, y)

pid = os.fork()
if pid == 0:
    try:
        print(*differences(), flush=True)
    finally:
        os._exit(0)
for _ in range(600):
    if os.waitpid(pid, os.WNOHANG)[0]:
        os._exit(0)
    time.sleep(0.1)
os.kill(pid, 9)
print("hangs", flush=True)
os._exit(1)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_process_predicts_and_trains_and_does_not_hang():
    done = subprocess.run(
        [sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = np.array(done.stdout.split(), dtype=float)
    np.testing.assert_array_equal(found[:3], 0)
    assert len(found) == 6
    assert (found[3:] < 1e-3).all()
