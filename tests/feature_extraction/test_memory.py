"""Tests of matrices in temporary files."""

import copy
import gc
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from joblib import Parallel, delayed, parallel_config
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_validate

from sklearn_hpa import HPAPipeline, ImageFlattener, MultiLabelMLPClassifier
from sklearn_hpa._common import leftovers
from sklearn_hpa.feature_extraction import _memory as matrices
from sklearn_hpa.feature_extraction._memory import empty_matrix, free_memory

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="files without a name are Linux's")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture(params=["without a name", "with a name"])
def naming(request, monkeypatch):
    """Both kinds of systems: files may lose their name while they are open, or keep it."""
    if request.param == "with a name":
        monkeypatch.setattr(matrices, "_path_without_name", lambda descriptor: None)
    elif sys.platform != "linux":
        pytest.skip("files without a name are Linux's")
    return request.param


def files(folder):
    return list(folder.glob(".sklearn-hpa-*.matrix"))


def open_without_name(folder):
    """Return the deleted files of a folder that this process still has open."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            target = os.readlink(descriptor)
            if target.startswith(str(folder)) and target.endswith(".matrix (deleted)"):
                found.append(target)
    return found


def test_a_file_with_a_name_is_there_for_as_long_as_any_array_lies_in_it(folder, monkeypatch):
    monkeypatch.setattr(matrices, "_path_without_name", lambda descriptor: None)
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


@LINUX
def test_a_file_without_a_name_is_open_for_as_long_as_any_array_lies_in_it(folder):
    matrix = empty_matrix((10, 4), np.uint8, True)
    matrix[:] = np.arange(40).reshape(10, 4)
    assert not os.listdir(folder) and open_without_name(folder)
    part = np.asarray(matrix)[3:5]
    del matrix
    gc.collect()
    assert open_without_name(folder)
    assert part.tolist() == [[12, 13, 14, 15], [16, 17, 18, 19]]
    del part
    gc.collect()
    assert not open_without_name(folder)


@pytest.mark.parametrize("backend", ["loky", "multiprocessing", "threading"])
def test_processes_read_the_same_file(folder, naming, backend):
    matrix = empty_matrix((300_000, 4), np.float32, True)
    matrix[:] = 1.5
    with parallel_config(backend=backend, n_jobs=2):
        parts = Parallel()(delayed(sum_and_kind)(matrix[rows]) for rows in (slice(9), slice(9, 20)))
        (strided,) = Parallel()([delayed(sum_and_kind)(matrix[::2, 1])])
    assert parts == [(54, "memmap"), (66, "memmap")]
    assert strided[0] == 225_000
    assert not [name for name in os.listdir(folder) if "joblib" in name]


def sum_and_kind(array):
    base = array
    while isinstance(base.base, np.ndarray):
        base = base.base
    return float(np.sum(array)), type(base).__name__


def test_a_worker_writes_to_the_matrix_of_its_parent(folder, naming):
    matrix = empty_matrix((10, 4), np.float32, True)
    Parallel(2, "multiprocessing", mmap_mode="r+")(
        delayed(np.copyto)(matrix, value) for value in (2.0,)
    )
    assert (matrix == 2).all()


def test_pickles_and_copies_hold_the_values(folder, naming):
    matrix = empty_matrix((10, 4), np.float32, True)
    matrix[:] = 1.5
    for twin in (pickle.loads(pickle.dumps(matrix)), copy.deepcopy(matrix), matrix.copy()):
        assert (twin == 1.5).all()
        assert not np.shares_memory(twin, matrix)


def test_a_cross_validation_in_two_processes_gives_the_scores_of_one(folder, naming):
    rng = np.random.default_rng(0)
    X = ImageFlattener(8, memmap=True).fit_transform(
        rng.integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)
    )
    assert isinstance(X, np.memmap)
    y = X[:, 0] > 128
    scores = [
        cross_validate(LogisticRegression(), X, y, cv=2, n_jobs=n_jobs)["test_score"].tolist()
        for n_jobs in (1, 2)
    ]
    assert scores[0] == scores[1]


@pytest.mark.parametrize("without_name", [True, False])
def test_a_killed_process_leaves_no_matrix_after_the_next_one(folder, monkeypatch, without_name):
    if without_name and sys.platform != "linux":
        pytest.skip("files without a name are Linux's")
    code = (
        "import os, signal\n"
        "from sklearn_hpa.feature_extraction import _memory\n"
        f"if not {without_name}: _memory._path_without_name = lambda descriptor: None\n"
        "matrix = _memory.empty_matrix((1000, 1000), 'u1', True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], env=os.environ | {"TMPDIR": str(folder)})
    assert killed.returncode == -signal.SIGKILL
    assert len(files(folder)) == (0 if without_name else 1)
    monkeypatch.setattr(leftovers, "_searched", set())
    matrix = empty_matrix((2, 2), np.uint8, True)
    assert len(files(folder)) <= 1 and all(path.stat().st_size == 4 for path in files(folder))
    del matrix


@pytest.mark.parametrize(("free", "mapped"), [(99, True), (201, False), (None, False)])
def test_auto_takes_a_file_from_half_of_the_free_memory_on(folder, monkeypatch, free, mapped):
    monkeypatch.setattr(matrices, "free_memory", lambda: free)
    matrix = empty_matrix((25, 4), np.uint8, "auto")
    assert isinstance(matrix, np.memmap) == mapped


def test_a_system_that_hides_open_files_keeps_the_name(folder, monkeypatch):
    def hidden(path, **_):
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", hidden)
        matrix = empty_matrix((25, 4), np.uint8, True)
    assert len(files(folder)) == 1 and matrix.filename == str(files(folder)[0])


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
    assert not os.listdir(folder)


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
