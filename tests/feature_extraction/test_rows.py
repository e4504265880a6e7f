"""Test that the row of an image is checked before it is used and cached."""

import numpy as np
import pytest

from sklearn_hpa._images.cache import ImageCache
from sklearn_hpa.feature_extraction import ImageTransformer
from sklearn_hpa.feature_extraction._rows import RowMaker


class WrongRow(ImageTransformer):
    """Its row is what `row` says."""

    row = np.ones(1)

    def __init__(self, size=None, channels=("red", "green"), *, n_jobs=None, cache=None):
        self.size = size
        self.channels = channels
        self.n_jobs = n_jobs
        self.cache = cache
        self.verbose = False

    def _columns(self, channels, **options):
        return [f"{channel}_value" for channel in channels]

    @staticmethod
    def _row(image, channels, **options):
        if isinstance(WrongRow.row, Exception):
            raise WrongRow.row
        return WrongRow.row


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            np.ones(1),
            r"WrongRow._row returned an array of shape \(1,\) for .*; expected \(2,\)",
        ),
        (np.ones((2, 1)), r"shape \(2, 1\)"),
        (np.array([1.0, np.nan]), "values that are not finite for .*cell|synthetic"),
    ],
)
def test_a_wrong_row_is_refused_and_not_cached(frame, tmp_path, monkeypatch, row, message):
    monkeypatch.setattr(WrongRow, "row", row)
    with pytest.raises(ValueError, match=message):
        WrongRow(cache=tmp_path / "c").fit_transform(frame)
    assert not list((tmp_path / "c").glob("*/*.npy"))


def test_an_error_of_the_row_names_the_image(frame, monkeypatch):
    monkeypatch.setattr(WrongRow, "row", ValueError("oops"))
    with pytest.raises(ValueError, match="oops") as caught:
        WrongRow().fit_transform(frame)
    assert frame["red"].iloc[0] in caught.value.__notes__[0]


def test_a_maker_goes_to_another_process_without_the_keys_of_all_images(tmp_path):
    maker = RowMaker(np.ravel, ("red",), {}, None, None, tolerant=False, cache=None)
    maker._keys["a.png"] = "key"
    assert maker.__getstate__()["_keys"] == {}
    assert not maker.is_known("a.png")
    assert maker.look_up("a.png") is None


def test_a_cached_row_that_is_not_finite_is_computed_again(tmp_path):
    maker = RowMaker(
        lambda image, channels: np.ones(3, np.float32),
        ("red",),
        {},
        None,
        None,
        tolerant=False,
        cache=ImageCache(tmp_path, {}),
    )
    maker.n_columns, maker.dtype = 3, np.dtype(np.float32)
    image = np.zeros((4, 4, 1), np.uint8)
    maker.make(0, image)
    assert maker.look_up(image).tolist() == [1, 1, 1]
    maker.cache.put(maker.cache.key(image), np.array([1, np.nan, 1], np.float32))
    assert maker.look_up(image) is None


def test_a_row_is_cached_in_the_type_of_the_rows(frame, tmp_path, monkeypatch):
    transformer = WrongRow(cache=tmp_path / "c")
    monkeypatch.setattr(WrongRow, "row", np.array([0.1, 1.1]))
    rows = transformer.fit_transform(frame)
    monkeypatch.setattr(WrongRow, "row", ValueError("computed again"))
    np.testing.assert_array_equal(transformer.transform(frame), rows)
