"""Every private scikit-learn name that this library uses, with the reason; checked with 1.6 to 1.9.

Imported from here alone. Private methods that are overridden or called on scikit-learn's classes:

- ``BaseEstimator._validate_params`` and ``_parameter_constraints`` (since 1.2): parameters are
  checked with the messages that users of scikit-learn know.
- ``Pipeline._replace_estimator``, ``_validate_names`` and ``_validate_steps``: the steps of
  `HPAPipeline` are constructor arguments. ``_validate_steps`` checks them before images are read.
- ``_doc_link_module`` and ``_doc_link_template`` (since 1.3): links in HTML representations.
- ``__metadata_request__fit`` and ``__metadata_request__split`` (since 1.3): the documented way to
  declare metadata, in spite of its name.
"""

from __future__ import annotations

# Constraints of parameters (since 1.2): there is no public equivalent.
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

# Rows of whatever `fit` and `train_test_split` accept (since 0.22); the public `resample` draws.
from sklearn.utils import _safe_indexing as take_rows  # isort: skip

# Training and test part of X and y, precomputed kernels included (since 0.15).
from sklearn.utils.metaestimators import _safe_split as split_rows  # isort: skip

# Cuts fit parameters to the samples of a fold (since 1.4; `_check_fit_params` before).
from sklearn.utils.validation import _check_method_params as cut_fit_params  # isort: skip

#: Type of a scorer that calls an estimator's `score`: a search in a model file holds it.
PASSTHROUGH_SCORER = "sklearn.metrics._scorer._PassthroughScorer"

__all__ = [
    "PASSTHROUGH_SCORER",
    "HasMethods",
    "Interval",
    "StrOptions",
    "cut_fit_params",
    "split_rows",
    "take_rows",
]
