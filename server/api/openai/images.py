"""Images as clients send them: in the request itself, in base64. Nothing is fetched from anywhere."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from server.api.openai.fields import Fields

MEDIA_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")

_HEAD = re.compile(r"data:([^;,]*)((?:;[^;,]*)*),", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=:)")


def decoded(text: str) -> bytes:
    """The bytes of an image in base64, which may be in lines; ValueError when it is none."""
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("expected the image's bytes in base64") from None
    if not data:
        raise ValueError("expected an image, found no bytes")
    return data


def from_url(url: str) -> bytes:
    """The bytes of the image that a data: URL holds; ValueError for any other URL."""
    head = _HEAD.match(url)
    if head is None:
        scheme = _SCHEME.match(url)
        found = f"one of the scheme {scheme[0][:20]!r}" if scheme else "another text"
        raise ValueError(f"expected a data: URL that holds the image, as this server fetches nothing; found {found}")
    if head[1].lower() not in MEDIA_TYPES:
        raise ValueError(f"expected a data: URL of one of {', '.join(MEDIA_TYPES)}; found {head[1][:50]!r}")
    if head[2].lower().rpartition(";")[2] != "base64":
        raise ValueError("expected a data: URL in base64")
    return decoded(url[head.end() :])


def _holds_image(url: str) -> str:
    from_url(url)
    return url


DataUrl = Annotated[str, AfterValidator(_holds_image)]
"""A data: URL that holds an image."""

Detail = Literal["auto", "low", "high", "original"]
"""How closely the image is to be looked at: accepted without effect, as a projector has one way to look."""


class ImageUrl(Fields):
    """Where an image is."""

    url: DataUrl
    detail: Detail | None = None

    @property
    def data(self) -> bytes:
        return from_url(self.url)
