"""A file becomes blocks of text in a child process, which may die, hang or eat its memory in the server's place.

The parent's half (`opened`) starts the child and reads what it wrote, line by line; the child's half
(`python -m server.search.ingest …`) picks the format's reader. What the child writes goes to a file whose size the
system bounds, and never more than a line of it is in memory.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from server.engine.short_lived import bound_this_process, how_it_ended, judges, run_child
from server.errors import FileUnreadable, FileUnsupported, Unavailable
from server.search.blocks import Block
from server.search.formats import Unreadable, reader

BLOCK_CHARS = 8_000
"""Longer blocks come in several."""
_LINE_BYTES = 8 * BLOCK_CHARS + 1_000
"""What a block takes at most as a line of JSON: 6 bytes a character where it is escaped, and its other fields."""
_OUTPUT_FACTOR = 8
"""The child's file may have so many times the bytes that the text may have characters."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What reading one file may take."""

    seconds: float
    memory_mb: int
    """Address space of the child."""
    text_chars: int
    """Characters of text that come out of it."""


class Reading:
    """The blocks of a file; iterate them on a thread, as they lie on the disk."""

    def __init__(self, output: Path, name: str) -> None:
        self._output = output
        self._name = name
        self.share = 0.0
        """How much of it has been read, 0 to 1."""

    def __iter__(self) -> Iterator[Block]:
        size = max(1, self._output.stat().st_size)
        with self._output.open("rb") as lines:
            while line := lines.readline(_LINE_BYTES):
                said = json.loads(line)
                if "unreadable" in said:
                    kind = FileUnsupported if said["unsupported"] else FileUnreadable
                    raise kind(f"{shown(self._name)} cannot be read. {said['unreadable']}")
                self.share = lines.tell() / size
                yield Block(said["text"], said["level"], said["page"])


@asynccontextmanager
async def opened(path: Path, name: str, bounds: Bounds) -> AsyncIterator[Reading]:
    """The blocks of the file at `path`, whose kind its `name` tells.

    Raises FileUnreadable or FileUnsupported, here or before the first block, with a message for whoever sent the file;
    Unavailable when the child ended for a reason outside of the file.
    """
    with tempfile.TemporaryDirectory(prefix="llm-api-reading-") as folder:
        output = Path(folder) / "blocks"
        limits = str(int(bounds.seconds) + 1), str(bounds.memory_mb << 20), str(bounds.text_chars)
        arguments = (str(path.absolute()), name, str(output), *limits)
        try:
            status, _ = await run_child(__name__, *arguments, seconds=bounds.seconds)
        except TimeoutError:
            raise FileUnreadable(f"{shown(name)} could not be read within {bounds.seconds:g} seconds.") from None
        if not judges(status):
            raise Unavailable(f"{shown(name)} was not read: the process for it ended ({how_it_ended(status)}).")
        if status != 0:
            raise FileUnreadable(
                f"{shown(name)} ended the process that read it ({how_it_ended(status)}); it may be damaged, or "
                f"need more than {bounds.memory_mb} MB of memory."
            )
        yield Reading(output, name)


def shown(name: str) -> str:
    """A file's name in a message: without folders or what a terminal would obey, and not too long."""
    return repr(re.split(r"[/\\]", name)[-1][:100])


# The child


def write_blocks(path: Path, name: str, output: Path, most: int) -> None:
    """All blocks as lines of JSON; or one line that says why there are none, so that nobody works at half a file."""
    try:
        with output.open("w", encoding="ascii") as file:
            left = most
            for block in _pieces(reader(name)(path)):
                left -= len(block.text)
                if left < 0:
                    raise Unreadable(f"It holds more than {most:,} characters of text: split it.")
                file.write(json.dumps({"text": block.text, "level": block.level, "page": block.page}) + "\n")
            if left == most:
                raise Unreadable("There is no text in it; a scan must go through text recognition first.")
    except Unreadable as error:
        problem, unsupported = str(error), error.unsupported
    except MemoryError:
        problem, unsupported = "It needs more memory than reading a file may take.", False
    except RecursionError:
        problem, unsupported = "It is nested too deeply.", False
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        problem, unsupported = f"It seems to be damaged: {reason or type(error).__name__}.", False
    else:
        return
    output.write_text(json.dumps({"unreadable": problem, "unsupported": unsupported}) + "\n", encoding="ascii")


def _pieces(blocks: Iterator[Block]) -> Iterator[Block]:
    """Blocks of a bearable size, of characters that every database takes."""
    for block in blocks:
        text = clean(block.text)
        for at in range(0, len(text), BLOCK_CHARS):
            piece = text[at : at + BLOCK_CHARS]
            if piece.strip():
                yield Block(piece, block.level, block.page)


_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def clean(text: str) -> str:
    """Without control characters, halves of characters and noncharacters; with one kind of line end."""
    return _UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n"))


def main() -> None:
    path, name, output, seconds, memory, most = sys.argv[1:]
    bound_this_process(int(seconds), memory=int(memory), output=_OUTPUT_FACTOR * int(most) + (1 << 20))
    with contextlib.suppress(OSError):
        os.nice(5)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)  # libraries warn of every oddity in a file, without end
    write_blocks(Path(path), name, Path(output), int(most))


if __name__ == "__main__":
    main()
