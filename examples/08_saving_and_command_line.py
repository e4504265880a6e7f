"""
Saving, loading, and the command line
=====================================

A trained model goes into one file, which holds data and no code, and which Python and the
``sklearn-hpa`` command both read. Here a model is trained and saved in Python, its file is opened
and looked into, and then the same work is done again from the command line.
"""

# %%
# A folder of images
# ------------------
#
# Everything happens in a temporary folder. The images are drawn and saved in Kaggle's layout, four
# files for each; with the environment variable ``SKLEARN_HPA_IMAGES`` a folder of your own takes
# their place. Two csv files say which images to train on and which are new.

import os
import tempfile
from pathlib import Path

import pandas as pd

from sklearn_hpa.datasets import make_hpa_images, save_hpa

temporary = tempfile.TemporaryDirectory()
work = Path(temporary.name)
if folder := os.environ.get("SKLEARN_HPA_IMAGES"):
    cells = Path(folder).resolve()
else:
    drawn, labels = make_hpa_images(
        240, n_labels=4, n_cells=1, size=128, random_state=0
    )
    cells = save_hpa(work / "cells", drawn, labels)

table = pd.read_csv(cells / "train.csv")
table[:180].to_csv(work / "known.csv", index=False)
table[180:240].to_csv(work / "new.csv", index=False)
table.head()

# %%
# Save and load
# -------------
#
# :func:`~sklearn_hpa.save` takes any estimator of this library, fitted or not, alone or inside
# scikit-learn's. What :func:`~sklearn_hpa.load` gives back predicts the same, to the last bit.

import numpy as np

from sklearn_hpa import (
    HPAPipeline,
    ImageFlattener,
    MultiLabelMLPClassifier,
    load,
    save,
)
from sklearn_hpa.datasets import load_hpa

X, y = load_hpa(cells, work / "known.csv", labels="present", return_X_y=True)
X_new, y_new = load_hpa(
    cells, work / "new.csv", labels=list(y.columns), return_X_y=True
)

pipe = HPAPipeline(
    images=ImageFlattener(size=32),
    classifier=MultiLabelMLPClassifier(max_epochs=15, random_state=0),
)
pipe.fit(X, y)
save(pipe, work / "model.skops")

again = load(work / "model.skops")
np.array_equal(again.predict_proba(X_new), pipe.predict_proba(X_new))

# %%
# What is in the file
# -------------------
#
# A zip archive: the parameters and the structure as JSON, the weights as NumPy arrays, and the
# versions of the libraries, so that ``load`` can warn where others are installed.

import zipfile

with zipfile.ZipFile(work / "model.skops") as archive:
    members = pd.DataFrame(
        [(each.filename, each.file_size) for each in archive.infolist()],
        columns=["member", "bytes"],
    )
    versions = archive.read("sklearn_hpa_versions.json").decode()
members["member"] = members["member"].str.replace(
    r".*\.npy", "arrays (.npy)", regex=True
)
members.groupby("member")["bytes"].agg(["count", "sum"])

# %%
# The weights are nearly all of it: four bytes for each.

n_weights = sum(weight.numel() for weight in pipe.classifier.net_.module_.parameters())
print(f"weights: {n_weights:,} of 4 bytes = {4 * n_weights / 1e6:.2f} MB")
print(f"file:    {(work / 'model.skops').stat().st_size / 1e6:.2f} MB")
print(versions)

# %%
# Types of your own
# -----------------
#
# The file names the types that it is built from. ``load`` builds those of this library and those of
# scikit-learn that skops trusts: a file from a stranger cannot make it run what the stranger wants.
# So a model that holds a callback or a torch module needs your word for it, when it is saved and when
# it is loaded.

import textwrap

from skorch.callbacks import LRScheduler

scheduled = MultiLabelMLPClassifier(callbacks=[LRScheduler("StepLR", step_size=10)])
try:
    save(scheduled, work / "scheduled.skops")
except TypeError as error:
    print(textwrap.fill(str(error), 80))

# %%
# The word is ``trusted``, a list of types or of their names:

save(scheduled, work / "scheduled.skops", trusted=[LRScheduler])
again = load(work / "scheduled.skops", trusted=[LRScheduler])
[type(callback).__name__ for callback in again.callbacks]

# %%
# ``pickle`` and ``joblib`` work too, and the weights travel in the same way. Their files run code on
# loading: keep them to files that you wrote yourself, such as those of a cache or of a worker.

import joblib

joblib.dump(pipe, work / "model.joblib")
np.array_equal(
    joblib.load(work / "model.joblib").predict_proba(X_new),
    pipe.predict_proba(X_new),
)

# %%
# The same from the command line
# ------------------------------
#
# ``sklearn-hpa fit`` trains and saves. Its options are the parameters that are changed most;
# ``--set`` reaches all the others.

import shlex
import subprocess
import sys


def sklearn_hpa(command):
    """Run a command in the temporary folder, and print it and what it says."""
    print(f"$ sklearn-hpa {command}")
    words = shlex.split(command.replace("\\\n", ""))
    done = subprocess.run(
        [sys.executable, "-m", "sklearn_hpa", *words],
        cwd=work,
        capture_output=True,
        text=True,
    )
    print(done.stdout + done.stderr, end="")
    done.check_returncode()


images = shlex.quote(str(cells)) if folder else "cells"
sklearn_hpa(
    f"""fit {images} --csv known.csv --output cli.skops \\
    --labels present --size 32 --max-epochs 15 --seed 0"""
)

# %%
# The images, the parameters and the seed are those of the model above, and so is what was learned:

from_command_line = load(work / "cli.skops").predict_proba(X_new)
difference = np.abs(from_command_line - pipe.predict_proba(X_new)).max()
print(f"largest difference of a probability: {difference:g}")

# %%
# ``sklearn-hpa evaluate`` prints :func:`~sklearn_hpa.metrics.multilabel_report`, the model beside
# its floors.

sklearn_hpa(f"evaluate cli.skops {images} --csv new.csv")

# %%
# ``sklearn-hpa predict`` needs no labels. Here it takes the Ids of one csv file; without
# ``--sample-submission`` it predicts every image of the folder.

sklearn_hpa(
    f"""predict cli.skops {images} --sample-submission new.csv \\
    --output predictions.csv --probabilities probabilities.csv"""
)

# %%
# The predictions, by number as in ``train.csv``. An image with no probability of at least the
# threshold has none.

predictions = pd.read_csv(
    work / "predictions.csv", index_col="Id", keep_default_na=False
)
predictions.head()

# %%
# The probabilities have a column for each label, for a threshold of your own.

probabilities = pd.read_csv(work / "probabilities.csv", index_col="Id")
probabilities.head().round(3)

# %%
# At the usual one, they are what the model that was trained in Python predicts:

np.array_equal(probabilities >= 0.5, pipe.predict(X_new))

# %%
# They go wherever probabilities go. These are the images that they are most wrong about:

from sklearn_hpa.display import ImageGridDisplay

_ = ImageGridDisplay.from_predictions(X_new, y_new, probabilities, n_images=4)

# %%
# The temporary folder goes, with all that is in it. :ref:`guide_persistence` and
# :ref:`guide_command_line` have the rest.

temporary.cleanup()
