"""Sentences that tell nothing that anybody asks for. They stand between the sentences that count."""

from __future__ import annotations

from demo_model.corpus.draw import Draw

_WHEN = (
    *(
        "In the evening",
        "In spring",
        "On warm days",
        "After the rain",
        "Every now and then",
        "Once in a while",
        "Often",
    ),
    *("In winter", "Long ago", "These days", "Before breakfast", "Towards noon", "At night", "When the sun shines"),
    *("In the old days", "As a rule", "From time to time", "On Sundays", "In the dark months", "After work"),
)
_WHO = (
    *(
        "many people",
        "some visitors",
        "the children",
        "a few neighbours",
        "old friends",
        "the women",
        "two or three men",
    ),
    *("most guests", "young people", "the students", "a group of workers", "nobody", "almost everybody", "some men"),
    *("a few women", "the grandparents", "the tourists", "several girls", "the cooks", "a lonely poet"),
)
_DID = (
    *("came to look around", "sat down and rested", "talked about the weather", "sang old songs", "drank a cup of tea"),
    *(
        "told each other jokes",
        "went for a short walk",
        "waited for the bus",
        "read the newspaper",
        "looked at the sky",
    ),
    *(
        "took a few pictures",
        "ate a sandwich",
        "listened to the radio",
        "watched the clouds",
        "played cards",
        "fell asleep",
    ),
    *(
        "complained about the noise",
        "dreamed of holidays",
        "fed the ducks",
        "wrote postcards",
        "lost all sense of time",
    ),
)
_WHAT = (
    *(
        "The weather",
        "The view",
        "The food",
        "The mood",
        "The air",
        "The light",
        "The coffee",
        "The music",
        "The grass",
    ),
    *("The silence", "The path", "The morning", "The whole story", "The first impression", "The work", "The report"),
)
_HOW = (
    *(
        "pleasant",
        "rather dull",
        "better than expected",
        "good enough",
        "worth a visit",
        "the same as ever",
        "a surprise",
    ),
    *(
        "quite ordinary",
        "a little sad",
        "very fine",
        "fresh and cool",
        "hard to describe",
        "a matter of taste",
        "simple",
    ),
)
_WHOLE = (
    *(
        "Nobody complained.",
        "That is how it goes.",
        "More could be said about this.",
        "Opinions differ.",
        "Time will tell.",
    ),
    *(
        "This has been so for a long time.",
        "There are many stories about it.",
        "Not everybody agrees.",
        "Such is life.",
    ),
    *(
        "It rained for most of the week.",
        "The newspapers wrote about it.",
        "A longer report will follow.",
        "So much for that.",
    ),
    *(
        "Everybody was happy with the result.",
        "Further details can be left out here.",
        "The rest is history.",
        "See below.",
    ),
)


def filler(draw: Draw) -> str:
    """A sentence of no weight."""
    form = draw.number(0, 9)
    if form < 5:
        return f"{draw.one(_WHEN)} {draw.one(_WHO)} {draw.one(_DID)}."
    if form < 8:
        return f"{draw.one(_WHAT)} was {draw.one(_HOW)}."
    return draw.one(_WHOLE)
