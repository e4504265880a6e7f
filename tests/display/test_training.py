"""Tests of TrainingCurveDisplay: panels, lines and the marked epoch."""

import pickle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb, to_rgba
from sklearn.datasets import make_multilabel_classification
from skorch.callbacks import EarlyStopping

from sklearn_hpa import MultiLabelMLPClassifier, load, save
from sklearn_hpa.callbacks import EpochScores
from sklearn_hpa.display import TrainingCurveDisplay


def small(**params):
    return MultiLabelMLPClassifier(
        **({"hidden_layer_sizes": (16,), "max_epochs": 6, "random_state": 0} | params)
    )


@pytest.fixture(scope="module")
def data():
    return make_multilabel_classification(100, 10, n_classes=3, random_state=0)


@pytest.fixture(scope="module")
def stopped(data):
    callbacks = [EpochScores(("label_accuracy", "f1_macro"))]
    return small(
        early_stopping=True, max_epochs=400, n_iter_no_change=4, lr=0.02, callbacks=callbacks
    ).fit(*data)


def history(n_epochs=20, **columns):
    epochs = np.arange(1, n_epochs + 1)
    return pd.DataFrame({"epoch": epochs, "train_loss": 1 / epochs} | columns)


def curves(ax):
    """Return the curves of an axes by label, without marker lines."""
    return {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}


def end_labels(ax):
    return {text.get_text(): text for text in ax.texts}


# ---- curves ------------------------------------------------------------------------------------


def test_the_loss_and_every_score_have_a_panel_of_their_own(stopped):
    display = TrainingCurveDisplay.from_estimator(stopped)
    titles = [ax.get_title("left") for ax in display.axes_]
    assert titles == ["Loss", "Label accuracy", "F1 (macro)"]
    for ax, name in zip(display.axes_, ["loss", "label_accuracy", "f1_macro"], strict=True):
        lines = curves(ax)
        assert list(lines) == ["training", "validation"]
        for label, part in {"training": "train", "validation": "valid"}.items():
            np.testing.assert_array_equal(lines[label].get_xdata(), display.history["epoch"])
            np.testing.assert_array_equal(
                lines[label].get_ydata(), display.history[f"{part}_{name}"]
            )


def test_training_and_validation_differ_in_color_and_in_style(stopped):
    lines = curves(TrainingCurveDisplay.from_estimator(stopped).axes_[0])
    training, validation = lines["training"], lines["validation"]
    assert training.get_color() != validation.get_color()
    assert not training.is_dashed() and validation.is_dashed()


def test_without_scores_the_axes_hold_the_loss_alone(data):
    display = TrainingCurveDisplay.from_estimator(small().fit(*data))
    assert display.axes_.tolist() == [display.ax_]
    assert list(curves(display.ax_)) == ["training"]
    assert display.ax_.axison


def test_a_score_of_one_part_alone_has_a_panel(data):
    both = history(valid_auc=np.linspace(0, 1, 20), lr=np.ones(20), training_time=np.ones(20))
    display = TrainingCurveDisplay.from_history(both)
    assert [ax.get_title("left") for ax in display.axes_] == ["Loss", "Auc"]
    assert list(curves(display.axes_[1])) == ["validation"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_scores", "shape"), [(1, (1, 2)), (2, (1, 3)), (3, (2, 2)), (4, (2, 3))]
)
def test_panels_are_in_rows_that_a_page_has_room_for(texts_that_are_cut, n_scores, shape):
    names = ["label_ranking_average_precision", "multilabel_log_loss", "f1_micro", "f1_macro"]
    scores = {f"train_{name}": np.linspace(0, 1, 20) for name in names[:n_scores]}
    display = TrainingCurveDisplay.from_history(history(**scores))
    rows = {round(ax.get_subplotspec().get_position(display.figure_).y0, 3) for ax in display.axes_}
    columns = {
        round(ax.get_subplotspec().get_position(display.figure_).x0, 3) for ax in display.axes_
    }
    assert (len(rows), len(columns)) == shape
    assert len(display.axes_) == n_scores + 1
    assert texts_that_are_cut(display.figure_) == []


def test_lines_are_named_at_their_ends_where_neither_name_hides_the_other():
    same = np.linspace(1, 0.5, 20)
    display = TrainingCurveDisplay.from_history(history(valid_loss=same).assign(train_loss=same))
    display.figure_.canvas.draw()
    labels = end_labels(display.ax_)
    boxes = {name: label.get_window_extent() for name, label in labels.items()}
    assert list(boxes) == ["training", "validation"]
    assert not boxes["training"].padded(-1).overlaps(boxes["validation"].padded(-1))
    right = display.ax_.transData.transform((20, 0.5))[0]
    assert all(box.x0 > right for box in boxes.values())
    assert [label.get_color() for label in labels.values()] == [
        line.get_color() for line in curves(display.ax_).values()
    ]


@pytest.mark.slow
@pytest.mark.parametrize("layout", [None, "tight", "constrained"])
@pytest.mark.parametrize("font_size", [10, 20])
@pytest.mark.parametrize("loss_scale", ["linear", "log"])
def test_in_any_layout_names_and_ticks_stay_clear_of_each_other(layout, font_size, loss_scale):
    falling, n = np.linspace(1, 0.4, 200), 200
    scored = history(n, valid_loss=falling, train_f1_macro=falling, valid_f1_macro=falling + 0.3)
    with plt.rc_context({"font.size": font_size}):
        _, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout=layout)
        right.set_yticks([])
        display = TrainingCurveDisplay.from_history(scored, ax=left, loss_scale=loss_scale)
        display.figure_.canvas.draw()
    for ax in display.axes_:
        names = [text.get_window_extent() for text in ax.texts]
        assert len(names) == 2
        assert all(ax.bbox.x0 <= box.x0 and box.x1 <= ax.bbox.x1 + 1 for box in names)
        for axis, side in ((ax.xaxis, "width"), (ax.yaxis, "height")):
            low, high = sorted(axis.get_view_interval())
            ticks = [
                tick.label1.get_window_extent()
                for tick in axis.get_major_ticks()
                if low <= tick.get_loc() <= high
            ]
            middles = sorted((box.x0 + box.x1, box.y0 + box.y1)[side == "height"] for box in ticks)
            assert len(ticks) >= 2
            gaps = np.diff(middles) / 2
            assert gaps.min() > 0.9 * max(getattr(box, side) for box in ticks)
        titles = [ax.title, ax._left_title, ax._right_title]
        assert max(t.get_window_extent().x1 for t in titles if t.get_text()) <= ax.bbox.x1 + 1


def test_a_figure_of_its_own_grows_with_the_font(texts_that_are_cut):
    plain = TrainingCurveDisplay.from_history(history(valid_loss=np.linspace(1, 0, 20)))
    with plt.rc_context({"font.size": 20}):
        large = TrainingCurveDisplay.from_history(history(valid_loss=np.linspace(1, 0, 20)))
        assert texts_that_are_cut(large.figure_) == []
    np.testing.assert_allclose(large.figure_.get_size_inches(), 2 * plain.figure_.get_size_inches())
    assert large.ax_.texts[0].get_fontsize() == 2 * plain.ax_.texts[0].get_fontsize()


def test_the_text_shrinks_with_small_axes():
    _, axes = plt.subplots(2, 3, figsize=(6, 4))
    scored = history(valid_loss=np.linspace(1, 0, 20), train_f1_macro=np.linspace(0, 1, 20))
    display = TrainingCurveDisplay.from_history(scored, ax=axes[0, 0], best_epoch=9)
    for ax in display.axes_:
        texts = [*ax.texts, ax._left_title, ax.xaxis.label, *ax.get_yticklabels()]
        assert all(5 <= text.get_fontsize() < 9 for text in texts)
    first, second = display.axes_
    box = first._left_title.get_window_extent()
    assert not box.overlaps(first._right_title.get_window_extent())
    assert first._right_title.get_window_extent().x1 <= first.bbox.x1 + 1


def test_the_axis_of_epochs_ends_where_the_epochs_do():
    ax = TrainingCurveDisplay.from_history(history()).ax_
    assert max(ax.get_xticks()) == 20 < ax.get_xlim()[1]
    left, right = ax.spines["bottom"].get_bounds()
    assert left < 1 and 20 < right < ax.get_xlim()[1]


def test_names_of_scores_are_drawn_as_they_are_written(texts_that_are_cut):
    scores = {"train_one $ only": np.ones(20), "valid_\\frac{$": np.ones(20), "train_$x^2$": 1}
    display = TrainingCurveDisplay.from_history(history(**scores))
    assert texts_that_are_cut(display.figure_) == []
    titles = [ax.get_title("left") for ax in display.axes_]
    assert titles == ["Loss", "One $ only", "\\frac{$", "$x^2$"]
    assert not any(ax._left_title.get_parse_math() for ax in display.axes_)


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_other_marks_than_the_lines_have_the_color_of_text(style):
    with plt.style.context(style):
        ax = TrainingCurveDisplay.from_history(history(), best_epoch=3).ax_
        color = to_rgb(plt.rcParams["text.color"])
    mark = next(line for line in ax.lines if line.get_label().startswith("_"))
    for each in (mark, ax._right_title, ax.yaxis.get_gridlines()[0]):
        assert to_rgb(each.get_color()) == color
    assert ax._right_title.get_alpha() is None and to_rgba(ax._right_title.get_color())[3] >= 0.7


def test_epochs_are_whole_numbers():
    for n_epochs in (1, 2, 3, 250):
        ax = TrainingCurveDisplay.from_history(history(n_epochs)).ax_
        left, right = ax.get_xlim()
        ticks = [tick for tick in ax.get_xticks() if left <= tick <= right]
        assert ticks and all(tick == int(tick) >= 1 for tick in ticks), n_epochs


def test_one_epoch_is_a_point():
    ax = TrainingCurveDisplay.from_history(history(1, valid_loss=[0.5])).ax_
    assert [line.get_marker() for line in curves(ax).values()] == ["o", "o"]


def test_a_validation_that_is_nan_throughout_is_not_drawn():
    display = TrainingCurveDisplay.from_history(history(valid_loss=np.full(20, np.nan)))
    assert list(curves(display.ax_)) == list(end_labels(display.ax_)) == ["training"]


def test_the_name_of_a_line_is_where_its_last_value_is():
    valid = np.r_[np.linspace(1, 0.4, 10), np.full(10, np.nan)]
    label = end_labels(TrainingCurveDisplay.from_history(history(valid_loss=valid)).ax_)
    assert label["validation"].xy == (10, 0.4)


def test_a_value_between_two_that_are_missing_is_a_point():
    valid = np.full(20, np.nan)
    valid[7] = 0.5
    lines = curves(TrainingCurveDisplay.from_history(history(valid_loss=valid)).ax_)
    assert lines["validation"].get_marker() == "o" and lines["training"].get_marker() == "None"


def test_the_loss_alone_can_be_logarithmic(stopped):
    display = TrainingCurveDisplay.from_estimator(stopped, loss_scale="log")
    assert [ax.get_yscale() for ax in display.axes_] == ["log", "linear", "linear"]
    display.figure_.canvas.draw()
    shown = [text.get_text() for text in display.axes_[0].get_yticklabels()]
    assert [float(text) for text in shown if text]
    assert [ax.get_yscale() for ax in display.plot().axes_] == ["linear"] * 3


# ---- the best epoch ----------------------------------------------------------------------------


def test_the_epoch_that_early_stopping_kept_is_marked(stopped):
    stopping = [each for _, each in stopped.net_.callbacks_ if isinstance(each, EarlyStopping)]
    display = TrainingCurveDisplay.from_estimator(stopped)
    assert display.best_epoch == stopping[0].best_epoch_ < stopped.n_iter_
    for ax in display.axes_:
        marks = [line for line in ax.lines if line.get_label().startswith("_")]
        assert [list(mark.get_xdata()) for mark in marks] == [[display.best_epoch] * 2]
    assert display.axes_[0].get_title("right") == f"best epoch: {display.best_epoch}"


def test_nothing_is_marked_where_no_epoch_was_chosen(data):
    X, y = data
    held_out = EpochScores("label_accuracy", X_valid=X[:20], y_valid=y[:20])
    for classifier in (
        small().fit(X, y),
        small(callbacks=[held_out]).fit(X, y),
        small(early_stopping=True).fit(X, y).partial_fit(X, y),
    ):
        display = TrainingCurveDisplay.from_estimator(classifier)
        assert display.best_epoch is None
        assert set(curves(display.axes_[0])) >= {"training"}
        assert len(display.axes_[0].lines) == len(curves(display.axes_[0]))


def test_what_is_marked_is_what_was_fitted_and_not_what_is_set_afterwards(data, stopped):
    X, y = data
    held_out = EpochScores("label_accuracy", X_valid=X[:20], y_valid=y[:20])
    watched = small(callbacks=[("scores", held_out)]).fit(X, y)
    assert TrainingCurveDisplay.from_estimator(watched).best_epoch is None
    watched.set_params(callbacks=None, early_stopping=True)
    assert TrainingCurveDisplay.from_estimator(watched).best_epoch is None
    again = pickle.loads(pickle.dumps(stopped)).set_params(warm_start=True, early_stopping=False)
    assert TrainingCurveDisplay.from_estimator(again).best_epoch == stopped.best_epoch_


def test_a_history_is_marked_where_it_is_told_to():
    ax = TrainingCurveDisplay.from_history(history(), best_epoch=7).ax_
    assert ax.get_title("right") == "best epoch: 7"


# ---- input and axes ------------------------------------------------------------------------------


def test_a_loaded_model_gives_the_same_picture(stopped, tmp_path):
    first = TrainingCurveDisplay.from_estimator(stopped)
    twin = TrainingCurveDisplay.from_estimator(load(save(stopped, tmp_path / "model.skops")))
    assert twin.best_epoch == first.best_epoch
    pd.testing.assert_frame_equal(twin.history, first.history)


def test_it_is_drawn_where_it_is_told_to(stopped):
    figure, (left, right) = plt.subplots(1, 2, layout="constrained")
    display = TrainingCurveDisplay.from_estimator(stopped, ax=right)
    assert display.ax_ is right and display.figure_ is figure
    assert not right.axison and not left.lines
    assert all(ax.figure is figure for ax in display.axes_)


@pytest.mark.parametrize("n_scores", [0, 2])
def test_drawn_again_in_the_same_axes_it_replaces_what_was_there(n_scores):
    figure, ax = plt.subplots()
    scores = {f"train_score_{k}": np.ones(20) for k in range(n_scores)}
    display = TrainingCurveDisplay.from_history(history(**scores), ax=ax)
    display.plot(ax=ax, loss_scale="log")
    assert len(figure.axes) == (1 if n_scores == 0 else 1 + 3)
    assert set(display.axes_) <= set(figure.axes)
    assert len(display.axes_[0].lines) == len(display.axes_[0].texts) == 1
    assert display.axes_[0].get_yscale() == "log"


def test_it_is_drawn_in_a_part_of_a_figure(stopped, texts_that_are_cut):
    figure = plt.figure(figsize=(9, 4), layout="constrained")
    _, part = figure.subfigures(1, 2)
    display = TrainingCurveDisplay.from_estimator(stopped, ax=part.subplots())
    assert display.figure_ is part
    assert texts_that_are_cut(figure) == []


@pytest.mark.parametrize(
    ("history", "message"),
    [
        (history()[:0], "history has no rows"),
        (history().drop(columns="train_loss"), "history has no column 'train_loss'"),
        (history(train_note="good"), "'train_note' of history holds 'good' in row 0, expected num"),
        (history(epoch=np.nan), "column 'epoch' of history must hold a finite number"),
        (pd.concat([history(), history()[["train_loss"]]], axis=1), "2 columns 'train_loss'"),
    ],
)
def test_what_is_no_history_is_refused(history, message):
    with pytest.raises(ValueError, match=message):
        TrainingCurveDisplay.from_history(history)


def test_a_history_that_is_no_table_is_refused():
    with pytest.raises(TypeError, match="history is of type dict; expected the history_ of"):
        TrainingCurveDisplay.from_history(history().to_dict("list"))


def test_a_best_epoch_that_is_none_is_refused():
    for best in (21, "a"):
        with pytest.raises(ValueError, match=f"best_epoch {best!r} is none of the epochs"):
            TrainingCurveDisplay.from_history(history(), best_epoch=best)


def test_columns_that_are_not_drawn_may_hold_anything():
    extra = history().assign(note="text", train_=1.0, training="text")
    extra[5] = "text"
    assert len(TrainingCurveDisplay.from_history(extra).axes_) == 1


def test_numbers_of_any_type_are_drawn():
    lacking = history(valid_loss=pd.array([pd.NA, *np.ones(19)], dtype="Float64")).astype(object)
    lines = curves(TrainingCurveDisplay.from_history(lacking).ax_)
    np.testing.assert_array_equal(lines["validation"].get_ydata(), [np.nan, *np.ones(19)])


def test_another_scale_is_refused():
    with pytest.raises(ValueError, match="loss_scale must be 'linear' or 'log', got 'symlog'"):
        TrainingCurveDisplay(history()).plot(loss_scale="symlog")
