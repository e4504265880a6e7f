"""Formatting of a report as a table (Table 1 of the paper)."""

from __future__ import annotations

from collections.abc import Hashable
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .._common.estimators import public_in
from ..metrics import METRICS
from ._numbers import read_numbers
from ._titles import measure_title

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler
    from pandas.io.formats.style_render import CSSDict

TABLE_1 = (
    "proportional_accuracy",
    "exact_match_accuracy",
    "precision_micro",
    "recall_micro",
    "f1_micro",
)
ACCURACIES = ("proportional_accuracy", "exact_match_accuracy", "label_accuracy")
COUNTS = ("labels_present", "labels_total")
BASELINES = ("no_label", "most_frequent_set", "priors")
BETTER_SMALL = {measure.name for measure in METRICS if not measure.greater_is_better}
KNOWN = {measure.name for measure in METRICS} | set(COUNTS)
CAPTION = (
    "A model next to predictions that never look at an image (grey). "
    "Bold: the best of its row; ↓: less is better."
)
RULE = "1px solid rgba(128, 128, 128, 0.7)"
STYLES: list[CSSDict] = [
    {
        "selector": "",
        "props": "border-collapse: collapse; color: inherit; font-variant-numeric: tabular-nums;",
    },
    {
        "selector": "caption",
        "props": "caption-side: bottom; color: inherit; font-size: 0.9em; padding: 0.6em 0.8em 0; "
        "text-align: left;",
    },
    {"selector": "th, td", "props": "padding: 0.25em 0.8em; white-space: nowrap;"},
    {"selector": "th.row_heading", "props": "text-align: left; font-weight: normal;"},
    {"selector": "td, th.col_heading", "props": "text-align: right;"},
    {"selector": "thead tr", "props": f"border-bottom: {RULE};"},
]


@public_in("sklearn_hpa.display")
def style_report(report: pd.DataFrame) -> Styler:
    """Format a report as a table for a notebook, a page or a print.

    The five metrics of the paper's Table 1 come first, above a rule. Accuracies are in per cent,
    other metrics have three decimals, and undefined values are a dash. The best value of a row, as
    rounded, is bold, unless all values are equal. Baselines are grey. Colours are inherited from
    the page, so the table is readable on light and dark pages.

    Parameters
    ----------
    report : DataFrame
        A report as returned by :func:`~sklearn_hpa.metrics.multilabel_report`, or some of its rows.
        Columns of other models may be added. Names are shown as text and are not parsed as HTML.

    Returns
    -------
    pandas.io.formats.style.Styler
        The table. Notebooks show it, and ``styler.to_html()`` returns its HTML.

    Raises
    ------
    ImportError
        If jinja2, which pandas needs for styled tables, is not installed.
    TypeError
        If `report` is not a DataFrame.
    ValueError
        If `report` has no row with a known metric, has duplicate row or column names, or has values
        that are not numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_hpa.display import style_report
    >>> from sklearn_hpa.metrics import multilabel_report
    >>> y_true = pd.DataFrame({"Nucleoli": [1, 0, 0, 0], "Cytosol": [0, 1, 1, 1]})
    >>> y_pred = pd.DataFrame({"Nucleoli": [1, 0, 0, 0], "Cytosol": [1, 1, 1, 0]})
    >>> table = style_report(multilabel_report(y_true, y_pred))
    >>> print(table.to_string(delimiter=" | "))  # without the bold and the grey
     | Model | No label | Most frequent set | Priors
    Proportional accuracy | 62.5% | 0.0% | 75.0% | 75.0%
    Exact match accuracy | 50.0% | 0.0% | 75.0% | 75.0%
    Precision (micro) | 0.750 | 0.000 | 0.750 | 0.750
    ...
    Labels total | 2 | 2 | 2 | 2
    """
    _import_jinja2()
    report = _read_report(report)
    first = [name for name in TABLE_1 if name in report.index]
    counts = [name for name in COUNTS if name in report.index]
    others = [name for name in report.index if name not in (*first, *counts)]
    report = report.loc[[*first, *others, *counts]]

    styler = report.style.set_caption(CAPTION).set_table_styles(
        [*STYLES, *_rules(len(first), len(others), len(counts))]
    )
    for name in report.index:
        styler = styler.format(_shown_as(name), subset=pd.IndexSlice[[name], :], na_rep="–")
    styler = styler.format_index(_row_title, axis=0).format_index(_column_title, axis=1)
    styler = styler.hide(axis="index", names=True).hide(axis="columns", names=True)
    baselines: list[Hashable] = [name for name in BASELINES if name in report]
    if baselines:
        styler = styler.set_properties(subset=baselines, opacity="0.7")
    return styler.apply(_best, axis=1)


def _import_jinja2() -> None:
    try:
        import jinja2  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "style_report needs jinja2, which is not installed: pip install 'sklearn-hpa[plot]'"
        ) from error


def _read_report(report: pd.DataFrame) -> pd.DataFrame:
    """Check a report and convert it to float64."""
    expected = "expected what sklearn_hpa.metrics.multilabel_report returns"
    if not isinstance(report, pd.DataFrame):
        raise TypeError(f"report is of type {type(report).__name__}; {expected}")
    if not KNOWN.intersection(report.index):
        raise ValueError(
            f"report has no row that is a measure; {expected}, got rows {list(report.index)[:5]!r}"
        )
    for noun, names in (("row", report.index), ("column", report.columns)):
        twice = names[names.duplicated()]
        if len(twice):
            raise ValueError(
                f"report has more than one {noun} {twice[0]!r}: give each {noun} a name of its own"
            )
    values = {column: read_numbers(report, column, "report") for column in report}
    return pd.DataFrame(values, index=report.index)


def _shown_as(name: str) -> str:
    if name in COUNTS:
        return "{:.0f}"
    return "{:.1%}" if name in ACCURACIES else "{:.3f}"


def _row_title(name: object) -> str:
    return _column_title(name) + (" ↓" if name in BETTER_SMALL else "")


def _column_title(name: object) -> str:
    return escape(measure_title(str(name)))


def _rules(*blocks: int) -> list[CSSDict]:
    """Return the styles of a rule below each block of rows except the last."""
    ends = {end for end in np.cumsum(blocks) if 0 < end < sum(blocks)}
    return [
        {"selector": f"tbody tr:nth-child({end})", "props": f"border-bottom: {RULE};"}
        for end in sorted(ends)
    ]


def _best(row: pd.Series) -> list[str]:
    """Return bold for the best values of a row, as rounded for the table."""
    shown = row.round(3)
    best = shown.min() if row.name in BETTER_SMALL else shown.max()
    bold = shown == best
    if row.name in COUNTS or bold[shown.notna()].all():
        bold[:] = False
    return ["font-weight: bold" if each else "" for each in bold]
