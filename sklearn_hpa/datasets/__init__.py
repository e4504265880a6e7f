"""Images and labels: read a folder or a csv, draw synthetic cells, write a folder; the names."""

from ._labels import HPA_LABELS, HPA_LABELS_2021
from ._load import load_hpa
from ._save import save_hpa
from ._synthetic import make_hpa_images
from ._target import read_labels

__all__ = [
    "HPA_LABELS",
    "HPA_LABELS_2021",
    "load_hpa",
    "make_hpa_images",
    "read_labels",
    "save_hpa",
]
