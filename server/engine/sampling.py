"""SamplingParams become a sampler chain in C, one for each sequence.

The order is llama.cpp's own: bias, penalties, DRY, top-n-sigma, top-k, typical, top-p, min-p, XTC, temperature, draw.
A step at its neutral value is left out; at temperature 0 so is everything that cannot change which token is best.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import secrets
from array import array
from typing import Any

import numpy as np
import numpy.typing as npt

from server.engine.llama import C
from server.engine.request import SamplingParams
from server.engine.vocabulary import Vocabulary
from server.errors import ServerError

_KEEP = 1
"""How many candidates each step leaves at least."""

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
"""llama.cpp's llama_token_data."""


class Sampler:
    """Draws the tokens of one sequence, and remembers them for the penalties. Owns its chain in C."""

    def __init__(self, params: SamplingParams, vocabulary: Vocabulary, context: int, *, biased: bool = True) -> None:
        """`biased` False: whoever picks among some tokens has biased their logits."""
        settings = C.llama_sampler_chain_default_params()
        settings.no_perf = True
        self.handle: Any = C.llama_sampler_chain_init(settings)
        self.remembers = False
        """Whether a step looks at earlier tokens, so that the prompt's have to be told it."""
        if biased:
            self._add_bias(params, vocabulary)
        self._add_penalties(params, vocabulary, context)
        if params.temperature <= 0:
            self._add(C.llama_sampler_init_greedy())
        else:
            self._add_draw(params)

    def _add(self, step: Any) -> None:
        C.llama_sampler_chain_add(self.handle, step)

    def _add_bias(self, params: SamplingParams, vocabulary: Vocabulary) -> None:
        biases = dict(params.logit_bias)
        if params.ignore_eos:
            biases |= dict.fromkeys(vocabulary.ends, -math.inf)
        if biases:
            entries = (C.llama_logit_bias * len(biases))(*(C.llama_logit_bias(*entry) for entry in biases.items()))
            self._add(C.llama_sampler_init_logit_bias(vocabulary.size, len(biases), entries))

    def _add_penalties(self, params: SamplingParams, vocabulary: Vocabulary, context: int) -> None:
        if (params.repeat_penalty, params.frequency_penalty, params.presence_penalty) != (1.0, 0.0, 0.0):
            last = _window(params.repeat_last_n, context)
            self._add(
                C.llama_sampler_init_penalties(
                    vocabulary.size, last, params.repeat_penalty, params.frequency_penalty, params.presence_penalty
                )
            )
            self.remembers = True
        if params.dry_multiplier > 0:
            words = [breaker.encode() for breaker in params.dry_sequence_breakers]
            breakers = (ctypes.c_char_p * len(words))(*words)
            last = _window(params.dry_penalty_last_n, context)
            self._add(
                C.llama_sampler_init_dry(
                    vocabulary.handle,
                    params.dry_multiplier,
                    params.dry_base,
                    params.dry_allowed_length,
                    last,
                    breakers,
                    len(words),
                )
            )
            self.remembers = True

    def _add_draw(self, params: SamplingParams) -> None:
        if params.top_n_sigma > 0:
            self._add(C.llama_sampler_init_top_n_sigma(params.top_n_sigma))
        if params.top_k > 0:
            self._add(C.llama_sampler_init_top_k(params.top_k))
        if params.typical_p < 1:
            self._add(C.llama_sampler_init_typical(params.typical_p, _KEEP))
        if params.top_p < 1:
            self._add(C.llama_sampler_init_top_p(params.top_p, _KEEP))
        if params.min_p > 0:
            self._add(C.llama_sampler_init_min_p(params.min_p, _KEEP))
        seed = secrets.randbits(32) if params.seed is None else params.seed & 0xFFFFFFFF
        if params.xtc_probability > 0:
            self._add(C.llama_sampler_init_xtc(params.xtc_probability, params.xtc_threshold, _KEEP, seed))
        self._add(C.llama_sampler_init_temp(params.temperature))
        self._add(C.llama_sampler_init_dist(seed))

    def pick(self, tokens: npt.NDArray[np.intp], logits: npt.NDArray[np.float32]) -> int:
        """Draw one of these tokens, and remember it."""
        candidates = np.empty(len(tokens), _CANDIDATE)
        candidates["id"], candidates["logit"], candidates["p"] = tokens, logits, 0
        data = candidates.ctypes.data_as(C.llama_token_data_p)
        array = C.llama_token_data_array(data=data, size=len(tokens), selected=-1, sorted=False)
        C.llama_sampler_apply(self.handle, ctypes.byref(array))
        if not 0 <= array.selected < array.size:
            raise ServerError("The sampler could not choose among the tokens that may come next.")
        token = int(array.data[array.selected].id)
        C.llama_sampler_accept(self.handle, token)
        return token

    def accept(self, token: int) -> None:
        """Remember a token that was not drawn."""
        if self.remembers:
            C.llama_sampler_accept(self.handle, token)

    def recall(self, prompt: array[int]) -> None:
        """Tell the chain what went before the answer, if it cares."""
        if self.remembers:
            for token in prompt:
                if token >= 0:  # the others are rows of images
                    C.llama_sampler_accept(self.handle, token)

    def close(self) -> None:
        """Free the chain with its steps."""
        handle, self.handle = self.handle, None
        if handle:
            C.llama_sampler_free(handle)

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # at interpreter exit the library may be gone
            self.close()


def _window(wanted: int, context: int) -> int:
    """Tokens to look back. llama.cpp sets aside memory for as many as it is told."""
    return context if wanted < 0 else min(wanted, context)
