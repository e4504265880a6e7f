"""
Your own callbacks and torch modules
====================================

`skorch <https://skorch.readthedocs.io>`__ trains :class:`~sklearn_hpa.MultiLabelMLPClassifier`. The
classifier exposes three parts of skorch: callbacks monitor and control the training, ``module``
replaces the network, and ``net_params`` sets the optimiser and the loss. This script first records
the training of the paper's dense network. It then replaces the network by a small convolutional
one, which recognises a pattern at any position.
"""

# %%
# The images
# ----------
#
# The synthetic cells have five labels. With the environment variable ``SKLEARN_HPA_IMAGES`` the
# same script reads a folder of real images instead. The folder contains the images, ``train.csv``
# and, if some images belong together, ``groups.csv`` with the columns ``Id`` and ``Group``. Several
# networks use the images, so they are converted once to rows of 64 × 64 × 3 pixels.

import os
import warnings
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
# A callback that records scores
# ------------------------------
#
# :class:`~sklearn_hpa.callbacks.EpochScores` records any metrics of the library after every epoch.
# It scores the training samples and the validation samples of early stopping.
# :class:`~sklearn_hpa.display.TrainingCurveDisplay` plots the scores next to the loss.

from sklearn.exceptions import ConvergenceWarning

from sklearn_hpa import MultiLabelMLPClassifier
from sklearn_hpa.callbacks import EpochScores
from sklearn_hpa.display import TrainingCurveDisplay

# The networks of this page are trained for a short time on purpose. A ``ConvergenceWarning``
# would say so after each fit.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

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
# The dense network memorises its training cells and learns little about others. The validation loss
# rises again after a few epochs. (A high ``n_iter_no_change`` lets the training continue here, so
# that the rise is visible. The classifier keeps the weights of the best epoch.)
#
# In a dense layer every pixel is a separate column. A pattern learned for a nucleus on the left
# does not apply to a nucleus on the right.

# %%
# A module of your own
# --------------------
#
# ``module`` is called with the number of features and the number of labels. It returns a torch
# module. The module receives rows of float32, with pixels divided by 255. It returns logits,
# without a final sigmoid. :class:`~sklearn_hpa.ImageFlattener` orders each row by height, width and
# channel. So two calls restore the images from the rows.

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
# A learning rate schedule
# ------------------------
#
# Any callback of skorch can be added to the same list. The ``LRScheduler`` of skorch takes a
# scheduler of torch. Here the learning rate falls from 0.01 to 0 along a cosine. The first epochs
# make large steps and the last epochs make small steps.

from skorch.callbacks import LRScheduler

cosine = LRScheduler("CosineAnnealingLR", T_max=30)
convolutional = MultiLabelMLPClassifier(
    module=SmallConvNet, lr=0.01, callbacks=[scores, cosine], **settings
)
convolutional.fit(X_train, y_train, groups=groups.iloc[train])
_ = TrainingCurveDisplay.from_estimator(convolutional)

# %%
# The values that callbacks record become columns of ``history_``. The learning rate of the
# scheduler is one of them.

columns = ["epoch", "train_loss", "valid_loss", "valid_f1_micro", "event_lr"]
convolutional.history_[columns].iloc[::6].round(4)

# %%
# The table compares both networks with the baseline of the class priors, on the same test images:

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
# The convolutional network is also much smaller, because it uses one set of weights at all
# positions. :class:`~sklearn_hpa.display.NetworkDisplay` lists the layers of any module.

from sklearn_hpa.display import NetworkDisplay

_ = NetworkDisplay.from_estimator(convolutional)

# %%
n_weights = sum(weight.numel() for weight in dense.net_.module_.parameters())
print(f"the dense network: {n_weights:,} parameters")

# %%
# An optimiser and a loss of your own
# -----------------------------------
#
# ``net_params`` is passed unchanged to :class:`skorch.NeuralNet`, with the double underscores of
# skorch. Here the optimiser is NAdam of torch. In the loss, a positive label has three times the
# weight of a negative label.

import torch

weighted = MultiLabelMLPClassifier(
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
weighted.fit(X_train, y_train, groups=groups.iloc[train])
table["weighted"] = report(weighted)["model"]
table.loc[["precision_micro", "recall_micro", "f1_micro"]].round(3)

# %%
# The model finds more labels, but more of its predictions are wrong. So recall rises and precision
# falls. Weighted models are not calibrated: the output of ``predict_proba`` is no longer the
# frequency of a label. The next output compares the mean probabilities with the fraction of
# positive labels:

pd.Series(
    {
        "fraction of positive labels": y_test.to_numpy().mean(),
        "mean probability, convolutional": convolutional.predict_proba(X_test).mean(),
        "mean probability, weighted": weighted.predict_proba(X_test).mean(),
    }
).round(3)

# %%
# Training part of the network
# ----------------------------
#
# A trained network can continue with images of another batch. ``warm_start`` starts from its
# weights. The ``Freezer`` of skorch keeps some of these weights fixed, here in all layers but the
# last. The parameter names are the names in the module, with the prefix ``body.``.

from skorch.callbacks import Freezer

first = [*convolutional.net_.module_.body.parameters()][0].detach().clone()
last = convolutional.net_.module_.body.output.weight.detach().clone()
convolutional.set_params(
    warm_start=True, lr=0.001, max_epochs=5, callbacks=[Freezer("body.convolutions.*")]
)
convolutional.fit(X_train, y_train, groups=groups.iloc[train])

module = convolutional.net_.module_.body
print("first layer unchanged:", torch.equal(first, [*module.parameters()][0]))
print("last layer unchanged: ", torch.equal(last, module.output.weight))

# %%
# A class defined in a notebook or a script exists only there. A parallel search needs the module in
# a file that can be imported. Loading the classifier in another script needs this, too. Name the
# module when saving: ``save(classifier, "model.skops", trusted=[SmallConvNet])``. See
# :doc:`08_saving_and_command_line` for more.
