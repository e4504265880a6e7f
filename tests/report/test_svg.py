"""Tests of charts: positions of points, ticks, and texts outside the area of the curves."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from sklearn_hpa.report._svg import Curve, bar, legend, line_chart, ticks

LEFT, RIGHT, TOP, BOTTOM = 44, 252, 8, 150


def chart(*curves, **options):
    labels = {"x_label": "epoch", "y_label": "loss"} | options
    return ET.fromstring(line_chart(curves, "A description.", **labels))


def paths(svg):
    return {each.get("class").split()[1]: each.get("d") for each in svg.iter("path")}


def test_the_corners_of_the_data_are_the_corners_of_the_area():
    svg = chart(Curve("a", [0, 1], [0, 1]), x_range=(0, 1), y_range=(0, 1))
    assert paths(svg) == {"first": f"M{LEFT} {BOTTOM}L{RIGHT} {TOP}"}


def test_steps_hold_a_value_until_the_next_point():
    svg = chart(Curve("a", [1, 0], [0, 1], steps=True), x_range=(0, 1), y_range=(0, 1))
    assert paths(svg) == {"first": f"M{RIGHT} {BOTTOM}H{LEFT}V{TOP}"}


def test_no_text_covers_the_area_of_the_curves():
    svg = chart(Curve("a", range(1, 61), np.linspace(0.7, 0.01, 60)))
    for text in svg.iter("text"):
        x, y = float(text.get("x")), float(text.get("y"))
        assert x < LEFT or y > BOTTOM + 8


def test_a_chart_has_a_description_and_hides_its_ticks_from_screen_readers():
    svg = chart(Curve("a", [1, 2], [3, 4]))
    assert svg.get("role") == "img" and svg.get("aria-label") == "A description."
    (hidden,) = [each for each in svg.iter("g") if each.get("aria-hidden")]
    assert list(hidden.iter("text")) and not list(hidden.iter("path"))


def test_ticks_of_the_x_axis_are_inside_the_area():
    svg = chart(Curve("a", range(1, 61), np.ones(60)))
    xs = [float(each.get("x")) for each in svg.iter("text") if each.get("class") == "tick middle"]
    assert xs and all(LEFT <= x <= RIGHT for x in xs)


def test_points_that_are_not_finite_are_left_out():
    svg = chart(Curve("a", [0, 1, 2], [0, np.nan, 1]), x_range=(0, 2), y_range=(0, 1))
    assert paths(svg) == {"first": f"M{LEFT} {BOTTOM}L{RIGHT} {TOP}"}


@pytest.mark.parametrize("values", [[], [np.nan], [0.3], [0.0], [2.0, 2.0], [-1.0, -1.0]])
def test_a_chart_of_few_or_equal_values_has_finite_numbers(values):
    svg = line_chart([Curve("a", range(len(values)), values)], "d", x_label="x", y_label="y")
    assert not re.search("nan|inf", svg)


def test_a_long_curve_is_thinned_and_keeps_its_ends():
    x = np.arange(10_000)
    svg = chart(Curve("a", x, x), x_range=(0, 9_999), y_range=(0, 9_999))
    path = paths(svg)["first"]
    assert path.count("L") < 500
    assert path.startswith(f"M{LEFT} {BOTTOM}") and path.endswith(f"L{RIGHT} {TOP}")


def test_the_first_curve_is_on_top():
    svg = chart(Curve("a", [0, 1], [0, 1], "first"), Curve("b", [0, 1], [1, 0], "second"))
    assert list(paths(svg)) == ["second", "first"]


@pytest.mark.parametrize("low, high", [(0, 1), (1, 60), (0, 0.0037), (-3, 250), (5, 5.1), (0, 12)])
def test_ticks_cover_the_range_with_round_numbers(low, high):
    found = ticks(low, high)
    assert 2 <= len(found) <= 7
    assert found[0] <= low + 1e-9 and found[-1] >= high - 1e-9
    steps = np.diff(found)
    np.testing.assert_allclose(steps, steps[0])
    assert f"{steps[0]:.0e}"[0] in "125"


@pytest.mark.parametrize(
    "value, width", [(0.8958, "89.6%"), (0, "0%"), (1, "100%"), (np.nan, "0%"), (1.7, "100%")]
)
def test_a_bar_is_as_wide_as_its_value(value, width):
    assert [each.get("width") for each in ET.fromstring(bar(value)).iter("rect")] == ["100%", width]


def test_a_legend_names_each_style_and_escapes_names():
    made = legend([("a < b", "first"), ("c", "baseline")])
    assert "a &lt; b" in made and "curve baseline" in made and made.count("<li>") == 2
