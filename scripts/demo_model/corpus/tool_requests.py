"""How people put a wish for a tool, or several at once: frames around it, and what else they say before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from demo_model.corpus.conversation import Call
from demo_model.corpus.draw import Draw
from demo_model.corpus.tool_values import value_of
from demo_model.corpus.toolbox import BRIEF, Offer, Wish

_THING_FRAMES = (
    "what is {}?", "what's {}?", "tell me {}.", "can you tell me {}?", "could you tell me {}?", "show me {}.",
    "give me {}.", "I need {}.", "I need to know {}.", "I would like to know {}.", "I want to know {}.",
    "please find {}.", "look up {}.", "check {}.", "do you know {}?", "find out {}.", "find {}.", "get {}.",
    "get me {}.", "let me know {}.", "fetch {}.", "please tell me {}.", "can you check {}?", "could you look up {}?",
    "{}?", "what about {}?", "I am curious about {}.", "would you check {}?", "I have to know {}.",
    "please show me {}.", "can I have {}?", "I am looking for {}.", "{}.", "I am asking for {}.",
    "help me to find {}.", "can you give me {}?", "read me {}.", "please look for {}.", "say {}.",
    "could you find {}?", "do you have {}?", "I wonder about {}.", "try to find {}.", "please get {}.", "now {}.",
)  # fmt: skip
_DEED_FRAMES = (
    "{}.", "{}!", "please {}.", "can you {}?", "could you {}?", "would you {}?", "I want you to {}.", "will you {}?",
    "I'd like you to {}.", "can you please {}?", "I need you to {}.", "could you please {}?", "hey, {}.", "just {}.",
    "go ahead and {}.", "kindly {}.", "you should {}.", "be so kind and {}.", "now {}.", "then {}.", "quickly {}.",
    "I would like you to {}.", "would you please {}?", "you must {}.", "next, {}.", "I ask you to {}.",
    "may I ask you to {}?", "do this: {}.", "first of all, {}.", "try to {}.", "your task: {}.", "it is time to {}.",
    "do me a favour and {}.", "can I ask you to {}?", "help me to {}.", "we have to {}.", "{}, OK?",
)  # fmt: skip
_AFTER = (
    " please", " for me", " now", ", please", ", thanks", " right now", " for me, please", " at once", " if you can",
    " when you can", ", will you", " again", " today, please", " quickly", " soon", " if possible",
)  # fmt: skip
_OPENERS = (
    "Hello! ", "Hi, ", "Hey there. ", "Quick question: ", "One more thing: ", "OK. ", "Good morning. ", "Hey! ",
    "So, ", "Hello. ", "I have a wish. ", "Something else: ", "Now this: ", "Good evening. ", "Sorry to bother you. ",
    "Right. ", "I need your help. ", "I am busy. ", "We are in a hurry. ", "It is late. ", "Listen. ", "Next: ",
    "Another thing: ", "I have a question. ", "My turn. ", "Here is what I need: ", "Well, ", "I am on the phone. ",
    "Dear assistant, ",
)  # fmt: skip
_CLOSERS = (
    " Thanks.", " Thank you!", " It is important.", " I am in a hurry.", " Thanks a lot.", " That would help me.",
    " I need it today.", " Please be quick.", " Can you do that?", " That is all.", " It is for a friend.",
    " Many thanks.", " I asked you before.", " My boss wants it.", " Use a tool.", " Please use the right tool.",
    " OK?",
)  # fmt: skip
_LEADS = (
    "tell me",
    "find",
    "get",
    "show me",
    "look up",
    "check",
    "give me",
    "find out",
    "read me",
    "get me",
    "fetch",
    "say",
)
_CONNECTORS = (
    " and ", ", and ", " and then ", ", then ", " and also ", ", and after that ", " and please ", " plus ",
    ", and also ", " as well as ", ", but first ", "; ",
)  # fmt: skip
_LINKS = (
    " ",
    " Also: ",
    " And: ",
    " And one more thing: ",
    " Then: ",
    " After that: ",
    " Next: ",
    " Besides: ",
    " Second: ",
)
_AGAIN = (
    "And {}?", "What about {}?", "And for {}?", "The same for {}.", "Now {}.", "Now the same for {}.", "And with {}?",
    "How about {}?", "Do the same for {}.", "Again, but for {}.", "And now {}.", "The same again with {}.",
    "OK, and {}?", "Then {}, please.", "Now try {}.", "Once more, for {}.", "I also need {}.", "Next: {}.",
    "And what about {}?", "Please repeat that for {}.",
)  # fmt: skip


def request(draw: Draw, wish: Wish, *, around: bool = True) -> str:
    """What a user says for a wish; with a word before or after now and then, where `around`."""
    if wish.sentence:
        text = wish.sentence
    else:
        frame = draw.phrase(_THING_FRAMES if wish.thing else _DEED_FRAMES)
        core = wish.thing or wish.deed
        if not wish.closed and draw.chance(0.12):
            core += draw.phrase(_AFTER)
        text = _capital(draw, frame.format(core), wish.firm)
    return _around(draw, text) if around else text


def requests(draw: Draw, wishes: Sequence[Wish]) -> str:
    """What a user says who wants several things at once."""
    free = not any(wish.closed for wish in wishes[:-1])
    firm = tuple(text for wish in wishes for text in wish.firm)
    if free and all(wish.thing for wish in wishes) and draw.chance(0.5):
        text = _capital(draw, draw.phrase(_THING_FRAMES).format(_listed([wish.thing for wish in wishes])), firm)
    elif free and not any(wish.sentence for wish in wishes) and draw.chance(0.8):
        clauses = [wish.deed or f"{draw.phrase(_LEADS)} {wish.thing}" for wish in wishes]
        joined = clauses[0]
        for clause in clauses[1:]:
            joined += draw.phrase(_CONNECTORS) + clause
        text = _capital(draw, draw.phrase(_DEED_FRAMES).format(joined), firm)
    else:
        text = request(draw, wishes[0], around=False)
        for wish in wishes[1:]:
            text += draw.phrase(_LINKS) + request(draw, wish, around=False)
    return _around(draw, text)


def again(draw: Draw, offer: Offer, before: Wish) -> tuple[str, Wish]:
    """The same once more with another value: And Torham? The wish has to be one of a tool with a brief value."""
    chosen = draw.one([one for one in offer.parameters if not one.tails and one.kind in BRIEF])
    old = before.calls[-1].arguments
    value = value_of(chosen.kind, draw)
    while value.value == old[chosen.name]:
        value = value_of(chosen.kind, draw)
    call = Call(offer.tool.name, {**old, chosen.name: value.value})
    text = _capital(draw, draw.phrase(_AGAIN).format(value.text), (value.text,))
    return text, replace(before, calls=(call,), topics=(), thing="", deed="", sentence=text, firm=(value.text,))


def _around(draw: Draw, text: str) -> str:
    if draw.chance(0.12):
        text = draw.phrase(_OPENERS) + text
    if draw.chance(0.08) and text[-1] in ".?!":
        return text + draw.phrase(_CLOSERS)
    return text[:-1] if draw.chance(0.06) and text[-1] in ".?" else text


def _capital(draw: Draw, text: str, firm: tuple[str, ...]) -> str:
    """With a capital at the start, mostly; a value there stays as it is."""
    return text if draw.chance(0.07) or text.startswith(firm or ("\n",)) else text[0].upper() + text[1:]


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
