"""Tests of save and load: kept state, errors, cleanup after failures."""

import copy
import json
import resource
import shutil
import signal
import subprocess
import sys
import zipfile
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
import skops.io
import torch
from joblib import Memory
from sklearn.datasets import make_multilabel_classification
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import FunctionTransformer
from skorch.callbacks import Callback

from sklearn_hpa import HPAPipeline, ImageFlattener, MultiLabelMLPClassifier, load, save
from sklearn_hpa._common import leftovers
from sklearn_hpa._common.skops_schema import MAX_NODES
from sklearn_hpa.metrics import SCORERS
from sklearn_hpa.persistence import read_record, save_recorded
from tests.robustness import models


class Hello(Callback):
    pass


class Mine(FunctionTransformer):
    pass


class Linear(torch.nn.Linear):
    pass


@pytest.fixture(scope="module")
def data():
    return make_multilabel_classification(40, 6, n_classes=3, random_state=0)


@pytest.fixture(scope="module")
def classifier(data):
    X, y = data
    y = pd.DataFrame(y, columns=["Nucleoli", "Cytosol", "Aggresome"])
    return MultiLabelMLPClassifier((8,), max_epochs=3, random_state=0).fit(X, y)


def test_a_classifier_comes_back_whole(classifier, data, tmp_path):
    twin = load(save(classifier, tmp_path / "model.skops"))
    np.testing.assert_array_equal(twin.predict_proba(data[0]), classifier.predict_proba(data[0]))
    pd.testing.assert_frame_equal(twin.history_, classifier.history_)
    assert twin.label_names_.tolist() == ["Nucleoli", "Cytosol", "Aggresome"]
    assert twin.get_params() == classifier.get_params()
    assert (
        twin.partial_fit(*data[:1], pd.DataFrame(data[1], columns=twin.label_names_)).n_iter_ == 4
    )


def test_a_pipeline_on_image_files_comes_back_whole(cells, tmp_path):
    X, y = cells
    pipe = HPAPipeline(
        images=FeatureUnion(
            [("pixels", ImageFlattener(8)), ("green", ImageFlattener((16, 12), ["green"]))]
        ),
        classifier=MultiLabelMLPClassifier((8,), max_epochs=2, threshold=[0.4] * y.shape[1]),
    ).fit(X, y)
    twin = load(save(pipe, tmp_path / "model.skops"))
    assert type(twin) is HPAPipeline
    np.testing.assert_array_equal(twin.predict(X), pipe.predict(X))


def test_an_unfitted_pipeline_can_be_saved(tmp_path):
    assert load(save(HPAPipeline(), tmp_path / "model.skops")).images.size == 64


def test_saving_does_not_wake_or_keep_the_net(classifier, tmp_path):
    save(classifier, tmp_path / "model.skops")
    with zipfile.ZipFile(tmp_path / "model.skops") as archive:
        schema = archive.read("schema.json").decode()
    assert "torch" not in schema and "skorch" not in schema and "pickle" not in schema


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"classifier__callbacks": [Hello()]}, r"classifier__callbacks holds .*Hello"),
        ({"classifier__module": Linear}, r"classifier__module holds .*test_persistence.Linear"),
        ({"images": FunctionTransformer(np.load)}, "images__func holds numpy.load"),
        ({"classifier__module": lambda n, m: Linear(n, m)}, "classifier__module"),
        ({"memory": Memory(None)}, "memory holds .*joblib"),
        ({"images": Mine()}, "images holds .*test_persistence.Mine"),
    ],
)
def test_a_type_from_elsewhere_is_refused_by_its_parameter(params, message, tmp_path):
    with pytest.raises(TypeError, match=f"cannot save model.skops: .*{message}"):
        save(HPAPipeline().set_params(**params), tmp_path / "model.skops")
    assert list(tmp_path.iterdir()) == []


def test_a_type_that_is_trusted_on_both_sides_passes(tmp_path, data):
    X, y = data
    classifier = MultiLabelMLPClassifier(module=Linear, callbacks=[Hello()], max_epochs=1).fit(X, y)
    refused = "pass them as trusted="
    types = [Linear, Hello]
    path = save(classifier, tmp_path / "model.skops", trusted=types)
    with pytest.raises(TypeError, match=refused):
        load(path)
    with pytest.raises(TypeError, match=refused):
        load(path, trusted=[Hello])
    names = [f"{each.__module__}.{each.__qualname__}" for each in types]
    twin = load(path, trusted=names)
    assert isinstance(twin.callbacks[0], Hello) and twin.module is Linear
    np.testing.assert_array_equal(twin.predict_proba(X), classifier.predict_proba(X))


def test_a_file_from_elsewhere_runs_no_code_and_its_types_are_named(tmp_path, capsys):
    path = tmp_path / "model.skops"
    skops.io.dump(FunctionTransformer(print, kw_args={"end": "pwned"}), path)
    with zipfile.ZipFile(path) as archive:
        schema = json.loads(archive.read("schema.json"))
    text = json.dumps(schema).replace('"print"', '"system"').replace('"builtins"', '"os"')
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", text)
    with pytest.raises(TypeError, match=r"types that are not trusted: .*os\.system"):
        load(path)
    assert "pwned" not in capsys.readouterr().out


def test_other_versions_are_warned_of(classifier, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "sklearn_hpa.persistence.version", lambda name: "0.0.9" if name == "skorch" else "1.0+cpu"
    )
    path = save(classifier, tmp_path / "model.skops")
    monkeypatch.setattr("sklearn_hpa.persistence.version", lambda name: "1.0+cu130")
    message = r"saved with skorch 0.0.9 \(here 1.0\+cu130\): predictions may differ"
    with pytest.warns(UserWarning, match=message):
        load(path)


def test_versions_that_are_nonsense_are_named_as_such(classifier, tmp_path):
    for versions in ('["torch"]', "5", "null", '{"torch": "garbage"}'):
        path = save(classifier, tmp_path / "model.skops")
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        parts["sklearn_hpa_versions.json"] = versions.encode()
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        if "garbage" in versions:
            with pytest.warns(UserWarning, match="saved with torch garbage"):
                load(path)
        else:
            with pytest.raises(ValueError, match="model.skops is not a skops file, or is damaged"):
                load(path)


def test_a_fitted_grid_search_with_our_scorers_comes_back(data, tmp_path):
    X, y = data
    search = GridSearchCV(
        MultiLabelMLPClassifier((4,), max_epochs=1, random_state=0),
        {"lr": [1e-3, 1e-2]},
        scoring=SCORERS,
        refit="label_accuracy",
        cv=KFold(2),
    ).fit(X, y)
    twin = load(save(search, tmp_path / "search.skops"))
    np.testing.assert_array_equal(twin.predict_proba(X), search.predict_proba(X))
    assert twin.best_params_ == search.best_params_


def test_what_is_no_estimator_is_refused(tmp_path):
    with pytest.raises(TypeError, match="cannot save model.skops: {.*} is not an estimator"):
        save({"a": 1}, tmp_path / "model.skops")


def test_trusted_may_be_a_generator(tmp_path, data):
    classifier = MultiLabelMLPClassifier(module=Linear)
    path = save(classifier, tmp_path / "model.skops", trusted=(each for each in [Linear]))
    assert load(path, trusted=(each for each in [Linear])).module is Linear


def test_the_same_versions_are_not(classifier, tmp_path):
    load(save(classifier, tmp_path / "model.skops"))


def test_plain_skops_reads_the_file_too(classifier, tmp_path):
    path = save(classifier, tmp_path / "model.skops")
    assert skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path)).n_iter_ == 3


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04broken"])
def test_what_is_no_skops_file_is_refused_by_name(tmp_path, content):
    path = tmp_path / "model.skops"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="model.skops is not a skops file, or is damaged"):
        load(path)


def test_a_truncated_file_is_refused_by_name(classifier, tmp_path):
    path = save(classifier, tmp_path / "model.skops")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ValueError, match="model.skops is not a skops file, or is damaged"):
        load(path)


def test_a_zip_of_something_else_is_refused_by_name(tmp_path):
    path = tmp_path / "model.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(ValueError, match="model.skops is not a skops file, or is damaged"):
        load(path)


def test_a_missing_file_or_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no model at .*nothing.skops"):
        load(tmp_path / "nothing.skops")
    with pytest.raises(FileNotFoundError, match="the folder .*nowhere does not exist"):
        save(HPAPipeline(), tmp_path / "nowhere" / "model.skops")


def test_a_full_disk_leaves_the_old_model_whole(classifier, data, tmp_path):
    path = save(classifier, tmp_path / "model.skops")
    large = MultiLabelMLPClassifier((5000,), max_epochs=1).fit(*data)
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, old[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            save(large, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)
    assert [file.name for file in tmp_path.iterdir()] == ["model.skops"]
    np.testing.assert_array_equal(
        load(path).predict_proba(data[0]), classifier.predict_proba(data[0])
    )


def test_an_interrupt_leaves_the_old_model_whole(classifier, tmp_path, monkeypatch):
    path = save(classifier, tmp_path / "model.skops")
    before = shutil.copy(path, tmp_path / "copy.skops")

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(classifier, path)
    with open(path, "rb") as now, open(before, "rb") as then:
        assert now.read() == then.read()
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), MemoryError()])
def test_an_error_of_the_system_while_a_model_is_read_names_it(tmp_path, monkeypatch, error):
    path = save(ImageFlattener(), tmp_path / "model.skops")

    def fail(*_, **__):
        raise error

    monkeypatch.setattr("sklearn_hpa.persistence.skops.io.load", fail)
    with pytest.raises(type(error), match=r"model\.skops"):
        load(path)


# ---- hostile and damaged files ------------------------------------------------------------------


@pytest.fixture(scope="module")
def outcomes():
    """What came of loading a file of each quick kind, in a process whose memory is measured."""
    command = [
        sys.executable,
        "-m",
        "tests.robustness.models",
        "0",
        str(len(models.QUICK)),
        "quick",
    ]
    printed = subprocess.run(command, capture_output=True, check=True)
    found = [json.loads(line) for line in printed.stdout.splitlines()]
    return {each["kind"]: each for each in found}


@pytest.mark.parametrize("kind", models.QUICK)
def test_a_hostile_file_is_refused_by_name_within_seconds_and_a_gibibyte(outcomes, kind):
    assert outcomes[kind]["faults"] == [], outcomes[kind]


@pytest.mark.slow
def test_large_hostile_files_are_refused_within_seconds_and_a_gibibyte():
    code = (
        "import json\n"
        "from tests.robustness.models import SLOW, check_models\n"
        "for each in check_models(0, len(SLOW), sorted(SLOW)): print(json.dumps(each))\n"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    found = [json.loads(line) for line in printed.stdout.splitlines()]
    assert len(found) == len(models.SLOW)
    assert [each for each in found if each["faults"]] == []


def test_a_compressed_file_of_skops_is_loaded(classifier, data, tmp_path):
    path = tmp_path / "model.skops"
    skops.io.dump(classifier, path, compression=zipfile.ZIP_DEFLATED)
    np.testing.assert_array_equal(
        load(path).predict_proba(data[0]), classifier.predict_proba(data[0])
    )


def test_a_history_of_many_epochs_is_loaded(classifier, tmp_path):
    model = copy.deepcopy(classifier)
    model._network.epochs = model._network.epochs * (MAX_NODES // 10)
    twin = load(save(model, tmp_path / "model.skops"))
    assert twin.n_iter_ == 3 * (MAX_NODES // 10)
    assert twin.history_.iloc[:3].equals(classifier.history_)


def test_epochs_with_other_columns_come_back(classifier, tmp_path):
    model = copy.deepcopy(classifier)
    model._network.epochs[1:] = [model._network.epochs[1] | {"train_f1": 0.5}]
    twin = load(save(model, tmp_path / "model.skops"))
    pd.testing.assert_frame_equal(twin.history_, model.history_)


def test_a_model_that_load_would_refuse_is_not_saved(classifier, tmp_path):
    broken = copy.deepcopy(classifier)
    broken._network.weights["body.0.weight"][0, 0] = np.nan
    message = "cannot save model.skops: its .* cannot be right: .* holds values that are not finite"
    with pytest.raises(ValueError, match=message):
        save(broken, tmp_path / "model.skops")
    large = MultiLabelMLPClassifier(callbacks=[{"x": list(range(MAX_NODES))}])
    with pytest.raises(ValueError, match="cannot save model.skops: .* more than 150000 objects"):
        save(large, tmp_path / "model.skops")
    assert not list(tmp_path.iterdir())


def test_all_estimators_of_the_library_pass_the_checks(tmp_path):
    pipe = load(save(models.honest_patterns(), tmp_path / "patterns.skops"))
    assert len(pipe.classifier.estimator_.calibrators_) == 3
    pipe = load(save(models.honest(), tmp_path / "pixels.skops"))
    assert pipe.images.image_shape_ == (4, 4, 3)


def test_names_in_a_refused_file_are_shown_without_control_characters(tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(models.model_of(models.node("ObjectNode", f"os.{models.ESCAPES}")))
    with pytest.raises(TypeError, match=r"not trusted: os\.\\x1b\]0;pwned\\x07") as caught:
        load(path)
    assert str(caught.value).isprintable()


def test_a_name_of_a_thousand_letters_is_cut(tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(models.model_of(models.node("ObjectNode", "os." + "x" * 1000)))
    with pytest.raises(TypeError, match="xxx…") as caught:
        load(path)
    assert len(str(caught.value)) < 500


def test_too_little_memory_names_the_file(classifier, tmp_path, monkeypatch):
    path = save(classifier, tmp_path / "model.skops")
    monkeypatch.setattr(skops.io, "load", Mock(side_effect=MemoryError))
    with pytest.raises(MemoryError, match="model.skops: not enough memory"):
        load(path)


def test_a_module_that_is_missing_here_names_the_file(classifier, tmp_path, monkeypatch):
    path = save(classifier, tmp_path / "model.skops")
    monkeypatch.setattr(skops.io, "load", Mock(side_effect=ImportError("No module named 'x'")))
    with pytest.raises(ImportError, match="model.skops cannot be loaded: No module named 'x'"):
        load(path)


def test_a_killed_save_leaves_the_old_model_and_nothing_after_the_next_one(
    classifier, tmp_path, monkeypatch
):
    path = save(classifier, tmp_path / "model.skops")
    before = path.read_bytes()
    code = (
        "import os, signal, sys\n"
        "from sklearn_hpa import HPAPipeline, save\n"
        "os.replace = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)\n"
        "save(HPAPipeline(), sys.argv[1])\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, path])
    assert killed.returncode == -signal.SIGKILL
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr(leftovers, "_searched", set())
    save(classifier, path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_record_is_read_without_the_estimator_and_is_no_part_of_it(tmp_path, monkeypatch):
    record = {"n_images": 3, "scores": {"mean": [0.5, None]}, "text": "x\x1b[2J" + "y" * 1000}
    path = save_recorded(ImageFlattener(), tmp_path / "m.skops", record)
    assert load(path).size == 64
    with monkeypatch.context() as patch:
        patch.setattr(skops.io, "load", None)
        versions, found = read_record(path)
    assert versions["numpy"] == np.__version__ and "torch" in versions
    assert found["n_images"] == 3 and found["scores"] == record["scores"]
    assert found["text"].startswith("x\\x1b[2J") and len(found["text"]) < 400
    assert read_record(save(load(path), tmp_path / "again.skops"))[1] is None


def test_a_record_that_is_too_long_is_refused_when_it_is_read(tmp_path):
    path = save_recorded(ImageFlattener(), tmp_path / "m.skops", {"a": "x" * 2_000_000})
    with pytest.raises(ValueError, match="is longer than 1000000 bytes"):
        read_record(path)
    assert load(path).size == 64
