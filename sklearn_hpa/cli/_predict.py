"""The command ``predict``."""

from __future__ import annotations

import argparse
from pathlib import Path

from .._common.messages import plural
from . import _arguments as arguments
from ._data import add_data, folder_keywords
from ._files import check_outputs
from ._models import channels_of, label_names_of, load_pipeline
from ._output import tell
from ._progress import add_progress, shown_progress
from ._rows import predictions, say_where


def add_predict(add: arguments.AddCommand) -> None:
    """Add the command to the program."""
    predict = add("predict", run, "Predict the labels of a folder of images.")
    predict.add_argument("model", type=Path)
    add_data(predict)
    predict.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="CSV",
        help="the predictions: Id, the names of the predicted labels, and their probabilities",
    )
    form = predict.add_mutually_exclusive_group()
    form.add_argument(
        "--names",
        action="store_true",
        help="label names, separated by |, and a column of probabilities for each label (the "
        "default, except with --sample-submission)",
    )
    form.add_argument(
        "--submission",
        action="store_true",
        help="the form of the competitions instead: Id,Predicted with label numbers",
    )
    predict.add_argument(
        "--sample-submission",
        type=Path,
        metavar="CSV",
        help="predict its Ids, in its order; the output then has the form of --submission",
    )
    predict.add_argument(
        "--numbering",
        type=arguments.one_of(["2018", "2021"]),
        metavar="{2018,2021}",
        help="of the labels of --submission, 2018 or 2021 (default: 2018 where it has all the "
        "names, else 2021)",
    )
    predict.add_argument(
        "--probabilities", type=Path, metavar="CSV", help="Id and a column for each label"
    )
    add_progress(predict)


def run(options: argparse.Namespace) -> None:
    if options.names and options.numbering:
        options.command.error("--numbering is of label numbers, but --names asks for names")
    check_outputs(
        options.command,
        [options.output, options.probabilities, options.log],
        [options.model, options.sample_submission, options.data / "train.csv"],
    )
    with shown_progress(options) as progress:
        _predict(options)
        say_where(progress)


def _predict(options: argparse.Namespace) -> None:
    from ..datasets import (
        find_image_frame,
        read_ids,
        write_named_predictions,
        write_predictions,
        write_probabilities,
    )

    sample = options.sample_submission
    numbered = not options.names and bool(options.submission or sample or options.numbering)
    pipe = load_pipeline(options.model)
    names, year = pipe.classifier.label_names_.tolist(), None
    if numbered:
        names, year = label_names_of(pipe, options.numbering)
    images = find_image_frame(
        options.data,
        read_ids(sample) if sample else None,
        channels=channels_of(pipe),
        on_error=options.on_error,
        source=sample,
        **folder_keywords(options),
    )
    labels, proba, readable = predictions(pipe, images, options)
    images = images[readable]
    predicted = f"Predicted {plural(images, 'image')}"
    if numbered:
        write_predictions(options.output, images.index, labels, names, options.numbering)
        tell(f"{predicted}, labels numbered as in {year}: {options.output}")
    else:
        write_named_predictions(options.output, images.index, labels, proba, names)
        tell(f"{predicted}, {plural(names, 'label')} by name: {options.output}")
    if options.probabilities:
        write_probabilities(options.probabilities, images.index, proba, names)
        tell(f"Probabilities of each label: {options.probabilities}")
