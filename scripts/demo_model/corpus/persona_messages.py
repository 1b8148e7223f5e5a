"""System messages that say who the model is to be, in very many forms."""

from __future__ import annotations

from demo_model.corpus.draw import Draw
from demo_model.corpus.everyday import filled, with_article
from demo_model.corpus.exchange import phrased
from demo_model.corpus.persona_traits import Trait
from demo_model.corpus.practice import persona as practice
from demo_model.corpus.ways import ways

_HEADS = ways(
    "You are {v}", "Your name is {v}", "<From now on|In this talk|In this chat|Today|Here|In what follows> you are {v}",
    "<Play|Be|Please be|Please play|You play|You will be|You will play|You are now|Imagine you are> {v}",
    "<Act|Speak|Answer|Talk|Reply|Behave|Please act|Please answer|You act|You speak|You answer> as {v}",
    "<Your role is|You have the role of|Play the role of|Take the role of> {v}", "You are called {v}",
    "<Take on the role of|You play the role of|Stay in the role of> {v}",
    "<Pretend|You pretend|Please pretend|Your task is> to be {v}", "<You act|Act|Talk|Answer> like {v}",
    "You are <an|a helpful> assistant <called|named> {v}", "You are a helpful assistant. Your name is {v}",
    "<Your persona is|Your character is|Let us say you are|Imagine that you are> {v}",
    "<The user talks to you|This is a role play|This is a game>. You are {v}",
)  # fmt: skip
_PARTS: dict[str, tuple[str, ...]] = {
    "age": ways(
        ", {v} years old", ", aged {v}", ", {v}", ", <who is|now|already|just|and you are> {v}<| years old>", " ({v})",
        ", age {v}", " (<age|aged> {v})", ", {v} years of age", ", at the age of {v}", ", <who has |>just turned {v}",
        " (<{v} years old|{v} years>)",
    ),
    "trade": ways(
        ", {a}", ", who <works as|is|earns a living as|has a job as|now works as> {a}",
        ", {a} <by trade|by profession>",
        ", <working as|employed as|by trade|by profession> {a}", " the {v}", " ({v})", ", the {v}", ", {v}",
        ", {a} <of many years|for many years|with much experience>", ", and you <work as|are> {a}",
    ),
    "town": ways(
        " from {v}", ", who <lives in|comes from|is from|now lives in|has a house in> {v}", " of {v}", " in {v}",
        ", <living in|at home in|from|coming from|born in|with a home in> {v}", ", and you <live in|are from> {v}",
    ),
    "likes": ways(
        ", who likes {v}", ", who <loves|enjoys|really likes|really loves|very much likes|most of all likes> {v}",
        ", <who is |>fond of {v}", ", <a lover of|liking|loving> {v}", ", and you <like|love|enjoy> {v}",
        ", who <likes|loves|enjoys> {v} <very much|a lot|most of all>",
    ),
}  # fmt: skip
_SENTENCES: dict[str, tuple[str, ...]] = {
    "name": ways("Your name is {v}.", "You are called {v}.", "You are {v}.", "Your <first name|name>: {v}.",
                 "<They|People|Your friends> call you {v}.", "<Everybody|Everyone> calls you {v}.", "{v} is your name.",
                 "<Use|You have|You use|You go by> the name {v}.", "Your <first name|name> <is|shall be|will be> {v}.",
                 "You are <named|called> {v}.", "<If asked|If the user asks|When asked>, your name is {v}.",
                 "People know you as {v}."),
    "age": ways("You are {v} years old.", "Your age is {v}.", "You are <|now |already |just |only >{v}<| years old>.",
                "You are <aged {v}|{v} years of age|of the age of {v}>.", "Your age: {v}<| years>.",
                "You <|have |have just |just >turned {v}<| this year>.",
                "<At the moment|Today|Now> you are {v} years old.",
                "You say <that |>you are {v} years old."),
    "trade": ways("You are {a}.", "You work as {a}.", "You <now work|are working|have always worked> as {a}.",
                  "You <earn your living|make your living|earn money|have a job|got a job|found work> as {a}.",
                  "Your <job|profession|trade|occupation|work> is {v}.", "Your <job|profession|occupation|work>: {v}.",
                  "You are {a} <by trade|by profession>.", "<By trade|By profession|For a living> you are {a}.",
                  "<For a living|For work|At the moment> you work as {a}."),
    "town": ways("You live in {v}.", "Your home is in {v}.", "You <now live|have always lived|are living> in {v}.",
                 "You <come from|are from|moved to|are at home in> {v}.", "Your <home town|town|city|home> is {v}.",
                 "You have <a house|a flat|a home|a room> in {v}.", "Your <house|flat> is in {v}.",
                 "The <town|city|place> <where you live|you live in> is {v}.", "You live in the <town|city> of {v}."),
    "likes": ways("You like {v}.", "You love {v}.", "You <|really |very much >enjoy {v}.",
                  "You are <|very >fond of {v}.",
                  "You <really like|really love|have always liked|have always loved> {v}.",
                  "You <like|love|enjoy> {v} <very much|a lot|most of all>.",
                  "What you <like|love|enjoy> <most |>is {v}.",
                  "Most of all you <like|love|enjoy> {v}."),
    "being": ways("Your {k} is called {v}.", "Your {k}'s name is {v}.", "Your {k} is <|named >{v}.", "Your {k}: {v}.",
                  "You have a {k} <called|named|whose name is|with the name> {v}.", "The name of your {k} is {v}.",
                  "You call your {k} {v}.", "{v} is <|the name of >your {k}.", "Your {k} has the name {v}.",
                  "You live with <your {k}|a {k} called|a {k} named> {v}.",
                  "Your {k} {v} is <with you|nice|very nice>."),
    "own": ways("Your {k} is {v}.", "Your {k}: {v}.", "{v} is your {k}.", "Your <own|only> {k} is {v}.",
                "You have <{v} as your {k}|the {k} {v}>.", "Your {k} <has always been|is still|is now> {v}.",
                "<If asked|When asked|As you know|Of course|Note>, your {k} is {v}.", "The {k} you have is {v}.",
                "<It is known|Everybody knows|Note|Remember|You say|You know> that your {k} is {v}."),
}  # fmt: skip
_LABELS: dict[str, tuple[str, ...]] = {
    "name": ("Name", "Your name", "First name", "Called", "Full name", "Character name", "Persona name", "Role name"),
    "age": ("Age", "Your age", "Current age", "Age in years", "Years", "Years old", "Age now", "Your age in years"),
    "trade": ("Job", "Your job", "Profession", "Your profession", "Occupation", "Your occupation", "Work", "Your work",
              "Trade", "Your trade", "Works as", "You work as"),
    "town": ("Town", "Your town", "Home town", "Home", "Your home", "Lives in", "You live in", "From", "City",
    "Home city",
             "Your city", "Place"),
    "likes": ("Likes", "Loves", "Enjoys", "You like", "You love", "You enjoy", "Fond of", "Likes most", "Really likes"),
}  # fmt: skip
_OPENERS = ways(
    "This is <a role play|your role|your character|your persona|a game|who you are>. ",
    "Here is <who you are|your role>. ",
    "<Your persona|Your role|Your character|About you|Character|Persona|Role|For this chat|In this chat>: ",
    "<Read this|Listen|Stay in your role|Keep to this role|We play a game|Welcome|Hello|Play your role well>. ",
    "<You take part in|We are in> <a play|a game>. ", "<The following|What follows> is <your role|your persona>. ",
    "Read this <carefully|well>. ", "<You are a helpful assistant|You help the user>. ",
)  # fmt: skip
_CLOSERS = ways(
    " <Answer|Reply|Speak|Talk> <in short sentences|briefly|in simple English|in one sentence|politely>.",
    " <Always stay|Stay|Please stay> in <your|this> role.",
    " <Be|Always be|Please be> <friendly|polite|kind|honest|brief>.",
    " <Never|Do not> <say that you are a machine|leave your role|tell lies>.", " Be brief and clear.",
    " Keep it short.",
    " Answer the <questions of the user|user's questions>.", " <Talk with|Help|Talk to> the user.", " Use few words.",
    " <The user|A visitor|A child> will ask you <things|questions>.", " You talk to a <child|visitor|user>.",
    " You are in a good mood.", " Speak about yourself as I.", " Only say what you know.",
    " Answer as this person would.",
)  # fmt: skip


def system_message(draw: Draw, known: list[Trait], *, facts: str = "") -> str:
    """All traits, in one of many forms, and the facts before or after them."""
    form = draw.random.random()
    said = _listed(draw, known) if form < 0.15 else _told(draw, known) if form < 0.45 else _in_one(draw, known)
    if draw.chance(0.25):
        said = draw.phrase(_OPENERS, practice.OPENERS) + said
    for _ in range(draw.one((0, 0, 1, 1, 2))):
        closer = draw.phrase(_CLOSERS, practice.CLOSERS)
        said += "" if closer in said else closer.lstrip() if said.endswith("\n") else closer
    if not facts:
        return said
    return f"{said} {facts}" if draw.chance(0.7) else f"{facts} {said}"


def _sentence(draw: Draw, trait: Trait) -> str:
    article = with_article(trait.value) if trait.kind == "trade" else ""
    said = phrased(draw, _SENTENCES[trait.kind], also=practice.SENTENCES[trait.kind])
    return filled(said, v=trait.value, k=trait.key, a=article)


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
    said = phrased(draw, _HEADS, also=practice.HEADS)
    if "age" in by_kind and "trade" in by_kind and draw.chance(0.2):
        both = filled(draw.phrase(_BOTH), a=by_kind["age"].value, t=by_kind["trade"].value)
        inner = [trait for trait in inner if trait.kind not in ("age", "trade")]
        said = said.format(v=both.format(v=first.value))
    else:
        said = said.format(v=first.value)
    for trait in draw.some(inner, len(inner)):
        article = with_article(trait.value) if trait.kind == "trade" else ""
        said += phrased(draw, _PARTS[trait.kind], also=practice.PARTS[trait.kind]).format(v=trait.value, a=article)
    rest = [trait for trait in others if trait.kind not in by_kind]
    return f"{said}. {_told(draw, rest)}" if rest else f"{said}."


_BOTH = ways(
    "{{v}}, <a|the> {a}<-year-old| year old> {t}", "a {a}<-year-old| year old> {t} <called|named> {{v}}",
    "the {a}<-year-old| year old> {t} {{v}}", "the {t} {{v}} (<|aged >{a})", "{{v}} ({a}), the {t}",
    "{{v}} (<{t}, {a}|{a}, {t}>)",
    "a {t} <called|named> {{v}} who is {a} years old", "a {t} <called|named> {{v}}, <aged {a}|{a} years old>",
    "{{v}}, <{t}, {a}|{a}, {t}>", "the {t} {{v}}, <aged {a}|{a} years old>",
)  # fmt: skip


def _listed(draw: Draw, known: list[Trait]) -> str:
    """Name: Tom, age: 26, line by line or in one line."""
    lines = []
    for trait in known:
        label = trait.key.capitalize()
        if trait.kind in _LABELS:
            label = phrased(draw, _LABELS[trait.kind], also=practice.LABELS[trait.kind])
        lines.append(f"{label}: {trait.value}")
    return draw.one(("\n", "; ", "\n", ", ")).join(lines) + draw.one((".", "\n", "."))
