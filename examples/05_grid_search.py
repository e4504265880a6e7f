"""
Grid search over images, layers and learning rate
=================================================

:class:`~sklearn_hpa.HPAPipeline` is a scikit-learn pipeline, so
:class:`~sklearn.model_selection.GridSearchCV` reaches into both of its steps: how large the images
are, how many layers the network has, how fast it learns. Here 18 combinations are compared by four
scores at once, and the winner is then scored on images that no part of the search has seen.
"""

# %%
# The images, in two parts
# ------------------------
#
# Cells with four labels are drawn. With the environment variable ``SKLEARN_HPA_IMAGES`` the same
# script takes a folder of real images instead: the images, ``train.csv`` and, where images belong
# together, ``groups.csv`` with the columns ``Id`` and ``Group``. They are read once, at 64 × 64
# pixels, since every combination reads them again.

import os
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
# A quarter of the images is put away before anything is compared. What a search chooses, it chooses
# because it did well on the images of the search: their score is no longer that of unseen images.

from sklearn.model_selection import GroupShuffleSplit

search_rows, held_out_rows = next(
    GroupShuffleSplit(1, test_size=0.25, random_state=0).split(X, groups=groups)
)
len(search_rows), len(held_out_rows)

# %%
# The search
# ----------
#
# A parameter's name is the step, two underscores and the parameter. Several scorers run at once;
# ``refit`` names the one that decides.

from sklearn.model_selection import GridSearchCV, GroupKFold

from sklearn_hpa import HPAPipeline, MultiLabelMLPClassifier
from sklearn_hpa.metrics import SCORERS

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
# ``cv_results_`` has everything, in long names. Shortened, and best first:

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
# And as a picture
# ----------------
#
# A column for each image size, a line for each network, the learning rate from left to right. A dot
# is the mean over three folds, a bar one standard deviation of them.

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
# On the drawn cells the two rows tell opposite stories. The upper one counts labels right and
# wrong, and likes the networks that learn fastest. The lower one also asks whether the
# probabilities can be believed: the same networks, trained for 20 epochs without early stopping,
# become sure of what they get wrong. So the score that decides should be the one that the
# predictions are used by. What each of the four would have chosen, of equals the first:

pd.DataFrame({name: table.loc[table[name].idxmax()] for name in scores}).T[
    ["size", "layers", "lr"]
]

# %%
# The honest score
# ----------------
#
# :func:`~sklearn_hpa.metrics.multilabel_report` scores the refitted winner on the images put away
# at the start, beside three predictions that need no image. The floors are estimated from the
# images of the search, as the model is.

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
# The two numbers differ for several reasons. The search's is the best of 18, and the best of many
# is partly luck. The refitted winner has seen half as many images again as the networks of the
# folds had. And a hundred images are few. The first number is for choosing, the second for
# reporting, and only as long as nothing is chosen by it.

held_out = report.loc["proportional_accuracy", "model"]
print(f"proportional accuracy in the search: {search.best_score_:.3f}")
print(f"on the held-out images:              {held_out:.3f}")

# %%
# Where there are too few images to put any away, the whole search can be cross-validated instead:
# ``cross_validate(search, X, y)`` runs it once within each fold.
# :doc:`06_cross_validation` goes on from there.
