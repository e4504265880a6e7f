"""The plane of each channel in a multi-channel file or an array, decided once for all images.

A plane is known by the parameter ``channel_names``, by the channel names in the metadata of the
file, or by its position. A colour image has the planes red, green and blue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from .._common.messages import first_dozen, plural
from .._common.naming import printable
from .formats import Header, Refused
from .inputs import HPA_CHANNELS, Sources, in_usual_order, n_planes_of
from .stains import core, is_ambiguous, spelling, stain_of

#: The channel of each plane, in order, or the channel of each name in the metadata of the files.
ChannelNames: TypeAlias = tuple[str | None, ...] | dict[str, str] | None

_RGB = HPA_CHANNELS[:3]
_CONFIRM = "Set channel_names to confirm or to change this"


class Request(NamedTuple):
    """The channels to find among the planes of an image.

    Attributes
    ----------
    channels : tuple of str
        The channels, in the order of the planes of an image with as many planes.
    needed : tuple of str
        The channels without which an image is refused; the others may be missing.
    names : tuple, dict or None
        The parameter ``channel_names``, checked.
    role : str
        The role of the needed channel, if other channels may be missing.
    advice : str
        The last sentence of a refusal.
    """

    channels: tuple[str, ...]
    needed: tuple[str, ...]
    names: ChannelNames = None
    role: str = "the needed channel"
    advice: str = "Set the channels to what the image holds"


class Plan(NamedTuple):
    """The plane of each channel.

    Attributes
    ----------
    channels : tuple of str
        The channels that the images have.
    planes : tuple of int
        The position of the plane of each channel.
    n_planes : int
        The number of planes of an image. Images with other planes besides these agree with the
        plan, unless one of the two has a single plane.
    """

    channels: tuple[str, ...]
    planes: tuple[int, ...]
    n_planes: int

    def agrees(self, other: Plan) -> bool:
        """Tell whether both plans have each channel in the same plane."""
        return self[:2] == other[:2] and (self.n_planes == 1) == (other.n_planes == 1)

    def take(self, channels: Sequence[str]) -> Plan:
        """Return the plan of some of the channels, in another order."""
        planes = (self.planes[self.channels.index(channel)] for channel in channels)
        return Plan(tuple(channels), tuple(planes), self.n_planes)

    def __str__(self) -> str:
        if self.n_planes == 1:
            return f"the only plane is {self.channels[0]}"
        numbers = ", ".join(str(plane + 1) for plane in self.planes)
        which = f"plane{'s' * (len(self.planes) > 1)} {numbers} of {self.n_planes}"
        return f"{which} {'is' if len(self.planes) == 1 else 'are'} {', '.join(self.channels)}"


class Reading(NamedTuple):
    """The plan of one image, and a doubt about it that the user has to know."""

    plan: Plan
    doubt: str | None


class _Label(NamedTuple):
    """The channel that the name of a plane means.

    Attributes
    ----------
    sure, whole : bool
        See `Stain`.
    exact : bool
        True if the name is that of the channel, or a key of ``channel_names``.
    """

    channel: str
    sure: bool
    exact: bool
    whole: bool = True


def name_planes(n_planes: int, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the channel of each plane of an image, from its position.

    If there are as many planes as wanted channels, the planes are these channels. Otherwise up to
    four planes are red, green, blue and yellow. More than four planes have no names.

    Examples
    --------
    >>> name_planes(2, ["yellow", "red"]), name_planes(3, ["yellow", "red"])
    (('yellow', 'red'), ('red', 'green', 'blue'))
    >>> name_planes(5)
    ()
    """
    if n_planes == len(wanted):
        return tuple(wanted)
    return HPA_CHANNELS[:n_planes] if n_planes <= len(HPA_CHANNELS) else ()


def check_channel_names(channel_names: Any, needed: Sequence[str]) -> ChannelNames:
    """Return the parameter ``channel_names`` as a tuple, a dict or None.

    Raises
    ------
    ValueError
        If a value is not a name, if a sequence repeats a channel or lacks a `needed` one, or if a
        dict has two channels for one name.

    Examples
    --------
    >>> check_channel_names(["blue", None, "green"], ["green"])
    ('blue', None, 'green')
    >>> check_channel_names({"Ch2": "green"}, ["green"])
    {'Ch2': 'green'}
    """
    if channel_names is None:
        return None
    if isinstance(channel_names, Mapping):
        names = dict(channel_names)
        if not names or not all(_is_name(each) for pair in names.items() for each in pair):
            raise ValueError(
                f"Invalid channel_names={channel_names!r}. Expected a dict from the channel names"
                " in the files to channels, such as {'Ch2': 'green'}"
            )
        meant: dict[str, str] = {}
        for name, channel in names.items():
            if meant.setdefault(_key(name), channel) != channel:
                raise ValueError(
                    f"channel_names has two channels for {name!r}: {meant[_key(name)]} and"
                    f" {channel}. The case and the punctuation of names are ignored"
                )
        return names
    in_order = () if isinstance(channel_names, str) else tuple(channel_names)
    named = [channel for channel in in_order if channel is not None]
    if not named or not all(map(_is_name, named)) or len(set(named)) < len(named):
        raise ValueError(
            f"Invalid channel_names={channel_names!r}. Expected a list with the channel of each"
            " plane, each once, and None for a plane that is not used; or a dict from the channel"
            " names in the files to channels"
        )
    absent = [channel for channel in needed if channel not in named]
    if absent:
        raise ValueError(
            f"channel_names={channel_names!r} lacks the channels {', '.join(absent)}. List the"
            " channel of each plane, in order"
        )
    return in_order


def read_planes(header: Header, request: Request) -> Reading:
    """Find the channels among the planes of one image.

    Raises
    ------
    Refused
        If a needed channel is missing, or if the names of the planes contradict their order and do
        not name all needed channels.
    """
    if isinstance(request.names, tuple):
        if len(request.names) != header.n_planes:
            raise Refused(
                f"has {plural(header.n_planes, 'plane')}, but channel_names lists"
                f" {len(request.names)} ({', '.join(map(str, request.names))})"
            )
        return Reading(_plan(request.names, header, request), None)
    if isinstance(request.names, dict) and not header.names:
        raise Refused(
            "has no channel names, which the dict channel_names needs. Set channel_names to a list"
            " with the channel of each plane, in order"
        )
    in_order = name_planes(header.n_planes, request.channels)
    if header.n_planes == len(request.needed) == 1:
        in_order = request.needed
    labels = _labels(header, request, in_order)
    against = [
        label
        for label, channel in zip(labels, in_order, strict=False)
        if label is not None and _contradicts(label, channel, request.channels)
    ]
    in_order_holds = bool(in_order) and not against and set(request.needed) <= set(in_order)
    if in_order_holds and not request.names:
        plan = _plan(in_order, header, request)
        return Reading(plan, _doubt_in_order(plan, labels, header))
    by_name = _unique(labels)
    plan = _plan(by_name, header, request, partly=True)
    if set(request.needed) <= set(plan.channels):
        return Reading(plan, _doubt_by_name(plan, labels, in_order, header, request))
    if request.names:
        absent = [channel for channel in request.needed if channel not in plan.channels]
        raise Refused(
            f"names its planes {_quoted(header)}; which of them is {absent[0]}? Add its name to"
            " channel_names"
        )
    if any(label.sure for label in against):
        found = (
            f"names its planes {_quoted(header)}"
            if header.names
            else "is a colour image, whose planes are red, green, blue"
        )
        raise Refused(
            f"{found}; expected {', '.join(request.channels)}. {request.advice}, or set"
            " channel_names to a list with the channel of each plane, in order"
        )
    plan = _plan(in_order, header, request)
    doubt = f"names its planes {_quoted(header)}, but is read in order: {plan}. {_CONFIRM}"
    return Reading(plan, doubt if against else _doubt_in_order(plan, labels, header))


def doubt_of_file(header: Header, channel: str, request: Request) -> str | None:
    """Return the doubt about the file of one channel if the name of its plane contradicts it."""
    if header.names is None or len(header.names) != 1:
        return None
    (label,) = _labels(header, request, (channel,))
    if label is None or not _contradicts(label, channel, request.channels):
        return None
    confirmed = {header.names[0]: channel}
    return (
        f"names its plane {_quoted(header)}, but is read as the file of {channel}. If this is"
        f" right, set channel_names={confirmed}; if not, correct the columns"
    )


class Agreement(NamedTuple):
    """The comparison of all images with one plan.

    Attributes
    ----------
    plan : Plan or None
        The plan, or None if no image can be read.
    faults : dict of int to str
        The reason why an image does not agree with the plan, by its position in `X`.
    doubts : dict of int to str
        Doubts about the planes of images, by position.
    """

    plan: Plan | None
    faults: dict[int, str]
    doubts: dict[int, str]


def agree(
    sources: Sources,
    headers: Sequence[Header | None],
    request: Request,
    plan: Plan | None = None,
    *,
    fitted: bool = False,
    tolerant: bool = False,
) -> Agreement:
    """Compare the planes of all images.

    Parameters
    ----------
    sources : sequence of str or of ndarray, or ndarray
        The images; errors name them.
    headers : sequence of Header or None
        None for an image that is damaged, or that is known to agree with `plan`.
    request : Request
    plan : Plan, optional
        The plan of the first image, or of `fit`. By default the plan of most images.
    fitted : bool, default=False
        Whether `plan` is the plan of `fit`.
    tolerant : bool, default=False
        Whether images that do not agree are returned as faults.

    Raises
    ------
    ValueError
        If images do not agree with each other or with `plan`, and `tolerant` is False. The message
        names up to a dozen images of each kind, the rarest kind first.
    """
    read: dict[Any, Reading | str] = {}
    kinds: dict[int, Reading | str] = {}
    for position, header in enumerate(headers):
        if header is None:
            continue
        key = (*header[2:5], header.alpha)
        if key not in read:
            read[key] = _reading_or_reason(header, request)
        kinds[position] = read[key]
    plans = Counter(kind.plan for kind in kinds.values() if isinstance(kind, Reading))
    if plan is None and plans:
        plan = plans.most_common(1)[0][0]
    faults: dict[int, str] = {}
    doubts: dict[int, str] = {}
    for position, kind in kinds.items():
        if isinstance(kind, str):
            faults[position] = kind
        elif plan is None or not kind.plan.agrees(plan):
            faults[position] = f"has other planes than {_reference(fitted)}: {kind.plan}"
        elif kind.doubt is not None:
            doubts[position] = kind.doubt
    if faults and not tolerant:
        raise ValueError(_describe(sources, kinds, faults, plan, fitted))
    return Agreement(plan, faults, doubts)


def array_header(image: np.ndarray[Any, Any]) -> Header:
    """Return the header of an array, (height, width) or (height, width, planes)."""
    return Header(image.shape[0], image.shape[1], n_planes_of(image), colour=False)


def _reading_or_reason(header: Header, request: Request) -> Reading | str:
    try:
        return read_planes(header, request)
    except Refused as refusal:
        return str(refusal)


# ---- one image ----------------------------------------------------------------------------------


def _labels(header: Header, request: Request, in_order: Sequence[str]) -> list[_Label | None]:
    """Return the meaning of the name of each plane, or None if it is unknown."""
    known = request.names if isinstance(request.names, dict) else {}
    if header.names and len(header.names) == header.n_planes:
        labels = [_label(name, request.channels, known) for name in header.names]
        if any(labels):
            return _without_weaker(labels)
    if header.colour and header.n_planes == len(_RGB):
        # Channels with other names than colours are read in order.
        return [
            _Label(colour, True, True)
            if colour in request.channels or channel in HPA_CHANNELS
            else None
            for colour, channel in zip(_RGB, in_order, strict=True)
        ]
    return [None] * header.n_planes


def _without_weaker(labels: Sequence[_Label | None]) -> list[_Label | None]:
    """Return the labels, and None for a channel that another plane names better.

    A name that is that of the channel is better than other names of it. A name without unknown
    words is better than a name with such words.
    """
    given = [label for label in labels if label is not None]
    exact = {label.channel for label in given if label.exact}
    whole = {label.channel for label in given if label.whole}
    return [
        None
        if label is None
        or (label.channel in exact and not label.exact)
        or (label.channel in whole and not label.whole)
        else label
        for label in labels
    ]


def _label(name: str, wanted: Sequence[str], known: Mapping[str, str]) -> _Label | None:
    spellings = {_key(name), _key(_own_name(name))}
    for each, channel in known.items():
        if _key(each) in spellings:
            return _Label(channel, True, True)
    for channel in wanted:
        if _key(channel) in spellings or (core(name) and core(name) == core(channel)):
            return _Label(channel, True, True)
    stain = stain_of(name)
    if stain is None:
        return None
    same = [channel for channel in wanted if _meaning(channel) == stain.channel]
    return _Label(same[0] if len(same) == 1 else stain.channel, stain.sure, False, stain.whole)


def _own_name(name: str) -> str:
    """Return a name without the fluorophore that the file adds to a name without a stain."""
    own, _, fluorophore = name.partition(" (")
    return own if fluorophore and not stain_of(own) else name


def _contradicts(label: _Label, channel: str, wanted: Sequence[str]) -> bool:
    """Tell whether a plane with this label is not the channel."""
    if label.channel == channel:
        return False
    if label.exact and channel in wanted:
        return True
    meanings = _meaning(label.channel), _meaning(channel)
    if None not in meanings:
        return meanings[0] != meanings[1]
    return label.channel in wanted


def _unique(labels: Sequence[_Label | None]) -> tuple[str | None, ...]:
    """Return the channel of each plane, without the channels that several planes have."""
    counts = Counter(label.channel for label in labels if label is not None)
    return tuple(
        label.channel if label is not None and counts[label.channel] == 1 else None
        for label in labels
    )


def _plan(
    found: Sequence[str | None], header: Header, request: Request, partly: bool = False
) -> Plan:
    held = tuple(channel for channel in request.channels if channel in found)
    if len(request.needed) < len(request.channels):
        held = in_usual_order(held)
    if not partly and not set(request.needed) <= set(held):
        raise Refused(_missing(found, header, request))
    return Plan(held, tuple(found.index(channel) for channel in held), header.n_planes)


def _missing(found: Sequence[str | None], header: Header, request: Request) -> str:
    named = f", taken for {', '.join(map(str, found))}" if found else ""
    advice = f"{header.alpha}. {request.advice}" if header.alpha else request.advice
    start = f"has {plural(header.n_planes, 'plane')}{named}"
    hpa = ", ".join(HPA_CHANNELS)
    several = f"{len(request.channels)} ({', '.join(request.channels)})"
    if len(request.needed) < len(request.channels):
        return (
            f"{start}: {request.role}, {', '.join(request.needed)}, is not among them. Expected one"
            f" plane, which is this channel, or {several}, or the planes of {hpa} in that order."
            f" {advice}"
        )
    return (
        f"{start}; expected {several}, or the planes of {hpa} in that order up to the last one"
        f" wanted. {advice}"
    )


def _doubt_by_name(
    plan: Plan,
    labels: Sequence[_Label | None],
    in_order: Sequence[str],
    header: Header,
    request: Request,
) -> str | None:
    """Return the doubt about a reading by name, if there is one."""
    start = f"is read by the names of its planes, {_quoted(header)}: {plan}"
    for channel, plane in zip(plan.channels, plan.planes, strict=True):
        label = labels[plane]
        if label is not None and not label.sure and channel not in in_order[plane : plane + 1]:
            why = "A colour or a fluorophore does not tell the stain"
            if not label.whole:
                why = "The names have words that are not known"
            return f"{start}. {why}. {_CONFIRM}"
    unknown = [plane for plane, label in enumerate(labels) if label is None]
    if unknown and header.names and len(plan.channels) < len(request.channels):
        names = ", ".join(repr(header.names[plane]) for plane in unknown)
        return f"{start}. Left out, because the meaning is not known: {names}. {_CONFIRM}"
    return None


def _doubt_in_order(plan: Plan, labels: Sequence[_Label | None], header: Header) -> str | None:
    """Return the doubt about a reading in order if the name of a plane has several stains."""
    for plane in plan.planes:
        if header.names and labels[plane] is None and is_ambiguous(header.names[plane]):
            return (
                f"names the stains of several channels in one name, {header.names[plane]!r}, and is"
                f" read in order: {plan}. {_CONFIRM}"
            )
    return None


def _quoted(header: Header) -> str:
    return ", ".join(map(repr, header.names or _RGB))


def _key(name: str) -> str:
    return spelling(name) or name


def _meaning(channel: str) -> str | None:
    stain = stain_of(channel)
    return stain.channel if stain is not None and stain.whole else None


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


# ---- many images --------------------------------------------------------------------------------


def _describe(
    sources: Sources,
    kinds: Mapping[int, Reading | str],
    faults: Mapping[int, str],
    plan: Plan | None,
    fitted: bool,
) -> str:
    """Return the message about images that do not agree, the rarest kind of planes first."""
    groups: dict[str, list[int]] = {}
    for position in faults:
        kind = kinds[position]
        text = kind if isinstance(kind, str) else str(kind.plan)
        groups.setdefault(text, []).append(position)
    agreeing = [position for position in range(len(sources)) if position not in faults]
    if len(groups) == 1 and (fitted or not agreeing):
        ((text, positions),) = groups.items()
        if isinstance(kinds[positions[0]], str):
            more = _others(sources, positions[1:])
            return f"{_subject(sources, positions[0])} {text}{more}"
    if agreeing and not fitted:
        groups[str(plan)] = agreeing
    lines = [
        f"{text}: {first_dozen(_name(sources, position) for position in positions)}"
        for text, positions in sorted(groups.items(), key=lambda group: len(group[1]))
    ]
    listed = "\n  ".join(lines)
    if fitted:
        return (
            f"{len(faults)} of {len(sources)} images of X do not have the planes of fit, where"
            f" {plan}:\n  {listed}\nGive images with the planes of fit, or fit again"
        )
    return (
        f"the images of X do not agree which plane is which channel:\n  {listed}\nThis is decided"
        " once for all images. Give images of one kind, or one file for each channel"
    )


def _reference(fitted: bool) -> str:
    return "the images of fit" if fitted else "most images of X"


def _name(sources: Sources, position: int) -> str:
    source = sources[position]
    return printable(source) if isinstance(source, str) else f"image {position}"


def _subject(sources: Sources, position: int) -> str:
    source = sources[position]
    return printable(source) if isinstance(source, str) else f"image {position} of X: the image"


def _others(sources: Sources, positions: Sequence[int]) -> str:
    if not positions:
        return ""
    names: Iterable[str] = (_name(sources, position) for position in positions)
    return f". The same holds for {plural(positions, 'image')} more: {first_dozen(names)}"
