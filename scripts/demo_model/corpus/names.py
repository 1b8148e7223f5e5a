"""Names that nobody has seen: put together from syllables, for people, places and things that do not exist."""

from __future__ import annotations

from demo_model.corpus.draw import Draw

_STARTS = tuple("B C D F G H J K L M N P R S T V W Z Br Ch Dr Fl Gr Kr Pl Sh St Th Tr A E I O U Y".split())
_VOWELS = tuple("a e i o u a e i o ai ea ee io oa ou y".split())
_MIDDLES = tuple("b d f g k l m n p r s t v z l m n r ll nn rr st nd rk lm nt".split())
_ENDS = ("", "", "", "n", "r", "s", "l", "m", "t", "th", "nd", "x", "k")
_PLACE_ENDS = tuple("ford ham ton burg dale mouth haven wick stad by field port ville bridge".split())


def invented(draw: Draw) -> str:
    """A name such as Mirola or Brenk, of this draw's split."""
    return draw.held_out(lambda: _syllables(draw))


def place(draw: Draw) -> str:
    """A place such as Torham or Belinda, of this draw's split."""

    def make() -> str:
        if draw.chance(0.5):
            return _syllables(draw)
        return _syllables(draw, short=True) + draw.one(_PLACE_ENDS)

    return draw.held_out(make)


def lower(draw: Draw) -> str:
    """A word in small letters such as mirola, for names of tools and parameters, of this draw's split."""
    return invented(draw).lower()


def _syllables(draw: Draw, *, short: bool = False) -> str:
    parts = [draw.one(_STARTS)]
    if parts[0] not in tuple("AEIOUY"):
        parts.append(draw.one(_VOWELS))
    for _ in range(0 if short else draw.number(1, 2)):
        parts += [draw.one(_MIDDLES), draw.one(_VOWELS)]
    parts.append(draw.one(_ENDS))
    return "".join(parts).capitalize()
