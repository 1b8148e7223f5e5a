"""How many tokens a text is, to a model whose vocabulary is not here: by its tokenizer file, else by an estimate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from server.catalog import Upstream
from server.chat.backend import Token
from server.chat.messages import Message, Turn
from server.errors import BadRequest, UpstreamRefused

if TYPE_CHECKING:
    from tokenizers import Tokenizer

ASCII_CHARACTERS, OTHER_CHARACTERS = 4.0, 1.5
"""Characters that are a token, on the average of many vocabularies and languages."""

ESTIMATED = 0.3
"""How far the number may be off, as a share of it, where texts are estimated."""

WRAPPED = 0.1
"""The same where texts are counted, and only what a template writes around them is not known, or how the model cut its
answer.
"""

AN_IMAGE = 300
"""Tokens of an image. What it really is depends on the model and on the image."""

AROUND_MESSAGE, AROUND_ALL = 4, 3
"""Tokens that templates write around each message, and around a conversation."""


class Growing:
    """A text that comes in pieces, and an estimate of its tokens that costs nothing to ask for again and again."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._plain = self._other = 0

    def add(self, piece: str) -> None:
        plain = len(piece.encode("ascii", "ignore"))
        self._plain += plain
        self._other += len(piece) - plain
        self._pieces.append(piece)

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    @property
    def tokens(self) -> int:
        return round(self._plain / ASCII_CHARACTERS + self._other / OTHER_CHARACTERS + 0.49)


class Counter:
    """Counts for one model. Reads its tokenizer file when it is first needed, and again when that changes."""

    def __init__(self, tokenizer: Path | None) -> None:
        self._file = tokenizer
        self._stamp: tuple[int, int] | None = None
        self._read: Tokenizer | None = None

    def prompts(self, turn: Turn) -> tuple[list[int], float]:
        """Tokens of each prompt of a turn, and how far they may be off. Takes time that grows with the text."""
        if not turn.messages:
            counts = [self._text(prompt) if isinstance(prompt, str) else len(prompt) for prompt in turn.prompts]
            texts = any(isinstance(prompt, str) for prompt in turn.prompts)
            return counts, ESTIMATED if texts and self._file is None else 0.0
        tools = sum(self._text(json.dumps(tool.openai())) for tool in turn.tools)
        said = sum(self._message(message) for message in turn.messages)
        return [AROUND_ALL + tools + said], WRAPPED if self._file is not None else ESTIMATED

    def text(self, text: str) -> tuple[int, float]:
        """The same for one text."""
        return self._text(text), 0.0 if self._file is not None else ESTIMATED

    def tokens(self, text: str, *, start: bool) -> list[Token]:
        """The tokens of a text. Raises BadRequest where they cannot be known."""
        tokenizer = self._needed()
        return self._labelled(tokenizer, _encoded(tokenizer, text, start=start))

    def label(self, tokens: Sequence[int]) -> list[Token]:
        """The tokens of these ids. Raises BadRequest for ids that there are not."""
        tokenizer = self._needed()
        size = tokenizer.get_vocab_size()
        for token in tokens:
            if tokenizer.id_to_token(token) is None:
                raise BadRequest(f"tokens: {token} is no token of this model, which has {size}.", param="tokens")
        return self._labelled(tokenizer, tokens)

    def _labelled(self, tokenizer: Tokenizer, tokens: Sequence[int]) -> list[Token]:
        texts = tokenizer.decode_batch([[token] for token in tokens], skip_special_tokens=False)
        return [Token(token, text.encode()) for token, text in zip(tokens, texts, strict=True)]

    def _message(self, message: Message) -> int:
        calls = sum(self._text(call.name) + self._text(call.arguments) for call in message.tool_calls)
        return AROUND_MESSAGE + self._text(message.content) + calls + AN_IMAGE * len(message.images)

    def _text(self, text: str) -> int:
        tokenizer = self._tokenizer()
        if tokenizer is not None:
            return len(_encoded(tokenizer, text, start=False))
        growing = Growing()
        growing.add(text)
        return growing.tokens

    def _needed(self) -> Tokenizer:
        tokenizer = self._tokenizer()
        if tokenizer is None:
            raise BadRequest(
                "The tokens of this model are not known here: it lives behind a URL, and its card names no tokenizer.",
                param="model",
            )
        return tokenizer

    def _tokenizer(self) -> Tokenizer | None:
        if self._file is None:
            return None
        from tokenizers import Tokenizer  # takes a moment to import, and few servers need it

        try:
            status = self._file.stat()
            stamp = status.st_mtime_ns, status.st_size
            if self._read is None or stamp != self._stamp:
                self._read, self._stamp = Tokenizer.from_file(str(self._file)), stamp
        except Exception as error:  # the library raises its bare Exception
            raise UpstreamRefused(
                f"The tokenizer file {self._file.name!r} of this model cannot be read: {error}"
            ) from error
        return self._read


def _encoded(tokenizer: Tokenizer, text: str, *, start: bool) -> list[int]:
    """The ids of a text, made while other threads go on: the library lets them for batches alone."""
    (found,) = tokenizer.encode_batch([text], add_special_tokens=start)
    return found.ids


class Counters:
    """One Counter for each tokenizer file, and one for models without."""

    def __init__(self) -> None:
        self._counters: dict[Path | None, Counter] = {}

    def of(self, upstream: Upstream) -> Counter:
        return self._counters.setdefault(upstream.tokenizer, Counter(upstream.tokenizer))
