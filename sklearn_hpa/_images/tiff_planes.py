"""The planes that the metadata of a TIFF file declare: OME-XML, ImageJ, tifffile, microscopes."""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

from .._common.messages import plural
from .._common.naming import printable
from .formats import MAX_PLANES, Refused
from .ome import Declared, is_ome, ome_planes
from .stains import is_ambiguous, stain_of
from .tiff_lost import refuse_lost_pages
from .tiff_pages import NONE, Page, TiffFile, damaged

_IMAGEJ = re.compile(r"\AImageJ=|^(?:images|hyperstack)=", re.MULTILINE)
#: Axes that are taken for channels: C, samples, and axes without a name.
_CHANNEL_AXES = "CSQI"
_AXIS_NAMES = {"Z": "slices", "T": "times", "M": "mosaic tiles", "R": "scenes", "A": "angles"}
_AXIS_NAMES |= {"L": "lifetimes or wavelengths", "E": "exposures or energies", "P": "phases"}
_PAGE_NAME, _ASCII = 285, 2
#: Maximum number of characters of a description that can be a name.
_MAX_NAME = 60
_IMAGEJ_COUNTS, _IMAGEJ_DATA = 50838, 50839
_STK_PLANES, _LSM, _MICRO_MANAGER = 33629, 34412, 51123
#: Tags of microscope programs whose own metadata say what the pages are.
_PROGRAMS = {
    _STK_PLANES: "MetaMorph",
    34361: "FluoView",
    _LSM: "Zeiss LSM",
    _MICRO_MANAGER: "Micro-Manager",
}
_PROGRAM_TEXTS = {
    "scanimage": "ScanImage",
    "state.config": "ScanImage",
    "frameNumbers = ": "ScanImage",
    "<MetaData>": "MetaMorph",
    "Aperio ": "Aperio",
}


def declared_planes(file: TiffFile, pages: Sequence[Page]) -> Declared:
    """Return the planes that the file declares, after a check that it holds exactly these.

    Parameters
    ----------
    file : TiffFile
        The file.
    pages : sequence of Page
        Its pages of full size, which are all alike.
    """
    first = pages[0]
    texts = [file.text(tag, "ImageDescription") for tag in first.descriptions]
    for text in texts:
        if is_ome(text):
            height_width = first.height, first.width
            return ome_planes(text, len(pages), first.samples, height_width)
    for text in texts:
        if _IMAGEJ.search(text):
            return _imagej_planes(file, pages, text)
    _check_program(file, pages, texts)
    shaped = [(k, shape) for k, page in enumerate(pages) if (shape := _shape_of(file, page))]
    if shaped:
        return _shaped_planes(file, pages, shaped)
    refuse_lost_pages(file, first)
    rows_are_pages = first.samples == 1 and first.width <= MAX_PLANES < len(pages)
    names = None if rows_are_pages else _page_names(file, pages)
    return Declared(tuple(range(len(pages))), names, rows_are_pages=rows_are_pages)


def _page_names(file: TiffFile, pages: Sequence[Page]) -> tuple[str, ...] | None:
    """Return the names that the pages themselves have, if they are names of stains.

    A short description is a name only if each of several pages has another one.
    """
    names = tuple(printable(_page_name(file, page, len(pages) > 1)) for page in pages)
    differ = len(set(names)) == len(names)
    return names if differ and all(names) and any(map(_has_stain, names)) else None


def _page_name(file: TiffFile, page: Page, described: bool) -> str:
    if _PAGE_NAME in page.tags and page.tags[_PAGE_NAME].kind == _ASCII:
        return file.text(page.tags[_PAGE_NAME], "PageName").strip()
    for tag in page.descriptions:
        text = file.text(tag, "ImageDescription").strip()
        if "PerkinElmer-QPI" in text:
            name = re.search(r"<Name>([^<]*)</Name>", text)
            return name[1].strip() if name else ""
        if described and len(text) <= _MAX_NAME and "\n" not in text:
            return text
    return ""


def _in_one_page(file: TiffFile, page: Page, n_planes: int) -> Declared:
    """Return planes that follow each other after the pixels of the only page."""
    n_bytes = int(page.counts.sum())
    contiguous = bool((page.offsets[1:] == page.offsets[:-1] + page.counts[:-1]).all())
    if page.compression != NONE or not contiguous:
        raise damaged(f"declares {n_planes} planes, but has one page")
    if int(page.offsets[0]) + n_planes * n_bytes > file.size:
        n_whole = max((file.size - int(page.offsets[0])) // n_bytes, 0)
        raise damaged(f"declares {n_planes} planes, but holds {n_whole}")
    return Declared((0,) * n_planes, in_one_page=True)


# ---- ImageJ -------------------------------------------------------------------------------------


def _imagej_planes(file: TiffFile, pages: Sequence[Page], text: str) -> Declared:
    pairs = dict(re.findall(r"^(\w+)=([^\r\n]*)", text, re.MULTILINE))
    counts = {}
    for key in ("images", "channels", "slices", "frames"):
        value = pairs.get(key, "1").strip()
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) == 0:
            raise damaged(f"declares {key}={printable(value)} in its ImageJ metadata")
        counts[key] = int(value)
    product = counts["channels"] * counts["slices"] * counts["frames"]
    n_planes = counts["images"] if product == 1 else product
    if "images" in pairs and counts["images"] != n_planes:
        raise damaged(
            f"declares {counts['images']} images, but {product} of channels, slices and frames in"
            " its ImageJ metadata"
        )
    if len(pages) == n_planes:
        declared = Declared(tuple(range(n_planes)))
    elif len(pages) == 1:
        declared = _in_one_page(file, pages[0], n_planes)
    else:
        raise damaged(
            f"declares {plural(n_planes, 'plane')} in its ImageJ metadata, but has {len(pages)}"
            " pages"
        )
    stacked = [key for key in ("channels", "slices", "frames") if counts[key] > 1]
    if "frames" in stacked or len(stacked) > 1:
        found = ", ".join(f"{key}={counts[key]}" for key in stacked)
        raise Refused(
            f"is a stack of slices or frames by its ImageJ metadata ({found}), not only of stains;"
            " save one slice and one frame, or their projection"
        )
    remark = None
    if stacked == ["slices"]:
        remark = (
            f"is an ImageJ stack of {n_planes} slices (slices={n_planes}), which are read as"
            " stains. If they are one stain in several depths, save one slice or a projection. If"
            " they are stains, make them channels in ImageJ (Image > Hyperstacks > Stack to"
            " Hyperstack)"
        )
    names = _imagej_names(file, pages[0], n_planes)
    return declared._replace(names=names, remark=remark)


def _imagej_names(file: TiffFile, page: Page, n_planes: int) -> tuple[str, ...] | None:
    """Return the slice labels, or the channel names in the information of Bio-Formats."""
    parts = _imagej_parts(file, page)
    labels = tuple(map(printable, parts.get("labl", [])))
    found = [labels] if len(labels) == n_planes and any(labels) else []
    found += _names_in_information("\n".join(parts.get("info", [])), n_planes)
    with_stains = [names for names in found if any(map(_has_stain, names))]
    if len(with_stains) > 1:
        return tuple(map(_joined, zip(*with_stains, strict=True)))
    return next(iter([*with_stains, *found]), None)


def _names_in_information(information: str, n_planes: int) -> list[tuple[str, ...]]:
    """Return all series of names, one for each channel, from lines such as "Channel|Name #1 = x".

    Lines that differ only in the number of the channel are one series.
    """
    series: dict[str, dict[int, str]] = {}
    for line in information.splitlines():
        key, _, value = line.partition("=")
        key = key.strip().lower()
        number = re.search(r"[0-9]{1,3}$", key) or re.search(r"(?<=channel )[0-9]{1,3}", key)
        if number and "channel" in key and ("name" in key or "fluor" in key):
            kind = key[: number.start()] + key[number.end() :]
            series.setdefault(kind, {})[int(number[0])] = printable(value.strip())
    return [
        tuple(names[k] for k in sorted(names))
        for names in series.values()
        if len(names) == n_planes and max(names) - min(names) == n_planes - 1
    ]


def _has_stain(name: str) -> bool:
    return stain_of(name) is not None or is_ambiguous(name)


def _joined(names: Sequence[str]) -> str:
    """Return the surest of several names of a plane, or all of them if they contradict."""
    with_stains = [name for name in names if _has_stain(name)]
    channels = {stain.channel if (stain := stain_of(name)) else None for name in with_stains}
    if len(channels) > 1:
        return " / ".join(dict.fromkeys(with_stains))
    return max(with_stains or names[:1], key=lambda name: (stain_of(name) or ("",))[1:])


def _imagej_parts(file: TiffFile, page: Page) -> dict[str, list[str]]:
    """Return the texts in the metadata of ImageJ by their kind."""
    if _IMAGEJ_COUNTS not in page.tags or _IMAGEJ_DATA not in page.tags:
        return {}
    what = "ImageJ metadata"
    counts = file.integers(page.tags[_IMAGEJ_COUNTS], what).tolist()
    content = file.content(page.tags[_IMAGEJ_DATA], what)
    if not counts or sum(counts) > len(content) or counts[0] < 4:
        raise damaged(f"has {what} of the wrong size")
    order = "<" if content[:4] == b"JIJI" else ">"
    head, at = content[4 : counts[0]], counts[0]
    parts: dict[str, list[str]] = {}
    sizes = iter(counts[1:])
    for kind, number in struct.iter_unpack(f"{order}4sI", head[: len(head) // 8 * 8]):
        name = (kind[::-1] if order == "<" else kind).decode("latin-1")
        for _, n_bytes in zip(range(number), sizes, strict=False):
            text = content[at : at + n_bytes]
            at += n_bytes
            if name in ("labl", "info"):
                encoding = "utf-16-le" if order == "<" else "utf-16-be"
                parts.setdefault(name, []).append(text.decode(encoding, "replace"))
    return parts


# ---- tifffile -----------------------------------------------------------------------------------


class _Shape(NamedTuple):
    lengths: tuple[int, ...]
    axes: str | None
    in_one_page: bool
    metadata: dict[str, Any]


def _shape_of(file: TiffFile, page: Page) -> _Shape | None:
    """Return the shape of the array that tifffile wrote from this page on."""
    for tag in page.descriptions:
        text = file.text(tag, "ImageDescription")
        if text.startswith("{") and '"shape"' in text:
            return _json_shape(text)
        old = re.match(r"shape=\(([0-9, ]+)\)", text)
        if old:
            lengths = tuple(int(number) for number in re.findall(r"\d{1,9}", old[1]))
            return _Shape(lengths, None, False, {})
    return None


def _json_shape(text: str) -> _Shape:
    try:
        metadata = json.loads(text)
        lengths = tuple(metadata["shape"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged(f"has a description that cannot be parsed ({error})") from None
    if not lengths or not all(type(length) is int and 0 < length < 2**31 for length in lengths):
        raise damaged("declares an impossible shape in its description")
    axes = metadata.get("axes")
    if axes is not None and (not isinstance(axes, str) or len(axes) != len(lengths)):
        axes = None
    return _Shape(lengths, axes, metadata.get("truncated") is True, metadata)


def _shaped_planes(
    file: TiffFile, pages: Sequence[Page], shaped: list[tuple[int, _Shape]]
) -> Declared:
    first = pages[0]
    n_values = first.height * first.width * first.samples
    if shaped[0][0] != 0:
        raise damaged(f"has a description in page {shaped[0][0] + 1}, but none in page 1")
    ends = [k for k, _ in shaped[1:]] + [len(pages)]
    declared = Declared(tuple(range(len(pages))))
    for (start, shape), end in zip(shaped, ends, strict=True):
        n_planes, rest = divmod(math.prod(shape.lengths), n_values)
        if rest or n_planes == 0:
            raise damaged(
                f"declares the shape {shape.lengths}, but has pages of {first.height} x"
                f" {first.width} pixels"
            )
        if shape.in_one_page and len(pages) == 1:
            declared = _in_one_page(file, first, n_planes)
        elif n_planes != end - start:
            raise damaged(
                f"declares {plural(n_planes, 'plane')} (shape {shape.lengths}), but has"
                f" {plural(end - start, 'page')} for them"
            )
        _check_axes(shape, first)
    _, shape = shaped[0]
    kept = _kept_axes(shape) if shape.axes else ""
    rows_are_pages = (
        len(shaped) == 1
        and first.samples == 1
        and len(pages) > 1
        and (kept[:2] == "YX" if "Y" in kept else first.width <= MAX_PLANES < len(pages))
    )
    n_planes = first.width if rows_are_pages else len(declared.pages) * first.samples
    names = _names_in(shape.metadata, n_planes)
    return declared._replace(names=names, rows_are_pages=rows_are_pages)


def _kept_axes(shape: _Shape) -> str:
    pairs = zip(shape.axes or "", shape.lengths, strict=True)
    return "".join(axis for axis, length in pairs if length > 1 or axis in "YX")


def _check_axes(shape: _Shape, page: Page) -> None:
    n_axes = sum(length > 1 for length in shape.lengths)
    if n_axes - (page.height > 1) - (page.width > 1) > 1:
        raise Refused(
            f"has shape {shape.lengths}; an image has height, width and channels. Save one image"
        )
    for axis, length in zip(shape.axes or "", shape.lengths, strict=False):
        if length > 1 and axis not in _CHANNEL_AXES + "YX":
            what = _AXIS_NAMES.get(axis, "planes of an unknown axis")
            raise Refused(
                f"is a stack of {length} {what} (axis {printable(axis)} of its description), not of"
                " stains; save one of them, or a projection"
            )


def _names_in(metadata: dict[str, Any], n_planes: int) -> tuple[str, ...] | None:
    """Return the channel names that a program gave to tifffile with the array."""
    channel = metadata.get("Channel")
    found = [channel.get("Name")] if isinstance(channel, dict) else []
    keys = ("Labels", "channel_names", "channels", "Channels", "names")
    for names in (*found, *map(metadata.get, keys)):
        if isinstance(names, list) and len(names) == n_planes:
            if all(isinstance(name, str) for name in names) and any(names):
                return tuple(map(printable, names))
    return None


# ---- microscopes --------------------------------------------------------------------------------


def _check_program(file: TiffFile, pages: Sequence[Page], texts: list[str]) -> None:
    """Refuse several planes whose meaning only the program knows that wrote them."""
    first = pages[0]
    n_planes = len(pages)
    if _STK_PLANES in first.tags:
        n_planes = max(n_planes, first.tags[_STK_PLANES].n_values)
    if _LSM in first.tags:
        content = file.read(first.tags[_LSM].at, min(first.tags[_LSM].n_values, 28), "LSM metadata")
        if len(content) == 28:
            _, _, n_slices, n_channels, n_times = struct.unpack(f"{file.order}5i", content[8:])
            if n_channels != first.samples:
                raise damaged(
                    f"declares {n_channels} channels in its LSM metadata, but holds {first.samples}"
                )
            n_planes = max(n_planes, n_slices * n_times)
    if n_planes == 1:
        return
    programs = [name for code, name in _PROGRAMS.items() if code in first.tags]
    programs += [name for start, name in _PROGRAM_TEXTS.items() for text in texts if start in text]
    if programs:
        raise Refused(
            f"is a file of {programs[0]} with {n_planes} planes, which may be stains, slices or"
            " times; save it as OME-TIFF, with a channel for each stain"
        )
