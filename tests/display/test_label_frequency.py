"""Tests of the label frequency chart: bars, counts and texts."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_hpa.display import LabelFrequencyDisplay

from .pictures import names_on


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


def test_each_text_stands_at_the_end_of_its_bar(random_y):
    display = LabelFrequencyDisplay.from_labels(random_y)
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


def test_the_texts_stay_within_narrow_axes(random_y, texts_that_are_cut):
    random_y.columns = [f"{name} and more of it" for name in random_y]
    figure, axes = plt.subplots(1, 2, figsize=(8, 6), layout="constrained")
    display = LabelFrequencyDisplay.from_labels(random_y, ax=axes[1])
    assert texts_that_are_cut(figure) == []
    assert display.ax_.get_window_extent().width > 100


def test_counts_known_otherwise_can_be_drawn():
    display = LabelFrequencyDisplay(pd.Series({"Cytosol": 3, "Nucleoli": 6}), 8).plot()
    assert [text.get_text() for text in display.ax_.texts] == ["6  (75.0%)", "3  (37.5%)"]
    assert display.ax_.get_title(loc="left") == "8 samples"
