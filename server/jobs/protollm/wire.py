"""What ProtoLLM's API, its queue and its workers say to each other.

Two generations of it are about. They share the HTTP bodies and the queue's messages; results differ:

    first   <result prefix>:<id> = {"content"}                                     then PUBLISH there, "set"
    second  <status prefix>:<id> = {"status", …} at every step                     then PUBLISH there, "set"
            <answer prefix>:<id> = {"result"}, prompt:<id> = the prompt
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from server.catalog import Catalog, ModelCard
from server.chat.messages import Message, Role, Turn, check_stop
from server.engine.request import SamplingParams
from server.errors import BadRequest, ModelNotFound
from server.settings import LimitsSection, ProtollmSection

MOST_PRIORITY = 5
"""The queues' x-max-priority; what is larger counts as this."""

ROLES: dict[str, Role] = {"system": "system", "developer": "system", "assistant": "assistant", "tool": "tool"}
"""Any text may stand as a role; what is not here speaks as the user."""

NEWS = "set"
"""Published on a key's channel when the key has been written."""


class Meta(BaseModel):
    """How to generate. None: the worker's own default."""

    model_config = ConfigDict(protected_namespaces=())

    temperature: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = 0.2
    tokens_limit: int | None = 8096
    stop_words: list[str] | None = None
    model: str | None = None


class _Prompt(BaseModel):
    job_id: str
    priority: int | None = None
    meta: Meta


class TextPrompt(_Prompt):
    """The body of /generate, and a message's prompt of type `single_generation`."""

    content: str

    def as_chat(self) -> ChatPrompt:
        """As the API puts it on the queue: one message of the user."""
        said = [Said(role="user", content=self.content)]
        return ChatPrompt(job_id=self.job_id, priority=self.priority, meta=self.meta, messages=said)


class Said(BaseModel):
    role: str
    content: str


class ChatPrompt(_Prompt):
    """The body of /chat_completion, and a message's prompt of type `chat_completion`."""

    source: str = "local"
    messages: list[Said]

    def plain(self, priority: int) -> dict[str, Any]:
        """As it stands in a message and in Redis, with the priority that it has been given."""
        return {
            "job_id": self.job_id,
            "priority": priority,
            "source": self.source,
            "meta": self.meta.model_dump(),
            "messages": [one.model_dump() for one in self.messages],
        }


Prompt = TextPrompt | ChatPrompt


def priority_of(prompt: Prompt, base: int) -> int:
    """What the queue and the engine order by; higher goes first."""
    return min(MOST_PRIORITY, max(0, base if prompt.priority is None else prompt.priority))


def write_message(prompt: ChatPrompt, priority: int) -> bytes:
    """The body of a message on the queue."""
    body = {
        "type": "task",
        "task": "generate",
        "args": [],
        "kwargs": {"prompt": prompt.plain(priority), "prompt_type": "chat_completion"},
        "id": prompt.job_id,
        "retries": 0,
        "eta": None,
    }
    return json.dumps(body, ensure_ascii=False).encode()


class UnreadableMessage(Exception):
    """A message that is no job. `job_id` is known where somebody may be waiting for it."""

    def __init__(self, problem: str, job_id: str | None) -> None:
        super().__init__(problem)
        self.job_id = job_id


class _Kwargs(BaseModel):
    prompt: dict[str, Any]
    prompt_type: Literal["chat_completion", "single_generation"] = "chat_completion"


class _Message(BaseModel):
    kwargs: _Kwargs


def read_message(body: bytes | str) -> Prompt:
    """The prompt of a message; raises UnreadableMessage."""
    job_id: str | None = None
    try:
        tree = json.loads(body)
        if isinstance(tree, dict) and isinstance(tree.get("id"), str):
            job_id = tree["id"]
        found = _Message.model_validate(tree).kwargs
        kind = TextPrompt if found.prompt_type == "single_generation" else ChatPrompt
        return kind.model_validate(found.prompt)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UnreadableMessage(f"The message is no job: {where}: {first['msg']}", job_id) from None
    except (ValueError, RecursionError):
        raise UnreadableMessage("The message is no job: it is not JSON", job_id) from None


State = Literal["pending", "in_progress", "completed", "error"]
SAID: dict[State, str | None] = {
    "pending": "Job is created",
    "in_progress": "working",
    "completed": None,
    "error": None,
}


def status(state: State, error: str | None = None) -> str:
    """A job's status as the second generation keeps it."""
    return json.dumps(
        {
            "status": state,
            "last_update": datetime.now().strftime("%Y-%m-%dT%H:%M:%S"),
            "status_message": SAID[state],
            "is_completed": state in ("completed", "error"),
            "error": None if error is None else {"type": "Exception", "msg": error},
        },
        ensure_ascii=False,
    )


def too_slow(key: str, seconds: float) -> str:
    """The original's words for a job that took too long."""
    return f"Job dont finish in fixed time with Error:\nTimeout waiting for job {key} to complete ({seconds:g} s)."


def choose_card(catalog: Catalog, section: ProtollmSection, *names: str | None) -> ModelCard:
    """The first of these that is configured; else the dialect's own model, else the first there is.

    Clients name models of the machines they were written for, so an unknown name is no error.
    """
    for name in names:
        if name:
            try:
                return catalog.get(name)
            except ModelNotFound:
                continue
    return catalog.get(section.model or next(iter(catalog.names()), ""))


def turn_of(prompt: Prompt, card: ModelCard, limits: LimitsSection, *, owner: str, priority: int) -> Turn:
    """The prompt as a Turn. Raises BadRequest for what is past the limits."""
    meta = prompt.meta
    stop = tuple(meta.stop_words or ())
    check_stop(stop, limits, "meta.stop_words")
    sampling = replace(SamplingParams(), **dict(card.sampling))
    if meta.temperature is not None:
        sampling = replace(sampling, temperature=meta.temperature)
    turn = Turn(
        model=card.name,
        sampling=sampling,
        max_tokens=meta.tokens_limit if meta.tokens_limit is not None and meta.tokens_limit > 0 else None,
        stop=stop,
        owner=owner,
        priority=priority,
    )
    if isinstance(prompt, TextPrompt):
        return replace(turn, prompts=(prompt.content,))
    if not prompt.messages:
        raise BadRequest("There are no messages to answer; expected at least one.", param="messages")
    return replace(turn, messages=tuple(Message(ROLES.get(one.role, "user"), one.content) for one in prompt.messages))
