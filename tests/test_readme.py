"""The README and the documents say what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.tables import DOCUMENTS, with_table

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_tables_of_settings_and_routes_are_true(name: str) -> None:
    assert with_table(name) == DOCUMENTS[name].read_text(encoding="utf-8"), "run scripts/tables.py"


def test_every_link_leads_to_a_file() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#\s]+)\)", document.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_every_folder_of_the_tree_is_there() -> None:
    for folder in re.findall(r"^\| `([a-z_/]+/)` \|", README, re.MULTILINE):
        assert (ROOT / folder).is_dir()
