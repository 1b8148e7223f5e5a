"""Settings: where a value may come from, and which of two wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.settings import SettingsError, load_settings
from server.store.database import Database, StoreError

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


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("tls: {passphrase: 1234567}", "tls.passphrase: Input should be a valid string"),
        ("tls: {passphrase: 'a${1234567'}", "tls.passphrase: cannot be read"),
        ("tls: {passphrase: 'a${1234567}'}", "tls.passphrase: cannot be read"),
        ("auth: '1234567'", "auth: Input should be a valid dictionary"),
        ("auth: {first_key: [1234567]}", "auth.first_key: Input should be a valid string"),
        ("store: {url: {postgresql: 1234567}}", "store.url: Input should be a valid string"),
        ("jobs: {broker_url: 1234567}", "jobs.broker_url: Input should be a valid string"),
        ("dialects: {protollm: {rabbit_password: 1234567}}", "dialects.protollm.rabbit_password: Input should be"),
    ],
)
def test_what_is_wrong_with_a_secret_is_told_without_it(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "server.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError) as error:
        load_settings(file)
    assert named in str(error.value)
    assert "1234567" not in str(error.value).replace(str(file), "")


def test_what_is_wrong_with_anything_else_is_shown(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"server\.port: .*, found 'many'"):
        load_settings(overrides={"server.port": "many"})
    (tmp_path / "server.yaml").write_text("server: {host: '${nowhere}'}")
    with pytest.raises(SettingsError, match="nowhere"):
        load_settings(tmp_path / "server.yaml")


def test_a_database_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://ann:1234567@127.0.0.1:1/keys?password=1234567&connect_timeout=1"
    settings = load_settings(overrides={"paths.data_dir": tmp_path, "store.url": url})
    with pytest.raises(StoreError) as error:
        Database.open(settings)
    assert str(error.value).startswith("postgresql://ann:***@127.0.0.1:1/keys: ")
    assert "1234567" not in str(error.value)
