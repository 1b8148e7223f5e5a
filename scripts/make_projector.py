#!/usr/bin/env python3
"""Writes projectors of random weights: what turns an image into rows that a model reads like tokens. For the tests.

What such a model says of an image means nothing, but depends on every part of it. Three kinds, as projectors differ in
how their rows are read: one after the other (`projector`), all seeing each other (`projector-whole`), or with places
in a grid (`projector-grid`, for a model of the kind `grid`).

    python scripts/make_projector.py projector OUT.gguf
"""

from __future__ import annotations

import argparse
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np

PATCH = 14


@dataclass(frozen=True)
class Kind:
    """A way to look at images. An image of `side` pixels becomes (side / PATCH / merge) ** 2 rows."""

    name: str
    """What llama.cpp calls it."""
    side: int
    merge: int = 1


KINDS = {
    "projector": Kind("mlp", 56),
    "projector-whole": Kind("gemma3", 112, merge=2),
    "projector-grid": Kind("qwen2vl_merger", 56, merge=2),
}


def projector(path: Path, kind: str = "projector", *, width: int = 64, seed: int = 1) -> None:
    """A projector for a model of this `width`."""
    looks = KINDS[kind]
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    writer = gguf.GGUFWriter(draft, "clip")
    writer.add_type("mmproj")
    writer.add_name(kind)
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_string("clip.projector_type", looks.name)
    writer.add_bool("clip.use_gelu", True)
    vision = {
        "image_size": looks.side,
        "patch_size": PATCH,
        "embedding_length": WIDTH,
        "feed_forward_length": WIDE,
        "block_count": LAYERS,
        "projection_dim": width,
        "attention.head_count": HEADS,
        "projector.scale_factor": looks.merge,
        "spatial_merge_size": looks.merge,
    }
    for name, value in vision.items():
        writer.add_uint32(f"clip.vision.{name}", value)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-6)
    writer.add_array("clip.vision.image_mean", [0.5, 0.5, 0.5])
    writer.add_array("clip.vision.image_std", [0.5, 0.5, 0.5])
    for name, values in _tensors(looks, width, seed).items():
        writer.add_tensor(name, values.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    draft.replace(path)


WIDTH, WIDE, HEADS, LAYERS = 64, 128, 2, 2


def _tensors(looks: Kind, width: int, seed: int) -> dict[str, np.ndarray]:
    def random(name: str, *shape: int, gain: float = 1.0) -> np.ndarray:
        source = np.random.default_rng((seed, zlib.crc32(name.encode())))
        return source.standard_normal(shape) * gain / np.prod(shape[1:]) ** 0.5

    found: dict[str, np.ndarray] = {}

    def add(name: str, *shape: int, gain: float = 1.0) -> None:
        found[name] = random(name, *shape, gain=gain)

    def linear(name: str, rows: int, columns: int, gain: float = 1.0) -> None:
        add(f"{name}.weight", rows, columns, gain=gain)
        found[f"{name}.bias"] = np.zeros(rows)

    def norm(name: str) -> None:
        found[f"{name}.weight"], found[f"{name}.bias"] = np.ones(WIDTH), np.zeros(WIDTH)

    patches = (looks.side // PATCH) ** 2
    add("v.patch_embd.weight", WIDTH, 3, PATCH, PATCH, gain=4.0)
    if looks.name == "qwen2vl_merger":
        add("v.patch_embd.weight.1", WIDTH, 3, PATCH, PATCH, gain=4.0)
    else:
        add("v.position_embd.weight", patches, WIDTH, gain=8.0)
    for layer in range(LAYERS):
        block = f"v.blk.{layer}."
        for part in ("attn_q", "attn_k", "attn_v", "attn_out"):
            linear(f"{block}{part}", WIDTH, WIDTH, 2.0)
        linear(f"{block}ffn_up", WIDE, WIDTH)
        linear(f"{block}ffn_down", WIDTH, WIDE)
        norm(f"{block}ln1")
        norm(f"{block}ln2")
    norm("v.post_ln")
    if looks.name == "gemma3":
        found["mm.soft_emb_norm.weight"] = np.ones(WIDTH)
        add("mm.input_projection.weight", WIDTH, width, gain=2.5)
    else:
        inner = WIDTH * (looks.merge**2 if looks.name == "qwen2vl_merger" else 1)
        linear("mm.0", inner, inner, 2.0)
        linear("mm.2", width, inner, 2.5)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a projector of random weights for the tests.")
    parser.add_argument("kind", choices=[*KINDS], help="which way to look at images")
    parser.add_argument("out", type=Path, help="file to write")
    parser.add_argument("--width", type=int, default=64, help="of the model that is to read its rows")
    given = parser.parse_args()
    projector(given.out, given.kind, width=given.width)
    print(f"{given.out}: {given.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
