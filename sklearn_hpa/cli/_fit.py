"""The command ``fit``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sklearn_hpa

from .._common.messages import did_you_mean, plural
from . import _arguments as arguments
from ._cache import cached_rows
from ._data import add_csv, add_data, check_labelled, label_files
from ._files import check_outputs
from ._models import channels_of
from ._output import tell
from ._resume import remove_checkpoint, resumable
from ._rows import progress, say_where

if TYPE_CHECKING:
    from ..pipeline import HPAPipeline

#: Names of the vectorisers by their values of ``--features``.
_VECTORISERS = {
    public.features: name for name, public in sklearn_hpa._PUBLIC.items() if public.features
}


def add_fit(add: arguments.AddCommand) -> None:
    """Add the command to the program."""
    fit = add("fit", run, "Train on a folder of images and save the model.")
    add_data(fit)
    add_csv(fit)
    fit.add_argument("--output", type=Path, required=True, metavar="MODEL", help="a .skops file")
    fit.add_argument("--labels", default="all", help="all, present, or names separated by commas")
    fit.add_argument(
        "--features",
        choices=list(_VECTORISERS),
        default="pixels",
        help="the row of an image: its pixels (the default), or measures of its pattern",
    )
    fit.add_argument(
        "--size",
        type=arguments.count,
        help="side of the images in pixels (default: 64 for pixels, 256 for patterns)",
    )
    fit.add_argument(
        "--channels", type=arguments.channel_names, help="such as red,green,blue (pixels' default)"
    )
    fit.add_argument("--hidden-layer-sizes", type=arguments.counts, help="such as 32,64,128,256")
    fit.add_argument("--max-epochs", type=arguments.count)
    fit.add_argument("--batch-size", type=arguments.count)
    fit.add_argument("--lr", type=arguments.positive, help="learning rate")
    fit.add_argument("--device", help="auto, cpu, cuda or cuda:<number>")
    fit.add_argument("--seed", type=arguments.seed, help="makes the result reproducible")
    fit.add_argument(
        "--resume",
        action="store_true",
        help="keep a checkpoint in MODEL.checkpoint while training, and continue from one that is "
        "there: start long trainings with it, and repeat the command after a crash",
    )
    fit.add_argument(
        "--set",
        action="append",
        default=[],
        type=arguments.assignment,
        metavar="STEP__PARAM=VALUE",
        help="any other parameter, such as classifier__dropout=0.1; may be repeated",
    )


def run(options: argparse.Namespace) -> None:
    from .. import HPAPipeline, save
    from ..datasets import load_hpa

    given = {
        "images__size": options.size,
        "classifier__hidden_layer_sizes": options.hidden_layer_sizes,
        "classifier__max_epochs": options.max_epochs,
        "classifier__batch_size": options.batch_size,
        "classifier__lr": options.lr,
        "classifier__device": options.device,
        "classifier__random_state": options.seed,
    }
    pipe = HPAPipeline(images=getattr(sklearn_hpa, _VECTORISERS[options.features])())
    known = pipe.get_params()
    if "images__channels" in known:
        given["images__channels"] = options.channels
    for name, _ in options.set:
        if name not in known:
            options.command.error(f"no parameter {name}{did_you_mean(name, known)}")
    pipe.set_params(**{name: value for name, value in given.items() if value is not None})
    pipe.set_params(**dict(options.set))
    check_outputs(options.command, [options.output], label_files(options))

    labels = options.labels
    data = load_hpa(
        options.data,
        options.csv,
        channels=channels_of(pipe) or options.channels,
        labels=labels if labels in ("all", "present") else arguments.words(labels),
        on_error=options.on_error,
    )
    check_labelled(data, options)
    with (
        progress(pipe, options.jobs),
        cached_rows(pipe, options) as cache,
        resumable(pipe, options.output, options.resume),
    ):
        n_images = _train(pipe, data.images, data.target, options.on_error)
    save(pipe, options.output)
    if options.resume and not options.interrupted:
        remove_checkpoint(options.output)
    classifier = pipe.classifier
    tell(
        f"Trained on {plural(n_images, 'image')} with {plural(data.label_names, 'label')} "
        f"for {classifier.n_iter_} epochs; saved {options.output}"
    )
    say_where(cache)
    if options.resume and options.interrupted:
        tell("The same command continues the training.")


def _train(pipe: HPAPipeline, images: Any, target: Any, on_error: str) -> int:
    """Fit a pipeline, without the unreadable images if wanted; return the number of images."""
    if on_error != "warn":
        pipe.fit(images, target)
        return len(images)
    pipe._check_before_fit(images, target, {})
    reader: Any = pipe.images
    vectors, readable = reader.fit_transform_readable(images)
    pipe.classifier.fit(vectors, target[readable])
    return len(vectors)
