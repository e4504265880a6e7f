"""Tests of the chart of label scores: bars, baselines, counts and texts."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb, to_rgba
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import average_precision_score
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_hpa.display import LabelPrecisionRecallDisplay, LabelScoreDisplay
from sklearn_hpa.metrics import label_report

from .pictures import NAMES, captions, curves_of, predicted


def names_on(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


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


def test_the_baseline_of_f1_is_that_of_predicting_the_label_always(three):
    y, proba = three
    display = LabelScoreDisplay.from_predictions(y, predicted(proba))
    always = label_report(y, np.ones_like(proba)).iloc[[1, 2, 0]]
    np.testing.assert_allclose(display.floors_.get_offsets()[:, 0], always["f1"])


@pytest.mark.parametrize("measure", ["precision", "average_precision"])
def test_the_baseline_of_precision_is_the_share_of_samples_with_the_label(three, measure):
    y, proba = three
    display = LabelScoreDisplay.from_predictions(y, predicted(proba), proba, measure=measure)
    np.testing.assert_allclose(display.floors_.get_offsets()[:, 0], y.mean().iloc[[1, 2, 0]])
    assert display.ax_.get_title(loc="left").startswith("|  Baseline")


def test_recall_has_no_baseline(three):
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


def test_an_absent_label_is_marked_and_has_neither_bar_nor_baseline():
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


@pytest.mark.slow
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
