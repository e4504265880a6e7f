"""Tests of the disk cache: keys, damaged files, folder errors, size limit."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from joblib import Parallel, delayed, parallel_config

from sklearn_hpa._common.leftovers import _searched
from sklearn_hpa._images.cache import ImageCache, check_writable, open_cache, read_limit
from tests._common.processes import leftover_of_a_dead_process
from tests.robustness import caches

ROW = np.array([1.5, -0.0, np.nan, np.inf], dtype=np.float32)
#: Shape and type of the arrays of `fill`.
BYTES = np.empty(1000, dtype=np.uint8)
RECIPE = {"of": "test", "size": (8, 8), "version": 1}


def found(cache, key, array=ROW):
    return cache.get(key, array.shape, array.dtype)


@pytest.fixture
def image(tmp_path):
    """A file with a fixed modification time."""
    path = tmp_path / "image.png"
    path.write_bytes(b"some pixels")
    os.utime(path, ns=(10**18, 10**18))
    return path


@pytest.fixture
def cache(tmp_path):
    return ImageCache(tmp_path / "cache", RECIPE)


def test_what_is_kept_comes_back_bit_by_bit(cache):
    for array in (ROW, np.arange(12, dtype=np.uint8).reshape(3, 4), np.zeros((0, 2))):
        cache.put(cache.key(array), array)
        got = found(cache, cache.key(array), array)
        assert got.dtype == array.dtype and got.shape == array.shape
        assert got.tobytes() == array.tobytes()


def test_nothing_is_found_where_nothing_was_kept(cache, image):
    assert found(cache, cache.key(str(image))) is None
    assert not cache.folder.exists()


def test_another_cache_on_the_same_folder_finds_what_was_kept(cache, image):
    cache.put(cache.key(str(image)), ROW)
    twin = ImageCache(str(cache.folder), {"version": 1, "size": [8, 8], "of": "test"})
    np.testing.assert_array_equal(found(twin, twin.key(str(image))), ROW)


@pytest.mark.parametrize(
    "other", [{"size": (8, 9)}, {"version": 2}, {"size": None}, {"more": False}, {"version": "1"}]
)
def test_another_recipe_finds_nothing(cache, image, other):
    cache.put(cache.key(str(image)), ROW)
    twin = ImageCache(cache.folder, RECIPE | other)
    assert found(twin, twin.key(str(image))) is None


def test_a_file_is_known_by_its_size_and_its_time(cache, image):
    before = cache.key(str(image))
    image.write_bytes(b"other pixels")
    os.utime(image, ns=(10**18, 10**18))
    longer = cache.key(str(image))
    os.utime(image, ns=(10**18, 10**18 + 1))
    later = cache.key(str(image))
    assert len({before, longer, later}) == 3


def test_a_file_is_known_by_its_real_path(cache, image, tmp_path, monkeypatch):
    (tmp_path / "link.png").symlink_to(image)
    monkeypatch.chdir(tmp_path)
    keys = {cache.key(name) for name in (str(image), "image.png", "link.png")}
    assert len(keys) == 1
    shutil.copy2(image, tmp_path / "copy.png")
    assert cache.key("copy.png") not in keys


def test_the_order_of_the_channels_files_counts(cache, image, tmp_path):
    other = shutil.copy2(image, tmp_path / "other.png")
    assert cache.key((str(image), str(other))) != cache.key((str(other), str(image)))


def test_names_in_any_encoding_have_a_key(cache, tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xe4.png")
    Path(path).write_bytes(b"some pixels")
    cache.put(cache.key(path), ROW)
    np.testing.assert_array_equal(found(cache, cache.key(path)), ROW)


def test_an_array_is_known_by_its_values_its_type_and_its_shape(cache):
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert cache.key(image) == cache.key(image.copy()) == cache.key(np.asfortranarray(image))
    others = [image + 1, image.reshape(4, 3), image.astype(np.uint16), image.astype(">u2")]
    assert len({cache.key(image), *map(cache.key, others)}) == 5


def test_a_file_that_is_gone_has_no_key(cache):
    with pytest.raises(FileNotFoundError):
        cache.key("nowhere.png")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:20],
        lambda content: content[:-1],
        lambda content: content + b"x",
        lambda content: content[:-20] + bytes([content[-20] ^ 1]) + content[-19:],
        lambda content: b"\x93NUMPY" + bytes(200),
    ],
    ids=["empty", "truncated", "a byte less", "a byte more", "a bit flipped", "another file"],
)
def test_what_is_damaged_counts_as_not_there_and_is_replaced(cache, image, damage):
    key = cache.key(str(image))
    cache.put(key, ROW)
    (file,) = cache.folder.rglob("*.npy")
    file.write_bytes(damage(file.read_bytes()))
    assert found(cache, key) is None
    cache.put(key, ROW)
    np.testing.assert_array_equal(found(cache, key), ROW)


def test_a_file_of_the_cache_can_be_read_by_numpy(cache, image):
    cache.put(cache.key(str(image)), ROW)
    (file,) = cache.folder.rglob("*.npy")
    np.testing.assert_array_equal(np.load(file), ROW)


def test_the_folder_holds_nothing_but_what_was_kept(cache, image):
    cache.put(cache.key(str(image)), ROW)
    cache.put(cache.key(str(image)), ROW)
    assert len([path for path in cache.folder.rglob("*") if path.is_file()]) == 1


def test_a_folder_deleted_meanwhile_is_made_again(cache, image):
    key = cache.key(str(image))
    cache.put(key, ROW)
    shutil.rmtree(cache.folder)
    assert found(cache, key) is None
    cache.put(key, ROW)
    np.testing.assert_array_equal(found(cache, key), ROW)


def test_a_change_of_folder_in_between_does_not_matter(image, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cache = ImageCache("relative", RECIPE)
    cache.put(cache.key(str(image)), ROW)
    monkeypatch.chdir("/")
    np.testing.assert_array_equal(found(cache, cache.key(str(image))), ROW)


def _put_often(cache, key):
    for _ in range(20):
        cache.put(key, ROW)
        got = found(cache, key)
        assert got is not None and got.tobytes() == ROW.tobytes()
    return True


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_several_workers_may_keep_the_same_image_at_once(cache, image, backend):
    key = cache.key(str(image))
    with parallel_config(backend=backend, n_jobs=4):
        assert all(Parallel()(delayed(_put_often)(cache, key) for _ in range(4)))


def test_a_pickle_finds_what_was_kept(cache, image):
    cache.put(cache.key(str(image)), ROW)
    twin = pickle.loads(pickle.dumps(cache))
    np.testing.assert_array_equal(found(twin, twin.key(str(image))), ROW)


# ---- the folder -------------------------------------------------------------------------------


def test_a_folder_is_made_with_its_parents_and_left_empty(tmp_path):
    check_writable(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir() and not any((tmp_path / "a" / "b").iterdir())


def test_a_file_instead_of_the_folder_is_refused(image):
    with pytest.raises(NotADirectoryError, match="cache='.*image.png' is a file; a folder is exp"):
        check_writable(image)
    with pytest.raises(NotADirectoryError, match="cache='.*image.png/in' cannot be written to"):
        check_writable(image / "in")


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path, monkeypatch):
    def full(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("sklearn_hpa._common.files.tempfile.TemporaryFile", full)
    message = r"cache='.*' cannot be written to \(Permission denied\). Set cache to another folder"
    with pytest.raises(PermissionError, match=message):
        check_writable(tmp_path)


def test_a_tilde_is_the_home_folder_and_no_folder_of_that_name(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ImageCache("~/kept", {}).folder == tmp_path / "kept"
    with pytest.raises(ValueError, match="cache='' is no folder"):
        ImageCache("", {})


# ---- errors of the folder -----------------------------------------------------------------------


def test_files_of_others_in_the_folder_are_neither_counted_nor_deleted(tmp_path, monkeypatch):
    monkeypatch.setenv("SKLEARN_HPA_CACHE_LIMIT", "4K")
    (tmp_path / "s1").mkdir()
    others = [tmp_path / "s1" / "mine.npy", tmp_path / "ab.npy", tmp_path / "s1" / ".x.npy"]
    for path in others:
        np.save(path, np.zeros(3000))
        os.utime(path, (1, 1))
    cache = ImageCache(tmp_path, {})
    keys = [fill(cache, number) for number in range(9)]
    assert all(path.exists() for path in others)
    assert keys[-1] in cache
    assert keys[0] not in cache


def test_a_write_that_fails_is_said_once_and_costs_no_more_than_time(tmp_path, monkeypatch):
    cache = ImageCache(tmp_path, {})
    monkeypatch.setattr(
        "sklearn_hpa._images.cache.replacing_entry", Mock(side_effect=OSError(28, "no space"))
    )
    with pytest.warns(UserWarning, match="cannot be written to .no space.. Nothing is added"):
        key = fill(cache, 1)
    fill(cache, 2)
    assert key not in cache


def test_a_file_whose_last_use_cannot_be_noted_is_read(tmp_path, monkeypatch):
    cache = ImageCache(tmp_path, {})
    key = fill(cache, 3)
    os.utime(cache._paths(key)[1], (1, 1))
    monkeypatch.setattr(os, "utime", Mock(side_effect=PermissionError))
    assert found(cache, key, BYTES)[0] == 3


@pytest.mark.parametrize("limit", ["1K", "10K"])
def test_threads_share_a_folder_that_is_too_small(tmp_path, monkeypatch, limit):
    monkeypatch.setenv("SKLEARN_HPA_CACHE_LIMIT", limit)
    cache = ImageCache(tmp_path, {})
    Parallel(4, backend="threading")(delayed(fill)(cache, number) for number in range(200))
    assert not cache.read_only


def test_one_file_in_two_roles_is_two_images(image):
    cache = ImageCache(image.parent, {})
    assert cache.key(str(image)) != cache.key((str(image),))


# ---- the size limit and the environment ---------------------------------------------------------


def fill(cache, number, size=1000):
    key = cache.key(np.full(3, number))
    cache.put(key, np.full(size, number, dtype=np.uint8))
    return key


def test_what_was_not_used_for_longest_goes_where_the_folder_is_full(tmp_path, monkeypatch):
    monkeypatch.setenv("SKLEARN_HPA_CACHE_LIMIT", "20K")
    cache = ImageCache(tmp_path, {})
    keys = []
    for number in range(12):
        keys.append(fill(cache, number))
        os.utime(cache._paths(keys[-1])[1], (1000 + number, 1000 + number))
    assert found(cache, keys[0], BYTES) is not None  # now the most recently used
    for number in range(12, 40):
        keys.append(fill(cache, number))
        assert sum(path.stat().st_size for path in tmp_path.rglob("*.npy")) <= 25 * 1024
    assert keys[-1] in cache
    assert keys[1] not in cache
    fresh = ImageCache(tmp_path, {})
    fill(fresh, 99)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.npy")) <= 20 * 1024


def test_use_is_noted_so_that_what_is_used_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("SKLEARN_HPA_CACHE_LIMIT", "10K")
    cache = ImageCache(tmp_path, {})
    keys = [fill(cache, number) for number in range(6)]
    for number, key in enumerate(keys):
        os.utime(cache._paths(key)[1], (1000 + number, 1000 + number))
    for _ in range(2):
        assert found(cache, keys[0], BYTES).tolist() == [0] * 1000
    another = ImageCache(tmp_path, {})
    for number in range(6, 12):
        fill(another, number)
    assert keys[0] in another
    assert keys[1] not in another


@pytest.mark.parametrize(
    ("text", "expected"),
    [("500", 500), ("1.5K", 1536), ("2 GB", 2**31), ("1MiB", 2**20), ("", 20 * 2**30)],
)
def test_limits_are_read(monkeypatch, text, expected):
    monkeypatch.setenv("SKLEARN_HPA_CACHE_LIMIT", text)
    assert read_limit() == expected


def test_a_limit_that_is_no_number_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("SKLEARN_HPA_CACHE_LIMIT", "plenty")
    with pytest.raises(ValueError, match="SKLEARN_HPA_CACHE_LIMIT='plenty' is no number of bytes"):
        check_writable(tmp_path)


def test_the_parameter_goes_before_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("SKLEARN_HPA_CACHE", raising=False)
    assert open_cache(None, {}, required=True) is None
    monkeypatch.setenv("SKLEARN_HPA_CACHE", str(tmp_path / "a"))
    assert open_cache(None, {}, required=True).folder == tmp_path / "a"
    assert open_cache(tmp_path / "b", {}, required=True).folder == tmp_path / "b"


def test_a_folder_that_cannot_be_written_to_is_read(monkeypatch, tmp_path):
    full = ImageCache(tmp_path, {})
    key = fill(full, 7)
    monkeypatch.setattr(
        "sklearn_hpa._images.cache.check_writable", Mock(side_effect=PermissionError("no"))
    )
    with pytest.raises(PermissionError):
        open_cache(tmp_path, {}, required=True)
    with pytest.warns(UserWarning, match="no. Nothing is added to it"):
        cache = open_cache(tmp_path, {}, required=False)
    assert found(cache, key, BYTES)[0] == 7
    assert fill(cache, 8) not in cache


# ---- planted by another user --------------------------------------------------------------------

#: Kinds that are left alone, because deleting them would delete content of others.
STAYING = {"a folder with content", "a subfolder that is a file"}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", caches.KINDS)
def test_what_is_planted_is_missing_and_replaced_and_nothing_outside_changes(tmp_path, kind):
    outside = tmp_path / "outside"
    outside.mkdir()
    cache = ImageCache(tmp_path / "cache", RECIPE)
    key = cache.key(ROW)
    caches.plant(kind, caches.Target(cache.folder, outside, key, ROW.shape, ROW.dtype))
    before = caches.listing(outside)
    assert found(cache, key) is None
    cache.put(key, ROW)
    got = found(cache, key)
    assert got is None if kind in STAYING else got.tobytes() == ROW.tobytes()
    assert not cache.read_only
    assert caches.listing(outside) == before


@pytest.mark.parametrize("kind", caches.KINDS)
def test_making_room_deletes_nothing_outside(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("SKLEARN_HPA_CACHE_LIMIT", "1K")
    outside = tmp_path / "outside"
    outside.mkdir()
    cache = ImageCache(tmp_path / "cache", RECIPE)
    caches.plant(kind, caches.Target(cache.folder, outside, cache.key(ROW), ROW.shape, ROW.dtype))
    before = caches.listing(outside)
    check_writable(cache.folder)
    for number in range(3):
        fill(cache, number)
    assert caches.listing(outside) == before


def test_a_link_is_not_taken_for_an_entry(tmp_path):
    cache = ImageCache(tmp_path / "cache", RECIPE)
    key = fill(cache, 1)
    subfolder, path = cache._paths(key)
    os.rename(path, tmp_path / "elsewhere.npy")
    os.symlink(tmp_path / "elsewhere.npy", path)
    assert key not in cache
    os.unlink(path)
    os.rename(subfolder, tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", subfolder)
    assert key not in cache


def test_the_folder_itself_may_be_a_link(tmp_path):
    (tmp_path / "large disk").mkdir()
    (tmp_path / "cache").symlink_to(tmp_path / "large disk")
    cache = ImageCache(tmp_path / "cache", RECIPE)
    assert found(cache, fill(cache, 7), BYTES)[0] == 7


def test_another_shape_or_type_is_missing(cache):
    cache.put(cache.key(ROW), ROW)
    key = cache.key(ROW)
    assert cache.get(key, (2, 2), np.float32) is None
    assert cache.get(key, (4,), np.int32) is None
    assert cache.get(key, (4,), np.dtype(">f4")) is None
    assert cache.get(key, (8,), np.float16) is None


def test_a_file_with_a_second_name_keeps_its_time(cache, tmp_path):
    key = fill(cache, 3)
    os.link(cache._paths(key)[1], tmp_path / "backup.npy")
    os.utime(tmp_path / "backup.npy", (1000, 1000))
    assert found(cache, key, BYTES)[0] == 3
    assert os.stat(tmp_path / "backup.npy").st_mtime == 1000


def test_opening_a_cache_removes_what_dead_processes_left(tmp_path):
    cache = ImageCache(tmp_path / "cache", RECIPE)
    subfolder = Path(cache._paths(fill(cache, 3))[0])
    left = subfolder / leftover_of_a_dead_process(".npy")
    left.write_bytes(b"half")
    _searched.clear()
    check_writable(cache.folder)
    assert [path.suffix for path in subfolder.iterdir()] == [".npy"] and not left.exists()


def test_a_process_killed_while_it_stores_leaves_no_torn_entry_and_nothing_after_the_next_one(
    tmp_path,
):
    code = (
        "import os, signal, sys\n"
        "import numpy as np\n"
        "from sklearn_hpa._images import cache\n"
        "os.replace = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)\n"
        "cache.ImageCache(sys.argv[1], {}).put('ab' + 38 * '0', np.ones(9))\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, tmp_path], env=os.environ)
    assert killed.returncode == -signal.SIGKILL
    (left,) = (tmp_path / "ab").iterdir()
    assert left.name.startswith(".sklearn-hpa-")
    assert ImageCache(tmp_path, {}).get("ab" + 38 * "0", (9,), float) is None
    check_writable(tmp_path)
    assert not list((tmp_path / "ab").iterdir())
