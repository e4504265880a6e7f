"""Tests of the output: encodings, control characters, streams that are missing, closed or full."""

import contextlib
import io
import os
import subprocess
import sys

import pytest

from sklearn_hpa.cli import _output, main
from sklearn_hpa.cli._output import complain, flush, streams_for_others, tell, write
from sklearn_hpa.datasets import make_hpa_images, save_hpa

from .running import run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    images, y = make_hpa_images(12, n_labels=2, n_cells=1, size=32, random_state=0)
    return save_hpa(tmp_path_factory.mktemp("cli") / "cells", images, y)


@pytest.fixture
def fit(folder):
    options = ["--size", "8", "--max-epochs", "1", "--labels", "present", "--seed", "0"]
    return lambda path: main(["fit", str(folder), "--output", str(path), *options])


class Full(io.StringIO):
    """A stream on a full disk."""

    def write(self, text):
        raise OSError(28, "No space left on device")


# ---- text ----


@pytest.mark.parametrize(
    "encoding, shown",
    [
        ("utf-8", "модель ö\n"),
        ("ascii", r"\u043c\u043e\u0434\u0435\u043b\u044c \xf6" + "\n"),
        ("cp1252", r"\u043c\u043e\u0434\u0435\u043b\u044c ö" + "\n"),
        ("cp1251", "модель \\xf6\n"),
        ("latin-1", r"\u043c\u043e\u0434\u0435\u043b\u044c ö" + "\n"),
        ("utf-16", "модель ö\n"),
    ],
)
@pytest.mark.parametrize("which", ["stdout", "stderr"])
def test_characters_that_the_encoding_lacks_are_escaped(monkeypatch, which, encoding, shown):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    monkeypatch.setattr(sys, which, stream)
    (tell if which == "stdout" else complain)("модель ö")
    stream.flush()
    assert raw.getvalue().decode(encoding) == shown


@pytest.mark.parametrize(
    "text, shown",
    [("\x1b[2J", "\\x1b[2J\n"), ("Malm\udcf6", "Malm\\xf6\n"), ("two\nlines", "two\nlines\n")],
)
def test_control_characters_are_escaped_and_lines_are_kept(capsys, text, shown):
    tell(text)
    complain(text)
    assert capsys.readouterr() == (shown, shown)


@pytest.mark.parametrize("which", ["stdout", "stderr"])
def test_help_keeps_its_control_characters(monkeypatch, which):
    stream = io.StringIO()
    monkeypatch.setattr(sys, which, stream)
    write(stream, "\x1b[1mbold\x1b[0m")
    assert stream.getvalue() == "\x1b[1mbold\x1b[0m"


# ---- streams ----


@pytest.mark.parametrize("closed", [False, True])
def test_missing_and_closed_streams_are_no_errors(monkeypatch, closed):
    stream = io.StringIO() if closed else None
    if closed:
        stream.close()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    tell("text")
    complain("text")
    flush()
    assert not _output.is_terminal(stream)
    with streams_for_others():
        print("text")
        print("text", file=sys.stderr)
    assert sys.stdout is sys.stderr is stream


def test_streams_that_are_there_are_kept():
    before = sys.stdout, sys.stderr
    with streams_for_others():
        assert (sys.stdout, sys.stderr) == before


def test_a_result_that_cannot_be_written_is_an_error(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Full())
    with pytest.raises(OSError, match="No space left on device: 'standard output'"):
        tell("text")


def test_a_message_that_cannot_be_written_is_no_error(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Full())
    complain("text")


# ---- commands ----


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_model_that_is_saved_is_a_success_in_any_encoding(fit, tmp_path, encoding):
    raw, err = io.BytesIO(), io.StringIO()
    out = io.TextIOWrapper(raw, encoding=encoding)
    path = tmp_path / "модель.skops"
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        assert fit(path) == 0
    assert path.is_file() and err.getvalue() == ""
    assert b"saved " in raw.getvalue() and rb"\u043c" in raw.getvalue()


def test_commands_work_without_a_console(fit, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    model, report = tmp_path / "model.skops", tmp_path / "report.csv"
    assert fit(model) == 0
    assert main(["evaluate", str(model), str(folder), "--output", str(report)]) == 0
    assert report.is_file()
    assert main(["evaluate", str(model), "absent"]) == 1


@pytest.mark.parametrize("words", [["--help"], ["fit", "--help"], ["модель"]])
def test_help_and_usage_errors_need_no_console_and_no_encoding(words):
    for stream in (io.TextIOWrapper(io.BytesIO(), encoding="ascii"), None):
        with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
            with pytest.raises(SystemExit) as stop:
                main(words)
        assert stop.value.code == (0 if "--help" in words else 2)


def test_a_report_on_a_full_disk_is_exit_code_1(fit, folder, tmp_path, monkeypatch, capsys):
    assert fit(tmp_path / "model.skops") == 0
    monkeypatch.setattr(sys, "stdout", Full())
    assert main(["evaluate", str(tmp_path / "model.skops"), str(folder)]) == 1
    assert "No space left on device: 'standard output'" in capsys.readouterr().err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_standard_output_is_reported_once(tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", _TELL], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr == "[Errno 28] No space left on device: 'standard output'\n"


_TELL = """
import sys
from sklearn_hpa.cli._output import complain, flush, tell
try:
    tell("text")
    flush()
except OSError as error:
    complain(error)
    sys.exit(1)
"""


def test_a_file_name_that_is_not_utf8_is_named_before_the_work(fit, folder, tmp_path, capsys):
    model, images = tmp_path / "model.skops", tmp_path / "images"
    assert fit(model) == 0
    images.mkdir()
    for path in folder.glob("synthetic00000_*.png"):
        (images / path.name).write_bytes(path.read_bytes())
        try:
            target = os.fsencode(images) + b"/Malm\xf6_" + os.fsencode(path.name.split("_")[1])
            with open(target, "wb") as file:
                file.write(path.read_bytes())
        except (OSError, UnicodeError):
            pytest.skip("the file system has only names in Unicode")
    capsys.readouterr()
    out = tmp_path / "predictions.csv"
    code, _, err = run("predict", model, images, "--output", out, capsys=capsys)
    assert code == 1 and r"Malm\xf6_" in err and "--on-error warn" in err
    assert not out.exists()
    words = ["predict", model, images, "--output", out, "--on-error", "warn"]
    code, _, err = run(*words, capsys=capsys)
    assert code == 0 and r"warning: 1 file name" in err
    assert out.read_text().startswith("Id,Predicted,Nucleoplasm,Cytosol\nsynthetic00000,")


def test_a_workbook_given_as_csv_is_one_line(folder, tmp_path, capsys):
    (tmp_path / "labels.xlsx").write_bytes(b"PK\x03\x04")
    words = ["fit", folder, "--csv", tmp_path / "labels.xlsx", "--output", tmp_path / "m.skops"]
    code, _, err = run(*words, capsys=capsys)
    assert code == 1 and err.count("\n") == 1
    assert "labels.xlsx is an Excel workbook" in err
