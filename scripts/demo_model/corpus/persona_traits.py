"""What can be known of a persona: names, ages, trades and whatever else, and the questions for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from demo_model.corpus import names
from demo_model.corpus.draw import Draw
from demo_model.corpus.everyday import (
    ANIMALS,
    FAVOURITES,
    NUMBERED,
    RELATIVES,
    TRADES,
    favourite,
    liking,
    person,
    with_article,
)
from demo_model.corpus.ways import Ways, ways


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
