"""The command ``info``."""

from __future__ import annotations

import argparse
import json
import math
from hashlib import sha256
from pathlib import Path
from typing import Any

from .._common.messages import plural
from . import _arguments as arguments
from ._build import features_of
from ._models import load_pipeline, network_of
from ._output import tell
from ._study import show_table


def add_info(add: arguments.AddCommand) -> None:
    """Add the command to the program."""
    info = add("info", run, "Describe a model file: labels, features, scores, versions, hash.")
    info.add_argument("model", type=Path)
    info.add_argument("--json", action="store_true", help="print JSON, for programs")


def run(options: argparse.Namespace) -> None:
    described = describe(options.model)
    if options.json:
        tell(json.dumps(_finite(described), indent=1, allow_nan=False))
    else:
        for line in _lines(described):
            tell(line)


def describe(path: Path) -> dict[str, Any]:
    """Return everything about a model file as plain data.

    The weights are read as arrays. No network of torch is built.

    Raises
    ------
    FileNotFoundError, TypeError, ValueError
        If there is no file, or it holds no fitted pipeline with label names.
    """
    from ..persistence import read_record

    versions, record = read_record(path)
    pipe = load_pipeline(path)
    network = network_of(pipe)
    described: dict[str, Any] = {
        "file": str(path),
        "bytes": path.stat().st_size,
        "sha256": _digest(path),
        "labels": pipe.classifier.label_names_.tolist(),
        "features": features_of(pipe.images),
        "n_features": getattr(network, "n_features_in_", None),
        "channels": list(getattr(pipe.images, "channels_", [])) or None,
        "size": getattr(pipe.images, "size", None),
        "network": None,
        "thresholds": None,
        "calibration": None,
        "versions": versions,
        "training": record,
    }
    trained = getattr(network, "_network", None)
    if trained is not None:
        described["network"] = {
            "hidden_layer_sizes": list(trained.architecture.get("hidden_layer_sizes") or ()),
            "n_weights": sum(int(array.size) for array in trained.weights.values()),
            "n_epochs": len(trained.epochs),
            "loss": _loss(network, trained),
        }
    part: Any = pipe.classifier
    while part is not None:
        if hasattr(part, "thresholds_"):
            thresholds = dict(zip(described["labels"], part.thresholds_.tolist(), strict=True))
            described["thresholds"] = {"strategy": str(part.strategy), "of_label": thresholds}
        if hasattr(part, "calibrators_"):
            described["calibration"] = {
                "method": part.method,
                "uncalibrated_labels": part.uncalibrated_labels_.tolist(),
            }
        part = getattr(part, "estimator_", None)
    return described


def _loss(network: Any, trained: Any) -> str:
    """Return the loss that a network was trained with, where "auto" depends on the features."""
    if trained.label_sets is not None:
        return "label_sets"
    return "bce" if network.loss == "auto" else str(network.loss)


def _lines(described: dict[str, Any]) -> list[str]:
    labels, network, training = (described[name] for name in ("labels", "network", "training"))
    lines = [
        f"{described['file']}: {described['bytes']:,} bytes",
        f"sha256      {described['sha256']}",
        f"labels      {len(labels)}: {', '.join(labels)}",
    ]
    features = str(described["features"])
    if described["n_features"] is not None:
        features += f", {plural(described['n_features'], 'column')}"
    if described["channels"]:
        features += f", of {', '.join(described['channels'])}"
    if described["size"] is not None:
        features += f", images of size {described['size']}"
    lines.append(f"features    {features}")
    if network is not None:
        sizes = [described["n_features"], *network["hidden_layer_sizes"], len(labels)]
        lines.append(
            f"network     {' - '.join(map(str, sizes))}, {network['n_weights']:,} weights, "
            f"{network['n_epochs']} epochs, loss {network['loss']}"
        )
    if described["thresholds"] is not None:
        of_label = described["thresholds"]["of_label"].items()
        shown = ", ".join(f"{name} {threshold:.3f}" for name, threshold in of_label)
        lines.append(f"thresholds  {described['thresholds']['strategy']}: {shown}")
    if described["calibration"] is not None:
        without = described["calibration"]["uncalibrated_labels"]
        shown = f", but not {', '.join(without)}" if without else ""
        lines.append(f"calibrated  {described['calibration']['method']}{shown}")
    versions = [f"{name} {version}" for name, version in described["versions"].items()]
    lines.append(f"versions    {', '.join(versions) or 'not recorded'}")
    return [*lines, *_lines_of_training(training)]


def _lines_of_training(training: Any) -> list[str]:
    if training is None:
        return ["training    not recorded: sklearn-hpa fit records it, and Python's save does not"]
    import pandas as pd

    try:
        groups, seed = training["n_groups"], training["seed"]
        shown = f"{training['date']}, on {plural(int(training['n_images']), 'image')}"
        shown += "" if groups is None else f" in {plural(int(groups), 'group')}"
        shown += ", without a seed" if seed is None else f", seed {int(seed)}"
        lines = [f"trained     {shown}"]
        if training["scores"] is None:
            return [*lines, "scores      none: fit had neither --cv nor --test-size"]
        scores = pd.DataFrame(training["scores"]["table"], dtype=float)
        return [*lines, f"scores      {training['scores']['of']}", show_table(scores)]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ValueError(f"the record of the training is damaged ({error!r})") from error


def _finite(value: Any) -> Any:
    """Return plain data with None instead of the numbers that JSON lacks."""
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _digest(path: Path) -> str:
    digest = sha256()
    with open(path, "rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()
