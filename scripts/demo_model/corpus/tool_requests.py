"""How people put a wish for a tool, or several at once: frames around it, and what else they say before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from demo_model.corpus.conversation import Call
from demo_model.corpus.draw import Draw
from demo_model.corpus.practice import requests as practice
from demo_model.corpus.tool_family import ways
from demo_model.corpus.tool_values import value_of
from demo_model.corpus.toolbox import BRIEF, Offer, Wish, listed

_THING_FRAMES = ways(
    "[what is|what's] {}? / [|please |now |please just |just |I want you to |I need you to |you should ][tell "
    "me|show me|give "
    "me|find|check|look up|get|find out|get me|find me] {}. / [can you|could you|would you|will you|can you "
    "please|could you "
    "please] [tell me|show me|give me|find|check|look up|get|find out|get me|find me] {}? / [I need|I want|I would "
    "like|I'd "
    "like|we need|we want] {}. / [I need|I want|I would like|I'd like|I have|we need] to "
    "[know|see|check|find|have|get] {}. /"
    " [do you know|do you have|can I have|can I see|can I get|could I have|may I see] {}? / [I am|I'm|we are] "
    "[looking for|"
    "searching for|asking for] {}. / let me [know|see|have] {}. / [what about|how about] {}? / {}? / {}, please."
)
_DEED_FRAMES = ways(
    "{}. / {}! / [please|now|just|please just|now please|then|next, please] {}. / [can you|could you|would you|will "
    "you|can "
    "you please|could you please|would you please|can you now] {}? / [I want|I need|I would like|I'd like|we want|we "
    "need]"
    " you to {}. / [I want|I need|I would like|I'd like|I have|we want|we need|we would like|we have] to {}. / [you "
    "should|"
    "you must|you can now|it is time to|do not forget to|be so kind as to] {}. / [can I|may I] ask you to "
    "{}? / "
    "[can we|can I|could we|is it possible to] {}? / {}, please."
)
_AFTER = (
    " please", " for me", " now", ", please", ", thanks", " right now", " for me, please", " at once", " if you can",
    " today, please", " now, please", " if possible", ", thank you", " please, thanks", " for me now", " now, thanks",
)  # fmt: skip
_OPENERS = ways(
    "[Hello|Hi|Hey|Good morning|Good evening|OK|Right|Well|Good|So|Please help me|I need your help|I have a "
    "question|I have a"
    " task|I am in a hurry|One more thing|Something else|Thanks|Hello there|Hi there][.|!]"
)
_CLOSERS = ways(
    "[Thanks|Thank you|Many thanks|Thanks a lot|Please|Please be quick|It is important|I am in a hurry|That is "
    "all|That would"
    " help me|It is for a friend|It is for my boss|I need it today|I need it now|Please use a tool|Please do it "
    "now][.|!]"
)
_LEADS = ("tell me", "find", "get", "show me", "look up", "check", "give me", "find out", "get me", "find me")
_CONNECTORS = (
    " and ", ", and ", " and then ", ", then ", " and also ", ", and then ", " and please ", ", and also ",
    " and then please ", ", and please ", ", then please ", " and after that ",
)  # fmt: skip
_LINKS = (
    " ",
    " Also: ",
    " And ",
    " Then: ",
    " Next: ",
    " After that: ",
    " And then: ",
    " Also ",
    " Then ",
    " And also: ",
)
_AGAIN = (
    "And {}?", "What about {}?", "And for {}?", "The same for {}.", "Now {}.", "Now the same for {}.", "And with {}?",
    "How about {}?", "Do the same for {}.", "Again for {}.", "And now {}.", "The same again for {}.", "And the same "
    "for {}.",
    "OK, and {}?", "Now for {}.", "And now for {}.", "Once more for {}.", "Now do the same for {}.", "And how about "
    "{}?",
    "And what about {}?", "Please do the same for {}.", "The same for {}, please.", "And now the same for {}.", "And "
    "{}, please.",
)  # fmt: skip


def request(draw: Draw, wish: Wish, *, around: bool = True) -> str:
    """What a user says for a wish; with a word before or after now and then, where `around`."""
    if wish.sentence:
        text = wish.sentence
    else:
        frame = (
            draw.phrase(_THING_FRAMES, practice.THING_FRAMES)
            if wish.thing
            else draw.phrase(_DEED_FRAMES, practice.DEED_FRAMES)
        )
        core = wish.thing or wish.deed
        if not wish.closed and draw.chance(0.12):
            core += draw.phrase(_AFTER, practice.AFTER)
        text = _capital(draw, frame.format(core), wish.firm)
    return _around(draw, text) if around else text


def requests(draw: Draw, wishes: Sequence[Wish]) -> str:
    """What a user says who wants several things at once."""
    free = not any(wish.closed for wish in wishes[:-1])
    firm = tuple(text for wish in wishes for text in wish.firm)
    if free and all(wish.thing for wish in wishes) and draw.chance(0.5):
        text = _capital(
            draw,
            draw.phrase(_THING_FRAMES, practice.THING_FRAMES).format(listed(draw, [one.thing for one in wishes])),
            firm,
        )
    elif free and not any(wish.sentence for wish in wishes) and draw.chance(0.8):
        clauses = [wish.deed or f"{draw.phrase(_LEADS, practice.LEADS)} {wish.thing}" for wish in wishes]
        joined = clauses[0]
        for clause in clauses[1:]:
            joined += draw.phrase(_CONNECTORS, practice.CONNECTORS) + clause
        text = _capital(draw, draw.phrase(_DEED_FRAMES, practice.DEED_FRAMES).format(joined), firm)
    else:
        text = request(draw, wishes[0], around=False)
        for wish in wishes[1:]:
            text += draw.phrase(_LINKS, practice.LINKS) + request(draw, wish, around=False)
    return _around(draw, text)


def again(draw: Draw, offer: Offer, before: Wish) -> tuple[str, Wish]:
    """The same once more with another value: And Torham? The wish has to be one of a tool with a brief value."""
    chosen = draw.one([one for one in offer.parameters if not one.tails and one.kind in BRIEF])
    old = before.calls[-1].arguments
    value = value_of(chosen.kind, draw)
    while value.value == old[chosen.name]:
        value = value_of(chosen.kind, draw)
    call = Call(offer.tool.name, {**old, chosen.name: value.value})
    text = _capital(draw, draw.phrase(_AGAIN, practice.AGAIN).format(value.text), (value.text,))
    return text, replace(before, calls=(call,), topics=(), thing="", deed="", sentence=text, firm=(value.text,))


def _around(draw: Draw, text: str) -> str:
    if draw.chance(0.12):
        text = f"{draw.phrase(_OPENERS, practice.OPENERS)} {text}"
    if draw.chance(0.08) and text[-1] in ".?!":
        return f"{text} {draw.phrase(_CLOSERS, practice.CLOSERS)}"
    return text[:-1] if draw.chance(0.06) and text[-1] in ".?" else text


def _capital(draw: Draw, text: str, firm: tuple[str, ...]) -> str:
    """With a capital at the start, mostly; a value there stays as it is."""
    return text if draw.chance(0.07) or text.startswith(firm or ("\n",)) else text[0].upper() + text[1:]
