"""Settings: where a value may come from, and which of two wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.settings import load_settings

BARE = """
log:
  level: ${oc.env:LLM_API_LOG_LEVEL,${dialect.env:llm_api,OLD_LEVEL,info}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "server.yaml"
    path.write_text(BARE)
    return path


def test_a_dialects_bare_name_counts_after_the_prefixed_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LLM_API_LOG_LEVEL", raising=False)
    assert load_settings(file).log.level == "info"
    monkeypatch.setenv("OLD_LEVEL", "error")
    assert load_settings(file).log.level == "error"
    monkeypatch.setenv("LLM_API_LOG_LEVEL", "debug")
    assert load_settings(file).log.level == "debug"


def test_a_dialects_bare_name_counts_while_it_is_on(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LLM_API_LOG_LEVEL", raising=False)
    monkeypatch.setenv("OLD_LEVEL", "error")
    assert load_settings(file, {"dialects.llm_api.enabled": False}).log.level == "info"
    monkeypatch.setenv("LLM_API_DIALECT_LLM_API", "no")
    assert load_settings(file).log.level == "info"
    monkeypatch.setenv("LLM_API_DIALECT_LLM_API", "yes")
    assert load_settings(file).log.level == "error"
