"""Pages of results: HTML files that need no other file, made without matplotlib.

The modules are parts of pages: elements and tables, charts, pictures of cells, the skeleton of a
page, and sections about a comparison of models.
"""

from ._comparison import Comparison, Predictions, score
from ._demo_page import OWN_IMAGES, write_demo_page

__all__: list[str] = []
