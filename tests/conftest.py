"""Models that the tests make for themselves, once a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import make_model, make_projector


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The path of a test model by its kind: greeting, counting, emoji, spm, window, recurrent, tiny (random)."""
    folder = tmp_path_factory.mktemp("models")

    def make(kind: str) -> Path:
        path = folder / f"{kind}.gguf"
        if not path.exists():
            if kind in make_projector.KINDS:
                make_projector.projector(path, kind)
            elif kind in make_model.SHAPES:
                make_model.random_model(path, kind)
            else:
                make_model.KINDS[kind](path)
        return path

    return make
