"""Draw the picture of the README: a synthetic cell for each of the 28 places, with its name."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sklearn_hpa.datasets import HPA_LABELS, make_hpa_images

COLUMNS, TILE, CAPTION, GAP = 7, 168, 22, 6
OUTPUT = Path(__file__).parent / "images" / "places.jpg"


def stretch(image: np.ndarray) -> np.ndarray:
    """Red, green and blue, each brightened to its own 99.8th percentile."""
    top = np.maximum(np.percentile(image, 99.8, axis=(0, 1)), 32)
    return np.clip(image * (255 / top), 0, 255).astype(np.uint8)[..., :3]


def main() -> None:
    images, y = make_hpa_images(280, size=TILE, n_cells=3, random_state=4)
    alone = y.to_numpy().sum(axis=1) == 1
    rows = -(-len(HPA_LABELS) // COLUMNS)
    width = COLUMNS * (TILE + GAP) + GAP
    sheet = Image.new("RGB", (width, rows * (TILE + CAPTION + GAP) + GAP), "#0b0d12")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12.5)
    for k, name in enumerate(HPA_LABELS):
        row = np.flatnonzero(alone & (y[name] == 1))[0]
        left = GAP + k % COLUMNS * (TILE + GAP)
        top = GAP + k // COLUMNS * (TILE + CAPTION + GAP)
        sheet.paste(Image.fromarray(stretch(images[row])), (left, top))
        middle = (left + TILE / 2, top + TILE + CAPTION / 2)
        draw.text(middle, name, fill="#d7dce5", font=font, anchor="mm")
    OUTPUT.parent.mkdir(exist_ok=True)
    sheet.save(OUTPUT, quality=88)


if __name__ == "__main__":
    main()
