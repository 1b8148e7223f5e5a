"""The overlay keeps every card, whoever adds one at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from server.hub.overlay import Overlay


def test_cards_that_are_added_at_one_time_are_all_kept(tmp_path: Path) -> None:
    names = [f"model-{number}" for number in range(40)]

    def add(name: str) -> None:
        Overlay(tmp_path).put(name, {"params": {"model": f"{name}.gguf"}})

    with ThreadPoolExecutor(8) as together:
        list(together.map(add, names))
    assert sorted(Overlay(tmp_path).entries()) == sorted(names)
