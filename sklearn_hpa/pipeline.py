"""The pipeline from images to labels."""

from __future__ import annotations

import os
from typing import Any

import joblib
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils import Bunch
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_consistent_length

from ._common.alignment import check_aligned, check_labels_of, per_sample_params
from ._common.estimators import DocumentedMixin, public_in
from .feature_extraction import ImageFlattener, ImageTransformer
from .model_selection import check_groups
from .neural_network import MultiLabelMLPClassifier

DEFAULT_STEPS = {"images": ImageFlattener, "classifier": MultiLabelMLPClassifier}


@public_in("sklearn_hpa")
class HPAPipeline(DocumentedMixin, Pipeline):
    """Pipeline of two steps, from images to probabilities of labels.

    Parameters
    ----------
    images : transformer, default=None
        Transformer of each image into one vector. None is ``ImageFlattener()``. "passthrough" takes
        vectors instead of images.
    classifier : classifier, default=None
        Multi-label classifier of these vectors. None is ``MultiLabelMLPClassifier()``.
    memory : str or object with the joblib.Memory interface, default=None
        Cache of the fitted `images` step. Its key uses only the paths: a file that has changed
        under the same name gives its old pixels.
    verbose : bool, default=False
        Whether to print the duration of each step.

    Attributes
    ----------
    steps : list of (str, estimator)
        ``[("images", images), ("classifier", classifier)]``. The properties `images` and
        `classifier` read and set these steps. Grid searches use names such as ``images__size``.
    classes_ : ndarray
        Classes of the classifier.

    See Also
    --------
    sklearn_hpa.datasets.load_hpa : Reads `X` and `y` from a folder of images.
    sklearn_hpa.metrics.multilabel_report : Scores predictions next to baselines.

    Examples
    --------
    >>> from sklearn_hpa import HPAPipeline, ImageFlattener, MultiLabelMLPClassifier
    >>> from sklearn_hpa.datasets import make_hpa_images
    >>> X, y = make_hpa_images(24, n_labels=4, size=64, random_state=0)
    >>> pipe = HPAPipeline(
    ...     images=ImageFlattener(size=16),
    ...     classifier=MultiLabelMLPClassifier((32,), max_epochs=5, random_state=0),
    ... )
    >>> pipe.fit(X, y).predict_proba(X).shape
    (24, 4)
    """

    _parameter_constraints: dict = {
        name: constraint
        for name, constraint in Pipeline._parameter_constraints.items()
        if name in ("memory", "verbose")
    }

    def __init__(
        self,
        images: BaseEstimator | str | None = None,
        classifier: BaseEstimator | None = None,
        *,
        memory: str | joblib.Memory | None = None,
        verbose: bool = False,
    ):
        super().__init__([("images", None), ("classifier", None)], memory=memory, verbose=verbose)
        self.images = images
        self.classifier = classifier

    @property
    def images(self) -> BaseEstimator | str:
        """The step that turns images into vectors."""
        return self.steps[0][1]

    @images.setter
    def images(self, images: BaseEstimator | str | None) -> None:
        self._replace_estimator("steps", "images", images)

    @property
    def classifier(self) -> BaseEstimator:
        """The step that turns vectors into labels."""
        return self.steps[-1][1]

    @classifier.setter
    def classifier(self, classifier: BaseEstimator | None) -> None:
        self._replace_estimator("steps", "classifier", classifier)

    def _replace_estimator(self, attr: str, name: str, new_val: Any) -> None:
        # All setters of a step call this method; None is the default step.
        super()._replace_estimator(
            attr, name, DEFAULT_STEPS[name]() if new_val is None else new_val
        )

    def fit(self, X: Any, y: ArrayLike | None = None, **params: Any) -> HPAPipeline:
        """Read the images and train the classifier.

        Parameters
        ----------
        X : DataFrame, sequence of paths, or array
            Images, in the form of `ImageFlattener.fit`.
        y : DataFrame, array-like or sparse matrix of shape (n_samples, n_labels), or 1-d
            Labels, in the form of `MultiLabelMLPClassifier.fit`.
        **params : dict
            Parameters of the steps, such as ``classifier__sample_weight``. With metadata routing
            enabled, the metadata that the steps request.

        Returns
        -------
        self : HPAPipeline
            Fitted pipeline.

        Raises
        ------
        ValueError
            If a parameter of a step or the target is invalid, or if the indexes of the arguments
            have the same Ids in different orders. This is raised before any image is read.
        TypeError
            If `X` does not hold images, or if a step has the wrong type.
        """
        if isinstance(X, str | os.PathLike | Bunch) or type(X) is dict:
            raise TypeError(
                f"X must hold images, got {type(X).__name__}. "
                "sklearn_hpa.datasets.load_hpa(folder, return_X_y=True) gives X and y"
            )
        self._check_before_fit(X, y, params)
        return super().fit(X, y, **params)

    def _check_before_fit(self, X: Any, y: ArrayLike | None, params: dict[str, Any]) -> None:
        """Refuse steps and targets that cannot be fitted, before any image is read."""
        self._validate_steps()
        for name, step in self.steps:
            if isinstance(step, type):
                raise TypeError(f"{name} must be an instance, got the class {step.__name__}")
        if not hasattr(self.classifier, "predict"):
            raise TypeError(f"classifier must be a classifier, got {self.classifier!r}")
        for step in (self.images, *_nested(self.images), self.classifier):
            if hasattr(step, "_parameter_constraints"):
                step._validate_params()
        check_consistent_length(X, y)
        per_sample = per_sample_params(params)
        for name, values in per_sample.items():
            check_consistent_length(X, values)
            if name.endswith("groups"):
                check_groups(values, len(values))
        check_aligned(X=X, y=y, **per_sample)
        if hasattr(self.classifier, "_check_before_fit"):
            self.classifier._check_before_fit(y)

    @available_if(lambda self: hasattr(self.classifier, "score"))
    def score(
        self,
        X: Any,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        **params: Any,
    ) -> float:
        """Return the score of the classifier, the fraction of exactly predicted label sets.

        Parameters
        ----------
        X : DataFrame, sequence of paths, or array
            Images, in the form of `fit`.
        y : DataFrame, array-like or sparse matrix of shape (n_samples, n_labels), or 1-d
            True labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample.
        **params : dict
            With metadata routing enabled, the metadata that the steps request.

        Returns
        -------
        score : float
            Value of the classifier's ``score``.

        Raises
        ------
        ValueError
            If the indexes of `X`, `y` and `sample_weight` have the same Ids in different orders, or
            if the columns of `y` are not the labels of `fit` in their order.
        """
        check_aligned(X=X, y=y, sample_weight=sample_weight, **per_sample_params(params))
        check_labels_of(self, y)
        return super().score(X, y, sample_weight, **params)

    def _check_fitted(self) -> None:
        """Refuse a classifier that was fitted on other vectors than the images step makes."""
        made = _n_vectors(self.images)
        taken = getattr(self.classifier, "n_features_in_", None)
        if made is not None and taken is not None and made != taken:
            raise ValueError(f"images makes {made!r} columns, but classifier takes {taken!r}")

    def __getitem__(self, index: int | str | slice) -> Any:
        if isinstance(index, slice):
            return Pipeline(self.steps, memory=self.memory, verbose=self.verbose)[index]
        return super().__getitem__(index)

    def _validate_names(self, names: tuple[str, ...]) -> None:
        # The names of the two steps are constructor arguments.
        if tuple(names) != ("images", "classifier"):
            raise ValueError(
                f"HPAPipeline has the steps 'images' and 'classifier', got {list(names)}; "
                "use sklearn.pipeline.Pipeline for others"
            )


def _n_vectors(transformer: Any) -> int | None:
    """Return the number of columns of a fitted vectoriser or a union of them, or None."""
    if isinstance(transformer, ImageTransformer) and hasattr(transformer, "channels_"):
        return transformer._n_columns
    if isinstance(transformer, FeatureUnion):
        widths = [_n_vectors(each) for _, each in transformer.transformer_list if each != "drop"]
        known = [width for width in widths if width is not None]
        return sum(known) if len(known) == len(widths) else None
    return None


def _nested(transformer: BaseEstimator | str) -> list[BaseEstimator]:
    """Return the estimators inside a union or a pipeline of transformers."""
    params = transformer.get_params().values() if hasattr(transformer, "get_params") else ()
    return [each for each in params if isinstance(each, BaseEstimator)]
