"""The command line: parses, calls the library, prints."""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from . import __version__

if TYPE_CHECKING:
    from .pipeline import HPAPipeline

DEMO_IMAGES = 600
DEMO_EPOCHS = 60


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    0 is success, 1 an input that cannot be used (one line on stderr says which), 2 a wrong use
    of the command, 130 an interrupt.
    """
    parser = _make_parser()
    options = parser.parse_args(arguments)

    def show_warning(message: Warning, *_: Any, **__: Any) -> None:
        print(f"{options.prog}: warning: {message}", file=sys.stderr)

    try:
        with warnings.catch_warnings():
            warnings.showwarning = show_warning
            options.run(options)
    except (ValueError, TypeError, OSError, MemoryError) as error:
        print(f"{options.prog}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as error:
        print(f"{options.prog}: interrupted {error}".rstrip(), file=sys.stderr)
        return 130
    return 0


def _make_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="sklearn-hpa",
        description="Where in the cell is the protein? Multi-label classification of Human "
        "Protein Atlas images.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, run: Any, summary: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(run=run, prog=command.prog, command=command)
        return command

    demo = add("demo", _demo, "Draw synthetic cells, then train, score, save and predict.")
    demo.add_argument(
        "folder", nargs="?", default="hpa-demo", type=Path, help="to write to (default: hpa-demo)"
    )
    demo.add_argument("--images", type=_count, default=DEMO_IMAGES, help="how many to draw")
    demo.add_argument("--seed", type=int, default=0)
    demo.add_argument("--jobs", type=int, default=-1)

    fit = add("fit", _fit, "Train on a folder of images and save the model.")
    _add_data(fit)
    fit.add_argument("--output", type=Path, required=True, metavar="MODEL", help="a .skops file")
    fit.add_argument("--labels", default="all", help="all, present, or names separated by commas")
    fit.add_argument("--size", type=_count, help="side of the images in pixels (default: 64)")
    fit.add_argument("--channels", type=_words, help="such as red,green,blue (the default)")
    fit.add_argument("--hidden-layer-sizes", type=_counts, help="such as 32,64,128,256")
    fit.add_argument("--max-epochs", type=_count)
    fit.add_argument("--batch-size", type=_count)
    fit.add_argument("--lr", type=float, help="learning rate")
    fit.add_argument("--device", help="auto, cpu, cuda or cuda:<number>")
    fit.add_argument("--seed", type=int, help="makes the result reproducible")
    fit.add_argument(
        "--set",
        action="append",
        default=[],
        type=_assignment,
        metavar="STEP__PARAM=VALUE",
        help="any other parameter, such as classifier__dropout=0.1; may be repeated",
    )

    evaluate = add("evaluate", _evaluate, "Score a model on a folder of labelled images.")
    evaluate.add_argument("model", type=Path)
    _add_data(evaluate)
    evaluate.add_argument("--output", type=Path, metavar="CSV", help="write the report here too")

    predict = add("predict", _predict, "Predict the labels of a folder of images.")
    predict.add_argument("model", type=Path)
    _add_data(predict)
    predict.add_argument("--output", type=Path, required=True, metavar="CSV", help="Id,Predicted")
    predict.add_argument(
        "--sample-submission", type=Path, metavar="CSV", help="its Ids, in its order"
    )
    predict.add_argument(
        "--probabilities", type=Path, metavar="CSV", help="Id and a column for each label"
    )
    return parser


def _add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument("data", type=Path, help="folder of {Id}_{channel}.png or alike")
    command.add_argument("--csv", type=Path, help="labels (default: train.csv in or beside data)")
    command.add_argument(
        "--on-error",
        choices=["raise", "warn"],
        default="raise",
        help="warn: leave incomplete images out",
    )
    command.add_argument("--jobs", type=int, default=-1, help="images read at once (default: all)")


def _count(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a positive whole number, got {text!r}")
    return number


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _counts(text: str) -> tuple[int, ...]:
    return tuple(_count(word) for word in _words(text))


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"expected STEP__PARAM=VALUE, got {text!r}")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


def _demo(options: argparse.Namespace) -> None:
    from .datasets import make_hpa_images, save_hpa

    folder = options.folder
    if folder.exists():
        raise FileExistsError(f"{folder} exists already; name another folder for the demo")
    print(f"Drawing {options.images} images of synthetic cells in {folder} ...")
    images, y = make_hpa_images(
        options.images, n_labels=6, n_cells=1, size=128, random_state=options.seed
    )
    n_train = options.images * 3 // 4
    save_hpa(folder / "train", images[:n_train], y[:n_train])
    save_hpa(folder / "test", images[n_train:], y[n_train:])
    jobs = ["--jobs", str(options.jobs)]
    model = str(folder / "model.skops")
    for command in (
        ["fit", str(folder / "train"), "--output", model, "--seed", str(options.seed)]
        + ["--labels", "present", "--max-epochs", str(DEMO_EPOCHS)],
        ["evaluate", model, str(folder / "test"), "--output", str(folder / "report.csv")],
        ["predict", model, str(folder / "test"), "--output", str(folder / "predictions.csv")],
    ):
        print(f"\n$ sklearn-hpa {' '.join(command)}")
        stage = _make_parser().parse_args([*command, *jobs])
        stage.run(stage)
    print(f"\nThe images, the model, its report and its predictions are in {folder}.")
    print("Read the report's column 'model' beside its floors: flat pixels are a weak baseline.")


def _fit(options: argparse.Namespace) -> None:
    from . import HPAPipeline, save
    from .datasets import load_hpa

    given = {
        "images__size": options.size,
        "images__channels": options.channels,
        "classifier__hidden_layer_sizes": options.hidden_layer_sizes,
        "classifier__max_epochs": options.max_epochs,
        "classifier__batch_size": options.batch_size,
        "classifier__lr": options.lr,
        "classifier__device": options.device,
        "classifier__random_state": options.seed,
    }
    pipe = HPAPipeline()
    known = pipe.get_params()
    for name, _ in options.set:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            options.command.error(f"no parameter {name}{hint}")
    pipe.set_params(**{name: value for name, value in given.items() if value is not None})
    pipe.set_params(**dict(options.set))
    _check_writable(options.output)

    labels = options.labels
    data = load_hpa(
        options.data,
        options.csv,
        channels=_channels(pipe),
        labels=labels if labels in ("all", "present") else _words(labels),
        on_error=options.on_error,
    )
    _check_labelled(data, options)
    with _progress(pipe, options.jobs):
        pipe.fit(data.images, data.target)
    save(pipe, options.output)
    classifier = pipe.classifier
    print(
        f"Trained on {len(data.images)} images and {len(data.label_names)} labels for "
        f"{classifier.n_iter_} epochs; saved {options.output}"
    )


def _evaluate(options: argparse.Namespace) -> None:
    from .atomic import replacing
    from .datasets import load_hpa
    from .metrics import multilabel_report

    pipe = _load_pipeline(options.model)
    _check_writable(options.output)
    data = load_hpa(
        options.data,
        options.csv,
        channels=_channels(pipe),
        labels=pipe.classifier.label_names_.tolist(),
        on_error=options.on_error,
    )
    _check_labelled(data, options)
    labels, proba = _predictions(pipe, data.images, options.jobs)
    report = multilabel_report(data.target, labels, proba)
    print(report.to_string(float_format="{:.3f}".format, na_rep="-"))
    if options.output:
        with replacing(options.output) as temporary:
            report.to_csv(temporary)


def _predict(options: argparse.Namespace) -> None:
    from .datasets import load_hpa
    from .datasets._submission import read_ids, write_predictions, write_probabilities

    pipe = _load_pipeline(options.model)
    _check_writable(options.output)
    _check_writable(options.probabilities)
    images = load_hpa(
        options.data, options.csv, channels=_channels(pipe), on_error=options.on_error
    ).images
    if options.sample_submission:
        images = images.loc[read_ids(options.sample_submission, images.index)]
    labels, proba = _predictions(pipe, images, options.jobs)
    names = pipe.classifier.label_names_.tolist()
    write_predictions(options.output, images.index, labels, names)
    print(f"Predicted {len(images)} images; wrote {options.output}")
    if options.probabilities:
        write_probabilities(options.probabilities, images.index, proba, names)
        print(f"Wrote their probabilities to {options.probabilities}")


def _load_pipeline(path: Path) -> HPAPipeline:
    from . import HPAPipeline, load

    pipe = load(path)
    if not isinstance(pipe, HPAPipeline) or not hasattr(pipe.classifier, "label_names_"):
        raise TypeError(
            f"{path} holds a {type(pipe).__name__}; expected an HPAPipeline fitted on named labels"
        )
    return pipe


def _channels(pipe: HPAPipeline) -> Sequence[str] | None:
    return pipe.get_params().get("images__channels")


def _predictions(pipe: HPAPipeline, images: Any, jobs: int) -> tuple[Any, Any]:
    with _progress(pipe, jobs):
        vectors = pipe[:-1].transform(images)
    return pipe.classifier.predict(vectors), pipe.classifier.predict_proba(vectors)


@contextmanager
def _progress(pipe: HPAPipeline, jobs: int) -> Iterator[None]:
    """Read images in parallel and, on a terminal, show it; leave no trace in the pipeline."""
    during = {
        "images__n_jobs": jobs,
        "images__verbose": sys.stderr.isatty(),
        "classifier__verbose": int(sys.stderr.isatty() and sys.stdout.isatty()),
    }
    before = pipe.get_params()
    during = {name: value for name, value in during.items() if name in before}
    pipe.set_params(**during)
    try:
        yield
    finally:
        pipe.set_params(**{name: before[name] for name in during})


def _check_writable(path: Path | None) -> None:
    if path is None:
        return
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file to write")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"cannot write {path}: the folder {path.parent} does not exist")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"cannot write {path}: the folder {path.parent} is read-only")


def _check_labelled(data: Any, options: argparse.Namespace) -> None:
    if data.target is None:
        raise FileNotFoundError(
            f"no labels: expected train.csv in {options.data} or beside it, or --csv FILE"
        )
