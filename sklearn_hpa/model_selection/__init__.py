"""Splits of multi-label data that keep the fraction of every label.

They replace :class:`~sklearn.model_selection.StratifiedKFold`,
:class:`~sklearn.model_selection.StratifiedGroupKFold`,
:class:`~sklearn.model_selection.StratifiedShuffleSplit` and
:func:`~sklearn.model_selection.train_test_split`, which stratify by one class per sample and refuse
or misread a target of several labels. ``y`` is a 0/1 matrix of shape (n_samples, n_labels), as a
DataFrame, an array, a SciPy sparse matrix or nested lists, or a 1-d binary or multiclass target.
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
