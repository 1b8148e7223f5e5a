"""How large a model is loaded: its context, its pool of cells, its threads, its layers on a GPU.

What the card says goes first, then the settings, then what fits. On a GPU, layers go before cells: as many layers as
fit beside the smallest pool that serves one request, and then as many cells as there is room for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.catalog import ModelCard
from server.engine import gguf
from server.engine.host import Plan, VectorPlan
from server.engine.llama import LoadOptions, can_offload, in_tiles
from server.engine.memory import has_amx, physical_cores
from server.engine.projector_file import ROWS_OF_A_WHOLE, ProjectorHeader, read_projector
from server.engine.room import Room
from server.engine.uses import Uses, uses_of
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

    @property
    def gpu_layers(self) -> int:
        return self.plan.options.gpu_layers


_NONE = Room(0, 0)
"""With this the smallest that serves is chosen."""


def size(card: ModelCard, header: gguf.Header, settings: EngineSection, room: Room) -> Sized:
    """Choose the sizes for a load into this room. The result may need more, if nothing smaller serves."""
    if card.gpu_layers is not None:
        wanted = card.gpu_layers if card.gpu_layers >= 0 else header.layers + 1
        return _sized(card, header, settings, room, wanted if can_offload() else 0)
    layers = 0
    if room.gpu:
        smallest = _sized(card, header, settings, _NONE, header.layers + 1)
        layers = smallest.estimate.layers_that_fit(room.gpu)
    return _sized(card, header, settings, room, layers)


def _sized(card: ModelCard, header: gguf.Header, settings: EngineSection, room: Room, layers: int) -> Sized:
    uses = uses_of(card, header)
    if uses.pooling is None:
        return _for_text(card, header, settings, room, layers, uses)
    if uses.writes:
        least = _for_text(card, header, settings, _NONE, layers, uses).estimate
        vectors, kept = _for_vectors(card, header, settings, room, layers, least)
        text = _for_text(card, header, settings, room, layers, uses, kept)
        return Sized(replace(text.plan, vectors=vectors), text.estimate)
    vectors, kept = _for_vectors(card, header, settings, room, layers)
    options = vectors.options
    plan = Plan(card.name, card.file, options, vectors.longest, settings.target_gap_ms / 1000, 0, uses, vectors)
    return Sized(plan, kept)


def _both(one: gguf.Estimate, other: gguf.Estimate, header: gguf.Header) -> gguf.Estimate:
    """Of two contexts on the same weights."""
    layers = zip(one.layer, other.layer, header.layer_bytes, strict=True)
    return replace(
        one,
        kv=one.kv + other.kv,
        compute=one.compute + other.compute,
        layer=tuple(first + second - weights for first, second, weights in layers),
    )


def _for_vectors(
    card: ModelCard,
    header: gguf.Header,
    settings: EngineSection,
    room: Room,
    layers: int,
    beside: gguf.Estimate | None = None,
) -> tuple[VectorPlan, gguf.Estimate]:
    """The context for vectors: as long as one text may be, for what is in it is gone after the step. `beside`: what the
    other context of the same model takes at least.

    Where every token sees all others a text cannot be computed in parts, and what that takes grows with its square.
    """
    most = header.context_length or DEFAULT_CONTEXT
    # Beyond what it was trained on, a model that has learnt its positions one by one would read past their table.
    longest = min(card.context or DEFAULT_CONTEXT, most)
    step = card.batch or settings.batch

    def sized(longest: int) -> tuple[VectorPlan, gguf.Estimate]:
        batch = max(longest, step)
        ubatch = min(card.ubatch or step, batch) if header.causal else batch
        cells = -(-batch // _STEP) * _STEP
        flash = card.flash_attention
        if flash == "auto" and not layers and card.type_v in _PLAIN:
            scores = 4 * max(1, *header.heads) * cells * ubatch
            flash = "off" if scores <= SCORES_BYTES else "on"
        options = replace(_options(card, settings, layers), cells=cells, slots=card.slots or settings.slots)
        options = replace(options, batch=batch, ubatch=ubatch, flash_attention=flash, causal=header.causal)
        estimate = gguf.estimate(
            header,
            cells=cells,
            slots=options.slots,
            batch=ubatch,
            type_k=card.type_k,
            type_v=card.type_v,
            gpu_layers=layers,
            flash=flash != "off",
            outputs=batch,
        )
        return VectorPlan(options, longest, step), estimate

    def fits(estimate: gguf.Estimate) -> bool:
        return room.holds(estimate if beside is None else _both(beside, estimate, header))

    found = sized(longest)
    while not card.context and longest > step and not fits(found[1]):
        longest = max(step, longest // 2)
        found = sized(longest)
    return found


def _for_text(
    card: ModelCard,
    header: gguf.Header,
    settings: EngineSection,
    room: Room,
    layers: int,
    uses: Uses,
    beside: gguf.Estimate | None = None,
) -> Sized:
    """The context for text. `beside`: what the other context of the same model takes."""
    projector = read_projector(card.projector) if card.projector is not None else None
    context = card.context or min(header.context_length or DEFAULT_CONTEXT, DEFAULT_CONTEXT)
    slots = card.slots or settings.slots
    batch = card.batch or settings.batch
    flash = card.flash_attention
    if flash == "auto" and not layers and card.type_v in _PLAIN:
        # With AMX it was seen to be slow: docs/architecture.md.
        flash = "on" if in_tiles(card.type_k, card.type_v) and not has_amx() else "off"
    if card.type_v not in _PLAIN and flash == "off":
        raise ModelLoadFailed(f"{card.name}: a value cache of type {card.type_v} needs flash attention; it is off.")

    def ubatch(cells: int) -> int:
        if card.ubatch or flash != "off":
            return min(card.ubatch or batch, batch)
        fits = SCORES_BYTES // (4 * max(1, *header.heads) * cells)
        least = ROWS_OF_A_WHOLE if projector is not None and projector.whole else 64
        return min(batch, max(least, 1 << max(0, fits.bit_length() - 1)))

    def estimate(cells: int) -> gguf.Estimate:
        found = gguf.estimate(
            header,
            cells=cells,
            slots=slots,
            batch=ubatch(cells),
            type_k=card.type_k,
            type_v=card.type_v,
            gpu_layers=layers,
            flash=flash != "off",
        )
        if projector is not None:
            found = _with(projector, found)
        return found if beside is None else _both(found, beside, header)

    cells = card.cells or settings.cells
    if not cells:
        cells = context * min(slots, REQUESTS_AT_ONCE)
        if not layers:
            cells = max(context, min(cells, MOST_CELLS_ON_CPU))
        while cells > context and not room.holds(estimate(cells)):
            cells = max(context, cells // 2)
    cells = -(-cells // _STEP) * _STEP
    options = replace(_options(card, settings, layers), cells=cells, slots=slots, batch=batch)
    options = replace(options, ubatch=ubatch(cells), flash_attention=flash)
    whole = estimate(cells)
    # What leaves the pool is kept in memory where a copy is near: beside a CPU, and where there is memory to spare.
    store = cells // 2 if not layers and room.holds(replace(whole, kv=2 * whole.kv)) else 0
    gap = settings.target_gap_ms / 1000
    plan = Plan(card.name, card.file, options, min(context, cells), gap, store, uses, projector=projector)
    return Sized(plan, whole)


def _with(projector: ProjectorHeader, estimate: gguf.Estimate) -> gguf.Estimate:
    """With a projector beside the model. Its scratch depends on the kind: half its weights is on the safe side of those
    that were looked at.
    """
    compute = estimate.compute + projector.size // 2
    return replace(estimate, weights=estimate.weights + projector.size, compute=compute, projector=projector.size)


def _options(card: ModelCard, settings: EngineSection, layers: int) -> LoadOptions:
    """What does not depend on sizes; those are still to be put in."""
    threads = card.threads or settings.threads or physical_cores()
    return LoadOptions(
        cells=0,
        slots=0,
        batch=0,
        ubatch=0,
        threads=threads,
        threads_batch=card.threads_batch or threads,
        gpu_layers=layers,
        type_k=card.type_k,
        type_v=card.type_v,
        mmap=card.mmap,
        mlock=card.mlock,
        main_gpu=card.main_gpu,
        tensor_split=card.tensor_split,
        split_mode=card.split_mode,
        lora=tuple((lora.file, lora.scale) for lora in card.lora),
    )
