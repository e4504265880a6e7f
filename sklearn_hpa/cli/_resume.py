"""The checkpoint that ``fit --resume`` keeps next to the model file."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._common.estimators import parts_of
from .._common.files import replacing

if TYPE_CHECKING:
    from ..pipeline import HPAPipeline
    from ._study import Fold

#: Folder of the trainings of a study, in the folder of the checkpoint.
TRAININGS = "trainings"
#: File that says which study the folder belongs to.
STUDY = "study.json"
#: Number of epochs from one write to the next in a study, whose trainings are many and short.
EVERY = 10


def checkpoint_folder(model: Path) -> Path:
    """Return the folder of the checkpoint of a training that writes this model file."""
    return model.parent / f"{model.name}.checkpoint"


class StudyCheckpoint:
    """The finished folds and the trainings of a study, in the folder of its checkpoint.

    Parameters
    ----------
    folder : Path or None
        Folder of the checkpoint. None keeps nothing.
    description : mapping of str to plain data
        Everything that the study depends on, by the names that a message shows.

    Raises
    ------
    ValueError
        If the folder holds another study, or another training.
    """

    def __init__(self, folder: Path | None, description: Mapping[str, Any]):
        self.folder = folder
        if folder is None:
            return
        from ..neural_network import CHECKPOINT_FILE

        # As it is read again: tuples become lists.
        description = json.loads(json.dumps(description))
        path = folder / STUDY
        if (folder / CHECKPOINT_FILE).exists():
            raise ValueError(_of_another(folder, ["it holds a single training"]))
        if path.exists():
            try:
                then = dict(json.loads(path.read_text(encoding="utf-8")))
            except ValueError as error:
                raise ValueError(f"{path} is damaged ({error}). {_DELETE}") from error
            different = [
                f"{name} was {_short(then.get(name))} and is {_short(description.get(name))}"
                for name in dict.fromkeys([*description, *then])
                if then.get(name) != description.get(name)
            ]
            if different:
                raise ValueError(_of_another(folder, different))
            return
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(description, indent=1), encoding="utf-8")

    def load(self, number: int) -> Fold | None:
        """Return the predictions of a fold that is finished, or None.

        Raises
        ------
        ValueError
            If the file is damaged.
        """
        from ._study import Fold

        if self.folder is None or not (path := self._path(number)).exists():
            return None
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return Fold(*(arrays[name] for name in Fold._fields))
        except Exception as error:
            raise ValueError(f"{path} is damaged ({error}). Delete it to train anew") from error

    def store(self, number: int, fold: Fold) -> None:
        """Keep the predictions of a finished fold, whose trainings are then not needed any more."""
        if self.folder is None:
            return
        with replacing(self._path(number)) as temporary, open(temporary, "wb") as file:
            np.savez(file, **fold._asdict())
        _remove_trainings(self.folder / TRAININGS)

    def _path(self, number: int) -> Path:
        assert self.folder is not None
        return self.folder / f"fold-{number}.npz"


def describe_arrays(**arrays: Any) -> dict[str, str]:
    """Return a digest of each array, by its name."""
    described = {}
    for name, array in arrays.items():
        values = np.asarray(array)
        if values.dtype == object:
            values = values.astype(str)
        digest = blake2b(f"{values.shape} {values.dtype}".encode(), digest_size=8)
        digest.update(np.ascontiguousarray(values).data.cast("B"))
        described[name] = digest.hexdigest()
    return described


def check_checkpoint(model: Path, wanted: bool) -> None:
    """Refuse a model file, or a checkpoint, that cannot be written."""
    if model.exists() and not model.is_file() and not model.is_dir():
        raise ValueError(f"{model} is no regular file; a model is saved in one")
    folder = checkpoint_folder(model)
    if wanted and folder.exists() and not folder.is_dir():
        raise ValueError(f"--resume keeps a checkpoint in {folder}, but it is a file; delete it")


@contextmanager
def resumable(pipe: HPAPipeline, model: Path, wanted: bool, *, several: bool) -> Iterator[None]:
    """Keep a checkpoint of the training in the block, and continue from an earlier one.

    The callbacks of the pipeline are restored, so the model file does not name the folder.

    Parameters
    ----------
    pipe : HPAPipeline
    model : Path
        The model file.
    wanted : bool
        Whether to keep a checkpoint.
    several : bool
        Whether the block trains several networks.
    """
    from ..callbacks import Checkpoint
    from ..neural_network import TrainingCheckpoints

    folder = checkpoint_folder(model)
    if not wanted:
        if folder.is_dir():
            warnings.warn(
                f"{folder} holds an interrupted training, which is not continued; --resume "
                "continues it",
                stacklevel=2,
            )
        yield
        return
    if not several and (folder / STUDY).exists():
        raise ValueError(_of_another(folder, ["it holds folds, or several trainings"]))
    network: Any = pipe.classifier
    while hasattr(network, "estimator"):
        network = network.estimator
    before = network.callbacks
    checkpoint = (
        TrainingCheckpoints(folder / TRAININGS, every=EVERY) if several else Checkpoint(folder)
    )
    network.set_params(callbacks=[*(before or ()), checkpoint])
    try:
        yield
    finally:
        for part in parts_of(pipe):
            if isinstance(part, type(network)):
                part.set_params(callbacks=before)


def remove_checkpoint(model: Path) -> None:
    """Delete the checkpoint of a training that is finished and saved."""
    folder = checkpoint_folder(model)
    _remove_trainings(folder / TRAININGS)
    _remove_folder(folder, [STUDY, "fold-*.npz"])


def _remove_trainings(folder: Path) -> None:
    for each in folder.glob("*"):
        _remove_folder(each, [])
    with suppress(OSError):
        folder.rmdir()


def _remove_folder(folder: Path, patterns: list[str]) -> None:
    """Delete files of a checkpoint, and the folder if nothing else is in it."""
    from ..neural_network import CHECKPOINT_FILE

    with suppress(OSError):
        # A process that was killed while it wrote has left a hidden file.
        for pattern in [CHECKPOINT_FILE, ".*.zip", *patterns]:
            for path in folder.glob(pattern):
                path.unlink(missing_ok=True)
        folder.rmdir()


_DELETE = "Delete the folder to train anew"


def _of_another(folder: Path, different: list[str]) -> str:
    return (
        f"{folder} is the checkpoint of a study on other data or with other options: "
        f"{'; '.join(different)}. Repeat the command that began it to continue it. {_DELETE}"
    )


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
