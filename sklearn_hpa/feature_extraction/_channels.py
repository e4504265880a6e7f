"""Roles of the channels, and choice of the channels that the images have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .._common.messages import first_dozen
from .._images.formats import Header, Refused
from .._images.inputs import count_path_columns, in_usual_order, named_channels
from .._images.planes import Request, check_channel_names, read_planes


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
        return in_usual_order(names)


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


def request_for(roles: Roles, channel_names: Any) -> Request:
    """Return the request for the channels in these roles; only the protein is needed."""
    needed = (roles.protein,)
    advice = "Set protein, nucleus and references to what the images hold"
    return Request(
        roles.channels,
        needed,
        check_channel_names(channel_names, needed),
        "the channel of the protein",
        advice,
    )


def channels_of_columns(X: Any, request: Request) -> tuple[str, ...]:
    """Return the requested channels of a table, or of an array with a column of paths per channel.

    The columns of an array are read like the planes of an image without names.

    Raises
    ------
    ValueError
        If the columns lack the channel of the protein.
    """
    (protein,) = request.needed
    n_columns = count_path_columns(X)
    if n_columns is not None:
        try:
            return read_planes(
                Header(0, 0, n_columns, colour=False), request._replace(names=None)
            ).plan.channels
        except Refused as refusal:
            raise ValueError(f"an image of X {refusal}") from None
    names = named_channels(X) or []
    held = tuple(channel for channel in request.channels if channel in names)
    if protein not in held:
        raise ValueError(
            f"X lacks the channel of the protein, {protein}; its columns are"
            f" {first_dozen(names)}. Set protein to one of them"
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
