"""
Cross-validation and images that belong together
================================================

Cross-validation estimates the scores of a model on new images. The estimate is valid only if the
test images are as new to the model as later images will be. Crops of one field of view are not new:
they share their staining, their exposure and often their labels. A model trained on one of these
crops already knows part of the others.

This script cross-validates every score of the library twice. The first run shuffles the crops
freely. The second run keeps the crops of a field of view together. The difference between the two
runs shows the effect of the leak.
"""

# %%
# Fields of view cut into quadrants
# ---------------------------------
#
# The script generates sixty synthetic fields of view and cuts each into four crops. ``groups``
# contains the field of view of each crop.
#
# With the environment variable ``SKLEARN_HPA_IMAGES`` the same script reads a folder of real images
# instead. The folder contains the images, ``train.csv`` and, if some images belong together,
# ``groups.csv`` with the columns ``Id`` and ``Group``. The images are read once, at 64 × 64 pixels,
# because many fits follow.

import os
import warnings
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
# The figure shows the two largest groups:

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
# All scorers at once
# -------------------
#
# :func:`sklearn.model_selection.cross_validate` accepts :data:`~sklearn_hpa.metrics.SCORERS`
# directly. It computes 15 scores from one call of ``predict`` and one of ``predict_proba`` for each
# fold. The images are reduced to 8 × 8 pixels. At this size, the brightness of each stain is most
# of the remaining information.
#
# :class:`~sklearn.model_selection.KFold` ignores groups.
# :class:`~sklearn.model_selection.GroupKFold` keeps each group on one side. Both splitters shuffle.
# Five random seeds show the variation by chance.

from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GroupKFold, KFold, cross_validate

from sklearn_hpa import HPAPipeline, MultiLabelMLPClassifier
from sklearn_hpa.metrics import SCORERS

# The networks of this page are trained for a short time on purpose. A ``ConvergenceWarning``
# would say so after each fit.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

pipe = HPAPipeline(
    images=ImageFlattener(size=8),
    classifier=MultiLabelMLPClassifier(
        (128, 128), lr=0.003, max_epochs=25, early_stopping=False, random_state=0
    ),
)


def scores_of(estimator, splitter, groups=None):
    """Return the mean over the folds, with a row per seed and a column per score."""
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
# Every score needs a baseline. The baseline here is :class:`~sklearn.dummy.DummyClassifier`. It
# predicts each label's frequency in the training images.

from sklearn.base import clone
from sklearn.dummy import DummyClassifier

priors = clone(pipe).set_params(classifier=DummyClassifier(strategy="prior"))
baseline = scores_of(priors, GroupKFold, groups)

tables = {"KFold": shuffled, "GroupKFold": grouped, "priors": baseline}
pd.DataFrame(
    {
        name: scores.mean().map("{:.3f}".format) + scores.std().map(" ± {:.3f}".format)
        for name, scores in tables.items()
    }
)

# %%
# Higher is better for every score. Losses have the prefix ``neg_`` and a minus sign. The spread is
# the standard deviation over the five seeds. Flattened pixels are weak features. On the synthetic
# fields of view, the priors beat the network in label accuracy, log loss and Brier score.
#
# The figure shows the scores between 0 and 1, with a dot for each seed. Nearly all scores are
# higher for the shuffled crops. A test crop almost always has a sibling among the training crops,
# with the same brightness and the same labels. If most groups contain a single image, the leak is
# small.

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
    baseline[names].mean(),
    rows,
    s=180,
    marker="|",
    color="#555555",
    label="priors alone",
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
# The table shows the difference between the two runs, averaged over the seeds. It also shows the
# number of seeds for which the shuffled score is higher:

gap = shuffled - grouped
pd.DataFrame({"gap": gap.mean().round(3), "seeds ahead": (gap > 0).sum()})

# %%
# Groups in ``fit``
# -----------------
#
# Early stopping holds out some of the *training* images and monitors their loss. This split can
# leak in the same way. Training then stops by a loss that is too low. So the classifier's
# :meth:`~sklearn_hpa.MultiLabelMLPClassifier.fit` also accepts ``groups`` and keeps each group on
# one side.
#
# In a cross-validation, scikit-learn's metadata routing passes the groups to the classifier. The
# classifier requests them. ``params`` passes them to the splitter and to every ``fit``.

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
# In both rows the test folds are whole fields of view. If the validation split ignores the groups,
# the validation loss is well below the loss on new fields of view. With the groups, the two losses
# are closer.
#
# Two rules follow. Record for every image the properties that it shares with others: field of view,
# well, plate, cell line, antibody. Split by the coarsest property that will be new in later images.
