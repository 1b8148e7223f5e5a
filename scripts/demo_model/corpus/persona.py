"""Personas: who a system message says that the model is, and questions about that, answered as that person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from demo_model.corpus import names, talk
from demo_model.corpus.around import ASSISTANTS, small_facts, unrelated_tools
from demo_model.corpus.conversation import Conversation, Expected
from demo_model.corpus.draw import Draw
from demo_model.corpus.everyday import (
    ANIMALS,
    FAVOURITES,
    NUMBERED,
    RELATIVES,
    TRADES,
    favourite,
    filled,
    liking,
    person,
    with_article,
)
from demo_model.corpus.exchange import Exchange, asked, conversation, phrased, typed
from demo_model.corpus.persona_messages import system_message

UNKNOWN = "I do not know."


@dataclass(frozen=True, slots=True)
class _Kind:
    """Something that can be known of a persona: questions for it, whole and within another, and the answer."""

    direct: tuple[str, ...]
    embedded: tuple[str, ...]
    answer: str


QUESTIONS: dict[str, _Kind] = {
    "name": _Kind(
        ("What is your name?", "Who are you?", "What are you called?", "How are you called?", "What do they call you?",
         "What should I call you?", "What can I call you?", "Do you have a name?", "Your name?",
         "What name do you have?", "Who am I talking to?", "May I ask your name?", "What is the name you go by?",
         "By what name are you called?", "Which name is yours?", "Could I have your name?", "Who is this?",
         "Your name, please?", "What is your first name?", "What do people call you?", "And you are?",
         "What name do you go by?", "Who is speaking?"),
        ("what your name is", "who you are", "what you are called", "your name", "what I should call you",
         "what people call you", "who I am talking to", "by what name you are called"),
        "My name is {v}.",
    ),
    "age": _Kind(
        ("How old are you?", "What is your age?", "What age are you?", "Your age?", "How many years old are you?",
         "How old are you now?", "How old might you be?", "What is your age, if I may ask?",
         "May I ask how old you are?", "May I ask your age?", "Are you old? How old are you?",
         "How many years have you lived?", "Your age, please?", "How old exactly are you?", "At what age are you?",
         "What age have you reached?", "And how old are you?", "How old would you say you are?"),
        ("how old you are", "what age you are", "your age", "what your age is", "how many years old you are",
         "exactly how old you are", "how old you are now", "what age you have reached"),
        "I am {v} years old.",
    ),
    "trade": _Kind(
        ("What is your job?", "What do you do for a living?", "What do you work as?", "What is your profession?",
         "What is your trade?", "What work do you do?", "What are you by trade?", "Which job do you have?", "Your job?",
         "What is your occupation?", "How do you earn your living?", "What do you do for work?",
         "What sort of work do you do?", "What kind of job do you have?", "Do you have a job? Which?",
         "What are you by profession?", "What is it that you do for work?", "What is your work?",
         "As what do you work?", "In which trade do you work?", "Your profession, please?"),
        ("what your job is", "what you do for a living", "what you work as", "your job", "what your profession is",
         "what work you do", "how you earn your living", "what your trade is", "your profession"),
        "I am {a}.",
    ),
    "town": _Kind(
        ("Where do you live?", "Where are you from?", "Which town do you live in?", "Where is your home?",
         "In which town do you live?", "What is your home town?", "Where do you come from?", "Where are you at home?",
         "Which town are you from?", "Where is it that you live?", "In what place do you live?",
         "What town do you live in?", "Your home, where is it?", "Which town is your home?",
         "Whereabouts do you live?", "Where exactly do you live?", "What city do you live in?",
         "Which place do you come from?"),
        ("where you live", "where you are from", "which town you live in", "where your home is", "where you come from",
         "in which town you live", "what town you live in", "your home town"),
        "I live in {v}.",
    ),
    "likes": _Kind(
        ("What do you like?", "What do you love?", "What do you enjoy?", "What are you fond of?",
         "Is there something you like?", "What do you like most?", "What do you like to do?",
         "What do you really like?", "What is it you like?", "What thing do you like?", "Do you like anything?",
         "Which things do you like?", "Is there anything you love?", "What sort of things do you like?",
         "What do you enjoy most?", "What do you like in your free time?"),
        ("what you like", "what you love", "what you enjoy", "what you are fond of", "what you like most",
         "what it is that you like", "what you like to do", "what you really enjoy"),
        "I like {v}.",
    ),
    "being": _Kind(
        ("What is your {k} called?", "What is the name of your {k}?", "What is your {k}'s name?",
         "How is your {k} called?", "What do you call your {k}?", "Who is your {k}?", "Your {k}, what is the name?",
         "Which name does your {k} have?", "Your {k} is called what?", "What name does your {k} have?",
         "What was your {k} called?", "And your {k}'s name?", "Does your {k} have a name?",
         "By what name do you call your {k}?"),
        ("what your {k} is called", "your {k}'s name", "the name of your {k}", "what the name of your {k} is",
         "what name your {k} has", "what your {k}'s name is", "how your {k} is called", "what you call your {k}"),
        "My {k} is called {v}.",
    ),
    "own": _Kind(
        ("What is your {k}?", "Your {k}?", "Which is your {k}?", "What is the {k} you have?", "And what is your {k}?",
         "Do you have a {k}? What is it?", "Your {k}, please?", "What might your {k} be?", "What would your {k} be?",
         "May I ask your {k}?", "What exactly is your {k}?", "What did you say your {k} is?", "Your {k} is what?",
         "What have you got as your {k}?"),
        ("what your {k} is", "your {k}", "which {k} is yours", "what exactly your {k} is", "which your {k} is",
         "what you have as your {k}", "what your {k} might be", "your own {k}"),
        "My {k} is {v}.",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing known of a persona: its kind, the key where the kind has many, and the value."""

    kind: str
    value: str
    key: str = ""

    def answer(self) -> str:
        """What the persona says of it."""
        article = with_article(self.value) if self.kind == "trade" else ""
        return QUESTIONS[self.kind].answer.format(v=self.value, k=self.key, a=article)


MAKERS: dict[str, Callable[[Draw], Trait]] = {
    "name": lambda draw: Trait("name", person(draw)),
    "age": lambda draw: Trait("age", str(draw.number(6, 99) if draw.chance(0.95) else draw.number(100, 900))),
    "trade": lambda draw: Trait("trade", names.lower(draw) if draw.chance(0.2) else draw.phrase(TRADES)),
    "town": lambda draw: Trait("town", names.place(draw)),
    "likes": lambda draw: Trait("likes", liking(draw)),
    "being": lambda draw: Trait("being", person(draw), draw.phrase(ANIMALS if draw.chance(0.6) else RELATIVES)),
    "own": lambda draw: _own(draw),
}


def _own(draw: Draw) -> Trait:
    kind = draw.number(0, 2)
    if kind == 0:
        key = draw.phrase(FAVOURITES)
        return Trait("own", favourite(draw, key), f"favourite {key}")
    if kind == 1:
        return Trait("own", str(draw.number(1, 999)), draw.phrase(NUMBERED))
    return Trait("own", names.invented(draw), draw.phrase(_TITLES) if draw.chance(0.6) else names.lower(draw))


_TITLES = (
    "surname", "nickname", "motto", "school", "village", "company", "street", "team", "language", "planet", "ship",
    "club", "farm", "band",
)  # fmt: skip


_OFTEN = (("age", 0.7), ("trade", 0.7), ("town", 0.45), ("likes", 0.4))


def traits(draw: Draw) -> list[Trait]:
    """Who somebody is: the name nearly always, then one to four other things, two of a kind only with two keys."""
    found = [MAKERS["name"](draw)] if draw.chance(0.95) else []
    found += [MAKERS[kind](draw) for kind, often in _OFTEN if draw.chance(often)]
    for _ in range(draw.one((0, 0, 0, 1, 1, 2, 3))):
        more = MAKERS[draw.one(("being", "own", "own"))](draw)
        if all(more.key != one.key and more.value != one.value for one in found):
            found.append(more)
    return found or [MAKERS["name"](draw)]


def question(draw: Draw, trait: Trait, others: list[Trait]) -> Exchange:
    """A question about a trait that the persona has."""
    kind = QUESTIONS[trait.kind]
    put = filled(asked(draw, kind.direct, kind.embedded), k=trait.key)
    answer = trait.answer()
    lacks = tuple(one.value for one in others if one.value not in answer)
    return Exchange(typed(draw, put), answer, Expected(contains=(trait.value,), lacks=lacks), answer)


def unknown(draw: Draw, known: list[Trait]) -> Exchange:
    """A question about something that nobody has said of the persona."""
    while True:
        trait = MAKERS[draw.one(("age", "trade", "town", "likes", "being", "being", "own", "own"))](draw)
        if all((one.kind, one.key) != (trait.kind, trait.key) for one in known):
            break
    kind = QUESTIONS[trait.kind]
    put = filled(asked(draw, kind.direct, kind.embedded), k=trait.key)
    return Exchange(typed(draw, put), UNKNOWN, Expected(contains=("do not know",)), "That was not said of me.")


_WHO = (
    "Who are you?", "What are you?", "Tell me who you are.", "Who is this?", "Say who you are.", "Who am I talking to?",
    "What are you by trade?", "Who exactly are you?", "Please say who you are.", "I want to know who you are.",
)  # fmt: skip


def nameless(draw: Draw) -> Conversation:
    """A persona that has a trade and no name: you are a pirate."""
    trade = MAKERS["trade"](draw)
    system = system_message(draw, [trade, MAKERS["age"](draw)] if draw.chance(0.3) else [trade])
    who = Exchange(typed(draw, draw.phrase(_WHO)), trade.answer(), Expected(contains=(trade.value,)), trade.answer())
    kind = QUESTIONS["name"]
    name = Exchange(
        typed(draw, draw.one(kind.direct[:2])), UNKNOWN, Expected(contains=("do not know",)), "I have no name."
    )
    return conversation("persona", draw.one(((who,), (who, name), (name,))), system=system)


_INTRODUCE = (
    "Please introduce yourself.", "Introduce yourself.", "Tell me about yourself.", "Tell me something about yourself.",
    "Say something about yourself.", "Describe yourself.", "What can you tell me about yourself?",
    "Talk about yourself.", "Please tell me a bit about yourself.", "Can you introduce yourself?",
    "Would you introduce yourself?", "Give a short introduction of yourself.", "I want to hear about yourself.",
    "Please describe yourself to me.",
)  # fmt: skip


def introduction(draw: Draw, known: list[Trait]) -> Exchange:
    """The wish to hear who the persona is: name, trade and age, as far as they are known."""
    ordered = [one for kind in ("name", "trade", "age") for one in known if one.kind == kind] or known[:1]
    said = " ".join(one.answer() for one in ordered)
    values = tuple(one.value for one in ordered)
    return Exchange(typed(draw, draw.phrase(_INTRODUCE)), said, Expected(contains=values), "I say who I am.")


def talk_as(draw: Draw, known: list[Trait]) -> Exchange:
    """Small talk with the persona; it says its name when greeted."""
    if draw.chance(0.4) and known[0].kind == "name":
        greeting = talk.intent(draw, "greeting")
        name = known[0].value
        return Exchange(greeting.asked, f"Hello! My name is {name}.", Expected(contains=(name,)), "I greet back.")
    return talk.small(draw, about_self=False)


def persona(draw: Draw) -> Conversation:
    """A persona, asked several things, among them what was not said, with small talk between."""
    known = traits(draw)
    exchanges = [talk_as(draw, known)] if draw.chance(0.25) else []
    asked_for = draw.some(known, min(len(known), draw.number(1, 4)))
    for trait in asked_for:
        exchanges.append(question(draw, trait, known))
        if draw.chance(0.2):
            exchanges.append(unknown(draw, known))
        if draw.chance(0.12):
            exchanges.append(talk_as(draw, known))
    if draw.chance(0.12):
        exchanges.append(introduction(draw, known))
    tools = unrelated_tools(draw) if draw.chance(0.15) else ()
    return conversation("persona", exchanges, system=system_message(draw, known), tools=tools)


def beside_facts(draw: Draw) -> Conversation:
    """A persona whose system message also holds facts about other things; both are asked for."""
    known = traits(draw)
    facts = small_facts(draw, draw.number(1, 3))
    said = " ".join(sentence for sentence, _ in facts)
    system = system_message(draw, known, facts=said)
    exchanges = [exchange for _, exchange in facts]
    exchanges += [question(draw, trait, known) for trait in draw.some(known, min(len(known), 2))]
    if draw.chance(0.3):
        exchanges.append(unknown(draw, known))
    return conversation("persona", draw.some(exchanges, len(exchanges)), system=system)


_NOBODY: dict[str, tuple[str, str]] = {
    "name": (talk.MODEL, "demo model of llm-api"),
    "age": ("I am a program. I have no age.", "program"),
    "trade": ("I am a demo model. I answer simple questions.", "demo model"),
    "town": ("I am a program. I have no home.", "program"),
    "likes": ("I am a program. I like nothing special.", "program"),
    "being": ("I am a program. I have no {k}.", "program"),
    "own": ("I am a program. I have no {k}.", "program"),
}


def nobody(draw: Draw) -> Conversation:
    """The same questions without a persona: the model speaks of itself."""
    exchanges = [talk.small(draw)] if draw.chance(0.2) else []
    for trait in [MAKERS[draw.one(tuple(_NOBODY))](draw) for _ in range(draw.number(1, 3))]:
        kind = QUESTIONS[trait.kind]
        put = typed(draw, filled(asked(draw, kind.direct, kind.embedded), k=trait.key))
        answer, word = _NOBODY[trait.kind]
        exchanges.append(Exchange(put, answer.format(k=trait.key), Expected(contains=(word,)), "This is about me."))
    return conversation("self", exchanges, system=phrased(draw, ASSISTANTS) if draw.chance(0.5) else "")


def persona_case(draw: Draw) -> Conversation:
    """One question about what the system message says, sometimes after small talk."""
    known = traits(draw)
    exchanges = [talk_as(draw, known)] if draw.chance(0.3) else []
    exchanges.append(question(draw, draw.one(known), known))
    return conversation("persona", exchanges, system=system_message(draw, known))


def unknown_case(draw: Draw) -> Conversation:
    """One question about what the system message does not say."""
    known = traits(draw)
    return conversation("persona", [unknown(draw, known)], system=system_message(draw, known))


SKILLS = {"persona": persona, "persona_nameless": nameless, "persona_beside_facts": beside_facts, "self": nobody}
CASES = {"persona": persona_case, "persona_unknown": unknown_case, "self": nobody}
