"""
Grid search over images, layers and learning rate
=================================================

:class:`~sklearn_hpa.HPAPipeline` is a scikit-learn pipeline. So
:class:`~sklearn.model_selection.GridSearchCV` can search the parameters of both steps: the image
size, the hidden layers of the network, and the learning rate. This script compares 18 combinations
by four scores. It then scores the winner on held-out images, which no part of the search has used.
"""

# %%
# The images
# ----------
#
# The synthetic cells have four labels. With the environment variable ``SKLEARN_HPA_IMAGES`` the
# same script reads a folder of real images instead. The folder contains the images, ``train.csv``
# and, if some images belong together, ``groups.csv`` with the columns ``Id`` and ``Group``. The
# images are read once, at 64 × 64 pixels, because every combination uses them again.

import os
import warnings
from pathlib import Path

import pandas as pd

from sklearn_hpa import ImageFlattener
from sklearn_hpa.datasets import load_hpa, make_hpa_images

folder = os.environ.get("SKLEARN_HPA_IMAGES")
if folder:
    paths, y = load_hpa(folder, labels="present", return_X_y=True)
    paths, y = paths[:400], y[:400]
    reader = ImageFlattener(size=64)
    X = reader.inverse_transform(reader.fit_transform(paths))
else:
    X, y = make_hpa_images(400, n_labels=4, n_cells=1, size=64, random_state=0)

groups = pd.Series(range(len(y)), index=y.index)
if folder and Path(folder, "groups.csv").exists():
    groups = pd.read_csv(Path(folder, "groups.csv"), index_col="Id")["Group"][y.index]

# %%
# A quarter of the images is held out before any comparison. The search selects the combination with
# the best score on its own images. So this score is too optimistic for new images.

from sklearn.model_selection import GroupShuffleSplit

search_rows, held_out_rows = next(
    GroupShuffleSplit(1, test_size=0.25, random_state=0).split(X, groups=groups)
)
len(search_rows), len(held_out_rows)

# %%
# The search
# ----------
#
# A parameter's name is the step, two underscores and the parameter. Several scorers run at once.
# ``refit`` names the scorer that selects the winner.

from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, GroupKFold

from sklearn_hpa import HPAPipeline, MultiLabelMLPClassifier
from sklearn_hpa.metrics import SCORERS

# The networks of this page are trained for a short time on purpose. A ``ConvergenceWarning``
# would say so after each fit.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

scores = [
    "proportional_accuracy",
    "exact_match_accuracy",
    "f1_micro",
    "neg_multilabel_log_loss",
]
search = GridSearchCV(
    HPAPipeline(
        classifier=MultiLabelMLPClassifier(
            max_epochs=20, early_stopping=False, random_state=0
        )
    ),
    {
        "images__size": [8, 16, 32],
        "classifier__hidden_layer_sizes": [(64,), (32, 64, 128, 256)],
        "classifier__lr": [3e-4, 1e-3, 3e-3],
    },
    scoring={name: SCORERS[name] for name in scores},
    refit="proportional_accuracy",
    cv=GroupKFold(3, shuffle=True, random_state=0),
    n_jobs=2,
)
search.fit(X[search_rows], y.iloc[search_rows], groups=groups.iloc[search_rows])
pd.Series(search.best_params_)

# %%
# The results as a table
# ----------------------
#
# ``cv_results_`` contains all results under long names. The table uses short names and shows the
# best combination first:

results = pd.DataFrame(search.cv_results_)
table = pd.DataFrame(
    {
        "size": results["param_images__size"],
        "layers": results["param_classifier__hidden_layer_sizes"].astype(str),
        "lr": results["param_classifier__lr"],
        **{name: results[f"mean_test_{name}"] for name in scores},
    }
)
table.sort_values("proportional_accuracy", ascending=False).round(
    dict.fromkeys(scores, 3)
)

# %%
# The results as a figure
# -----------------------
#
# Each column is an image size, and each line is a network. The learning rate increases from left to
# right. A dot is the mean over three folds. A bar is one standard deviation over the folds.

import matplotlib.pyplot as plt

figure, axes = plt.subplots(
    2, 3, figsize=(8, 5.4), sharex=True, sharey="row", layout="constrained"
)
for row, name in zip(
    axes, ["proportional_accuracy", "neg_multilabel_log_loss"], strict=True
):
    for ax, size in zip(row, [8, 16, 32], strict=True):
        styles = zip(
            ["(64,)", "(32, 64, 128, 256)"], ["#0072B2", "#E69F00"], "os", strict=True
        )
        for layers, color, marker in styles:
            chosen = results[(table["size"] == size) & (table["layers"] == layers)]
            ax.errorbar(
                chosen["param_classifier__lr"].astype(float),
                chosen[f"mean_test_{name}"],
                yerr=chosen[f"std_test_{name}"],
                color=color,
                marker=marker,
                capsize=3,
                label=layers,
            )
        ax.set_xscale("log")
        ax.set_xticks([3e-4, 1e-3, 3e-3], ["0.0003", "0.001", "0.003"])
        ax.minorticks_off()
        ax.grid(axis="y", color="#DDDDDD")
        ax.spines[["top", "right"]].set_visible(False)
    row[0].set_ylabel(name)
for ax, size in zip(axes[0], [8, 16, 32], strict=True):
    ax.set_title(f"{size} × {size} pixels")
axes[1, 1].set_xlabel("learning rate")
handles, names = axes[0, 0].get_legend_handles_labels()
figure.legend(
    handles, names, title="hidden layers", loc="outside lower center", ncols=2
)
plt.show()

# %%
# On the synthetic cells the two rows disagree. The upper row counts correct and wrong labels. It
# favours the networks that learn fastest. The lower row also depends on the reliability of the
# probabilities. The same networks, trained for 20 epochs without early stopping, become too
# confident in their errors. So select the winner by the score that fits the use of the predictions.
# The table shows the best combination of each of the four scores. If several are equal, it shows
# the first:

pd.DataFrame({name: table.loc[table[name].idxmax()] for name in scores}).T[
    ["size", "layers", "lr"]
]

# %%
# The score on held-out images
# ----------------------------
#
# :func:`~sklearn_hpa.metrics.multilabel_report` scores the refitted winner on the held-out images.
# The report also contains three baselines that need no image. The baselines are estimated from the
# images of the search. The model is trained on the same images.

from sklearn_hpa.metrics import multilabel_report

X_new, y_new = X[held_out_rows], y.iloc[held_out_rows]
report = multilabel_report(
    y_new,
    search.predict(X_new),
    search.predict_proba(X_new),
    y_train=y.iloc[search_rows],
)
report.round(3)

# %%
# The search score and the held-out score differ for several reasons. The search score is the best
# of 18, so chance contributes to it. The refitted winner was trained on 1.5 times as many images as
# the networks of the folds. One hundred test images are a small set. Use the search score to choose
# a model and report the held-out score. The held-out score is valid only if no choice depends on
# it.

held_out = report.loc["proportional_accuracy", "model"]
print(f"proportional accuracy in the search: {search.best_score_:.3f}")
print(f"on the held-out images:              {held_out:.3f}")

# %%
# If there are too few images to hold some out, cross-validate the whole search instead.
# ``cross_validate(search, X, y)`` runs the search once within each fold. :doc:`06_cross_validation`
# continues with this topic.
