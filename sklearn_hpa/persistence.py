"""Model files in skops format, which hold data and names of types, and never code."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np
import sklearn.model_selection
import skops.io
from packaging.version import InvalidVersion, Version

from . import model_selection
from ._common.archives import bounded_archive
from ._common.caller import warn_caller
from ._common.estimators import parts_of, public_in
from ._common.files import replacing
from ._common.fit_tasks import without_callbacks
from ._common.messages import first_dozen, shortened
from ._common.naming import errors_named
from ._common.sklearn_private import PASSTHROUGH_SCORER
from ._common.skops_schema import Summary, check_schema
from .metrics import METRICS, SCORERS


def _full_name(each: Any) -> str:
    return f"{each.__module__}.{each.__qualname__}"


#: Types that a model file may hold in addition to the types that skops trusts. They are data and
#: run nothing when they are loaded. All public estimators are among them.
KNOWN_TYPES = {
    *(f"{__package__}.{name}" for name in import_module(__package__)._PUBLIC if name[0].isupper()),
    *(
        f"{model_selection.__name__}.{name}"
        for name in model_selection.__all__
        if name[0].isupper()
    ),
    *(_full_name(metric.function) for metric in METRICS),
    *(_full_name(type(scorer)) for scorer in SCORERS.values()),
    "sklearn_hpa._labels.LabelSets",
    "sklearn_hpa.callbacks.Checkpoint",
    "sklearn_hpa.callbacks.EpochScores",
    "sklearn_hpa.meta_estimators.IsotonicCalibrator",
    "sklearn_hpa.meta_estimators.SigmoidCalibrator",
    "sklearn_hpa.neural_network.TrainedNetwork",
    PASSTHROUGH_SCORER,
    *(
        _full_name(splitter)
        for splitter in vars(sklearn.model_selection).values()
        if isinstance(splitter, type) and hasattr(splitter, "get_n_splits")
    ),
}
#: Types that skops trusts and calls with numbers of the file: these can ask for any amount of work.
UNBOUNDED_TYPES = {"numpy.void", "numpy.random._generator.Generator"}
RECORDED = ("sklearn-hpa", "scikit-learn", "skorch", "torch", "numpy", "skops")
VERSIONS = "sklearn_hpa_versions.json"
_MOST_OF_VERSIONS = 10_000
#: The record of a training that the command line makes, and its most bytes.
TRAINING = "sklearn_hpa_training.json"
MOST_OF_TRAINING = 1_000_000


@public_in("sklearn_hpa")
def save(
    estimator: Any, path: str | os.PathLike[str], *, trusted: Iterable[str | type] = ()
) -> Path:
    """Write an estimator to a skops file.

    The file is written next to `path` and renamed at the end. If anything fails, an existing file
    stays whole. Callbacks of scikit-learn, set by ``set_callbacks``, are not written: they show or
    record one fit.

    Parameters
    ----------
    estimator : estimator
        Fitted or unfitted estimator of this library, of scikit-learn, or composed of both.
    path : str or path-like
        Model file to write, by convention ``.skops``.
    trusted : iterable of str or type, default=()
        Further types that the estimator may hold, or their full names, such as a callback or a
        torch module. Types of this library and of scikit-learn are known. `load` needs the same
        types. skops does not trust the trees of scikit-learn's forests, because the file determines
        which memory they read.

    Returns
    -------
    path : Path
        Path of the model file.

    Raises
    ------
    TypeError
        If the estimator holds a type that is neither trusted nor known. The message names the type
        and the parameter that holds it.
    ValueError
        If `load` would refuse the file, because the estimator has too many parts or a fitted state
        that cannot be right.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> from sklearn_hpa import HPAPipeline, load, save
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = save(HPAPipeline(), f"{folder}/model.skops")
    ...     load(path).images.size
    64
    """
    return _save(estimator, Path(path), _names(trusted), {})


def save_recorded(estimator: Any, path: str | os.PathLike[str], record: Mapping[str, Any]) -> Path:
    """Write an estimator to a skops file as `save` does, with a record of its training.

    Parameters
    ----------
    estimator : estimator
    path : str or path-like
    record : mapping of str to plain data
        Anything that JSON can hold, in up to 1 MB. `read_record` returns it. It is no part of the
        estimator: an estimator that is loaded and saved again has none.
    """
    text = json.dumps(record, indent=1, allow_nan=False)
    return _save(estimator, Path(path), set(), {TRAINING: text})


def read_record(path: str | os.PathLike[str]) -> tuple[dict[str, str], dict[str, Any] | None]:
    """Return the versions of the libraries in a model file, and the record of its training.

    No estimator is built. Texts have escapes for control characters, and are cut if they are long.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is not a skops file, or is damaged.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no model at {path}")
    with open(path, "rb") as file, _damage_named(path):
        _check_file(file)
        versions = _recorded_versions(file)
        content = _read_member(file, TRAINING, MOST_OF_TRAINING)
        if content is None:
            return versions, None
        record = json.loads(content)
        if not isinstance(record, dict):
            raise ValueError(f"{TRAINING} is no record")
        return versions, _shown_record(record)


def _shown_record(value: Any, depth: int = 6) -> Any:
    """Return plain data of a file as it can be shown."""
    if depth == 0:
        raise ValueError(f"{TRAINING} is nested too deep")
    if isinstance(value, str):
        return shortened(value)
    if isinstance(value, dict):
        items = value.items()
        return {
            shortened(name, longest=100): _shown_record(each, depth - 1) for name, each in items
        }
    if isinstance(value, list):
        return [_shown_record(each, depth - 1) for each in value]
    return value


def _save(estimator: Any, path: Path, trusted: set[str], members: Mapping[str, str]) -> Path:
    if not path.parent.is_dir():
        raise FileNotFoundError(f"cannot save {path.name}: the folder {path.parent} does not exist")
    if not hasattr(estimator, "get_params"):
        raise TypeError(f"cannot save {path.name}: {estimator!r} is not an estimator")
    with without_callbacks(estimator), replacing(path) as temporary:
        try:
            _check_parts(estimator)
        except ValueError as error:
            raise ValueError(f"cannot save {path.name}: {error}") from error
        try:
            skops.io.dump(estimator, temporary)
        except OSError:
            raise
        except Exception as error:
            raise TypeError(
                f"cannot save {path.name}: {_holders(estimator, trusted)} cannot be kept in a "
                "skops file, which takes no lambdas and no functions or classes defined inside "
                "a function"
            ) from error
        try:
            with open(temporary, "rb") as file:
                refused = _untrusted(file, _check_file(file)) - trusted
        except ValueError as error:
            raise ValueError(f"cannot save {path.name}: {error}") from error
        if refused:
            raise TypeError(
                f"cannot save {path.name}: {_holders(estimator, trusted)}. Pass trusted="
                f"{sorted(refused)!r} to `save` and to `load` if you trust these types"
            )
        with zipfile.ZipFile(temporary, "a") as archive:
            archive.writestr(VERSIONS, json.dumps(_versions(), indent=1))
            for name, text in members.items():
                archive.writestr(name, text)
    return path


@public_in("sklearn_hpa")
def load(path: str | os.PathLike[str], *, trusted: Iterable[str | type] = ()) -> Any:
    """Read an estimator from a skops file.

    The file contains no code. Types are looked up by name among the types of this library, of
    scikit-learn and its foundations, and of `trusted`. Any other type is refused before anything is
    built, and so is a file that would take far more memory than its own size, or whose weights do
    not fit its architecture. A model that was trained on CUDA also loads on a machine without CUDA.

    Parameters
    ----------
    path : str or path-like
        Model file written by `save`.
    trusted : iterable of str or type, default=()
        Further types to accept, or their full names.

    Returns
    -------
    estimator : estimator
        Loaded estimator.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is not a skops file, or is damaged: weights that are not finite or have another
        shape than the architecture, another number of label names than of outputs, compressed
        content that unpacks to 128 MiB more than the file itself, and the like.
    TypeError
        If the file holds types that are not trusted; the message names them.

    Warns
    -----
    UserWarning
        If the file was written with other versions of the libraries.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn_hpa import ImageFlattener, load, save
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save(ImageFlattener(size=32), os.path.join(folder, "flattener.skops"))
    ...     load(path)
    ImageFlattener(size=32)
    """
    path = Path(path)
    trusted = _names(trusted)
    if not path.is_file():
        raise FileNotFoundError(f"no model at {path}")
    with open(path, "rb") as file:
        with _damage_named(path):
            summary = _check_file(file)
            refused = _untrusted(file, summary) - trusted
            recorded = _recorded_versions(file)
        if refused:
            raise TypeError(
                f"{path} holds types that are not trusted: {_shown(refused)}. "
                "If you know where the file comes from, pass them as trusted="
            )
        _warn_of_other_versions(path, recorded)
        with _damage_named(path):
            # A short list, because skops copies it to each object.
            found = skops.io.load(file, trusted=sorted(summary.types & (KNOWN_TYPES | trusted)))
            _check_parts(found)
            return found


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Name the file in any error about its content."""
    try:
        yield
    except (OSError, MemoryError):
        with errors_named(path):
            raise
    except ImportError as error:
        raise ImportError(f"{path} cannot be loaded: {shortened(error)}") from error
    except Exception as error:
        reason = shortened(f"{type(error).__name__}: {error}")
        raise ValueError(f"{path} is not a skops file, or is damaged ({reason})") from error


def _check_file(file: BinaryIO) -> Summary:
    """Check the size of everything in a skops file, without unpacking or building anything."""
    n_bytes = os.fstat(file.fileno()).st_size
    with bounded_archive(file, n_bytes) as archive:
        return check_schema(archive, n_bytes)


def _check_parts(model: Any) -> None:
    """Check the fitted state of a model and of everything in it.

    A class whose fitted state has parts that must fit each other has a method ``_check_fitted``,
    which raises a ValueError.
    """
    for part in parts_of(model):
        if hasattr(type(part), "_check_fitted"):
            try:
                part._check_fitted()
            except Exception as error:
                _refuse(part, error)
        elif isinstance(part, np.random.RandomState):
            # NumPy reads the state at this position without a check.
            if not 0 <= part.get_state(legacy=False)["state"]["pos"] <= 624:
                raise ValueError("a RandomState has a position that is not in its state")


def _refuse(part: Any, error: Exception) -> NoReturn:
    name = type(part).__name__
    kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
    raise ValueError(f"its {name} cannot be right: {kind}{error}") from error


def _shown(types: Iterable[str]) -> str:
    """Return names of types of a file as they can be shown."""
    return first_dozen(shortened(name, longest=100) for name in sorted(types))


def _names(types: Iterable[str | type]) -> set[str]:
    if isinstance(types, str | type):
        types = [types]
    return {each if isinstance(each, str) else _full_name(each) for each in types}


def _untrusted(file: BinaryIO, summary: Summary) -> set[str]:
    """Return the types that are not trusted, with those that may be restored but not called."""
    untrusted = set(skops.io.get_untrusted_types(file=file)) - KNOWN_TYPES
    return untrusted | summary.called & (KNOWN_TYPES | UNBOUNDED_TYPES)


def _holders(estimator: Any, trusted: set[str]) -> str:
    """Return the parameters that hold types that may not be saved."""
    found = []
    for name, value in estimator.get_params(deep=True).items():
        try:
            types = set(skops.io.get_untrusted_types(data=skops.io.dumps(value)))
        except Exception:
            if not hasattr(value, "get_params"):
                found.append(f"{name}={value!r}")
            continue
        if hasattr(value, "get_params"):
            types &= {_full_name(type(value))}
        refused = types - KNOWN_TYPES - trusted
        if refused:
            found.append(f"{name} holds {', '.join(sorted(refused))}")
    return "; ".join(found) or "the estimator's fitted state"


def _versions() -> dict[str, str]:
    return {name: version(name) for name in RECORDED}


def _recorded_versions(file: BinaryIO) -> dict[str, str]:
    content = _read_member(file, VERSIONS, _MOST_OF_VERSIONS)
    if content is None:
        return {}
    recorded = json.loads(content)
    return {
        name: shortened(recorded[name], longest=40) for name in RECORDED if name in dict(recorded)
    }


def _read_member(file: BinaryIO, name: str, longest: int) -> bytes | None:
    """Return the content of a member of a checked archive, or None."""
    with zipfile.ZipFile(file) as archive:
        if name not in archive.namelist():
            return None
        if archive.getinfo(name).file_size > longest:
            raise ValueError(f"{name} is longer than {longest} bytes")
        return archive.read(name)


def _warn_of_other_versions(path: Path, recorded: dict[str, str]) -> None:
    here = _versions()
    differing = [
        f"{name} {then} (here {here[name]})"
        for name, then in recorded.items()
        if _public(then) != _public(here[name])
    ]
    if differing:
        warn_caller(f"{path.name} was saved with {', '.join(differing)}: predictions may differ")


def _public(text: str) -> str:
    """Return a version without its build: torch 2.13.0+cpu and 2.13.0+cu130 predict alike."""
    try:
        return Version(text).public
    except InvalidVersion:
        return text
