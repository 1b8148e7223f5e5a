"""One loaded model in its thread, and the few lines that ask it something."""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from server.engine.host import Plan, ThreadHost
from server.engine.live import LiveModel
from server.engine.llama import LoadOptions
from server.engine.pictures import Placed, Rows
from server.engine.projector import Pixels
from server.engine.projector_file import read_projector
from server.engine.request import GenerationRequest, Outcome, TokenEvent, TokenLogprob
from server.engine.room import Taken
from server.errors import Unavailable
from server.telemetry import Metrics


@asynccontextmanager
async def running(
    file: Path,
    *,
    cells: int = 4096,
    slots: int = 8,
    batch: int = 128,
    waiting: int = 64,
    store: int = 0,
    flash: str = "on",
    projector: Path | None = None,
) -> AsyncIterator[LiveModel]:
    """`flash` "off": where numbers are compared closely. Flash attention computes a few tokens in another way than
    many, and keeps sums in 16 bits.
    """
    options = LoadOptions(cells, slots, batch, batch, 1, 1, gpu_layers=0, flash_attention=flash)
    live: LiveModel | None = None
    host = ThreadHost(
        Plan("test", file, options, 2048, 0.1, store, projector=read_projector(projector) if projector else None),
        lambda _: None,
        lambda report: live.receive(report) if live else None,
    )
    facts = await host.start()
    live = LiveModel(host, facts, Taken(0, 0, 0), "fp", Metrics().model("test"), waiting, 32, lambda died: None)
    try:
        yield live
    finally:
        await live.stop(Unavailable("the test is over"), at_once=True)


def prompt_of(live: LiveModel, text: str) -> array[int]:
    return live.facts.vocabulary.tokenize(text, special=True, first=True)


def seen(live: LiveModel, *parts: str | Pixels) -> dict[str, Any]:
    """A prompt of texts and images, as fields of a request."""
    assert live.facts.projector is not None
    tokens, images = array("i"), []
    for at, part in enumerate(parts):
        if isinstance(part, str):
            tokens += live.facts.vocabulary.tokenize(part, special=True, first=at == 0)
            continue
        for piece in live.facts.projector.look(part).result():
            if isinstance(piece, Rows):
                images.append(Placed(len(tokens), piece))
                tokens += piece.ids()
            else:
                tokens += piece
    return {"prompt": tokens, "images": tuple(images)}


class Said:
    """What one request brought."""

    def __init__(self) -> None:
        self.text = ""
        self.events: list[TokenEvent] = []
        self.outcome: Outcome | None = None
        self.logprobs: list[TokenLogprob] = []
        self.rated: list[TokenLogprob] = []

    @property
    def tokens(self) -> list[int]:
        return [one.token for one in self.logprobs]


async def ask(live: LiveModel, *requests: GenerationRequest, owner: str = "") -> list[Said]:
    box = live.enter(owner)
    live.start(box, list(requests))
    said = {request.id: Said() for request in requests}
    try:
        while any(one.outcome is None for one in said.values()):
            for event in await box.take():
                said[event.id].text += event.text
                said[event.id].events.append(event)
                said[event.id].logprobs += event.logprobs
                said[event.id].rated += event.rated
                said[event.id].outcome = event.outcome
    finally:
        live.close(box)
    return list(said.values())
