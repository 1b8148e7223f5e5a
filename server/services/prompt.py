"""A prompt's text with gaps: `{}` and `{0}` by position, `{subject}` by name, `{{` for a brace."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass

from server.errors import BadRequest


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt that was read. What fills a gap is never read again, so braces in it are only braces."""

    pieces: tuple[tuple[str, str | None], ...]
    """Literal text, and the gap that follows it."""

    @classmethod
    def parse(cls, text: str) -> Prompt:
        """Raises BadRequest for a text that is no prompt."""
        pieces: list[tuple[str, str | None]] = []
        position = 0
        try:
            for literal, gap, form, conversion in string.Formatter().parse(text):
                if gap == "":
                    gap, position = str(position), position + 1
                if gap is not None and (form or conversion or not (gap.isidentifier() or gap.isdecimal())):
                    raise ValueError(f"{{{gap}}} is not a gap")
                pieces.append((literal, gap))
        except ValueError as error:
            raise BadRequest(
                f"The prompt cannot be read: {error}. "
                "Expected gaps such as {} or {name}, and {{ or }} where a brace is meant."
            ) from None
        return cls(tuple(pieces))

    @property
    def gaps(self) -> tuple[str, ...]:
        """Each once, in the order in which they come."""
        return tuple(dict.fromkeys(gap for _, gap in self.pieces if gap is not None))

    def check(self, *known: str) -> None:
        """Raise BadRequest where it has a gap that nothing will fill. What no gap asks for is left out in silence."""
        if unknown := [gap for gap in self.gaps if gap not in known]:
            there_are = ", ".join(f"{{{name}}}" for name in known) or "none"
            raise BadRequest(f"The prompt has the gap {{{unknown[0]}}}: expected at most {there_are}.")

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with every gap filled; `check` has been asked before."""
        return "".join(literal + ("" if gap is None else values[gap]) for literal, gap in self.pieces)

    def fill_in_order(self, *values: str) -> str:
        """The same for gaps by position."""
        return self.fill({str(position): value for position, value in enumerate(values)})
