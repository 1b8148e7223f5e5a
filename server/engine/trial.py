"""A model file that has never been seen is opened by a short-lived child first, which may die in our place.

llama.cpp answers some broken files with an assertion, and that ends the process. The parent's half (`try_file`) starts
the child, judges how it ended and remembers the verdict; the child's half (`python -m server.engine.trial FILE`) does
with the file what a load does, at the least cost, and imports nothing of the web.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from server.engine.gguf import fingerprint
from server.engine.projector_file import ProjectorHeader
from server.engine.short_lived import bound_this_process, how_it_ended, judges, run_child
from server.engine.verdicts import Verdicts
from server.errors import ModelLoadFailed

REFUSED = 3
"""The child's exit status when llama.cpp said no and lived."""

DECODED_UP_TO = 4 * 2**30
"""Bytes of a file whose weights are computed with, too. Of a larger one they are mapped and not touched."""

_LOG_ERROR = 4
"""ggml's number for it, which the binding does not name."""


async def try_file(
    path: Path, verdicts: Verdicts, *, projector: ProjectorHeader | None = None, seconds: float = 120.0
) -> None:
    """Returns if llama.cpp can open this file, raises ModelLoadFailed if not. Asks a child only the first time. With a
    `projector`, which cannot be opened alone, the verdict is about the two together.

    It is remembered in `verdicts` until the file or llama.cpp changes. What may not be the file's fault (killed from
    outside, out of time, a child that did not come so far) is not remembered.
    """
    key = f"{await asyncio.to_thread(fingerprint, path)} {_llama_version()}"
    files, named = [str(path.absolute())], repr(path.name)
    if projector is not None:
        key += f" {projector.fingerprint}"
        files.append(str(projector.file.absolute()))
        named += f" with its projector {projector.file.name!r}"
    known = verdicts.get(key)
    if known is None:
        try:
            status, words = await run_child(__name__, str(int(seconds) + 2), *files, seconds=seconds)
        except TimeoutError:
            message = f"The model file {named} could not be opened within {seconds:g} seconds."
            raise ModelLoadFailed(message) from None
        if not (judges(status) or status == REFUSED):
            reason = _and_what_it_said(how_it_ended(status), words)
            raise ModelLoadFailed(f"The model file {named} could not be tried: the process for it ended{reason}.")
        known = _verdict(status, words)
        verdicts.remember(key, known)
    if known:
        raise ModelLoadFailed(f"The model file {named} is not usable: {known}")


def _verdict(status: int, words: str) -> str:
    """Empty when all is well, else a sentence."""
    if status == 0:
        return ""
    if status == REFUSED:
        return f"llama.cpp refused it: {_telling_line(words) or 'it gave no reason'}."
    return f"llama.cpp crashed on it{_and_what_it_said(how_it_ended(status), words)}."


def _and_what_it_said(end: str, words: str) -> str:
    line = _telling_line(words)
    return f" ({end}){': ' + line if line else ''}"


def _telling_line(words: str) -> str:
    """The line of the log that says most about the failure, without folders."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    asserted = [line for line in lines if re.search(r"ASSERT|abort", line)]
    telling = [line for line in lines if not re.search(r"failed to load|failed to initialize|was not", line)]
    line = (asserted or telling or lines or [""])[-1]
    line = re.sub(r"[^\s'\"]*[/\\]", "", line)
    return re.sub(r"^(\w+: )?(error loading model: )?", "", line)[:300].rstrip(".")


def _llama_version() -> str:
    try:
        return version("llama-cpp-python")
    except PackageNotFoundError:
        return "unknown"


# The child


def open_file(path: Path, projector: Path | None = None) -> str | None:
    """Loads the file, builds a small context, computes a few tokens; has the projector look at nothing. Returns why
    not, or None; or never returns.
    """
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
    if projector is not None and not _open_projector(projector, model, log):
        return "the projector was not loaded"
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
    if llama.llama_pooling_type(context) > 0:
        llama.llama_set_embeddings(context, True)  # the head that makes a score is computed only then
    count = min(count, 48, llama.llama_model_n_ctx_train(model))
    if llama.llama_decode(context, llama.llama_batch_get_one(tokens, count)) != 0:
        return "a step could not be computed"
    return None


def _open_projector(path: Path, model: object, log: object) -> bool:
    import llama_cpp.mtmd_cpp as mtmd

    mtmd.mtmd_log_set(log, None)
    wanted = mtmd.mtmd_context_params_default()
    wanted.use_gpu = False
    wanted.n_threads = 2
    return bool(mtmd.mtmd_init_from_file(os.fsencode(path), model, wanted))  # it computes an image to warm up


def main() -> None:
    bound_this_process(int(sys.argv[1]))
    problem = open_file(*map(Path, sys.argv[2:]))
    if problem is None:
        os._exit(0)  # nothing is freed: the process ends anyway
    os.write(2, f"{problem}\n".encode())
    os._exit(REFUSED)


if __name__ == "__main__":
    main()
