"""Tests of the label correlation map: cells, colours and texts."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from sklearn_hpa.datasets import HPA_LABELS
from sklearn_hpa.display import LabelCorrelationDisplay

from .pictures import names_on


def test_the_correlation_is_pearsons_of_the_0_1_columns(random_y):
    correlation = LabelCorrelationDisplay.from_labels(random_y).correlation
    pd.testing.assert_frame_equal(correlation, random_y.corr(), check_names=False)


def test_labels_always_or_never_together_correlate_exactly(small_y):
    y = small_y.assign(twin=small_y["Nucleoli"])
    correlation = LabelCorrelationDisplay.from_labels(y).correlation
    assert correlation.loc["Nucleoli", "twin"] == 1
    assert correlation.loc["Nucleoli", "Cytosol"] == -1
    assert (np.diag(correlation) == 1).all()


def test_each_cell_of_the_map_shows_its_pair(random_y):
    display = LabelCorrelationDisplay.from_labels(random_y)
    shown = display.im_.get_array()
    off_diagonal = ~np.eye(28, dtype=bool)
    expected = display.correlation.to_numpy()
    np.testing.assert_array_equal(shown.data[off_diagonal], expected[off_diagonal])
    assert names_on(display.ax_.xaxis) == names_on(display.ax_.yaxis) == list(HPA_LABELS)


def test_the_diagonal_is_grey_and_not_part_of_the_scale(small_y):
    display = LabelCorrelationDisplay.from_labels(small_y)
    assert np.ma.getmaskarray(display.im_.get_array()).diagonal().all()
    assert display.im_.get_clim() == (-1, 1)
    red, green, blue = _color_at(display, 1, 1)
    assert red == green == blue < 230


def test_correlations_by_chance_are_nearly_white():
    independent = np.random.default_rng(0).integers(0, 2, (1000, 28))
    display = LabelCorrelationDisplay.from_labels(independent)
    cells = display.im_.to_rgba(display.im_.get_array())[~np.eye(28, dtype=bool)]
    assert np.abs(display.im_.get_array()).max() > 0.1
    assert cells[:, :3].min() > 0.8


def test_colours_are_the_same_for_all_label_sets(small_y):
    for y in (small_y, small_y[["Nucleoli", "Mitochondria"]]):
        assert LabelCorrelationDisplay.from_labels(y).im_.get_clim() == (-1, 1)


def test_correlations_of_many_labels_are_written_from_a_tenth_on(real_y):
    display = LabelCorrelationDisplay.from_labels(real_y)
    assert display.correlation.loc["Endosomes", "Lysosomes"] == pytest.approx(0.789, abs=0.001)
    written = [text.get_text() for text in display.ax_.texts]
    above = ["-.12", "-.15", "-.19", ".10", ".11", ".22", ".79"]
    assert sorted(written) == sorted(2 * above)


def test_values_are_written_in_the_cells_of_a_few_labels(small_y):
    display = LabelCorrelationDisplay.from_labels(small_y)
    written = {text.get_position(): text.get_text() for text in display.ax_.texts}
    assert len(written) == 6
    assert written[1, 0] == written[0, 1] == "-1.00"
    assert written[2, 0] == written[0, 2] == ".58"


def test_a_value_that_rounds_to_0_has_no_sign():
    y = np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], [101, 100, 100, 98], axis=0)
    display = LabelCorrelationDisplay.from_labels(y)
    assert -0.005 < display.correlation.loc[0, 1] < 0
    assert [text.get_text() for text in display.ax_.texts] == [".00", ".00"]


def test_each_value_stands_out_from_the_colour_of_its_cell(random_y):
    y = random_y.iloc[:, :12]
    y = y.assign(twin=y.iloc[:, 0]).iloc[:, 1:]
    display = LabelCorrelationDisplay.from_labels(y, vmax=0.2)
    cells = display.im_.to_rgba(display.im_.get_array())
    assert {text.get_color() for text in display.ax_.texts} == {"white", "black"}
    for text in display.ax_.texts:
        column, row = map(int, text.get_position())
        assert _contrast(to_rgb(text.get_color()), cells[row, column, :3]) > 3


def test_the_first_label_is_on_top_and_on_the_left_whatever_the_settings(small_y):
    settings = {"image.origin": "lower", "image.aspect": "auto", "image.interpolation": "bilinear"}
    with plt.rc_context(settings):
        display = LabelCorrelationDisplay.from_labels(small_y.assign(Never=0))
        red, green, blue = _color_at(display, 0, 0)
        assert red == green == blue < 230
        first, *_, last = (label.get_window_extent() for label in display.ax_.get_yticklabels())
        assert first.y0 > last.y1
        box = display.ax_.get_window_extent()
        assert box.width == pytest.approx(box.height)


def test_the_end_of_the_colours_can_be_given(small_y):
    assert LabelCorrelationDisplay.from_labels(small_y, vmax=0.2).im_.get_clim() == (-0.2, 0.2)


@pytest.mark.parametrize("vmax", [0, -1, np.nan, np.inf, "a", [0.5], True])
def test_an_end_of_the_colours_that_is_no_number_above_0_is_refused(small_y, vmax):
    expected = re.escape(f"Got vmax={vmax!r}, but expected a finite number above 0")
    with pytest.raises(ValueError, match=expected):
        LabelCorrelationDisplay.from_labels(small_y, vmax=vmax)


def test_labels_in_no_sample_or_in_all_are_blank_and_named(small_y):
    display = LabelCorrelationDisplay.from_labels(small_y.assign(Never=0, Always=1))
    assert display.correlation[["Never", "Always"]].isna().all(axis=None)
    masked = np.ma.getmaskarray(display.im_.get_array())
    assert masked[3:].all() and masked[:, 3:].all()
    assert display.ax_.get_xlabel().replace("\n", " ").endswith("in all: Never, Always")


def test_nothing_is_said_below_where_every_label_has_a_correlation(small_y):
    assert LabelCorrelationDisplay.from_labels(small_y).ax_.get_xlabel() == ""


def test_one_label_or_constant_ones_make_a_picture_all_the_same():
    for y in ([[0], [1]], [[0, 1], [0, 1]]):
        display = LabelCorrelationDisplay.from_labels(y)
        display.figure_.canvas.draw()
        assert display.im_.get_clim() == (-1, 1)


def _contrast(color, other):
    """Return the contrast ratio of WCAG 2.1, from 1 to 21."""
    luminance = []
    for channels in (color, other):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        luminance.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(luminance) + 0.05) / (min(luminance) + 0.05)


def _color_at(display, row, column):
    display.figure_.canvas.draw()
    x, y = display.ax_.transData.transform((column + 0.2, row + 0.2))
    pixels = np.asarray(display.figure_.canvas.buffer_rgba())
    return pixels[len(pixels) - int(y), int(x), :3].astype(int)
