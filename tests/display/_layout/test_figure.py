"""What every display shares: axes that are given or refused, and colours of text."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from sklearn_hpa.display import LabelFrequencyDisplay
from tests.display.pictures import both, texts


@both
def test_every_text_is_seen_on_a_dark_background(display, drawn_y):
    with plt.style.context("dark_background"):
        drawn = display.from_labels(drawn_y.assign(**{"Rods & rings": 0}))
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
