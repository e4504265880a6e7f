"""MultiLabelMLPClassifier: what it promises beyond scikit-learn's own checks."""

import copy
import gc
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csr_matrix
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_blobs, make_multilabel_classification
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GroupKFold, cross_validate
from skorch.callbacks import Callback, EarlyStopping, EpochScoring, LRScheduler

from sklearn_hpa import MultiLabelMLPClassifier, load, save
from sklearn_hpa.exceptions import TrainingInterruptedWarning
from sklearn_hpa.neural_network._modules import FeatureScaler, PixelScaler
from sklearn_hpa.neural_network._options import resolve_auto

NAMES = ["Nucleoplasm", "Nucleoli", "Cytosol"]


def small(**params):
    return MultiLabelMLPClassifier(
        **({"hidden_layer_sizes": (16,), "max_epochs": 5, "random_state": 0} | params)
    )


@pytest.fixture(scope="module")
def data():
    return make_multilabel_classification(120, 10, n_classes=3, random_state=0)


@pytest.fixture(scope="module")
def frame(data):
    return pd.DataFrame(data[1], columns=NAMES)


# ---- targets ----------------------------------------------------------------------------------


def test_a_matrix_a_frame_and_a_sparse_matrix_give_the_same_model(data, frame):
    X, y = data
    expected = small().fit(X, y).predict_proba(X)
    for target in (frame, csr_matrix(y), y.astype(bool), y.tolist(), y.astype(float)):
        np.testing.assert_array_equal(small().fit(X, target).predict_proba(X), expected)


def test_label_names_are_the_columns_or_their_numbers(data, frame):
    X, y = data
    assert small().fit(X, frame).label_names_.tolist() == NAMES
    assert small().fit(X, y).label_names_.tolist() == ["0", "1", "2"]


def test_classes_of_a_matrix_are_zero_and_one_for_each_label(data):
    X, y = data
    np.testing.assert_array_equal(small().fit(X, y).classes_, [[0, 1]] * 3)


@pytest.mark.parametrize("kind", ["frame", "sparse"])
def test_one_column_of_a_frame_or_sparse_matrix_is_one_label(data, frame, kind):
    X, y = data
    target = frame[["Nucleoli"]] if kind == "frame" else csr_matrix(y[:, 1:2])
    classifier = small().fit(X, target)
    assert classifier.predict_proba(X).shape == classifier.predict(X).shape == (len(X), 1)
    assert classifier.classes_.shape == (1, 2)


def test_a_1d_target_gets_softmax_and_its_own_classes():
    X, number = make_blobs(90, centers=3, cluster_std=0.3, random_state=0)
    y = np.array(["cytosol", "nucleus", "vesicles"])[number]
    classifier = small(max_epochs=60, threshold=0.99).fit(X, y)
    np.testing.assert_allclose(classifier.predict_proba(X).sum(axis=1), 1)
    assert classifier.classes_.tolist() == ["cytosol", "nucleus", "vesicles"]
    assert classifier.score(X, y) > 0.95


def test_a_label_without_a_positive_example_trains_and_is_named(data, frame):
    X, _ = data
    absent = frame.assign(Aggresome=0, Lysosomes=0)
    with pytest.warns(
        UserWarning, match="2 of 5 labels .* be learned: Aggresome, Lysosomes"
    ) as told:
        classifier = small().fit(X, absent)
    assert told[0].filename == __file__
    assert np.isfinite(classifier.predict_proba(X)).all()


def test_probabilities_are_strictly_inside_0_and_1_even_when_sigmoids_saturate():
    X = np.array([[0.0], [1.0]])
    classifier = small(hidden_layer_sizes=(), lr=1.0, max_epochs=100).fit(X, [[0, 1], [1, 0]])
    proba = classifier.predict_proba(X * 1e6)
    assert ((proba > 0) & (proba < 1)).all()


# ---- what the network sees --------------------------------------------------------------------


def test_pixels_are_divided_by_255_inside_the_network():
    X = np.array([[0, 51], [255, 102]], dtype=np.uint8)
    classifier = small().fit(X, [[0, 1], [1, 0]])
    scaler = classifier.net_.module_.scaler
    assert isinstance(scaler, PixelScaler)
    np.testing.assert_allclose(scaler(torch.from_numpy(X)), X / 255, rtol=1e-6)


def test_features_are_standardised_from_the_training_rows(data):
    X, y = data
    scaler = small().fit(X, y).net_.module_.scaler
    assert isinstance(scaler, FeatureScaler)
    scaled = scaler(torch.tensor(X)).numpy()
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-4)


def test_the_scale_of_features_does_not_matter(data):
    X, y = data
    expected = small().fit(X, y).predict_proba(X)
    scaled = X * 1000 + 5
    np.testing.assert_allclose(small().fit(scaled, y).predict_proba(scaled), expected, atol=1e-3)


def test_a_constant_feature_is_harmless(data):
    X, y = data
    X = np.column_stack([X, np.full(len(X), 7.0)])
    assert np.isfinite(small().fit(X, y).predict_proba(X)).all()


def trained_by(classifier):
    """The recipe that a fitted net shows: widths, shares of dropout, optimiser, rate and decay."""
    net = classifier.net_
    body = list(net.module_.body)
    (group,) = net.optimizer_.param_groups
    return (
        [m.out_features for m in body if isinstance(m, torch.nn.Linear)][:-1],
        [m.p for m in body if isinstance(m, torch.nn.Dropout)],
        type(net.optimizer_),
        group["lr"],
        group["weight_decay"],
    )


def test_pixels_are_trained_by_the_paper_s_recipe(data):
    X, y = data
    classifier = MultiLabelMLPClassifier(random_state=0).fit(X.astype(np.uint8), y)
    assert trained_by(classifier) == ([32, 64, 128, 256], [], torch.optim.Adam, 1e-3, 0)
    assert classifier.n_iter_ == 250


def test_features_are_trained_by_the_recipe_for_features(data):
    X, y = data
    classifier = MultiLabelMLPClassifier(random_state=0).fit(X, y)
    assert trained_by(classifier) == ([256, 256], [0.5, 0.5], torch.optim.AdamW, 3e-4, 0.1)
    assert classifier.n_iter_ == 60


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_partial_fit_and_a_rebuilt_net_have_the_recipe_of_fit(data, dtype):
    X, y = data[0].astype(dtype), data[1]
    expected = trained_by(MultiLabelMLPClassifier(max_epochs=1, random_state=0).fit(X, y))
    portion = MultiLabelMLPClassifier(random_state=0).partial_fit(X, y)
    assert trained_by(portion) == trained_by(pickle.loads(pickle.dumps(portion))) == expected
    assert portion.n_iter_ == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_what_is_given_is_trained_with_whatever_auto_would_be(data, dtype):
    X, y = data[0].astype(dtype), data[1]
    given = {"dropout": 0.2, "optimizer": "sgd", "lr": 0.02, "weight_decay": 0.03, "max_epochs": 2}
    classifier = MultiLabelMLPClassifier((7,), **given, random_state=0).fit(X, y)
    assert trained_by(classifier) == ([7], [0.2], torch.optim.SGD, 0.02, 0.03)
    assert classifier.n_iter_ == 2


def test_auto_stays_a_parameter_after_fit(data):
    X, y = data
    classifier = MultiLabelMLPClassifier(max_epochs=1, random_state=0).fit(X, y)
    for name in ("hidden_layer_sizes", "dropout", "optimizer", "lr", "weight_decay"):
        assert getattr(classifier, name) == "auto"


def test_the_default_network_is_the_paper_s():
    X = np.random.default_rng(0).integers(0, 256, (8, 48), dtype=np.uint8)
    y = np.random.default_rng(1).integers(0, 2, (8, 28))
    y[:2] = [[0], [1]]
    body = MultiLabelMLPClassifier(max_epochs=1).fit(X, y).net_.module_.body
    layers = [tuple(m.weight.shape) for m in body if isinstance(m, torch.nn.Linear)]
    assert layers == [(32, 48), (64, 32), (128, 64), (256, 128), (28, 256)]
    assert sum(isinstance(m, torch.nn.ReLU) for m in body) == 4


# ---- what "auto" stands for -------------------------------------------------------------------


def parameters(**params):
    return MultiLabelMLPClassifier(**params).get_params(deep=False)


def resolved(takes_pixels, n_samples=0, **params):
    return resolve_auto(parameters(**params), takes_pixels, n_samples)


@pytest.mark.parametrize(
    ("name", "pixels", "features"),
    [
        ("hidden_layer_sizes", (32, 64, 128, 256), (256, 256)),
        ("dropout", 0, 0.5),
        ("optimizer", "adam", "adamw"),
        ("lr", 1e-3, 3e-4),
        ("weight_decay", 0, 0.1),
        ("max_epochs", 250, 60),
    ],
)
def test_each_auto_has_a_value_for_pixels_and_one_for_features(name, pixels, features):
    assert parameters()[name] == "auto"
    assert resolved(takes_pixels=True)[name] == pixels
    assert resolved(takes_pixels=False)[name] == features


@pytest.mark.parametrize("takes_pixels", [True, False])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_layer_sizes", (5,)),
        ("hidden_layer_sizes", ()),
        ("dropout", 0.1),
        ("dropout", 0),
        ("optimizer", "rmsprop"),
        ("lr", 0.7),
        ("weight_decay", 0.7),
        ("weight_decay", 0),
        ("max_epochs", 3),
        ("early_stopping", True),
        ("early_stopping", False),
    ],
)
def test_a_given_value_wins_over_auto(takes_pixels, name, value):
    for n_samples in (0, 10_000):
        assert resolved(takes_pixels, n_samples, **{name: value})[name] == value


def test_an_array_of_widths_is_no_auto():
    widths = np.array([8, 4])
    assert resolved(takes_pixels=False, hidden_layer_sizes=widths)["hidden_layer_sizes"] is widths


@pytest.mark.parametrize(
    ("optimizer", "decay"),
    [("auto", 0.1), ("adamw", 0.1), ("adam", 1e-4), ("rmsprop", 1e-4), ("sgd", 1e-4)],
)
def test_the_decay_of_features_is_small_where_the_optimiser_adds_it_to_the_gradient(
    optimizer, decay
):
    assert resolved(takes_pixels=False, optimizer=optimizer)["weight_decay"] == decay
    assert resolved(takes_pixels=True, optimizer=optimizer)["weight_decay"] == 0


def test_resolving_leaves_the_parameters_and_all_that_is_not_auto_alone():
    options = parameters(batch_size=7, threshold=[0.1, 0.2])
    before = dict(options)
    after = resolve_auto(options, False)
    assert options == before
    autos = {"hidden_layer_sizes", "dropout", "optimizer", "lr", "weight_decay", "max_epochs"}
    changed = {name for name in before if after[name] != before[name]}
    assert changed == autos | {"early_stopping", "loss"}
    assert after["device"] == "auto"


def test_no_hidden_layer_is_a_linear_model(data):
    X, y = data
    assert len(small(hidden_layer_sizes=()).fit(X, y).net_.module_.body) == 1


def test_a_module_is_called_with_the_widths_and_gets_scaled_float32(data):
    X, y = data
    seen = {}

    class Linear(torch.nn.Linear):
        def forward(self, x):
            seen["dtype"], seen["largest"] = x.dtype, x.abs().max().item()
            return super().forward(x)

    classifier = small(module=Linear).fit((X * 10).astype(np.uint8), y)
    assert (classifier.net_.module_.body.in_features, len(classifier.classes_)) == (10, 3)
    assert seen["dtype"] == torch.float32 and seen["largest"] <= 1


# ---- training ---------------------------------------------------------------------------------


class Watch(Callback):
    """Keeps each epoch's weights, and the rows of the two data sets."""

    def __init__(self):
        self.weights_ = []

    def on_epoch_end(self, net, dataset_train, dataset_valid, **kwargs):
        self.weights_.append(copy.deepcopy(net.module_.state_dict()))
        self.train_ = dataset_train.rows
        self.valid_ = None if dataset_valid is None else dataset_valid.rows


def test_early_stopping_keeps_the_weights_of_the_best_epoch(data):
    X, y = data
    watch = Watch()
    classifier = small(
        early_stopping=True, n_iter_no_change=3, max_epochs=500, lr=0.05, callbacks=[watch]
    ).fit(X, y)
    losses = classifier.history_["valid_loss"]
    assert classifier.n_iter_ == len(losses) < 500
    best = watch.weights_[losses.argmin()]
    for name, tensor in classifier.net_.module_.state_dict().items():
        torch.testing.assert_close(tensor, best[name])


@pytest.mark.parametrize(("n_samples", "stops"), [(199, False), (200, True)])
def test_early_stopping_auto_starts_at_200_samples_of_pixels(n_samples, stops):
    X, y = make_multilabel_classification(n_samples, 5, n_classes=3, random_state=0)
    history = small(max_epochs=1).fit(X.astype(np.uint8), y).history_
    assert history["valid_loss"].notna().all() == stops


def test_features_do_not_stop_early_unless_asked_to():
    X, y = make_multilabel_classification(400, 5, n_classes=3, random_state=0)
    assert small(max_epochs=1).fit(X, y).history_["valid_loss"].isna().all()
    asked = small(max_epochs=1, early_stopping=True).fit(X, y)
    assert asked.history_["valid_loss"].notna().all()


def test_the_validation_split_never_straddles_a_group(data):
    X, y = data
    groups = np.arange(len(X)) // 4
    watch = Watch()
    small(early_stopping=True, callbacks=[watch], max_epochs=1).fit(X, y, groups=groups)
    assert not set(groups[watch.train_]) & set(groups[watch.valid_])
    assert len(watch.train_) + len(watch.valid_) == len(X)
    assert len(watch.valid_) == 12


def test_the_validation_rows_are_not_in_the_standardisation(data):
    X, y = data
    watch = Watch()
    classifier = small(early_stopping=True, callbacks=[watch], max_epochs=1).fit(X, y)
    mean = classifier.net_.module_.scaler.mean.numpy()
    np.testing.assert_allclose(mean, X[watch.train_].mean(axis=0), rtol=1e-5)


def test_a_sample_of_weight_zero_is_left_out(data):
    X, y = data
    weight = np.ones(len(X))
    weight[::3] = 0
    kept = weight > 0
    expected = small().fit(X[kept], y[kept]).predict_proba(X)
    got = small().fit(X, y, sample_weight=weight).predict_proba(X)
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_only_the_ratios_of_weights_matter(data):
    X, y = data
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    first = small().fit(X, y, sample_weight=weight).predict_proba(X)
    second = small().fit(X, y, sample_weight=weight * 8).predict_proba(X)
    plain = small().fit(X, y).predict_proba(X)
    np.testing.assert_allclose(first, second, atol=1e-6)
    assert np.abs(first - plain).max() > 1e-3


def unregularised_constant():
    """Where features are constant, it learns the weighted share of each label."""
    return small(hidden_layer_sizes=(), optimizer="adam", lr=0.03, weight_decay=0, max_epochs=200)


def test_weights_pull_a_contradicted_sample_to_its_label():
    X = np.zeros((40, 2))
    y = np.array([[1, 0], [0, 1]] * 20)
    weight = np.array([9.0, 1.0] * 20)
    proba = unregularised_constant().fit(X, y, weight).predict_proba(X)
    np.testing.assert_allclose(proba[0], [0.9, 0.1], atol=0.02)


def test_weights_work_for_a_1d_target():
    X = np.zeros((40, 2))
    y, weight = np.array([0, 1] * 20), np.array([9.0, 1.0] * 20)
    proba = unregularised_constant().fit(X, y, weight).predict_proba(X)
    np.testing.assert_allclose(proba[0], [0.9, 0.1], atol=0.02)


def test_partial_fit_is_one_epoch_at_a_time(data):
    X, y = data
    classifier = small()
    for epoch in range(1, 4):
        classifier.partial_fit(X, y)
        assert classifier.n_iter_ == epoch
    losses = classifier.history_["train_loss"]
    assert losses.iloc[-1] < losses.iloc[0]
    assert classifier.history_["epoch"].tolist() == [1, 2, 3]


def test_partial_fit_takes_all_classes_of_a_1d_target_at_first():
    X, y = make_blobs(60, centers=3, random_state=0)
    classifier = small().partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2])
    assert classifier.partial_fit(X[y == 2], y[y == 2]).predict_proba(X).shape == (60, 3)
    with pytest.raises(ValueError, match=r"y holds classes \[3\], which are not in \[0, 1, 2\]"):
        classifier.partial_fit(X[:2], [0, 3])


def test_partial_fit_goes_on_after_a_pickle(data):
    X, y = data
    classifier = pickle.loads(pickle.dumps(small().partial_fit(X, y)))
    before = classifier.predict_proba(X)
    after = classifier.partial_fit(X, y)
    assert after.n_iter_ == 2
    assert 0 < np.abs(after.predict_proba(X) - before).max() < 0.5


def test_warm_start_goes_on_and_a_plain_fit_begins_anew(data):
    X, y = data
    classifier = small(warm_start=True).fit(X, y)
    last = classifier.history_["train_loss"].iloc[-1]
    classifier.fit(X, y)
    assert classifier.n_iter_ == 10
    assert classifier.history_["train_loss"].iloc[5] < last * 1.1
    assert classifier.set_params(warm_start=False).fit(X, y).n_iter_ == 5


def test_warm_start_refuses_other_labels(data, frame):
    X, y = data
    classifier = small(warm_start=True).fit(X, frame)
    with pytest.raises(ValueError, match="expected 3 labels, got 2 labels"):
        classifier.fit(X, frame.iloc[:, :2])
    with pytest.raises(ValueError, match="columns of the earlier fit, in their order"):
        classifier.fit(X, frame[NAMES[::-1]])


def test_callbacks_reach_skorch_and_their_records_reach_the_history(data):
    X, y = data
    watch = Watch()
    callbacks = [
        watch,
        ("schedule", LRScheduler(torch.optim.lr_scheduler.ExponentialLR, gamma=0.5)),
        EpochScoring(lambda net, X, y: 0.25, name="quarter", on_train=True),
    ]
    classifier = small(lr=1e-3, callbacks=callbacks).fit(X, y)
    assert len(watch.weights_) == 5
    assert classifier.net_.optimizer_.param_groups[0]["lr"] == pytest.approx(1e-3 / 2**5)
    assert classifier.history_["quarter"].tolist() == [0.25] * 5


def test_net_params_go_to_skorch_as_they_are(data):
    X, y = data
    params = {"optimizer": torch.optim.Adagrad, "iterator_train__drop_last": True}
    net = small(net_params=params).fit(X, y).net_
    assert isinstance(net.optimizer_, torch.optim.Adagrad)
    assert net.history[-1, "train_batch_count"] == 120 // 32


def test_history_has_an_epoch_per_row(data):
    X, y = data
    history = small().fit(X, y).history_
    assert history.columns.tolist() == ["epoch", "train_loss", "valid_loss", "duration"]
    assert history["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert history["valid_loss"].isna().all() and (history["duration"] > 0).all()


def test_verbose_prints_a_line_for_each_epoch(data, capsys):
    X, y = data
    small().fit(X, y)
    assert capsys.readouterr().out == ""
    small(verbose=1).fit(X, y)
    assert "train_loss" in capsys.readouterr().out


class InterruptAt(Callback):
    def __init__(self, batch):
        self.batch = batch

    def on_batch_end(self, net, training, **kwargs):
        self.batch -= 1
        if self.batch == 0:
            raise KeyboardInterrupt


def test_an_interrupt_keeps_the_weights_so_far(data):
    X, y = data
    with pytest.warns(
        TrainingInterruptedWarning, match="interrupted in epoch 3; the weights reached so far"
    ):
        classifier = small(callbacks=[InterruptAt(batch=10)]).fit(X, y)
    assert classifier.n_iter_ == len(classifier.history_) == 2
    assert classifier.predict(X).shape == y.shape


def test_an_interrupt_in_the_first_epoch_is_passed_on(data):
    X, y = data
    classifier = small(callbacks=[InterruptAt(batch=2)])
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(X, y)
    with pytest.raises(NotFittedError):
        classifier.predict(X)


def test_divergence_is_an_error_that_says_what_to_lower(data):
    X, y = data
    with pytest.raises(ValueError, match=r"training diverged: .* Lower lr \(it is 1e\+30\)"):
        small(lr=1e30, optimizer="sgd").fit(X, y)


# ---- what a failure or a change of parameters leaves behind ------------------------------------


@pytest.mark.parametrize("failure", ["groups", "interrupt", "divergence"])
def test_a_refit_that_fails_leaves_the_earlier_model_whole(data, frame, failure):
    X, _ = data
    classifier = small().fit(X, frame)
    expected, history = classifier.predict_proba(X), classifier.history_
    wider = frame.assign(Aggresome=frame["Cytosol"]).rename(columns={"Nucleoli": "Endosomes"})
    params, fit_params = {
        "groups": ({"early_stopping": True}, {"groups": np.zeros(len(X))}),
        "interrupt": ({"callbacks": [InterruptAt(batch=2)]}, {}),
        "divergence": ({"lr": 1e30, "optimizer": "sgd"}, {}),
    }[failure]
    with pytest.raises((ValueError, KeyboardInterrupt)):
        classifier.set_params(**params).fit(X[:, :7], wider, **fit_params)
    np.testing.assert_array_equal(classifier.predict_proba(X), expected)
    pd.testing.assert_frame_equal(classifier.history_, history)
    assert classifier.label_names_.tolist() == NAMES and classifier.n_features_in_ == 10


@pytest.mark.parametrize(
    "params", [{"lr": 1e30, "optimizer": "sgd"}, {"callbacks": [InterruptAt(batch=2)]}]
)
def test_a_partial_fit_that_fails_leaves_the_earlier_model_whole(data, params):
    X, y = data
    classifier = small().partial_fit(X, y).partial_fit(X, y)
    expected = classifier.predict_proba(X)
    with pytest.raises((ValueError, KeyboardInterrupt)):
        classifier.set_params(**params).partial_fit(X, y)
    np.testing.assert_array_equal(classifier.predict_proba(X), expected)
    assert classifier.n_iter_ == 2
    classifier.set_params(
        **{name: None if name == "callbacks" else 1e-3 for name in params} | {"optimizer": "adam"}
    )
    assert classifier.partial_fit(X, y).n_iter_ == 3


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


def test_partial_fit_after_an_early_stopped_fit_has_no_validation(data):
    X, y = data
    classifier = small(early_stopping=True).fit(X, y).partial_fit(X, y)
    assert classifier.history_["valid_loss"].isna().tolist() == [False] * 5 + [True]


def test_pixels_cannot_be_continued_with_floats(data):
    X, y = data
    classifier = small(warm_start=True).fit(X.astype(np.uint8), y)
    for go_on in (classifier.fit, classifier.partial_fit):
        with pytest.raises(ValueError, match="earlier fit was on uint8 pixels, but X holds floats"):
            go_on(X / 255, y)


def test_floats_in_place_of_pixels_are_warned_of_where_they_were_scaled_already(data):
    X, y = data
    X = X.astype(np.uint8)
    classifier = small().fit(X, y)
    np.testing.assert_array_equal(classifier.predict(X.astype(float)), classifier.predict(X))
    with pytest.warns(UserWarning, match="X holds floats of at most 1, but .* uint8 pixels"):
        classifier.predict(X / 255)


def test_the_fitted_net_does_not_keep_the_data_alive():
    X, y = make_multilabel_classification(220, 10, n_classes=3, random_state=0)
    X = X.astype(np.float32)
    classifier = small(early_stopping=True).fit(X, y)
    kept = [each for each in gc.get_referrers(X) if each is not globals()]
    assert classifier.history_["valid_loss"].notna().all()
    assert not any(isinstance(each, dict) and "rows" in each for each in kept)


# ---- the same result --------------------------------------------------------------------------


def test_the_same_random_state_gives_the_same_model_and_another_one_another(data):
    X, y = data
    proba = [small(random_state=seed).fit(X, y).predict_proba(X) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(proba[0], proba[1])
    assert np.abs(proba[0] - proba[2]).max() > 1e-3


def test_the_global_random_states_are_never_touched(data):
    X, y = data
    numpy_state, torch_state = np.random.get_state()[1].copy(), torch.get_rng_state()
    for seed in (0, None):
        classifier = small(random_state=seed, early_stopping=True).fit(X, y)
        pickle.loads(pickle.dumps(classifier)).predict_proba(X)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)
    assert torch.equal(torch.get_rng_state(), torch_state)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_scores_do_not_depend_on_the_number_of_workers(data, backend):
    X, y = data
    classifier = small(hidden_layer_sizes=(32, 64), dropout=0.5)
    alone = cross_validate(classifier, X, y, scoring="neg_mean_squared_error", cv=4)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        together = cross_validate(classifier, X, y, scoring="neg_mean_squared_error", cv=4)
    np.testing.assert_array_equal(alone["test_score"], together["test_score"])


@pytest.mark.parametrize("n_features", [3, 300, 12288])
def test_a_row_s_probabilities_do_not_depend_on_the_rows_beside_it(n_features):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (150, n_features), dtype=np.uint8)
    y = rng.integers(0, 2, (150, 4))
    classifier = small(max_epochs=1).fit(X, y)
    together = classifier.predict_proba(X)
    alone = np.vstack([classifier.predict_proba(X[i : i + 1]) for i in range(0, 150, 10)])
    np.testing.assert_array_equal(together[::10], alone)


# ---- thresholds -------------------------------------------------------------------------------


def test_a_label_is_given_where_its_probability_reaches_the_threshold(data):
    X, y = data
    classifier = small().fit(X, y)
    proba = classifier.predict_proba(X)
    np.testing.assert_array_equal(classifier.predict(X), proba >= 0.5)
    classifier.set_params(threshold=proba[0])
    np.testing.assert_array_equal(classifier.predict(X), proba >= proba[0])
    assert classifier.predict(X)[0].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("threshold", "message"),
    [
        ([0.5, 0.5], r"one for each of the 3 labels, got an array of shape \(2,\)"),
        ([0.5, 0.5, 1.5], r"threshold must lie in \[0, 1\]"),
        ([0.5, 0.5, float("nan")], r"threshold must lie in \[0, 1\]"),
        (-0.1, "'threshold' parameter"),
    ],
)
def test_a_wrong_threshold_is_refused(data, threshold, message):
    X, y = data
    with pytest.raises(ValueError, match=message):
        small(threshold=threshold).fit(X, y)


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


def test_a_model_that_asks_for_cuda_predicts_where_there_is_none(data, monkeypatch):
    X, y = data
    classifier = small().fit(X, y)
    expected = classifier.predict_proba(X)
    twin = pickle.loads(pickle.dumps(classifier.set_params(device="cuda")))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.warns(UserWarning, match="device='cuda' is not available here: predicting on the"):
        np.testing.assert_allclose(twin.predict_proba(X), expected, atol=1e-6)


# ---- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"lr": 0}, "'lr' parameter"),
        ({"lr": -1e-3}, "'lr' parameter"),
        ({"batch_size": 0}, "'batch_size' parameter"),
        ({"max_epochs": 0}, "'max_epochs' parameter"),
        ({"n_iter_no_change": 0}, "'n_iter_no_change' parameter"),
        ({"validation_fraction": 1.0}, "'validation_fraction' parameter"),
        ({"dropout": 1.0}, "'dropout' parameter"),
        ({"weight_decay": -1}, "'weight_decay' parameter"),
        ({"loss": "hinge"}, "'loss' parameter"),
        ({"optimizer": "lbfgs"}, "'optimizer' parameter"),
        ({"lr": "fast"}, "'lr' parameter"),
        ({"max_epochs": "many"}, "'max_epochs' parameter"),
        ({"hidden_layer_sizes": "wide"}, "'hidden_layer_sizes' parameter"),
        ({"activation": "relu6"}, "'activation' parameter"),
        ({"hidden_layer_sizes": (16, 0)}, r"positive integers, got \(16, 0\)"),
        ({"hidden_layer_sizes": (16, -4)}, "positive integers"),
        ({"hidden_layer_sizes": (1.5,)}, "positive integers"),
        ({"hidden_layer_sizes": 16}, "'hidden_layer_sizes' parameter"),
        ({"hidden_layer_sizes": (True,)}, "positive integers"),
        ({"net_params": {"optimizr__x": 1}}, "net_params .* skorch.NeuralNet"),
        ({"callbacks": ["x"]}, "callbacks holds 'x', expected skorch callbacks"),
        ({"net_params": {"train_split": None}}, r"net_params holds \['train_split'\]"),
        ({"device": "cpu:1"}, "device='cpu:1' is not a device"),
        ({"device": "meta"}, "device='meta' is not a device"),
        ({"net_params": {"lr": 1}}, r"net_params holds \['lr'\], which .* sets itself"),
        ({"device": "gpu"}, "device='gpu' is not a device; expected 'auto', 'cpu'"),
    ],
)
def test_a_wrong_parameter_is_refused_before_any_data_is_looked_at(params, message):
    with pytest.raises(ValueError, match=message):
        small(**params).fit(None, [[0, 1]])


def test_cuda_without_cuda_is_refused(data, monkeypatch):
    X, y = data
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(ValueError, match="device='cuda' is not available: this machine has 0"):
        small(device="cuda").fit(X, y)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed, but the target y is None"),
        ([[0, 1], [1, 2]], "row 1 of label 1 holds"),
        ([[0, 1], [1, np.nan]], "Input y contains NaN"),
        (np.zeros((0, 3)), r"y is empty: its shape is \(0, 3\)"),
        (np.zeros((2, 0)), "y is empty|0 feature"),
        ([0.5, 1.5], "Unknown label type: continuous"),
        ([["0", "1"], ["1", "0"]], "row 0 of label 0 holds '0'"),
        ("Nucleoli", "y must be a 0/1 matrix or 1-d, got 'Nucleoli'"),
        (3, "y must be a 0/1 matrix or 1-d, got 3"),
    ],
)
def test_a_wrong_target_is_refused(y, message):
    with pytest.raises(ValueError, match=message):
        small().fit([[0.0], [1.0]], y)


def test_a_wrong_value_is_named_by_its_label(frame):
    frame = frame.astype(float)
    frame.iloc[7, 1] = 0.3
    with pytest.raises(ValueError, match="row 7 of label 'Nucleoli' holds .*0.3"):
        small().fit(np.zeros((120, 2)), frame)


def test_lengths_that_differ_are_refused(data):
    X, y = data
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[120, 119\]"):
        small().fit(X, y[:-1])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        small().fit(X, y, groups=np.zeros(7))


def test_nan_in_the_features_is_refused(data):
    X, y = data
    X = X.copy()
    X[3, 2] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        small().fit(X, y)


def test_weights_that_are_all_zero_are_refused(data):
    X, y = data
    with pytest.raises(ValueError, match="zero"):
        small().fit(X, y, sample_weight=np.zeros(len(X)))


def test_a_wrong_number_of_features_is_refused_at_predict(data):
    X, y = data
    with pytest.raises(ValueError, match="X has 9 features, but .* is expecting 10"):
        small().fit(X, y).predict(X[:, 1:])


@pytest.mark.parametrize("use", ["predict", "predict_proba"])
def test_unfitted_use_is_refused(data, use):
    with pytest.raises(NotFittedError):
        getattr(small(), use)(data[0])


def test_numpy_integers_are_integers(data):
    X, y = data
    numbers = {"batch_size": np.int64(16), "max_epochs": np.int64(2)}
    assert small(hidden_layer_sizes=np.array([8, 4]), **numbers).fit(X, y).n_iter_ == 2


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (np.zeros(120), "sets some groups aside and needs at least 2, got 1"),
        (np.zeros((120, 2)), "1d array"),
        ([None] * 120, "groups holds missing values"),
        (np.full(120, np.nan), "groups holds missing values"),
    ],
)
def test_groups_of_a_wrong_kind_are_refused(data, groups, message):
    X, y = data
    with pytest.raises(ValueError, match=message):
        small(early_stopping=True).fit(X, y, groups=groups)


def test_one_sample_cannot_be_split():
    with pytest.raises(ValueError, match="sets some samples aside and needs at least 2, got 1"):
        small(early_stopping=True).fit([[0.0]], [[0, 1]])


def test_a_module_with_another_number_of_outputs_is_refused_before_training(data):
    X, y = data
    with pytest.raises(ValueError, match=r"logits of shape \('n_samples', 7\), expected .*3\)"):
        small(module=lambda n, m: torch.nn.Linear(n, 7)).fit(X, y)


class HalfPrecision(torch.nn.Linear):
    def __init__(self, n_features, n_outputs):
        super().__init__(n_features, n_outputs, dtype=torch.bfloat16)

    def forward(self, x):
        return super().forward(x.to(torch.bfloat16)).float()


def test_a_bfloat16_module_is_kept_as_float32_and_rebuilt(data):
    X, y = data
    classifier = small(module=HalfPrecision).fit(X, y)
    twin = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(twin.predict_proba(X), classifier.predict_proba(X))


def test_parameters_of_the_criterion_hold_with_and_without_weights(data):
    X, y = data
    heavy = {"criterion__pos_weight": torch.full((3,), 50.0)}
    plain = small(net_params=heavy).fit(X, y).predict_proba(X)
    weighted = small(net_params=heavy).fit(X, y, sample_weight=np.ones(len(X))).predict_proba(X)
    np.testing.assert_allclose(weighted, plain, atol=1e-5)
    assert np.abs(small().fit(X, y).predict_proba(X) - plain).max() > 0.01


def test_weights_with_a_criterion_of_one_s_own_are_refused(data):
    X, y = data
    classifier = small(net_params={"criterion": torch.nn.BCEWithLogitsLoss})
    classifier.fit(X, y)
    with pytest.raises(ValueError, match="sample_weight cannot be used with a criterion"):
        classifier.fit(X, y, sample_weight=np.ones(len(X)))


def test_a_default_dtype_of_float64_is_harmless(data):
    X, y = data
    expected = small().fit(X, y).predict_proba(X)
    torch.set_default_dtype(torch.float64)
    try:
        got = small().fit(X, y).predict_proba(X)
    finally:
        torch.set_default_dtype(torch.float32)
    np.testing.assert_allclose(got, expected, atol=0.2)


# ---- metadata routing -------------------------------------------------------------------------


def test_groups_and_weights_are_routed_to_fit(data):
    X, y = data
    groups = np.arange(len(X)) // 4
    watch = Watch()
    with config_context(enable_metadata_routing=True):
        classifier = small(early_stopping=True, callbacks=[watch], max_epochs=1)
        classifier.set_fit_request(groups=True, sample_weight=True)
        classifier.set_score_request(sample_weight=False)
        scores = cross_validate(
            classifier,
            X,
            y,
            cv=GroupKFold(3),
            params={"groups": groups, "sample_weight": np.ones(len(X))},
            error_score="raise",
            return_estimator=True,
        )
    assert len(scores["test_score"]) == 3


# ---- CUDA -------------------------------------------------------------------------------------


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_training_on_cuda_learns_what_training_on_a_cpu_does(data, dtype):
    X, y = data
    X = (X * 10).astype(dtype)
    on = {
        device: small(device=device, max_epochs=100, random_state=0, dropout=0).fit(X, y)
        for device in ("cpu", "cuda")
    }
    assert on["cuda"].net_.device == "cuda"
    losses = [each.history_["train_loss"].iloc[-1] for each in on.values()]
    assert losses[0] == pytest.approx(losses[1], rel=0.3)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_model_trained_on_cuda_predicts_the_same_on_a_cpu(data):
    X, y = data
    classifier = small(device="cuda").fit(X, y)
    twin = pickle.loads(pickle.dumps(classifier)).set_params(device="cpu")
    np.testing.assert_allclose(twin.predict_proba(X), classifier.predict_proba(X), atol=1e-5)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_same_seed_gives_the_same_model_on_cuda(data):
    X, y = data
    state = torch.cuda.get_rng_state()
    first, second = (
        small(device="cuda", random_state=0, dropout=0.3).fit(X, y).predict_proba(X)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)
    assert torch.equal(torch.cuda.get_rng_state(), state)


# ---- the epoch that was kept ------------------------------------------------------------------


class RememberWeights(Callback):
    """The state of the module at the end of every epoch of every fit."""

    def __init__(self):
        self.epochs = []

    def on_epoch_end(self, net, **kwargs):
        self.epochs.append({k: v.clone() for k, v in net.module_.state_dict().items()})


def stops_early(callbacks=(), **params):
    params = {"early_stopping": True, "max_epochs": 400, "n_iter_no_change": 4, "lr": 0.02} | params
    return small(callbacks=list(callbacks), **params)


def test_the_best_epoch_is_the_one_whose_weights_were_kept(data):
    seen = RememberWeights()
    classifier = stops_early([seen]).fit(*data)
    assert classifier.best_epoch_ == classifier.n_iter_ - 4
    kept = seen.epochs[classifier.best_epoch_ - 1]
    for name, weights in classifier._network.weights.items():
        np.testing.assert_array_equal(weights, kept[name].numpy())


def test_the_last_epoch_can_be_the_best(data):
    assert stops_early(max_epochs=3, lr=1e-3).fit(*data).best_epoch_ == 3


def test_the_best_epoch_is_counted_over_all_fits_of_a_warm_start(data):
    seen = RememberWeights()
    classifier = stops_early([seen], warm_start=True).fit(*data)
    earlier = classifier.n_iter_
    classifier.fit(*data)
    assert earlier < classifier.best_epoch_ <= classifier.n_iter_
    kept = seen.epochs[classifier.best_epoch_ - 1]
    for name, weights in classifier._network.weights.items():
        np.testing.assert_array_equal(weights, kept[name].numpy())


def test_the_best_epoch_is_what_was_fitted_whatever_is_set_afterwards(data):
    classifier = stops_early().fit(*data)
    best = classifier.best_epoch_
    classifier.set_params(early_stopping=False, warm_start=True, callbacks=None)
    assert classifier.best_epoch_ == best is not None
    assert (
        small(early_stopping=False).fit(*data).set_params(early_stopping=True).best_epoch_ is None
    )


def test_there_is_no_best_epoch_without_early_stopping(data):
    assert small(early_stopping=False).fit(*data).best_epoch_ is None
    assert stops_early().fit(*data).partial_fit(*data).best_epoch_ is None
    own = [EarlyStopping("train_loss", load_best=True)]
    assert small(callbacks=own, early_stopping=False).partial_fit(*data).best_epoch_ is None
    classifier = stops_early(warm_start=True, max_epochs=3).fit(*data)
    assert classifier.set_params(early_stopping=False).fit(*data).best_epoch_ is None


def test_there_is_no_best_epoch_where_no_validation_loss_is_finite(data):
    class ForgetsLoss(Callback):
        def on_epoch_end(self, net, **kwargs):
            net.history.record("valid_loss", np.nan)

    assert stops_early([ForgetsLoss()]).fit(*data).best_epoch_ is None


@pytest.mark.parametrize("load_best", [False, True])
def test_an_early_stopping_of_ones_own_counts_where_it_restores_weights(data, load_best):
    own = EarlyStopping("train_loss", patience=2, threshold=0.1, load_best=load_best)
    classifier = small(callbacks=[own], max_epochs=100, early_stopping=False).fit(*data)
    assert classifier.best_epoch_ == (classifier.n_iter_ - 2 if load_best else None)


def test_the_best_epoch_is_kept_by_an_interrupt(data):
    class Interrupt(Callback):
        def on_epoch_begin(self, net, **kwargs):
            if len(net.history) == 3:
                raise KeyboardInterrupt

    classifier = stops_early([Interrupt()], lr=1e-3)
    with pytest.warns(TrainingInterruptedWarning):
        classifier.fit(*data)
    assert classifier.best_epoch_ == classifier.n_iter_ == 2


def test_the_best_epoch_goes_with_copies_and_files(data, tmp_path):
    classifier = stops_early().fit(*data)
    assert pickle.loads(pickle.dumps(classifier)).best_epoch_ == classifier.best_epoch_
    assert load(save(classifier, tmp_path / "model.skops")).best_epoch_ == classifier.best_epoch_


def test_the_best_epoch_of_an_unfitted_classifier_is_refused():
    with pytest.raises(NotFittedError):
        small().best_epoch_  # noqa: B018


def test_a_network_of_features_that_goes_on_with_whole_numbers_keeps_the_features_recipe():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 255, (250, 6)), rng.integers(0, 2, (250, 3))
    classifier = MultiLabelMLPClassifier(max_epochs=1, random_state=0, warm_start=True)
    classifier.fit(X.astype(np.float32), y).fit(X.astype(np.uint8), y)
    assert classifier.best_epoch_ is None
    assert isinstance(classifier.net_.optimizer_, torch.optim.AdamW)
