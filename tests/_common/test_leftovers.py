"""Tests of the names of temporary files, and of the removal of leftovers."""

import os
import subprocess
import sys
import time

import pytest

from sklearn_hpa._common import leftovers
from sklearn_hpa._common.leftovers import remove_leftovers, temporary_name
from tests._common.processes import leftover_of_a_dead_process


def of_another_machine(name):
    machine = name.split("-")[2]
    return name.replace(machine, "".join("f" if letter == "0" else "0" for letter in machine))


def changed(name, part, value):
    parts = name.split("-")
    parts[part] = str(value)
    return "-".join(parts)


@pytest.fixture(autouse=True)
def nothing_searched(monkeypatch):
    monkeypatch.setattr(leftovers, "_searched", set())


@pytest.fixture(scope="module")
def dead():
    return leftover_of_a_dead_process(".csv")


def test_names_are_new_each_time_and_end_as_asked():
    assert temporary_name(".csv") != temporary_name(".csv")
    assert temporary_name(".csv").endswith(".csv") and temporary_name(".csv").startswith(".")


def test_a_suffix_that_is_no_suffix_does_not_make_the_name_too_long():
    assert len(temporary_name("." + "x" * 250)) < 120


def test_a_file_of_a_dead_process_is_removed(tmp_path, dead):
    (tmp_path / dead).write_text("half")
    remove_leftovers(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_of_a_living_process_stays(tmp_path):
    name = temporary_name(".csv")
    (tmp_path / name).write_text("half")
    remove_leftovers(tmp_path)
    assert (tmp_path / name).exists()


def test_a_file_of_a_living_process_of_another_user_stays(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError

    name = temporary_name()
    (tmp_path / name).write_text("half")
    monkeypatch.setattr(os, "kill", refused)
    remove_leftovers(tmp_path)
    assert (tmp_path / name).exists()


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="starts are read from /proc")
def test_a_later_process_of_the_same_number_does_not_keep_a_file(tmp_path):
    name = changed(temporary_name(), 4, 1)
    (tmp_path / name).write_text("half")
    remove_leftovers(tmp_path)
    assert not (tmp_path / name).exists()


def test_where_the_start_is_unknown_a_process_of_the_number_keeps_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(leftovers, "_PROC", tmp_path / "nothing")
    for start in (0, 1):
        (tmp_path / changed(temporary_name(), 4, start)).write_text("half")
    remove_leftovers(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="states are read from /proc")
def test_a_process_that_ended_but_was_not_waited_for_is_dead(tmp_path):
    code = "from sklearn_hpa._common.leftovers import *; print(temporary_name(), flush=True)"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    with process.stdout:
        name = process.stdout.readline().strip()
        process.stdout.read()
    until = time.monotonic() + 10
    while leftovers._is_alive(process.pid, 0) and time.monotonic() < until:
        if leftovers._start_of(process.pid) == -1:
            break
        time.sleep(0.01)
    (tmp_path / name).write_text("half")
    remove_leftovers(tmp_path)
    process.wait()
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(("hours", "stays"), [(23, True), (25, False)])
def test_a_file_of_another_machine_goes_after_a_day(tmp_path, dead, hours, stays):
    path = tmp_path / of_another_machine(dead)
    path.write_text("half")
    os.utime(path, (time.time() - hours * 3600,) * 2)
    remove_leftovers(tmp_path)
    assert path.exists() == stays


@pytest.mark.parametrize(
    "change",
    [
        lambda name: name[1:],
        lambda name: name.replace("hpa", "hpb"),
        lambda name: name.replace(".csv", ".csv.gz"),
        lambda name: name.replace(".csv", "csv"),
        lambda name: "x" + name,
        lambda name: name.replace("-", "_"),
        lambda name: name[:-5] + ".csv",
    ],
)
def test_a_name_of_another_form_stays(tmp_path, dead, change):
    path = tmp_path / change(dead)
    path.write_text("mine")
    remove_leftovers(tmp_path)
    assert path.exists()


def test_only_regular_files_are_removed(tmp_path, dead):
    outside = tmp_path / "outside.txt"
    outside.write_text("precious")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / changed(dead, 5, "0" * 32 + ".a")).symlink_to(outside)
    (folder / changed(dead, 5, "1" * 32 + ".a")).mkdir()
    os.mkfifo(folder / changed(dead, 5, "2" * 32 + ".a"))
    (folder / changed(dead, 5, "3" * 32 + ".a")).write_text("half")
    remove_leftovers(folder)
    assert sorted(path.name[-34] for path in folder.iterdir()) == ["0", "1", "2"]
    assert outside.exists()


def test_a_folder_is_searched_once(tmp_path, dead, monkeypatch):
    remove_leftovers(tmp_path)
    (tmp_path / dead).write_text("half")
    remove_leftovers(tmp_path)
    assert (tmp_path / dead).exists()


def test_a_folder_that_is_gone_or_a_file_that_stays_is_no_error(tmp_path, dead, monkeypatch):
    def refused(*_):
        raise PermissionError

    remove_leftovers(tmp_path / "nothing")
    (tmp_path / dead).write_text("half")
    monkeypatch.setattr(os, "unlink", refused)
    remove_leftovers(tmp_path)
    assert (tmp_path / dead).exists()
