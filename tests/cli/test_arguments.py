"""Tests of command line arguments: each wrong usage gives a one-line message."""

import pytest

from sklearn_hpa.cli._arguments import separator

from .running import run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["train"], "invalid choice: 'train'"),
        (["fit", "cells"], "the following arguments are required: --output"),
        (["fit", "cells", "--output", "m", "--size", "0"], "expected a positive whole number"),
        (
            ["fit", "cells", "--output", "m", "--lr", "fast"],
            "expected a positive number, got 'fast'",
        ),
        (["fit", "cells", "--output", "m", "--lr", "nan"], "expected a positive number"),
        (["fit", "cells", "--output", "m", "--seed", "-1"], "expected a whole number from 0"),
        (["fit", "cells", "--output", "m", "--jobs", "0"], "expected a positive whole number"),
        (["fit", "cells", "--output", "m", "--channels", "RED"], "expected some of red,green,"),
        (["demo", "--images", "23"], "expected at least 24"),
        (["predict", "m.skops", "cells", "--output", "m.skops"], "m.skops is read, or named twice"),
        (
            ["predict", "m", "cells", "--output", "p.csv", "--probabilities", "./p.csv"],
            "p.csv is read, or named twice",
        ),
        (["fit", "cells", "--output", "m", "--set", "lr"], "expected STEP__PARAM=VALUE, got 'lr'"),
        (
            ["fit", "cells", "--output", "m", "--set", "images__siz=3"],
            "no parameter images__siz; did you mean 'images__size'?",
        ),
    ],
)
def test_a_wrong_use_is_one_line_and_exit_code_2(arguments, message, capsys):
    code, out, err = run(*arguments, capsys=capsys)
    assert (code, out) == (2, "")
    assert message in err and err.count("\n") == 1 and "--help" in err


@pytest.mark.parametrize("text, read", [(r"\n", "\n"), (r"\t", "\t"), (" and ", " and ")])
def test_a_separator_can_be_written_with_escapes(text, read):
    assert separator(text) == read
