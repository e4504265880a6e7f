"""Scores on images that the training has not seen: a held-out part, or cross-validation."""

from __future__ import annotations

import argparse
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._common.messages import plural
from ..exceptions import TrainingInterruptedWarning
from . import _arguments as arguments
from ._groups import add_groups

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.base import BaseEstimator

#: Columns of the baselines in `multilabel_report`.
BASELINES = ["no_label", "most_frequent_set", "priors"]
#: Seed of the split by ``--test-size`` if no seed is given: the same images are held out each time.
DEFAULT_SEED = 0


class Fold(NamedTuple):
    """Predictions of held-out images.

    Attributes
    ----------
    train, test : ndarray of int
        Rows of the training images and of the held-out images.
    labels : ndarray of shape (n_test, n_labels)
        Predicted labels of the held-out images, 0 or 1.
    proba : ndarray of shape (n_test, n_labels)
        Their probabilities.
    """

    train: np.ndarray
    test: np.ndarray
    labels: np.ndarray
    proba: np.ndarray


def add_study(command: argparse.ArgumentParser) -> None:
    """Add the options of splits and scores to a command."""
    group: Any = command.add_argument_group("scores on images that the training has not seen")
    either = group.add_mutually_exclusive_group()
    either.add_argument(
        "--test-size",
        type=arguments.part,
        metavar="PART",
        help="hold out a fraction such as 0.2, or a number of images, and score them; the model "
        "that is saved is the one that was scored, trained on the other images",
    )
    either.add_argument(
        "--cv",
        type=arguments.folds,
        metavar="K",
        help="score each of K folds by a model that is trained on the others; the model that is "
        "saved is then trained on all images",
    )
    add_groups(group)
    group.add_argument(
        "--metrics",
        type=arguments.metrics,
        metavar="NAMES",
        help="metrics of the table, separated by commas (default: all)",
    )
    group.add_argument(
        "--predictions",
        type=Path,
        metavar="CSV",
        help="predictions of the images that were held out (default: MODEL.oof.csv with --cv, "
        "MODEL.held-out.csv with --test-size)",
    )


def predictions_file(options: argparse.Namespace) -> Path | None:
    """Return the file of the held-out predictions, or None without a split."""
    if options.test_size is None and options.cv is None:
        if options.predictions is not None:
            options.command.error("--predictions needs --cv or --test-size")
        if options.metrics is not None:
            options.command.error("--metrics needs --cv or --test-size: nothing is scored")
        return None
    ending = ".held-out.csv" if options.cv is None else ".oof.csv"
    default = options.output.parent / f"{options.output.stem}{ending}"
    return options.predictions or default


def find_splits(
    options: argparse.Namespace, target: pd.DataFrame, groups: np.ndarray | None
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the rows of training and held-out images of each fold; [] without a split.

    Raises
    ------
    ValueError
        If there are too few images or groups.
    """
    from ..model_selection import (
        MultiLabelStratifiedGroupKFold,
        MultiLabelStratifiedKFold,
        MultiLabelStratifiedShuffleSplit,
    )

    seed = options.seed
    if options.cv is not None:
        kind = MultiLabelStratifiedKFold if groups is None else MultiLabelStratifiedGroupKFold
        folds = kind(options.cv, shuffle=seed is not None, random_state=seed)
        return list(folds.split(target, target, groups))
    if options.test_size is not None:
        n_units = len(target) if groups is None else len(set(groups))
        size = options.test_size
        n_wanted = size if isinstance(size, int) else math.ceil(size * n_units)
        if n_wanted >= n_units:
            units = plural(n_units, "image" if groups is None else "group")
            raise ValueError(f"--test-size {options.test_size} of {units} leaves none to train on")
        halves = MultiLabelStratifiedShuffleSplit(
            1,
            test_size=options.test_size,
            random_state=DEFAULT_SEED if seed is None else seed,
        )
        ((train, test),) = halves.split(target, target, groups)
        share, wanted = len(test) / len(target), n_wanted / n_units
        if groups is not None and not 2 / 3 < share / wanted < 3 / 2:
            warnings.warn(
                f"{len(test)} of {plural(target, 'image')} are held out ({share:.0%}) instead of "
                f"{wanted:.0%}, because {n_units} groups are kept whole",
                stacklevel=2,
            )
        return [(np.sort(train), np.sort(test))]
    return []


def predict_held_out(
    classifier: BaseEstimator,
    vectors: np.ndarray,
    target: pd.DataFrame,
    groups: np.ndarray | None,
    train: np.ndarray,
    test: np.ndarray,
) -> Fold:
    """Train a classifier on some rows, and predict the others.

    Nothing of the held-out rows is used in the training.
    """
    fit_classifier(classifier, vectors[train], target.iloc[train], _rows(groups, train))
    held_out = vectors[test]
    return Fold(
        train,
        test,
        np.asarray(classifier.predict(held_out)),
        np.asarray(classifier.predict_proba(held_out)),
    )


def fit_classifier(
    classifier: Any, vectors: np.ndarray, target: pd.DataFrame, groups: np.ndarray | None
) -> None:
    """Train a classifier, whose own splits keep the groups whole."""
    if groups is None:
        classifier.fit(vectors, target)
    else:
        classifier.fit(vectors, target, groups=groups)


@contextmanager
def whole_trainings() -> Iterator[None]:
    """Stop at an interrupt: a model of a shortened training is not scored with the others.

    Raises
    ------
    KeyboardInterrupt
        If a training in the block is interrupted.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", TrainingInterruptedWarning)
        try:
            yield
        except TrainingInterruptedWarning as error:
            raise KeyboardInterrupt(str(error)) from error


def score_table(
    folds: Sequence[Fold], target: pd.DataFrame, metrics: Sequence[str] | None
) -> pd.DataFrame:
    """Return the scores of each fold, their mean and standard deviation, and the baselines.

    The baselines of a fold are computed from its training labels. Of several folds, the mean of
    each baseline is given.

    Returns
    -------
    DataFrame of float
        One row per metric. The columns are ``held_out`` for one fold, and otherwise ``fold_1``,
        ..., ``mean`` and ``sd``, then the baselines.
    """
    import pandas as pd

    from ..metrics import multilabel_report

    reports = []
    for fold in folds:
        report = multilabel_report(
            target.iloc[fold.test], fold.labels, fold.proba, y_train=target.iloc[fold.train]
        )
        report = report.drop(index=["labels_present", "labels_total"])
        reports.append(report if metrics is None else report.loc[list(metrics)])
    if len(reports) == 1:
        return reports[0].rename(columns={"model": "held_out"})
    scores = pd.DataFrame(
        {f"fold_{number}": report["model"] for number, report in enumerate(reports, 1)}
    )
    table = scores.assign(mean=scores.mean(axis=1), sd=scores.std(axis=1, ddof=1))
    for name in BASELINES:
        table[name] = pd.concat([report[name] for report in reports], axis=1).mean(
            axis=1, skipna=False
        )
    return table


def show_table(table: pd.DataFrame) -> str:
    """Return a table of `score_table` as text, with mean and standard deviation in one column."""
    shown = table.map("{:.3f}".format).replace("nan", "-")
    if "sd" in shown:
        shown["mean"] += " ± " + shown["sd"]
        shown = shown.rename(columns={"mean": "mean ± sd"}).drop(columns="sd")
    return shown.rename_axis(None).to_string()


def held_out_labels(folds: Sequence[Fold], target: pd.DataFrame) -> str:
    """Return the scores of each label over the held-out images of all folds, as text."""
    rows = np.concatenate([fold.test for fold in folds])
    labels = np.concatenate([fold.labels for fold in folds])
    return show_labels(target.iloc[rows], labels, np.concatenate([fold.proba for fold in folds]))


def show_labels(truth: pd.DataFrame, labels: np.ndarray, proba: np.ndarray) -> str:
    """Return the scores of each label, by name, as text."""
    from ..metrics import label_report

    report = label_report(truth, labels, proba).drop(columns="prevalence")
    report = report.rename(columns={"n_positives": "images"}).rename_axis(None)
    return report.to_string(float_format="{:.3f}".format, na_rep="-")


def write_held_out(
    path: Path, folds: Sequence[Fold], target: pd.DataFrame, groups: np.ndarray | None
) -> None:
    """Write the predictions of all held-out images, in the order of the labels' file.

    The columns are Id, Fold, Group if there are groups, Target and Predicted as names separated
    by ``|``, and one column of probabilities for each label.
    """
    import pandas as pd

    from ..datasets import write_named_predictions

    rows = np.concatenate([fold.test for fold in folds])
    order = np.argsort(rows, kind="stable")
    rows = rows[order]
    number = np.concatenate(
        [np.full(len(fold.test), number) for number, fold in enumerate(folds, 1)]
    )[order]
    of_image: dict[str, Any] = {"Fold": number}
    if groups is not None:
        of_image["Group"] = groups[rows]
    truth = target.iloc[rows]
    write_named_predictions(
        path,
        truth.index,
        np.concatenate([fold.labels for fold in folds])[order],
        np.concatenate([fold.proba for fold in folds])[order],
        list(target.columns),
        truth=truth.to_numpy(),
        extra=pd.DataFrame(of_image),
    )


def _rows(groups: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    return None if groups is None else groups[rows]
