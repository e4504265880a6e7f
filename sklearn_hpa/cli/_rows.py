"""The rows of the images: progress, cache, and what to do with unreadable images."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .._common.messages import plural
from ._cache import cached_rows
from ._output import tell
from ._progress import Progress

if TYPE_CHECKING:
    from ..pipeline import HPAPipeline


def predictions(
    pipe: HPAPipeline, images: Any, options: argparse.Namespace
) -> tuple[Any, Any, Any]:
    """Return label sets, probabilities, and which images are readable."""
    with reading(pipe, options):
        found = _readable_vectors(pipe.images, images) if options.on_error == "warn" else None
        vectors, readable = found or (pipe[:-1].transform(images), slice(None))
    labels, proba = pipe.classifier.predict(vectors), pipe.classifier.predict_proba(vectors)
    return labels, proba, readable


@contextmanager
def reading(pipe: HPAPipeline, options: argparse.Namespace) -> Iterator[None]:
    """Read images in parallel and cache their rows while the block runs."""
    with in_parallel(pipe, options.jobs), cached_rows(pipe, options) as cache:
        options.progress.cache = cache
        yield


def vectors_of(pipe: HPAPipeline, images: Any, on_error: str) -> tuple[Any, Any]:
    """Fit the images step; return the vectors of the images, and which images are readable."""
    import numpy as np

    reader: Any = pipe.images
    if on_error == "warn":
        return reader.fit_transform_readable(images)
    return reader.fit_transform(images), np.ones(len(images), dtype=bool)


def _readable_vectors(step: Any, images: Any) -> tuple[Any, Any] | None:
    """Return the vectors of the readable images, and which images these are.

    Return None for a step that cannot leave images out.
    """
    import numpy as np
    from sklearn.pipeline import FeatureUnion, Pipeline

    if hasattr(step, "transform_readable"):
        return step.transform_readable(images)
    if isinstance(step, FeatureUnion):
        parts = [_readable_vectors(part, images) for _, part in step.transformer_list]
        masks = [found[1] for found in parts if found is not None]
        if not masks:
            return None
        readable = np.logical_and.reduce(masks)
        return step.transform(images[readable]), readable
    found = _readable_vectors(step[0], images) if isinstance(step, Pipeline) else None
    if found is None or len(step) == 1:
        return found
    return step[1:].transform(found[0]), found[1]


@contextmanager
def in_parallel(pipe: HPAPipeline, jobs: int | None) -> Iterator[None]:
    """Read images in parallel; restore the parameters after."""
    before = pipe.get_params()
    if "images__n_jobs" not in before:
        yield
        return
    pipe.set_params(images__n_jobs=jobs or before["images__n_jobs"] or -1)
    try:
        yield
    finally:
        pipe.set_params(images__n_jobs=before["images__n_jobs"])


def say_where(progress: Progress) -> None:
    """Say where the rows are cached, and how many were there."""
    if progress.cache is None:
        return
    found = ""
    if progress.rows is not None:
        n_found, _, total = progress.rows
        found = f" ({n_found} of {plural(total, 'image')} found in the cache)"
    tell(f"Rows of the images are cached in {progress.cache}{found}")
