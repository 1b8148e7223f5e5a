"""Memory: the user tells things about themselves and theirs, talks of something else, and asks for them later."""

from __future__ import annotations

from demo_model.corpus import arithmetic, persona, talk
from demo_model.corpus.around import ASSISTANTS, small_facts, unrelated_tools
from demo_model.corpus.conversation import Conversation, Expected, Tool
from demo_model.corpus.draw import Draw
from demo_model.corpus.everyday import filled
from demo_model.corpus.exchange import FRAMES, Exchange, asked, conversation, lowered, phrased, typed
from demo_model.corpus.memory_facts import KINDS, Fact, alike, clash, fact, facts
from demo_model.corpus.persona import Trait, traits
from demo_model.corpus.persona_messages import system_message
from demo_model.corpus.ways import ways

NOTED = "I will remember that."
NOT_TOLD = "You have not told me that."
_BEFORE = ways(
    "<|Please |Now >remember<| this>: ", "<By the way|You know|You should know|So|Listen|Well|Hello|Hi|Also|And|Oh>, ",
    "<Please note|Note|Please keep|Keep> this<| in mind>: ", "<You should|You must|Please> know<| this>: ",
    "<I want to|I will|Let me|I must> tell you <something|something about me|one thing>. ", "<Know what|Guess what>? ",
    "<One|One more|Another|The next|Just one> thing: ", "<Do not forget|Don't forget>: ", "<Hello|Hi|Hey>! ",
    "<Here is|There is> something about me: ", "I <forgot|want> to <say|tell you>: ", "<First|Now|Next>: ",
    "<Just so you know|For you to remember|So that you know|To start with|As I said>: ",
)  # fmt: skip
_AFTER = ways(
    " <Please remember|Remember|Can you remember|Please note|Please keep|Try to remember> <that|it|this>.",
    " <Do not|Don't|Please do not|Please don't> forget <that|it|this>.", " <Please keep|Keep> <that|it|this> in mind.",
    " I will <ask you|ask|ask about it> later.", " Just so you know.", " <That|This|It> is important<| to me>.",
    " I just wanted to <say that|tell you>.", " You <may|will> need <it|that> later.",
    " <That|This> is all<| for now>.",
    " I hope you <remember it|can remember it|will remember it>.", " Now you know<| it>.",
)  # fmt: skip
_AGAIN = ways(
    *FRAMES, "<Please remind|Remind|Now remind|So remind> me {}.", "<Can|Could|Will|Would> you remind me {}?",
    "Do you <remember|still remember|still know|recall> {}?", "<Can|Could> you <remember|still remember|recall> {}?",
    "I <forgot|have forgotten|cannot remember|can't remember|do not remember|don't remember|no longer know> {}.",
    "I told you {}. <Do you remember|Do you still know|Do you know|What was it>?", "Did you <remember|forget|note> {}?",
    "<Please tell|Tell> me again {}.", "Help me <remember|to remember> {}.", "<Try|Please try> to remember {}.",
    "I hope you <remember|know|still know> {}.", "I have told you {}. Do you remember?",
)  # fmt: skip


def tell(draw: Draw, told: list[Fact], *, bare: bool = False) -> Exchange:
    """The user tells something, and the model notes it; `bare`: with no more words than that."""
    text = " ".join(filled(phrased(draw, KINDS[one.kind].told, 2), k=one.key, v=one.value) for one in told)
    names = [one.value for one in told if one.kind == "name"]
    if not bare:
        if draw.chance(0.35):
            text = draw.phrase(_BEFORE) + lowered(text)
        if draw.chance(0.2):
            text += draw.phrase(_AFTER)
        text = typed(draw, text)
    answer = f"Nice to meet you, {names[0]}." if names else NOTED
    return Exchange(text, answer, Expected(contains=(answer[:-1],)), "The user tells me something.")


def recall(draw: Draw, wanted: Fact, others: list[Fact]) -> Exchange:
    """The question for something that was told."""
    answer = wanted.answer()
    lacks = tuple(one.words() for one in others if one.words() not in answer)
    return Exchange(_question(draw, wanted), answer, Expected((wanted.words(),), lacks), f"The user told me: {answer}")


def untold(draw: Draw, known: list[Fact]) -> Exchange:
    """The question for something that was not told, rather something like what was."""
    while True:
        alike = known and draw.chance(0.5)
        wanted = fact(draw, draw.one(known).kind if alike else "")
        if all((wanted.kind, wanted.key) != (one.kind, one.key) for one in known) and not any(
            clash(wanted, one) for one in known
        ):
            break
    return Exchange(
        _question(draw, wanted), NOT_TOLD, Expected(contains=("not told me",)), "The user did not say that."
    )


def _question(draw: Draw, wanted: Fact) -> str:
    kind = KINDS[wanted.kind]
    return typed(draw, asked(draw, kind.direct, kind.embedded, _AGAIN).format(k=wanted.key, v=""))


def other_talk(draw: Draw, known: list[Trait]) -> Exchange:
    """Something that has nothing to do with what was told."""
    kind = draw.random.random()
    if kind < 0.4:
        return persona.talk_as(draw, known) if known else talk.small(draw)
    if kind < 0.65:
        return arithmetic.any_sum(draw)
    if kind < 0.75:
        return talk.odd(draw)
    if known and kind < 0.9:
        return persona.question(draw, draw.one(known), known)
    said, exchange = small_facts(draw, 1)[0]
    text = f"{said} {exchange.asked}"
    return Exchange(text, exchange.answer, exchange.expected, exchange.thought)


def _in_groups(draw: Draw, told: list[Fact]) -> list[list[Fact]]:
    groups: list[list[Fact]] = []
    for one in told:
        if groups and len(groups[-1]) < 3 and draw.chance(0.35):
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _around(draw: Draw) -> tuple[str, list[Trait], tuple[Tool, ...]]:
    """A system message, what it says of the model, and tools."""
    kind = draw.random.random()
    known = traits(draw) if kind < 0.25 else []
    system = system_message(draw, known) if known else phrased(draw, ASSISTANTS) if kind < 0.45 else ""
    return system, known, unrelated_tools(draw) if draw.chance(0.12) else ()


def _apart(known: list[Trait], told: list[Fact]) -> bool:
    """Whether no value of the persona is one of the user's too."""
    return not any(trait.value in one.value or one.value in trait.value for trait in known for one in told)


def memory(draw: Draw) -> Conversation:
    """Facts with other talk between and after them, then questions for them and for others; a third are short."""
    system, known, tools = _around(draw)
    short = draw.chance(0.35)
    told = _facts(draw, known, draw.number(1, 2) if short else draw.number(2, 6))
    exchanges: list[Exchange] = [other_talk(draw, known)] if not short and draw.chance(0.15) else []
    so_far: list[Fact] = []
    for group in _in_groups(draw, told):
        exchanges.append(tell(draw, group))
        so_far += group
        for _ in range(draw.one((0, 0, 0, 1)) if short else draw.one((0, 0, 1, 2))):
            exchanges.append(other_talk(draw, known))
        if draw.chance(0.2):
            exchanges.append(recall(draw, draw.one(so_far), so_far))
    exchanges += _questions(draw, told)
    if known and draw.chance(0.4):
        exchanges.append(persona.question(draw, draw.one(known), known))
    return conversation("memory", exchanges, system=system, tools=tools)


def _facts(draw: Draw, known: list[Trait], count: int) -> list[Fact]:
    """Facts, often several of one kind, that share no value with the persona."""
    while True:
        told = alike(draw, count) if draw.chance(0.4) else facts(draw, count)
        if _apart(known, told):
            return told


def _questions(draw: Draw, told: list[Fact]) -> list[Exchange]:
    """Questions for most of what was told, some asked twice in other words, and for some that was not."""
    asked_for = draw.some(told, draw.number((len(told) + 1) // 2, len(told)))
    if draw.chance(0.5):
        asked_for += draw.some(told, draw.number(1, min(2, len(told))))
    exchanges = []
    for one in asked_for:
        if draw.chance(0.25):
            exchanges.append(untold(draw, told))
        exchanges.append(recall(draw, one, told))
    return [*exchanges, untold(draw, told)] if draw.chance(0.25) else exchanges


def contrasts(draw: Draw) -> Conversation:
    """Two to four facts of one kind, and a question for each in any order: only the key tells which is meant."""
    told = alike(draw, draw.number(2, 4))
    exchanges = [tell(draw, group) for group in _in_groups(draw, told)]
    exchanges += [other_talk(draw, []) for _ in range(draw.one((0, 0, 1, 2)))]
    asked_for = draw.some(told, len(told)) + draw.some(told, draw.number(0, 2))
    exchanges += [recall(draw, one, told) for one in asked_for]
    if draw.chance(0.4):
        exchanges.insert(-1, untold(draw, told))
    return conversation("memory", exchanges, system=phrased(draw, ASSISTANTS) if draw.chance(0.2) else "")


def at_once(draw: Draw) -> Conversation:
    """Something told and a question for it in one message, and again in the next ones."""
    told = facts(draw, draw.number(1, 3))
    first = recall(draw, draw.one(told), told)
    said = tell(draw, told, bare=True).asked
    exchanges = [Exchange(f"{said} {first.asked}", first.answer, first.expected, first.thought)]
    for _ in range(draw.number(0, 4)):
        exchanges.append(untold(draw, told) if draw.chance(0.25) else recall(draw, draw.one(told), told))
    return conversation("memory", exchanges, system=phrased(draw, ASSISTANTS) if draw.chance(0.2) else "")


def memory_case(draw: Draw) -> Conversation:
    """One to three facts, two to four turns of other talk, then a question for one of them."""
    system, known, tools = _around(draw)
    told = _facts(draw, known, draw.number(1, 3))
    exchanges = [tell(draw, group) for group in _in_groups(draw, told)]
    exchanges += [other_talk(draw, known) for _ in range(draw.number(2, 4))]
    return conversation("memory", [*exchanges, recall(draw, draw.one(told), told)], system=system, tools=tools)


def untold_case(draw: Draw) -> Conversation:
    """The same, and a question for what was not told."""
    system, known, tools = _around(draw)
    told = facts(draw, draw.number(1, 3))
    exchanges = [tell(draw, group) for group in _in_groups(draw, told)]
    exchanges += [other_talk(draw, known) for _ in range(draw.number(0, 2))]
    return conversation("memory", [*exchanges, untold(draw, told)], system=system, tools=tools)


SKILLS = {"memory": memory, "memory_at_once": at_once, "memory_contrasts": contrasts}
CASES = {"memory": memory_case, "memory_untold": untold_case}
