"""Tests of the options that say which images and labels a command reads."""

import shutil

import pandas as pd
import pytest

from sklearn_hpa import load
from sklearn_hpa.datasets import load_hpa

from .running import FAST, run


@pytest.fixture
def plates(folder, tmp_path):
    """The images in two sub-folders, with a table of a laboratory."""
    y = load_hpa(folder, labels="present").target
    table = []
    for number, Id in enumerate(y.index):
        plate = f"plate{number % 2 + 1}"
        (tmp_path / "cells" / plate).mkdir(parents=True, exist_ok=True)
        for path in folder.glob(f"{Id}_*.png"):
            shutil.copy(path, tmp_path / "cells" / plate / path.name)
        names = " + ".join(y.columns[y.loc[Id] == 1])
        table.append({"cell": f"{plate}/{Id}", "where": names, "antibody": f"A{number // 3}"})
    pd.DataFrame(table).to_csv(tmp_path / "labels.tsv", sep="\t", index=False)
    options = ["--csv", tmp_path / "labels.tsv", "--id-column", "cell", "--label-column", "where"]
    return tmp_path / "cells", [*options, "--label-separator", " + ", "--recursive"]


def test_a_table_and_sub_folders_of_a_laboratory_are_read_by_all_commands(
    plates, folder, tmp_path, capsys
):
    cells, options = plates
    model, output = tmp_path / "m.skops", tmp_path / "p.csv"
    for groups in ("antibody", "plate"):
        words = ["--output", model, "--cv", "2", "--groups", groups, *FAST]
        code, out, err = run("fit", cells, *options, *words, capsys=capsys)
        assert code == 0 and "Trained on 24 images with 4 labels" in out
        table = pd.read_csv(tmp_path / "m.oof.csv")
        assert (table.groupby("Group")["Fold"].nunique() == 1).all()
    assert set(table["Group"]) == {"plate1", "plate2"}
    names = load(model).classifier.label_names_.tolist()
    assert names == list(load_hpa(folder, labels="present").target.columns)
    code, out, err = run("evaluate", model, cells, *options, capsys=capsys)
    assert (code, err) == (0, "") and "24 of 24 images found in the cache" in out
    words = ["predict", model, cells, "--output", output, "--recursive"]
    assert run(*words, "--pattern", "plate1/*", capsys=capsys)[0] == 0
    assert len(pd.read_csv(output)) == 12


def test_columns_of_0_and_1_are_named_by_commas(folder, tmp_path, capsys):
    y = load_hpa(folder, labels=["Nucleoplasm", "Cytosol"]).target
    y.insert(0, "Plate", 1)
    y.reset_index().to_csv(tmp_path / "hot.csv", index=False)
    options = ["--csv", tmp_path / "hot.csv", "--label-column", "Nucleoplasm,Cytosol"]
    words = ["--output", tmp_path / "m.skops", "--on-error", "warn", *FAST]
    code, _, _ = run("fit", folder, *options, *words, capsys=capsys)
    assert code == 0
    assert load(tmp_path / "m.skops").classifier.label_names_.tolist() == ["Nucleoplasm", "Cytosol"]


def test_a_model_of_the_site_s_names_is_evaluated_on_them(folder, tmp_path, capsys):
    ids = load_hpa(folder).images.index
    names = ["Vesicles" if number % 2 else "Nucleoli rim" for number in range(len(ids))]
    table = pd.DataFrame({"Image": ids, "Location": names})
    table.to_csv(tmp_path / "site.csv", index=False)
    model, options = tmp_path / "m.skops", ["--csv", tmp_path / "site.csv"]
    for labels in ("present", "Vesicles,Nucleoli rim"):
        words = ["--output", model, "--labels", labels, *FAST]
        assert run("fit", folder, *options, *words, capsys=capsys)[0] == 0
        assert set(load(model).classifier.label_names_) == {"Vesicles", "Nucleoli rim"}
    code, out, err = run("evaluate", model, folder, *options, capsys=capsys)
    assert (code, err) == (0, "") and "exact_match_accuracy" in out
    code, _, _ = run(
        *("fit", folder, *options, "--output", model, "--labels", "hpa", *FAST), capsys=capsys
    )
    assert code == 0 and len(load(model).classifier.label_names_) == 35


def test_messages_about_tables_name_options(folder, tmp_path, capsys):
    table = pd.read_csv(folder / "train.csv").rename(columns={"Target": "a", "Id": "b"})
    table.to_csv(tmp_path / "t.csv", index=False)
    words = ["fit", folder, "--csv", tmp_path / "t.csv", "--output", tmp_path / "m.skops", *FAST]
    code, _, err = run(*words, capsys=capsys)
    assert code == 1 and "--id-column" in err and "id_column" not in err
    code, _, err = run(*words, "--id-column", "b", capsys=capsys)
    assert code == 1 and "--label-column" in err and "label_column" not in err


def test_class_folders_without_a_table_are_explained(folder, tmp_path, capsys):
    (tmp_path / "cells" / "Nucleoli").mkdir(parents=True)
    for path in folder.glob("*.png"):
        shutil.copy(path, tmp_path / "cells" / "Nucleoli" / path.name)
    words = ["--recursive", "--output", tmp_path / "m.skops"]
    code, _, err = run("fit", tmp_path / "cells", *words, capsys=capsys)
    assert code == 1 and "no labels: expected train.csv" in err
    assert "Folders have the names of labels (Nucleoli)" in err and ",Nucleoli" in err
