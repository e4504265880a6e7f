"""scikit-learn's estimator checks on all estimators, and the expected failures with reasons."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import (
    check_estimator_cloneable,
    check_estimator_repr,
    check_get_params_invariance,
    check_no_attributes_set_in_init,
    check_parameters_default_constructible,
    check_set_params,
    parametrize_with_checks,
)

from sklearn_hpa import (
    HPAPipeline,
    ImageFlattener,
    MultiLabelCalibratedClassifier,
    MultiLabelMLPClassifier,
    MultiLabelThresholdClassifier,
    PatternFeatures,
)

FITS_ITS_STEPS = "a Pipeline fits the steps it was given, which are its parameters"
FILLS_ITS_STEPS = (
    "None stands for the default step, filled in at once: clone keeps what is set in it"
)
REFUSES_1D = "a target is a matrix with a column for each label; the check gives a 1-d one"
ONE_COLUMN = "one label has one column of predictions and of probabilities; the check expects two"
MULTI_LABEL_ONLY = {
    "check_classifiers_classes": REFUSES_1D,
    "check_classifiers_one_label": REFUSES_1D,
    "check_classifiers_one_label_sample_weights": REFUSES_1D,
    "check_classifier_not_supporting_multiclass": REFUSES_1D,
    "check_classifiers_train": ONE_COLUMN,
    "check_estimator_sparse_array": ONE_COLUMN,
    "check_estimator_sparse_matrix": ONE_COLUMN,
}


class OfTwoValues:
    """Convert a column of any two values, as the checks use, to 0 and 1."""

    def fit(self, X, y, groups=None, **params):
        column = np.asarray(y)
        if column.ndim == 2 and column.shape[1] == 1 and len(np.unique(column)) == 2:
            y = (column == column.max()).astype(int)
        return super().fit(X, y, groups=groups, **params)


class ThresholdClassifier(OfTwoValues, MultiLabelThresholdClassifier):
    pass


class CalibratedClassifier(OfTwoValues, MultiLabelCalibratedClassifier):
    pass


EXPECTED_FAILURES = {
    MultiLabelMLPClassifier: {
        "check_sample_weight_equivalence_on_dense_data": (
            "samples come in mini-batches: a weight of two is not the sample seen twice"
        ),
    },
    HPAPipeline: {
        "check_dont_overwrite_parameters": FITS_ITS_STEPS,
        "check_estimators_overwrite_params": FITS_ITS_STEPS,
        "check_parameters_default_constructible": FILLS_ITS_STEPS,
        "check_set_params": FILLS_ITS_STEPS,
    },
    ImageFlattener: {},
    PatternFeatures: {},
    ThresholdClassifier: {
        **MULTI_LABEL_ONLY,
        "check_classifier_multioutput": "the thresholds are not 0.5",
    },
    CalibratedClassifier: MULTI_LABEL_ONLY,
}

CLASSIFIER = MultiLabelMLPClassifier(max_epochs=40, random_state=0)
LINEAR = MultiOutputClassifier(LogisticRegression())


@pytest.mark.filterwarnings("ignore:.*labels have no positive example:UserWarning")
@pytest.mark.filterwarnings("ignore:.*keep the estimator's probabilities:UserWarning")
@parametrize_with_checks(
    [
        CLASSIFIER,
        ImageFlattener(),
        PatternFeatures(),
        HPAPipeline(images=StandardScaler(), classifier=CLASSIFIER),
        ThresholdClassifier(LINEAR),
        CalibratedClassifier(LINEAR),
    ],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES[type(estimator)],
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", [ImageFlattener(), PatternFeatures()], ids=repr)
@pytest.mark.parametrize(
    "check",
    [
        check_estimator_cloneable,
        check_estimator_repr,
        check_get_params_invariance,
        check_no_attributes_set_in_init,
        check_parameters_default_constructible,
        check_set_params,
    ],
)
def test_what_takes_images_keeps_the_contract_as_far_as_no_table_is_fed(estimator, check):
    check(type(estimator).__name__, estimator)
