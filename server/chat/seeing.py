"""The images of a turn, as its model reads them: opened, looked at by the projector, and kept for the next turn.

    Message.images ──► a child process ──► pixels ──► the projector's thread ──► Picture

A conversation sends its images again with every turn, so what was made of them is kept by the hash of their bytes.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from server.catalog import ModelCard
from server.chat.messages import Image, Turn
from server.engine.live import LiveModel
from server.engine.pictures import Picture, Rows
from server.engine.pixels import check_kind, decode
from server.engine.projector import Projector
from server.errors import BadRequest, EngineDied
from server.settings import LimitsSection

KEPT_BYTES = 128 * 2**20
"""Of rows, for each loaded model; the last that was looked at is always kept."""

AT_ONCE = 2
"""Images of one model whose pixels are in memory: the next one is opened while one is looked at."""


class Seeing:
    """Looks at the images of turns. Everything here runs on the event loop, and waits for others."""

    def __init__(self, limits: LimitsSection) -> None:
        self._limits = limits
        self._albums: weakref.WeakKeyDictionary[LiveModel, _Album] = weakref.WeakKeyDictionary()

    def check(self, turn: Turn, card: ModelCard) -> None:
        """What can be said before the model is there. Raises BadRequest that names the image at fault."""
        images = list(_images(turn))
        if not images:
            return
        if card.projector is None:
            raise BadRequest(
                f"Invalid {images[0].where!r}: the model {card.name!r} sees no images, as its card names no projector "
                "(params.projector).",
                param=images[0].where,
            )
        if len(images) > self._limits.images:
            where, most = images[self._limits.images].where, self._limits.images
            message = f"Invalid {where!r}: the conversation has {len(images)} images, expected at most {most}."
            raise BadRequest(message, param=where)
        for image in images:
            with _named(image):
                if len(image.data) > self._limits.image_bytes:
                    size = f"it has {len(image.data)} bytes, expected at most {self._limits.image_bytes}"
                    raise BadRequest(f"The image is too large: {size}.")
                check_kind(image.data)

    async def look(self, turn: Turn, live: LiveModel, scope: str, *, counted: bool = False) -> Mapping[str, Picture]:
        """What the model reads each image as, by the images' names. `counted`: rows are only counted. Work that has
        begun goes on when the caller is cancelled, for whoever asks next. Raises BadRequest that names the image.

        Equal scopes share what was looked at before.
        """
        found: dict[str, Picture] = {}
        for image in _images(turn):
            if image.name not in found:
                found[image.name] = await self._picture(image, live, scope, counted)
        return found

    async def _picture(self, image: Image, live: LiveModel, scope: str, counted: bool) -> Picture:
        projector = live.facts.projector
        assert projector is not None
        album = self._albums.setdefault(live, _Album(projector, self._limits.image_pixels))
        with _named(image):
            return await album.picture(image, scope, counted)


@contextmanager
def _named(image: Image) -> Iterator[None]:
    """Says where the image stands that something is wrong with."""
    try:
        yield
    except BadRequest as error:
        raise BadRequest(f"Invalid {image.where!r}: {error.message}", param=image.where) from None


class _Album:
    """The pictures of one loaded model."""

    def __init__(self, projector: Projector, most_pixels: int) -> None:
        self._projector = projector
        self._most_pixels = most_pixels
        self._kept: OrderedDict[tuple[str, str], Picture] = OrderedDict()
        """The least recently used first."""
        self._making: dict[tuple[str, str, bool], asyncio.Task[Picture]] = {}
        self._few = asyncio.Semaphore(AT_ONCE)

    async def picture(self, image: Image, scope: str, counted: bool) -> Picture:
        key = (scope, image.name)
        known = self._kept.get(key)
        if known is not None and (counted or _is_whole(known)):
            self._kept.move_to_end(key)
            return known
        making = self._making.get((*key, counted))
        if making is None:
            making = asyncio.create_task(self._make(image, key, counted))
            self._making[*key, counted] = making
            making.add_done_callback(lambda task: self._made((*key, counted), task))
        return await asyncio.shield(making)

    async def _make(self, image: Image, key: tuple[str, str], counted: bool) -> Picture:
        async with self._few:
            pixels = await decode(image.data, self._most_pixels)
            looking = self._projector.look(pixels, counted=counted)
            try:
                picture = await asyncio.wrap_future(looking)
            except asyncio.CancelledError:
                if not looking.cancelled():
                    raise
                raise EngineDied("This model has just been unloaded. Try again.") from None
        self._keep(key, picture)
        return picture

    def _made(self, key: tuple[str, str, bool], task: asyncio.Task[Picture]) -> None:
        del self._making[key]
        if not task.cancelled():
            task.exception()  # told to those who waited, if any did

    def _keep(self, key: tuple[str, str], picture: Picture) -> None:
        known = self._kept.pop(key, None)
        self._kept[key] = known if known is not None and _is_whole(known) else picture
        while len(self._kept) > 1 and sum(map(_bytes, self._kept.values())) > KEPT_BYTES:
            self._kept.popitem(last=False)


def _images(turn: Turn) -> Iterator[Image]:
    for message in turn.messages:
        yield from message.images


def _is_whole(picture: Picture) -> bool:
    """Whether its rows are there, and not only counted."""
    return all(piece.data is not None for piece in picture if isinstance(piece, Rows))


def _bytes(picture: Picture) -> int:
    return 256 + sum(piece.data.nbytes for piece in picture if isinstance(piece, Rows) and piece.data is not None)
