"""Tests of the layout of label names next to the rows of a figure."""

import matplotlib.pyplot as plt
import pytest

from sklearn_hpa.datasets import HPA_LABELS
from sklearn_hpa.display import LabelCorrelationDisplay
from sklearn_hpa.display._layout.label_rows import axes_for_bars, lay_out_names
from tests.display.pictures import both, names_on


@both
def test_no_text_is_cut_at_28_labels(display, random_y, texts_that_are_cut):
    random_y = random_y.assign(**{"Rods & rings": 0, "Microtubule ends": 0})
    assert texts_that_are_cut(display.from_labels(random_y).figure_) == []


@both
def test_the_28_names_do_not_overlap(display, random_y):
    drawn = display.from_labels(random_y)
    drawn.figure_.canvas.draw()
    for axis in (drawn.ax_.yaxis, drawn.ax_.xaxis)[: 1 + (display is LabelCorrelationDisplay)]:
        boxes = [label.get_window_extent() for label in axis.get_ticklabels()]
        assert len(boxes) == 28
        assert not any(a.overlaps(b) for a, b in zip(boxes[:-1], boxes[1:], strict=True))


@both
def test_the_28_names_fit_into_small_axes(display, random_y, texts_that_are_cut):
    figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    drawn = display.from_labels(random_y, ax=axes[0])
    assert texts_that_are_cut(figure) == []
    boxes = [label.get_window_extent() for label in drawn.ax_.get_yticklabels()]
    assert not any(a.overlaps(b) for a, b in zip(boxes[:-1], boxes[1:], strict=True))


@pytest.mark.slow
@both
@pytest.mark.parametrize("font_size", [10, 20])
@pytest.mark.parametrize("dpi", [70, 100])
def test_no_text_is_cut_with_long_names_at_any_size_of_font(
    display, random_y, texts_that_are_cut, font_size, dpi
):
    random_y.columns = [f"{name} and a rather long addition to its name" for name in HPA_LABELS]
    random_y.iloc[:, 5:9] = 0
    with plt.rc_context({"font.size": font_size, "figure.dpi": dpi}):
        assert texts_that_are_cut(display.from_labels(random_y).figure_) == []
        assert texts_that_are_cut(display.from_labels(random_y.iloc[:, :2]).figure_) == []


@both
def test_a_name_of_150_letters_is_broken_and_leaves_room_to_the_picture(
    display, small_y, texts_that_are_cut
):
    small_y.columns = ["x" * 150, "Cytosol", "Mitochondria"]
    drawn = display.from_labels(small_y)
    assert texts_that_are_cut(drawn.figure_) == []
    assert max(names_on(drawn.ax_.yaxis), key=len).replace("\n", "") == "x" * 150
    assert drawn.ax_.get_window_extent().width > 300
    boxes = [label.get_window_extent() for label in drawn.ax_.get_yticklabels()]
    assert not any(a.overlaps(b) for a, b in zip(boxes[:-1], boxes[1:], strict=True))


def test_names_have_the_greatest_size_where_there_is_room():
    free, roomy = (lay_out_names(["Cytosol", "Nucleoli"], room) for room in (None, (900, 900)))
    assert free == roomy


@pytest.mark.parametrize("height", [120, 200, 400])
def test_names_shrink_until_their_rows_fit(height):
    names = [f"label number {k}" for k in range(12)]
    laid_out = lay_out_names(names, (300, height))
    assert laid_out.row_height * 12 <= height
    assert laid_out.size <= lay_out_names(names, (300, 2 * height)).size


def test_suffixes_stay_in_one_line_with_the_last_word():
    (text,) = lay_out_names(["Microtubule organizing center"], (160, 200), suffixes=[" (12)"]).texts
    assert "\n" in text and text.split("\n")[-1].endswith("center (12)")


def test_rows_are_listed_from_the_top():
    names = ["Nucleoli", "Cytosol", "Vesicles"]
    ax, width, _ = axes_for_bars(
        None, names, title="3 labels", title_color="black", xlabel="samples", caller="it"
    )
    assert [label.get_text() for label in ax.get_yticklabels()] == names
    assert ax.get_ylim()[0] > ax.get_ylim()[1] and width > 0
