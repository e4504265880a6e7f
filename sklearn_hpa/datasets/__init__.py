"""Loading and saving of image folders and label files, synthetic images, and label names."""

from .._labels.names import HPA_LABELS, HPA_LABELS_2021, HPA_LABELS_SITE
from ._file_names import id_key
from ._frame import find_image_frame
from ._labels import describe_label_folders, number_labels
from ._load import load_hpa
from ._rows import read_rows
from ._save import save_hpa
from ._submission import (
    read_ids,
    write_named_predictions,
    write_predictions,
    write_probabilities,
)
from ._synthetic import make_hpa_images
from ._target import read_labels

__all__ = [
    "HPA_LABELS",
    "HPA_LABELS_2021",
    "HPA_LABELS_SITE",
    "load_hpa",
    "make_hpa_images",
    "read_labels",
    "save_hpa",
]
