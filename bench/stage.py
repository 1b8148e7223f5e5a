"""What a scenario has at hand: one model, the servers that serve it, and the loop they are measured by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.bare import BareProcess, Setup
from bench.finding import Finding, Target
from bench.load import Ask, Played
from bench.prompts import Vocabulary
from bench.servers import OURS, PACKAGED, Server

BARE = "bare loop"


@dataclass
class Bench:
    """The stage of one model's scenarios."""

    model: str
    setup: Setup
    vocabulary: Vocabulary
    bare: BareProcess | None
    servers: list[Server]
    rounds: int
    quick: bool
    say: Callable[[str], None]
    target_gap: float = 0.1
    """Seconds: the longest gap that the server lets a newcomer's prompt cause, as set in config/server.yaml."""
    reader_shares: dict[str, list[float]] = field(default_factory=dict)
    """By server, of each play: the reader's CPU seconds a second, in per cent of a core."""

    @property
    def ours(self) -> Server | None:
        return next((server for server in self.servers if server.name == OURS), None)

    @property
    def batching(self) -> list[Server]:
        """The servers that answer several requests at once."""
        return [server for server in self.servers if server.name != PACKAGED]

    def play(self, server: Server, asks: Sequence[Ask], *, stop_after: int | None = None) -> Played:
        played = server.play(asks, stop_after=stop_after)
        self.reader_shares.setdefault(server.name, []).append(100 * played.cpu_seconds / played.wall_seconds)
        return played

    def find(
        self, scenario: str, what: str, unit: str, values: dict[str, list[float]], target: Target | None = None
    ) -> Finding:
        return Finding(self.model, scenario, what, unit, values, target)
