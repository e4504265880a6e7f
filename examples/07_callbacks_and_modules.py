"""
Your own callbacks and torch modules
====================================

:class:`~sklearn_hpa.MultiLabelMLPClassifier` is trained by `skorch
<https://skorch.readthedocs.io>`__, and lets you through to it: callbacks watch and steer the
training, ``module`` replaces the network, ``net_params`` the optimiser and the loss. Here the dense
network of the paper is followed while it learns, and then replaced by a small convolutional one,
which sees what the dense one cannot.
"""

# %%
# The images
# ----------
#
# Cells with five labels, or with the environment variable ``SKLEARN_HPA_IMAGES`` a folder of yours:
# images, ``train.csv`` and, where images belong together, ``groups.csv`` with the columns ``Id``
# and ``Group``. Several networks follow, so the images become rows of 64 × 64 × 3 pixels once.

import os
from pathlib import Path

import pandas as pd
from sklearn.model_selection import GroupShuffleSplit

from sklearn_hpa import ImageFlattener
from sklearn_hpa.datasets import load_hpa, make_hpa_images

folder = os.environ.get("SKLEARN_HPA_IMAGES")
if folder:
    X, y = load_hpa(folder, labels="present", return_X_y=True)
    X, y = X[:600], y[:600]
else:
    X, y = make_hpa_images(600, n_labels=5, n_cells=1, size=64, random_state=0)

groups = pd.Series(range(len(y)), index=y.index)
if folder and Path(folder, "groups.csv").exists():
    groups = pd.read_csv(Path(folder, "groups.csv"), index_col="Id")["Group"][y.index]

pixels = ImageFlattener(size=64).fit_transform(X)
split = GroupShuffleSplit(1, test_size=0.25, random_state=0)
train, test = next(split.split(pixels, groups=groups))
X_train, y_train = pixels[train], y.iloc[train]
X_test, y_test = pixels[test], y.iloc[test]
X_train.shape, X_train.dtype

# %%
# A callback that keeps scores
# ----------------------------
#
# :class:`~sklearn_hpa.callbacks.EpochScores` records any measures of the library after every epoch,
# of the training samples and of those that early stopping sets aside.
# :class:`~sklearn_hpa.display.TrainingCurveDisplay` draws them beside the loss.

from sklearn_hpa import MultiLabelMLPClassifier
from sklearn_hpa.callbacks import EpochScores
from sklearn_hpa.display import TrainingCurveDisplay

scores = EpochScores(["f1_micro", "average_precision_macro"])
settings = {
    "max_epochs": 30,
    "early_stopping": True,
    "n_iter_no_change": 30,
    "validation_fraction": 0.2,
    "random_state": 0,
}
dense = MultiLabelMLPClassifier(callbacks=[scores], **settings)
dense.fit(X_train, y_train, groups=groups.iloc[train])
_ = TrainingCurveDisplay.from_estimator(dense)

# %%
# The dense network learns its training cells by heart, and little about others: the loss of the
# validation samples turns round after a few epochs. (``n_iter_no_change`` lets it go on here,
# so that this can be seen; the weights that are kept are those of the best epoch.)
#
# To a dense layer every pixel is a column of its own. What it learned about a nucleus at the left
# says nothing about one at the right.

# %%
# A module of your own
# --------------------
#
# ``module`` is called with the number of features and of labels, and returns a torch module. The
# module gets rows of float32, pixels divided by 255, and gives back logits: no sigmoid at the end.
# :class:`~sklearn_hpa.ImageFlattener` lays out height, width and channels in that order, so two
# calls make images of the rows again.

from torch import nn


class SmallConvNet(nn.Module):
    def __init__(self, n_features, n_outputs):
        super().__init__()
        side = round((n_features / 3) ** 0.5)
        self.to_images = nn.Unflatten(1, (side, side, 3))
        self.convolutions = nn.Sequential(
            *self.block(3, 16), *self.block(16, 32), *self.block(32, 64)
        )
        self.output = nn.Linear(64, n_outputs)

    def block(self, n_in, n_out):
        yield nn.Conv2d(n_in, n_out, kernel_size=3, stride=2, padding=1)
        yield nn.BatchNorm2d(n_out)
        yield nn.ReLU()

    def forward(self, rows):
        images = self.to_images(rows).permute(0, 3, 1, 2)
        maps = self.convolutions(images)
        return self.output(maps.mean(dim=(2, 3)))


# %%
# A learning rate that changes
# ----------------------------
#
# Any callback of skorch goes into the same list. Its ``LRScheduler`` takes a scheduler of torch:
# here the learning rate falls from 0.01 to 0 along a cosine, so that the first epochs move fast and
# the last ones settle.

from skorch.callbacks import LRScheduler

cosine = LRScheduler("CosineAnnealingLR", T_max=30)
convolutional = MultiLabelMLPClassifier(
    module=SmallConvNet, lr=0.01, callbacks=[scores, cosine], **settings
)
convolutional.fit(X_train, y_train, groups=groups.iloc[train])
_ = TrainingCurveDisplay.from_estimator(convolutional)

# %%
# What callbacks record becomes a column of ``history_``, the scheduler's learning rate too.

columns = ["epoch", "train_loss", "valid_loss", "valid_f1_micro", "event_lr"]
convolutional.history_[columns].iloc[::6].round(4)

# %%
# On the same test images, beside the floor of the class priors:

from sklearn_hpa.metrics import multilabel_report


def report(classifier):
    labels, proba = classifier.predict(X_test), classifier.predict_proba(X_test)
    return multilabel_report(y_test, labels, proba, y_train=y_train)


columns = {
    "dense": report(dense)["model"],
    "convolutional": report(convolutional)["model"],
}
table = pd.DataFrame({"priors": report(dense)["priors"], **columns})
table.round(3)

# %%
# And it is the smaller network by far: one set of weights looks everywhere.
# :class:`~sklearn_hpa.display.NetworkDisplay` lists the layers of any module.

from sklearn_hpa.display import NetworkDisplay

_ = NetworkDisplay.from_estimator(convolutional)

# %%
n_weights = sum(weight.numel() for weight in dense.net_.module_.parameters())
print(f"the dense network: {n_weights:,} parameters")

# %%
# An optimiser and a loss of your own
# -----------------------------------
#
# ``net_params`` goes to :class:`skorch.NeuralNet` as it is, with skorch's double underscores. Here
# the optimiser is torch's NAdam, and in the loss a label that is there weighs three times as much as
# one that is not.

import torch

generous = MultiLabelMLPClassifier(
    module=SmallConvNet,
    callbacks=[cosine],
    lr=0.01,
    net_params={
        "optimizer": torch.optim.NAdam,
        "criterion": nn.BCEWithLogitsLoss,
        "criterion__pos_weight": torch.tensor(3.0),
    },
    **settings,
)
generous.fit(X_train, y_train, groups=groups.iloc[train])
table["three times"] = report(generous)["model"]
table.loc[["precision_micro", "recall_micro", "f1_micro"]].round(3)

# %%
# More labels are found, and more of those found are wrong: recall is bought with precision. What
# ``predict_proba`` gives is then no longer how often a label is there:

pd.Series(
    {
        "share of labels that are there": y_test.to_numpy().mean(),
        "mean probability, convolutional": convolutional.predict_proba(X_test).mean(),
        "mean probability, three times": generous.predict_proba(X_test).mean(),
    }
).round(3)

# %%
# Training a part of the network
# ------------------------------
#
# A network that has learned what cells look like can go on with images of another batch.
# ``warm_start`` begins with its weights, and skorch's ``Freezer`` keeps some of them where they
# are: here all but the last layer. The names are those of the module's parameters, behind
# ``body.``.

from skorch.callbacks import Freezer

first = [*convolutional.net_.module_.body.parameters()][0].detach().clone()
last = convolutional.net_.module_.body.output.weight.detach().clone()
convolutional.set_params(
    warm_start=True, lr=0.001, max_epochs=5, callbacks=[Freezer("body.convolutions.*")]
)
convolutional.fit(X_train, y_train, groups=groups.iloc[train])

module = convolutional.net_.module_.body
print("first layer as it was:", torch.equal(first, [*module.parameters()][0]))
print("last layer as it was: ", torch.equal(last, module.output.weight))

# %%
# A class in a notebook or a script lives only there. To search over such a classifier in parallel,
# or to load it elsewhere, put the module into a file that can be imported, and name it when saving:
# ``save(classifier, "model.skops", trusted=[SmallConvNet])``. More in
# :doc:`08_saving_and_command_line`.
