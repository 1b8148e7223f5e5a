"""A Turn as the body of a request to OpenAI's API.

What OpenAI's API does not know goes under the names that vLLM and this server read, unless the card says that it may
not go at all. Some of it is sent though no client named it: Anthropic's clients want no thoughts where they say nothing
of them, and a card has defaults of its own.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from server.catalog import Upstream
from server.chat.messages import IMAGE, Form, Message, Turn
from server.engine.constraint import is_lark
from server.engine.request import SamplingParams
from server.errors import BadRequest

NEUTRAL = SamplingParams(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0)
ALWAYS = ("temperature", "top_p")
"""Sent also where they hold nothing back: other servers may have other defaults."""

OPENAI = frozenset(
    (
        *("model", "messages", "prompt", "suffix", "stream", "stream_options", "n", "stop", "response_format"),
        *("max_tokens", "max_completion_tokens", "temperature", "top_p", "frequency_penalty", "presence_penalty"),
        *("seed", "logit_bias", "logprobs", "top_logprobs", "tools", "tool_choice", "parallel_tool_calls"),
        "reasoning_effort",
    )
)
"""The fields that OpenAI's own API knows."""

NAMES = {"repeat_penalty": "repetition_penalty"}
"""Fields of sampling that are called otherwise elsewhere."""


def path_of(turn: Turn) -> str:
    """Which route it is for."""
    return "/chat/completions" if turn.messages else "/completions"


def body_of(turn: Turn, upstream: Upstream, max_tokens: int | None, stop: tuple[str, ...]) -> dict[str, Any]:
    """The body. Raises BadRequest for what cannot be asked of another server."""
    body = _whole(turn, upstream, max_tokens, stop)
    return body if upstream.extensions else _without_extensions(body, turn)


def _whole(turn: Turn, upstream: Upstream, max_tokens: int | None, stop: tuple[str, ...]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": upstream.model,
        "stream": True,
        "stream_options": {"include_usage": True},
        **_sampling(turn.sampling),
    }
    if turn.n != 1:
        body["n"] = turn.n
    if stop:
        body["stop"] = list(stop)
    if turn.form is not None:
        body |= _form(turn.form)
    if turn.messages:
        if max_tokens is not None:
            body[upstream.limit_field] = max_tokens
        return body | _chat(turn)
    if max_tokens is not None:
        body["max_tokens"] = max_tokens
    return body | _plain(turn)


def _without_extensions(body: dict[str, Any], turn: Turn) -> dict[str, Any]:
    """The same for a server that knows OpenAI's fields alone. BadRequest where it would be another answer."""
    if turn.form is not None and "structured_outputs" in body:
        raise BadRequest(
            "The server behind this model knows forms of JSON alone: expected json_object or json_schema.",
            param=turn.form.param,
        )
    if turn.continues:
        raise BadRequest(
            "The server behind this model does not go on from the assistant's words: expected the user's last.",
            param="messages",
        )
    for message in body.get("messages", ()):
        message.pop("reasoning_content", None)
    return {name: value for name, value in body.items() if name in OPENAI}


def _sampling(params: SamplingParams) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name in params.__slots__:
        value = getattr(params, name)
        if name == "logit_bias":
            if value:
                body[name] = {str(token): bias for token, bias in value}
        elif name in ALWAYS or value != getattr(NEUTRAL, name):
            body[NAMES.get(name, name)] = list(value) if isinstance(value, tuple) else value
    return body


def _chat(turn: Turn) -> dict[str, Any]:
    body: dict[str, Any] = {"messages": [_message(message) for message in turn.messages]}
    if turn.logprobs is not None:
        body["logprobs"] = True
        if turn.logprobs:
            body["top_logprobs"] = turn.logprobs
    if turn.tools:
        body["tools"] = [_tool(tool.openai(), tool.strict) for tool in turn.tools]
        choice = turn.tool_choice
        named = {"type": "function", "function": {"name": choice.name}}
        body["tool_choice"] = named if choice.name is not None else choice.mode
        if not turn.parallel_calls:
            body["parallel_tool_calls"] = False
    kwargs = dict(turn.template_kwargs)
    if effort := kwargs.pop("reasoning_effort", None):
        body["reasoning_effort"] = effort
        kwargs.pop("enable_thinking", None)
    if kwargs:
        body["chat_template_kwargs"] = kwargs
    if turn.thinking_budget is not None and effort != "none":
        body["thinking_budget"] = turn.thinking_budget
    if turn.continues:
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    return body


def _tool(shown: dict[str, Any], strict: bool) -> dict[str, Any]:
    return {**shown, "function": {**shown["function"], "strict": True}} if strict else shown


def _plain(turn: Turn) -> dict[str, Any]:
    if turn.rates_prompts:
        raise BadRequest(
            "Prompts are not rated by models behind a URL: expected echo without logprobs, or a model of this machine.",
            param="echo",
        )
    prompts = [prompt if isinstance(prompt, str) else list(prompt) for prompt in turn.prompts]
    body: dict[str, Any] = {"prompt": prompts[0] if len(prompts) == 1 else prompts}
    if turn.suffix:
        body["suffix"] = turn.suffix
    if turn.logprobs is not None:
        body["logprobs"] = turn.logprobs
    return body


def _message(message: Message) -> dict[str, Any]:
    body: dict[str, Any] = {"role": message.role, "content": _content(message)}
    if message.name is not None:
        body["name"] = message.name
    if message.reasoning:
        body["reasoning_content"] = message.reasoning
    if message.tool_calls:
        body["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
        body["content"] = message.content or None
    if message.tool_call_id is not None:
        body["tool_call_id"] = message.tool_call_id
    return body


def _content(message: Message) -> str | list[dict[str, Any]]:
    """The text, or where images stand in it, its parts."""
    images = {image.name: image.data for image in message.images}
    if not images:
        return message.content
    parts: list[dict[str, Any]] = []
    # Every second piece is what the pattern caught: an image's name.
    for at, piece in enumerate(re.split(f"{IMAGE}({'|'.join(images)}){IMAGE}", message.content)):
        if at % 2:
            data = base64.b64encode(images[piece]).decode()
            parts.append(
                {"type": "image_url", "image_url": {"url": f"data:{_media_type(images[piece])};base64,{data}"}}
            )
        elif piece:
            parts.append({"type": "text", "text": piece})
    return parts


def _media_type(image: bytes) -> str:
    """Of the formats that are taken in."""
    beginnings = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
    return next((kind for start, kind in beginnings.items() if image.startswith(start)), "image/webp")


def _form(form: Form) -> dict[str, Any]:
    match form.kind:
        case "json_object":
            return {"response_format": {"type": "json_object"}}
        case "json_schema":
            schema = {"name": "answer", "schema": form.value, "strict": True}
            return {"response_format": {"type": "json_schema", "json_schema": schema}}
        case "regex":
            return {"structured_outputs": {"regex": form.value}}
        case "choice":
            return {"structured_outputs": {"choice": list(form.value)}}
        case "lark":
            return {"structured_outputs": {"grammar": _plainly_lark(form)}}
        case _:
            return {"structured_outputs": {"grammar": form.value}}


def _plainly_lark(form: Form) -> str:
    """Lark that is taken for nothing else: others are not told the syntax, and see it by one of these marks."""
    grammar: str = form.value
    if is_lark(grammar) and "::=" not in grammar:
        return grammar
    raise BadRequest(
        "The server behind this model would not see that this grammar is Lark: expected a line that begins with "
        "'start:', and '::=' nowhere.",
        param=form.param,
    )
