"""Test the label names of fitted classifiers, and 0/1 rows as tuples of names."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.dummy import DummyClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import LinearSVC

from sklearn_hpa._labels.named import known_names, named_sets

NAMES = np.array(["Nucleoplasm", "Cytosol", "Vesicles"])
MATRIX = np.array([[1, 1, 0], [0, 0, 0], [0, 0, 1]])
TUPLES = [("Nucleoplasm", "Cytosol"), (), ("Vesicles",)]


@pytest.mark.parametrize(
    "y",
    [
        MATRIX,
        MATRIX.astype(bool),
        MATRIX.tolist(),
        sparse.csr_array(MATRIX),
        pd.DataFrame(MATRIX),
        pd.DataFrame(MATRIX, columns=NAMES) > 0,
    ],
    ids=["array", "bool", "lists", "sparse", "numbered frame", "bool frame"],
)
def test_every_form_of_a_matrix_becomes_tuples_of_names(y):
    assert named_sets(y, NAMES).tolist() == TUPLES


def test_a_polars_table_becomes_tuples_of_names():
    polars = pytest.importorskip("polars")
    table = polars.DataFrame(dict(zip(NAMES.tolist(), MATRIX.T, strict=True)))
    assert named_sets(table, NAMES).tolist() == TUPLES


def test_the_ids_of_a_frame_are_kept():
    named = named_sets(pd.DataFrame(MATRIX, index=pd.Index(list("abc"), name="Id")), NAMES)
    assert named.name == "labels" and named.index.name == "Id"
    assert named["c"] == ("Vesicles",)


def test_one_label_may_be_1d():
    assert named_sets([1, 0], NAMES[:1]).tolist() == [("Nucleoplasm",), ()]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (MATRIX[:, :2], "y has 2 columns, expected one for each of the 3 labels of fit: Nucleopl"),
        (MATRIX[0], "y is 1-d, expected a 0/1 matrix .*y\\[np.newaxis\\]"),
        (["a", "b"], "y is 1-d, .* names already"),
        (MATRIX / 2, "y is 0.5 at label 0, row 0"),
        (pd.DataFrame(MATRIX, columns=NAMES[[1, 0, 2]]), "label 0 is 'Cytosol', expected 'Nucl"),
        (pd.DataFrame(MATRIX[:, :2], columns=NAMES[:2]), "y has 2 labels, but fit had 3"),
    ],
)
def test_another_matrix_is_refused(y, message):
    with pytest.raises(ValueError, match=message):
        named_sets(y, NAMES)


def test_the_columns_of_the_table_name_the_labels_of_a_classifier_without_names():
    classifier = DummyClassifier().fit(MATRIX, MATRIX)
    assert known_names(classifier, NAMES.tolist()).tolist() == NAMES.tolist()
    assert known_names(classifier, None).tolist() == ["0", "1", "2"]


def test_the_own_names_of_a_classifier_come_first():
    classifier = DummyClassifier()
    classifier.label_names_ = NAMES
    assert known_names(classifier, ["a", "b", "c"]).tolist() == NAMES.tolist()


def test_classes_of_a_1d_target_are_its_names():
    assert known_names(DummyClassifier().fit([[0], [1]], ["b", "a"]), None).tolist() == ["a", "b"]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_classes_numbered_by_scikit_learn_are_columns():
    classifier = MLPClassifier((2,), max_iter=1).fit(MATRIX, MATRIX)
    assert known_names(classifier, None).tolist() == ["0", "1", "2"]


def test_nothing_is_guessed_without_names_and_classes():
    with pytest.raises(AttributeError, match="LinearSVC has neither label_names_ nor classes_"):
        known_names(LinearSVC(), None)
