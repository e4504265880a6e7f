"""Callbacks that record scores of each epoch, and that keep the state of a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import skorch
import torch
from numpy.typing import ArrayLike
from skorch.callbacks import Callback
from skorch.dataset import unpack_data
from torch import nn

from ._common.alignment import check_aligned
from ._common.estimators import public_in
from ._labels.responses import check_threshold, logits_to_probabilities
from .metrics import Score, Scorer, Scoring, read_scoring
from .neural_network import ArrayDataset, Checkpoint, forward_in_blocks, read_held_out

__all__ = ["Checkpoint", "EpochScores"]

ROWS_AT_ONCE = 256


@public_in("sklearn_hpa.callbacks")
class EpochScores(Callback):
    """Score the training and the validation samples after every epoch.

    Pass the callback to :class:`~sklearn_hpa.MultiLabelMLPClassifier` in ``callbacks``. Each score
    becomes a column ``train_<name>`` of the classifier's ``history_`` and, if there are validation
    samples, a column ``valid_<name>``. The validation samples are held out by early stopping, or
    are `X_valid` and `y_valid`.

    Parameters
    ----------
    scoring : str, sequence of str, or dict of str to str or callable, \
            default=("label_accuracy", "exact_match_accuracy")
        Names of metrics of :func:`~sklearn_hpa.metrics.multilabel_report`, or of scorers of
        :data:`~sklearn_hpa.metrics.SCORERS` or scikit-learn. A dict maps a new name to a scorer or
        function. A function is called with copies of ``y_true``, int8 of 0 and 1, and ``y_proba``,
        float64, both of shape (n_samples, n_labels). It returns a number.
    X_valid : array-like of shape (n_valid_samples, n_features), default=None
        Validation samples in the form of the classifier's ``fit``, with the same columns: uint8
        pixels if the classifier is trained on pixels. They cannot be used with early stopping,
        which has its own validation set.
    y_valid : DataFrame, array-like or sparse matrix of shape (n_valid_samples, n_labels), \
            default=None
        Labels of `X_valid`, in the order of the labels in ``fit``.
    threshold : float or array-like of shape (n_labels,), default=0.5
        Lowest probability at which a label is predicted. The index of a Series must have the labels
        in the order of `y`. Metrics of probabilities ignore it.

    Raises
    ------
    ValueError
        If a name in `scoring` is not a metric, or if the indexes of `X_valid` and `y_valid` have
        the same Ids in different orders. In ``fit``, before training: if the validation samples do
        not match the training samples, if early stopping holds out other samples, or if the target
        is 1-d.
    TypeError
        In training, if the net does not belong to a ``MultiLabelMLPClassifier``.

    See Also
    --------
    sklearn_hpa.display.TrainingCurveDisplay : Draws the recorded scores.

    Notes
    -----
    The scores of the training samples and of early stopping use outputs that the network computes
    anyway, so nothing is computed twice. As in Keras, the training scores belong to batches seen
    *while* the weights change, with dropout. They lag behind the validation scores, which belong to
    the weights at the end of the epoch. `X_valid` costs one more forward pass over its rows in each
    epoch. ``duration`` does not include this pass. The ``valid_loss`` of `X_valid` is the network's
    own loss. Sample weights count in the losses, not in the scores. An undefined score is nan,
    without a warning.

    The callback uses no random generator, and no weight depends on its scores, so it does not
    change the trained classifier. A saved classifier contains its callbacks, including `X_valid`.
    ``set_params(callbacks=None)`` removes them.

    Examples
    --------
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from sklearn_hpa import MultiLabelMLPClassifier
    >>> from sklearn_hpa.callbacks import EpochScores
    >>> X, y = make_multilabel_classification(n_samples=100, n_classes=3, random_state=0)
    >>> scores = EpochScores("label_accuracy", X_valid=X[80:], y_valid=y[80:])
    >>> classifier = MultiLabelMLPClassifier(
    ...     (16,), max_epochs=10, callbacks=[scores], random_state=0
    ... ).fit(X[:80], y[:80])
    >>> classifier.history_.columns.tolist()
    ['epoch', 'train_loss', 'valid_loss', 'duration', 'train_label_accuracy',
     'valid_label_accuracy']

    Keras uses the name "accuracy", for such outputs, for the fraction of samples whose most
    probable label is the first true label:

    >>> def top_label_accuracy(y_true, y_proba):
    ...     return (y_true.argmax(axis=1) == y_proba.argmax(axis=1)).mean()
    >>> scores = EpochScores({"top_label_accuracy": top_label_accuracy})
    """

    def __init__(
        self,
        scoring: str | Sequence[str] | Mapping[str, str | Score | Scorer] = (
            "label_accuracy",
            "exact_match_accuracy",
        ),
        *,
        X_valid: ArrayLike | None = None,
        y_valid: ArrayLike | None = None,
        threshold: float | ArrayLike = 0.5,
    ):
        self.scoring = scoring
        self.X_valid = X_valid
        self.y_valid = y_valid
        self.threshold = threshold
        self._find_scores()

    def initialize(self) -> EpochScores:
        """Check the parameters; called by skorch before training.

        Returns
        -------
        self : EpochScores
            Checked callback.
        """
        self.scores_ = self._find_scores()
        return self

    def on_train_begin(self, net: skorch.NeuralNet, X: Any = None, **kwargs: Any) -> None:
        """Check, before the first epoch, that the samples can be scored.

        Parameters
        ----------
        net : skorch.NeuralNet
            Net that is trained.
        X : ArrayDataset
            Training samples.
        **kwargs : dict
            Ignored.
        """
        if not isinstance(X, ArrayDataset):
            raise TypeError(
                "EpochScores records the training of a MultiLabelMLPClassifier, but the net was "
                f"given {type(X).__name__}; use skorch.callbacks.EpochScoring in other nets"
            )
        if X.target.ndim == 1:
            raise ValueError(
                "EpochScores has multi-label scores, but y is a 1-d target: make y a 0/1 matrix "
                "with a column for each label, or use skorch.callbacks.EpochScoring"
            )
        self._check_names_are_free(net)
        for score in self.scores_.values():
            score.check(X.target[X.rows].astype(np.int8))
        self.threshold_ = check_threshold(self.threshold, X.target.shape[1], X.label_names)
        self.held_out_ = None
        if self.X_valid is not None:
            if net.train_split is not None:
                raise ValueError(
                    "X_valid cannot be used with early stopping, which sets validation samples of "
                    "its own aside: pass early_stopping=False to the classifier, or leave X_valid "
                    "and y_valid out"
                )
            self.held_out_ = read_held_out(self.X_valid, self.y_valid, X)

    def on_epoch_begin(self, net: skorch.NeuralNet, **kwargs: Any) -> None:
        """Start a new collection of batches.

        Parameters
        ----------
        net : skorch.NeuralNet
            Net that is trained.
        **kwargs : dict
            Ignored.
        """
        self.batches_: dict[str, list[tuple[torch.Tensor, torch.Tensor]]] = {
            "train": [],
            "valid": [],
        }

    def on_batch_end(
        self,
        net: skorch.NeuralNet,
        batch: Any = None,
        training: bool = False,
        y_pred: Any = None,
        **kwargs: Any,
    ) -> None:
        """Keep the truth and the logits of a batch.

        Parameters
        ----------
        net : skorch.NeuralNet
            Net that is trained.
        batch : tuple
            Samples and their target.
        training : bool
            Whether the batch holds training samples.
        y_pred : tensor of shape (n_batch_samples, n_labels)
            Logits of the samples.
        **kwargs : dict
            Ignored.
        """
        _, target = unpack_data(batch)
        truth = target[0] if isinstance(target, tuple | list) else target
        self.batches_["train" if training else "valid"].append((truth, y_pred.detach()))

    def on_epoch_end(self, net: skorch.NeuralNet, **kwargs: Any) -> None:
        """Score the collected batches and the held-out samples.

        Parameters
        ----------
        net : skorch.NeuralNet
            Net that is trained.
        **kwargs : dict
            Ignored.
        """
        devices = [torch.device(net.device)] if str(net.device).startswith("cuda") else []
        with torch.random.fork_rng(devices=devices):
            for part, batches in self.batches_.items():
                if batches:
                    truth, logits = (
                        torch.cat(tensors).cpu() for tensors in zip(*batches, strict=True)
                    )
                    self._record(net, part, truth.numpy(), logits.float().numpy())
            if self.held_out_ is not None:
                X, y = self.held_out_
                outputs = forward_in_blocks(net.module_, net.device, X, min(len(X), ROWS_AT_ONCE))
                net.history.record("valid_loss", _loss(net, y, outputs))
                self._record(net, "valid", y, outputs)
        self.batches_ = {"train": [], "valid": []}

    def on_train_end(self, net: skorch.NeuralNet, **kwargs: Any) -> None:
        """Release the samples.

        Parameters
        ----------
        net : skorch.NeuralNet
            Net that is trained.
        **kwargs : dict
            Ignored.
        """
        self.batches_ = {"train": [], "valid": []}
        self.held_out_ = None

    def __getstate__(self) -> dict[str, Any]:
        """Return the parameters only, with frames as plain arrays for skops files."""
        state = self.get_params(deep=False)
        return state | {name: _without_pandas(state[name]) for name in ("X_valid", "y_valid")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        frames = {name: _with_pandas(state[name]) for name in ("X_valid", "y_valid")}
        self.__dict__.update(state | frames)

    def _find_scores(self) -> dict[str, Scoring]:
        if (self.X_valid is None) != (self.y_valid is None):
            given, missing = (
                ("X_valid", "y_valid") if self.y_valid is None else ("y_valid", "X_valid")
            )
            raise ValueError(f"{given} is given without {missing}: pass both or neither")
        check_aligned(X_valid=self.X_valid, y_valid=self.y_valid)
        return read_scoring(self.scoring)

    def _check_names_are_free(self, net: skorch.NeuralNet) -> None:
        others = [each for _, each in net.callbacks_ if isinstance(each, EpochScores)]
        others.remove(self)
        twice = {name for other in others for name in other.scores_} & set(self.scores_)
        if twice:
            raise ValueError(
                f"two EpochScores record {', '.join(sorted(twice))}: give one of them a name of "
                "its own, through a dict of functions"
            )

    def _record(
        self, net: skorch.NeuralNet, part: str, truth: np.ndarray, logits: np.ndarray
    ) -> None:
        truth = truth.astype(np.int8)
        label_sets = getattr(net.criterion_, "label_sets", None)
        proba = logits_to_probabilities(logits, multilabel=True, label_sets=label_sets)
        predicted = (proba >= self.threshold_).astype(np.int8)
        defined = not np.isnan(proba).any()
        for name, score in self.scores_.items():
            value = score(truth, predicted, proba) if defined else np.nan
            net.history.record(f"{part}_{name}", value)


def _loss(net: skorch.NeuralNet, truth: np.ndarray, logits: np.ndarray) -> float:
    if isinstance(net.criterion_, nn.Module):
        net.criterion_.eval()
    with torch.no_grad():
        on_device = torch.from_numpy(logits).to(net.device)
        return float(net.get_loss(on_device, torch.from_numpy(truth), training=False))


def _without_pandas(value: Any) -> Any:
    if not isinstance(value, pd.DataFrame):
        return value
    return {"frame": value.to_numpy(), "columns": value.columns.tolist()}


def _with_pandas(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return pd.DataFrame(value["frame"], columns=value["columns"])
