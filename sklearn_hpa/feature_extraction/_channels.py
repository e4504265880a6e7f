"""What each channel is for, and which of those wanted the images hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .._common.messages import first_dozen
from .._images.image import name_planes
from .._images.inputs import HPA_CHANNELS, count_planes, named_channels


class Roles(NamedTuple):
    """The channel of the protein, that of the nucleus or None, and the other landmarks.

    Attributes
    ----------
    protein : str
    nucleus : str or None
    references : tuple of str
    """

    protein: str
    nucleus: str | None
    references: tuple[str, ...]

    @property
    def channels(self) -> tuple[str, ...]:
        """All channels wanted, in the order of a multi-channel file's planes.

        Those of the Human Protein Atlas are red, green, blue and yellow. As soon as another name is
        among them, the order is protein, nucleus, references.
        """
        names = (self.protein, *([self.nucleus] if self.nucleus else []), *self.references)
        if set(names) <= set(HPA_CHANNELS):
            return tuple(channel for channel in HPA_CHANNELS if channel in names)
        return names


def check_roles(protein: str, nucleus: str | None, references: Sequence[str]) -> Roles:
    """The roles, where each channel has a name and one role.

    Raises
    ------
    ValueError
        If a name is empty or no str, or is given twice.
    """
    names = [protein, *([] if nucleus is None else [nucleus]), *references]
    if not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        raise ValueError(
            "protein, nucleus and references must be names of channels, each in one role; got"
            f" protein={protein!r}, nucleus={nucleus!r}, references={references!r}"
        )
    return Roles(protein, nucleus, tuple(references))


def held_channels(X: Any, roles: Roles) -> tuple[str, ...]:
    """Those of the channels wanted that the images hold, in the order of their planes.

    A DataFrame says so by its columns. Otherwise it is the number of planes (of the first
    image that can be read, or of the columns of an array of paths) that says so: one plane is the
    protein; as many as channels are wanted are these; up to four are red, green, blue, yellow.

    Raises
    ------
    ValueError
        If the protein's channel is not among them.
    """
    names = named_channels(X)
    if names is not None:
        held = tuple(channel for channel in roles.channels if channel in names)
        if roles.protein not in held:
            raise ValueError(
                f"X lacks the channel of the protein, {roles.protein}; its columns are"
                f" {first_dozen(names)}. Set protein to one of them"
            )
        return held
    n_planes = count_planes(X)
    if n_planes == 1:
        return (roles.protein,)
    if n_planes is None:
        return roles.channels
    planes = name_planes(n_planes, roles.channels)
    held = tuple(channel for channel in planes if channel in roles.channels)
    if roles.protein not in held:
        meaning = f", taken for {', '.join(planes)}" if planes else ""
        raise ValueError(
            f"the images have {n_planes} planes{meaning}: the channel of the protein,"
            f" {roles.protein}, is not among them. Expected one plane, which is the protein, or"
            f" {len(roles.channels)} ({', '.join(roles.channels)}), or those of"
            f" {', '.join(HPA_CHANNELS)} in that order. Set protein, nucleus and references to"
            " what the images hold"
        )
    return held


def check_held(X: Any, channels: Sequence[str]) -> None:
    """Refuse a DataFrame without one of the channels that were there at fit.

    Raises
    ------
    ValueError
        Names what is missing.
    """
    names = named_channels(X)
    if names is not None:
        missing = [channel for channel in channels if channel not in names]
        if missing:
            raise ValueError(
                f"X lacks channels that were there at fit: {', '.join(missing)}; its columns are"
                f" {first_dozen(names)}. Give images with {', '.join(channels)}, or fit again"
                " on images without these"
            )
