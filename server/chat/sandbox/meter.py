"""What one rendering of a template may spend: time, loop turns, sizes, memory, depth."""

from __future__ import annotations

import sys
import time
from collections.abc import ItemsView, Iterable, Iterator, KeysView, ValuesView
from dataclasses import dataclass
from itertools import chain
from typing import Any, NoReturn

from jinja2.utils import Namespace

from server.errors import TemplateFailed

_MIB = 1 << 20
_CREATED_BYTES = 48 * _MIB
"""Memory that values made by a template may take together, beyond 32 times its input. None is counted as freed."""
_TURNS = 1_000_000
_DATA_DEPTH = 250
_CALL_DEPTH = 100
_INTEGER_BITS = 20_000
_WORTH_REMEMBERING = 64
"""Weights up to this one are found again by going through the container."""

_CONTAINERS = (list, tuple, dict, set, frozenset, KeysView, ValuesView, ItemsView)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of `config/server.yaml` on one rendering."""

    seconds: float = 1.0
    output_bytes: int = _MIB
    """Output beyond the size of the input."""


def overrun(what: str) -> NoReturn:
    """Ends the rendering: the template wanted more than its bounds give."""
    raise TemplateFailed(f"The model's chat template outran its bounds: {what}.", param="messages")


class Meter:
    """Counts one rendering. Every check also looks at the clock, and no step between two checks is long:
    sizes are checked before a value is made, and what holds values is weighed with all that it holds.
    """

    def __init__(self, bounds: Bounds, variables: dict[str, Any]) -> None:
        self._bounds = bounds
        self._deadline = time.monotonic() + bounds.seconds
        self._weights: dict[int, tuple[Any, int]] = {}
        """Weight of each container seen, by identity. Holding the container keeps its identity its own;
        containers cannot be changed in the sandbox, so a weight stays true."""
        self._limit = sys.maxsize
        given = sum(self.weigh(value) for value in variables.values())
        self._length = bounds.output_bytes + given
        self._limit = 2 * self._length
        self._turns = _TURNS + given
        self._memory = _CREATED_BYTES + 32 * given
        self._output = bounds.output_bytes + given
        self._depth = 0

    def tick(self) -> None:
        """Looks at the clock."""
        if time.monotonic() > self._deadline:
            overrun(f"it took longer than {self._bounds.seconds:g} s")

    def turns(self, values: Iterable[Any]) -> Iterator[Any]:
        """The same values, each one counted as a turn of a loop."""
        for value in values:
            self._turns -= 1
            if self._turns < 0:
                overrun("too many turns of its loops")
            if not self._turns & 63:
                self.tick()
            yield value

    def room(self, length: int) -> None:
        """Refuses a text or list of `length` before it is made."""
        self.tick()
        if length > self._length:
            overrun(f"a text or list of {length} parts")

    def memory(self, size: int) -> None:
        """Counts `size` bytes as used until the end of the rendering."""
        self._memory -= size
        if self._memory < 0:
            overrun("too much memory")

    def afford(self, size: int) -> None:
        """Refuses what could come to take `size` bytes, before it is made."""
        if size > self._memory:
            overrun("too much memory")

    def text(self, value: str) -> str:
        """Counts a new text."""
        self.room(len(value))
        self.memory(sys.getsizeof(value))
        return value

    def made(self, value: Any, parts: int = 0) -> Any:
        """Counts a new container, and `parts` small values made for it. It may hold anything but namespaces."""
        self.weigh(value)
        self.memory(sys.getsizeof(value) + 32 * parts)
        return value

    def number(self, value: Any) -> None:
        """Refuses integers so large that calculating with them takes long."""
        if isinstance(value, int) and value.bit_length() > _INTEGER_BITS:
            overrun("a number of thousands of digits")

    def weigh(self, value: Any, depth: int = 0) -> int:
        """How much work it is to go through a value, counting what is held twice twice. Refuses what is too heavy.

        A few lists that hold each other can stand for billions of entries, so each container is weighed when it is
        made, from the known weights of its parts.
        """
        if isinstance(value, str):
            return 1 + len(value)
        if isinstance(value, range):
            return 1 + len(value)
        if not isinstance(value, _CONTAINERS):
            if depth and isinstance(value, Namespace):
                overrun("a namespace inside a list or mapping")
            return 1
        known = self._weights.get(id(value))
        if known is not None:
            return known[1]
        if depth > _DATA_DEPTH:
            overrun(f"data more than {_DATA_DEPTH} levels deep")
        self.tick()
        total = 1
        for part in chain(value, value.values()) if isinstance(value, dict) else value:
            total += self.weigh(part, depth + 1)
            if total > self._limit:
                break
            if not total & 255:
                self.tick()
        return self.weighed(value, total)

    def weighed(self, value: Any, weight: int) -> int:
        """Remembers what a container weighs, unless that is too much."""
        if weight > self._limit:
            overrun("a list or mapping with too much in it")
        if weight > _WORTH_REMEMBERING:
            self._weights[id(value)] = (value, weight)
        return weight

    def enter(self) -> None:
        """Counts a call of the template's own macro or recursive loop; `leave` is its end."""
        self._depth += 1
        if self._depth > _CALL_DEPTH:
            overrun(f"calls more than {_CALL_DEPTH} levels deep")

    def leave(self) -> None:
        """The call is over."""
        self._depth -= 1

    def emit(self, piece: str) -> str:
        """Counts a piece of the final output."""
        self._output -= len(piece) if piece.isascii() else len(piece.encode("utf-8", "surrogatepass"))
        if self._output < 0:
            overrun(f"more than {self._bounds.output_bytes} bytes of output beyond its input")
        self.tick()
        return piece
