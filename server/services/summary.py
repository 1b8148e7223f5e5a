"""Which calls to a model a summary takes: a pure state machine, told the answers, that says what to ask next.

    plan ──► calls ──(asked by runner.py)──► commit ──► plan …        until nothing is left: text

With `rolling`, each call is shown the end of the summary so far, so one follows the other. Otherwise they are
independent and may all run at once. A last call may reduce the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.errors import BadRequest
from server.services.turns import Line, consolidate

MARGIN = 1.15
"""What is counted is taken so many times before it is compared with the room."""


@dataclass(frozen=True, slots=True)
class Room:
    """The tokens that calls may take."""

    tokens: int
    """For everything that goes in: the context less the longest answer."""
    prompt: int
    """Of the prompt around its gaps, and of the model's template."""
    margin: float = MARGIN

    def fits(self, tokens: int) -> bool:
        """Whether so many tokens in the gaps leave room for the answer."""
        return (self.prompt + tokens) * self.margin <= self.tokens


@dataclass(frozen=True, slots=True)
class Shape:
    """How a summary is made; named as the flavour says it."""

    rolling: bool
    max_new_turns: int
    summary_turns: int
    """Lines of the summary that a rolling call is shown; 0: all."""
    reduces: bool = False
    consolidates: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One question to the model: what goes into the prompt's gaps."""

    number: int
    values: tuple[str, ...]
    turns: int
    """How many turns of the transcript it deals with."""
    reduces: bool = False
    """The last one, over the whole summary: with the prompt for that."""


class Summary:
    """A summary in the making. Every call that `plan` gives is committed exactly once, in any order."""

    def __init__(self, turns: Sequence[Line], shape: Shape, room: Room, *, reducing: Room | None = None) -> None:
        """`reducing`: the room of the last call, if there is to be one. Raises BadRequest, with the numbers, where a
        turn does not fit by itself: then nothing is asked at all.
        """
        self._turns = turns
        self._shape = shape
        self._room = room
        self._reducing = reducing
        self._next = 0
        """The first turn that no call deals with yet."""
        self._parts: list[Sequence[Line] | None] = []
        """The lines of each call's answer, by its number."""
        self._open = 0
        """Calls whose answer has not come."""
        self._told = 0
        """The first call whose answer `grown` has not given yet."""
        self._begun = False
        """Whether `grown` has given anything."""
        self._reduced: Sequence[Line] | None = None
        self._asked_to_reduce = False
        self.answered = 0
        """Turns that are dealt with."""
        self._check()

    def _check(self) -> None:
        room = self._room
        for number, turn in enumerate(self._turns, 1):
            if not room.fits(turn.tokens):
                taken = int((room.prompt + turn.tokens) * room.margin)
                raise BadRequest(
                    f"Turn {number} of {len(self._turns)} does not fit: it has {turn.tokens} tokens and the prompt "
                    f"{room.prompt}, together {taken} with a margin of {room.margin:g}; "
                    f"expected at most {room.tokens}, the context without the longest answer. "
                    "Choose a smaller createNewTurnAfter or maxGenerationLength, or a model with a larger context."
                )

    @property
    def total(self) -> int:
        """All turns."""
        return len(self._turns)

    def plan(self) -> list[Call]:
        """The calls that may be made now; each is given once. None while an answer must come first, and at the end."""
        calls: list[Call] = []
        while self._next < len(self._turns) and not (self._shape.rolling and self._open):
            calls.append(self._call())
        if not self._open and self._wants_reducing():
            self._asked_to_reduce = True
            whole = "\n".join(line.text for line in self._lines())
            calls.append(Call(len(self._parts), ("", whole) if self._shape.rolling else (whole,), 0, reduces=True))
        return calls

    def commit(self, call: Call, lines: Sequence[Line]) -> None:
        """The lines of the answer to a call, none of them empty."""
        if call.reduces:
            self._reduced = lines
        else:
            self._parts[call.number] = lines
            self._open -= 1
            self.answered += call.turns

    def grown(self) -> str:
        """What the summary has become longer by since this was asked last; empty: by nothing. An answer waits for those
        of earlier calls. All that this gives, put together, is what the calls answered: neither reduced nor merged yet.
        """
        lines: list[str] = []
        while self._told < len(self._parts) and (part := self._parts[self._told]) is not None:
            lines += [line.text for line in part]
            self._told += 1
        if not lines:
            return ""
        before, self._begun = "\n" if self._begun else "", True
        return before + "\n".join(lines)

    @property
    def text(self) -> str:
        """The summary, once nothing is left to plan and everything is committed."""
        lines = [line.text for line in (self._lines() if self._reduced is None else self._reduced)]
        return "\n".join(consolidate(lines) if self._shape.consolidates else lines).strip()

    def _lines(self) -> list[Line]:
        return [line for part in self._parts for line in part or ()]

    def _call(self) -> Call:
        carried = self._carried() if self._shape.rolling else []
        taken = self._take(sum(line.tokens for line in carried))
        so_far = ("\n".join(line.text for line in carried),) if self._shape.rolling else ()
        call = Call(len(self._parts), (*so_far, "\n".join(turn.text for turn in taken)), len(taken))
        self._parts.append(None)
        self._open += 1
        self._next += len(taken)
        return call

    def _carried(self) -> list[Line]:
        """The end of the summary that the next call is shown: what is too much for the next turn goes, oldest first."""
        wanted = self._shape.summary_turns
        lines: list[Line] = []
        for part in reversed(self._parts):
            lines[:0] = part or ()
            if wanted and len(lines) >= wanted:
                break
        lines = lines[-wanted:]
        following = self._turns[self._next].tokens
        while lines and not self._room.fits(sum(line.tokens for line in lines) + following):
            del lines[0]
        return lines

    def _take(self, tokens: int) -> Sequence[Line]:
        """The next turns, as many as fit beside so many tokens; at least one, which `_check` has found to fit."""
        end = self._next
        while end < len(self._turns) and end - self._next < self._shape.max_new_turns:
            tokens += self._turns[end].tokens
            if end > self._next and not self._room.fits(tokens):
                break
            end += 1
        return self._turns[self._next : end]

    def _wants_reducing(self) -> bool:
        """Whether the last call is still to be made: it is left out where the summary does not fit, or is empty."""
        room, lines = self._reducing, self._lines()
        if room is None or not self._shape.reduces or self._asked_to_reduce or not lines:
            return False
        return room.prompt + sum(line.tokens for line in lines) < room.tokens
