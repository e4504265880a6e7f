"""Models compared on the same test images: the tables that a page and the command line show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ..metrics import label_report, multilabel_report

#: Metrics of the table of scores, by their names in `multilabel_report`.
METRIC_NAMES = {
    "exact_match_accuracy": "exact match",
    "proportional_accuracy": "proportional accuracy",
    "f1_macro": "macro F1",
    "average_precision_macro": "macro average precision",
}
BASELINE_NAMES = {
    "no_label": "baseline: no label",
    "most_frequent_set": "baseline: most frequent label set",
    "priors": "baseline: label frequencies",
}
#: Metrics of the table of labels, by their names in `label_report`.
LABEL_METRIC_NAMES = {
    "n_train_positives": "training images",
    "n_positives": "test images",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "average_precision": "average precision",
}


@dataclass(frozen=True)
class Predictions:
    """Predictions of a model for the test images.

    Attributes
    ----------
    name : str
        Name of the model in a csv, such as "patterns".
    title : str
        Name of the model for readers.
    labels : ndarray of shape (n_images, n_labels)
        1 for predicted labels, else 0.
    proba : ndarray of shape (n_images, n_labels)
        Probabilities.
    losses : ndarray of shape (n_epochs,)
        Training loss of each epoch.
    """

    name: str
    title: str
    labels: np.ndarray
    proba: np.ndarray
    losses: np.ndarray


@dataclass(frozen=True)
class Comparison:
    """Models compared on the same test images.

    Attributes
    ----------
    y_train, y_test : DataFrame of 0/1, shapes (n_training_images, n_labels), (n_images, n_labels)
        Labels. The index of `y_test` holds the Ids, the columns are the label names.
    models : sequence of Predictions
        The models. The first is the model that a page is about.
    """

    y_train: pd.DataFrame
    y_test: pd.DataFrame
    models: Sequence[Predictions]

    @cached_property
    def report(self) -> pd.DataFrame:
        """All metrics: a column for each model, then the three baselines."""
        reports = {
            model.name: multilabel_report(
                self.y_test, model.labels, model.proba, y_train=self.y_train
            )
            for model in self.models
        }
        columns = {name: report["model"] for name, report in reports.items()}
        return pd.DataFrame(columns).join(reports[self.models[0].name].drop(columns="model"))

    @cached_property
    def scores(self) -> pd.DataFrame:
        """The metrics that are shown first: baselines, other models, the first model."""
        names = BASELINE_NAMES | {model.name: model.title for model in reversed(self.models)}
        table = self.report.loc[list(METRIC_NAMES), list(names)].T
        return table.rename(index=names, columns=METRIC_NAMES).rename_axis(None, axis=1)

    @cached_property
    def best_baseline(self) -> float:
        """The exact match of the best baseline."""
        return max(self.report[name]["exact_match_accuracy"] for name in BASELINE_NAMES)

    def exact_match(self, model: Predictions) -> float:
        return self.report[model.name]["exact_match_accuracy"]

    def labels_of(self, model: Predictions) -> pd.DataFrame:
        """The scores of each label, by its name."""
        return label_report(self.y_test, model.labels, model.proba, y_train=self.y_train)[
            list(LABEL_METRIC_NAMES)
        ].rename(columns=LABEL_METRIC_NAMES)

    @property
    def meaning(self) -> str:
        """One sentence on the scores."""
        first, *others = self.models
        n_images = len(self.y_test)

        def count(share: float) -> str:
            return f"{round(share * n_images)} ({percent(share)})"

        right = [f"with {model.title} for {count(self.exact_match(model))}" for model in others]
        best = f"with the best baseline, which ignores the images, for {count(self.best_baseline)}"
        return (
            f"With {first.title}, all labels are right for {count(self.exact_match(first))} of the "
            f"{n_images} test images, {', '.join([*right, best])}."
        )


def percent(share: float) -> str:
    """Return a fraction as a percentage.

    Examples
    --------
    >>> percent(0.8958)
    '89.6 %'
    """
    return f"{100 * share:.1f} %"


def score(value: float) -> str:
    """Return a score with three decimal places, or a dash for nan.

    Examples
    --------
    >>> score(0.8958), score(float("nan"))
    ('0.896', '–')
    """
    return "–" if np.isnan(value) else f"{value:.3f}"
