"""Tests of style_report: order, number formats and emphasis of Table 1."""

import re
import sys

import numpy as np
import pandas as pd
import pytest

from sklearn_hpa.display import style_report
from sklearn_hpa.metrics import multilabel_report

BASELINES = ["No label", "Most frequent set", "Priors"]


@pytest.fixture(scope="module")
def report():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (40, 4))
    proba = np.clip(0.6 * y + 0.5 * rng.uniform(size=y.shape), 0.01, 0.99)
    return multilabel_report(y, proba >= 0.5, proba)


def texts(styler):
    """List the texts of each HTML row, with its title first."""
    rows = re.findall(r"<tr>(.*?)</tr>", styler.to_html(), re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


def css_of(styler, row, column):
    """Return the inline style of a cell, given its row and column number."""
    styler._compute()
    return dict(styler.ctx[row, column])


def bold(styler):
    """List for each row the columns with a bold value."""
    return {
        name: [
            column
            for j, column in enumerate(styler.data)
            if css_of(styler, i, j).get("font-weight") == "bold"
        ]
        for i, name in enumerate(styler.data.index)
    }


def test_the_papers_five_measures_come_first_and_the_counts_last(report):
    shuffled = report.sample(frac=1, random_state=0)
    titles = [row[0] for row in texts(style_report(shuffled))]
    assert titles[1:6] == [
        "Proportional accuracy",
        "Exact match accuracy",
        "Precision (micro)",
        "Recall (micro)",
        "F1 (micro)",
    ]
    assert titles[-2:] == ["Labels present", "Labels total"]
    assert len(titles) == len(report) + 1


def test_a_rule_sets_the_five_apart_and_the_counts(report):
    html = style_report(report).to_html()
    ruled = re.findall(r"tbody tr:nth-child\((\d+)\) \{\s*border-bottom: 1px solid", html)
    assert ruled == ["5", str(len(report) - 2)]


def test_columns_and_measures_have_names_to_read(report):
    rows = texts(style_report(report))
    assert [text for text in rows[0] if text != "&nbsp;"] == ["Model", *BASELINES]
    assert {"Coverage error ↓", "Log loss ↓", "Brier score ↓"} <= {row[0] for row in rows}
    assert not any("_" in text for row in rows for text in row)


def test_numbers_have_the_form_of_their_measure(report):
    rows = {row[0]: row[1] for row in texts(style_report(report))[1:]}
    assert rows["Label accuracy"] == f"{report.loc['label_accuracy', 'model']:.1%}"
    assert rows["F1 (micro)"] == f"{report.loc['f1_micro', 'model']:.3f}"
    assert rows["Labels present"] == "4"


def test_what_is_undefined_is_a_dash(report):
    rows = {row[0]: row[1:] for row in texts(style_report(report))}
    assert rows["Log loss ↓"][1:3] == ["–", "–"]
    assert "nan" not in style_report(report).to_html()


def test_the_best_of_a_row_is_bold_and_less_is_better_where_it_is():
    values = {"model": [0.9, 0.9, 0.9], "no_label": [0.1, np.nan, 0.1], "priors": [0.9, 0.3, 0.4]}
    index = ["exact_match_accuracy", "multilabel_log_loss", "coverage_error"]
    styled = bold(style_report(pd.DataFrame(values, index=index)))
    assert styled["exact_match_accuracy"] == ["model", "priors"]
    assert styled["multilabel_log_loss"] == ["priors"]
    assert styled["coverage_error"] == ["no_label"]


def test_values_that_look_alike_are_bold_alike():
    row = pd.DataFrame(
        {"model": [0.66666], "no_label": [0.66671], "priors": [0.1]}, index=["f1_micro"]
    )
    assert bold(style_report(row))["f1_micro"] == ["model", "no_label"]


def test_nothing_is_bold_where_all_are_alike_or_nothing_is_measured(report):
    styled = bold(style_report(report))
    assert styled["labels_present"] == styled["labels_total"] == []
    even = pd.DataFrame({"model": [0.5, np.nan], "priors": [0.5, np.nan]}, index=["f1_micro", "x"])
    assert bold(style_report(even)) == {"f1_micro": [], "x": []}


def test_baselines_recede_and_the_model_does_not(report):
    styler = style_report(report)
    opacity = [css_of(styler, 0, column).get("opacity") for column in range(4)]
    assert opacity == [None, "0.7", "0.7", "0.7"]


def test_the_colors_are_those_of_the_page(report):
    html = style_report(report).to_html()
    colors = set(re.findall(r"(?<!-)(?:color|background[a-z-]*): ([^;]+);", html))
    assert colors == {"inherit"}


def test_a_caption_explains_the_signs(report):
    caption = re.search(r"<caption>(.*?)</caption>", style_report(report).to_html())[1]
    assert "Bold" in caption and "↓" in caption and "grey" in caption


def test_further_models_and_measures_are_taken_as_they_are(report):
    wider = report.assign(other_model=report["model"] / 2)
    wider.loc["my_measure"] = 0.25
    rows = texts(style_report(wider))
    assert rows[0][-1] == "Other model"
    assert ["My measure", *["0.250"] * 5] in rows


def test_the_report_is_left_as_it_was(report):
    before = report.copy()
    style_report(report).to_html()
    pd.testing.assert_frame_equal(report, before)


def test_what_is_no_report_is_refused(report):
    with pytest.raises(ValueError, match=r"no row that is a measure.*got rows \['model'"):
        style_report(report.T)


def test_a_third_decimal_decides_what_is_bold():
    row = pd.DataFrame({"model": [0.661], "other": [0.664]}, index=["f1_micro"])
    assert bold(style_report(row))["f1_micro"] == ["other"]


def test_names_are_text_and_not_html(report):
    name = "<script>alert('&')</script>"
    wider = report.assign(**{name: 0.5})
    wider.loc["<b>mine</b>"] = 0.25
    html = style_report(wider).to_html()
    assert "<script" not in html and "<b>" not in html
    assert "&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;" in html
    assert "&lt;b&gt;mine&lt;/b&gt;" in html


def test_models_may_be_numbered(report):
    rows = texts(style_report(report.rename(columns={"model": 5})))
    assert [text for text in rows[0] if text != "&nbsp;"] == ["5", *BASELINES]


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_numbers_and_gaps_of_any_type_are_taken(report, missing):
    mixed = report.astype(object)
    mixed.loc["f1_micro", "model"] = missing
    rows = {row[0]: row[1] for row in texts(style_report(mixed))}
    assert rows["F1 (micro)"] == "–"
    assert rows["Label accuracy"] == f"{report.loc['label_accuracy', 'model']:.1%}"


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (lambda r: r["model"], TypeError, "report is of type Series; expected what .*_report"),
        (lambda r: pd.concat([r, r]), ValueError, "more than one row 'proportional_accuracy'"),
        (lambda r: pd.concat([r, r], axis=1), ValueError, "more than one column 'model'"),
        (
            lambda r: r.assign(note=["0.5", "good"] + ["0"] * (len(r) - 2)),
            ValueError,
            "column 'note' of report holds 'good' in row '{second}', expected numbers",
        ),
    ],
)
def test_a_table_that_cannot_be_shown_is_refused_before_it_is(report, spoil, error, message):
    with pytest.raises(error, match=message.format(second=report.index[1])):
        style_report(spoil(report))


def test_jinja2_is_named_where_it_is_missing(report, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(ImportError, match=r"style_report needs jinja2.*sklearn-hpa\[plot\]"):
        style_report(report)
