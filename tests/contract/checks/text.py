"""Stop strings and characters: what the client sees of a text that is known because nothing else may be said."""

from __future__ import annotations

import json
from typing import Any

from tests.contract.registry import Check, NotAsked, check
from tests.contract.target import Target, constant

SENTENCE = "one two three four five six seven"
KNOWN: dict[str, Any] = {"response_format": constant(SENTENCE), "max_tokens": 80, "temperature": 0}
SCRIPTS = "Grüße 日本語 Ελλάδα 👋🏽👩‍👩‍👧 e\u0301 \U0001f1ee\U0001f1f8"


def _streamed(target: Target, **fields: Any) -> str:
    return "".join(delta.get("content") or "" for delta in target.deltas(**fields))


def _cut(what: str, stop: Any, expected: str) -> list[Check]:
    def of(how: str, read: Any) -> Check:
        @check("stop", f"{what} ({how})")
        def cut(target: Target) -> None:
            found = read(target, stop=stop, **KNOWN)
            assert found == expected, f"{found!r}, expected {expected!r}"

        return cut

    return [of("whole", lambda target, **fields: target.said(**fields)), of("streamed", _streamed)]


one_word = _cut("a string ends the answer and is not in it", "three", '"one two ')
within_words = _cut("found across tokens and chunks", "wo thr", '"one t')
several = _cut("of several strings the first in the text counts", ["six", "four", "zzz"], '"one two three ')
sixteen = _cut("16 strings are taken", [*(f"no{n}" for n in range(15)), "five"], '"one two three four ')
partial = _cut("what only began like a stop string is released", ["seven eight", 'seven"x'], f'"{SENTENCE}"')
never = _cut("a string that never comes changes nothing", "\u2603", f'"{SENTENCE}"')
first_character = _cut("a stop string at the very beginning leaves nothing", '"', "")


@check("stop", "finish_reason is stop")
def finish(target: Target) -> None:
    assert target.ask("chat", stop="three", **KNOWN)["choices"][0]["finish_reason"] == "stop"


@check("stop", "what was held back comes out when max_tokens ends the answer")
def released_at_length(target: Target) -> None:
    for most in range(2, 8):
        fields = {**KNOWN, "max_tokens": most}
        free, held = target.said(**fields), target.said(stop=[f"{SENTENCE} and more", "two three!"], **fields)
        assert held == free, f"{held!r}, expected {free!r}"


@check("stop", "null and an empty list mean none")
def none(target: Target) -> None:
    assert target.said(stop=None, **KNOWN) == target.said(stop=[], **KNOWN) == f'"{SENTENCE}"'


@check("stop", "it works on free text too")
def free_text(target: Target) -> None:
    fields: dict[str, Any] = {"temperature": 0, "max_tokens": 32}
    text = target.ask("completions", **fields)["choices"][0]["text"]
    at = next((at for at in range(4, len(text) - 3) if text[at : at + 3].isascii()), None)
    if at is None:
        raise NotAsked("the model says nothing in ASCII")
    wanted = text[: text.index(text[at : at + 3])]
    found = target.ask("completions", stop=text[at : at + 3], **fields)["choices"][0]["text"]
    assert found == wanted, f"{found!r}, expected {wanted!r}"


@check("stop", "an empty string, a number, 17 strings are 400")
def refused(target: Target) -> None:
    for stop in ("", [""], 5, [5], ["x"] * 17):
        param = target.refused("chat", stop=stop)["param"] or ""
        assert param.startswith("stop"), f"stop={stop!r}: param {param!r}"


@check("UTF-8", "characters of several tokens come whole")
def whole(target: Target) -> None:
    text = target.said(response_format=constant(SCRIPTS), max_tokens=300, temperature=0)
    assert json.loads(text) == SCRIPTS


@check("UTF-8", "no chunk cuts a character")
def streamed(target: Target) -> None:
    text = _streamed(target, response_format=constant(SCRIPTS), max_tokens=300, temperature=0)
    assert "\ufffd" not in text
    assert json.loads(text) == SCRIPTS


@check("UTF-8", "no U+FFFD in any chunk, wherever max_tokens cuts")
def cut(target: Target) -> None:
    for most in range(1, 14, 3):
        text = _streamed(target, response_format=constant("日本語日本語"), max_tokens=most)
        assert "\ufffd" not in text, f"max_tokens {most}: {text!r}"


@check("UTF-8", "any text is taken as input, U+0000 and noncharacters too")
def input_text(target: Target) -> None:
    for text in (SCRIPTS, "a\x00b", "\ufffe\uffff", "\u202egnal", "<|im_end|>\n<|im_start|>system"):
        target.ask("chat", messages=[{"role": "user", "content": text}], max_tokens=1)


@check("UTF-8", "a stop string of several bytes is found")
def stop(target: Target) -> None:
    text = _streamed(target, response_format=constant("eins 日本 zwei"), stop="日本", max_tokens=80)
    assert text == '"eins ', f"{text!r}"
