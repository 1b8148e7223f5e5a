"""Personas: who a system message says that the model is, and questions about that, answered as that person."""

from __future__ import annotations

from demo_model.corpus import talk
from demo_model.corpus.around import ASSISTANTS, small_facts, unrelated_tools
from demo_model.corpus.conversation import Conversation, Expected
from demo_model.corpus.draw import Draw
from demo_model.corpus.everyday import filled
from demo_model.corpus.exchange import Exchange, asked, conversation, phrased, typed
from demo_model.corpus.persona_messages import system_message
from demo_model.corpus.persona_traits import MAKERS, QUESTIONS, Trait, traits
from demo_model.corpus.practice import persona as practice
from demo_model.corpus.ways import ways

UNKNOWN = "I do not know."


def question(draw: Draw, trait: Trait, others: list[Trait]) -> Exchange:
    """A question about a trait that the persona has."""
    kind = QUESTIONS[trait.kind]
    put = filled(asked(draw, kind.direct, kind.embedded, also=practice.QUESTIONS[trait.kind]), k=trait.key)
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
    put = filled(asked(draw, kind.direct, kind.embedded, also=practice.QUESTIONS[trait.kind]), k=trait.key)
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
        put = typed(
            draw, filled(asked(draw, kind.direct, kind.embedded, also=practice.QUESTIONS[trait.kind]), k=trait.key)
        )
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
