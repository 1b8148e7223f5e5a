"""Questions for the properties of things."""

from __future__ import annotations

from demo_model.corpus.draw import Draw
from demo_model.corpus.phrasings import combined, listed, upper
from demo_model.corpus.properties import Property
from demo_model.corpus.world import Fact, Thing, label, predicate

# Questions. {n} the thing, {k} the noun of the property, {i} a question as a clause. All in small letters at first.

_OPENERS: tuple[str, ...] = (
    *combined("|please|now|so|then|now please", "tell me:|tell me this:|answer:|answer this:|say:|help me:"),
    *combined("a|one|my|the|another|one more|my next|the next|my last", "question:|quick question:|short question:"),
    *combined("in|according to|going by|from|by", "the text,|this text,|that text,|my text,"),
    *combined("|and|so|well", "now,|then,|next,|here,"),
    *combined("look|look it up|check|check it|have a look", "in the text:|in this text:|for me:|please:"),
    *combined("I|now I|so I|well, I", "ask:|ask this:|wonder:|forgot:|want to know:|need to know:|have a question:"),
    *listed("hey,|say,|well,|so,|OK,|now,|sorry,|but|but now,|hello,|and|tell me,|please,|just asking:|do you know:"),
)
_CLOSERS: tuple[str, ...] = (
    *combined("|Please", "be brief|be short|be quick|answer briefly|keep it short|keep it brief", ".|!"),
    *combined("|Please|Just", "give a short answer|give the answer|answer in short|answer me in short", "."),
    *combined("|Please", "use the text|look in the text|answer from the text|read the text|go by the text", "."),
    *combined("A short answer|Just the answer|Only the answer|A brief answer|The short answer", ".|, please.|!"),
    *combined("Thanks|Thank you|Thanks a lot|Many thanks|Please|I forgot|I need it|I need to know", ".|!"),
    *combined("What does the text say|What does it say|What do you read|What do we read", "?"),
)
_REQUESTS = combined("can you|could you|will you|would you|can you please|could you please", "|now|quickly")
_SAY = listed("tell me|say|find out|look up|show me|write down|read out|let me know")
_GIVE = listed("tell me|give me|name|find|look up|show me|write down|read out|say|find out|state")
_ORDERS = listed("|please|now|now please|so|then|next")
_WISHES = combined(
    "I want|I would like|I need|I wish|we want|we need|we would like|I only want|I just want|I just need",
    "to know|to find out|to hear|to read",
)
_INDIRECT: tuple[str, ...] = (
    *combined(_REQUESTS, _SAY, "{i}?"),
    *combined(_ORDERS, _SAY, "{i}."),
    *combined(_WISHES, "{i}."),
    *combined("do you|do we|did you|do you still", "know|remember|see", "{i}?"),
    *combined("does the text|does it|does this text|does my text|did it|did the text", "say|tell us|tell", "{i}?"),
    *combined("I|sorry, I|now I|but I|well, I", "forgot|wonder|do not know|do not remember|am asking|ask", "{i}."),
    *combined("remind me|please remind me|I have forgotten|I cannot remember|I cannot find out|help me find", "{i}."),
)
_OF_NOUN: tuple[str, ...] = (
    *combined("|and|so|now|then", "what is|what was|which is|what exactly is|what would be", "{k}?"),
    *combined(_REQUESTS, _GIVE, "{k}?"),
    *combined(_ORDERS, _GIVE, "{k}."),
    *combined(_WISHES, "{k}."),
    *combined(
        "I want|I need|I would like|I am looking for|I am asking for|I forgot|we forgot|now I forgot|we need",
        "{k}.",
    ),
    *combined(
        "what does the text say|what does it say|what do we know|what do you know|what do we read|what can you say|"
        "what can you tell me|what did you read|what does the text tell us|what is said|what is written",
        "about {k}?",
    ),
    *combined(
        "do you know|do you remember|do we remember|do we know|does the text say|does it say|does the text tell us",
        "{k}?",
    ),
    *combined("|and|so|now|what about|and what about|how about", "{k}", "?|, please?"),
    *combined("|now|and|next", "{k}", ", please."),
)
_ABOUT_NAMES = (*combined(_REQUESTS, _GIVE, "{k}?"), *combined(_ORDERS, _GIVE, "{k}."), *combined(_WISHES, "{k}."))
_NOUN_PHRASES = ("the {k} of {n}", "the {k} of {n}", "{n}'s {k}")
_RARE_NOUN_PHRASES = (
    *combined("the {k}", "that {n} has|which {n} has|for {n}|there is for {n}"),
    *combined("the {k}", "|that is|which is", "given|stated|listed|written down|mentioned", "for {n}"),
)
_LABELLED: tuple[str, ...] = (
    *combined("{n}:|{n},|{n} -|{n}", "{k}|the {k}", "?|"),
    *combined("{k} of {n}|the {k} of {n}|{n}'s {k}|{k} ({n})|{k}, {n}", "?|"),
)


def question(draw: Draw, thing: Thing, asked: Property, *, known: str = "") -> str:
    """A question for the property of the thing. `known` stands for the thing where it was asked about just now."""
    name = known or label(draw, thing)
    if asked.asks and draw.chance(0.55):
        direct, indirect = draw.one(asked.asks)
        return put(draw, direct.format(n=name) + "?", indirect.format(n=name))
    noun = draw.one(asked.nouns)
    if draw.chance(0.06) and not known:
        return upper(draw.phrase(_LABELLED).format(n=name, k=noun))
    if known:
        phrase = f"{thing.pronouns[1].lower()} {noun}"
    else:
        frame = draw.one(_NOUN_PHRASES) if draw.chance(0.88) else draw.phrase(_RARE_NOUN_PHRASES)
        phrase = frame.format(k=noun, n=name)
    if draw.chance(0.3 if draw.split == "train" else 0.1):
        return dressed(draw, f"what is {phrase}?")
    return dressed(draw, draw.phrase(_OF_NOUN).format(k=phrase))


def put(draw: Draw, direct: str, clause: str) -> str:
    """A question that can be put directly (`Who is Tom?`) or with a clause (`who Tom is`), in one of many ways."""
    if draw.chance(0.55 if draw.split == "train" else 0.4):
        return dressed(draw, direct)
    return dressed(draw, draw.phrase(_INDIRECT).format(i=clause))


def dressed(draw: Draw, text: str) -> str:
    """The question as it is, or with something around it, or as one types in a hurry."""
    if draw.chance(0.5 if draw.split == "train" else 0.3):
        return upper(text)
    if draw.chance(0.2):
        return _small(text).rstrip("?.")
    opener = draw.chance(0.6)
    if opener:
        text = f"{draw.phrase(_OPENERS)} {_small(text)}"
    text = upper(text)
    return f"{text} {upper(draw.phrase(_CLOSERS))}" if not opener or draw.chance(0.3) else text


def _small(text: str) -> str:
    start = text.partition(" ")[0].lower()
    return text[0].lower() + text[1:] if start in ("what", "which", "who", "when", "where", "how", "in") else text


def which(draw: Draw, fact: Fact) -> str:
    """A question for the thing: which river is 310 km long?"""
    said = predicate(draw, fact)
    noun = fact.thing.kind.noun
    if draw.chance(0.7):
        start = draw.one(("who", "who", "which person")) if fact.thing.kind.person else draw.one(("which", "what"))
        core = f"{start} {said}" if fact.thing.kind.person else f"{start} {noun} {said}"
        return put(draw, f"{core}?", core)
    name = f"the person who {said}" if fact.thing.kind.person else f"the {noun} that {said}"
    name = f"the name of {name}" if draw.chance(0.6) else name
    if draw.chance(0.3):
        return dressed(draw, f"what is {name}?" if name.startswith("the name") else f"which is {name}?")
    return dressed(draw, draw.phrase(_ABOUT_NAMES).format(k=name))
