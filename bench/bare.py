"""The bare loop: what llama.cpp does on this machine when nothing is around it. Everything else is measured by it.

Fill a batch, `llama_decode`, sample in C, take the piece; no HTTP, no scheduler, no text. It runs in a process of its
own that stays, so that it and a server can take turns: `{"generating": …}` and the like in, a result out.
"""

from __future__ import annotations

import ctypes
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from server.engine.memory import has_amx

TEMPERATURE, TOP_K, TOP_P = 0.8, 40, 0.95
"""The one way of sampling in all of the bench."""

STEPS = 9
"""Steps of which the median counts."""


@dataclass(frozen=True)
class Setup:
    """How a model is opened; the server is told the same."""

    file: Path
    threads: int
    context: int = 4096
    """Tokens that one request may use."""
    cells: int = 16384
    """Tokens that all of them together may hold."""
    slots: int = 64
    batch: int = 512
    ubatch: int = 256 if has_amx() else 512
    flash: bool = not has_amx()
    """What the server chooses for these models on a CPU."""


class BareLoop:
    """One context over one model. Its tokens are drawn at random: what they say does not matter."""

    def __init__(self, setup: Setup) -> None:
        import llama_cpp.llama_cpp as llama

        from bench.prompts import silence

        silence()
        self._llama = llama
        llama.llama_backend_init()
        self._model = llama.llama_model_load_from_file(str(setup.file).encode(), llama.llama_model_default_params())
        params = llama.llama_context_default_params()
        params.n_ctx = setup.cells
        params.n_batch, params.n_ubatch = setup.batch, setup.ubatch
        params.flash_attn_type = int(setup.flash)
        params.n_seq_max = params.n_outputs_max = setup.slots
        params.n_threads = params.n_threads_batch = setup.threads
        params.kv_unified = True
        self._context = llama.llama_init_from_model(self._model, params) if self._model else None
        if not self._context:
            raise RuntimeError(f"{setup.file}: llama.cpp cannot load it")
        self._vocab = llama.llama_model_get_vocab(self._model)
        self._memory = llama.llama_get_memory(self._context)
        self._batch = llama.llama_batch_init(setup.batch, 0, 1)
        self._limit = setup.batch
        self._vocabulary = int(llama.llama_vocab_n_tokens(self._vocab))
        self._random = random.Random(0)
        self._piece = ctypes.create_string_buffer(256)

    def generating(self, streams: int, prompt: int, tokens: int) -> dict[str, float]:
        """Tokens in a second while `streams` sequences generate, each after a prompt."""
        llama = self._llama
        llama.llama_memory_clear(self._memory, True)
        self._decode((self._token(), at, s, False) for s in range(streams) for at in range(prompt - 1))
        chains = [self._chain(seed) for seed in range(streams)]
        drawn = [self._token() for _ in chains]
        self._step(chains, drawn, prompt - 1)
        began = time.perf_counter()
        for position in range(prompt, prompt + tokens - 1):
            self._step(chains, drawn, position)
        seconds = time.perf_counter() - began
        for chain in chains:
            llama.llama_sampler_free(chain)
        return {"rate": streams * (tokens - 1) / seconds}

    def following(self, streams: int, prompt: int, tokens: int, each: int) -> dict[str, float]:
        """As `generating`, but of `each` tokens only the first is drawn: the others follow from it, as in a form. All
        of them are computed in one step.
        """
        llama = self._llama
        llama.llama_memory_clear(self._memory, True)
        self._decode((self._token(), at, s, False) for s in range(streams) for at in range(prompt))
        chains = [self._chain(seed) for seed in range(streams)]
        last = each - 1
        began = time.perf_counter()
        for start in range(prompt, prompt + tokens, each):
            rows = ((self._token(), start + at, s, at == last) for s in range(streams) for at in range(each))
            self._decode(rows)
            for sequence, chain in enumerate(chains):
                self._draw(chain, sequence * each + last)
        seconds = time.perf_counter() - began
        for chain in chains:
            llama.llama_sampler_free(chain)
        return {"rate": streams * each * len(range(0, tokens, each)) / seconds}

    def turns(self, turns: int, at_once: int, prompt: int, tokens: int) -> dict[str, float]:
        """Seconds for so many prompts with their answers, of which so many are at work together."""
        began = time.perf_counter()
        for start in range(0, turns, at_once):
            self.generating(min(at_once, turns - start), prompt, tokens)
        return {"seconds": time.perf_counter() - began}

    def shared(self, prefix: int, streams: int, suffix: int) -> dict[str, float]:
        """Seconds to compute a prefix once, and to compute all suffixes in one batch and draw a token of each."""
        llama = self._llama
        llama.llama_memory_clear(self._memory, True)
        chains = [self._chain(seed) for seed in range(streams)]
        began = time.perf_counter()
        self._decode((self._token(), at, 0, False) for at in range(prefix))
        llama.llama_synchronize(self._context)
        middle = time.perf_counter()
        for sequence in range(1, streams):
            llama.llama_memory_seq_cp(self._memory, 0, sequence, 0, prefix)
        last = prefix + suffix - 1
        self._decode((self._token(), at, s, at == last) for s in range(streams) for at in range(prefix, last + 1))
        for sequence, chain in enumerate(chains):
            self._draw(chain, sequence * suffix + suffix - 1)
        ended = time.perf_counter()
        for chain in chains:
            llama.llama_sampler_free(chain)
        return {"prefix": middle - began, "suffixes": ended - middle}

    def step(self, streams: int, own: int, idle: int, together: bool, each: int) -> dict[str, float]:
        """Median seconds of a step of `each` tokens for `streams` sequences that see `own` tokens before them: all the
        same ones if `together`. `idle` more are in the pool and are seen by nobody.
        """
        llama, last = self._llama, each - 1
        llama.llama_memory_clear(self._memory, True)
        self._decode((self._token(), at, streams, False) for at in range(idle))
        self._decode((self._token(), at, s, False) for s in range(1 if together else streams) for at in range(own))
        for sequence in range(1, streams if together else 1):
            llama.llama_memory_seq_cp(self._memory, 0, sequence, 0, own)
        seconds: list[float] = []
        for start in range(own, own + STEPS * each, each):
            llama.llama_synchronize(self._context)
            began = time.perf_counter()
            self._decode((self._token(), start + at, s, at == last) for s in range(streams) for at in range(each))
            llama.llama_synchronize(self._context)
            seconds.append(time.perf_counter() - began)
        return {"seconds": statistics.median(seconds)}

    def _token(self) -> int:
        return self._random.randrange(self._vocabulary)

    def _chain(self, seed: int) -> Any:
        llama = self._llama
        chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
        for sampler in (
            llama.llama_sampler_init_top_k(TOP_K),
            llama.llama_sampler_init_top_p(TOP_P, 1),
            llama.llama_sampler_init_temp(TEMPERATURE),
            llama.llama_sampler_init_dist(seed),
        ):
            llama.llama_sampler_chain_add(chain, sampler)
        return chain

    def _step(self, chains: list[Any], drawn: list[int], position: int) -> None:
        self._decode((token, position, sequence, True) for sequence, token in enumerate(drawn))
        for sequence, chain in enumerate(chains):
            drawn[sequence] = self._draw(chain, sequence)

    def _draw(self, chain: Any, index: int) -> int:
        token = int(self._llama.llama_sampler_sample(chain, self._context, index))
        self._llama.llama_token_to_piece(self._vocab, token, self._piece, 256, 0, False)
        return token

    def _decode(self, rows: Iterable[tuple[int, int, int, bool]]) -> None:
        """Compute (token, position, sequence, wanted) rows, a full batch at a time; the last batch may be smaller."""
        batch = self._batch
        batch.n_tokens = 0
        for token, position, sequence, wanted in rows:
            if batch.n_tokens == self._limit:
                self._flush()
            at = batch.n_tokens
            batch.token[at] = token
            batch.pos[at] = position
            batch.n_seq_id[at] = 1
            batch.seq_id[at][0] = sequence
            batch.logits[at] = wanted
            batch.n_tokens = at + 1
        if batch.n_tokens:
            self._flush()

    def _flush(self) -> None:
        code = self._llama.llama_decode(self._context, self._batch)
        if code:
            raise RuntimeError(f"llama_decode answered {code}")
        self._batch.n_tokens = 0


class BareProcess:
    """The bare loop in its own process; it waits without using the machine while others are measured."""

    def __init__(self, setup: Setup) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.bare"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._ask(asdict(setup) | {"file": str(setup.file)})

    def generating(self, streams: int, prompt: int, tokens: int) -> float:
        job = {"streams": streams, "prompt": prompt, "tokens": tokens}
        return float(self._ask({"generating": job})["rate"])

    def following(self, streams: int, prompt: int, tokens: int, each: int) -> float:
        job = {"streams": streams, "prompt": prompt, "tokens": tokens, "each": each}
        return float(self._ask({"following": job})["rate"])

    def turns(self, turns: int, at_once: int, prompt: int, tokens: int) -> float:
        job = {"turns": turns, "at_once": at_once, "prompt": prompt, "tokens": tokens}
        return float(self._ask({"turns": job})["seconds"])

    def step(self, streams: int, own: int, idle: int, together: bool, each: int) -> float:
        job = {"streams": streams, "own": own, "idle": idle, "together": together, "each": each}
        return float(self._ask({"step": job})["seconds"])

    def shared(self, prefix: int, streams: int, suffix: int) -> tuple[float, float]:
        found = self._ask({"shared": {"prefix": prefix, "streams": streams, "suffix": suffix}})
        return float(found["prefix"]), float(found["suffixes"])

    def close(self) -> None:
        self._process.communicate()

    def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the bare loop ended with {self._process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found


def main() -> None:
    """The child's side: how to open the model in the first line, then jobs until the input ends."""
    setup = json.loads(sys.stdin.readline())
    loop = BareLoop(Setup(**setup | {"file": Path(setup["file"])}))
    doing: dict[str, Callable[..., dict[str, float]]] = {
        "generating": loop.generating,
        "following": loop.following,
        "turns": loop.turns,
        "step": loop.step,
        "shared": loop.shared,
    }
    print("{}", flush=True)
    for line in sys.stdin:
        [(kind, job)] = json.loads(line).items()
        print(json.dumps(doing[kind](**job)), flush=True)


if __name__ == "__main__":
    main()
