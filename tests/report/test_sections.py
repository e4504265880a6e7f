"""Tests of the sections: numbers, names, pictures and curves."""

from dataclasses import replace

import numpy as np
import pytest

from sklearn_hpa.report import Comparison
from sklearn_hpa.report._sections import (
    curves_section,
    images_section,
    labels_section,
    mistakes_section,
    most_wrong_rows,
    name_sets,
    scores_section,
    stain_legend,
    summary,
    training_section,
)

from .reading import read_page

CHANNELS = ("red", "green", "blue")


def cells_of(page):
    return page.text_of("td")


def test_the_table_has_each_score_with_three_decimal_places(comparison):
    page = read_page(scores_section(comparison).html())
    expected = [
        "–" if np.isnan(value) else f"{value:.3f}" for value in comparison.scores.to_numpy().flat
    ]
    assert cells_of(page) == expected


def test_the_bars_have_the_exact_match_of_models_and_best_baseline(comparison):
    values = [comparison.exact_match(model) for model in comparison.models]
    shown = read_page(summary(comparison)).text_of("b")
    assert shown == [f"{100 * value:.1f} %" for value in (*values, comparison.best_baseline)]


def test_the_labels_have_their_scores_and_absent_labels_a_dash(comparison):
    page = read_page(labels_section(comparison).html())
    labels = comparison.labels_of(comparison.models[0])
    assert page.text_of("th")[-4:] == [str(name) for name in labels.index]
    rows = np.reshape(cells_of(page), (4, -1))
    assert rows[0, 4] == f"{labels['F1'].iloc[0]:.3f}" and set(rows[3, 2:]) == {"–"}


def test_each_image_has_its_true_labels_as_caption_and_in_its_text(comparison, images):
    rows = np.arange(5)
    section = images_section(comparison, images[18:23, ..., :3], rows, CHANNELS)
    page = read_page(section.html())
    sets = name_sets(comparison.y_test.to_numpy()[:5], comparison.y_test.columns)
    assert page.text_of("figcaption") == sets
    assert all(
        each["alt"].endswith(labels)
        for each, labels in zip(page.attributes_of("img"), sets, strict=True)
    )


def test_the_most_wrong_images_are_wrong_and_in_the_order_of_their_loss(comparison):
    first, truth = comparison.models[0], comparison.y_test.to_numpy()
    rows = most_wrong_rows(comparison, 100)
    wrong = np.flatnonzero((first.labels != truth).any(axis=1))
    assert sorted(rows) == wrong.tolist() and len(wrong) > 2
    of_truth = np.where(truth == 1, first.proba, 1 - first.proba)
    assert (np.diff(np.log(of_truth).mean(axis=1)[rows]) >= 0).all()
    np.testing.assert_array_equal(most_wrong_rows(comparison, 2), rows[:2])


def test_a_mistake_has_truth_prediction_and_probabilities(comparison, images):
    rows = most_wrong_rows(comparison, 3)
    section = mistakes_section(comparison, images[18 + rows][..., :3], rows, CHANNELS)
    page = read_page(section.html())
    first, names = comparison.models[0], comparison.y_test.columns
    truth = name_sets(comparison.y_test.to_numpy()[rows], names)
    predicted = name_sets(first.labels[rows], names)
    assert page.text_of("dd") == [
        each for pair in zip(truth, predicted, strict=True) for each in pair
    ]
    assert page.text_of("h3") == [str(name) for name in comparison.y_test.index[rows]]
    assert len(page.attributes_of("img")) == 6
    items = [text for text in page.text_of("li") if text[0] in "✓✗" and "." in text]
    for row in rows:
        for column in np.flatnonzero(comparison.y_test.to_numpy()[row] | first.labels[row]):
            ending = f"{names[column]}{first.proba[row, column]:.2f}"
            assert any(text.endswith(ending) for text in items)


def test_without_a_mistake_a_sentence_says_so(comparison):
    truth = comparison.y_test.to_numpy()
    perfect = replace(comparison.models[0], labels=truth, proba=np.clip(truth, 0.1, 0.9))
    right = Comparison(comparison.y_train, comparison.y_test, [perfect, comparison.models[1]])
    assert most_wrong_rows(right, 9).size == 0
    section = mistakes_section(right, np.empty((0, 8, 8, 3), np.uint8), [], CHANNELS)
    assert "No test image has a wrong prediction" in section.html()


def test_each_label_with_a_test_image_has_curves_of_each_model(comparison):
    page = read_page(curves_section(comparison).html())
    assert page.text_of("h3") == [str(name) for name in comparison.y_test.columns[:3]]
    classes = [each["class"] for each in page.attributes_of("path")][3:]
    assert classes == 3 * ["curve baseline", "curve second", "curve first"]


def test_the_curves_are_named_with_their_average_precision(comparison):
    page = read_page(curves_section(comparison).html())
    charts = [each["aria-label"] for each in page.attributes_of("svg") if "aria-label" in each]
    average = comparison.labels_of(comparison.models[0])["average precision"].iloc[0]
    assert f"<b>first</b> {average:.3f}" in charts[0] and "Nucleoli" in charts[0]


def test_the_training_curves_name_their_ends(comparison):
    page = read_page(training_section(comparison).html())
    (chart, _) = [each["aria-label"] for each in page.attributes_of("svg")]
    losses = comparison.models[0].losses
    assert f"{losses[0]:.3g} after the first" in chart and f"{losses[-1]:.3g}" in chart


@pytest.mark.parametrize("channels", [CHANNELS, ("green", "yellow")])
def test_the_legend_names_each_stain_next_to_its_colour(channels):
    page = read_page(stain_legend(channels))
    colors = {"red": "#f00", "green": "#0f0", "blue": "#00f", "yellow": "#ff0"}
    assert [each["fill"] for each in page.attributes_of("rect")] == [colors[c] for c in channels]
    assert all(f"({c})" in text for c, text in zip(channels, page.text_of("li"), strict=True))
