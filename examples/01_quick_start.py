"""
Quick start
===========

This script goes from images to scored predictions in five steps: view the data, train, predict,
score, and view the largest errors. It compares a model on patterns with the paper's network on
pixels. The images are synthetic. Set ``SKLEARN_HPA_IMAGES`` to a folder of your own images to run
the same script on them.
"""

# %%
# The data
# --------
#
# An image shows cells in up to four stains: microtubules (red), the protein of interest (green),
# the nucleus (blue) and the endoplasmic reticulum (yellow). Its labels are the subcellular
# locations of the protein.
#
# :func:`~sklearn_hpa.datasets.load_hpa` reads a folder that contains a ``train.csv``. ``X`` is then
# a table of paths. :func:`~sklearn_hpa.datasets.make_hpa_images` generates synthetic cells instead.
# ``X`` is then an array of pixels. All later steps accept both. ``y`` is a table of 0 and 1 with
# one column per label.

import os

from sklearn_hpa.datasets import load_hpa, make_hpa_images

folder, size = os.environ.get("SKLEARN_HPA_IMAGES"), 256
if folder:
    X, y = load_hpa(folder, labels="present", return_X_y=True)
else:
    size = 64
    X, y = make_hpa_images(400, n_labels=6, size=size, n_cells=1, random_state=0)
y.sum()

# %%
from sklearn_hpa.display import ImageGridDisplay

ImageGridDisplay.from_images(X, y, n_images=8, random_state=0)

# %%
# Train
# -----
#
# :class:`~sklearn_hpa.HPAPipeline` is a scikit-learn ``Pipeline`` of two steps: images to vectors,
# and vectors to labels. :class:`~sklearn_hpa.PatternFeatures` measures the texture of the protein,
# and its position relative to the nucleus and the other stains. (Cells cut from one image must be
# on the same side of the split: see :doc:`06_cross_validation`.)

from sklearn_hpa import HPAPipeline, MultiLabelMLPClassifier, PatternFeatures
from sklearn_hpa.model_selection import multilabel_train_test_split

X_train, X_test, y_train, y_test = multilabel_train_test_split(
    X, y, test_size=0.25, random_state=0
)
pipe = HPAPipeline(
    images=PatternFeatures(size=size, n_jobs=2),
    classifier=MultiLabelMLPClassifier(random_state=0),
)
pipe.fit(X_train, y_train)

# %%
# With default parameters, the pipeline is the paper's: it resizes images to 64×64 pixels and trains
# the network of the paper on them.

paper = HPAPipeline(classifier=MultiLabelMLPClassifier(random_state=0))
_ = paper.fit(X_train, y_train)

# %%
# Predict
# -------
#
# The model gives a probability for each label of each image. It predicts a label if the probability
# is at least 0.5.

import pandas as pd

probabilities = pd.DataFrame(pipe.predict_proba(X_test), y_test.index, y_test.columns)
predictions = probabilities >= 0.5
probabilities.head().round(2)

# %%
# Score
# -----
#
# The report shows the model next to three baselines. The baselines use no image: no label at all,
# the most frequent label set for every image, and each label's frequency as its probability. A
# model that does not beat the baselines has learned nothing.

from sklearn_hpa.display import style_report
from sklearn_hpa.metrics import multilabel_report

report = multilabel_report(y_test, predictions, probabilities, y_train=y_train)
style_report(report)

# %%
# The next table has the paper's network next to it. From flat pixels, the network predicts hardly
# any label set correctly. :doc:`09_pixels_and_patterns` explains the difference.

pixels = paper.predict_proba(X_test)
of_paper = multilabel_report(y_test, pixels >= 0.5, pixels, y_train=y_train)
rows = ["exact_match_accuracy", "proportional_accuracy", "f1_macro"]
rows += ["average_precision_macro"]
pd.DataFrame(
    {
        "patterns": report["model"],
        "the paper's network": of_paper["model"],
        "most frequent set": report["most_frequent_set"],
    }
).loc[rows].round(2)

# %%
# The figure shows the score of each label, from the most to the least frequent:

from sklearn_hpa.display import LabelScoreDisplay

LabelScoreDisplay.from_predictions(y_test, predictions, probabilities, y_train=y_train)

# %%
# F1 depends on the threshold. The curves show all thresholds at once. Precision is the fraction of
# predicted images that have the label. Recall is the fraction of images with the label that are
# predicted.

from sklearn_hpa.display import LabelPrecisionRecallDisplay

LabelPrecisionRecallDisplay.from_predictions(y_test, probabilities)

# %%
# The largest errors
# ------------------
#
# The figure shows the images for which the model is most certain of a wrong answer. Such images
# often explain more than a score.

ImageGridDisplay.from_predictions(X_test, y_test, probabilities, n_images=4)
