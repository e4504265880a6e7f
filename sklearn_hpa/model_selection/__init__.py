"""Splits that keep the share of every label: scikit-learn's own balance one class at a time.

They take the place of :class:`~sklearn.model_selection.StratifiedKFold`,
:class:`~sklearn.model_selection.StratifiedGroupKFold`,
:class:`~sklearn.model_selection.StratifiedShuffleSplit` and
:func:`~sklearn.model_selection.train_test_split`, which refuse or misread a target of several
labels. ``y`` is a 0/1 matrix of shape (n_samples, n_labels), as a DataFrame, an array, a SciPy
sparse matrix or nested lists; or a 1-d binary or multiclass target.
"""

from ._sides import draw_split
from ._splitters import (
    MultiLabelStratifiedGroupKFold,
    MultiLabelStratifiedKFold,
    MultiLabelStratifiedShuffleSplit,
)
from ._train_test_split import multilabel_train_test_split
from ._units import check_groups, count_units

__all__ = [
    "MultiLabelStratifiedGroupKFold",
    "MultiLabelStratifiedKFold",
    "MultiLabelStratifiedShuffleSplit",
    "multilabel_train_test_split",
]
