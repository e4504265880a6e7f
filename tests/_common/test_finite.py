"""Errors about values that are not finite name the column and the row, in every estimator."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier

from sklearn_hpa import (
    HPAPipeline,
    MultiLabelCalibratedClassifier,
    MultiLabelMLPClassifier,
    MultiLabelThresholdClassifier,
)
from sklearn_hpa._common.finite import ROWS_AT_ONCE, describe_non_finite, located

rng = np.random.default_rng(0)
N = 24
X = pd.DataFrame(
    rng.normal(size=(N, 3)),
    columns=["Area", "Texture_1", "Texture_2"],
    index=[f"cell{row}" for row in range(N)],
)
y = pd.DataFrame(np.tile([[1, 0], [0, 1], [1, 1], [0, 0]], (N // 4, 1)), index=X.index)


def mlp():
    return MultiLabelMLPClassifier((2,), max_epochs=1, random_state=0)


def spoiled(value=np.nan, row=17, column=1):
    table = X.copy()
    table.iloc[row, column] = value
    return table


USES = {
    "MultiLabelMLPClassifier.fit": lambda bad: mlp().fit(bad, y),
    "MultiLabelMLPClassifier.partial_fit": lambda bad: mlp().partial_fit(bad, y),
    "MultiLabelMLPClassifier.partial_fit again": lambda bad: mlp().fit(X, y).partial_fit(bad, y),
    "MultiLabelMLPClassifier.predict": lambda bad: mlp().fit(X, y).predict(bad),
    "MultiLabelMLPClassifier.predict_proba": lambda bad: mlp().fit(X, y).predict_proba(bad),
    "HPAPipeline.fit": lambda bad: HPAPipeline("passthrough", mlp()).fit(bad, y),
    "MultiLabelThresholdClassifier.fit": lambda bad: MultiLabelThresholdClassifier(mlp(), cv=2).fit(
        bad, y
    ),
    "MultiLabelThresholdClassifier.fit, given threshold": lambda bad: MultiLabelThresholdClassifier(
        mlp(), 0.5
    ).fit(bad, y),
    "MultiLabelThresholdClassifier.fit, another estimator": lambda bad: (
        MultiLabelThresholdClassifier(MultiOutputClassifier(LogisticRegression()), cv=2).fit(bad, y)
    ),
    "MultiLabelThresholdClassifier.fit, prefit": lambda bad: MultiLabelThresholdClassifier(
        mlp().fit(X, y), cv="prefit"
    ).fit(bad, y),
    "MultiLabelCalibratedClassifier.fit": lambda bad: MultiLabelCalibratedClassifier(
        mlp(), cv=2
    ).fit(bad, y),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_missing_value_is_named_by_column_and_row(use):
    message = (
        r"^Input X contains NaN\. 1 value is not finite: nan in column 'Texture_1', "
        r"row 17 \('cell17'\)\. Leave these rows or columns out, or replace the values, for "
        r"example with sklearn\.impute\.SimpleImputer in a pipeline$"
    )
    with pytest.raises(ValueError, match=message):
        use(spoiled())


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_the_rows_of_arrays_are_numbers_in_all_of_the_samples(use):
    with (
        warnings.catch_warnings(),
        pytest.raises(ValueError, match="NaN.* nan in column 1, row 17. Leave"),
    ):
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        use(spoiled().to_numpy())


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300])
def test_an_infinite_value_is_named_by_column_and_row(value):
    message = (
        r"Input X contains infinity or a value too large for dtype\('float32'\)\. 1 value is not "
        rf"finite: {value:g} in column 'Texture_1', row 17 .*replace the values$"
    ).replace("+", r"\+")
    with pytest.raises(ValueError, match=message):
        mlp().fit(spoiled(value), y)


def test_a_dozen_of_many_values_are_named_and_all_are_counted():
    table = X.copy()
    table.iloc[2:20, 1:] = np.nan
    message = (
        r"36 values are not finite, in 2 columns and 18 rows: nan in column 'Texture_1', row 2 .*"
        r"; nan in column 'Texture_2', row 7 \('cell7'\); and 24 more\. Leave"
    )
    with pytest.raises(ValueError, match=message):
        mlp().fit(table, y)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"a": [1, None], "b": [2, 3]}, dtype="Int64"),
        pd.DataFrame({"a": [1.0, None], "b": [True, False]}, dtype=object),
        pd.DataFrame({"a": ["1.5", np.nan], "b": [2, 3]}),
    ],
    ids=["nullable", "object", "text"],
)
def test_missing_values_of_every_kind_are_found(table):
    assert describe_non_finite(table) == "1 value is not finite: nan in column 'a', row 1"


def test_missing_values_of_polars_tables_are_found():
    polars = pytest.importorskip("polars")
    table = polars.DataFrame({"a": [1.0, None], "b": [2.0, 3.0]})
    assert describe_non_finite(table) == "1 value is not finite: nan in column 'a', row 1"


def test_values_after_the_first_block_of_rows_have_their_row():
    values = np.zeros((ROWS_AT_ONCE + 9, 2))
    values[-1, 1] = np.inf
    found = describe_non_finite(values)
    assert found.endswith(f"inf in column 1, row {ROWS_AT_ONCE + 8}")


@pytest.mark.parametrize(
    "values", [np.zeros(3), np.zeros((2, 2)), csr_array([[np.nan]]), np.float64(1)]
)
def test_nothing_is_said_where_nothing_is_found(values):
    assert describe_non_finite(values) == ""


@pytest.mark.parametrize(
    "text", ["X has 9 features", "Input X_valid contains NaN.", "contains NaN"]
)
def test_other_errors_are_passed_on(text):
    error = ValueError(text)
    with pytest.raises(ValueError) as raised, located(spoiled()):
        raise error
    assert raised.value is error


def test_an_error_whose_values_are_not_found_is_passed_on():
    error = ValueError("Input X contains NaN.\nAn estimator of its own")
    with pytest.raises(ValueError) as raised, located(X):
        raise error
    assert raised.value is error


def test_notes_of_the_error_are_kept():
    error = ValueError("Input X contains NaN.\nAn estimator does not accept it")
    error.add_note("about labels")
    with pytest.raises(ValueError, match="row 17") as raised, located(spoiled()):
        raise error
    assert raised.value.__notes__ == ["about labels"]
