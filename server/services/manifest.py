"""What a service's YAML file may say, and how it is read: a map of services by key, with OmegaConf's interpolation.

The fields keep the spelling that their users write. What a kind of service has beyond the common fields stands in its
class here; `KINDS` is the registry of them, by the manifest's `type`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from yaml import YAMLError

from server.errors import BadRequest, NotFound
from server.services.prompt import Prompt

ROUTE = r"^[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*$"
FILE_NAME = r"^[^/\\\x00-\x1f]+$"
"""What is the name of a file in the folder of prompts, and never a path out of it."""

PromptText = Callable[[str], str]
"""The text of the prompt with this name, as it stands in its file now. Raises BadRequest."""

Tokens = Annotated[int, Field(ge=1, lt=2**31)]


class ManifestError(Exception):
    """A file that cannot be used; a line for each problem: file, service, field and what was expected."""


class _Part(BaseModel):
    """Fields that nobody knows are let be: they are shown as they stand."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class Flavor(_Part):
    """One set-up of a model, chosen by its name."""

    name: str = Field(min_length=1)
    modelName: str = Field(min_length=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    """None: as the model's card says."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    maxGenerationLength: Tokens = 512
    """Most tokens of an answer."""


class SummaryFlavor(Flavor):
    """How a summary is made; see summary.py for what each of these does."""

    type: str = "abstractive"
    """Told to clients, which show markdown in another way than text."""
    totalContextLength: Tokens | None = None
    """Prompt, turns and answer together; None: the model's own context."""
    createNewTurnAfter: Tokens = 250
    summaryTurns: int = Field(default=3, ge=0)
    maxNewTurns: Tokens = 9
    reduceSummary: bool = False
    consolidateSummary: bool = False
    reduce_prompt: str | None = Field(default=None, pattern=FILE_NAME)
    token_offset: int | None = Field(default=None, ge=0)
    """Added to the prompt's tokens, instead of the margin on all that is counted."""


class Service(_Part):
    """A service as its manifest describes it."""

    key: str
    type: str
    name: str = Field(pattern=FILE_NAME)
    """Its prompt's file is called so."""
    route: str = Field(pattern=ROUTE)
    description: Mapping[str, str] = {}
    """By language."""
    flavor: tuple[Flavor, ...] = Field(min_length=1)
    manifest: Mapping[str, Any] = {}
    """The entry as it stands in the file, interpolated, with its route."""

    @model_validator(mode="after")
    def _flavors_differ(self) -> Service:
        names = [flavor.name for flavor in self.flavor]
        if len(set(names)) < len(names):
            raise ValueError(f"expected flavors with names of their own, found {', '.join(names)}")
        return self

    def check(self, prompts: PromptText) -> None:
        """Read its prompts. Raises BadRequest where one is missing, or does not go with the manifest."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """Its description in English, or in the first language that there is."""
        return self.description.get("en") or next(iter(self.description.values()), self.name)


def flavor_called(service: Service, name: str | None) -> Any:
    """The flavor with this name, the first one for None. Raises NotFound."""
    if name is None:
        return service.flavor[0]
    for flavor in service.flavor:
        if flavor.name == name:
            return flavor
    raise NotFound("Flavor not found", param="flavor")


class SummaryService(Service):
    """A transcript becomes a summary."""

    type: Literal["summary"]
    fields: int = Field(default=1, ge=1)
    """Gaps of the prompt. 2: the summary so far goes into the first, and the next turns into the second. Otherwise the
    turns go into the only one, and all calls are independent.
    """
    flavor: tuple[SummaryFlavor, ...] = Field(min_length=1)

    @property
    def rolling(self) -> bool:
        return self.fields == 2

    def check(self, prompts: PromptText) -> None:
        Prompt.parse(prompts(self.name)).check(*("0", "1")[: 2 if self.rolling else 1])
        for flavor in self.flavor:
            if flavor.reduceSummary and flavor.reduce_prompt is not None:
                Prompt.parse(prompts(flavor.reduce_prompt)).check("0")


class InputField(_Part):
    """A gap of a prompt, as a client fills it and as a form shows it."""

    type: Literal["string", "integer", "number", "boolean"] = "string"
    title: str | None = None
    description: str = ""
    choices: tuple[str, ...] = ()
    """Where only these are allowed."""
    maxLength: Tokens = 100_000
    multiline: bool = False
    """Whether a form gives it more than a line."""
    default: str | int | float | bool | None = None
    """Without one the field must be given."""


class PromptService(Service):
    """A prompt whose gaps a client fills by name, and the form of the answer."""

    type: Literal["prompt"]
    prompt: str | None = None
    """The prompt itself; None: it stands in its file."""
    system: str | None = None
    """A message before it."""
    fields: Mapping[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], InputField] = Field(min_length=1)
    answer: Mapping[str, Any] | None = None
    """A JSON schema that every answer follows; None: it is free text."""
    flavor: tuple[Flavor, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_free(self) -> PromptService:
        if taken := {"flavor", "stream"} & set(self.fields):
            raise ValueError(f"the field {taken.pop()!r} needs another name: the request has one called so already")
        return self

    def text(self, prompts: PromptText) -> str:
        return prompts(self.name) if self.prompt is None else self.prompt

    def check(self, prompts: PromptText) -> None:
        prompt = Prompt.parse(self.text(prompts))
        prompt.check(*self.fields)
        if unused := [name for name in self.fields if name not in prompt.gaps]:
            raise BadRequest(f"The prompt has no gap {{{unused[0]}}} for the field {unused[0]!r}.")


KINDS: dict[str, type[Service]] = {"summary": SummaryService, "prompt": PromptService}


def read_manifest(file: Path) -> list[Service]:
    """The services of one file. Raises ManifestError."""
    try:
        tree: Any = OmegaConf.to_container(OmegaConf.load(file), resolve=True)
    except (OSError, UnicodeDecodeError, YAMLError, OmegaConfBaseException) as error:
        raise ManifestError(f"{file.name}: {' '.join(str(error).split())}") from error
    if not isinstance(tree, dict) or not tree:
        raise ManifestError(f"{file.name}: expected a map of services by their keys")
    services: list[Service] = []
    problems: list[str] = []
    for key, entry in tree.items():
        try:
            services.append(_service(str(key), entry))
        except ValueError as error:
            problems += [f"{file.name}: {key}: {line}" for line in _lines(error)]
    if problems:
        raise ManifestError("\n".join(problems))
    return services


def _service(key: str, entry: Any) -> Service:
    """Raises ValueError, of which pydantic's own error is one."""
    if not isinstance(entry, dict):
        raise ValueError("expected a map of the service's fields")
    kind = KINDS.get(str(entry.get("type")))
    if kind is None:
        raise ValueError(f"type: expected one of {', '.join(KINDS)}, found {entry.get('type')!r}")
    whole = {
        "name": key.replace("/", "-"),
        "route": key,
        **{name: value for name, value in entry.items() if value is not None},
    }
    shown = {"route": whole["route"], **entry} if entry.get("route") is None else entry
    return kind.model_validate({**whole, "key": key, "manifest": shown})


def _lines(error: ValueError) -> list[str]:
    if not isinstance(error, ValidationError):
        return [str(error)]
    return [
        f"{'.'.join(str(step) for step in problem['loc'])}: ".removeprefix(": ")
        + problem["msg"].removeprefix("Value error, ")
        + (f", found {problem['input']!r:.60}" if problem["type"] not in ("missing", "value_error") else "")
        for problem in error.errors()
    ]
