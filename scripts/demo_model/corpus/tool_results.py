"""What tools answer, and what is said then: the result in a sentence, its values letter for letter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from demo_model.corpus.conversation import Value
from demo_model.corpus.draw import Draw
from demo_model.corpus.names import invented
from demo_model.corpus.tool_family import words
from demo_model.corpus.tool_values import noun, quality, value_of
from demo_model.corpus.toolbox import Wish

DONE = "Done."
NOTHING = "I found nothing."
_SUCCESSES = (
    "ok", "done", "OK", "success", '{"status": "ok"}', '{"success": true}', '{"ok": true}', '{"status": "success"}',
    '{"result": "ok"}', "Done.", '{"status": "done"}', "true", '{"done": true}', '{"error": null}', "Success.",
    '{"result": "done"}',
)  # fmt: skip
_EMPTY = (
    "[]", "{}", "no results", "nothing found", '{"results": []}', "null", "not found", '{"count": 0}', "none",
    '{"items": []}', "No results.", "nothing", '{"found": false}', '{"result": null}', "0 results", "empty",
)  # fmt: skip
_FAILURES = ("Error: {}", "error: {}", '{{"error": "{}"}}', "failed: {}", '{{"ok": false, "reason": "{}"}}')
_REASONS = (
    "no such {noun}", "the {noun} is {quality}", "unknown {noun}", "{name} is not there", "not allowed", "timeout",
    "the {noun} is missing", "try again later", "{name} does not answer", "no {noun} left", "the {noun} is closed",
    "{name} is unknown", "out of order", "no connection", "the {quality} {noun} is full", "bad {noun}",
)  # fmt: skip
_SENTENCES = (
    "The {noun} of {name} is {quality}.", "{name} has {number} {noun}s.", "There are {number} {noun}s.",
    "It is {quality}.", "{name} is {quality} now.", "The {quality} {noun} comes from {name}.",
    "It costs {number} euros.", "{name} waits at the {noun}.", "You need {number} {noun}s.",
    "The {noun} is with {name}.", "{number} minutes are left.", "It will be ready at {number}.", "{name} said yes.",
    "The code is {name}{number}.", "{number} {noun}s for {name}.", "The next {noun} is {quality}.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """What the tools answer, a text for each call, and what is said then. `values`: what has to be in that."""

    contents: tuple[str, ...]
    said: str
    values: tuple[str, ...]


def result(draw: Draw, wish: Wish) -> Result:
    """A result of a wish's calls: mostly values, alone or as JSON, else a sentence, a success, nothing or a failure."""
    parts = [_one(draw, wish, at) for at in range(len(wish.calls))]
    said = tuple(dict.fromkeys(part.said for part in parts))
    return Result(
        tuple(part.contents[0] for part in parts),
        " ".join(said),
        tuple(value for part in parts for value in part.values),
    )


def _one(draw: Draw, wish: Wish, at: int) -> Result:
    shape = draw.random.random()
    if shape < 0.06:
        return _failure(draw)
    if not wish.outcome:
        return _sentence(draw) if shape < 0.2 else Result((draw.phrase(_SUCCESSES),), DONE, (DONE,))
    if shape < 0.12 and wish.topics:
        return Result((draw.phrase(_EMPTY),), NOTHING, (NOTHING,))
    if shape < 0.24:
        return _sentence(draw)
    if shape < 0.29:
        found = [invented(draw) for _ in range(draw.number(2, 3))]
        return Result((json.dumps(found),), f"I found {_and(found)}.", tuple(found))
    pairs = [(key, value_of(kind, draw).value) for key, kind in wish.outcome]
    if shape < 0.6 and wish.topics:
        value = str(pairs[0][1])
        topic = wish.topics[at]
        return Result((value,), f"{_capital(topic, wish)} {_is(topic)} {value}.", (value,))
    if shape < 0.65:
        key, value = pairs[0][0], str(pairs[0][1])
        return Result((f"{key}: {value}",), f"The {_spoken(key, value)}.", (value,))
    said = _and([f"the {_spoken(key, value)}" for key, value in pairs])
    content = json.dumps(dict(pairs), ensure_ascii=False)
    return Result((content,), f"{said[0].upper()}{said[1:]}.", tuple(str(value) for _, value in pairs))


def _sentence(draw: Draw) -> Result:
    """A result in words, which is passed on as it is."""
    parts = {"noun": noun(draw), "quality": quality(draw), "name": invented(draw)}
    said = draw.phrase(_SENTENCES).format(number=draw.number(2, 60), **parts)
    return Result((said,), said, (said,))


def _failure(draw: Draw) -> Result:
    parts = {"noun": noun(draw), "quality": quality(draw), "name": invented(draw)}
    reason = draw.phrase(_REASONS).format(**parts)
    return Result((draw.phrase(_FAILURES).format(reason),), f"That did not work: {reason}.", (reason,))


def _spoken(key: str, value: Value) -> str:
    return f"{key.replace('_', ' ')} {_is(key)} {value}"


def _is(topic: str) -> str:
    """The verb for what is spoken of: its first noun is the last word before a preposition."""
    words = topic.split()
    at = next((at for at, word in enumerate(words) if word in _PREPOSITIONS), len(words))
    head = words[at - 1]
    return (
        "are" if head.endswith("s") and not head.endswith(("ss", "'s", "us")) and head not in ("news", "is") else "is"
    )


_PREPOSITIONS = frozenset(words("of in from for on about to between near around at and into with now that there"))


def _capital(topic: str, wish: Wish) -> str:
    return topic if topic.startswith(wish.firm or ("\n",)) else topic[0].upper() + topic[1:]


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
