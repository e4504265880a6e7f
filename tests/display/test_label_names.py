"""Tests of label names: from columns, given, or numbers; errors."""

import pandas as pd
import pytest
from scipy import sparse

from .pictures import both, names_on


@both
@pytest.mark.parametrize(
    "form", [pd.DataFrame.to_numpy, lambda y: sparse.csr_array(y), lambda y: y.to_numpy().tolist()]
)
def test_labels_without_names_are_numbered(display, form, small_y):
    drawn = display.from_labels(form(small_y))
    assert sorted(names_on(drawn.ax_.yaxis)) == ["0", "1", "2"]


@both
def test_names_can_be_given(display, small_y):
    drawn = display.from_labels(small_y.to_numpy(), label_names=["x", "y", "z"])
    assert sorted(names_on(drawn.ax_.yaxis)) == ["x", "y", "z"]


@both
@pytest.mark.parametrize("names, said", [(["x", "y"], 2), ("xyz", 1)])
def test_names_of_another_number_are_refused(display, small_y, names, said):
    with pytest.raises(ValueError, match=f"label_names has {said} names; expected one for each of"):
        display.from_labels(small_y, label_names=names)


@both
def test_a_label_named_twice_is_refused(display, small_y):
    small_y.columns = ["a", "b", "a"]
    with pytest.raises(ValueError, match="a label is named twice: a; rename"):
        display.from_labels(small_y)


@both
def test_a_value_that_is_neither_0_nor_1_is_named_with_its_position(display, small_y):
    small_y.loc[2, "Cytosol"] = 2
    with pytest.raises(ValueError, match="y is 2 at label 'Cytosol', row 2"):
        display.from_labels(small_y)
