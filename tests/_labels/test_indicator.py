"""Tests of reading 0/1 matrices: accepted forms and error messages."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sklearn_hpa._labels.indicator import read_indicator
from sklearn_hpa._labels.target import encode_target
from sklearn_hpa.metrics import exact_match_accuracy_score, label_accuracy_score
from tests.metrics.measures import FORMS, OTHER, TRUTH, every_function

# ---- accepted forms ---------------------------------------------------------------------------


@every_function
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_form_of_the_matrices_changes_nothing(score, form):
    expected = score(TRUTH, OTHER)
    assert score(form(TRUTH), OTHER) == expected
    assert score(TRUTH, form(OTHER)) == expected
    assert score(form(TRUTH), form(OTHER)) == expected


@every_function
def test_one_label_may_be_a_column_or_a_1d_array(score):
    truth, other = TRUTH[:, 0], OTHER[:, 0]
    expected = score(truth[:, np.newaxis], other[:, np.newaxis])
    assert score(truth, other) == expected
    assert score(truth[:, np.newaxis], other) == expected
    assert score(pd.DataFrame({"Nucleoli": truth}), other) == expected
    assert score(pd.Series(truth), pd.Series(other)) == expected
    assert score(sparse.csr_array(truth[:, np.newaxis]), other) == expected


# ---- errors -----------------------------------------------------------------------------------


@every_function
def test_a_value_other_than_0_and_1_is_named_with_its_label_and_row(score):
    truth = pd.DataFrame({"Nucleoli": [1, 0], "Cytosol": [0, 2]}, index=["id-a", "id-b"])
    message = "y_true is 2 at label 'Cytosol', row 1 ('id-b'); expected a 0/1 matrix"
    with pytest.raises(ValueError, match=re.escape(message)):
        score(truth, [[1, 0], [0, 0]])


@every_function
def test_a_missing_target_is_named_with_its_label_and_row(score):
    truth = pd.DataFrame({"Nucleoli": [1, 0], "Cytosol": [0, None]}, index=["id-a", "id-b"])
    with pytest.raises(
        ValueError, match=r"y_true is missing .nan. at label 'Cytosol', row 1 .'id-b'."
    ):
        score(truth, [[1, 0], [0, 0]])


@pytest.mark.parametrize("read", [lambda y: encode_target(y), lambda y: read_indicator(y, "y")])
def test_a_label_that_is_named_twice_is_refused(read):
    y = pd.DataFrame(np.eye(3, dtype=int), columns=["Nucleoli", "Cytosol", "Nucleoli"])
    with pytest.raises(ValueError, match="y: a label is named twice: Nucleoli; rename one"):
        read(y)


def test_further_bad_cells_are_counted():
    with pytest.raises(ValueError, match=r"y_pred is 3 at label 1, row 0 \(and 2 more cells\)"):
        exact_match_accuracy_score([[1, 0], [0, 1]], [[1, 3], [-1, 7]])


@every_function
def test_a_multiclass_target_is_refused_with_what_was_expected(score):
    message = (
        r"y_true is 1-d with 3 distinct values \(0, 1, 2\), like a multiclass target; "
        r"expected a 0/1 matrix of shape \(n_samples, n_labels\)"
    )
    with pytest.raises(ValueError, match=message):
        score([0, 1, 2], [0, 1, 0])


def test_the_values_of_a_long_multiclass_target_are_cut_at_ten():
    with pytest.raises(ValueError, match=r"12 distinct values \(0, 1, .* 9…\)"):
        label_accuracy_score(np.arange(12), np.arange(12))


@every_function
@pytest.mark.parametrize("target", [["0 16", "2"], [[0, 16], [2]], np.array([["0", "1"]])], ids=str)
def test_targets_that_are_not_numbers_are_refused_with_what_was_expected(score, target):
    with pytest.raises(ValueError, match="y_true .*expected a 0/1 matrix of shape"):
        score(target, [[1, 0], [0, 1]])


@every_function
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 2, 2), ()], ids=str)
def test_an_empty_target_or_one_of_other_than_two_dimensions_is_refused(score, shape):
    with pytest.raises(ValueError, match=re.escape(f"y_true has shape {shape}")):
        score(np.zeros(shape), np.zeros(shape))


@every_function
def test_shapes_that_differ_are_named(score):
    message = "has 3 samples and 4 labels, y_true has 3 samples and 5 labels"
    with pytest.raises(ValueError, match=message):
        score(np.ones((3, 5)), np.ones((3, 4)))


@every_function
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], r"sample_weight has shape \(1,\); expected \(2,\)"),
        ([1.0, -1.0], "values from -1 to 1; expected finite, non-negative"),
        ([0.0, 0.0], "at least one of them positive"),
        ([np.nan, 1.0], "expected finite"),
    ],
)
def test_useless_weights_are_refused(score, weights, message):
    with pytest.raises(ValueError, match=message):
        score([[1, 0], [0, 1]], [[1, 0], [0, 1]], sample_weight=weights)


def test_numbers_in_an_object_array_are_numbers_and_strings_are_not():
    y = np.array([[1, 0], [0, 1]], dtype=object)
    assert label_accuracy_score(y, y) == 1
    with pytest.raises(ValueError, match="y_true is '1' at label 0, row 0 .and 3 more cells."):
        label_accuracy_score(y.astype(str).astype(object), y)
