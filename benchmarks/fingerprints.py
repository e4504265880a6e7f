"""Do two versions give the same numbers? Digests of predictions, feature matrices and scores.

Run it on both versions and compare::

    python benchmarks/fingerprints.py FOLDER before.json
    python benchmarks/fingerprints.py FOLDER after.json --against before.json

FOLDER holds labelled images (``hpa-cells``). Only the public API is used, so that the script runs
on any version. A digest is the SHA-256 of an array's bytes, shape and dtype: equal digests are
equal to the last bit. Calibrated probabilities are kept as numbers and compared within 1e-8.
"""

from __future__ import annotations

import argparse
import json
import warnings
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier

from sklearn_hpa import (
    HPAPipeline,
    ImageFlattener,
    MultiLabelCalibratedClassifier,
    MultiLabelMLPClassifier,
    MultiLabelThresholdClassifier,
    PatternFeatures,
)
from sklearn_hpa.callbacks import EpochScores
from sklearn_hpa.datasets import load_hpa, make_hpa_images
from sklearn_hpa.metrics import SCORERS, label_report, multilabel_report
from sklearn_hpa.model_selection import (
    MultiLabelStratifiedGroupKFold,
    MultiLabelStratifiedKFold,
    MultiLabelStratifiedShuffleSplit,
    multilabel_train_test_split,
)

TOLERANCE = 1e-8


def digest(array: object) -> str:
    array = np.ascontiguousarray(array)
    content = array.tobytes() if array.dtype != object else repr(array.tolist()).encode()
    return sha256(f"{array.shape} {array.dtype}".encode() + content).hexdigest()


def table_digest(table: pd.DataFrame) -> str:
    names = f"{table.index.tolist()} {table.columns.tolist()}"
    return digest(np.array([digest(table.to_numpy()), names]))


def collect(folder: Path, n_images: int) -> dict[str, object]:
    found: dict[str, object] = {}
    X, y = load_hpa(folder, labels="present", return_X_y=True)
    groups = pd.read_csv(folder / "groups.csv").set_index("Id").loc[X.index, "Group"].to_numpy()
    found["labels"] = table_digest(y)
    X, y, groups = X[:n_images], y[:n_images], groups[:n_images]

    patterns = PatternFeatures(n_jobs=2)
    features = patterns.fit_transform(X)
    found["patterns"] = digest(features)
    found["pattern names"] = digest(patterns.get_feature_names_out())
    few = X[:20]
    options = {
        "128": {"size": 128},
        "no nucleus": {"nucleus": None},
        "families": {"families": ["texture", "ratio", "cells"]},
        "red is the protein": {"protein": "red", "references": ["green"]},
    }
    for name, given in options.items():
        found[f"patterns, {name}"] = digest(PatternFeatures(**given).fit_transform(few))
    pixels = ImageFlattener(size=48).fit_transform(X)
    found["pixels"] = digest(pixels)
    found["pixels, native"] = digest(
        ImageFlattener(size=None, channels=["yellow"]).fit_transform(few)
    )
    synthetic, synthetic_y = make_hpa_images(12, size=64, random_state=3)
    found["synthetic images"] = digest(synthetic)
    found["synthetic labels"] = table_digest(synthetic_y)
    found["pixels, arrays"] = digest(ImageFlattener(size=20).fit_transform(synthetic))
    found["patterns, arrays"] = digest(PatternFeatures(size=64).fit_transform(synthetic))
    for kind in sorted(path for path in (folder.parent / "formats").iterdir() if path.is_dir()):
        try:
            images = load_hpa(kind, on_error="warn").images
            found[f"format {kind.name}"] = digest(
                ImageFlattener(size=40, channels=list(images.columns)).fit_transform(images)
            )
        except ValueError as error:
            found[f"format {kind.name}"] = str(error).replace(str(folder.parent), "")

    weight = np.random.RandomState(0).uniform(0.5, 2, len(y))
    fits = {
        "features": (features, {"max_epochs": 8}, {}),
        "features, bce": (features, {"max_epochs": 5, "loss": "bce"}, {}),
        "features, weights": (features, {"max_epochs": 4}, {"sample_weight": weight}),
        "pixels": (pixels, {"max_epochs": 6}, {"groups": groups}),
        "pixels, focal": (pixels, {"max_epochs": 3, "loss": "focal", "dropout": 0.2}, {}),
        "pixels, asymmetric": (
            pixels,
            {"max_epochs": 3, "loss": "asymmetric", "class_weight": "balanced"},
            {"sample_weight": weight},
        ),
        "pixels, sgd": (pixels, {"max_epochs": 2, "optimizer": "sgd", "lr": 0.01}, {}),
    }
    for name, (rows, given, fitting) in fits.items():
        classifier = MultiLabelMLPClassifier(**given, random_state=0).fit(rows, y, **fitting)
        found[f"probabilities, {name}"] = digest(classifier.predict_proba(rows))
        found[f"labels, {name}"] = digest(classifier.predict(rows))
        found[f"history, {name}"] = table_digest(classifier.history_.drop(columns="duration"))
    scored = MultiLabelMLPClassifier(
        max_epochs=3,
        early_stopping=True,
        callbacks=[EpochScores(["f1_macro", "multilabel_log_loss"])],
        random_state=1,
    ).fit(features, y)
    found["history, scored"] = table_digest(scored.history_.drop(columns="duration"))
    portions = MultiLabelMLPClassifier(random_state=0)
    for start in range(0, len(y), 64):
        portions.partial_fit(features[start : start + 64], y[start : start + 64])
    found["probabilities, portions"] = digest(portions.predict_proba(features))
    classes = y.to_numpy().argmax(axis=1)
    one_of_many = MultiLabelMLPClassifier(max_epochs=3, random_state=0).fit(features, classes)
    found["probabilities, classes"] = digest(one_of_many.predict_proba(features))

    plain = MultiOutputClassifier(LogisticRegression(max_iter=200))
    standard = (features - features.mean(axis=0)) / (features.std(axis=0) + 1)
    for strategy in ("prevalence", "f1", "proportional_accuracy"):
        tuned = MultiLabelThresholdClassifier(plain, strategy, random_state=0)
        tuned.fit(standard, y, groups=groups)
        found[f"thresholds, {strategy}"] = digest(tuned.thresholds_)
    forest = RandomForestClassifier(20, random_state=0)
    for method in ("sigmoid", "isotonic"):
        for name, estimator in {"logistic": plain, "forest": forest}.items():
            calibrated = MultiLabelCalibratedClassifier(estimator, method, random_state=0)
            proba = calibrated.fit(standard, y).predict_proba(standard)
            found[f"calibrated, {method}, {name}"] = proba.ravel().tolist()

    model = MultiLabelMLPClassifier(max_epochs=5, random_state=0).fit(features, y)
    proba = model.predict_proba(features)
    labels = model.predict(features)
    found["report"] = table_digest(multilabel_report(y, labels, proba))
    found["label report"] = table_digest(label_report(y, labels, proba))
    for name, scorer in SCORERS.items():
        found[f"score, {name}"] = float(scorer(model, features, y)).hex()

    splits = {
        "folds": MultiLabelStratifiedKFold(4, shuffle=True, random_state=0).split(X, y),
        "group folds": MultiLabelStratifiedGroupKFold(4).split(X, y, groups),
        "shuffle": MultiLabelStratifiedShuffleSplit(3, random_state=0).split(X, y, groups),
    }
    for name, parts in splits.items():
        rows = [row for part in parts for side in part for row in side]
        found[f"split, {name}"] = digest(np.array(rows))
    found["split, once"] = table_digest(multilabel_train_test_split(X, y, random_state=0)[3])
    pipe = HPAPipeline(
        images=ImageFlattener(size=24),
        classifier=MultiLabelMLPClassifier((16,), max_epochs=3, random_state=0),
    )
    found["probabilities, pipeline"] = digest(pipe.fit(X, y).predict_proba(X))
    return found


def differences(now: dict[str, object], before: dict[str, object]) -> list[str]:
    differing = []
    for name in {**before, **now}:
        mine, other = now.get(name), before.get(name)
        if isinstance(mine, list) and isinstance(other, list) and len(mine) == len(other):
            largest = np.abs(np.subtract(mine, other)).max()
            print(f"{name}: differs by at most {largest:.1e}")
            if largest > TOLERANCE:
                differing.append(name)
        elif mine != other:
            differing.append(name)
    return differing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--images", type=int, default=400)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    found = collect(options.folder, options.images)
    options.output.write_text(json.dumps(found, indent=1))
    print(f"{len(found)} results")
    if options.against is None:
        return 0
    differing = differences(found, json.loads(options.against.read_text()))
    for name in differing:
        print(f"DIFFERENT: {name}")
    print(f"{len(found) - len(differing)} of {len(found)} are the same")
    return bool(differing)


if __name__ == "__main__":
    raise SystemExit(main())
