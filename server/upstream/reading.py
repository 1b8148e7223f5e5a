"""The pieces of another server's answer as Deltas. What comes is not trusted: each part is looked at before use."""

from __future__ import annotations

import math
from typing import Any

from server.chat.messages import CallPiece, Delta, Usage
from server.engine.request import FinishReason, TokenLogprob
from server.errors import UpstreamFailed
from server.ids import random_hex
from server.upstream.counting import Growing
from server.upstream.refusals import in_stream

FINISH = {
    "stop": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
    "content_filter": FinishReason.CONTENT_FILTER,
}

UNKNOWN_TOKEN = -1
"""The id of a token of which only the text is known."""


class Reader:
    """Reads the chunks of one answer: `read` each, then `ended` says whether it was whole."""

    def __init__(self, choices: int, *, chat: bool) -> None:
        self._choices = choices
        self._open = set(range(choices))
        self._chat = chat
        self._calls: dict[tuple[int, int | None], tuple[int, str]] = {}
        """By choice and number there, the call that goes on under it: its number here, and its id there."""
        self._count: dict[int, int] = {}
        self.usage: Usage | None = None
        """What the other server says it cost; None: it has not said."""
        self.said, self.thought = Growing(), Growing()
        """What came, of all choices: texts and calls, and thoughts."""

    @property
    def ended(self) -> bool:
        """Whether every choice has had its end."""
        return not self._open

    def read(self, chunk: Any) -> list[Delta]:
        """What a chunk brings. Raises the error that it tells of, or UpstreamFailed when it is none."""
        if not isinstance(chunk, dict):
            raise _nonsense("a chunk that is no object")
        if chunk.get("error"):
            raise in_stream(chunk["error"])
        if isinstance(usage := chunk.get("usage"), dict):
            self.usage = read_usage(usage)
        choices = chunk.get("choices") or []
        if not isinstance(choices, list):
            raise _nonsense("choices that are no list")
        return [delta for choice in choices for delta in self._choice(choice)]

    def _choice(self, choice: Any) -> list[Delta]:
        index = choice.get("index", 0) if isinstance(choice, dict) else None
        if not isinstance(index, int) or isinstance(index, bool):
            raise _nonsense("a choice without an index")
        if not 0 <= index < self._choices:
            raise _nonsense("a choice that was not asked for")
        if index not in self._open:
            return []  # some servers say more after the end
        deltas = self._said(index, choice) if self._chat else self._text(index, choice)
        for delta in deltas:
            self.said.add(delta.content if delta.call is None else delta.call.name + delta.call.arguments)
            self.thought.add(delta.reasoning)
        if reason := choice.get("finish_reason"):
            self._open.discard(index)
            finish = FINISH.get(str(reason), FinishReason.STOP)
            if finish is FinishReason.STOP and self._count.get(index):
                finish = FinishReason.TOOL_CALLS  # what is said of a call that was insisted on differs
            stop = choice.get("stop_reason")
            deltas.append(Delta(index, finish=finish, stop=stop if isinstance(stop, str) else None))
        return deltas

    def _text(self, index: int, choice: dict[str, Any]) -> list[Delta]:
        text = _words(choice.get("text"))
        rated = _plain_logprobs(choice.get("logprobs"))
        return [Delta(index, text, logprobs=rated)] if text or rated else []

    def _said(self, index: int, choice: dict[str, Any]) -> list[Delta]:
        said = choice.get("delta")
        if not isinstance(said, dict):
            return []
        deltas = []
        if thought := _words(said.get("reasoning_content")) or _words(said.get("reasoning")):
            deltas.append(Delta(index, reasoning=thought))
        text = _words(said.get("content")) or _words(said.get("refusal"))
        rated = _chat_logprobs(choice.get("logprobs"))
        if text or (rated and not thought):
            deltas.append(Delta(index, text, logprobs=rated))
        for call in _objects(said.get("tool_calls")):
            if (piece := self._call(index, call)) is not None:
                deltas.append(Delta(index, call=piece))
        return deltas

    def _call(self, index: int, call: dict[str, Any]) -> CallPiece | None:
        function = call.get("function")
        if not isinstance(function, dict):
            return None
        there = call.get("index")
        there = there if isinstance(there, int) else None
        arguments, name, id = _words(function.get("arguments")), _words(function.get("name")), _words(call.get("id"))
        known = self._calls.get((index, there))
        if known is not None and not (name and _another(id, known[1], numbered=there is not None)):
            return CallPiece(known[0], arguments=arguments) if arguments else None
        if not name:
            raise _nonsense("a call without a name")
        number = self._count.get(index, 0)
        self._calls[index, there] = number, id
        self._count[index] = number + 1
        return CallPiece(number, id or f"call_{random_hex(12)}", name, arguments)


def _another(id: str, known: str, *, numbered: bool) -> bool:
    """Whether a named piece begins another call, under the number of a known one: some servers give all calls one."""
    return id != known if id else not numbered


def read_usage(usage: dict[str, Any]) -> Usage:
    """What it cost, as the other server says."""
    prompt, completion = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
    return Usage(
        _number(usage.get("prompt_tokens")),
        _number(usage.get("completion_tokens")),
        _number(prompt.get("cached_tokens")) if isinstance(prompt, dict) else 0,
        _number(completion.get("reasoning_tokens")) if isinstance(completion, dict) else 0,
    )


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**40 else 0


def _words(value: Any) -> str:
    """Text that can be sent on: a lone surrogate cannot."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _nonsense(what: str) -> UpstreamFailed:
    return UpstreamFailed(f"The server behind this model sent {what}.")


def _chance(value: Any) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if number else math.nan


def _token(entry: dict[str, Any]) -> bytes:
    data = entry.get("bytes")
    if isinstance(data, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in data):
        return bytes(data)
    return _words(entry.get("token")).encode()


def _objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; what else there is counts for nothing."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _chat_logprobs(found: Any) -> tuple[TokenLogprob, ...]:
    return tuple(
        TokenLogprob(
            UNKNOWN_TOKEN,
            _token(entry),
            _chance(entry.get("logprob")),
            tuple(
                (UNKNOWN_TOKEN, _token(other), _chance(other.get("logprob")))
                for other in _objects(entry.get("top_logprobs"))
            ),
        )
        for entry in _objects(found.get("content") if isinstance(found, dict) else None)
    )


def _plain_logprobs(found: Any) -> tuple[TokenLogprob, ...]:
    if not isinstance(found, dict):
        return ()

    def parts(name: str) -> list[Any]:
        return value if isinstance(value := found.get(name), list) else []

    tops = parts("top_logprobs")
    rated = []
    for at, (token, value) in enumerate(zip(parts("tokens"), parts("token_logprobs"), strict=False)):
        top = tops[at] if at < len(tops) and isinstance(tops[at], dict) else {}
        others = tuple((UNKNOWN_TOKEN, _words(text).encode(), _chance(chance)) for text, chance in top.items())
        rated.append(TokenLogprob(UNKNOWN_TOKEN, _words(token).encode(), _chance(value), others))
    return tuple(rated)
