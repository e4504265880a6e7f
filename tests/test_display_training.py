"""TrainingCurveDisplay: its panels, its lines, and the epoch it marks."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
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
    """The lines of an axes by their labels, without what only marks something."""
    return {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}


def end_labels(ax):
    return {text.get_text(): text for text in ax.texts}


# ---- what is drawn -----------------------------------------------------------------------------


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


# ---- the epoch that was kept -------------------------------------------------------------------


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


def test_a_history_is_marked_where_it_is_told_to():
    ax = TrainingCurveDisplay.from_history(history(), best_epoch=7).ax_
    assert ax.get_title("right") == "best epoch: 7"


# ---- where it comes from, where it goes ----------------------------------------------------------


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


@pytest.mark.parametrize(
    ("history", "message"),
    [
        (history()[:0], "history has no rows"),
        (history().drop(columns="train_loss"), "history has no column 'train_loss'"),
    ],
)
def test_what_is_no_history_is_refused(history, message):
    with pytest.raises(ValueError, match=message):
        TrainingCurveDisplay.from_history(history)


def test_another_scale_is_refused():
    with pytest.raises(ValueError, match="loss_scale must be 'linear' or 'log', got 'symlog'"):
        TrainingCurveDisplay(history()).plot(loss_scale="symlog")
