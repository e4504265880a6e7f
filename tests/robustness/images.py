"""Damaged image files: refused with their names, or read as independent decoders read them."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import zlib
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sklearn_hpa._images.decoding import decode_file

from . import png_files, tiff_files
from .children import supervise
from .mutations import mutate
from .promises import Promise, none_of

SECONDS = 10
_JUDGED = ("png", "tif")


class Mutant(NamedTuple):
    """A damaged file: the name of the original, the kind of the damage, the bytes."""

    original: str
    damage: str
    content: bytes


def originals() -> dict[str, bytes]:
    """Return the undamaged files, by names that end in the extension of their format."""
    tiffs = {f"{name}.tif": content for name, content in tiff_files.originals().items()}
    return png_files.originals() | tiffs


def mutants(seed: int, count: int) -> list[Mutant]:
    """Return damaged files; each original is used equally often."""
    rng = np.random.default_rng(seed)
    files = list(originals().items())
    made = []
    for number in range(count):
        name, content = files[number % len(files)]
        damage, damaged = mutate(rng, content)
        made.append(Mutant(name, damage, damaged))
    return made


def check(seed: int, count: int, jobs: int = 2) -> list[Promise]:
    """Read `count` damaged files, and return the promises about them."""
    files = originals()
    made = mutants(seed, count)
    fates: dict[str, list[str]] = {
        fate: [] for fate in ("crash", "hang", "unnamed", "stderr", "wrong", "unjudged")
    }
    totals: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        known = {name: _pixels(folder, name, content) for name, content in files.items()}
        trusted = {name: _trusted_oracles(name, files[name], known[name]) for name in files}

        def work(mutant: Mutant) -> tuple[str, str]:
            return _fate(folder, mutant, known[mutant.original], trusted[mutant.original])

        for position, outcome in supervise(work, made, seconds=SECONDS, jobs=jobs):
            mutant = made[position]
            fate, text = (
                outcome.result
                if outcome.fate == "done"
                else (outcome.fate, f"exit code {outcome.result}")
            )
            totals[fate] += 1
            if fate in fates:
                fates[fate].append(f"{mutant.original} {position} ({mutant.damage}): {text}")
    judged = [case for case in fates["wrong"] if _format_of(case.split()[0]) in _JUDGED]
    jpeg = [case for case in fates["wrong"] if _format_of(case.split()[0]) not in _JUDGED]
    n_jpeg = sum(_format_of(mutant.original) not in _JUDGED for mutant in made)
    return [
        none_of("damaged images: crashes", fates["crash"], count),
        none_of(f"damaged images: more than {SECONDS} s", fates["hang"], count),
        none_of("damaged images: errors without the file", fates["unnamed"], count),
        none_of("damaged images: output on stderr", fates["stderr"], count),
        none_of("damaged PNG and TIFF: silently wrong", judged, count - n_jpeg),
        Promise("damaged images: refused by name", f"{totals['refused']} of {count}"),
        Promise("damaged images: read unchanged", f"{totals['unchanged']} of {count}"),
        Promise("damaged TIFF: as OpenCV or libtiff reads", f"{totals['agreed']} of {count}"),
        Promise("damaged TIFF: read, no decoder to compare", f"{totals['unjudged']} of {count}"),
        Promise("damaged JPEG: read with other pixels", f"{len(jpeg)} of {n_jpeg}"),
    ]


def _format_of(name: str) -> str:
    """Return "png", "tif" or, for data without a checksum in JPEG files and in TIFF, "jpg".

    A gzipped file counts as the file inside.
    """
    if name.startswith("jpeg"):
        return "jpg"
    parts = name.removesuffix(".gz").rsplit(".", 1)
    return {"tiff": "tif", "jpeg": "jpg"}.get(parts[-1], parts[-1])


def _pixels(folder: str, name: str, content: bytes) -> np.ndarray:
    path = Path(folder, f"{os.getpid()}-{zlib.crc32(name.encode()):08x}.{_extension(name)}")
    path.write_bytes(content)
    return decode_file(path).pixels


def _extension(name: str) -> str:
    return name.split(".", 1)[1] if "." in name else "bin"


def _fate(folder: str, mutant: Mutant, known: np.ndarray, trusted: list[Any]) -> tuple[str, str]:
    path = Path(folder, f"{os.getpid()}.{_extension(mutant.original)}")
    path.write_bytes(mutant.content)
    with _stderr_of_everything() as written:
        try:
            pixels = decode_file(path).pixels
            fate, text = "read", ""
        except (ValueError, TypeError, OSError) as error:
            fate, text = "refused", str(error)
        except Exception as error:  # any other error is a finding
            fate, text = "unnamed", f"{type(error).__name__}: {error}"
        output = written()
    if output:
        return "stderr", output[-200:]
    if fate == "unnamed" or (fate == "refused" and path.name not in text):
        return "unnamed", text[:200]
    if fate == "refused":
        return fate, ""
    if _alike(pixels, known):
        return "unchanged", ""
    if _format_of(mutant.original) != "tif":
        return "wrong", f"shape {pixels.shape}, {_difference(pixels, known)}"
    if not trusted:
        return "unjudged", ""
    readings = [oracle(mutant.content) for oracle in trusted]
    if any(reading is not None and _alike(reading, pixels) for reading in readings):
        return "agreed", ""
    shapes = [None if reading is None else reading.shape for reading in readings]
    return "wrong", f"shape {pixels.shape}, {_difference(pixels, known)}; others read {shapes}"


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    if np.bool_ in (one.dtype, other.dtype):  # OpenCV reads white as 255
        one, other = one > 0, other > 0
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def _difference(one: np.ndarray, other: np.ndarray) -> str:
    if one.shape != other.shape:
        return f"expected {other.shape}"
    return f"{int((one != other).sum())} of {one.size} values differ"


@contextlib.contextmanager
def _stderr_of_everything() -> Any:
    """Yield a function that returns the text on stderr of Python and of C libraries."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)

        def text() -> str:
            file.seek(0)
            return file.read().decode(errors="replace")

        try:
            yield text
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


# ---- independent decoders -------------------------------------------------------------------


def _trusted_oracles(name: str, content: bytes, known: np.ndarray) -> list[Any]:
    """Return the independent decoders that read the undamaged file as this library does."""
    if _format_of(name) != "tif":
        return []
    found = []
    for oracle in (_opencv, _libtiff):
        with contextlib.suppress(ImportError):
            reading = oracle(content)
            if reading is not None and _alike(reading, known):
                found.append(oracle)
    return found


def _opencv(content: bytes) -> np.ndarray | None:
    import cv2

    cv2.utils.logging.setLogLevel(0)
    try:
        whole, pages = cv2.imdecodemulti(_ungzipped(content), cv2.IMREAD_UNCHANGED)
    except Exception:
        return None
    if not whole or not pages:
        return None
    if len(pages) == 1:
        page = pages[0]
        return np.asarray(page if page.ndim == 2 else page[..., ::-1])
    return np.stack(pages, axis=-1) if len({page.shape for page in pages}) == 1 else None


def _libtiff(content: bytes) -> np.ndarray | None:
    import imagecodecs

    try:
        pages = imagecodecs.tiff_decode(_ungzipped(content).tobytes(), index=None)
    except Exception:
        return None
    if pages.ndim == 2 or pages.shape[-1] in (3, 4):
        return pages
    return np.moveaxis(pages, 0, -1) if pages.ndim == 3 else None


def _ungzipped(content: bytes) -> np.ndarray:
    if content.startswith(b"\x1f\x8b"):
        content = zlib.decompress(content, wbits=31)
    return np.frombuffer(content, np.uint8)
