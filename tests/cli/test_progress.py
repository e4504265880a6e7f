"""Tests of progress: lines, the log file, and the work that an interrupt leaves."""

import re
import signal
import subprocess
import sys
import time

import pytest

from sklearn_hpa._common.progress import Step
from sklearn_hpa.cli._output import logged_to
from sklearn_hpa.cli._progress import Progress
from sklearn_hpa.datasets import make_hpa_images, save_hpa

from .running import FAST, run


@pytest.fixture
def lines(tmp_path):
    """Function that returns the lines that steps leave in a log."""

    def written(*steps, planned=1, part=""):
        progress = Progress()
        progress.planned, progress.part = planned, part
        with logged_to(tmp_path / "log"):
            for step in steps:
                progress(step)
        return (tmp_path / "log").read_text().splitlines()

    return written


def test_images_are_reported_every_5_percent(lines):
    steps = [Step("measuring images", "image", done, 400) for done in range(401)]
    found = lines(*steps)
    assert len(found) == 21
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  measuring images: 20 of 400 images \(5%\), "
        r"0:00:00, about 0:00:00 left",
        found[1],
    )
    assert "400 of 400 images (100%)" in found[-1]


def test_images_that_are_all_cached_are_one_line(lines):
    found = lines(Step("measuring images", "image", 9, 9, 9))
    assert len(found) == 1 and "9 of 9 images (100%)" in found[0]


def test_trainings_are_reported_every_5_percent_of_all_of_them(lines):
    steps = [Step("training", "epoch", done, 60) for _ in range(10) for done in range(61)]
    found = lines(*steps, planned=10, part="fold 1 of 2")
    assert len(found) == 21
    assert "training 5 of 10: epoch 60 of at most 60, fold 1 of 2 (50%)" in found[10]


@pytest.mark.parametrize(
    ("rows", "cache", "n_trainings", "checkpoint", "expected"),
    [
        (None, None, 0, None, []),
        ((0, 40, 825), "/rows", 0, None, ["the rows of 40 of 825 images, in the cache /rows"]),
        ((0, 40, 825), None, 0, None, ["no row of an image is kept"]),
        ((0, 9, 9), "/rows", 3, None, ["rows of 9", "trainings are not kept, because they began"]),
        ((0, 9, 9), "/rows", 3, "/m.checkpoint", ["rows of 9", "up to training 3 of 6, in /m.ch"]),
    ],
)
def test_an_interrupt_says_what_is_kept(rows, cache, n_trainings, checkpoint, expected):
    progress = Progress()
    progress.rows, progress.cache, progress.planned = rows, cache, 6
    progress.n_trainings, progress.checkpoint = n_trainings, checkpoint
    kept = progress.kept()
    assert len(kept) == len(expected)
    assert all(text in sentence for text, sentence in zip(expected, kept, strict=True))


def test_the_log_has_the_command_its_progress_its_messages_and_its_results(
    folder, tmp_path, capsys
):
    log = tmp_path / "run.log"
    words = ["fit", folder, "--output", tmp_path / "m.skops", "--log", log, *FAST]
    for _ in range(2):
        assert run(*words, "--labels", "all", capsys=capsys)[0] == 0
    text = log.read_text()
    assert text.count("$ sklearn-hpa fit ") == 2
    assert text.count("reading images: 24 of 24 images (100%)") == 2
    assert text.count("warning: 24 of 28 labels") == 2 and text.count("Trained on 24 images") == 2
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  ", line) for line in text.splitlines())


def test_errors_are_in_the_log_and_control_characters_are_not(tmp_path, capsys):
    log = tmp_path / "run.log"
    words = ["fit", "no\x1b[2Jwhere", "--output", tmp_path / "m.skops", "--log", log, *FAST]
    assert run(*words, capsys=capsys)[0] == 1
    text = log.read_text()
    assert "image folder not found" in text and "\x1b" not in text


@pytest.mark.parametrize("command", ["fit", "evaluate", "predict"])
def test_a_log_is_no_file_that_is_read_or_written(folder, model, tmp_path, capsys, command):
    output = tmp_path / "output"
    words = {
        "fit": ["fit", folder, "--output", output],
        "evaluate": ["evaluate", model, folder, "--output", output],
        "predict": ["predict", model, folder, "--output", output],
    }[command]
    code, _, err = run(*words, "--log", output, capsys=capsys)
    assert code == 2 and "named twice" in err and not output.exists()


def test_verbose_reports_lines_where_there_is_no_terminal(folder, tmp_path, capsys):
    words = ["fit", folder, "--output", tmp_path / "m.skops", *FAST]
    assert run(*words, capsys=capsys)[2] == ""
    _, _, err = run(*words, "--verbose", capsys=capsys)
    assert "reading images: 24 of 24" in err and "training: epoch 2 of at most 2 (100%)" in err


def test_an_interrupt_between_two_epochs_stops_the_study(folder, tmp_path, capsys, monkeypatch):
    """skorch ends the training at such an interrupt, and gives no sign of it."""
    path, epochs = tmp_path / "m.skops", iter(range(1000))

    def interrupt(self, net, **kwargs):
        if next(epochs) == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(
        "sklearn_hpa.neural_network._training._StopOnDivergence.on_epoch_end", interrupt
    )
    options = [*FAST, "--cv", "2", "--max-epochs", "4"]
    code, out, err = run("fit", folder, "--output", path, *options, capsys=capsys)
    assert (code, out) == (130, "") and not path.exists() and "not kept" in err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_between_two_epochs_of_one_training_saves_its_model(
    folder, tmp_path, capsys, monkeypatch
):
    path, epochs = tmp_path / "m.skops", iter(range(1000))

    def interrupt(self, net, **kwargs):
        if next(epochs) == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(
        "sklearn_hpa.neural_network._training._StopOnDivergence.on_epoch_end", interrupt
    )
    options = [*FAST, "--max-epochs", "5"]
    code, out, err = run("fit", folder, "--output", path, *options, capsys=capsys)
    assert code == 130 and "interrupted after epoch 3" in err and "for 3 epochs; saved" in out


def interrupt_when(words, seen, seconds=120):
    """Run a command, send Ctrl-C once a line has a text, and return its output and its code."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sklearn_hpa", *map(str, words), "--verbose"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    shown, until = "", time.monotonic() + seconds
    for line in process.stderr:
        shown += line
        if seen in line or time.monotonic() > until:
            process.send_signal(signal.SIGINT)
            break
    out, err = process.communicate(timeout=seconds)
    return out, shown + err, process.returncode


@pytest.mark.slow
def test_images_that_are_measured_before_ctrl_c_are_kept_and_found_again(tmp_path, capsys):
    images, y = make_hpa_images(40, n_labels=3, size=256, random_state=0)
    cells = save_hpa(tmp_path / "cells", images, y)
    words = ["fit", cells, "--output", tmp_path / "m.skops", "--cache", tmp_path / "rows"]
    words += ["--max-epochs", "1", "--jobs", "1"]
    _, err, code = interrupt_when(words, "measuring images: 4 of 40")
    kept = re.search(r"kept: the rows of (\d+) of 40 images, in the cache", err)
    assert code == 130 and kept and "interrupted" in err
    assert f"go on with: sklearn-hpa fit {cells} --output" in err and "Traceback" not in err
    assert 4 <= int(kept[1]) <= len(list((tmp_path / "rows").rglob("*.npy"))) < 40
    code, out, _ = run(*words, capsys=capsys)
    found = re.search(r"\((\d+) of 40 images found in the cache\)", out)
    assert code == 0 and int(found[1]) >= int(kept[1])


@pytest.mark.slow
def test_folds_and_trainings_before_ctrl_c_are_kept_by_resume(folder, tmp_path, capsys):
    options = [*FAST[:-4], "--seed", "0", "--max-epochs", "300", "--cv", "3", "--calibrate"]
    options += ["--set", "calibration__cv=2", "--set", "classifier__early_stopping=False"]
    path = tmp_path / "m.skops"
    words = ["fit", folder, "--output", path, *options, "--resume"]
    _, err, code = interrupt_when(words, "fold 2 of 3")
    folder_of = tmp_path / "m.skops.checkpoint"
    assert code == 130 and "kept: what is trained so far" in err and not path.exists()
    assert (folder_of / "fold-1.npz").exists() and not (folder_of / "fold-3.npz").exists()
    code, out, err = run(*words, "--verbose", capsys=capsys)
    assert code == 0 and not folder_of.exists() and "fold 1 of 3" not in err
    other = tmp_path / "whole.skops"
    code, whole, _ = run("fit", folder, "--output", other, *options, capsys=capsys)
    assert out.splitlines()[:18] == whole.splitlines()[:18]
    assert (tmp_path / "m.oof.csv").read_bytes() == (tmp_path / "whole.oof.csv").read_bytes()
