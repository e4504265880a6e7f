"""The command ``fit``."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import sklearn_hpa

from .._common.messages import plural
from . import _arguments as arguments
from ._build import (
    add_parameters,
    build_pipeline,
    check_inner_folds,
    count_trainings,
    wrap_classifier,
)
from ._data import add_csv, add_data, label_files, load_labelled
from ._files import check_outputs
from ._groups import find_groups, groups_file
from ._models import channels_of, network_of
from ._output import tell
from ._progress import add_progress, command_line, shown_progress
from ._resume import (
    StudyCheckpoint,
    check_checkpoint,
    checkpoint_folder,
    describe_arrays,
    remove_checkpoint,
    resumable,
)
from ._rows import reading, say_where, vectors_of
from ._study import (
    add_study,
    find_splits,
    fit_classifier,
    held_out_labels,
    predict_held_out,
    predictions_file,
    score_table,
    show_table,
    whole_trainings,
    write_held_out,
)

if TYPE_CHECKING:
    import pandas as pd

    from ..pipeline import HPAPipeline
    from ._study import Fold


#: A record of a training has the scores of up to this many folds.
_MOST_FOLDS = 100


def add_fit(add: arguments.AddCommand) -> None:
    """Add the command to the program."""
    fit = add("fit", run, "Train on a folder of images, score if wanted, and save the model.")
    add_data(fit)
    add_csv(fit)
    fit.add_argument("--output", type=Path, required=True, metavar="MODEL", help="a .skops file")
    fit.add_argument(
        "--labels",
        default="present",
        metavar="LABELS",
        help="present (the default: the labels that occur), all (of the numbering), hpa (the names "
        "of the Human Protein Atlas site), or names separated by commas",
    )
    fit.add_argument(
        "--resume",
        action="store_true",
        help="keep a checkpoint in MODEL.checkpoint while training, and continue from one that is "
        "there: start long trainings with it, and repeat the command after a crash",
    )
    add_progress(fit)
    add_study(fit)
    add_parameters(fit)


def run(options: argparse.Namespace) -> None:
    pipe = build_pipeline(options)
    held_out_file = predictions_file(options)
    check_checkpoint(options.output, options.resume)
    check_outputs(
        options.command,
        [options.output, held_out_file, options.log],
        [*label_files(options), groups_file(options.groups)],
    )
    with shown_progress(options) as progress:
        _fit(pipe, held_out_file, options)
        say_where(progress)
        if options.resume and options.interrupted:
            tell(f"The same command continues the training: {command_line(options)}")


def _fit(pipe: HPAPipeline, held_out_file: Path | None, options: argparse.Namespace) -> None:
    from ..persistence import save_recorded

    labels = options.labels
    if labels not in ("all", "present", "hpa"):
        labels = arguments.words(labels)
    data = load_labelled(options, channels_of(pipe) or options.channels, labels)
    groups = find_groups(options.groups, data.images, data.get("metadata"))
    pipe._check_before_fit(data.images, data.target, {})
    check_inner_folds(options, find_splits(options, data.target, groups), data.target, groups)
    with reading(pipe, options):
        vectors, readable = vectors_of(pipe, data.images, options.on_error)
    target = data.target[readable]
    groups = groups if groups is None else groups[readable]
    wrap_classifier(pipe, options)
    folds = _train(pipe, vectors, target, groups, options)
    table = score_table(folds, target, options.metrics) if folds else None
    save_recorded(pipe, options.output, _record(folds, table, target, groups, options))
    if held_out_file is not None:
        write_held_out(held_out_file, folds, target, groups)
    _tell_result(pipe, folds, table, target, options)
    if held_out_file is not None:
        tell(f"Predictions of the images that were held out: {held_out_file}")
    # Until here, the same command with --resume trains nothing again.
    if options.resume and not options.interrupted:
        remove_checkpoint(options.output)


def _train(
    pipe: HPAPipeline,
    vectors: np.ndarray,
    target: pd.DataFrame,
    groups: np.ndarray | None,
    options: argparse.Namespace,
) -> list[Fold]:
    """Train the classifier of the pipeline, and return the predictions of held-out images."""
    from sklearn.base import clone

    splits = find_splits(options, target, groups)
    n_each, progress = count_trainings(pipe.classifier), options.progress
    n_fits = len(splits) + 1 if options.cv else 1
    progress.planned = n_each * n_fits
    several = progress.planned > 1
    folder = checkpoint_folder(options.output) if options.resume else None
    progress.checkpoint = folder
    with resumable(pipe, options.output, options.resume, several=several):
        kept = StudyCheckpoint(
            folder if several else None, _describe(pipe, vectors, target, groups, options)
        )
        folds = []
        for number, split in enumerate(splits, 1):
            progress.part = f"fold {number} of {len(splits)}" if options.cv else ""
            fold = kept.load(number) if options.cv else None
            if fold is None:
                classifier = clone(pipe.classifier) if options.cv else pipe.classifier
                with whole_trainings():
                    fold = predict_held_out(classifier, vectors, target, groups, *split)
                if options.cv:
                    kept.store(number, fold)
            progress.n_trainings = n_each * number
            folds.append(fold)
        if not options.test_size:
            progress.part = "all images" if options.cv else ""
            with whole_trainings() if n_each > 1 else nullcontext():
                fit_classifier(pipe.classifier, vectors, target, groups)
    return folds


def _describe(
    pipe: HPAPipeline,
    vectors: np.ndarray,
    target: pd.DataFrame,
    groups: np.ndarray | None,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """Return everything that the folds depend on, by the names of options where there are any."""
    named = ["seed", "cv", "test_size", "features", "thresholds", "calibrate"]
    named += ["hidden_layer_sizes", "max_epochs", "batch_size", "lr"]
    given = {f"--{name.replace('_', '-')}": getattr(options, name) for name in named}
    given["--set"] = [f"{name}={value!r}" for name, value in options.set]
    return {
        **given,
        "number of images": len(target),
        "labels": list(target.columns),
        **describe_arrays(
            **{"rows of the images": vectors, "Ids": target.index, "labels of the images": target},
            groups=[] if groups is None else groups,
        ),
        "version": sklearn_hpa.__version__,
    }


def _record(
    folds: list[Fold],
    table: pd.DataFrame | None,
    target: pd.DataFrame,
    groups: np.ndarray | None,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """Return the record of the training, which the command ``info`` shows."""
    rows = folds[0].train if options.test_size is not None else np.arange(len(target))
    scores = None
    if table is not None:
        if len(folds) > _MOST_FOLDS:  # A record is small.
            table = table.drop(columns=[f"fold_{number}" for number in range(1, len(folds) + 1)])
        as_text = {name: [None if v != v else v for v in table[name]] for name in table}
        scores = {
            "of": _describe_split(folds, target, groups),
            "table": {
                column: dict(zip(table.index, values, strict=True))
                for column, values in as_text.items()
            },
        }
    return {
        "date": datetime.now(UTC).isoformat(" ", "seconds"),
        "n_images": len(rows),
        "n_groups": None if groups is None else len(set(groups[rows])),
        "seed": options.seed,
        "scores": scores,
    }


def _describe_split(folds: list[Fold], target: pd.DataFrame, groups: np.ndarray | None) -> str:
    whole = "" if groups is None else "; groups are kept whole"
    if len(folds) > 1:
        return f"cross-validation in {len(folds)} folds of {plural(target, 'image')}{whole}"
    return f"{len(folds[0].test)} of {plural(target, 'image')} held out{whole}"


def _tell_result(
    pipe: HPAPipeline,
    folds: list[Fold],
    table: pd.DataFrame | None,
    target: pd.DataFrame,
    options: argparse.Namespace,
) -> None:
    n_images = len(target)
    if table is not None:
        tell(f"Scores of {_describe_split(folds, target, options.groups)}:")
        tell(show_table(table))
        if options.cv is not None:
            tell("sd: standard deviation over the folds. Baselines: mean over the folds, computed")
            tell("from the training labels of each fold.")
        else:
            n_images = len(folds[0].train)
            tell("Baselines were computed from the training labels.")
        tell("Scores of each label, of all held-out images:")
        tell(held_out_labels(folds, target))
    tell(
        f"Trained on {plural(n_images, 'image')} with {plural(target.columns, 'label')} "
        f"for {network_of(pipe).n_iter_} epochs; saved {options.output}"
    )
    if options.test_size is not None:
        tell("The saved model is the one that was scored: it has not seen the held-out images.")
