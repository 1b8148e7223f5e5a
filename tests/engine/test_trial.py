"""A model file is tried by a child: it may die, we do not, and what it found is remembered."""

from __future__ import annotations

import asyncio
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from scripts.make_model import chain_model
from server.engine import trial
from server.engine.trial import try_file
from server.engine.verdicts import Verdicts
from server.errors import ModelLoadFailed
from tests.engine.ends import FROM_OUTSIDE, OF_ITSELF, child_that_ends


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "model.gguf"
    chain_model(path)
    return path


@pytest.fixture
def remembered(tmp_path: Path) -> Path:
    return tmp_path / "data" / "verdicts.json"


@pytest.fixture
def verdicts(remembered: Path) -> Verdicts:
    return Verdicts(remembered)


def with_a_token_twice(path: Path) -> None:
    """A vocabulary that llama.cpp meets with an assertion."""
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<Q", 1) + b"A", struct.pack("<Q", 1) + b"B", 1))


def with_an_odd_rotation(path: Path) -> None:
    """A number that llama.cpp refuses in good order."""
    key = b"llama.rope.dimension_count" + struct.pack("<I", 4)
    data = path.read_bytes()
    path.write_bytes(data.replace(key + struct.pack("<I", 32), key + struct.pack("<I", 31), 1))


def children() -> list[psutil.Process]:
    mine = psutil.Process().children(recursive=True)
    return [child for child in mine if "server.engine.trial" in " ".join(child.cmdline())]


async def no_child(*_: object, **options: object) -> tuple[int, str]:
    raise AssertionError("the verdict should have been remembered")


async def test_a_good_file_is_tried_once(model, verdicts, monkeypatch):
    await try_file(model, verdicts)
    monkeypatch.setattr(trial, "run_child", no_child)
    await try_file(model, verdicts)


async def test_a_file_that_kills_the_child_is_refused_and_remembered(model, verdicts, monkeypatch):
    with_a_token_twice(model)
    with pytest.raises(ModelLoadFailed, match=r"'model.gguf'.*llama.cpp crashed on it \(SIGABRT\).*ASSERT") as first:
        await try_file(model, verdicts)
    assert "/" not in first.value.message
    monkeypatch.setattr(trial, "run_child", no_child)
    with pytest.raises(ModelLoadFailed) as again:
        await try_file(model, verdicts)
    assert again.value.message == first.value.message


async def test_a_file_that_llama_refuses_says_why(model, verdicts):
    with_an_odd_rotation(model)
    with pytest.raises(ModelLoadFailed, match=r"refused it: .*invalid n_rot: 31, expected 32") as refused:
        await try_file(model, verdicts)
    assert "/" not in refused.value.message


async def test_a_changed_file_is_tried_anew(model, verdicts, remembered):
    good = model.read_bytes()
    with_a_token_twice(model)
    with pytest.raises(ModelLoadFailed):
        await try_file(model, verdicts)
    model.write_bytes(good)
    await try_file(model, verdicts)
    assert sorted(map(bool, json.loads(remembered.read_text()).values())) == [False, True]


async def test_a_broken_header_needs_no_child(model, verdicts, monkeypatch):
    monkeypatch.setattr(trial, "run_child", no_child)
    model.write_bytes(model.read_bytes()[:1000])
    with pytest.raises(ModelLoadFailed, match="within the file, which has 1000 bytes"):
        await try_file(model, verdicts)


async def test_out_of_time_is_an_error_that_is_forgotten(model, verdicts):
    with pytest.raises(ModelLoadFailed, match=r"'model.gguf' could not be opened within 0.01 seconds"):
        await try_file(model, verdicts, seconds=0.01)
    assert children() == []
    await try_file(model, verdicts)


@pytest.mark.parametrize("end", OF_ITSELF)
async def test_a_crash_is_a_verdict(model, verdicts, monkeypatch, end):
    monkeypatch.setattr(trial, "run_child", child_that_ends(end))
    with pytest.raises(ModelLoadFailed, match=rf"is not usable: llama.cpp crashed on it \({end}\)"):
        await try_file(model, verdicts)
    monkeypatch.setattr(trial, "run_child", no_child)
    with pytest.raises(ModelLoadFailed):
        await try_file(model, verdicts)


@pytest.mark.parametrize("end", FROM_OUTSIDE)
async def test_a_child_that_ends_for_another_reason_is_forgotten(model, verdicts, monkeypatch, end):
    with monkeypatch.context() as patch:
        patch.setattr(trial, "run_child", child_that_ends(end))
        with pytest.raises(ModelLoadFailed, match=r"'model.gguf' could not be tried: the process for it ended"):
            await try_file(model, verdicts)
    await try_file(model, verdicts)


async def test_what_lies_in_the_users_folder_is_not_taken_for_ours(model, verdicts, tmp_path, monkeypatch):
    (tmp_path / "server.py").write_text("raise SystemExit(1)")
    monkeypatch.chdir(tmp_path)
    await try_file(model, verdicts)


@pytest.fixture
def started(monkeypatch) -> tuple[asyncio.Event, dict[str, str]]:
    """Set when a child was started, and the environment that it was given."""
    event, environment = asyncio.Event(), {}
    start = asyncio.create_subprocess_exec

    async def watched(*words: str, env: dict[str, str], **options: int) -> asyncio.subprocess.Process:
        environment.update(env)
        process = await start(*words, env=env, **options)
        event.set()
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", watched)
    return event, environment


async def test_being_cancelled_leaves_no_child(model, verdicts, remembered, started):
    task = asyncio.create_task(try_file(model, verdicts))
    await started[0].wait()
    [child] = children()
    assert os.getsid(child.pid) != os.getsid(0)  # Ctrl-C at our terminal is not for it
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() == []
    assert not remembered.exists()


def test_the_child_imports_nothing_of_the_web():
    heavy = ["starlette", "uvicorn", "pydantic", "sqlalchemy", "httpx", "omegaconf"]
    code = f"import sys, server.engine.trial; print([name for name in {heavy} if name in sys.modules])"
    root = Path(trial.__file__).parents[2]
    said = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


async def test_the_child_is_not_told_our_secrets(model, verdicts, monkeypatch, started):
    for name in ("LLM_API_FIRST_KEY", "API_KEY", "RABBIT_MQ_PASSWORD", "HF_TOKEN", "GPU_API_KEY"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    await try_file(model, verdicts)
    assert "secret" not in started[1].values()
    assert all(started[1][name] == os.environ[name] for name in ("PATH", "HOME", "OMP_NUM_THREADS"))
