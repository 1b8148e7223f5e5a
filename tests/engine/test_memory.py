"""What a machine and its container leave to models, read from files as the kernel writes them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from server.engine import memory

GB = 1_000_000_000


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with 64 GB free; the folder in which its control groups are described."""
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=64 * GB))
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    return tmp_path


def test_without_a_container_what_the_machine_has_is_free(machine: Path) -> None:
    assert memory.free_host_memory() == 64 * GB
    (machine / "memory.max").write_text("max\n")
    assert memory.free_host_memory() == 64 * GB


def test_files_that_a_container_has_cached_are_free_as_those_of_the_machine_are(machine: Path) -> None:
    (machine / "memory.max").write_text(f"{16 * GB}\n")
    (machine / "memory.current").write_text(f"{13 * GB}\n")
    (machine / "memory.stat").write_text(f"anon {2 * GB}\nactive_file {4 * GB}\ninactive_file {6 * GB}\n")
    assert memory.free_host_memory() == 13 * GB
