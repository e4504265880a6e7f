"""The commands of the command line program."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import sklearn_hpa

from .._common.estimators import parts_of
from .._common.messages import did_you_mean, plural
from ..exceptions import TrainingInterruptedWarning
from . import _arguments as arguments
from ._cache import add_cache, cached_rows
from ._demo import add_demo
from ._output import complain, discard, flush, is_terminal, streams_for_others, tell, write
from ._resume import remove_checkpoint, resumable

if TYPE_CHECKING:
    from ..pipeline import HPAPipeline

#: Names of the vectorisers by their values of ``--features``.
_VECTORISERS = {
    public.features: name for name, public in sklearn_hpa._PUBLIC.items() if public.features
}
#: Parameters that depend on a machine and not on the trained model, with their default values.
_OF_A_MACHINE = {"cache": None, "memmap": "auto", "memory": None, "n_jobs": None, "verbose": False}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        with suppress(OSError):
            write(file, message)
            flush()


def main(words: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    The exit codes are

    - 0: success,
    - 1: an input that cannot be used; a line on stderr explains the error,
    - 2: wrong usage of the command,
    - 130: an interrupt; an interrupted training is saved at its last state,
    - 141: a closed output, as in ``sklearn-hpa evaluate … | head``.

    Parameters
    ----------
    words : sequence of str, optional
        The arguments. By default ``sys.argv[1:]``.

    Returns
    -------
    int
        The exit code.
    """
    parser = _make_parser()
    options = parser.parse_args(words)

    def say(message: object) -> None:
        text = str(message).replace("on_error='warn'", "--on-error warn")
        complain(f"{options.prog}: {text}")

    warned: set[str] = set()
    interrupted: list[Warning] = []

    def show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
        if isinstance(message, TrainingInterruptedWarning):
            interrupted.append(message)
        if str(message) not in warned:
            warned.add(str(message))
            say(f"warning: {message}")

    try:
        with streams_for_others(), warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = show_warning
            options.interrupted = interrupted
            options.run(options)
            flush()
    except BrokenPipeError:
        discard(sys.stdout)
        return 141
    except (ValueError, TypeError, OSError) as error:
        say(_with_notes(error))
        return 1
    except Exception as error:
        say(f"{type(error).__name__}: {_with_notes(error)}")
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    return 130 if interrupted else 0


def _with_notes(error: Exception) -> str:
    return " ".join([str(error), *(f"({note})" for note in getattr(error, "__notes__", ()))])


def _make_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="sklearn-hpa",
        description="Where in the cell is the protein? Multi-label classification of Human "
        "Protein Atlas images.",
    )
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {sklearn_hpa.__version__}"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, run: Any, summary: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(run=run, prog=command.prog, command=command)
        return command

    add_demo(add)

    fit = add("fit", _fit, "Train on a folder of images and save the model.")
    _add_data(fit)
    _add_csv(fit)
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

    evaluate = add("evaluate", _evaluate, "Score a model on a folder of labelled images.")
    evaluate.add_argument("model", type=Path)
    _add_data(evaluate)
    _add_csv(evaluate)
    evaluate.add_argument("--output", type=Path, metavar="CSV", help="write the report here too")

    predict = add("predict", _predict, "Predict the labels of a folder of images.")
    predict.add_argument("model", type=Path)
    _add_data(predict)
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
    return parser


def _add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument("data", type=Path, help="folder of {Id}_{channel}.png or alike")
    command.add_argument(
        "--on-error",
        choices=["raise", "warn"],
        default="raise",
        help="warn: leave incomplete and damaged images out",
    )
    command.add_argument(
        "--jobs", type=arguments.jobs, help="images read at once (default: all processors)"
    )
    add_cache(command)


def _add_csv(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--csv", type=Path, help="labels (default: train.csv in data or next to it)"
    )


def _fit(options: argparse.Namespace) -> None:
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
    _check_outputs(options.command, [options.output], _label_files(options))

    labels = options.labels
    data = load_hpa(
        options.data,
        options.csv,
        channels=_channels(pipe) or options.channels,
        labels=labels if labels in ("all", "present") else arguments.words(labels),
        on_error=options.on_error,
    )
    _check_labelled(data, options)
    with (
        _progress(pipe, options.jobs),
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
    _say_where(cache)
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


def _evaluate(options: argparse.Namespace) -> None:
    from .._common.files import replacing
    from ..datasets import load_hpa
    from ..metrics import multilabel_report

    _check_outputs(options.command, [options.output], [options.model, *_label_files(options)])
    pipe = _load_pipeline(options.model)
    data = load_hpa(options.data, options.csv, channels=_channels(pipe), on_error=options.on_error)
    _check_labelled(data, options)
    names, _ = _label_names(pipe)
    _check_same_labels(names, data.target)
    labels, proba, readable, cache = _predictions(pipe, data.images, options)
    report = multilabel_report(data.target.loc[readable, names], labels, proba)
    tell(report.to_string(float_format="{:.3f}".format, na_rep="-"))
    tell("Baselines were computed from the test labels.")
    _say_where(cache)
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


def _predict(options: argparse.Namespace) -> None:
    from ..datasets import find_image_frame, read_ids, write_predictions, write_probabilities

    sample = options.sample_submission
    _check_outputs(
        options.command,
        [options.output, options.probabilities],
        [options.model, sample, options.data / "train.csv"],
    )
    pipe = _load_pipeline(options.model)
    names, year = _label_names(pipe, options.numbering)
    images = find_image_frame(
        options.data,
        read_ids(sample) if sample else None,
        channels=_channels(pipe),
        on_error=options.on_error,
        source=sample,
    )
    labels, proba, readable, cache = _predictions(pipe, images, options)
    images = images[readable]
    write_predictions(options.output, images.index, labels, names, options.numbering)
    tell(f"Predicted {plural(images, 'image')}, labels numbered as in {year}: {options.output}")
    if options.probabilities:
        write_probabilities(options.probabilities, images.index, proba, names)
        tell(f"Probabilities of each label: {options.probabilities}")
    _say_where(cache)


def _load_pipeline(path: Path) -> HPAPipeline:
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    from .. import HPAPipeline, load

    pipe = load(path)
    _forget_machine(pipe)
    if not isinstance(pipe, HPAPipeline):
        raise TypeError(f"{path} holds a {type(pipe).__name__}, expected an HPAPipeline")
    try:
        check_is_fitted(pipe.classifier)
    except NotFittedError:
        raise ValueError(f"{path} holds an HPAPipeline that is not fitted") from None
    if not hasattr(pipe.classifier, "label_names_") or pipe.classifier.classes_.ndim == 1:
        raise ValueError(
            f"{path} holds a model without label names; fit it on a DataFrame whose columns are "
            "label names, as load_hpa gives it"
        )
    return pipe


def _forget_machine(model: Any) -> None:
    """Reset the parameters of a model that were meant for another machine.

    A model file comes from elsewhere: it names no folder to write to, and no number of processors.
    """
    from sklearn.base import BaseEstimator

    for part in parts_of(model):
        if isinstance(part, BaseEstimator):
            vars(part).update(
                {name: value for name, value in _OF_A_MACHINE.items() if name in vars(part)}
            )


def _label_names(pipe: HPAPipeline, numbering: str | None = None) -> tuple[list[str], int]:
    """Return the labels of the model as spelled in their numbering, and the numbering's year."""
    from ..datasets import HPA_LABELS, number_labels

    numbers, labels = number_labels(pipe.classifier.label_names_.tolist(), numbering)
    return [labels[number] for number in numbers], 2018 if labels is HPA_LABELS else 2021


def _channels(pipe: HPAPipeline) -> Sequence[str] | None:
    """Return the channels of the images step: as fitted, else its parameter."""
    if hasattr(pipe.images, "channels_"):
        return pipe.images.channels_
    return pipe.get_params().get("images__channels")


def _predictions(
    pipe: HPAPipeline, images: Any, options: argparse.Namespace
) -> tuple[Any, Any, Any, str | None]:
    """Return label sets, probabilities, which images are readable, and the folder of the cache."""
    with _progress(pipe, options.jobs), cached_rows(pipe, options) as cache:
        found = _readable_vectors(pipe.images, images) if options.on_error == "warn" else None
        vectors, readable = found or (pipe[:-1].transform(images), slice(None))
    labels, proba = pipe.classifier.predict(vectors), pipe.classifier.predict_proba(vectors)
    return labels, proba, readable, cache


def _say_where(cache: str | None) -> None:
    if cache is not None:
        tell(f"Rows of the images are cached in {cache}")


def _readable_vectors(step: Any, images: Any) -> tuple[Any, Any] | None:
    """Return the vectors of the readable images, and which images these are.

    Return None for a step that cannot leave images out.
    """
    import numpy as np
    from sklearn.pipeline import FeatureUnion, Pipeline

    if hasattr(step, "transform_readable"):
        return step.transform_readable(images)
    if isinstance(step, FeatureUnion):
        parts = [_readable_vectors(part, images) for _, part in step.transformer_list]
        masks = [found[1] for found in parts if found is not None]
        if not masks:
            return None
        readable = np.logical_and.reduce(masks)
        return step.transform(images[readable]), readable
    found = _readable_vectors(step[0], images) if isinstance(step, Pipeline) else None
    if found is None or len(step) == 1:
        return found
    return step[1:].transform(found[0]), found[1]


@contextmanager
def _progress(pipe: HPAPipeline, jobs: int | None) -> Iterator[None]:
    """Read images in parallel and show progress on a terminal; restore the parameters after."""
    before = pipe.get_params()
    during = {}
    if "images__n_jobs" in before:
        during["images__n_jobs"] = jobs or before["images__n_jobs"] or -1
    if is_terminal(sys.stderr):
        during["images__verbose"] = True
        during["classifier__verbose"] = int(is_terminal(sys.stdout))
    during = {name: value for name, value in during.items() if name in before}
    pipe.set_params(**during)
    try:
        yield
    finally:
        pipe.set_params(**{name: before[name] for name in during})


def _label_files(options: argparse.Namespace) -> list[Path]:
    default = [options.data / "train.csv", options.data.parent / "train.csv"]
    return [options.csv] if options.csv else default


def _check_outputs(
    command: argparse.ArgumentParser, outputs: Sequence[Path | None], inputs: Sequence[Path | None]
) -> None:
    """Refuse an output that cannot be written or that is also an input or another output."""
    taken = [path.resolve() for path in inputs if path]
    for path in filter(None, outputs):
        if path.resolve() in taken:
            command.error(f"{path} is read, or named twice: it would be overwritten")
        taken.append(path.resolve())
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder; name a file to write")
        if path.exists() and not path.is_file():
            continue
        folder = path.resolve().parent
        if not folder.is_dir():
            raise FileNotFoundError(f"cannot write {path}: the folder {folder} does not exist")
        if not os.access(folder, os.W_OK):
            raise PermissionError(f"cannot write {path}: the folder {folder} is read-only")


def _check_labelled(data: Any, options: argparse.Namespace) -> None:
    if data.target is None:
        raise FileNotFoundError(
            f"no labels: expected train.csv in {options.data} or next to it, or --csv FILE"
        )
