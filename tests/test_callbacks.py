"""Tests of EpochScores: recorded scores, unchanged training, errors before training."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from skorch import NeuralNet

from sklearn_hpa import HPAPipeline, MultiLabelMLPClassifier, load, save
from sklearn_hpa._labels.label_sets import label_probabilities
from sklearn_hpa.callbacks import EpochScores
from sklearn_hpa.metrics import exact_match_accuracy_score, label_accuracy_score, multilabel_report
from sklearn_hpa.metrics._scorers import METRICS
from sklearn_hpa.neural_network._modules import MLP
from tests.neural_network.networks import Collect, samples_unlike_training

NAMES = ["Nucleoplasm", "Nucleoli", "Cytosol"]


class Noisy(torch.nn.Module):
    """A module that uses torch's random generator also in evaluation."""

    def __init__(self, n_features, n_outputs):
        super().__init__()
        self.layer = torch.nn.Linear(n_features, n_outputs)

    def forward(self, x):
        return self.layer(x + 0.1 * torch.randn_like(x))


def small(callbacks=None, **params):
    defaults = {"hidden_layer_sizes": (16,), "max_epochs": 4, "loss": "bce", "random_state": 0}
    params = defaults | params
    return MultiLabelMLPClassifier(**params, callbacks=callbacks)


@pytest.fixture(scope="module")
def data():
    return make_multilabel_classification(120, 10, n_classes=3, random_state=0)


@pytest.fixture
def held_out(data):
    X, y = data
    return {"X_valid": X[90:], "y_valid": y[90:]}


# ---- recorded scores ---------------------------------------------------------------------------


def test_training_scores_are_those_of_the_batches_as_they_were_seen(data):
    watch = Collect()
    history = small([EpochScores(), watch]).fit(*data).history_
    for epoch in range(4):
        truth, proba = watch.of(epoch, training=True)
        assert len(truth) == 120
        predicted = proba >= 0.5
        row = history.loc[epoch]
        assert row["train_label_accuracy"] == label_accuracy_score(truth, predicted)
        assert row["train_exact_match_accuracy"] == exact_match_accuracy_score(truth, predicted)
    assert not any(name.startswith("valid_") and name != "valid_loss" for name in history)


@pytest.mark.parametrize("weighted", [False, True])
def test_with_early_stopping_the_validation_scores_are_those_of_its_split(data, weighted):
    X, y = data
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X)) if weighted else None
    watch = Collect()
    classifier = small([EpochScores("f1_macro"), watch], early_stopping=True)
    history = classifier.fit(X, y, sample_weight=weight).history_
    truth, proba = watch.of(-1, training=False)
    expected = multilabel_report(truth, proba >= 0.5).loc["f1_macro", "model"]
    assert len(truth) == 12
    assert history["valid_f1_macro"].iloc[-1] == expected
    assert history["valid_loss"].notna().all()


def test_every_measure_of_the_report_can_be_recorded(data, held_out):
    names = [measure.name for measure in METRICS]
    classifier = small([EpochScores(names, **held_out)]).fit(data[0][:90], data[1][:90])
    X, y = held_out.values()
    report = multilabel_report(y, classifier.predict(X), classifier.predict_proba(X))["model"]
    last = classifier.history_.iloc[-1]
    for name in names:
        assert last[f"valid_{name}"] == pytest.approx(report[name], rel=1e-6), name
        assert np.isfinite(last[f"train_{name}"])


def test_held_out_samples_give_the_loss_and_the_scores_of_the_weights_after_the_epoch(
    data, held_out
):
    classifier = small([EpochScores(**held_out)]).fit(*data)
    X, y = held_out.values()
    last = classifier.history_.iloc[-1]
    proba = classifier.predict_proba(X)
    losses = [log_loss(y[:, k], proba[:, k], labels=[0, 1]) for k in range(3)]
    assert last["valid_loss"] == pytest.approx(np.mean(losses), rel=1e-5)
    assert last["valid_label_accuracy"] == label_accuracy_score(y, classifier.predict(X))


@pytest.mark.parametrize("early_stopping", [False, True])
def test_label_sets_are_scored_by_the_probabilities_that_they_give(data, held_out, early_stopping):
    names = ["f1_macro", "average_precision_macro"]
    X, y = held_out.values()
    watch = Collect()
    scores = EpochScores(names) if early_stopping else EpochScores(names, **held_out)
    params = {"loss": "label_sets", "early_stopping": early_stopping, "dropout": 0.0}
    classifier = small([scores, watch], **params).fit(*data)
    if early_stopping:
        y, sigmoids = watch.of(-1, training=False)
        logits = np.log(sigmoids) - np.log1p(-sigmoids)
        label_sets = classifier._network.label_sets
        proba = label_probabilities(logits.astype(np.float64), label_sets)
    else:
        proba = classifier.predict_proba(X)
    report = multilabel_report(y, proba >= 0.5, proba)["model"]
    for name in names:
        assert classifier.history_[f"valid_{name}"].iloc[-1] == pytest.approx(report[name])


def test_held_out_samples_are_scored_without_dropout(data, held_out):
    classifier = small([EpochScores(**held_out)], dropout=0.8, max_epochs=2).fit(*data)
    X, y = held_out.values()
    assert classifier.history_["valid_label_accuracy"].iloc[-1] == label_accuracy_score(
        y, classifier.predict(X)
    )


def test_the_loss_of_held_out_samples_is_the_nets_own_criterion(data, held_out):
    class Doubled(torch.nn.BCEWithLogitsLoss):
        def forward(self, logits, target):
            return 2 * super().forward(logits, target)

    plain, doubled = (
        small([EpochScores(**held_out)], max_epochs=1, lr=1e-30, net_params=params)
        .fit(*data)
        .history_["valid_loss"]
        .item()
        for params in (None, {"criterion": Doubled})
    )
    assert doubled == pytest.approx(2 * plain)


def test_the_accuracy_of_keras_is_one_function_away(data, held_out):
    accuracy = {"top_label_accuracy": lambda y, p: (y.argmax(1) == p.argmax(1)).mean()}
    classifier = small([EpochScores(accuracy, **held_out)]).fit(*data)
    X, y = held_out.values()
    expected = (y.argmax(1) == classifier.predict_proba(X).argmax(1)).mean()
    assert classifier.history_["valid_top_label_accuracy"].iloc[-1] == expected


def test_the_threshold_decides_what_is_predicted(data, held_out):
    X, y = held_out.values()
    thresholds = [0.2, 0.5, 0.9]
    classifier = small(
        [EpochScores("label_accuracy", threshold=thresholds, **held_out)], threshold=thresholds
    ).fit(*data)
    expected = label_accuracy_score(y, classifier.predict(X))
    assert classifier.history_["valid_label_accuracy"].iloc[-1] == expected
    assert expected != label_accuracy_score(y, classifier.predict_proba(X) >= 0.5)


def test_a_probability_at_the_threshold_predicts_the_label():
    class AlwaysHalf(torch.nn.Linear):
        def forward(self, x):
            return 0 * super().forward(x)

    X, y = np.zeros((8, 2), dtype=np.float32), np.ones((8, 3), dtype=int)
    scores = EpochScores("exact_match_accuracy", X_valid=X, y_valid=y)
    history = small([scores], module=AlwaysHalf, max_epochs=1).fit(X, y).history_
    assert history["train_exact_match_accuracy"].item() == 1
    assert history["valid_exact_match_accuracy"].item() == 1


def test_a_function_that_writes_into_what_it_gets_alters_no_other_score(data, held_out):
    def spoil(y_true, y_proba):
        y_true[:], y_proba[:] = 0, 0
        return 0.0

    def total(y_true, y_proba):
        return y_true.sum() + y_proba.sum()

    spoilt, alone = (
        small([EpochScores(scoring, **held_out)]).fit(*data).history_
        for scoring in ({"spoil": spoil, "total": total}, {"total": total})
    )
    for name in ("train_total", "valid_total", "train_loss", "valid_loss"):
        pd.testing.assert_series_equal(spoilt[name], alone[name])


def test_an_undefined_score_is_nan_in_silence(data):
    X, y = data
    none = EpochScores("f1_macro", X_valid=X[:5], y_valid=np.zeros((5, 3)))
    assert small([none]).fit(X, y).history_["valid_f1_macro"].isna().all()


def test_no_score_at_all_leaves_the_validation_loss(data, held_out):
    columns = small([EpochScores([], **held_out)]).fit(*data).history_
    assert columns.columns.tolist() == ["epoch", "train_loss", "valid_loss", "duration"]
    assert columns["valid_loss"].notna().all()


def test_warm_start_and_partial_fit_go_on_recording(data, held_out):
    X, y = data
    classifier = small([EpochScores("label_accuracy", **held_out)], max_epochs=2, warm_start=True)
    classifier.fit(X, y).fit(X, y).partial_fit(X[:60], y[:60]).partial_fit(X[60:], y[60:])
    history = classifier.history_
    assert len(history) == 6
    assert (
        history[["valid_loss", "train_label_accuracy", "valid_label_accuracy"]]
        .notna()
        .all(axis=None)
    )


def test_one_label_alone_is_scored(data):
    X, y = data
    one = pd.DataFrame(y[:, :1], columns=["Nucleoli"])
    history = small([EpochScores(X_valid=X, y_valid=one)]).fit(X, one).history_
    assert history["valid_label_accuracy"].notna().all()


# ---- unchanged training ------------------------------------------------------------------------


@pytest.mark.parametrize("module", [None, Noisy])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_the_weights_are_what_they_are_without_it(data, held_out, module, early_stopping):
    X, y = data
    scores = EpochScores() if early_stopping else EpochScores(**held_out)
    params = {"early_stopping": early_stopping, "module": module, "dropout": 0.3}
    watched, alone = small([scores], **params).fit(X, y), small(**params).fit(X, y)
    for name, weights in alone._network.weights.items():
        np.testing.assert_array_equal(watched._network.weights[name], weights)
    pd.testing.assert_series_equal(watched.history_["train_loss"], alone.history_["train_loss"])


def test_training_and_split_samples_are_not_passed_through_the_network_again(data):
    calls = []

    class Counted(MLP):
        def forward(self, x):
            calls.append(len(x))
            return super().forward(x)

    X, y = data
    params = {"module": Counted, "early_stopping": True, "max_epochs": 2}
    small(**params).fit(X, y)
    alone, calls[:] = list(calls), []
    small([EpochScores()], **params).fit(X, y)
    assert calls == alone


def test_the_same_seed_gives_the_same_records(data, held_out):
    first, second = (
        small([EpochScores(**held_out)]).fit(*data).history_.drop(columns="duration")
        for _ in range(2)
    )
    pd.testing.assert_frame_equal(first, second)


def test_nothing_of_the_samples_stays_after_training(data, held_out):
    scores = EpochScores(**held_out)
    small([scores]).fit(*data)
    assert scores.held_out_ is None
    assert scores.batches_ == {"train": [], "valid": []}


def test_it_is_cloned_with_the_classifier(data, held_out):
    scores = EpochScores({"top": np.equal}, threshold=[0.1, 0.2, 0.3], **held_out)
    twin = clone(small([scores])).callbacks[0]
    assert twin is not scores and twin.scoring == {"top": np.equal} and twin.threshold[2] == 0.3
    np.testing.assert_array_equal(twin.X_valid, held_out["X_valid"])


@pytest.mark.parametrize("names", [("frame", "columns"), ("X_valid", "y_valid")])
@pytest.mark.parametrize(
    "duplicate", [clone, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_functions_may_have_any_name_in_copies(names, duplicate):
    scoring = dict.fromkeys(names, np.equal)
    assert duplicate(EpochScores(scoring)).scoring == scoring


def test_it_is_pickled_with_the_classifier(data, held_out):
    frames = {name: pd.DataFrame(values) for name, values in held_out.items()}
    classifier = small([EpochScores(**frames)]).fit(*data)
    twin = pickle.loads(pickle.dumps(classifier))
    pd.testing.assert_frame_equal(twin.callbacks[0].X_valid, frames["X_valid"])
    assert twin.partial_fit(*data).history_["valid_label_accuracy"].notna().all()


@pytest.mark.slow
def test_a_search_in_two_processes_takes_it(data, held_out):
    search = GridSearchCV(
        small([EpochScores("label_accuracy", **held_out)], max_epochs=1),
        {"lr": [1e-3, 1e-2]},
        cv=2,
        n_jobs=2,
        error_score="raise",
    ).fit(*data)
    assert "valid_label_accuracy" in search.best_estimator_.history_


def test_a_saved_classifier_brings_it_back(data, held_out, tmp_path):
    X, y = data
    frames = {
        "X_valid": pd.DataFrame(held_out["X_valid"]),
        "y_valid": pd.DataFrame(held_out["y_valid"], columns=NAMES),
    }
    classifier = small([EpochScores("label_accuracy", **frames)]).fit(X, y)
    twin = load(save(classifier, tmp_path / "model.skops"))
    pd.testing.assert_frame_equal(twin.history_, classifier.history_)
    pd.testing.assert_frame_equal(twin.callbacks[0].y_valid, frames["y_valid"])
    assert twin.fit(X, y).history_["valid_loss"].equals(classifier.history_["valid_loss"])


# ---- errors before training ---------------------------------------------------------------------


def test_scoring_set_later_is_refused_by_fit(data):
    scores = EpochScores()
    scores.set_params(scoring="lable_accuracy")
    with pytest.raises(ValueError, match="did you mean 'label_accuracy'"):
        small([scores]).fit(*data)


@pytest.mark.parametrize(("given", "missing"), [("X_valid", "y_valid"), ("y_valid", "X_valid")])
def test_samples_without_labels_and_labels_without_samples_are_refused(held_out, given, missing):
    with pytest.raises(ValueError, match=f"{given} is given without {missing}"):
        EpochScores(**{given: held_out[given]})


def test_samples_together_with_early_stopping_are_refused(data, held_out):
    with pytest.raises(ValueError, match="X_valid cannot be used with early stopping"):
        small([EpochScores(**held_out)], early_stopping=True).fit(*data)


def test_a_1d_target_is_refused(data):
    X, y = data
    with pytest.raises(ValueError, match="EpochScores has multi-label scores, but y is a 1-d"):
        small([EpochScores()]).fit(X, y[:, 0])


def test_another_net_is_refused(data):
    net = NeuralNet(torch.nn.Linear, torch.nn.MSELoss, callbacks=[EpochScores()])
    net.set_params(module__in_features=10, module__out_features=3, verbose=0)
    with pytest.raises(TypeError, match="the training of a MultiLabelMLPClassifier.*ndarray"):
        net.fit(*(array.astype(np.float32) for array in data))


def test_two_that_record_one_name_are_refused(data):
    pair = [EpochScores("label_accuracy"), EpochScores(threshold=0.3)]
    with pytest.raises(ValueError, match="two EpochScores record label_accuracy: give one"):
        small(pair).fit(*data)


def test_one_that_is_given_twice_is_refused(data):
    scores = EpochScores("label_accuracy")
    with pytest.raises(ValueError, match="two EpochScores record label_accuracy: give one"):
        small([scores, scores]).fit(*data)


def test_a_threshold_of_other_labels_is_refused(data):
    with pytest.raises(ValueError, match="one for each of the 3 labels"):
        small([EpochScores(threshold=[0.5, 0.5])]).fit(*data)


def test_a_function_that_returns_no_number_is_named(data):
    per_label = {"per_label": lambda y, p: (y == (p > 0.5)).mean(axis=0)}
    with pytest.raises(ValueError, match=r"'per_label' returned an array of shape \(3,\)"):
        small([EpochScores(per_label)]).fit(*data)


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "None"), ("high", "'high'"), ([], r".*\(0,\)")]
)
def test_what_is_no_number_at_all_is_shown(data, value, shown):
    with pytest.raises(ValueError, match=f"scoring 'mine' returned {shown}, expected a number"):
        small([EpochScores({"mine": lambda y, p: value})]).fit(*data)


def test_no_message_ends_in_two_full_stops(data, held_out):
    for name, (X, y, _) in samples_unlike_training(held_out).items():
        with pytest.raises(ValueError) as caught:
            small([EpochScores(X_valid=X, y_valid=y)]).fit(*data)
        assert ".." not in str(caught.value), name


def test_a_diverging_training_is_still_told_as_such(data, held_out):
    scores = EpochScores("multilabel_log_loss", **held_out)
    with pytest.raises(ValueError, match="training diverged"):
        small([scores], lr=1e30, optimizer="sgd").fit(*data)


def test_in_a_pipeline_it_takes_rows_that_the_first_step_made():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (30, 8, 8, 3), dtype=np.uint8)
    y = rng.integers(0, 2, (30, 2))
    pipe = HPAPipeline(classifier=small()).set_params(images__size=4)
    X_valid = clone(pipe.images).fit_transform(images[20:])
    pipe.classifier.callbacks = [EpochScores(X_valid=X_valid, y_valid=y[20:])]
    history = pipe.fit(images[:20], y[:20]).classifier.history_
    assert history["valid_exact_match_accuracy"].notna().all()
