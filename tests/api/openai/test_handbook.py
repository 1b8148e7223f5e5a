"""From a file to an answer with its citation, by the model that comes with the project."""

from __future__ import annotations

import json
from pathlib import Path

from tests.api.served import serving_models
from tests.search.handbook import QUESTIONS, handbook

ROOT = Path(__file__).resolve().parents[3]


async def test_a_handbook_answers_with_citations(tmp_path: Path) -> None:
    cards = json.loads((ROOT / "data" / "models.json").read_text(encoding="utf-8"))
    card = cards["demo"]
    card["params"]["model"] = "demo.gguf"
    async with serving_models(tmp_path, {"demo": card}, [ROOT / "data" / "demo" / "demo.gguf"]) as served:
        client = served.openai()
        file = await client.files.create(file=("handbook.md", handbook()), purpose="assistants")
        store = await client.vector_stores.create(name="Office")
        made = await client.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id, poll_interval_ms=20)
        assert made.status == "completed", made.last_error
        found, answered, cited = [], [], []
        for question in QUESTIONS:
            response = await client.responses.create(
                model="demo",
                input=question.text,
                tools=[{"type": "file_search", "vector_store_ids": [store.id]}],
                include=["file_search_call.results"],
            )
            search, message = response.output
            if question.answer in search.results[0].text:  # type: ignore[union-attr,index,operator]
                found.append(question)
            if question.answer in response.output_text:
                answered.append(question)
                notes = message.content[0].annotations  # type: ignore[union-attr]
                headings = [note.model_extra["llm_api"]["heading"] for note in notes]  # type: ignore[union-attr,index]
                if headings == [f"Office handbook > {question.heading}"]:
                    cited.append(question)
    assert found == list(QUESTIONS)
    assert len(answered) >= 8
    assert cited == answered
