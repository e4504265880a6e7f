"""The state of a training in a file, from which `fit` goes on."""

from __future__ import annotations

import functools
import json
import os
import stat
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import skorch
import torch
from skorch.callbacks import Callback, EarlyStopping
from torch import nn

from .._common.estimators import public_in
from .._common.files import make_writable, replacing
from ._batches import ArrayDataset
from ._epoch import STEPPING
from ._fingerprint import FUNCTIONS, RANDOM_STATE, differences, is_of, parameter_names, unnamed
from ._modules import uncompiled
from ._state_file import UnknownStateError, encode, read_state, write_state

FILE = "checkpoint.zip"
#: Increase this with each change of the content of the file.
FORMAT = 2
#: Bytes of an attribute of a callback above which it is saved without a look at its value.
COMPARED_UP_TO = 2**20


@public_in("sklearn_hpa.callbacks")
class Checkpoint(Callback):
    """Keep the state of a training in a folder, so that `fit` goes on after a crash.

    Pass the callback to :class:`~sklearn_hpa.MultiLabelMLPClassifier` in ``callbacks``. After each
    epoch it writes weights, optimiser, random generators, history, early stopping and other
    callbacks to one file, ``checkpoint.zip``. If the process is killed, call ``fit`` again with the
    same data and the same arguments, in any process. It goes on after the last epoch in the file
    and ends with the same weights, to the last bit, as a training that was never interrupted.

    Parameters
    ----------
    folder : str or path-like
        Folder of one training. It is created if needed.
    every : int, default=1
        Number of epochs from one write to the next. The last epoch is always written.

    Raises
    ------
    ValueError
        In ``fit``, before training: if the file belongs to other data or other arguments, which the
        message names; if it is damaged; if `every` is not a positive integer; if ``warm_start`` is
        set; if another callback holds an object whose state cannot be kept. In training: if
        another training writes to the same folder. In ``partial_fit``, always.
    OSError
        In ``fit``, before training, if the folder cannot be written to.

    Warns
    -----
    UserWarning
        If a write fails in training, for example because the disk is full. Training goes on, and
        the file keeps the last state that was written.

    See Also
    --------
    sklearn_hpa.save : Writes a fitted model.

    Notes
    -----
    The file is written under a temporary name and renamed, so it is whole at any time. It contains
    arrays and JSON, and no code. It is about four times as large as the weights with the default
    optimisers and early stopping, and three times without early stopping.

    The file stays after training. ``fit`` with the same arguments then returns the same result
    without training, even if ``random_state`` is None: the file holds the random seed. A larger
    ``max_epochs`` continues the training, unless early stopping ended it. ``threshold`` and
    ``verbose`` may change too. Delete the file to train anew. A RandomState must be in the state
    before or after the interrupted ``fit``.

    A folder belongs to one training. A search or a cross-validation trains on other data in each
    fit, so all fits after the first one are refused.

    The state of the callbacks of skorch and of this library is kept. For your own callbacks, the
    attributes that change in training are kept if they are numbers, text or arrays, and objects if
    they have ``state_dict`` and ``load_state_dict``. Your own callbacks without changing attributes
    may be added and removed, but their parameters must stay the same. For your own ``module``, the
    state is its ``state_dict`` and which of its parameters are frozen.

    Your own modules, criteria, optimisers and functions are compared by their code and their
    attributes. If you edit them, the file is refused.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from sklearn_hpa import MultiLabelMLPClassifier
    >>> from sklearn_hpa.callbacks import Checkpoint
    >>> X, y = make_multilabel_classification(n_samples=100, n_classes=3, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     classifier = MultiLabelMLPClassifier(
    ...         (16,), max_epochs=3, callbacks=[Checkpoint(folder)], random_state=0
    ...     )
    ...     for max_epochs in (3, 5):
    ...         n_epochs = classifier.set_params(max_epochs=max_epochs).fit(X, y).n_iter_
    >>> n_epochs
    5
    """

    def __init__(self, folder: str | os.PathLike[str], *, every: int = 1):
        self.folder = folder
        self.every = every

    def on_train_begin(self, net: skorch.NeuralNet, X: Any = None, **kwargs: Any) -> None:
        """Refuse a net of another kind; called by skorch.

        Parameters
        ----------
        net : skorch.NeuralNet
            Net that is trained.
        X : ArrayDataset
            Training samples.
        **kwargs : dict
            Ignored.
        """
        if not isinstance(X, ArrayDataset):
            raise TypeError(
                "Checkpoint keeps the training of a MultiLabelMLPClassifier, but the net was "
                f"given {type(X).__name__}; use skorch.callbacks.Checkpoint in other nets"
            )

    def _folder_of(self, description: Mapping[str, Any]) -> Path:
        """Return the folder of a training with this description."""
        return Path(self.folder).expanduser().absolute()

    def __getstate__(self) -> dict[str, Any]:
        """Return the parameters, with the folder as text for skops files."""
        return {"folder": os.fspath(self.folder), "every": self.every}


class TrainingCheckpoints(Checkpoint):
    """Keep several trainings, each in a sub-folder that is named after its data and arguments.

    A cross-validation that is started again finds each of its trainings, finished or not.
    """

    def _folder_of(self, description: Mapping[str, Any]) -> Path:
        text = json.dumps(description, sort_keys=True)
        name = blake2b(text.encode(), digest_size=16).hexdigest()
        return super()._folder_of(description) / name


def find_checkpoint(callbacks: Any) -> Checkpoint | None:
    """Return the Checkpoint among the callbacks, or None.

    Raises
    ------
    ValueError
        If there are two, or one without a folder.
    """
    unpaired = [unnamed(each) for each in callbacks or ()]
    if any(isinstance(each, type) and issubclass(each, Checkpoint) for each in unpaired):
        raise ValueError("callbacks holds Checkpoint without a folder; pass Checkpoint(folder)")
    found = [each for each in unpaired if isinstance(each, Checkpoint)]
    if not found:
        return None
    if len(found) > 1:
        raise ValueError("callbacks holds two Checkpoints; a training is kept in one folder")
    checkpoint = found[0]
    every = checkpoint.every
    if not isinstance(every, Integral) or isinstance(every, bool) or every < 1:
        raise ValueError(f"every must be a positive number of epochs, got {every!r}")
    if not isinstance(checkpoint.folder, str | os.PathLike) or not os.fspath(checkpoint.folder):
        raise ValueError(f"Checkpoint needs the name of a folder, got {checkpoint.folder!r}")
    if "\0" in str(os.fspath(checkpoint.folder)):
        raise ValueError(f"Checkpoint needs the name of a folder, got {checkpoint.folder!r}")
    return checkpoint


def check_alone(callbacks: Any, method: str) -> None:
    """Refuse a Checkpoint next to another way to continue a training.

    Parameters
    ----------
    callbacks : sequence of callbacks or None
        Parameter of the classifier.
    method : {"warm_start", "partial_fit"}
        The other way.
    """
    if find_checkpoint(callbacks) is not None:
        raise ValueError(
            f"{method} continues from the weights in memory, and a Checkpoint from the file in its "
            f"folder: use fit without warm_start, or remove the Checkpoint from callbacks"
        )


class Keeper:
    """Keep the state of one training in the file of a `Checkpoint`, and restore it.

    Parameters
    ----------
    checkpoint : Checkpoint
        Folder, and number of epochs between two writes.
    description : mapping
        Description of the data and the arguments, from `describe_training`.
    seed : int
        Random seed of a new training.
    max_epochs : int
        Number of epochs of the training.

    Attributes
    ----------
    seed : int
        Random seed of the training: of the file, if there is one.

    Raises
    ------
    ValueError
        If the file belongs to another training, or is damaged.
    OSError
        If the folder cannot be written to.
    """

    def __init__(
        self, checkpoint: Checkpoint, description: Mapping[str, Any], seed: int, max_epochs: int
    ):
        self.path = checkpoint._folder_of(description) / FILE
        self.every = int(checkpoint.every)
        self.description = dict(description)
        self.max_epochs = max_epochs
        self.seed = seed
        self._state: dict[str, Any] | None = None
        self._saved_epoch = 0
        self._failed = False
        self._make_folder()
        self._on_disk = _identity(self.path)
        if self._on_disk is not None:
            self._state = self._read()
            self.seed = self._state["seed"]
            self._saved_epoch = len(self._state["history"])
            self.description[RANDOM_STATE] = self._state["training"][RANDOM_STATE]

    @property
    def epochs_left(self) -> int:
        """Number of epochs that are still to be trained."""
        if self._state is not None and self._state["stopped"]:
            return 0
        return self.max_epochs - self._saved_epoch

    @contextmanager
    def listening(self, net: skorch.NeuralNet) -> Iterator[None]:
        """Restore the state when the training begins, and save it after epochs.

        Parameters
        ----------
        net : skorch.NeuralNet
            Initialised net. Its own callbacks run between those of the keeper: the state is
            restored and saved after all of them, and saved before early stopping changes weights.
        """
        callbacks = net.callbacks_
        net.callbacks_ = [("before", _Before(self)), *callbacks, ("after", _After(self))]
        self._callbacks = callbacks
        try:
            yield
        finally:
            net.callbacks_ = callbacks

    def begin(self, net: skorch.NeuralNet) -> None:
        """Restore the state, after all callbacks have begun."""
        self._unchanged = {
            name: {key: _light(value) for key, value in vars(callback).items()}
            for name, callback in self._callbacks
        }
        self._callback_states()  # Refuses a callback whose state cannot be kept.
        if self._state is None:
            return
        try:
            self._restore(net, self._state)
        except UnknownStateError:
            raise
        except (AttributeError, IndexError, KeyError, TypeError, RuntimeError, ValueError) as error:
            raise self._damaged(error) from error
        finally:
            self._state = None

    def end_epoch(self, net: skorch.NeuralNet) -> None:
        """Save the state after an epoch and all its callbacks."""
        epoch = len(net.history)
        if epoch % self.every == 0 or epoch == self.max_epochs:
            self._save(net, stopped=False)

    def end(self, net: skorch.NeuralNet) -> None:
        """Save the state if early stopping ended the training."""
        stopped = any(
            isinstance(callback, EarlyStopping) and callback.misses_ >= callback.patience
            for _, callback in self._callbacks
        )
        if stopped and self._saved_epoch < len(net.history) and "train_loss" in net.history[-1]:
            self._save(net, stopped=True)

    def _make_folder(self) -> None:
        folder = self.path.parent
        try:
            make_writable(folder)
        except OSError as error:
            raise type(error)(
                f"the folder {folder} of the Checkpoint cannot be written to "
                f"({error.strerror or error}): name another folder"
            ) from error

    def _read(self) -> dict[str, Any]:
        try:
            state = read_state(self.path)
            if state["format"] != FORMAT:
                raise ValueError(f"format {state['format']}, expected {FORMAT}")
            described, seed, n_epochs = state["training"], state["seed"], len(state["history"])
            if type(seed) is not int or not 0 <= seed < 2**31 or type(state["stopped"]) is not bool:
                raise ValueError("values of other types")
            _check_history(state["history"], stopped=state["stopped"])
            different = differences(described, self.description)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self._damaged(error) from error
        if n_epochs > self.max_epochs:
            different.append(f"max_epochs is {self.max_epochs} and {n_epochs} epochs are trained")
        if different:
            raise ValueError(
                f"{self.path} is the checkpoint of a training on other data or with other "
                f"arguments: {'; '.join(different)}. Pass the same data and arguments to continue "
                "it, name another folder, or delete the file to train anew"
            )
        return state

    def _damaged(self, error: Exception) -> ValueError:
        reason = f"{type(error).__name__}: {error}"
        return ValueError(
            f"{self.path} is not a checkpoint, or is damaged ({reason}). Delete it to train anew"
        )

    def _save(self, net: skorch.NeuralNet, *, stopped: bool) -> None:
        if _identity(self.path) not in (None, self._on_disk):
            raise ValueError(
                f"another training writes to {self.path}: give each training a folder of its own"
            )
        state = {
            "format": FORMAT,
            "training": self.description,
            "seed": self.seed,
            "stopped": stopped,
            "history": list(net.history),
            "module": uncompiled(net.module_).state_dict(),
            "criterion": _state_of(net.criterion_),
            "trained": _trained(net),
            "optimizer": net.optimizer_.state_dict(),
            "generators": {name: each.get_state() for name, each in _generators(net).items()},
            "cuda": _cuda_state(net.device),
            "callbacks": self._callback_states(),
        }
        try:
            with replacing(self.path) as temporary:
                write_state(temporary, state)
        except OSError as error:
            if not self._failed:
                warnings.warn(
                    f"the checkpoint in {self.path.parent} cannot be written "
                    f"({error.strerror or error}). Training goes on; the file holds epoch "
                    f"{self._saved_epoch}",
                    UserWarning,
                    stacklevel=2,
                )
            self._failed = True
            return
        self._failed = False
        self._on_disk = _identity(self.path)
        self._saved_epoch = len(net.history)

    def _restore(self, net: skorch.NeuralNet, state: dict[str, Any]) -> None:
        module = uncompiled(net.module_)
        _check_same_tensors(module.state_dict(), state["module"])
        module.load_state_dict(state["module"])
        if state["criterion"]:
            _check_same_tensors(_state_of(net.criterion_), state["criterion"])
            net.criterion_.load_state_dict(state["criterion"])
        _load_optimizer(net.optimizer_, state["optimizer"])
        _freeze(net, state["trained"])
        self._restore_callbacks(state["callbacks"])
        net.history.clear()
        net.history.extend(state["history"])
        generators = _generators(net)
        if generators.keys() != state["generators"].keys():
            raise ValueError(f"random generators {', '.join(state['generators'])}")
        for name, generator in generators.items():
            generator.set_state(state["generators"][name])
        if state["cuda"] is not None:
            torch.cuda.set_rng_state(state["cuda"], net.device)

    def _callback_states(self) -> dict[str, dict[str, Any]]:
        """Return the attributes of each callback that changed since the training began."""
        states = {}
        for name, callback in self._callbacks:
            kept = _callback_state(name, callback, self._unchanged[name])
            if kept:
                states[name] = kept
        return states

    def _restore_callbacks(self, states: dict[str, dict[str, Any]]) -> None:
        callbacks = dict(self._callbacks)
        missing = [name for name in states if name not in callbacks]
        if missing:
            raise UnknownStateError(
                f"{self.path} holds the state of {', '.join(missing)}, which callbacks lacks: pass "
                "the same callbacks, or delete the file to train anew"
            )
        for name, state in states.items():
            for key, (kind, value) in state.items():
                _check_attribute(callbacks[name], key, value)
                if kind == "object":
                    getattr(callbacks[name], key).load_state_dict(value)
                else:
                    setattr(callbacks[name], key, value)


class _Before(Callback):
    """Saves the state before another callback restores the best weights."""

    def __init__(self, keeper: Keeper):
        self.keeper = keeper

    def on_train_end(self, net: skorch.NeuralNet, **kwargs: Any) -> None:
        self.keeper.end(net)


class _After(Callback):
    """Restores and saves the state after all other callbacks."""

    def __init__(self, keeper: Keeper):
        self.keeper = keeper

    def on_train_begin(self, net: skorch.NeuralNet, **kwargs: Any) -> None:
        self.keeper.begin(net)

    def on_epoch_end(self, net: skorch.NeuralNet, **kwargs: Any) -> None:
        self.keeper.end_epoch(net)


def _identity(path: Path) -> tuple[int, int, int] | None:
    """Return numbers that change if another process replaces a file; None without a file."""
    try:
        state = os.lstat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(state.st_mode):
        kind = "a link" if stat.S_ISLNK(state.st_mode) else "not a file"
        raise ValueError(f"{path} is {kind}; name another folder for the Checkpoint")
    return state.st_ino, state.st_mtime_ns, state.st_size


def _check_history(history: Any, *, stopped: bool) -> None:
    """Refuse anything but one record for each epoch, with numbers as losses and durations."""
    if not isinstance(history, list) or stopped and not history:
        raise ValueError("a history without epochs")
    for number, row in enumerate(history, start=1):
        if not isinstance(row, dict) or not all(isinstance(name, str) for name in row):
            raise ValueError(f"a history with {type(row).__name__} as record {number}")
        if row.get("epoch") != number or not isinstance(row.get("batches"), list):
            raise ValueError(f"a history whose record {number} is of no such epoch")
        for name, value in row.items():
            if name.endswith(("loss", "dur")) and not _is_number(value):
                raise ValueError(f"a history with {value!r} as {name} of epoch {number}")
        missing = {"train_loss", "dur"} - row.keys()
        if missing:
            raise ValueError(f"a history without {sorted(missing)[0]} of epoch {number}")


def _check_attribute(callback: Callback, key: Any, value: Any) -> None:
    """Refuse a name or a value that `_callback_state` cannot have kept."""
    mutable = isinstance(key, str) and key.isidentifier() and not key.startswith("__")
    if not mutable or callable(getattr(callback, key, None)):
        raise ValueError(f"a callback with the state {key!r}")
    now = vars(callback).get(key)
    if is_of(callback, "skorch") and _is_number(now) and not _is_number(value):
        raise ValueError(f"a callback with {value!r} as {key!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _callback_state(name: str, callback: Callback, before: dict[str, Any]) -> dict[str, Any]:
    """Return the changed attributes, each as ("value", value) or ("object", its state)."""
    if is_of(callback, "sklearn_hpa") or any(
        base.__module__ == "sklearn_hpa.callbacks" for base in type(callback).__mro__
    ):
        return {}  # They hold nothing from one epoch to the next.
    parameters = parameter_names(callback)
    kept: dict[str, Any] = {}
    for key, value in vars(callback).items():
        if isinstance(value, (*FUNCTIONS, functools.partial, nn.Module)):
            continue
        if before.get(key, _Unlike()) == _light(value):
            continue
        held = hasattr(value, "load_state_dict")
        state = ("object", value.state_dict()) if held else ("value", value)
        try:
            encode(state, [])
        except (UnknownStateError, RecursionError) as error:
            if key in parameters or is_of(callback, "skorch.callbacks.logging"):
                continue
            raise UnknownStateError(
                f"the state of the callback {name} cannot be kept in a checkpoint: its attribute "
                f"{key!r} is a {type(value).__qualname__}. Hold numbers, text, arrays or objects "
                "with state_dict and load_state_dict there, or remove the Checkpoint"
            ) from error
        kept[key] = state
    return kept


class _Unlike:
    """A description that equals no other."""


def _light(value: Any) -> Any:
    """Return a description of a value for comparison, or one that equals none if it is large."""
    buffers: list[memoryview] = []
    try:
        text = encode(value, buffers)
    except (UnknownStateError, RecursionError):
        return _Unlike()
    if sum(len(each) for each in buffers) > COMPARED_UP_TO:
        return _Unlike()
    return repr(text), [bytes(each) for each in buffers]


def _state_of(criterion: Any) -> dict[str, Any]:
    return dict(criterion.state_dict()) if isinstance(criterion, nn.Module) else {}


def _trained(net: skorch.NeuralNet) -> dict[str, bool]:
    """Return whether each parameter is trained, which callbacks may change."""
    return {name: each.requires_grad for name, each in _parameters(net)}


def _freeze(net: skorch.NeuralNet, trained: dict[str, bool]) -> None:
    if trained.keys() != _trained(net).keys() or {*map(type, trained.values())} - {bool}:
        raise ValueError(f"parameters named {', '.join(map(str, trained))}")
    for name, parameter in _parameters(net):
        parameter.requires_grad_(trained[name])


def _parameters(net: skorch.NeuralNet) -> Iterator[tuple[str, nn.Parameter]]:
    yield from uncompiled(net.module_).named_parameters("module")
    if isinstance(net.criterion_, nn.Module):
        yield from net.criterion_.named_parameters("criterion")


def _generators(net: skorch.NeuralNet) -> dict[str, torch.Generator]:
    """Return torch's generator of the CPU, and the generators of the data loaders."""
    found = {"torch": torch.default_generator}
    for loader in ("iterator_train", "iterator_valid"):
        params = net.get_params_for(loader)
        sampler = params.get("sampler") or params.get("batch_sampler")
        for name, each in (
            (loader, params.get("generator")),
            (f"{loader}__sampler", getattr(sampler, "generator", None)),
        ):
            if isinstance(each, torch.Generator):
                found[name] = each
    return found


def _cuda_state(device: str) -> torch.Tensor | None:
    return torch.cuda.get_rng_state(device) if str(device).startswith("cuda") else None


def _check_same_tensors(expected: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    def kinds(state: Mapping[str, Any]) -> dict[str, Any]:
        return {name: (tuple(each.shape), each.dtype) for name, each in state.items()}

    if kinds(expected) != kinds(given):
        names = [
            name
            for name in {**expected, **given}
            if kinds(expected).get(name) != kinds(given).get(name)
        ]
        raise ValueError(f"tensors of other shapes: {', '.join(names)}")


def _load_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    if type(optimizer) in STEPPING:
        parameters = [each for group in optimizer.param_groups for each in group["params"]]
        for number, values in state["state"].items():
            for name, value in values.items():
                if name != "step" and value is not None:
                    _check_same_tensors({name: parameters[number]}, {name: value})
    for group, values in zip(optimizer.param_groups, state["param_groups"], strict=True):
        for name, value in group.items():
            if _is_number(value) and not (
                _is_number(values[name]) and values[name] == values[name]
            ):
                raise ValueError(f"{values[name]!r} as {name} of the optimizer")
    optimizer.load_state_dict(state)
