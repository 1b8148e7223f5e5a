"""Texts of many small facts that have nothing to do with each other, as handbooks and notices have them: plain things,
people by their duties, days, prices and places; and what nobody wrote down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from demo_model.corpus import names, values
from demo_model.corpus.conversation import Conversation, Expected, Message
from demo_model.corpus.draw import Draw
from demo_model.corpus.layouts import one_text, opening
from demo_model.corpus.passages import NOT_SAID
from demo_model.corpus.phrasings import listed, upper

_THINGS = listed(
    "kettle|lift|heater|projector|lamp|ladder|van|boat|drill|oven|scanner|camera|piano|tent|mower|trailer|radio|"
    "clock|big screen|old bike|coffee pot|copy machine|water tank|red cupboard|first aid box|front door|"
    "back door|notice board|bread oven|sewing machine|tool box|hall carpet|company car|tea pot|dish washer|"
    "guest bed|swing|stove|bell"
)
_PLACES = listed(
    "hall|workshop|kitchen garden|cellar|pool|archive|museum|shop|studio|court|yard|reading room|meeting hall|"
    "lab|bar|gym|nursery|chapel|theatre|playground|hostel|camp|harbour|stable|club room|first floor|guest house|"
    "office|school|book shop|bus stop|north wing|waiting room|ticket office|tea room|wash room|bike shed|roof|"
    "store room"
)
_ROLES = listed(
    "head|owner|guide|guard|cleaner|teacher|nurse|driver|baker|manager|director|keeper of the cups|"
    "head of the lab|leader|doctor|secretary|treasurer|trainer|chairman|host|mayor|painter|night guard|plumber|"
    "speaker|editor|boss|captain|keeper of the tools|head of the choir|lawyer|dentist|chief|founder|singer|"
    "organist|postman|keeper of the money"
)
_EVENTS = listed(
    "choir|market|party|lesson|concert|fair|match|walk|dinner|film night|fire drill|sale|course|big race|"
    "book club|dance|inspection|delivery|yearly picnic|first lesson|monthly talk|open day|test|swimming class|"
    "spring clean"
)
_GOODS = listed(
    "dinner|breakfast|a ticket|a new card|a towel|a locker|a bed|a cup of tea|a lost card|a broken cup|"
    "a day trip|a lesson|a map|a copy|a bottle of water|a seat|a guest|a parcel|a late return|a room"
)
_COUNTED = listed(
    "chairs|tables|rooms|beds|windows|doors|members|seats|lamps|bikes|trees|lockers|shelves|steps|computers|"
    "showers|boxes|floors|desks|plants|pictures|cups|boats|tents|animals"
)
_OWNED = listed("free days|free hours|hours of rest|keys|weeks of leave|days of leave|tickets|breaks|cards|guests")
_PEOPLE = listed("member|guest|teacher|driver|pupil|nurse|team|visitor|cook|helper|new member|child|volunteer")
_WHERE = listed(
    "in the cellar|on the first floor|on the second floor|behind the barn|beside the gate|in the hall|"
    "under the stairs|by the door|near the river|in the yard|on the roof|in the blue cupboard|next to the lift|"
    "in the north wing|above the shop|opposite the school|at the back door"
)
_WHAT = ("what is {0} called", "how is {0} called", "what do they call {0}", "tell me what {0} is called")

_PREPOSITIONS = ("on ", "at ", "in ")


class Fact(NamedTuple):
    """A sentence, the questions that it answers, and their answer; all without marks at the end."""

    told: str
    questions: tuple[str, ...]
    answer: str


def _word(draw: Draw, words: tuple[str, ...]) -> str:
    """One of these words, seldom one that nobody knows."""
    return names.lower(draw) if draw.chance(0.15) else draw.phrase(words)


def _called(draw: Draw) -> Fact:
    thing, name = f"the {_word(draw, (*_THINGS, *_PLACES, *_EVENTS))}", names.invented(draw)
    if draw.chance(0.3):
        name = draw.one(values.PLACES)
    told = draw.one((f"{thing} is called {name}", f"{thing} has the name {name}", f"the name of {thing} is {name}"))
    asked = tuple(one.format(thing) for one in (*_WHAT, "what is the name of {0}", "what name does {0} have"))
    return Fact(told, asked, name)


def _person(draw: Draw) -> Fact:
    role = f"the {_word(draw, _ROLES)}"
    if draw.chance(0.5):
        role += f" of the {_word(draw, (*_PLACES, *_EVENTS))}"
    who = values.person(draw).bare
    told = draw.one((f"{role} is {who}", f"{who} is {role}", f"{role} is called {who}"))
    asked = (f"who is {role}", f"what is the name of {role}", f"tell me who {role} is", f"who works as {role}")
    return Fact(told, asked, who)


def _when(draw: Draw) -> Fact:
    event = f"the {_word(draw, _EVENTS)}"
    value = draw.one((values.weekday, values.weekday, values.month, values.time))(draw)
    verb = draw.one(("is", "takes place", "begins"))
    asked = (
        f"when is {event}",
        f"when does {event} take place",
        f"when does {event} begin",
        f"tell me when {event} is",
    )
    return Fact(f"{event} {verb} {value.text}", asked, value.answer.rstrip("."))


def _colour(draw: Draw) -> Fact:
    thing, colour = f"the {_word(draw, _THINGS)}", draw.one(values.COLOURS)
    told = draw.one((f"{thing} is {colour}", f"{thing} is painted {colour}", f"the colour of {thing} is {colour}"))
    return Fact(told, (f"what colour is {thing}", f"what colour does {thing} have", f"which colour is {thing}"), colour)


def _cost(draw: Draw) -> Fact:
    good, price = draw.phrase(_GOODS), f"{draw.number(2, 90)} {draw.one(('euros', 'pounds', 'dollars', 'francs'))}"
    told = draw.one((f"{good} costs {price}", f"the price of {good} is {price}", f"you pay {price} for {good}"))
    return Fact(told, (f"what does {good} cost", f"how much does {good} cost", f"what is the price of {good}"), price)


def _number(draw: Draw) -> Fact:
    place, many, count = f"the {_word(draw, _PLACES)}", draw.phrase(_COUNTED), draw.number(2, 990)
    told = draw.one((f"{place} has {count} {many}", f"there are {count} {many} in {place}"))
    asked = tuple(f"how many {many} {rest}" for rest in (f"does {place} have", f"are there in {place}", f"has {place}"))
    return Fact(told, asked, f"{count} {many}")


def _due(draw: Draw) -> Fact:
    who, many, count = draw.phrase(_PEOPLE), draw.phrase(_OWNED), draw.number(2, 60)
    told = draw.one((f"every {who} has {count} {many}", f"each {who} gets {count} {many}"))
    asked = tuple(
        f"how many {many} {rest}" for rest in (f"does every {who} have", f"does each {who} get", f"has a {who}")
    )
    return Fact(told, asked, f"{count} {many}")


def _where(draw: Draw) -> Fact:
    thing, where = f"the {_word(draw, (*_THINGS, *_PLACES))}", draw.phrase(_WHERE)
    told = draw.one((f"{thing} stands {where}", f"{thing} is {where}", f"you find {thing} {where}"))
    return Fact(told, (f"where is {thing}", f"where does {thing} stand", f"where do I find {thing}"), where)


_FACTS: tuple[Callable[[Draw], Fact], ...] = (_called, _person, _person, _when, _colour, _cost, _number, _due, _where)


def handbook(draw: Draw) -> Conversation:
    """Sections of one to three facts each, and questions about any of them, or about none. No two are asked for in the
    same words: each question has one answer.
    """
    sections: list[tuple[str, str]] = []
    facts: list[Fact] = []
    for _ in range(draw.number(1, 3) if draw.chance(0.3) else draw.number(3, 11)):
        begin = len(facts)
        for _ in range(draw.number(1, 3)):
            fact = draw.one(_FACTS)(draw)
            if not _is_asked_like(fact, facts):
                facts.append(fact)
        told = draw.one((" ", " ", "\n\n", "\n")).join(f"{upper(fact.told)}." for fact in facts[begin:])
        if told:
            sections.append((upper(draw.one((*_PLACES, *_EVENTS, *_THINGS))), told))
    text = one_text(draw, sections)
    messages: list[Message] = []
    answer = ""
    for asked in draw.some(facts, min(len(facts), draw.number(1, 4))):
        fact = asked
        if draw.chance(0.15):
            other = draw.one(_FACTS)(draw)
            fact = fact if _is_asked_like(other, facts) else other._replace(answer=NOT_SAID.rstrip("."))
        question = f"{upper(draw.phrase(fact.questions))}?"
        answer = upper(fact.answer) if fact.answer.startswith(_PREPOSITIONS) else fact.answer
        messages += [Message("user", question)] if messages else opening(draw, text, question)
        messages.append(Message("assistant", f"{answer}."))
    return Conversation("handbook", tuple(messages), expected=Expected(contains=(answer,)))


def _is_asked_like(fact: Fact, others: Sequence[Fact]) -> bool:
    """Whether a question about it could be about another."""
    return any(not set(fact.questions).isdisjoint(other.questions) for other in others)


SKILLS = {"handbook": handbook}
CASES: dict[str, Callable[[Draw], Conversation]] = {"handbook": handbook}
