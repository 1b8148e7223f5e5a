"""The models that the server offers: `data/models.json` becomes ModelCards.

Owns what the file means: where a model's file lies, which defaults it brings, which names lead to it. What the file
may say stands in `config/models.schema.json`, and `catalog_file.py` holds it to that. An overlay,
`<data_dir>/models.json`, holds the models that were added while the server ran; its entries replace those of the same
name, and the checked-in file is never written.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from server.catalog_file import CatalogError, Entry, read_entries, without_effect
from server.errors import ModelNotFound
from server.model_card import Example, Lora, ModelCard, Upstream
from server.settings import Settings
from server.watching import follow

__all__ = ["Catalog", "CatalogError", "Change", "Example", "Lora", "ModelCard", "Upstream"]

log = logging.getLogger(__name__)

PLAIN = {
    "ctxSize": "context",
    "cells": "cells",
    "slots": "slots",
    "batchSize": "batch",
    "ubatch": "ubatch",
    "gpuLayers": "gpu_layers",
    "mainGpu": "main_gpu",
    "splitMode": "split_mode",
    "threads": "threads",
    "threadsBatch": "threads_batch",
    "mlock": "mlock",
    "instruct": "instruct",
    "inPrefix": "in_prefix",
    "inSuffix": "in_suffix",
}
"""Fields of `params` that a card carries under another spelling and unchanged."""

SAMPLING = {
    "temperature": "temperature",
    "topK": "top_k",
    "topP": "top_p",
    "minP": "min_p",
    "typicalP": "typical_p",
    "topNSigma": "top_n_sigma",
    "xtcProbability": "xtc_probability",
    "xtcThreshold": "xtc_threshold",
    "repeatPenalty": "repeat_penalty",
    "repeatLastN": "repeat_last_n",
    "frequencyPenalty": "frequency_penalty",
    "presencePenalty": "presence_penalty",
    "dryMultiplier": "dry_multiplier",
    "dryBase": "dry_base",
    "dryAllowedLength": "dry_allowed_length",
    "dryPenaltyLastN": "dry_penalty_last_n",
    "drySequenceBreakers": "dry_sequence_breakers",
    "seed": "seed",
    "logitBias": "logit_bias",
    "ignoreEOS": "ignore_eos",
}
"""Fields of `params` that are defaults of sampling, and their names in the engine's SamplingParams."""


NEUTRAL = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0}
"""Sampling of a model behind a URL, where neither request nor card says otherwise: nothing is held back there."""

UPSTREAM = {
    "keyVariable": "key_variable",
    "connectSeconds": "connect_seconds",
    "firstTokenSeconds": "first_token_seconds",
    "gapSeconds": "gap_seconds",
    "retries": "retries",
    "concurrency": "concurrency",
    "limitField": "limit_field",
    "extensions": "extensions",
}
"""Fields of `upstream` that are taken over unchanged."""


class Change(NamedTuple):
    """What an edit did, by model name."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return any((self.added, self.changed, self.removed))


class Catalog:
    """The cards of all models, and the watch over the files they come from."""

    def __init__(self, files: Sequence[Path], storage: Path, data_dir: Path) -> None:
        """`files`: later ones win, the first must exist. Raises CatalogError."""
        self.files = tuple(dict.fromkeys(file.absolute() for file in files))
        self.problem: str | None = None
        """Why the last edit was not taken up; None when what is served is what stands in the files."""
        self._folders = (storage.absolute(), data_dir.absolute() / "models")
        self._warned: set[str] = set()
        self._cards: dict[str, ModelCard] = {}
        self._names: dict[str, str] = {}
        self._cards, self._names = self._read()

    @classmethod
    def from_settings(cls, settings: Settings) -> Catalog:
        paths = settings.paths
        return cls((paths.models, paths.data_dir / "models.json"), paths.storage, paths.data_dir)

    def get(self, name: str) -> ModelCard:
        """The card with this name or alias; raises ModelNotFound."""
        try:
            card = self._cards[self._names[name]]
        except KeyError:
            known = {each.name: (each.name, *each.aliases) for each in self._cards.values()}
            raise ModelNotFound(name, known) from None
        if card.upstream is not None or card.file.is_file():
            return card
        # The file may have come, or moved from one folder to the other, since the card was made.
        return replace(card, file=self._place(card.meta["params"]["model"]))

    def names(self) -> list[str]:
        """Names without aliases, in the order of the files."""
        return list(self._cards)

    def cards(self) -> tuple[ModelCard, ...]:
        return tuple(self.get(name) for name in self._cards)

    def written(self) -> list[tuple[Path, ModelCard]]:
        """Each of the files with each of its cards, as it stands there now; also those that a later file replaces.
        Raises CatalogError.
        """
        there = [file for file in self.files if file.exists()]
        return [(file, self._card(name, entry)) for file in there for name, entry in read_entries(file).items()]

    @property
    def modified(self) -> int:
        """When the newest of the files was written, in seconds since 1970."""
        return max((int(file.stat().st_mtime) for file in self.files if file.is_file()), default=0)

    def reload(self) -> Change:
        """Take up the files as they are now. If they cannot be used everything stays, and `problem` says why."""
        try:
            cards, names = self._read()
        except CatalogError as error:
            self.problem = str(error)
            for line in self.problem.splitlines():
                log.error("The models stay as they were. %s", line)
            return Change((), (), ())
        if self.problem is not None:
            log.info("The models' files are in order again")
        self.problem = None
        old, self._cards, self._names = self._cards, cards, names
        return Change(
            added=tuple(name for name in cards if name not in old),
            changed=tuple(name for name in cards if name in old and cards[name] != old[name]),
            removed=tuple(name for name in old if name not in cards),
        )

    async def watch(self, on_change: Callable[[Change], Awaitable[None]]) -> None:
        """Follow the files until cancelled; `on_change` hears of every edit that made a difference."""
        for file in self.files:
            file.parent.mkdir(parents=True, exist_ok=True)
        names = {file.name for file in self.files}
        folders = {file.parent for file in self.files}
        await follow(folders, lambda: self._take_up(on_change), lambda path: path.name in names)

    async def _take_up(self, on_change: Callable[[Change], Awaitable[None]]) -> None:
        change = self.reload()
        if not change:
            return
        log.info("Models changed: %s", ", ".join(sum(change, ())))
        try:
            await on_change(change)
        except Exception:
            log.exception("An edit of the models was taken up, but what followed from it failed")

    def _read(self) -> tuple[dict[str, ModelCard], dict[str, str]]:
        """Cards by name, and names by name or alias."""
        entries: dict[str, tuple[Path, Entry]] = {}
        problems: list[str] = []
        for index, file in enumerate(self.files):
            if index and not file.exists():
                continue
            try:
                entries |= {name: (file, entry) for name, entry in read_entries(file).items()}
            except CatalogError as error:
                problems.append(str(error))
        names = {name: name for name in entries}
        for name, (file, entry) in entries.items():
            for alias in entry.get("aliases", ()):
                if names.setdefault(alias, name) != name or alias == name:
                    problems.append(f"{file}: model {name!r}, aliases: {alias!r} already leads to {names[alias]!r}")
        if problems:
            raise CatalogError("\n".join(problems))
        for name, (file, entry) in entries.items():
            self._warn(file, name, entry)
        return {name: self._card(name, entry) for name, (_, entry) in entries.items()}, names

    def _warn(self, file: Path, name: str, entry: Entry) -> None:
        for where in without_effect(entry):
            line = f"{file}: model {name!r}, {where}"
            if line not in self._warned:
                self._warned.add(line)
                log.warning("%s", line)

    def _place(self, text: str) -> Path:
        """Where a file named in an entry lies, or, if nowhere, should lie."""
        path = Path(text)
        if "\\" in text and not any((folder / path).exists() for folder in self._folders):
            path = Path(text.replace("\\", "/"))
        places = [folder / path for folder in self._folders]
        return next((place for place in places if place.exists()), places[0])

    def _optional(self, text: str | None) -> Path | None:
        return None if text is None else self._place(text)

    def _upstream(self, name: str, entry: Entry) -> Upstream:
        urls, said = entry["base_url"], entry.get("upstream", {})
        plain = {known: said[key] for key, known in UPSTREAM.items() if key in said}
        return Upstream(
            urls=tuple(dict.fromkeys(url.rstrip("/") for url in ([urls] if isinstance(urls, str) else urls))),
            model=said.get("model", name),
            tokenizer=self._optional(said.get("tokenizer")),
            **plain,
        )

    def _card(self, name: str, entry: Entry) -> ModelCard:
        """`entry` has passed the schema."""
        params = entry.get("params", {})
        upstream = self._upstream(name, entry) if entry.get("backend", "local") == "openai" else None
        plain: dict[str, Any] = {known: params[key] for key, known in PLAIN.items() if key in params}
        plain["context"] = plain.get("context") or None
        both = params.get("kvType", "f16")
        flash = params.get("flashAttention", "auto")
        limit = params.get("nPredict", -1)
        reasoning = entry.get("reasoning")
        return ModelCard(
            name=name,
            file=Path() if upstream is not None else self._place(params["model"]),
            upstream=upstream,
            aliases=tuple(entry.get("aliases", ())),
            description=entry.get("description", ""),
            example=Example(**entry["example"]) if "example" in entry else None,
            template=entry.get("template"),
            template_file=self._optional(entry.get("templateFile")),
            personalities=entry.get("personalities", {}),
            tool_format=entry.get("toolFormat"),
            embeddings=entry.get("embeddings", False),
            rerank=entry.get("rerank", False),
            reasoning=(reasoning["open"], reasoning["close"]) if reasoning else None,
            tensor_split=tuple(params.get("tensorSplit", ())),
            type_k=params.get("kvTypeK", both),
            type_v=params.get("kvTypeV", both),
            flash_attention=flash if isinstance(flash, str) else ("on" if flash else "off"),
            mmap=not params.get("noMmap", False),
            lora=tuple(Lora(self._place(one["file"]), one.get("scale", 1.0)) for one in params.get("lora", ())),
            projector=self._optional(params.get("projector")),
            autoload=entry.get("autoload"),
            idle_seconds=entry.get("idleSeconds"),
            prefix_scope=entry.get("prefixScope"),
            max_waiting=entry.get("maxWaiting"),
            max_tokens=limit if limit > 0 else None,
            stop=tuple(dict.fromkeys([*filter(None, [params.get("reversePrompt")]), *params.get("stop", ())])),
            sampling=_sampling(params) if upstream is None else NEUTRAL | _sampling(params),
            meta=entry,
            **plain,
        )


def _sampling(params: Entry) -> dict[str, Any]:
    values = {known: params[key] for key, known in SAMPLING.items() if key in params}
    if values.get("seed") == -1:
        values["seed"] = None
    if "top_k" in values:
        values["top_k"] = max(0, values["top_k"])
    if "dry_sequence_breakers" in values:
        values["dry_sequence_breakers"] = tuple(values["dry_sequence_breakers"])
    if "logit_bias" in values:
        values["logit_bias"] = tuple((one["tokenID"], float(one["bias"])) for one in values["logit_bias"])
    return values
