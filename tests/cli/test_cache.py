"""Tests of the folder in which the commands cache rows."""

import sys
from pathlib import Path

import pytest

from sklearn_hpa import HPAPipeline, ImageFlattener, MultiLabelMLPClassifier, load, save
from sklearn_hpa.cli import _cache
from sklearn_hpa.datasets import load_hpa, make_hpa_images, save_hpa
from sklearn_hpa.feature_extraction import _rows

from .running import run

N = 12
FAST = ["--features", "pixels", "--size", "8", "--max-epochs", "1", "--seed", "0"]


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    images, y = make_hpa_images(N, n_labels=3, size=32, random_state=0)
    return save_hpa(tmp_path_factory.mktemp("cells") / "cells", images, y)


@pytest.fixture
def user_cache(tmp_path, monkeypatch):
    """The cache of a user without other settings."""
    monkeypatch.delenv("SKLEARN_HPA_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home-cache"))
    return tmp_path / "home-cache" / "sklearn_hpa"


@pytest.fixture
def reads(monkeypatch):
    """List of the images that are decoded."""
    read, found = _rows.read_source, []

    def counted(position, source, *args):
        found.append(source)
        return read(position, source, *args)

    monkeypatch.setattr(_rows, "read_source", counted)
    return found


def fit(cells, tmp_path, *options, capsys):
    return run("fit", cells, "--output", tmp_path / "m.skops", *FAST, *options, capsys=capsys)


def entries(folder):
    return len(list(Path(folder).rglob("*.npy")))


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/caches"}, "/caches/sklearn_hpa"),
        ("linux", {"XDG_CACHE_HOME": "", "HOME": "/home/a"}, "/home/a/.cache/sklearn_hpa"),
        ("darwin", {"HOME": "/Users/a"}, "/Users/a/Library/Caches/sklearn_hpa"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/sklearn_hpa"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Path.home reads HOME on POSIX only")
def test_the_default_folder_is_the_system_s(monkeypatch, platform, variables, expected):
    monkeypatch.setattr(sys, "platform", platform)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert _cache.default_folder() == Path(expected)


def test_the_second_command_finds_the_rows_in_the_default_folder(
    cells, tmp_path, capsys, user_cache, reads
):
    code, out, err = fit(cells, tmp_path, capsys=capsys)
    assert (code, err, len(reads)) == (0, "", N)
    where = f"Rows of the images are cached in {user_cache}"
    assert out.splitlines()[-1] == f"{where} (0 of {N} images found in the cache)"
    assert entries(user_cache) == N
    for command in ("evaluate", "predict"):
        output = ["--output", tmp_path / f"{command}.csv"]
        code, out, _ = run(command, tmp_path / "m.skops", cells, *output, capsys=capsys)
        assert code == 0 and f"{where} ({N} of {N} images found in the cache)\n" in out
    fit(cells, tmp_path, capsys=capsys)
    assert len(reads) == N


def test_the_folder_of_the_environment_comes_before_the_default(
    cells, tmp_path, capsys, user_cache, monkeypatch
):
    monkeypatch.setenv("SKLEARN_HPA_CACHE", str(tmp_path / "named"))
    _, out, _ = fit(cells, tmp_path, capsys=capsys)
    assert f"cached in {tmp_path / 'named'} (" in out
    assert entries(tmp_path / "named") == N and not user_cache.exists()


def test_the_option_comes_before_the_environment(cells, tmp_path, capsys, cache_folder):
    before = entries(cache_folder)
    code, out, _ = fit(cells, tmp_path, "--cache", tmp_path / "mine", capsys=capsys)
    assert code == 0 and f"cached in {tmp_path / 'mine'} (" in out
    assert entries(tmp_path / "mine") == N and entries(cache_folder) == before


@pytest.mark.parametrize("with_variable", [True, False])
def test_no_cache_writes_nothing_and_says_nothing(
    cells, tmp_path, capsys, user_cache, monkeypatch, with_variable
):
    if with_variable:
        monkeypatch.setenv("SKLEARN_HPA_CACHE", str(tmp_path / "named"))
    code, out, _ = fit(cells, tmp_path, "--no-cache", capsys=capsys)
    assert code == 0 and "cached" not in out
    assert not user_cache.exists() and not (tmp_path / "named").exists()


def test_cache_and_no_cache_exclude_each_other(cells, tmp_path, capsys):
    code, _, err = fit(cells, tmp_path, "--no-cache", "--cache", "x", capsys=capsys)
    assert code == 2 and "not allowed with" in err


def test_a_default_folder_that_cannot_be_written_to_is_a_warning(
    cells, tmp_path, capsys, user_cache
):
    user_cache.parent.write_text("a file")
    code, out, err = fit(cells, tmp_path, capsys=capsys)
    assert code == 0 and "cached in" not in out
    assert err.startswith("sklearn-hpa fit: warning: rows of images are not cached: ")
    assert err.count("\n") == 1


def test_no_home_folder_is_a_warning(cells, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("SKLEARN_HPA_CACHE")

    def nowhere():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(_cache, "default_folder", nowhere)
    code, _, err = fit(cells, tmp_path, capsys=capsys)
    assert code == 0 and "not cached" in err


@pytest.mark.parametrize("command", ["fit", "predict"])
def test_a_named_folder_that_cannot_be_written_to_is_an_error(cells, tmp_path, capsys, command):
    assert fit(cells, tmp_path, capsys=capsys)[0] == 0
    (tmp_path / "file").write_text("a file")
    cache = ["--cache", tmp_path / "file"]
    if command == "fit":
        code, _, err = fit(cells, tmp_path, *cache, capsys=capsys)
    else:
        words = ["predict", tmp_path / "m.skops", cells, "--output", tmp_path / "p.csv"]
        code, _, err = run(*words, *cache, capsys=capsys)
    assert code == 1 and str(tmp_path / "file") in err
    assert not (tmp_path / "p.csv").exists()


def test_a_model_file_names_no_cache_of_the_machine_that_trained(cells, tmp_path, capsys):
    fit(cells, tmp_path, "--cache", tmp_path / "mine", capsys=capsys)
    assert load(tmp_path / "m.skops").images.cache is None


def test_a_cache_that_set_names_is_used_and_kept(cells, tmp_path, capsys):
    option = f"images__cache={tmp_path / 'set'}"
    _, out, _ = fit(cells, tmp_path, "--set", option, capsys=capsys)
    assert f"cached in {tmp_path / 'set'} (" in out and entries(tmp_path / "set") == N
    assert load(tmp_path / "m.skops").images.cache == str(tmp_path / "set")


def test_the_cache_of_a_model_file_is_not_used(cells, tmp_path, capsys, cache_folder):
    X, y = load_hpa(cells, labels="present", return_X_y=True)
    images = ImageFlattener(size=8, cache=str(tmp_path / "theirs"))
    pipe = HPAPipeline(images, MultiLabelMLPClassifier((4,), max_epochs=2, random_state=0))
    model = save(pipe.fit(X, y), tmp_path / "model.skops")
    for path in (tmp_path / "theirs").rglob("*.npy"):
        path.unlink()
    code, out, _ = run("predict", model, cells, "--output", tmp_path / "p.csv", capsys=capsys)
    assert code == 0 and f"cached in {cache_folder} (" in out
    assert not entries(tmp_path / "theirs")


def test_the_demo_caches_nothing(tmp_path, capsys, user_cache):
    code, out, _ = run("demo", tmp_path / "demo", "--images", "24", capsys=capsys)
    assert code == 0 and "cached" not in out and not user_cache.exists()


def test_the_help_names_the_folder(capsys, user_cache, monkeypatch):
    _, out, _ = run("fit", "--help", capsys=capsys)
    assert f"(default: {user_cache}, or SKLEARN_HPA_CACHE)" in " ".join(out.split()).replace(
        "- ", "-"
    )
    monkeypatch.setenv("SKLEARN_HPA_CACHE", "/rows 100%")
    _, out, _ = run("fit", "--help", capsys=capsys)
    assert "(default: /rows 100%, from SKLEARN_HPA_CACHE)" in " ".join(out.split())
