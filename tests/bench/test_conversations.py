"""The bench of conversations fills what the server then reads, and says what was too slow."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from bench import conversations


def test_it_fills_and_measures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(conversations, "LONG", 60)
    monkeypatch.setattr(conversations, "TARGET_MS", 60_000)
    asked = ["--sessions", "30", "--messages", "120", "--rounds", "3", "--folder", str(tmp_path)]
    assert conversations.main(asked) == 0
    assert "filled in" in capsys.readouterr().out
    assert conversations.main(asked) == 0
    said = capsys.readouterr().out
    assert "filled in" not in said
    assert "search: a rare word" in said


def test_what_was_too_slow_is_a_miss() -> None:
    out = Console(file=io.StringIO(), width=100)
    assert conversations.report({"sessions": [1.0] * 99 + [200.0]}, out) == 0
    assert conversations.report({"sessions": [1.0] * 90 + [200.0] * 10}, out) == 1
    assert conversations.report({conversations.ADDED: [200.0]}, out) == 0
