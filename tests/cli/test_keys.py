"""The commands for keys, as people and programs use them, and the script that makes one from a bare clone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from server.cli import app
from server.settings import ROOT, load_settings
from server.store.auth_keys import AuthKeys
from server.store.database import Database
from server.store.usage import Counts, Place, UsageRows

KEY = re.compile(r"llm-[a-z2-7]{10}\.[A-Za-z0-9_-]{43}")


def keys(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["keys", *words, "--data-dir", str(folder)])


def told(folder: Path, *words: str) -> Any:
    result = keys(folder, *words, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)


async def test_the_key_stands_alone_on_the_last_line_and_works(tmp_path: Path) -> None:
    result = keys(tmp_path / "var", "create", "PythonKey", "for testing")
    assert (result.exit_code, result.stderr) == (0, "")
    text = result.stdout.splitlines()[-1]
    assert KEY.fullmatch(text)
    assert result.stdout.count(text.partition(".")[2]) == 1
    store = AuthKeys.open(load_settings(overrides={"paths.data_dir": tmp_path / "var"}))
    key = await store.verify(text)
    store.close()
    assert (key.name, key.description, key.rights) == ("PythonKey", "for testing", frozenset({"chat"}))


def test_a_program_reads_id_key_and_name(tmp_path: Path) -> None:
    made = told(tmp_path, "create", "mine", "--right", "models", "--right", "chat", "--expires", "30d")
    assert KEY.fullmatch(made["key"])
    assert made["key"].startswith(made["id"] + ".")
    assert (made["name"], made["rights"]) == ("mine", ["chat", "models"])
    left = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=29, hours=23) < left <= timedelta(days=30)


def test_keys_are_listed_shown_and_revoked(tmp_path: Path) -> None:
    assert told(tmp_path, "list") == []
    assert "keys create" in keys(tmp_path, "list").stderr
    first, second = told(tmp_path, "create", "[bold]first"), told(tmp_path, "create", "second")
    assert told(tmp_path, "revoke", first["id"])["state"] == "revoked"
    assert [(key["id"], key["state"]) for key in told(tmp_path, "list")] == [
        (first["id"], "revoked"),
        (second["id"], "active"),
    ]
    assert "key" not in told(tmp_path, "show", second["id"])
    table = keys(tmp_path, "list").stdout
    assert all(word in table for word in (first["id"], "[bold]first", second["id"], "revoked", "active"))
    assert f"Revoked: {second['id']} (second)." in keys(tmp_path, "revoke", second["id"]).stdout
    assert re.search(r"state +revoked", keys(tmp_path, "show", second["id"]).stdout)
    assert second["key"] not in table


def test_old_keys_are_imported(tmp_path: Path) -> None:
    file = tmp_path / "authKeys.json"
    old = {"name": "Old", "description": "", "createdAt": "2024-05-01T10:00:00.000Z", "lastActivity": None}
    file.write_text(json.dumps({"0123456789abcdef" * 2: old}))
    first = keys(tmp_path, "import", str(file))
    assert first.stdout.endswith("Imported 1 key.\n")
    assert "0123456789abcdef" not in first.stdout
    again = told(tmp_path, "import", str(file))
    assert again == {"imported": [], "known": 1}


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["show", "llm-nobody"], 1, "llm-api keys list"),
        (["revoke", "llm-nobody"], 1, "There is no key 'llm-nobody'"),
        (["create", "x", "--right", "root"], 1, "There are: chat, models, admin"),
        (["create", "x", "--expires", "soon"], 2, "ISO date"),
        (["create", "x", "--expires", "2001-01-01"], 1, "past"),
        (["create", " "], 1, "printable"),
        (["import", "nowhere.json"], 1, "No such file"),
        (["create", "a", "b", "c"], 2, "--help"),
        (["show"], 2, "--help"),
    ],
)
def test_a_mistake_is_answered_in_one_line(tmp_path: Path, words: list[str], code: int, says: str) -> None:
    result = keys(tmp_path, *words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert says in result.stderr
    assert result.stderr.startswith("llm-api: ")
    assert result.stderr.count("\n") == 1


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = keys(tmp_path / "file" / "var", "list")
    assert result.exit_code != 0
    assert "--data-dir" in result.stderr


def test_the_script_makes_the_same_key_from_any_folder(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "generate_auth_key.py"

    def run(*words: str) -> str:
        command = [sys.executable, str(script), *words, "--data-dir", "var"]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    assert KEY.fullmatch(run("PythonKey", "This key is for testing purposes").splitlines()[-1])
    assert run("--json")
    listed = told(tmp_path / "var", "list")
    assert [key["name"] for key in listed] == ["PythonKey", "Default Name"]
    assert listed[0]["description"] == "This key is for testing purposes"


def test_the_script_run_by_a_python_without_packages_finds_the_clones_environment(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    shutil.copytree(ROOT / "scripts", clone / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("server", "config", "data"):
        (clone / name).symlink_to(ROOT / name)
    own = clone / ".venv" / "bin" / "python"
    own.parent.mkdir(parents=True)
    own.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    own.chmod(0o755)
    # -I -S: no packages are found, as with a system's own Python.
    script = clone / "scripts" / "generate_auth_key.py"
    start = f"import sys, runpy; sys.path.insert(0, {str(script.parent)!r}); sys.argv[0] = {str(script)!r}; "
    start += f"runpy.run_path({str(script)!r}, run_name='__main__')"
    command = [sys.executable, "-I", "-S", "-c", start, "mine", "--data-dir", str(tmp_path / "var")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert KEY.fullmatch(done.stdout.splitlines()[-1])


def test_limits_are_given_changed_and_taken_away(tmp_path: Path) -> None:
    made = told(tmp_path, "create", "mine", "--requests-per-minute", "5", "--model", "demo", "--model", "mid")
    assert (made["requests_per_minute"], made["models"], made["tokens_per_day"]) == (5, ["demo", "mid"], None)
    words = ("--requests-per-minute", "none", "--tokens-per-day", "1000", "--priority", "-3", "--expires", "30d")
    changed = told(tmp_path, "update", made["id"], *words, "--name", "yours")
    expected = (None, 1000, -3, ["demo", "mid"], "yours")
    names = ("requests_per_minute", "tokens_per_day", "priority", "models", "name")
    assert tuple(changed[name] for name in names) == expected
    assert told(tmp_path, "update", made["id"], "--model", "none", "--expires", "none")["models"] is None
    assert re.search(r"tokens per day +1000", keys(tmp_path, "show", made["id"]).stdout)
    for words in (("--streams", "many"), ("--streams", "0"), ("--priority", "101"), ("--requests-per-minute", "-1")):
        assert keys(tmp_path, "update", made["id"], *words).exit_code != 0
    told(tmp_path, "revoke", made["id"])
    assert keys(tmp_path, "update", made["id"], "--streams", "1").exit_code != 0


def test_usage_is_told_as_a_table_json_and_csv(tmp_path: Path) -> None:
    key = told(tmp_path, "create", "[b]ann")
    assert "Nothing was used" in keys(tmp_path, "usage").stderr
    database, today = Database.open(load_settings(overrides={"paths.data_dir": tmp_path})), datetime.now(UTC).date()
    UsageRows(database).add({Place(today, key["id"], "demo"): Counts(2, 10, 4, 5, 1.25)}, today)
    database.close()
    (row,) = told(tmp_path, "usage")
    assert (row["key"]["name"], row["requests"], row["generated_tokens"]) == ("[b]ann", 2, 5)
    assert told(tmp_path, "usage", "--by", "model")[0]["model"] == "demo"
    assert told(tmp_path, "usage", "--end", "2020-01-31") == []
    table = keys(tmp_path, "usage", "--by", "key").stdout
    assert "[b]ann" in table
    line = f"{today},{key['id']},[b]ann,demo,2,10,4,5,1.25"
    assert keys(tmp_path, "usage", "--csv").stdout.splitlines()[1:] == [line]
    assert keys(tmp_path, "usage", "--by", "hour").exit_code != 0
