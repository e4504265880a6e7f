"""The command ``predict``."""

from __future__ import annotations

import argparse
from pathlib import Path

from .._common.messages import plural
from . import _arguments as arguments
from ._data import add_data
from ._files import check_outputs
from ._models import channels_of, label_names_of, load_pipeline
from ._output import tell
from ._rows import predictions, say_where


def add_predict(add: arguments.AddCommand) -> None:
    """Add the command to the program."""
    predict = add("predict", run, "Predict the labels of a folder of images.")
    predict.add_argument("model", type=Path)
    add_data(predict)
    predict.add_argument("--output", type=Path, required=True, metavar="CSV", help="Id,Predicted")
    predict.add_argument(
        "--sample-submission", type=Path, metavar="CSV", help="its Ids, in its order"
    )
    predict.add_argument(
        "--numbering",
        choices=["2018", "2021"],
        help="of the labels (default: 2018 where it has all the names, else 2021)",
    )
    predict.add_argument(
        "--probabilities", type=Path, metavar="CSV", help="Id and a column for each label"
    )


def run(options: argparse.Namespace) -> None:
    from ..datasets import find_image_frame, read_ids, write_predictions, write_probabilities

    sample = options.sample_submission
    check_outputs(
        options.command,
        [options.output, options.probabilities],
        [options.model, sample, options.data / "train.csv"],
    )
    pipe = load_pipeline(options.model)
    names, year = label_names_of(pipe, options.numbering)
    images = find_image_frame(
        options.data,
        read_ids(sample) if sample else None,
        channels=channels_of(pipe),
        on_error=options.on_error,
        source=sample,
    )
    labels, proba, readable, cache = predictions(pipe, images, options)
    images = images[readable]
    write_predictions(options.output, images.index, labels, names, options.numbering)
    tell(f"Predicted {plural(images, 'image')}, labels numbered as in {year}: {options.output}")
    if options.probabilities:
        write_probabilities(options.probabilities, images.index, proba, names)
        tell(f"Probabilities of each label: {options.probabilities}")
    say_where(cache)
