"""What the header of a projector's file says, checked before llama.cpp sees it. Pure, but for the file it reads."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from server.engine.gguf_format import read_part, refuse

LOOKS_AT_THE_WHOLE = frozenset({"gemma3", "gemma4v", "gemma4uv"})
"""Kinds whose rows see each other, so that an image is computed in one micro-batch."""

ROWS_OF_A_WHOLE = 256
"""Rows that such a micro-batch should have room for: what an image of the commonest of these kinds takes."""

NOT_YET = frozenset({"deepseek4v", "hunyuanvl"})
"""Kinds whose rows depend on where in the prompt an image stands: there they could not be made once and shared."""


@dataclass(frozen=True, slots=True)
class ProjectorHeader:
    """A projector's facts."""

    file: Path
    kind: str
    """llama.cpp's name of the way it looks at images."""
    size: int
    """Bytes of its weights."""
    fingerprint: str

    @property
    def whole(self) -> bool:
        """Whether an image must be computed in one go."""
        return self.kind in LOOKS_AT_THE_WHOLE


def read_projector(path: Path) -> ProjectorHeader:
    """Reads and checks a projector's file. Raises ModelLoadFailed naming file, field and fault."""
    part = read_part(path)
    metadata = part.metadata
    architecture = metadata.get("general.architecture")
    if architecture != "clip":
        raise refuse(part.file, "general.architecture", architecture, "clip, as params.projector names a projector")
    if metadata.get("clip.has_vision_encoder") is not True:
        raise refuse(part.file, "clip.has_vision_encoder", "nothing", "a projector for images")
    kind = metadata.get("clip.projector_type") or metadata.get("clip.vision.projector_type")
    if not isinstance(kind, str) or not kind:
        raise refuse(part.file, "clip.projector_type", kind, "the name of a kind of projector")
    if kind in NOT_YET:
        raise refuse(part.file, "clip.projector_type", kind, "a kind that can be used here; leave params.projector out")
    for key, most in (("image_size", 2**14), ("patch_size", 2**10)):
        value = metadata.get(f"clip.vision.{key}")
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise refuse(part.file, f"clip.vision.{key}", value, f"a whole number from 1 to {most}")
    seen = hashlib.sha256(f"{part.size} {part.modified} {part.digest}".encode()).hexdigest()
    return ProjectorHeader(path, kind, sum(tensor.bytes for tensor in part.tensors), seen)
