"""How large a model is loaded: its context, its pool of cells, its threads, its layers on a GPU.

What the card says goes first, then the settings, then what fits.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.catalog import ModelCard
from server.engine import gguf
from server.engine.host import Plan
from server.engine.llama import LoadOptions, can_offload
from server.engine.memory import free_gpu_memory, physical_cores
from server.errors import ModelLoadFailed
from server.settings import EngineSection

DEFAULT_CONTEXT = 8192
"""Tokens for one request when the card says nothing and the model was trained on more."""

REQUESTS_AT_ONCE = 8
"""Whole contexts that the pool has cells for, where they fit."""

MOST_CELLS_ON_CPU = 16384
"""Beyond one request's context: on a CPU every resident cell makes every step a little slower."""

SCORES_BYTES = 128 * 1024 * 1024
"""Most memory for attention's scores where flash attention is off: micro-batches are made small enough for it."""

_PLAIN = ("f16", "f32", "bf16")
"""Types of values that attention can read without flash attention."""

_STEP = 256
"""llama.cpp rounds the pool up to a multiple of this."""


@dataclass(frozen=True, slots=True)
class Sized:
    """A load that was thought through: what to load and what it will take."""

    plan: Plan
    estimate: gguf.Estimate


def size(card: ModelCard, header: gguf.Header, settings: EngineSection, free: int) -> Sized:
    """Choose the sizes for a load with `free` bytes to take. The result may need more, if nothing smaller serves."""
    context = card.context or min(header.context_length or DEFAULT_CONTEXT, DEFAULT_CONTEXT)
    slots = card.slots or settings.slots
    batch = card.batch or settings.batch
    layers = _gpu_layers(card, header)
    flash = card.flash_attention
    if flash == "auto" and not layers and card.type_v in _PLAIN:
        flash = "off"  # on a CPU, llama.cpp's computes fewer than 64 tokens at a time one by one
    if card.type_v not in _PLAIN and flash == "off":
        raise ModelLoadFailed(f"{card.name}: a value cache of type {card.type_v} needs flash attention; it is off.")

    def ubatch(cells: int) -> int:
        if card.ubatch or flash != "off":
            return min(card.ubatch or batch, batch)
        fits = SCORES_BYTES // (4 * max(header.heads, default=1) * cells) if header.heads else batch
        return min(batch, max(64, 1 << max(0, fits.bit_length() - 1)))

    def estimate(cells: int) -> gguf.Estimate:
        return gguf.estimate(
            header,
            cells=cells,
            slots=slots,
            batch=ubatch(cells),
            type_k=card.type_k,
            type_v=card.type_v,
            gpu_layers=layers,
            flash=flash != "off",
        )

    cells = card.cells or settings.cells
    if not cells:
        cells = context * min(slots, REQUESTS_AT_ONCE)
        if not layers:
            cells = max(context, min(cells, MOST_CELLS_ON_CPU))
        while cells > context and estimate(cells).total > free:
            cells = max(context, cells // 2)
    cells = -(-cells // _STEP) * _STEP
    threads = card.threads or settings.threads or physical_cores()
    options = LoadOptions(
        cells=cells,
        slots=slots,
        batch=batch,
        ubatch=ubatch(cells),
        threads=threads,
        threads_batch=card.threads_batch or threads,
        gpu_layers=layers,
        type_k=card.type_k,
        type_v=card.type_v,
        flash_attention=flash,
        mmap=card.mmap,
        mlock=card.mlock,
        main_gpu=card.main_gpu,
        tensor_split=card.tensor_split,
        split_mode=card.split_mode,
        lora=tuple((lora.file, lora.scale) for lora in card.lora),
    )
    whole = estimate(cells)
    # What leaves the pool is kept in memory where a copy is near: beside a CPU, and where there is memory to spare.
    store = cells // 2 if not layers and whole.total + whole.kv <= free else 0
    return Sized(Plan(card.name, card.file, options, min(context, cells), settings.target_gap_ms / 1000, store), whole)


def _gpu_layers(card: ModelCard, header: gguf.Header) -> int:
    if not can_offload():
        return 0
    if card.gpu_layers is not None:
        return card.gpu_layers if card.gpu_layers >= 0 else header.layers + 1
    context = card.context or DEFAULT_CONTEXT
    whole = gguf.estimate(header, cells=context, slots=1, batch=card.batch or 512, gpu_layers=header.layers + 1)
    return whole.layers_that_fit(free_gpu_memory())
