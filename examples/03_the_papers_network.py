"""
The paper's network: Figures 4 and 5, Table 1
=============================================

The configuration of the paper, as it stands: flattened images in red, green and blue; dense layers
of 32, 64, 128 and 256 units with ReLU; 28 sigmoid outputs; Adam, binary cross-entropy, batches of
32, 250 epochs; 83 images to train and 9 to test.

On this page the images are drawn, and of 128×128 pixels. For the paper's 512×512 and real images::

    SKLEARN_HPA_IMAGES=my-images SKLEARN_HPA_IMAGE_SIZE=512 python 03_the_papers_network.py
"""

# %%
import os

from sklearn_hpa.datasets import load_hpa, make_hpa_images

size = int(os.environ.get("SKLEARN_HPA_IMAGE_SIZE", 128))
folder = os.environ.get("SKLEARN_HPA_IMAGES")
if folder:
    X, y = load_hpa(folder, return_X_y=True)
    X, y = X.sample(92, random_state=0), y.sample(92, random_state=0)
else:
    X, y = make_hpa_images(92, size=size, frequencies="hpa", random_state=0)
X_train, X_test, y_train, y_test = X[:83], X[83:], y[:83], y[83:]

# %%
# Train, and watch
# ----------------
#
# The paper plots the accuracy of its framework, which is how often the label with the highest output
# is the first true label. :class:`~sklearn_hpa.callbacks.EpochScores` records it in each epoch, and
# beside it how many images are entirely right. Given the test images, it records what they score,
# too. It only looks: the network never learns from them.
#
# The classifier warns of labels that no training image has. Among 83 images there must be some, with
# 28 labels as unequal as these, so here the warning is known and left out.

import warnings

from sklearn_hpa import ImageFlattener, MultiLabelMLPClassifier
from sklearn_hpa.callbacks import EpochScores
from sklearn_hpa.metrics import exact_match_accuracy_score, multilabel_report


def top_label_accuracy(y_true, y_proba):
    return (y_true.argmax(axis=1) == y_proba.argmax(axis=1)).mean()


def exact_match_accuracy(y_true, y_proba):
    return exact_match_accuracy_score(y_true, y_proba >= 0.5)


flattener = ImageFlattener(size=size)
pixels_train, pixels_test = (
    flattener.fit_transform(X_train),
    flattener.transform(X_test),
)
scores = EpochScores(
    {
        "top_label_accuracy": top_label_accuracy,
        "exact_match_accuracy": exact_match_accuracy,
    },
    X_valid=pixels_test,
    y_valid=y_test,
)
classifier = MultiLabelMLPClassifier(
    early_stopping=False, callbacks=[scores], random_state=0
)
warnings.filterwarnings("ignore", message=".*no positive example")
classifier.fit(pixels_train, y_train)

# %%
# Figure 4: the network
# ---------------------
#
# At 512×512×3 the first dense layer alone has 25,165,856 parameters, for 83 images to set them. The
# flattener and the classifier, both fitted, make the whole of it: from images to labels.

from sklearn.pipeline import make_pipeline

from sklearn_hpa.display import NetworkDisplay

pipe = make_pipeline(flattener, classifier)
NetworkDisplay.from_estimator(pipe)

# %%
# Figure 5: loss and accuracy
# ---------------------------
#
# The training curves go as the paper's do: the loss falls to nothing, the accuracy of the top label
# climbs and stays below 1, though every training image is entirely right by then: where an image has
# two labels, either may come out on top. What the paper does not show is the dashed line: validation,
# here on the test images. Its loss is lowest after a few epochs, and rises from there on.

from sklearn_hpa.display import TrainingCurveDisplay

TrainingCurveDisplay.from_estimator(classifier)

# %%
# Table 1
# -------
#
# The five measures of the paper stand first, each by its formula. Beside the model is what needs no
# model. Nine images are few: one more image that is right moves the exact match by 11 points.

from sklearn_hpa.display import style_report

report = multilabel_report(
    y_test, pipe.predict(X_test), pipe.predict_proba(X_test), y_train=y_train
)
style_report(report)

# %%
# The paper has 94.0 % in the row of proportional accuracy. That is not what its formula gives, but
# the label accuracy further down: :doc:`04_what_table_1_measures` works it out, and
# :doc:`/paper` says of each figure of the paper what matches here and what differs.
