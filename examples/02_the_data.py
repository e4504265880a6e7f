"""
The data: Figures 1 to 3
========================

How often the 28 labels occur, which of them occur together, and what the images look like: the
first three figures of the paper.

Set ``SKLEARN_HPA_IMAGES`` to a folder of images with a ``train.csv`` to see yours. Figures 1 and 2
need labels alone: ``SKLEARN_HPA_LABELS`` names a csv of them, and with that of the 31,072 images of
the 2018 set they are the paper's.
"""

# %%
# Without a folder, labels and images are drawn. ``frequencies="hpa"`` gives the labels the
# frequencies of the 2018 set, whose tail is long: 12,885 images of Nucleoplasm, 11 of Rods & rings.

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
# The correlation of two labels is positive where they meet in one image more often than chance
# would have it, negative where they avoid each other. In the 2018 set two pairs stand out:
# Endosomes with Lysosomes (0.79), Mitotic spindle with Cytokinetic bridge (0.22). Which labels of
# a drawn image come together is left to chance; all that shows is that most images have one or
# two labels, so that a frequent label leaves less room for another. A label that no image has is
# left blank.

from sklearn_hpa.display import LabelCorrelationDisplay

LabelCorrelationDisplay.from_labels(y)

# %%
# Figure 2: how often each label occurs
# -------------------------------------
#
# Most labels are rare. Who answers "no" to every one of them is right most of the time, which is
# why accuracy counted label by label says so little: :doc:`04_what_table_1_measures`.

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
# Each stain is shown in its own colour: microtubules red, the protein green, the nucleus blue. Many
# real images are dark, so each stain is brightened to its own brightest pixels.

from sklearn_hpa.display import ImageGridDisplay

colors = ("red", "green", "blue")
ImageGridDisplay.from_images(X, y_images, n_images=12, channels=colors, random_state=0)

# %%
# Stain by stain: the first column is what the eye sees, the others are the channels of the image. The
# network gets them as they are, not brightened, and in the paper without the fourth.

ImageGridDisplay.from_images(
    X, y_images, n_images=3, random_state=0, split_channels=True
)

# %%
# Red and green are hard to tell apart for one man in twelve. For them, and for print, there is
# another set of colours:

ImageGridDisplay.from_images(
    X,
    y_images,
    n_images=4,
    channels=colors,
    random_state=0,
    colors="colorblind",
)

# sphinx_gallery_thumbnail_number = 3
