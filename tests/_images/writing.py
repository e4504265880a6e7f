"""Image files written for the tests."""

import numpy as np
import pandas as pd
from PIL import Image


def save(path, array, **options):
    Image.fromarray(array).save(path, **options)
    return path


COLOURS = ("red", "green", "blue", "yellow")


def random_images():
    return np.random.default_rng(0).integers(0, 256, (6, 32, 32, 4), dtype=np.uint8)


def save_channels(images, folder):
    """Save each channel as a file and return a DataFrame of paths."""
    paths = {}
    for k, colour in enumerate(COLOURS):
        paths[colour] = [str(folder / f"cell{i}_{colour}.png") for i in range(len(images))]
        for path, image in zip(paths[colour], images, strict=True):
            Image.fromarray(image[..., k]).save(path)
    return pd.DataFrame(paths, index=pd.Index([f"cell{i}" for i in range(len(images))], name="Id"))
