"""The loss of label sets as a whole: its formula, its sets, and what becomes of them."""

import itertools
import math
import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification

from sklearn_hpa import MultiLabelMLPClassifier, load, save
from sklearn_hpa._labels.label_sets import LabelSets, count_label_sets, label_probabilities
from sklearn_hpa.callbacks import EpochScores
from sklearn_hpa.neural_network._losses import MultiLabelBCELoss, MultiLabelSetLoss

SETS = np.array([[0, 0, 1], [1, 0, 0], [1, 1, 0], [1, 1, 1]], dtype=np.float32)
COUNTS = np.array([5.0, 2.0, 0.5, 1.0])


def small(**params):
    return MultiLabelMLPClassifier(
        **({"hidden_layer_sizes": (16,), "max_epochs": 5, "random_state": 0} | params)
    )


def set_loss(sets=SETS, counts=COUNTS):
    return MultiLabelSetLoss(torch.tensor(sets, dtype=torch.float64), torch.tensor(counts))


def some_logits(n=6, n_labels=3, seed=0):
    return np.random.default_rng(seed).normal(0, 3, (n, n_labels))


def slow_probabilities(logits, sets=SETS, counts=COUNTS):
    """Probability of each set, for one sample."""
    terms = [
        count * math.exp(sum(z for z, held in zip(logits, row, strict=True) if held))
        for row, count in zip(sets.tolist(), counts.tolist(), strict=True)
    ]
    return [term / sum(terms) for term in terms]


@pytest.fixture(scope="module")
def data():
    return make_multilabel_classification(200, 10, n_classes=4, n_labels=2, random_state=0)


@pytest.fixture(scope="module")
def exclusive():
    """300 samples of three labels that are never there together, hard to tell apart."""
    rng = np.random.default_rng(0)
    which = rng.integers(0, 3, 300)
    y = np.eye(3, dtype=int)[which]
    return y @ rng.normal(size=(3, 5)) + rng.normal(size=(300, 5)), y


# ---- the formula ------------------------------------------------------------------------------


def test_the_loss_is_the_negative_logarithm_of_the_probability_of_each_set():
    logits = some_logits()
    which = np.array([0, 1, 2, 3, 3, 0])
    each = [-math.log(slow_probabilities(z)[k]) / 3 for z, k in zip(logits, which, strict=True)]
    target = torch.tensor(SETS[which], dtype=torch.float64)
    assert set_loss()(torch.tensor(logits), target).item() == pytest.approx(np.mean(each))
    weight = np.array([1.0, 0.0, 2.0, 1.0, 0.5, 3.0])
    got = set_loss()(torch.tensor(logits), (target, torch.tensor(weight)))
    assert got.item() == pytest.approx(np.mean(each * weight))


def test_a_set_that_was_never_seen_counts_as_half_a_sample():
    z = some_logits(1)
    target = np.array([0.0, 1.0, 1.0])
    unseen = 0.5 * math.exp(z[0, 1] + z[0, 2])
    total = unseen + sum(c * math.exp(float(z[0] @ s)) for s, c in zip(SETS, COUNTS, strict=True))
    got = set_loss()(torch.tensor(z), torch.tensor(target[np.newaxis]))
    assert got.item() == pytest.approx(-math.log(unseen / total) / 3)


def test_with_all_sets_equally_frequent_it_is_binary_cross_entropy():
    everything = np.array(list(itertools.product([0, 1], repeat=3)), dtype=np.float64)
    loss = set_loss(everything, np.full(8, 4.0))
    logits = torch.tensor(some_logits(), requires_grad=True)
    target = torch.tensor(everything[[0, 3, 5, 7, 1, 2]])
    found, expected = loss(logits, target), MultiLabelBCELoss()(logits, target)
    assert found.item() == pytest.approx(expected.item())
    slopes = [torch.autograd.grad(value, logits)[0].numpy() for value in (found, expected)]
    np.testing.assert_allclose(*slopes, atol=1e-12)
    sets = LabelSets(everything.astype(np.float32), np.full(8, 4.0))
    proba = label_probabilities(logits.detach().numpy(), sets)
    np.testing.assert_allclose(proba, torch.sigmoid(logits).detach().numpy(), rtol=1e-12)


def test_the_gradient_is_right():
    target = torch.tensor(np.vstack([SETS[[0, 1, 2, 3, 3]], [0, 1, 1]]), dtype=torch.float64)
    logits = torch.tensor(some_logits(), requires_grad=True)
    weight = torch.rand(6, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda z: set_loss()(z, target), logits)
    assert torch.autograd.gradcheck(lambda z: set_loss()(z, (target, weight)), logits)


@pytest.mark.parametrize("size", [1e2, 1e4])
def test_great_logits_stay_finite(size):
    logits = torch.tensor(size * np.sign(some_logits()), dtype=torch.float32, requires_grad=True)
    loss = MultiLabelSetLoss(torch.tensor(SETS), torch.tensor(COUNTS))
    value = loss(logits, torch.tensor(SETS[[0, 1, 2, 3, 3, 0]]))
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(logits.grad).all()


def test_a_label_has_the_probability_of_the_sets_that_hold_it():
    logits = some_logits()
    proba = label_probabilities(logits, LabelSets(SETS, COUNTS))
    for row, z in zip(proba, logits, strict=True):
        expected = np.array(slow_probabilities(z)) @ SETS
        np.testing.assert_allclose(row, expected, rtol=1e-10)
    in_torch = set_loss().probabilities(torch.tensor(logits))
    np.testing.assert_allclose(in_torch.numpy(), proba, rtol=1e-10)


def test_the_probabilities_of_a_sample_do_not_depend_on_the_others():
    rng = np.random.default_rng(0)
    label_sets = count_label_sets((rng.random((900, 28)) < 0.1).astype(float))
    logits = some_logits(9000, 28)
    proba = label_probabilities(logits, label_sets)
    for rows in (slice(0, 1), slice(5, 8), slice(7000, 7031), slice(None, None, 17)):
        np.testing.assert_array_equal(label_probabilities(logits[rows], label_sets), proba[rows])


def test_sets_are_counted_by_weight_and_added_to_earlier_ones():
    y = np.array([[1, 0], [0, 1], [1, 0], [0, 0]])
    first = count_label_sets(y, np.array([0.5, 1.0, 0.25, 2.0], dtype=np.float32))
    assert first.sets.tolist() == [[0, 0], [0, 1], [1, 0]]
    assert first.counts.tolist() == [2.0, 1.0, 0.75]
    both = count_label_sets(np.array([[1, 1], [0, 1]]), earlier=first)
    assert both.sets.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert both.counts.tolist() == [2.0, 2.0, 0.75, 1.0]


# ---- in the classifier ------------------------------------------------------------------------


def test_labels_never_seen_together_are_not_predicted_together(exclusive):
    X, y = exclusive
    sets, apart = (small(loss=loss, max_epochs=30).fit(X, y) for loss in ("label_sets", "bce"))
    np.testing.assert_allclose(sets.predict_proba(X).sum(axis=1), 1)
    assert sets.predict(X).sum(axis=1).max() == 1
    assert apart.predict(X).sum(axis=1).max() > 1
    assert (sets.predict(X) == y).all(axis=1).mean() > (apart.predict(X) == y).all(axis=1).mean()


def test_it_is_the_default_for_features_and_not_for_pixels(data):
    X, y = data
    plain, named = small().fit(X, y), small(loss="label_sets").fit(X, y)
    np.testing.assert_array_equal(plain.predict_proba(X), named.predict_proba(X))
    pixels = np.clip(X * 8, 0, 255).astype(np.uint8)
    plain, apart = small().fit(pixels, y), small(loss="bce").fit(pixels, y)
    np.testing.assert_array_equal(plain.predict_proba(pixels), apart.predict_proba(pixels))


@pytest.mark.parametrize(
    "params",
    [
        {"class_weight": "balanced"},
        {"net_params": {"criterion": MultiLabelBCELoss}},
        {"net_params": {"criterion__pos_weight": torch.ones(4)}},
    ],
)
def test_what_concerns_labels_apart_has_them_apart_by_default(data, params):
    X, y = data
    assert isinstance(small(**params).fit(X, y).net_.criterion_, MultiLabelBCELoss)


def test_weights_of_labels_are_refused(data):
    with pytest.raises(ValueError, match="class_weight cannot be used with loss='label_sets'"):
        small(loss="label_sets", class_weight={0: 2.0}).fit(*data)


def test_a_1d_target_is_refused(data):
    with pytest.raises(ValueError, match="loss='label_sets' needs a 0/1 matrix"):
        small(loss="label_sets").fit(data[0], data[1][:, 0])
    assert small().fit(data[0], data[1][:, 0]).predict_proba(data[0]).shape == (200, 2)


def test_a_label_that_no_or_that_every_sample_has(data):
    X, y = data
    y = pd.DataFrame(y, columns=list("abcd"))
    y["a"], y["b"] = 0, 1
    with pytest.warns(UserWarning, match="1 of 4 labels have no positive example"):
        proba = small().fit(X, y).predict_proba(X)
    assert ((proba > 0) & (proba < 1)).all()
    assert proba[:, 0].max() < 1e-12
    assert proba[:, 1].min() > 1 - 1e-12


def test_weights_of_samples_are_repetitions_in_the_counts_too(data):
    # Pixels, since the scaler of features counts samples and not weights.
    X, y = np.clip(data[0] * 8, 0, 255).astype(np.uint8), data[1]
    times = np.random.default_rng(0).integers(0, 4, len(X))
    params = {"loss": "label_sets", "hidden_layer_sizes": (), "batch_size": 10_000}
    params |= {"max_epochs": 40, "lr": 0.1, "early_stopping": False}
    weighted = small(**params).fit(X, y, sample_weight=times).predict_proba(X)
    repeated = small(**params).fit(X.repeat(times, 0), y.repeat(times, 0)).predict_proba(X)
    assert np.abs(small(**params).fit(X, y).predict_proba(X) - repeated).max() > 0.02
    np.testing.assert_allclose(weighted, repeated, atol=1e-4)


def test_the_skorch_net_predicts_the_same(data, tmp_path):
    X, y = data
    classifier = small().fit(X, y)
    proba = classifier.predict_proba(X)
    loaded = load(save(classifier, tmp_path / "model.skops"))
    for each in (classifier, pickle.loads(pickle.dumps(classifier)), loaded):
        np.testing.assert_array_equal(each.predict_proba(X), proba)
        np.testing.assert_allclose(each.net_.predict_proba(np.float32(X)), proba, atol=1e-6)
    changed = pickle.loads(pickle.dumps(classifier)).set_params(loss="focal")
    np.testing.assert_allclose(changed.net_.predict_proba(np.float32(X)), proba, atol=1e-6)
    apart = pickle.loads(pickle.dumps(small(loss="bce").fit(X, y))).set_params(loss="label_sets")
    np.testing.assert_allclose(
        apart.net_.predict_proba(np.float32(X)), apart.predict_proba(X), atol=1e-6
    )


def test_portions_add_their_sets_and_keep_the_optimiser(data):
    X, y = data
    classifier = small()
    for rows in (slice(0, 50), slice(50, 120), slice(120, 200)):
        classifier.partial_fit(X[rows], y[rows])
        net = classifier.net_
        np.testing.assert_allclose(
            net.predict_proba(np.float32(X)), classifier.predict_proba(X), atol=1e-6
        )
    found, expected = classifier._network.label_sets, count_label_sets(y)
    np.testing.assert_array_equal(found.sets, expected.sets)
    np.testing.assert_array_equal(found.counts, expected.counts)
    assert {int(each["step"]) for each in net.optimizer_.state.values()} == {2 + 3 + 3}


def test_portions_of_a_1d_target_keep_the_optimiser_too(data):
    X, y = data
    classifier = small()
    for _ in range(3):
        classifier.partial_fit(X, y[:, 0], classes=[0, 1])
    steps = {int(each["step"]) for each in classifier.net_.optimizer_.state.values()}
    assert steps == {3 * 7}


def test_portions_after_a_fit_by_another_loss(data):
    X, y = data
    classifier = small(class_weight="balanced").fit(X, y).set_params(class_weight=None)
    before = classifier.predict_proba(X)
    after = classifier.partial_fit(X[:3], y[:3]).predict_proba(X)
    assert np.abs(after - before).max() < 0.1
    with pytest.raises(ValueError, match="label sets of all earlier samples"):
        classifier.set_params(loss="label_sets").partial_fit(X[:3], y[:3])


def test_parameters_of_another_criterion_are_refused(data):
    params = {"criterion__pos_weight": torch.ones(4)}
    with pytest.raises(ValueError, match="loss='label_sets' takes no parameters: leave them out"):
        small(loss="label_sets", net_params=params).fit(*data)


def test_a_warm_start_begins_its_sets_afresh(data):
    X, y = data
    classifier = small(warm_start=True).fit(X, y).fit(X[:40], y[:40])
    assert classifier._network.label_sets.counts.sum() == 40
    classifier.set_params(loss="bce").fit(X, y)
    assert classifier._network.label_sets is None


def test_a_validation_set_may_hold_sets_that_training_has_not(data):
    X, y = data
    other = np.zeros((20, 4), dtype=int)
    kept = ~(y == 0).all(axis=1)
    scores = EpochScores("label_accuracy", X_valid=X[:20], y_valid=other)
    history = small(callbacks=[scores]).fit(X[kept], y[kept]).history_
    assert np.isfinite(history["valid_loss"]).all()


def test_a_failed_fit_leaves_the_sets_as_they_were(data):
    X, y = data
    classifier = small(warm_start=True).fit(X, y)
    proba = classifier.predict_proba(X)
    with pytest.raises(ValueError, match="diverged"):
        classifier.set_params(lr=1e30, optimizer="sgd").fit(X[:30], y[:30])
    np.testing.assert_array_equal(classifier.predict_proba(X), proba)
    assert clone(classifier).get_params()["loss"] == "auto"


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_label_sets_on_cuda(data):
    X, y = data
    on_cuda = small(device="cuda").fit(X, y)
    assert on_cuda.net_.criterion_.sets.device.type == "cuda"
    proba = small(device="cpu").fit(X, y).predict_proba(X)
    np.testing.assert_allclose(on_cuda.predict_proba(X), proba, atol=0.1)
    on_cuda.partial_fit(X, y)
