"""`config/server.yaml` becomes frozen Settings.

The YAML file is the one list of settings there is: OmegaConf resolves the environment variable that each value
names, and the classes here give the values their types and bounds. A setting in one place only is an error.

A dialect's users know some settings by bare names of the environment. `${dialect.env:NAME,VARIABLE,default}` inside the
default of an `${oc.env:…}` reads such a name: after the prefixed one, and while that dialect is switched on only.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from yaml import YAMLError

PACKAGE = Path(__file__).parent
ROOT = PACKAGE.parent if (PACKAGE.parent / "config" / "server.yaml").is_file() else PACKAGE / "_defaults"
"""The project's root; in an installed package, the folder with the defaults that travel in it."""


class SettingsError(Exception):
    """The configuration cannot be used; the message names file, setting and what was expected."""


def _words(value: Any) -> Any:
    return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSection(_Section):
    host: str
    port: int = Field(ge=0, le=65535)
    allowed_hosts: Words
    cors_origins: Words
    trusted_proxies: Words
    drain_seconds: float = Field(ge=0)
    heartbeat_seconds: float = Field(gt=0)


class PathsSection(_Section):
    """Absolute by the time anybody reads them."""

    data_dir: Path
    models: Path
    storage: Path
    services: Path
    prompts: Path


class StoreSection(_Section):
    url: str = Field(repr=False)


class TlsSection(_Section):
    enabled: bool
    key: Path
    certificate: Path
    chain: Path | None
    passphrase: str = Field(repr=False)


class AuthSection(_Section):
    first_key: str = Field(repr=False)
    first_key_file: Path | None


class ModelsSection(_Section):
    autoload: bool
    idle_seconds: float = Field(ge=0)
    memory_limit_mb: int = Field(ge=0)
    load_wait_seconds: float = Field(ge=0)
    trial_seconds: float = Field(ge=1)


class EngineSection(_Section):
    slots: int = Field(ge=1, le=256)
    cells: int = Field(ge=0)
    batch: int = Field(ge=1, le=16384)
    target_gap_ms: float = Field(gt=0)
    threads: int = Field(ge=0, le=1024)
    prefix_scope: Literal["key", "server"]


class JobsSection(_Section):
    at_once: int = Field(ge=0, le=256)
    lease_seconds: float = Field(ge=1)
    attempts: int = Field(ge=1)
    backoff_seconds: float = Field(gt=0)
    keep_days: float = Field(gt=0)
    webhook_hosts: Words
    broker_url: str = Field(repr=False)
    redis_url: str = Field(repr=False)
    cluster_name: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")


class ServicesSection(_Section):
    inferences: int = Field(ge=1)
    attempts: int = Field(ge=1)


class LimitsSection(_Section):
    header_bytes: int = Field(ge=256)
    header_count: int = Field(ge=1)
    header_seconds: float = Field(gt=0)
    body_bytes: int = Field(ge=1)
    body_idle_seconds: float = Field(gt=0)
    json_depth: int = Field(ge=1, le=200)
    waiting: int = Field(ge=1)
    waiting_per_key: int = Field(ge=1)
    choices: int = Field(ge=1)
    prompts: int = Field(ge=1)
    inputs: int = Field(ge=1)
    stop_strings: int = Field(ge=1)
    stop_length: int = Field(ge=1)
    logit_bias: int = Field(ge=1)
    top_logprobs: int = Field(ge=0)
    prompt_logprobs: int = Field(ge=0)
    tools: int = Field(ge=1)
    images: int = Field(ge=1)
    image_bytes: int = Field(ge=1)
    image_pixels: int = Field(ge=1)
    tokenize_length: int = Field(ge=1)
    schema_bytes: int = Field(ge=64)
    schema_depth: int = Field(ge=2, le=100)
    template_seconds: float = Field(gt=0)
    template_bytes: int = Field(ge=1)
    kept_mb: int = Field(ge=1)
    jobs: int = Field(ge=1)
    file_mb: int = Field(ge=1)
    files_mb: int = Field(ge=1)
    files: int = Field(ge=1)
    vector_stores: int = Field(ge=1)
    slow_reader_seconds: float = Field(gt=0)


class SearchSection(_Section):
    embedding_model: str
    rerank_model: str
    tokens_model: str
    passage_tokens: int = Field(ge=32, le=4096)
    overlap_tokens: int = Field(ge=0, le=2048)
    read_seconds: float = Field(ge=1)
    read_memory_mb: int = Field(ge=64)
    text_chars: int = Field(ge=1000)


class LogSection(_Section):
    level: Literal["debug", "info", "warning", "error"]
    format: Literal["text", "json"]


class DialectSection(_Section):
    enabled: bool
    prefix: str = Field(pattern=r"^(/[A-Za-z0-9._~-]+)*$")
    keyless: str
    keyless_beyond_loopback: bool


class ProtollmSection(DialectSection):
    model: str
    rabbit_host: str
    rabbit_port: int = Field(ge=1, le=65535)
    rabbit_login: str
    rabbit_password: str = Field(repr=False)
    queue_name: str = Field(min_length=1)
    queue_durable: bool
    base_priority: int = Field(ge=0, le=5)
    redis_host: str
    redis_port: int = Field(ge=1, le=65535)
    result_prefix: str
    status_prefix: str
    answer_prefix: str
    keep_seconds: int = Field(ge=0)
    timeout_seconds: float = Field(gt=0)


class DistributedLlmSection(DialectSection):
    api_key: str = Field(repr=False)
    truncation: Literal["auto", "disabled"]


class GatewaySection(DialectSection):
    polling_seconds: float = Field(gt=0)


class AiLlmServiceSection(DialectSection):
    model: str
    api_key: str = Field(repr=False)


class DialectsSection(_Section):
    llm_api: DialectSection
    protollm: ProtollmSection
    distributed_llm: DistributedLlmSection
    distributed_llm_models: DialectSection
    llm_gateway: GatewaySection
    ai_llm_service: AiLlmServiceSection


class Settings(_Section):
    """All settings, checked. Frozen: a changed setting is a new Settings."""

    server: ServerSection
    paths: PathsSection
    store: StoreSection
    tls: TlsSection
    auth: AuthSection
    models: ModelsSection
    engine: EngineSection
    jobs: JobsSection
    services: ServicesSection
    limits: LimitsSection
    search: SearchSection
    log: LogSection
    dialects: DialectsSection


_PATHS = (
    ("paths", "data_dir"),
    ("paths", "models"),
    ("paths", "storage"),
    ("paths", "services"),
    ("paths", "prompts"),
    ("tls", "key"),
    ("tls", "certificate"),
    ("tls", "chain"),
    ("auth", "first_key_file"),
)


def _bare_name(dialect: str, variable: str, default: Any = "", *, _root_: DictConfig) -> Any:
    """The variable's value while the dialect is on. OmegaConf calls it for `dialect.env`, with the whole tree."""
    on = str(OmegaConf.select(_root_, f"dialects.{dialect}.enabled")).lower() in ("true", "1", "yes", "on", "t", "y")
    return os.environ.get(variable, default) if on else default


OmegaConf.register_resolver("dialect.env", _bare_name, replace=True)


def load_settings(file: Path | None = None, overrides: dict[str, Any] | None = None) -> Settings:
    """The defaults of `config/server.yaml`, then `file`, then `overrides` ("server.port": 0).

    Raises SettingsError with one readable line for each value that cannot be used.
    """
    defaults = ROOT / "config" / "server.yaml"
    source = file or defaults
    try:
        tree: Any = OmegaConf.load(defaults)
        if file is not None:
            tree = OmegaConf.merge(tree, OmegaConf.load(file))
        for dotted, value in (overrides or {}).items():
            OmegaConf.update(tree, dotted, str(value) if isinstance(value, Path) else value)
        values = OmegaConf.to_container(tree, resolve=True)
    except OmegaConfBaseException as error:
        raise SettingsError(f"{source}: {_unresolved(error)}") from None
    except (OSError, YAMLError) as error:
        raise SettingsError(f"{source}: {error}") from error
    if not isinstance(values, dict):
        raise SettingsError(f"{source}: expected sections of settings, found {type(values).__name__}")
    given = OmegaConf.load(file) if file is not None else OmegaConf.create()
    for section, name in _PATHS:
        if file is not None and OmegaConf.select(given, f"{section}.{name}") is not None:
            base = file.resolve().parent
        elif name == "data_dir" and ROOT.name == "_defaults":
            base = Path.cwd()  # an installed package is not written into
        else:
            base = ROOT
        _anchor(values, section, name, base)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError("\n".join(f"{source}: {_refused(problem)}" for problem in error.errors())) from None


def _refused(problem: ErrorDetails) -> str:
    """The setting and what was expected; what was found, unless it is a secret or may hold one."""
    name = ".".join(str(part) for part in problem["loc"])
    shown = problem["type"] not in ("missing", "extra_forbidden") and not _holds_secrets(problem["loc"])
    return f"{name}: {problem['msg']}" + (f", found {problem['input']!r}" if shown else "")


def _unresolved(error: OmegaConfBaseException) -> str:
    """What OmegaConf says of a value that refers to another; of a secret that only looks like it, where it stands."""
    name = str(error.full_key or "")
    if name and _holds_secrets(name.split(".")):
        return f"{name}: cannot be read, as ${{ begins a reference to another value; write \\${{ for the characters"
    return str(error)


def _holds_secrets(path: Sequence[str | int]) -> bool:
    """Whether a setting is not to be shown, or a section holds one that is not."""
    found: type[BaseModel] = Settings
    for name in path:
        field = found.model_fields.get(str(name))
        if field is None:
            return False
        if not field.repr:
            return True
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return False
        found = field.annotation
    return any(_holds_secrets((*path, name)) for name in found.model_fields)


def _anchor(values: dict[Any, Any], section: str, name: str, base: Path) -> None:
    part = values.get(section)
    if not isinstance(part, dict) or name not in part:
        return
    text = part[name]
    if not text:
        part[name] = None
    elif isinstance(text, str):
        path = Path(text.replace("\\", "/")) if "\\" in text and not Path(text).exists() else Path(text)
        part[name] = path if path.is_absolute() else base / path
