"""The channel that a name in the metadata of a file means: stains, targets, dyes and colours."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple


class Stain(NamedTuple):
    """The channel of the Human Protein Atlas that a name means.

    Attributes
    ----------
    channel : str
        red, green, blue or yellow.
    sure : bool
        True if the name is the stained structure, or a stain of DNA. False if it is a colour or a
        fluorophore, because a fluorophore can be bound to any target, or if `whole` is False.
    whole : bool
        False if the name has other words whose meaning is not known.
    """

    channel: str
    sure: bool
    whole: bool = True


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
    "red": "red alexafluor546 alexa546 af546 alexafluor555 alexa555 af555 alexafluor568 alexa568"
    " af568 alexafluor594 alexa594 af594 tritc cy3 rfp mrfp mcherry tdtomato dsred texasred txred"
    " redfluorescentprotein",
    "green": "green alexafluor488 alexa488 af488 fitc gfp egfp greenfluorescentprotein",
    "blue": "blue alexafluor405 alexa405 af405 bfp ebfp bluefluorescentprotein",
    "yellow": "yellow alexafluor647 alexa647 af647 cy5 farred deepred",
}
_KNOWN = {
    term: Stain(channel, sure)
    for sure, table in ((False, _DYES), (True, _TARGETS))
    for channel, terms in table.items()
    for term in terms.split()
}
_LONGEST = 4
#: Stains of DNA that are fluorophores as well: with another fluorophore they are a second stain.
_BLUE_DYES = re.compile("dapi|hoechst.*")
#: Words with which a known word has another meaning: not DAPI, DNA damage, MitoTracker Red.
_OTHERS = set("not no non without minus damage isomerase mitotracker mito lysotracker nile".split())
_OTHERS |= set("actin phalloidin irfp mirfp brightfield transmitted dic phase".split())
#: Words without a meaning of their own, such as the number of the channel or the wavelength.
_FILLER = re.compile(
    r"(?:c|ch|chs|chan|channel|s|t|w|track|cam|camera)?\d*|\d+nm|nm|stain|staining|stained|dye"
    r"|marker|signal|laser|anti|em|ex|emission|excitation|filter|confocal|wide|widefield"
)
#: Numbers of a channel, a track or a wavelength that are written together with a name.
_NUMBER_BEFORE = re.compile(r"\A(?:c|ch|chan|channel|s|t|w)?\d+")
_NUMBER_AFTER = re.compile(r"(?:\d+(?:nm)?|(?:c|ch|s|t|w)\d+)\Z")
_WORD = re.compile(r"[^\W_]+")
#: Capital letters after small ones, digits or an acronym, which start a word.
_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
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

    A target decides over a dye or a colour. Other words make the meaning less sure.

    Examples
    --------
    >>> stain_of("Hoechst 33342"), stain_of("Tubulin (Alexa 488)-T1")
    (Stain(channel='blue', sure=True, whole=True), Stain(channel='red', sure=True, whole=True))
    >>> stain_of("C2 - FITC")
    Stain(channel='green', sure=False, whole=True)
    >>> stain_of("cell 7, nuclei")
    Stain(channel='blue', sure=False, whole=False)
    >>> stain_of("MitoTracker Red"), stain_of("Channel 1"), stain_of("DAPI + GFP")
    (None, None, None)
    """
    stains, whole = _meanings(name)
    if len(stains) != 1:
        return None
    stain = stains.pop()
    return stain if whole else Stain(stain.channel, False, False)


def is_ambiguous(name: str) -> bool:
    """Tell whether a name has the stains of several channels.

    Examples
    --------
    >>> is_ambiguous("GFP / TRITC"), is_ambiguous("Tubulin (GFP)"), is_ambiguous("Channel 1")
    (True, False, False)
    """
    return len(_meanings(name)[0]) > 1


def _meanings(name: str) -> tuple[set[Stain], bool]:
    """Return the different stains of a name, and whether all its words are known."""
    words, terms = _words(name), set[str]()
    pairs = map("".join, pairwise(words))
    if not _OTHERS.isdisjoint([*words, *pairs]):
        return set(), False
    whole, position = True, 0
    while position < len(words):
        for end in range(min(position + _LONGEST, len(words)), position, -1):
            term = _term("".join(words[position:end]))
            if term is not None:
                terms.add(term)
                position = end
                break
        else:
            whole = whole and bool(_FILLER.fullmatch(words[position]))
            position += 1
    found = {_KNOWN[term] for term in terms}
    sure = {stain for stain in found if stain.sure}
    dyes = {stain.channel for stain in found - sure} - {"blue"}
    if sure and not (dyes and any(map(_BLUE_DYES.fullmatch, terms))):
        return sure, whole
    return found, whole


def _term(word: str) -> str | None:
    """Return the known term in a word, which may have numbers before and after it."""
    for start in (word, _NUMBER_BEFORE.sub("", word)):
        for term in (start, _NUMBER_AFTER.sub("", start)):
            if term in _KNOWN:
                return term
    return None


def _words(name: str) -> list[str]:
    return _WORD.findall(_START.sub(" ", name).casefold().translate(_LETTERS))
