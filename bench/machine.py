"""The machine that is measured on: what it is, and what else it was doing meanwhile."""

from __future__ import annotations

import platform
import resource
import time
import tomllib
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import llama_cpp
import psutil


def about() -> dict[str, Any]:
    """What the figures depend on and what somebody who compares them has to know."""
    packages = {}
    for package in ("llm-api", "llama-cpp-python", "uvicorn", "starlette"):
        try:
            packages[package] = version(package)
        except PackageNotFoundError:
            packages[package] = _from_project() if package == "llm-api" else "not installed"
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {**packages, "python": platform.python_version()},
        "llama.cpp": _features(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor(),
        "cores": psutil.cpu_count(logical=False) or psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_before": list(psutil.getloadavg()),
    }


def _from_project() -> str:
    project = Path(__file__).parent.parent / "pyproject.toml"
    return str(tomllib.loads(project.read_text())["project"]["version"])


def _features() -> str:
    return str(llama_cpp.llama_print_system_info().decode(errors="replace")).strip()


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


NOT_SPENT = ("idle", "iowait", "guest", "guest_nice")
"""Kinds of time in which nothing is computed, or that are in another kind already."""


class Others:
    """How much of the machine goes to processes that this one did not start, from now on."""

    def __init__(self) -> None:
        self._began, self._all, self._ours = time.perf_counter(), _all_seconds(), _our_seconds()

    def share(self) -> float:
        """Per cent of all cores."""
        seconds = (time.perf_counter() - self._began) * (psutil.cpu_count() or 1)
        spent = _all_seconds() - self._all - (_our_seconds() - self._ours)
        return min(100.0, max(0.0, 100 * spent / seconds))  # the clocks tick in hundredths


def _all_seconds() -> float:
    spent = psutil.cpu_times()
    return float(
        sum(spent) - spent.idle - sum(getattr(spent, waste, 0.0) for waste in ("iowait", "guest", "guest_nice"))
    )


def _our_seconds() -> float:
    reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return reaped.ru_utime + reaped.ru_stime + sum(sum(process.cpu_times()[:2]) for process in running)
