"""A model file that has never been seen is opened by a short-lived child first, which may die in our place.

llama.cpp answers some broken files with an assertion, and that ends the process. The parent's half (`try_file`) starts
the child, judges how it ended and remembers the verdict; the child's half (`python -m server.engine.trial FILE`) does
with the file what a load does, at the least cost, and imports nothing of the web.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from server.engine.gguf import fingerprint
from server.errors import ModelLoadFailed

REFUSED = 3
"""The child's exit status when llama.cpp said no and lived."""

DECODED_UP_TO = 4 * 2**30
"""Bytes of a file whose weights are computed with, too. Of a larger one they are mapped and not touched."""

_LOG_ERROR = 4
"""ggml's number for it, which the binding does not name."""

REMEMBERED = 1000
"""Verdicts that are kept, the newest."""

_ROOT = Path(__file__).parents[2]


async def try_file(path: Path, verdicts: Path, *, seconds: float = 120.0) -> None:
    """Returns if llama.cpp can open this file, raises ModelLoadFailed if not. Asks a child only the first time.

    `verdicts` is the JSON file where it is remembered, until the file or llama.cpp changes. What may not be the
    file's fault (killed from outside, out of time) is not remembered.
    """
    key = f"{await asyncio.to_thread(fingerprint, path)} {_llama_version()}"
    known = _read(verdicts).get(key)
    if known is None:
        status, words = await _run(path, seconds)
        known = _verdict(status, words)
        if status != -signal.SIGKILL:
            _remember(verdicts, key, known)
    if known:
        raise ModelLoadFailed(f"The model file {path.name!r} is not usable: {known}")


def _verdict(status: int, words: str) -> str:
    """Empty when all is well, else a sentence."""
    if status == 0:
        return ""
    line = _telling_line(words)
    if status == REFUSED:
        return f"llama.cpp refused it: {line or 'it gave no reason'}."
    end = _signal_name(-status) if status < 0 else f"exit status {status}"
    return f"llama.cpp crashed on it ({end}){': ' + line if line else ''}."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _telling_line(words: str) -> str:
    """The line of the log that says most about the failure, without folders."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    asserted = [line for line in lines if re.search(r"ASSERT|abort", line)]
    telling = [line for line in lines if not re.search(r"failed to load|failed to initialize|was not", line)]
    line = (asserted or telling or lines or [""])[-1]
    line = re.sub(r"[^\s'\"]*[/\\]", "", line)
    return re.sub(r"^(\w+: )?(error loading model: )?", "", line)[:300].rstrip(".")


async def _run(path: Path, seconds: float) -> tuple[int, str]:
    """The child's exit status and what it said. It does not outlive this call, and hardly its time."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LLM_API_")}
    environment |= {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")])),
        "CUDA_VISIBLE_DEVICES": "",  # its start and its memory are not needed to judge a file
        "GGML_NO_BACKTRACE": "1",  # or ggml would start a debugger
    }
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, str(path.absolute()), str(int(seconds) + 2)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    try:
        _, words = await asyncio.wait_for(child.communicate(), seconds)
    except TimeoutError:
        raise ModelLoadFailed(f"The model file {path.name!r} could not be opened within {seconds:g} seconds.") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    assert child.returncode is not None
    return child.returncode, words.decode(errors="replace")


def _llama_version() -> str:
    try:
        return version("llama-cpp-python")
    except PackageNotFoundError:
        return "unknown"


def _read(verdicts: Path) -> dict[str, str]:
    """What is remembered; nothing, if the file is not there or is not ours."""
    try:
        known = json.loads(verdicts.read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {key: value for key, value in known.items() if isinstance(value, str)}


def _remember(verdicts: Path, key: str, verdict: str) -> None:
    known = [*((old, words) for old, words in _read(verdicts).items() if old != key), (key, verdict)]
    verdicts.parent.mkdir(parents=True, exist_ok=True)
    draft = verdicts.with_name(f".{verdicts.name}.{os.getpid()}")
    draft.write_text(json.dumps(dict(known[-REMEMBERED:]), indent=1))
    draft.replace(verdicts)


# The child


def open_file(path: Path) -> str | None:
    """Loads the file, builds a small context, computes a few tokens. Returns why not, or None; or never returns."""
    import llama_cpp.llama_cpp as llama

    @llama.llama_log_callback  # type: ignore[untyped-decorator]
    def log(level: int, text: bytes, _: object) -> None:
        if level == _LOG_ERROR:
            os.write(2, text)  # unbuffered: the next thing may be the end

    llama.llama_log_set(log, None)
    llama.llama_backend_init()
    wanted = llama.llama_model_default_params()
    wanted.n_gpu_layers = 0
    wanted.use_extra_bufts = False  # repacked weights would be a second copy of the file in memory
    model = llama.llama_model_load_from_file(os.fsencode(path), wanted)
    if not model:
        return "the model was not loaded"
    context_wanted = llama.llama_context_default_params()
    context_wanted.n_ctx = context_wanted.n_batch = context_wanted.n_ubatch = 64
    context_wanted.n_threads = context_wanted.n_threads_batch = 2
    context = llama.llama_init_from_model(model, context_wanted)
    if not context:
        return "the context was not made"
    vocabulary = llama.llama_model_get_vocab(model)
    tokens = (llama.llama_token * 64)()
    text = "Once, 2 times: {é, 語, 👋}\n".encode()
    count = llama.llama_tokenize(vocabulary, text, len(text), tokens, 64, True, True)
    if path.stat().st_size > DECODED_UP_TO or llama.llama_model_has_encoder(model) or count <= 0:
        return None
    if llama.llama_decode(context, llama.llama_batch_get_one(tokens, min(count, 48))) != 0:
        return "a step could not be computed"
    return None


def main() -> None:
    path, seconds = Path(sys.argv[1]), int(sys.argv[2])
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.alarm(seconds)  # a child whose parent was killed does not stay
    problem = open_file(path)
    if problem is None:
        os._exit(0)  # nothing is freed: the process ends anyway
    os.write(2, f"{problem}\n".encode())
    os._exit(REFUSED)


if __name__ == "__main__":
    main()
