"""Held-out quality on labelled cells, beside the floors, over several seeds.

    python benchmarks/quality.py FOLDER pixels     # HPAPipeline(), 75 / 25 by group
    python benchmarks/quality.py FOLDER paper      # the paper's network: 512x512x3, 83 / 9 cells

FOLDER holds images, train.csv and groups.csv (Id,Group): cells of one group are never on both
sides. Prints the median over the seeds, and the least and greatest value.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit

from sklearn_hpa import HPAPipeline, ImageFlattener, MultiLabelMLPClassifier
from sklearn_hpa.datasets import load_hpa
from sklearn_hpa.metrics import multilabel_report

Split = tuple[np.ndarray, np.ndarray]


def three_quarters(groups: pd.Series, seed: int) -> Split:
    splitter = GroupShuffleSplit(1, test_size=0.25, random_state=seed)
    return next(splitter.split(groups, groups=groups))


def eighty_three_and_nine(groups: pd.Series, seed: int) -> Split:
    """The paper's numbers of images, each of a group of its own."""
    order = np.random.default_rng(seed).permutation(len(groups))
    one_of_each = order[~groups.iloc[order].duplicated().to_numpy()][:92]
    return one_of_each[:83], one_of_each[83:]


def default_pipeline(seed: int) -> HPAPipeline:
    return HPAPipeline(
        images=ImageFlattener(n_jobs=-1), classifier=MultiLabelMLPClassifier(random_state=seed)
    )


def paper_pipeline(seed: int) -> HPAPipeline:
    return HPAPipeline(
        images=ImageFlattener(size=512, n_jobs=-1),
        classifier=MultiLabelMLPClassifier(early_stopping=False, random_state=seed),
    )


CASES = {
    "pixels": (default_pipeline, three_quarters),
    "paper": (paper_pipeline, eighty_three_and_nine),
}


def reports(folder: Path, case: str, seeds: int) -> Iterator[pd.DataFrame]:
    make_pipeline, split = CASES[case]
    X, y = load_hpa(folder, return_X_y=True)
    groups = pd.read_csv(folder / "groups.csv", index_col="Id")["Group"].loc[X.index]
    for seed in range(seeds):
        train, test = split(groups, seed)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*no positive example")
            pipe = make_pipeline(seed).fit(X.iloc[train], y.iloc[train])
        vectors = pipe[:-1].transform(X.iloc[test])
        report = multilabel_report(
            y.iloc[test],
            pipe.classifier.predict(vectors),
            pipe.classifier.predict_proba(vectors),
            y_train=y.iloc[train],
        )
        print(f"seed {seed}: {pipe.classifier.n_iter_} epochs", flush=True)
        yield report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    every = list(reports(options.folder, options.case, options.seeds))
    figures = np.stack(every)
    low, median, high = (np.quantile(figures, q, axis=0) for q in (0, 0.5, 1))
    table = pd.DataFrame(
        [
            [
                "-" if np.isnan(m) else f"{m:.3f} ({a:.3f} to {b:.3f})"
                for m, a, b in zip(*row, strict=True)
            ]
            for row in zip(median, low, high, strict=True)
        ],
        index=every[0].index,
        columns=every[0].columns,
    )
    print(table.to_string())


if __name__ == "__main__":
    main()
