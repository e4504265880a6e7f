"""Tests of HPAPipeline, whose two steps are also its parameters."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from sklearn_hpa import (
    HPAPipeline,
    ImageFlattener,
    MultiLabelCalibratedClassifier,
    MultiLabelMLPClassifier,
    MultiLabelThresholdClassifier,
    PatternFeatures,
    load,
    save,
)
from sklearn_hpa.neural_network._options import Options


def small(**params):
    pipe = HPAPipeline(
        images=ImageFlattener(size=8),
        classifier=MultiLabelMLPClassifier((16,), max_epochs=5, random_state=0),
    )
    return pipe.set_params(**params)


def test_without_arguments_it_is_the_paper_s_network_on_64_pixels():
    pipe = HPAPipeline()
    assert [name for name, _ in pipe.steps] == ["images", "classifier"]
    assert pipe.images.size == 64
    assert isinstance(pipe, Pipeline)
    classifier = Options.resolve(pipe.classifier.get_params(deep=False), takes_pixels=True)
    assert classifier.hidden_layer_sizes == (32, 64, 128, 256)
    assert (classifier.optimizer, classifier.lr) == ("adam", 1e-3)
    assert (classifier.dropout, classifier.weight_decay) == (0, 0)
    assert classifier.max_epochs == 250


def test_a_label_that_no_image_has_is_a_column_of_predict_frame():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 255, (12, 8, 8, 3), dtype=np.uint8)
    y = pd.DataFrame({"Nucleoli": [0, 1] * 6, "Aggresome": 0, "Cytosol": [1, 0, 0] * 4})
    pipe = HPAPipeline(ImageFlattener(size=4), RandomForestClassifier(5, random_state=0))
    table = pipe.fit(X, y).predict_frame(X)
    assert table.columns.tolist() == list(y.columns)
    assert (table["Aggresome"] == 0).all()


def widths_of(classifier):
    layers = classifier.net_.module_.body.children()
    return [layer.out_features for layer in layers if hasattr(layer, "out_features")]


def test_the_default_pipeline_trains_the_paper_s_network(cells):
    X, y = cells
    pipe = HPAPipeline().set_params(images__size=8, classifier__max_epochs=1).fit(X, y)
    assert widths_of(pipe.classifier) == [32, 64, 128, 256, y.shape[1]]
    assert type(pipe.classifier.net_.optimizer_).__name__ == "Adam"


def test_patterns_are_trained_by_the_recipe_for_features(cells):
    X, y = cells
    y = y.loc[:, y[:12].any()]
    pipe = HPAPipeline(images=PatternFeatures(size=32)).fit(X[:12], y[:12])
    assert widths_of(pipe.classifier) == [256, 256, y.shape[1]]
    optimizer = pipe.classifier.net_.optimizer_
    assert type(optimizer).__name__ == "AdamW"
    assert (optimizer.defaults["lr"], optimizer.defaults["weight_decay"]) == (3e-4, 0.1)
    assert pipe.classifier.n_iter_ == 60
    assert pipe.predict_proba(X[:12]).shape == y[:12].shape


def test_steps_are_parameters_attributes_and_steps_alike():
    flattener = ImageFlattener(size=16)
    pipe = HPAPipeline(images=flattener)
    assert pipe.images is pipe.steps[0][1] is pipe["images"] is pipe.named_steps.images is flattener
    pipe.images = "passthrough"
    assert pipe.steps[0][1] == pipe.get_params(deep=False)["images"] == "passthrough"
    assert set(pipe.get_params(deep=False)) == {"images", "classifier", "memory", "verbose"}


def test_nested_parameters_survive_a_clone():
    pipe = HPAPipeline().set_params(images__size=32, classifier__hidden_layer_sizes=(8, 8))
    twin = clone(pipe)
    assert twin.images.size == 32 and twin.images is not pipe.images
    assert twin.classifier.hidden_layer_sizes == (8, 8)


def test_none_puts_the_default_step_there_however_it_is_set():
    pipe = HPAPipeline(images=ImageFlattener(size=16)).set_params(images=None)
    assert pipe.images.size == 64
    assert pipe.set_params(images=None, images__size=2).images.size == 2
    pipe.classifier = None
    assert isinstance(pipe.classifier, MultiLabelMLPClassifier)


def test_a_slice_is_a_plain_pipeline(cells):
    X, y = cells
    pipe = small().fit(X, y)
    assert type(pipe[:-1]) is Pipeline
    assert pipe[:-1].transform(X).shape == (len(X), 8 * 8 * 3)
    assert type(clone(pipe[:])) is Pipeline


def test_other_step_names_are_refused(cells):
    X, y = cells
    pipe = small()
    pipe.steps = [("pixels", ImageFlattener()), ("classifier", MultiLabelMLPClassifier())]
    with pytest.raises(ValueError, match="steps 'images' and 'classifier', got .*'pixels'"):
        pipe.fit(X, y)


def test_real_files_go_in_and_probabilities_come_out(cells):
    X, y = cells
    pipe = small().fit(X, y)
    proba = pipe.predict_proba(X)
    assert proba.shape == y.shape and ((proba > 0) & (proba < 1)).all()
    np.testing.assert_array_equal(pipe.predict(X), proba >= 0.5)
    assert pipe.classes_.shape == (y.shape[1], 2)
    assert pipe.classifier.label_names_.tolist() == y.columns.tolist()
    assert pipe.feature_names_in_.tolist() == X.columns.tolist()


def test_it_learns_what_it_is_shown(cells):
    X, y = cells
    pipe = small(images__size=16, classifier__max_epochs=250).fit(X, y)
    assert pipe.score(X, y) > 0.9


def test_arrays_work_instead_of_paths(cells):
    X, y = cells
    images = ImageFlattener(size=None).fit(X)
    arrays = images.inverse_transform(images.transform(X))
    expected = small().fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(small().fit(arrays, y).predict_proba(arrays), expected)


def test_vectors_made_already_pass_through(cells):
    X, y = cells
    vectors = ImageFlattener(size=8).fit_transform(X)
    expected = small().fit(X, y).predict_proba(X)
    got = small(images="passthrough").fit(vectors, y).predict_proba(vectors)
    np.testing.assert_array_equal(got, expected)


def test_float_vectors_just_work(cells):
    X, y = cells
    images = Pipeline([("pixels", ImageFlattener(size=8)), ("pca", PCA(5, random_state=0))])
    assert small(images=images).fit(X, y).predict(X).shape == y.shape


def test_another_classifier_works(cells):
    X, y = cells
    pipe = small(classifier=RandomForestClassifier(10, random_state=0)).fit(X, y)
    assert pipe.predict(X).shape == y.shape


def test_memory_keeps_the_pixels_between_fits(cells, tmp_path, monkeypatch):
    X, y = cells
    expected = small(memory=str(tmp_path)).fit(X, y).predict_proba(X)
    monkeypatch.setattr("sklearn_hpa._images.batches.read_image", None)
    pipe = small(memory=str(tmp_path)).fit(X, y)
    monkeypatch.undo()
    np.testing.assert_array_equal(pipe.predict_proba(X), expected)


def test_a_pickle_predicts_the_same(cells):
    X, y = cells
    pipe = small().fit(X, y)
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(pipe)).predict_proba(X), pipe.predict_proba(X)
    )


@pytest.mark.filterwarnings("ignore:.* occur in too few groups")
def test_metadata_is_routed_to_the_classifier(cells):
    X, y = cells
    groups = np.arange(len(X)) // 2
    with config_context(enable_metadata_routing=True):
        pipe = small(classifier__early_stopping=True)
        pipe.classifier.set_fit_request(groups=True, sample_weight=True)
        pipe.fit(X, y, groups=groups, sample_weight=np.ones(len(X)))
    assert pipe.classifier.history_["valid_loss"].notna().all()
    pipe = small(classifier__early_stopping=True).fit(X, y, classifier__groups=groups)
    assert pipe.classifier.history_["valid_loss"].notna().all()


def test_the_html_shows_both_steps():
    html = HPAPipeline()._repr_html_()
    assert "ImageFlattener" in html and "MultiLabelMLPClassifier" in html


@pytest.mark.parametrize(
    ("params", "y", "message"),
    [
        ({"classifier__lr": -1}, "good", "'lr' parameter"),
        ({"classifier__hidden_layer_sizes": (0,)}, "good", "hidden_layer_sizes"),
        ({"classifier__device": "gpu"}, "good", "device='gpu'"),
        ({"images__n_jobs": "many"}, "good", "'n_jobs' parameter"),
        ({}, "short", "inconsistent numbers of samples"),
        ({}, "nan", "y is missing .nan. at label"),
        ({}, "two", "y is 2 at label .*, row 0 .*; expected a 0/1 matrix"),
        ({}, None, "requires y to be passed"),
    ],
)
def test_what_is_wrong_is_said_before_any_image_is_read(cells, monkeypatch, params, y, message):
    X, good = cells
    targets = {
        "good": good,
        "short": good[:-1],
        "nan": good.astype(float).replace(0, np.nan),
        "two": good + 1,
        None: None,
    }
    monkeypatch.setattr("sklearn_hpa._images.batches.read_image", None)
    with pytest.raises(ValueError, match=message):
        small(**params).fit(X, targets[y])


@pytest.mark.parametrize("wrong", [MultiLabelMLPClassifier, "passthrough", ImageFlattener()])
def test_what_is_no_classifier_is_refused(cells, wrong):
    X, y = cells
    with pytest.raises(TypeError, match="instance|classifier must be a classifier"):
        HPAPipeline(classifier=wrong).fit(X, y)


@pytest.mark.parametrize("wrong", ["folder", {"red": ["a.png"]}])
def test_a_folder_instead_of_images_points_to_load_hpa(wrong):
    with pytest.raises(TypeError, match="X must hold images, got .*load_hpa"):
        small().fit(wrong, [[0, 1]])


def test_weights_of_another_length_are_refused_before_any_image_is_read(cells, monkeypatch):
    X, y = cells
    monkeypatch.setattr("sklearn_hpa._images.batches.read_image", None)
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[48, 3\]"):
        small().fit(X, y, classifier__sample_weight=np.ones(3))


def test_rows_of_x_and_y_in_another_order_are_refused(cells):
    X, y = cells
    with pytest.raises(ValueError, match="row 0 is .* in X and .* in y. Bring them to one order"):
        small().fit(X, y[::-1])
    assert small().fit(X, y.reset_index(drop=True)).predict(X).shape == y.shape


def test_channels_missing_at_predict_are_named(cells):
    X, y = cells
    pipe = small().fit(X, y)
    with pytest.raises(ValueError, match="X lacks the channels red, green; its columns are blue"):
        pipe.predict(pd.DataFrame(X[["blue"]]))


def test_a_fitted_pipeline_whose_steps_do_not_fit_each_other_is_refused(cells):
    X, y = cells
    union = FeatureUnion([("a", ImageFlattener(8)), ("b", ImageFlattener(4)), ("c", "drop")])
    for images in (ImageFlattener(8), union):
        pipe = HPAPipeline(images, MultiLabelMLPClassifier((4,), max_epochs=1)).fit(X, y)
        pipe._check_fitted()
        pipe.classifier.n_features_in_ += 1
        with pytest.raises(ValueError, match=r"images makes \d+ columns, but classifier takes"):
            pipe._check_fitted()


def test_steps_without_a_known_number_of_columns_are_not_compared():
    HPAPipeline()._check_fitted()
    HPAPipeline(images="passthrough")._check_fitted()
    HPAPipeline(FeatureUnion([("a", StandardScaler())]))._check_fitted()


def linear():
    return MultiOutputClassifier(LogisticRegression())


CLASSIFIERS = {
    "mlp": lambda: MultiLabelMLPClassifier((4,), lr=0.01, max_epochs=20, random_state=0),
    "forest": lambda: RandomForestClassifier(5, random_state=0),
    "thresholds": lambda: MultiLabelThresholdClassifier(RandomForestClassifier(5), cv=2),
    "calibrated": lambda: MultiLabelCalibratedClassifier(RandomForestClassifier(5), cv=2),
    "search": lambda: GridSearchCV(RandomForestClassifier(5), {"max_depth": [2]}, cv=2),
    "lists of arrays": linear,
}


@pytest.fixture(scope="module")
def vectors():
    """Vectors of 24 samples with Ids, and labels by name."""
    rng = np.random.default_rng(0)
    ids = pd.Index([f"cell-{number}" for number in range(24)], name="Id")
    y = pd.DataFrame(rng.integers(0, 2, (24, 3)), ids, ["Cytosol", "Nucleoli", "Vesicles"])
    X = pd.DataFrame(rng.normal(size=(24, 4)) + y.to_numpy()[:, :1], ids, list("abcd"))
    return X, y


def fitted(kind, X, y):
    return HPAPipeline("passthrough", CLASSIFIERS[kind]()).fit(X, y)


@pytest.mark.filterwarnings("ignore:.*keep the estimator's probabilities:UserWarning")
@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_every_classifier_has_names_and_a_table_of_probabilities(kind, vectors):
    X, y = vectors
    pipe = fitted(kind, X, y)
    assert pipe.label_names_.tolist() == y.columns.tolist()
    table = pipe.predict_frame(X)
    assert table.columns.tolist() == y.columns.tolist()
    assert table.index.equals(X.index) and table.index.name == "Id"
    assert set(table.dtypes) == {np.dtype(np.float64)}
    if kind != "lists of arrays" and not isinstance(pipe.predict_proba(X), list):
        np.testing.assert_array_equal(table, pipe.predict_proba(X))
    if kind in ("mlp", "lists of arrays"):
        named = pipe.named_labels(pipe.predict(X)).tolist()
        assert named == pipe.named_labels(table >= 0.5).tolist()


@pytest.mark.parametrize("kind", ["mlp", "forest"])
def test_labels_of_an_array_are_named_by_their_numbers(kind, vectors):
    X, y = vectors
    pipe = fitted(kind, X, y.to_numpy())
    assert pipe.label_names_.tolist() == ["0", "1", "2"]
    assert pipe.named_labels([[0, 1, 1]])[0] == ("1", "2")


@pytest.mark.parametrize("kind", ["mlp", "forest"])
def test_a_1d_target_has_a_column_for_each_class(kind, vectors):
    X, y = vectors
    location = np.where(y["Cytosol"], "inside", "outside")
    pipe = fitted(kind, X, location)
    assert pipe.label_names_.tolist() == pipe.predict_frame(X).columns.tolist()
    assert pipe.label_names_.tolist() == ["inside", "outside"]
    with pytest.raises(ValueError, match="classes of a 1-d target are names already"):
        pipe.named_labels(pipe.predict(X))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
@pytest.mark.parametrize("kind", ["mlp", "forest", "lists of arrays"])
def test_one_label_has_one_column(kind, vectors):
    X, y = vectors
    pipe = fitted(kind, X, y[["Cytosol"]])
    table = pipe.predict_frame(X)
    assert table.columns.tolist() == ["Cytosol"]
    assert table["Cytosol"][y["Cytosol"] == 1].mean() > table["Cytosol"][y["Cytosol"] == 0].mean()


def test_two_labels_are_not_two_classes(vectors):
    X, y = vectors
    for kind in ("mlp", "forest", "lists of arrays"):
        assert fitted(kind, X, y.iloc[:, :2]).predict_frame(X).shape == (24, 2)


@pytest.mark.parametrize("kind", ["mlp", "lists of arrays"])
def test_names_survive_save_and_load_and_pickle(kind, vectors, tmp_path):
    X, y = vectors
    pipe = fitted(kind, X, y)
    for twin in (load(save(pipe, tmp_path / "m.skops")), pickle.loads(pickle.dumps(pipe))):
        pd.testing.assert_frame_equal(twin.predict_frame(X), pipe.predict_frame(X))


def test_names_of_a_loaded_pipeline_are_text(vectors):
    pipe = fitted("lists of arrays", *vectors)
    pipe._label_columns = [1, 2, 3]
    with pytest.raises(ValueError, match="no list of text"):
        pipe._check_fitted()


def test_names_are_those_of_the_last_fit(vectors):
    X, y = vectors
    pipe = fitted("forest", X, y)
    renamed = y.set_axis(["a", "b", "c"], axis=1)
    assert pipe.fit(X, renamed).label_names_.tolist() == ["a", "b", "c"]
    assert pipe.fit(X, y.to_numpy()).label_names_.tolist() == ["0", "1", "2"]


def test_a_new_classifier_does_not_keep_the_names_of_the_old_one(vectors):
    X, y = vectors
    other = RandomForestClassifier(5).fit(X, y.to_numpy()[:, :2])
    pipe = fitted("forest", X, y).set_params(classifier=other)
    assert pipe.label_names_.tolist() == ["0", "1"]


def test_unfitted_pipelines_have_no_names(vectors):
    X, y = vectors
    pipe = clone(fitted("forest", X, y))
    for use in (lambda: pipe.label_names_, lambda: pipe.predict_frame(X)):
        with pytest.raises(NotFittedError):
            use()


def test_the_best_pipeline_of_a_search_has_names(vectors):
    X, y = vectors
    pipe = HPAPipeline("passthrough", RandomForestClassifier(5, random_state=0))
    search = GridSearchCV(pipe, {"classifier__max_depth": [1, 2]}, cv=2).fit(X, y)
    assert search.best_estimator_.predict_frame(X).columns.tolist() == y.columns.tolist()


def test_pandas_output_of_the_images_step_changes_nothing(cells):
    X, y = cells
    pipe = small().set_output(transform="pandas").fit(X, y)
    assert pipe.label_names_.tolist() == y.columns.tolist()
    assert pipe.predict_frame(X).index.equals(X.index)


def test_a_classifier_without_probabilities_has_names_but_no_table(vectors):
    X, y = vectors
    pipe = HPAPipeline("passthrough", MultiOutputClassifier(LinearSVC())).fit(X, y)
    assert pipe.label_names_.tolist() == y.columns.tolist()
    assert not hasattr(pipe, "predict_proba")
    with pytest.raises(AttributeError, match="MultiOutputClassifier has no predict_proba; named_l"):
        pipe.predict_frame(X)
    assert pipe.named_labels(pipe.predict(X)).map(len).sum() == pipe.predict(X).sum()


def test_names_of_a_pipeline_of_fitted_steps_come_from_the_classifier(vectors):
    X, y = vectors
    pipe = HPAPipeline("passthrough", CLASSIFIERS["mlp"]().fit(X, y))
    assert pipe.label_names_.tolist() == y.columns.tolist()


@pytest.mark.parametrize("method", ["predict", "predict_proba", "score", "fit", "predict_frame"])
def test_methods_of_the_pipeline_are_documented_as_methods_of_images(method):
    assert "mages" in getattr(HPAPipeline(), method).__doc__


def polars_tables(X, y):
    """Images and labels as tables of polars, with the Ids as a column."""
    polars = pytest.importorskip("polars")
    images = polars.DataFrame(X.reset_index().to_dict("list"))
    return polars, images, polars.DataFrame(y.to_dict("list"))


def test_polars_tables_give_the_predictions_of_pandas_tables_with_ids(cells):
    X, y = cells
    polars, images, labels = polars_tables(X, y)
    weight, groups = np.linspace(0.5, 1, len(X)), np.arange(len(X)) // 2
    params = {"classifier__sample_weight": weight, "classifier__groups": groups}
    in_polars = {name: polars.Series(name, values) for name, values in params.items()}
    expected = small().fit(X, y, **params).predict_frame(X)
    got = small().fit(images, labels, **in_polars).predict_frame(images)
    pd.testing.assert_frame_equal(got, expected, check_index_type=False)


def test_polars_tables_go_through_searches_and_scores(cells):
    X, y = cells
    polars, images, labels = polars_tables(X, y)
    search = GridSearchCV(small(), {"classifier__lr": [0.1]}, cv=2, error_score="raise")
    best = search.fit(images, labels).best_estimator_
    assert best.label_names_.tolist() == y.columns.tolist()
    assert best.score(images, labels) == best.score(X, y)


@pytest.mark.parametrize("lazy", ["X", "y", "weight"])
def test_a_lazy_table_of_polars_is_refused(cells, lazy):
    X, y = cells
    polars, images, labels = polars_tables(X, y)
    weight = polars.DataFrame({"w": [1.0] * len(X)})
    given = {"X": images, "y": labels, "weight": weight}
    given[lazy] = given[lazy].lazy()
    with pytest.raises(TypeError, match=r"is a lazy table of polars; pass .*\.collect\(\)"):
        small().fit(given["X"], given["y"], classifier__sample_weight=given["weight"])
    if lazy == "X":
        with pytest.raises(TypeError, match=r"pass X.collect\(\)"):
            small().fit(images, labels).predict_frame(given["X"])


@pytest.mark.parametrize("classifier", [None, RandomForestClassifier(2)])
def test_ragged_labels_are_refused_before_any_image_is_read(classifier):
    pipe = HPAPipeline(classifier=classifier)
    with pytest.raises(ValueError, match="y has rows of different lengths: most have 3 values, ro"):
        pipe.fit(["absent.tif"] * 3, [[1, 0, 0], [1, 0], [0, 0, 1]])
    with pytest.raises(ValueError, match="y holds a list of labels .* MultiLabelBinarizer"):
        pipe.fit(["absent.tif"] * 2, [["a"], ["a", "b"]])


def test_ragged_images_are_read(cells):
    _, y = cells
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (20 + i, 30, 3), dtype=np.uint8) for i in range(len(y))]
    assert small().fit(images, y).predict_frame(images).shape == y.shape
