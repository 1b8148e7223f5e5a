"""The border to libmtmd: pixels become the rows and tokens that a model reads an image as.

Looking at an image takes from milliseconds to many seconds. So a projector has a thread of its own, beside that of its
model, whose answers go on meanwhile.
"""

from __future__ import annotations

import ctypes
import itertools
from array import array
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import llama_cpp.mtmd_cpp as M
import numpy as np
import numpy.typing as npt

from server.engine.llama import C, LoadOptions, Model, backend, can_offload, reason
from server.engine.pictures import AXES, Picture, Rows
from server.errors import BadRequest, EngineDied, ModelLoadFailed, ServerError

Pixels = npt.NDArray[np.uint8]
"""Shape (height, width, 3): red, green, blue."""

_PLACE = np.dtype([("t", np.uint32), ("x", np.uint32), ("y", np.uint32), ("z", np.uint32)])
"""libmtmd's mtmd_decoder_pos."""

_SECTIONS = ("t", "y", "x", "z")
"""The order in which llama.cpp wants its members."""


class Projector:
    """An open projector. `look` may be called from any thread; close it once, before its model."""

    def __init__(self, model: Model, file: Path, options: LoadOptions, *, whole: bool) -> None:
        """`whole`: its images are computed in one micro-batch, and are made small enough for that where they can be."""
        words = backend()
        words.clear()
        M.mtmd_log_set(words.callback, ctypes.c_void_p(0))
        params = M.mtmd_context_params_default()
        params.use_gpu = options.gpu_layers != 0 and can_offload()
        params.print_timings = False
        params.n_threads = options.threads
        if whole:
            params.image_max_tokens = options.ubatch
        self._handle: Any = M.mtmd_init_from_file(str(file).encode(), model.handle, params)
        if not self._handle:
            raise ModelLoadFailed(f"The projector {file.name} could not be loaded: {reason(words, file)}.")
        if not M.mtmd_support_vision(self._handle):
            self._free()
            raise ModelLoadFailed(f"The projector {file.name} is not one for images.")
        self.grid = bool(M.mtmd_decode_use_mrope(self._handle))
        """Whether rows have a place in a grid."""
        self._whole = bool(M.mtmd_decode_use_non_causal(self._handle, None))
        self._most = options.ubatch if self._whole else None
        self._width = int(C.llama_model_n_embd_inp(model.handle))
        self._numbers = itertools.count()
        self._marker: bytes = M.mtmd_default_marker()
        self._thread = ThreadPoolExecutor(1, f"images {file.name}")

    def look(self, pixels: Pixels, *, counted: bool = False) -> Future[Picture]:
        """What a model reads this image as. `counted`: rows are only counted, which takes little time.

        BadRequest for an image that the model cannot take; EngineDied when the projector is closed.
        """
        try:
            return self._thread.submit(self._look, pixels, counted)
        except RuntimeError:
            raise EngineDied("This model has just been unloaded. Try again.") from None

    def _look(self, pixels: Pixels, counted: bool) -> Picture:
        height, width, _ = pixels.shape
        data = np.ascontiguousarray(pixels).ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        bitmap = M.mtmd_bitmap_init(width, height, data)
        chunks = M.mtmd_input_chunks_init()
        try:
            text = M.mtmd_input_text(self._marker, len(self._marker), False, True)
            code = M.mtmd_tokenize(self._handle, chunks, ctypes.byref(text), (ctypes.c_void_p * 1)(bitmap), 1)
            if code:
                raise BadRequest(f"The model cannot take an image of {width} by {height} pixels.")
            found = (M.mtmd_input_chunks_get(chunks, i) for i in range(M.mtmd_input_chunks_size(chunks)))
            return tuple(self._piece(chunk, counted) for chunk in found)
        finally:
            M.mtmd_input_chunks_free(chunks)
            M.mtmd_bitmap_free(bitmap)

    def _piece(self, chunk: Any, counted: bool) -> array[int] | Rows:
        if M.mtmd_input_chunk_get_type(chunk) == M.MTMD_INPUT_CHUNK_TYPE_TEXT:
            size = ctypes.c_size_t()
            tokens = M.mtmd_input_chunk_get_tokens_text(chunk, ctypes.byref(size))
            return array("i", tokens[: size.value]) if tokens else array("i")
        count = int(M.mtmd_input_chunk_get_n_tokens(chunk))
        if self._most is not None and count > self._most:
            raise BadRequest(
                f"The model looks at an image of {count} rows as a whole, and a micro-batch of it holds {self._most}: "
                "its card needs a larger params.ubatch."
            )
        span = int(M.mtmd_input_chunk_get_n_pos(chunk))
        places = self._places(chunk, count) if self.grid else None
        data = None if counted else self._encode(chunk, count)
        return Rows(next(self._numbers), count, span, self._whole, data, places)

    def _encode(self, chunk: Any, count: int) -> npt.NDArray[np.float32]:
        if M.mtmd_encode_chunk(self._handle, chunk):
            raise ServerError("The projector could not compute this image.")
        return np.ctypeslib.as_array(M.mtmd_get_output_embd(self._handle), (count, self._width)).copy()

    def _places(self, chunk: Any, count: int) -> npt.NDArray[np.int32]:
        """What libmtmd says for an image at the start, and how that changes for one a position later."""
        tokens = M.mtmd_input_chunk_get_tokens_image(chunk)
        found = np.empty((2, AXES, count), np.int32)
        for at in range(2):
            places = np.empty(count, _PLACE)
            pointer = places.ctypes.data_as(ctypes.POINTER(M.mtmd_decoder_pos))
            M.mtmd_helper_image_get_decoder_pos(tokens, at, pointer)
            found[at] = np.stack([places[name] for name in _SECTIONS])
        found[1] -= found[0]
        return found

    def close(self) -> None:
        """Free it, after the image that is being looked at; those that wait are not looked at any more."""
        self._thread.shutdown(cancel_futures=True)
        self._free()

    def _free(self) -> None:
        handle, self._handle = self._handle, None
        if handle:
            M.mtmd_free(handle)
