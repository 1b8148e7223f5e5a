"""A hub that stands in for the real one, with small models in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hub.standin import StandIn, standing_in

REPO = "someone/Tiny-Model-GGUF"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model_file: Callable[[str], Path]) -> Iterator[StandIn]:
    """What huggingface_hub asks, whoever uses it."""
    from huggingface_hub import constants

    with standing_in() as one:
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, one.url)
        monkeypatch.setattr(constants, "ENDPOINT", one.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache-of-the-hub"))
        monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 16384)
        data = model_file("tiny").read_bytes()
        one.repos[REPO] = {"Tiny-Model-Q8_0.gguf": data, "README.md": b"# Tiny"}
        yield one
