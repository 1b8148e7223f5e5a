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
from demo_model.corpus.ways import Ways, ways

UNKNOWN = "I do not know."


@dataclass(frozen=True, slots=True)
class _Kind:
    """Something that can be known of a persona: questions for it, whole and within another, and the answer."""

    direct: tuple[str, ...]
    embedded: tuple[str, ...]
    answer: str


def _about(noun: str, *more: str) -> Ways:
    """Questions for what has a name of its own, `your age|your job`: those in `more`, and many plain ones."""
    return ways(
        *more,
        f"What <is|was> <{noun}>?",
        f"What exactly is <{noun}>?",
        f"What is <{noun}>, please?",
        f"<{noun}><|, please>?",
        f"<May|Can|Could> I <ask|know> <{noun}>?",
        f"<Tell|Please tell|Now tell> me <{noun}>.",
        f"<Can|Could|Would|Will> you tell me <{noun}>?",
    )


QUESTIONS: dict[str, _Kind] = {
    "name": _Kind(
        _about("your name|your first name", "What is your name?", "Who are you?", "<What|How> are you called?",
               "What <should I|can I|may I|do people|do they|do your friends> call you?", "Do you have a name?",
               "Who am I talking to?",
               "<What|Which> name <do you have|is yours|do you go by>?", "Who is <this|speaking>?", "And who are you?",
               "What is the name <you have|you go by>?", "And you are?", "What's your name?", "Who are you, please?"),
        ways("what your name is", "who <you are|I am talking to>", "what you are called", "how you are called",
             "what I <should|can|may> call you", "what <people|they|your friends> call you", "what your first name is",
             "<what|which> name you <have|go by>"),
        "My name is {v}.",
    ),
    "age": _Kind(
        _about("your age", "How old are you?", "What age are you?", "How <many years old|old exactly> are you?",
               "How old are you <now|today|exactly|then>?", "<May|Can|Could> I ask how old you are?",
               "<And how|How> old <would you say|did you say> you are?", "<What|Which> age <do you have|are you now>?",
               "Are you old? How old are you?", "How many years <old are you|have you lived>?"),
        ways("how old you are", "what age you <are|have>", "what your age is", "how many years old you are",
             "<exactly|just> how old you are", "how old you are <now|today|exactly>",
             "how old you <really are|say you are>"),
        "I am {v} years old.",
    ),
    "trade": _Kind(
        _about("your job|your profession|your work|your occupation", "What is your job?",
               "What do you do for a living?",
               "What do you <work as|do for work|do as a job>?", "What <work|job> do you do?", "As what do you work?",
               "<What|Which> <job|profession|work> do you have?", "What are you by <trade|profession>?",
               "What <kind|sort> of <work do you do|job do you have>?", "Do you have a job? <Which|What is it>?",
               "How do you <earn your living|make your living|earn a living|earn money>?"),
        ways("what your job is", "what you do <for a living|for work|as a job>", "what you work as", "what work you do",
             "what your <profession|work|occupation|trade> is",
             "how you <earn your living|make your living|earn money>",
             "<what|which> <job|profession> you have", "what you are by <trade|profession>",
             "what <kind|sort> of <work you do|job you have>"),
        "I am {a}.",
    ),
    "town": _Kind(
        _about("your home town|your town", "Where do you live?", "Where are you from?", "Where do you come from?",
               "<What|Which> <town|city|place> do you live in?", "In <what|which> <town|city|place> do you live?",
               "<What|Which> <town|city|place> <are you from|do you come from|is your home>?",
               "Where <is your home|is your house|are you at home|are you living>?",
               "Where <exactly do you live|do you live now>?", "Where do you <live|come from>, <please|exactly>?"),
        ways("where you live", "where you <are from|come from|are at home|live now>", "where your <home|house> is",
             "<what|which> <town|city|place> you <live in|are from|come from>", "what your <home town|town> is",
             "in <what|which> <town|city|place> you live"),
        "I live in {v}.",
    ),
    "likes": _Kind(
        ways("What do you like?", "What do you love?", "What do you <enjoy|really like|really love|really enjoy>?",
             "What are you <|very |most >fond of?", "What do you <like|love|enjoy> <most|a lot|very much|most of all>?",
             "Is there <something|anything> <|that >you <like|love|enjoy>?",
             "<What|Which> things do you <like|love|enjoy>?",
             "What <kind|sort> of things do you <like|love|enjoy>?", "Do you <like|love|enjoy> <anything|something>?",
             "What is <it|the thing> that you <like|love|enjoy>?", "What do you <like|love> <in your free time|to do>?",
             "<Tell|Please tell> me <something|a thing|one thing> you <like|love|enjoy>."),
        ways("what you like", "what you <love|enjoy|are fond of|really like|really love|really enjoy>",
             "what you <like|love|enjoy> <most|a lot|very much>", "<what|which> things you <like|love|enjoy>",
             "what it is that you <like|love|enjoy>", "if there is <something|anything> you <like|love|enjoy>"),
        "I like {v}.",
    ),
    "being": _Kind(
        _about("your {k}'s name|the name of your {k}", "What is your {k} called?", "What is the name of your {k}?",
               "<What|How> <is|was> your {k} called?", "What do you call your {k}?", "Who is your {k}?",
               "<What|Which> name does your {k} have?", "Does your {k} have a name?", "What's your {k}'s name?",
               "What did you <say your {k} is called|call your {k}>?", "And your {k}'s name?", "And who is your {k}?"),
        ways("what your {k} is called", "what your {k}'s name is", "what the name of your {k} is", "who your {k} is",
             "<what|which> name your {k} has", "how your {k} is called", "what you call your {k}"),
        "My {k} is called {v}.",
    ),
    "own": _Kind(
        _about("your {k}", "What is your {k}?", "Which is your {k}?", "<What|Which> {k} <do you have|is yours>?",
               "What is the {k} <|that >you have?", "Do you have a {k}? What is it?", "And your {k}?",
               "What <would|might|could> your {k} be?", "What did you say your {k} is?", "And what is your {k}?"),
        ways("what your {k} is", "<what|which> {k} <you have|is yours>", "what your {k} <might|could> be",
             "which is your {k}", "what exactly your {k} is", "what you said your {k} is"),
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
    "being": lambda draw: Trait("being", person(draw), draw.one(ANIMALS if draw.chance(0.6) else RELATIVES)),
    "own": lambda draw: _own(draw),
}


def _own(draw: Draw) -> Trait:
    kind = draw.number(0, 2)
    if kind == 0:
        key = draw.one(FAVOURITES)
        return Trait("own", favourite(draw, key), f"favourite {key}")
    if kind == 1:
        return Trait("own", str(draw.number(1, 999)), draw.one(NUMBERED))
    return Trait("own", names.invented(draw), draw.one(_TITLES) if draw.chance(0.75) else names.lower(draw))


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


_WHO = ways(
    "Who are you?", "What are you?", "<Tell|Please tell|Now tell> me who you are.", "<Say|Please say> who you are.",
    "Who <is this|am I talking to|exactly are you|is speaking>?", "What are you by <trade|profession>?",
    "I <want|would like|need> to know who you are.", "<Can|Could|Will|Would> you <tell me|say> who you are?",
    "And who are you?", "Do you know <who|what> you are?", "Who are you<, please| then| really>?",
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


_INTRODUCE = ways(
    "<Please introduce|Introduce|Describe|Please describe> yourself<| to me|, please>.",
    "<Tell|Please tell|Now tell> me <about|something about|a bit about|more about> yourself.",
    "<Can|Could|Would|Will> you <introduce yourself|describe yourself|tell me about yourself>?",
    "<Say|Please say> <something|a few words|a bit> about yourself.", "Give a short introduction of yourself.",
    "I <want|would like> to <hear|know> <something|more> about <you|yourself>.", "Talk about yourself.",
    "What can you <tell me|say> about yourself?", "Tell me about you.",
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
    asked_for = draw.some(known, min(len(known), draw.number(1, 5)))
    if draw.chance(0.4):
        asked_for.append(draw.one(known))
    for trait in asked_for:
        exchanges.append(question(draw, trait, known))
        if draw.chance(0.35):
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
    for trait in [MAKERS[draw.one(tuple(_NOBODY))](draw) for _ in range(draw.number(1, 4))]:
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
