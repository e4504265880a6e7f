"""Tests of lists of names and of text of files in messages."""

import pytest

from sklearn_hpa._common.messages import first_dozen, shortened


@pytest.mark.parametrize("n_names", [0, 1, 12])
def test_up_to_a_dozen_names_are_all_shown(n_names):
    names = [f"label {k}" for k in range(n_names)]
    assert first_dozen(names) == ", ".join(names)


def test_the_names_after_a_dozen_are_counted():
    shown = first_dozen(range(100), separator="\n").split("\n")
    assert shown == [*map(str, range(12)), "and 88 more"]


def test_names_may_come_from_a_generator():
    assert first_dozen(k for k in (1, 2)) == "1, 2"


def test_control_characters_are_escaped():
    assert shortened("Nucleoli\x1b[31m") == r"Nucleoli\x1b[31m"


def test_long_text_is_cut():
    assert shortened("x" * 301) == "x" * 300 + "…"
    assert shortened("x" * 300) == "x" * 300
