"""
Which patterns matter
=====================

:class:`~sklearn_hpa.PatternFeatures` measures some fifteen hundred things in nine families. Which of
them does a model lean on, which could it do without, and which single numbers give a label away?
Three questions, and three answers that need not agree.
"""

# %%
# Measures, once
# --------------
#
# Single cells with six labels are drawn. With the environment variable ``SKLEARN_HPA_IMAGES`` the
# same script takes a folder of real images instead: the images, ``train.csv`` and, where images
# belong together, ``groups.csv`` with the columns ``Id`` and ``Group``. A row of measures depends on
# its own image alone, so all images may be measured before any split.

import os
from pathlib import Path

import numpy as np
import pandas as pd

from sklearn_hpa import PatternFeatures
from sklearn_hpa.datasets import load_hpa, make_hpa_images

folder, size = os.environ.get("SKLEARN_HPA_IMAGES"), 256
if folder:
    images, y = load_hpa(folder, labels="present", return_X_y=True)
    images, y = images[:600], y[:600]
else:
    size = 64
    images, y = make_hpa_images(300, n_labels=6, n_cells=1, size=size, random_state=0)
groups = np.arange(len(y))
if folder and Path(folder, "groups.csv").exists():
    table = pd.read_csv(Path(folder, "groups.csv"), index_col="Id")
    groups = table["Group"][y.index].to_numpy()

patterns = PatternFeatures(size, n_jobs=2)
X = patterns.fit_transform(images)
columns = patterns.get_feature_names_out()
families = pd.Series(patterns.families_, name="columns").value_counts(sort=False)
families

# %%
# What the model leans on
# -----------------------
#
# Permutation importance: in images that the model has not seen, a measure is shuffled between the
# images, and the score drops by what the model had from it. One column at a time would say little
# here, since each has close relatives that carry the same news. So the columns of a family are
# shuffled together: every image gets the whole family of another. Five shuffles in each of three
# folds show how much is chance.

from sklearn_hpa import MultiLabelMLPClassifier
from sklearn_hpa.metrics import SCORERS
from sklearn_hpa.model_selection import MultiLabelStratifiedGroupKFold

score = SCORERS["average_precision_macro"]
classifier = MultiLabelMLPClassifier(random_state=0)
cv = MultiLabelStratifiedGroupKFold(3, shuffle=True, random_state=0)
folds = list(cv.split(X, y, groups))
rng = np.random.default_rng(0)

whole, drops = [], []
for train, test in folds:
    classifier.fit(X[train], y.iloc[train], groups=groups[train])
    whole.append(score(classifier, X[test], y.iloc[test]))
    for _ in range(5):
        drop = {}
        for family in families.index:
            member = patterns.families_ == family
            shuffled = X[test]
            shuffled[:, member] = rng.permutation(shuffled[:, member])
            drop[family] = whole[-1] - score(classifier, shuffled, y.iloc[test])
        drops.append(drop)
drops = pd.DataFrame(drops)
print(f"average precision (macro), nothing shuffled: {np.mean(whole):.3f}")

# %%
# A dot is one shuffle in one fold, the bar their mean.

import matplotlib.pyplot as plt

order = drops.mean().sort_values(ascending=False).index
figure, ax = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
for row, family in enumerate(order):
    nudge = np.linspace(-0.25, 0.25, len(drops))
    ax.scatter(drops[family], row + nudge, s=18, color="#0072B2", alpha=0.7)
    ax.plot([drops[family].mean()] * 2, [row - 0.36, row + 0.36], color="#333333")
ax.axvline(0, color="#555555", linewidth=1, linestyle=":")
ax.set_yticks(range(len(order)), [f"{each} ({families[each]})" for each in order])
ax.invert_yaxis()
ax.set_xlabel("drop of average precision (macro) when the family is shuffled")
ax.grid(axis="x", color="#DDDDDD")
ax.set_axisbelow(True)
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# The number in brackets is that of the family's columns; a large family may have more to lose than a
# small one. And what is shuffled no longer fits the rest: a cell with the texture of one image and
# the distances of another is none that exists. So this is what *this* model leans on, not what it
# takes to know the answer.

# %%
# What it takes
# -------------
#
# For that the model is trained anew, without a family and with this family alone. These are many fits,
# so one fold must do; differences of a hundredth are chance.

train, test = folds[0]


def held_out_score(member):
    """The score of a model of some of the columns."""
    some = X[:, member]
    classifier.fit(some[train], y.iloc[train], groups=groups[train])
    return score(classifier, some[test], y.iloc[test])


scores = pd.DataFrame(
    {
        "without it": [held_out_score(patterns.families_ != each) for each in order],
        "it alone": [held_out_score(patterns.families_ == each) for each in order],
    },
    index=order,
)
scores.round(3)

# %%
# Beside them, the model of all families on the same fold, and the floor, which is the share of images
# that have a label:

print(f"all: {whole[0]:.3f}, floor: {y.mean().mean():.3f}")

# %%
# Hardly a family is missed when it is gone, and nearly each can do most of the work alone. Both are
# the same fact: the families tell one story in different words. A protein in the nucleoli is a matter
# of intensity in the nucleus, of texture, of spots, of distance. A small drop therefore does not say
# that a family is useless, but that others know what it knows.

# %%
# Single numbers
# --------------
#
# Which single column orders the images best by a label? The area under the ROC curve is the share of
# pairs, one image with the label and one without, in which the one with it has the higher value; a
# share of 0 is as good as 1, read from the other end. The column is chosen on the training images of
# the fold and judged on its test images, for the best of fifteen hundred is always a lucky one too.

from scipy.stats import rankdata


def areas(values, truth):
    """Area under the ROC curve: a row for each label, a column for each measure."""
    ranks, n = rankdata(values, axis=0), truth.sum(axis=0)[:, None]
    return (truth.T @ ranks - n * (n + 1) / 2) / (n * (len(truth) - n))


chosen = np.abs(areas(X[train], y.to_numpy()[train]) - 0.5).argmax(axis=1)
held_out = areas(X[test], y.to_numpy()[test])[range(y.shape[1]), chosen]
pd.DataFrame(
    {
        "column": columns[chosen],
        "family": patterns.families_[chosen],
        "held-out area": held_out.round(2),
    },
    index=y.columns,
)

# %%
# A name can be read: channel, region, then the measure and its scale. For the drawn cells they say what
# a textbook would. A protein of the nucleoplasm fills the nucleus evenly, and one of the nucleoli makes
# a few bright spots in it; one of the plasma membrane lies along the rim of the cell; one of the cytosol
# is smooth where one of the mitochondria is grainy.

# %%
# What this does not say
# ----------------------
#
# Importance is a statement about a model and a set of images, not about cells. A measure may stand
# in for another that goes along with it. It may be a trace of the microscope, the antibody or the
# cell line, where these go along with a label. And what was found by looking at these images must be
# shown on others, before a family is left out for good: choosing families is tuning too.
#
# To leave one out, name the others: ``PatternFeatures(families=["intensity", "texture"])``.
