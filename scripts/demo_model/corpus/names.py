"""Names that nobody has seen: put together from syllables, for people, places and things that do not exist."""

from __future__ import annotations

from collections.abc import Callable

from demo_model.corpus.draw import Draw

_NOT_FIT = ("shit", "fuck", "cunt", "cock", "dick", "tit", "nazi", "rape", "slut", "arse", "piss", "fag", "nig", "cum")
_START = "B C D F G H J K L M N P R S T V W Z Br Ch Dr Fl Gr Kr Pl Sh St Th Tr A E I O U Y"
_VOWEL = "a e i o u a e i o ai ea ee io oa ou y"
_MIDDLE = "b d f g k l m n p r s t v z l m n r ll nn rr st nd rk lm nt"
_PLACE_END = "ford ham ton burg dale mouth haven wick stad by field port ville bridge"
_STARTS, _VOWELS, _MIDDLES, _PLACE_ENDS = (tuple(parts.split()) for parts in (_START, _VOWEL, _MIDDLE, _PLACE_END))
_ENDS = ("", "", "", "n", "r", "s", "l", "m", "t", "th", "nd", "x", "k")


def invented(draw: Draw) -> str:
    """A name such as Mirola or Brenk, of this draw's split."""
    return draw.held_out(lambda: _fit(draw, _syllables))


def place(draw: Draw) -> str:
    """A place such as Torham or Belinda, of this draw's split."""

    def make() -> str:
        if draw.chance(0.5):
            return _fit(draw, _syllables)
        return _fit(draw, lambda draw: _syllables(draw, short=True) + draw.one(_PLACE_ENDS))

    return draw.held_out(make)


def lower(draw: Draw) -> str:
    """A word in small letters such as mirola, for names of tools and parameters, of this draw's split."""
    return invented(draw).lower()


def _fit(draw: Draw, make: Callable[[Draw], str]) -> str:
    """A made name that offends nobody."""
    while any(word in (made := make(draw)).lower() for word in _NOT_FIT):
        pass
    return made


def _syllables(draw: Draw, *, short: bool = False) -> str:
    parts = [draw.one(_STARTS)]
    if parts[0] not in tuple("AEIOUY"):
        parts.append(draw.one(_VOWELS))
    for _ in range(0 if short else draw.number(1, 2)):
        parts += [draw.one(_MIDDLES), draw.one(_VOWELS)]
        if draw.split == "train" and draw.chance(0.05):
            parts += parts[-2:]  # Mirarara: what is copied is not always told by what stood before it
    parts.append(draw.one(_ENDS))
    return "".join(parts).capitalize()
