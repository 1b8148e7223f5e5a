"""The fields that every kind of answer takes: how to sample, how long, how many, streamed or not.

None means that the client did not say; the model's card decides then, and after it the engine's defaults.
OpenAI's ranges stand here, the limits of the settings are applied in `Generation.check`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from server.api.auth import Principal
from server.catalog import ModelCard
from server.chat.messages import Turn, check_stop
from server.engine.request import SamplingParams
from server.errors import BadRequest
from server.settings import LimitsSection


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


OneOrMore = Annotated[list[str], BeforeValidator(_listed)]
"""A string, or a list of strings."""

Share = Annotated[float, Field(ge=0, le=1)]
Penalty = Annotated[float, Field(ge=-2, le=2)]
LONGEST_WINDOW = 2**18
Window = Annotated[int, Field(ge=-1, le=LONGEST_WINDOW)]
"""How many tokens a penalty looks back; -1: all. llama.cpp sets aside memory for as many as are named."""

Words = Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=64)]


class Fields(BaseModel):
    """A JSON object of a request: no value is bent into another type."""

    model_config = ConfigDict(strict=True, protected_namespaces=())


class Sampling(Fields):
    """OpenAI's fields, and below them what users of local servers expect; named as in SamplingParams."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Share | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None

    top_k: Annotated[int, Field(ge=-1, lt=2**31)] | None = None
    min_p: Share | None = None
    typical_p: Share | None = None
    top_n_sigma: Annotated[float, Field(ge=-1, le=100)] | None = None
    repeat_penalty: Annotated[float, Field(gt=0, le=10)] | None = None
    repeat_last_n: Window | None = None
    dry_multiplier: Annotated[float, Field(ge=0, le=100)] | None = None
    dry_base: Annotated[float, Field(ge=0, le=100)] | None = None
    dry_allowed_length: Annotated[int, Field(ge=0, le=LONGEST_WINDOW)] | None = None
    dry_penalty_last_n: Window | None = None
    dry_sequence_breakers: Words | None = None
    xtc_probability: Share | None = None
    xtc_threshold: Share | None = None
    ignore_eos: bool | None = None

    logit_bias: dict[str, Annotated[float, Field(ge=-100, le=100)]] | None = None
    repetition_penalty: Annotated[float, Field(gt=0, le=10)] | None = None
    """Another name of `repeat_penalty`, which wins."""

    def params(self, card: ModelCard) -> SamplingParams:
        """What the client said, over what the card says, over the engine's defaults."""
        said = {name: value for name in PLAIN if (value := getattr(self, name)) is not None}
        if self.repetition_penalty is not None:
            said.setdefault("repeat_penalty", self.repetition_penalty)
        if "top_k" in said:
            said["top_k"] = max(0, said["top_k"])
        if "dry_sequence_breakers" in said:
            said["dry_sequence_breakers"] = tuple(said["dry_sequence_breakers"])
        if self.logit_bias is not None:
            said["logit_bias"] = tuple((_token(key), float(bias)) for key, bias in self.logit_bias.items())
        return SamplingParams(**(dict(card.sampling) | said))


PLAIN = tuple(name for name in Sampling.model_fields if name not in ("logit_bias", "repetition_penalty"))


def _token(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return int(text)
    raise BadRequest(f"logit_bias: {text[:50]!r} is not a token id; expected a whole number.", param="logit_bias")


class StreamOptions(Fields):
    """What a stream holds besides the answer."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class Generation(Sampling):
    """Everything that chat and completions have in common."""

    model: str | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, Field(ge=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    stop: OneOrMore | None = None

    user: str | None = None
    """Accepted without effect: keys, not claims, say who asks."""

    @property
    def include_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)

    def check(self, limits: LimitsSection) -> None:
        """What types cannot say; raises BadRequest."""
        if self.stream_options is not None and not self.stream:
            raise BadRequest("stream_options is for streams: expected stream to be true.", param="stream_options")
        if self.n is not None and self.n > limits.choices:
            raise BadRequest(f"n is {self.n}: expected at most {limits.choices}.", param="n")
        check_stop(self.stop or (), limits, "stop")
        if self.logit_bias is not None and len(self.logit_bias) > limits.logit_bias:
            raise BadRequest(
                f"logit_bias has {len(self.logit_bias)} entries: expected at most {limits.logit_bias}.",
                param="logit_bias",
            )

    def named(self) -> str:
        """The model asked for; raises BadRequest when none is."""
        if self.model is None:
            raise BadRequest("model is missing: expected the name of a model.", param="model")
        return self.model

    def turn(self, principal: Principal, card: ModelCard, **facts: Any) -> Turn:
        """The one place where a request's fields and the key become a Turn; `facts` are the fields of it that only the
        endpoint knows of.
        """
        whole = {"n": self.n or 1, "streams": bool(self.stream), **facts}
        return Turn(
            model=card.name,
            sampling=self.params(card),
            stop=tuple(self.stop or ()),
            owner=principal.id,
            **whole,
        )


KeptText = Annotated[str, Field(pattern=r"^[^\x00]*$")]
"""A text that has a column of its own: PostgreSQL keeps no NUL in one. Within JSON it does no harm."""

Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]], Field(max_length=16)
]
"""What a client notes on a thing that is kept for it."""

Title = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""What a person calls a thing that is kept: one line."""

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


def effort_kwargs(effort: Effort | None) -> dict[str, Any]:
    """What templates are told of it: those that do not know such a variable do not look."""
    return {} if effort is None else {"reasoning_effort": effort, "enable_thinking": effort != "none"}
