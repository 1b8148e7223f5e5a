"""Questions for the properties of things."""

from __future__ import annotations

from demo_model.corpus.draw import Draw
from demo_model.corpus.properties import Property
from demo_model.corpus.world import Fact, Thing, label, predicate, upper

# Questions. {n} the thing, {k} the noun of the property, {q} a question, {i} the same as a clause.

_OPENERS: tuple[str, ...] = (
    *(
        "",
        "",
        "",
        "",
        "Please tell me: ",
        "Question: ",
        "A quick question: ",
        "My question: ",
        "I wonder: ",
        "So, ",
        "Now, ",
    ),
    *(
        "Hey, ",
        "Say, ",
        "Help me here: ",
        "One more thing: ",
        "According to the text, ",
        "Going by the text, ",
        "Well, ",
    ),
    *(
        "From what you read, ",
        "Look it up: ",
        "I forgot: ",
        "Do you know: ",
        "Just asking, ",
        "Next, ",
        "OK, ",
        "Tell me, ",
    ),
    *(
        "Then ",
        "Please answer: ",
        "Check the text: ",
        "I need to know: ",
        "In the text, ",
        "Once again, ",
        "Sorry, but ",
    ),
)
_CLOSERS: tuple[str, ...] = (
    *(" Please answer briefly.", " Just the answer, please.", " Short answer, please."),
    *(" Thanks.", " Please.", " I forgot.", " Answer from the text.", " Be brief.", " Thank you!", " Only the answer."),
    *(" I need it for a list.", " What does the text say?", " Look in the text.", " Use the text.", " Quick!"),
)
_INDIRECT: tuple[str, ...] = (
    *(
        "Do you know {i}?",
        "Tell me {i}.",
        "Can you tell me {i}?",
        "Could you say {i}?",
        "I want to know {i}.",
        "Say {i}.",
    ),
    *("I would like to know {i}.", "Find out {i}.", "Does the text say {i}?", "Please find {i}.", "I wonder {i}."),
    *("Please tell me {i}.", "Do you remember {i}?", "Can you find out {i}?", "Could you tell me {i}, please?"),
    *("What do you know about {i}?", "Write down {i}.", "I forgot {i}.", "I need to know {i}.", "Let me know {i}."),
    *("Would you tell me {i}?", "Does it say {i}?", "Show me {i}.", "I am asking {i}.", "Are we told {i}?"),
)
_OF_NOUN: tuple[str, ...] = (
    *("What is {k}?", "Tell me {k}.", "Give me {k}.", "What was {k}?", "I need {k}.", "Find {k}."),
    *("Look up {k}.", "Name {k}.", "State {k}.", "What does the text say about {k}?", "What does it say about {k}?"),
    *("{K}?", "{K}, please.", "Which is {k}?", "What do we know about {k}?", "I want to know {k}.", "Do you know {k}?"),
    *(
        "Can you give me {k}?",
        "Could you tell me {k}?",
        "Write down {k}.",
        "What about {k}?",
        "Say {k}.",
        "Show me {k}.",
    ),
    *("I would like to know {k}.", "What would be {k}?", "What can you tell me about {k}?", "Please find {k}."),
    *(
        "Extract {k}.",
        "Do you remember {k}?",
        "What, please, is {k}?",
        "And {k}?",
        "I am looking for {k}.",
        "Read out {k}.",
    ),
)
_NOUN_PHRASES = ("the {k} of {n}", "the {k} of {n}", "{n}'s {k}")
_RARE_NOUN_PHRASES = (
    "the {k} that {n} has",
    "the {k} for {n}",
    "the {k} given for {n}",
    "the {k} there is for {n}",
    "the {k} mentioned for {n}",
    "the {k} stated for {n}",
    "the {k} listed for {n}",
    "the {k} in {n}'s case",
)
_LABELLED = ("{N}: {k}?", "{K} of {n}?", "{k} of {n}", "{n}, {k}?", "{N} - {k}?", "{K} ({n})?", "{n} {k}", "{n} {k}?")


def question(draw: Draw, thing: Thing, asked: Property, *, known: str = "") -> str:
    """A question for the property of the thing. `known` stands for the thing where it was asked about just now."""
    name = known or (label(draw, thing) if draw.chance(0.85) else thing.name)
    if asked.asks and draw.chance(0.55):
        direct, indirect = draw.one(asked.asks)
        return put(draw, upper(direct.format(n=name)) + "?", indirect.format(n=name))
    noun = draw.one(asked.nouns)
    if draw.chance(0.06) and not known:
        return draw.phrase(_LABELLED).format(N=upper(name), n=name, K=upper(noun), k=noun)
    if known:
        phrase = f"{thing.pronouns[1].lower()} {noun}"
    else:
        frame = draw.one(_NOUN_PHRASES) if draw.chance(0.85) else draw.phrase(_RARE_NOUN_PHRASES)
        phrase = frame.format(k=noun, n=name)
    if draw.chance(0.3 if draw.split == "train" else 0.1):
        return dressed(draw, f"What is {phrase}?")
    return dressed(draw, draw.phrase(_OF_NOUN).format(k=phrase, K=upper(phrase)))


def _lower(text: str) -> str:
    return text if text.startswith("I ") else text[0].lower() + text[1:]


def put(draw: Draw, direct: str, clause: str) -> str:
    """A question that can be put directly (`Who is Tom?`) or with a clause (`who Tom is`), in one of many ways."""
    if draw.chance(0.6 if draw.split == "train" else 0.4):
        return dressed(draw, direct)
    return dressed(draw, draw.phrase(_INDIRECT).format(i=clause))


def dressed(draw: Draw, text: str) -> str:
    """The question as it is, or with something around it, or as one types in a hurry."""
    if draw.chance(0.5 if draw.split == "train" else 0.2):
        return text
    if draw.chance(0.2):
        return _lower(text).rstrip("?.")
    if draw.chance(0.7):
        text = draw.phrase(_OPENERS) + _lower(text)
    return text + draw.phrase(_CLOSERS) if draw.chance(0.5) else text


_WHICH: tuple[str, ...] = (
    *(
        "Which {k} {d}?",
        "What {k} {d}?",
        "Tell me which {k} {d}.",
        "Do you know which {k} {d}?",
        "Which is the {k} that {d}?",
    ),
    *("Name the {k} that {d}.", "Find the {k} that {d}.", "Can you say which {k} {d}?", "I forgot which {k} {d}."),
    *("Say which {k} {d}.", "Of which {k} do we read that it {d}?", "What is the name of the {k} that {d}?"),
)
_WHO: tuple[str, ...] = (
    *("Who {d}?", "Tell me who {d}.", "Do you know who {d}?", "Name the person who {d}.", "Find the person who {d}."),
    *("Can you say who {d}?", "I forgot who {d}.", "Which person {d}?", "Say who {d}.", "Who is it that {d}?"),
)


def which(draw: Draw, fact: Fact) -> str:
    """A question for the thing: which river is 310 km long?"""
    said = predicate(draw, fact)
    if fact.thing.kind.person:
        return draw.phrase(_WHO).format(d=said)
    return draw.phrase(_WHICH).format(k=fact.thing.kind.noun, d=said)
