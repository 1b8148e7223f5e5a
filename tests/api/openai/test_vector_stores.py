"""Vector stores, as the official client sees them."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import httpx
import openai
import psutil
import pytest

from server.api.openai.attribute_filters import Comparison, Compound
from tests.api.served import OTHER_KEY, Served, serving
from tests.search import documents

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def upload(served: Served, name: str = "notes.md", data: bytes | None = None) -> str:
    content = documents.MAKERS[name]() if data is None else data
    return (await served.openai().files.create(file=(name, content), purpose="assistants")).id


async def filled(served: Served, *names: str, **options: Any) -> str:
    """The id of a store with these documents in it."""
    client = served.openai()
    store = await client.vector_stores.create(name="Things")
    for name in names or ("notes.md",):
        file = await upload(served, name)
        made = await client.vector_stores.files.create_and_poll(
            file, vector_store_id=store.id, poll_interval_ms=20, **options
        )
        assert made.status == "completed", made.last_error
    return store.id


async def settled(served: Served, store: str) -> Any:
    """The store when none of its files is on its way."""
    for _ in range(1000):
        found = await served.openai().vector_stores.retrieve(store)
        if not found.file_counts.in_progress:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("it does not end")


async def test_the_life_of_a_store(served: Served) -> None:
    client = served.openai()
    store = await client.vector_stores.create(
        name="Handbook", metadata={"team": "office"}, expires_after={"anchor": "last_active_at", "days": 7}
    )
    assert store.id.startswith("vs_")
    assert (store.object, store.status, store.name, store.metadata) == (
        *("vector_store", "completed", "Handbook"),
        {"team": "office"},
    )
    assert store.expires_at == store.last_active_at + 7 * 86_400  # type: ignore[operator]
    assert store.file_counts.total == 0
    changed = await client.vector_stores.update(store.id, name="Book", expires_after=None)
    assert (changed.name, changed.expires_after, changed.metadata) == ("Book", None, {"team": "office"})
    assert (await client.vector_stores.retrieve(store.id)).name == "Book"
    assert store.id in [each.id async for each in client.vector_stores.list(limit=2)]
    assert (await client.vector_stores.delete(store.id)).deleted
    with pytest.raises(openai.NotFoundError):
        await client.vector_stores.retrieve(store.id)


async def test_a_file_is_indexed_and_found(served: Served) -> None:
    client = served.openai()
    store = await filled(served)
    (file,) = [each async for each in client.vector_stores.files.list(vector_store_id=store)]
    assert (file.status, file.vector_store_id, file.last_error) == ("completed", store, None)
    assert file.usage_bytes > 100
    found = await client.vector_stores.search(store, query="Who keeps the spare keys?")
    best = found.data[0]
    assert (best.filename, best.file_id) == ("notes.md", file.id)
    assert "Marlene Voss" in best.content[0].text
    assert 0 < best.score <= 1
    raw = (await served.http.post(f"/v1/vector_stores/{store}/search", json={"query": "keys"})).json()
    assert raw["llm_api"] == {"retrieval": "full_text", "reranked": False}
    assert raw["data"][0]["llm_api"] == {"heading": "Keys", "page": None, "passage": 1}
    assert raw["search_query"] == ["keys"]
    pages = [each async for each in client.vector_stores.files.content(file.id, vector_store_id=store)]
    assert "27 days of holiday" in "".join(page.text or "" for page in pages)


async def test_several_queries_and_fewer_results(served: Served) -> None:
    store = await filled(served)
    client = served.openai()
    found = await client.vector_stores.search(store, query=["coffee", "holiday"], max_num_results=2)
    assert {"Coffee", "Holidays"} == {each.model_extra["llm_api"]["heading"] for each in found.data}  # type: ignore[index]
    none = await client.vector_stores.search(store, query="xylophone")
    assert none.data == []
    first = await client.vector_stores.search(
        store, query="coffee machine keys", ranking_options={"score_threshold": 0.999}
    )
    assert len(first.data) == 1


async def test_a_batch_of_files(served: Served) -> None:
    client = served.openai()
    store = await client.vector_stores.create()
    names = ("notes.md", "print.pdf", "sheet.xlsx")
    files = [await upload(served, name) for name in names]
    broken = await upload(served, "broken.pdf", b"no PDF")
    batch = await client.vector_stores.file_batches.create_and_poll(
        store.id, file_ids=[*files, broken], attributes={"year": 2024}, poll_interval_ms=50
    )
    assert batch.status == "completed"
    listing = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id, filter="failed")
    told = [each async for each in listing]
    assert len(told) == 1, [each.last_error for each in told]
    (failed,) = told
    assert batch.file_counts.completed == len(files)
    assert failed.last_error is not None
    assert failed.last_error.code == "invalid_file"
    assert failed.last_error.message.startswith("'broken.pdf' cannot be read. It seems to be damaged")
    assert failed.attributes == {"year": 2024}
    found = await client.vector_stores.search(store.id, query="Marlene Voss", max_num_results=50)
    assert {each.filename for each in found.data} == set(names)
    whole = await client.vector_stores.retrieve(store.id)
    assert (whole.status, whole.file_counts.total) == ("completed", len(files) + 1)


async def test_files_come_with_the_store(served: Served) -> None:
    file = await upload(served)
    sizes = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}
    store = await served.openai().vector_stores.create(file_ids=[file], chunking_strategy=sizes)  # type: ignore[arg-type]
    assert (await settled(served, store.id)).file_counts.completed == 1
    made = await served.openai().vector_stores.files.retrieve(file, vector_store_id=store.id)
    assert made.chunking_strategy is not None
    assert made.chunking_strategy.model_dump() == sizes


async def test_the_same_file_is_indexed_once(served: Served) -> None:
    house_documents = await filled(served, "print.pdf")
    again = await filled(served, "print.pdf")
    client = served.openai()
    texts = [
        (await client.vector_stores.search(store, query="Marlene")).data[0].content[0].text
        for store in (house_documents, again)
    ]
    assert texts[0] == texts[1]
    (file,) = [each.id async for each in client.vector_stores.files.list(vector_store_id=again)]
    before = len(served.backend.turns)
    twice = await client.vector_stores.files.create(again, file_id=file, attributes={"seen": True})
    assert (twice.status, twice.attributes) == ("completed", {"seen": True})
    assert len(served.backend.turns) == before
    # the store that is left still has its text when the other goes
    await client.vector_stores.delete(house_documents)
    assert (await client.vector_stores.search(again, query="Marlene")).data


async def test_attributes_filter(served: Served) -> None:
    client = served.openai()
    store = await client.vector_stores.create()
    for year, name in ((2023, "notes.md"), (2024, "notes.txt")):
        await client.vector_stores.files.create_and_poll(
            await upload(served, name), vector_store_id=store.id, attributes={"year": year}, poll_interval_ms=20
        )
    filters: Any = {"type": "gte", "key": "year", "value": 2024}
    found = await client.vector_stores.search(store.id, query="coffee", filters=filters)
    assert {each.filename for each in found.data} == {"notes.txt"}
    (one, *_) = found.data
    await client.vector_stores.files.update(one.file_id, vector_store_id=store.id, attributes={"year": 2020})
    assert (await client.vector_stores.search(store.id, query="coffee", filters=filters)).data == []


async def test_what_is_taken_out_is_not_found(served: Served) -> None:
    client = served.openai()
    store = await filled(served, "notes.md", "notes.txt")
    files = {
        each.model_extra["llm_api"]["filename"]: each.id
        async for each in client.vector_stores.files.list(vector_store_id=store)
    }  # type: ignore[index]
    assert (await client.vector_stores.files.delete(files["notes.md"], vector_store_id=store)).deleted
    assert {each.filename for each in (await client.vector_stores.search(store, query="coffee")).data} == {"notes.txt"}
    await client.files.delete(files["notes.txt"])
    assert (await client.vector_stores.search(store, query="coffee")).data == []
    assert (await client.vector_stores.retrieve(store)).file_counts.total == 0


async def test_another_keys_passages_are_never_seen(served: Served) -> None:
    store = await filled(served)
    file = next(iter([each.id async for each in served.openai().files.list(limit=1)]))
    other = {"authorization": f"Bearer {OTHER_KEY}"}

    async def ask(method: str, path: str, body: Any = None) -> httpx.Response:
        return await served.http.request(method, f"/v1/vector_stores{path}", json=body, headers=other)

    for method, path, body in (
        ("GET", "", None),
        ("POST", "", {"name": "mine"}),
        ("POST", "/search", {"query": "coffee"}),
        ("GET", "/files", None),
        ("POST", "/files", {"file_id": file}),
        ("GET", f"/files/{file}/content", None),
        ("POST", "/file_batches", {"file_ids": [file]}),
        ("DELETE", "", None),
    ):
        assert (await ask(method, f"/{store}{path}", body)).status_code == 404, path
    assert (await ask("GET", "")).json()["data"] == []
    mine = (await ask("POST", "", {})).json()["id"]
    assert (await ask("POST", f"/{mine}/files", {"file_id": file})).status_code == 404
    assert (await ask("POST", f"/{mine}/search", {"query": "coffee keys"})).json()["data"] == []


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("", {"expires_after": {"anchor": "created_at", "days": 1}}, "expires_after.anchor"),
        ("", {"file_ids": "file_1"}, "file_ids"),
        ("/{}/search", {"query": "  "}, "query"),
        ("/{}/search", {"query": "a", "max_num_results": 51}, "max_num_results"),
        ("/{}/search", {"query": "a", "filters": {"type": "like", "key": "a", "value": "b"}}, "filters"),
        ("/{}/files", {"file_id": "f", "chunking_strategy": {"type": "static"}}, "chunking_strategy.static"),
        ("/{}/file_batches", {}, None),
    ],
)
async def test_what_is_wrong_is_named(served: Served, path: str, body: Any, param: str | None) -> None:
    store = (await served.openai().vector_stores.create()).id
    response = await served.http.post("/v1/vector_stores" + path.format(store), json=body)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)


async def test_a_filter_that_takes_long_keeps_nobody_waiting(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    store, asked, go_on = await filled(served), threading.Event(), threading.Event()

    def holds(self: Comparison, attributes: Any) -> bool:
        asked.set()
        return go_on.wait(10)

    monkeypatch.setattr(Comparison, "holds", holds)
    body = {"query": "coffee", "filters": {"type": "eq", "key": "a", "value": 1}}
    search = asyncio.create_task(served.http.post(f"/v1/vector_stores/{store}/search", json=body))
    try:
        assert await asyncio.to_thread(asked.wait, 5)
        assert (await served.http.get("/health")).status_code == 200
    finally:
        go_on.set()
    assert (await search).json()["data"], "while it was asked, others were answered"


async def test_a_filter_is_only_so_large(served: Served) -> None:
    store = (await served.http.post("/v1/vector_stores")).json()["id"]

    async def asked(*sizes: int) -> httpx.Response:
        lists = [{"type": "in", "key": "a", "value": list(range(size))} for size in sizes]
        body = {"query": "a", "filters": {"type": "or", "filters": lists}}
        return await served.http.post(f"/v1/vector_stores/{store}/search", json=body)

    assert (await asked(1000, 999)).status_code == 200
    refused = await asked(1000, 1000)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "filters")
    assert "at most 2000" in refused.json()["error"]["message"]


async def test_filters() -> None:
    attributes = {"year": 2024, "lang": "de", "draft": False}

    def holds(type: Any, key: str, value: Any) -> bool:
        return Comparison(type=type, key=key, value=value).holds(attributes)  # type: ignore[arg-type]

    assert holds("eq", "year", 2024)
    assert holds("eq", "year", 2024.0)
    assert not holds("eq", "draft", 0)
    assert holds("ne", "missing", 1)
    assert holds("in", "lang", ["de", "fr"])
    assert holds("nin", "lang", ["en"])
    assert holds("lt", "lang", "en")
    assert not holds("lt", "lang", 5)
    assert not holds("gt", "missing", 0)
    both: Any = [{"type": "eq", "key": "lang", "value": "de"}, {"type": "gt", "key": "year", "value": 2030}]
    assert not Compound(type="and", filters=both).holds(attributes)  # type: ignore[arg-type]
    assert Compound(type="or", filters=both).holds(attributes)  # type: ignore[arg-type]


async def test_bombs_are_refused_and_the_server_stays_as_large_as_it_was(served: Served, tmp_path: Path) -> None:
    (tmp_path / "bomb.pdf").write_bytes(documents.pdf_bomb(200 << 20))
    (tmp_path / "bomb.docx").write_bytes(documents.zip_bomb(600 << 20))
    with (tmp_path / "long.txt").open("wb") as file:
        for _ in range(32):
            file.write(b"All work and no play" + b" ok." * 4 * (1 << 20))
        file.truncate(512 << 20)
    store = (await served.openai().vector_stores.create()).id
    before = psutil.Process().memory_info().rss
    for name, named, said in (
        ("bomb.pdf", "../../bomb.pdf", "'bomb.pdf' cannot be read. Unpacked, page 1 would be too large."),
        ("bomb.docx", "bomb.docx", "Unpacked it would be 1 files of 600 MB"),
        ("long.txt", "long.txt", "It holds more than 20,000,000 characters of text: split it."),
    ):
        with (tmp_path / name).open("rb") as content:
            form = {"file": (named, content)}
            made = await served.http.post("/v1/files", files=form, data={"purpose": "assistants"}, timeout=120)
        assert made.status_code == 200, made.text
        assert made.json()["filename"] == name
        file = await served.openai().vector_stores.files.create_and_poll(
            made.json()["id"], vector_store_id=store, poll_interval_ms=50
        )
        assert file.last_error is not None
        assert said in file.last_error.message
        await served.openai().files.delete(file.id)
    assert psutil.Process().memory_info().rss - before < 100 << 20


async def test_a_store_outlives_the_server(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        store = await filled(served)
    async with serving(tmp_path) as served:
        found = await served.openai().vector_stores.search(store, query="coffee")
    assert found.data[0].filename == "notes.md"


async def test_a_key_has_so_many_stores_and_files_and_no_more(tmp_path: Path) -> None:
    async with serving(tmp_path, limits__vector_stores=2, limits__files=1) as served:
        client = served.openai()
        stores = [await client.vector_stores.create() for _ in range(2)]
        with pytest.raises(openai.BadRequestError, match="too many vector stores: at most 2"):
            await client.vector_stores.create()
        await client.vector_stores.delete(stores[0].id)
        await client.vector_stores.create()
        await upload(served, data=b"")
        with pytest.raises(openai.BadRequestError, match="has 1 files: at most 1"):
            await upload(served, data=b"")
        other = {"authorization": f"Bearer {OTHER_KEY}"}
        assert (await served.http.post("/v1/vector_stores", headers=other)).status_code == 200
