"""The planes that the OME-XML of a TIFF file declares.

An OME-XML may describe several files. Only the planes of this file are of interest: no other file
is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from .._common.messages import first_dozen, plural
from .._common.naming import printable
from .formats import Refused
from .stains import is_ambiguous, stain_of
from .tiff_pages import damaged

_MAX_CHARACTERS = 2**23
#: Limit for the number of start tags and end tags.
_MAX_TAGS = 2**17
#: Names that programs give to channels without a name.
_NUMBERED = re.compile(r"(?:ch|channel|c)?[\s_:#-]*\d*(?:/\d+)?", re.IGNORECASE)


class Declared(NamedTuple):
    """The planes that the metadata of a file declare.

    Attributes
    ----------
    pages : sequence of int
        The index of the page of each plane.
    names : tuple of str, or None
        The channel name of each plane, or None if no plane has a name.
    siblings : tuple of str
        Files that hold the other planes of the image.
    remark : str or None
        A doubt about the meaning of the planes; see `Header`.
    in_one_page : bool
        True if the planes follow each other after the pixels of the only page.
    rows_are_pages : bool
        True if page k holds row k of all planes.
    """

    pages: tuple[int, ...]
    names: tuple[str, ...] | None = None
    siblings: tuple[str, ...] = ()
    remark: str | None = None
    in_one_page: bool = False
    rows_are_pages: bool = False


class _Block(NamedTuple):
    """Planes in consecutive pages of one file."""

    page: int
    n_planes: int | None
    first: dict[str, int]
    file: str | None
    uuid: str | None


def is_ome(description: str) -> bool:
    """Tell whether a description is OME-XML, possibly a damaged one."""
    start = description.lstrip("\ufeff \r\n\t")[:1]
    return start == "<" and ("<OME" in description or "openmicroscopy.org" in description.lower())


def ome_planes(
    description: str, n_pages: int, samples: int, height_width: tuple[int, int]
) -> Declared:
    """Return the planes of this file.

    Parameters
    ----------
    description : str
        The OME-XML.
    n_pages, samples : int
        The number of pages of the file, and of samples of each pixel.
    height_width : (int, int)
        The size of each page.

    Raises
    ------
    Refused
        If the OME-XML is damaged or declares other planes than the file holds, or if it declares
        several images, slices or times.
    """
    root = _parse(description)
    only = next(_children(root, "BinaryOnly"), None)
    if only is not None:
        name = printable(only.get("MetadataFile", "an OME-XML file"))
        return Declared(tuple(range(n_pages)), siblings=(name,))
    images = list(_children(root, "Image"))
    blocks = {
        k: [_block(element) for element in image.iter() if _name(element) == "TiffData"]
        for k, image in enumerate(images)
    }
    own_name, siblings = _own_file(root, [block for found in blocks.values() for block in found])
    own = {
        k: [block for block in found if block.file is None or block.file == own_name]
        for k, found in blocks.items()
    }
    here = [k for k in own if own[k]] or ([0] if len(images) == 1 and not siblings else [])
    if not here and siblings:
        return Declared(tuple(range(n_pages)), siblings=siblings)
    if len(here) != 1:
        if not images:
            raise damaged("holds no image by its OME-XML")
        titles = first_dozen(printable(image.get("Name") or "without a name") for image in images)
        raise Refused(
            f"holds {plural(len(here or images), 'image')} by its OME-XML ({titles}); keep one"
        )
    image = images[here[0]]
    sizes = _sizes(image, samples, height_width)
    positions = _positions(own[here[0]], sizes, n_pages, whole=not blocks[here[0]])
    complete = len(positions) == sizes["C"] * sizes["Z"] * sizes["T"]
    if not complete and not siblings:
        raise damaged(
            f"declares {_counted(sizes)} in its OME-XML, but pages for"
            f" {plural(len(positions), 'plane')}"
        )
    if len(positions) != n_pages:
        raise damaged(
            f"holds {plural(n_pages, 'page')}, but its OME-XML declares {len(positions)}"
            f" ({_counted(sizes)})"
        )
    for axis, what in (("Z", "slices"), ("T", "times")):
        n_steps = len({position[axis] for position in positions.values()})
        if n_steps > 1:
            raise Refused(
                f"is a stack of {n_steps} {what} (axis {axis} of its OME-XML), not of stains; save"
                f" one of the {what}, or their projection"
            )
    by_channel = sorted(positions, key=lambda page: positions[page]["C"])
    channels = [positions[page]["C"] for page in by_channel]
    names_of_all = _channel_names(image)
    names = tuple(names_of_all[c] if c < len(names_of_all) else "" for c in channels)
    return Declared(
        tuple(by_channel),
        names if any(names) and samples == 1 else None,
        () if complete else siblings,
    )


def _parse(description: str) -> ElementTree.Element:
    if len(description) > _MAX_CHARACTERS:
        raise Refused(f"holds OME-XML of more than {_MAX_CHARACTERS} characters")
    if description.count("<") > _MAX_TAGS:
        raise Refused(f"holds OME-XML of more than {_MAX_TAGS} tags; keep the planes of one image")
    if "<!DOCTYPE" in description or "<!ENTITY" in description:
        raise Refused("holds OME-XML that defines entities, which no OME-XML does; it is not read")
    try:
        root = ElementTree.fromstring(description.strip("\ufeff \r\n\t"))
    except (ElementTree.ParseError, ValueError) as error:
        raise damaged(f"holds OME-XML that cannot be parsed ({error})") from None
    if _name(root) != "OME":
        raise damaged(f"holds OME-XML that starts with {printable(_name(root))!r}")
    return root


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _children(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (child for child in element if _name(child) == name)


def _number(element: ElementTree.Element, name: str, default: int) -> int:
    text = element.get(name, str(default)).strip()
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise damaged(f"has {name}={printable(text)!r} in its OME-XML")
    return int(text)


def _block(element: ElementTree.Element) -> _Block:
    count = "NumPlanes" if "NumPlanes" in element.attrib else "PlaneCount"
    n_planes = 1 if "IFD" in element.attrib else None
    if count in element.attrib:
        n_planes = _number(element, count, 1)
    uuid = next(_children(element, "UUID"), None)
    return _Block(
        _number(element, "IFD", 0),
        n_planes,
        {axis: _number(element, f"First{axis}", 0) for axis in "CZT"},
        None if uuid is None else uuid.get("FileName") or (uuid.text or "").strip(),
        None if uuid is None else (uuid.text or "").strip(),
    )


def _own_file(
    root: ElementTree.Element, blocks: list[_Block]
) -> tuple[str | None, tuple[str, ...]]:
    """Return the name of this file and the names of the others, as the OME-XML spells them."""
    uuid = root.get("UUID", "").strip()
    files = {block.file: block.uuid for block in blocks if block.file}
    own = [name for name in files if files[name] == uuid] if uuid else list(files)
    if len(own) > 1:
        own = []
    others = [printable(name) for name in files if name not in own]
    return (own[0] if own else None), tuple(others)


def _sizes(
    image: ElementTree.Element, samples: int, height_width: tuple[int, int]
) -> dict[str, int]:
    pixels = next(_children(image, "Pixels"), None)
    if pixels is None:
        raise damaged("has no Pixels in its OME-XML")
    declared = _number(pixels, "SizeY", 0), _number(pixels, "SizeX", 0)
    if declared != height_width:
        raise damaged(
            f"declares {declared[0]} x {declared[1]} pixels in its OME-XML, but holds"
            f" {height_width[0]} x {height_width[1]}"
        )
    n_channels = _number(pixels, "SizeC", 1)
    if n_channels % samples or (samples > 1 and n_channels > samples):
        raise Refused(
            f"declares {n_channels} channels in its OME-XML, in pages of {samples} samples; save"
            " each channel in a page of its own"
        )
    sizes = {"C": n_channels // samples, "Z": _number(pixels, "SizeZ", 1)}
    sizes["T"] = _number(pixels, "SizeT", 1)
    if 0 in sizes.values():
        raise damaged(f"declares {_counted(sizes)} in its OME-XML")
    # Python keeps the order of keys.
    axes = pixels.get("DimensionOrder", "XYCZT")[2:]
    if sorted(axes) != ["C", "T", "Z"]:
        raise damaged(f"has DimensionOrder={printable(axes)!r} in its OME-XML")
    return {axis: sizes[axis] for axis in axes}


def _counted(sizes: dict[str, int]) -> str:
    words = {"C": "channel", "Z": "slice", "T": "time"}
    return " x ".join(plural(sizes[axis], words[axis]) for axis in "CZT")


def _positions(
    blocks: list[_Block], sizes: dict[str, int], n_pages: int, *, whole: bool
) -> dict[int, dict[str, int]]:
    """Return the position in C, Z and T of each page of this file."""
    n_all = sizes["C"] * sizes["Z"] * sizes["T"]
    if whole:
        blocks = [_Block(0, None, dict.fromkeys("CZT", 0), None, None)]
    positions: dict[int, dict[str, int]] = {}
    taken: set[int] = set()
    for block in blocks:
        start, step = 0, 1
        for axis, size in sizes.items():
            if block.first[axis] >= size:
                raise damaged(f"has First{axis}={block.first[axis]} of {size} in its OME-XML")
            start += step * block.first[axis]
            step *= size
        n_planes = n_all - start if block.n_planes is None else block.n_planes
        if start + n_planes > n_all or block.page + n_planes > n_pages:
            raise damaged(
                f"holds {plural(n_pages, 'page')}, but its OME-XML declares page"
                f" {block.page + n_planes} ({_counted(sizes)})"
            )
        for k in range(n_planes):
            page, index = block.page + k, start + k
            if page in positions or index in taken:
                raise damaged(f"has page {page + 1} twice in its OME-XML")
            taken.add(index)
            positions[page] = {}
            for axis, size in sizes.items():
                index, positions[page][axis] = divmod(index, size)
    return positions


def _channel_names(image: ElementTree.Element) -> list[str]:
    """Return the name of each channel, with the fluorophore if the name has no stain.

    The fluorophore follows in parentheses, or is the name if the channel has none of its own.
    """
    channels = [
        element for element in image.iter() if _name(element) in ("Channel", "LogicalChannel")
    ]
    names = []
    for channel in channels:
        name, fluor = (printable(channel.get(key, "").strip()) for key in ("Name", "Fluor"))
        if fluor and _NUMBERED.fullmatch(name):
            name = fluor
        elif fluor and not stain_of(name) and not is_ambiguous(name):
            name = f"{name} ({fluor})"
        names.append(name)
    return names
