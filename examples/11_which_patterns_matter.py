"""
Which patterns matter
=====================

:class:`~sklearn_hpa.PatternFeatures` computes about fifteen hundred measures in nine families. This
script answers three questions. Which families does the model use? Which families can it do without?
Which single measures identify a label? The three answers can differ.
"""

# %%
# The measures
# ------------
#
# The synthetic single cells have six labels. With the environment variable ``SKLEARN_HPA_IMAGES``
# the same script reads a folder of real images instead. The folder contains the images,
# ``train.csv`` and, if some images belong together, ``groups.csv`` with the columns ``Id`` and
# ``Group``. A row of measures depends only on its own image. So all images may be measured before
# any split.

import os
import warnings
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
# The families that the model uses
# --------------------------------
#
# Permutation importance shuffles a measure between held-out images. The drop of the score shows how
# much the model used the measure. Shuffling one column at a time shows little here, because other
# columns contain nearly the same information. So all columns of a family are shuffled together:
# every image receives the whole family of another image. Five shuffles in each of three folds show
# the variation by chance.

from sklearn.exceptions import ConvergenceWarning

from sklearn_hpa import MultiLabelMLPClassifier
from sklearn_hpa.metrics import SCORERS
from sklearn_hpa.model_selection import MultiLabelStratifiedGroupKFold

# Few images make few training steps in each epoch, so training does not converge. A
# ``ConvergenceWarning`` would say so after each fit.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

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
# A dot is one shuffle in one fold, and the bar is the mean.

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
# The number in brackets is the number of columns in the family. A large family may have a larger
# drop than a small one. The shuffled columns do not match the other columns: no real cell has the
# texture of one image and the distances of another. So the figure shows the families that *this*
# model uses. It does not show the families that are necessary.

# %%
# The families that are necessary
# -------------------------------
#
# The model is trained again without each family and with each family alone. This needs many fits,
# so only one fold is used. Differences of 0.01 are due to chance.

train, test = folds[0]


def held_out_score(member):
    """Return the held-out score of a model trained on some of the columns."""
    some = X[:, member]
    classifier.fit(some[train], y.iloc[train], groups=groups[train])
    return score(classifier, some[test], y.iloc[test])


scores = pd.DataFrame(
    {
        "without the family": [
            held_out_score(patterns.families_ != each) for each in order
        ],
        "family alone": [held_out_score(patterns.families_ == each) for each in order],
    },
    index=order,
)
scores.round(3)

# %%
# The next line shows the score with all families on the same fold. It also shows the baseline,
# which is the fraction of images with a label, averaged over the labels:

print(f"all families: {whole[0]:.3f}, baseline: {y.mean().mean():.3f}")

# %%
# Removing one family hardly changes the score. Nearly every family alone reaches most of the score.
# Both results have the same cause: the families contain similar information. For example, a protein
# in the nucleoli changes the intensity in the nucleus, the texture, the spots and the distances. A
# small drop therefore does not mean that a family is useless. It means that other families contain
# the same information.

# %%
# Single measures
# ---------------
#
# This section selects the single column that ranks the images best for each label. Take all pairs
# of one image with the label and one image without it. The area under the ROC curve is the fraction
# of pairs in which the image with the label has the higher value. A fraction of 0 is as good as 1,
# because the ranking can be reversed. The column is selected on the training images of the fold and
# scored on its test images, because the best of fifteen hundred columns is always partly lucky.

from scipy.stats import rankdata


def areas(values, truth):
    """Return the area under the ROC curve, with a row per label and a column per measure."""
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
# A column name contains the channel, the region, the measure and its scale. For the synthetic
# cells, the selected measures agree with the textbook. A protein of the nucleoplasm fills the
# nucleus evenly. A protein of the nucleoli makes a few bright spots in the nucleus. A protein of
# the plasma membrane lies along the edge of the cell. A protein of the cytosol looks smooth, and a
# protein of the mitochondria looks grainy.

# %%
# The limits of these results
# ---------------------------
#
# Importance describes a model and a set of images. It does not describe cells. A measure may be
# important only because it is correlated with another measure. It may reflect the microscope, the
# antibody or the cell line if these are correlated with a label. Confirm a result on other images
# before you remove a family permanently. The choice of families is also tuning.
#
# To remove a family, name the other families: ``PatternFeatures(families=["intensity",
# "texture"])``.
