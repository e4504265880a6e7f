"""The losses against their papers' formulas, and the weights of labels and of classes."""

import math
import pickle
from inspect import signature

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import make_blobs, make_multilabel_classification
from sklearn.metrics import recall_score
from sklearn.model_selection import GridSearchCV
from sklearn.utils.class_weight import compute_class_weight
from skorch.callbacks import Callback
from torch.nn.functional import binary_cross_entropy_with_logits

from sklearn_hpa import MultiLabelMLPClassifier, load, save
from sklearn_hpa.callbacks import EpochScores
from sklearn_hpa.neural_network._class_weight import BALANCED_AT_MOST
from sklearn_hpa.neural_network._losses import (
    LOSSES,
    MulticlassCrossEntropyLoss,
    MultiLabelAsymmetricLoss,
    MultiLabelBCELoss,
    MultiLabelFocalLoss,
)

NAMES = ["Nucleoplasm", "Nucleoli", "Cytosol"]
EVERY_LOSS = [
    MultiLabelBCELoss,
    MultiLabelFocalLoss,
    lambda **params: MultiLabelFocalLoss(gamma=0.5, alpha=0.25, **params),
    MultiLabelAsymmetricLoss,
    lambda **params: MultiLabelAsymmetricLoss(3.0, 0.5, clip=0.2, **params),
    lambda **params: MultiLabelAsymmetricLoss(0.5, 0.0, clip=0.1, **params),
    lambda **params: MultiLabelAsymmetricLoss(2.0, 1.0, clip=0.0, **params),
]


def small(**params):
    return MultiLabelMLPClassifier(
        **({"hidden_layer_sizes": (16,), "max_epochs": 5, "random_state": 0} | params)
    )


@pytest.fixture(scope="module")
def data():
    return make_multilabel_classification(120, 10, n_classes=3, n_labels=1, random_state=0)


@pytest.fixture(scope="module")
def frame(data):
    return pd.DataFrame(data[1], columns=NAMES)


@pytest.fixture(scope="module")
def rare():
    """600 samples of two overlapping labels; the second one is rare."""
    rng = np.random.default_rng(0)
    y = (rng.random((600, 2)) < [0.5, 0.05]).astype(int)
    return rng.normal(size=(600, 4)) + y @ rng.normal(size=(2, 4)), y


def cells(seed=0, n=7, n_labels=4):
    """Logits of both signs and of every size, and their truth, in float64."""
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


# ---- class_weight: labels ---------------------------------------------------------------------


def test_balanced_weights_are_the_negatives_for_each_positive_and_never_below_one(data):
    X, _ = data
    y = (np.random.default_rng(0).random((120, 3)) < [0.1, 0.4, 0.8]).astype(int)
    weights = small(class_weight="balanced").fit(X, y).class_weight_
    rarer = [sum(1 - y[:, j]) / sum(y[:, j]) for j in range(2)]
    np.testing.assert_allclose(weights, [*rarer, 1])


def test_balanced_weights_have_a_limit_and_leave_labels_without_positives_alone(data):
    X, _ = data
    y = np.zeros((120, 3), dtype=int)
    y[0, 0] = 1
    y[:40, 1] = 1
    with pytest.warns(UserWarning, match="no positive example"):
        weights = small(class_weight="balanced").fit(X, y).class_weight_
    assert weights.tolist() == [BALANCED_AT_MOST, 2, 1]


def test_balanced_weights_count_the_training_rows_alone(data):
    X, y = data
    kept = {}

    class Keep(Callback):
        def on_epoch_end(self, net, dataset_train, **kwargs):
            kept["rows"] = dataset_train.rows

    params = {"early_stopping": True, "validation_fraction": 0.4, "callbacks": [Keep()]}
    weights = small(class_weight="balanced", **params).fit(X, y).class_weight_
    share = y[kept["rows"]].mean(axis=0)
    np.testing.assert_allclose(weights, np.maximum(1, (1 - share) / share))
    assert len(kept["rows"]) == 72


def test_balanced_weights_count_a_sample_by_its_weight(data):
    X, y = data
    times = np.random.default_rng(0).integers(0, 4, len(X))
    weighted = small(class_weight="balanced").fit(X, y, sample_weight=times)
    repeated = small(class_weight="balanced").fit(X.repeat(times, 0), y.repeat(times, 0))
    np.testing.assert_allclose(weighted.class_weight_, repeated.class_weight_, rtol=1e-6)


@pytest.mark.parametrize("loss", ["bce", "focal", "asymmetric"])
def test_balanced_is_a_fit_with_the_same_weights_by_hand(data, frame, loss):
    X, y = data
    balanced = small(class_weight="balanced", loss=loss).fit(X, frame)
    by_hand = dict(zip(NAMES, ((1 - y).sum(0) / y.sum(0)).clip(1), strict=True))
    expected = small(class_weight=by_hand, loss=loss).fit(X, frame).predict_proba(X)
    np.testing.assert_array_equal(balanced.predict_proba(X), expected)
    assert np.abs(small(loss=loss).fit(X, frame).predict_proba(X) - expected).max() > 1e-3


def test_weights_by_name_are_the_positive_weights_of_torch(data, frame):
    X, _ = data
    tensor = torch.tensor([1.0, 7.0, 0.5])
    expected = small(net_params={"criterion__pos_weight": tensor}).fit(X, frame)
    got = small(class_weight={"Cytosol": 0.5, "Nucleoli": 7}).fit(X, frame)
    assert got.class_weight_.tolist() == [1, 7, 0.5]
    np.testing.assert_array_equal(got.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize("key", [1, np.int64(1), "1"])
def test_columns_without_names_have_their_numbers(data, key):
    X, y = data
    assert small(class_weight={key: 3.0}).fit(X, y).class_weight_.tolist() == [1, 3, 1]


def test_without_class_weight_every_label_weighs_one(data, frame):
    X, _ = data
    assert small().fit(X, frame).class_weight_.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ("auto", "'class_weight' parameter"),
        ([1.0, 2.0, 3.0], "'class_weight' parameter"),
        (
            {"nucleoli": 2, "Lysosomes": 3},
            "class_weight holds 'nucleoli', 'Lysosomes', which are no labels of y; did you mean "
            "'Nucleoli'? The labels are 'Nucleoplasm', 'Nucleoli', 'Cytosol'",
        ),
        ({1: 2.0}, "class_weight holds '1', which is no label of y"),
        (
            {"Nucleoli": -1, "Cytosol": "2", "Nucleoplasm": 1.0},
            "positive finite numbers, but it holds 'Nucleoli': -1, 'Cytosol': '2'",
        ),
        ({"Nucleoli": 0}, "it holds 'Nucleoli': 0"),
        ({"Nucleoli": math.nan, "Cytosol": math.inf}, "holds 'Nucleoli': nan, 'Cytosol': inf"),
    ],
)
def test_a_wrong_class_weight_is_refused_before_any_data_is_looked_at(frame, class_weight, message):
    with pytest.raises(ValueError) as error:
        small(class_weight=class_weight).fit(None, frame)
    assert message in str(error.value)


def test_a_label_by_its_number_and_by_its_name_is_refused():
    with pytest.raises(ValueError, match="class_weight holds a label twice"):
        small(class_weight={0: 1.0, "0": 2.0}).fit(None, [[0, 1]])


@pytest.mark.parametrize("loss", ["bce", "focal", "asymmetric"])
def test_a_rare_label_is_found_more_often_where_it_is_balanced(rare, loss):
    X, y = rare

    def recall(class_weight):
        params = {"class_weight": class_weight, "loss": loss, "lr": 0.01, "max_epochs": 12}
        classifier = small(early_stopping=False, **params).fit(X[:400], y[:400])
        return recall_score(y[400:, 1], classifier.predict(X[400:])[:, 1])

    assert recall("balanced") > recall(None) + 0.3


def test_the_probability_of_a_weighted_label_is_shifted_by_its_weight():
    X = np.zeros((400, 1))
    y = np.zeros((400, 1), dtype=int)
    y[:80] = 1
    y = pd.DataFrame(y, columns=["Nucleoli"])
    params = {"hidden_layer_sizes": (), "lr": 0.03, "max_epochs": 60, "early_stopping": False}
    proba = small(class_weight={"Nucleoli": 4.0}, **params).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(proba, 4 * 0.2 / (4 * 0.2 + 0.8), atol=0.03)


# ---- class_weight: classes of a 1-d target ----------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
def test_balanced_classes_have_scikit_learn_s_weights(weighted):
    X, y = make_blobs([50, 30, 10], random_state=0)
    times = np.random.default_rng(0).integers(1, 4, 90) if weighted else np.ones(90, dtype=int)
    names = np.array(["cytosol", "nucleus", "vesicles"])
    classifier = small(class_weight="balanced").fit(
        X, names[y], sample_weight=times if weighted else None
    )
    expected = compute_class_weight("balanced", classes=names, y=names[y].repeat(times))
    np.testing.assert_allclose(classifier.class_weight_, expected, rtol=1e-6)


def test_the_weight_of_a_class_is_the_weight_of_its_samples():
    X, y = make_blobs([50, 30, 10], random_state=0, cluster_std=4)
    params = {"dropout": 0, "lr": 1e-3, "early_stopping": False}
    by_class = small(class_weight={0: 1.5, 2: 0.3}, **params).fit(X, y)
    weight = np.array([1.5, 1, 0.3])[y]
    by_sample = small(**params).fit(X, y, sample_weight=weight)
    assert by_class.class_weight_.tolist() == [1.5, 1, 0.3]
    np.testing.assert_allclose(by_class.predict_proba(X), by_sample.predict_proba(X), atol=0.01)
    plain = small(**params).fit(X, y)
    assert np.abs(plain.predict_proba(X) - by_class.predict_proba(X)).max() > 0.02


def test_a_class_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="are not in class_weight"):
        small(class_weight={"nucleus": 2.0}).fit(None, [0, 1, 2])


def test_a_class_without_a_training_row_weighs_one():
    X, y = make_blobs([50, 50, 1], random_state=0)
    weight = np.where(y == 2, 0.0, 1.0)
    classifier = small(class_weight="balanced").fit(X, y, sample_weight=weight)
    assert classifier.class_weight_.tolist() == [1, 1, 1]


# ---- going on with training, copies and files -------------------------------------------------


def test_balanced_weights_are_found_anew_in_every_fit_of_a_warm_start(data):
    X, y = data
    classifier = small(class_weight="balanced", warm_start=True)
    for rows in (slice(0, 60), slice(60, 120)):
        share = y[rows].mean(axis=0)
        classifier.fit(X[rows], y[rows])
        np.testing.assert_allclose(classifier.class_weight_, np.maximum(1, (1 - share) / share))
    assert classifier.n_iter_ == 10


@pytest.mark.parametrize("y", [[[0, 1], [1, 0]], [0, 1]])
def test_balanced_is_refused_in_partial_fit(y):
    with pytest.raises(ValueError, match="'balanced' cannot be used in partial_fit, which sees a"):
        small(class_weight="balanced").partial_fit([[0.0], [1.0]], y)


def test_partial_fit_takes_weights_by_name_and_keeps_the_optimiser_s_state(data, frame):
    X, _ = data
    classifier = small(class_weight={"Cytosol": 5.0}).partial_fit(X, frame)
    net = classifier.net_
    assert classifier.partial_fit(X, frame).net_ is net
    assert net.criterion_.pos_weight.tolist() == [1, 1, 5]
    classifier.set_params(class_weight={"Cytosol": 2.0}).partial_fit(X, frame)
    assert classifier.net_.criterion_.pos_weight.tolist() == [1, 1, 2]
    assert classifier.class_weight_.tolist() == [1, 1, 2]


def test_partial_fit_of_one_class_alone_keeps_the_weight_of_that_class():
    X = np.zeros((40, 1))
    losses = [
        small(class_weight=weight)
        .partial_fit(X, np.zeros(40, dtype=int), classes=[0, 1])
        .history_["train_loss"][0]
        for weight in (None, {0: 1e-3})
    ]
    assert losses[1] == pytest.approx(losses[0] * 1e-3, rel=0.1)


def test_another_loss_begins_with_a_fresh_optimiser_in_partial_fit(data):
    X, y = data
    classifier = small().partial_fit(X, y)
    net = classifier.net_
    classifier.set_params(loss="focal").partial_fit(X, y)
    assert classifier.net_ is not net
    assert isinstance(classifier.net_.criterion_, MultiLabelFocalLoss)


def test_a_fit_that_fails_keeps_the_weights_of_the_earlier_one(data):
    X, y = data
    classifier = small(class_weight={0: 3.0}).fit(X, y)
    with pytest.raises(ValueError, match="training diverged"):
        classifier.set_params(class_weight={0: 8.0}, lr=1e30, optimizer="sgd").fit(X, y)
    assert classifier.class_weight_.tolist() == [3, 1, 1]


@pytest.mark.parametrize("class_weight", ["balanced", {"Nucleoli": 3.0}])
def test_copies_and_files_keep_the_weights_as_plain_arrays(data, frame, tmp_path, class_weight):
    X, _ = data
    params = {"loss": "focal", "loss_params": {"gamma": 1.5}}
    classifier = small(class_weight=class_weight, **params).fit(X, frame)
    expected = classifier.class_weight_
    for twin in (
        pickle.loads(pickle.dumps(classifier)),
        load(save(classifier, tmp_path / "model.skops")),
    ):
        np.testing.assert_array_equal(twin.class_weight_, expected)
        np.testing.assert_array_equal(twin.predict_proba(X), classifier.predict_proba(X))
        np.testing.assert_allclose(twin.net_.criterion_.pos_weight, expected, rtol=1e-6)
        assert twin.net_.criterion_.gamma == 1.5
        assert twin.get_params() == classifier.get_params()
    assert clone(classifier).class_weight == class_weight


def test_the_weights_that_are_handed_out_are_a_copy(data):
    X, y = data
    classifier = small(class_weight={0: 3.0}).fit(X, y)
    classifier.class_weight_[:] = 0
    assert classifier.class_weight_.tolist() == [3, 1, 1]


def test_the_positive_weight_moves_with_the_criterion():
    for make in (MultiLabelFocalLoss, MultiLabelAsymmetricLoss, MultiLabelBCELoss):
        assert make(pos_weight=torch.ones(3)).to("meta").pos_weight.device.type == "meta"
    assert MulticlassCrossEntropyLoss(torch.ones(3)).to("meta").weight.device.type == "meta"


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
