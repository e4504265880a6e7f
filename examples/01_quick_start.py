"""
Quick start
===========

From images to scored predictions in five steps: look at the data, train, predict, score, and look
at what went wrong. The images are drawn; with ``SKLEARN_HPA_IMAGES`` set to a folder of your own,
the same script runs on yours.
"""

# %%
# The data
# --------
#
# An image shows cells in up to four stains: microtubules (red), the protein in question (green),
# the nucleus (blue) and the endoplasmic reticulum (yellow). Its labels are the places in the cell
# where the protein is seen.
#
# :func:`~sklearn_hpa.datasets.load_hpa` reads a folder with a ``train.csv`` in it: ``X`` is then a
# table of paths. :func:`~sklearn_hpa.datasets.make_hpa_images` draws cells in its place: ``X`` is
# then an array of pixels. Everything from here on takes both. ``y`` is a table of 0 and 1, with a
# column for each label.

import os

from sklearn_hpa.datasets import load_hpa, make_hpa_images

folder = os.environ.get("SKLEARN_HPA_IMAGES")
if folder:
    X, y = load_hpa(folder, labels="present", return_X_y=True)
else:
    X, y = make_hpa_images(1500, n_labels=5, size=64, n_cells=1, random_state=0)
y.sum()

# %%
from sklearn_hpa.display import ImageGridDisplay

ImageGridDisplay.from_images(X, y, n_images=8, random_state=0)

# %%
# Train
# -----
#
# :class:`~sklearn_hpa.HPAPipeline` is a scikit-learn ``Pipeline`` of two steps: images to vectors,
# and vectors to labels. With no arguments it brings images to 64×64 pixels and trains the network
# of the paper on them. (Cells cut from one picture belong on one side of the split:
# :doc:`06_cross_validation` shows how.)

from sklearn.model_selection import train_test_split

from sklearn_hpa import HPAPipeline, MultiLabelMLPClassifier

X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
pipe = HPAPipeline(classifier=MultiLabelMLPClassifier(random_state=0))
pipe.fit(X_train, y_train)

# %%
# Predict
# -------
#
# A probability for each label of each image; a label is predicted from 0.5 on.

import pandas as pd

probabilities = pd.DataFrame(pipe.predict_proba(X_test), y_test.index, y_test.columns)
predictions = pipe.predict(X_test)
probabilities.head().round(2)

# %%
# Score
# -----
#
# Beside the model stand the floors: what you get without looking at an image, by naming no label
# at all, always the most frequent label set, or each label's frequency as its probability. A model
# that does not beat them has learned nothing.

from sklearn_hpa.display import style_report
from sklearn_hpa.metrics import multilabel_report

report = multilabel_report(y_test, predictions, probabilities, y_train=y_train)
style_report(report)

# %%
# Label by label, from the most to the least frequent:

from sklearn_hpa.display import LabelScoreDisplay

LabelScoreDisplay.from_predictions(y_test, predictions, probabilities, y_train=y_train)

# %%
# F1 depends on where the threshold lies. The curves show every threshold at once: how many of the
# images named for a label have it (precision), and how many of those that have it are named (recall).

from sklearn_hpa.display import LabelPrecisionRecallDisplay

LabelPrecisionRecallDisplay.from_predictions(y_test, probabilities)

# %%
# What went wrong
# ---------------
#
# The images on which the model is most certain of the wrong answer tell more than a score does.

ImageGridDisplay.from_estimator(pipe, X_test, y_test, n_images=4)
