"""Tests of the losses against their formulas, and in the classifier."""

import itertools
import math
import pickle
from inspect import signature

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import make_blobs, make_multilabel_classification
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import Callback
from torch.nn.functional import binary_cross_entropy_with_logits

from sklearn_hpa import load, save
from sklearn_hpa._labels.label_sets import LabelSets, count_label_sets, label_probabilities
from sklearn_hpa.callbacks import EpochScores
from sklearn_hpa.neural_network._losses import (
    LOSSES,
    MulticlassCrossEntropyLoss,
    MultiLabelAsymmetricLoss,
    MultiLabelBCELoss,
    MultiLabelFocalLoss,
    MultiLabelSetLoss,
)

from .networks import small

EVERY_LOSS = [
    MultiLabelBCELoss,
    MultiLabelFocalLoss,
    lambda **params: MultiLabelFocalLoss(gamma=0.5, alpha=0.25, **params),
    MultiLabelAsymmetricLoss,
    lambda **params: MultiLabelAsymmetricLoss(3.0, 0.5, clip=0.2, **params),
    lambda **params: MultiLabelAsymmetricLoss(0.5, 0.0, clip=0.1, **params),
    lambda **params: MultiLabelAsymmetricLoss(2.0, 1.0, clip=0.0, **params),
]


@pytest.fixture(scope="module")
def data():
    return make_multilabel_classification(120, 10, n_classes=3, n_labels=1, random_state=0)


def cells(seed=0, n=7, n_labels=4):
    """Return logits of both signs and many magnitudes, and their truth, in float64."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 4, (n, n_labels))
    return torch.tensor(logits), torch.tensor(rng.integers(0, 2, (n, n_labels)).astype(float))


def mean_of_cells(formula, logits, truth):
    rows, columns = logits.shape
    total = 0.0
    for row in range(rows):
        for column in range(columns):
            p = 1 / (1 + math.exp(-logits[row, column].item()))
            total += formula(p, truth[row, column].item())
    return total / (rows * columns)


SETS = np.array([[0, 0, 1], [1, 0, 0], [1, 1, 0], [1, 1, 1]], dtype=np.float32)
COUNTS = np.array([5.0, 2.0, 0.5, 1.0])


def set_loss(sets=SETS, counts=COUNTS):
    return MultiLabelSetLoss(torch.tensor(sets, dtype=torch.float64), torch.tensor(counts))


def some_logits(n=6, n_labels=3, seed=0):
    return np.random.default_rng(seed).normal(0, 3, (n, n_labels))


def slow_probabilities(logits, sets=SETS, counts=COUNTS):
    """Compute the probability of each set for one sample."""
    terms = [
        count * math.exp(sum(z for z, held in zip(logits, row, strict=True) if held))
        for row, count in zip(sets.tolist(), counts.tolist(), strict=True)
    ]
    return [term / sum(terms) for term in terms]


@pytest.fixture(scope="module")
def four_labels():
    return make_multilabel_classification(200, 10, n_classes=4, n_labels=2, random_state=0)


@pytest.fixture(scope="module")
def exclusive():
    """300 samples of three mutually exclusive labels that are hard to distinguish."""
    rng = np.random.default_rng(0)
    which = rng.integers(0, 3, 300)
    y = np.eye(3, dtype=int)[which]
    return y @ rng.normal(size=(3, 5)) + rng.normal(size=(300, 5)), y


# ---- the formulas -----------------------------------------------------------------------------


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("alpha", [None, 0.25])
def test_the_focal_loss_is_that_of_its_paper(gamma, alpha):
    def focal(p, y):
        p_t = p if y == 1 else 1 - p
        alpha_t = 1 if alpha is None else alpha if y == 1 else 1 - alpha
        return -alpha_t * (1 - p_t) ** gamma * math.log(p_t)

    logits, truth = cells()
    loss = MultiLabelFocalLoss(gamma, alpha)(logits, truth)
    assert loss.item() == pytest.approx(mean_of_cells(focal, logits, truth), rel=1e-12)


@pytest.mark.parametrize("gammas", [(0.0, 0.0), (4.0, 1.0), (4.0, 0.0), (0.5, 2.0)])
@pytest.mark.parametrize("clip", [0.0, 0.05, 0.6])
def test_the_asymmetric_loss_is_that_of_its_paper(gammas, clip):
    gamma_neg, gamma_pos = gammas

    def asymmetric(p, y):
        if y == 1:
            return -((1 - p) ** gamma_pos) * math.log(p)
        p_m = max(p - clip, 0)
        return -(p_m**gamma_neg) * math.log(1 - p_m)

    logits, truth = cells()
    loss = MultiLabelAsymmetricLoss(gamma_neg, gamma_pos, clip)(logits, truth)
    assert loss.item() == pytest.approx(mean_of_cells(asymmetric, logits, truth), rel=1e-12)


@pytest.mark.parametrize(
    "loss", [MultiLabelFocalLoss(gamma=0), MultiLabelAsymmetricLoss(0, 0, clip=0)]
)
def test_without_focus_and_clip_a_loss_is_binary_cross_entropy(loss):
    logits, truth = cells()
    expected = binary_cross_entropy_with_logits(logits, truth)
    torch.testing.assert_close(loss(logits, truth), expected)


def test_the_asymmetric_loss_of_equal_gammas_and_no_clip_is_the_focal_loss():
    logits, truth = cells()
    expected = MultiLabelFocalLoss(gamma=3)(logits, truth)
    torch.testing.assert_close(MultiLabelAsymmetricLoss(3, 3, clip=0)(logits, truth), expected)


def test_the_positive_weight_without_focus_is_torch_s():
    logits, truth = cells()
    weight = torch.tensor([0.5, 1.0, 3.0, 20.0], dtype=torch.float64)
    expected = binary_cross_entropy_with_logits(logits, truth, pos_weight=weight)
    for loss in (
        MultiLabelBCELoss(pos_weight=weight),
        MultiLabelFocalLoss(0, pos_weight=weight),
        MultiLabelAsymmetricLoss(0, 0, clip=0, pos_weight=weight),
    ):
        torch.testing.assert_close(loss(logits, truth), expected)


@pytest.mark.parametrize("make", EVERY_LOSS)
def test_the_positive_weight_multiplies_the_cells_whose_label_is_there(make):
    logits, truth = cells()
    weight = torch.tensor([0.5, 1.0, 3.0, 20.0], dtype=torch.float64)
    plain = make()
    total = 0.0
    for row in range(7):
        for column in range(4):
            cell = (slice(row, row + 1), slice(column, column + 1))
            times = weight[column] if truth[row, column] else 1
            total += times * plain(logits[cell], truth[cell])
    torch.testing.assert_close(make(pos_weight=weight)(logits, truth), total / 28)


@pytest.mark.parametrize("make", EVERY_LOSS)
def test_the_weight_of_a_sample_multiplies_its_loss(make):
    logits, truth = cells()
    weight = torch.tensor(np.random.default_rng(1).uniform(0, 3, len(logits)))
    loss = make()
    rows = [loss(logits[i : i + 1], truth[i : i + 1]).item() for i in range(len(logits))]
    expected = np.mean(np.array(rows) * weight.numpy())
    assert loss(logits, (truth, weight)).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("make", EVERY_LOSS)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_gradient_is_that_of_the_loss(make, weighted):
    logits, truth = cells()
    target = (truth, torch.linspace(0.1, 2, len(truth)).double()) if weighted else truth
    loss = make(pos_weight=torch.tensor([0.5, 1.0, 3.0, 20.0], dtype=torch.float64))
    torch.autograd.gradcheck(lambda z: loss(z, target), logits.requires_grad_())


@pytest.mark.parametrize("make", EVERY_LOSS)
@pytest.mark.parametrize("size", [0.0, 20.0, 100.0, 1e4])
def test_extreme_logits_give_finite_losses_and_gradients_in_float32(make, size):
    logits = torch.tensor([[-size, size], [-size, size]], requires_grad=True)
    truth = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
    loss = make()(logits, truth)
    loss.backward()
    assert loss.dtype == torch.float32
    assert 0 <= loss.item() < math.inf and torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("clip", [1e-12, 1e-7, 0.05, 0.5])
@pytest.mark.parametrize("gamma", [0.0, 0.1, 4.0])
def test_the_gradient_is_finite_where_a_probability_is_exactly_the_margin(clip, gamma):
    margin = math.log(clip / (1 - clip))
    logits = torch.tensor([[margin], [np.nextafter(np.float32(margin), np.float32(0))], [90.0]])
    logits.requires_grad_()
    MultiLabelAsymmetricLoss(gamma, clip=clip)(logits, torch.zeros(3, 1)).backward()
    assert torch.isfinite(logits.grad).all()


def test_an_absent_label_below_the_margin_has_no_loss_and_no_gradient():
    logits = torch.tensor([[-3.0, -9.0]], requires_grad=True)
    loss = MultiLabelAsymmetricLoss(0.0, 0.0, clip=0.05)(logits, torch.zeros(1, 2))
    loss.backward()
    assert loss.item() == 0 and logits.grad.abs().sum().item() == 0


def test_weights_of_classes_multiply_and_are_not_divided_by_their_sum():
    logits, number = torch.randn((6, 3), dtype=torch.float64), torch.tensor([0, 1, 2, 2, 1, 2])
    weight = torch.tensor([5.0, 1.0, 0.25], dtype=torch.float64)
    each = [weight[number[i]] * -math.log(torch.softmax(logits[i], 0)[number[i]]) for i in range(6)]
    loss = MulticlassCrossEntropyLoss(weight)
    assert loss(logits, number).item() == pytest.approx(np.mean(each))
    counts = torch.tensor([1.0, 2.0, 0.0, 3.0, 1.0, 5.0], dtype=torch.float64)
    expected = np.mean(np.array(each) * counts.numpy())
    assert loss(logits, (number, counts)).item() == pytest.approx(expected)


def test_what_loss_params_may_hold_is_what_the_losses_take():
    for name in ("focal", "asymmetric"):
        criterion, names = LOSSES[name]
        assert names == tuple(p for p in signature(criterion).parameters if p != "pos_weight")


# ---- loss and loss_params of the classifier ---------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "loss_params"),
    [
        ("focal", None),
        ("focal", {"gamma": 1, "alpha": 0.3}),
        ("asymmetric", {}),
        ("asymmetric", {"gamma_neg": 2, "clip": 0}),
    ],
)
def test_the_history_holds_the_loss_that_was_asked_for(data, loss, loss_params):
    X, y = data
    scores = EpochScores("label_accuracy", X_valid=X, y_valid=y)
    params = {"loss": loss, "loss_params": loss_params, "callbacks": [scores]}
    classifier = small(dropout=0, lr=1e-3, **params).fit(X, y)
    history = classifier.history_
    proba = np.clip(classifier.predict_proba(X), 1e-12, 1 - 1e-12)
    criterion = LOSSES[loss][0](**loss_params or {})
    expected = criterion(torch.tensor(np.log(proba / (1 - proba))), torch.tensor(y * 1.0)).item()
    assert history["valid_loss"].iloc[-1] == pytest.approx(expected, rel=1e-4)
    assert history["train_loss"].iloc[-1] < history["train_loss"].iloc[0]
    accuracy = (classifier.predict(X) == y).mean()
    assert history["valid_label_accuracy"].iloc[-1] == pytest.approx(accuracy)


def test_early_stopping_watches_the_weighted_loss(data):
    X, y = data
    kept = {}

    class Keep(Callback):
        def on_epoch_end(self, net, dataset_valid, **kwargs):
            kept["rows"] = dataset_valid.rows

    params = {"loss": "focal", "class_weight": {0: 9.0}, "early_stopping": True}
    classifier = small(max_epochs=1, callbacks=[Keep()], **params).fit(X, y)
    proba = classifier.predict_proba(X[kept["rows"]])
    criterion = MultiLabelFocalLoss(pos_weight=torch.tensor([9.0, 1.0, 1.0]))
    truth = torch.tensor(y[kept["rows"]] * 1.0)
    expected = criterion(torch.tensor(np.log(proba / (1 - proba))), truth).item()
    assert classifier.history_["valid_loss"].iloc[0] == pytest.approx(expected, rel=1e-4)


def test_a_focal_loss_without_focus_trains_as_binary_cross_entropy_does(data):
    X, y = data
    expected = small(loss="bce").fit(X, y).predict_proba(X)
    got = small(loss="focal", loss_params={"gamma": 0}).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(got, expected, atol=1e-4)


def test_a_grid_search_goes_over_losses_and_their_parameters(data):
    X, y = data
    grid = [
        {"loss": ["bce", "focal"]},
        {"loss": ["asymmetric"], "loss_params": [{"gamma_neg": 2}, {"gamma_neg": 4}]},
    ]
    search = GridSearchCV(small(), grid, cv=2, error_score="raise", scoring="f1_macro").fit(X, y)
    assert len(search.cv_results_["params"]) == 4


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"loss": "focal", "loss_params": {"gama": 1}},
            "loss_params holds 'gama', but loss='focal' takes gamma (default 2.0), alpha "
            "(default None); did you mean 'gamma'?",
        ),
        (
            {"loss": "asymmetric", "loss_params": {"gamma": 1}},
            "loss_params holds 'gamma', but loss='asymmetric' takes gamma_neg (default 4.0), "
            "gamma_pos (default 1.0), clip (default 0.05); did you mean 'gamma_",
        ),
        (
            {"loss_params": {"gamma": 1}},
            "loss='auto' takes no parameters, but loss_params holds 'gamma'. loss='focal' takes "
            "gamma (default 2.0), alpha (default None); loss='asymmetric' takes gamma_neg",
        ),
        (
            {"loss": "focal", "loss_params": {"gamma": -1}},
            "gamma must be a finite number of at least 0, got -1",
        ),
        (
            {"loss": "focal", "loss_params": {"gamma": "2"}},
            "which is gamma (default 2.0), alpha (default None): gamma must be a finite number",
        ),
        (
            {"loss": "focal", "loss_params": {"alpha": 1.0}},
            "alpha must be None or a number between 0 and 1, got 1.0",
        ),
        (
            {"loss": "asymmetric", "loss_params": {"gamma_neg": math.nan}},
            "gamma_neg must be a finite number of at least 0, got nan",
        ),
        (
            {"loss": "asymmetric", "loss_params": {"gamma_pos": math.inf}},
            "gamma_pos must be a finite number of at least 0, got inf",
        ),
        (
            {"loss": "asymmetric", "loss_params": {"clip": 1}},
            "clip must be a number from 0 to below 1, got 1",
        ),
        (
            {"loss": "focal", "loss_params": {"pos_weight": None}},
            "loss_params holds 'pos_weight', but",
        ),
    ],
)
def test_a_wrong_parameter_of_a_loss_is_refused_before_any_data_is_looked_at(params, message):
    with pytest.raises(ValueError) as error:
        small(**params).fit(None, [[0, 1]])
    assert message in str(error.value)


@pytest.mark.parametrize("loss", ["focal", "asymmetric"])
def test_a_1d_target_has_no_other_loss_than_cross_entropy(loss):
    with pytest.raises(ValueError, match=f"loss='{loss}' needs a 0/1 matrix, but y is 1-d"):
        small(loss=loss).fit(None, [0, 1, 2])


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"loss": "focal"}, "loss cannot"),
        ({"class_weight": "balanced"}, "class_weight cannot"),
        ({"class_weight": {0: 2.0}}, "class_weight cannot"),
        ({"loss": "focal", "loss_params": {"gamma": 1}}, "loss and loss_params cannot"),
    ],
)
def test_a_criterion_of_one_s_own_has_neither_loss_nor_weights_of_labels(params, named):
    params["net_params"] = {"criterion": torch.nn.BCEWithLogitsLoss}
    with pytest.raises(ValueError, match=f"{named} be used with a criterion of your own"):
        small(**params).fit(None, [[0, 1]])


@pytest.mark.parametrize(
    ("params", "name", "y"),
    [
        ({"class_weight": {0: 2.0}}, "criterion__pos_weight", [[0, 1]]),
        ({"class_weight": "balanced"}, "criterion__weight", [0, 1]),
        ({"loss": "focal", "loss_params": {"gamma": 1}}, "criterion__gamma", [[0, 1]]),
    ],
)
def test_what_is_given_twice_is_refused(params, name, y):
    params["net_params"] = {name: torch.ones(1)}
    with pytest.raises(ValueError, match=f"net_params holds .'{name}'., which loss_params or"):
        small(**params).fit(None, y)


def test_parameters_of_the_cross_entropy_of_classes_can_be_given_to_skorch():
    X, y = make_blobs(60, centers=3, random_state=0)
    classifier = small(net_params={"criterion__label_smoothing": 0.9}, max_epochs=60).fit(X, y)
    assert classifier.predict_proba(X).max() < 0.6


# ---- continued training, copies and files -----------------------------------------------------


def test_another_loss_begins_with_a_fresh_optimiser_in_partial_fit(data):
    X, y = data
    classifier = small().partial_fit(X, y)
    net = classifier.net_
    classifier.set_params(loss="focal").partial_fit(X, y)
    assert classifier.net_ is not net
    assert isinstance(classifier.net_.criterion_, MultiLabelFocalLoss)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("loss", ["bce", "focal", "asymmetric"])
def test_weighted_losses_train_on_cuda(rare, loss):
    X, y = rare
    params = {"loss": loss, "class_weight": "balanced", "max_epochs": 20}
    on_cuda = small(device="cuda", **params).fit(X, y)
    assert on_cuda.net_.criterion_.pos_weight.device.type == "cuda"
    proba = small(device="cpu", **params).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(on_cuda.predict_proba(X), proba, atol=0.2)


# ---- label sets: the formula -------------------------------------------------------------------


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


# ---- label sets in the classifier -------------------------------------------------------------


def test_labels_never_seen_together_are_not_predicted_together(exclusive):
    X, y = exclusive
    sets, apart = (small(loss=loss, max_epochs=30).fit(X, y) for loss in ("label_sets", "bce"))
    np.testing.assert_allclose(sets.predict_proba(X).sum(axis=1), 1)
    assert sets.predict(X).sum(axis=1).max() == 1
    assert apart.predict(X).sum(axis=1).max() > 1
    assert (sets.predict(X) == y).all(axis=1).mean() > (apart.predict(X) == y).all(axis=1).mean()


def test_it_is_the_default_for_features_and_not_for_pixels(four_labels):
    X, y = four_labels
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
def test_what_concerns_labels_apart_has_them_apart_by_default(four_labels, params):
    X, y = four_labels
    assert isinstance(small(**params).fit(X, y).net_.criterion_, MultiLabelBCELoss)


def test_weights_of_labels_are_refused(four_labels):
    with pytest.raises(ValueError, match="class_weight cannot be used with loss='label_sets'"):
        small(loss="label_sets", class_weight={0: 2.0}).fit(*four_labels)


def test_a_1d_target_is_refused(four_labels):
    with pytest.raises(ValueError, match="loss='label_sets' needs a 0/1 matrix"):
        small(loss="label_sets").fit(four_labels[0], four_labels[1][:, 0])
    assert small().fit(four_labels[0], four_labels[1][:, 0]).predict_proba(
        four_labels[0]
    ).shape == (200, 2)


def test_a_label_that_no_or_that_every_sample_has(four_labels):
    X, y = four_labels
    y = pd.DataFrame(y, columns=list("abcd"))
    y["a"], y["b"] = 0, 1
    with pytest.warns(UserWarning, match="1 of 4 labels have no positive example"):
        proba = small().fit(X, y).predict_proba(X)
    assert ((proba > 0) & (proba < 1)).all()
    assert proba[:, 0].max() < 1e-12
    assert proba[:, 1].min() > 1 - 1e-12


def test_weights_of_samples_are_repetitions_in_the_counts_too(four_labels):
    # Pixels, because the scaler of features ignores sample weights.
    X, y = np.clip(four_labels[0] * 8, 0, 255).astype(np.uint8), four_labels[1]
    times = np.random.default_rng(0).integers(0, 4, len(X))
    params = {"loss": "label_sets", "hidden_layer_sizes": (), "batch_size": 10_000}
    params |= {"max_epochs": 40, "lr": 0.1, "early_stopping": False}
    weighted = small(**params).fit(X, y, sample_weight=times).predict_proba(X)
    repeated = small(**params).fit(X.repeat(times, 0), y.repeat(times, 0)).predict_proba(X)
    assert np.abs(small(**params).fit(X, y).predict_proba(X) - repeated).max() > 0.02
    np.testing.assert_allclose(weighted, repeated, atol=1e-4)


def test_the_skorch_net_predicts_the_same(four_labels, tmp_path):
    X, y = four_labels
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


def test_portions_add_their_sets_and_keep_the_optimiser(four_labels):
    X, y = four_labels
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


def test_portions_of_a_1d_target_keep_the_optimiser_too(four_labels):
    X, y = four_labels
    classifier = small()
    for _ in range(3):
        classifier.partial_fit(X, y[:, 0], classes=[0, 1])
    steps = {int(each["step"]) for each in classifier.net_.optimizer_.state.values()}
    assert steps == {3 * 7}


def test_portions_after_a_fit_by_another_loss(four_labels):
    X, y = four_labels
    classifier = small(class_weight="balanced").fit(X, y).set_params(class_weight=None)
    before = classifier.predict_proba(X)
    after = classifier.partial_fit(X[:3], y[:3]).predict_proba(X)
    assert np.abs(after - before).max() < 0.1
    with pytest.raises(ValueError, match="label sets of all earlier samples"):
        classifier.set_params(loss="label_sets").partial_fit(X[:3], y[:3])


def test_parameters_of_another_criterion_are_refused(four_labels):
    params = {"criterion__pos_weight": torch.ones(4)}
    with pytest.raises(ValueError, match="loss='label_sets' takes no parameters: leave them out"):
        small(loss="label_sets", net_params=params).fit(*four_labels)


def test_a_warm_start_begins_its_sets_afresh(four_labels):
    X, y = four_labels
    classifier = small(warm_start=True).fit(X, y).fit(X[:40], y[:40])
    assert classifier._network.label_sets.counts.sum() == 40
    classifier.set_params(loss="bce").fit(X, y)
    assert classifier._network.label_sets is None


def test_a_validation_set_may_hold_sets_that_training_has_not(four_labels):
    X, y = four_labels
    other = np.zeros((20, 4), dtype=int)
    kept = ~(y == 0).all(axis=1)
    scores = EpochScores("label_accuracy", X_valid=X[:20], y_valid=other)
    history = small(callbacks=[scores]).fit(X[kept], y[kept]).history_
    assert np.isfinite(history["valid_loss"]).all()


def test_a_failed_fit_leaves_the_sets_as_they_were(four_labels):
    X, y = four_labels
    classifier = small(warm_start=True).fit(X, y)
    proba = classifier.predict_proba(X)
    with pytest.raises(ValueError, match="diverged"):
        classifier.set_params(lr=1e30, optimizer="sgd").fit(X[:30], y[:30])
    np.testing.assert_array_equal(classifier.predict_proba(X), proba)
    assert clone(classifier).get_params()["loss"] == "auto"


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_label_sets_on_cuda(four_labels):
    X, y = four_labels
    on_cuda = small(device="cuda").fit(X, y)
    assert on_cuda.net_.criterion_.sets.device.type == "cuda"
    proba = small(device="cpu").fit(X, y).predict_proba(X)
    np.testing.assert_allclose(on_cuda.predict_proba(X), proba, atol=0.1)
    on_cuda.partial_fit(X, y)
