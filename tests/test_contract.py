"""scikit-learn's own checks over every estimator, and the few that cannot hold, with the reason."""

import pytest
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_hpa import HPAPipeline, ImageFlattener, MultiLabelMLPClassifier

FITS_ITS_STEPS = "a Pipeline fits the steps it was given, which are its parameters"
FILLS_ITS_STEPS = (
    "None stands for the default step, filled in at once: clone keeps what is set in it"
)
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
}

CLASSIFIER = MultiLabelMLPClassifier(max_epochs=40, random_state=0)


@pytest.mark.filterwarnings("ignore:.*labels have no positive example:UserWarning")
@parametrize_with_checks(
    [CLASSIFIER, ImageFlattener(), HPAPipeline(images=StandardScaler(), classifier=CLASSIFIER)],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES[type(estimator)],
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)
