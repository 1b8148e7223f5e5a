"""The nouns of the engine: what is asked of it, what it works on, and what it answers."""

from __future__ import annotations

import enum
from array import array
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from server.engine.pictures import Placed
from server.engine.prefix_cache import Operation, Slot
from server.errors import ServerError


class FinishReason(enum.StrEnum):
    """Why a sequence ended by itself. The other way to end is an error."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    """It ended by itself, with calls of tools: said by the floor that reads them, never by the engine."""
    CONTENT_FILTER = "content_filter"
    """Who made it held the rest back: said of models behind URLs alone."""
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """How the next token is drawn. A neutral value leaves its step out of the chain; temperature 0 is greedy."""

    temperature: float = 0.8
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    typical_p: float = 1.0
    top_n_sigma: float = -1.0
    xtc_probability: float = 0.0
    xtc_threshold: float = 0.1
    repeat_penalty: float = 1.0
    repeat_last_n: int = 64
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    dry_multiplier: float = 0.0
    dry_base: float = 1.75
    dry_allowed_length: int = 2
    dry_penalty_last_n: int = -1
    dry_sequence_breakers: tuple[str, ...] = ("\n", ":", '"', "*")
    seed: int | None = None
    logit_bias: tuple[tuple[int, float], ...] = ()
    ignore_eos: bool = False


@dataclass(frozen=True, slots=True)
class Constraint:
    """What an answer may be, from its first token to its last: a grammar in llguidance's Lark."""

    grammar: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """How long an answer may think: then the engine closes the thought for it."""

    budget: int
    """Tokens."""
    opening: bytes
    closing: bytes
    """What stands around a thought, at the start of an answer."""
    ends: array[int]
    """The tokens that close it."""
    opened: bool = False
    """Whether the prompt has opened it already."""


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One answer to one prompt. `n` answers are n requests: the prefix cache makes the prompt shared."""

    id: str
    prompt: array[int]
    """Token ids, type code "i"; checked against the vocabulary before they come here. The rows of images have ids of
    their own (pictures.py). The last one is a token: what follows an image is said by its logits.
    """
    max_tokens: int | None = None
    sampling: SamplingParams = field(default_factory=SamplingParams)
    stop: tuple[str, ...] = ()
    logprobs: int | None = None
    """None: not asked for. k: the drawn token's log-probability and those of the k best."""
    rates_from: int | None = None
    """From which token on the prompt itself is rated in the same way; all of it is computed then. None: it is not."""
    owner: str = ""
    """The key it runs for: fairness is between owners."""
    scope: str = ""
    """Who may share its prefix: equal scopes share cells."""
    priority: int = 0
    """Higher goes first."""
    streams: bool = False
    """Whether it is read while it is written: then its tokens come evenly, else all of it comes sooner."""
    constraint: Constraint | None = None
    shows_control: bool = False
    """Whether control tokens stand in the answer's text by name: where calls of tools are made of them."""
    thinking: Thinking | None = None
    """None: it thinks as long as it likes."""
    images: tuple[Placed, ...] = ()
    """What the prompt shows, in order."""


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """One text that is to become a vector, or a query with a document that are to become a score."""

    id: str
    tokens: array[int]
    """As the model wants them, start and end included; no more than it takes."""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A token with what else could have been: `top` holds (token, bytes, logprob), best first. Of a prompt's first
    token nothing can be said: its log-probability is nan.
    """

    token: int
    data: bytes
    logprob: float
    top: tuple[tuple[int, bytes, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a sequence ended, and what it cost. Exactly one for each request."""

    reason: FinishReason
    prompt_tokens: int
    cached_tokens: int
    """Prompt tokens that were not computed for this request."""
    generated_tokens: int
    error: ServerError | None = None
    """Set when it did not end by itself; `reason` is then CANCELLED."""
    stop: str | None = None
    """The stop string that ended it."""
    vector: npt.NDArray[np.float32] | None = field(default=None, compare=False)
    """What an EmbeddingRequest was for: as the model gave it, of any length; of a ranking model, its scores."""


@dataclass(frozen=True, slots=True)
class TokenEvent:
    """What one step brought to one request."""

    id: str
    parts: tuple[str, ...] = ()
    """The text that became certain with each of its tokens, in whole characters: empty for a token of which all is
    held back. Its tokens are those since the event before.
    """
    logprobs: tuple[TokenLogprob, ...] = ()
    """Of the tokens whose text is in `parts`."""
    rated: tuple[TokenLogprob, ...] = ()
    """Of the tokens of the prompt, on the first event of a request that asks for it."""
    outcome: Outcome | None = None
    """Set on the last event of a request, and only there."""

    @property
    def text(self) -> str:
        """All that it says."""
        return "".join(self.parts)


@dataclass(slots=True, eq=False)
class Sequence:
    """A request at work. `computed` of its `total` tokens are in the cache; a step moves the one toward the other."""

    request: GenerationRequest
    arrival: int
    """Its place in the order of coming; kept when it is preempted."""
    tokens: array[int]
    """The prompt, then what was generated. The last ones are not computed yet."""
    most: int = 2**31
    """Tokens its answer may have."""
    forced: int = 0
    """Of its last tokens, those that came without being drawn: nothing else could follow."""
    slot: Slot | None = None
    rated: int = 0
    """Of a prompt that is rated, tokens whose outputs have been looked at."""
    cached: int = 0
    """Prompt tokens that it found computed when it was first admitted."""
    waits_for: tuple[Sequence, int] | None = None
    """Another sequence that is computing a prefix of this one, and how much of it is worth waiting for."""
    admitted: bool = False
    """Whether it was ever let in; a preempted one was."""

    @property
    def computed(self) -> int:
        """Tokens in the cache."""
        return self.slot.computed if self.slot is not None else 0

    @property
    def total(self) -> int:
        """Tokens there are."""
        return len(self.tokens)

    @property
    def pending(self) -> int:
        """Tokens that a step has still to compute before the next one can be drawn."""
        return len(self.tokens) - self.computed

    def image_at(self, index: int) -> Placed | None:
        """The image that the token at `index` is a row of."""
        return next((image for image in self.request.images if image.start <= index < image.end), None)

    def whole(self, length: int) -> int:
        """The most of its first `length` tokens that do not end within an image: of those no part is kept."""
        image = self.image_at(length)
        return length if image is None else image.start

    def position(self, index: int) -> int:
        """Where the token at `index` stands for the model, if it is no row or the first of an image."""
        return index - sum(one.rows.count - one.rows.span for one in self.request.images if one.end <= index)

    @property
    def rates(self) -> bool:
        """Whether outputs of its prompt have still to be looked at."""
        return self.request.rates_from is not None and self.rated < len(self.request.prompt)

    @property
    def answers(self) -> bool:
        """Whether nothing but what the last step brought is still to be computed."""
        return self.pending <= 1 + self.forced

    @property
    def generated(self) -> int:
        """Tokens that its answer has so far."""
        return len(self.tokens) - len(self.request.prompt)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a step brings to a sequence that is computed to its end."""

    tokens: tuple[int, ...]
    """The one that was drawn, and those that must follow it. None only with an error."""
    sampled: bool = True
    """Whether the first one was drawn, and did not follow from what was there."""
    complete: bool = False
    """Whether nothing can follow."""
    error: ServerError | None = None
    """Why no token could be found; it is this sequence's alone."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next `count` tokens of a sequence, from `start`. `draws`: they are its last, so a token follows. They are all
    tokens, or all rows of one image.
    """

    sequence: Sequence
    start: int
    count: int
    draws: bool
    image: Placed | None = None

    @property
    def rates(self) -> range:
        """Which of its tokens, counted from its start, have outputs that rate the prompt's next token."""
        if not self.sequence.rates:
            return range(0)
        request = self.sequence.request
        first = max(self.sequence.rated, (request.rates_from or 0) - 1) - self.start
        return range(max(0, first), max(0, min(self.count, len(request.prompt) - 1 - self.start)))


@dataclass(slots=True)
class StepPlan:
    """One step: what to do to the cache first, then what to compute together."""

    operations: list[Operation] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    admitted: list[Sequence] = field(default_factory=list)
    preempted: list[Sequence] = field(default_factory=list)
    generating: int = 0
    """Sequences that are already answering, with one token each."""
    prompt: int = 0
    """All other tokens: of prompts, and those that follow without being drawn."""
