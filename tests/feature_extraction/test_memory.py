"""Tests of matrices in temporary files."""

import gc
import os
import pickle
import tempfile

import numpy as np
import pytest
from joblib import Parallel, delayed

from sklearn_hpa import HPAPipeline, ImageFlattener, MultiLabelMLPClassifier
from sklearn_hpa.feature_extraction import _memory as matrices
from sklearn_hpa.feature_extraction._memory import empty_matrix, free_memory


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def files(folder):
    return list(folder.glob("sklearn_hpa_*.matrix"))


def test_a_file_is_there_for_as_long_as_any_array_lies_in_it(folder):
    matrix = empty_matrix((10, 4), np.uint8, True)
    matrix[:] = np.arange(40).reshape(10, 4)
    assert len(files(folder)) == 1
    part = np.asarray(matrix)[3:5]
    del matrix
    gc.collect()
    assert len(files(folder)) == 1
    assert part.tolist() == [[12, 13, 14, 15], [16, 17, 18, 19]]
    del part
    gc.collect()
    assert not files(folder)


def test_processes_read_the_same_file(folder):
    matrix = empty_matrix((1000, 4), np.float32, True)
    matrix[:] = 1.5
    sums = Parallel(2)(delayed(np.sum)(matrix[rows]) for rows in (slice(500), slice(500, 1000)))
    assert sums == [3000, 3000]
    assert pickle.loads(pickle.dumps(matrix))[0, 0] == 1.5


@pytest.mark.parametrize(("free", "mapped"), [(99, True), (201, False), (None, False)])
def test_auto_takes_a_file_from_half_of_the_free_memory_on(folder, monkeypatch, free, mapped):
    monkeypatch.setattr(matrices, "free_memory", lambda: free)
    matrix = empty_matrix((25, 4), np.uint8, "auto")
    assert bool(files(folder)) == isinstance(matrix, np.memmap) == mapped


def test_free_memory_is_that_of_the_system_or_less(monkeypatch, tmp_path):
    (tmp_path / "meminfo").write_text("MemTotal:  9000 kB\nMemAvailable:  3000 kB\nHugePages: 0\n")
    monkeypatch.setattr(matrices, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(matrices, "_CGROUP", tmp_path)
    assert free_memory() == 3000 * 1024
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("500\n")
    assert free_memory() == 3000 * 1024
    (tmp_path / "memory.max").write_text("1500\n")
    assert free_memory() == 1000
    monkeypatch.setattr(matrices, "_MEMINFO", tmp_path / "none")
    assert free_memory() is None


def test_a_full_disk_is_told_before_anything_is_read(folder, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match=r"matrix of shape \(6, 192\) do not fit into .*TMPDIR"):
        ImageFlattener(8, memmap=True).fit_transform(np.zeros((6, 8, 8, 3), np.uint8))
    assert not files(folder)


def test_a_pipeline_learns_from_a_file_what_it_learns_from_memory(folder):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (60, 16, 16, 3), dtype=np.uint8)
    y = (rng.random((60, 3)) < 0.4).astype(int)
    probabilities = []
    for memmap in (True, False):
        flattener = ImageFlattener(16, memmap=memmap)
        assert isinstance(flattener.fit_transform(X), np.memmap) == memmap
        classifier = MultiLabelMLPClassifier((8,), max_epochs=3, random_state=0)
        pipe = HPAPipeline(images=flattener, classifier=classifier).fit(X, y)
        probabilities.append(pipe.predict_proba(X))
    np.testing.assert_array_equal(*probabilities)
    gc.collect()
    assert not files(folder)
