"""The commands for TLS: a pair for trying out, and what is wrong with one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from server.cli import app


def tls(*words: str) -> Result:
    return CliRunner().invoke(app, ["tls", *words])


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is configured as the place of the pair."""
    folder = tmp_path / "ssl"
    monkeypatch.setenv("LLM_API_TLS_KEY", str(folder / "server-key.pem"))
    monkeypatch.setenv("LLM_API_TLS_CERTIFICATE", str(folder / "server-crt.pem"))
    return folder


def test_a_pair_for_trying_out_is_made_and_found_good(out: Path) -> None:
    made = tls("self-signed", "--host", "my-machine.lan", "--out", str(out))
    assert (made.exit_code, made.stderr) == (0, "")
    assert "llm-api serve --tls" in made.stdout
    assert f"--cacert {out / 'server-crt.pem'}" in made.stdout
    assert (out / "server-key.pem").stat().st_mode & 0o777 == 0o600
    assert {file.name for file in out.iterdir()} == {"server-key.pem", "server-crt.pem"}
    checked = tls("check")
    assert checked.exit_code == 0
    assert "is for localhost, my-machine.lan, 127.0.0.1, ::1" in checked.stdout
    assert "TLS is off" in checked.stdout


def test_a_pair_that_is_there_is_not_replaced_unasked(out: Path) -> None:
    tls("self-signed", "--out", str(out))
    before = (out / "server-key.pem").read_bytes()
    refused = tls("self-signed", "--out", str(out))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "--force" in refused.stderr
    assert (out / "server-key.pem").read_bytes() == before
    assert tls("self-signed", "--out", str(out), "--force").exit_code == 0
    assert (out / "server-key.pem").read_bytes() != before


def test_elsewhere_the_settings_to_give_are_shown(out: Path, tmp_path: Path) -> None:
    made = tls("self-signed", "--out", str(tmp_path / "my pair"))
    assert f"LLM_API_TLS_KEY='{tmp_path / 'my pair' / 'server-key.pem'}'" in made.stdout


def test_what_is_wrong_with_a_pair_is_told(out: Path) -> None:
    nothing = tls("check")
    assert nothing.exit_code == 1
    assert nothing.stdout.count("No such file or directory") == 2
    tls("self-signed", "--out", str(out))
    key = (out / "server-key.pem").read_bytes()
    tls("self-signed", "--out", str(out), "--force")
    (out / "server-key.pem").write_bytes(key)
    checked = tls("check", "--json")
    assert checked.exit_code == 1
    report = json.loads(checked.stdout)
    assert report["ok"] is False
    assert report["findings"][0]["level"] == "refused"
    assert "two different pairs" in report["findings"][0]["text"]


def test_a_program_reads_where_the_pair_is(out: Path) -> None:
    made = json.loads(tls("self-signed", "--out", str(out), "--days", "7", "--json").stdout)
    assert made == {"key": str(out / "server-key.pem"), "certificate": str(out / "server-crt.pem"), "days": 7}
    assert json.loads(tls("check", "--json").stdout)["ok"] is True


def test_mistakes_are_answered_in_one_line(out: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for words, code in (
        (["--host", "no host", "--out", str(out)], 2),
        (["--days", "0"], 2),
        (["--out", str(tmp_path / "file" / "ssl")], 1),
    ):
        result = tls("self-signed", *words)
        assert (result.exit_code, result.stdout) == (code, "")
        assert result.stderr.count("\n") == 1
