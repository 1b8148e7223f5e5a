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
from demo_model.corpus.ways import Ways, ways


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
    return draw.one(ANIMALS) if draw.chance(0.6) else draw.one(RELATIVES)


def _relative(draw: Draw) -> str:
    return draw.one(RELATIVES)


def _owned(draw: Draw) -> str:
    return draw.one(THINGS) if draw.chance(0.85) else names.lower(draw)


def _date(draw: Draw, key: str) -> str:
    return f"{draw.number(1, 28)} {draw.one(MONTHS)}"


def _number(draw: Draw, key: str) -> str:
    return draw.held_out(lambda: str(draw.number(1, 9999 if draw.chance(0.5) else 99)))


def _trade(draw: Draw, key: str) -> str:
    return with_article(names.lower(draw) if draw.chance(0.1) else draw.phrase(TRADES))


def _about(noun: str, *more: str) -> Ways:
    """Questions for what has a name of its own, `my age|the age of my cat`: those in `more`, and many plain ones."""
    return ways(
        *more,
        f"What <is|was> <{noun}>?",
        f"What <is|was> <{noun}> again?",
        f"Do you <know|remember|still know|still remember> <{noun}>?",
        f"<Can|Could> you <remember|tell me|still tell me> <{noun}>?",
        f"What did I <say|tell you> <{noun}> <is|was>?",
        f"<Tell|Please tell|Now tell> me <{noun}>.",
    )


KINDS: dict[str, Kind] = {
    "name": Kind(
        ways("My name is {v}.", "I am {v}.", "My <first name|name, by the way,> is {v}.", "I am <called|named> {v}.",
             "<Call|You can call|Please call|You may call|Just call> me {v}.", "I'm {v}.", "My name's {v}.",
             "<People|They|My friends|Most people|My parents> call me {v}.", "<Everybody|Everyone> calls me {v}.",
             "{v} is <my name|my first name|what people call me|what my friends call me>.", "I go by <the name |>{v}.",
             "My name is <just |>{v}, by the way.", "The name is {v}.", "My parents named me {v}."),
        _about("my name|my first name", "What is my name?", "What am I called?", "Who am I<| again>?",
               "What do people call me<| again>?", "<What|Which> name <do I have|did I tell you>?",
               "What <is|was> <the name I told you|the name that I have>?", "What am I called<| again>?",
               "<What|How> am I called?", "What did I say I am called?"),
        ways("what my name is", "who I am", "what <I am called|my name was|people call me|my first name is>",
             "<what|which> name <I have|I told you|I said>", "what I said my name is", "what I am called again",
             "how I am called"),
        "Your name is {v}.", _none, lambda draw, key: person(draw),
    ),
    "age": Kind(
        ways("I am {v} years old.", "My age is {v}.", "I am <|now |already |only |just >{v}<| years old>.",
             "I'm <|now |already |only |just >{v}<| years old>.", "I <|have |have just |just >turned {v}<| this year>.",
             "I am <aged {v}|{v} years of age>.", "<My age, by the way, is|My age:> {v}.",
             "<At the moment|Today|Now|This year> I am {v} years old.", "I became {v} <last week|this year|in May>."),
        _about("my age", "How old am I?", "What age am I?", "How old am I <now|again|then|today>?",
               "How old did I say I am?", "How many years old am I?", "Do you <know|remember> how old I am<| now>?",
               "What age <do I have|did I tell you|am I now>?", "How many years old am I<| now>?"),
        ways("how old I am", "what my age <is|was>", "how old I am <now|again|today>", "<what|which> age I <am|have>",
             "how many years old I am", "how old I <said I am|told you I am>", "what age I <told you|said>"),
        "You are {v} years old.", _none, lambda draw, key: str(draw.number(5, 99)),
    ),
    "trade": Kind(
        ways("I am {v}.", "I work as {v}.", "I have <|always |long >worked as {v}.", "I'm {v}.",
             "I <now work|am working|earn my living|earn money|make my living|have a job|got a job|found work> as {v}.",
             "I am {v} <by trade|by profession|and I like it|now>.", "<For a living|For work|At the moment> I am {v}.",
             "<For a living|At the moment|Now> I work as {v}.", "<By trade|By profession> I am {v}.",
             "My <job|work|profession>: I am {v}.", "My <job|work> is to be {v}."),
        _about("my job|my profession|my work|my occupation", "What is my job?", "What do I do for a living?",
               "What do I <work as|do for work|do for a living>?", "<What|Which> <job|profession|work> do I have?",
               "What <kind|sort> of <job|work> do I <have|do>?", "How do I <earn my living|make my living|earn money>?",
               "What am I by <trade|profession>?", "What work do I do?", "What did I say I <work as|do for a living>?"),
        ways("what my <job|profession|work|occupation> is", "what I <work as|do for a living|do for work|do as a job>",
             "what work I do", "<what|which> <job|profession> I have", "how I <earn my living|make my living>",
             "what I am by <trade|profession>", "what <kind|sort> of <job I have|work I do>", "what my job was"),
        "You are {v}.", _none, _trade,
    ),
    "town": Kind(
        ways("I live in {v}.", "My home is in {v}.", "I <now live|still live|am living|have always lived> in {v}.",
             "I <come from|am from|moved to|have moved to|am at home in> {v}.", "I'm from {v}.",
             "I have <a flat|a house|a room|a home|a small flat> in {v}.", "My <home town|town|home|city> is {v}.",
             "My <house|flat|home> is in {v}.", "The <town|city|place> <where I live|I live in> is {v}.",
             "{v} is <where I live|my home town|my home|where I come from>."),
        ways("Where do I live?", "Where am I from?", "<What|Which> <town|city|place> do I live in?",
             "In <what|which> <town|city|place> do I live?", "<What|Which> <town|city|place> am I from?",
             "Where <is my home|is my house|do I come from|am I at home|am I living>?",
             "What is my <home town|town|city>?",
             "Where do I live <now|again|exactly>?", "Where did I say I <live|come from|am from>?",
             "Do you <know|remember|still know> where I <live|come from|am from>?", "What was my <home town|town>?",
             "Do you <know|remember> my <home town|town>?"),
        ways("where I live", "where I <come from|am from|am at home|live now|live again>", "where my <home|house> is",
             "<what|which> <town|city|place> I <live in|am from>", "in <what|which> <town|city|place> I live",
             "what my <home town|town|city> is", "where I said I <live|come from|am from>"),
        "You live in {v}.", _none, lambda draw, key: names.place(draw),
    ),
    "likes": Kind(
        ways("I like {v}.", "I love {v}.", "I <|really |just >enjoy {v}.", "I am <very |really |>fond of {v}.",
             "I <really like|really love|always liked|have always liked|have always loved> {v}.",
             "I <like|love|enjoy> {v} <very much|a lot|most of all>.", "What I <like|love|enjoy> <most |>is {v}.",
             "<Most of all|You know,> I <like|love|enjoy> {v}.", "The thing I <like|love|enjoy> <most |>is {v}."),
        ways("What do I like?", "What do I love?", "What do I <enjoy|really like|really love|really enjoy>?",
             "What do I <like|love|enjoy> <most|a lot|very much|most of all|again>?", "What am I <very |>fond of?",
             "What did I say I <like|love|enjoy>?", "<What|Which> thing do I <like|love|enjoy>?",
             "Do you <know|remember|still know> what I <like|love|enjoy>?", "What <is it|is the thing> that I like?"),
        ways("what I like", "what I <love|enjoy|am fond of|really like|really love|really enjoy>",
             "what I <like|love|enjoy> <most|a lot|very much>", "what I said I <like|love|enjoy>",
             "<what|which> thing I <like|love|enjoy>", "what it is that I <like|love|enjoy>"),
        "You like {v}.", _none, lambda draw, key: liking(draw),
    ),
    "called": Kind(
        ways("My {k} is called {v}.", "My {k}'s name is {v}.", "The name of my {k} is {v}.", "My {k} is {v}.",
             "I have a {k} <called|named|whose name is|with the name|and the name is> {v}.", "{v} is my {k}.",
             "My {k} <is named|has the name|goes by the name|is also called> {v}.", "<I|We> call <my|our> {k} {v}.",
             "{v} is <the name of|what I call> my {k}.", "I <have got|live with> a {k} <called|named> {v}.",
             "<This is|Meet|I am here with|I live with|Today I met> my {k} {v}.",
             "My {k}, <called|named> {v}, is here.",
             "My {k} {v} is <very nice|nice|great|funny|lovely|here today|happy>.", "My {k}'s name: {v}."),
        _about("my {k}'s name|the name of my {k}", "What is my {k} called?", "What is my {k}'s name?",
               "<What|How> <is|was> my {k} called<| again>?", "What do I call my {k}?", "Who is my {k}?",
               "<What|Which> name does my {k} have?", "What did I <call|say I call> my {k}?",
               "What did I say my {k} is called?", "Do you <know|remember> what my {k} is called?",
               "And my {k}'s name?", "What's my {k} called<| again>?"),
        ways("what my {k} is called", "what my {k}'s name is", "what the name of my {k} <is|was>", "who my {k} is",
             "<what|which> name my {k} has", "what I call my {k}", "what my {k} was called", "how my {k} is called",
             "what I said my {k} is called", "what my {k}'s name was", "what my {k} is called again"),
        "Your {k} is called {v}.", _living, lambda draw, key: person(draw),
    ),
    "their_age": Kind(
        ways("My {k} is {v} years old.", "My {k} is {v}.", "My {k} is <now|already|just|only> {v}<| years old>.",
             "<My {k}'s age|The age of my {k}> is {v}.", "My {k} <|has |has just |just >turned {v}<| this year>.",
             "I have a {k} <who is {v}|who is {v} years old|who just turned {v}|who is already {v}|aged {v}>.",
             "My {k} <is aged {v}|is {v} years of age|became {v} this year|became {v} last week>.",
             "<At the moment|Today|Now|This year> my {k} is {v} years old."),
        _about("my {k}'s age|the age of my {k}", "How old is my {k}?", "What age is my {k}?",
               "How old is my {k} <now|again|then|today>?", "How old was my {k}?", "How old did I say my {k} is?",
               "How many years old is my {k}<| now>?",
               "Do you <know|remember|still know> how old my {k} is?", "What age <does my {k} have|is my {k} now>?"),
        ways("how old my {k} is", "what my {k}'s age <is|was>", "what the age of my {k} <is|was>",
             "how old my {k} is <now|again|today>", "<what|which> age my {k} <is|has>", "how many years old my {k} is",
             "how old I <said|told you> my {k} is"),
        "Your {k} is {v} years old.",
        _living, lambda draw, key: str(draw.number(1, 30) if key in ANIMALS else draw.number(18, 99)),
    ),
    "their_town": Kind(
        ways("My {k} lives in {v}.", "My {k} <now lives|still lives|is living|has always lived> in {v}.",
             "My {k} <comes from|is from|moved to|has moved to|is at home in> {v}.",
             "My {k} has <a house|a flat|a home|a room|a small flat> in {v}.", "My {k}'s <home|house|flat> is in {v}.",
             "I have a {k} <who lives in|who comes from|who is from|living in|in> {v}.", "My {k}'s home town is {v}.",
             "The home of my {k} is in {v}.", "{v} is <where my {k} lives|the home of my {k}|my {k}'s home town>.",
             "The <town|city|place> where my {k} lives is {v}."),
        ways("Where does my {k} live?", "Where is my {k} from?", "<What|Which> <town|city|place> does my {k} live in?",
             "In <what|which> <town|city|place> does my {k} live?", "<What|Which> <town|city|place> is my {k} from?",
             "Where <is|was> my {k}'s <home|house>?", "Where does my {k} <come from|live now|live again|live exactly>?",
             "Where is <the home of my {k}|my {k} at home|my {k} living>?", "Where did I say my {k} <lives|is from>?",
             "Do you <know|remember|still know> where my {k} lives?",
             "What is my {k}'s <home town|town|city>?"),
        ways("where my {k} lives", "where my {k} <comes from|is from|is at home|lives now|is living>",
             "<what|which> <town|city|place> my {k} <lives in|is from>", "where <my {k}'s home|the home of my {k}> is",
             "in <what|which> <town|city|place> my {k} lives", "where I said my {k} <lives|is from>"),
        "Your {k} lives in {v}.", _relative, lambda draw, key: names.place(draw),
    ),
    "their_trade": Kind(
        ways("My {k} is {v}.", "My {k} works as {v}.", "My {k} <now works|still works|is working|has worked> as {v}.",
             "My {k} <has a job|got a job|found work|earns a living|makes a living|earns money> as {v}.",
             "I have a {k} <who is|who works as|working as|who has a job as> {v}.", "My {k}'s <job|work>: {v}.",
             "My {k} is {v} <by trade|by profession|now|and likes it>.", "<By trade|By profession> my {k} is {v}.",
             "<For a living|For work|At the moment> my {k} <works as|is> {v}."),
        _about("my {k}'s job|the job of my {k}|my {k}'s profession|my {k}'s work", "What does my {k} work as?",
               "What does my {k} do for a living?", "What does my {k} <do for work|do as a job>?",
               "<What|Which> <job|profession|work> does my {k} have?", "What work does my {k} do?",
               "What <kind|sort> of <job does my {k} have|work does my {k} do>?",
               "What is my {k} by <trade|profession>?",
               "How does my {k} <earn a living|make a living|earn money>?", "What did I say my {k} works as?"),
        ways("what my {k} works as", "what my {k} does <for a living|for work|as a job>", "what work my {k} does",
             "what my {k}'s <job|profession|work> is", "what the <job|work> of my {k} is",
             "<what|which> <job|profession> my {k} has", "how my {k} <earns a living|makes a living|earns money>",
             "what my {k} is by <trade|profession>", "what I said my {k} works as"),
        "Your {k} is {v}.", _relative, _trade,
    ),
    "favourite": Kind(
        ways("My favourite {k} is {v}.", "My <|own |very >favourite {k} is {v}.", "I have a favourite {k}: {v}.",
             "My favourite {k} <is still|has always been|is and was|was always|is now|is really|is clearly> {v}.",
             "My favourite {k}<:| is this:| is called> {v}.", "The {k} I <like|love> <most|best> is {v}.",
             "<I think|I say|I find> {v} is <|still |really |clearly >my favourite {k}.",
             "Of all, {v} is my favourite {k}.", "For me, {v} is the <best|favourite> {k}.",
             "As for my favourite {k}, it is {v}."),
        _about("my favourite {k}", "What is my favourite {k}?", "Which {k} is my favourite?",
               "<What|Which> {k} is my favourite<| again>?", "<What|Which> {k} do I <like|love> most?",
               "Which is my favourite {k}?", "And my favourite {k}?",
               "<What|Which> {k} did I <call|say is> my favourite?",
               "<What|Which> {k} do I like best?"),
        ways("what my favourite {k} <is|was>", "<what|which> {k} is my favourite", "which is my favourite {k}",
             "<what|which> {k} I like <most|best>", "<what|which> {k} <I called|I said is> my favourite",
             "what I said my favourite {k} is", "what my favourite {k} is again"),
        "Your favourite {k} is {v}.", lambda draw: draw.one(FAVOURITES), favourite,
    ),
    "colour": Kind(
        ways("My {k} is {v}.", "I have a {v} {k}.", "I <bought|own|got|found|use|painted> a <|new |nice >{v} {k}.",
             "<My {k}'s colour|The colour of my {k}> is {v}.",
             "My {k} <has the colour {v}|is {v} in colour|is all {v}>.",
             "My <new|old> {k} is {v}.", "I <painted|have painted> my {k} {v}.",
             "My {k} is <now|really|bright|dark> {v}.",
             "I got a {v} {k} <as a present|for my birthday|last week>.", "I <bought|have> a {k} that is {v}."),
        _about("the colour of my {k}|my {k}'s colour", "What colour is my {k}?", "Which colour is my {k}?",
               "<What|Which> colour <does my {k} have|has my {k}|was my {k}|is my {k} now>?",
               "<What|Which> colour did I say my {k} <is|has>?",
               "In <what|which> colour is my {k}?", "Do you <know|remember> <what|which> colour my {k} <is|has>?"),
        ways("what colour my {k} is", "<what|which> colour my {k} <is|has|was>", "what the colour of my {k} <is|was>",
             "what my {k}'s colour is", "<what|which> colour I said my {k} <is|has>", "in what colour my {k} is"),
        "Your {k} is {v}.", _owned, lambda draw, key: draw.one(COLOURS),
    ),
    "place": Kind(
        ways("My {k} is {v}.", "I put my {k} {v}.", "I <have put|left|have left|keep|always keep|hid|saw> my {k} {v}.",
             "My {k} is <now|still|right|probably> {v}.", "My {k} <lies|stands|can be found|was left|is kept> {v}.",
             "You <can find|find|will find> my {k} {v}.", "I <found|just put|just left|just saw> my {k} {v}.",
             "<The place of my {k}|The place for my {k}> is {v}."),
        ways("Where is my {k}?", "Where did I put my {k}?",
             "Where <did I leave|do I keep|can I find|do I find> my {k}?",
             "Where is my {k} <now|again|then>?", "Where <was my {k}|have I put my {k}|have I left my {k}>?",
             "Where did I say my {k} is?", "Where <should|can|must> I look for my {k}?",
             "Do you <know|remember|still know> where <my {k} is|I put my {k}|I left my {k}>?",
             "In <what|which> place is my {k}?", "What is the place of my {k}?"),
        ways("where my {k} is", "where I <put|left|keep|find|can find|have put|have left> my {k}",
             "where my {k} is <now|again|kept>", "where I said my {k} is", "where my {k} was",
             "where I <should|can> look for my {k}"),
        "Your {k} is {v}.", _owned, lambda draw, key: draw.phrase(PLACES_FOR_THINGS),
    ),
    "number": Kind(
        ways("My {k} is {v}.", "I have the {k} {v}.", "{v} is my <|new |own |current >{k}.",
             "My {k} has <always been|been> {v}.", "<They gave|Somebody gave> me the {k} {v}.",
             "My <new|own|current> {k} is {v}.",
             "My {k}: {v}.", "My {k}<, by the way, is| is still| is now> {v}.",
             "I <got|was given|now have> the {k} {v}.",
             "The {k} <I have|I got|I was given> is {v}.", "<I wrote down my|You may need my|Here is my> {k}: {v}.",
             "My {k} is <the number |>{v}."),
        _about("my {k}", "What is my {k}?", "Which {k} do I have?", "<What|Which> {k} <do I have|have I got> again?",
               "<What|Which> {k} <is mine|did I get|was I given|did I tell you|have I got>?", "And my {k}?",
               "What did I say my {k} is?", "Which is my {k}?"),
        ways("what my {k} <is|was>", "<what|which> {k} <I have|I got|is mine|I told you|I was given>",
             "which is my {k}", "what I said my {k} is", "what my {k} is <again|now>"),
        "Your {k} is {v}.", lambda draw: draw.one(NUMBERED) if draw.chance(0.85) else f"{names.lower(draw)} number",
        _number,
    ),
    "birthday": Kind(
        ways("My {k} is on {v}.", "I have my {k} on {v}.", "My {k} is <soon, |next, |already >on {v}.",
             "<Next month|Soon|This year> I have my {k} on {v}.", "My {k} <is not today but|will take place> on {v}.",
             "My {k} <will be|takes place|falls|starts|comes> on {v}.",
             "My <next|big> {k} is on {v}.", "<The day|The date> of my {k} is {v}.",
             "On {v} <I have|is|there is> my {k}.",
             "<Do not forget|Remember|Note|Do not forget about> my {k} on {v}.",
             "My {k}<, by the way, is| is planned| is coming up> on {v}.",
             "I <will have|am having> my {k} on {v}.", "It is my {k} on {v}."),
        ways("When is my {k}?", "On which day is my {k}?", "On <what|which> <day|date> <is|do I have> my {k}?",
             "<What|Which> <day|date> is my {k}<| on>?", "When <do I have|was> my {k}<| again>?",
             "When is my {k} <again|then|exactly>?", "When did I say my {k} is?", "When will my {k} be?",
             "When does my {k} take place?", "What is the <day|date> of my {k}?",
             "Do you <know|remember|still know> <when|on which day|on what date> my {k} is?"),
        ways("when my {k} is", "when my {k} <was|will be|takes place|is again>", "when I <have|will have> my {k}",
             "on <what|which> <day|date> <my {k} is|I have my {k}>", "<what|which> <day|date> my {k} is",
             "what the <day|date> of my {k} is", "when I said my {k} is"),
        "Your {k} is on {v}.",
        lambda draw: draw.one(_EVENTS),
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


def alike(draw: Draw, count: int) -> list[Fact]:
    """So many facts of one kind that differ in their keys: the names of a cat and of a dog, and so on."""
    kind = draw.one(_KEYED)
    found: list[Fact] = []
    while len(found) < count:
        one = fact(draw, kind)
        if not any(clash(one, other) for other in found):
            found.append(one)
    return found


_THINGS = ("colour", "place", "number", "favourite")


def clash(one: Fact, other: Fact) -> bool:
    """Whether a question for one could be answered by the other."""
    same = one.kind == other.kind or (one.kind in _THINGS and other.kind in _THINGS and one.kind != other.kind)
    return (same and one.key == other.key) or one.value in other.value or other.value in one.value
