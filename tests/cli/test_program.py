"""Tests of the program: its messages and its exit codes."""

import os
import subprocess
import sys

import pytest

from sklearn_hpa import (
    HPAPipeline,
)

from .running import FAST, run


def test_the_way_out_is_told_in_the_words_of_the_command_line(folder, tmp_path, capsys):
    (tmp_path / "cells").mkdir()
    for path in folder.iterdir():
        if not path.name.endswith("00003_red.png"):
            (tmp_path / "cells" / path.name).symlink_to(path)
    options = ["fit", tmp_path / "cells", "--output", tmp_path / "m.skops", *FAST]
    code, _, err = run(*options, capsys=capsys)
    assert code == 1 and "synthetic00003 (red)" in err and "--on-error warn" in err
    code, out, err = run(*options, "--on-error", "warn", capsys=capsys)
    assert code == 0 and "23 images" in out and "1 of 24 rows left out" in err


@pytest.mark.parametrize("command", ["fit", "evaluate", "predict"])
def test_what_is_read_is_not_overwritten(folder, model, tmp_path, capsys, command):
    csv = tmp_path / "mine.csv"
    csv.write_bytes((folder / "train.csv").read_bytes())
    arguments = {
        "fit": ["fit", folder, "--csv", csv, "--output", csv],
        "evaluate": ["evaluate", model, folder, "--csv", csv, "--output", csv],
        "predict": ["predict", model, folder, "--sample-submission", csv, "--output", csv],
    }[command]
    code, _, err = run(*arguments, capsys=capsys)
    assert code == 2 and "mine.csv is read, or named twice" in err
    assert csv.read_bytes() == (folder / "train.csv").read_bytes()


def test_what_goes_wrong_unforeseen_is_one_line_too(folder, tmp_path, capsys):
    code, _, err = run(
        *("fit", folder, "--output", tmp_path / "m.skops", "--labels", "present", *FAST),
        *("--set", "classifier__callbacks=[1]"),
        capsys=capsys,
    )
    assert code == 1 and err.count("\n") == 1 and "Traceback" not in err


def test_a_missing_folder_is_one_line_and_exit_code_1(tmp_path, capsys):
    code, out, err = run("fit", tmp_path / "no", "--output", tmp_path / "m.skops", capsys=capsys)
    assert (code, out) == (1, "")
    assert err.startswith("sklearn-hpa fit: ") and "no" in err and err.count("\n") == 1


@pytest.mark.parametrize("wrong", ["lr=-1", "hidden_layer_sizes=(0,)", "device='gpu'"])
def test_a_wrong_value_is_one_line_and_exit_code_1(folder, tmp_path, capsys, wrong):
    code, _, err = run(
        *("fit", folder, "--output", tmp_path / "m.skops", "--labels", "present"),
        *("--set", f"classifier__{wrong}"),
        capsys=capsys,
    )
    assert code == 1 and "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "nowhere/model.skops"])
def test_an_output_that_cannot_be_written_is_refused_before_training(
    folder, tmp_path, capsys, monkeypatch, name
):
    monkeypatch.setattr(HPAPipeline, "fit", None)
    code, _, err = run("fit", folder, "--output", tmp_path / name, capsys=capsys)
    assert code == 1 and ("is a folder" in err or "does not exist" in err)


def test_a_folder_without_labels_is_refused(folder, model, tmp_path, capsys):
    (tmp_path / "cells").mkdir()
    for path in folder.glob("*.png"):
        (tmp_path / "cells" / path.name).symlink_to(path)
    for arguments in (["evaluate", model], ["fit", "--output", tmp_path / "m.skops"]):
        code, _, err = run(arguments[0], *arguments[1:], tmp_path / "cells", capsys=capsys)
        assert code == 1 and "no labels: expected train.csv in" in err


def test_an_interrupt_is_exit_code_130(folder, model, monkeypatch, capsys):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("sklearn_hpa.datasets.load_hpa", interrupt)
    code, _, err = run("evaluate", model, folder, capsys=capsys)
    assert (code, err) == (130, "sklearn-hpa evaluate: interrupted\n")


@pytest.mark.slow
def test_help_and_version_come_without_torch():
    code = "import sys, sklearn_hpa.cli as c\ntry: c.main(['--version'])\nexcept SystemExit: pass\n"
    code += "assert 'torch' not in sys.modules"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.startswith("sklearn-hpa ")


@pytest.mark.slow
def test_an_output_that_nobody_reads_any_more_is_no_error_message(folder, model):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "sklearn_hpa", "evaluate", str(model), str(folder)]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")
