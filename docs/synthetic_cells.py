"""Make the figure of the README: one synthetic image for each of the 28 subcellular locations."""

from pathlib import Path

import matplotlib
import numpy as np

from sklearn_hpa.datasets import HPA_LABELS, make_hpa_images
from sklearn_hpa.display import ImageGridDisplay

OUTPUT = Path(__file__).parent / "images" / "locations.jpg"
DARK = {"figure.facecolor": "#0b0d12", "text.color": "#d7dce5", "font.size": 9.5}


def main() -> None:
    images, y = make_hpa_images(280, size=192, n_cells=3, random_state=4)
    alone = y.to_numpy().sum(axis=1) == 1
    rows = [np.flatnonzero(alone & (y[name] == 1))[0] for name in HPA_LABELS]
    matplotlib.use("agg")
    with matplotlib.rc_context(DARK):
        display = ImageGridDisplay.from_images(
            images[rows],
            y.iloc[rows],
            n_images=len(rows),
            size=None,
            channels=["red", "green", "blue"],
            n_columns=7,
        )
        OUTPUT.parent.mkdir(exist_ok=True)
        display.figure_.savefig(OUTPUT, dpi=128, pil_kwargs={"quality": 88})


if __name__ == "__main__":
    main()
