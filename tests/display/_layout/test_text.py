"""Tests of text width and line wrapping."""

import matplotlib.pyplot as plt
import pytest

from sklearn_hpa.display._layout.text import fill, points, text_height, text_width, wrap
from tests.display.pictures import both, names_on


@both
def test_a_dollar_sign_or_backslash_in_a_name_is_drawn_as_written(display, small_y):
    names = ["one $ only", r"$\frac{$", "50 %"]
    drawn = display.from_labels(small_y.assign(never=0), label_names=[*names, r"$\never{$"])
    drawn.figure_.canvas.draw()
    assert set(names) < set(names_on(drawn.ax_.yaxis))
    assert not any(label.get_parse_math() for label in drawn.ax_.get_yticklabels())


@both
def test_a_line_break_in_a_name_is_a_space(display, small_y):
    drawn = display.from_labels(small_y, label_names=["new\nline", "b", "c"])
    assert "new line" in names_on(drawn.ax_.yaxis)


def test_a_cut_label_is_found(texts_that_are_cut):
    figure, ax = plt.subplots(figsize=(3, 3))
    ax.set_yticks([0.5], ["Microtubule organizing center"])
    assert texts_that_are_cut(figure) == ["Microtubule organizing center"]


def test_ticks_that_are_not_drawn_are_not_cut(texts_that_are_cut):
    figure, (shown, off) = plt.subplots(1, 2, layout="constrained")
    shown.set_xticks([-5, 0, 1, 5], ["far left", "0", "1", "far right"])
    shown.set_xlim(0, 1)
    off.set_xticks([0], ["far"])
    off.set_xlim(5, 6)
    off.set_axis_off()
    off.set_xlabel("x" * 500)
    assert texts_that_are_cut(figure) == []


def test_the_width_of_text_grows_with_its_letters_and_its_size():
    assert 0 < text_width("Cytosol", 8) < text_width("Cytosol and Nucleoli", 8)
    assert text_width("Cytosol", 16) == pytest.approx(2 * text_width("Cytosol", 8), rel=0.05)


def test_the_height_of_text_is_that_of_its_lines():
    assert text_height("", 10) == 0
    assert text_height("a\nb\nc", 10) == 3 * text_height("a", 10)
    assert points("medium") == points(10)


@pytest.mark.parametrize("width", [20, 60, 150])
def test_lines_are_no_wider_than_the_room_and_lose_no_word(width):
    words = "Nucleoli fibrillar center, Microtubule organizing center and Cytosol".split()
    lines = fill(words, width, 9).split("\n")
    assert all(text_width(line, 9) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(words)


def test_text_that_fits_is_left_as_it_is():
    assert wrap("two words\nin lines", 500, 9) == "two words\nin lines"


def test_lines_are_broken_at_wide_gaps_where_they_have_them():
    line = "one two   three four"
    assert wrap(line, text_width("one two   th", 9), 9) == "one two\nthree four"


def test_words_that_are_too_wide_are_broken_after_a_hyphen():
    assert fill(["micro-tubules"], text_width("micro-tub", 9), 9) == "micro-\ntubules"
