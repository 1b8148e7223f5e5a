"""The border to llama.cpp: the only file that imports `llama_cpp`.

It owns every C handle it makes and frees it once, turns return codes into errors, and passes nothing on unbounded.
A `Model` and a `Context` belong to the thread that made them.
"""

from __future__ import annotations

import ctypes
import functools
import logging
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as _binding
import numpy as np
import numpy.typing as npt

from server.errors import ModelLoadFailed, ServerError

log = logging.getLogger(__name__)

C = _binding
"""llama.cpp's functions, for the rooms beside this one that build things in C (sampling.py)."""

Int32s = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Int8s = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float32]

_BytePointer = ctypes.POINTER(ctypes.c_uint8)
_Int32Pointer = ctypes.POINTER(ctypes.c_int32)

KV_TYPES = {
    "f32": C.GGML_TYPE_F32,
    "f16": C.GGML_TYPE_F16,
    "bf16": 30,
    "q8_0": C.GGML_TYPE_Q8_0,
    "q5_1": C.GGML_TYPE_Q5_1,
    "q5_0": C.GGML_TYPE_Q5_0,
    "q4_1": C.GGML_TYPE_Q4_1,
    "q4_0": C.GGML_TYPE_Q4_0,
    "iq4_nl": C.GGML_TYPE_IQ4_NL,
}

_SPLIT_MODES = {"none": 0, "layer": 1, "row": 2}

_C_LIBRARY = "msvcrt" if sys.platform == "win32" else None

_COMPLAINTS = (2, 3)
"""Log levels: warning and error."""

_BUFFER = re.compile(r"(\S+)\s+(model|KV|RS|compute|output) buffer size\s*=\s*([0-9.]+) MiB")


OUTPUTS = 64
"""Tokens of a step whose logits can be had, where that is more than there are slots: as many of a prompt are rated."""


_TILE = 64
"""Rows that llama.cpp's flash attention takes together on a CPU. They look at all cells that any of them sees; fewer
rows than that are computed one by one, and look at their own.
"""


def in_tiles(type_k: str, type_v: str) -> bool:
    """Whether flash attention on a CPU takes rows together with a cache of these types; with others never."""
    return type_k == type_v and type_v in ("f16", "f32")


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How a model file is opened and how large its context is. Sizes are in tokens."""

    cells: int
    slots: int
    batch: int
    ubatch: int
    threads: int
    threads_batch: int
    gpu_layers: int = -1
    type_k: str = "f16"
    type_v: str = "f16"
    flash_attention: str = "auto"
    mmap: bool = True
    mlock: bool = False
    main_gpu: int = 0
    tensor_split: tuple[float, ...] = ()
    split_mode: str | None = None
    lora: tuple[tuple[Path, float], ...] = ()
    causal: bool = True
    """False: each token sees those after it too, and a batch cannot be computed in parts."""

    @property
    def outputs(self) -> int:
        """Tokens of a step whose logits are kept. llama.cpp ends the process where there are more slots than that."""
        return max(self.slots, min(OUTPUTS, self.batch))

    @property
    def answers(self) -> int:
        """Sequences that a step should answer at most. On a CPU with flash attention, 64 of 250 tokens each took 2.5
        times as long as 63.
        """
        on_cpu = self.flash_attention == "on" and not self.gpu_layers
        return min(self.batch, _TILE - 1) if on_cpu and in_tiles(self.type_k, self.type_v) else self.batch


class Log:
    """Where llama.cpp's own words go: our log at debug level, and the last complaints and buffer sizes kept."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.buffers: list[tuple[str, str, float]] = []
        self._line = b""
        self.callback = C.llama_log_callback(self._write)

    def _write(self, level: int, text: bytes, _: Any) -> None:
        self._line += text
        if not self._line.endswith(b"\n"):
            return
        line, self._line = self._line.decode("utf-8", "replace").strip(), b""
        log.debug("llama.cpp: %s", line)
        if level in _COMPLAINTS:
            self.complaints = [*self.complaints[-7:], line]
        if found := _BUFFER.search(line):
            self.buffers.append((found[1], found[2], float(found[3])))

    def clear(self) -> None:
        self.complaints.clear()
        self.buffers.clear()


@functools.cache
def backend() -> Log:
    """Start llama.cpp once in this process; there is one log for all of it, as there is in C."""
    words = Log()
    C.llama_log_set(words.callback, ctypes.c_void_p(0))
    C.llama_backend_init()
    return words


def build() -> str:
    """Version of the binding and the library, for fingerprints and reports."""
    import llama_cpp

    return f"llama-cpp-python {llama_cpp.__version__}"


def can_offload() -> bool:
    """Whether this build of llama.cpp has a GPU to put layers on."""
    backend()
    return bool(C.llama_supports_gpu_offload())


class Model:
    """An open model file. Close it once, after its contexts."""

    def __init__(self, file: Path, options: LoadOptions, progress: Callable[[float], bool] = lambda _: True) -> None:
        """Load `file`. `progress` gets 0 to 1 and returns False to abort (then ModelLoadFailed is raised)."""
        words = backend()
        words.clear()
        params = C.llama_model_default_params()
        params.n_gpu_layers = options.gpu_layers
        # Repacked weights are faster, but where llama.cpp was built with AMX they bring in tile code that gcc 12.2
        # miscompiles: it ends the process at the first prompt. scripts/serve builds without AMX.
        params.use_extra_bufts = b"AMX_INT8 = 1" not in C.llama_print_system_info()
        params.main_gpu = options.main_gpu
        params.load_mode = (1 if options.mmap else 0) + (2 if options.mlock else 0)
        if options.split_mode is not None:
            params.split_mode = _SPLIT_MODES[options.split_mode]
        if options.tensor_split:
            split = (ctypes.c_float * max(C.llama_max_devices(), len(options.tensor_split)))(*options.tensor_split)
            params.tensor_split = split
        aborted = False

        def on_progress(value: float, _: Any) -> bool:
            nonlocal aborted
            aborted = not progress(value)
            return not aborted

        params.progress_callback = C.llama_progress_callback(on_progress)
        self._handle = C.llama_model_load_from_file(str(file).encode(), params)
        if not self._handle:
            why = "the load was cancelled" if aborted else reason(words, file)
            raise ModelLoadFailed(f"{file.name} could not be loaded: {why}.")
        self.handle: Any = self._handle
        """For what is built on it in the rooms beside this one; lives as long as the model."""
        self.vocabulary_handle: Any = C.llama_model_get_vocab(self._handle)
        """For a Vocabulary; lives as long as the model."""
        self.trained_context = int(C.llama_model_n_ctx_train(self._handle))
        self.size = int(C.llama_model_size(self._handle))
        self.cuttable = not (C.llama_model_is_recurrent(self._handle) or C.llama_model_is_hybrid(self._handle))
        """Whether a sequence can drop its last tokens: recurrent state cannot."""
        self.windowed = C.llama_model_n_swa(self._handle) > 0
        """Whether layers look back over a window only: then a saved sequence lacks what lies before it."""
        self.has_decoder = bool(C.llama_model_has_decoder(self._handle))
        self.has_encoder = bool(C.llama_model_has_encoder(self._handle))
        template = C.llama_model_chat_template(self._handle, None)
        self.template: str | None = template.decode("utf-8", "replace") if template else None
        template = C.llama_model_chat_template(self._handle, b"rerank")
        self.rank_template: str | None = template.decode("utf-8", "replace") if template else None
        self._adapters = [self._adapter(lora, scale) for lora, scale in options.lora]

    def _adapter(self, file: Path, scale: float) -> tuple[Any, float]:
        adapter = C.llama_adapter_lora_init(self._handle, str(file).encode())
        if not adapter:
            self.close()
            raise ModelLoadFailed(f"The LoRA {file.name} does not fit this model or cannot be read.")
        return adapter, scale

    def context(self, options: LoadOptions) -> Context:
        """Make the one context that all sequences share. ModelLoadFailed when its memory cannot be had."""
        return Context(self._handle, options, self._adapters)

    def vector_context(self, options: LoadOptions, *, ranks: bool) -> VectorContext:
        """Make a context for vectors, or scores; there may be one of each kind on a model, each in its own thread."""
        return VectorContext(self._handle, options, self._adapters, ranks=ranks)

    def buffers(self) -> list[tuple[str, str, float]]:
        """What llama.cpp reported since the load began: device, kind (model, KV, compute, output) and MiB."""
        return list(backend().buffers)

    def close(self) -> None:
        """Free the model (its adapters go with it)."""
        handle, self._handle = self._handle, None
        if handle:
            C.llama_model_free(handle)


class Context:
    """One context with one unified cache: `slots` sequences over `cells` cells."""

    def __init__(self, model: Any, options: LoadOptions, adapters: list[tuple[Any, float]]) -> None:
        words = backend()
        params = C.llama_context_default_params()
        params.n_ctx = options.cells
        params.n_batch = options.batch
        params.n_ubatch = min(options.ubatch, options.batch)
        params.n_seq_max = options.slots
        params.n_outputs_max = options.outputs
        params.n_threads = options.threads
        params.n_threads_batch = options.threads_batch
        params.type_k = KV_TYPES[options.type_k]
        params.type_v = KV_TYPES[options.type_v]
        params.flash_attn_type = {"auto": -1, "off": 0, "on": 1}[options.flash_attention]
        params.kv_unified = True
        params.swa_full = True  # a window's cache keeps all cells, so that any suffix can be dropped
        params.no_perf = True
        self._adjust(params)
        # llama.cpp asks before every node of the graph whether to go on: far too often to call Python.
        # strlen of this flag answers in C: 0 while it is empty, 1 once `interrupt` has written to it.
        self._flag = ctypes.create_string_buffer(2)
        params.abort_callback = ctypes.cast(ctypes.CDLL(_C_LIBRARY).strlen, C.ggml_abort_callback)
        params.abort_callback_data = ctypes.cast(self._flag, ctypes.c_void_p)
        self._handle = C.llama_init_from_model(model, params)
        if not self._handle:
            raise ModelLoadFailed(f"The context could not be made: {reason(words)}.")
        self._memory = C.llama_get_memory(self._handle)
        self.cells = int(C.llama_n_ctx(self._handle))
        self._vocabulary = int(C.llama_vocab_n_tokens(C.llama_model_get_vocab(model)))
        self.batch = options.batch
        self._adapt(adapters)
        size = options.batch
        self.token: Int32s = np.zeros(size, np.int32)
        self.position: Int32s = np.zeros(size, np.int32)
        self.sequence: Int32s = np.zeros(size, np.int32)
        """The sequence that each token of the batch belongs to."""
        self.wanted: Int8s = np.zeros(size, np.int8)
        """Whether the logits of a token are wanted."""
        self._batch = self._view_batch(size)

    def _adjust(self, params: Any) -> None:
        """Change what another kind of context wants otherwise."""

    def _view_batch(self, size: int) -> Any:
        """A llama_batch over the arrays above: they are its memory, and nothing of it is llama.cpp's to free."""
        self._one_each: Int32s = np.ones(size, np.int32)
        addresses = (self.sequence.ctypes.data + 4 * i for i in range(size))
        self._sequence_pointers = (_Int32Pointer * size)(
            *(ctypes.cast(address, _Int32Pointer) for address in addresses)
        )
        return C.llama_batch(
            n_tokens=0,
            token=self.token.ctypes.data_as(_Int32Pointer),
            embd=None,
            pos=self.position.ctypes.data_as(_Int32Pointer),
            n_seq_id=self._one_each.ctypes.data_as(_Int32Pointer),
            seq_id=ctypes.cast(self._sequence_pointers, ctypes.POINTER(_Int32Pointer)),
            logits=self.wanted.ctypes.data_as(ctypes.POINTER(ctypes.c_int8)),
        )

    def _adapt(self, adapters: list[tuple[Any, float]]) -> None:
        if adapters:
            handles = (ctypes.c_void_p * len(adapters))(*(handle for handle, _ in adapters))
            scales = (ctypes.c_float * len(adapters))(*(scale for _, scale in adapters))
            C.llama_set_adapters_lora(self._handle, handles, len(adapters), scales)

    def decode(self, count: int) -> None:
        """Compute the first `count` tokens of the batch. After a ServerError the cells are in doubt: drop them."""
        self._batch.n_tokens = count
        self.compute(self._batch)

    def compute(self, batch: Any) -> None:
        """As `decode`, a llama_batch that somebody else has filled."""
        code = (C.llama_decode if self._memory else C.llama_encode)(self._handle, batch)
        if code == 1:
            raise ServerError("The engine found no room in its cache where its books said there was some.")
        if code:
            raise ServerError(f"llama.cpp could not compute this step (code {code}).")

    def look_ahead(self, on: bool) -> None:
        """Whether the tokens of a batch see those that come after them; it must fit into one micro-batch then."""
        C.llama_set_causal_attn(self._handle, not on)

    def logits(self, row: int) -> Floats:
        """The raw logits of a batch row that was `wanted`; valid until the next decode."""
        return np.ctypeslib.as_array(C.llama_get_logits_ith(self._handle, row), (self._vocabulary,))

    def sample(self, chain: Any, row: int) -> int:
        """Draw a token for a batch row through a sampler chain, which remembers it."""
        return int(C.llama_sampler_sample(chain, self._handle, row))

    def share(self, source: int, target: int, positions: int) -> None:
        """Let `target` have what stands at the first `positions` of `source`; no data is copied."""
        C.llama_memory_seq_cp(self._memory, source, target, 0, positions)

    def cut(self, sequence: int, positions: int) -> bool:
        """Drop what `sequence` has beyond so many positions; False when this memory cannot."""
        return bool(C.llama_memory_seq_rm(self._memory, sequence, positions, -1))

    def save(self, sequence: int) -> Bytes:
        """A copy of all that `sequence` holds."""
        data: Bytes = np.empty(C.llama_state_seq_get_size(self._handle, sequence), np.uint8)
        written = C.llama_state_seq_get_data(self._handle, data.ctypes.data_as(_BytePointer), data.size, sequence)
        return data[:written]

    def restore(self, sequence: int, data: Bytes) -> bool:
        """Let an empty sequence hold what was saved; False when there is no room."""
        return bool(C.llama_state_seq_set_data(self._handle, data.ctypes.data_as(_BytePointer), data.size, sequence))

    def clear(self) -> None:
        """Empty the cache, if there is one."""
        if self._memory:
            C.llama_memory_clear(self._memory, True)

    def interrupt(self) -> None:
        """Make a running decode end early with an error. From any thread."""
        self._flag[0] = b"\x01"

    def close(self) -> None:
        """Free the context."""
        handle, self._handle = self._handle, None
        if handle:
            C.llama_free(handle)


class VectorContext(Context):
    """A context whose batches become the outputs of their tokens, or, with `ranks`, a score for each sequence."""

    def __init__(
        self, model: Any, options: LoadOptions, adapters: list[tuple[Any, float]], *, ranks: bool = False
    ) -> None:
        self._ranks = ranks
        super().__init__(model, options, adapters)
        self.width = int(C.llama_model_n_cls_out(model) if ranks else C.llama_model_n_embd_out(model))
        """Numbers in a vector; of scores, how many the model's head gives."""
        # llama.cpp ends the process if it is given more at once where every token sees all others.
        whole = not self._memory or not options.causal
        self.most = min(options.batch, options.ubatch) if whole else options.batch
        """Tokens of the largest batch."""

    def _adjust(self, params: Any) -> None:
        params.embeddings = True
        params.pooling_type = C.LLAMA_POOLING_TYPE_RANK if self._ranks else C.LLAMA_POOLING_TYPE_NONE
        params.n_outputs_max = 0  # every token's output is wanted

    def outputs(self, count: int) -> Floats:
        """A row for each of the `count` tokens that were computed; valid until the next decode."""
        return np.ctypeslib.as_array(C.llama_get_embeddings(self._handle), (count, self.width))

    def scores(self, sequence: int) -> Floats:
        """What the model's head made of a sequence; valid until the next decode."""
        return np.ctypeslib.as_array(C.llama_get_embeddings_seq(self._handle, sequence), (self.width,))


def reason(words: Log, file: Path | None = None) -> str:
    """llama.cpp's last complaint, without its function names and our paths."""
    for line in reversed(words.complaints):
        text = re.sub(r"^\w+:\s*", "", line).strip().rstrip(".")
        if file is not None:
            text = text.replace(str(file), file.name)
        if text and "failed to load model" not in text:
            return text[:300]
    return "llama.cpp gave no reason"
