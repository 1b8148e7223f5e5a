"""Completions: OpenAI's older shape."""

from __future__ import annotations

import math
from typing import Any

import httpx
import pytest

from server.chat.messages import Delta, Turn
from server.engine.request import FinishReason
from server.errors import EngineDied
from tests.api.scripted import LENGTH, Step, logprob, say
from tests.api.served import Served, events

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def post(served: Served, **fields: Any) -> httpx.Response:
    return await served.http.post("/v1/completions", json={"model": "tiny", "prompt": "Once", **fields})


def numbered(turn: Turn) -> list[Step]:
    """Every choice says its own index."""
    return [step for index in range(len(turn.prompts) * turn.n) for step in say(f" {index}", index=index)]


async def test_whole_completion(served: Served) -> None:
    served.backend.steps = say(" upon", " a", finish=LENGTH)
    answer = await served.openai().completions.create(model="tiny", prompt="Once", max_tokens=2)
    assert (answer.object, answer.model, answer.id[:5]) == ("text_completion", "tiny", "cmpl-")
    (choice,) = answer.choices
    assert (choice.text, choice.index, choice.finish_reason, choice.logprobs) == (" upon a", 0, "length", None)
    assert answer.usage is not None
    assert answer.usage.total_tokens == 9
    turn = served.backend.turn
    assert (turn.prompts, turn.messages, turn.max_tokens) == (("Once",), (), 2)


async def test_stream(served: Served) -> None:
    response = await post(served, stream=True, stream_options={"include_usage": True})
    *chunks, usage, done = events(response.text)
    assert done == "[DONE]"
    assert [chunk["choices"][0]["text"] for chunk in chunks] == ["Hello", " world", ""]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, "stop"]
    assert all(chunk["usage"] is None and chunk["object"] == "text_completion" for chunk in chunks)
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert (usage["choices"], usage["usage"]["total_tokens"]) == ([], 9)


async def test_stream_through_the_client(served: Served) -> None:
    stream = await served.openai().completions.create(model="tiny", prompt="Once", stream=True)
    assert "".join([chunk.choices[0].text async for chunk in stream]) == "Hello world"


@pytest.mark.parametrize(
    ("prompt", "prompts"),
    [
        ("a", ("a",)),
        (["a", "b"], ("a", "b")),
        ([1, 2, 3], ((1, 2, 3),)),
        ([[1], [2, 3]], ((1,), (2, 3))),
    ],
)
async def test_prompts_of_every_kind(served: Served, prompt: Any, prompts: Any) -> None:
    served.backend.steps = numbered
    response = await post(served, prompt=prompt, n=2)
    assert served.backend.turn.prompts == prompts
    choices = response.json()["choices"]
    assert [(choice["index"], choice["text"]) for choice in choices] == [(i, f" {i}") for i in range(2 * len(prompts))]


async def test_echo(served: Served) -> None:
    served.backend.steps = numbered
    whole = await post(served, prompt=["a", "b"], n=2, echo=True)
    texts = [choice["text"] for choice in whole.json()["choices"]]
    assert texts == ["a 0", "a 1", "b 2", "b 3"]
    streamed = [""] * 4
    for chunk in events((await post(served, prompt=["a", "b"], n=2, echo=True, stream=True)).text)[:-1]:
        for choice in chunk["choices"]:
            streamed[choice["index"]] += choice["text"]
    assert streamed == texts


async def test_logprobs(served: Served) -> None:
    served.backend.steps = [
        Delta(
            0, "für", logprobs=(logprob("f", -0.5, [("f", -0.5), ("g", -1.0)]), logprob("ür", -0.25, [("ür", -0.25)]))
        ),
        Delta(0, "!", logprobs=(logprob("!", -0.125, [("!", -0.125)]),)),
        Delta(0, finish=FinishReason.STOP),
    ]
    choice = (await post(served, logprobs=2)).json()["choices"][0]
    assert choice["logprobs"] == {
        "tokens": ["f", "ür", "!"],
        "token_logprobs": [-0.5, -0.25, -0.125],
        "top_logprobs": [{"f": -0.5, "g": -1.0}, {"ür": -0.25}, {"!": -0.125}],
        "text_offset": [0, 1, 3],
    }
    chunks = events((await post(served, logprobs=2, stream=True)).text)[:-1]
    offsets = [offset for c in chunks if (rated := c["choices"][0]["logprobs"]) for offset in rated["text_offset"]]
    assert offsets == [0, 1, 3]
    assert (await post(served, logprobs=0)).json()["choices"][0]["logprobs"]["top_logprobs"] is None


async def test_echo_of_token_ids(served: Served) -> None:
    served.backend.steps = numbered
    assert (await post(served, prompt=[[97], [98, 99]], echo=True)).json()["choices"][1]["text"] == "bc 1"
    chunks = events((await post(served, prompt=[97], echo=True, stream=True)).text)[:-1]
    assert "".join(chunk["choices"][0]["text"] for chunk in chunks) == "a 0"


async def test_echo_with_logprobs_rates_the_prompt(served: Served) -> None:
    served.backend.steps = [
        Delta(
            0, "!", rated=(logprob("On", math.nan), logprob("ce", -0.5, [("ce", -0.5)])), logprobs=(logprob("!", -1),)
        ),
        Delta(0, finish=LENGTH),
    ]
    fields = {"echo": True, "logprobs": 1, "max_tokens": 1}
    choice = (await post(served, **fields)).json()["choices"][0]
    assert served.backend.turn.rates_prompts
    assert choice["text"] == "Once!"
    assert choice["logprobs"] == {
        "tokens": ["On", "ce", "!"],
        "token_logprobs": [None, -0.5, -1],
        "top_logprobs": [None, {"ce": -0.5}, {}],
        "text_offset": [0, 2, 4],
    }
    chunks = [chunk["choices"][0] for chunk in events((await post(served, stream=True, **fields)).text)[:-1]]
    assert [chunk["text"] for chunk in chunks] == ["Once", "!", ""]
    assert [chunk["logprobs"] and chunk["logprobs"]["text_offset"] for chunk in chunks] == [[0, 2], [4], None]


async def test_the_prompt_alone(served: Served) -> None:
    served.backend.steps = [Delta(0, rated=(logprob("Once", math.nan),)), Delta(0, finish=LENGTH)]
    choice = (await post(served, echo=True, logprobs=0, max_tokens=0)).json()["choices"][0]
    assert served.backend.turn.max_tokens == 0
    assert (choice["text"], choice["finish_reason"], choice["logprobs"]["token_logprobs"]) == ("Once", "length", [None])


async def test_the_best_of_several(served: Served) -> None:
    def steps(turn: Turn) -> list[Step]:
        likely = [-3.0, -0.5, -1.0, -2.0, -0.1, -0.2]
        return [
            step
            for index in range(len(turn.prompts) * turn.n)
            for step in (Delta(index, f" {index}", logprobs=(logprob("x", likely[index]),)), *say(index=index))
        ]

    served.backend.steps = steps
    answer = (await post(served, prompt=["a", "b"], n=2, best_of=3)).json()
    assert [(choice["index"], choice["text"]) for choice in answer["choices"]] == [
        (0, " 1"),
        (1, " 2"),
        (2, " 4"),
        (3, " 5"),
    ]
    assert [choice["logprobs"] for choice in answer["choices"]] == [None] * 4
    assert (served.backend.turn.n, served.backend.turn.logprobs) == (3, 0)


async def test_suffix(served: Served) -> None:
    assert (await post(served, suffix="The end.")).status_code == 200
    assert served.backend.turn.suffix == "The end."


async def test_length_when_nobody_says(served: Served) -> None:
    await post(served, model="org/big")
    assert served.backend.turn.max_tokens == 16
    await post(served)
    assert served.backend.turn.max_tokens == 99


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": []}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"prompt": 5}, "prompt"),
        ({"prompt": [-1]}, "prompt[0]"),
        ({"prompt": [[]]}, "prompt[0]"),
        ({"prompt": ["x"] * 65}, "prompt"),
        ({"suffix": "end", "prompt": [1, 2]}, "suffix"),
        ({"suffix": "end", "echo": True, "logprobs": 1}, "suffix"),
        ({"best_of": 1, "n": 2}, "best_of"),
        ({"best_of": 9}, "best_of"),
        ({"best_of": 2, "stream": True}, "best_of"),
        ({"logprobs": 21}, "logprobs"),
        ({"logprobs": True}, "logprobs"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"temperature": 3}, "temperature"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(served: Served, fields: dict[str, Any], param: str) -> None:
    response = await post(served, **fields)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)
    assert served.backend.turns == []


async def test_errors(served: Served) -> None:
    assert (await post(served, model="nope")).status_code == 404
    served.backend.steps = [Delta(0, "x"), EngineDied("It died.")]
    assert (await post(served)).status_code == 503
    assert events((await post(served, stream=True)).text)[-1]["error"]["code"] == "engine_died"
