"""The command ``evaluate``."""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any

from . import _arguments as arguments
from ._data import add_csv, add_data, label_files, load_labelled
from ._files import check_outputs
from ._models import channels_of, load_pipeline, vocabulary_of
from ._output import tell
from ._progress import add_progress, shown_progress
from ._rows import predictions, say_where
from ._study import show_labels


def add_evaluate(add: arguments.AddCommand) -> None:
    """Add the command to the program."""
    evaluate = add("evaluate", run, "Score a model on a folder of labelled images.")
    evaluate.add_argument("model", type=Path)
    add_data(evaluate)
    add_csv(evaluate)
    evaluate.add_argument("--output", type=Path, metavar="CSV", help="write the report here too")
    evaluate.add_argument(
        "--metrics",
        type=arguments.metrics,
        metavar="NAMES",
        help="metrics of the report, separated by commas (default: all)",
    )
    add_progress(evaluate)


def run(options: argparse.Namespace) -> None:
    check_outputs(
        options.command, [options.output, options.log], [options.model, *label_files(options)]
    )
    with shown_progress(options) as progress:
        _evaluate(options)
        say_where(progress)


def _evaluate(options: argparse.Namespace) -> None:
    from .._common.files import replacing
    from ..metrics import multilabel_report

    pipe = load_pipeline(options.model)
    names, labels = vocabulary_of(pipe)
    data = load_labelled(options, channels_of(pipe), labels)
    _check_same_labels(names, data.target)
    labels, proba, readable = predictions(pipe, data.images, options)
    truth = data.target.loc[readable, names]
    report = multilabel_report(truth, labels, proba)
    if options.metrics is not None:
        report = report.loc[list(options.metrics)]
    tell(report.rename_axis(None).to_string(float_format="{:.3f}".format, na_rep="-"))
    tell("Baselines were computed from the test labels.")
    tell("Scores of each label:")
    tell(show_labels(truth, labels, proba))
    if options.output:
        with replacing(options.output) as temporary:
            report.to_csv(temporary)


def _check_same_labels(names: list[str], target: Any) -> None:
    """Refuse labels that the csv lacks, and warn about labels that the model does not know."""
    absent = [name for name in names if name not in target]
    if absent:
        raise ValueError(f"the csv's label set lacks labels of the model: {', '.join(absent)}")
    if not target[names].any(axis=None):
        raise ValueError(f"no image has any of the model's labels: {', '.join(names)}")
    others = target.drop(columns=names)
    affected = int(others.any(axis=1).sum())
    if affected:
        warnings.warn(
            f"{affected} of {len(target)} images have labels that the model does not know, which "
            f"the report leaves out: {', '.join(others.columns[others.any()])}",
            stacklevel=2,
        )
