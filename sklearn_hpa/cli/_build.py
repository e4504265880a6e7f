"""The pipeline that ``fit`` trains: its parameters, its thresholds and its calibration."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import sklearn_hpa

from .._common.messages import did_you_mean
from . import _arguments as arguments

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.base import BaseEstimator

    from ..pipeline import HPAPipeline

#: Names of the vectorisers by their values of ``--features``; the default is the first choice.
_VECTORISERS = {
    public.features: name for name, public in sklearn_hpa._PUBLIC.items() if public.features
}
DEFAULT_FEATURES = "patterns"


def add_parameters(fit: argparse.ArgumentParser) -> None:
    """Add the options of the parameters of the pipeline to a command."""
    group = fit.add_argument_group("model")
    group.add_argument(
        "--features",
        type=arguments.one_of(_VECTORISERS),
        metavar=f"{{{','.join(_VECTORISERS)}}}",
        default=DEFAULT_FEATURES,
        help=f"the row of an image (default: {DEFAULT_FEATURES}, measures of the pattern of the "
        "protein)",
    )
    group.add_argument(
        "--size",
        type=arguments.count,
        help="side of the images in pixels (default: 256 for patterns, 64 for pixels)",
    )
    group.add_argument(
        "--channels",
        type=arguments.channel_names,
        help="such as green,blue (default: all channels for patterns, red,green,blue for pixels)",
    )
    group.add_argument(
        "--thresholds",
        type=arguments.thresholds,
        metavar="STRATEGY",
        help="tune the threshold of each label on held-out parts of the training images: "
        "prevalence, f1, or a metric of label sets such as exact_match_accuracy; or one number "
        "for all labels (default: none, the threshold 0.5)",
    )
    group.add_argument(
        "--calibrate",
        action="store_true",
        help="calibrate the probabilities on held-out parts of the training images",
    )
    group.add_argument("--hidden-layer-sizes", type=arguments.counts, help="such as 256,256")
    group.add_argument("--max-epochs", type=arguments.count)
    group.add_argument("--batch-size", type=arguments.count)
    group.add_argument("--lr", type=arguments.positive, help="learning rate")
    group.add_argument("--device", help="auto, cpu, cuda or cuda:<number>")
    group.add_argument(
        "--seed",
        type=arguments.seed,
        help="random seed of the training and of every split; makes the result reproducible. "
        "Without it, the split of the images is still the same each time",
    )
    group.add_argument(
        "--set",
        action="append",
        default=[],
        type=arguments.assignment,
        metavar="STEP__PARAM=VALUE",
        help="any other parameter, such as classifier__dropout=0.1, thresholds__shrinkage=0 or "
        "calibration__method=isotonic; may be repeated",
    )


def build_pipeline(options: argparse.Namespace) -> HPAPipeline:
    """Return the pipeline of the options, with the plain network as its classifier."""
    from .. import HPAPipeline

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
    around = {
        f"{prefix}__{name}": (prefix, name)
        for prefix, wrapper in _wrappers(pipe.classifier, options)
        for name in wrapper.get_params(deep=False)
        if name != "estimator"
    }
    for name, _ in options.set:
        if name not in known and name not in around:
            hint = did_you_mean(name, [*known, *around])
            for prefix, option in (("thresholds", "--thresholds"), ("calibration", "--calibrate")):
                if name.startswith(f"{prefix}__") and not hint:
                    hint = f"; it needs {option}"
            options.command.error(f"no parameter {name}{hint}")
    pipe.set_params(**{name: value for name, value in given.items() if value is not None})
    pipe.set_params(**{name: value for name, value in options.set if name in known})
    return pipe


def features_of(images: Any) -> str:
    """Return the value of ``--features`` for an images step, or the name of its class."""
    name = type(images).__name__
    return next((word for word, known in _VECTORISERS.items() if known == name), name)


def wrap_classifier(pipe: HPAPipeline, options: argparse.Namespace) -> None:
    """Put the classifier of a pipeline into the meta-estimators of the options.

    Thresholds are tuned on calibrated probabilities, so they are outside.
    """
    for prefix, wrapper in _wrappers(pipe.classifier, options):
        wrapper.set_params(
            **{
                name.removeprefix(f"{prefix}__"): value
                for name, value in options.set
                if name.startswith(f"{prefix}__")
            }
        )
        wrapper.set_params(estimator=pipe.classifier)
        pipe.classifier = wrapper


def _wrappers(
    classifier: BaseEstimator, options: argparse.Namespace
) -> list[tuple[str, BaseEstimator]]:
    """Return the meta-estimators of the options by their prefix in ``--set``, the inner first."""
    from .. import MultiLabelCalibratedClassifier, MultiLabelThresholdClassifier

    wrappers: list[tuple[str, Any]] = []
    if options.calibrate:
        calibrated = MultiLabelCalibratedClassifier(classifier, random_state=options.seed)
        wrappers.append(("calibration", calibrated))
    if options.thresholds is not None:
        tuned = MultiLabelThresholdClassifier(
            classifier, options.thresholds, random_state=options.seed
        )
        wrappers.append(("thresholds", tuned))
    return wrappers


def check_inner_folds(
    options: argparse.Namespace,
    splits: Sequence[tuple[np.ndarray, np.ndarray]],
    target: pd.DataFrame,
    groups: np.ndarray | None,
) -> None:
    """Refuse numbers of folds of thresholds and calibration that the training parts cannot have.

    Raises
    ------
    ValueError
        If a number is no whole number of at least 2, or a training part has fewer images or groups.
    """
    parts = [train for train, _ in splits] or [np.arange(len(target))]
    units = [len(part) if groups is None else len(set(groups[part])) for part in parts]
    left, unit = min(units), "images" if groups is None else "groups"
    given = dict(options.set)
    wrappers = [("calibration", options.calibrate), ("thresholds", options.thresholds is not None)]
    for prefix, used in reversed(wrappers):
        if not used:
            continue
        name = f"{prefix}__cv"
        n_folds = given.get(name, 5)
        if n_folds is None:
            n_folds = 5
        if type(n_folds) is not int or n_folds < 2:
            raise ValueError(f"--set {name}: expected a whole number from 2, got {n_folds!r}")
        if n_folds > left:
            raise ValueError(
                f"--set {name}={n_folds} needs as many {unit}, and a training part has {left}"
            )
        left -= -(-left // n_folds)


def count_trainings(classifier: Any) -> int:
    """Return how many networks a fit of a classifier trains."""
    if not hasattr(classifier, "estimator"):
        return 1
    inner = count_trainings(classifier.estimator)
    if not classifier._needs_held_out():
        return inner
    cv = classifier.cv
    n_folds = 5 if cv is None else cv if isinstance(cv, int) else cv.get_n_splits()
    return (n_folds + 1) * inner
