"""The models that are measured: random weights of two shapes, made once and kept outside git."""

from __future__ import annotations

import zlib
from pathlib import Path

from scripts import make_model

CACHE = Path(__file__).parent.parent / "var" / "bench"
"""Models and results lie here unless told otherwise."""

SHAPES = ("mid", "half-b")
"""What is measured when nothing is said."""


def model_file(name: str) -> Path:
    """The file of a shape known to `scripts/make_model.py`, made if it is not there yet; or the file called `name`."""
    if name not in make_model.SHAPES:
        file = Path(name).resolve()
        if not file.is_file():
            raise FileNotFoundError(f"{name}: neither a file nor one of {', '.join(make_model.SHAPES)}")
        return file
    maker = zlib.crc32(Path(make_model.__file__).read_bytes())  # another maker makes other models
    file = CACHE / "models" / f"{name}-{maker:08x}.gguf"
    if not file.is_file():
        for older in file.parent.glob(f"{name}-*.gguf"):
            older.unlink()
        make_model.random_model(file, name)
    return file
