"""The model file that a command reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._common.alignment import are_numbers
from .._common.estimators import parts_of

if TYPE_CHECKING:
    from ..pipeline import HPAPipeline

#: Parameters that depend on a machine and not on the trained model, with their default values.
_OF_A_MACHINE = {"cache": None, "memmap": "auto", "memory": None, "n_jobs": None, "verbose": False}


def load_pipeline(path: Path) -> HPAPipeline:
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    from .. import HPAPipeline, load

    pipe = load(path)
    forget_machine(pipe)
    if not isinstance(pipe, HPAPipeline):
        raise TypeError(f"{path} holds a {type(pipe).__name__}, expected an HPAPipeline")
    try:
        check_is_fitted(pipe.classifier)
    except NotFittedError:
        raise ValueError(f"{path} holds an HPAPipeline that is not fitted") from None
    names = getattr(pipe.classifier, "label_names_", None)
    if names is None or pipe.classifier.classes_.ndim == 1 or are_numbers(names):
        raise ValueError(
            f"{path} holds a model without label names; fit it on a DataFrame whose columns are "
            "label names, as load_hpa gives it"
        )
    return pipe


def forget_machine(model: Any) -> None:
    """Reset the parameters of a model that were meant for another machine.

    A model file comes from elsewhere: it names no folder to write to, and no number of processors.
    """
    from sklearn.base import BaseEstimator

    for part in parts_of(model):
        if isinstance(part, BaseEstimator):
            vars(part).update(
                {name: value for name, value in _OF_A_MACHINE.items() if name in vars(part)}
            )


def label_names_of(pipe: HPAPipeline, numbering: str | None = None) -> tuple[list[str], int]:
    """Return the labels of the model as spelled in their numbering, and the numbering's year."""
    from ..datasets import HPA_LABELS, number_labels

    numbers, labels = number_labels(pipe.classifier.label_names_.tolist(), numbering)
    return [labels[number] for number in numbers], 2018 if labels is HPA_LABELS else 2021


def vocabulary_of(pipe: HPAPipeline) -> tuple[list[str], str]:
    """Return the labels of the model as a csv is read, and the labels of a csv to read."""
    from ..datasets import HPA_LABELS_SITE

    names = pipe.classifier.label_names_.tolist()
    try:
        return label_names_of(pipe)[0], "all"
    except ValueError:
        return names, "hpa" if set(names) <= set(HPA_LABELS_SITE) else "present"


def network_of(pipe: HPAPipeline) -> Any:
    """Return the trained network inside the meta-estimators of a pipeline."""
    classifier: Any = pipe.classifier
    while hasattr(classifier, "estimator_"):
        classifier = classifier.estimator_
    return classifier


def channels_of(pipe: HPAPipeline) -> Sequence[str] | None:
    """Return the channels of the images step: as fitted, else its parameter."""
    if hasattr(pipe.images, "channels_"):
        return pipe.images.channels_
    return pipe.get_params().get("images__channels")
