"""Tests of the weights of samples, labels and classes in the loss."""

import math
import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import make_blobs, make_multilabel_classification
from sklearn.metrics import recall_score
from sklearn.utils.class_weight import compute_class_weight
from skorch.callbacks import Callback
from threadpoolctl import threadpool_limits

from sklearn_hpa import load, save
from sklearn_hpa.neural_network._class_weight import BALANCED_AT_MOST, _balanced_labels
from sklearn_hpa.neural_network._losses import (
    MulticlassCrossEntropyLoss,
    MultiLabelAsymmetricLoss,
    MultiLabelBCELoss,
    MultiLabelFocalLoss,
)

from .networks import NAMES, small


@pytest.fixture(scope="module")
def few_labels():
    return make_multilabel_classification(120, 10, n_classes=3, n_labels=1, random_state=0)


@pytest.fixture(scope="module")
def few_frame(few_labels):
    return pd.DataFrame(few_labels[1], columns=NAMES)


def unregularised_constant():
    """A classifier that learns the weighted prevalence of each label from constant features."""
    return small(hidden_layer_sizes=(), optimizer="adam", lr=0.03, weight_decay=0, max_epochs=200)


# ---- weights of samples ------------------------------------------------------------------------


def test_a_sample_of_weight_zero_is_left_out(data):
    X, y = data
    weight = np.ones(len(X))
    weight[::3] = 0
    kept = weight > 0
    expected = small().fit(X[kept], y[kept]).predict_proba(X)
    got = small().fit(X, y, sample_weight=weight).predict_proba(X)
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_only_the_ratios_of_weights_matter(data):
    X, y = data
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    first = small().fit(X, y, sample_weight=weight).predict_proba(X)
    second = small().fit(X, y, sample_weight=weight * 8).predict_proba(X)
    plain = small().fit(X, y).predict_proba(X)
    np.testing.assert_allclose(first, second, atol=1e-6)
    assert np.abs(first - plain).max() > 1e-3


def test_weights_pull_a_contradicted_sample_to_its_label():
    X = np.zeros((40, 2))
    y = np.array([[1, 0], [0, 1]] * 20)
    weight = np.array([9.0, 1.0] * 20)
    proba = unregularised_constant().fit(X, y, weight).predict_proba(X)
    np.testing.assert_allclose(proba[0], [0.9, 0.1], atol=0.02)


def test_weights_work_for_a_1d_target():
    X = np.zeros((40, 2))
    y, weight = np.array([0, 1] * 20), np.array([9.0, 1.0] * 20)
    proba = unregularised_constant().fit(X, y, weight).predict_proba(X)
    np.testing.assert_allclose(proba[0], [0.9, 0.1], atol=0.02)


def test_weights_that_are_all_zero_are_refused(data):
    X, y = data
    with pytest.raises(ValueError, match="zero"):
        small().fit(X, y, sample_weight=np.zeros(len(X)))


def test_weights_with_a_criterion_of_one_s_own_are_refused(data):
    X, y = data
    classifier = small(net_params={"criterion": torch.nn.BCEWithLogitsLoss})
    classifier.fit(X, y)
    with pytest.raises(ValueError, match="sample_weight cannot be used with a criterion"):
        classifier.fit(X, y, sample_weight=np.ones(len(X)))


# ---- class_weight: labels ---------------------------------------------------------------------


def test_balanced_weights_are_the_negatives_for_each_positive_and_never_below_one(few_labels):
    X, _ = few_labels
    y = (np.random.default_rng(0).random((120, 3)) < [0.1, 0.4, 0.8]).astype(int)
    weights = small(class_weight="balanced").fit(X, y).class_weight_
    rarer = [sum(1 - y[:, j]) / sum(y[:, j]) for j in range(2)]
    np.testing.assert_allclose(weights, [*rarer, 1])


def test_balanced_weights_have_a_limit_and_leave_labels_without_positives_alone(few_labels):
    X, _ = few_labels
    y = np.zeros((120, 3), dtype=int)
    y[0, 0] = 1
    y[:40, 1] = 1
    with pytest.warns(UserWarning, match="no positive example"):
        weights = small(class_weight="balanced").fit(X, y).class_weight_
    assert weights.tolist() == [BALANCED_AT_MOST, 2, 1]


def test_balanced_weights_count_the_training_rows_alone(few_labels):
    X, y = few_labels
    kept = {}

    class Keep(Callback):
        def on_epoch_end(self, net, dataset_train, **kwargs):
            kept["rows"] = dataset_train.rows

    params = {"early_stopping": True, "validation_fraction": 0.4, "callbacks": [Keep()]}
    weights = small(class_weight="balanced", **params).fit(X, y).class_weight_
    share = y[kept["rows"]].mean(axis=0)
    np.testing.assert_allclose(weights, np.maximum(1, (1 - share) / share))
    assert len(kept["rows"]) == 72


def test_balanced_weights_count_a_sample_by_its_weight(few_labels):
    X, y = few_labels
    times = np.random.default_rng(0).integers(0, 4, len(X))
    weighted = small(class_weight="balanced").fit(X, y, sample_weight=times)
    repeated = small(class_weight="balanced").fit(X.repeat(times, 0), y.repeat(times, 0))
    np.testing.assert_allclose(weighted.class_weight_, repeated.class_weight_, rtol=1e-6)


@pytest.mark.parametrize("loss", ["bce", "focal", "asymmetric"])
def test_balanced_is_a_fit_with_the_same_weights_by_hand(few_labels, few_frame, loss):
    X, y = few_labels
    balanced = small(class_weight="balanced", loss=loss).fit(X, few_frame)
    by_hand = dict(zip(NAMES, ((1 - y).sum(0) / y.sum(0)).clip(1), strict=True))
    expected = small(class_weight=by_hand, loss=loss).fit(X, few_frame).predict_proba(X)
    np.testing.assert_array_equal(balanced.predict_proba(X), expected)
    assert np.abs(small(loss=loss).fit(X, few_frame).predict_proba(X) - expected).max() > 1e-3


def test_weights_by_name_are_the_positive_weights_of_torch(few_labels, few_frame):
    X, _ = few_labels
    tensor = torch.tensor([1.0, 7.0, 0.5])
    expected = small(net_params={"criterion__pos_weight": tensor}).fit(X, few_frame)
    got = small(class_weight={"Cytosol": 0.5, "Nucleoli": 7}).fit(X, few_frame)
    assert got.class_weight_.tolist() == [1, 7, 0.5]
    np.testing.assert_array_equal(got.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize("key", [1, np.int64(1), "1"])
def test_columns_without_names_have_their_numbers(few_labels, key):
    X, y = few_labels
    assert small(class_weight={key: 3.0}).fit(X, y).class_weight_.tolist() == [1, 3, 1]


def test_without_class_weight_every_label_weighs_one(few_labels, few_frame):
    X, _ = few_labels
    assert small().fit(X, few_frame).class_weight_.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ("auto", "'class_weight' parameter"),
        ([1.0, 2.0, 3.0], "'class_weight' parameter"),
        (
            {"nucleoli": 2, "Lysosomes": 3},
            "class_weight holds 'nucleoli', 'Lysosomes', which are no labels of y; did you mean "
            "'Nucleoli'? The labels are 'Nucleoplasm', 'Nucleoli', 'Cytosol'",
        ),
        ({1: 2.0}, "class_weight holds '1', which is no label of y"),
        (
            {"Nucleoli": -1, "Cytosol": "2", "Nucleoplasm": 1.0},
            "positive finite numbers, but it holds 'Nucleoli': -1, 'Cytosol': '2'",
        ),
        ({"Nucleoli": 0}, "it holds 'Nucleoli': 0"),
        ({"Nucleoli": math.nan, "Cytosol": math.inf}, "holds 'Nucleoli': nan, 'Cytosol': inf"),
    ],
)
def test_a_wrong_class_weight_is_refused_before_any_data_is_looked_at(
    few_frame, class_weight, message
):
    with pytest.raises(ValueError) as error:
        small(class_weight=class_weight).fit(None, few_frame)
    assert message in str(error.value)


def test_a_label_by_its_number_and_by_its_name_is_refused():
    with pytest.raises(ValueError, match="class_weight holds a label twice"):
        small(class_weight={0: 1.0, "0": 2.0}).fit(None, [[0, 1]])


@pytest.mark.parametrize("loss", ["bce", "focal", "asymmetric"])
def test_a_rare_label_is_found_more_often_where_it_is_balanced(rare, loss):
    X, y = rare

    def recall(class_weight):
        params = {"class_weight": class_weight, "loss": loss, "lr": 0.01, "max_epochs": 12}
        classifier = small(early_stopping=False, **params).fit(X[:400], y[:400])
        return recall_score(y[400:, 1], classifier.predict(X[400:])[:, 1])

    assert recall("balanced") > recall(None) + 0.3


def test_the_probability_of_a_weighted_label_is_shifted_by_its_weight():
    X = np.zeros((400, 1))
    y = np.zeros((400, 1), dtype=int)
    y[:80] = 1
    y = pd.DataFrame(y, columns=["Nucleoli"])
    params = {"hidden_layer_sizes": (), "lr": 0.03, "max_epochs": 60, "early_stopping": False}
    proba = small(class_weight={"Nucleoli": 4.0}, **params).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(proba, 4 * 0.2 / (4 * 0.2 + 0.8), atol=0.03)


# ---- class_weight: classes of a 1-d target ----------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
def test_balanced_classes_have_scikit_learn_s_weights(weighted):
    X, y = make_blobs([50, 30, 10], random_state=0)
    times = np.random.default_rng(0).integers(1, 4, 90) if weighted else np.ones(90, dtype=int)
    names = np.array(["cytosol", "nucleus", "vesicles"])
    classifier = small(class_weight="balanced").fit(
        X, names[y], sample_weight=times if weighted else None
    )
    expected = compute_class_weight("balanced", classes=names, y=names[y].repeat(times))
    np.testing.assert_allclose(classifier.class_weight_, expected, rtol=1e-6)


def test_the_weight_of_a_class_is_the_weight_of_its_samples():
    X, y = make_blobs([50, 30, 10], random_state=0, cluster_std=4)
    params = {"dropout": 0, "lr": 1e-3, "early_stopping": False}
    by_class = small(class_weight={0: 1.5, 2: 0.3}, **params).fit(X, y)
    weight = np.array([1.5, 1, 0.3])[y]
    by_sample = small(**params).fit(X, y, sample_weight=weight)
    assert by_class.class_weight_.tolist() == [1.5, 1, 0.3]
    np.testing.assert_allclose(by_class.predict_proba(X), by_sample.predict_proba(X), atol=0.01)
    plain = small(**params).fit(X, y)
    assert np.abs(plain.predict_proba(X) - by_class.predict_proba(X)).max() > 0.02


def test_a_class_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="are not in class_weight"):
        small(class_weight={"nucleus": 2.0}).fit(None, [0, 1, 2])


def test_a_class_without_a_training_row_weighs_one():
    X, y = make_blobs([50, 50, 1], random_state=0)
    weight = np.where(y == 2, 0.0, 1.0)
    classifier = small(class_weight="balanced").fit(X, y, sample_weight=weight)
    assert classifier.class_weight_.tolist() == [1, 1, 1]


# ---- continued training, copies and files -----------------------------------------------------


def test_balanced_weights_are_found_anew_in_every_fit_of_a_warm_start(few_labels):
    X, y = few_labels
    classifier = small(class_weight="balanced", warm_start=True)
    for rows in (slice(0, 60), slice(60, 120)):
        share = y[rows].mean(axis=0)
        classifier.fit(X[rows], y[rows])
        np.testing.assert_allclose(classifier.class_weight_, np.maximum(1, (1 - share) / share))
    assert classifier.n_iter_ == 10


@pytest.mark.parametrize("y", [[[0, 1], [1, 0]], [0, 1]])
def test_balanced_is_refused_in_partial_fit(y):
    with pytest.raises(ValueError, match="'balanced' cannot be used in partial_fit, which sees a"):
        small(class_weight="balanced").partial_fit([[0.0], [1.0]], y)


def test_partial_fit_takes_weights_by_name_and_keeps_the_optimiser_s_state(few_labels, few_frame):
    X, _ = few_labels
    classifier = small(class_weight={"Cytosol": 5.0}).partial_fit(X, few_frame)
    net = classifier.net_
    assert classifier.partial_fit(X, few_frame).net_ is net
    assert net.criterion_.pos_weight.tolist() == [1, 1, 5]
    classifier.set_params(class_weight={"Cytosol": 2.0}).partial_fit(X, few_frame)
    assert classifier.net_.criterion_.pos_weight.tolist() == [1, 1, 2]
    assert classifier.class_weight_.tolist() == [1, 1, 2]


def test_partial_fit_of_one_class_alone_keeps_the_weight_of_that_class():
    X = np.zeros((40, 1))
    losses = [
        small(class_weight=weight)
        .partial_fit(X, np.zeros(40, dtype=int), classes=[0, 1])
        .history_["train_loss"][0]
        for weight in (None, {0: 1e-3})
    ]
    assert losses[1] == pytest.approx(losses[0] * 1e-3, rel=0.1)


def test_a_fit_that_fails_keeps_the_weights_of_the_earlier_one(few_labels):
    X, y = few_labels
    classifier = small(class_weight={0: 3.0}).fit(X, y)
    with pytest.raises(ValueError, match="training diverged"):
        classifier.set_params(class_weight={0: 8.0}, lr=1e30, optimizer="sgd").fit(X, y)
    assert classifier.class_weight_.tolist() == [3, 1, 1]


@pytest.mark.parametrize("class_weight", ["balanced", {"Nucleoli": 3.0}])
def test_copies_and_files_keep_the_weights_as_plain_arrays(
    few_labels, few_frame, tmp_path, class_weight
):
    X, _ = few_labels
    params = {"loss": "focal", "loss_params": {"gamma": 1.5}}
    classifier = small(class_weight=class_weight, **params).fit(X, few_frame)
    expected = classifier.class_weight_
    for twin in (
        pickle.loads(pickle.dumps(classifier)),
        load(save(classifier, tmp_path / "model.skops")),
    ):
        np.testing.assert_array_equal(twin.class_weight_, expected)
        np.testing.assert_array_equal(twin.predict_proba(X), classifier.predict_proba(X))
        np.testing.assert_allclose(twin.net_.criterion_.pos_weight, expected, rtol=1e-6)
        assert twin.net_.criterion_.gamma == 1.5
        assert twin.get_params() == classifier.get_params()
    assert clone(classifier).class_weight == class_weight


def test_the_weights_that_are_handed_out_are_a_copy(few_labels):
    X, y = few_labels
    classifier = small(class_weight={0: 3.0}).fit(X, y)
    classifier.class_weight_[:] = 0
    assert classifier.class_weight_.tolist() == [3, 1, 1]


def test_the_positive_weight_moves_with_the_criterion():
    for make in (MultiLabelFocalLoss, MultiLabelAsymmetricLoss, MultiLabelBCELoss):
        assert make(pos_weight=torch.ones(3)).to("meta").pos_weight.device.type == "meta"
    assert MulticlassCrossEntropyLoss(torch.ones(3)).to("meta").weight.device.type == "meta"


def test_the_number_of_threads_changes_no_bit_of_balanced_weights():
    rng = np.random.default_rng(0)
    values = (rng.random((30_000, 28)) < 0.3).astype(np.float32)
    counts = rng.uniform(0.1, 3, len(values))
    found = []
    for number in (1, 2):
        with threadpool_limits(number, user_api="blas"):
            found.append(_balanced_labels(values, counts, 28))
    np.testing.assert_array_equal(*found)
