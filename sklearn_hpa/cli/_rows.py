"""The rows of the images: progress, cache, and what to do with unreadable images."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ._cache import cached_rows
from ._output import is_terminal, tell

if TYPE_CHECKING:
    from ..pipeline import HPAPipeline


def predictions(
    pipe: HPAPipeline, images: Any, options: argparse.Namespace
) -> tuple[Any, Any, Any, str | None]:
    """Return label sets, probabilities, which images are readable, and the folder of the cache."""
    with progress(pipe, options.jobs), cached_rows(pipe, options) as cache:
        found = _readable_vectors(pipe.images, images) if options.on_error == "warn" else None
        vectors, readable = found or (pipe[:-1].transform(images), slice(None))
    labels, proba = pipe.classifier.predict(vectors), pipe.classifier.predict_proba(vectors)
    return labels, proba, readable, cache


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
def progress(pipe: HPAPipeline, jobs: int | None) -> Iterator[None]:
    """Read images in parallel and show progress on a terminal; restore the parameters after."""
    before = pipe.get_params()
    during = {}
    if "images__n_jobs" in before:
        during["images__n_jobs"] = jobs or before["images__n_jobs"] or -1
    if is_terminal(sys.stderr):
        during["images__verbose"] = True
        during["classifier__verbose"] = int(is_terminal(sys.stdout))
    during = {name: value for name, value in during.items() if name in before}
    pipe.set_params(**during)
    try:
        yield
    finally:
        pipe.set_params(**{name: before[name] for name in during})


def say_where(cache: str | None) -> None:
    if cache is not None:
        tell(f"Rows of the images are cached in {cache}")
