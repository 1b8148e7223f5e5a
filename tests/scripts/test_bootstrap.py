"""From a clone to an environment: which Python, which build of llama.cpp, what is reused, what a failure says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import bootstrap
import interpreter
import llama_wheel
import pytest
import steps

ROOT = Path(__file__).resolve().parent.parent.parent
ENTRY = "llama-cpp-python==9.9.9 \\\n    --hash=sha256:" + "0" * 64 + "\n"
LOAD_PROBE = "import llama_cpp; print(llama_cpp.ANSWER)"


def command(folder: Path, name: str, body: str) -> Path:
    """An executable that a test puts in the way of a real one."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def wheel(folder: Path, answer: str) -> Path:
    """A wheel that installs as llama-cpp-python."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "llama_cpp_python-9.9.9-py3-none-any.whl"
    facts = "llama_cpp_python-9.9.9.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("llama_cpp/__init__.py", answer)
        archive.writestr(f"{facts}/METADATA", "Metadata-Version: 2.1\nName: llama-cpp-python\nVersion: 9.9.9\n")
        archive.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{facts}/RECORD", "")
    return path


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone that is set up, with a server and a pytest that only tell how they were called."""
    root = tmp_path / "clone"
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, root / name)
    environment = bootstrap.Environment(root)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment.folder], check=True)
    environment.introduce()
    environment.mark("test")
    tell = "import json, os, sys; print(json.dumps({'arguments': sys.argv[1:], 'folder': os.getcwd()}))"
    (root / "server").mkdir()
    (root / "server" / "__main__.py").write_text(tell)
    (root / "pytest.py").write_text(tell)
    return root


def called(script: Path, *arguments: str, folder: Path) -> Any:
    """How the script, run in that folder, called what it starts."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LLM_API_")}
    command = [sys.executable, script, *arguments]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=True)
    assert done.stderr == "", "a later start has nothing to say"
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an empty environment."""
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder / "bin" / "python"


# Which Python


def test_an_unsupported_python_is_told_what_is_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command(tmp_path, "python3.13", "exit 127")  # as a version manager's, when it has no such version
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 to 3\.14, found 3\.9"):
        interpreter.require()


def test_a_supported_python_on_path_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = command(tmp_path, "python3.12", "echo 3.12")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert interpreter.search() == [str(other)]


# Which build of llama.cpp


@pytest.mark.parametrize(
    ("driver", "compiler", "device", "reason"),
    [
        (True, True, "cuda", "built with CUDA"),
        (False, True, "cpu", "nvcc is here but no NVIDIA driver"),
        (True, False, "cpu", "an NVIDIA driver is here but no nvcc"),
        (False, False, "cpu", "built for the CPU"),
    ],
)
def test_cuda_needs_driver_and_compiler(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, driver: bool, compiler: bool, device: str, reason: str
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(llama_wheel, "CUDA_HOMES", ())
    if driver:
        command(tmp_path, "nvidia-smi", "echo NVIDIA H200")
    else:
        command(tmp_path, "nvidia-smi", "echo 'NVIDIA-SMI has failed' >&2; exit 9")
    if compiler:
        command(tmp_path, "nvcc", "exit 0")
    build = llama_wheel.choose({"PATH": str(tmp_path)})
    assert build.device == device
    assert reason in build.reason
    assert build.flags.split()[0] == ("-DGGML_CUDA=on" if device == "cuda" else "-DGGML_CUDA=off")


@pytest.mark.parametrize("there", [True, False])
def test_code_for_amx_is_left_out_where_the_cpu_would_use_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, there: bool
) -> None:
    monkeypatch.setattr(llama_wheel, "_cpu", lambda: "avx2 amx_int8" if there else "avx2")
    build = llama_wheel.choose({"PATH": str(tmp_path)})
    assert ("-U__AMX_INT8__" in build.flags) is there


def test_given_cmake_arguments_come_last_and_make_another_wheel(tmp_path: Path) -> None:
    plain = llama_wheel.choose({"PATH": str(tmp_path)})
    given = llama_wheel.choose({"PATH": str(tmp_path), "CMAKE_ARGS": "-DGGML_BLAS=on"})
    assert given.flags.endswith("-DGGML_BLAS=on")
    assert given.traits != plain.traits


# What is reused


def test_a_wheel_in_the_cache_is_taken_and_not_compiled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, python: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LLM_API_WHEELS", str(tmp_path / "wheels"))
    folder = llama_wheel.place(ENTRY, llama_wheel.choose(os.environ))
    assert folder.parent == tmp_path / "wheels"
    wheel(folder, "ANSWER = 42")
    llama_wheel.install(python, ENTRY, tmp_path / "log")
    assert "compil" not in capfd.readouterr().err
    assert subprocess.run([python, "-c", LOAD_PROBE], capture_output=True, text=True, check=True).stdout == "42\n"
    log = (tmp_path / "log").read_text()
    llama_wheel.install(python, ENTRY, tmp_path / "log")
    assert (tmp_path / "log").read_text() == log, "what is installed is not installed again"


def test_a_wheel_that_does_not_load_is_compiled_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, python: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LLM_API_WHEELS", str(tmp_path / "wheels"))
    monkeypatch.setenv("CMAKE_ARGS", "-DANOTHER=build")
    monkeypatch.setenv("CXX", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    wheel(llama_wheel.place(ENTRY, llama_wheel.choose(os.environ)), "raise OSError('libcudart.so: not found')")
    with pytest.raises(steps.SetupFailed) as failure:
        llama_wheel.install(python, ENTRY, tmp_path / "log")
    assert "cannot be used any more" in capfd.readouterr().err
    for words in ("no C++ compiler", "apt install build-essential", "dnf install", "xcode-select", "Visual Studio"):
        assert words in str(failure.value)


def test_an_environment_is_ready_only_for_what_it_was_made_from(tmp_path: Path) -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    environment = bootstrap.Environment(tmp_path)
    assert not environment.ready_for("serve")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment.folder], check=True)
    environment.mark("serve")
    assert environment.ready_for("serve")
    assert not environment.ready_for("test")
    environment.mark("test")
    assert environment.ready_for("serve")
    (tmp_path / "requirements.lock").write_text("another", encoding="utf-8")
    assert not environment.ready_for("serve")


def test_an_environment_whose_python_has_gone_is_not_ready(tmp_path: Path) -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    environment = bootstrap.Environment(tmp_path)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment.folder], check=True)
    environment.mark("serve")
    facts = environment.folder / "pyvenv.cfg"
    lines = [line for line in facts.read_text().splitlines() if not line.startswith("executable")]
    facts.write_text("\n".join([*lines, "executable = /gone/python3.11"]))
    assert not environment.ready_for("serve")


def test_a_clone_is_found_in_a_folder_of_any_name_whatever_the_locale(tmp_path: Path) -> None:
    environment = bootstrap.Environment(tmp_path / "Übung дом")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment.folder], check=True)
    environment.introduce()
    [introduction] = environment.folder.rglob("llm-api.pth")
    assert introduction.read_bytes().isascii(), "Python 3.11 and 3.12 read it in the locale's encoding"
    ask = [environment.python, "-c", "import sys; print(ascii(sys.path))"]
    told = subprocess.run(ask, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert ascii(str(environment.root)) in told


# What one sees


def test_a_clone_that_cannot_be_written_says_which_folder_it_is(tmp_path: Path) -> None:
    environment = bootstrap.Environment(tmp_path / "clone")  # is not there, which root may not write in either
    with pytest.raises(steps.SetupFailed) as failure:
        environment.make_ready("serve")
    assert f"{environment.folder} cannot be written (No such file or directory)" in str(failure.value)
    assert "a clone of your own" in str(failure.value)


def test_a_cache_that_cannot_be_written_names_the_variable_for_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, python: Path
) -> None:
    monkeypatch.setenv("LLM_API_WHEELS", str(tmp_path / "file" / "wheels"))
    monkeypatch.setenv("CXX", sys.executable)  # is not reached
    (tmp_path / "file").touch()
    with pytest.raises(steps.SetupFailed) as failure:
        llama_wheel.install(python, ENTRY, tmp_path / "log")
    assert f"{tmp_path / 'file' / 'wheels'} cannot be written (Not a directory)" in str(failure.value)
    assert "LLM_API_WHEELS" in str(failure.value)


def test_a_set_up_that_the_system_stops_ends_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    def full(environment: bootstrap.Environment, purpose: str) -> None:
        (tmp_path / "folder").write_text("")

    monkeypatch.setattr(bootstrap.Environment, "make_ready", full)
    with pytest.raises(SystemExit, match=f"The set-up cannot go on: Is a directory: {tmp_path / 'folder'}"):
        bootstrap.ready("serve")


@pytest.mark.parametrize(
    ("output", "share"),
    [
        (b"-- Configuring done\n", None),
        (b"[1/4] Building CXX\n[2/4] Building CXX\n", 0.5),
        (b"[ 25%] Building CXX object\n", 0.25),
    ],
)
def test_progress_is_read_from_the_builds_output(output: bytes, share: float | None) -> None:
    assert steps.done_share(output) == share


def test_a_failed_step_shows_the_end_of_its_output(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log"
    script = "import sys; print(*range(1000), sep='\\n'); print('error: no such thing'); sys.exit(3)"
    with pytest.raises(steps.SetupFailed) as failure:
        steps.step("building", [sys.executable, "-c", script], log)
    text = str(failure.value)
    assert "error: no such thing" in text
    assert "status 3" in text
    assert str(log) in text
    assert "\n    500\n" not in text
    assert "building" in capfd.readouterr().err


def test_the_lock_of_llama_cpp_is_cut_out_whole() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entry, rest = llama_wheel.divide(lock)
    assert entry.startswith("llama-cpp-python==")
    assert "--hash=sha256:" in entry
    assert "\n" not in entry.rstrip().replace("\\\n", "")
    assert "llama-cpp-python" not in rest
    assert len(entry) + len(rest) == len(lock)


# The scripts themselves


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder of the user's, with a `server` and a test of its own."""
    folder = tmp_path / "elsewhere"
    (folder / "server").mkdir(parents=True)
    (folder / "server" / "__main__.py").write_text("raise SystemExit('not this one')")
    (folder / "test_own.py").write_text("")
    return folder


def test_serve_passes_arguments_on_from_any_folder(clone: Path, elsewhere: Path) -> None:
    seen = called(clone / "scripts" / "serve", "--port", "0", "--config", "", folder=elsewhere)
    assert seen == {"arguments": ["serve", "--port", "0", "--config", ""], "folder": str(elsewhere)}


def test_test_passes_arguments_on_from_any_folder(clone: Path, elsewhere: Path) -> None:
    seen = called(clone / "scripts" / "test", "-k", "scheduler", "test_own.py::test_it", folder=elsewhere)
    assert seen == {"arguments": ["-k", "scheduler", f"{elsewhere}/test_own.py::test_it"], "folder": str(clone)}
