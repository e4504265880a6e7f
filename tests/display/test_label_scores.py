"""The pictures of each label's scores: what their curves, bars and texts say."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.cbook import STEP_LOOKUP_MAP
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.text import Text
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import average_precision_score
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_hpa.datasets import HPA_LABELS
from sklearn_hpa.display import LabelPrecisionRecallDisplay, LabelScoreDisplay
from sklearn_hpa.metrics import label_report

NAMES = ["Nucleoli", "Cytosol", "Mitochondria"]


@pytest.fixture
def three():
    """Truth and probabilities of three labels in 40 samples, the second the most frequent."""
    rng = np.random.default_rng(0)
    truth = (rng.random((40, 3)) < [0.2, 0.7, 0.4]).astype(int)
    return pd.DataFrame(truth, columns=NAMES), np.clip(
        0.3 * truth + 0.6 * rng.random((40, 3)), 0, 1
    )


@pytest.fixture
def many():
    """Truth and probabilities of the 28 labels, the last two of them in no sample."""
    rng = np.random.default_rng(1)
    truth = (rng.random((300, 28)) < np.geomspace(0.5, 0.01, 28)).astype(int)
    truth[:28] |= np.eye(28, dtype=int)
    truth[:, 26:] = 0
    return pd.DataFrame(truth, columns=list(HPA_LABELS)), rng.random((300, 28))


def predicted(proba):
    return (proba >= 0.5).astype(int)


def names_on(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def panels_of(display):
    return [panel for panel in display.axes_.flat if panel.axison]


def captions(display):
    return " ".join(text.get_text().replace("\n", " ") for text in display.figure_.findobj(Text))


# ---- precision and recall ----


def test_panels_are_sorted_by_frequency_and_say_label_count_and_average_precision(three):
    y, proba = three
    display = LabelPrecisionRecallDisplay.from_predictions(y, proba)
    report = label_report(y, predicted(proba), proba)
    panels = panels_of(display)
    assert [panel.get_title().split("\n")[0] for panel in panels] == [NAMES[i] for i in (1, 2, 0)]
    for panel in panels:
        row = report.loc[panel.get_title().split("\n")[0]]
        assert panel.get_title().endswith(f"\n{row['n_positives']:.0f} samples")
        assert [t.get_text() for t in panel.texts] == [f"AP {row['average_precision']:.2f}"]


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


@pytest.mark.parametrize(
    "n_labels, grid", [(1, (1, 1)), (3, (1, 3)), (5, (2, 3)), (25, (5, 5)), (28, (5, 6))]
)
def test_few_places_of_the_grid_are_left_over(n_labels, grid):
    truth = np.vstack([np.ones(n_labels, int), np.zeros(n_labels, int)])
    display = LabelPrecisionRecallDisplay.from_predictions(truth, truth)
    assert display.axes_.shape == grid
    assert len(panels_of(display)) == n_labels


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


def test_panels_are_drawn_in_the_place_of_given_axes(three):
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    display = LabelPrecisionRecallDisplay.from_predictions(*three, ax=right)
    figure.canvas.draw()
    assert display.ax_ is right and display.figure_ is figure and not right.axison
    edge = left.get_window_extent().x1
    assert all(panel.get_window_extent().x0 > edge for panel in panels_of(display))


# ---- one score for each label ----


@pytest.mark.parametrize("measure", ["f1", "precision", "recall", "average_precision"])
def test_bars_are_as_long_as_the_scores_and_sorted_by_frequency(three, measure):
    y, proba = three
    display = LabelScoreDisplay.from_predictions(y, predicted(proba), proba, measure=measure)
    scores = label_report(y, predicted(proba), proba)[measure].iloc[[1, 2, 0]]
    assert [bar.get_width() for bar in display.bars_] == scores.tolist()
    assert [t.get_text() for t in display.ax_.texts] == [f"{score:.2f}" for score in scores]
    names = names_on(display.ax_.yaxis)
    assert names == [f"{NAMES[i]}  ({y[NAMES[i]].sum()})" for i in (1, 2, 0)]


def test_the_floor_of_f1_is_that_of_predicting_the_label_always(three):
    y, proba = three
    display = LabelScoreDisplay.from_predictions(y, predicted(proba))
    always = label_report(y, np.ones_like(proba)).iloc[[1, 2, 0]]
    np.testing.assert_allclose(display.floors_.get_offsets()[:, 0], always["f1"])


@pytest.mark.parametrize("measure", ["precision", "average_precision"])
def test_the_floor_of_precision_is_the_share_of_samples_with_the_label(three, measure):
    y, proba = three
    display = LabelScoreDisplay.from_predictions(y, predicted(proba), proba, measure=measure)
    np.testing.assert_allclose(display.floors_.get_offsets()[:, 0], y.mean().iloc[[1, 2, 0]])
    assert display.ax_.get_title(loc="left").startswith("|  Floor")


def test_recall_has_no_floor(three):
    y, proba = three
    display = LabelScoreDisplay.from_predictions(y, predicted(proba), measure="recall")
    assert display.floors_ is None and display.ax_.get_title(loc="left") == ""


def test_with_training_labels_these_sort_and_both_counts_are_shown(three):
    y, proba = three
    train = pd.DataFrame([[1, 0, 0]] * 5 + [[0, 1, 0]] * 3, columns=NAMES)
    display = LabelScoreDisplay.from_predictions(y, predicted(proba), y_train=train)
    counts = y.sum()
    assert names_on(display.ax_.yaxis) == [
        f"Nucleoli  (5 / {counts['Nucleoli']})",
        f"Cytosol  (3 / {counts['Cytosol']})",
        f"Mitochondria  (0 / {counts['Mitochondria']})",
    ]
    assert "in training / scored" in display.ax_.get_xlabel()


def test_an_absent_label_is_marked_and_has_neither_bar_nor_floor():
    display = LabelScoreDisplay.from_predictions([[1, 0], [0, 0]], [[1, 1], [0, 0]])
    assert [t.get_text() for t in display.ax_.texts] == ["1.00", "absent"]
    assert display.bars_[1].get_width() == 0
    assert np.ma.getmaskarray(display.floors_.get_offsets())[1].any()


def test_another_measure_of_the_same_scores_can_be_drawn(three):
    y, proba = three
    display = LabelScoreDisplay.from_predictions(y, predicted(proba), proba)
    assert display.plot(measure="recall") is display
    assert display.ax_.get_xlabel().startswith("Recall")


@pytest.mark.parametrize("measure", ["accuracy", ["f1"], None])
def test_an_unknown_measure_is_refused_before_anything_is_computed(measure):
    expected = (
        f"Invalid measure={measure!r}. Valid values are 'f1', 'precision', 'recall', "
        "'average_precision'."
    )
    for call in (LabelScoreDisplay.from_predictions, LabelScoreDisplay.from_estimator):
        with pytest.raises(ValueError) as error:
            call("not", "looked", "at", measure=measure)
        assert str(error.value) == expected


def test_the_average_precision_without_probabilities_is_refused(three):
    y, proba = three
    with pytest.raises(ValueError, match="the scores have no average_precision"):
        LabelScoreDisplay.from_predictions(y, predicted(proba), measure="average_precision")


def test_no_name_of_28_is_cut_or_overlaps(many, texts_that_are_cut):
    y, proba = many
    display = LabelScoreDisplay.from_predictions(y, predicted(proba), y_train=y)
    assert texts_that_are_cut(display.figure_) == []
    boxes = [label.get_window_extent() for label in display.ax_.get_yticklabels()]
    assert len(boxes) == 28
    assert not any(a.overlaps(b) for a, b in zip(boxes[:-1], boxes[1:], strict=True))


# ---- both ----


def draw_curves(y, proba, **options):
    return LabelPrecisionRecallDisplay.from_predictions(y, proba, **options)


def draw_scores(y, proba, **options):
    return LabelScoreDisplay.from_predictions(y, predicted(proba), y_train=y, **options)


drawn_both = pytest.mark.parametrize("draw", [draw_curves, draw_scores])


@drawn_both
@pytest.mark.parametrize("font_size", [10, 20])
@pytest.mark.parametrize("dpi", [70, 100])
def test_no_text_is_cut_with_long_names_at_any_size_of_font(
    draw, many, texts_that_are_cut, font_size, dpi
):
    y, proba = many
    y.columns = [f"{name} and a rather long addition to its name" for name in y]
    with plt.rc_context({"font.size": font_size, "figure.dpi": dpi}):
        assert texts_that_are_cut(draw(y, proba).figure_) == []
        assert texts_that_are_cut(draw(y.iloc[:, :2], proba[:, :2]).figure_) == []


@drawn_both
def test_a_name_of_150_letters_is_broken_and_leaves_room_to_the_picture(
    draw, three, texts_that_are_cut
):
    display = draw(*three, label_names=["x" * 150, "Cytosol", "Mitochondria"])
    assert texts_that_are_cut(display.figure_) == []
    assert "x" * 150 in captions(display).replace(" ", "")
    panels = getattr(display, "axes_", np.array([display.ax_])).flat
    assert all(panel.get_window_extent().height > 60 for panel in panels)


@drawn_both
def test_a_dollar_sign_or_backslash_in_a_name_is_drawn_as_written(draw, three):
    y, proba = three
    y = y.assign(absent=0)
    names = ["one $ only", r"$\frac{$", "50 %", r"$\never{$"]
    display = draw(y, np.c_[proba, proba[:, 0]], label_names=names)
    display.figure_.canvas.draw()
    for name in names:
        assert name in captions(display)


@drawn_both
def test_every_text_is_seen_on_a_dark_background(draw, many):
    y, proba = many
    with plt.style.context("dark_background"):
        display = draw(y, proba)
        display.figure_.canvas.draw()
    background = to_rgb("black")
    for axes in display.figure_.axes:
        for text in axes.texts:
            *color, alpha = to_rgba(text.get_color())
            assert alpha * np.mean(color) > 0.4
            patch = text.get_bbox_patch()
            assert patch is None or to_rgb(patch.get_facecolor()) == background


@drawn_both
def test_axes_of_another_kind_are_refused(draw, three):
    _, array = plt.subplots(1, 2)
    with pytest.raises(TypeError, match="ax is of type ndarray; expected a matplotlib Axes"):
        draw(*three, ax=array)
    with pytest.raises(ValueError, match="ax has the projection 'polar'; expected axes made"):
        draw(*three, ax=plt.figure().add_subplot(projection="polar"))


def test_titles_shrink_to_leave_room_in_given_axes(many, texts_that_are_cut):
    y, proba = many
    y.columns = [f"{name} and a rather long addition to its name" for name in y]
    figure, axes = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
    display = LabelPrecisionRecallDisplay.from_predictions(y, proba, ax=axes[1])
    assert texts_that_are_cut(figure) == []
    boxes = [panel.title.get_window_extent() for panel in panels_of(display)]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(panel.get_window_extent().height > 15 for panel in panels_of(display))


def curves_of(y, proba, **options):
    return LabelPrecisionRecallDisplay.from_predictions(y, proba, **options).curves


def scores_of(y, proba, **options):
    return LabelScoreDisplay.from_predictions(y, proba, **options).scores


both = pytest.mark.parametrize("compute", [curves_of, scores_of])


@both
@pytest.mark.parametrize("form", [pd.DataFrame.to_numpy, lambda y: sparse.csr_array(y)])
def test_labels_are_named_by_columns_else_numbered(compute, form, three):
    y, proba = three
    assert compute(y, predicted(proba)).index.tolist() == NAMES
    numbered = compute(form(y), predicted(proba))
    assert numbered.index.tolist() == [0, 1, 2]
    assert numbered["n_positives"].tolist() == y.sum().tolist()


@both
def test_names_can_be_given(compute, three):
    y, proba = three
    assert compute(y, predicted(proba), label_names=list("xyz")).index.tolist() == list("xyz")
    with pytest.raises(ValueError, match="label_names has 2 names; expected one for each of the 3"):
        compute(y, predicted(proba), label_names=list("xy"))


@both
def test_shapes_that_differ_are_refused(compute, three):
    y, proba = three
    with pytest.raises(
        ValueError, match="has 40 samples and 2 labels, y_true has 40 samples and 3"
    ):
        compute(y, predicted(proba)[:, :2])


@both
def test_a_truth_that_is_not_0_or_1_is_refused(compute):
    with pytest.raises(ValueError, match="y_true is 3 at label 1, row 0"):
        compute([[0, 3]], [[0, 1]])


@pytest.fixture
def fitted(three):
    y, proba = three
    model = KNeighborsClassifier(3)
    search = GridSearchCV(make_pipeline(StandardScaler(), model), {}, cv=2, scoring="accuracy")
    return {"classifier": model.fit(proba, y), "search": search.fit(proba, y)}


@pytest.mark.parametrize("kind", ["classifier", "search"])
def test_an_estimator_is_asked_for_its_predictions(three, fitted, kind):
    y, X = three
    model = fitted[kind]
    curves = LabelPrecisionRecallDisplay.from_estimator(model, X, y).curves
    scores = LabelScoreDisplay.from_estimator(model, X, y).scores
    expected = label_report(y, model.predict(X), model.predict_proba(X))
    pd.testing.assert_frame_equal(scores, expected.drop(columns="average_precision"))
    drawn = LabelScoreDisplay.from_estimator(model, X, y, measure="average_precision")
    pd.testing.assert_frame_equal(drawn.scores, expected)
    pd.testing.assert_series_equal(curves["average_precision"], expected["average_precision"])


def test_an_estimator_without_probabilities_is_named(three):
    y, X = three
    model = type("Without", (), {"predict": lambda self, X: np.ones((len(X), 3), int)})()
    for call in (
        lambda: LabelPrecisionRecallDisplay.from_estimator(model, X, y),
        lambda: LabelScoreDisplay.from_estimator(model, X, y, measure="average_precision"),
    ):
        with pytest.raises(AttributeError, match="Without has no predict_proba; expected a class"):
            call()
    scores = LabelScoreDisplay.from_estimator(model, X, y).scores
    assert (scores["recall"] == 1).all() and "average_precision" not in scores


def test_probabilities_are_not_asked_for_where_the_measure_needs_none(three):
    y, X = three
    y = y.assign(Mitochondria=0)
    forest = RandomForestClassifier(3, random_state=0).fit(X, y)
    scores = LabelScoreDisplay.from_estimator(forest, X, y).scores
    pd.testing.assert_frame_equal(scores, label_report(y, forest.predict(X)))


def test_of_one_label_with_two_columns_of_probabilities_the_second_counts(three):
    y, X = three
    truth = y["Cytosol"].to_numpy()
    model = KNeighborsClassifier(3).fit(X, truth)
    expected = average_precision_score(truth, model.predict_proba(X)[:, 1])
    scores = LabelScoreDisplay.from_estimator(model, X, truth, measure="average_precision").scores
    curves = LabelPrecisionRecallDisplay.from_estimator(model, X, truth).curves
    assert scores["average_precision"].tolist() == pytest.approx([expected])
    assert curves["average_precision"].tolist() == pytest.approx([expected])


def test_a_wrong_target_is_refused_before_the_estimator_is_asked(three):
    y, X = three
    for call in (LabelPrecisionRecallDisplay.from_estimator, LabelScoreDisplay.from_estimator):
        with pytest.raises(ValueError, match="y is 2 at label 0, row 0"):
            call(object(), X, [[2, 0]])
        with pytest.raises(ValueError, match="label_names has 1 names"):
            call(object(), X, y, label_names=["x"])
