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

import sklearn_hpa
from sklearn_hpa import (
    HPAPipeline,
    MultiLabelCalibratedClassifier,
    MultiLabelMLPClassifier,
    MultiLabelThresholdClassifier,
)
from sklearn_hpa.cli import main
from sklearn_hpa.persistence import KNOWN_TYPES

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
    ThresholdClassifier: {
        **MULTI_LABEL_ONLY,
        "check_classifier_multioutput": "the thresholds are not 0.5",
    },
    CalibratedClassifier: MULTI_LABEL_ONLY,
}

CLASSIFIER = MultiLabelMLPClassifier(max_epochs=40, random_state=0)
LINEAR = MultiOutputClassifier(LogisticRegression())
#: Estimators of the table of public names that are not checked with their defaults.
CHECKED = {
    "HPAPipeline": HPAPipeline(images=StandardScaler(), classifier=CLASSIFIER),
    "MultiLabelCalibratedClassifier": CalibratedClassifier(LINEAR),
    "MultiLabelMLPClassifier": CLASSIFIER,
    "MultiLabelThresholdClassifier": ThresholdClassifier(LINEAR),
}
ESTIMATORS = [name for name in sklearn_hpa._PUBLIC if isinstance(getattr(sklearn_hpa, name), type)]
VECTORISERS = [name for name, public in sklearn_hpa._PUBLIC.items() if public.features]


def instance(name):
    return CHECKED[name] if name in CHECKED else getattr(sklearn_hpa, name)()


@pytest.mark.filterwarnings("ignore:.*labels have no positive example:UserWarning")
@pytest.mark.filterwarnings("ignore:.*keep the estimator's probabilities:UserWarning")
@parametrize_with_checks(
    [instance(name) for name in ESTIMATORS],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES.get(type(estimator), {}),
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", VECTORISERS)
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
def test_vectorisers_keep_the_parts_of_the_contract_that_need_no_table(name, check):
    check(name, instance(name))


@pytest.mark.parametrize("name", VECTORISERS)
def test_the_command_line_offers_every_vectoriser(name, capsys):
    with pytest.raises(SystemExit):
        main(["fit", "--help"])
    assert f"{sklearn_hpa._PUBLIC[name].features}" in capsys.readouterr().out.split("--features")[1]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_model_file_may_hold_every_estimator(name, tmp_path):
    assert f"sklearn_hpa.{name}" in KNOWN_TYPES
    estimator = instance(name)
    if type(estimator).__module__.startswith("sklearn_hpa"):
        again = sklearn_hpa.load(sklearn_hpa.save(estimator, tmp_path / "model.skops"))
        assert type(again) is type(estimator)
        assert repr(again) == repr(estimator)
