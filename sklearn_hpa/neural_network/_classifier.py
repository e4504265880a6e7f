"""The multi-label MLP classifier."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
import pandas as pd
import skorch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from .._common.alignment import check_aligned
from .._common.caller import warn_caller
from .._common.estimators import CheckedScoreMixin, DocumentedMixin, public_in, undone_on_failure
from .._common.finite import located
from .._common.fit_tasks import CallbackSupportMixin, FitTask, with_callbacks
from .._common.fitted import check_classes, check_names
from .._common.sklearn_private import Interval, StrOptions
from .._labels.label_sets import LabelSets, count_label_sets
from .._labels.responses import check_threshold, logits_to_probabilities
from .._labels.target import Target, check_same_labels, encode_target, warn_of_absent_labels
from .._torch.devices import find_device
from .._torch.precision import PRECISIONS
from ..model_selection import check_groups
from ._batches import ArrayDataset
from ._checkpoint import Checkpoint, Keeper, check_alone, find_checkpoint
from ._class_weight import check_class_weight, find_class_weight, refuse_balanced, weigh_samples
from ._fingerprint import describe, describe_training
from ._losses import LOSSES
from ._modules import ACTIVATIONS, fit_scaler
from ._network import TrainedNetwork
from ._options import OPTIMIZERS, Options, check_hidden_layer_sizes, check_options
from ._training import describe_unfinished
from ._validation import split_rows


@public_in("sklearn_hpa")
class MultiLabelMLPClassifier(
    CallbackSupportMixin, DocumentedMixin, CheckedScoreMixin, BaseEstimator
):
    """Multi-layer perceptron for multi-label targets, on CPU or CUDA.

    The network has dense hidden layers with ReLU and one output per label. On pixels it is the
    network of the paper, with sigmoid outputs and binary cross-entropy. The network divides uint8
    input by 255 and standardises float input with statistics of the training data. Both are done on
    its device, one batch at a time.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int or "auto", default="auto"
        Width of each hidden layer. An empty sequence gives a linear model. The Notes list the
        values of "auto", here and below.
    activation : {"relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "logistic", "identity"}, \
            default="relu"
        Activation function after each hidden layer.
    dropout : float in [0, 1) or "auto", default="auto"
        Fraction of hidden outputs set to zero in training.
    loss : {"auto", "bce", "label_sets", "focal", "asymmetric"}, default="auto"
        "bce" is binary cross-entropy of each label separately. "label_sets" predicts which label
        set of the training samples a sample has [3]_. The probability of a label is the sum over
        all sets that contain it, so two labels that never occur together cannot both exceed 0.5.
        "focal" [1]_ and "asymmetric" [2]_ give less weight to well-predicted labels. All losses are
        averaged over labels and samples. A 1-d target uses cross-entropy.
    loss_params : dict, default=None
        Parameters of the loss. "focal" takes ``gamma`` (default 2.0, at least 0) and ``alpha``
        (default None, or between 0 and 1). "asymmetric" takes ``gamma_neg`` (default 4.0) and
        ``gamma_pos`` (default 1.0), both at least 0, and ``clip`` (default 0.05, from 0 to below
        1).
    class_weight : dict or "balanced", default=None
        Weight of each label's positives in the loss. A dict maps label names, or column numbers of
        unnamed labels, to weights. Labels that it leaves out have weight 1. "balanced" is the
        number of negatives per positive in the training samples, limited to the range from 1 to 10,
        and 1 for labels without positives. A 1-d target takes scikit-learn's class weights.
        Weighted models are not calibrated: see :ref:`guide_imbalance`.
    optimizer : {"auto", "adam", "adamw", "rmsprop", "sgd"}, default="auto"
        Optimiser. Pass any other torch optimiser through `net_params`.
    lr : float or "auto", default="auto"
        Learning rate.
    weight_decay : float or "auto", default="auto"
        L2 penalty of the optimiser. With "adamw" it is decoupled from the gradient.
    batch_size : int, default=32
        Samples per training step.
    max_epochs : int or "auto", default="auto"
        Maximum number of passes over the training data.
    early_stopping : bool or "auto", default="auto"
        Whether to hold out `validation_fraction` of the samples, to stop when their loss has not
        improved for `n_iter_no_change` epochs, and to keep the weights of the best epoch.
    validation_fraction : float in (0, 1), default=0.1
        Fraction of samples held out for validation, stratified by label. Groups passed to `fit` are
        kept whole. A label of a single sample or group stays in the training samples.
    n_iter_no_change : int, default=10
        Number of epochs without improvement before training stops.
    threshold : float or array-like of shape (n_labels,), default=0.5
        Lowest probability at which `predict` returns a label. The index of a Series must have the
        labels in the order of `y`. Ignored for 1-d targets.
    module : type or callable, default=None
        A `torch.nn.Module` class that replaces the dense layers. It is called with (n_features,
        n_outputs) and returns logits. Its input is float32, scaled as above.
    device : str, default="auto"
        "auto" (CUDA if it is available), "cpu", "cuda" or "cuda:<number>".
    precision : {"float32", "tf32", "bfloat16"}, default="float32"
        Precision of matrix products in training. A lower precision can be faster on a GPU: see
        :ref:`guide_precision`. Weights and predictions are float32.
    random_state : int, RandomState instance or None, default=None
        Random seed of the initial weights, the order of the batches, dropout and the validation
        split. None draws fresh entropy. The global random states of NumPy and torch are never
        changed.
    warm_start : bool, default=False
        Whether `fit` continues from the weights of the last `fit`.
    callbacks : list of skorch callbacks, default=None
        Callbacks passed to skorch. They run before early stopping. With a
        :class:`~sklearn_hpa.callbacks.Checkpoint`, `fit` continues after a crash. Callbacks of
        scikit-learn 1.9 are set by ``set_callbacks`` instead: see :ref:`guide_sklearn_callbacks`.
    net_params : dict, default=None
        Further parameters of `skorch.NeuralNet`, passed unchanged, such as another optimiser or
        ``iterator_train__num_workers``.
    verbose : int, default=0
        If 1, one line per epoch is printed.

    Attributes
    ----------
    classes_ : ndarray of shape (n_labels, 2) or (n_classes,)
        [0, 1] for each label, or the classes of a 1-d target.
    label_names_ : ndarray of str
        Column names of a DataFrame `y`, otherwise column numbers; the classes of a 1-d target.
    n_features_in_ : int
        Number of columns of `X`.
    feature_names_in_ : ndarray of str
        Column names of `X`, if `X` was a DataFrame with string names.
    n_iter_ : int
        Number of epochs trained.
    history_ : DataFrame
        One row per epoch: epoch, train_loss, valid_loss, duration (in seconds) and values recorded
        by callbacks. Both losses are `loss`, with all weights.
    best_epoch_ : int or None
        Epoch of `history_` whose weights early stopping kept. None after a `fit` without early
        stopping, and after `partial_fit`.
    class_weight_ : ndarray of shape (n_labels,) or (n_classes,)
        Weight of each label's positives, or of each class, in the last training. Ones if
        `class_weight` is None.
    net_ : skorch.NeuralNet
        Live net. Pickles leave it out, and it is rebuilt from the fitted arrays.

    Notes
    -----
    For pixels, "auto" stands for the values of the paper. For features, "auto" stands for values
    that did well in cross-validation on one half of the labelled cells. The reported scores do not
    use this half.

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

    Features are few, so dropout and weight decay regularise the network sufficiently. A validation
    set would cost more in samples than it gains. With `class_weight`, or with parameters of a
    criterion in `net_params`, "auto" for `loss` is "bce" for features too.

    The same `random_state` gives the same result on one machine, to the last bit. A network of at
    most 12,288 inputs (pixels of 64x64x3) and 4,194,304 weights uses one thread on a CPU, so the
    number of joblib workers and of threads does not matter. Larger networks use torch's own number
    of threads, and their last bits depend on it: see :ref:`guide_threads`. In a forked process,
    every network uses one thread.

    Fits in threads of one process run one after the other, because torch has one random generator.

    References
    ----------
    .. [1] T.-Y. Lin, P. Goyal, R. Girshick, K. He and P. Dollár, "Focal loss for dense object
       detection", ICCV 2017, pp. 2980-2988.
    .. [2] T. Ridnik, E. Ben-Baruch, N. Zamir, A. Noy, I. Friedman, M. Protter and
       L. Zelnik-Manor, "Asymmetric loss for multi-label classification", ICCV 2021, pp. 82-91.
    .. [3] N. Ghamrawi and A. McCallum, "Collective multi-label classification", CIKM 2005,
       pp. 195-200, https://doi.org/10.1145/1099554.1099591. Here the features of a set are the
       features of its labels and the frequency of the set.

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
        self._network: TrainedNetwork
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
            Pixels as uint8, or features, which are converted to float32.
        y : DataFrame, array-like or sparse matrix of shape (n_samples, n_labels), or 1-d
            0/1 matrix, or 1-d binary or multiclass target (softmax, cross-entropy and argmax). A
            DataFrame or sparse matrix with one column is one label.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample in the loss. Only the ratios of the weights matter. A sample of
            weight zero is left out.
        groups : array-like of shape (n_samples,), default=None
            Group of each sample, also as a table of one column. The validation split keeps each
            group on one side.

        Returns
        -------
        self : MultiLabelMLPClassifier
            Fitted classifier.

        Raises
        ------
        ValueError
            If a parameter, the device, the target or the data is invalid, if the indexes of the
            arguments have the same Ids in different orders, or if the loss stops being finite. For
            values that are not finite, the message names columns and rows. With a
            :class:`~sklearn_hpa.callbacks.Checkpoint`, if its folder holds another training.
        KeyboardInterrupt
            If training is interrupted in its first epoch. A later interrupt keeps the current
            weights and gives a warning.

        Warns
        -----
        UserWarning
            If labels have no training sample, or early stopping has no validation sample of them;
            the message names them.
        sklearn.exceptions.ConvergenceWarning
            If all `max_epochs` were trained and the training loss still fell by more than 1 % in
            the last tenth of them. A loss below a tenth of the loss of the first epoch gives no
            warning, and neither does a single epoch.
        sklearn_hpa.exceptions.TrainingInterruptedWarning
            If training is interrupted after its first epoch. The interrupt stops only this fit. To
            stop a whole search, use a warnings filter that turns the warning into an error, and
            ``error_score="raise"``.

        Notes
        -----
        If `fit` raises an exception, the estimator keeps its earlier state.
        """
        target = self._check_before_fit(y)
        check_aligned(X=X, y=y, sample_weight=sample_weight, groups=groups)
        checkpoint = find_checkpoint(self.callbacks)
        if self.warm_start:
            check_alone(self.callbacks, "warm_start")
        with undone_on_failure(self):
            self._train(X, y, target, sample_weight, groups, checkpoint)
        return self

    @with_callbacks
    def _train(
        self,
        X: Any,
        y: Any,
        target: Target,
        sample_weight: Any,
        groups: Any,
        checkpoint: Checkpoint | None,
    ) -> None:
        """Train the network of a checked target; scikit-learn's callbacks follow the epochs."""
        given = {"X": X, "y": y}
        if sample_weight is not None:
            given["metadata"] = {"sample_weight": sample_weight}
        continued = self.warm_start and self.__sklearn_is_fitted__()
        X, weight, rows = self._read_samples(X, target, sample_weight, continued)
        groups = check_groups(groups, len(X))
        random_state_before = describe(self.random_state)
        seed = self._network.seed if continued else self._draw_seed()
        takes_pixels = self._network.takes_pixels if continued else X.dtype == np.uint8
        options = self._options(takes_pixels, len(rows))
        n_epochs, keeper = options.max_epochs, None
        if checkpoint is not None:
            description = describe_training(
                X, target, weight, groups, options, self.random_state, random_state_before
            )
            keeper = Keeper(checkpoint, description, seed, options.max_epochs)
            seed, n_epochs = keeper.seed, keeper.epochs_left
        fraction = options.validation_fraction if options.early_stopping else None
        train, valid = split_rows(rows, target, groups, fraction, seed)
        warn_of_absent_labels(target, train)
        network = self._network.copy() if continued else self._begun(target, X, train, seed)
        network.class_weight = find_class_weight(self.class_weight, target, weight, train)
        network.label_sets = _find_label_sets(options, target, weight, train)
        n_earlier = len(network.epochs)
        task = FitTask.root(self, n_epochs, **given)
        network.train(
            self._dataset(X, target, weight, train),
            None if valid is None else ArrayDataset(X, target.values, weight, valid),
            options,
            options.max_epochs,
            keeper,
            task,
        )
        unfinished = describe_unfinished(network.epochs[n_earlier:], options.max_epochs)
        if unfinished is not None:
            warn_caller(unfinished, ConvergenceWarning)
        self._network = network
        task.end(state={})

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> MultiLabelMLPClassifier:
        """Train for one epoch on these samples, starting from the current weights.

        The statistics of the first call standardise float features. There is no validation split
        and no early stopping, and a `class_weight` of "balanced" is refused. The state of the
        optimiser is kept from call to call. It is reset after unpickling, after a failed call, and
        if `optimizer`, `weight_decay`, `batch_size`, `device`, `loss`, `loss_params`,
        `class_weight`, `precision`, `callbacks` or `net_params` have changed.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Pixels as uint8, or features, which are converted to float32.
        y : DataFrame, array-like or sparse matrix of shape (n_samples, n_labels), or 1-d
            Target, as in `fit`.
        classes : array-like of shape (n_classes,), default=None
            All classes of a 1-d target, for the first call. Not needed for a 0/1 matrix.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample in the loss. Only the ratios of the weights within this call
            matter.

        Returns
        -------
        self : MultiLabelMLPClassifier
            Fitted classifier.

        Raises
        ------
        ValueError
            If `class_weight` is "balanced", if `callbacks` holds a
            :class:`~sklearn_hpa.callbacks.Checkpoint`, if the architecture or the labels have
            changed since the first call, and in the cases of `fit`.
        """
        refuse_balanced(self.class_weight)
        continued = self.__sklearn_is_fitted__()
        known = self.classes_ if continued and self.classes_.ndim == 1 else classes
        target = self._check_before_fit(y, known)
        check_aligned(X=X, y=y, sample_weight=sample_weight)
        check_alone(self.callbacks, "partial_fit")
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
        """Return the probability of each label, or of each class of a 1-d target.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Pixels or features, as in `fit`.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_labels), float64
            Values strictly inside (0, 1). The rows of a 1-d target sum to 1. The probabilities of a
            sample do not depend on the other samples. With a custom `module`, their last digits
            may.
        """
        check_is_fitted(self)
        with located(X):
            samples = validate_data(self, X, dtype=[np.float32, np.uint8], order="C", reset=False)
        self._network.warn_of_scaled_pixels(samples)
        logits = self._network.logits(samples, self.device)
        return logits_to_probabilities(logits, self.classes_.ndim == 2, self._network.label_sets)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the labels whose probability reaches `threshold`, or the most probable class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Pixels or features, as in `fit`.

        Returns
        -------
        labels : ndarray of shape (n_samples, n_labels) or (n_samples,)
            0/1 matrix, or the classes of a 1-d target.
        """
        check_is_fitted(self)
        if self.classes_.ndim == 1:
            return self.classes_[self.predict_proba(X).argmax(axis=1)]
        threshold = check_threshold(self.threshold, len(self.classes_), self.label_names_)
        return (self.predict_proba(X) >= threshold).astype(int)

    @property
    def net_(self) -> skorch.NeuralNet:
        """The live skorch net, rebuilt from the fitted arrays after unpickling or loading."""
        check_is_fitted(self)
        return self._network.net(self._options(self._network.takes_pixels))

    @property
    def history_(self) -> pd.DataFrame:
        """One row per epoch, with losses, duration and values recorded by callbacks.

        The columns are epoch, train_loss, valid_loss (NaN without a validation split), duration in
        seconds, and the columns of callbacks.
        """
        check_is_fitted(self)
        return self._network.history

    @property
    def best_epoch_(self) -> int | None:
        """The epoch, counted from 1, whose weights early stopping kept.

        None if the last `fit` had no early stopping or no epoch with a finite loss, and after
        `partial_fit`.
        """
        check_is_fitted(self)
        return self._network.best_epoch

    @property
    def class_weight_(self) -> np.ndarray:
        """Weight of each label's positives, or of each class, in the last training."""
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

    def _check_fitted(self) -> None:
        """Refuse a fitted state whose parts do not belong together."""
        if not hasattr(self, "_network"):
            return
        if not isinstance(self._network, TrainedNetwork):
            raise ValueError(f"its network is of type {type(self._network).__name__}")
        self._network._check_fitted()
        architecture = self._network.architecture
        n_outputs = architecture["n_outputs"]
        if self._network.multilabel:
            check_classes(self.classes_, n_outputs)
            check_threshold(self.threshold, n_outputs)
        else:
            check_names(self.classes_, "classes_", n_outputs)
        check_names(self.label_names_, "label_names_", n_outputs)
        if self.n_features_in_ != architecture["n_features"]:
            raise ValueError(
                f"n_features_in_ is {self.n_features_in_!r}, but the network has "
                f"{architecture['n_features']} inputs"
            )
        if hasattr(self, "feature_names_in_"):
            check_names(self.feature_names_in_, "feature_names_in_", self.n_features_in_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.target_tags.multi_output = True
        return tags

    def _check_before_fit(self, y: ArrayLike, classes: ArrayLike | None = None) -> Target:
        """Check the parameters, the device and the target before `X` is read."""
        self._validate_params()
        check_hidden_layer_sizes(self.hidden_layer_sizes)
        find_device(self.device)
        target = encode_target(y, classes)
        check_options(self.get_params(deep=False), target.multilabel)
        check_class_weight(self.class_weight, target)
        if target.multilabel:
            check_threshold(self.threshold, len(target.classes), target.label_names)
        return target

    def _read_samples(
        self, X: Any, target: Target, sample_weight: Any, continued: bool
    ) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
        """Return `X`, weights with mean 1, and the rows of non-zero weight."""
        with located(X):
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
        """Return the training samples with the names that callbacks compare."""
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
    """Return the label sets of these rows and of earlier ones; None for any other loss."""
    if options.loss != "label_sets" or not target.multilabel:
        return None
    return count_label_sets(target.values[rows], None if weight is None else weight[rows], earlier)
