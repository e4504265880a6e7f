"""Roles of the channels, and choice of the channels that the images have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .._common.messages import first_dozen
from .._images.image import name_planes
from .._images.inputs import HPA_CHANNELS, count_planes, named_channels


class Roles(NamedTuple):
    """The channels of the protein, the nucleus and the other landmarks.

    Attributes
    ----------
    protein : str
        The channel of the protein.
    nucleus : str or None
        The channel of the nucleus.
    references : tuple of str
        The channels of other landmarks.
    """

    protein: str
    nucleus: str | None
    references: tuple[str, ...]

    @property
    def channels(self) -> tuple[str, ...]:
        """All requested channels, in the order of the planes of a multi-channel file.

        The channels of the Human Protein Atlas are red, green, blue and yellow. If there is another
        name, the order is protein, nucleus, references.
        """
        names = (self.protein, *([self.nucleus] if self.nucleus else []), *self.references)
        if set(names) <= set(HPA_CHANNELS):
            return tuple(channel for channel in HPA_CHANNELS if channel in names)
        return names


def check_roles(protein: str, nucleus: str | None, references: Sequence[str]) -> Roles:
    """Return the roles, after a check that each channel has a name and only one role.

    Raises
    ------
    ValueError
        If a name is empty, is not a str, or is given twice.
    """
    names = [protein, *([] if nucleus is None else [nucleus]), *references]
    if not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        raise ValueError(
            "protein, nucleus and references must be names of channels, each in one role; got"
            f" protein={protein!r}, nucleus={nucleus!r}, references={references!r}"
        )
    return Roles(protein, nucleus, tuple(references))


def held_channels(X: Any, roles: Roles) -> tuple[str, ...]:
    """Return the requested channels that the images have, in the order of their planes.

    The channels are the columns of a DataFrame. Otherwise they follow from the number of planes of
    the first readable image, or of columns of an array of paths. One plane is the protein. If there
    are as many planes as requested channels, the planes are these channels. Otherwise up to four
    planes are red, green, blue, yellow.

    Raises
    ------
    ValueError
        If the images lack the channel of the protein.
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
    """Refuse a DataFrame that lacks a channel used at fit.

    Raises
    ------
    ValueError
        If a channel is missing. The message names the missing channels.
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
