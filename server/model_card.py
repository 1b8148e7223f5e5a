"""What is known of a model before its file is opened: a card, made of its entry in `models.json` by `catalog.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Lora:
    """An adapter laid over a model's weights."""

    file: Path
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where a model lives that is not of this machine: behind OpenAI's API at one of several URLs."""

    urls: tuple[str, ...]
    """With what stands before `/chat/completions`; without a slash at the end."""
    model: str
    """What it is called there."""
    key_variable: str | None = None
    """The environment variable with the key that is sent."""
    tokenizer: Path | None = None
    """A tokenizer.json; without one, tokens are estimated."""
    connect_seconds: float = 5.0
    first_token_seconds: float = 120.0
    """For a whole answer too, where it does not stream."""
    gap_seconds: float = 60.0
    """Between two events of a stream."""
    retries: int = 2
    concurrency: int = 64
    """Requests under way at once, over all URLs."""
    limit_field: str = "max_tokens"
    """What the field is called that bounds a chat's answer."""
    extensions: bool = True
    """Whether fields may be sent that OpenAI's API does not have."""


@dataclass(frozen=True, slots=True)
class Example:
    """Something to try a model with. `answer` is empty where nobody wrote down what it answers."""

    ask: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """All that is known of a model before its file is opened. None: not said; the settings or the file decide."""

    name: str
    file: Path
    """Absolute. It need not exist: that is told when the model is loaded. Of a model behind a URL, nothing."""
    upstream: Upstream | None = None
    """Where it lives, if not here."""
    aliases: tuple[str, ...] = ()
    description: str = ""
    example: Example | None = None

    template: str | None = None
    template_file: Path | None = None
    """Wins over `template`."""
    instruct: bool = False
    in_prefix: str = ""
    in_suffix: str = ""
    """Text around each message of the user."""
    personalities: Mapping[str, str] = field(default_factory=dict)
    tool_format: str | None = None
    embeddings: bool | str = False
    """Whether it may be asked for embeddings though it writes text; or how: mean, cls or last."""
    rerank: bool = False
    """Whether documents may be ranked by their embeddings."""
    reasoning: tuple[str, str] | None = None
    """The texts that open and close reasoning."""

    context: int | None = None
    """Tokens that one request may use."""
    cells: int | None = None
    """Tokens that all requests together may hold."""
    slots: int | None = None
    batch: int | None = None
    ubatch: int | None = None
    gpu_layers: int | None = None
    """-1: all of them."""
    main_gpu: int = 0
    tensor_split: tuple[float, ...] = ()
    split_mode: str | None = None
    """none, layer or row."""
    threads: int | None = None
    threads_batch: int | None = None
    type_k: str = "f16"
    type_v: str = "f16"
    flash_attention: str = "auto"
    """auto, on or off."""
    mlock: bool = False
    mmap: bool = True
    lora: tuple[Lora, ...] = ()
    projector: Path | None = None

    autoload: bool | None = None
    idle_seconds: float | None = None
    prefix_scope: str | None = None
    """key or server."""
    max_waiting: int | None = None

    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    sampling: Mapping[str, Any] = field(default_factory=dict)
    """Defaults of this model, named as the fields of the engine's SamplingParams; only what the file says."""
    meta: Mapping[str, Any] = field(default_factory=dict)
    """The entry as it stands in the file."""

    @property
    def files(self) -> tuple[Path, ...]:
        """All that it names on this machine; of a model in parts, the first one."""
        upstream = self.upstream
        named = (None if upstream else self.file, self.projector, self.template_file)
        besides = (*(each.file for each in self.lora), upstream.tokenizer if upstream else None)
        return tuple(file for file in (*named, *besides) if file is not None)

    def loads_as(self, other: ModelCard) -> bool:
        """Whether both load the same model in the same way, whatever else they say of how it is offered."""
        return self._loading() == other._loading()

    def _loading(self) -> ModelCard:
        """The card without what every request reads anew."""
        return replace(
            self,
            description="",
            example=None,
            aliases=(),
            personalities={},
            sampling={},
            stop=(),
            max_tokens=None,
            meta={},
            autoload=None,
            idle_seconds=None,
            prefix_scope=None,
            reasoning=None,
            rerank=False,
        )
