"""Tests of precision-recall panels: curves and texts."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.cbook import STEP_LOOKUP_MAP

from sklearn_hpa.display import LabelPrecisionRecallDisplay
from sklearn_hpa.metrics import label_report

from .pictures import NAMES, captions, panels_of, predicted


def test_panels_are_sorted_by_frequency_and_say_label_count_and_average_precision(three):
    y, proba = three
    display = LabelPrecisionRecallDisplay.from_predictions(y, proba)
    report = label_report(y, predicted(proba), proba)
    panels = panels_of(display)
    assert [panel.get_title().split("\n")[0] for panel in panels] == [NAMES[i] for i in (1, 2, 0)]
    for panel in panels:
        row = report.loc[panel.get_title().split("\n")[0]]
        figures = f"n = {row['n_positives']:.0f}, AP {row['average_precision']:.2f}"
        assert panel.get_title().endswith(f"\n{figures}")


def test_no_text_lies_on_a_curve(three):
    y, _ = three
    display = LabelPrecisionRecallDisplay.from_predictions(y, y)
    display.figure_.canvas.draw()
    for panel in panels_of(display):
        assert list(panel.texts) == []
        assert panel.title.get_window_extent().y0 > panel.bbox.y1


def test_the_area_under_each_drawn_curve_is_its_average_precision(three):
    display = LabelPrecisionRecallDisplay.from_predictions(*three)
    for panel in panels_of(display):
        name = panel.get_title().split("\n")[0]
        expected = pytest.approx(display.curves.loc[name, "average_precision"])
        line = panel.lines[0]
        recall, precision = STEP_LOOKUP_MAP[line.get_drawstyle()](*line.get_data())
        assert -np.diff(recall) @ precision[:-1] == expected
        assert (recall[0], recall[-1]) == (1, 0)
        x, y = panel.collections[0].get_paths()[0].vertices.T
        assert abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2 == expected


def test_the_points_of_a_curve_are_the_precision_and_recall_at_each_threshold():
    y, scores = [[0], [1], [0], [1]], [[0.1], [0.4], [0.6], [0.8]]
    curve = LabelPrecisionRecallDisplay.from_predictions(y, scores).curves.loc[0]
    points = dict(zip(curve["recall"].tolist(), curve["precision"].tolist(), strict=True))
    for threshold in (0.4, 0.8):
        named = [t[0] for t, s in zip(y, scores, strict=True) if s[0] >= threshold]
        assert points[sum(named) / 2] == sum(named) / len(named)


def test_a_dashed_line_marks_the_share_of_samples_with_the_label(three):
    y, proba = three
    for panel in panels_of(LabelPrecisionRecallDisplay.from_predictions(y, proba)):
        line = panel.lines[1]
        assert line.get_linestyle() == "--"
        assert set(line.get_ydata()) == {y[panel.get_title().split("\n")[0]].mean()}


def test_absent_labels_have_no_panel_and_are_named_below(many, texts_that_are_cut):
    display = LabelPrecisionRecallDisplay.from_predictions(*many)
    assert len(panels_of(display)) == 26
    assert "in none of the samples: Cytoplasmic bodies, Rods & rings." in captions(display)
    assert display.curves["average_precision"].isna().sum() == 2
    assert texts_that_are_cut(display.figure_) == []


def test_nothing_is_said_of_absent_labels_where_there_are_none(three):
    display = LabelPrecisionRecallDisplay.from_predictions(*three)
    assert "none of the samples" not in captions(display)


@pytest.mark.slow
@pytest.mark.parametrize(
    "n_labels, grid", [(1, (1, 1)), (3, (1, 3)), (5, (2, 3)), (25, (5, 5)), (28, (5, 6))]
)
def test_few_panels_of_the_grid_are_left_over(n_labels, grid):
    truth = np.vstack([np.ones(n_labels, int), np.zeros(n_labels, int)])
    display = LabelPrecisionRecallDisplay.from_predictions(truth, truth)
    assert display.axes_.shape == grid
    assert len(panels_of(display)) == n_labels


@pytest.mark.slow
def test_the_names_of_28_panels_neither_overlap_nor_are_cut(many, texts_that_are_cut):
    y, proba = many
    y.iloc[0] = 1
    display = LabelPrecisionRecallDisplay.from_predictions(y, proba)
    assert texts_that_are_cut(display.figure_) == []
    boxes = [panel.title.get_window_extent() for panel in panels_of(display)]
    assert len(boxes) == 28
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_no_positive_at_all_is_refused():
    with pytest.raises(ValueError, match="no label has a positive in y_true"):
        LabelPrecisionRecallDisplay.from_predictions([[0, 0]], [[0.5, 0.5]])


def test_panels_replace_given_axes(three):
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    display = LabelPrecisionRecallDisplay.from_predictions(*three, ax=right)
    figure.canvas.draw()
    assert display.ax_ is right and display.figure_ is figure and not right.axison
    edge = left.get_window_extent().x1
    assert all(panel.get_window_extent().x0 > edge for panel in panels_of(display))


@pytest.mark.slow
def test_titles_shrink_to_leave_room_in_given_axes(many, texts_that_are_cut):
    y, proba = many
    y.columns = [f"{name} and a rather long addition to its name" for name in y]
    figure, axes = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
    display = LabelPrecisionRecallDisplay.from_predictions(y, proba, ax=axes[1])
    assert texts_that_are_cut(figure) == []
    boxes = [panel.title.get_window_extent() for panel in panels_of(display)]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(panel.get_window_extent().height > 15 for panel in panels_of(display))
