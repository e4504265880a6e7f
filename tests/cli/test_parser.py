"""Tests of suggestions for misspelt options and values."""

import pytest

from .running import run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fitt", "cells"], "sklearn-hpa: argument COMMAND: invalid choice: 'fitt'"),
        (["fitt", "cells"], "did you mean 'fit'?"),
        (["fit", "a", "--output", "m", "--tst-size", "0.2"], "sklearn-hpa fit: unknown arguments"),
        (["fit", "a", "--output", "m", "--tst-size", "0.2"], "did you mean '--test-size'?"),
        (["fit", "a", "--output", "m", "--tst-size=0.2"], "did you mean '--test-size'?"),
        (["fit", "a", "--outptu", "m"], "there is no --outptu; did you mean '--output'?"),
        (["predict", "m", "a", "--output", "p", "--submision"], "did you mean '--submission'?"),
        (["fit", "a", "--output", "m", "--features", "pattern"], "did you mean 'patterns'?"),
        (["fit", "a", "--output", "m", "--metrics", "f1_macr"], "did you mean 'f1_macro'?"),
        (["fit", "a", "--output", "m", "--thresholds", "prevalance"], "did you mean 'prevalence'?"),
        (["fit", "a", "--output", "m", "--on-error", "warm"], "did you mean 'warn'?"),
    ],
)
def test_a_misspelt_option_or_value_gets_the_near_one(arguments, message, capsys):
    code, out, err = run(*arguments, capsys=capsys)
    assert (code, out) == (2, "")
    assert message in err and err.count("\n") == 1 and "--help" in err


def test_nothing_is_suggested_for_a_word_that_is_like_none(capsys):
    _, _, err = run("fit", "a", "--output", "m", "--zzz", capsys=capsys)
    assert "unknown argument: --zzz (see" in err


def test_an_abbreviation_is_no_unknown_option(capsys):
    _, _, err = run("fit", "a", "--outp", "m", "--cv", "1", capsys=capsys)
    assert "there is no" not in err and "--cv: expected a number of folds" in err
