"""Images in conversations, as each kind of client sends them, with a real model, projector and decoder."""

from __future__ import annotations

import asyncio
import base64
import io
import math
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anthropic
import httpx
import numpy as np
import openai
import pytest
import pytest_asyncio
from PIL import Image

from tests.api.served import KEY, Served, serving_models

Models = Callable[[str], Path]

pytestmark = pytest.mark.asyncio(loop_scope="module")

SMALL = {"ctxSize": 1024, "cells": 2048, "threads": 1}
QUIET = {"max_tokens": 4, "temperature": 0}


def png(seed: int = 1, width: int = 60, height: int = 40, **options: Any) -> bytes:
    squares = np.random.default_rng(seed).integers(0, 256, (height // 10 + 1, width // 10 + 1, 3), np.uint8)
    pixels = np.repeat(np.repeat(squares, 10, 0), 10, 1)[:height, :width]
    return written(Image.fromarray(np.ascontiguousarray(pixels)), **{"format": "PNG", **options})


def written(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, **options)
    return file.getvalue()


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def url(data: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64_of(data)}"


def part(data: bytes, kind: str = "png") -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url(data, kind)}}


def asking(*parts: dict[str, Any], words: str = "What is it?") -> list[Any]:
    return [{"role": "user", "content": [*parts, {"type": "text", "text": words}]}]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sees(model_file: Models, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """A server whose model `m` sees, and `blind` does not. Tests share it, and what it has computed: each has images of
    its own.
    """
    entries = {
        "m": {"params": {"model": "tiny.gguf", "projector": "projector.gguf", **SMALL}},
        "blind": {"params": {"model": "tiny.gguf", **SMALL}},
    }
    files = [model_file("tiny"), model_file("projector")]
    limits = {"limits__images": 2, "limits__image_bytes": 4000, "limits__image_pixels": 2400}
    async with serving_models(tmp_path_factory.mktemp("images"), entries, files, **limits) as served:
        yield served


async def first_logprobs(client: openai.AsyncOpenAI, messages: list[Any]) -> tuple[dict[str, float], Any]:
    answer = await client.chat.completions.create(
        model="m",
        messages=messages,
        logprobs=True,
        top_logprobs=5,
        **QUIET,  # type: ignore[call-overload]
    )
    first = answer.choices[0].logprobs.content[0]
    return {one.token: one.logprob for one in first.top_logprobs}, answer.usage


def apart(one: dict[str, float], other: dict[str, float]) -> float:
    return max((abs(one[token] - other[token]) for token in one if token in other), default=math.inf)


async def test_openais_client_shows_an_image_and_the_same_one_is_cached(sees: Served) -> None:
    client = sees.openai()
    first, usage = await first_logprobs(client, asking(part(png(1))))
    again, usage_again = await first_logprobs(client, asking(part(png(1))))
    other, usage_other = await first_logprobs(client, asking(part(png(2))))
    assert usage.prompt_tokens > 16, "the 16 rows of the image count"
    assert usage.prompt_tokens_details.cached_tokens == 0
    assert usage_again.prompt_tokens_details.cached_tokens == usage.prompt_tokens - 1
    assert usage_other.prompt_tokens == usage.prompt_tokens
    assert usage_other.prompt_tokens_details.cached_tokens < 16
    assert apart(first, again) < 0.05
    assert apart(first, other) > 0.1


async def test_a_conversation_goes_on_from_an_image(sees: Served) -> None:
    client = sees.openai()
    said = asking(part(png(11)), words="What is it that you see here? Tell me.")
    _, before = await first_logprobs(client, said)
    said += [{"role": "assistant", "content": "A flag."}, {"role": "user", "content": "Which?"}]
    _, after = await first_logprobs(client, said)
    assert after.prompt_tokens_details.cached_tokens >= before.prompt_tokens - 20 > 16


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
async def test_each_format_is_seen(sees: Served, kind: str) -> None:
    image = Image.new("RGB", (60, 40), (200, 10, 30))
    shown = part(written(image, format=kind), kind.lower())
    (seen, _), (flat, _) = [
        await first_logprobs(sees.openai(), asking(one)) for one in (shown, part(written(image, format="PNG")))
    ]
    assert apart(seen, flat) < 0.5


async def test_what_is_transparent_is_white_and_what_lies_on_its_side_is_turned(sees: Served) -> None:
    clear = part(written(Image.new("RGBA", (40, 60), (0, 0, 0, 0)), format="PNG"))
    white = part(written(Image.new("RGB", (40, 60), "white"), format="PNG"))
    upright = Image.open(io.BytesIO(png(3)))
    turned = Image.Exif()
    turned[0x0112] = 6
    lying = part(written(upright.rotate(90, expand=True), format="PNG", exif=turned))
    answers = [await first_logprobs(sees.openai(), asking(one)) for one in (clear, white, part(png(3)), lying)]
    assert apart(answers[0][0], answers[1][0]) < 0.01
    assert apart(answers[2][0], answers[3][0]) < 0.01


async def test_two_images_are_told_apart_by_their_order(sees: Served) -> None:
    one, other = part(png(21)), part(png(22))
    forth, usage = await first_logprobs(sees.openai(), asking(one, other))
    back, _ = await first_logprobs(sees.openai(), asking(other, one))
    assert usage.prompt_tokens > 32
    assert apart(forth, back) > 0.1


async def test_anthropics_client_shows_an_image_and_counts_it(sees: Served) -> None:
    source = {"type": "base64", "media_type": "image/png", "data": base64_of(png(1))}
    words = {"type": "text", "text": "What is it?"}
    async with anthropic.AsyncAnthropic(base_url=sees.url, api_key=KEY, max_retries=0) as client:
        told: list[Any] = [{"role": "user", "content": [{"type": "image", "source": source}, words]}]
        answer = await client.messages.create(model="m", max_tokens=4, messages=told)
        counted = await client.messages.count_tokens(model="m", messages=told)
        blank = await client.messages.count_tokens(model="m", messages=[{"role": "user", "content": [words]}])  # type: ignore[list-item]
    assert answer.usage.input_tokens + (answer.usage.cache_read_input_tokens or 0) == counted.input_tokens
    assert 16 <= counted.input_tokens - blank.input_tokens <= 20


async def test_a_tools_result_may_be_an_image(sees: Served) -> None:
    source = {"type": "base64", "media_type": "image/png", "data": base64_of(png(1))}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "image", "source": source}]}
    said = [
        {"role": "user", "content": "Look outside."},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "look", "input": {}}]},
        {"role": "user", "content": [result]},
    ]
    tools = [{"name": "look", "input_schema": {"type": "object"}}]
    answer = await sees.http.post("/v1/messages/count_tokens", json={"model": "m", "messages": said, "tools": tools})
    result["content"] = "x"
    without = await sees.http.post("/v1/messages/count_tokens", json={"model": "m", "messages": said, "tools": tools})
    assert answer.status_code == 200, answer.text
    assert answer.json()["input_tokens"] - without.json()["input_tokens"] >= 14


async def test_a_response_keeps_its_image_for_the_next_one(sees: Served) -> None:
    client = sees.openai()
    image = {"type": "input_image", "image_url": url(png(31)), "detail": "auto"}
    words = {"type": "input_text", "text": "What is it that you see here? Tell me. " * 3}
    shown: Any = [{"role": "user", "content": [image, words]}]
    first = await client.responses.create(model="m", input=shown, max_output_tokens=4)
    second = await client.responses.create(
        model="m", input="And now?", previous_response_id=first.id, max_output_tokens=4
    )
    items = await client.responses.input_items.list(first.id)
    assert first.usage is not None
    assert second.usage is not None
    assert first.usage.input_tokens > 16
    assert second.usage.input_tokens > first.usage.input_tokens
    assert second.usage.input_tokens_details.cached_tokens > 16
    assert items.data[0].content[0].image_url == url(png(31))  # type: ignore[union-attr]


async def test_base64_may_come_in_lines(sees: Served) -> None:
    lined = "data:image/png;base64," + base64.encodebytes(png(41)).decode()
    shown = {"type": "image_url", "image_url": {"url": lined}}
    assert (await sees.chat(model="m", messages=asking(shown), **QUIET)).status_code == 200


async def refused(sees: Served, *parts: dict[str, Any], model: str = "m", words: str = "?") -> dict[str, Any]:
    answer = await sees.chat(model=model, messages=asking(*parts, words=words), **QUIET)
    assert answer.status_code == 400, answer.text
    error: dict[str, Any] = answer.json()["error"]
    return error


async def test_a_model_without_a_projector_names_what_its_card_lacks(sees: Served) -> None:
    error = await refused(sees, part(png()), model="blind")
    assert error["param"] == "messages[0].content[0]"
    assert "sees no images" in error["message"]
    assert "params.projector" in error["message"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://example.com/cat.png", "scheme 'https'"),
        ("http://127.0.0.1:1/", "scheme 'http'"),
        ("file:///etc/passwd", "scheme 'file'"),
        ("cat.png", "another text"),
        ("data:image/svg+xml;base64,PHN2Zz4=", "image/png"),
        ("data:image/png,abc", "in base64"),
        ("data:image/png;base64,???", "bytes in base64"),
        ("data:image/png;base64,", "no bytes"),
    ],
)
async def test_nothing_but_images_in_the_request_is_taken(sees: Served, address: str, words: str) -> None:
    error = await refused(sees, {"type": "image_url", "image_url": {"url": address}})
    assert error["param"] == "messages[0].content[0].image_url.url"
    assert words in error["message"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no image at all", "no known format"),
        (b"\x89PNG\r\n\x1a\n", "header is broken"),
        (b"GIF89a" + bytes(100), "cannot be used"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(50), "cannot be used"),
        (png()[:200], "cannot be used"),
        (b"\xff\xd8\xff\xe0" + bytes(300), "cannot be used"),
    ],
)
async def test_what_is_no_image_is_refused_and_the_next_one_seen(sees: Served, data: bytes, words: str) -> None:
    error = await refused(sees, part(data))
    assert error["param"] == "messages[0].content[0]"
    assert words in error["message"]
    assert (await sees.chat(model="m", messages=asking(part(png())), **QUIET)).status_code == 200


async def test_images_are_bounded_in_number_bytes_and_pixels(sees: Served) -> None:
    padded = png() + bytes(4000 - len(png()))
    for fits in ([part(png(1)), part(png(2))], [part(padded)], [part(png(1, 60, 40))]):
        answer = await sees.chat(model="m", messages=asking(*fits), **QUIET)
        assert answer.status_code == 200, answer.text
    many = await refused(sees, part(png(1)), part(png(2)), part(png(3)))
    assert many["param"] == "messages[0].content[2]"
    assert "3 images, expected at most 2" in many["message"]
    large = await refused(sees, part(padded + b"\0"))
    assert "4001 bytes, expected at most 4000" in large["message"]
    wide = await refused(sees, part(png(1, 2401, 1)))
    assert "2401 by 1 pixels, expected at most 2400" in wide["message"]


async def test_an_image_that_says_it_is_huge_is_refused_before_it_is_decoded(sees: Served) -> None:
    head = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + png()[24:29]
    bomb = png()[:12] + head + zlib.crc32(head).to_bytes(4, "big") + png()[33:]
    assert "60000 by 60000 pixels" in (await refused(sees, part(bomb)))["message"]


async def test_what_the_context_cannot_hold_is_refused_with_images_counted(sees: Served) -> None:
    error = await refused(sees, part(png()), words="word " * 1000)
    assert error["code"] == "context_length_exceeded"


async def test_a_client_that_leaves_while_its_image_is_looked_at_is_forgotten(sees: Served) -> None:
    body = {"model": "m", "messages": asking(part(png())), "stream": True, **QUIET}
    with pytest.raises(httpx.ReadTimeout):
        await sees.http.post("/v1/chat/completions", json=body, timeout=httpx.Timeout(5, read=0.001))
    async with asyncio.timeout(10):
        answer = await sees.chat(model="m", messages=asking(part(png())), **QUIET)
    assert answer.status_code == 200
    running = (await sees.http.get("/v1/requests")).json()
    assert running["data"] == []


async def test_an_unloaded_model_gives_its_projector_back_and_is_loaded_again(sees: Served) -> None:
    before, _ = await first_logprobs(sees.openai(), asking(part(png())))
    assert (await sees.http.post("/v1/models/m/unload")).status_code in (200, 204)
    after, usage = await first_logprobs(sees.openai(), asking(part(png())))
    assert usage.prompt_tokens_details.cached_tokens == 0
    assert apart(before, after) < 0.01


async def test_tokens_of_a_conversation_with_an_image_are_shown(sees: Served) -> None:
    answer = await sees.http.post("/tokenize", json={"model": "m", "messages": asking(part(png()))})
    tokens = answer.json()["tokens"]
    assert tokens.count(-1) == 16


async def test_words_that_look_like_an_images_mark_are_words(sees: Served) -> None:
    answer = await sees.chat(model="m", messages=asking(part(png()), words="\ufdd0" + "a" * 64 + "\ufdd0"), **QUIET)
    assert answer.status_code == 200


async def test_a_broken_projector_is_a_model_that_cannot_be_loaded(model_file: Models, tmp_path: Path) -> None:
    (tmp_path / "cut.gguf").write_bytes(model_file("projector").read_bytes()[:20_000])
    entries = {
        name: {"params": {"model": "tiny.gguf", "projector": file, "ctxSize": 512}}
        for name, file in {"cut": "cut.gguf", "text": "tiny.gguf", "gone": "gone.gguf"}.items()
    }
    async with serving_models(tmp_path, entries, [model_file("tiny")]) as served:
        for name, words in {"cut": "cut.gguf", "text": "params.projector", "gone": "gone.gguf"}.items():
            answer = await served.chat(model=name, messages=[{"role": "user", "content": "Hi"}], **QUIET)
            assert answer.status_code == 503
            assert answer.json()["error"]["code"] == "model_load_failed"
            assert words in answer.json()["error"]["message"]
