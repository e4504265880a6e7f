"""
Thresholds and calibration
==========================

A classifier gives probabilities, but users report labels. A threshold converts a probability to a
label. The threshold 0.5 is rarely the best one if most labels are rare. This script tunes the
threshold of each label and keeps the network unchanged. Four metrics show the gains and the costs.
The script then calibrates the probabilities.
"""

# %%
# Images with rare labels
# -----------------------
#
# The synthetic cells have eight labels with the frequencies of the real set. With the environment
# variable ``SKLEARN_HPA_IMAGES`` the same script reads a folder of real images instead. The folder
# contains the images, ``train.csv`` and, if some images belong together, ``groups.csv`` with the
# columns ``Id`` and ``Group``. A third of the images, in whole groups, is held out for the final
# test.

import os
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from sklearn_hpa import ImageFlattener
from sklearn_hpa.datasets import load_hpa, make_hpa_images
from sklearn_hpa.model_selection import multilabel_train_test_split

folder = os.environ.get("SKLEARN_HPA_IMAGES")
if folder:
    X, y = load_hpa(folder, labels="present", return_X_y=True)
    X, y = X[:1200], y[:1200]
else:
    X, y = make_hpa_images(
        1200, n_labels=8, n_cells=1, size=48, frequencies="hpa", random_state=0
    )
groups = np.arange(len(y))
if folder and Path(folder, "groups.csv").exists():
    table = pd.read_csv(Path(folder, "groups.csv"), index_col="Id")
    groups = table["Group"][y.index].to_numpy()

pixels = ImageFlattener(size=24).fit_transform(X)
train, test, y_train, y_test, groups_train, _ = multilabel_train_test_split(
    pixels, y, groups, groups=groups, test_size=1 / 3, random_state=0
)
y_train.mean().round(3)

# %%
# One network, four sets of thresholds
# ------------------------------------
#
# :class:`~sklearn_hpa.MultiLabelThresholdClassifier` splits the training images into folds. It
# predicts each fold with a network trained on the other folds. It selects the thresholds on these
# out-of-fold probabilities, so memorised images do not affect them. It then trains the network once
# more, on all training images. ``strategy`` sets the aim of the thresholds.
#
# The random seed is the same for all four. So the four final networks are identical and give the
# same probabilities. Only the thresholds differ.

from sklearn.exceptions import ConvergenceWarning

from sklearn_hpa import MultiLabelMLPClassifier, MultiLabelThresholdClassifier

# The networks of this page are trained for a short time on purpose. A ``ConvergenceWarning``
# would say so after each fit.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

network = MultiLabelMLPClassifier(
    (64,), max_epochs=40, early_stopping=False, random_state=0
)
tuned = {
    strategy: MultiLabelThresholdClassifier(network, strategy, cv=3).fit(
        train, y_train, groups=groups_train
    )
    for strategy in [0.5, "prevalence", "f1", "exact_match_accuracy"]
}

# %%
# The table shows the scores on the held-out images:

from sklearn_hpa.metrics import SCORERS

metrics = ["f1_macro", "f1_micro", "exact_match_accuracy", "proportional_accuracy"]
scores = pd.DataFrame(
    {
        strategy: {name: SCORERS[name](model, test, y_test) for name in metrics}
        for strategy, model in tuned.items()
    }
).T
scores.round(3)

# %%
# No row is best in every column. The strategy depends on the aim of the user.
#
# - ``"prevalence"`` predicts each label about as often as it occurs. It also predicts rare labels,
#   and predicts no label too often.
# - ``"f1"`` maximises macro F1. If the network cannot recognise a label, the best F1 comes from
#   predicting the label nearly everywhere. Hardly any label set is then correct.
# - ``"exact_match_accuracy"`` does the opposite. It predicts frequent labels often. It predicts
#   other labels only if the network is nearly certain.
#
# A scorer of :data:`~sklearn_hpa.metrics.SCORERS` as strategy sets the thresholds of all labels
# together. :func:`~sklearn_hpa.metrics.multilabel_report` gives the baselines of these metrics.

# %%
# The thresholds of each label
# ----------------------------
#
# Each threshold is shrunk towards the common threshold of all labels. The shrinkage is stronger for
# a label with few positives: eleven positives are too few for an exact threshold.
# ``own_thresholds_`` are the thresholds before shrinkage. ``thresholds_`` are the thresholds after
# shrinkage.

import matplotlib.pyplot as plt

order = y_train.mean().sort_values().index
rows = np.arange(len(order))
colors = {"prevalence": "#0072B2", "f1": "#D55E00", "exact_match_accuracy": "#009E73"}

figure, ax = plt.subplots(figsize=(7.2, 3.8), layout="constrained")
for offset, (strategy, color) in zip([0.2, 0, -0.2], colors.items(), strict=True):
    names = tuned[strategy].label_names_
    own = pd.Series(tuned[strategy].own_thresholds_, names)[order]
    used = pd.Series(tuned[strategy].thresholds_, names)[order]
    ax.hlines(rows + offset, own, used, color=color, linewidth=1)
    ax.scatter(own, rows + offset, s=22, facecolor="white", edgecolor=color, zorder=2)
    ax.scatter(used, rows + offset, s=22, color=color, label=strategy, zorder=3)
ax.axvline(0.5, color="#555555", linewidth=1, linestyle=":")
ax.set_yticks(rows, [f"{name} ({y_train[name].sum()})" for name in order])
ax.set_xlim(-0.02, 1.02)
ax.set_xlabel("threshold (hollow: before shrinkage)")
ax.grid(axis="x", color="#DDDDDD")
ax.set_axisbelow(True)
ax.spines[["top", "right"]].set_visible(False)
figure.legend(loc="outside lower center", ncols=3, frameon=False, handletextpad=0.2)
plt.show()

# %%
# At least one label
# ------------------
#
# Every image of the set has a label, but some predictions are empty. If all images of your data
# have a label, use ``ensure_one_label``. An image without a predicted label then receives the label
# that is nearest to its threshold. The parameter acts in predicting, so it can be set in a fitted
# classifier.

comparison = {}
for strategy, model in tuned.items():
    without = model.predict(test)
    with_one = model.set_params(ensure_one_label=True).predict(test)
    model.set_params(ensure_one_label=False)
    comparison[strategy] = {
        "images without a label": (without.sum(axis=1) == 0).mean(),
        "exact match before": (without == y_test).all(axis=1).mean(),
        "exact match after": (with_one == y_test).all(axis=1).mean(),
    }
pd.DataFrame(comparison).T.round(3)

# %%
# Calibrated probabilities
# ------------------------
#
# Thresholds do not change the probabilities. A network trained for 40 epochs without early stopping
# is far too confident: fewer than nine in ten labels with a probability of 0.9 are right.
# :class:`~sklearn_hpa.MultiLabelCalibratedClassifier` corrects the probabilities of each label. It
# learns the correction from held-out probabilities.

from sklearn_hpa import MultiLabelCalibratedClassifier

calibrated = MultiLabelCalibratedClassifier(network, cv=3)
calibrated.fit(train, y_train, groups=groups_train)

proba = {
    "network": calibrated.estimator_.predict_proba(test),
    "calibrated": calibrated.predict_proba(test),
}
losses = {
    name: -SCORERS["neg_multilabel_log_loss"](model, test, y_test)
    for name, model in {
        "network": calibrated.estimator_,
        "calibrated": calibrated,
    }.items()
}
pd.Series(losses, name="log loss").round(3)

# %%
# The reliability curve combines all labels. It compares the predicted probability with the observed
# frequency. Each of the ten bins contains the same number of probabilities.

from sklearn.calibration import calibration_curve

truth = y_test.to_numpy().ravel()
figure, ax = plt.subplots(figsize=(4.6, 4.4), layout="constrained")
ax.plot([0, 1], [0, 1], color="#555555", linewidth=1, linestyle=":")
for (name, given), color, marker in zip(
    proba.items(), ["#D55E00", "#0072B2"], "os", strict=True
):
    observed, predicted = calibration_curve(
        truth, given.ravel(), n_bins=10, strategy="quantile"
    )
    ax.plot(predicted, observed, color=color, marker=marker, label=name)
ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
ax.set(xlabel="predicted probability", ylabel="observed frequency")
ax.set_aspect("equal")
ax.legend(frameon=False, loc="upper left")
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# The slope of each label shows the overconfidence of the network. A slope of 1 is correct. A slope
# of 0.25 means four times too confident. A label with fewer than ten positives keeps the
# probabilities of the network. So does a label whose held-out probabilities do not rise with the
# truth. A warning names these labels, and ``uncalibrated_labels_`` lists them.

slopes = {
    name: getattr(calibrator, "slope", np.nan)
    for name, calibrator in zip(
        calibrated.label_names_, calibrated.calibrators_, strict=True
    )
}
pd.Series(slopes, name="slope").round(2)

# %%
# Both methods can be combined.
# ``MultiLabelThresholdClassifier(MultiLabelCalibratedClassifier(network))`` sets thresholds on
# calibrated probabilities. This requires folds within folds.
