"""Tests of ``fit --resume``: a killed command continues, with the same bits."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from sklearn_hpa import HPAPipeline, load
from sklearn_hpa.callbacks import Checkpoint
from sklearn_hpa.cli import _resume
from sklearn_hpa.datasets import make_hpa_images, save_hpa
from sklearn_hpa.neural_network import CHECKPOINT_FILE, MultiLabelMLPClassifier

from .running import run

FAST = ["--features", "pixels", "--size", "8", "--seed", "0"]
OPTIONS = [*FAST, "--set", "classifier__early_stopping=False"]


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    images, y = make_hpa_images(24, n_labels=3, size=32, random_state=0)
    return save_hpa(tmp_path_factory.mktemp("cells") / "cells", images, y)


@pytest.fixture
def dies(monkeypatch):
    """A function that stops each training after the write of an epoch."""

    def at(epoch, error):
        from sklearn_hpa.neural_network._checkpoint import Keeper

        save = Keeper._save

        def save_and_die(keeper, net, **options):
            save(keeper, net, **options)
            if len(net.history) == epoch:
                raise error

        monkeypatch.setattr(Keeper, "_save", save_and_die)

    yield at
    monkeypatch.undo()


def fit(cells, path, *options, capsys):
    return run("fit", cells, "--output", path, *options, capsys=capsys)


def same(path, other):
    models = [load(each).classifier for each in (path, other)]
    weights, expected = (each._network.weights for each in models)
    assert all(np.array_equal(weights[name], expected[name]) for name in expected)
    history, whole = (each.history_.drop(columns="duration") for each in models)
    assert history.equals(whole)
    return True


@pytest.mark.parametrize("max_epochs", [400])
def test_a_killed_command_continues_with_the_same_bits(cells, tmp_path, capsys, max_epochs):
    options = [*OPTIONS, "--max-epochs", str(max_epochs)]
    words = ["fit", str(cells), "--output", str(tmp_path / "killed.skops"), *options, "--resume"]
    process = subprocess.Popen([sys.executable, "-m", "sklearn_hpa", *words])
    file = tmp_path / "killed.skops.checkpoint" / CHECKPOINT_FILE
    until = time.monotonic() + 120
    while not file.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert file.exists() and not (tmp_path / "killed.skops").exists()

    code, out, _ = run(*words, capsys=capsys)
    assert code == 0 and f"for {max_epochs} epochs" in out
    assert not file.parent.exists()
    assert fit(cells, tmp_path / "whole.skops", *options, capsys=capsys)[0] == 0
    assert same(tmp_path / "killed.skops", tmp_path / "whole.skops")


def test_the_model_does_not_hold_the_checkpoint(cells, tmp_path, capsys):
    path = tmp_path / "m.skops"
    code, _, err = fit(cells, path, *OPTIONS, "--max-epochs", "1", "--resume", capsys=capsys)
    assert (code, err) == (0, "")
    assert load(path).classifier.callbacks is None
    assert not _resume.checkpoint_folder(path).exists()


def test_without_resume_there_is_no_checkpoint_and_an_old_one_is_named(
    cells, tmp_path, capsys, dies
):
    path = tmp_path / "m.skops"
    options = [*OPTIONS, "--max-epochs", "3"]
    dies(2, RuntimeError("crash"))
    assert fit(cells, path, *options, capsys=capsys)[0] == 0
    assert not _resume.checkpoint_folder(path).exists()
    assert fit(cells, path, *options, "--resume", capsys=capsys)[0] == 1
    code, _, err = fit(cells, path, *options, capsys=capsys)
    assert code == 0 and "--resume continues it" in err


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (["--seed", "1"], "--seed was 0 and is 1"),
        (["--lr", "0.5"], "--lr was 0.001 and is 0.5"),
        (["--size", "9"], "X had shape (24, 192) and has (24, 243)"),
        (["--max-epochs", "1"], "--max-epochs is 1 and 2 epochs are trained"),
    ],
)
def test_other_options_are_refused_by_name(cells, tmp_path, capsys, dies, other, named):
    path = tmp_path / "m.skops"
    options = [*OPTIONS, "--max-epochs", "3", "--resume"]
    dies(2, RuntimeError("crash"))
    fit(cells, path, *options, capsys=capsys)
    code, _, err = fit(cells, path, *options, *other, capsys=capsys)
    assert code == 1 and named in err and str(_resume.checkpoint_folder(path)) in err
    assert not path.exists()


def test_after_ctrl_c_the_checkpoint_stays_and_the_command_continues(
    cells, tmp_path, capsys, monkeypatch
):
    path = tmp_path / "m.skops"
    options = [*OPTIONS, "--max-epochs", "6", "--resume"]
    read = MultiLabelMLPClassifier.fit
    from .interrupting import InterruptAt

    def interrupted(classifier, X, y, **params):
        classifier.callbacks = [*classifier.callbacks, InterruptAt(epoch=4)]
        return read(classifier, X, y, **params)

    with monkeypatch.context() as patch:
        patch.setattr(MultiLabelMLPClassifier, "fit", interrupted)
        code, out, _ = fit(cells, path, *options, capsys=capsys)
    assert code == 130 and "The same command continues the training: sklearn-hpa fit " in out
    assert _resume.checkpoint_folder(path).exists()
    assert fit(cells, path, *options, capsys=capsys)[0] == 0
    fit(cells, tmp_path / "whole.skops", *options, capsys=capsys)
    assert same(path, tmp_path / "whole.skops")


def test_callbacks_of_the_pipeline_are_restored(tmp_path):
    pipe = HPAPipeline()
    with _resume.resumable(pipe, tmp_path / "m.skops", wanted=True, several=False):
        assert isinstance(pipe.classifier.callbacks[0], Checkpoint)
    assert pipe.classifier.callbacks is None


def test_a_file_with_the_name_of_the_checkpoint_is_refused(tmp_path):
    _resume.checkpoint_folder(tmp_path / "m.skops").write_text("mine")
    _resume.check_checkpoint(tmp_path / "m.skops", wanted=False)
    with pytest.raises(ValueError, match=r"m\.skops\.checkpoint, but it is a file"):
        _resume.check_checkpoint(tmp_path / "m.skops", wanted=True)


def test_files_of_others_next_to_the_checkpoint_are_left(tmp_path):
    folder = _resume.checkpoint_folder(tmp_path / "m.skops")
    folder.mkdir()
    for name in (CHECKPOINT_FILE, "notes.txt", ".0123.zip"):
        (folder / name).touch()
    _resume.remove_checkpoint(tmp_path / "m.skops")
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


STUDY = [*OPTIONS, "--max-epochs", "3", "--cv", "2"]


def test_a_study_after_a_crash_gives_the_same_result(cells, tmp_path, capsys, dies):
    path, whole = tmp_path / "m.skops", tmp_path / "whole.skops"
    saved, crash = [], RuntimeError("crash")
    original = _resume.StudyCheckpoint.store

    def store(kept, number, fold):
        original(kept, number, fold)
        saved.append(number)
        raise crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_resume.StudyCheckpoint, "store", store)
        assert fit(cells, path, *STUDY, "--resume", capsys=capsys)[0] == 1
    assert saved == [1] and not path.exists()
    code, out, _ = fit(cells, path, *STUDY, "--resume", capsys=capsys)
    assert code == 0 and not _resume.checkpoint_folder(path).exists()
    code, expected, _ = fit(cells, whole, *STUDY, capsys=capsys)
    assert out.splitlines()[:15] == expected.splitlines()[:15] and same(path, whole)


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (["--seed", "1"], "--seed was 0 and is 1"),
        (["--cv", "3"], "--cv was 2 and is 3"),
        (["--calibrate"], "--calibrate was false and is true"),
        (["--size", "9"], "rows of the images was"),
        (["--labels", "Nucleoplasm"], 'labels was ["Nucleoplasm'),
    ],
)
def test_other_options_of_a_study_are_refused_by_name(
    cells, tmp_path, capsys, monkeypatch, other, named
):
    path = tmp_path / "m.skops"
    with monkeypatch.context() as patch:
        patch.setattr(_resume.StudyCheckpoint, "store", None)
        assert fit(cells, path, *STUDY, "--resume", capsys=capsys)[0] == 1
    code, _, err = fit(cells, path, *STUDY, "--resume", *other, capsys=capsys)
    assert code == 1 and named in err and "Delete the folder to train anew" in err


def test_a_study_does_not_continue_a_single_training_nor_the_reverse(
    cells, tmp_path, capsys, dies, monkeypatch
):
    path = tmp_path / "m.skops"
    with monkeypatch.context() as patch:
        patch.setattr(_resume.StudyCheckpoint, "store", None)
        fit(cells, path, *STUDY, "--resume", capsys=capsys)
    code, _, err = fit(cells, path, *STUDY[:-2], "--resume", capsys=capsys)
    assert code == 1 and "it holds folds, or several trainings" in err
    single = tmp_path / "single.skops"
    dies(2, RuntimeError("crash"))
    fit(cells, single, *STUDY[:-2], "--resume", capsys=capsys)
    code, _, err = fit(cells, single, *STUDY, "--resume", capsys=capsys)
    assert code == 1 and "it holds a single training" in err


def test_a_damaged_fold_is_one_line(cells, tmp_path, capsys, monkeypatch):
    path = tmp_path / "m.skops"
    with monkeypatch.context() as patch:
        patch.setattr(_resume.StudyCheckpoint, "store", None)
        fit(cells, path, *STUDY, "--resume", capsys=capsys)
    (_resume.checkpoint_folder(path) / "fold-1.npz").write_bytes(b"x")
    code, _, err = fit(cells, path, *STUDY, "--resume", capsys=capsys)
    assert code == 1 and "fold-1.npz is damaged" in err and err.count("\n") == 1


def test_the_model_of_a_study_does_not_hold_the_checkpoint(cells, tmp_path, capsys):
    path = tmp_path / "m.skops"
    options = ["--calibrate", "--set", "calibration__cv=2", "--resume"]
    assert fit(cells, path, *OPTIONS, "--max-epochs", "1", *options, capsys=capsys)[0] == 0
    classifier = load(path).classifier
    assert classifier.estimator.callbacks is None and classifier.estimator_.callbacks is None
