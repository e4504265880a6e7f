"""The checkpoint that ``fit --resume`` keeps next to the model file."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._common.estimators import parts_of

if TYPE_CHECKING:
    from ..pipeline import HPAPipeline


def checkpoint_folder(model: Path) -> Path:
    """Return the folder of the checkpoint of a training that writes this model file."""
    return model.with_name(f"{model.name}.checkpoint")


@contextmanager
def resumable(pipe: HPAPipeline, model: Path, wanted: bool) -> Iterator[None]:
    """Keep a checkpoint of the training in the block, and continue from an earlier one.

    The callbacks of the pipeline are restored, so the model file does not name the folder.
    """
    from ..callbacks import Checkpoint

    folder = checkpoint_folder(model)
    if not wanted:
        if folder.exists():
            warnings.warn(
                f"{folder} holds an interrupted training, which is not continued; --resume "
                "continues it",
                stacklevel=2,
            )
        yield
        return
    if model.exists() and not model.is_file():
        raise ValueError(f"--resume keeps a checkpoint next to the model, but {model} is no file")
    network: Any = pipe.classifier
    while hasattr(network, "estimator"):
        network = network.estimator
    before = network.callbacks
    network.set_params(callbacks=[*(before or ()), Checkpoint(folder)])
    try:
        yield
    finally:
        for part in parts_of(pipe):
            if isinstance(part, type(network)):
                part.set_params(callbacks=before)


def remove_checkpoint(model: Path) -> None:
    """Delete the checkpoint of a training that is finished and saved."""
    from ..neural_network import CHECKPOINT_FILE

    folder = checkpoint_folder(model)
    with suppress(OSError):
        # A process that was killed while it wrote has left a hidden file.
        for path in (folder / CHECKPOINT_FILE, *folder.glob(".*.zip")):
            path.unlink(missing_ok=True)
        folder.rmdir()
