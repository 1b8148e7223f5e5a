"""Kinds of things that nobody knows: invented properties, and ordinary ones in places where they do not belong.

They are there so that a network learns to find words rather than to know what rivers are like.
"""

from __future__ import annotations

from functools import lru_cache

from demo_model.corpus import names, values
from demo_model.corpus.draw import Draw, Split, split_of
from demo_model.corpus.properties import Kind, Property


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split("; "))


_NOUNS = _listed(
    "password; nickname; budget; deadline; owner; motto; symbol; engine; roof; handle; favourite song; "
    "favourite number; teacher; neighbour; rent; lucky day; home town; flag; anthem; recipe; secret word; "
    "door code; serial number; batch; grade; rank; result; speed; strength; sponsor; partner; landlord; "
    "guardian; guide; driver; victim; winner; loser; record; limit; fine; bonus; salary; tax; fee; share; "
    "label; brand; model; version; licence; file; folder; account; user name; domain; server; port; printer; "
    "seat; row; gate; flight; hotel; route; stop; distance; depth; taste; smell; sound; shape; pattern; "
    "fabric; lining; size; volume; surface; capital; border; coast; climate; harvest; crop; soil; well; "
    "garden; tree; fence; cellar; lamp; window; curtain; carpet; medicine; dose; illness; blood group; diet; "
    "breakfast; lunch; dinner; drink; dessert; sauce; spice; topping; subject; lesson; exam; mark; prize; "
    "medal; team; club; coach; stadium; score; hobby; instrument; band; film; actor; director; scene; "
    "villain; hero; title; author; editor; chapter; quote; wish; dream; fear; plan; task; duty; role; shift; "
    "break; contract; boss; client; product; order; invoice; discount; stock; parcel; weight; address; "
    "contact; phone; e-mail; website; time zone; start date; end date; duration"
)
_THINGS = _listed(
    "lamp; tower; house; garden; engine; box; letter; robot; farm; field; station; museum; market; hotel; "
    "cafe; bank; library; church; castle; island; forest; valley; desert; harbour; airport; factory; mine; "
    "mill; well; tunnel; wall; gate; street; square; park; pool; film; song; painting; statue; game; report; "
    "contract; meeting; course; lesson; test; trip; flight; ticket; parcel; order; file; server; printer; "
    "computer; phone; camera; car; bus; bicycle; boat; plane; rocket; dragon; king; queen; wizard; giant; "
    "knight; prince; club; band; choir; firm; school; class; group; family; village; city; country; tribe; "
    "army"
)


@lru_cache
def _nouns(split: Split) -> tuple[str, ...]:
    return tuple(noun for noun in _NOUNS if split_of(noun) == split)


def strange_kind(draw: Draw) -> Kind:
    """A kind whose properties are invented words, or ordinary ones with values of any sort."""
    invented = draw.chance(0.55)
    count = draw.number(4, 7)
    nouns = [names.lower(draw) for _ in range(count)] if invented else draw.some(_nouns(draw.split), count)
    properties = tuple(_property(draw, noun, invented=invented) for noun in nouns)
    if draw.chance(0.25):
        return Kind("person", ("{}",), lambda draw: values.person(draw).text, properties, person=True)
    noun = names.lower(draw) if draw.chance(0.3) else draw.one(_THINGS)
    labels: tuple[str, ...] = draw.one(
        (("{}",), ("{}",), ("the {}",), ("{}", f"the {noun} {{}}"), (f"the {noun} {{}}",))
    )
    return Kind(noun, labels, names.place if draw.chance(0.3) else names.invented, properties)


def _property(draw: Draw, noun: str, *, invented: bool) -> Property:
    make = values.bare(draw.one(values.ANY))
    form = draw.number(0, 9)
    if not invented or form < 6:
        return Property((noun,), make, (f"has {{v}} as {noun}", f"has the {noun} {{v}}"), ())
    if form < 8:
        return Property(
            (noun,), values.strange_amount, (f"is {{v}} {noun}",), ((f"how {noun} is {{n}}", f"how {noun} {{n}} is"),)
        )
    asks = ((f"what does {{n}} {noun}", f"what {{n}} {noun}s"),)
    return Property((noun,), make, (f"{noun}s {{v}}",), asks, stated=False)
