"""What a session of ai-llm-service knows of its earlier answers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from server.chat.messages import Turn
from server.errors import ContextLengthExceeded, Unavailable
from tests.api.dialects.test_ai_llm_service import answer, ask, ended, server, service, upload
from tests.api.scripted import Step, say
from tests.api.served import Served

__all__ = ["server", "service"]

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def answers(service: httpx.AsyncClient, **body: Any) -> list[str]:
    """What comes of these questions."""
    task = await ended(service, (await ask(service, **body))["task_id"])
    assert task["status"] == "SUCCESS", task
    told: list[str] = task["result"]["result"]
    return told


def told_before(turn: Turn) -> str:
    """What the model is told that it has answered, and of what was asked only the last question."""
    *before, last = [message for message in turn.messages if message.role != "system"]
    assert [message.role for message in before] in ([], ["user", "assistant"]), "any template takes that"
    assert last.role == "user"
    assert all("?" not in message.content for message in before), "the questions are gone"
    return before[-1].content if before else ""


async def test_earlier_answers_are_known_to_later_questions(service: httpx.AsyncClient, served: Served) -> None:
    session = (await upload(service))["session_id"]
    first = len(served.backend.turns)
    await answers(service, session_id=session, assistant_prompt="Be brief.", queries=["Who wrote it?", "When?"])
    assert [told_before(turn) for turn in served.backend.turns[first:]] == ["", "Ada Brandt wrote them."]
    await answers(service, session_id=session, queries=["Where?"])
    assert told_before(served.backend.turn) == "Ada Brandt wrote them.\n\nNobody knows."
    assert served.backend.turn.messages[0].content == "Be brief."
    talk = f"/v1/conversations/conv_{session.replace('-', '')}"
    assert len((await served.http.get(f"{talk}/items")).json()["data"]) == 3
    closing = (await service.delete(f"/file/search/session/{session}")).json()["task_id"]
    assert (await ended(service, closing))["status"] == "SUCCESS"
    assert (await served.http.get(talk)).status_code == 404


async def test_a_session_from_the_same_file_knows_nothing_of_the_first(
    service: httpx.AsyncClient, served: Served
) -> None:
    path = (await upload(service))["file_path"]
    await answers(service, file_path=path, queries=["Who wrote it?"])
    await answers(service, file_path=path, queries=["When?"])
    assert told_before(served.backend.turn) == ""


async def test_the_oldest_answers_go_first_where_the_context_is_full(
    service: httpx.AsyncClient, served: Served
) -> None:
    """The model's context is 2,048 tokens, and each word one."""
    session = (await upload(service))["session_id"]

    def at_length(turn: Turn) -> list[Step]:
        said = turn.messages[-1].content.rpartition("\n")[2]
        return say(f"{said.rstrip('?')} " + "word " * 299)

    served.backend.steps = at_length
    first = len(served.backend.turns)
    await answers(service, session_id=session, queries=[f"Q{number}?" for number in range(8)])
    known = [[word for word in told_before(turn).split() if word != "word"] for turn in served.backend.turns[first:]]
    assert known[:5] == [[f"Q{each}" for each in range(number)] for number in range(5)]
    assert known[7] == ["Q3", "Q4", "Q5", "Q6"], "and a quarter of it is left for the answer"


async def test_what_the_model_refuses_as_too_long_is_asked_with_less(
    service: httpx.AsyncClient, served: Served
) -> None:
    """Its own count may be another than ours."""
    session = (await upload(service))["session_id"]

    def narrow(turn: Turn) -> list[Step]:
        if len(told_before(turn).split()) > 3:
            raise ContextLengthExceeded(3000, 2048)
        return say(turn.messages[-1].content.rpartition("\n")[2].rstrip("?"))

    served.backend.steps = narrow
    said = await answers(service, session_id=session, queries=["A?", "B?", "C?", "D?", "E?"])
    assert said == ["A", "B", "C", "D", "E"]
    assert told_before(served.backend.turn) == "C\n\nD"


async def test_a_task_that_is_tried_again_remembers_its_answers_once(
    service: httpx.AsyncClient, served: Served
) -> None:
    session = (await upload(service))["session_id"]
    failures = [Unavailable("Not now.", retry_after=0.01)]

    def once(turn: Turn) -> list[Step]:
        if told_before(turn) and failures:
            raise failures.pop()
        return answer(turn)

    served.backend.steps = once
    await answers(service, session_id=session, queries=["Who?", "When?"])
    assert not failures
    await answers(service, session_id=session, queries=["Where?"])
    assert told_before(served.backend.turn) == "Ada Brandt wrote them.\n\nNobody knows."


async def test_the_newest_generation_remembers_nothing(service: httpx.AsyncClient, served: Served) -> None:
    session = (await upload(service))["session_id"]
    await answers(service, session_id=session, queries=["Who?"])
    asked = {"queries": ["When?", "Where?"], "session_id": session}
    first = len(served.backend.turns)
    await ended(service, (await service.post("/v1/file/query", json=asked)).json()["task_id"])
    assert [told_before(turn) for turn in served.backend.turns[first:]] == ["", ""]
    await answers(service, session_id=session, queries=["Where?"])
    assert told_before(served.backend.turn) == "Ada Brandt wrote them."
