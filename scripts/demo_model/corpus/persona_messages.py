"""System messages that say who the model is to be, in very many forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo_model.corpus.draw import Draw
from demo_model.corpus.everyday import filled, with_article
from demo_model.corpus.exchange import phrased

if TYPE_CHECKING:
    from demo_model.corpus.persona import Trait

_HEADS = (
    "You are {v}", "Play {v}", "Pretend to be {v}", "Act as {v}", "Take the part of {v}", "Speak as {v}", "Be {v}",
    "Answer as {v}", "You play {v}", "In this talk you are {v}", "From now on you are {v}", "Imagine you are {v}",
    "Your role is {v}", "Your persona is {v}", "You are now {v}", "You will be {v}", "Talk like {v}",
    "You are called {v}", "Your name is {v}", "The user talks to you. You are {v}", "Take on the role of {v}",
    "Behave as if you were {v}", "You speak as {v}", "Stay in the role of {v}", "In what follows you are {v}",
    "You shall be {v}", "Here you are {v}", "This is a role play, and you are {v}", "Your part is that of {v}",
    "Please be {v}", "Let us say you are {v}", "You are an assistant called {v}", "You are an assistant named {v}",
    "You are a helpful assistant. Your name is {v}",
)  # fmt: skip
_PARTS: dict[str, tuple[str, ...]] = {
    "age": (
        ", {v} years old", ", aged {v}", ", {v}", ", age {v}", ", who is {v} years old", " ({v})", " (age {v})",
        ", {v} years of age", ", who is {v}", ", at the age of {v}", ", now {v} years old", ", just turned {v}",
    ),
    "trade": (
        ", {a}", ", who works as {a}", ", {a} by trade", ", who is {a}", ", {a} by profession", ", working as {a}",
        " the {v}", ", who earns a living as {a}", ", {a} with much experience", ", {a} of many years",
        ", employed as {a}", " ({v})",
    ),
    "town": (
        " from {v}", ", who lives in {v}", " of {v}", ", living in {v}", ", at home in {v}", ", from {v}",
        ", who comes from {v}", ", a citizen of {v}", " in {v}", ", resident of {v}", ", who is from {v}",
        ", born in {v}",
    ),
    "likes": (
        ", who likes {v}", ", fond of {v}", ", who loves {v}", ", who enjoys {v}", ", a lover of {v}", ", liking {v}",
        ", who is fond of {v}", ", who much likes {v}", ", a great friend of {v}", ", who likes nothing more than {v}",
    ),
}  # fmt: skip
_SENTENCES: dict[str, tuple[str, ...]] = {
    "name": ("Your name is {v}.", "You are called {v}.", "You are {v}.", "They call you {v}.", "Use the name {v}.",
             "Everybody calls you {v}.", "You go by the name of {v}.", "People know you as {v}.", "Your name: {v}.",
             "The name you go by is {v}.", "{v} is your name.", "You answer to the name {v}.",
             "Your first name is {v}.", "You bear the name {v}.", "Your name shall be {v}.",
             "If asked, your name is {v}."),
    "age": ("You are {v} years old.", "Your age is {v}.", "You are {v}.", "You are aged {v}.",
            "You turned {v} this year.", "You have just turned {v}.", "Your age: {v}.", "You are {v} years of age.",
            "At present you are {v} years old.", "You have reached the age of {v}.", "You are now {v} years old.",
            "{v} years is your age.", "You say that you are {v} years old.", "You have lived for {v} years."),
    "trade": ("You are {a}.", "You work as {a}.", "Your job is that of {a}.", "By trade you are {a}.",
              "You earn your living as {a}.", "Your profession is {v}.", "Your job: {v}.", "You have a job as {a}.",
              "For a living you work as {a}.", "Your trade is {v}.", "You have long been {a}.",
              "Your occupation is {v}.", "In your working life you are {a}.", "You found work as {a}."),
    "town": ("You live in {v}.", "Your home is in {v}.", "You come from {v}.", "You are from {v}.", "Your town is {v}.",
             "You are at home in {v}.", "Your home town is {v}.", "Your home is {v}.", "You have always lived in {v}.",
             "You have a house in {v}.", "The town where you live is {v}.", "You moved to {v}.",
             "You have a flat in {v}.", "You live in the town of {v}."),
    "likes": ("You like {v}.", "You love {v}.", "You enjoy {v}.", "You are fond of {v}.", "What you like most is {v}.",
              "You really like {v}.", "You like {v} very much.", "Most of all you love {v}.",
              "You are a friend of {v}.", "You think that {v} is wonderful.", "Your great love is {v}.",
              "You have always liked {v}."),
    "being": ("Your {k} is called {v}.", "You have a {k} called {v}.", "Your {k}'s name is {v}.", "Your {k} is {v}.",
              "The name of your {k} is {v}.", "You have a {k} named {v}.", "You call your {k} {v}.", "{v} is your {k}.",
              "You have a {k} whose name is {v}.", "Your {k} has the name {v}.", "Your {k}: {v}.",
              "You live with your {k} {v}."),
    "own": ("Your {k} is {v}.", "Your {k}: {v}.", "{v} is your {k}.", "Your own {k} is {v}.",
            "You have {v} as your {k}.", "As for your {k}, it is {v}.", "Your {k} has always been {v}.",
            "If asked, your {k} is {v}.", "It is known that your {k} is {v}.",
            "Everybody knows that your {k} is {v}.", "Note that your {k} is {v}.", "You say that your {k} is {v}."),
}  # fmt: skip
_LABELS: dict[str, tuple[str, ...]] = {
    "name": ("Name", "Your name", "Called", "First name"),
    "age": ("Age", "Your age", "Years", "Age in years"),
    "trade": ("Job", "Trade", "Profession", "Occupation", "Work", "Your job"),
    "town": ("Town", "Home", "Lives in", "From", "City", "Home town"),
    "likes": ("Likes", "Loves", "Enjoys", "You like", "Fond of"),
}
_OPENERS = (
    "This is a role play. ", "Read this carefully. ", "Play your part well. ", "Here is who you are. ",
    "Your persona: ", "Listen. ", "We play a game. ", "Stay in your role. ", "The following is your role. ",
    "Your role: ", "Hello! ", "You take part in a play. ", "Keep to this role. ", "About you: ",
    "This is your character. ", "Welcome. ", "Note well: ", "Character: ", "Persona: ", "For this chat: ",
)  # fmt: skip
_CLOSERS = (
    " Answer in short sentences.", " Always stay in your role.", " Be friendly.", " Be polite.", " Answer briefly.",
    " Never say that you are a machine.", " Answer the questions of the user.", " Speak simple English.",
    " Do not leave your role.", " Talk with the user.", " Be kind and patient.", " Be honest.", " Help the user.",
    " You are in a good mood.", " You talk to a child.", " A visitor will ask you things.", " Keep it short.",
    " Answer as this person would.", " Users will ask you questions.", " Do not tell lies.", " Be brief and clear.",
    " Speak about yourself as I.", " Use few words.", " Only say what you know.",
)  # fmt: skip


def system_message(draw: Draw, known: list[Trait], *, facts: str = "") -> str:
    """All traits, in one of many forms, and the facts before or after them."""
    form = draw.random.random()
    said = _listed(draw, known) if form < 0.15 else _told(draw, known) if form < 0.45 else _in_one(draw, known)
    if draw.chance(0.25):
        said = draw.phrase(_OPENERS) + said
    for _ in range(draw.one((0, 0, 1, 1, 2))):
        closer = draw.phrase(_CLOSERS)
        said += "" if closer in said else closer.lstrip() if said.endswith("\n") else closer
    if not facts:
        return said
    return f"{said} {facts}" if draw.chance(0.7) else f"{facts} {said}"


def _sentence(draw: Draw, trait: Trait) -> str:
    article = with_article(trait.value) if trait.kind == "trade" else ""
    return filled(phrased(draw, _SENTENCES[trait.kind]), v=trait.value, k=trait.key, a=article)


def _told(draw: Draw, known: list[Trait]) -> str:
    """A sentence each, in any order."""
    return " ".join(_sentence(draw, trait) for trait in draw.some(known, len(known)))


def _in_one(draw: Draw, known: list[Trait]) -> str:
    """You are Tom, a baker, 26 years old; what does not fit in there is told after it."""
    first, *others = known
    inner = [trait for trait in others if trait.kind in _PARTS and draw.chance(0.85)]
    by_kind = {trait.kind: trait for trait in inner}
    if first.kind != "name":
        return _told(draw, known)
    said = phrased(draw, _HEADS)
    if "age" in by_kind and "trade" in by_kind and draw.chance(0.2):
        both = filled(draw.phrase(_BOTH), a=by_kind["age"].value, t=by_kind["trade"].value)
        inner = [trait for trait in inner if trait.kind not in ("age", "trade")]
        said = said.format(v=both.format(v=first.value))
    else:
        said = said.format(v=first.value)
    for trait in draw.some(inner, len(inner)):
        article = with_article(trait.value) if trait.kind == "trade" else ""
        said += phrased(draw, _PARTS[trait.kind]).format(v=trait.value, a=article)
    rest = [trait for trait in others if trait.kind not in by_kind]
    return f"{said}. {_told(draw, rest)}" if rest else f"{said}."


_BOTH = (
    "{{v}}, a {a}-year-old {t}", "a {a}-year-old {t} called {{v}}", "a {a} year old {t} named {{v}}",
    "{{v}}, a {a} year old {t}", "the {a}-year-old {t} {{v}}", "the {t} {{v}} ({a})", "{{v}} ({a}), the {t}",
    "{{v}} ({t}, {a})", "a {t} called {{v}} who is {a} years old", "a {t} named {{v}}, aged {a}", "{{v}}, {t}, {a}",
    "{t} {{v}}, aged {a}",
)  # fmt: skip


def _listed(draw: Draw, known: list[Trait]) -> str:
    """Name: Tom, age: 26, line by line or in one line."""
    lines = []
    for trait in known:
        label = phrased(draw, _LABELS[trait.kind]) if trait.kind in _LABELS else trait.key.capitalize()
        lines.append(f"{label}: {trait.value}")
    return draw.one(("\n", "; ", "\n", ", ")).join(lines) + draw.one((".", "\n", "."))
