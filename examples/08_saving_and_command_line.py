"""
Saving, loading, and the command line
=====================================

A trained model is saved to one model file. The file contains data and no code. Python and the
``sklearn-hpa`` command both read it. This script trains and saves a model in Python and inspects
the file. It then repeats the work from the command line.
"""

# %%
# A folder of images
# ------------------
#
# All files are in a temporary folder. The images are synthetic and are saved in Kaggle's layout,
# with four files per image. With the environment variable ``SKLEARN_HPA_IMAGES`` the script uses a
# folder of your own instead. Two csv files list the training images and the new images.

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
    synthetic, labels = make_hpa_images(
        240, n_labels=4, n_cells=1, size=128, random_state=0
    )
    cells = save_hpa(work / "cells", synthetic, labels)

table = pd.read_csv(cells / "train.csv")
table[:180].to_csv(work / "known.csv", index=False)
table[180:240].to_csv(work / "new.csv", index=False)
table.head()

# %%
# Save and load
# -------------
#
# :func:`~sklearn_hpa.save` takes any estimator of this library, fitted or not, alone or inside a
# scikit-learn estimator. The estimator returned by :func:`~sklearn_hpa.load` gives identical
# predictions, to the last bit.

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
# The contents of the file
# ------------------------
#
# The file is a zip archive. It contains the parameters and the structure as JSON, the weights as
# NumPy arrays, and the versions of the libraries. ``load`` warns if other versions are installed.

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
# The weights take nearly all of the file, with four bytes per weight.

n_weights = sum(weight.numel() for weight in pipe.classifier.net_.module_.parameters())
print(f"weights: {n_weights:,} of 4 bytes = {4 * n_weights / 1e6:.2f} MB")
print(f"file:    {(work / 'model.skops').stat().st_size / 1e6:.2f} MB")
print(versions)

# %%
# Types of your own
# -----------------
#
# The file lists the types of the model. ``load`` builds only the types of this library and the
# scikit-learn types that skops trusts. So a file from an unknown source cannot make ``load`` run
# arbitrary code. A model with a callback or a torch module therefore needs your permission, both
# for saving and for loading.

import textwrap

from skorch.callbacks import LRScheduler

scheduled = MultiLabelMLPClassifier(callbacks=[LRScheduler("StepLR", step_size=10)])
try:
    save(scheduled, work / "scheduled.skops")
except TypeError as error:
    print(textwrap.fill(str(error), 80))

# %%
# Give this permission in ``trusted``, a list of types or of type names:

save(scheduled, work / "scheduled.skops", trusted=[LRScheduler])
again = load(work / "scheduled.skops", trusted=[LRScheduler])
[type(callback).__name__ for callback in again.callbacks]

# %%
# ``pickle`` and ``joblib`` also work, and store the weights in the same way. Their files run code
# when they are loaded. Load only such files that you wrote yourself, for example files of a cache
# or of a worker.

import joblib

joblib.dump(pipe, work / "model.joblib")
np.array_equal(
    joblib.load(work / "model.joblib").predict_proba(X_new),
    pipe.predict_proba(X_new),
)

# %%
# The same model from the command line
# ------------------------------------
#
# ``sklearn-hpa fit`` trains and saves a model. Its options are the most frequently changed
# parameters. ``--set`` changes any other parameter.

import os
import shlex
import subprocess
import sys


def sklearn_hpa(command):
    """Run a command in the temporary folder, and print the command and its output."""
    print(f"$ sklearn-hpa {command}")
    words = shlex.split(command.replace("\\\n", ""))
    done = subprocess.run(
        [sys.executable, "-m", "sklearn_hpa", *words],
        cwd=work,
        env={**os.environ, "SKLEARN_HPA_CACHE": str(work / "cache")},
        capture_output=True,
        text=True,
    )
    print(done.stdout + done.stderr, end="")
    done.check_returncode()


images = shlex.quote(str(cells)) if folder else "cells"
sklearn_hpa(
    f"""fit {images} --csv known.csv --output cli.skops \\
    --features pixels --size 32 --max-epochs 15 --seed 0"""
)

# %%
# The images, the parameters and the random seed are the same as above. So the model is the same:

from_command_line = load(work / "cli.skops").predict_proba(X_new)
difference = np.abs(from_command_line - pipe.predict_proba(X_new)).max()
print(f"largest difference of a probability: {difference:g}")

# %%
# ``sklearn-hpa evaluate`` prints :func:`~sklearn_hpa.metrics.multilabel_report`, with the model
# next to its baselines.

sklearn_hpa(f"evaluate cli.skops {images} --csv new.csv")

# %%
# ``sklearn-hpa predict`` needs no labels. Here it reads the Ids of one csv file. Without
# ``--sample-submission`` it predicts every image of the folder, by label names.

sklearn_hpa(
    f"""predict cli.skops {images} --sample-submission new.csv \\
    --output predictions.csv --probabilities probabilities.csv"""
)

# %%
# The predictions contain label numbers, as in ``train.csv``. An image has no label if all its
# probabilities are below the threshold.

predictions = pd.read_csv(
    work / "predictions.csv", index_col="Id", keep_default_na=False
)
predictions.head()

# %%
# The probabilities have one column per label. You can apply your own threshold to them.

probabilities = pd.read_csv(work / "probabilities.csv", index_col="Id")
probabilities.head().round(3)

# %%
# At the default threshold, they give the predictions of the model that was trained in Python:

np.array_equal(probabilities >= 0.5, pipe.predict(X_new))

# %%
# The displays accept these probabilities. The figure shows the images with the largest errors:

from sklearn_hpa.display import ImageGridDisplay

_ = ImageGridDisplay.from_predictions(X_new, y_new, probabilities, n_images=4)

# %%
# The temporary folder is deleted with all its contents. :ref:`guide_persistence` and
# :ref:`guide_command_line` give more details.

temporary.cleanup()
