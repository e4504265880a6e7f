"""The classifier: builds a skorch net, trains it, and holds what it learned as plain arrays."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
import pandas as pd
import skorch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from .._common.estimators import DocumentedMixin, public_in, undone_on_failure
from .._common.sklearn_private import Interval, StrOptions
from .._labels.label_sets import LabelSets, count_label_sets
from .._labels.responses import check_threshold, logits_to_probabilities
from .._labels.target import Target, check_same_labels, encode_target, warn_of_absent_labels
from .._torch.devices import find_device
from .._torch.precision import PRECISIONS
from ..model_selection import check_groups
from ._batches import ArrayDataset
from ._class_weight import check_class_weight, find_class_weight, refuse_balanced, weigh_samples
from ._losses import LOSSES
from ._modules import ACTIVATIONS, fit_scaler
from ._network import TrainedNetwork
from ._options import OPTIMIZERS, Options, check_hidden_layer_sizes, check_options
from ._validation import split_rows


@public_in("sklearn_hpa")
class MultiLabelMLPClassifier(DocumentedMixin, ClassifierMixin, BaseEstimator):
    """Multi-layer perceptron for multi-label targets, on CPU or CUDA.

    The network is a dense one: the vector, hidden layers with a ReLU, and one output for each
    label. On pixels it is that of the paper, with a sigmoid for each label and binary
    cross-entropy. uint8 input is divided by 255, float input is standardised from the training
    data; both happen inside the network, on its device, a batch at a time.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int or "auto", default="auto"
        Width of each hidden layer; empty for a linear model. For what "auto" stands for, here and
        below, see Notes.
    activation : {"relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "logistic", "identity"}, \
            default="relu"
        Applied after each hidden layer.
    dropout : float in [0, 1) or "auto", default="auto"
        Share of hidden outputs zeroed in training.
    loss : {"auto", "bce", "label_sets", "focal", "asymmetric"}, default="auto"
        "bce" is binary cross-entropy, each label by itself. "label_sets" learns which of the label
        sets of the training samples a sample has [3]_; a label has the probability of all sets that
        hold it, together, so that two labels never seen together do not both reach more than 0.5.
        The focal [1]_ and the asymmetric loss [2]_ give less weight to what is predicted well. All
        are averaged over labels and samples. A 1-d target has cross-entropy.
    loss_params : dict, default=None
        "focal" takes ``gamma`` (2.0, at least 0) and ``alpha`` (None, or between 0 and 1);
        "asymmetric" takes ``gamma_neg`` (4.0), ``gamma_pos`` (1.0), both at least 0, and ``clip``
        (0.05, from 0 to below 1).
    class_weight : dict or "balanced", default=None
        How many times the positives of a label count in the loss: a dict by name, or by column
        number where labels have none, with 1 for those it leaves out. "balanced" is the number of
        negatives for each positive in the training samples, but from 1 to 10, and 1 where there
        are no positives. For a 1-d target, scikit-learn's weights of classes. Probabilities are
        then no frequencies: see :ref:`guide_imbalance`.
    optimizer : {"auto", "adam", "adamw", "rmsprop", "sgd"}, default="auto"
        Any other torch optimiser goes through `net_params`.
    lr : float or "auto", default="auto"
        Learning rate.
    weight_decay : float or "auto", default="auto"
        The optimiser's L2 penalty; with "adamw" decoupled from the gradient.
    batch_size : int, default=32
        Samples in a training step.
    max_epochs : int or "auto", default="auto"
        Passes over the training data.
    early_stopping : bool or "auto", default="auto"
        Whether to set `validation_fraction` of the samples aside, stop when their loss has not
        improved for `n_iter_no_change` epochs, and keep the weights of the best epoch.
    validation_fraction : float in (0, 1), default=0.1
        Share of the samples that is set aside, the same of every label as far as that goes; whole
        groups, where `fit` is given `groups`. A label that one sample or group has is trained on.
    n_iter_no_change : int, default=10
        Epochs without improvement before training stops.
    threshold : float or array-like of shape (n_labels,), default=0.5
        `predict` gives a label where its probability is at least this. Not used for 1-d targets.
    module : type or callable, default=None
        A `torch.nn.Module` class, called with (n_features, n_outputs), that returns logits; in
        place of the dense layers. It gets float32 input, scaled as above.
    device : str, default="auto"
        "auto" (CUDA where there is one), "cpu", "cuda" or "cuda:<number>".
    precision : {"float32", "tf32", "bfloat16"}, default="float32"
        Of the matrix products in training: to be lowered for speed, see
        :ref:`guide_precision`. Weights and predictions are float32.
    random_state : int, RandomState instance or None, default=None
        Initial weights, order of the batches, dropout and validation split. None draws fresh
        entropy; the global random states of NumPy and torch are never touched.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights of the last `fit`.
    callbacks : list of skorch callbacks, default=None
        Handed to skorch, in front of early stopping.
    net_params : dict, default=None
        Further parameters of `skorch.NeuralNet`, handed over as they are, such as an optimiser of
        your own or ``iterator_train__num_workers``.
    verbose : int, default=0
        1 prints a line for each epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_labels, 2) or (n_classes,)
        [0, 1] for each label, or the classes of a 1-d target.
    label_names_ : ndarray of str
        Columns of `y` where it was a DataFrame, else their numbers; the classes of a 1-d target.
    n_features_in_ : int
        Number of columns of `X`.
    feature_names_in_ : ndarray of str
        Columns of `X`, where it was a DataFrame with string names.
    n_iter_ : int
        Epochs trained.
    history_ : DataFrame
        A row for each epoch: epoch, train_loss, valid_loss, duration (in seconds), and what
        callbacks recorded. Both losses are `loss`, with all weights.
    best_epoch_ : int or None
        The epoch of `history_` whose weights early stopping kept; None where the last `fit` had no
        early stopping, and after `partial_fit`.
    class_weight_ : ndarray of shape (n_labels,) or (n_classes,)
        What `class_weight` came to; ones where it is None.
    net_ : skorch.NeuralNet
        The live net, which is left out of pickles and rebuilt from the fitted arrays.

    Notes
    -----
    "auto" is what the paper has for pixels, and for features what did well in cross-validation on
    a half of the labelled cells that is left out of the scores reported:

    ====================  ====================  =====================
    parameter             pixels (uint8)        features (float)
    ====================  ====================  =====================
    `hidden_layer_sizes`  (32, 64, 128, 256)    (256, 256)
    `dropout`             0                     0.5
    `loss`                "bce"                 "label_sets"
    `optimizer`           "adam"                "adamw"
    `lr`                  1e-3                  3e-4
    `weight_decay`        0                     0.1 (1e-4 if coupled)
    `max_epochs`          250                   60
    `early_stopping`      from 200 samples on   no
    ====================  ====================  =====================

    Features are few enough to be held back by dropout and decay, and a validation set would cost
    more in samples than it gains. With `class_weight`, or parameters of a criterion in
    `net_params`, `loss` is "bce" for them too.

    The same `random_state` gives the same result on one machine, whatever the number of joblib
    workers. Fits in threads of one process take turns, since torch has one random generator.

    References
    ----------
    .. [1] T.-Y. Lin, P. Goyal, R. Girshick, K. He and P. Dollár, "Focal loss for dense object
       detection", ICCV 2017, pp. 2980-2988.
    .. [2] T. Ridnik, E. Ben-Baruch, N. Zamir, A. Noy, I. Friedman, M. Protter and
       L. Zelnik-Manor, "Asymmetric loss for multi-label classification", ICCV 2021, pp. 82-91.
    .. [3] N. Ghamrawi and A. McCallum, "Collective multi-label classification", CIKM 2005,
       pp. 195-200, https://doi.org/10.1145/1099554.1099591. Here the features of a set are those
       of its labels, and how often it was seen.

    Examples
    --------
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from sklearn_hpa import MultiLabelMLPClassifier
    >>> X, y = make_multilabel_classification(n_samples=100, n_classes=3, random_state=0)
    >>> classifier = MultiLabelMLPClassifier((16,), max_epochs=20, random_state=0).fit(X, y)
    >>> classifier.predict_proba(X).shape
    (100, 3)
    >>> classifier.history_.columns.tolist()
    ['epoch', 'train_loss', 'valid_loss', 'duration']
    """

    _network: TrainedNetwork

    _parameter_constraints: dict = {
        "hidden_layer_sizes": ["array-like", StrOptions({"auto"})],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "dropout": [Interval(Real, 0, 1, closed="left"), StrOptions({"auto"})],
        "loss": [StrOptions({*LOSSES, "auto"})],
        "loss_params": [dict, None],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "optimizer": [StrOptions({*OPTIMIZERS, "auto"})],
        "lr": [Interval(Real, 0, None, closed="neither"), StrOptions({"auto"})],
        "weight_decay": [Interval(Real, 0, None, closed="left"), StrOptions({"auto"})],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "early_stopping": ["boolean", StrOptions({"auto"})],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "threshold": [Interval(Real, 0, 1, closed="both"), "array-like"],
        "module": [callable, None],
        "device": [str],
        "precision": [StrOptions(set(PRECISIONS))],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "callbacks": [list, tuple, None],
        "net_params": [dict, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] | Literal["auto"] = "auto",
        *,
        activation: str = "relu",
        dropout: float | Literal["auto"] = "auto",
        loss: Literal["auto", "bce", "label_sets", "focal", "asymmetric"] = "auto",
        loss_params: Mapping[str, float | None] | None = None,
        class_weight: Mapping[Hashable, float] | Literal["balanced"] | None = None,
        optimizer: str = "auto",
        lr: float | Literal["auto"] = "auto",
        weight_decay: float | Literal["auto"] = "auto",
        batch_size: int = 32,
        max_epochs: int | Literal["auto"] = "auto",
        early_stopping: bool | Literal["auto"] = "auto",
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        threshold: float | ArrayLike = 0.5,
        module: type | None = None,
        device: str = "auto",
        precision: Literal["float32", "tf32", "bfloat16"] = "float32",
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        callbacks: Sequence | None = None,
        net_params: Mapping[str, Any] | None = None,
        verbose: int = 0,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.loss = loss
        self.loss_params = loss_params
        self.class_weight = class_weight
        self.optimizer = optimizer
        self.lr = lr
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.threshold = threshold
        self.module = module
        self.device = device
        self.precision = precision
        self.random_state = random_state
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.net_params = net_params
        self.verbose = verbose

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> MultiLabelMLPClassifier:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            uint8 pixels, or features that are read as float32.
        y : DataFrame, array-like or sparse matrix of shape (n_samples, n_labels), or 1-d
            0/1 matrix, or 1-d binary or multiclass target (softmax, cross-entropy and argmax).
            A DataFrame or sparse matrix of one column is one label.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample in the loss; only their ratios matter. A sample of weight zero
            is left out.
        groups : array-like of shape (n_samples,), default=None
            Samples of one group are never on both sides of the validation split.

        Returns
        -------
        self : MultiLabelMLPClassifier

        Raises
        ------
        ValueError
            Where a parameter, the device, the target or the data is not what is described here;
            where the loss stops being finite.
        KeyboardInterrupt
            Where training is interrupted in its first epoch. Later, the weights so far are kept
            and a warning says so.

        Warns
        -----
        UserWarning
            Names the labels that no training sample has.
        sklearn_hpa.exceptions.TrainingInterruptedWarning
            Where training is interrupted after its first epoch. The interrupt stops this one fit;
            a search that is to stop as a whole needs a warnings filter that makes it an error,
            and ``error_score="raise"``.

        Notes
        -----
        Whatever is raised, the estimator stays as it was before.
        """
        target = self._check_before_fit(y)
        continued = self.warm_start and self.__sklearn_is_fitted__()
        with undone_on_failure(self):
            X, weight, rows = self._read_samples(X, target, sample_weight, continued)
            groups = check_groups(groups, len(X))
            seed = self._network.seed if continued else self._draw_seed()
            takes_pixels = self._network.takes_pixels if continued else X.dtype == np.uint8
            options = self._options(takes_pixels, len(rows))
            fraction = options.validation_fraction if options.early_stopping else None
            train, valid = split_rows(rows, target, groups, fraction, seed)
            warn_of_absent_labels(target, train)
            network = self._network.copy() if continued else self._begun(target, X, train, seed)
            network.class_weight = find_class_weight(self.class_weight, target, weight, train)
            network.label_sets = _find_label_sets(options, target, weight, train)
            network.train(
                self._dataset(X, target, weight, train),
                None if valid is None else ArrayDataset(X, target.values, weight, valid),
                options,
                options.max_epochs,
            )
            self._network = network
        return self

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> MultiLabelMLPClassifier:
        """Train for one epoch on these samples, going on from the weights so far.

        Float features are standardised by the statistics of the first call. There is no
        validation split and no early stopping, and a `class_weight` of "balanced" is refused. The
        optimiser's own state goes on from call to call; it starts afresh after unpickling, after
        a call that failed, and where `optimizer`, `weight_decay`, `batch_size`, `device`, `loss`,
        `loss_params`, `class_weight`, `precision`, `callbacks` or `net_params` have changed.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : as in `fit`
        classes : array-like of shape (n_classes,), default=None
            All classes of a 1-d target, at the first call; not needed for a 0/1 matrix.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample in the loss; only their ratios within this call matter.

        Returns
        -------
        self : MultiLabelMLPClassifier
        """
        refuse_balanced(self.class_weight)
        continued = self.__sklearn_is_fitted__()
        known = self.classes_ if continued and self.classes_.ndim == 1 else classes
        target = self._check_before_fit(y, known)
        with undone_on_failure(self):
            X, weight, rows = self._read_samples(X, target, sample_weight, continued)
            if continued:
                network = self._network.copy()
            else:
                network = self._begun(target, X, rows, self._draw_seed())
            options = self._options(network.takes_pixels)
            knows_no_sets = continued and target.multilabel and network.label_sets is None
            if knows_no_sets and options.loss == "label_sets":
                if self.loss != "auto":
                    raise ValueError(
                        "loss='label_sets' needs the label sets of all earlier samples, but the "
                        "earlier fit had another loss and kept none: fit anew, or go on with that"
                    )
                options = replace(options, loss="bce")
            network.class_weight = find_class_weight(self.class_weight, target, weight, rows)
            network.label_sets = _find_label_sets(
                options, target, weight, rows, earlier=network.label_sets
            )
            network.continue_training(self._dataset(X, target, weight, rows), options)
            self._network = network
        return self

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Probability of each label, or of each class of a 1-d target.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        proba : ndarray of shape (n_samples, n_labels), float64
            Each strictly inside (0, 1); for a 1-d target the rows sum to 1. The probabilities of
            a sample do not depend on the samples beside it; with a `module` of your own, in their
            last digits they may.
        """
        check_is_fitted(self)
        samples = validate_data(self, X, dtype=[np.float32, np.uint8], order="C", reset=False)
        self._network.warn_of_scaled_pixels(samples)
        logits = self._network.logits(samples, self.device)
        return logits_to_probabilities(logits, self.classes_.ndim == 2, self._network.label_sets)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Labels whose probability reaches `threshold`, or the most probable class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        labels : ndarray of shape (n_samples, n_labels) of 0 and 1, or (n_samples,) of classes
        """
        check_is_fitted(self)
        if self.classes_.ndim == 1:
            return self.classes_[self.predict_proba(X).argmax(axis=1)]
        threshold = check_threshold(self.threshold, len(self.classes_))
        return (self.predict_proba(X) >= threshold).astype(int)

    @property
    def net_(self) -> skorch.NeuralNet:
        """The live skorch net; rebuilt from the fitted arrays after unpickling or loading."""
        check_is_fitted(self)
        return self._network.net(self._options(self._network.takes_pixels))

    @property
    def history_(self) -> pd.DataFrame:
        """A row for each epoch: epoch, train_loss, valid_loss (NaN without a validation split),
        duration in seconds, and what callbacks recorded for each epoch."""
        check_is_fitted(self)
        return self._network.history

    @property
    def best_epoch_(self) -> int | None:
        """The epoch, counted from 1, whose weights early stopping kept; None where the last `fit`
        had no early stopping or no epoch had a finite loss, and after `partial_fit`."""
        check_is_fitted(self)
        return self._network.best_epoch

    @property
    def class_weight_(self) -> np.ndarray:
        """Weight of each label's positives, or of each class, when it was last trained."""
        check_is_fitted(self)
        weight = self._network.class_weight
        return np.ones(len(self.classes_)) if weight is None else weight.copy()

    @property
    def n_iter_(self) -> int:
        """Number of epochs trained."""
        check_is_fitted(self)
        return len(self._network.epochs)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_network")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.target_tags.multi_output = True
        return tags

    def _check_before_fit(self, y: ArrayLike, classes: ArrayLike | None = None) -> Target:
        """Everything that can be wrong before `X` is read: parameters, device, target."""
        self._validate_params()
        check_hidden_layer_sizes(self.hidden_layer_sizes)
        find_device(self.device)
        target = encode_target(y, classes)
        check_options(self.get_params(deep=False), target.multilabel)
        check_class_weight(self.class_weight, target)
        if target.multilabel:
            check_threshold(self.threshold, len(target.classes))
        return target

    def _read_samples(
        self, X: Any, target: Target, sample_weight: Any, continued: bool
    ) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
        """`X`, weights whose mean is 1, and the rows that have one."""
        X = validate_data(self, X, dtype=[np.float32, np.uint8], order="C", reset=not continued)
        check_consistent_length(X, target.values)
        if continued:
            check_same_labels(target, self.classes_, self.label_names_)
            self._network.check_continues(self._architecture(self._network.architecture["scaler"]))
            if self._network.takes_pixels and X.dtype != np.uint8:
                raise ValueError("the earlier fit was on uint8 pixels, but X holds floats")
        if sample_weight is not None and "criterion" in (self.net_params or {}):
            raise ValueError("sample_weight cannot be used with a criterion of your own")
        return X, *weigh_samples(sample_weight, len(X))

    def _dataset(
        self, X: np.ndarray, target: Target, weight: np.ndarray | None, rows: np.ndarray
    ) -> ArrayDataset:
        """Samples to train on, with the names that callbacks compare theirs with."""
        feature_names = getattr(self, "feature_names_in_", None)
        return ArrayDataset(X, target.values, weight, rows, target.label_names, feature_names)

    def _options(self, takes_pixels: bool, n_samples: int = 0) -> Options:
        return Options.resolve(self.get_params(deep=False), takes_pixels, n_samples)

    def _draw_seed(self) -> int:
        fresh = np.random.RandomState() if self.random_state is None else self.random_state
        return int(check_random_state(fresh).randint(2**31 - 1))

    def _begun(self, target: Target, X: np.ndarray, rows: np.ndarray, seed: int) -> TrainedNetwork:
        self.classes_ = target.classes
        self.label_names_ = target.label_names
        return TrainedNetwork(self._architecture(fit_scaler(X, rows)), target.multilabel, seed)

    def _architecture(self, scaler: tuple[np.ndarray, np.ndarray] | None) -> dict[str, Any]:
        options = self._options(scaler is None)
        return options.architecture(self.n_features_in_, len(self.classes_), scaler)


def _find_label_sets(
    options: Options,
    target: Target,
    weight: np.ndarray | None,
    rows: np.ndarray,
    earlier: LabelSets | None = None,
) -> LabelSets | None:
    """The label sets of these rows and of earlier ones, where they are what is to be predicted."""
    if options.loss != "label_sets" or not target.multilabel:
        return None
    return count_label_sets(target.values[rows], None if weight is None else weight[rows], earlier)
