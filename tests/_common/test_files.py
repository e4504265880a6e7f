"""Tests of atomic file writing."""

import os
import stat
import threading
from pathlib import Path

import pytest

from sklearn_hpa._common.files import replacing


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
