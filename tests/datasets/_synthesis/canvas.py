"""Measures of a canvas."""


def mean_where(canvas, mask):
    return float(canvas[mask].mean())
