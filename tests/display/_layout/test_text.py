"""Text: how wide it is, where it is broken, and that it is drawn as written."""

import matplotlib.pyplot as plt

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
