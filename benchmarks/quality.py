"""Compare held-out quality on real data with baselines and other classifiers.

    python benchmarks/quality.py cells FOLDER   # images, train.csv, groups.csv (Id,Group)
    python benchmarks/quality.py table FOLDER   # features.csv, train.csv of 28 labels
    python benchmarks/quality.py paper FOLDER   # the paper's network and size: 83 / 9 cells

cells uses 5 folds and keeps groups whole. table uses 4 folds. Both stratify by label. The scores
use the out-of-fold predictions of all samples together, with one set of folds per seed. The output
is the median over the seeds, with the minimum and the maximum. Thresholds are chosen inside the
training folds only. After an interrupt, the finished scores are printed.
`--shuffle` gives every sample the labels of another one. A score above the baselines then means a
leak.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from sklearn_hpa import (
    ImageFlattener,
    MultiLabelMLPClassifier,
    MultiLabelThresholdClassifier,
    PatternFeatures,
)
from sklearn_hpa.datasets import load_hpa, read_labels
from sklearn_hpa.exceptions import TrainingInterruptedWarning
from sklearn_hpa.metrics import multilabel_report
from sklearn_hpa.model_selection import MultiLabelStratifiedGroupKFold, MultiLabelStratifiedKFold

METRICS = [
    "exact_match_accuracy",
    "proportional_accuracy",
    "f1_micro",
    "f1_macro",
    "average_precision_macro",
]
MakeModel = Callable[[int], Any]


def network(seed: int, **params: Any) -> MultiLabelMLPClassifier:
    return MultiLabelMLPClassifier(random_state=seed, device="cpu", **params)


def with_thresholds(
    seed: int, make_model: MakeModel, strategy: str
) -> MultiLabelThresholdClassifier:
    return MultiLabelThresholdClassifier(make_model(seed), strategy, cv=3, random_state=seed)


def ranked(seed: int, make_model: MakeModel) -> Any:
    """The model on features whose values are replaced by the quantiles of a normal distribution."""
    return make_pipeline(
        QuantileTransformer(n_quantiles=200, output_distribution="normal", random_state=seed),
        make_model(seed),
    )


def logistic_regression(seed: int) -> Any:
    one = LogisticRegression(C=0.01, max_iter=500, random_state=seed)
    return make_pipeline(StandardScaler(), OneVsRestClassifier(one))


def extra_trees(seed: int) -> Any:
    return ExtraTreesClassifier(300, min_samples_leaf=2, random_state=seed)


def gradient_boosting(seed: int) -> Any:
    one = HistGradientBoostingClassifier(
        max_iter=60, max_features=0.1, early_stopping=False, random_state=seed
    )
    return OneVsRestClassifier(one)


def scikit_learns_network(seed: int) -> Any:
    return MLPClassifier(max_iter=200, random_state=seed)


#: The compared models: name, kind of vectors, and a function that makes the model.
CELLS: list[tuple[str, str, MakeModel]] = [
    ("pixels 64x64, paper's network", "pixels", network),
    ("patterns, MLP", "patterns", network),
    (
        "patterns, MLP, thresholds 'exact_match_accuracy'",
        "patterns",
        partial(with_thresholds, make_model=network, strategy="exact_match_accuracy"),
    ),
    ("patterns, logistic regression", "patterns", logistic_regression),
    ("patterns, extra trees", "patterns", extra_trees),
    ("patterns, gradient boosting", "patterns", gradient_boosting),
]
#: Parameters for 15 features, chosen by cross-validation on the rows outside `confirmed_half`.
SMALL = {"lr": 1e-3, "max_epochs": 100, "dropout": 0.25, "weight_decay": 0.01}
small_network = partial(ranked, make_model=partial(network, **SMALL))
TABLE: list[tuple[str, str, MakeModel]] = [
    ("MLP", "features", small_network),
    (
        "MLP, thresholds 'prevalence'",
        "features",
        partial(with_thresholds, make_model=small_network, strategy="prevalence"),
    ),
    (
        "MLP, thresholds 'f1'",
        "features",
        partial(with_thresholds, make_model=small_network, strategy="f1"),
    ),
    (
        "scikit-learn's MLPClassifier",
        "features",
        partial(ranked, make_model=scikit_learns_network),
    ),
    ("extra trees", "features", extra_trees),
    ("logistic regression", "features", logistic_regression),
]


def probabilities(model: Any, X: np.ndarray) -> np.ndarray:
    """Return probabilities of shape (n_samples, n_labels), also for forests."""
    proba = model.predict_proba(X)
    if isinstance(proba, list):
        return np.stack([p[:, 1] if p.shape[1] > 1 else np.zeros(len(X)) for p in proba], axis=1)
    return proba


def fit_and_predict(
    make_model: MakeModel, X: np.ndarray, y: np.ndarray, train: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    test = np.setdiff1d(np.arange(len(X)), train)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", TrainingInterruptedWarning)
        model = make_model(seed).fit(X[train], y[train])
        return model.predict(X[test]), probabilities(model, X[test])


def cross_validated(
    make_model: MakeModel,
    X: np.ndarray,
    y: pd.DataFrame,
    folds: list[tuple[np.ndarray, np.ndarray]],
    seed: int,
    n_jobs: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the out-of-fold predictions and probabilities of all samples."""
    y_pred, y_proba = np.zeros(y.shape, dtype=int), np.zeros(y.shape)
    found = Parallel(n_jobs=n_jobs)(
        delayed(fit_and_predict)(make_model, X, y.to_numpy(), train, seed) for train, _ in folds
    )
    for (_, test), (pred, proba) in zip(folds, found, strict=True):
        y_pred[test], y_proba[test] = pred, proba
    return y_pred, y_proba


def score_all(
    cases: list[tuple[str, str, MakeModel]],
    vectors: dict[str, np.ndarray],
    y: pd.DataFrame,
    groups: pd.Series | None,
    options: argparse.Namespace,
) -> Iterator[tuple[int, str, str, pd.Series]]:
    """Yield seed, name, part of the samples and scores of each model."""
    half = confirmed_half(y, groups)
    for seed in range(options.seeds):
        if options.shuffle:
            order = np.random.default_rng(seed).permutation(len(y))
            y = pd.DataFrame(y.to_numpy()[order], y.index, y.columns)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*fewer.*|.*positive.*")
            if groups is None:
                splitter = MultiLabelStratifiedKFold(4, shuffle=True, random_state=seed)
                folds = list(splitter.split(y, y))
            else:
                splitter = MultiLabelStratifiedGroupKFold(5, shuffle=True, random_state=seed)
                folds = list(splitter.split(y, y, groups))
        for name, kind, make_model in cases:
            if options.only and options.only != name:
                continue
            y_pred, y_proba = cross_validated(
                make_model, vectors[kind], y, folds, seed, options.n_jobs
            )
            for part, rows in (("all", slice(None)), ("half", half)):
                report = multilabel_report(y.iloc[rows], y_pred[rows], y_proba[rows], y_train=y)
                yield seed, name, part, report.loc[METRICS].iloc[:, 0]
                for baseline in report.columns[1:]:
                    yield seed, f"baseline: {baseline}", part, report.loc[METRICS, baseline]


def confirmed_half(y: pd.DataFrame, groups: pd.Series | None) -> np.ndarray:
    """Return the half of the groups, or of the rows, that was never used to choose parameters."""
    rng = np.random.default_rng(2026)
    if groups is None:
        return np.sort(rng.permutation(len(y))[len(y) // 2 :])
    names = np.unique(groups)
    chosen = rng.permutation(names)[: len(names) // 2]
    return np.flatnonzero(~groups.isin(chosen).to_numpy())


def read_cells(folder: Path, options: argparse.Namespace) -> tuple[Any, ...]:
    X, y = load_hpa(folder, labels="present", return_X_y=True)
    groups = pd.read_csv(folder / "groups.csv", index_col="Id")["Group"].loc[X.index]
    vectors = {
        "patterns": PatternFeatures(n_jobs=options.n_jobs, cache=options.cache),
        "pixels": ImageFlattener(n_jobs=options.n_jobs),
    }
    return CELLS, {kind: reader.fit_transform(X) for kind, reader in vectors.items()}, y, groups


def read_table(folder: Path, options: argparse.Namespace) -> tuple[Any, ...]:
    X = pd.read_csv(folder / "features.csv", index_col=0)
    y = read_labels(folder / "train.csv").loc[X.index]
    return TABLE, {"features": X.to_numpy(np.float32)}, y, None


def eighty_three_and_nine(groups: pd.Series, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the paper's numbers of images, with at most one image per group."""
    order = np.random.default_rng(seed).permutation(len(groups))
    one_of_each = order[~groups.iloc[order].duplicated().to_numpy()][:92]
    return one_of_each[:83], one_of_each[83:]


def score_paper(
    folder: Path, options: argparse.Namespace
) -> Iterator[tuple[int, str, str, pd.Series]]:
    X, y = load_hpa(folder, return_X_y=True)
    groups = pd.read_csv(folder / "groups.csv", index_col="Id")["Group"].loc[X.index]
    for seed in range(options.seeds):
        train, test = eighty_three_and_nine(groups, seed)
        reader = ImageFlattener(size=512, n_jobs=options.n_jobs)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*no positive example")
            model = network(seed, early_stopping=False)
            model.fit(reader.fit_transform(X.iloc[train]), y.iloc[train])
        pixels = reader.transform(X.iloc[test])
        report = multilabel_report(
            y.iloc[test], model.predict(pixels), model.predict_proba(pixels), y_train=y.iloc[train]
        )
        for column in report.columns:
            yield seed, column, "all", report[column]


def show(found: list[tuple[int, str, str, pd.Series]]) -> None:
    """Print the median, minimum and maximum over the seeds for each part and each name."""
    scores = pd.DataFrame([row for *_, row in found])
    scores.index = pd.MultiIndex.from_tuples(
        [(part, name, seed) for seed, name, part, _ in found], names=["part", "name", "seed"]
    )
    scores = scores[~scores.index.duplicated()]
    for part in scores.index.unique("part"):
        print(f"\n{'all samples' if part == 'all' else 'half of the samples, not used for tuning'}")
        rows = {}
        for name, group in scores.loc[part].groupby("name", sort=False):
            low, median, high = (group.quantile(q) for q in (0, 0.5, 1))
            rows[name] = [
                "-" if np.isnan(m) else f"{m:.3f} ({a:.3f} to {b:.3f})"
                for a, m, b in zip(low, median, high, strict=True)
            ]
        print(pd.DataFrame.from_dict(rows, orient="index", columns=scores.columns).to_string())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("case", choices=["cells", "table", "paper"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--cache", help="cache folder for measured patterns")
    parser.add_argument("--only", help="only the model of this name")
    parser.add_argument("--shuffle", action="store_true", help="permute the labels over samples")
    options = parser.parse_args()
    if options.case == "paper":
        scored = score_paper(options.folder, options)
    else:
        read = {"cells": read_cells, "table": read_table}[options.case]
        scored = score_all(*read(options.folder, options), options)
    found = []
    try:
        for each in scored:
            seed, name, part, _ = each
            if part == "all" and not name.startswith("baseline"):
                print(f"seed {seed}: {name}", flush=True)
            found.append(each)
    except (KeyboardInterrupt, TrainingInterruptedWarning):
        print("interrupted")
    show(found)


if __name__ == "__main__":
    main()
