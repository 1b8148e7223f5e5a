"""Rows of images in batches of their own: llama.cpp takes tokens or numbers in one batch, never both."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import numpy as np

from server.engine.llama import C, Context
from server.engine.request import Chunk

_Int32Pointer = ctypes.POINTER(ctypes.c_int32)


class RowBatches:
    """Computes the rows of images on a context. They have no outputs: nothing is drawn from them."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def compute(self, chunks: list[Chunk]) -> None:
        """All chunks, in as few batches as they fit. ServerError when a step was lost."""
        for together in self._batches(chunks):
            image = together[0].image
            assert image is not None
            if image.rows.whole:
                self._context.look_ahead(True)
            try:
                self._decode(together)
            finally:
                if image.rows.whole:
                    self._context.look_ahead(False)

    def _batches(self, chunks: list[Chunk]) -> Iterator[list[Chunk]]:
        """Rows that see each other are a batch of their own."""
        together: list[Chunk] = []
        for chunk in chunks:
            if chunk.image is not None and chunk.image.rows.whole:
                yield [chunk]
                continue
            if together and sum(one.count for one in together) + chunk.count > self._context.batch:
                yield together
                together = []
            together.append(chunk)
        if together:
            yield together

    def _decode(self, chunks: list[Chunk]) -> None:
        data, positions, owners = [], [], []
        for chunk in chunks:
            image, slot = chunk.image, chunk.sequence.slot
            assert image is not None
            assert image.rows.data is not None
            assert slot is not None
            at = chunk.start - image.start
            data.append(image.rows.data[at : at + chunk.count])
            positions.append(image.positions(chunk.start, chunk.count, chunk.sequence.position(image.start)))
            owners.append(np.full(chunk.count, slot.id, np.int32))
        rows = np.ascontiguousarray(np.concatenate(data), np.float32)
        position = np.ascontiguousarray(np.concatenate(positions, axis=-1), np.int32)
        owner = np.concatenate(owners)
        count = len(rows)
        ones, wanted = np.ones(count, np.int32), np.zeros(count, np.int8)
        owner_pointers = (_Int32Pointer * count)(
            *(ctypes.cast(owner.ctypes.data + 4 * i, _Int32Pointer) for i in range(count))
        )
        self._context.compute(
            C.llama_batch(
                n_tokens=count,
                token=None,
                embd=rows.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
                pos=position.ctypes.data_as(_Int32Pointer),
                n_seq_id=ones.ctypes.data_as(_Int32Pointer),
                seq_id=ctypes.cast(owner_pointers, ctypes.POINTER(_Int32Pointer)),
                logits=wanted.ctypes.data_as(ctypes.POINTER(ctypes.c_int8)),
            )
        )
