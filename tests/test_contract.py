"""scikit-learn's own checks over every estimator, and the few that cannot hold, with the reason."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_hpa import MultiLabelMLPClassifier

MINI_BATCHES = "samples are drawn in mini-batches: a weight of two is not the sample seen twice"


def expected_failures(estimator):
    return {
        "check_sample_weight_equivalence_on_dense_data": MINI_BATCHES,
        "check_sample_weight_equivalence_on_sparse_data": MINI_BATCHES,
    }


@pytest.mark.filterwarnings("ignore:.*labels have no positive example:UserWarning")
@parametrize_with_checks(
    [MultiLabelMLPClassifier(max_epochs=40)], expected_failed_checks=expected_failures
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)
