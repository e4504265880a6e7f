"""Tests of scores on held-out images: one part, and cross-validation."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from sklearn_hpa import load
from sklearn_hpa.cli._study import Fold, score_table, show_table
from sklearn_hpa.datasets import load_hpa
from sklearn_hpa.metrics import exact_match_accuracy_score, multilabel_report
from sklearn_hpa.model_selection import MultiLabelStratifiedGroupKFold, MultiLabelStratifiedKFold

from .running import FAST, run


@pytest.fixture(scope="module")
def groups(folder, tmp_path_factory):
    """A csv file that puts two neighbours into one group."""
    path = tmp_path_factory.mktemp("groups") / "groups.csv"
    ids = load_hpa(folder).images.index
    pd.DataFrame({"Id": ids, "Group": np.arange(len(ids)) // 2}).to_csv(path, index=False)
    return path


def read(path):
    return pd.read_csv(path, index_col="Id", keep_default_na=False)


def test_folds_are_scored_by_models_that_have_not_seen_them(folder, tmp_path, capsys):
    path = tmp_path / "model.skops"
    code, out, err = run("fit", folder, "--output", path, "--cv", "3", *FAST, capsys=capsys)
    assert (code, err) == (0, "")
    assert "Trained on 24 images with 4 labels for 2 epochs" in out
    assert "3 folds of 24 images" in out and "mean ± sd" in out
    X, y = load_hpa(folder, labels="present", return_X_y=True)
    table = read(tmp_path / "model.oof.csv")
    names = list(y.columns)
    assert table.columns.tolist() == ["Fold", "Target", "Predicted", *names]
    assert table.index.tolist() == y.index.tolist()
    pipe, proba, scores = clone(load(path)), y * np.nan, []
    cv = MultiLabelStratifiedKFold(3, shuffle=True, random_state=0)
    for number, (train, test) in enumerate(cv.split(y, y), 1):
        assert (table["Fold"].iloc[test] == number).all()
        pipe.fit(X.iloc[train], y.iloc[train])
        proba.iloc[test] = pipe.predict_proba(X.iloc[test])
        scores.append(exact_match_accuracy_score(y.iloc[test], pipe.predict(X.iloc[test])))
    np.testing.assert_allclose(table[names], proba)
    assert table["Target"].tolist() == ["|".join(y.columns[row == 1]) for row in y.to_numpy()]
    row = next(line for line in out.splitlines() if line.startswith("exact_match_accuracy"))
    assert f"{np.mean(scores):.3f} ± {np.std(scores, ddof=1):.3f}" in row


def test_the_model_after_folds_is_the_model_of_all_images(folder, model, tmp_path, capsys):
    path = tmp_path / "model.skops"
    assert run("fit", folder, "--output", path, "--cv", "2", *FAST, capsys=capsys)[0] == 0
    X = load_hpa(folder).images
    np.testing.assert_array_equal(load(path).predict_proba(X), load(model).predict_proba(X))


def test_groups_are_kept_whole_in_folds(folder, groups, tmp_path, capsys):
    oof = tmp_path / "mine.csv"
    options = ["--cv", "3", "--groups", groups, "--predictions", oof, *FAST]
    code, out, _ = run("fit", folder, "--output", tmp_path / "m.skops", *options, capsys=capsys)
    assert code == 0 and "groups are kept whole" in out and str(oof) in out
    table = read(oof)
    assert (table.groupby("Group")["Fold"].nunique() == 1).all() and table["Group"].nunique() == 12
    y = load_hpa(folder, labels="present").target
    cv = MultiLabelStratifiedGroupKFold(3, shuffle=True, random_state=0)
    for number, (_, test) in enumerate(cv.split(y, y, table["Group"].to_numpy()), 1):
        assert np.flatnonzero(table["Fold"] == number).tolist() == test.tolist()


def test_a_part_is_held_out_and_the_scored_model_is_saved(folder, groups, tmp_path, capsys):
    path = tmp_path / "model.skops"
    options = ["--test-size", "0.25", "--groups", groups, *FAST]
    code, out, err = run("fit", folder, "--output", path, *options, capsys=capsys)
    assert (code, err) == (0, "")
    assert "6 of 24 images held out; groups are kept whole" in out
    assert "Trained on 18 images" in out and "has not seen the held-out images" in out
    held_out = read(tmp_path / "model.held-out.csv")
    X, y = load_hpa(folder, labels="present", return_X_y=True)
    test = held_out.index
    np.testing.assert_allclose(held_out[list(y.columns)], load(path).predict_proba(X.loc[test]))
    others = read(tmp_path / "model.held-out.csv")["Group"]
    everyone = pd.read_csv(groups, index_col="Id")["Group"]
    assert not set(others) & set(everyone.drop(test))
    labels, proba = load(path).predict(X.loc[test]), load(path).predict_proba(X.loc[test])
    report = multilabel_report(y.loc[test], labels, proba, y_train=y.drop(test))
    row = next(line for line in out.splitlines() if line.startswith("multilabel_log_loss"))
    assert row.split()[1] == f"{report.loc['multilabel_log_loss', 'model']:.3f}"


def test_the_same_images_are_held_out_without_a_seed(folder, tmp_path, capsys):
    held_out = []
    for name in ("a", "b"):
        options = ["--features", "pixels", "--size", "8", "--max-epochs", "1", "--test-size", "4"]
        path = tmp_path / f"{name}.skops"
        assert run("fit", folder, "--output", path, *options, capsys=capsys)[0] == 0
        held_out.append(read(tmp_path / f"{name}.held-out.csv").index.tolist())
    assert held_out[0] == held_out[1] and len(held_out[0]) == 4


def test_images_are_read_once_for_all_folds(folder, tmp_path, capsys, monkeypatch):
    from sklearn_hpa.feature_extraction import _rows

    read_source, found = _rows.read_source, []

    def counted(position, source, *args):
        found.append(source)
        return read_source(position, source, *args)

    monkeypatch.setattr(_rows, "read_source", counted)
    options = ["--cv", "3", "--no-cache", *FAST]
    assert run("fit", folder, "--output", tmp_path / "m", *options, capsys=capsys)[0] == 0
    assert len(found) == 24


def test_metrics_choose_the_rows_of_the_table(folder, tmp_path, capsys):
    options = ["--cv", "2", "--metrics", "f1_macro,neg_multilabel_log_loss", *FAST]
    _, out, _ = run("fit", folder, "--output", tmp_path / "m.skops", *options, capsys=capsys)
    assert "f1_macro" in out and "multilabel_log_loss" in out and "exact_match" not in out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--cv", "25"], "--cv 25 is more than the 24 samples"),
        (["--test-size", "24"], "--test-size"),
        (["--cv", "2", "--test-size", "4"], "not allowed with"),
        (["--predictions", "p.csv"], "--predictions needs --cv or --test-size"),
        (["--test-size", "1.5"], "expected a fraction such as 0.2 or a number of images"),
        (["--cv", "2", "--output", "model.oof.csv/x"], "does not exist"),
    ],
)
def test_a_split_that_cannot_be_made_is_refused_before_images_are_read(
    folder, tmp_path, capsys, monkeypatch, options, message
):
    monkeypatch.setattr("sklearn_hpa.feature_extraction._pixels.ImageFlattener.fit_transform", None)
    words = ["fit", folder, "--output", tmp_path / "m.skops", *FAST, *options]
    code, _, err = run(*words, capsys=capsys)
    assert code in (1, 2) and message in err and err.count("\n") == 1


def test_damaged_images_are_in_no_fold(damaged, tmp_path, capsys):
    options = ["--cv", "2", "--on-error", "warn", *FAST]
    code, out, _ = run("fit", damaged, "--output", tmp_path / "m.skops", *options, capsys=capsys)
    assert code == 0 and "2 folds of 22 images" in out
    table = read(tmp_path / "m.oof.csv")
    assert len(table) == 22 and "synthetic00003" not in table.index


def test_the_baselines_of_a_fold_are_those_of_its_training_labels():
    y = pd.DataFrame({"a": [1, 1, 1, 0], "b": [0, 0, 1, 1]})
    proba = np.full((2, 2), 0.5)
    folds = [
        Fold(np.array([0, 1]), np.array([2, 3]), y.to_numpy()[2:], proba),
        Fold(np.array([2, 3]), np.array([0, 1]), 1 - y.to_numpy()[:2], proba),
    ]
    table = score_table(folds, y, ["exact_match_accuracy"])
    row = table.loc["exact_match_accuracy"]
    assert row[["fold_1", "fold_2", "mean"]].tolist() == [1, 0, 0.5]
    assert row["sd"] == pytest.approx(np.std([1, 0], ddof=1))
    # The most frequent set of the first training labels, {a}, fits no image of the first fold.
    assert row["most_frequent_set"] == 0
    assert "0.500 ± 0.707" in show_table(table)
    assert score_table(folds[:1], y, None).columns[0] == "held_out"
