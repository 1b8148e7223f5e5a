"""What a user may tell of themselves and theirs, how they ask for it later, and what they are told then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from demo_model.corpus import names
from demo_model.corpus.draw import Draw
from demo_model.corpus.everyday import (
    ANIMALS,
    COLOURS,
    DAYS,
    FAVOURITES,
    MONTHS,
    NUMBERED,
    PLACES_FOR_THINGS,
    RELATIVES,
    THINGS,
    TRADES,
    favourite,
    liking,
    person,
    with_article,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fact: how it is told and asked for, `{k}` the key and `{v}` the value, and the answer."""

    told: tuple[str, ...]
    direct: tuple[str, ...]
    embedded: tuple[str, ...]
    answer: str
    key: Callable[[Draw], str]
    value: Callable[[Draw, str], str]


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that a user may tell: two of the same kind differ in the key."""

    kind: str
    key: str
    value: str

    def answer(self) -> str:
        """What the user is told when they ask for it."""
        return KINDS[self.kind].answer.format(k=self.key, v=self.value.replace("my ", "your "))

    def words(self) -> str:
        """What a right answer has."""
        return self.value.replace("my ", "your ")


def _none(draw: Draw) -> str:
    return ""


def _living(draw: Draw) -> str:
    return draw.phrase(ANIMALS) if draw.chance(0.6) else draw.phrase(RELATIVES)


def _relative(draw: Draw) -> str:
    return draw.phrase(RELATIVES)


def _owned(draw: Draw) -> str:
    return draw.phrase(THINGS) if draw.chance(0.75) else names.lower(draw)


def _date(draw: Draw, key: str) -> str:
    return f"{draw.number(1, 28)} {draw.one(MONTHS)}"


def _number(draw: Draw, key: str) -> str:
    return draw.held_out(lambda: str(draw.number(1, 9999 if draw.chance(0.5) else 99)))


def _trade(draw: Draw, key: str) -> str:
    return with_article(names.lower(draw) if draw.chance(0.1) else draw.phrase(TRADES))


KINDS: dict[str, Kind] = {
    "name": Kind(
        ("My name is {v}.", "I am {v}.", "I am called {v}.", "Call me {v}.", "People call me {v}.",
         "You can call me {v}.", "My first name is {v}.", "I go by the name of {v}.", "They call me {v}.",
         "{v} is my name.", "Everybody calls me {v}.", "My name, by the way, is {v}.", "Please call me {v}.",
         "My parents named me {v}."),
        ("What is my name?", "What am I called?", "Who am I?", "Do you know my name?", "What do people call me?",
         "How am I called?", "Do you remember my name?", "What was my name?", "What was my name again?",
         "My name is what?", "What name do I have?", "By what name do I go?", "Which name did I tell you?",
         "What did I say my name is?", "Have I told you my name? What is it?", "Do you still know my name?"),
        ("what my name is", "my name", "who I am", "what I am called", "what my name was", "what people call me",
         "which name I told you", "by what name I go"),
        "Your name is {v}.", _none, lambda draw, key: person(draw),
    ),
    "age": Kind(
        ("I am {v} years old.", "My age is {v}.", "I am {v}.", "I have just turned {v}.", "I turned {v} this year.",
         "I am aged {v}.", "I am {v} years of age.", "I am now {v} years old.", "At the moment I am {v} years old.",
         "I became {v} last week.", "My age, by the way, is {v}.", "I am already {v} years old."),
        ("How old am I?", "What is my age?", "What age am I?", "Do you know how old I am?", "Do you remember my age?",
         "How many years old am I?", "My age is what?", "What was my age?", "How old did I say I am?",
         "How old am I now?", "What did I say my age is?", "Do you remember how old I am?"),
        ("how old I am", "my age", "what my age is", "what age I am", "how old I am now", "how many years old I am",
         "what my age was", "how old I said I am"),
        "You are {v} years old.", _none, lambda draw, key: str(draw.number(5, 99)),
    ),
    "trade": Kind(
        ("I am {v}.", "I work as {v}.", "My job is that of {v}.", "By trade I am {v}.", "I earn my living as {v}.",
         "I have a job as {v}.", "I have long worked as {v}.", "For a living I work as {v}.", "I am {v} by profession.",
         "My work? I am {v}.", "I found work as {v}.", "At the moment I work as {v}."),
        ("What is my job?", "What do I do for a living?", "What do I work as?", "What is my profession?",
         "What is my trade?", "What work do I do?", "Which job do I have?", "How do I earn my living?",
         "What was my job?", "Do you remember my job?", "What am I by trade?", "What did I say my job is?",
         "What is my work?", "What am I by profession?"),
        ("what my job is", "what I do for a living", "my job", "what I work as", "what work I do",
         "how I earn my living", "what my profession is", "my profession"),
        "You are {v}.", _none, _trade,
    ),
    "town": Kind(
        ("I live in {v}.", "My home is in {v}.", "I come from {v}.", "I am from {v}.", "My home town is {v}.",
         "I have a flat in {v}.", "I have always lived in {v}.", "I have moved to {v}.", "I have a room in {v}.",
         "I am at home in {v}.", "The town where I live is {v}.", "I now live in {v}."),
        ("Where do I live?", "Where am I from?", "Which town do I live in?", "Where is my home?",
         "In which town do I live?", "What is my home town?", "Where do I come from?",
         "Do you remember where I live?", "Where did I say I live?", "What town do I live in?", "Where am I at home?",
         "Which town am I from?"),
        ("where I live", "where I am from", "which town I live in", "where my home is", "where I come from",
         "my home town", "in which town I live", "where I said I live"),
        "You live in {v}.", _none, lambda draw, key: names.place(draw),
    ),
    "likes": Kind(
        ("I like {v}.", "I love {v}.", "I enjoy {v}.", "I am fond of {v}.", "I really like {v}.",
         "I like {v} very much.", "What I like most is {v}.", "Most of all I love {v}.", "I have always liked {v}.",
         "I very much enjoy {v}.", "You know, I like {v}.", "My great love is {v}."),
        ("What do I like?", "What do I love?", "What do I enjoy?", "What am I fond of?", "What is it I like?",
         "What do I like most?", "What did I say I like?", "Do you remember what I like?", "What thing do I like?",
         "What do I really like?", "Which thing do I love?", "What do I enjoy most?"),
        ("what I like", "what I love", "what I enjoy", "what I am fond of", "what I like most",
         "what it is that I like", "what I said I like", "what I really like"),
        "You like {v}.", _none, lambda draw, key: liking(draw),
    ),
    "called": Kind(
        ("My {k} is called {v}.", "I have a {k} called {v}.", "My {k}'s name is {v}.", "I have a {k} named {v}.",
         "My {k} is {v}.", "The name of my {k} is {v}.", "My {k} is named {v}.", "I call my {k} {v}.",
         "{v} is my {k}.", "{v} is the name of my {k}.", "I have a {k} whose name is {v}.",
         "There is my {k}, called {v}.", "I have a {k}. The name is {v}.", "We call our {k} {v}.",
         "Do you know my {k}? The name is {v}."),
        ("What is my {k} called?", "What is the name of my {k}?", "What is my {k}'s name?", "How is my {k} called?",
         "My {k} is called what?", "What do I call my {k}?", "Who is my {k}?", "Do you remember my {k}'s name?",
         "What was my {k} called?", "Do you remember what my {k} is called?", "What was the name of my {k}?",
         "Which name does my {k} have?", "What did I call my {k}?", "What name does my {k} have?", "My {k}'s name?",
         "What did I say my {k} is called?", "Do you know the name of my {k}?", "And my {k}, what is the name?",
         "What was my {k}'s name again?"),
        ("what my {k} is called", "my {k}'s name", "the name of my {k}", "what the name of my {k} is",
         "what name my {k} has", "what I call my {k}", "what my {k} was called", "what my {k}'s name is"),
        "Your {k} is called {v}.", _living, lambda draw, key: person(draw),
    ),
    "their_age": Kind(
        ("My {k} is {v} years old.", "My {k} is {v}.", "My {k}'s age is {v}.", "The age of my {k} is {v}.",
         "I have a {k} aged {v}.", "My {k} turned {v} this year.", "My {k} has just turned {v}.",
         "I have a {k} who is {v} years old.", "My {k} is now {v} years old.", "My {k} is already {v} years old.",
         "My {k} is aged {v}.", "At the moment my {k} is {v} years old."),
        ("How old is my {k}?", "What is my {k}'s age?", "What age is my {k}?", "Do you know how old my {k} is?",
         "How old was my {k}?", "What is the age of my {k}?", "How old did I say my {k} is?",
         "Do you remember the age of my {k}?", "How old is my {k} now?", "How many years old is my {k}?",
         "And my {k}, how old?", "My {k} is how old?"),
        ("how old my {k} is", "my {k}'s age", "the age of my {k}", "what age my {k} is", "how old my {k} is now",
         "how many years old my {k} is", "what the age of my {k} is", "how old I said my {k} is"),
        "Your {k} is {v} years old.", _living, lambda draw, key: str(draw.number(2, 99)),
    ),
    "their_town": Kind(
        ("My {k} lives in {v}.", "My {k} has moved to {v}.", "My {k} has a house in {v}.",
         "The home of my {k} is in {v}.", "I have a {k} who lives in {v}.", "My {k} now lives in {v}.",
         "I have a {k} in {v}.", "My {k} is at home in {v}.", "In {v} lives my {k}.",
         "My {k} has always lived in {v}.", "My {k} has a flat in {v}.", "My {k} is from {v}."),
        ("Where does my {k} live?", "Which town does my {k} live in?", "Where is my {k}'s home?",
         "In which town does my {k} live?", "Where is the home of my {k}?", "Do you remember where my {k} lives?",
         "Where did I say my {k} lives?", "Where is my {k} at home?", "What town does my {k} live in?",
         "My {k} lives where?", "Where does my {k} live now?", "Where is it that my {k} lives?"),
        ("where my {k} lives", "in which town my {k} lives", "where the home of my {k} is", "where my {k} is at home",
         "which town my {k} lives in", "where it is that my {k} lives", "where my {k} lives now",
         "where I said my {k} lives"),
        "Your {k} lives in {v}.", _relative, lambda draw, key: names.place(draw),
    ),
    "their_trade": Kind(
        ("My {k} is {v}.", "My {k} works as {v}.", "My {k} has a job as {v}.", "By trade my {k} is {v}.",
         "I have a {k} who works as {v}.", "My {k} earns a living as {v}.", "My {k} found work as {v}.",
         "My {k} is {v} by profession.", "My {k} has long worked as {v}.", "I have a {k} who is {v}.",
         "The job of my {k}? My {k} is {v}.", "My {k} now works as {v}."),
        ("What is my {k}'s job?", "What does my {k} work as?", "What does my {k} do for a living?",
         "What is the job of my {k}?", "What work does my {k} do?", "Which job does my {k} have?",
         "How does my {k} earn a living?", "What is my {k} by trade?", "What is my {k}'s profession?",
         "Do you remember the job of my {k}?", "What was my {k}'s job?", "What is the work of my {k}?"),
        ("what my {k}'s job is", "what my {k} works as", "my {k}'s job", "the job of my {k}",
         "what my {k} does for a living", "what work my {k} does", "how my {k} earns a living", "which job my {k} has"),
        "Your {k} is {v}.", _relative, _trade,
    ),
    "favourite": Kind(
        ("My favourite {k} is {v}.", "{v} is my favourite {k}.", "As my favourite {k} I would name {v}.",
         "My favourite {k} has always been {v}.", "I have a favourite {k}: {v}.", "My favourite {k}? That is {v}.",
         "The {k} that is my favourite is {v}.", "If you ask for my favourite {k}: {v}.",
         "For me, {v} is the favourite {k}.", "My favourite {k}, by the way, is {v}.",
         "You know, my favourite {k} is {v}.", "My one favourite {k} is {v}."),
        ("What is my favourite {k}?", "Which {k} is my favourite?", "What was my favourite {k}?",
         "My favourite {k} is what?", "Do you remember my favourite {k}?", "Which is my favourite {k}?",
         "What did I say my favourite {k} is?", "And my favourite {k}?", "Do you know my favourite {k}?",
         "What {k} is my favourite?", "Which {k} did I call my favourite?", "What would be my favourite {k}?"),
        ("what my favourite {k} is", "my favourite {k}", "which {k} is my favourite", "what {k} is my favourite",
         "what my favourite {k} was", "which is my favourite {k}", "which {k} I called my favourite",
         "what I said my favourite {k} is"),
        "Your favourite {k} is {v}.", lambda draw: draw.phrase(FAVOURITES), favourite,
    ),
    "colour": Kind(
        ("My {k} is {v}.", "I have a {v} {k}.", "I bought a {v} {k}.", "The colour of my {k} is {v}.",
         "My {k} has the colour {v}.", "I own a {v} {k}.", "My new {k} is {v}.", "I have painted my {k} {v}.",
         "My {k} is {v} in colour.", "My {k}'s colour is {v}.", "I got a {v} {k} as a present.", "My old {k} is {v}."),
        ("What colour is my {k}?", "Which colour is my {k}?", "What is the colour of my {k}?",
         "What colour does my {k} have?", "What is my {k}'s colour?", "Of what colour is my {k}?",
         "What colour was my {k}?", "Do you remember the colour of my {k}?", "My {k} has which colour?",
         "What colour did I say my {k} is?", "Which colour does my {k} have?", "My {k}, what colour is it?"),
        ("what colour my {k} is", "the colour of my {k}", "which colour my {k} has", "what the colour of my {k} is",
         "which colour my {k} is", "my {k}'s colour", "what colour my {k} has", "what colour I said my {k} is"),
        "Your {k} is {v}.", _owned, lambda draw, key: draw.phrase(COLOURS),
    ),
    "place": Kind(
        ("My {k} is {v}.", "I have put my {k} {v}.", "I left my {k} {v}.", "My {k} lies {v}.", "I keep my {k} {v}.",
         "You find my {k} {v}.", "My {k} stands {v}.", "I saw my {k} {v}.", "The place of my {k} is {v}.",
         "I always keep my {k} {v}.", "I hid my {k} {v}.", "My {k} is still {v}."),
        ("Where is my {k}?", "Where did I put my {k}?", "Where did I leave my {k}?", "Where do I keep my {k}?",
         "Where can I find my {k}?", "Where is my {k} now?", "Do you remember where my {k} is?",
         "Where did I say my {k} is?", "Where do I find my {k}?", "In what place is my {k}?", "My {k} is where?",
         "Where was my {k}?"),
        ("where my {k} is", "where I put my {k}", "where I left my {k}", "where I keep my {k}", "where I find my {k}",
         "where I can find my {k}", "where my {k} was", "where I said my {k} is"),
        "Your {k} is {v}.", _owned, lambda draw, key: draw.phrase(PLACES_FOR_THINGS),
    ),
    "number": Kind(
        ("My {k} is {v}.", "{v} is my {k}.", "I have the {k} {v}.", "My {k}: {v}.", "The {k} I have is {v}.",
         "My {k}, by the way, is {v}.", "I was given the {k} {v}.", "As {k} I have {v}.", "My new {k} is {v}.",
         "I wrote down my {k}: {v}.", "You may need my {k}: {v}.", "For my {k} take {v}."),
        ("What is my {k}?", "Which {k} do I have?", "What was my {k}?", "My {k} is what?", "Do you remember my {k}?",
         "What {k} do I have?", "Do you know my {k}?", "What did I say my {k} is?", "Which is my {k}?", "And my {k}?",
         "What was my {k} again?", "Which {k} did I tell you?"),
        ("what my {k} is", "my {k}", "which {k} I have", "what {k} I have", "what my {k} was", "which is my {k}",
         "which {k} I told you", "what I said my {k} is"),
        "Your {k} is {v}.", lambda draw: draw.phrase(NUMBERED) if draw.chance(0.8) else f"{names.lower(draw)} number",
        _number,
    ),
    "birthday": Kind(
        ("My {k} is on {v}.", "The day of my {k} is {v}.", "I have my {k} on {v}.", "On {v} I have my {k}.",
         "My {k} will be on {v}.", "My {k} falls on {v}.", "My {k}: on {v}.", "My {k} takes place on {v}.",
         "The {k} I have is on {v}.", "On {v} there is my {k}.", "Do not forget my {k} on {v}.",
         "My {k}, by the way, is on {v}."),
        ("When is my {k}?", "On which day is my {k}?", "What day is my {k}?", "On what day do I have my {k}?",
         "When do I have my {k}?", "When was my {k}?", "Do you remember when my {k} is?", "When did I say my {k} is?",
         "My {k} is when?", "On what date is my {k}?", "When will my {k} be?", "When is it, my {k}?"),
        ("when my {k} is", "on which day my {k} is", "the day of my {k}", "when I have my {k}", "what day my {k} is",
         "when my {k} will be", "on what day my {k} is", "when I said my {k} is"),
        "Your {k} is on {v}.",
        lambda draw: draw.phrase(_EVENTS),
        lambda draw, key: _date(draw, key) if key == "birthday" or draw.chance(0.5) else draw.one(DAYS),
    ),
}  # fmt: skip

_EVENTS = (
    "birthday", "birthday", "wedding", "exam", "party", "holiday", "flight", "concert", "interview", "meeting",
    "piano lesson", "first day at work", "appointment", "dinner", "football match", "driving test",
)  # fmt: skip
_SINGLE = ("name", "name", "age", "trade", "town", "likes")
_KEYED = (
    "called", "called", "called", "called", "their_age", "their_town", "their_trade", "favourite", "favourite",
    "colour", "place", "number", "birthday",
)  # fmt: skip


def fact(draw: Draw, kind: str = "") -> Fact:
    """A fact of that kind, or of any."""
    kind = kind or draw.one(_SINGLE if draw.chance(0.35) else _KEYED)
    made = KINDS[kind]
    key = made.key(draw)
    return Fact(kind, key, made.value(draw, key))


def facts(draw: Draw, count: int) -> list[Fact]:
    """So many facts, rather of the same kind, of which none can be mistaken for another: no value comes twice."""
    found: list[Fact] = []
    while len(found) < count:
        alike = found and found[-1].key and draw.chance(0.5)
        one = fact(draw, found[-1].kind if alike else "")
        if not any(clash(one, other) for other in found):
            found.append(one)
    return found


_THINGS = ("colour", "place", "number", "favourite")


def clash(one: Fact, other: Fact) -> bool:
    """Whether a question for one could be answered by the other."""
    same = one.kind == other.kind or (one.kind in _THINGS and other.kind in _THINGS and one.kind != other.kind)
    return (same and one.key == other.key) or one.value in other.value or other.value in one.value
