"""Named columns are found in tables of every kind, and nowhere else."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklearn_hpa._common.tables import (
    as_frame,
    column_names,
    is_table,
    refuse_lazy_tables,
    row_ids,
    sample_ids,
    text_column_names,
)

polars = pytest.importorskip("polars")
COLUMNS = {"red": ["a_red.png", "b_red.png"], "green": ["a_green.png", "b_green.png"]}


@pytest.mark.parametrize("table", [pd.DataFrame, polars.DataFrame])
def test_a_table_of_either_kind_has_its_names(table):
    values = table(COLUMNS)
    assert is_table(values)
    assert column_names(values) == text_column_names(values) == ["red", "green"]
    pd.testing.assert_frame_equal(
        as_frame(values).astype(object), pd.DataFrame(COLUMNS, dtype=object)
    )


@pytest.mark.parametrize(
    "values",
    [np.eye(2), [[1, 0]], pd.Series([1]), polars.Series([1]), np.zeros(2, [("a", int)]), None],
    ids=lambda values: type(values).__name__,
)
def test_everything_else_has_no_named_columns(values):
    assert not is_table(values)
    assert column_names(values) is None


def test_columns_named_by_numbers_are_no_text():
    assert column_names(pd.DataFrame(np.eye(2))) == [0, 1]
    assert text_column_names(pd.DataFrame(np.eye(2))) is None


def test_rows_have_ids_in_pandas_only():
    assert row_ids(pd.Series([1, 2], index=["x", "y"])).tolist() == ["x", "y"]
    assert row_ids(polars.DataFrame(COLUMNS)) is None
    assert row_ids([1, 2]) is None


@pytest.mark.parametrize(
    ("X", "expected", "name"),
    [
        (pd.DataFrame(COLUMNS, index=pd.Index(["a", "b"], name="Id")), ["a", "b"], "Id"),
        (pd.DataFrame(COLUMNS), [0, 1], None),
        (pd.DataFrame(COLUMNS | {"Id": ["a", "b"]}), ["a", "b"], "Id"),
        (polars.DataFrame(COLUMNS | {"Id": ["a", "b"]}), ["a", "b"], "Id"),
        (polars.DataFrame(COLUMNS), [0, 1], None),
        (polars.Series(COLUMNS["red"]), COLUMNS["red"], "path"),
        (pd.Series(COLUMNS["red"], index=["a", "b"]), ["a", "b"], None),
        (pd.Series(COLUMNS["red"]), COLUMNS["red"], "path"),
        (COLUMNS["red"], COLUMNS["red"], "path"),
        ([Path("a.tif")], ["a.tif"], "path"),
        (np.array(COLUMNS["red"]), COLUMNS["red"], "path"),
        (np.zeros((2, 4, 4, 3)), [0, 1], None),
        ([np.zeros((4, 4, 3)), np.zeros((5, 5, 3))], [0, 1], None),
        (np.array([["a", "b"], ["c", "d"]]), [0, 1], None),
    ],
)
def test_ids_of_samples_are_their_index_their_id_column_or_their_paths(X, expected, name):
    ids = sample_ids(X)
    assert ids.tolist() == expected and ids.name == name


def test_a_lazy_table_is_refused_by_name():
    refuse_lazy_tables(X=polars.DataFrame(COLUMNS), y=None, groups=[1])
    with pytest.raises(TypeError, match=r"y is a lazy table of polars; pass y.collect\(\)"):
        refuse_lazy_tables(X=pd.DataFrame(COLUMNS), y=polars.DataFrame(COLUMNS).lazy())
