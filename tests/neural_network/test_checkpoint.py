"""Tests of Checkpoint: the same bits after a crash, and refusal of other trainings."""

import os
import pickle
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from skorch import NeuralNetClassifier
from skorch.callbacks import (
    Callback,
    EarlyStopping,
    EpochScoring,
    Freezer,
    GradientNormClipping,
    LRScheduler,
    ProgressBar,
    Unfreezer,
)
from torch import nn

from sklearn_hpa import (
    MultiLabelThresholdClassifier,
    load,
    save,
)
from sklearn_hpa.callbacks import Checkpoint, EpochScores
from sklearn_hpa.exceptions import TrainingInterruptedWarning
from sklearn_hpa.neural_network._checkpoint import FILE, Keeper

from .networks import NAMES, small


class Crash(Exception):
    pass


class CrashAt(Callback):
    """Stops a training at the end of an epoch, or in the middle of one."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == self.epoch:
            raise Crash


class Norm(nn.Module):
    """A module with buffers and dropout."""

    def __init__(self, n_features, n_outputs):
        super().__init__()
        self.first = nn.Linear(n_features, 12)
        self.norm = nn.BatchNorm1d(12)
        self.drop = nn.Dropout(0.3)
        self.last = nn.Linear(12, n_outputs)

    def forward(self, X):
        return self.last(self.drop(self.norm(self.first(X)).relu()))


class Decay(Callback):
    """Halves the learning rate after every third epoch, with a count of its own."""

    def initialize(self):
        self.count_ = 0
        return self

    def on_epoch_end(self, net, **kwargs):
        self.count_ += 1
        if self.count_ % 3 == 0:
            for group in net.optimizer_.param_groups:
                group["lr"] *= 0.5


class Freeze(Callback):
    """Freezes the first layer after the second epoch."""

    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) == 2:
            next(net.module_.parameters()).requires_grad_(False)


class Scaled(nn.Module):
    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def forward(self, output, target):
        return nn.functional.binary_cross_entropy_with_logits(output, target) * self.scale


class Rate(Callback):
    def __init__(self, lr):
        self.lr = lr


def crashed(folder, data, epoch=3, every=1, fit_params=None, callbacks=(), **params):
    kept = [*callbacks, Checkpoint(folder, every=every)]
    with pytest.raises(Crash):
        small(callbacks=[*kept, CrashAt(epoch)], **params).fit(*data, **(fit_params or {}))
    assert (Path(folder) / FILE).exists()
    return small(callbacks=kept, **params)


def assert_same(classifier, whole, X):
    assert np.array_equal(classifier.predict_proba(X), whole.predict_proba(X))
    weights, expected = classifier._network.weights, whole._network.weights
    assert weights.keys() == expected.keys()
    assert all(np.array_equal(weights[name], expected[name]) for name in expected)
    history, other = (each.history_.drop(columns="duration") for each in (classifier, whole))
    pd.testing.assert_frame_equal(history, other, check_exact=True)
    assert classifier.best_epoch_ == whole.best_epoch_


STOPPING = {"early_stopping": True, "n_iter_no_change": 3, "max_epochs": 60, "lr": 0.02}
TRAININGS = {
    "defaults": {},
    "sigmoids": {"loss": "bce"},
    "label sets": {"loss": "label_sets", "dropout": 0.3},
    "focal": {"loss": "focal", "loss_params": {"gamma": 1.0}},
    "class weights": {"class_weight": "balanced", "loss": "bce"},
    "sgd": {"optimizer": "sgd"},
    "rmsprop": {"optimizer": "rmsprop"},
    "another optimiser": {"net_params": {"optimizer": torch.optim.SGD, "optimizer__momentum": 0.9}},
    "averages": {"net_params": {"optimizer": torch.optim.Adam, "optimizer__amsgrad": True}},
    "line search": {
        "net_params": {"optimizer": torch.optim.LBFGS, "optimizer__max_iter": 2},
        "loss": "bce",
        "batch_size": 120,
        "lr": 0.1,
    },
    "early stopping": STOPPING,
    "buffers": {"module": Norm},
    "buffers and early stopping": {"module": Norm} | STOPPING,
    "bfloat16": {"precision": "bfloat16"},
    "a step schedule": {"callbacks": [LRScheduler("StepLR", step_size=2)]},
    "a schedule by loss": {"callbacks": [LRScheduler("ReduceLROnPlateau", patience=0)], "lr": 0.5},
    "a schedule by batch": {
        "callbacks": [LRScheduler("CyclicLR", base_lr=1e-4, max_lr=1e-2, step_every="batch")],
        "optimizer": "sgd",
    },
    "clipping": {"callbacks": [GradientNormClipping(0.1)]},
    "scores": {"callbacks": [EpochScores()]} | STOPPING,
    "a callback with a count": {"callbacks": [Decay()]},
    "a frozen layer": {"callbacks": [Freezer("body.0.*")]},
    "a layer frozen later": {"callbacks": [Freezer("body.0.*", at=2)]},
    "a layer frozen until later": {
        "callbacks": [("freeze", Freezer("body.0.*")), ("again", Unfreezer("body.0.*", at=5))]
    },
    "a layer frozen by a callback": {"callbacks": [Freeze()]},
    "their early stopping": {
        "callbacks": [("mine", EarlyStopping("train_loss", patience=2, load_best=True))],
        "lr": 0.3,
        "max_epochs": 30,
    },
}


@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_ends_with_the_same_bits_as_without_the_crash(name, data, tmp_path):
    params = dict(TRAININGS[name])
    callbacks = params.pop("callbacks", [])
    params = {"max_epochs": 6} | params
    whole = small(callbacks=callbacks, **params).fit(*data)
    if "early stopping" in name:
        assert whole.n_iter_ < params["max_epochs"]
    resumed = crashed(tmp_path, data, callbacks=callbacks, **params).fit(*data)
    assert_same(resumed, whole, data[0])
    again = clone(resumed).fit(*data)
    assert_same(again, whole, data[0])


def test_pixels_continue_with_the_same_bits(pixels, tmp_path):
    whole = small(max_epochs=5).fit(*pixels)
    assert_same(crashed(tmp_path, pixels).fit(*pixels), whole, pixels[0])


def test_weights_of_samples_and_groups_continue_with_the_same_bits(data, tmp_path):
    rng = np.random.default_rng(0)
    given = {"sample_weight": rng.integers(0, 3, 120), "groups": np.arange(120) // 4}
    whole = small(**STOPPING).fit(*data, **given)
    resumed = crashed(tmp_path, data, fit_params=given, **STOPPING).fit(*data, **given)
    assert_same(resumed, whole, data[0])


def test_classes_continue_with_the_same_bits(data, tmp_path):
    X, y = data[0], np.array(["a", "b", "c"])[data[1].sum(axis=1) % 3]
    whole = small().fit(X, y)
    assert_same(crashed(tmp_path, (X, y)).fit(X, y), whole, X)


def test_the_loop_of_skorch_continues_with_the_same_bits(data, tmp_path):
    params = {"net_params": {"iterator_train__drop_last": True}, "dropout": 0.5}
    whole = small(**params).fit(*data)
    assert_same(crashed(tmp_path, data, **params).fit(*data), whole, data[0])


def test_a_sampler_with_its_own_generator_continues_with_the_same_bits(data, tmp_path):
    def params():
        generator = torch.Generator().manual_seed(5)
        sampler = torch.utils.data.RandomSampler(range(120), generator=generator)
        net_params = {"iterator_train__shuffle": False, "iterator_train__sampler": sampler}
        return {"net_params": net_params}

    whole = small(**params()).fit(*data)
    crashed(tmp_path, data, **params())
    resumed = small(callbacks=[Checkpoint(tmp_path)], **params()).fit(*data)
    assert_same(resumed, whole, data[0])


@pytest.mark.parametrize("random_state", [None, "instance"])
def test_a_drawn_seed_is_kept(random_state, data, tmp_path):
    def state():
        return np.random.RandomState(7) if random_state else None

    params = STOPPING | {"dropout": 0.2}
    crashed(tmp_path, data, random_state=state(), **params)
    with (tmp_path / FILE).open("rb") as file:
        content = file.read()
    checkpoint = Checkpoint(tmp_path)
    first = small(callbacks=[checkpoint], random_state=state(), **params).fit(*data)
    (tmp_path / FILE).write_bytes(content)
    again = small(callbacks=[checkpoint], random_state=state(), **params).fit(*data)
    assert_same(again, first, data[0])
    if random_state:
        whole = small(random_state=state(), **params).fit(*data)
        assert_same(first, whole, data[0])


def test_one_random_state_continues_its_own_training(data, tmp_path):
    random_state = np.random.RandomState(7)
    resumed = crashed(tmp_path, data, random_state=random_state)
    whole = small(random_state=np.random.RandomState(7)).fit(*data)
    assert_same(resumed.fit(*data), whole, data[0])
    fresh = small(random_state=np.random.RandomState(7), callbacks=[Checkpoint(tmp_path)])
    assert_same(fresh.fit(*data), whole, data[0])


def test_a_random_state_is_advanced_as_without_a_checkpoint(data, tmp_path):
    states = [np.random.RandomState(0) for _ in range(2)]
    crashed(tmp_path, data)
    (tmp_path / FILE).unlink()
    small(random_state=states[0], callbacks=[Checkpoint(tmp_path)]).fit(*data)
    small(random_state=states[1]).fit(*data)
    assert states[0].randint(1000) == states[1].randint(1000)


def test_the_global_random_states_do_not_change(data, tmp_path):
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()
    crashed(tmp_path, data, dropout=0.5).fit(*data)
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert np.array_equal(np.random.get_state()[1], numpy_state)


def test_a_checkpoint_does_not_change_the_training(data, tmp_path):
    whole = small(**STOPPING).fit(*data)
    assert_same(small(callbacks=[Checkpoint(tmp_path)], **STOPPING).fit(*data), whole, data[0])


@pytest.mark.parametrize("every", [2, 4, 100])
def test_every_kth_epoch_is_written_and_the_last_one(every, data, tmp_path, monkeypatch):
    written = []
    keep = Keeper._save
    monkeypatch.setattr(
        Keeper,
        "_save",
        lambda self, net, **o: (written.append(len(net.history)), keep(self, net, **o)),
    )
    whole = small(max_epochs=7).fit(*data)
    resumed = small(max_epochs=7, callbacks=[Checkpoint(tmp_path, every=every)]).fit(*data)
    assert written == [*range(every, 7, every), 7]
    assert_same(resumed, whole, data[0])


def test_a_finished_training_is_returned_without_training(data, tmp_path, monkeypatch):
    for params in ({}, STOPPING):
        folder = tmp_path / str(len(params))
        whole = small(callbacks=[Checkpoint(folder)], **params).fit(*data)
        with monkeypatch.context() as patch:
            patch.setattr("sklearn_hpa.neural_network._epoch.FastNet.run_single_epoch", None)
            again = small(callbacks=[Checkpoint(folder)], **params).fit(*data)
        assert_same(again, whole, data[0])
        pd.testing.assert_frame_equal(again.history_, whole.history_)


def test_more_epochs_continue_a_finished_training(data, tmp_path):
    small(max_epochs=3, callbacks=[Checkpoint(tmp_path)]).fit(*data)
    longer = small(max_epochs=6, callbacks=[Checkpoint(tmp_path)]).fit(*data)
    assert_same(longer, small(max_epochs=6).fit(*data), data[0])


def test_more_epochs_do_not_continue_a_training_that_stopped_early(data, tmp_path):
    first = small(callbacks=[Checkpoint(tmp_path)], **STOPPING).fit(*data)
    params = STOPPING | {"max_epochs": 100}
    assert small(callbacks=[Checkpoint(tmp_path)], **params).fit(*data).n_iter_ == first.n_iter_


def test_fewer_epochs_than_trained_are_refused(data, tmp_path):
    small(max_epochs=5, callbacks=[Checkpoint(tmp_path)]).fit(*data)
    with pytest.raises(ValueError, match="max_epochs is 4 and 5 epochs are trained"):
        small(max_epochs=4, callbacks=[Checkpoint(tmp_path)]).fit(*data)


def test_after_an_interrupt_fit_continues(data, tmp_path):
    class Interrupt(Callback):
        def on_epoch_begin(self, net, **kwargs):
            if len(net.history) == 3:
                raise KeyboardInterrupt

    with pytest.warns(TrainingInterruptedWarning):
        small(callbacks=[Checkpoint(tmp_path), Interrupt()]).fit(*data)
    resumed = small(callbacks=[Checkpoint(tmp_path)]).fit(*data)
    assert_same(resumed, small().fit(*data), data[0])


def test_an_interrupt_while_a_callback_runs_is_no_end_of_the_training(data, tmp_path):
    class Interrupt(Callback):
        def on_epoch_end(self, net, **kwargs):
            if len(net.history) == 3:
                raise KeyboardInterrupt

    small(callbacks=[Checkpoint(tmp_path), Interrupt()]).fit(*data)
    resumed = small(callbacks=[Checkpoint(tmp_path)]).fit(*data)
    assert_same(resumed, small().fit(*data), data[0])


def test_a_training_continues_in_another_process_after_a_kill(data, tmp_path):
    code = f"""
        import os, sys
        import numpy as np
        from sklearn.datasets import make_multilabel_classification
        from skorch.callbacks import Callback
        from sklearn_hpa import MultiLabelMLPClassifier
        from sklearn_hpa.callbacks import Checkpoint

        class Kill(Callback):
            def on_epoch_begin(self, net, **kwargs):
                if len(net.history) == 4:
                    os._exit(9)

        X, y = make_multilabel_classification(120, 10, n_classes=3, random_state=0)
        MultiLabelMLPClassifier(
            (16,), max_epochs=6, random_state=0, callbacks=[Checkpoint({str(tmp_path)!r}), Kill()]
        ).fit(X, y)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)])
    assert done.returncode == 9
    resumed = small(max_epochs=6, callbacks=[Checkpoint(tmp_path)]).fit(*data)
    assert_same(resumed, small(max_epochs=6).fit(*data), data[0])


def test_a_kill_in_the_middle_of_a_write_leaves_the_last_state(data, tmp_path, monkeypatch):
    from sklearn_hpa.neural_network import _checkpoint

    write = _checkpoint.write_state

    def torn(path, state):
        write(path, state)
        if len(state["history"]) == 4:
            path.write_bytes(path.read_bytes()[:1000])
            raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(_checkpoint, "write_state", torn)
        with pytest.raises(Crash):
            small(callbacks=[Checkpoint(tmp_path)]).fit(*data)
    assert os.listdir(tmp_path) == [FILE]
    resumed = small(callbacks=[Checkpoint(tmp_path)]).fit(*data)
    assert_same(resumed, small().fit(*data), data[0])


# ---- other data and arguments -----------------------------------------------------------------


OTHER_ARGUMENTS = {
    "hidden_layer_sizes": (8,),
    "activation": "tanh",
    "dropout": 0.1,
    "loss": "bce",
    "optimizer": "adam",
    "lr": 0.01,
    "weight_decay": 0.5,
    "batch_size": 16,
    "early_stopping": True,
    "validation_fraction": 0.2,
    "n_iter_no_change": 4,
    "module": Norm,
    "precision": "bfloat16",
    "random_state": 1,
    "net_params": {"optimizer": torch.optim.SGD},
}


@pytest.mark.parametrize("name", OTHER_ARGUMENTS)
def test_another_argument_is_refused_by_name(name, data, tmp_path):
    crashed(tmp_path, data)
    before = (tmp_path / FILE).read_bytes()
    other = small(callbacks=[Checkpoint(tmp_path)], **{name: OTHER_ARGUMENTS[name]})
    with pytest.raises(ValueError, match=rf"other arguments: .*\b{name} was .*delete the file"):
        other.fit(*data)
    assert (tmp_path / FILE).read_bytes() == before
    assert not hasattr(other, "classes_")


@pytest.mark.parametrize(
    ("then", "now", "named"),
    [
        ({"loss": "bce", "class_weight": {0: 2.0}}, {"class_weight": {0: 3.0}}, "class_weight"),
        (
            {"loss": "focal", "loss_params": {"gamma": 1}},
            {"loss_params": {"gamma": 3}},
            "loss_params",
        ),
        (
            {"net_params": {"criterion": Scaled(1.0)}},
            {"net_params": {"criterion": Scaled(0.5)}},
            "net_params was .*'scale': 1.0.* and is .*'scale': 0.5",
        ),
        (
            {"net_params": {"criterion": nn.BCEWithLogitsLoss(pos_weight=torch.ones(3))}},
            {"net_params": {"criterion": nn.BCEWithLogitsLoss(pos_weight=torch.full((3,), 9.0))}},
            "net_params has other values",
        ),
        (
            {"random_state": np.random.RandomState(0)},
            {"random_state": np.random.RandomState(1)},
            "random_state has other values",
        ),
        ({"random_state": np.random.RandomState(0)}, {"random_state": 0}, "random_state"),
        ({"callbacks": [Rate(0.1)]}, {"callbacks": [Rate(0.2)]}, "callback Rate .*0.1.* is .*0.2"),
        ({"random_state": None}, {"random_state": 0}, "random_state was 'drawn' and is 0"),
        ({}, {"callbacks": [LRScheduler("StepLR", step_size=2)]}, "callbacks"),
        ({"callbacks": [EpochScores()]}, {"callbacks": [EpochScores("f1_macro")]}, "callbacks"),
        ({"callbacks": [EpochScores()]}, {"callbacks": []}, "callbacks"),
    ],
)
def test_a_changed_argument_is_refused_by_name(then, now, named, data, tmp_path):
    crashed(tmp_path, data, **then)
    params = then | now
    callbacks = [*params.pop("callbacks", []), Checkpoint(tmp_path)]
    with pytest.raises(ValueError, match=named):
        small(callbacks=callbacks, **params).fit(*data)


def changed(data, what):
    X, y = data[0].copy(), data[1].copy()
    weight, groups = np.ones(len(X)), np.arange(len(X)) // 2
    weight[0] = 2.0
    if what == "a value of X":
        X[5, 5] += 1e-3
    elif what == "a row less":
        X, y, weight, groups = X[1:], y[1:], weight[1:], groups[1:]
    elif what == "a label":
        y[0, 0] = 1 - y[0, 0]
    elif what == "weights":
        weight[1] = 3.0
    elif what == "groups":
        groups = groups[::-1].copy()
    return X, pd.DataFrame(y, columns=NAMES), weight, groups


@pytest.mark.parametrize(
    ("what", "named"),
    [
        ("a value of X", "X has other values"),
        ("a row less", r"X had shape \(120, 10\) and has \(119, 10\)"),
        ("a label", "y has other values"),
        ("weights", "sample_weight has other values"),
        ("groups", "groups has other values"),
    ],
)
def test_other_data_are_refused_by_name(what, named, data, tmp_path):
    X, y, weight, groups = changed(data, "nothing")
    given = {"sample_weight": weight, "groups": groups}
    crashed(tmp_path, (X, y), fit_params=given, **STOPPING)
    X, y, weight, groups = changed(data, what)
    with pytest.raises(ValueError, match=named):
        small(callbacks=[Checkpoint(tmp_path)], **STOPPING).fit(X, y, weight, groups)


def test_other_names_of_labels_are_refused(data, frame, tmp_path):
    crashed(tmp_path, (data[0], frame))
    renamed = frame.rename(columns={"Nucleoli": "Vesicles"})
    with pytest.raises(ValueError, match="names of the labels was .*Nucleoli.* is .*Vesicles"):
        small(callbacks=[Checkpoint(tmp_path)]).fit(data[0], renamed)


def test_another_version_of_torch_is_refused(data, tmp_path, monkeypatch):
    crashed(tmp_path, data)
    monkeypatch.setattr("sklearn_hpa.neural_network._fingerprint.version", lambda name: "1.0")
    with pytest.raises(ValueError, match="torch was .* and is '1.0'"):
        small(callbacks=[Checkpoint(tmp_path)]).fit(*data)


def test_threshold_and_verbose_may_change(data, tmp_path, capsys):
    crashed(tmp_path, data)
    params = {"threshold": 0.3, "verbose": 1, "callbacks": [Checkpoint(tmp_path)]}
    assert_same(small(**params).fit(*data), small().fit(*data), data[0])


def test_auto_and_its_value_are_the_same_argument(data, tmp_path):
    crashed(tmp_path, data)
    resumed = small(lr=3e-4, callbacks=[Checkpoint(tmp_path)]).fit(*data)
    assert_same(resumed, small().fit(*data), data[0])


def test_the_second_fit_of_a_cross_validation_is_refused(data, tmp_path):
    classifier = MultiLabelThresholdClassifier(small(callbacks=[Checkpoint(tmp_path)]), cv=2)
    with pytest.raises(ValueError, match="X has other values|X had shape"):
        classifier.fit(*data)


# ---- callbacks --------------------------------------------------------------------------------


class Holding(Callback):
    def __init__(self, value):
        self.held_ = value


@pytest.mark.parametrize("value", [object(), iter([1]), open])
def test_a_callback_whose_state_cannot_be_kept_is_refused_by_name(value, data, tmp_path):
    classifier = small(callbacks=[Checkpoint(tmp_path), Holding(value)])
    if value is open:
        classifier.fit(*data)
        return
    with pytest.raises(
        ValueError, match=rf"callback Holding .*'held_' is a {type(value).__name__}"
    ):
        classifier.fit(*data)
    assert os.listdir(tmp_path) == []


def test_an_object_with_a_state_dict_is_kept(data, tmp_path):
    class Counter:
        n = 0

        def state_dict(self):
            return {"n": self.n}

        def load_state_dict(self, state):
            self.n = state["n"]

    class Counting(Callback):
        def on_train_begin(self, net, **kwargs):
            self.counter_ = Counter()

        def on_epoch_end(self, net, **kwargs):
            self.counter_.n += 1
            net.history.record("count", self.counter_.n)

    resumed = crashed(tmp_path, data, callbacks=[Counting()]).fit(*data)
    assert resumed.history_["count"].tolist() == [1, 2, 3, 4, 5]


def test_a_missing_callback_with_a_kept_state_is_refused_by_name(data, tmp_path):
    crashed(tmp_path, data, callbacks=[Decay()])
    with pytest.raises(ValueError, match="holds the state of Decay, which callbacks lacks"):
        small(callbacks=[Checkpoint(tmp_path)]).fit(*data)


@pytest.mark.parametrize(
    "callback", [EpochScoring("f1_macro", lower_is_better=False, name="f1"), ProgressBar()]
)
def test_callbacks_of_skorch_continue(callback, data, tmp_path, capsys):
    params = {} if isinstance(callback, ProgressBar) else {"early_stopping": True}

    def score(net, X, y):
        return float(len(net.history))

    if isinstance(callback, EpochScoring):
        callback = EpochScoring(score, name="mine")
    whole = small(callbacks=[callback], **params).fit(*data)
    resumed = crashed(tmp_path, data, callbacks=[callback], **params).fit(*data)
    assert_same(resumed, whole, data[0])


# ---- the file ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"not a zip",
        lambda content: content[: len(content) // 2],
        lambda content: content[:1500] + bytes([content[1500] ^ 1]) + content[1501:],
    ],
)
def test_a_damaged_file_is_named_and_left(damage, data, tmp_path):
    crashed(tmp_path, data)
    file = tmp_path / FILE
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)
    with pytest.raises(ValueError, match=rf"{FILE} is not a checkpoint, or is damaged .*Delete it"):
        small(callbacks=[Checkpoint(tmp_path)]).fit(*data)
    assert file.read_bytes() == damaged


def rewrite(file, change):
    from sklearn_hpa.neural_network._state_file import read_state, write_state

    state = read_state(file)
    change(state)
    write_state(file, state)


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.pop("optimizer"),
        lambda state: state.update(format=99),
        lambda state: state.update(seed="x"),
        lambda state: state.update(history=3),
        lambda state: state["module"].popitem(),
        lambda state: state["module"].update({"body.0.weight": torch.zeros(2, 2)}),
        lambda state: state["optimizer"]["state"][0].update(exp_avg=torch.zeros(3)),
        lambda state: state["optimizer"]["state"].update({99: {"exp_avg": torch.zeros(3)}}),
        lambda state: state["generators"].update(torch=torch.zeros(3, dtype=torch.uint8)),
        lambda state: state["generators"].pop("iterator_train"),
    ],
)
def test_a_file_of_other_content_is_refused_as_damaged(change, data, tmp_path):
    crashed(tmp_path, data)
    rewrite(tmp_path / FILE, change)
    with pytest.raises(ValueError, match="is damaged .*Delete it to train anew"):
        small(callbacks=[Checkpoint(tmp_path)]).fit(*data)


def in_optimizer(**values):
    return lambda state: state["optimizer"]["param_groups"][0].update(values)


def in_callback(name, key, value):
    return lambda state: state["callbacks"].setdefault(name, {}).update({key: value})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda state: state.update(history="abc"), "without epochs"),
        (lambda state: state.update(history=[1, 2, 3]), "int as record 1"),
        (lambda state: state.update(history=[{}, {}]), "record 1 is of no such epoch"),
        (lambda state: state["history"][1].update(epoch=7), "record 2 is of no such epoch"),
        (lambda state: state["history"][0].pop("batches"), "record 1 is of no such epoch"),
        (lambda state: state["history"][1].update(train_loss="x"), "'x' as train_loss of epoch 2"),
        (lambda state: state["history"][1].update(dur=None), "None as dur of epoch 2"),
        (lambda state: state["history"][0].pop("train_loss"), "without train_loss of epoch 1"),
        (lambda state: state["history"][0].pop("dur"), "without dur of epoch 1"),
        (lambda state: state.update(history=[], stopped=True), "without epochs"),
        (in_optimizer(lr="hello"), "'hello' as lr"),
        (in_optimizer(lr=float("nan")), "nan as lr"),
        (in_callback("epoch_timer", "on_epoch_end", ("value", 5)), "the state 'on_epoch_end'"),
        (in_callback("epoch_timer", "__dict__", ("value", {})), "the state '__dict__'"),
        (in_callback("epoch_timer", "__class__", ("value", 5)), "the state '__class__'"),
        (in_callback("epoch_timer", 5, ("value", 5)), "the state 5"),
        (in_callback("epoch_timer", "epoch_start_time_", 5), "TypeError"),
        (lambda state: state["trained"].popitem(), "parameters named"),
        (lambda state: state["trained"].update({"module.body.0.weight": 1}), "parameters named"),
    ],
)
def test_a_state_that_no_training_has_is_refused_with_the_file(change, reason, data, tmp_path):
    crashed(tmp_path, data)
    rewrite(tmp_path / FILE, change)
    with pytest.raises(ValueError, match=rf"{FILE} is not .*{reason}.* Delete it to train anew"):
        small(callbacks=[Checkpoint(tmp_path)]).fit(*data)


def test_a_deleted_file_trains_anew(data, tmp_path):
    crashed(tmp_path, data)
    (tmp_path / FILE).unlink()
    again = small(lr=0.01, callbacks=[Checkpoint(tmp_path)]).fit(*data)
    assert_same(again, small(lr=0.01).fit(*data), data[0])


def test_the_folder_is_created_with_its_parents(data, tmp_path):
    folder = tmp_path / "a" / "b"
    small(callbacks=[Checkpoint(folder)]).fit(*data)
    assert os.listdir(folder) == [FILE]


def test_a_folder_that_cannot_be_written_to_is_refused_before_training(data, tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OSError, match=f"{folder} of the Checkpoint cannot be written to"):
            small(callbacks=[Checkpoint(folder)]).fit(*data)


def test_a_folder_instead_of_the_file_is_refused(data, tmp_path):
    (tmp_path / FILE).mkdir()
    with pytest.raises(ValueError, match="is not a file"):
        small(callbacks=[Checkpoint(tmp_path)]).fit(*data)


@pytest.mark.parametrize("to", ["nothing", "kept"])
def test_a_link_instead_of_the_file_is_refused_and_not_followed(to, data, tmp_path):
    (tmp_path / "kept").write_text("")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / FILE).symlink_to(tmp_path / to)
    with pytest.raises(ValueError, match=f"{FILE} is a link"):
        small(callbacks=[Checkpoint(folder)]).fit(*data)
    assert os.listdir(tmp_path) != [] and not (tmp_path / "nothing").exists()
    assert (tmp_path / "kept").read_text() == ""


def test_a_full_disk_is_one_warning_and_training_goes_on(data, tmp_path, monkeypatch):
    from sklearn_hpa.neural_network import _checkpoint

    write = _checkpoint.write_state

    def full(path, state):
        if len(state["history"]) in (3, 4):
            raise OSError(28, "No space left on device")
        write(path, state)

    monkeypatch.setattr(_checkpoint, "write_state", full)
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        classifier = small(callbacks=[Checkpoint(tmp_path)]).fit(*data)
    (message,) = [str(each.message) for each in given if "checkpoint" in str(each.message)]
    assert str(tmp_path) in message and "No space left" in message and "holds epoch 2" in message
    monkeypatch.undo()
    assert_same(classifier, small().fit(*data), data[0])
    assert_same(small(callbacks=[Checkpoint(tmp_path)]).fit(*data), classifier, data[0])


def test_two_trainings_in_one_folder_are_refused(data, tmp_path):
    class Other(Callback):
        def on_epoch_end(self, net, **kwargs):
            if len(net.history) == 2:
                (tmp_path / FILE).write_bytes(b"another training")

    with pytest.raises(ValueError, match="another training writes to"):
        small(callbacks=[Checkpoint(tmp_path), Other()]).fit(*data)


# ---- the parameter ----------------------------------------------------------------------------


@pytest.mark.parametrize("every", [0, -1, 1.5, True, "1"])
def test_every_is_a_positive_number(every, data, tmp_path):
    with pytest.raises(ValueError, match="every must be a positive number of epochs"):
        small(callbacks=[Checkpoint(tmp_path, every=every)]).fit(*data)


@pytest.mark.parametrize("folder", ["", None, 3, "a\0b", Path("a\0b"), b"a"])
def test_a_folder_has_a_name(folder, data):
    with pytest.raises(ValueError, match="Checkpoint needs the name of a folder"):
        small(callbacks=[Checkpoint(folder)]).fit(*data)


def test_a_class_instead_of_an_instance_is_refused(data):
    with pytest.raises(ValueError, match="Checkpoint without a folder"):
        small(callbacks=[Checkpoint]).fit(*data)


def test_two_checkpoints_are_refused(data, tmp_path):
    pair = [Checkpoint(tmp_path), ("second", Checkpoint(tmp_path / "other"))]
    with pytest.raises(ValueError, match="two Checkpoints"):
        small(callbacks=pair).fit(*data)


def test_warm_start_and_partial_fit_are_refused(data, tmp_path):
    with pytest.raises(ValueError, match="warm_start continues from the weights in memory"):
        small(callbacks=[Checkpoint(tmp_path)], warm_start=True).fit(*data)
    with pytest.raises(ValueError, match="partial_fit continues from the weights in memory"):
        small(callbacks=[Checkpoint(tmp_path)]).partial_fit(*data)
    assert os.listdir(tmp_path) == []


def test_a_net_of_skorch_is_refused(data, tmp_path):
    net = NeuralNetClassifier(
        nn.Linear, module__in_features=10, module__out_features=2, callbacks=[Checkpoint(tmp_path)]
    )
    with pytest.raises(TypeError, match="skorch.callbacks.Checkpoint"):
        net.fit(data[0].astype(np.float32), data[1][:, 0].astype(np.int64))


def test_a_checkpoint_is_cloned_and_pickled(tmp_path):
    checkpoint = Checkpoint(tmp_path, every=3)
    cloned = clone(small(callbacks=[checkpoint])).callbacks[0]
    assert (cloned.folder, cloned.every) == (tmp_path, 3)
    again = pickle.loads(pickle.dumps(checkpoint))
    assert (again.folder, again.every) == (str(tmp_path), 3)


def test_a_saved_model_predicts_without_the_folder(data, tmp_path):
    classifier = small(callbacks=[Checkpoint(tmp_path / "kept")]).fit(*data)
    loaded = load(save(classifier, tmp_path / "model.skops"))
    (tmp_path / "kept" / FILE).unlink()
    (tmp_path / "kept").rmdir()
    assert np.array_equal(loaded.predict_proba(data[0]), classifier.predict_proba(data[0]))
    assert loaded.callbacks[0].folder == str(tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_training_on_cuda_continues_with_the_same_bits(data, tmp_path):
    params = {"device": "cuda", "dropout": 0.5} | STOPPING
    whole = small(**params).fit(*data)
    assert_same(crashed(tmp_path, data, **params).fit(*data), whole, data[0])


def test_several_trainings_are_kept_each_in_a_folder_of_its_own(tmp_path):
    from sklearn_hpa.neural_network import TrainingCheckpoints

    checkpoint = TrainingCheckpoints(tmp_path)
    X = np.random.default_rng(0).normal(size=(40, 5))
    y = pd.DataFrame((X[:, :2] > 0).astype(int), columns=["a", "b"])
    params = {"max_epochs": 2, "callbacks": [checkpoint], "random_state": 0}
    from sklearn_hpa import MultiLabelMLPClassifier

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = [MultiLabelMLPClassifier((4,), **params).fit(X[:n], y[:n]) for n in (40, 30, 40)]
    assert len(list(tmp_path.glob(f"*/{FILE}"))) == 2
    proba = [each.predict_proba(X) for each in fitted]
    np.testing.assert_array_equal(proba[0], proba[2])
    assert not np.array_equal(proba[0], proba[1])
