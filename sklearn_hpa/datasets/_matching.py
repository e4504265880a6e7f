"""Matching of written Ids, such as file names and paths, to the Ids of images."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from .._common.messages import first_dozen, plural
from .._common.naming import printable
from ._file_names import composite_of, id_key, last_colour, parse_name, without_size
from ._folder import FolderNames

#: A number without its last digits, as Excel shows it.
_SHORTENED = re.compile(r"[0-9][.,][0-9]+E[+][0-9]+")
_WHOLE_NUMBER = re.compile(r"([0-9]+)(?:\.0*)?")


class MatchedIds(NamedTuple):
    """Ids of images for written Ids.

    Attributes
    ----------
    ids : list of str
        For each written Id, the Id of its image; the written Id if it has none.
    notes : list of str
        What a reader should check, for a warning.
    """

    ids: list[str]
    notes: list[str]


class _Candidate(NamedTuple):
    Id: str
    common: int
    parents: tuple[str, ...]


def match_ids(ids: Sequence[str], found: FolderNames, origin: str) -> MatchedIds:
    """Return the Id of the image that each written Id means.

    An Id of the folder is itself. Another Id may be the name of a file of the image, or a path of
    which the end is the path of the image. A path in another sub-folder is another image. A whole
    number may lack the leading zeros of the Id.

    Parameters
    ----------
    ids : sequence of str
        The written Ids.
    found : FolderNames
        The files of the folder.
    origin : str
        The origin of the Ids, such as "of train.csv", in messages.

    Raises
    ------
    ValueError
        If a written Id fits several images, or the same image fits several paths.
    """
    known = found.possible_ids | {id_key(Id) for Id in found.unreadable}
    others = [Id for Id in dict.fromkeys(ids) if id_key(Id) not in known]
    if not others:
        return MatchedIds(list(ids), [])
    by_name = _by_name(known)
    parents = tuple(found.folder.parts)
    matched: dict[str, _Candidate] = {}
    ambiguous: dict[str, list[str]] = {}
    for written in others:
        candidates = _best(written, by_name, found, parents)
        if len(candidates) == 1:
            matched[written] = candidates[0]
        elif candidates:
            ambiguous[written] = [candidate.Id for candidate in candidates]
    _leave_to_nearest(matched)
    by_number = {} if len(matched) == len(others) else _by_number(known)
    numbered: dict[str, str] = {}
    for written in others:
        number = _WHOLE_NUMBER.fullmatch(written)
        if number and written not in matched and written not in ambiguous:
            fitting = by_number.get(int(number[1]), [])
            if len(fitting) == 1:
                numbered[written] = fitting[0]
            elif fitting:
                ambiguous[written] = fitting
    if ambiguous:
        shown = [
            f"{printable(written)!r} ({first_dozen(map(printable, sorted(fitting)))})"
            for written, fitting in ambiguous.items()
        ]
        raise ValueError(
            f"{plural(ambiguous, 'Id')} {origin} may mean several images of"
            f" {printable(found.folder)}: {first_dozen(shown)}. Write the Id of one image"
        )
    _refuse_shared(matched, origin)
    new = {written: candidate.Id for written, candidate in matched.items()} | numbered
    notes = []
    alone = {Id: each.Id for Id, each in matched.items() if each.parents and not each.common}
    for fitting_by, pairs in (
        ("file name alone, because the folders differ", alone),
        ("number, because a spreadsheet may have changed them", numbered),
    ):
        if pairs:
            examples = [f"{a!r} to {b!r}" for a, b in pairs.items()]
            notes.append(
                f"{plural(pairs, 'Id')} {origin} matched to images by {fitting_by}:"
                f" {first_dozen(map(printable, examples))}"
            )
    return MatchedIds([new.get(Id, Id) for Id in ids], notes)


def are_related(ids: Iterable[str], known: set[str]) -> bool:
    """Tell whether any of the written Ids may be an image, by its name.

    Examples
    --------
    >>> are_related(["plate1/a_green.png"], {"a"}), are_related(["b"], {"a"})
    (True, False)
    """
    names = known | set(_by_name(known))
    return any(
        id_key(Id) in names or any(base in names for base in _bases(_parts(Id)[-1:])) for Id in ids
    )


def near_ids(ids: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Explain, for each written Id without an image where it is possible, why it has none.

    Examples
    --------
    >>> near_ids(["A1", "b"], ["a1", "c"])
    {'A1': "but 'a1', in another case"}
    >>> near_ids(["p1/A02/x"], ["p2/A02/x"])
    {'p1/A02/x': "but 'p2/A02/x', in another folder"}
    """
    known = list(known)
    by_case = {Id.casefold(): Id for Id in known}
    by_name = _by_name(known)
    found = {}
    for Id in ids:
        if Id.casefold() in by_case:
            found[Id] = f"but {by_case[Id.casefold()]!r}, in another case"
        elif _SHORTENED.fullmatch(Id):
            found[Id] = "and a spreadsheet has shortened it"
        elif len(parts := _parts(Id)) > 1:
            fitting = next((by_name[base] for base in _bases(parts[-1:]) if base in by_name), [])
            if fitting:
                names = first_dozen(repr(printable(each)) for each in sorted(fitting))
                found[Id] = f"but {names}, in another folder"
    return found


def _best(
    written: str,
    by_name: dict[str, list[str]],
    found: FolderNames,
    folder: tuple[str, ...],
) -> list[_Candidate]:
    """Return the images that share the file name and the most folders with a written path."""
    *parents, name = _parts(written) or [""]
    for base in _bases([name]):
        fitting = [Id for Id in by_name.get(base, []) if not _is_elsewhere(parents, Id)]
        if fitting:
            break
    else:
        return []
    fitting = [Id for Id in fitting if not _is_only_composite(Id, found)] or fitting
    candidates = [
        _Candidate(Id, _n_common(parents, (*folder, *Id.split("/")[:-1])), tuple(parents))
        for Id in fitting
    ]
    most = max(candidate.common for candidate in candidates)
    return [candidate for candidate in candidates if candidate.common == most]


def _is_elsewhere(parents: Sequence[str], Id: str) -> bool:
    """Tell whether a written path and the Id of an image name different sub-folders."""
    own = Id.split("/")[:-1]
    return _n_common(parents, own) < min(len(parents), len(own))


def _bases(names: Sequence[str]) -> Iterator[str]:
    """Yield the Ids, as keys, that a written file name may have, from the most literal one on."""
    for name in names:
        yield id_key(name)
        parsed = parse_name(name)
        stem = name
        if parsed is not None:
            stem = parsed.Id if parsed.channel == "image" else f"{parsed.Id}_{parsed.channel}"
            composites = list(composite_of(without_size(stem)))
            yield id_key(stem)
            yield from reversed(composites)
            yield id_key(parsed.Id)
        if colour := last_colour(stem):
            yield id_key(stem[: -len(colour) - 1])
        if stem.endswith("_"):
            yield id_key(stem.rstrip("_"))


def _is_only_composite(Id: str, found: FolderNames) -> bool:
    """Tell whether an Id is only the part before the last colour of a composite."""
    colour = last_colour(Id)
    return colour is not None and colour not in found.names.get(Id, {})


def _leave_to_nearest(matched: dict[str, _Candidate]) -> None:
    """Drop a path whose image fits another path better, because its own image is elsewhere."""
    nearest: dict[str, int] = {}
    for candidate in matched.values():
        nearest[candidate.Id] = max(nearest.get(candidate.Id, 0), candidate.common)
    for written, candidate in list(matched.items()):
        if candidate.parents and candidate.common < nearest[candidate.Id]:
            del matched[written]


def _refuse_shared(matched: dict[str, _Candidate], origin: str) -> None:
    paths_of: dict[str, dict[tuple[str, ...], str]] = {}
    for written, candidate in matched.items():
        if candidate.parents:
            paths_of.setdefault(candidate.Id, {}).setdefault(candidate.parents, written)
    shared = [
        f"{first_dozen(map(printable, paths.values()))} ({printable(Id)})"
        for Id, paths in paths_of.items()
        if len(paths) > 1
    ]
    if shared:
        raise ValueError(
            f"Ids {origin} in several folders fit the same image: {first_dozen(shared)}. Name the"
            " folder that has them all, with recursive=True"
        )


def _by_name(known: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for Id in known:
        found.setdefault(Id.rpartition("/")[2], []).append(Id)
    return found


def _by_number(known: Iterable[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for Id in known:
        name = Id.rpartition("/")[2]
        if name.isascii() and name.isdigit():
            found.setdefault(int(name), []).append(Id)
    return found


def _parts(path: str) -> list[str]:
    return [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]


def _n_common(written: Sequence[str], real: Sequence[str]) -> int:
    """Return the number of equal folders, counted from the file."""
    n_common = 0
    for one, other in zip(reversed(written), reversed(real), strict=False):
        if id_key(one) != id_key(other):
            break
        n_common += 1
    return n_common
