"""Tests of the checks that rows and labels have the same order."""

import pandas as pd
import pytest

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
