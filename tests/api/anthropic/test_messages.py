"""Messages, as Anthropic's official client and the wire see them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import pytest
import pytest_asyncio
from pydantic import BaseModel

from server.chat.messages import CallPiece, Delta, Form, Message, Tool, ToolCall, ToolChoice, Usage
from server.engine.request import FinishReason
from server.errors import (
    ContextLengthExceeded,
    EngineDied,
    Forbidden,
    ModelLoading,
    PayloadTooLarge,
    ServerError,
    TooManyRequests,
)
from tests.api.scripted import LENGTH, say
from tests.api.served import KEY, Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

HI: list[Any] = [{"role": "user", "content": "Hi"}]
WEATHER: dict[str, Any] = {
    "name": "weather",
    "description": "Tells the weather.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CALLS = FinishReason.TOOL_CALLS


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(server: Served) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=server.url, api_key=KEY, max_retries=0) as one:
        yield one


@pytest.fixture
def client(served: Served, shared: anthropic.AsyncAnthropic) -> anthropic.AsyncAnthropic:
    return shared


async def post(served: Served, **fields: Any) -> Any:
    body = {"model": "tiny", "max_tokens": 100, "messages": HI, **fields}
    return await served.http.post("/v1/messages", json={name: one for name, one in body.items() if one is not None})


def wire(text: str) -> list[tuple[str, Any]]:
    """Name and data of all events of a stream."""
    found = []
    for block in text.split("\n\n"):
        if block:
            name, data = block.split("\n")
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def calling(*calls: tuple[str, str, str], before: str = "", thought: str = "") -> list[Any]:
    """A thought, some words, then calls whose arguments come in two pieces."""
    steps: list[Any] = [Delta(0, reasoning=thought)] if thought else []
    steps += [Delta(0, before)] if before else []
    for number, (id, name, arguments) in enumerate(calls):
        middle = len(arguments) // 2
        steps += [
            Delta(0, call=CallPiece(number, id, name)),
            Delta(0, call=CallPiece(number, arguments=arguments[:middle])),
            Delta(0, call=CallPiece(number, arguments=arguments[middle:])),
        ]
    return [*steps, Delta(0, finish=CALLS)]


async def test_whole_message(served: Served, client: anthropic.AsyncAnthropic) -> None:
    served.backend.usage = Usage(7, 5, cached_tokens=3, reasoning_tokens=2)
    message = await client.messages.create(model="small", max_tokens=100, messages=HI)
    assert (message.type, message.role, message.model, message.id[:4]) == ("message", "assistant", "tiny", "msg_")
    assert [(block.type, block.text) for block in message.content if block.type == "text"] == [("text", "Hello world")]
    assert (message.stop_reason, message.stop_sequence) == ("end_turn", None)
    usage = message.usage
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens) == (4, 3, 5)
    assert usage.cache_creation_input_tokens == 0
    assert message._request_id is not None
    assert message._request_id.startswith("req_")


async def test_the_stream_on_the_wire(served: Served) -> None:
    response = await post(served, stream=True)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["request-id"] == response.headers["x-request-id"]
    found = wire(response.text)
    assert [name for name, _ in found] == [
        "message_start",
        "ping",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert all(data["type"] == name for name, data in found)
    message = found[0][1]["message"]
    assert (message["content"], message["stop_reason"], message["usage"]["input_tokens"]) == ([], None, 7)
    assert found[2][1]["content_block"] == {"type": "text", "text": ""}
    assert [data["delta"]["text"] for name, data in found if name == "content_block_delta"] == ["Hello", " world"]
    last = found[-2][1]
    assert (last["delta"]["stop_reason"], last["usage"]["output_tokens"]) == ("end_turn", 2)


async def test_the_streaming_helper(served: Served, client: anthropic.AsyncAnthropic) -> None:
    async with client.messages.stream(model="tiny", max_tokens=100, messages=HI) as stream:
        assert [text async for text in stream.text_stream] == ["Hello", " world"]
        message = await stream.get_final_message()
    assert (message.stop_reason, message.usage.input_tokens, message.usage.output_tokens) == ("end_turn", 7, 2)
    assert await stream.get_final_text() == "Hello world"


async def test_a_whole_message_has_the_blocks_of_its_stream(served: Served, client: anthropic.AsyncAnthropic) -> None:
    served.backend.steps = [
        Delta(0, reasoning="I should"),
        Delta(0, reasoning=" look."),
        Delta(0, "Let me look."),
        Delta(0, reasoning="At what?"),
        Delta(0, " Now."),
        Delta(0, call=CallPiece(0, "call_1", "now")),
        Delta(0, call=CallPiece(0, arguments="{}")),
        Delta(0, "It is"),
        Delta(0, " late."),
        Delta(0, finish=CALLS),
    ]
    fields: dict[str, Any] = {"model": "tiny", "max_tokens": 2000, "messages": HI}
    fields["thinking"] = {"type": "enabled", "budget_tokens": 1024}
    message = await client.messages.create(**fields)
    async with client.messages.stream(**fields) as stream:
        streamed = await stream.get_final_message()
    kinds = [block.type for block in message.content]
    assert kinds == ["thinking", "text", "thinking", "text", "tool_use", "text"]
    assert [block.model_dump(exclude={"citations"}) for block in message.content] == [
        block.model_dump(exclude={"citations", "parsed_output"}) for block in streamed.content
    ]
    del fields["thinking"]
    message = await client.messages.create(**fields)
    kinds_and_texts = [(block.type, getattr(block, "text", "")) for block in message.content]
    assert kinds_and_texts == [("text", "Let me look. Now."), ("tool_use", ""), ("text", "It is late.")]


@pytest.mark.parametrize("streamed", [False, True])
async def test_tools_there_and_back(served: Served, client: anthropic.AsyncAnthropic, streamed: bool) -> None:
    served.backend.steps = calling(
        ("call_1", "weather", '{"city": "Malmö"}'), ("call_2", "weather", '{"city":"Bern"}'), before="Let me look."
    )
    fields: dict[str, Any] = {"model": "tiny", "max_tokens": 100, "tools": [WEATHER]}
    if streamed:
        async with client.messages.stream(messages=HI, **fields) as stream:
            message: Any = await stream.get_final_message()
    else:
        message = await client.messages.create(messages=HI, **fields)
    assert message.stop_reason == "tool_use"
    text, first, second = message.content
    assert text.text == "Let me look."
    assert (first.type, first.id, first.name, first.input) == ("tool_use", "toolu_1", "weather", {"city": "Malmö"})
    assert (second.id, second.input) == ("toolu_2", {"city": "Bern"})
    (tool,) = served.backend.turn.tools
    assert tool == Tool("weather", "Tells the weather.", WEATHER["input_schema"])

    served.backend.steps = say("Rain.")
    results: list[Any] = [
        {"type": "tool_result", "tool_use_id": first.id, "content": "rain"},
        {"type": "tool_result", "tool_use_id": second.id, "content": [{"type": "text", "text": "?"}], "is_error": True},
        {"type": "text", "text": "Well?"},
    ]
    said = [*HI, {"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
    answer = await client.messages.create(messages=said, **fields)
    assert answer.content[0].text == "Rain."  # type: ignore[union-attr]
    assert served.backend.turn.messages == (
        Message("user", "Hi"),
        Message(
            "assistant",
            "Let me look.",
            tool_calls=(
                ToolCall("toolu_1", "weather", '{"city": "Malmö"}'),
                ToolCall("toolu_2", "weather", '{"city": "Bern"}'),
            ),
        ),
        Message("tool", "rain", name="weather", tool_call_id="toolu_1"),
        Message("tool", "Error: ?", name="weather", tool_call_id="toolu_2"),
        Message("user", "Well?"),
    )


async def test_the_events_of_a_call(served: Served) -> None:
    served.backend.steps = calling(("call_1", "weather", '{"city": 1}'), ("call_2", "now", ""), before="So")
    found = [data for name, data in wire((await post(served, stream=True, tools=[WEATHER])).text)]
    starts = [(data["index"], data["content_block"]) for data in found if data["type"] == "content_block_start"]
    assert starts == [
        (0, {"type": "text", "text": ""}),
        (1, {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}),
        (2, {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}}),
    ]
    deltas = [(data["index"], data["delta"]) for data in found if data["type"] == "content_block_delta"]
    assert {delta["type"] for index, delta in deltas if index} == {"input_json_delta"}
    assert "".join(delta["partial_json"] for index, delta in deltas if index == 1) == '{"city": 1}'
    assert [data["index"] for data in found if data["type"] == "content_block_stop"] == [0, 1, 2]


@pytest.mark.parametrize(
    ("choice", "wanted", "parallel"),
    [
        ({"type": "auto"}, ToolChoice("auto"), True),
        ({"type": "any", "disable_parallel_tool_use": True}, ToolChoice("required"), False),
        ({"type": "tool", "name": "weather"}, ToolChoice("required", "weather"), True),
        ({"type": "none"}, ToolChoice("none"), True),
    ],
)
async def test_tool_choice(served: Served, choice: Any, wanted: ToolChoice, parallel: bool) -> None:
    assert (await post(served, tools=[WEATHER], tool_choice=choice)).status_code == 200
    assert (served.backend.turn.tool_choice, served.backend.turn.parallel_calls) == (wanted, parallel)


async def test_thinking(served: Served, client: anthropic.AsyncAnthropic) -> None:
    served.backend.steps = [Delta(0, reasoning="Hm"), Delta(0, reasoning="m."), *say("Yes")]
    thinking: Any = {"type": "enabled", "budget_tokens": 1024}
    message = await client.messages.create(model="tiny", max_tokens=2000, messages=HI, thinking=thinking)
    thought, text = message.content
    assert thought.type == "thinking"
    assert (thought.thinking, text.text) == ("Hmm.", "Yes")  # type: ignore[union-attr]
    assert thought.signature
    turn = served.backend.turn
    assert (turn.template_kwargs, turn.thinking_budget) == ({"enable_thinking": True}, 1024)
    async with client.messages.stream(model="tiny", max_tokens=2000, messages=HI, thinking=thinking) as stream:
        kinds = [event.type async for event in stream]
        again = await stream.get_final_message()
    assert [kind for kind in kinds if kind in ("thinking", "signature", "text")] == [
        "thinking",
        "thinking",
        "signature",
        "text",
    ]
    assert again.content[0] == thought

    said = [*HI, {"role": "assistant", "content": message.content}, {"role": "user", "content": "Sure?"}]
    await client.messages.create(model="tiny", max_tokens=2000, messages=said, thinking={"type": "adaptive"})
    assert served.backend.turn.messages[1] == Message("assistant", "Yes", reasoning="Hmm.")
    assert served.backend.turn.thinking_budget is None


@pytest.mark.parametrize("thinking", [None, {"type": "disabled"}])
async def test_thoughts_are_not_shown_to_those_who_did_not_ask(served: Served, thinking: Any) -> None:
    served.backend.steps = [Delta(0, reasoning="Hm."), *say("Yes")]
    assert (await post(served, thinking=thinking)).json()["content"] == [
        {"type": "text", "text": "Yes", "citations": None}
    ]
    assert served.backend.turn.template_kwargs == {"enable_thinking": False}
    assert "thinking_delta" not in (await post(served, thinking=thinking, stream=True)).text


async def test_omitted_thoughts_have_a_signature_only(served: Served) -> None:
    served.backend.steps = [Delta(0, reasoning="Hm."), *say("Yes")]
    thinking = {"type": "adaptive", "display": "omitted"}
    thought = (await post(served, thinking=thinking)).json()["content"][0]
    assert (thought["thinking"], bool(thought["signature"])) == ("", True)
    found = wire((await post(served, thinking=thinking, stream=True)).text)
    deltas = [data["delta"]["type"] for name, data in found if name == "content_block_delta"]
    assert deltas == ["signature_delta", "text_delta"]


@pytest.mark.parametrize(
    ("last", "used", "margin", "fields", "reason", "sequence"),
    [
        (Delta(0, finish=FinishReason.STOP), 2, 0.0, {}, "end_turn", None),
        (Delta(0, finish=FinishReason.STOP, stop="END"), 2, 0.0, {"stop_sequences": ["END"]}, "stop_sequence", "END"),
        (Delta(0, finish=FinishReason.STOP, stop="</s>"), 2, 0.0, {"stop_sequences": ["END"]}, "end_turn", None),
        (Delta(0, finish=LENGTH), 100, 0.0, {}, "max_tokens", None),
        (Delta(0, finish=LENGTH), 60, 0.0, {}, "model_context_window_exceeded", None),
        (Delta(0, finish=LENGTH), 60, 0.3, {}, "max_tokens", None),
    ],
)
async def test_stop_reasons(
    served: Served, last: Delta, used: int, margin: float, fields: Any, reason: str, sequence: str | None
) -> None:
    served.backend.steps = [Delta(0, "x"), last]
    served.backend.usage = Usage(7, used, margin=margin)
    whole = (await post(served, **fields)).json()
    assert (whole["stop_reason"], whole["stop_sequence"]) == (reason, sequence)
    delta = wire((await post(served, stream=True, **fields)).text)[-2][1]["delta"]
    assert (delta["stop_reason"], delta["stop_sequence"]) == (reason, sequence)


async def test_arguments_cut_short_are_what_there_is_of_them(served: Served) -> None:
    served.backend.steps = [*calling(("call_1", "weather", '{"city": "Mal'))[:-1], Delta(0, finish=LENGTH)]
    block = (await post(served, tools=[WEATHER])).json()["content"][0]
    assert block["input"] in ({}, {"city": "Mal"})


async def test_what_a_conversation_may_hold(served: Served) -> None:
    document = {
        "type": "document",
        "title": "Rules",
        "source": {"type": "text", "media_type": "text/plain", "data": "1."},
    }
    found = {"type": "search_result", "title": "T", "source": "http://x", "content": [{"type": "text", "text": "f"}]}
    response = await post(
        served,
        system=[
            {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "!"},
        ],
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "a"}, document]},
            {"role": "user", "content": "b"},
            {
                "role": "assistant",
                "content": [{"type": "redacted_thinking", "data": "xyz"}, {"type": "text", "text": "c"}],
            },
            {"role": "system", "content": "Now in verse."},
            {"role": "user", "content": [found]},
        ],
    )
    assert response.status_code == 200, response.text
    assert served.backend.turn.messages == (
        Message("system", "Be brief.\n\n!"),
        Message("user", "a\n\nRules\n\n1.\n\nb"),
        Message("assistant", "c"),
        Message("system", "Now in verse."),
        Message("user", "T (http://x)\n\nf"),
    )


async def test_fields_of_sampling(served: Served, client: anthropic.AsyncAnthropic) -> None:
    await client.messages.create(
        model="tiny",
        max_tokens=33,
        messages=HI,
        stop_sequences=["x"],
        metadata={"user_id": "u"},
        service_tier="auto",
        extra_body={"temperature": 0.5, "top_p": 0.9, "top_k": 3},  # older clients send them by name
    )
    turn = served.backend.turn
    assert (turn.sampling.temperature, turn.sampling.top_p, turn.sampling.top_k) == (0.5, 0.9, 3)
    assert (turn.max_tokens, turn.stop, turn.owner) == (33, ("x",), "key1")
    await client.messages.create(model="tiny", max_tokens=33, messages=HI)
    assert (served.backend.turn.sampling.temperature, served.backend.turn.sampling.top_k) == (0.25, 7)


async def test_an_answer_goes_on_from_the_assistants_words(served: Served) -> None:
    said = [*HI, {"role": "assistant", "content": "The answer is ("}]
    assert (await post(served, messages=said)).status_code == 200
    assert served.backend.turn.continues
    assert served.backend.turn.messages[-1] == Message("assistant", "The answer is (")


class City(BaseModel):
    name: str


async def test_an_answer_in_a_form(served: Served, client: anthropic.AsyncAnthropic) -> None:
    served.backend.steps = say('{"name": "Bern"}')
    message = await client.messages.parse(model="tiny", max_tokens=100, messages=HI, output_format=City)
    assert message.parsed_output == City(name="Bern")
    form = served.backend.turn.form
    assert isinstance(form, Form)
    assert (form.kind, form.value["required"]) == ("json_schema", ["name"])


async def test_count_tokens(served: Served, client: anthropic.AsyncAnthropic) -> None:
    said: list[Any] = [{"role": "user", "content": "one two three"}]
    counted = await client.messages.count_tokens(model="tiny", messages=said, system="four", tools=[WEATHER])  # type: ignore[list-item]
    assert counted.input_tokens == 4
    assert [tool.name for tool in served.backend.turn.tools] == ["weather"]
    with pytest.raises(anthropic.NotFoundError):
        await client.messages.count_tokens(model="nope", messages=said)


def deep(levels: int) -> dict[str, Any]:
    return {"a": deep(levels - 1)} if levels else {}


IMAGE = {"type": "image", "source": {"type": "url", "url": "https://example.com/cat.png"}}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"max_tokens": None}, "'max_tokens'"),
        ({"max_tokens": 0}, "'max_tokens'"),
        ({"model": None}, "'model'"),
        ({"messages": []}, "'messages'"),
        ({"messages": [{"role": "king", "content": "x"}]}, "'messages[0]'"),
        ({"messages": [{"role": "user"}]}, "'messages[0].content'"),
        ({"messages": [{"role": "user", "content": [{"type": "smell"}]}]}, "'messages[0].content[0]'"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "'messages[0].content[0].text'"),
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, "fetches nothing"),
        ({"messages": [{"role": "user", "content": [{"type": "tool_use"}]}]}, "'messages[0].content[0]'"),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_9"}]}]},
            "'messages[0].content[0].tool_use_id'",
        ),
        ({"temperature": 1.01}, "'temperature'"),
        ({"top_k": -1}, "'top_k'"),
        ({"stop_sequences": "x"}, "'stop_sequences'"),
        ({"stop_sequences": ["x"] * 17}, "stop_sequences"),
        ({"stop_sequences": ["x" * 257]}, "stop_sequences"),
        ({"tools": [{"type": "bash_20250124", "name": "bash"}]}, "'tools[0]"),
        ({"tools": [{"name": "a b", "input_schema": {}}]}, "'tools[0].name'"),
        ({"tools": [WEATHER, WEATHER]}, "tools"),
        ({"tools": [{"name": "t", "input_schema": {"type": "string"}}]}, "'tools[0].input_schema'"),
        ({"tools": [{"name": "t", "input_schema": {"properties": deep(40)}}]}, "tools[0].input_schema"),
        ({"tools": [{**WEATHER, "name": f"t{i}"} for i in range(129)]}, "tools"),
        ({"tool_choice": {"type": "any"}}, "tool_choice"),
        ({"tools": [WEATHER], "tool_choice": {"type": "tool", "name": "x"}}, "tool_choice"),
        ({"tools": [WEATHER], "tool_choice": "auto"}, "'tool_choice'"),
        ({"thinking": {"type": "enabled"}}, "budget_tokens"),
        ({"thinking": {"type": "enabled", "budget_tokens": 100}}, "max_tokens"),
        ({"stream": "yes"}, "'stream'"),
        ({"messages": [*HI, {"role": "assistant", "content": "So"}], "thinking": {"type": "adaptive"}}, "thinking"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(served: Served, fields: dict[str, Any], said: str) -> None:
    response = await post(served, **fields)
    body = response.json()
    assert (response.status_code, body["type"], body["error"]["type"]) == (400, "error", "invalid_request_error"), body
    assert said in body["error"]["message"]
    assert body["request_id"] == response.headers["request-id"]
    assert served.backend.turns == []


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("error", "kind", "name"),
    [
        (ContextLengthExceeded(5000, 2048), anthropic.BadRequestError, "invalid_request_error"),
        (Forbidden("No."), anthropic.PermissionDeniedError, "permission_error"),
        (PayloadTooLarge("Too much."), anthropic.RequestTooLargeError, "request_too_large"),
        (TooManyRequests("Busy."), anthropic.RateLimitError, "rate_limit_error"),
        (ModelLoading("Soon."), anthropic.ServiceUnavailableError, "overloaded_error"),
        (ServerError("A bug."), anthropic.InternalServerError, "api_error"),
    ],
)
async def test_errors_become_the_clients_exceptions(
    served: Served,
    client: anthropic.AsyncAnthropic,
    error: ServerError,
    kind: type[anthropic.APIStatusError],
    name: str,
    streamed: bool,
) -> None:
    served.backend.refusal = error
    with pytest.raises(kind) as raised:
        await client.messages.create(model="tiny", max_tokens=9, messages=HI, stream=streamed)
    body: Any = raised.value.body
    assert body["error"] == {"type": name, "message": error.message}
    assert body["request_id"] == raised.value.request_id


async def test_keys(served: Served, client: anthropic.AsyncAnthropic) -> None:
    async with anthropic.AsyncAnthropic(base_url=served.url, api_key="wrong", max_retries=0) as stranger:
        with pytest.raises(anthropic.AuthenticationError) as raised:
            await stranger.messages.create(model="tiny", max_tokens=9, messages=HI)
    body: Any = raised.value.body
    assert body["error"]["type"] == "authentication_error"
    async with anthropic.AsyncAnthropic(base_url=served.url, auth_token=KEY, max_retries=0) as bearer:
        assert (await bearer.messages.create(model="tiny", max_tokens=9, messages=HI)).content
    with pytest.raises(anthropic.NotFoundError) as missing:
        await client.messages.create(model="nope", max_tokens=9, messages=HI)
    assert "nope" in str(missing.value)
    wrong = await served.http.get("/v1/messages")
    assert (wrong.status_code, wrong.headers["allow"], wrong.json()["type"]) == (405, "POST", "error")


async def test_an_answer_that_breaks_ends_with_an_error_event(served: Served, client: anthropic.AsyncAnthropic) -> None:
    served.backend.steps = [Delta(0, "x"), EngineDied("It died.")]
    response = await post(served, stream=True)
    name, data = wire(response.text)[-1]
    assert (name, data["error"]) == ("error", {"type": "overloaded_error", "message": "It died."})
    assert data["request_id"] == response.headers["request-id"]
    with pytest.raises(anthropic.APIStatusError, match="It died"):
        async with client.messages.stream(model="tiny", max_tokens=9, messages=HI) as stream:
            await stream.get_final_message()


async def test_a_client_that_leaves_ends_the_answer(served: Served) -> None:
    served.backend.steps = [Delta(0, "x"), asyncio.Event()]
    body = {"model": "tiny", "max_tokens": 9, "messages": HI, "stream": True}
    async with served.raw("POST", "/v1/messages", body) as raw:
        await raw.until(b"text_delta")
    async with asyncio.timeout(5):
        await served.backend.cancelled.wait()


async def test_models(served: Served, client: anthropic.AsyncAnthropic) -> None:
    listed = [model async for model in client.models.list(limit=1)]
    assert [(model.type, model.id, model.display_name) for model in listed] == [
        ("model", "tiny", "tiny"),
        ("model", "org/big", "org/big"),
    ]
    assert listed[0].created_at.year > 2020
    first = await client.models.list(limit=1)
    assert (first.has_more, first.first_id, first.last_id) == (True, "tiny", "tiny")
    back = await client.models.list(before_id="org/big")
    assert ([model.id for model in back.data], back.has_more) == (["tiny"], False)
    assert (await client.models.retrieve("small")).id == "tiny"
    with pytest.raises(anthropic.NotFoundError):
        await client.models.retrieve("nope")
    for wrong in ({"limit": 0}, {"limit": 1001}, {"after_id": "nope"}):
        with pytest.raises(anthropic.BadRequestError):
            await client.models.list(**wrong)  # type: ignore[arg-type]
