"""Tests of targets (0/1 matrices and 1-d classes) and of probabilities from logits."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.exceptions import DataConversionWarning

from sklearn_hpa._labels.responses import check_threshold, logits_to_probabilities
from sklearn_hpa._labels.target import check_same_labels, encode_target, warn_of_absent_labels
from tests.neural_network.networks import small


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed, but the target y is None"),
        ([[0, 1], [1, 2]], "y is 2 at label 1, row 1; expected a 0/1 matrix"),
        ([[0, 1], [1, np.nan]], "y is missing .nan. at label 1, row 1;"),
        (np.zeros((0, 3)), r"y is empty: its shape is \(0, 3\)"),
        (np.zeros((2, 0)), "y is empty|0 feature"),
        ([0.5, 1.5], "Unknown label type: continuous"),
        ([["0", "1"], ["1", "0"]], r"y holds a list of labels in each row, such as \['0', '1'\]"),
        ("Nucleoli", "y must be a 0/1 matrix or 1-d, got 'Nucleoli'"),
        (3, "y must be a 0/1 matrix or 1-d, got 3"),
    ],
)
def test_a_wrong_target_is_refused(y, message):
    with pytest.raises(ValueError, match=message):
        small().fit([[0.0], [1.0]], y)


@pytest.mark.parametrize("form", [np.asarray, csr_matrix, list, pd.DataFrame])
def test_matrices_of_every_form_are_read_alike(form):
    matrix = [[0, 1], [1, 1], [0, 0]]
    target = encode_target(form(matrix))
    assert target.multilabel and target.values.dtype == np.float32
    assert target.values.tolist() == matrix
    assert target.classes.tolist() == [[0, 1], [0, 1]]
    assert target.label_names.tolist() == ["0", "1"]


def test_classes_are_numbered_in_their_order():
    target = encode_target(["vesicles", "cytosol", "vesicles"], ["vesicles", "nucleus", "cytosol"])
    assert not target.multilabel
    assert target.classes.tolist() == ["cytosol", "nucleus", "vesicles"]
    assert target.values.tolist() == [2, 0, 2]


def test_a_class_that_is_not_among_the_given_ones_is_named():
    with pytest.raises(ValueError, match=r"y holds classes \['actin'\], which are not in"):
        encode_target(["actin", "cytosol"], ["cytosol", "nucleus"])


def test_probabilities_are_the_sigmoid_of_each_logit_strictly_inside_0_and_1():
    logits = np.array([[0.0, -1.5], [1e4, -1e4]])
    proba = logits_to_probabilities(logits, multilabel=True)
    np.testing.assert_allclose(proba[0], [0.5, 1 / (1 + np.exp(1.5))])
    assert 0 < proba[1, 1] < 1e-9 and 1 - 1e-9 < proba[1, 0] < 1


def test_probabilities_of_classes_add_up_to_one():
    logits = np.array([[1.0, 2.0, 3.0]])
    proba = logits_to_probabilities(logits, multilabel=False)
    np.testing.assert_allclose(proba, np.exp(logits) / np.exp(logits).sum())


@pytest.mark.parametrize("threshold", [-0.1, 1.1, [0.5, np.nan], [0.1, 0.2, 0.3]])
def test_thresholds_outside_0_and_1_or_of_other_labels_are_refused(threshold):
    with pytest.raises(ValueError, match="threshold must"):
        check_threshold(threshold, 2)


def test_labels_in_another_order_are_refused():
    y = pd.DataFrame([[0, 1]], columns=["Cytosol", "Nucleoli"])
    target, other = encode_target(y), encode_target(y[["Nucleoli", "Cytosol"]])
    check_same_labels(target, target.classes, target.label_names)
    with pytest.raises(ValueError, match="columns of the earlier fit, in their order"):
        check_same_labels(other, target.classes, target.label_names)


def test_labels_without_a_positive_among_the_training_rows_are_named():
    y = pd.DataFrame([[0, 1], [1, 0], [0, 1]], columns=["Cytosol", "Nucleoli"])
    with pytest.warns(UserWarning, match="1 of 2 labels .* the 2 training samples .*: Cytosol"):
        warn_of_absent_labels(encode_target(y), np.array([0, 2]))


def test_a_polars_table_keeps_its_label_names():
    polars = pytest.importorskip("polars")
    target = encode_target(polars.DataFrame({"Nucleoli": [1, 0], "Cytosol": [True, True]}))
    assert target.label_names.tolist() == ["Nucleoli", "Cytosol"]
    assert target.values.tolist() == [[1, 1], [0, 1]]


def test_one_column_of_any_table_is_one_label():
    polars = pytest.importorskip("polars")
    for table in (polars.DataFrame, pd.DataFrame):
        target = encode_target(table({"Nucleoli": [1, 0]}))
        assert target.multilabel and target.label_names.tolist() == ["Nucleoli"]
    assert not encode_target(polars.Series("Nucleoli", [1, 0])).multilabel


def test_a_missing_value_of_a_polars_table_is_named():
    polars = pytest.importorskip("polars")
    with pytest.raises(ValueError, match=r"y is missing \(nan\) at label 'Cytosol', row 1;"):
        encode_target(polars.DataFrame({"Nucleoli": [1, 0], "Cytosol": [1, None]}))


@pytest.mark.parametrize("y", [np.array([[1], [0]]), [[1], [0]]])
def test_one_column_of_an_array_is_a_label_only_if_asked_for(y):
    assert encode_target(y, one_column="label").multilabel
    with pytest.warns(DataConversionWarning):
        assert not encode_target(y).multilabel
