"""
The data: Figures 1 to 3
========================

This script reproduces the first three figures of the paper. They show how often the 28 labels
occur, which labels occur together, and example images.

Set ``SKLEARN_HPA_IMAGES`` to a folder of images with a ``train.csv`` to use your own images.
Figures 1 and 2 need only labels. Set ``SKLEARN_HPA_LABELS`` to a csv file of labels. With the
labels of the 31,072 images of the 2018 set, these two figures are the figures of the paper.
"""

# %%
# Without a folder, labels and images are synthetic. ``frequencies="hpa"`` gives the labels the
# frequencies of the 2018 set. This distribution has a long tail: 12,885 images of Nucleoplasm, 11
# of Rods & rings.

import os
from pathlib import Path

from sklearn_hpa.datasets import load_hpa, make_hpa_images, read_labels

folder = os.environ.get("SKLEARN_HPA_IMAGES")
if folder:
    X, y_images = load_hpa(folder, return_X_y=True)
else:
    X, y_images = make_hpa_images(28, size=256, random_state=1)

if csv := os.environ.get("SKLEARN_HPA_LABELS"):
    y = read_labels(csv)
elif folder:
    y = read_labels(Path(folder, "train.csv"))
else:
    _, y = make_hpa_images(3000, size=32, n_cells=1, frequencies="hpa", random_state=0)
y.shape

# %%
# Figure 1: which labels occur together
# -------------------------------------
#
# The correlation of two labels is positive if they occur together more often than by chance. It is
# negative if they occur together less often than by chance. In the 2018 set two pairs have a high
# correlation: Endosomes with Lysosomes (0.79), and Mitotic spindle with Cytokinetic bridge (0.22).
# The labels of a synthetic image are combined at random, so the map is nearly white: the colours
# cover all possible correlations, from -1 to 1. ``vmax=0.1`` would show the small correlation that
# comes from the number of labels. Most images have one or two labels, so a frequent label makes
# other labels less likely. A label without images is left blank.

from sklearn_hpa.display import LabelCorrelationDisplay

LabelCorrelationDisplay.from_labels(y)

# %%
# Figure 2: how often each label occurs
# -------------------------------------
#
# Most labels are rare. A model that predicts no label is right for most labels. So an accuracy
# counted label by label is not informative: see :doc:`04_what_table_1_measures`.

from sklearn_hpa.display import LabelFrequencyDisplay

LabelFrequencyDisplay.from_labels(y)

# %%
# Most images have one label or two:

labels_per_image = y.sum(axis=1).value_counts().sort_index()
labels_per_image.rename_axis("labels").to_frame("images")

# %%
# Figure 3: the images
# --------------------
#
# Each stain has its own colour: microtubules red, the protein green, the nucleus blue. Many real
# images are dark. So the figure scales each stain to its own brightest pixels.

from sklearn_hpa.display import ImageGridDisplay

colors = ("red", "green", "blue")
ImageGridDisplay.from_images(X, y_images, n_images=12, channels=colors, random_state=0)

# %%
# The next figure shows each stain separately. The first column is the composite image. The other
# columns are the channels of the image. The network receives the channels without this scaling. The
# paper does not use the fourth channel.

ImageGridDisplay.from_images(
    X, y_images, n_images=3, random_state=0, split_channels=True
)

# %%
# One man in twelve cannot easily distinguish red from green. Another set of colours is available
# for these readers and for print:

ImageGridDisplay.from_images(
    X,
    y_images,
    n_images=4,
    channels=colors,
    random_state=0,
    colors="colorblind",
)

# sphinx_gallery_thumbnail_number = 3
