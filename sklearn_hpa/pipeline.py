"""The pipeline from images to labels."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils import Bunch
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from ._common.alignment import check_aligned, check_labels_of, per_sample_params
from ._common.estimators import DocumentedMixin, public_in
from ._common.tables import column_names, refuse_lazy_tables, sample_ids
from ._labels.named import known_names, named_sets
from ._labels.responses import read_probabilities
from ._labels.written_sets import refuse_written_sets
from .feature_extraction import ImageFlattener, ImageTransformer
from .model_selection import check_groups
from .neural_network import MultiLabelMLPClassifier

DEFAULT_STEPS = {"images": ImageFlattener, "classifier": MultiLabelMLPClassifier}


def _classifier_has(method: str) -> Callable[[HPAPipeline], bool]:
    """Return a check for `available_if`: the method is there if the classifier has it."""
    return lambda pipe: hasattr(pipe.classifier, method)


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
    label_names_ : ndarray of str
        Label names, in the order of the columns of ``predict`` and ``predict_proba``: the columns
        of a DataFrame `y`, whichever the classifier is. Otherwise the column numbers, as text. The
        classes of a 1-d target.

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
    >>> pipe.predict_frame(X).columns.tolist()
    ['Nucleoplasm', 'Nucleoli', 'Plasma membrane', 'Cytosol']
    >>> pipe.named_labels(y).iloc[0]
    ('Plasma membrane',)
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
        if name == "classifier":
            self.__dict__.pop("_label_columns", None)
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
        super().fit(X, y, **params)
        columns = column_names(y)
        self._label_columns = None if columns is None else [str(name) for name in columns]
        return self

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
        per_sample = per_sample_params(params)
        refuse_lazy_tables(X=X, y=y, **per_sample)
        check_consistent_length(X, y)
        for name, values in per_sample.items():
            check_consistent_length(X, values)
            if name.endswith("groups"):
                check_groups(values, len(values))
        check_aligned(X=X, y=y, **per_sample)
        if hasattr(self.classifier, "_check_before_fit"):
            self.classifier._check_before_fit(y)
        elif y is not None:
            refuse_written_sets(y)

    @available_if(_classifier_has("predict"))
    def predict(self, X: Any, **params: Any) -> np.ndarray:
        """Read the images and return the labels of each.

        Parameters
        ----------
        X : DataFrame, sequence of paths, or array
            Images, in the form of `fit`.
        **params : dict
            Parameters of the classifier's ``predict``. With metadata routing enabled, the metadata
            that the steps request.

        Returns
        -------
        labels : ndarray of shape (n_samples, n_labels) or (n_samples,)
            0/1 matrix, with the columns in the order of `label_names_`, or the classes of a 1-d
            target. By default a label is predicted if its probability is at least 0.5; the
            classifier decides.

        Raises
        ------
        FileNotFoundError, ValueError, TypeError
            If an image is missing, cannot be read, or lacks a channel of `fit`. The message names
            the files.
        sklearn.exceptions.NotFittedError
            If the pipeline is not fitted.

        See Also
        --------
        named_labels : Turns the 0/1 matrix into names.
        """
        return super().predict(X, **params)

    @available_if(_classifier_has("predict_proba"))
    def predict_proba(self, X: Any, **params: Any) -> np.ndarray:
        """Read the images and return the probability of each label.

        Parameters
        ----------
        X : DataFrame, sequence of paths, or array
            Images, in the form of `fit`.
        **params : dict
            Parameters of the classifier's ``predict_proba``. With metadata routing enabled, the
            metadata that the steps request.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_labels), float64
            Probabilities, with the columns in the order of `label_names_`. Those of different
            labels are not exclusive, so a row need not add up to 1. The rows of a 1-d target do.
            Some classifiers of scikit-learn return a list of one array for each label.

        Raises
        ------
        FileNotFoundError, ValueError, TypeError
            As in `predict`.
        sklearn.exceptions.NotFittedError
            If the pipeline is not fitted.

        See Also
        --------
        predict_frame : Returns the probabilities with names and Ids.
        """
        return super().predict_proba(X, **params)

    @property
    def label_names_(self) -> np.ndarray:
        """Label names, in the order of the columns of the predictions.

        The columns of a DataFrame `y`, otherwise the column numbers as text; the classes of a 1-d
        target.
        """
        check_is_fitted(self)
        return known_names(self.classifier, getattr(self, "_label_columns", None))

    def predict_frame(self, X: Any, **params: Any) -> pd.DataFrame:
        """Return the probabilities as a table, with an Id for each row and a name for each column.

        This is a method of its own, because a ``predict_proba`` that returned a table would not
        work in scikit-learn's scorers and meta-estimators.

        Parameters
        ----------
        X : DataFrame, sequence of paths, or array
            Images, in the form of `fit`.
        **params : dict
            Parameters of `predict_proba`.

        Returns
        -------
        proba : DataFrame of shape (n_samples, n_labels), float64
            Probability of each label. The columns are `label_names_`. The index is the index of a
            DataFrame `X`, or else its column "Id". A sequence of paths gives these paths, in an
            index named "path". Rows of other arrays are numbered from 0. Classifiers that return
            one array for each label are read too.

        Raises
        ------
        AttributeError
            If the classifier has no ``predict_proba``.
        ValueError
            If the classifier returns another number of labels, or values outside [0, 1].
        FileNotFoundError, ValueError, TypeError
            As in `predict`.
        sklearn.exceptions.NotFittedError
            If the pipeline is not fitted.

        Examples
        --------
        >>> from sklearn_hpa import HPAPipeline
        >>> from sklearn_hpa.datasets import make_hpa_images
        >>> X, y = make_hpa_images(12, n_labels=2, size=32, random_state=0)
        >>> pipe = HPAPipeline().set_params(
        ...     images__size=16, classifier__max_epochs=1, classifier__random_state=0
        ... )
        >>> table = pipe.fit(X, y).predict_frame(X)
        >>> table.columns.tolist(), table.shape
        (['Nucleoplasm', 'Cytosol'], (12, 2))

        The labels of the first image, most probable first:

        >>> table.iloc[0].sort_values(ascending=False).index.tolist()
        ['Nucleoplasm', 'Cytosol']
        """
        names = self.label_names_
        if not hasattr(self.classifier, "predict_proba"):
            raise AttributeError(
                f"predict_frame is a table of probabilities, but {type(self.classifier).__name__} "
                "has no predict_proba; named_labels(predict(X)) gives the names of its labels"
            )
        classes = self.classes_
        single = not isinstance(classes, list) and np.ndim(classes) == 1
        if single and getattr(self, "_label_columns", None) is None:
            classes = None  # The columns of a 1-d target are its classes.
        name = type(self.classifier).__name__
        proba = read_probabilities(self.predict_proba(X, **params), classes, names, name)
        return pd.DataFrame(proba, index=sample_ids(X), columns=names)

    def named_labels(self, y: Any) -> pd.Series:
        """Return the names of the labels of each sample.

        Each entry is a tuple in the order of `label_names_`, as from
        ``sklearn.preprocessing.MultiLabelBinarizer.inverse_transform``: unlike a set, it always
        prints in the same order. The Series keeps the Ids of a DataFrame, ``.str.join("|")`` makes
        text of it, ``.explode()`` one row for each label, and ``.tolist()`` a plain list.

        Parameters
        ----------
        y : DataFrame, array-like or sparse matrix of shape (n_samples, n_labels)
            0/1 matrix, such as the true labels or the result of `predict`. The columns of a
            DataFrame must be `label_names_`, in their order.

        Returns
        -------
        labels : Series of shape (n_samples,), named "labels"
            A tuple of str for each sample. It is empty for a sample without labels. The index is
            the index of a pandas `y`; otherwise the samples are numbered from 0.

        Raises
        ------
        ValueError
            If `y` is not a 0/1 matrix with a column for each label, or has other columns. The
            classes of a 1-d target are refused, because they are names already.
        sklearn.exceptions.NotFittedError
            If the pipeline is not fitted.

        Examples
        --------
        >>> from sklearn_hpa import HPAPipeline
        >>> from sklearn_hpa.datasets import make_hpa_images
        >>> X, y = make_hpa_images(12, n_labels=2, size=32, random_state=0)
        >>> pipe = HPAPipeline().set_params(
        ...     images__size=16, classifier__max_epochs=1, classifier__random_state=0
        ... )
        >>> named = pipe.fit(X, y).named_labels([[1, 1], [0, 1], [0, 0]])
        >>> named.tolist()
        [('Nucleoplasm', 'Cytosol'), ('Cytosol',), ()]
        >>> predicted = pipe.named_labels(pipe.predict(X))

        A DataFrame keeps its Ids:

        >>> likely = pipe.named_labels(pipe.predict_frame(X) >= 0.3)
        """
        return named_sets(y, self.label_names_)

    @available_if(_classifier_has("score"))
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
        columns = getattr(self, "_label_columns", None)
        if columns is not None and not (
            isinstance(columns, list) and all(isinstance(name, str) for name in columns)
        ):
            raise ValueError("its label names are no list of text")

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
