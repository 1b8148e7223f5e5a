"""What was found about files is remembered, within bounds, whatever became of the memory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server.engine.verdicts import REMEMBERED, Verdicts


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / "verdicts.json"


def test_what_was_found_is_known_after_a_restart(file):
    assert Verdicts(file).get("a") is None
    Verdicts(file).remember("a", "")
    Verdicts(file).remember("b", "it is broken")
    assert Verdicts(file).get("a") == ""
    assert Verdicts(file).get("b") == "it is broken"


@pytest.mark.parametrize("kept", [b"", b"{", b"[1]", b'{"a": 1}', b"\xff\xfe"])
def test_a_spoilt_memory_is_begun_anew(file, kept):
    file.write_bytes(kept)
    assert Verdicts(file).get("a") is None
    Verdicts(file).remember("a", "")
    assert json.loads(file.read_text()) == {"a": ""}


def test_memory_is_bounded(file):
    file.write_text(json.dumps({f"old {number}": "" for number in range(REMEMBERED)}))
    Verdicts(file).remember("new", "")
    kept = json.loads(file.read_text())
    assert len(kept) == REMEMBERED
    assert "new" in kept
    assert "old 0" not in kept
