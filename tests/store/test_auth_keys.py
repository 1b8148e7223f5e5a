"""Keys as their owner and the server's operator know them. Runs on every kind of database."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from server.errors import BadRequest, NotFound, Unauthorized
from server.settings import AuthSection, Settings, SettingsError
from server.store.auth_keys import RIGHTS, AuthKeys
from server.store.database import Database

OLD_KEY = "0123456789abcdef0123456789abcdef"
NO_FIRST_KEY = AuthSection(first_key="", first_key_file=None)


def old_file(folder: Path, tree: Any) -> Path:
    file = folder / "authKeys.json"
    file.write_text(json.dumps(tree))
    return file


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Old",
        "description": "from before",
        "createdAt": "2024-05-01T10:00:00.000Z",
        "lastActivity": None,
    } | changes


def test_a_key_is_recognisable_and_fits_where_keys_go(keys: AuthKeys) -> None:
    key, text = keys.create("PythonKey", "for testing")
    assert re.fullmatch(r"llm-[a-z2-7]{10}\.[A-Za-z0-9_-]{43}", text)
    assert text.startswith(f"{key.id}.")
    assert (key.name, key.description, key.rights, key.state) == (
        "PythonKey",
        "for testing",
        frozenset({"chat"}),
        "active",
    )


async def test_a_key_opens_with_its_text_and_nothing_else(keys: AuthKeys) -> None:
    key, text = keys.create("mine", rights=("chat", "admin"))
    assert await keys.verify(text) == key
    _, other = keys.create("other")
    wrong = [
        text + "x",
        text[:-1],
        text.upper(),
        f"{key.id}.{other.partition('.')[2]}",
        text.partition(".")[2],
        key.id,
        f"{key.id}.",
        "",
        ".",
        "x" * 100_000,
        f"{text}\0",
        f"{text}\n",
        "ключ",
        "constructor",
        "\ud800",
    ]
    for attempt in wrong:
        with pytest.raises(Unauthorized):
            await keys.verify(attempt)
    assert (await keys.verify(text)).id == key.id


def test_the_secret_is_nowhere_kept(keys: AuthKeys, settings: Settings) -> None:
    secret = keys.create("mine")[1].partition(".")[2]
    database = Database.open(settings)
    with database.read() as connection:
        row = connection.execute(sa.text("SELECT * FROM auth_keys")).one()
    database.close()
    assert secret not in str(row)
    assert row.hash.startswith("$pbkdf2-sha256$")
    assert all(secret.encode() not in file.read_bytes() for file in settings.paths.data_dir.iterdir())


async def test_an_expired_key_says_so_to_its_owner_alone(keys: AuthKeys, settings: Settings) -> None:
    key, text = keys.create("short", expires_at=datetime.now(UTC) + timedelta(hours=1))
    await keys.verify(text)
    database = Database.open(settings)
    with database.write() as connection:
        connection.execute(sa.text("UPDATE auth_keys SET expires_at = '2020-02-03 04:05:06.000000'"))
        connection.execute(sa.text("UPDATE key_ring SET changes = changes + 1"))
    database.close()
    keys.create("another")  # memory is read anew
    with pytest.raises(Unauthorized, match="expired on 03 February 2020"):
        await keys.verify(text)
    with pytest.raises(Unauthorized) as refusal:
        await keys.verify(f"{key.id}.guess")
    assert "expired" not in str(refusal.value)
    assert keys.show(key.id).state == "expired"


async def test_a_revoked_key_is_listed_and_opens_nothing(keys: AuthKeys) -> None:
    key, text = keys.create("mine")
    await keys.verify(text)
    keys.revoke(key.id)
    with pytest.raises(Unauthorized, match="was revoked on"):
        await keys.verify(text)
    assert [one.state for one in keys.list()] == ["revoked"]
    assert keys.revoke(key.id).revoked_at == keys.show(key.id).revoked_at


def test_what_is_not_there_is_not_found(keys: AuthKeys) -> None:
    for id in ("llm-nobody", "", "\0", "x" * 10_000, "' OR 1=1 --"):
        with pytest.raises(NotFound, match="keys list"):
            keys.show(id)
        with pytest.raises(NotFound):
            keys.revoke(id)


def test_a_key_that_makes_no_sense_is_refused(keys: AuthKeys) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"description": "\0"}, "description"),
        ({"description": "\ud800"}, "description"),
        ({"rights": ["chat", "root"]}, "rights"),
        ({"rights": []}, "rights"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expires_at"),
    ]
    for given, param in wrong:
        with pytest.raises(BadRequest) as refusal:
            keys.create(**{"name": "mine", **given})
        assert refusal.value.param == param
    assert keys.list() == []


def test_many_makers_at_once_lose_no_key(keys: AuthKeys, elsewhere: AuthKeys) -> None:
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda n: (keys, elsewhere)[n % 2].create(f"key {n}")[0].id, range(24)))
    assert {key.id for key in keys.list()} == set(made)
    assert len(set(made)) == 24


async def test_imported_keys_go_on_working_as_they_are(keys: AuthKeys, tmp_path: Path) -> None:
    dotted = "someone.chose-a-key-with-a-dot"
    file = old_file(tmp_path, {OLD_KEY: entry(lastActivity="2024-06-01T10:00:00Z"), dotted: entry(name="\x1b\0Dot")})
    imported = keys.import_file(file)
    assert [key.name for key in imported.keys] == ["Old", "Dot"]
    first = await keys.verify(OLD_KEY)
    assert (first.name, first.description, first.rights) == ("Old", "from before", frozenset({"chat", "models"}))
    assert first.created_at == datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert first.last_used_at == datetime(2024, 6, 1, 10, tzinfo=UTC)
    assert (await keys.verify(dotted)).name == "Dot"
    for wrong in (OLD_KEY.upper(), OLD_KEY[:-1], f"{first.id}.{OLD_KEY}"):
        with pytest.raises(Unauthorized):
            await keys.verify(wrong)
    again = keys.import_file(file)
    assert (again.keys, again.known) == ([], 2)
    assert len(keys.list()) == 2


def test_a_file_that_cannot_be_imported_imports_nothing(keys: AuthKeys, tmp_path: Path) -> None:
    wrong: list[tuple[Any, str]] = [
        ([], "expected an object"),
        ({"short": entry()}, "entry 1: the key must be 16 to 512"),
        ({OLD_KEY: entry(), "ü" * 20: entry()}, "entry 2: the key must be"),
        ({OLD_KEY: "Old"}, "entry 1: expected an object with name"),
        ({OLD_KEY: entry(createdAt="yesterday")}, "createdAt: expected an ISO time"),
        ({OLD_KEY: entry(lastActivity=17)}, "lastActivity: expected an ISO time"),
    ]
    for tree, says in wrong:
        with pytest.raises(BadRequest, match=says) as refusal:
            keys.import_file(old_file(tmp_path, tree))
        assert OLD_KEY not in str(refusal.value)
    assert keys.list() == []


async def test_the_first_start_makes_a_key_and_the_next_ones_name_it(keys: AuthKeys) -> None:
    first = keys.start(NO_FIRST_KEY)
    assert first.key is not None
    assert first.text is not None
    assert (await keys.verify(first.text)).rights == frozenset(RIGHTS)
    again = keys.start(NO_FIRST_KEY)
    assert again.key is not None
    assert (again.key.id, again.text) == (first.key.id, None)
    keys.revoke(first.key.id)
    assert keys.start(NO_FIRST_KEY) == (None, None)
    assert len(keys.list()) == 1


@pytest.mark.parametrize("text", ["llm-container.a-secret-that-somebody-drew", "a-whole-text-that-somebody-chose"])
async def test_a_container_gets_the_key_it_was_given(keys: AuthKeys, tmp_path: Path, text: str) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{text}\n")
    for auth in (AuthSection(first_key=text, first_key_file=None), AuthSection(first_key="", first_key_file=file)):
        first = keys.start(auth)
        assert first.text is None
        assert (await keys.verify(text)) == first.key
        assert len(keys.list()) == 1
    keys.revoke(keys.list()[0].id)
    keys.start(AuthSection(first_key=text, first_key_file=None))
    with pytest.raises(Unauthorized, match="revoked"):
        await keys.verify(text)


async def test_a_first_key_with_another_secret_replaces_the_old_one(keys: AuthKeys) -> None:
    before, after = "llm-container.the-secret-of-last-year", "llm-container.the-secret-of-this-year"
    keys.ensure_first(before)
    await keys.verify(before)
    keys.ensure_first(after)
    assert (await keys.verify(after)).id == "llm-container"
    with pytest.raises(Unauthorized):
        await keys.verify(before)


def test_a_first_key_that_could_be_guessed_is_refused(keys: AuthKeys) -> None:
    for text in ("short", "id.short", "ü" * 30, "x" * 600):
        with pytest.raises(SettingsError, match=r"auth\.first_key") as refusal:
            keys.ensure_first(text)
        assert text not in str(refusal.value)


def test_a_first_key_file_that_is_not_there_is_named(keys: AuthKeys, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere"):
        keys.start(AuthSection(first_key="", first_key_file=tmp_path / "nowhere"))
    (tmp_path / "empty").touch()
    with pytest.raises(SettingsError, match="empty"):
        keys.start(AuthSection(first_key="", first_key_file=tmp_path / "empty"))


def test_the_audit_log_tells_what_was_done_by_whom(keys: AuthKeys, settings: Settings, tmp_path: Path) -> None:
    key, text = keys.create("mine")
    keys.revoke(key.id, by="llm-boss")
    keys.import_file(old_file(tmp_path, {OLD_KEY: entry()}))
    file = settings.paths.data_dir / "audit.log"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["action"], line["by"]) for line in lines] == [
        ("create", "command line"),
        ("revoke", "llm-boss"),
        ("import", "command line"),
    ]
    assert lines[0]["key"] == lines[1]["key"] == key.id
    assert all(datetime.fromisoformat(line["at"]).tzinfo for line in lines)
    assert text.partition(".")[2] not in file.read_text()
    assert OLD_KEY not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
