"""Images and labels: read a folder, draw synthetic cells, write a folder; the label names."""

from ._labels import HPA_LABELS, HPA_LABELS_2021
from ._load import load_hpa
from ._save import save_hpa
from ._synthetic import make_hpa_images

__all__ = ["HPA_LABELS", "HPA_LABELS_2021", "load_hpa", "make_hpa_images", "save_hpa"]
