"""Tests of messy tables and folders: each is read, or refused in one clear line."""

import zipfile

import pandas as pd
import pytest

from sklearn_hpa.datasets import load_hpa

from .targets import labels_of

PLATES = ["plate1/A01/x_green.png", "plate1/A02/x_green.png", "plate2/A01/y_green.png"]
CELLS = ["a_green.png", "b_green.png"]

#: The files, the content of train.csv, the parameters, and the labels of each image.
READ = {
    "semicolons of a European Excel": (
        CELLS,
        "Image;Location\na;Cytosol, Nucleoli\nb;Cytosol\n",
        {},
        {"a": ["Nucleoli", "Cytosol"], "b": ["Cytosol"]},
    ),
    "Excel's Unicode text": (
        CELLS,
        "Id\tTarget\na\t0\nb\t25\n".encode("utf-16"),
        {},
        {"a": ["Nucleoplasm"], "b": ["Cytosol"]},
    ),
    "a line that declares the separator": (
        CELLS,
        "sep=;\r\nId;Target\r\na;0\r\nb;25\r\n",
        {},
        {"a": ["Nucleoplasm"], "b": ["Cytosol"]},
    ),
    "columns and a separator of one's own": (
        CELLS,
        "Cell|Where is it\na|Cytosol / Nucleoli\nb|Cytosol\n",
        {"id_column": "Cell", "label_column": "where is it", "label_separator": "/"},
        {"a": ["Nucleoli", "Cytosol"], "b": ["Cytosol"]},
    ),
    "a column for each label": (
        CELLS,
        "filename,Nucleoli,Cytosol,Plate\na_green.png,1,0,P1\nb_green.png,TRUE,TRUE,P2\n",
        {},
        {"a": ["Nucleoli"], "b": ["Nucleoli", "Cytosol"]},
    ),
    "paths of another computer": (
        CELLS,
        "Path,Location\nC:\\me\\train\\a_green.png,Cytosol\nC:\\me\\train\\b_green.png,Nucleoli\n",
        {},
        {"a": ["Cytosol"], "b": ["Nucleoli"]},
    ),
    "names of composites": (
        CELLS,
        "Image,Location\na_blue_red_green.jpg,Cytosol\nb_blue_red_green.jpg,Nucleoli\n",
        {},
        {"a": ["Cytosol"], "b": ["Nucleoli"]},
    ),
    "plates and wells": (
        PLATES,
        "Id,Target\nplate1/A01/x,0\nplate1/A02/x,2\ny,25\n",
        {"recursive": True},
        {
            "plate1/A01/x": ["Nucleoplasm"],
            "plate1/A02/x": ["Nucleoli"],
            "plate2/A01/y": ["Cytosol"],
        },
    ),
    "a folder for each channel": (
        ["green/a.tif", "red/a.tif", "green/b.tif", "red/b.tif"],
        "Id,Target\na,0\nb.tif,2\n",
        {"pattern": "{channel}/{id}.tif"},
        {"a": ["Nucleoplasm"], "b": ["Nucleoli"]},
    ),
    "stains in the names": (
        ["a_w1_DAPI.tif", "a_w2_FITC.tif"],
        "Id,Target\na,0\n",
        {"pattern": "{id}_w?_{channel}.tif"},
        {"a": ["Nucleoplasm"]},
    ),
    "names of the HPA site": (
        CELLS,
        "Image\tMain location\na\tVesicles,Nucleoli (rim)\nb\tMitotic chromosome\n",
        {"labels": "hpa"},
        {"a": ["Nucleoli rim", "Vesicles"], "b": ["Mitotic chromosome"]},
    ),
    "locations that labels of 2021 contain": (
        CELLS,
        "ID,Label\na,Endosomes|Lysosomes|Cell Junctions\nb,No staining\n",
        {},
        {
            "a": ["Plasma membrane", "Vesicles and punctate cytosolic patterns"],
            "b": ["Negative"],
        },
    ),
}


@pytest.fixture
def make(tmp_path):
    def make(files, table):
        folder = tmp_path / "train"
        for file in files:
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        if table is not None:
            content = table if isinstance(table, bytes) else table.encode()
            (folder / "train.csv").write_bytes(content)
        return folder

    return make


@pytest.mark.parametrize("files, table, options, labels", READ.values(), ids=READ)
def test_it_is_read(make, files, table, options, labels):
    bunch = load_hpa(make(files, table), **options)
    assert labels_of(bunch.target) == labels
    assert bunch.metadata.index.equals(bunch.images.index)


WARNED = {
    "Ids that Excel turned into numbers": (
        ["00123_green.png", "0045_green.png"],
        "Id,Target\n123,0\n45.0,2\n",
        r"2 Ids of .*matched to images by number, .*: '123' to '00123', '45\.0' to '0045'$",
        ["00123", "0045"],
    ),
    "the addresses of Kaggle's list of public images": (
        ["921_B9_1_green.png"],
        "Image\tLabel\tCellline\nhttps://images.proteinatlas.org/10005/921_B9_1_\tCytosol\tA-431\n",
        r"1 Id of .*by file name alone, .*: 'https://images\.proteinatlas\.org/.*' to '921_B9_1'$",
        ["921_B9_1"],
    ),
    "a column of 0 and 1 that is no label": (
        CELLS,
        "Id,Cytosol,Mixed\na,1,0\nb,1,1\n",
        r"1 column of 0 and 1 with the name of no label, kept as metadata: Mixed$",
        ["a", "b"],
    ),
}


@pytest.mark.parametrize("files, table, message, ids", WARNED.values(), ids=WARNED)
def test_it_is_read_with_a_warning(make, files, table, message, ids):
    with pytest.warns(UserWarning, match=message) as caught:
        assert list(load_hpa(make(files, table)).images.index) == ids
    assert caught[0].filename == __file__


REFUSED = {
    "two columns of Ids": (
        "Image,File,Label\na,a,Cytosol\n",
        r"one column of Ids, and Image, File may be it: name one with id_column='Image'$",
    ),
    "no known columns": (
        "Cell,Where\na,Cytosol\n",
        r"the columns Cell,Where; .*with id_column and the column of labels with label_column$",
    ),
    "numbers of an unknown set": (
        "Id,Location\na,1\nb,2\n",
        r"2 rows with label numbers, and the header does not say of which set: '1' in line 2, Id a",
    ),
    "a misspelt column of 0 and 1": (
        "Id,Cytosol,Nucleolli\na,1,0\nb,0,1\n",
        r"'Nucleolli' \(did you mean 'Nucleoli'\?\)\. Rename it, or list the columns of labels in",
    ),
    "crosses instead of 0 and 1": (
        "Id,Cytosol,Nucleoli\na,x,\nb,,x\n",
        r"4 cells of the label columns other than 0, 1, True or False: line 2, column Cytosol: 'x'",
    ),
    "Latin-1": (
        "Id,Target,Note\na,0,Malm\xf6\n".encode("latin-1"),
        r"is not UTF-8 text: line 2 has the byte 0xf6 \('a,0,Malm\xf6' if it is Latin-1",
    ),
    "a web page": (b"<!DOCTYPE html>", r"is a web page or XML.*Save it as a csv file in UTF-8"),
    "cells that are not quoted": (
        "Id,Location\na,Cytosol,Nucleoli\n",
        r"line 2: 3 cells, but the header has 2 \(Id,Location\); quote a cell that",
    ),
}


@pytest.mark.parametrize("table, message", REFUSED.values(), ids=REFUSED)
def test_it_is_refused_in_one_line(make, table, message):
    with pytest.raises(ValueError, match=message) as caught:
        load_hpa(make(CELLS, table))
    assert "\n" not in str(caught.value)


FOLDERS = {
    "images in sub-folders": (PLATES, {}, r"plate1/A01/x_green\.png is in one: recursive=True"),
    "files of a microscope": (["a.czi", "b.lif"], {}, r"The folder has a\.czi, b\.lif$"),
    "numbered channels": (
        ["a_ch00.tif", "a_ch01.tif"],
        {},
        r"a number does not name a stain\. Ren",
    ),
    "names of stains": (
        ["a_DAPI.tif", "a_GFP.tif"],
        {},
        r"pattern='\{id\}_\{channel\}\.tif'; patt",
    ),
    "dashes before colours": (
        ["a-red.tif", "a-green.tif"],
        {},
        r"pattern='\{id\}-\{channel\}\.tif'",
    ),
    "a folder for each channel": (
        ["green/a.tif", "red/a.tif"],
        {"recursive": True},
        r"pattern='\{channel\}/\{id\}\.tif'; pattern='\*' reads each file as an image$",
    ),
    "a pattern of other files": (
        PLATES,
        {"pattern": "**/*.tif"},
        r"it has plate1/A01/x_green\.png",
    ),
}


@pytest.mark.parametrize("files, options, message", FOLDERS.values(), ids=FOLDERS)
def test_a_folder_is_refused_in_one_line(make, files, options, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message) as caught:
        load_hpa(make(files, None), **options)
    assert "\n" not in str(caught.value)


def test_a_workbook_is_read_or_says_in_one_line_what_to_install(make):
    folder = make(CELLS, None)
    path = folder / "labels.xlsx"
    try:
        frame = pd.DataFrame({"Image": ["a", "b"], "Location": ["Cytosol", "Nucleoli"]})
        frame.to_excel(path, index=False)
    except ImportError:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("xl/workbook.xml", "<workbook/>")
        with pytest.raises(
            ValueError, match=r"labels\.xlsx is .*pip install --upgrade openpyxl.*as a csv"
        ):
            load_hpa(folder, path)
    else:
        target = load_hpa(folder, path).target
        assert labels_of(target) == {"a": ["Cytosol"], "b": ["Nucleoli"]}
