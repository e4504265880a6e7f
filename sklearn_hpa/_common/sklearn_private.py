"""All private scikit-learn names that this library uses, checked with versions 1.6 to 1.9.

Other modules import these names from here. The library also overrides or calls these private
methods and attributes of scikit-learn's classes:

- ``BaseEstimator._validate_params`` and ``_parameter_constraints`` (since 1.2): parameters are
  checked by scikit-learn, with its error messages.
- ``Pipeline._replace_estimator``, ``_validate_names`` and ``_validate_steps``: the steps of
  `HPAPipeline` are constructor arguments. ``_validate_steps`` checks them before images are read.
- ``_doc_link_module`` and ``_doc_link_template`` (since 1.3): links in HTML representations.
- ``__metadata_request__fit`` and ``__metadata_request__split`` (since 1.3): the documented way to
  declare metadata.
"""

from __future__ import annotations

from sklearn.metrics import accuracy_score, make_scorer

# Constraints of parameters (since 1.2). There is no public equivalent.
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

# Selects rows of any X that `fit` accepts (since 0.22). The public `resample` selects at random.
from sklearn.utils import _safe_indexing as take_rows  # isort: skip

# Selects the training or test part of X and y, also of precomputed kernels (since 0.15).
from sklearn.utils.metaestimators import _safe_split as split_rows  # isort: skip

# Selects the samples of a fold in fit parameters (since 1.4; `_check_fit_params` before).
from sklearn.utils.validation import _check_method_params as cut_fit_params  # isort: skip

#: Type of the scorers that `make_scorer` returns (since 0.14). `LabelScorer` extends its private
#: ``_score`` and its constructor, because no public hook sees the estimator and its response.
SCORER_TYPE = type(make_scorer(accuracy_score))

#: Type of a scorer that calls an estimator's `score`. Model files of searches contain it.
PASSTHROUGH_SCORER = "sklearn.metrics._scorer._PassthroughScorer"

__all__ = [
    "PASSTHROUGH_SCORER",
    "SCORER_TYPE",
    "HasMethods",
    "Interval",
    "StrOptions",
    "cut_fit_params",
    "split_rows",
    "take_rows",
]
