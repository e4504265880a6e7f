"""
Cross-validation, and images that belong together
=================================================

Cross-validation asks how a model does on images it has not seen. It is answered truly only where
the test images are as new to the model as those it will meet later. Crops of one field of view
never are: they share their staining, their exposure and often their labels. A model that has seen
one of them has half seen the others.

Here every score of the library is cross-validated twice: once with crops shuffled freely, once with
the crops of a field kept together. The gap between the two is what a leak is worth.
"""

# %%
# Fields cut into quadrants
# -------------------------
#
# Sixty fields of view are drawn, and each is cut into four. ``groups`` says which field a crop
# comes from.
#
# With the environment variable ``SKLEARN_HPA_IMAGES`` the same script takes a folder of real images
# instead: the images, ``train.csv`` and, where images belong together, ``groups.csv`` with the columns
# ``Id`` and ``Group``. They are read once, at 64 × 64 pixels, since many fits follow.

import os
from pathlib import Path

import numpy as np
import pandas as pd

from sklearn_hpa import ImageFlattener
from sklearn_hpa.datasets import load_hpa, make_hpa_images

folder = os.environ.get("SKLEARN_HPA_IMAGES")
if folder:
    paths, y = load_hpa(folder, labels="present", return_X_y=True)
    paths, y = paths[:400], y[:400]
    groups = np.arange(len(y))
    if Path(folder, "groups.csv").exists():
        table = pd.read_csv(Path(folder, "groups.csv"), index_col="Id")
        groups = table["Group"][y.index].to_numpy()
    reader = ImageFlattener(size=64)
    X = reader.inverse_transform(reader.fit_transform(paths))
else:
    fields, labels = make_hpa_images(
        60, n_labels=6, n_cells=(8, 12), size=256, random_state=0
    )
    corners = [(top, left) for top in (0, 128) for left in (0, 128)]
    X = np.concatenate(
        [fields[:, top : top + 128, left : left + 128] for top, left in corners]
    )
    y = pd.concat([labels] * 4, ignore_index=True)
    groups = np.tile(np.arange(60), 4)

print(f"{len(X)} images of {X.shape[1:]} in {len(np.unique(groups))} groups")

# %%
# The two largest groups:

import matplotlib.pyplot as plt

values, sizes = np.unique(groups, return_counts=True)
largest = values[np.argsort(-sizes, kind="stable")[:2]]
figure, axes = plt.subplots(2, 4, figsize=(7.2, 4), layout="constrained")
for row, group in zip(axes, largest, strict=True):
    for ax in row:
        ax.set_axis_off()
    for ax, image in zip(row, X[groups == group], strict=False):
        ax.imshow(image[..., :3])
    row[0].set_title(f"group {group}", loc="left")
plt.show()

# %%
# Every scorer at once
# --------------------
#
# :data:`~sklearn_hpa.metrics.SCORERS` goes to :func:`sklearn.model_selection.cross_validate` as it
# is: 15 scores, from one call of ``predict`` and one of ``predict_proba`` for each fold. The images
# are shrunk to 8 × 8 pixels, where the brightness of each stain is most of what is left.
#
# :class:`~sklearn.model_selection.KFold` knows nothing of groups,
# :class:`~sklearn.model_selection.GroupKFold` keeps each group on one side. Both shuffle; five
# seeds show how much of a difference is chance.

from sklearn.model_selection import GroupKFold, KFold, cross_validate

from sklearn_hpa import HPAPipeline, MultiLabelMLPClassifier
from sklearn_hpa.metrics import SCORERS

pipe = HPAPipeline(
    images=ImageFlattener(size=8),
    classifier=MultiLabelMLPClassifier(
        (128, 128), lr=0.003, max_epochs=25, early_stopping=False, random_state=0
    ),
)


def scores_of(estimator, splitter, groups=None):
    """The mean over the folds: a row for each seed, a column for each score."""
    rows = []
    for seed in range(5):
        cv = splitter(4, shuffle=True, random_state=seed)
        folds = cross_validate(
            estimator, X, y, groups=groups, cv=cv, scoring=SCORERS, n_jobs=2
        )
        rows.append({name: folds[f"test_{name}"].mean() for name in SCORERS})
    return pd.DataFrame(rows)


shuffled = scores_of(pipe, KFold)
grouped = scores_of(pipe, GroupKFold, groups)

# %%
# No score means much without its floor. Here that is
# :class:`~sklearn.dummy.DummyClassifier`, which gives each label its frequency in the training
# images.

from sklearn.base import clone
from sklearn.dummy import DummyClassifier

priors = clone(pipe).set_params(classifier=DummyClassifier(strategy="prior"))
floor = scores_of(priors, GroupKFold, groups)

tables = {"KFold": shuffled, "GroupKFold": grouped, "priors": floor}
pd.DataFrame(
    {
        name: scores.mean().map("{:.3f}".format) + scores.std().map(" ± {:.3f}".format)
        for name, scores in tables.items()
    }
)

# %%
# Higher is better throughout: what is better small has ``neg_`` before its name and a minus before
# its value. The spread is that of the five seeds. Flat pixels are a weak baseline, and the table
# says so: on the drawn fields, the priors beat the network in label accuracy, log loss and Brier
# score.
#
# The picture has the scores between 0 and 1, with a dot for each seed. The shuffled crops come out
# ahead nearly everywhere: a test crop almost always has a sibling among the training crops, of the
# same brightness and with the same labels. Where most groups hold a single image, there is little
# to leak.

names = [name for name in SCORERS if not name.startswith("neg_")]
rows = np.arange(len(names))

figure, ax = plt.subplots(figsize=(7.2, 4.8), layout="constrained")
for scores, color, label, offset in [
    (shuffled, "#E69F00", "KFold: groups ignored", -0.15),
    (grouped, "#0072B2", "GroupKFold: groups kept together", 0.15),
]:
    heights = np.tile(rows + offset, len(scores))
    ax.scatter(scores[names], heights, s=22, color=color, label=label)
ax.scatter(
    floor[names].mean(), rows, s=180, marker="|", color="#555555", label="priors alone"
)
ax.set_yticks(rows, names)
ax.invert_yaxis()
ax.set_xlim(-0.02, 1)
ax.grid(axis="x", color="#DDDDDD")
ax.set_axisbelow(True)
ax.spines[["top", "right"]].set_visible(False)
figure.legend(loc="outside lower center", ncols=3, frameon=False, handletextpad=0.2)
plt.show()

# %%
# The difference of the two, seed by seed, and how many of the five seeds have the shuffled score
# ahead:

gap = shuffled - grouped
pd.DataFrame({"gap": gap.mean().round(3), "seeds ahead": (gap > 0).sum()})

# %%
# Groups inside ``fit``
# ---------------------
#
# Early stopping sets some of the *training* images aside and watches their loss. That split can
# leak in the same way, and training then stops by a loss that is too good. So the classifier's
# :meth:`~sklearn_hpa.MultiLabelMLPClassifier.fit` takes ``groups`` too, and keeps each on one side.
#
# In a cross-validation, scikit-learn's metadata routing takes them there: the classifier requests
# them, and ``params`` hands them to the splitter and to every ``fit``.

from sklearn import config_context

stopped = clone(pipe).set_params(
    classifier__early_stopping=True,
    classifier__validation_fraction=0.25,
    classifier__max_epochs=100,
)
losses = {}
for name, routed in {"groups ignored": False, "groups routed": True}.items():
    with config_context(enable_metadata_routing=True):
        stopped.classifier.set_fit_request(groups=routed)
        folds = cross_validate(
            stopped,
            X,
            y,
            params={"groups": groups},
            cv=GroupKFold(10, shuffle=True, random_state=0),
            scoring=SCORERS["neg_multilabel_log_loss"],
            return_estimator=True,
            n_jobs=2,
        )
    histories = [fitted.classifier.history_ for fitted in folds["estimator"]]
    losses[name] = {
        "validation loss": np.mean(
            [history["valid_loss"].min() for history in histories]
        ),
        "held-out loss": -folds["test_score"].mean(),
    }
pd.DataFrame(losses).T.round(3)

# %%
# The test folds are whole fields in both rows. Where the validation split ignores the groups, the
# loss it stops by is well below the loss on fields that are new; with the groups it comes closer.
#
# Two habits follow. Write down, with every image, what it shares with others: field, well, plate,
# cell line, antibody. And split by the coarsest of these that the model will meet anew.
