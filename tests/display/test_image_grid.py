"""Tests of the image grid: chosen images, captions, order by log loss."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from sklearn_hpa import HPAPipeline, ImageFlattener, MultiLabelMLPClassifier
from sklearn_hpa._images.image import read_image
from sklearn_hpa._images.inputs import HPA_CHANNELS
from sklearn_hpa.datasets import load_hpa
from sklearn_hpa.display import ImageGridDisplay, compose_channels
from sklearn_hpa.metrics import multilabel_log_loss

from .pictures import pixels, texts_below

# ---- choice of images, captions -----------------------------------------------------------------


def test_the_first_images_are_shown_in_order_with_their_labels(synthetic):
    images, y = synthetic
    display = ImageGridDisplay.from_images(images, y, n_images=4, size=32, n_columns=3)
    np.testing.assert_array_equal(display.images, images[:4])
    assert display.channels == HPA_CHANNELS
    assert display.axes_.shape == (2, 3)
    composites = compose_channels(images)
    for k in range(4):
        np.testing.assert_array_equal(pixels(display.axes_.flat[k]), composites[k])
        labels = [name for name in y.columns if y[name].iloc[k]]
        assert display.captions[k] == ", ".join(labels)
    assert not display.axes_[1, 1].images and not display.axes_[1, 2].images
    assert texts_below(display)[:4] == display.captions


def test_all_images_are_shown_where_there_are_fewer(synthetic):
    images, y = synthetic
    assert len(ImageGridDisplay.from_images(images[:3], y[:3], n_images=12, size=32).images) == 3


def test_a_seed_shows_a_random_sample_in_the_order_of_X(synthetic):
    images, _ = synthetic
    show = [ImageGridDisplay.from_images(images, n_images=5, random_state=s) for s in (0, 0, 1)]
    assert show[0].captions == show[1].captions != show[2].captions
    numbers = [int(caption.removeprefix("image ")) for caption in show[0].captions]
    assert numbers == sorted(set(numbers)) != list(range(5))
    np.testing.assert_array_equal(
        ImageGridDisplay.from_images(images, n_images=5, size=32, random_state=0).images,
        images[numbers],
    )


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_images": 0}, ValueError, "n_images must be a positive int, got 0"),
        ({"n_images": 2.5}, ValueError, "n_images must be a positive int"),
        ({"n_columns": True}, ValueError, "n_columns must be a positive int, got True"),
        ({"stretch": (50, 10)}, ValueError, "Invalid stretch"),
        ({"colors": {"pink": "pink"}}, ValueError, "'pink', no channel of the images"),
        ({"channels": "red"}, ValueError, "Invalid channels='red'"),
        ({"channels": ["red", "far red"]}, ValueError, "no color for the channels far red"),
    ],
)
def test_options_are_refused_before_an_image_is_read(options, error, message, folder):
    X = folder[0].copy()
    X.iloc[:] = "no-such-file.png"
    with pytest.raises(error, match=message):
        ImageGridDisplay.from_images(X, **options)


def test_labels_of_other_samples_are_refused(folder):
    X, y = folder
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ImageGridDisplay.from_images(X, y[:-1])
    with pytest.raises(ValueError, match="not the same samples: row 0 is 'synthetic00000'"):
        ImageGridDisplay.from_images(X, y[::-1])


@pytest.mark.parametrize("n_labelled", [9, 11])
def test_lists_of_labels_of_other_samples_are_refused(n_labelled, synthetic):
    y, proba = [[1, 0]] * n_labelled, [[0.9, 0.2]] * n_labelled
    message = rf"inconsistent numbers of samples: \[10, {n_labelled}\]"
    with pytest.raises(ValueError, match=message):
        ImageGridDisplay.from_images(synthetic[0], y)
    with pytest.raises(ValueError, match=message):
        ImageGridDisplay.from_predictions(synthetic[0], y, proba)
    with pytest.raises(ValueError, match=message):
        ImageGridDisplay.from_estimator(BaseEstimator(), synthetic[0], y)


def test_images_of_more_planes_than_stains_need_channels_and_colors():
    images = np.full((1, 8, 8, 5), 90, np.uint8)
    with pytest.raises(ValueError, match="have 5 planes, more than red, green, blue, yellow; set"):
        ImageGridDisplay.from_images(images)
    display = ImageGridDisplay.from_images(
        images, channels=list("abcde"), colors=dict.fromkeys("abcde", "w"), stretch=None
    )
    assert pixels(display.axes_[0, 0]).min() == 255


# ---- worst predictions --------------------------------------------------------------------------


def slow_log_loss(truth, proba):
    losses = []
    for row_truth, row_proba in zip(truth, proba, strict=True):
        terms = [-math.log(p if t else 1 - p) for t, p in zip(row_truth, row_proba, strict=True)]
        losses.append(sum(terms) / len(terms))
    return losses


def test_the_most_wrong_comes_first(synthetic):
    images, y = synthetic
    proba = np.random.default_rng(0).uniform(0.01, 0.99, y.shape)
    display = ImageGridDisplay.from_predictions(images, y, proba, n_images=10, size=32)
    losses = slow_log_loss(y.to_numpy(), proba)
    worst_first = sorted(range(10), key=lambda row: -losses[row])
    np.testing.assert_array_equal(display.images, images[worst_first])
    heads = [caption.split("\n")[0] for caption in display.captions]
    assert heads == [f"image {row}, log loss {losses[row]:.2f}" for row in worst_first]
    assert np.mean(losses) == pytest.approx(multilabel_log_loss(y, proba))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_certain_and_wrong_is_most_wrong_not_infinite(synthetic, dtype):
    y = np.array([[1, 0], [0, 1], [1, 1]])
    proba = np.array([[1, 0], [1, 0], [0.5, 0.5]], dtype=dtype)
    display = ImageGridDisplay.from_predictions(synthetic[0][:3], y, proba)
    expected = -math.log(np.finfo(dtype).eps)
    assert display.captions[0].startswith(f"image 1, log loss {expected:.2f}\n")
    assert display.captions[2].startswith("image 0, log loss 0.00\n")


def test_a_label_is_predicted_from_its_own_threshold_on(synthetic):
    y, proba = np.array([[1, 1, 0]]), np.array([[0.3, 0.3, 0.3]])
    display = ImageGridDisplay.from_predictions(
        synthetic[0][:1], y, proba, threshold=[0.3, 0.31, 0.1]
    )
    assert display.captions[0].split("\n")[1:] == [
        "✓ found: 0 0.30",
        "✗ missed: 1 0.30",
        "✗ false alarm: 2 0.30",
    ]


def test_probabilities_may_bring_the_names(synthetic):
    proba = pd.DataFrame([[0.1, 0.8]], columns=["Cytosol", "ER"])
    display = ImageGridDisplay.from_predictions(synthetic[0][:1], np.array([[1, 0]]), proba)
    assert "missed: Cytosol 0.10\n" in display.captions[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_proba": np.full((10, 4), 0.5)}, "y_proba has 10 samples and 4 labels"),
        ({"y_proba": np.full((10, 5), 1.5)}, r"y_proba is 1.5 .*\[0, 1\]"),
        ({"y_true": np.full((10, 5), 2)}, "y_true is 2"),
        ({"y_true": np.zeros((9, 5)), "y_proba": np.zeros((9, 5))}, "inconsistent numbers"),
        ({"threshold": [0.5, 0.5]}, "one for each of the 5 labels"),
        ({"threshold": 1.5}, r"threshold must lie in \[0, 1\]"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(change, message, synthetic):
    images, y = synthetic
    arguments = {"y_true": y, "y_proba": np.full(y.shape, 0.5)} | change
    with pytest.raises(ValueError, match=message):
        ImageGridDisplay.from_predictions(images, **arguments)


class Recorder(ClassifierMixin, BaseEstimator):
    """Return fixed probabilities, predict every label and record the number of rows."""

    def __init__(self, proba):
        self.proba = proba

    def predict_proba(self, X):
        return self.proba[: len(X)]

    def predict(self, X):
        self.n_predicted_ = len(X)
        return np.ones((len(X), self.proba.shape[1]), dtype=int)


def test_from_estimator_takes_the_label_sets_of_predict(synthetic):
    images, y = synthetic
    recorder = Recorder(np.full(y.shape, 0.01))
    display = ImageGridDisplay.from_estimator(recorder, images, y, n_images=3)
    assert not any("missed" in caption for caption in display.captions)
    assert all("false alarm" in caption for caption in display.captions)


def test_from_estimator_reads_again_only_the_files_it_shows(folder):
    X, y = folder
    recorder = Recorder(np.full(y.shape, 0.01))
    ImageGridDisplay.from_estimator(recorder, X, y, n_images=3)
    assert recorder.n_predicted_ == 3


def test_from_estimator_agrees_with_from_predictions(folder):
    X, y = folder
    y = y.loc[:, y.any()]
    pipe = HPAPipeline(
        images=ImageFlattener(size=8),
        classifier=MultiLabelMLPClassifier((4,), max_epochs=2, threshold=0.3, random_state=0),
    ).fit(X, y)
    by_estimator = ImageGridDisplay.from_estimator(pipe, X, y)
    by_hand = ImageGridDisplay.from_predictions(X, y, pipe.predict_proba(X), threshold=0.3)
    assert by_estimator.captions == by_hand.captions
    np.testing.assert_array_equal(by_estimator.images, by_hand.images)


def test_from_estimator_refuses_wrong_labels_before_it_predicts(synthetic):
    images, y = synthetic
    with pytest.raises(ValueError, match="inconsistent numbers"):
        ImageGridDisplay.from_estimator(BaseEstimator(), images, y[:4])
    with pytest.raises(AttributeError, match="has no predict_proba"):
        ImageGridDisplay.from_estimator(BaseEstimator(), images, y)


# ---- real images --------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hpa-cells", "formats/kaggle-png", "formats/hpa-jpg"])
def test_real_images_are_shown_bright_with_their_labels(name, hpa_data, texts_that_are_cut):
    X, y = load_hpa(hpa_data / name, return_X_y=True)
    X, y = X[:3], y[:3]
    display = ImageGridDisplay.from_images(X, y, size=64)
    assert display.captions[0] == ", ".join(y.columns[y.iloc[0] == 1])
    for row, image in enumerate(display.images):
        np.testing.assert_array_equal(
            image, read_image(X.iloc[row].tolist(), HPA_CHANNELS, (64, 64))
        )
        assert pixels(display.axes_.flat[row]).max() == 255
    assert texts_that_are_cut(display.figure_) == []
