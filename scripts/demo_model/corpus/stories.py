"""Short stories on a word that the user gives."""

from __future__ import annotations

from demo_model.corpus import names
from demo_model.corpus.conversation import Expected
from demo_model.corpus.draw import Draw
from demo_model.corpus.everyday import ANIMALS, FIRST_NAMES, THINGS, TRADES, with_article
from demo_model.corpus.exchange import Exchange, phrased, typed
from demo_model.corpus.ways import ways

_REQUESTS = ways(
    "Tell me a short story about {w}.", "Tell me a story about {w}.",
    "<Tell|Write|Give|Please tell|Please write> me a <|short |little |nice >story <about|with> {w}.",
    "<Write|Tell|Make up|Invent|Think of> a <|short |little |very short |nice >story about {w}.",
    "<Can|Could|Would|Will> you <tell|write> me a <|short |little >story about {w}?",
    "<A short story|A story> about {w}",
    "I <want|would like> to <hear|read> a <|short |little >story about {w}.",
    "A <|short |little >story about {w}, please.",
    "Do you know a <|short |little |nice >story about {w}?", "<Write|Tell> a story with {w} in it.",
    "I <want|would like> a <|short |little >story about {w}.", "Tell <us|my child|the children> a story about {w}.",
    "Tell me a bedtime story about {w}.",
)  # fmt: skip
_CREATURE = (
    "Once there was {a}. The {w} lived in a small house near a river. One day it rained and a little bird came to the "
    "door. The {w} let the bird in, and they became friends.",
    "Once there was {a}. The {w} wanted to see the sea. It walked for three days and three nights. "
    "At last the {w} saw the sea and was happy.",
    "Once there was {a}. The {w} was always alone. One day it met a child who was alone too. "
    "From then on the {w} and the child played every day.",
)
_THING = (
    "Once there was {a}. Nobody wanted the {w}, because it was old. One day a child found the {w} and took it home. "
    "There it stayed, and it was never alone again.",
    "Once there was {a}. It stood in a small shop near a river. One night the {w} began to speak. "
    "It told the mouse of the shop about the sea, and they became friends.",
    "Once there was {a}. A girl lost the {w} in the forest. A little bird found it and brought it back. "
    "The girl thanked the bird and kept the {w} for ever.",
)
_PERSON = (
    "Once there was a child called {w}. {w} lived in a small house near a river. One day {w} found a little bird in "
    "the snow. {w} took it home, and they became friends.",
    "Once there was a child called {w}. {w} wanted to see the sea. {w} walked for three days and three nights. "
    "At last {w} saw the sea and was happy.",
)


def story(draw: Draw) -> Exchange:
    """The wish for a story about an animal, a thing or a person, and the story."""
    kind = draw.number(0, 3)
    if kind == 3:
        word = draw.phrase(FIRST_NAMES) if draw.chance(0.4) else names.invented(draw)
        about, plot = word, draw.one(_PERSON)
    else:
        known = (ANIMALS, THINGS, TRADES)[kind]
        word = names.lower(draw) if draw.chance(0.25) else draw.phrase(known)
        about, plot = with_article(word), draw.one(_THING if kind == 1 else _CREATURE)
    request = typed(draw, phrased(draw, _REQUESTS, 2).format(w=about))
    expected = Expected(contains=("Once there was", word))
    return Exchange(request, plot.format(a=about, w=word), expected, f"A short story about {about}.")
