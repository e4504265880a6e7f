"""Tests with scikit-learn's tools on image files."""

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import permutation_importance
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    cross_val_predict,
    cross_validate,
    learning_curve,
)
from sklearn.multioutput import ClassifierChain
from sklearn.pipeline import FeatureUnion, make_pipeline

from sklearn_hpa import HPAPipeline, ImageFlattener, MultiLabelMLPClassifier
from sklearn_hpa.metrics import SCORERS

GRID = {"images__size": [4, 8], "classifier__hidden_layer_sizes": [(8,), (8, 8)]}
THREE_FOLDS = KFold(3, shuffle=True, random_state=0)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*labels have no positive example:UserWarning"),
]


@pytest.fixture
def pipe():
    return HPAPipeline(
        images=ImageFlattener(size=8),
        classifier=MultiLabelMLPClassifier((8,), max_epochs=3, random_state=0),
    )


def scores_of(results):
    return {name: values for name, values in results.items() if "time" not in name}


def test_grid_search_over_both_steps_with_every_scorer(pipe, cells):
    X, y = cells
    search = GridSearchCV(
        pipe,
        GRID,
        scoring=SCORERS,
        refit="proportional_accuracy",
        cv=THREE_FOLDS,
        error_score="raise",
    ).fit(X, y)
    assert isinstance(search.best_estimator_, HPAPipeline)
    results = pd.DataFrame(search.cv_results_)
    assert len(results) == 4
    assert results[[f"mean_test_{name}" for name in SCORERS]].notna().all(axis=None)
    assert search.best_index_ == results["mean_test_proportional_accuracy"].argmax()
    assert search.predict(X).shape == y.shape


def test_grid_search_gives_the_same_scores_whatever_the_number_of_workers(pipe, cells):
    X, y = cells
    alone, together = (
        GridSearchCV(pipe, GRID, scoring=SCORERS, refit=False, cv=THREE_FOLDS, n_jobs=n_jobs).fit(
            X, y
        )
        for n_jobs in (1, 2)
    )
    for name in SCORERS:
        np.testing.assert_array_equal(
            alone.cv_results_[f"mean_test_{name}"], together.cv_results_[f"mean_test_{name}"]
        )


def test_randomized_search(pipe, cells):
    X, y = cells
    search = RandomizedSearchCV(
        pipe,
        GRID,
        n_iter=2,
        scoring=SCORERS["f1_micro"],
        cv=THREE_FOLDS,
        random_state=0,
        error_score="raise",
    ).fit(X, y)
    assert len(search.cv_results_["params"]) == 2 and np.isfinite(search.best_score_)


def test_halving_search_with_numeric_resources_and_one_scorer(pipe, cells):
    X, y = cells
    search = HalvingGridSearchCV(
        pipe,
        GRID,
        min_resources=12,
        scoring=SCORERS["label_accuracy"],
        cv=THREE_FOLDS,
        random_state=0,
        error_score="raise",
    ).fit(X, y)
    assert search.n_candidates_[0] == 4 and np.isfinite(search.best_score_)


def test_cross_validate_with_every_scorer_in_two_processes(pipe, cells):
    X, y = cells
    scores = cross_validate(
        pipe, X, y, scoring=SCORERS, cv=THREE_FOLDS, n_jobs=2, error_score="raise"
    )
    for name in SCORERS:
        assert np.isfinite(scores[f"test_{name}"]).all()


@pytest.mark.parametrize("n_labels", [1, 2])
def test_every_scorer_takes_one_label_and_two(pipe, cells, n_labels):
    X, y = cells
    scores = cross_validate(
        pipe, X, y.iloc[:, :n_labels], scoring=SCORERS, cv=THREE_FOLDS, error_score="raise"
    )
    assert all(np.isfinite(scores[f"test_{name}"]).all() for name in SCORERS)


def test_cross_val_predict_gives_probabilities_out_of_fold(pipe, cells):
    X, y = cells
    proba = cross_val_predict(pipe, X, y, cv=THREE_FOLDS, method="predict_proba", n_jobs=2)
    assert proba.shape == y.shape
    train, test = next(THREE_FOLDS.split(X))
    expected = clone(pipe).fit(X.iloc[train], y.iloc[train]).predict_proba(X.iloc[test])
    np.testing.assert_array_equal(proba[test], expected)


def test_learning_curve(pipe, cells):
    X, y = cells
    sizes, train, test = learning_curve(
        pipe, X, y, train_sizes=[0.5, 1.0], cv=THREE_FOLDS, error_score="raise"
    )
    assert sizes.tolist() == [16, 32] and np.isfinite(test).all()


def test_a_feature_union_of_two_sizes(pipe, cells):
    X, y = cells
    union = FeatureUnion(
        [("coarse", ImageFlattener(size=4)), ("green", ImageFlattener(16, ("green",)))], n_jobs=2
    )
    pipe.set_params(images=union).fit(X, y)
    assert pipe[:-1].transform(X).shape == (len(X), 4 * 4 * 3 + 16 * 16)
    assert pipe[:-1].transform(X).dtype == np.uint8
    assert pipe[:-1].get_feature_names_out()[0] == "coarse__red_0_0"


def test_a_column_transformer_of_images_and_a_table(pipe, cells):
    X, y = cells
    table = X.assign(area=np.arange(len(X), dtype=float))
    columns = ColumnTransformer(
        [
            ("pixels", ImageFlattener(size=4), ["red", "green", "blue"]),
            ("area", "passthrough", ["area"]),
        ]
    )
    pipe.set_params(images=columns).fit(table, y)
    assert pipe.predict(table).shape == y.shape


def test_a_classifier_chain_around_the_classifier(cells):
    X, y = cells
    chain = ClassifierChain(MultiLabelMLPClassifier((8,), max_epochs=2, random_state=0))
    model = make_pipeline(ImageFlattener(size=4), chain).fit(X, y)
    assert model.predict(X).shape == y.shape


def test_permutation_importance_of_the_channels(pipe, cells):
    X, y = cells
    result = permutation_importance(
        pipe.fit(X, y), X, y, scoring=SCORERS["label_accuracy"], n_repeats=2, random_state=0
    )
    assert result.importances.shape == (X.shape[1], 2)


def test_joblib_dump_of_a_fitted_pipeline(pipe, cells, tmp_path):
    X, y = cells
    joblib.dump(pipe.fit(X, y), tmp_path / "pipe.joblib")
    np.testing.assert_array_equal(
        joblib.load(tmp_path / "pipe.joblib").predict_proba(X), pipe.predict_proba(X)
    )
