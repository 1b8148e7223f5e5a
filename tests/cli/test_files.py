"""The files commands, against a real server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from server.cli import app
from tests.api.served import KEY, serving
from tests.search import documents

runner = CliRunner()


def invoke(url: str, *arguments: str, code: int = 0) -> Any:
    result = runner.invoke(app, ["files", *arguments, "--url", url, "--key", KEY], prog_name="llm-api")
    assert result.exit_code == code, result.output
    return result


async def test_add_and_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "docs").mkdir()
    notes, print_out = (str(documents.lay(tmp_path / "docs", name)) for name in ("notes.md", "print.pdf"))
    broken = tmp_path / "docs" / "broken.pdf"
    broken.write_bytes(b"no PDF")
    async with serving(tmp_path) as served:

        async def run(*arguments: str, code: int = 0) -> Any:
            return await asyncio.to_thread(invoke, served.url, *arguments, code=code)

        assert "Make one: llm-api files add FILE" in (await run("search", "keys", code=1)).stderr
        added = await run("add", notes, print_out, "--store", "office")
        assert added.stdout == "2 of 2 files can be searched in office.\n"
        found = (await run("search", "Who keeps the spare keys?", "--store", "office", "--limit", "1")).stdout
        assert found.startswith("notes.md, Keys  1.00\nSpare keys are kept by Marlene Voss.")
        pages = (await run("search", "spare keys", "--store", "office")).stdout
        assert "print.pdf, page 2" in pages
        as_json = json.loads((await run("search", "keys", "--store", "office", "--json")).stdout)
        assert as_json["llm_api"]["retrieval"] == "full_text"
        assert "Nothing was found" in (await run("search", "xylophone", "--store", "office")).stderr
        failed = await run("add", str(broken), "--store", "office", code=1)
        assert "'broken.pdf' cannot be read." in failed.stderr
        assert failed.stdout == "0 of 1 files can be searched in office.\n"
        assert "no such file" in (await run("add", "absent.txt", code=1)).stderr
        (store,) = (await served.http.get("/v1/vector_stores")).json()["data"]
        assert (store["name"], store["file_counts"]["completed"]) == ("office", 2)
