"""One GGUF file as bytes: magic, metadata, tensor table. Checks that it is well formed; what it means is `gguf.py`'s.

Only the header is read, never the weights, and with plain reads: a file cut short meanwhile is an error, where a
mapped one would end the process. Numbers in the file are believed only after they have been held against its size.
"""

from __future__ import annotations

import hashlib
import math
import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from server.errors import ModelLoadFailed

HEADER_LIMIT = 256 * 2**20
"""Bytes of header that are read at most. The largest vocabularies take about 30 MB."""

COUNT_LIMIT = 100_000
"""Keys, and tensors, of one file."""

STRINGS_LIMIT = 4_000_000
"""Strings in one array."""

KEPT = 4096
"""Numbers in an array that is kept; of a longer one only the length is."""

TYPES: dict[int, tuple[str, int, int]] = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    9: ("Q8_1", 32, 36),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1),
    25: ("I16", 1, 2),
    26: ("I32", 1, 4),
    27: ("I64", 1, 8),
    28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
    40: ("NVFP4", 64, 36),
    41: ("Q1_0", 128, 18),
    42: ("Q2_0", 64, 18),
}
"""ggml's types by number: name, values in a block, bytes of a block. A number that is missing was withdrawn."""

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_LENGTH = struct.Struct("<Q")
_CHUNK = 2**16


@dataclass(frozen=True, slots=True)
class Array:
    """An array in the metadata: how long it is, and its numbers where they are few."""

    length: int
    values: tuple[int | float, ...] | None
    """None for strings, and for more than KEPT numbers."""


Value = int | float | str | Array


@dataclass(frozen=True, slots=True)
class Tensor:
    """A row of the tensor table. `shape` as the file has it: the row's length first."""

    name: str
    shape: tuple[int, ...]
    type: str
    offset: int
    """From the start of the file."""
    bytes: int


@dataclass(frozen=True, slots=True)
class Part:
    """One file, well formed."""

    file: str
    """Its name without the folder, fit for a message."""
    metadata: dict[str, Value]
    tensors: tuple[Tensor, ...]
    size: int
    modified: int
    """Nanoseconds."""
    digest: str
    """SHA-256 of the header's bytes."""


def refuse(file: str, field: str, found: object, expected: str) -> ModelLoadFailed:
    """The error for a file that is not what it should be. Values from the file are cut short and quoted."""
    seen = found if isinstance(found, int | float) else repr(found)[:100]
    return ModelLoadFailed(f"The model file {file!r} is not usable: {field}: found {seen}, expected {expected}.")


def read_part(path: Path) -> Part:
    """Reads and checks one file's header. Raises ModelLoadFailed, and nothing else, for whatever is wrong."""
    try:
        kind = path.stat()
        if not stat.S_ISREG(kind.st_mode):  # opening a pipe would wait for ever
            raise ModelLoadFailed(f"The model file {path.name!r} is not a regular file.")
        with path.open("rb") as file:
            return _Reader(file, path.name, os.fstat(file.fileno())).part()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise ModelLoadFailed(f"The model file {path.name!r} cannot be read: {reason}.") from error


class _Reader:
    """Walks through a header once, front to back, holding what it has read."""

    def __init__(self, file: BinaryIO, name: str, facts: os.stat_result) -> None:
        self.file, self.name, self.size, self.modified = file, name, facts.st_size, facts.st_mtime_ns
        self.data = bytearray()
        self.at = 0

    def part(self) -> Part:
        self._preamble()
        tensor_count = self._count("tensor count")
        metadata = dict(self._pairs(self._count("metadata count")))
        alignment = metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or not 8 <= alignment <= 2**20 or alignment & (alignment - 1):
            raise refuse(self.name, "general.alignment", alignment, "a power of two from 8 up")
        rows = list(self._rows(tensor_count))
        start = -(-self.at // alignment) * alignment
        tensors = tuple(self._placed(row, start, alignment) for row in rows)
        self._no_overlap(tensors)
        digest = hashlib.sha256(memoryview(self.data)[: self.at]).hexdigest()
        return Part(self.name, metadata, tensors, self.size, self.modified, digest)

    def _preamble(self) -> None:
        magic = self._take(4, "magic")
        if magic != b"GGUF":
            raise refuse(self.name, "magic", magic, "b'GGUF'")
        (version,) = struct.unpack("<I", self._take(4, "version"))
        if version in (0x02000000, 0x03000000):
            raise refuse(self.name, "version", version, "2 or 3 in little-endian order; this file is big-endian")
        if version not in (2, 3):
            raise refuse(self.name, "version", version, "2 or 3")

    def _pairs(self, count: int) -> Iterator[tuple[str, Value]]:
        seen = set()
        for index in range(count):
            key = self._text(f"key of metadata entry {index}", 65535)
            if not key or key in seen:
                raise refuse(self.name, f"key of metadata entry {index}", key, "one that is neither empty nor repeated")
            seen.add(key)
            yield key, self._value(key, self._number("I", f"type of {_quoted(key)}"))

    def _value(self, key: str, kind: int) -> Value:
        field = f"value of {_quoted(key)}"
        if kind == _STRING:
            return self._text(field, HEADER_LIMIT, errors="replace")
        if kind == _ARRAY:
            return self._array(field)
        if kind not in _SCALARS:
            raise refuse(self.name, f"type of {_quoted(key)}", kind, "a value type from 0 to 12")
        if kind == 7 and self._peek(field) > 1:
            raise refuse(self.name, field, self._peek(field), "0 or 1")
        value: int | float = struct.unpack("<" + _SCALARS[kind], self._take(struct.calcsize(_SCALARS[kind]), field))[0]
        return value

    def _array(self, field: str) -> Array:
        kind = self._number("I", f"element type of {field}")
        length = self._number("Q", f"length of {field}")
        if kind == _STRING:
            self._skip_strings(length, field)
            return Array(length, None)
        if kind not in _SCALARS:
            raise refuse(self.name, f"element type of {field}", kind, "numbers or strings")
        data = self._take(length * struct.calcsize(_SCALARS[kind]), field)
        if length > KEPT:
            return Array(length, None)
        return Array(length, struct.unpack(f"<{length}{_SCALARS[kind]}", data))

    def _skip_strings(self, count: int, field: str) -> None:
        """A vocabulary has hundreds of thousands of strings, hence this bare loop."""
        if count > STRINGS_LIMIT:
            raise refuse(self.name, f"length of {field}", count, f"at most {STRINGS_LIMIT} strings")
        at, known, data, length_at = self.at, len(self.data), self.data, _LENGTH.unpack_from
        for _ in range(count):
            if at + 8 > known:
                self._have(at + 8, field)
                known = len(data)
            at += 8 + length_at(data, at)[0]
        self._have(at, field)
        self.at = at

    def _rows(self, count: int) -> Iterator[tuple[str, tuple[int, ...], int, int]]:
        """Name, shape, type and offset (from the start of the data) of each tensor."""
        seen = set()
        for index in range(count):
            name = self._text(f"name of tensor {index}", 63)
            if not name or name in seen:
                raise refuse(self.name, f"name of tensor {index}", name, "one that is neither empty nor repeated")
            seen.add(name)
            rank = self._number("I", f"rank of tensor {_quoted(name)}")
            if not 1 <= rank <= 4:
                raise refuse(self.name, f"rank of tensor {_quoted(name)}", rank, "1 to 4")
            shape = tuple(self._number("Q", f"shape of tensor {_quoted(name)}") for _ in range(rank))
            kind = self._number("I", f"type of tensor {_quoted(name)}")
            yield name, shape, kind, self._number("Q", f"offset of tensor {_quoted(name)}")

    def _placed(self, row: tuple[str, tuple[int, ...], int, int], start: int, alignment: int) -> Tensor:
        name, shape, kind, offset = row
        field = f"tensor {_quoted(name)}"
        if kind not in TYPES:
            raise refuse(self.name, f"type of {field}", kind, "a tensor type that ggml knows")
        known, block, block_bytes = TYPES[kind]
        if min(shape) < 1 or math.prod(shape) >= 2**62:
            raise refuse(self.name, f"shape of {field}", shape, "lengths from 1 up with a product under 2^62")
        if shape[0] % block:
            raise refuse(self.name, f"row of {field}", shape[0], f"a multiple of {block}, the block of {known}")
        if offset % alignment:
            raise refuse(self.name, f"offset of {field}", offset, f"a multiple of the alignment, {alignment}")
        size = math.prod(shape) // block * block_bytes
        if start + offset + size > self.size:
            end = start + offset + size
            raise refuse(self.name, f"end of {field}", end, f"one within the file, which has {self.size} bytes")
        return Tensor(name, shape, known, start + offset, size)

    def _no_overlap(self, tensors: tuple[Tensor, ...]) -> None:
        end = 0
        for tensor in sorted(tensors, key=lambda each: each.offset):
            if tensor.offset < end:
                raise refuse(self.name, f"offset of tensor {_quoted(tensor.name)}", tensor.offset, f"at least {end}")
            end = tensor.offset + tensor.bytes

    # Bytes

    def _have(self, end: int, field: str) -> None:
        """Reads on until `end`, a position in the file."""
        if end > self.size:
            raise refuse(self.name, f"end of {field}", end, f"one within the file, which has {self.size} bytes")
        if end > HEADER_LIMIT:
            raise refuse(self.name, f"end of {field}", end, f"a header of at most {HEADER_LIMIT} bytes")
        while len(self.data) < end:
            more = self.file.read(max(_CHUNK, len(self.data)))
            if not more:
                raise refuse(
                    self.name, f"end of {field}", end, f"one within the file, which has {len(self.data)} bytes"
                )
            self.data += more

    def _take(self, count: int, field: str) -> bytes:
        self._have(self.at + count, field)
        self.at += count
        return bytes(self.data[self.at - count : self.at])

    def _peek(self, field: str) -> int:
        self._have(self.at + 1, field)
        return self.data[self.at]

    def _number(self, code: str, field: str) -> int:
        number: int = struct.unpack("<" + code, self._take(struct.calcsize("<" + code), field))[0]
        return number

    def _count(self, field: str) -> int:
        count = self._number("Q", field)
        if count > COUNT_LIMIT:
            raise refuse(self.name, field, count, f"at most {COUNT_LIMIT}")
        return count

    def _text(self, field: str, longest: int, errors: str = "strict") -> str:
        length = self._number("Q", f"length of the {field}")
        if length > longest:
            raise refuse(self.name, f"length of the {field}", length, f"at most {longest}")
        data = self._take(length, field)
        try:
            return data.decode("utf-8", errors)
        except UnicodeDecodeError:
            raise refuse(self.name, field, data, "UTF-8") from None


def _quoted(text: str) -> str:
    return repr(text[:64])
