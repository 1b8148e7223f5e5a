"""Files in a form (multipart/form-data), written to the disk as they come: no more of one is in memory than arrives
at once.

    with house.files.receive() as file:
        form = await read_form(request, file, most=1_000_000)
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from server.errors import BadRequest, PayloadTooLarge, UnsupportedMediaType

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_FIELDS = 32
FIELD_BYTES = 65_536
"""Of one field that is not the file, and of the headers of one part."""


@dataclass(slots=True)
class Form:
    """The fields of a form. The file's own name, if there was a file, as the client said it: it may be anything."""

    fields: dict[str, str] = field(default_factory=dict)
    filename: str | None = None


async def read_form(request: Request, file: BinaryIO, *, most: int, param: str = "file") -> Form:
    """Read the request's form; what the field `param` holds, up to `most` bytes, goes into `file`. Raises BadRequest,
    PayloadTooLarge or UnsupportedMediaType.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise UnsupportedMediaType("The body must be a form, sent with Content-Type: multipart/form-data; boundary=….")
    reader = _Reader(param)
    parser = MultipartParser(boundary, reader.callbacks())
    size = 0
    try:
        async for chunk in request.stream():
            parser.write(chunk)
            if arrived := reader.arrived():
                size += len(arrived)
                if size > most:
                    raise PayloadTooLarge(f"The file is too large: at most {most} bytes are kept.", param=param)
                await asyncio.to_thread(file.write, arrived)
        parser.finalize()
    except MultipartParseError as error:
        raise BadRequest(f"The form cannot be read: {error}.") from None
    if not reader.ended:
        raise BadRequest("The form cannot be read: it ends before its last boundary.")
    return reader.form


class _Reader:
    """Collects what the parser finds."""

    def __init__(self, param: str) -> None:
        self.form = Form()
        self.ended = False
        self._param = param
        self._header = b""
        self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._name = ""
        self._is_file = False
        self._text = bytearray()
        self._file = bytearray()

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._over,
        }

    def arrived(self) -> bytes:
        """What has come of the file since the last call."""
        data, self._file = bytes(self._file), bytearray()
        return data

    def _begin(self) -> None:
        self._headers, self._header, self._value, self._text = {}, b"", b"", bytearray()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._bound(len(self._header))

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._bound(len(self._value))

    def _header_end(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header = self._value = b""
        self._bound(len(self._headers) * 1024)

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"name")
        if name is None:
            raise BadRequest("The form has a part without a name.")
        self._name = name.decode("utf-8", "replace")
        self._is_file = self._name == self._param and b"filename" in options
        if self._is_file:
            if self.form.filename is not None:
                raise BadRequest(f"The form has more than one {self._param!r}: expected one.", param=self._param)
            self.form.filename = options[b"filename"].decode("utf-8", "replace")
        elif b"filename" in options:
            raise BadRequest(f"Unexpected file {self._name[:64]!r}: expected it in {self._param!r}.")
        elif len(self.form.fields) >= MOST_FIELDS:
            raise BadRequest(f"The form has too many fields: at most {MOST_FIELDS} are read.")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._file += data[start:end]
        else:
            self._text += data[start:end]
            self._bound(len(self._text))

    def _end(self) -> None:
        if not self._is_file:
            try:
                self.form.fields[self._name] = self._text.decode()
            except UnicodeDecodeError:
                raise BadRequest(f"{self._name[:64]} is not valid UTF-8.", param=self._name[:64]) from None

    def _over(self) -> None:
        self.ended = True

    def _bound(self, size: int) -> None:
        if size > FIELD_BYTES:
            raise BadRequest(f"The form has a field or a header of more than {FIELD_BYTES} bytes.")
