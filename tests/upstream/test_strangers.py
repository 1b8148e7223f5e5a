"""Servers that are slow, break off, refuse, redirect, talk nonsense: a clear answer to the client, never a hang."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from server.upstream.breaker import FAILURES
from tests.api.served import events
from tests.upstream.elsewhere import DONE, HEAD, Asked, Script, Write, event, in_front, plain, said, stranger

ASK = {"model": "far", "messages": [{"role": "user", "content": "Hi"}]}
QUICK = {"firstTokenSeconds": 1.5, "gapSeconds": 1, "retries": 0}


def card(*urls: str, **upstream: Any) -> dict[str, Any]:
    return {"far": {"backend": "openai", "base_url": list(urls), "upstream": {"model": "org/m", **upstream}}}


async def ask(http: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await http.post("/v1/chat/completions", json={**ASK, **fields})


def says(*pieces: bytes) -> Script:
    async def script(asked: Asked, write: Write) -> None:
        for piece in pieces:
            await write(piece)

    return script


WELL = says(HEAD, said("Hel"), said("lo", "stop"), DONE)


async def hang(asked: Asked, write: Write) -> None:
    await asyncio.Event().wait()


async def hang_within(asked: Asked, write: Write) -> None:
    await write(HEAD + said("Hel"))
    await asyncio.Event().wait()


async def drip(asked: Asked, write: Write) -> None:
    await write(HEAD)
    while True:
        await write(b":")
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("script", "status", "words"),
    [
        (hang, 502, "did not begin"),
        (drip, 502, "did not begin"),
        (says(b""), 502, "broke"),
        (says(HEAD), 502, "before its answer began"),
        (says(HEAD + b"data: {nonsense\n\n"), 502, "no JSON"),
        (says(HEAD + event([1])), 502, "no object"),
        (says(HEAD + b"data: " + b"x" * (5 << 20)), 502, "more at once"),
        (says(HEAD + event({"error": {"message": "out of memory"}})), 502, "out of memory"),
        (says(plain("302 Found", None, "Location: http://127.0.0.1:1/")), 502, "redirects are not followed"),
        (says(plain("401 Unauthorized")), 502, "does not serve us"),
        (says(plain("400 Bad Request", {"error": {"message": "n is too large", "param": "n"}})), 400, "n is too large"),
        (says(plain("429 Too Many Requests", None, "Retry-After: 300")), 429, "too much to do"),
        (says(plain("500 Internal Server Error")), 502, "failed (500)"),
        (says(b"garbage\r\n\r\n"), 502, "broke"),
    ],
)
async def test_what_fails_before_an_answer_has_its_status(
    tmp_path: Path, script: Script, status: int, words: str
) -> None:
    async with stranger(script) as far, in_front(tmp_path / "near", card(far.url, **QUICK)) as http:
        for streamed in (False, True):
            answer = await asyncio.wait_for(ask(http, stream=streamed), 10)
            assert (answer.status_code, words in answer.json()["error"]["message"]) == (status, True), answer.text
            assert far.url not in answer.text
        if status == 429:
            assert answer.headers["retry-after"] == "300"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (hang_within, "silent"),
        (says(HEAD, said("Hel")), "before its answer had ended"),
        (says(HEAD, said("Hel"), b'data: {"choices"'), "before its answer had ended"),
        (says(HEAD, said("Hel"), event({"error": {"message": "out of memory"}})), "out of memory"),
        (says(HEAD, said("Hel"), said("x").replace(b'"index": 0', b'"index": 7')), "was not asked for"),
    ],
)
async def test_what_fails_within_an_answer_is_an_event(tmp_path: Path, script: Script, words: str) -> None:
    async with stranger(script) as far, in_front(tmp_path / "near", card(far.url, **QUICK)) as http:
        found = events((await asyncio.wait_for(ask(http, stream=True), 10)).text)
        assert [one["choices"][0]["delta"].get("content") for one in found[:2]] == ["", "Hel"]
        assert words in found[-1]["error"]["message"]
        assert (await asyncio.wait_for(ask(http), 10)).status_code == 502
        metrics = (await http.get("/metrics")).text
        assert f'llm_upstream_tries_total{{model="far",outcome="broke",url="{far.url}"}} 2' in metrics
        assert len(far.asked) == 2  # an answer that has begun is not asked for again


async def test_what_is_sent_there_is_what_the_card_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAR_KEY", "their-secret")
    async with stranger(WELL) as far, in_front(tmp_path / "near", card(far.url, keyVariable="FAR_KEY")) as http:
        answer = await ask(http, temperature=0.5, top_k=3, base_url="http://127.0.0.1:1", seed=7, max_tokens=9)
        assert answer.json()["choices"][0]["message"]["content"] == "Hello"
        assert answer.json()["usage"]["estimate_margin"] == 0.3
        (asked,) = far.asked
        assert asked.path == "/v1/chat/completions"
        assert asked.headers["authorization"] == "Bearer their-secret"
        assert asked.body == {
            "model": "org/m",
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": 0.5,
            "top_p": 1.0,
            "top_k": 3,
            "seed": 7,
            "max_tokens": 9,
            "messages": [{"role": "user", "content": "Hi"}],
        }


async def test_a_call_that_was_insisted_on_is_one_to_every_client(tmp_path: Path) -> None:
    call = {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    script = says(HEAD, event({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}), said("", "stop"), DONE)
    tool = {"name": "f", "input_schema": {"type": "object"}}
    async with stranger(script) as far, in_front(tmp_path / "near", card(far.url)) as http:
        body = {**ASK, "max_tokens": 9, "tools": [tool], "tool_choice": {"type": "tool", "name": "f"}}
        assert (await http.post("/v1/messages", json=body)).json()["stop_reason"] == "tool_use"


async def test_an_answer_that_was_filtered_says_so_in_each_clients_words(tmp_path: Path) -> None:
    script = says(HEAD, said("Hel"), said("", "content_filter"), DONE)
    plainly = says(HEAD, event({"choices": [{"index": 0, "text": "Hel", "finish_reason": "content_filter"}]}), DONE)
    async with stranger(script) as far, in_front(tmp_path / "near", card(far.url)) as http:
        answer = (await ask(http)).json()["choices"][0]
        assert (answer["finish_reason"], answer["message"]["content"]) == ("content_filter", "Hel")
        assert events((await ask(http, stream=True)).text)[-2]["choices"][0]["finish_reason"] == "content_filter"
        legacy = await ask(http, functions=[{"name": "f"}])
        assert legacy.json()["choices"][0]["finish_reason"] == "content_filter"
        message = (await http.post("/v1/messages", json={**ASK, "max_tokens": 9})).json()
        assert (message["stop_reason"], message["content"][0]["text"]) == ("refusal", "Hel")
        response = (await http.post("/v1/responses", json={"model": "far", "input": "Hi"})).json()
        assert (response["status"], response["incomplete_details"]) == ("incomplete", {"reason": "content_filter"})
        assert response["output"][0]["status"] == "incomplete"
        streamed = await http.post("/v1/responses", json={"model": "far", "input": "Hi", "stream": True})
        assert events(streamed.text)[-1]["type"] == "response.incomplete"
        far.script = plainly
        completed = await http.post("/v1/completions", json={"model": "far", "prompt": "x"})
        assert completed.json()["choices"][0]["finish_reason"] == "content_filter"


async def test_a_plain_message_asks_a_strict_cloud_for_nothing_it_does_not_know(tmp_path: Path) -> None:
    async with stranger(WELL) as far, in_front(tmp_path / "near", card(far.url, extensions=False)) as http:
        message = await http.post("/v1/messages", json={**ASK, "max_tokens": 9, "top_k": 5})
        assert message.json()["content"][0]["text"] == "Hello"
        assert set(far.asked[0].body) == {
            "model", "stream", "stream_options", "temperature", "top_p", "max_tokens", "messages"
        }  # fmt: skip


async def test_a_conversation_is_shortened_where_the_other_server_only_says_that_it_is_too_long(tmp_path: Path) -> None:
    told = {"message": "Your input exceeds the context window.", "code": "context_length_exceeded"}

    async def script(asked: Asked, write: Write) -> None:
        long = "old words" in json.dumps(asked.body)
        await (says(plain("400 Bad Request", {"error": told})) if long else WELL)(asked, write)

    said = [
        *({"role": role, "content": "old words"} for role in ("user", "assistant")),
        {"role": "user", "content": "Hi"},
    ]
    async with stranger(script) as far, in_front(tmp_path / "near", card(far.url)) as http:
        refused = await ask(http, messages=said)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "context_length_exceeded")
        assert refused.json()["error"]["message"] == told["message"]
        response = await http.post("/v1/responses", json={"model": "far", "input": said, "truncation": "auto"})
        assert response.json()["output"][0]["content"][0]["text"] == "Hello"


async def test_an_answer_of_which_nobody_says_the_tokens_is_counted_by_its_text(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "a": 1}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    near = tmp_path / "near"
    near.mkdir()
    tokenizer.save(str(near / "words.json"))
    thought = event({"choices": [{"index": 0, "delta": {"reasoning_content": "b " * 20}}]})
    script = says(HEAD, thought, said("a " * 40), said("a " * 40, "length"), DONE)
    async with stranger(script) as far:
        cards = {**card(far.url), "counted": card(far.url, tokenizer="words.json")["far"]}
        async with in_front(near, cards) as http:
            told = (await ask(http)).json()["usage"]
            assert (told["completion_tokens"], told["completion_tokens_details"]["reasoning_tokens"]) == (50, 10)
            assert told["estimate_margin"] == 0.3
            for streamed in (False, True):
                options = {"stream": True, "stream_options": {"include_usage": True}} if streamed else {}
                answer = await ask(http, model="counted", **options)
                told = (events(answer.text)[-2] if streamed else answer.json())["usage"]
                assert (told["completion_tokens"], told["completion_tokens_details"]["reasoning_tokens"]) == (100, 20)
                assert told["estimate_margin"] == 0.1
            message = await http.post("/v1/messages", json={**ASK, "max_tokens": 500})
            assert message.json()["stop_reason"] == "max_tokens"


async def test_a_key_that_is_not_there_is_said_without_asking(tmp_path: Path) -> None:
    async with stranger(WELL) as far, in_front(tmp_path / "near", card(far.url, keyVariable="NO_SUCH")) as http:
        answer = await ask(http)
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_refused")
        assert "NO_SUCH" in answer.json()["error"]["message"]
        assert far.asked == []


async def test_another_url_answers_where_one_fails(tmp_path: Path) -> None:
    for bad in (says(b""), says(plain("503 Service Unavailable")), says(HEAD + event({"choices": []}))):
        async with (
            stranger(bad) as first,
            stranger(WELL) as second,
            in_front(tmp_path / "near", card(first.url, second.url)) as http,
        ):
            answer = await ask(http)
            assert answer.json()["choices"][0]["message"]["content"] == "Hello"
            assert (len(first.asked), len(second.asked)) == (1, 1)
            metrics = (await http.get("/metrics")).text
            for url, outcome in ((first.url, "(failed|refused)"), (second.url, "answered")):
                line = rf'llm_upstream_tries_total{{model="far",outcome="{outcome}",url="{url}"}} 1'
                assert re.search(line, metrics)
            assert re.search(r'llm_generated_tokens_total{model="far"} 2', metrics)


async def test_retry_after_is_heeded(tmp_path: Path) -> None:
    times: list[float] = []

    async def script(asked: Asked, write: Write) -> None:
        times.append(asyncio.get_running_loop().time())
        if len(times) == 1:
            await write(plain("429 Too Many Requests", None, "Retry-After: 1"))
        else:
            await WELL(asked, write)

    async with stranger(script) as far, in_front(tmp_path / "near", card(far.url)) as http:
        assert (await ask(http)).status_code == 200
        assert 1.0 <= times[1] - times[0] < 5


async def test_a_url_that_fails_again_and_again_is_left_alone(tmp_path: Path) -> None:
    async with stranger(says(plain("500 Oops"))) as far, in_front(tmp_path / "near", card(far.url, retries=0)) as http:
        for _ in range(FAILURES):
            assert (await ask(http)).status_code == 502
        answer = await ask(http)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) <= 5
        assert len(far.asked) == FAILURES


async def test_the_least_busy_url_is_asked(tmp_path: Path) -> None:
    gate, all_here, count = asyncio.Event(), asyncio.Event(), 0

    async def script(asked: Asked, write: Write) -> None:
        nonlocal count
        count += 1
        if count == 6:
            all_here.set()
        await gate.wait()
        await WELL(asked, write)

    async with (
        stranger(script) as first,
        stranger(script) as second,
        in_front(tmp_path / "near", card(first.url, second.url)) as http,
    ):
        asking = [asyncio.ensure_future(ask(http)) for _ in range(6)]
        await asyncio.wait_for(all_here.wait(), 10)
        gate.set()
        assert {answer.status_code for answer in await asyncio.gather(*asking)} == {200}
        assert (len(first.asked), len(second.asked)) == (3, 3)


async def test_no_more_are_under_way_than_the_card_says_and_the_line_has_an_end(tmp_path: Path) -> None:
    running, counts, both, gate = 0, list[int](), asyncio.Event(), asyncio.Event()

    async def script(asked: Asked, write: Write) -> None:
        nonlocal running
        running += 1
        counts.append(running)
        if running == 2:
            both.set()
        await gate.wait()
        running -= 1
        await WELL(asked, write)

    async with (
        stranger(script) as far,
        in_front(tmp_path / "near", card(far.url, concurrency=2), limits__waiting=2) as http,
    ):
        asking = [asyncio.ensure_future(ask(http)) for _ in range(6)]
        done, _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
        assert {task.result().status_code for task in done} == {429}
        await asyncio.wait_for(both.wait(), 5)
        gate.set()
        statuses = sorted(answer.status_code for answer in await asyncio.gather(*asking))
        assert (statuses, max(counts)) == ([200] * 4 + [429] * 2, 2)


async def test_a_client_that_leaves_ends_the_request_there(tmp_path: Path) -> None:
    async with stranger(hang_within) as far, in_front(tmp_path / "near", card(far.url)) as http:
        async with http.stream("POST", "/v1/chat/completions", json={**ASK, "stream": True}) as stream:
            await anext(stream.aiter_lines())
        await asyncio.wait_for(far.left.wait(), 5)


async def test_pieces_come_as_they_are_sent(tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def script(asked: Asked, write: Write) -> None:
        await write(HEAD + said("Hel"))
        await gate.wait()
        await write(said("lo", "stop") + DONE)

    async with (
        stranger(script) as far,
        in_front(tmp_path / "near", card(far.url)) as http,
        http.stream("POST", "/v1/chat/completions", json={**ASK, "stream": True}) as stream,
    ):
        lines = stream.aiter_lines()
        async with asyncio.timeout(5):
            while "Hel" not in await anext(lines):
                pass
        gate.set()
        assert [line async for line in lines if line][-1] == "data: [DONE]"


async def test_vectors_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    bodies: list[Any] = [
        {},
        [],
        {"data": [{"index": 1, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": "!!"}]},
        {"data": [{"index": 0, "embedding": [None]}]},
        {"data": [{"index": 0, "embedding": []}]},
        {"data": [{"index": 0, "embedding": [1e999]}]},
    ]
    entry = card("http://x", retries=0)["far"] | {"embeddings": True, "rerank": True}

    async def script(asked: Asked, write: Write) -> None:
        await write(plain("200 OK", bodies[0]))

    async with stranger(script) as far, in_front(tmp_path, {"far": entry | {"base_url": far.url}}) as http:
        while bodies:
            answer = await http.post("/v1/embeddings", json={"model": "far", "input": "x"})
            assert answer.status_code == 502, json.dumps(bodies[0])
            bodies.pop(0)
