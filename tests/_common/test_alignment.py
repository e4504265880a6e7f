"""Tests of the checks that rows and labels have the same order, and of every caller."""

import unicodedata
import warnings
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_hpa import (
    HPAPipeline,
    ImageFlattener,
    MultiLabelCalibratedClassifier,
    MultiLabelMLPClassifier,
    MultiLabelThresholdClassifier,
    PatternFeatures,
)
from sklearn_hpa._common.alignment import check_aligned
from sklearn_hpa.callbacks import EpochScores
from sklearn_hpa.datasets import make_hpa_images, save_hpa
from sklearn_hpa.datasets._submission import write_predictions, write_probabilities
from sklearn_hpa.metrics import SCORERS, exact_match_accuracy_score, label_report, multilabel_report
from sklearn_hpa.model_selection import (
    MultiLabelStratifiedGroupKFold,
    MultiLabelStratifiedKFold,
    MultiLabelStratifiedShuffleSplit,
    multilabel_train_test_split,
)
from tests.metrics.measures import OTHER, TRUTH, every_function

N = 8


def index_of(values):
    return pd.Series(0, index=values)


def refused(first, second):
    try:
        check_aligned(X=index_of(first), y=index_of(second))
    except ValueError:
        return True
    return False


# ---- the rule ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (["a", "b", "c"], ["b", "a", "c"]),
        (["a", "b", "c"], ["c", "d", "e"]),
        (["a", "a", "b"], ["a", "b", "a"]),
        (["a", "a", "b"], ["a", "b", "b"]),
        ([3, 0, 2, 1], [0, 1, 2, 3]),
        (pd.RangeIndex(4), pd.RangeIndex(3, -1, -1)),
        (pd.RangeIndex(2, 5), pd.RangeIndex(4, 1, -1)),
        (["5", "9", "2"], ["9", "2", "7"]),
        ([5, "a", 2], ["a", 5, "b"]),
        ([5, 5, 2], [5, 2, 5]),
        ([0.5, 1.5], [1.5, 0.5]),
        ([5, 9, 2], [2.0, 9.0, 5.0]),
        ([5, 9, 2], ["9", "5", "2"]),
        ([5, "a", 2], ["a", 5, 2]),
        ([5, None, 2], [None, 5, 2]),
        (pd.Index([9, 5], dtype="Int64"), [5, 9]),
        (pd.Index([9, None], dtype="Int64"), pd.Index([None, 9], dtype="Int64")),
        (pd.Index([9, 5], dtype="uint8"), [5, 9]),
        (pd.Index(["b", "a"], dtype="string"), ["a", "b"]),
        (pd.CategoricalIndex(["b", "a"]), pd.CategoricalIndex(["a", "b"])),
        (pd.MultiIndex.from_tuples([("p", 1), ("p", 2)]), [("p", 2), ("p", 1)]),
        (pd.date_range("2024", periods=3), pd.date_range("2024", periods=3)[::-1]),
        (["Ä", "b"], ["b", unicodedata.normalize("NFD", "Ä")]),
        ([("p", 1), ("p", 2)], [("p", "2"), ("p", "1")]),
        ([("p", 1.0), ("p", 2.0)], [("p", 2), ("p", 1)]),
        ([("Ä", 1), ("b", 2)], [("b", 2), (unicodedata.normalize("NFD", "Ä"), 1)]),
        (pd.date_range("2024", periods=2), ["2024-01-02", "2024-01-01"]),
        (pd.date_range("2024", periods=2), ["2024-01-02T00:00:00", "2024-01-01T00:00:00"]),
        (pd.date_range("2024", periods=2), [date(2024, 1, 2), date(2024, 1, 1)]),
        (pd.date_range("2024", periods=2, freq="h"), ["2024-01-01 01:00:00", "2024-01-01"]),
        (
            pd.Index([np.float32(5), np.float32(9)], dtype=object),
            pd.Index([9, 5], dtype=object),
        ),
        ([b"a", "Ä".encode()], ["Ä", "a"]),
    ],
)
def test_indexes_that_share_ids_in_another_order_are_refused(first, second):
    assert refused(first, second)
    assert refused(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "b"], ["c", "d"]),
        (["a", "b"], [0, 1]),
        (["1", "0", "7"], [0, 1, 2]),
        ([5, 9, 2], [0, 1, 2]),
        ([0, 0, 1], [0, 1, 2]),
        (pd.RangeIndex(2, 5), [0, 1, 2]),
        (["a", "b"], ["b", "a", "c"]),
        ([1, 2], [1.0, 2.0]),
        ([1, 2], ["1", "2"]),
        ([None, "a"], [None, "a"]),
        (pd.Index([9, None], dtype="Int64"), pd.Index([9, None], dtype=object)),
        (pd.CategoricalIndex(["b", "a"]), ["b", "a"]),
        (pd.Index(["a", "b"], dtype="string"), ["a", "b"]),
        (pd.MultiIndex.from_tuples([("p", 1), ("p", 2)]), [0, 1]),
        (pd.date_range("2024", periods=2), pd.date_range("2024", periods=2, tz="UTC")),
        (["Ä", "b"], [unicodedata.normalize("NFD", "Ä"), "b"]),
        (pd.date_range("2024", periods=2), ["2024-01-01", "2024-01-02"]),
        ([("p", 1), ("p", 2)], [("p", "1"), ("p", "2")]),
        (["a00:00", "b"], ["a", "c"]),
        (pd.RangeIndex(2, 5), pd.RangeIndex(3, 6)),
        ([20, 21, 22, 23], [31, 20, 22, 40]),
        ([20, 21, 22, 23], ["31", "20", "22", "40"]),
        ([2, 3, 5], [2, 2, 3]),
        (pd.Index([2, 3, 5], dtype="Int64"), [3, 5, 6]),
        ([0.5, 1.5], [1.5, 2.5]),
    ],
)
def test_equal_unrelated_and_default_indexes_are_accepted(first, second):
    assert not refused(first, second)
    assert not refused(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([5, 9, 2], [9, 2, 7]),
        ([5, 9, 2], [2.0, 5.0, 7.0]),
        ([5, 9, 2], ["2", "5", "7"]),
        ([5, 9, 2], ["a", 9, 5]),
        (pd.Index([5, 9, 2], dtype="Int64"), [9, 5, 1]),
        ([5, 5, 2], [2, 5, 2]),
    ],
)
def test_numbers_that_are_partly_shared_in_another_order_give_a_warning(first, second):
    for X, y in ((first, second), (second, first)):
        with pytest.warns(UserWarning, match=r"X and y have the same number .* y\.to_numpy\(\)"):
            check_aligned(X=index_of(X), y=index_of(y))


@pytest.mark.filterwarnings("ignore:some rows of .* have the same number in their indexes")
@pytest.mark.parametrize("numbers", ["a part of a table", "from one", "as text"])
def test_folds_of_tables_that_were_numbered_differently_are_accepted(numbers):
    X = pd.DataFrame(values)
    index = {
        "a part of a table": np.random.default_rng(3).permutation(N + 4)[:N],
        "from one": range(1, N + 1),
        "as text": list(map(str, np.random.default_rng(3).permutation(N + 4)[:N])),
    }[numbers]
    y = pd.DataFrame(LABELS, index=index, columns=NAMES)
    for cv in (2, 4, KFold(4, shuffle=True, random_state=0), MultiLabelStratifiedKFold(2)):
        cross_validate(
            classifier(), X, y, cv=cv, scoring=SCORERS["exact_match_accuracy"], error_score="raise"
        )
    X_train, _, y_train, _ = multilabel_train_test_split(X, y, test_size=2, random_state=0)
    classifier().fit(X_train, y_train)


def test_a_fold_of_tables_in_two_orders_is_refused_or_gives_a_warning():
    X, y = pd.DataFrame(values), pd.DataFrame(LABELS, columns=NAMES).iloc[::-1]
    with pytest.raises(ValueError, match="not the same samples"):
        cross_validate(classifier(), X, y, cv=MultiLabelStratifiedKFold(2))
    with pytest.warns(UserWarning, match="The rows are matched by position"):
        cross_validate(classifier(), X, y, cv=KFold(4))


def test_the_message_names_the_arguments_the_row_and_the_remedy():
    message = (
        r"^the rows of y and groups are not the same samples: row 1 is 7 in y and 9 in groups\. "
        r"Bring them to one order, such as groups\.loc\[y\.index\]\. If they are in one order "
        r"already and only the index differs, pass groups\.to_numpy\(\)$"
    )
    with pytest.raises(ValueError, match=message):
        check_aligned(X=np.ones(3), y=index_of([5, 7, 9]), groups=index_of([5, 9, 7]))


def test_the_message_counts_the_ids_that_partly_different_tables_share():
    with pytest.raises(ValueError, match="2 of 3 rows of X have an Id that is in y. Select"):
        check_aligned(X=index_of(list("abc")), y=index_of(list("bcd")))


def test_the_message_has_no_loc_where_ids_are_repeated():
    with pytest.raises(ValueError, match="3 of 3 rows of X have an Id that is in y. Select"):
        check_aligned(X=index_of(list("aab")), y=index_of(list("aba")))


def test_polars_tables_have_no_index():
    polars = pytest.importorskip("polars")
    check_aligned(X=index_of([1, 0]), y=polars.DataFrame({"a": [0, 1]}), groups=None)


# ---- every caller -----------------------------------------------------------------------------


def classifier(**params):
    return MultiLabelMLPClassifier((2,), max_epochs=1, random_state=0, **params)


def forest():
    return MultiOutputClassifier(LogisticRegression())


def write(writer):
    def call(path, ids, y):
        writer(path / "out.csv", ids.index, y, list(y.columns))

    return call


def display(name, method):
    def call(path, **tables):
        pytest.importorskip("matplotlib")
        from matplotlib import pyplot

        import sklearn_hpa.display

        getattr(getattr(sklearn_hpa.display, name), method)(**tables)
        pyplot.close("all")

    return call


#: Each function that takes several tables with one row per sample: a call, and its tables. A new
#: function needs one entry. `y_true`, `y_pred`, `y_valid` and `labels` are 0/1 tables as `y`.
#: `images` are paths, `ids` a table with only an index. Other names are as in the call.
CALLERS = {
    "HPAPipeline.fit": (
        lambda path, X, y, sample_weight, groups: HPAPipeline(
            images="passthrough", classifier=classifier()
        ).fit(X, y, classifier__sample_weight=sample_weight, classifier__groups=groups),
        ("X", "y", "sample_weight", "groups"),
    ),
    "HPAPipeline.score": (
        lambda path, X, y, sample_weight: FITTED.score(X, y, sample_weight),
        ("X", "y", "sample_weight"),
    ),
    "MultiLabelMLPClassifier.fit": (
        lambda path, X, y, sample_weight, groups: classifier().fit(X, y, sample_weight, groups),
        ("X", "y", "sample_weight", "groups"),
    ),
    "MultiLabelMLPClassifier.partial_fit": (
        lambda path, X, y, sample_weight: classifier().partial_fit(
            X, y, sample_weight=sample_weight
        ),
        ("X", "y", "sample_weight"),
    ),
    "MultiLabelMLPClassifier.score": (
        lambda path, X, y, sample_weight: FITTED.classifier.score(X, y, sample_weight),
        ("X", "y", "sample_weight"),
    ),
    "MultiLabelThresholdClassifier.fit": (
        lambda path, X, y, sample_weight, groups: MultiLabelThresholdClassifier(forest(), cv=2).fit(
            X, y, groups, sample_weight=sample_weight
        ),
        ("X", "y", "sample_weight", "groups"),
    ),
    "MultiLabelThresholdClassifier.score": (
        lambda path, X, y, sample_weight: THRESHOLDS.score(X, y, sample_weight),
        ("X", "y", "sample_weight"),
    ),
    "MultiLabelCalibratedClassifier.fit": (
        lambda path, X, y, groups: MultiLabelCalibratedClassifier(
            forest(), cv=2, min_positives=1
        ).fit(X, y, groups),
        ("X", "y", "groups"),
    ),
    "EpochScores": (
        lambda path, X, y: EpochScores(X_valid=X, y_valid=y),
        ("X", "y"),
    ),
    "ImageFlattener.fit": (
        lambda path, images, y: ImageFlattener(size=8).fit(images, y),
        ("images", "y"),
    ),
    "ImageFlattener.fit_transform": (
        lambda path, images, y: ImageFlattener(size=8).fit_transform(images, y),
        ("images", "y"),
    ),
    "PatternFeatures.fit": (
        lambda path, images, y: PatternFeatures(size=64).fit(images, y),
        ("images", "y"),
    ),
    "MultiLabelStratifiedKFold.split": (
        lambda path, X, y, groups: MultiLabelStratifiedKFold(2).split(X, y, groups),
        ("X", "y", "groups"),
    ),
    "MultiLabelStratifiedGroupKFold.split": (
        lambda path, X, y, groups: MultiLabelStratifiedGroupKFold(2).split(X, y, groups),
        ("X", "y", "groups"),
    ),
    "MultiLabelStratifiedShuffleSplit.split": (
        lambda path, X, y, groups: MultiLabelStratifiedShuffleSplit(2, test_size=0.5).split(
            X, y, groups
        ),
        ("X", "y", "groups"),
    ),
    "multilabel_train_test_split": (
        lambda path, X, y, groups, sample_weight: multilabel_train_test_split(
            X, sample_weight, stratify=y, groups=groups, test_size=0.5
        ),
        ("X", "y", "groups", "sample_weight"),
    ),
    **{
        f"{score.__name__}": (
            lambda path, y_true, y_pred, sample_weight, score=score: score(
                y_true, y_pred, sample_weight=sample_weight
            ),
            ("y_true", "y_pred", "sample_weight"),
        )
        for score in dict.fromkeys(metric._score_func for metric in SCORERS.values())
    },
    **{
        f"SCORERS[{name!r}]": (
            lambda path, X, y, sample_weight, scorer=scorer: scorer(
                FITTED, X, y, sample_weight=sample_weight
            ),
            ("X", "y", "sample_weight"),
        )
        for name, scorer in SCORERS.items()
    },
    "multilabel_report": (
        lambda path, y_true, y_pred, y_proba: multilabel_report(y_true, y_pred, y_proba),
        ("y_true", "y_pred", "y_proba"),
    ),
    "label_report": (
        lambda path, y_true, y_pred, y_proba: label_report(y_true, y_pred, y_proba),
        ("y_true", "y_pred", "y_proba"),
    ),
    "write_predictions": (write(write_predictions), ("ids", "y")),
    "write_probabilities": (write(write_probabilities), ("ids", "y")),
    "LabelScoreDisplay.from_predictions": (
        display("LabelScoreDisplay", "from_predictions"),
        ("y_true", "y_pred", "y_proba"),
    ),
    "LabelScoreDisplay.from_estimator": (
        lambda path, X, y: display("LabelScoreDisplay", "from_estimator")(
            path, estimator=FITTED, X=X, y=y
        ),
        ("X", "y"),
    ),
    "LabelPrecisionRecallDisplay.from_predictions": (
        display("LabelPrecisionRecallDisplay", "from_predictions"),
        ("y_true", "y_proba"),
    ),
    "LabelPrecisionRecallDisplay.from_estimator": (
        lambda path, X, y: display("LabelPrecisionRecallDisplay", "from_estimator")(
            path, estimator=FITTED, X=X, y=y
        ),
        ("X", "y"),
    ),
    "ImageGridDisplay.from_images": (
        lambda path, images, y: display("ImageGridDisplay", "from_images")(
            path, X=images, y=y, n_images=1, size=8
        ),
        ("images", "y"),
    ),
    "ImageGridDisplay.from_predictions": (
        lambda path, images, y_true, y_proba: display("ImageGridDisplay", "from_predictions")(
            path, X=images, y_true=y_true, y_proba=y_proba, n_images=1, size=8
        ),
        ("images", "y_true", "y_proba"),
    ),
    "ImageGridDisplay.from_estimator": (
        lambda path, images, y: display("ImageGridDisplay", "from_estimator")(
            path, estimator=OF_IMAGES, X=images, y=y, n_images=1, size=8
        ),
        ("images", "y"),
    ),
}
IDS = {
    "text": [f"cell{row}" for row in range(N)],
    "default": pd.RangeIndex(N),
    "numbers": [40, 7, 12, 3, 55, 21, 90, 33],
}
values = np.random.default_rng(0).normal(size=(N, 3))
LABELS = np.array([[1, 0], [0, 1], [1, 1], [0, 1], [1, 0], [0, 0], [1, 1], [0, 1]])
NAMES = ["Nucleoli", "Cytosol"]
FITTED = HPAPipeline(images="passthrough", classifier=classifier()).fit(values, LABELS)
THRESHOLDS = MultiLabelThresholdClassifier(forest(), 0.5).fit(values, LABELS)


class Half:
    """Classifier of images that predicts 0.5."""

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)

    def predict(self, X):
        return np.ones((len(X), 2), dtype=int)


OF_IMAGES = Half()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    images, _ = make_hpa_images(N, n_labels=2, size=64, random_state=0)
    folder = tmp_path_factory.mktemp("row_order") / "images"
    y = pd.DataFrame(1, index=[f"i{row}" for row in range(N)], columns=NAMES)
    save_hpa(folder, images[..., :3], y)
    return {
        channel: [str(folder / f"i{row}_{channel}.png") for row in range(N)]
        for channel in ("red", "green", "blue")
    }


def tables(names, ids, files):
    def of_labels():
        return pd.DataFrame(LABELS, index=ids, columns=NAMES)

    make = {
        "X": lambda: pd.DataFrame(values, index=ids),
        "images": lambda: pd.DataFrame(files, index=ids),
        "ids": lambda: pd.DataFrame(index=ids),
        "y_proba": lambda: pd.DataFrame(0.5, index=ids, columns=NAMES),
        "sample_weight": lambda: pd.Series(np.arange(1.0, N + 1), index=ids),
        "groups": lambda: pd.Series(list("abcdefgh"), index=ids),
    }
    return {name: make.get(name, of_labels)() for name in names}


@pytest.mark.filterwarnings("ignore:The groups parameter is ignored")
@pytest.mark.filterwarnings("ignore:.*keep the estimator's probabilities")
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("ids", IDS)
def test_rows_in_one_order_are_accepted_by_every_caller(caller, ids, files, tmp_path):
    call, names = CALLERS[caller]
    call(tmp_path, **tables(names, IDS[ids], files))


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("ids", IDS)
def test_rows_in_two_orders_are_refused_by_every_caller(caller, ids, files, tmp_path):
    call, names = CALLERS[caller]
    for name in names[1:]:
        for order in (slice(None, None, -1), [1, 0, *range(2, N)]):
            given = tables(names, IDS[ids], files)
            given[name] = given[name].iloc[order]
            with (
                warnings.catch_warnings(),
                pytest.raises(ValueError, match="not the same samples|name their rows differently"),
            ):
                warnings.simplefilter("ignore")
                call(tmp_path, **given)


# ---- labels of a fitted estimator -------------------------------------------------------------


def of_a_table(estimator, **params):
    return estimator.fit(values, pd.DataFrame(LABELS, columns=NAMES), **params)


@pytest.fixture(scope="module")
def named():
    return {
        "network": of_a_table(classifier()),
        "HPAPipeline": of_a_table(HPAPipeline(images="passthrough", classifier=classifier())),
        "Pipeline": of_a_table(make_pipeline(StandardScaler(), classifier())),
        "search": of_a_table(GridSearchCV(classifier(), {"lr": [0.1]}, cv=2)),
        "thresholds": of_a_table(MultiLabelThresholdClassifier(forest(), 0.5)),
    }


@pytest.mark.parametrize("name", ["network", "HPAPipeline", "Pipeline", "search", "thresholds"])
@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_labels_in_another_order_than_in_fit_are_refused(name, kind, named):
    y = pd.DataFrame(LABELS, columns=NAMES)
    swapped = y[NAMES[::-1]]
    if kind == "polars":
        polars = pytest.importorskip("polars")
        y, swapped = (polars.DataFrame(dict(each)) for each in (y, swapped))
    message = "names its labels differently from fit: label 0 is 'Cytosol' instead of 'Nucleoli'"
    for score in (type(named[name]).score, SCORERS["f1_macro"], SCORERS["neg_multilabel_log_loss"]):
        assert np.isfinite(score(named[name], values, y))
        with pytest.raises(ValueError, match=message):
            score(named[name], values, swapped)


def test_labels_without_names_match_by_position(named):
    y = pd.DataFrame(LABELS, columns=NAMES)
    assert FITTED.score(values, y[NAMES[::-1]]) == FITTED.score(values, y[NAMES[::-1]].to_numpy())
    for other in (LABELS, pd.DataFrame(LABELS)):
        assert named["network"].score(values, other) == named["network"].score(values, y)
    lone = forest().fit(values, y)
    assert np.isfinite(SCORERS["f1_macro"](lone, values, y[NAMES[::-1]]))


@pytest.mark.parametrize(
    "call",
    [
        display("LabelScoreDisplay", "from_estimator"),
        display("LabelPrecisionRecallDisplay", "from_estimator"),
    ],
)
def test_displays_refuse_labels_in_another_order_than_in_fit(call, named):
    y = pd.DataFrame(LABELS, columns=NAMES[::-1])
    with pytest.raises(ValueError, match="y names its labels differently from fit"):
        call(None, estimator=named["network"], X=values, y=y)


# ---- names of labels and rows in metrics ------------------------------------------------------


@every_function
def test_labels_named_in_another_order_are_refused(score):
    truth = pd.DataFrame(TRUTH, columns=["a", "b", "c"])
    other = pd.DataFrame(OTHER, columns=["a", "c", "b"])
    with pytest.raises(ValueError, match="labels differently: 'c' instead of 'b'"):
        score(truth, other)


@every_function
def test_rows_named_in_another_order_are_refused(score):
    truth = pd.DataFrame(TRUTH, index=list("abcd"))
    with pytest.raises(ValueError, match="rows differently: 'd' instead of 'a'"):
        score(truth, pd.DataFrame(OTHER, index=list("dbca")))


@pytest.mark.parametrize("kinds", ["pp", "pP", "Pp", "PP"])
def test_reordered_columns_are_refused_in_tables_of_either_kind(kinds):
    polars = pytest.importorskip("polars")
    make = {"p": pd.DataFrame, "P": polars.DataFrame}
    y_true = make[kinds[0]]({"Nucleoli": [1, 0], "Cytosol": [0, 1]})
    y_pred = make[kinds[1]]({"Cytosol": [0, 1], "Nucleoli": [1, 0]})
    with pytest.raises(ValueError, match="labels differently: 'Cytosol' instead of 'Nucleoli'"):
        exact_match_accuracy_score(y_true, y_pred)
