"""The bench command passes everything on to the checkout's own program."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli import app, bench

runner = CliRunner()


def test_arguments_and_the_exit_code_pass_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "__init__.py").touch()
    heard = tmp_path / "heard"
    (tmp_path / "bench" / "__main__.py").write_text(
        f"import sys, pathlib; pathlib.Path({str(heard)!r}).write_text(' '.join(sys.argv[1:])); sys.exit(7)"
    )
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    result = runner.invoke(app, ["bench", "--peer", "other=http://x", "--help", "mid"])
    assert result.exit_code == 7
    assert heard.read_text() == "--peer other=http://x --help mid"


def test_an_installed_package_says_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    result = runner.invoke(app, ["bench"])
    assert result.exit_code == 2
    assert result.stderr.startswith("llm-api: The benchmark is not installed with the package. Clone the repository")
