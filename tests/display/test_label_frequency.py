"""The pictures of label statistics: what their cells, bars and texts say."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from scipy import sparse

from sklearn_hpa.datasets import HPA_LABELS, read_labels
from sklearn_hpa.display import LabelCorrelationDisplay, LabelFrequencyDisplay


@pytest.fixture(scope="module")
def real_y(hpa_data):
    return read_labels(hpa_data / "hpa-labels" / "train.csv")


@pytest.fixture
def drawn_y():
    """The 28 labels, each in some samples but not in all."""
    values = np.random.default_rng(0).random((200, 28)) < np.linspace(0.5, 0.02, 28)
    values[0], values[1] = True, False
    return pd.DataFrame(values.astype(int), columns=list(HPA_LABELS))


@pytest.fixture
def small_y():
    return pd.DataFrame(
        {"Nucleoli": [0, 0, 1, 0], "Cytosol": [1, 1, 0, 1], "Mitochondria": [0, 1, 1, 0]}
    )


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def names_on(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


# ---- correlation ----


def test_the_correlation_is_pearsons_of_the_0_1_columns(drawn_y):
    correlation = LabelCorrelationDisplay.from_labels(drawn_y).correlation
    pd.testing.assert_frame_equal(correlation, drawn_y.corr(), check_names=False)


def test_labels_always_or_never_together_correlate_exactly(small_y):
    y = small_y.assign(twin=small_y["Nucleoli"])
    correlation = LabelCorrelationDisplay.from_labels(y).correlation
    assert correlation.loc["Nucleoli", "twin"] == 1
    assert correlation.loc["Nucleoli", "Cytosol"] == -1
    assert (np.diag(correlation) == 1).all()


def test_each_cell_of_the_map_shows_its_pair(drawn_y):
    display = LabelCorrelationDisplay.from_labels(drawn_y)
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


def test_colours_are_symmetric_and_end_at_the_largest_pair(small_y):
    y = small_y[["Nucleoli", "Mitochondria"]]
    display = LabelCorrelationDisplay.from_labels(y)
    largest = display.correlation.iloc[0, 1]
    assert display.im_.get_clim() == pytest.approx((-largest, largest))


def test_a_lone_strong_pair_does_not_take_the_colours_from_the_others(real_y):
    display = LabelCorrelationDisplay.from_labels(real_y)
    assert display.correlation.loc["Endosomes", "Lysosomes"] == pytest.approx(0.789, abs=0.001)
    assert display.im_.get_clim()[1] == pytest.approx(0.146, abs=0.001)
    written = [text.get_text() for text in display.ax_.texts]
    assert sorted(written) == ["-.19", "-.19", ".22", ".22", ".79", ".79"]


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


def test_each_value_stands_out_from_the_colour_of_its_cell(drawn_y):
    y = drawn_y.iloc[:, :12]
    display = LabelCorrelationDisplay.from_labels(y.assign(twin=y.iloc[:, 0]).iloc[:, 1:])
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
    """The contrast ratio of the Web Content Accessibility Guidelines 2.1, from 1 to 21."""
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


# ---- frequency ----


def test_bars_are_as_long_as_the_counts_and_sorted(real_y):
    display = LabelFrequencyDisplay.from_labels(real_y)
    lengths = [bar.get_width() for bar in display.bars_]
    assert lengths == sorted(real_y.sum(), reverse=True)
    names = names_on(display.ax_.yaxis)
    assert dict(zip(names, lengths, strict=True)) == real_y.sum().to_dict()
    tops = [bar.get_window_extent().y0 for bar in display.bars_]
    assert tops == sorted(tops, reverse=True)


def test_the_real_table_is_drawn_with_its_published_statistics(real_y):
    display = LabelFrequencyDisplay.from_labels(real_y)
    assert display.n_samples == 31072
    written = dict(
        zip(names_on(display.ax_.yaxis), [t.get_text() for t in display.ax_.texts], strict=True)
    )
    assert written["Nucleoplasm"] == "12,885  (41.5%)"
    assert written["Cytosol"] == "8,228  (26.5%)"
    assert written["Rods & rings"] == "11  (0.04%)"
    assert display.ax_.get_title(loc="left").split() == (
        "31,072 samples Labels per sample 1: 15,126 2: 12,485 3: 3,160 4: 299 5: 2".split()
    )


def test_each_text_stands_at_the_end_of_its_bar(drawn_y):
    display = LabelFrequencyDisplay.from_labels(drawn_y)
    display.figure_.canvas.draw()
    for bar, text in zip(display.bars_, display.ax_.texts, strict=True):
        bar, text = bar.get_window_extent(), text.get_window_extent()
        assert 0 < text.x0 - bar.x1 < 10
        assert bar.y0 < (text.y0 + text.y1) / 2 < bar.y1


def test_labels_equally_frequent_keep_their_order():
    y = pd.DataFrame({"b": [1, 0], "a": [0, 1], "c": [1, 1]})
    assert names_on(LabelFrequencyDisplay.from_labels(y).ax_.yaxis) == ["c", "b", "a"]


def test_samples_without_labels_are_counted_too():
    display = LabelFrequencyDisplay.from_labels([[0, 0], [1, 1], [0, 1]])
    assert display.labels_per_sample.to_dict() == {0: 1, 1: 1, 2: 1}
    assert display.counts.tolist() == [1, 2]


def test_the_samples_of_more_labels_than_can_be_listed_are_added_up():
    y = np.tril(np.ones((8, 7), dtype=int), -1)
    title = LabelFrequencyDisplay.from_labels(y).ax_.get_title(loc="left")
    assert title.endswith("0: 1   1: 1   2: 1   3: 1   4: 1   more: 3")


def test_the_log_scale_shows_the_rarest_label(real_y):
    display = LabelFrequencyDisplay.from_labels(real_y, log=True)
    display.figure_.canvas.draw()
    assert display.ax_.get_xscale() == "log"
    pixels = [bar.get_window_extent().width for bar in display.bars_]
    assert pixels[-1] > pixels[0] / 4


def test_a_label_without_samples_says_0_on_either_scale():
    for log in (False, True):
        display = LabelFrequencyDisplay.from_labels([[1, 0], [1, 0]], log=log)
        display.figure_.canvas.draw()
        assert [text.get_text() for text in display.ax_.texts] == ["2  (100.0%)", "0  (0.0%)"]


def test_the_texts_stay_within_narrow_axes(drawn_y, texts_that_are_cut):
    drawn_y.columns = [f"{name} and more of it" for name in drawn_y]
    figure, axes = plt.subplots(1, 2, figsize=(8, 6), layout="constrained")
    display = LabelFrequencyDisplay.from_labels(drawn_y, ax=axes[1])
    assert texts_that_are_cut(figure) == []
    assert display.ax_.get_window_extent().width > 100


def test_counts_known_otherwise_can_be_drawn():
    display = LabelFrequencyDisplay(pd.Series({"Cytosol": 3, "Nucleoli": 6}), 8).plot()
    assert [text.get_text() for text in display.ax_.texts] == ["6  (75.0%)", "3  (37.5%)"]
    assert display.ax_.get_title(loc="left") == "8 samples"


# ---- both ----

both = pytest.mark.parametrize("display", [LabelCorrelationDisplay, LabelFrequencyDisplay])


@both
@pytest.mark.parametrize(
    "form", [pd.DataFrame.to_numpy, lambda y: sparse.csr_array(y), lambda y: y.to_numpy().tolist()]
)
def test_labels_without_names_are_numbered(display, form, small_y):
    drawn = display.from_labels(form(small_y))
    assert sorted(names_on(drawn.ax_.yaxis)) == ["0", "1", "2"]


@both
def test_names_can_be_given(display, small_y):
    drawn = display.from_labels(small_y.to_numpy(), label_names=["x", "y", "z"])
    assert sorted(names_on(drawn.ax_.yaxis)) == ["x", "y", "z"]


@both
@pytest.mark.parametrize("names, said", [(["x", "y"], 2), ("xyz", 1)])
def test_names_of_another_number_are_refused(display, small_y, names, said):
    with pytest.raises(ValueError, match=f"label_names has {said} names; expected one for each of"):
        display.from_labels(small_y, label_names=names)


@both
def test_a_label_named_twice_is_refused(display, small_y):
    small_y.columns = ["a", "b", "a"]
    with pytest.raises(ValueError, match="a label is named twice: a; rename"):
        display.from_labels(small_y)


@both
def test_a_value_that_is_neither_0_nor_1_is_named_with_its_place(display, small_y):
    small_y.loc[2, "Cytosol"] = 2
    with pytest.raises(ValueError, match="y is 2 at label 'Cytosol', row 2"):
        display.from_labels(small_y)


@both
def test_no_text_is_cut_at_28_labels(display, drawn_y, texts_that_are_cut):
    drawn_y = drawn_y.assign(**{"Rods & rings": 0, "Microtubule ends": 0})
    assert texts_that_are_cut(display.from_labels(drawn_y).figure_) == []


@both
def test_the_28_names_do_not_overlap(display, drawn_y):
    drawn = display.from_labels(drawn_y)
    drawn.figure_.canvas.draw()
    for axis in (drawn.ax_.yaxis, drawn.ax_.xaxis)[: 1 + (display is LabelCorrelationDisplay)]:
        boxes = [label.get_window_extent() for label in axis.get_ticklabels()]
        assert len(boxes) == 28
        assert not any(a.overlaps(b) for a, b in zip(boxes[:-1], boxes[1:], strict=True))


@both
def test_the_28_names_fit_into_small_axes(display, drawn_y, texts_that_are_cut):
    figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    drawn = display.from_labels(drawn_y, ax=axes[0])
    assert texts_that_are_cut(figure) == []
    boxes = [label.get_window_extent() for label in drawn.ax_.get_yticklabels()]
    assert not any(a.overlaps(b) for a, b in zip(boxes[:-1], boxes[1:], strict=True))


@both
@pytest.mark.parametrize("font_size", [10, 20])
@pytest.mark.parametrize("dpi", [70, 100])
def test_no_text_is_cut_with_long_names_at_any_size_of_font(
    display, drawn_y, texts_that_are_cut, font_size, dpi
):
    drawn_y.columns = [f"{name} and a rather long addition to its name" for name in HPA_LABELS]
    drawn_y.iloc[:, 5:9] = 0
    with plt.rc_context({"font.size": font_size, "figure.dpi": dpi}):
        assert texts_that_are_cut(display.from_labels(drawn_y).figure_) == []
        assert texts_that_are_cut(display.from_labels(drawn_y.iloc[:, :2]).figure_) == []


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


@both
def test_a_dollar_sign_or_backslash_in_a_name_is_drawn_as_written(display, small_y):
    names = ["one $ only", r"$\frac{$", "50 %"]
    drawn = display.from_labels(small_y.assign(never=0), label_names=[*names, r"$\never{$"])
    drawn.figure_.canvas.draw()
    assert set(names) < set(names_on(drawn.ax_.yaxis))
    assert not any(label.get_parse_math() for label in drawn.ax_.get_yticklabels())


@both
def test_a_line_break_in_a_name_is_a_space(display, small_y):
    drawn = display.from_labels(small_y, label_names=["new\nline", "b", "c"])
    assert "new line" in names_on(drawn.ax_.yaxis)


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


# ---- the fixture that finds cut texts ----


def test_a_cut_label_is_found(texts_that_are_cut):
    figure, ax = plt.subplots(figsize=(3, 3))
    ax.set_yticks([0.5], ["Microtubule organizing center"])
    assert texts_that_are_cut(figure) == ["Microtubule organizing center"]


def test_ticks_that_are_not_drawn_are_not_cut(texts_that_are_cut):
    figure, (shown, off) = plt.subplots(1, 2, layout="constrained")
    shown.set_xticks([-5, 0, 1, 5], ["far left", "0", "1", "far right"])
    shown.set_xlim(0, 1)
    off.set_xticks([0], ["far"])
    off.set_xlim(5, 6)
    off.set_axis_off()
    off.set_xlabel("x" * 500)
    assert texts_that_are_cut(figure) == []
