"""Model files in skops format, which hold data and names of types, and never code."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any
from warnings import warn

import sklearn.model_selection
import skops.io
from packaging.version import InvalidVersion, Version

from . import model_selection
from ._common.estimators import public_in
from ._common.files import replacing
from ._common.naming import errors_named
from ._common.sklearn_private import PASSTHROUGH_SCORER
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
RECORDED = ("sklearn-hpa", "scikit-learn", "skorch", "torch", "numpy", "skops")
VERSIONS = "sklearn_hpa_versions.json"


@public_in("sklearn_hpa")
def save(
    estimator: Any, path: str | os.PathLike[str], *, trusted: Iterable[str | type] = ()
) -> Path:
    """Write an estimator to a skops file.

    The file is written next to `path` and renamed at the end. If anything fails, an existing file
    stays whole.

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
    path = Path(path)
    trusted = _names(trusted)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"cannot save {path.name}: the folder {path.parent} does not exist")
    if not hasattr(estimator, "get_params"):
        raise TypeError(f"cannot save {path.name}: {estimator!r} is not an estimator")
    with replacing(path) as temporary:
        try:
            skops.io.dump(estimator, temporary)
            refused = _untrusted(temporary) - trusted
        except OSError:
            raise
        except Exception as error:
            raise TypeError(
                f"cannot save {path.name}: {_holders(estimator, trusted)} cannot be kept in a "
                "skops file, which takes no lambdas and no functions or classes defined inside "
                "a function"
            ) from error
        if refused:
            raise TypeError(
                f"cannot save {path.name}: {_holders(estimator, trusted)}. Pass trusted="
                f"{sorted(refused)!r} to `save` and to `load` if you trust these types"
            )
        with zipfile.ZipFile(temporary, "a") as archive:
            archive.writestr(VERSIONS, json.dumps(_versions(), indent=1))
    return path


@public_in("sklearn_hpa")
def load(path: str | os.PathLike[str], *, trusted: Iterable[str | type] = ()) -> Any:
    """Read an estimator from a skops file.

    The file contains no code. Types are looked up by name among the types of this library, of
    scikit-learn and its foundations, and of `trusted`. Any other type is refused before anything is
    built. A model that was trained on CUDA also loads on a machine without CUDA.

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
        If the file is not a skops file, or is damaged.
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
    with _damage_named(path):
        refused = _untrusted(path) - trusted
        recorded = _recorded_versions(path)
    if refused:
        raise TypeError(
            f"{path} holds types that are not trusted: {', '.join(sorted(refused))}. "
            "If you know where the file comes from, pass them as trusted="
        )
    _warn_of_other_versions(path, recorded)
    with _damage_named(path):
        return skops.io.load(path, trusted=sorted(KNOWN_TYPES | trusted))


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Name the file in any error about its content."""
    try:
        yield
    except (OSError, MemoryError, ImportError):
        with errors_named(path):
            raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ValueError(f"{path} is not a skops file, or is damaged ({reason})") from error


def _names(types: Iterable[str | type]) -> set[str]:
    if isinstance(types, str | type):
        types = [types]
    return {each if isinstance(each, str) else _full_name(each) for each in types}


def _untrusted(path: Path) -> set[str]:
    return set(skops.io.get_untrusted_types(file=path)) - KNOWN_TYPES


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


def _recorded_versions(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        if VERSIONS not in archive.namelist():
            return {}
        recorded = json.loads(archive.read(VERSIONS))
    return {name: str(recorded[name]) for name in RECORDED if name in dict(recorded)}


def _warn_of_other_versions(path: Path, recorded: dict[str, str]) -> None:
    here = _versions()
    differing = [
        f"{name} {then} (here {here[name]})"
        for name, then in recorded.items()
        if _public(then) != _public(here[name])
    ]
    if differing:
        warn(
            f"{path.name} was saved with {', '.join(differing)}: predictions may differ",
            UserWarning,
            stacklevel=3,
        )


def _public(text: str) -> str:
    """Return a version without its build: torch 2.13.0+cpu and 2.13.0+cu130 predict alike."""
    try:
        return Version(text).public
    except InvalidVersion:
        return text
