"""
Thresholds and calibration
==========================

A classifier gives probabilities; what is reported are labels. Between the two stands a threshold,
and 0.5 is rarely the best one where most labels are rare. Here the thresholds of each label are
moved, the network stays the same, and three measures show what that buys and what it costs. Then
the probabilities themselves are put right.
"""

# %%
# Images with a long tail
# -----------------------
#
# Cells with eight labels are drawn, as often as they occur in the real set. With the environment
# variable ``SKLEARN_HPA_IMAGES`` the same script takes a folder of real images instead: the images,
# ``train.csv`` and, where images belong together, ``groups.csv`` with the columns ``Id`` and
# ``Group``. A third of the images, in whole groups, is kept for the end.

import os
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
# :class:`~sklearn_hpa.MultiLabelThresholdClassifier` splits the training images into folds,
# predicts each fold by a network trained on the others, and looks for thresholds on these
# probabilities: nobody is graded on what was learned by heart. Then it trains the network once
# more, on all training images. ``strategy`` says what the thresholds are for.
#
# The seed is the same throughout, so the four final networks are the same network and give the
# same probabilities. Only the thresholds differ.

from sklearn_hpa import MultiLabelMLPClassifier, MultiLabelThresholdClassifier

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
# What they score on the images kept for the end:

from sklearn_hpa.metrics import SCORERS

measures = ["f1_macro", "f1_micro", "exact_match_accuracy", "proportional_accuracy"]
scores = pd.DataFrame(
    {
        strategy: {name: SCORERS[name](model, test, y_test) for name in measures}
        for strategy, model in tuned.items()
    }
).T
scores.round(3)

# %%
# No row wins throughout, and that is the point: the strategy is a choice of what matters.
#
# - ``"prevalence"`` predicts each label about as often as it occurs. Rare labels come to be
#   predicted at all, and nothing is overdone.
# - ``"f1"`` goes as far as macro F1 rewards. For a label that the network cannot see, the best F1
#   is had by predicting it nearly everywhere, and hardly a label set is right any more.
# - ``"exact_match_accuracy"`` does the reverse: it gives the frequent labels freely, and others only
#   where the network is nearly certain.
#
# A scorer of :data:`~sklearn_hpa.metrics.SCORERS` sets the thresholds of all labels together. The
# floors of these measures are in :func:`~sklearn_hpa.metrics.multilabel_report`.

# %%
# The thresholds, label by label
# ------------------------------
#
# The fewer positives a label has, the more its threshold is pulled towards the one found for all
# labels at once: eleven positives say little about where to cut. ``own_thresholds_`` are those
# before that, ``thresholds_`` those after.

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
# Every image of the set has a label, but not every prediction. Where that is known of the data,
# ``ensure_one_label`` gives an image without a label the one that comes nearest to its threshold.
# It acts when predicting, so it can be switched on in a fitted classifier.

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
# Can the probabilities be believed?
# ----------------------------------
#
# Thresholds decide; they do not repair. A network trained for 40 epochs without early stopping is
# far too sure of itself: of the labels that it gives 0.9, fewer than nine in ten are right.
# :class:`~sklearn_hpa.MultiLabelCalibratedClassifier` learns from held-out probabilities, label by
# label, what they stand for.

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
# The reliability curve puts all labels together: what was said, and how often it came true. Ten
# bins hold equally many probabilities each.

from sklearn.calibration import calibration_curve

truth = y_test.to_numpy().ravel()
figure, ax = plt.subplots(figsize=(4.6, 4.4), layout="constrained")
ax.plot([0, 1], [0, 1], color="#555555", linewidth=1, linestyle=":")
for (name, given), color, marker in zip(
    proba.items(), ["#D55E00", "#0072B2"], "os", strict=True
):
    happened, said = calibration_curve(
        truth, given.ravel(), n_bins=10, strategy="quantile"
    )
    ax.plot(said, happened, color=color, marker=marker, label=name)
ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
ax.set(xlabel="probability", ylabel="how often it came true")
ax.set_aspect("equal")
ax.legend(frameon=False, loc="upper left")
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# The slope of each label says how much too sure the network was: 1 is right, 0.25 is four times
# too sure. Labels with fewer than ten positives, and those whose held-out probabilities do not rise
# with the truth, keep the network's own; a warning names them, and so does
# ``uncalibrated_labels_``.

slopes = {
    name: getattr(calibrator, "slope", np.nan)
    for name, calibrator in zip(
        calibrated.label_names_, calibrated.calibrators_, strict=True
    )
}
pd.Series(slopes, name="slope").round(2)

# %%
# The two combine: ``MultiLabelThresholdClassifier(MultiLabelCalibratedClassifier(network))`` sets
# thresholds on calibrated probabilities, at the price of folds within folds.
