"""What a repository of a hub offers, file by file. Pure: names and sizes become offers, a wish becomes one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from server.errors import BadRequest, NotFound

PREFERRED = ("Q4_K_M", "Q4_K_S", "Q5_K_M", "Q4_0", "Q8_0", "MXFP4", "F16", "BF16")
"""What is taken of several when nobody says which, the first that there is: small, and nearly as good as the whole."""

_IN_MEMORY = 1.15
"""Bytes for each of the file: its weights, and a guess at a small context beside them."""

_PART = re.compile(r"(?P<stem>.*)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf", re.IGNORECASE)
_QUANT = re.compile(
    r"(?:^|[.\-_/])((?:IQ|TQ|Q)\d(?:_[A-Z0-9]+)*|F16|F32|BF16|MXFP4(?:_MOE)?)(?=[.\-_/]|$)", re.IGNORECASE
)
_SAFE = re.compile(r"[A-Za-z0-9._+()\[\] -]{1,200}")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a repository."""

    path: str
    size: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One model, or projector, of a repository: a file, or the parts of one, the first of them first."""

    files: tuple[RemoteFile, ...]

    @property
    def path(self) -> str:
        """What it is called by: its first file."""
        return self.files[0].path

    @property
    def name(self) -> str:
        """Its file's name, without folders, ending and number of its part."""
        name = self.path.rpartition("/")[2]
        part = _PART.fullmatch(name)
        return part["stem"] if part else name[: -len(".gguf")]

    @property
    def quant(self) -> str | None:
        """How its weights are kept, as its name tells."""
        found = _QUANT.findall(self.path[: -len(".gguf")])
        return found[-1].upper() if found else None

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def is_projector(self) -> bool:
        return "mmproj" in self.path.lower()

    def fits(self, free: int) -> bool:
        """Whether it can probably be loaded with so many bytes of memory: there is no header to read yet."""
        return self.size * _IN_MEMORY <= free

    def body(self, free: int) -> dict[str, Any]:
        """As JSON; `free`: bytes of memory that this machine has for it."""
        return {
            "file": self.path,
            "quant": self.quant,
            "bytes": self.size,
            "parts": len(self.files),
            "kind": "projector" if self.is_projector else "model",
            "fits": self.fits(free),
        }


def offers(files: Iterable[RemoteFile]) -> list[Offer]:
    """The GGUF files as offers, the smallest first. A model of which a part is missing is none."""
    single: list[Offer] = []
    parts: dict[tuple[str, int], dict[int, RemoteFile]] = {}
    for file in files:
        if not file.path.lower().endswith(".gguf") or not is_safe(file.path):
            continue
        part = _PART.fullmatch(file.path)
        if part is None:
            single.append(Offer((file,)))
        else:
            parts.setdefault((part["stem"], int(part["count"])), {})[int(part["number"])] = file
    whole = [
        Offer(tuple(found[number] for number in range(1, count + 1)))
        for (_, count), found in parts.items()
        if found.keys() == set(range(1, count + 1))
    ]
    return sorted(single + whole, key=lambda offer: (offer.size, offer.path))


def is_safe(path: str) -> bool:
    """Whether a path of a repository may become one of ours."""
    return all(_SAFE.fullmatch(step) and set(step) != {"."} for step in path.split("/"))


def choose(found: Sequence[Offer], wanted: str | None, repo: str) -> Offer:
    """The model that is meant by a file's name, or its path or quantization; without either, the usual one. Raises
    NotFound, and BadRequest where several could be meant.
    """
    models = [offer for offer in found if not offer.is_projector]
    if not models:
        raise NotFound(f"The repository {repo!r} holds no model in GGUF files.", param="repo")
    if wanted is None:
        return _usual(models)
    same = wanted.lower().removesuffix(".gguf")
    for named in (_by_path, _by_name, _by_quant):
        meant = [offer for offer in models if named(offer, same)]
        if len(meant) == 1:
            return meant[0]
        if meant:
            names = ", ".join(offer.path for offer in meant[:8])
            raise BadRequest(f"Several files of {repo!r} could be meant by {wanted!r}: {names}.", param="file")
    names = ", ".join(offer.quant or offer.path for offer in models[:40])
    raise NotFound(f"The repository {repo!r} has no {wanted!r}. There are: {names}.", param="file")


def _usual(models: Sequence[Offer]) -> Offer:
    for quant in PREFERRED:
        for offer in models:
            if offer.quant == quant:
                return offer
    return models[-1] if len(models) == 1 else models[0]


def _by_path(offer: Offer, wanted: str) -> bool:
    return any(file.path.lower().removesuffix(".gguf") == wanted for file in offer.files)


def _by_name(offer: Offer, wanted: str) -> bool:
    return wanted == offer.name.lower() or any(
        file.path.lower().rpartition("/")[2].removesuffix(".gguf") == wanted for file in offer.files
    )


def _by_quant(offer: Offer, wanted: str) -> bool:
    return offer.quant is not None and offer.quant.lower() == wanted


def projector_for(found: Sequence[Offer]) -> Offer | None:
    """The projector that goes with the models of a repository: the one in half precision, or else the smallest."""
    all_ = [offer for offer in found if offer.is_projector]
    return next((offer for offer in all_ if offer.quant == "F16"), all_[0] if all_ else None)
