"""Image files written for the tests."""

from PIL import Image


def save(path, array, **options):
    Image.fromarray(array).save(path, **options)
    return path
