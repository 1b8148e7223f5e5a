"""What a machine and its container leave to models, read from files as the kernel writes them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from server.engine import memory

GB = 1_000_000_000


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with 64 GB free and 64 cores of two threads; the folder in which its control groups are described."""
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=64 * GB))
    monkeypatch.setattr(memory.psutil, "cpu_count", lambda logical=True: 128 if logical else 64)
    monkeypatch.setattr(memory.psutil, "Process", lambda: SimpleNamespace(cpu_affinity=lambda: list(range(128))))
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    monkeypatch.setattr(memory, "_OWN_GROUPS", tmp_path / "of_this_process")
    write(tmp_path, "of_this_process", "0::/")
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"{text}\n")


def test_without_a_container_what_the_machine_has_is_free(machine: Path) -> None:
    assert memory.free_host_memory() == 64 * GB
    write(machine, "memory.max", "max")
    assert memory.free_host_memory() == 64 * GB


def test_files_that_a_container_has_cached_are_free_as_those_of_the_machine_are(machine: Path) -> None:
    write(machine, "memory.max", f"{16 * GB}")
    write(machine, "memory.current", f"{13 * GB}")
    write(machine, "memory.stat", f"anon {2 * GB}\nactive_file {4 * GB}\ninactive_file {6 * GB}")
    assert memory.free_host_memory() == 13 * GB


def test_a_limit_of_a_service_counts_though_it_is_not_at_the_top(machine: Path) -> None:
    write(machine, "of_this_process", "0::/system.slice/llm.service")
    for name, value in {"max": 8 * GB, "current": 2 * GB, "stat": "inactive_file 0"}.items():
        write(machine, f"system.slice/llm.service/memory.{name}", str(value))
    assert memory.free_host_memory() == 6 * GB


def test_two_threads_of_a_core_count_once(machine: Path) -> None:
    assert memory.physical_cores() == 64
    write(machine, "cpu.max", "max 100000")
    assert memory.physical_cores() == 64


@pytest.mark.parametrize(
    ("group", "files", "cores"),
    [
        ("0::/", {"cpu.max": "400000 100000"}, 4),
        ("0::/", {"cpu.max": "250000 100000"}, 3),
        ("0::/", {"cpu.max": "10000 100000"}, 1),
        ("0::/system.slice/llm.service", {"system.slice/llm.service/cpu.max": "200000 100000"}, 2),
        ("0::/a/b", {"a/cpu.max": "300000 100000", "a/b/cpu.max": "600000 100000"}, 3),
        ("3:cpu,cpuacct:/docker/abc\n0::/", {"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "25000"}, 2),
        ("3:cpu:/slice", {"cpu/slice/cpu.cfs_quota_us": "-1", "cpu/slice/cpu.cfs_period_us": "100000"}, 64),
        ("3:cpuset:/slice", {}, 64),
    ],
)
def test_no_more_threads_than_the_quota_has_cores(machine: Path, group: str, files: dict[str, str], cores: int) -> None:
    write(machine, "of_this_process", group)
    for name, text in files.items():
        write(machine, name, text)
    assert memory.physical_cores() == cores


def test_a_machine_without_control_groups_has_its_cores(machine: Path) -> None:
    (machine / "of_this_process").unlink()
    assert memory.physical_cores() == 64
    assert memory.free_host_memory() == 64 * GB
