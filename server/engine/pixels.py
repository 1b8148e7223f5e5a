"""An image that a client sent becomes pixels, in a child process: decoders are large, and written in C.

The parent's half looks at the first bytes and reads what the child says; the child's half (`python -m
server.engine.pixels`) opens the image with Pillow, within bounds of time and memory.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

from server.engine.short_lived import bound_this_process, hear_child
from server.errors import BadRequest

if TYPE_CHECKING:
    from server.engine.projector import Pixels

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
"""Of a GIF, or any that moves, the first picture is seen."""

REFUSED = 3
"""The child's exit status when it has said what is wrong."""

SECONDS = 20
"""More than the largest image takes on a slow machine."""

_SPARE = 768 * 2**20
"""Bytes of address space that the child has besides the image: its libraries map more than they use."""

_A_PIXEL = 16
"""Bytes: as it was decoded, as it is turned upright, over white, as it is told."""


async def decode(data: bytes, most: int) -> Pixels:
    """The image's pixels, upright, over white where it is transparent. BadRequest when it is none, is broken, or has
    more than `most` pixels.
    """
    import numpy as np

    check_kind(data)
    try:
        status, words, told = await hear_child(__name__, str(SECONDS + 2), str(most), given=data, seconds=SECONDS)
    except TimeoutError:
        raise BadRequest(f"The image could not be opened within {SECONDS} seconds.") from None
    if status == REFUSED:
        raise BadRequest(f"The image cannot be used: {words.strip()[:300]}.")
    if status:
        raise BadRequest("The image could not be opened: its decoder failed.")
    size, pixels = told[:8], told[8:]
    width, height = (int.from_bytes(size[at : at + 4], "little") for at in (0, 4))
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


def check_kind(data: bytes) -> None:
    """Raise BadRequest unless these bytes begin like an image of a known format."""
    beginnings = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
    if not (data.startswith(beginnings) or (data.startswith(b"RIFF") and data[8:12] == b"WEBP")):
        raise BadRequest("The image is in no known format: expected PNG, JPEG, GIF or WebP.")


# The child


def main() -> None:
    most = int(sys.argv[2])
    bound_this_process(int(sys.argv[1]), memory=_SPARE + _A_PIXEL * most)
    try:
        width, height, pixels = open_image(sys.stdin.buffer.read(), most)
    except Exception as error:
        os.write(2, str(error).encode("utf-8", "replace")[:300])
        os._exit(REFUSED)
    sys.stdout.buffer.write(width.to_bytes(4, "little") + height.to_bytes(4, "little") + pixels)
    sys.stdout.buffer.flush()
    os._exit(0)


def open_image(data: bytes, most: int) -> tuple[int, int, bytes]:
    """Width, height, and red, green and blue of each pixel. Raises whatever is wrong with it."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # the bound is ours
    try:
        opened = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise ValueError("its header is broken") from None
    with opened as image:
        width, height = image.size
        if width * height > most:
            raise ValueError(f"it has {width} by {height} pixels, expected at most {most} together")
        image.load()
        upright = ImageOps.exif_transpose(image)
        if upright.mode in ("I", "I;16", "I;16B", "F"):
            upright = upright.point(lambda value: value / 256).convert("L")
        if upright.has_transparency_data:
            white = Image.new("RGBA", upright.size, "white")
            upright = Image.alpha_composite(white, upright.convert("RGBA"))
        seen = upright.convert("RGB")
        return *seen.size, seen.tobytes()


if __name__ == "__main__":
    main()
