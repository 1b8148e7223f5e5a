"""What is common to all children that may die in our place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from scripts.make_model import chain_model
from server.settings import ROOT

WITHOUT_NAMES = """
import asyncio, signal, sys
from pathlib import Path

for name in ("SIGALRM", "SIGBUS", "SIGHUP", "SIGKILL"):
    delattr(signal, name)

from server.chat.sandbox import Bounds
from server.chat.template_trial import try_template
from server.engine.trial import try_file
from server.engine.verdicts import Verdicts
from server.search import ingest

async def all_of_them(folder):
    verdicts = Verdicts(folder / "verdicts.json")
    await try_file(folder / "model.gguf", verdicts)
    await try_template("{{ messages }}", Bounds(), verdicts)
    async with ingest.opened(folder / "a.txt", "a.txt", ingest.Bounds(20, 512, 1000)) as blocks:
        print(*(block.text for block in blocks))

asyncio.run(all_of_them(Path(sys.argv[1])))
"""


def test_signals_that_windows_does_not_have_are_not_needed(tmp_path: Path) -> None:
    chain_model(tmp_path / "model.gguf")
    (tmp_path / "a.txt").write_text("words")
    command = [sys.executable, "-c", WITHOUT_NAMES, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "words\n", done.stderr
