"""Base of the meta-estimators that learn from probabilities of held-out samples."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from numbers import Integral
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn import get_config
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags, indexable
from sklearn.utils.metadata_routing import (
    UNUSED,
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from .._common.alignment import are_numbers, check_aligned, one_index, per_sample_params
from .._common.estimators import CheckedScoreMixin, DocumentedMixin
from .._common.finite import located
from .._common.fit_tasks import CallbackSupportMixin, FitTask, with_callbacks
from .._common.fitted import check_classes, check_names
from .._common.messages import first_dozen
from .._common.progress import tracked
from .._common.sklearn_private import HasMethods, StrOptions, cut_fit_params, split_rows
from .._labels.responses import probabilities_of
from .._labels.target import Target, encode_target
from ..model_selection import (
    MultiLabelStratifiedGroupKFold,
    MultiLabelStratifiedKFold,
    check_groups,
)

N_FOLDS = 5

Split = tuple[np.ndarray, np.ndarray]


class HeldOut(NamedTuple):
    """Probabilities of held-out samples, and their true labels.

    Attributes
    ----------
    proba : ndarray of shape (n_predictions, n_labels), float64
        One row per prediction. A sample has one prediction with folds, and several with repeated
        folds.
    truth : ndarray of shape (n_predictions, n_labels), bool
        True labels of the rows.
    n_positives, n_negatives : ndarray of shape (n_labels,)
        Numbers of different samples with and without the label.
    """

    proba: np.ndarray
    truth: np.ndarray
    n_positives: np.ndarray
    n_negatives: np.ndarray


class OutOfFoldClassifier(
    CallbackSupportMixin, DocumentedMixin, MetaEstimatorMixin, CheckedScoreMixin, BaseEstimator
):
    """Base of the meta-estimators: folds, the final fit, and one matrix of probabilities.

    A subclass stores `estimator`, `cv`, `n_jobs`, `random_state` and `verbose`. Its `_learn` sets
    fitted attributes from the held-out probabilities.
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "cv": ["cv_object", StrOptions({"prefit"})],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }
    # This class does not use groups itself: the splitter requests them, and the estimator may.
    __metadata_request__fit = {"groups": UNUSED}

    @with_callbacks
    def fit(self, X: Any, y: ArrayLike, groups: ArrayLike | None = None, **fit_params: Any) -> Self:
        """Learn from the probabilities of held-out samples, and fit the estimator on all samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples, in any form that the estimator accepts: features, or images in any form that
            can be indexed.
        y : DataFrame, array-like or sparse matrix of shape (n_samples, n_labels)
            0/1 matrix. One column is one label.
        groups : array-like of shape (n_samples,), default=None
            Group of each sample, also as a table of one column. A split keeps each group on one
            side. The groups are also passed to the estimator's ``fit`` if it takes ``groups`` or,
            with metadata routing enabled, if it requests them.
        **fit_params : dict
            Parameters of the estimator's ``fit``, in each fold and on all samples. A parameter with
            one value per sample, such as ``sample_weight``, is cut to the samples of the fold. With
            metadata routing enabled, the metadata that the estimator or the splitter requests.

        Returns
        -------
        self : estimator
            Fitted meta-estimator.

        Raises
        ------
        ValueError
            If a parameter or the target is invalid, or if the indexes of the arguments have the
            same Ids in different orders. This is raised before any fit.
        sklearn.exceptions.NotFittedError
            If `cv` is "prefit" and the estimator is not fitted.
        """
        target = self._check_before_fit(y)
        check_aligned(X=X, y=y, groups=groups, **per_sample_params(fit_params))
        X, y, groups = indexable(X, y, check_groups(groups, len(target.values)))
        for_estimator, for_splitter = self._route(groups, fit_params)
        has_folds = self._needs_held_out() and not self._prefit
        task = FitTask.root(self, has_folds + (not self._prefit), X=X, y=y)
        held_out = None
        if self._needs_held_out():
            held_out = self._predict_held_out(X, y, target, for_estimator, for_splitter, task)
        estimator = self.estimator
        if not self._prefit:
            estimator = clone(estimator)
            final = task.part("fit-on-all-samples")
            with located(X), final.handing_over(estimator):
                final.begin()
                estimator.fit(X, y, **for_estimator)
                final.end()
        self._learn(target, held_out)
        self.estimator_ = estimator
        self.classes_ = target.classes
        self.label_names_ = target.label_names
        for name in ("n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
            if hasattr(estimator, name):
                setattr(self, name, getattr(estimator, name))
        task.end(state={})
        return self

    def get_metadata_routing(self) -> MetadataRouter:
        """Return the metadata requests of the estimator in ``fit`` and of the splitter.

        Returns
        -------
        routing : sklearn.utils.metadata_routing.MetadataRouter
            Router with the requests.
        """
        router = MetadataRouter(owner=type(self).__name__)
        router.add(
            estimator=self.estimator,
            method_mapping=MethodMapping().add(caller="fit", callee="fit"),
        )
        if not self._prefit:
            splitter = MultiLabelStratifiedGroupKFold() if self._own_folds else self.cv
            router.add(
                splitter=splitter,
                method_mapping=MethodMapping().add(caller="fit", callee="split"),
            )
        return router

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.multi_label = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        return tags

    def _check_fitted(self) -> None:
        """Refuse a fitted state whose parts do not belong together."""
        if not hasattr(self, "estimator_"):
            return
        if not hasattr(self.estimator_, "predict_proba"):
            raise ValueError("estimator_ has no predict_proba")
        n_labels = len(self.label_names_)
        check_names(self.label_names_, "label_names_", n_labels)
        check_classes(self.classes_, n_labels)
        known = getattr(self.estimator_, "label_names_", None)
        if known is not None and len(known) != n_labels:
            raise ValueError(f"it has {n_labels} labels, but its estimator_ has {len(known)}")

    @abstractmethod
    def _learn(self, target: Target, held_out: HeldOut | None) -> None:
        """Set the fitted attributes of the subclass."""

    def _needs_held_out(self) -> bool:
        return True

    @property
    def _prefit(self) -> bool:
        return isinstance(self.cv, str) and self.cv == "prefit"

    @property
    def _own_folds(self) -> bool:
        return self.cv is None or isinstance(self.cv, Integral)

    def _check_before_fit(self, y: ArrayLike) -> Target:
        """Check the parameters and the target before `X` is read."""
        self._validate_params()
        target = _read_target(y, type(self).__name__)
        if self._prefit:
            try:
                check_is_fitted(self.estimator)
            except NotFittedError as error:
                raise NotFittedError(
                    "cv='prefit' takes an estimator that is fitted already, but this "
                    f"{type(self.estimator).__name__} is not. Cloning, which every search and "
                    "cross-validation does, unfits it: "
                    "sklearn.frozen.FrozenEstimator(estimator) stays fitted"
                ) from error
            _check_labels_of_prefit(self.estimator, target.label_names)
        return target

    def _route(
        self, groups: Any, fit_params: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the metadata of the estimator's fit and the metadata of the splitter."""
        if groups is None and not fit_params:
            return {}, {}
        metadata = fit_params if groups is None else {"groups": groups, **fit_params}
        if get_config()["enable_metadata_routing"]:
            routed = process_routing(self, "fit", **metadata)
            return routed.estimator.fit, {} if self._prefit else routed.splitter.split
        name = _groups_parameter(self.estimator)
        if groups is None or name is None:
            return fit_params, {"groups": groups}
        return {name: groups, **fit_params}, {"groups": groups}

    def _predict_held_out(
        self,
        X: Any,
        y: Any,
        target: Target,
        fit_params: dict[str, Any],
        split_params: dict[str, Any],
        task: FitTask,
    ) -> HeldOut:
        truth = target.values.astype(bool)
        names = target.label_names
        if self._prefit:
            with located(X):
                proba = probabilities_of(self.estimator, X, names)
            return HeldOut(proba, truth, truth.sum(axis=0), (~truth).sum(axis=0))
        splits = self._splits(X, y, split_params)
        per_sample = per_sample_params(fit_params)
        X, y, *values = one_index(X, y, *per_sample.values())
        fit_params = {**fit_params, **dict(zip(per_sample, values, strict=True))}
        folds = task.part("out-of-fold", len(splits)).begin()
        # The progress needs a generator, which some backends do not support.
        parallel = Parallel(n_jobs=self.n_jobs, return_as="generator" if self.verbose else "list")
        fits = parallel(
            delayed(_predict_fold)(
                clone(self.estimator),
                X,
                y,
                truth,
                train,
                test,
                fit_params,
                names,
                folds.part("fold", with_data=False),
            )
            for train, test in splits
        )
        description = f"{type(self).__name__}: fitting folds"
        proba = np.concatenate(
            list(tracked(fits, description, len(splits), unit="fold", shown=bool(self.verbose)))
        )
        folds.end()
        rows = np.concatenate([np.arange(len(truth))[test] for _, test in splits])
        distinct = truth[np.unique(rows)]
        return HeldOut(proba, truth[rows], distinct.sum(axis=0), (~distinct).sum(axis=0))

    def _splits(self, X: Any, y: Any, split_params: dict[str, Any]) -> list[Split]:
        if not self._own_folds:
            return list(check_cv(self.cv).split(X, y, **split_params))
        grouped = split_params.get("groups") is not None
        splitter = MultiLabelStratifiedGroupKFold if grouped else MultiLabelStratifiedKFold
        folds = splitter(
            N_FOLDS if self.cv is None else self.cv,
            shuffle=self.random_state is not None,
            random_state=self.random_state,
        )
        with warnings.catch_warnings():
            # Rare labels are expected here, and their treatment is documented.
            warnings.filterwarnings("ignore", ".* so some folds are without", UserWarning)
            return list(folds.split(X, y, **split_params))


def _read_target(y: Any, reader: str) -> Target:
    target = encode_target(y, one_column="label")
    if not target.multilabel:
        raise ValueError(
            f"y is 1-d, but {reader} takes a 0/1 matrix with a column for each label, and for one "
            "label a matrix of one column. For a 1-d target scikit-learn has "
            "sklearn.model_selection.TunedThresholdClassifierCV and "
            "sklearn.calibration.CalibratedClassifierCV"
        )
    return target


def _predict_fold(estimator: Any, X: Any, *others: Any) -> np.ndarray:
    """Call `_fit_and_predict`; errors about values name their rows in `X`, not in the fold."""
    with located(X):
        return _fit_and_predict(estimator, X, *others)


def _fit_and_predict(
    estimator: Any,
    X: Any,
    y: Any,
    truth: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    fit_params: dict[str, Any],
    label_names: np.ndarray,
    fold: FitTask,
) -> np.ndarray:
    X_train, y_train = split_rows(estimator, X, y, train)
    X_test, _ = split_rows(estimator, X, y, test, train)
    try:
        with fold.handing_over(estimator):
            fold.begin()
            estimator.fit(X_train, y_train, **cut_fit_params(X, fit_params, indices=train))
            fold.end()
    except ValueError as error:
        absent = np.asarray(label_names)[~truth[train].any(axis=0)]
        if len(absent):
            error.add_note(
                f"{type(estimator).__name__} was fitted without one of the folds, and no sample "
                f"outside that fold has {first_dozen(absent)}. If that is what it objects to, "
                "leave these labels out of y, or pass other folds as cv"
            )
        raise
    return probabilities_of(estimator, X_test, label_names)


def _groups_parameter(estimator: Any) -> str | None:
    """Return the name of the groups parameter of an estimator's `fit`; None if there is none."""
    if has_fit_parameter(estimator, "groups"):
        return "groups"
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        inner = _groups_parameter(last)
        return None if inner is None else f"{name}__{inner}"
    return None


def _check_labels_of_prefit(estimator: Any, label_names: np.ndarray) -> None:
    """Refuse labels in another order than the label names of a fitted estimator."""
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    known = getattr(last, "label_names_", None)
    if known is None or len(known) != len(label_names):
        return
    named = not (are_numbers(known) or are_numbers(label_names))
    if named and list(known) != list(label_names):
        raise ValueError(
            "y must have the columns that the fitted estimator was given, in their order: expected "
            f"{first_dozen(known)}; got {first_dozen(label_names)}"
        )
