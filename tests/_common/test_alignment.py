"""Tests of the checks that rows and labels have the same order."""

import pandas as pd
import pytest

from sklearn_hpa.metrics import exact_match_accuracy_score
from tests.metrics.measures import OTHER, TRUTH, every_function


@every_function
def test_labels_named_in_another_order_are_refused(score):
    truth = pd.DataFrame(TRUTH, columns=["a", "b", "c"])
    other = pd.DataFrame(OTHER, columns=["a", "c", "b"])
    with pytest.raises(ValueError, match="labels differently: 'c' instead of 'b'"):
        score(truth, other)


@every_function
def test_rows_named_in_another_order_are_refused(score):
    truth = pd.DataFrame(TRUTH, index=list("abcd"))
    with pytest.raises(ValueError, match="rows differently: 'd' instead of 'a'"):
        score(truth, pd.DataFrame(OTHER, index=list("dbca")))


@pytest.mark.parametrize("kinds", ["pp", "pP", "Pp", "PP"])
def test_reordered_columns_are_refused_in_tables_of_either_kind(kinds):
    polars = pytest.importorskip("polars")
    make = {"p": pd.DataFrame, "P": polars.DataFrame}
    y_true = make[kinds[0]]({"Nucleoli": [1, 0], "Cytosol": [0, 1]})
    y_pred = make[kinds[1]]({"Cytosol": [0, 1], "Nucleoli": [1, 0]})
    with pytest.raises(ValueError, match="labels differently: 'Cytosol' instead of 'Nucleoli'"):
        exact_match_accuracy_score(y_true, y_pred)
