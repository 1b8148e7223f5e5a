"""Uploads, as the official client and a raw form see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.api.served import OTHER_KEY, Served, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def upload(served: Served, data: bytes, name: str = "lines.jsonl", **fields: str) -> httpx.Response:
    return await served.http.post("/v1/files", files={"file": (name, data)}, data={"purpose": "batch", **fields})


def error(response: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = response.json()["error"]
    return found


async def test_the_life_of_a_file(served: Served) -> None:
    client = served.openai()
    made = await client.files.create(file=("notes.jsonl", b'{"a": 1}\n'), purpose="batch")
    assert (made.object, made.filename, made.bytes, made.purpose) == ("file", "notes.jsonl", 9, "batch")
    assert made.id.startswith("file_")
    assert await client.files.retrieve(made.id) == made
    assert (await client.files.content(made.id)).read() == b'{"a": 1}\n'
    second = await client.files.create(file=("b.txt", b"b"), purpose="user_data")
    assert [each.id async for each in client.files.list()][:2] == [second.id, made.id]
    assert [each.id async for each in client.files.list(purpose="batch", order="asc")][-1] == made.id
    assert [each.id async for each in client.files.list(limit=1)][:2] == [second.id, made.id]
    assert (await client.files.delete(made.id)).deleted
    with pytest.raises(openai.NotFoundError):
        await client.files.content(made.id)


async def test_expiry(served: Served) -> None:
    options: Any = {"expires_after": {"anchor": "created_at", "seconds": 3600}}
    made = await served.openai().files.create(file=("a", b"a"), purpose="batch", **options)
    assert made.expires_at is not None
    assert made.expires_at - made.created_at in (3600, 3601)
    refused = await upload(served, b"a", **{"expires_after[anchor]": "created_at", "expires_after[seconds]": "5"})
    assert (refused.status_code, error(refused)["param"]) == (400, "expires_after[seconds]")


async def test_another_keys_file_is_none(served: Served) -> None:
    made = (await upload(served, b"mine")).json()
    other = {"authorization": f"Bearer {OTHER_KEY}"}
    for path in (f"/v1/files/{made['id']}", f"/v1/files/{made['id']}/content"):
        assert (await served.http.get(path, headers=other)).status_code == 404
    assert (await served.http.delete(f"/v1/files/{made['id']}", headers=other)).status_code == 404
    assert (await served.http.get("/v1/files", headers=other)).json()["data"] == []


async def test_bytes_come_back_as_bytes(served: Served) -> None:
    page = b"<script>alert(1)</script>"
    made = (await upload(served, page, "../../x.html")).json()
    assert made["filename"] == "x.html"
    response = await served.http.get(f"/v1/files/{made['id']}/content")
    assert response.content == page
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-disposition"] == "attachment; filename*=utf-8''x.html"


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"data": {"purpose": "batch"}, "files": {"other": ("a", b"a")}}, None),
        ({"data": {"purpose": "batch"}, "files": {"purpose2": (None, b"a")}}, "file"),
        ({"data": {}, "files": {"file": ("a", b"a")}}, "purpose"),
        ({"data": {"purpose": "theft"}, "files": {"file": ("a", b"a")}}, "purpose"),
        ({"data": {"purpose": "x" * 70_000}, "files": {"file": ("a", b"a")}}, None),
        ({"files": [("file", ("a", b"a")), ("file", ("b", b"b"))]}, "file"),
    ],
)
async def test_what_is_wrong_is_named(served: Served, form: dict[str, Any], param: str | None) -> None:
    response = await served.http.post("/v1/files", **form)
    assert (response.status_code, error(response)["param"]) == (400, param)


@pytest.mark.parametrize(
    "body", [b"", b"--x\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n", b"nonsense"]
)
async def test_broken_forms(served: Served, body: bytes) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert (await served.http.post("/v1/files", content=body, headers=headers)).status_code == 400


async def test_only_forms(served: Served) -> None:
    assert (await served.http.post("/v1/files", json={})).status_code == 415


async def test_a_file_may_be_larger_than_a_body_and_not_larger_than_its_limit(tmp_path: Path) -> None:
    async with serving(tmp_path, limits__body_bytes=1000, limits__file_mb=1) as served:
        assert (await upload(served, b"x" * (1 << 20))).json()["bytes"] == 1 << 20
        for more in (1, 300_000):
            assert (await upload(served, b"x" * ((1 << 20) + more))).status_code == 413
        chunks = (b"x" * 100_000 for _ in range(20))

        async def endless() -> Any:
            yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
            for chunk in chunks:
                yield chunk

        headers = {"content-type": "multipart/form-data; boundary=x"}
        assert (await served.http.post("/v1/files", content=endless(), headers=headers)).status_code == 413
        assert (await served.http.post("/v1/embeddings", content=b"x" * 2000)).status_code == 413
        assert [path.name for path in (tmp_path / "var" / "files").iterdir()] == [
            each["id"] for each in (await served.http.get("/v1/files")).json()["data"]
        ]
