"""Tests of the helpers of all displays: axes and text colours."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from sklearn_hpa.display import LabelFrequencyDisplay
from sklearn_hpa.display._layout.figure import (
    axes_to_draw_in,
    divide_axes,
    size_in_points,
    text_color,
)
from tests.display.pictures import both, texts


@both
def test_every_text_is_seen_on_a_dark_background(display, random_y):
    with plt.style.context("dark_background"):
        drawn = display.from_labels(random_y.assign(**{"Rods & rings": 0}))
        drawn.figure_.canvas.draw()
    outside = [*drawn.ax_.get_yticklabels(), drawn.ax_.xaxis.label, drawn.ax_.title]
    if display is LabelFrequencyDisplay:
        outside += [drawn.ax_._left_title, *drawn.ax_.texts]
    assert all(np.mean(to_rgb(text.get_color())) > 0.5 for text in outside)


@both
def test_axes_that_are_none_are_refused(display, small_y):
    _, array = plt.subplots(1, 2)
    with pytest.raises(TypeError, match="ax is of type ndarray; expected a matplotlib Axes. Pass"):
        display.from_labels(small_y, ax=array)
    with pytest.raises(TypeError, match="ax is of type str; expected a matplotlib Axes$"):
        display.from_labels(small_y, ax="ax")


@both
@pytest.mark.parametrize("projection", ["polar", "3d"])
def test_axes_with_a_projection_are_refused(display, small_y, projection):
    ax = plt.figure().add_subplot(projection=projection)
    with pytest.raises(ValueError, match=f"ax has the projection '{projection}'; expected axes"):
        display.from_labels(small_y, ax=ax)


@both
def test_it_is_drawn_again_into_axes_that_are_given(display, small_y):
    drawn = display.from_labels(small_y)
    first = drawn.figure_
    figure, ax = plt.subplots()
    assert drawn.plot(ax=ax) is drawn
    assert drawn.ax_ is ax and drawn.figure_ is figure is not first
    assert set(small_y.columns) <= set(texts(figure))


def test_axes_that_are_given_are_drawn_in_and_others_are_made():
    _, ax = plt.subplots()
    assert axes_to_draw_in(ax, (2, 1), "it") is ax
    made = axes_to_draw_in(None, (2, 1), "it")
    assert made is not ax and made.figure.get_size_inches().tolist() == [2, 1]


def test_the_color_of_text_is_that_of_the_style():
    with plt.style.context("dark_background"):
        assert text_color(0.7) == (1, 1, 1, 0.7)


def test_panels_lie_within_the_axes_that_they_replace():
    _, (left, right) = plt.subplots(1, 2)
    panels = divide_axes(left, 2, 3)
    assert panels.shape == (2, 3) and not left.axison and right.axison
    old = left.get_position()
    for panel in panels.flat:
        new = panel.get_position()
        assert old.x0 - 1e-9 <= new.x0 < new.x1 <= old.x1 + 1e-9
        assert old.y0 - 1e-9 <= new.y0 < new.y1 <= old.y1 + 1e-9


def test_captions_stand_below_the_panels():
    figure, ax = plt.subplots()
    panels = divide_axes(ax, 1, 2, "Labels that no sample has")
    (strip,) = [each for each in figure.axes if each.texts]
    assert strip.get_position().y1 <= min(panel.get_position().y0 for panel in panels.flat)


def test_axes_without_a_grid_are_not_divided():
    ax = plt.figure().add_axes((0, 0, 1, 1))
    with pytest.raises(ValueError, match="ax is not part of a grid"):
        divide_axes(ax, 1, 2)


def test_the_size_of_axes_in_points_does_not_depend_on_the_resolution():
    sizes = [
        size_in_points(plt.figure(figsize=(3, 2), dpi=dpi).add_axes((0, 0, 1, 1)))
        for dpi in (50, 200)
    ]
    np.testing.assert_allclose(sizes, [(216, 144)] * 2)
