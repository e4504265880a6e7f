"""Tests of the progress of long work."""

import pytest

from sklearn_hpa._common.progress import Step, tell_step, told_to, tracked


def test_a_listener_is_told_each_step_and_what_was_done_before():
    steps = []
    with told_to(steps.append):
        items = list(tracked("ab", "reading", 3, unit="image", found=1, shown=False))
    assert items == ["a", "b"]
    assert [step.done for step in steps] == [1, 2, 3]
    assert steps[-1] == Step("reading", "image", 3, 3, found=1)


def test_a_listener_is_told_nothing_after_the_block_even_if_it_fails():
    steps = []
    with pytest.raises(KeyboardInterrupt), told_to(steps.append):
        raise KeyboardInterrupt
    tell_step(Step("reading", "image", 1, 1))
    assert steps == []


def test_a_bar_is_shown_if_wanted(capsys):
    list(tracked("ab", "reading", 2, unit="image", shown=True))
    assert "reading" in capsys.readouterr().err
    list(tracked("ab", "reading", 2, unit="image", shown=False))
    assert capsys.readouterr().err == ""
