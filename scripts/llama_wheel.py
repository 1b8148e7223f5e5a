"""llama.cpp, compiled once for this machine: the wheel of llama-cpp-python, and the cache it is kept in.

The cache lies outside the clone, so that every clone reuses what one has compiled. A wheel is for the machine that
compiled it (llama.cpp uses every instruction the CPU has), so its folder's name tells version, device and traits.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from steps import SetupFailed, say, step, writing

PACKAGE = "llama-cpp-python"
CUDA_HOMES = ("/usr/local/cuda",)
"""Where the CUDA toolkit's installer puts it, not always on PATH."""

WITHOUT_AMX = "-DCMAKE_C_FLAGS=-U__AMX_INT8__ -DCMAKE_CXX_FLAGS=-U__AMX_INT8__"
"""gcc 12.2 drops half of the tile configuration that llama.cpp's AMX code loads, and the first prompt would end the
process; other versions were not tried. Taking the macro away leaves that code out, with every compiler."""


@dataclass(frozen=True)
class Build:
    """What llama.cpp is compiled for, and why."""

    device: str
    """cpu, cuda or metal."""
    reason: str
    flags: str
    """For CMake."""
    traits: tuple[str, ...]
    """What another machine must share to use the wheel."""


def choose(environ: Mapping[str, str]) -> Build:
    """CUDA only where it can both be compiled and be loaded; what CMAKE_ARGS says is said last, and wins."""
    given = environ.get("CMAKE_ARGS", "")
    if "amx_int8" in _cpu():
        given = f"{WITHOUT_AMX} {given}".strip()
    traits = (*machine(), given)
    if sys.platform == "darwin":
        device = "metal" if platform.machine() == "arm64" else "cpu"
        return Build(device, f"built for this machine's {device.upper() if device == 'cpu' else 'GPU'}", given, traits)
    compiler, graphics = nvcc(environ), gpus(environ)
    if compiler and graphics:
        reason = f"an NVIDIA driver ({', '.join(graphics)}) and nvcc are here: built with CUDA"
        return Build("cuda", reason, f"-DGGML_CUDA=on {given}".strip(), (*traits, *graphics, compiler))
    if compiler:
        reason = "nvcc is here but no NVIDIA driver: built for the CPU"
    elif graphics:
        reason = (
            "an NVIDIA driver is here but no nvcc: built for the CPU"
            " (to use the GPU: install the CUDA toolkit, remove .venv, start again)"
        )
    else:
        reason = "built for the CPU"
    return Build("cpu", reason, f"-DGGML_CUDA=off {given}".strip(), traits)


def nvcc(environ: Mapping[str, str]) -> str | None:
    """The CUDA compiler, where CMake would find it or where its installer puts it."""
    homes = [*(environ[name] for name in ("CUDA_HOME", "CUDA_PATH") if environ.get(name)), *CUDA_HOMES]
    places = [environ.get("CUDACXX"), "nvcc", *(str(Path(home, "bin", "nvcc")) for home in homes)]
    return next((found for place in places if place and (found := shutil.which(place, path=environ.get("PATH")))), None)


def gpus(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the GPUs that the NVIDIA driver lists; none without a driver that works."""
    tool = shutil.which("nvidia-smi", path=environ.get("PATH"))
    output = _output(tool, "--query-gpu=name", "--format=csv,noheader") if tool else ""
    return tuple(sorted({line.strip() for line in output.splitlines() if line.strip()}))


def machine() -> tuple[str, ...]:
    """System, C library and the CPU's instructions."""
    return (sys.platform, platform.machine(), "-".join(platform.libc_ver()), _cpu())


def _cpu() -> str:
    if sys.platform == "darwin":
        return _output("/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string")
    if os.name == "nt":
        return os.environ.get("PROCESSOR_IDENTIFIER", "")
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    flags = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    return " ".join(sorted(flags.partition(":")[2].split()))


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def cache(environ: Mapping[str, str]) -> Path:
    """The folder of compiled wheels: LLM_API_WHEELS, else the user's cache."""
    if environ.get("LLM_API_WHEELS"):
        return Path(environ["LLM_API_WHEELS"]).expanduser().absolute()
    if os.name == "nt":
        base = Path(environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "llm-api" / "wheels"


def divide(lock: str) -> tuple[str, str]:
    """A lock's entry of llama-cpp-python, hashes and all; and the rest of the lock."""
    lines = lock.splitlines(keepends=True)
    first = next(index for index, line in enumerate(lines) if line.startswith(f"{PACKAGE}=="))
    end = next(index for index in range(first, len(lines)) if not lines[index].rstrip().endswith("\\")) + 1
    return "".join(lines[first:end]), "".join(lines[:first] + lines[end:])


def place(entry: str, build: Build) -> Path:
    """The folder of the cache for a wheel that is built so."""
    version = entry.partition("==")[2].split()[0]
    digest = hashlib.sha256("\n".join((entry, *build.traits)).encode()).hexdigest()[:8]
    return cache(os.environ) / f"{PACKAGE}-{version}-{build.device}-{digest}"


def install(python: Path, entry: str, log: Path) -> None:
    """Put the wheel for this machine into the environment of `python`; compile it where no one has yet.

    `entry`: what the lock says of it. What it depends on must be installed already.
    """
    build = choose(os.environ)
    folder = place(entry, build)
    mark = python.parent.parent / "llama.txt"  # which wheel the environment has
    if mark.exists() and mark.read_text(encoding="utf-8") == folder.name and _loads(python, log):
        return
    _provide(python, entry, build, folder, log)
    mark.write_text(folder.name, encoding="utf-8")


def _provide(python: Path, entry: str, build: Build, folder: Path, log: Path) -> None:
    wheel = next(iter(sorted(folder.glob("*.whl"))), None)
    if wheel is not None:
        say(f"  llama.cpp: {build.reason}; taking {wheel}")
        if _installed(python, wheel, log):
            return
        say("  That wheel cannot be used any more.")
    _compile(python, entry, build, folder, log)
    wheel = next(iter(sorted(folder.glob("*.whl"))))
    if not _installed(python, wheel, log):
        shutil.rmtree(folder, ignore_errors=True)
        raise SetupFailed(f"llama.cpp was compiled, but cannot be loaded. The end of {log} tells why.")


def _installed(python: Path, wheel: Path, log: Path) -> bool:
    """Whether the wheel can be installed and loaded."""
    pip: list[str | Path] = [python, "-m", "pip", "install", "--no-deps", "--no-index", "--force-reinstall", wheel]
    try:
        step("installing llama.cpp", pip, log)
    except SetupFailed:
        return False
    return _loads(python, log)


def _loads(python: Path, log: Path) -> bool:
    with log.open("ab") as output:
        command = [python, "-c", "import llama_cpp"]
        return subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False).returncode == 0


def _compile(python: Path, entry: str, build: Build, folder: Path, log: Path) -> None:
    _require_compiler()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    usual = "about five minutes on two cores" if build.device == "cpu" else "twenty minutes or more on two cores"
    say(f"  llama.cpp: {build.reason}.")
    say(f"  It is compiled once, {usual}, here on {cores}; kept in {folder.parent}")
    with writing(folder.parent, "Name another folder for what is compiled in LLM_API_WHEELS, and start again."):
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-")
    with building as name:
        room = Path(name)
        (room / "llama.lock").write_text(entry, encoding="utf-8")
        # No cache of pip's: it would hand out a wheel that was compiled for another device or CPU.
        pip: list[str | Path] = [python, "-m", "pip", "wheel", "-v", "--no-cache-dir", "--no-deps", "--require-hashes"]
        env = os.environ | {"CMAKE_ARGS": build.flags, "CMAKE_BUILD_PARALLEL_LEVEL": str(cores)}
        if build.device == "cuda":
            env["CUDACXX"] = nvcc(os.environ) or ""
        try:
            step("compiling llama.cpp", [*pip, "-r", room / "llama.lock", "-w", room / "out"], log, env=env)
        except SetupFailed as error:
            raise SetupFailed(f"{error}\n{_advice(build)}") from None
        shutil.rmtree(folder, ignore_errors=True)
        (room / "out").replace(folder)


def _require_compiler() -> None:
    """Says so before minutes have passed. On Windows CMake finds Visual Studio by ways of its own."""
    names = (os.environ.get("CXX", "").split()[:1] or [""])[0], "c++", "g++", "clang++"
    if os.name != "nt" and not any(name and shutil.which(name) for name in names):
        raise SetupFailed(f"llama.cpp has to be compiled, and no C++ compiler is here.\n{COMPILERS}")


COMPILERS = """Install one and start again:
    Debian, Ubuntu   sudo apt install build-essential
    Fedora           sudo dnf install gcc-c++ make
    macOS            xcode-select --install
    Windows          Visual Studio Build Tools with “Desktop development with C++”"""


def _advice(build: Build) -> str:
    if build.device == "cuda":
        return "If CUDA is at fault, build for the CPU: set CMAKE_ARGS=-DGGML_CUDA=off and start again."
    return f"If the compiler is missing or too old: {COMPILERS[0].lower()}{COMPILERS[1:]}"
