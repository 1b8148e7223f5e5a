"""A prompt as text in which the template's own markers and everybody else's words are told apart.

A tokenizer that parses special tokens would also find those that a client typed. So before rendering, each special
token's text inside content gets a *mark* after its first character: a noncharacter that occurs nowhere else and travels
through the template whatever it cuts, trims or escapes. After rendering the text is cut at the marks, and each fragment
is tokenized on its own: what was cut through is only text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from server.chat.messages import IMAGE

_NONCHARACTERS = [chr(code) for code in range(0xFDD0, 0xFDF0)]
_LONGEST = 64
"""Of a longer special text its beginning is broken."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """Tokenized on its own, special tokens parsed; `plain`: tokenized without parsing them. Or an image, by its name:
    without a text then.
    """

    text: str
    plain: bool = False
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """What goes to the tokenizer, fragment by fragment."""

    fragments: tuple[Fragment, ...]

    @property
    def text(self) -> str:
        """The prompt as one text."""
        return "".join(fragment.text for fragment in self.fragments)

    def showing(self, images: Collection[str]) -> Prompt:
        """With these images, by name, where their marks stand in the text."""
        if not images:
            return self
        mark = re.compile(f"{IMAGE}({'|'.join(images)}){IMAGE}")
        fragments: list[Fragment] = []
        for fragment in self.fragments:
            for at, part in enumerate(mark.split(fragment.text)):
                fragments.append(Fragment("", image=part) if at % 2 else replace(fragment, text=part))
        return Prompt(tuple(fragment for fragment in fragments if fragment.text or fragment.image))


class Specials:
    """Texts of a vocabulary's control and user-defined tokens, ready to be found in content. Made once a model.

    A user-defined token that is whitespace or a single character controls nothing and is left to be a token.
    Byte tokens (`<0x0A>`) are neither, and do not belong here.
    """

    def __init__(self, control: Iterable[str] = (), user_defined: Iterable[str] = ()) -> None:
        commands = {text for text in control if text}
        tags = {text for text in user_defined if len(text) > 1 and not text.isspace()}
        self._commands = _Breaker(commands)
        self._all = _Breaker(commands | tags)

    def guard(self, text: str, marks: Marks, *, own_words: bool = False) -> str:
        """`text` with each special token's text in it broken. The model's own words keep their user-defined tags
        (`<think>`, `<tool_call>`), which templates look for.
        """
        return (self._commands if own_words else self._all).broken(text, marks)


class Marks:
    """Two noncharacters that occur in none of the texts of one rendering: one cuts, one marks a character as plain."""

    def __init__(self, texts: Iterable[str]) -> None:
        everything = list(texts)
        free = (mark for mark in _NONCHARACTERS if not any(mark in text for text in everything))
        found = [mark for mark, _ in zip(free, range(2), strict=False)]
        self._replaced = [mark for mark in _NONCHARACTERS if mark not in found][: 2 - len(found)]
        self.cut, self.plain = (found + self._replaced)[:2]
        self._cutter = re.compile(f"{self.cut}|{self.plain}(.?)", re.DOTALL)

    def clean(self, text: str) -> str:
        """`text` without the marks; where every noncharacter occurs, two of them become U+FFFD."""
        for mark in self._replaced:
            text = text.replace(mark, "\ufffd")
        return text

    def without(self, text: str) -> str:
        """Rendered text as it was before it was marked."""
        return text.replace(self.cut, "").replace(self.plain, "")

    def split(self, rendered: str) -> Prompt:
        """The rendered text's fragments."""
        fragments: list[Fragment] = []
        start = 0
        for match in self._cutter.finditer(rendered):
            fragments.append(Fragment(rendered[start : match.start()]))
            fragments.append(Fragment(match[1] or "", plain=True))
            start = match.end()
        fragments.append(Fragment(rendered[start:]))
        return Prompt(tuple(fragment for fragment in fragments if fragment.text))


class _Breaker:
    """Finds the places where a special text begins, or could be completed by what the template puts beside it."""

    def __init__(self, texts: set[str]) -> None:
        long = {text[:_LONGEST] for text in texts if len(text) > 1}
        self._begin = re.compile(_begins(long)) if long else None
        single = "".join(re.escape(text) for text in sorted(texts) if len(text) == 1)
        self._single = re.compile(f"[{single}]") if single else None
        self._forward = sorted(long)
        self._backward = sorted(text[::-1] for text in long)
        self._longest = max(map(len, long), default=0)

    def broken(self, text: str, marks: Marks) -> str:
        """`text` with marks in it."""
        if self._begin is not None:
            words = text.strip()
            ahead = _overlap(self._backward, words[: self._longest - 1][::-1])
            behind = _overlap(self._forward, words[1 - self._longest :])
            if behind:
                at = len(text.rstrip()) - behind + 1
                text = text[:at] + marks.cut + text[at:]
            if ahead:
                at = len(text) - len(text.lstrip())
                text = text[:at] + marks.cut + text[at:]
            text = self._begin.sub(rf"\g<0>{marks.cut}", text)
        if self._single is not None:
            text = self._single.sub(rf"{marks.plain}\g<0>", text)
        return text


def _overlap(texts: list[str], edge: str) -> int:
    """Length of the longest end of `edge` that some text begins with, and which is not a mere word."""
    for start in range(len(edge)):
        end = edge[start:]
        if end.isalnum():
            break
        at = bisect_left(texts, end)
        if at < len(texts) and texts[at].startswith(end):
            return len(end)
    return 0


def _begins(texts: set[str]) -> str:
    """A pattern for the first character of any of the texts, as a tree: thousands cost what one does."""
    tree: dict[str, Any] = {}
    for text in sorted(texts, key=len):
        node = tree
        for character in text[:-1]:
            node = node.setdefault(character, {})
            if node.get("") is not None:
                break  # a shorter text ends here already
        else:
            node.setdefault(text[-1], {})[""] = True
    return "|".join(f"{re.escape(first)}(?={_rest(node)})" for first, node in tree.items())


def _rest(node: dict[str, Any]) -> str:
    if "" in node:
        return ""
    branches = [re.escape(character) + _rest(child) for character, child in node.items()]
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


def walk(value: Any, change: Callable[[str], str]) -> Any:
    """JSON-like data with each text in it changed; also keys, but for names such as templates look up."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key if key.isidentifier() else change(key): walk(part, change) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [walk(part, change) for part in value]
    return value
