"""A response as it comes about: deltas become the typed events of OpenAI's stream, and with them the response itself.

    response.created, response.in_progress         in the background response.queued between them
      for each item of the output:
        response.output_item.added
          (its parts: added, deltas, done)
        response.output_item.done
    response.completed | response.incomplete | response.failed (after an `error`)

The last event holds the whole response: who does not stream is given that.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

from server.api.openai.file_search import Consulted
from server.api.openai.wire import chat_logprobs, estimate
from server.chat.messages import CallPiece, Delta, Usage
from server.engine.request import FinishReason
from server.errors import ServerError
from server.store.response_tables import Item
from server.store.rows import new_id

Event = dict[str, Any]
Cite = Callable[[str], list[dict[str, Any]]]
"""The annotations of a text."""


def _uncited(text: str) -> list[dict[str, Any]]:
    return []


ERROR_CODES = {400: "invalid_prompt", 429: "rate_limit_exceeded"}
"""A response's error has a code of OpenAI's list; what is not here is `server_error`."""

LAST = {"completed": "response.completed", "failed": "response.failed"}
"""The event that ends a stream, by the status; for the others `response.incomplete`, as `cancelled` has none."""

INCOMPLETE = {FinishReason.LENGTH: "max_output_tokens", FinishReason.CONTENT_FILTER: "content_filter"}
"""Why a response that ended is not whole."""


class _Making(ABC):
    """An item of the output in the making. Its events are numbered by whoever sends them."""

    def __init__(self, at: int, item: Item) -> None:
        self.item = item
        self._at = {"item_id": item["id"], "output_index": at}
        self._pieces: list[str] = []

    def event(self, kind: str, **facts: Any) -> Event:
        return {"type": f"response.{kind}", **self._at, **facts}

    def begin(self) -> Iterator[Event]:
        """All that stands before its first delta."""
        yield self._whole("added")
        yield from self.open()

    def add(self, text: str, logprobs: list[dict[str, Any]]) -> Event:
        """One more piece."""
        self._pieces.append(text)
        return self.delta(text, logprobs)

    def end(self, status: str) -> Iterator[Event]:
        """All that stands after its last delta."""
        yield from self.close("".join(self._pieces))
        self.item["status"] = status
        yield self._whole("done")

    def _whole(self, kind: str) -> Event:
        at = self._at["output_index"]
        return {"type": f"response.output_item.{kind}", "output_index": at, "item": {**self.item}}

    def open(self) -> Iterator[Event]:
        """Its part begins."""
        yield from ()

    @abstractmethod
    def takes(self, delta: Delta) -> bool:
        """Whether this delta goes on with it."""

    @abstractmethod
    def delta(self, text: str, logprobs: list[dict[str, Any]]) -> Event:
        """The event of a piece."""

    @abstractmethod
    def close(self, text: str) -> Iterator[Event]:
        """Its part ends; `text` is all pieces together."""


class _Said(_Making):
    """A message."""

    def __init__(self, at: int, item: Item | None = None, cite: Cite = _uncited) -> None:
        super().__init__(at, (item or _head("msg", "message") | {"role": "assistant"}) | {"content": []})
        self._cite = cite
        self._logprobs: list[dict[str, Any]] = []
        self._delta = self.event("output_text.delta", content_index=0)

    def takes(self, delta: Delta) -> bool:
        return bool(delta.content or delta.logprobs)

    def open(self) -> Iterator[Event]:
        yield self.event("content_part.added", content_index=0, part=self._part("", []))

    def delta(self, text: str, logprobs: list[dict[str, Any]]) -> Event:
        self._logprobs += logprobs
        return {**self._delta, "delta": text, "logprobs": logprobs}

    def close(self, text: str) -> Iterator[Event]:
        part = self._part(text, self._cite(text))
        self.item["content"] = [part]
        for number, annotation in enumerate(part["annotations"]):
            place = {"content_index": 0, "annotation_index": number}
            yield self.event("output_text.annotation.added", **place, annotation=annotation)
        yield self.event("output_text.done", content_index=0, text=text, logprobs=part["logprobs"])
        yield self.event("content_part.done", content_index=0, part=part)

    def _part(self, text: str, annotations: list[dict[str, Any]]) -> Item:
        return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": [*self._logprobs]}


class _Searched(_Making):
    """A search of files, which is over when its events are told."""

    def takes(self, delta: Delta) -> bool:
        return False

    def begin(self) -> Iterator[Event]:
        at = self._at["output_index"]
        fresh = {**self.item, "status": "in_progress", "results": None}
        yield {"type": "response.output_item.added", "output_index": at, "item": fresh}
        yield self.event("file_search_call.in_progress")
        yield self.event("file_search_call.searching")

    def delta(self, text: str, logprobs: list[dict[str, Any]]) -> Event:
        raise AssertionError("a search takes no deltas")

    def close(self, text: str) -> Iterator[Event]:
        yield self.event("file_search_call.completed")


class _Called(_Making):
    """A call of a function: the answer's `number`-th."""

    def __init__(self, at: int, item: Item, number: int = 0) -> None:
        super().__init__(at, item | {"arguments": ""})
        self._number = number

    @classmethod
    def first(cls, at: int, piece: CallPiece) -> _Called:
        """By the first piece of the call."""
        said = {"call_id": piece.id or new_id("call"), "name": piece.name}
        return cls(at, _head("fc", "function_call") | said, piece.number)

    def takes(self, delta: Delta) -> bool:
        return delta.call is not None and delta.call.number == self._number

    def delta(self, text: str, logprobs: list[dict[str, Any]]) -> Event:
        return self.event("function_call_arguments.delta", delta=text)

    def close(self, text: str) -> Iterator[Event]:
        self.item["arguments"] = text
        yield self.event("function_call_arguments.done", name=self.item["name"], arguments=text)


class _Thought(_Making):
    """What was thought, word by word."""

    def __init__(self, at: int, item: Item | None = None) -> None:
        super().__init__(at, (item or _head("rs", "reasoning")) | {"summary": [], "content": []})

    def takes(self, delta: Delta) -> bool:
        return bool(delta.reasoning)

    def open(self) -> Iterator[Event]:
        yield self.event("content_part.added", content_index=0, part=self._part(""))

    def delta(self, text: str, logprobs: list[dict[str, Any]]) -> Event:
        return self.event("reasoning_text.delta", content_index=0, delta=text)

    def close(self, text: str) -> Iterator[Event]:
        self.item["content"] = [self._part(text)]
        yield self.event("reasoning_text.done", content_index=0, text=text)
        yield self.event("content_part.done", content_index=0, part=self._part(text))

    def _part(self, text: str) -> Item:
        return {"type": "reasoning_text", "text": text}


class _Summary(_Thought):
    """The same for clients that ask for a summary, and read nothing else: as the fullest one there is."""

    def open(self) -> Iterator[Event]:
        yield self.event("reasoning_summary_part.added", summary_index=0, part=self._part(""))

    def delta(self, text: str, logprobs: list[dict[str, Any]]) -> Event:
        return self.event("reasoning_summary_text.delta", summary_index=0, delta=text)

    def close(self, text: str) -> Iterator[Event]:
        self.item["summary"] = [self._part(text)]
        yield self.event("reasoning_summary_text.done", summary_index=0, text=text)
        yield self.event("reasoning_summary_part.done", summary_index=0, part=self._part(text))

    def _part(self, text: str) -> Item:
        return {"type": "summary_text", "text": text}


def _head(prefix: str, kind: str) -> Item:
    return {"id": new_id(prefix), "type": kind, "status": "in_progress"}


class Writer:
    """Makes the events of one response, in order and numbered, and the response that they tell of."""

    def __init__(self, response: dict[str, Any], consulted: Consulted | None = None, *, summary: bool) -> None:
        """`response`: its object with nothing in it yet. `consulted`: the search that came first. `summary`: the
        client wants thoughts as a summary.
        """
        self._consulted = consulted
        self._response = {**response, "status": "in_progress", "output": []}
        self._summary = summary
        self._making: _Making | None = None
        self._error: ServerError | None = None
        self._sent = 0

    @property
    def response(self) -> dict[str, Any]:
        """The response so far: of its output, the items that are done."""
        return {**self._response, "output": [*self._response["output"]]}

    def begin(self) -> list[Event]:
        """Before the first delta."""
        if self._response.get("background"):
            events = waiting(self._response)
            self._sent = len(events)
        else:
            events = [self._numbered({"type": "response.created", "response": self.response})]
        events.append(self._numbered({"type": "response.in_progress", "response": self.response}))
        return events if self._consulted is None else events + self.retell(self._consulted.item)

    def add(self, delta: Delta) -> list[Event]:
        """What a delta brings; its end is told by `finish`."""
        text = delta.call.arguments if delta.call is not None else delta.reasoning or delta.content
        if not (text or delta.logprobs or delta.call):
            return []
        events: list[Event] = []
        if self._making is None or not self._making.takes(delta):
            if self._making is not None and not (text or delta.call):
                return []  # ratings without a word end nothing that is under way
            events += self._close("completed")
            events += self._open(self._made_for(delta))
        assert self._making is not None
        if text or delta.logprobs:
            logprobs = chat_logprobs(delta.logprobs)["content"] if delta.logprobs else []
            events.append(self._numbered(self._making.add(text, logprobs)))
        return events

    def retell(self, item: Item) -> list[Event]:
        """All events of an item that is done."""
        making, text, logprobs = _again(len(self._response["output"]), item)
        events = self._open(making)
        if text:
            events.append(self._numbered(making.add(text, logprobs)))
        return events + self._close(item["status"])

    def finish(self, reason: FinishReason | None, usage: Usage) -> list[Event]:
        """The answer is over; `last` comes next. Without a reason it was cut off."""
        why = INCOMPLETE.get(reason) if reason is not None else None
        cut = why is not None or reason is FinishReason.CANCELLED or reason is None
        spoken = [item for item in self._response["output"] if item["type"] != "file_search_call"]
        if reason is FinishReason.STOP and self._making is None and not spoken:
            events = self._open(self._said(len(self._response["output"])))  # it said nothing, an answer too
        else:
            events = []
        events += self._close("incomplete" if cut else "completed")
        self._response["usage"] = usage_body(usage)
        if why is not None:
            self._response |= {"status": "incomplete", "incomplete_details": {"reason": why}}
        elif cut:
            self._response |= {"status": "cancelled"}
        else:
            self._response |= {"status": "completed", "completed_at": int(time.time())}
        return events

    def fail(self, error: ServerError, usage: Usage | None) -> list[Event]:
        """In the place of `finish`, or after it: the response failed. Without usage, what it cost was told before."""
        events = self._close("incomplete")
        self._error = error
        told = {"code": ERROR_CODES.get(error.status, "server_error"), "message": error.message}
        self._response |= {"status": "failed", "error": told, "completed_at": None, "incomplete_details": None}
        if usage is not None:
            self._response["usage"] = usage_body(usage)
        return events

    def last(self) -> list[Event]:
        """What ends the stream."""
        kind = LAST.get(self._response["status"], "response.incomplete")
        told = [] if self._error is None else [error_event(self._error, 0)]
        return [self._numbered(event) for event in (*told, {"type": kind, "response": self.response})]

    def _made_for(self, delta: Delta) -> _Making:
        at = len(self._response["output"])
        if delta.call is not None:
            return _Called.first(at, delta.call)
        if delta.reasoning:
            return _Summary(at) if self._summary else _Thought(at)
        return self._said(at)

    def _said(self, at: int) -> _Said:
        return _Said(at) if self._consulted is None else _Said(at, cite=self._consulted.annotations)

    def _open(self, making: _Making) -> list[Event]:
        self._making = making
        return [self._numbered(event) for event in making.begin()]

    def _close(self, status: str) -> list[Event]:
        if self._making is None:
            return []
        events = [self._numbered(event) for event in self._making.end(status)]
        self._response["output"].append(self._making.item)
        self._making = None
        return events

    def _numbered(self, event: Event) -> Event:
        event["sequence_number"] = self._sent
        self._sent += 1
        return event


def error_event(error: ServerError, number: int) -> Event:
    """The event that tells of an error."""
    told = {"code": error.code, "message": error.message, "param": error.param}
    return {"type": "error", **told, "sequence_number": number}


_FRESH = {"usage": None, "error": None, "incomplete_details": None, "completed_at": None}
"""Of a response that has not been answered."""


def waiting(response: dict[str, Any]) -> list[Event]:
    """The first events of one in the background, which tell of it before it begins."""
    queued = {**response, **_FRESH, "status": "queued", "output": []}
    kinds = ("response.created", "response.queued")
    return [{"type": kind, "response": queued, "sequence_number": number} for number, kind in enumerate(kinds)]


def replay(response: dict[str, Any]) -> list[Event]:
    """The events of a response that is over, with one delta for each text, numbered anew."""
    writer = Writer({**response, **_FRESH}, summary=False)
    events = writer.begin()
    for item in response["output"]:
        events += writer.retell(item)
    error = response["error"]
    if error is not None:
        events.append(error_event(ServerError(error["message"]), len(events)))
    kind = LAST.get(response["status"], "response.incomplete")
    return [*events, {"type": kind, "response": response, "sequence_number": len(events)}]


def _again(at: int, item: Item) -> tuple[_Making, str, list[dict[str, Any]]]:
    """An item as it was before its only delta, that delta's text, and its log-probabilities."""
    if item["type"] == "function_call":
        return _Called(at, item), item["arguments"], []
    if item["type"] == "file_search_call":
        return _Searched(at, item), "", []
    if item["type"] == "message":
        (part,) = item["content"]
        return _Said(at, item, lambda _: part["annotations"]), part["text"], part["logprobs"]
    (part,) = item["summary"] or item["content"]
    return (_Summary if item["summary"] else _Thought)(at, item), part["text"], []


def usage_body(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        **estimate(usage),
    }
