"""The channel that a name in the metadata of a file means: stains, targets, dyes and colours."""

from __future__ import annotations

import re
from typing import NamedTuple


class Stain(NamedTuple):
    """The channel of the Human Protein Atlas that a name means.

    Attributes
    ----------
    channel : str
        red, green, blue or yellow.
    sure : bool
        True if the name is the stained structure, or a stain of DNA. False if it is a colour or a
        fluorophore, because a fluorophore can be bound to any target.
    """

    channel: str
    sure: bool


#: Stained structures of each channel, without spaces and punctuation.
_TARGETS = {
    "red": "microtubule microtubules tubulin alphatubulin betatubulin antitubulin",
    "green": "protein proteinofinterest targetprotein",
    "blue": "nucleus nuclei dna dapi hoechst hoechst33258 hoechst33342 hoechst34580 draq5",
    "yellow": "er endoplasmicreticulum calreticulin anticalreticulin",
}
#: Colours, and fluorophores of the same range of wavelengths as those of the Human Protein Atlas:
#: Alexa Fluor 555 (red), 488 (green) and 647 (yellow).
_DYES = {
    "red": "red alexafluor555 alexa555 af555 alexafluor568 alexa568 af568 tritc cy3 rfp mcherry"
    " tdtomato texasred",
    "green": "green alexafluor488 alexa488 af488 fitc gfp egfp",
    "blue": "blue",
    "yellow": "yellow alexafluor647 alexa647 af647 cy5",
}
_KNOWN = {
    term: Stain(channel, sure)
    for sure, table in ((False, _DYES), (True, _TARGETS))
    for channel, terms in table.items()
    for term in terms.split()
}
_LONGEST = 4
#: Words without a meaning of their own, such as the number of the channel or the wavelength.
_FILLER = re.compile(r"(?:c|ch|chan|channel)?\d*|nm|stain|staining|dye|marker|signal|laser|anti")
_WORD = re.compile(r"[^\W_]+")
_LETTERS = str.maketrans({"α": "alpha", "β": "beta"})


def spelling(name: str) -> str:
    """Return a name without case, spaces and punctuation, to compare names.

    Examples
    --------
    >>> spelling("Alexa Fluor 488"), spelling("α-Tubulin")
    ('alexafluor488', 'alphatubulin')
    """
    return "".join(_words(name))


def core(name: str) -> str:
    """Return the spelling of a name without the number of the channel and similar words.

    Examples
    --------
    >>> core("Channel 2: GFP"), core("ch00")
    ('gfp', '')
    """
    return "".join(word for word in _words(name) if not _FILLER.fullmatch(word))


def stain_of(name: str) -> Stain | None:
    """Return the meaning of a name, or None if it is unknown or ambiguous.

    Each word must be known. A target decides over a dye or a colour.

    Examples
    --------
    >>> stain_of("Hoechst 33342"), stain_of("Tubulin (Alexa 488)")
    (Stain(channel='blue', sure=True), Stain(channel='red', sure=True))
    >>> stain_of("C2 - FITC")
    Stain(channel='green', sure=False)
    >>> stain_of("MitoTracker Red"), stain_of("Channel 1"), stain_of("0:0")
    (None, None, None)
    """
    words, found = _words(name), set()
    position = 0
    while position < len(words):
        for end in range(min(position + _LONGEST, len(words)), position, -1):
            stain = _KNOWN.get("".join(words[position:end]))
            if stain is not None:
                found.add(stain)
                position = end
                break
        else:
            if not _FILLER.fullmatch(words[position]):
                return None
            position += 1
    sure = {stain for stain in found if stain.sure}
    meant = sure or found
    return meant.pop() if len(meant) == 1 else None


def _words(name: str) -> list[str]:
    return _WORD.findall(name.casefold().translate(_LETTERS))
