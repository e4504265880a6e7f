"""Tests of atomic file writing."""

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sklearn_hpa._common import leftovers
from sklearn_hpa._common.files import make_writable, replacing, replacing_entry


def write(path, text):
    with replacing(path) as temporary:
        temporary.write_text(text)


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "report.csv"
    for text in ("one", "two"):
        write(path, text)
        assert path.read_text() == text
    assert os.listdir(tmp_path) == ["report.csv"]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, failure):
    path = tmp_path / "report.csv"
    write(path, "one")
    with pytest.raises(failure), replacing(path) as temporary:
        temporary.write_text("half")
        raise failure
    assert path.read_text() == "one" and os.listdir(tmp_path) == ["report.csv"]


def test_a_link_is_followed_and_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "report.csv", tmp_path / "report.csv"
    write(target, "one")
    link.symlink_to(target)
    write(link, "two")
    assert link.is_symlink() and target.read_text() == "two"


def test_permissions_are_kept(tmp_path):
    path = tmp_path / "report.csv"
    write(path, "one")
    path.chmod(0o600)
    write(path, "two")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_pipe_is_written_to_and_stays_one(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read = []
    reader = threading.Thread(target=lambda: read.append(path.read_text()))
    reader.start()
    write(path, "through")
    reader.join()
    assert read == ["through"] and stat.S_ISFIFO(path.stat().st_mode)


def test_a_descriptor_of_a_pipe_is_written_to():
    reader, writer = os.pipe()
    write(Path(f"/dev/fd/{writer}"), "through")
    os.close(writer)
    with open(reader) as end:
        assert end.read() == "through"


def test_an_error_of_writing_names_the_file_and_not_the_temporary_one(tmp_path):
    path = tmp_path / "report.csv"
    with pytest.raises(OSError, match=r"full: '.*report\.csv'"), replacing(path):
        raise OSError(28, "full")
    with pytest.raises(FileNotFoundError) as caught, replacing(path):
        pass
    assert caught.value.filename == str(path)
    with pytest.raises(MemoryError, match=r"report\.csv: not enough memory"), replacing(path):
        raise MemoryError


@pytest.mark.parametrize("writer", ["replacing", "replacing_entry"])
def test_a_killed_process_leaves_the_old_file_and_a_file_that_the_next_one_removes(
    tmp_path, monkeypatch, writer
):
    path = tmp_path / "report.csv"
    write(path, "one")
    code = (
        "import os, pathlib, signal, sys\n"
        "from sklearn_hpa._common import files\n"
        f"with files.{writer}(pathlib.Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, path])
    assert killed.returncode == -signal.SIGKILL
    assert path.read_text() == "one" and len(os.listdir(tmp_path)) == 2
    monkeypatch.setattr(leftovers, "_searched", set())
    write(path, "two")
    assert path.read_text() == "two" and os.listdir(tmp_path) == ["report.csv"]


def test_an_entry_replaces_a_link_and_not_its_target(tmp_path):
    target, link = tmp_path / "precious.txt", tmp_path / "entry.npy"
    target.write_text("precious")
    link.symlink_to(target)
    with replacing_entry(link) as temporary:
        temporary.write_text("entry")
    assert target.read_text() == "precious"
    assert not link.is_symlink() and link.read_text() == "entry"
    assert len(os.listdir(tmp_path)) == 2


def test_an_entry_is_not_forced_to_the_disk(tmp_path, monkeypatch):
    def refused(_):
        raise AssertionError

    monkeypatch.setattr(os, "fsync", refused)
    with replacing_entry(tmp_path / "entry.npy") as temporary:
        temporary.write_text("entry")
    with pytest.raises(AssertionError):
        write(tmp_path / "report.csv", "one")


def test_an_entry_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(ValueError), replacing_entry(tmp_path / "entry.npy") as temporary:
        temporary.write_text("half")
        raise ValueError
    assert not os.listdir(tmp_path)


def test_a_folder_to_write_to_is_made_with_its_parents_and_stays_empty(tmp_path):
    make_writable(tmp_path / "a" / "b")
    assert os.listdir(tmp_path / "a" / "b") == []


def test_a_file_is_no_folder_to_write_to(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(OSError, match="a"):
        make_writable(tmp_path / "a")


def test_a_folder_without_room_is_refused(tmp_path, monkeypatch):
    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sklearn_hpa._common.files.tempfile.TemporaryFile", full)
    with pytest.raises(OSError, match="No space left"):
        make_writable(tmp_path)
