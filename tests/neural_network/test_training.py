"""Tests of training: early stopping, interrupts, divergence, skorch's options."""

import pickle
import signal

import numpy as np
import pytest
import torch
from sklearn.datasets import make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from skorch.callbacks import Callback, EarlyStopping, EpochScoring, LRScheduler

from sklearn_hpa import load, save
from sklearn_hpa.exceptions import TrainingInterruptedWarning
from sklearn_hpa.neural_network._training import describe_unfinished

from .networks import InterruptAt, Watch, small

# ---- training ---------------------------------------------------------------------------------


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


def test_an_interrupt_keeps_the_weights_so_far(data):
    X, y = data
    with pytest.warns(
        TrainingInterruptedWarning, match="interrupted in epoch 3; the weights reached so far"
    ) as caught:
        classifier = small(callbacks=[InterruptAt(batch=10)]).fit(X, y)
    assert caught[0].filename == __file__
    assert classifier.n_iter_ == len(classifier.history_) == 2
    assert classifier.predict(X).shape == y.shape


def test_an_interrupt_between_two_epochs_is_said(data):
    def work():
        signal.raise_signal(signal.SIGINT)

    class Scoring(Callback):
        def on_epoch_end(self, net, **kwargs):
            if len(net.history) == 3:
                work()

    with pytest.warns(TrainingInterruptedWarning, match="interrupted after epoch 3"):
        assert small(callbacks=[Scoring()]).fit(*data).n_iter_ == 3


def test_a_callback_that_ends_the_training_is_no_interrupt(data):
    class Enough(Callback):
        def on_epoch_end(self, net, **kwargs):
            if len(net.history) == 3:
                raise KeyboardInterrupt

    assert small(callbacks=[Enough()]).fit(*data).n_iter_ == 3


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


def test_a_module_with_another_number_of_outputs_is_refused_before_training(data):
    X, y = data
    with pytest.raises(ValueError, match=r"logits of shape \('n_samples', 7\), expected .*3\)"):
        small(module=lambda n, m: torch.nn.Linear(n, 7)).fit(X, y)


# ---- the best epoch ---------------------------------------------------------------------------


class RememberWeights(Callback):
    """Record the state of the module after each epoch of each fit."""

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


# ---- too few epochs -----------------------------------------------------------------------------

UNFINISHED = "training ended at max_epochs=.* before it converged: the training loss fell from"


def epochs_with(losses):
    return [{"train_loss": loss} for loss in losses]


@pytest.mark.filterwarnings("always::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("max_epochs", [2, 5, 10, 30])
def test_too_few_epochs_are_said_at_the_line_of_fit(data, max_epochs):
    with pytest.warns(ConvergenceWarning, match=UNFINISHED + ".* Raise max_epochs") as caught:
        small(max_epochs=max_epochs, lr=0.003, dropout=0).fit(*data)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert f"max_epochs={max_epochs} " in str(caught[0].message)


@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "params",
    [
        {"max_epochs": 1},
        {"max_epochs": 400, "lr": 0.01},
        {"max_epochs": 500, "early_stopping": True, "lr": 0.05, "n_iter_no_change": 2},
        {"max_epochs": 50, "callbacks": [EarlyStopping("train_loss", patience=1, threshold=0.5)]},
    ],
    ids=["one epoch", "many epochs", "early stopping", "stopped by a callback"],
)
def test_no_warning_of_too_few_epochs(data, params):
    small(**params).fit(*data)


@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
def test_portions_and_interrupted_fits_do_not_warn_of_too_few_epochs(data):
    classifier = small(lr=0.003).partial_fit(*data).partial_fit(*data)
    with pytest.warns(TrainingInterruptedWarning):
        classifier.set_params(callbacks=[InterruptAt(batch=10)]).fit(*data)


@pytest.mark.filterwarnings("always::sklearn.exceptions.ConvergenceWarning")
def test_a_fit_that_goes_on_counts_its_own_epochs(data):
    with pytest.warns(ConvergenceWarning, match="max_epochs=4 "):
        classifier = small(max_epochs=4, lr=0.003, dropout=0, warm_start=True).fit(*data)
    with pytest.warns(ConvergenceWarning, match="max_epochs=4 "):
        classifier.fit(*data)
    assert classifier.n_iter_ == 8


@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
def test_a_warning_turned_into_an_error_leaves_the_earlier_state(data):
    classifier = small(max_epochs=1).fit(*data)
    with pytest.raises(ConvergenceWarning):
        classifier.set_params(max_epochs=5).fit(*data)
    assert classifier.n_iter_ == 1


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([1.0, 0.98], True),
        ([1.0, 0.995], False),
        ([1.0, 1.1], False),
        ([1.0], False),
        ([1.0] * 18 + [0.97] * 2, True),
        ([1.0] * 18 + [0.995] * 2, False),
        ([0.9] * 17 + [1.0, 0.9, 0.98], True),
        ([1.0] + [0.06] * 18 + [0.05], False),  # below a tenth of the first epoch
        ([1.0] + [0.2] * 18 + [0.15], True),
        ([-1.0] * 9 + [-1.02], True),
        ([-1.0] * 9 + [-1.005], False),
    ],
)
def test_the_last_tenth_of_the_epochs_decides(losses, said):
    assert (describe_unfinished(epochs_with(losses), len(losses)) is not None) == said


def test_training_that_ended_earlier_is_finished():
    assert describe_unfinished(epochs_with([1.0, 0.5]), 3) is None
