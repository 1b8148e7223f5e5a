"""The GGUF file: what was written comes back, and the initial weights copy when llama.cpp computes with them."""

from __future__ import annotations

from pathlib import Path

import llama_cpp.llama_cpp as llama
import numpy as np
from demo_model import export
from demo_model.initial import grown, initial
from demo_model.rendering import TEMPLATE
from demo_model.shape import Shape
from demo_model.tokenizer import Tokenizer

from server.engine.gguf import read_header

TOKENIZER = Tokenizer([("a", "b"), ("ab", "c")])
SHAPE = Shape(vocabulary=len(TOKENIZER.tokens), layers=3, feed_forward=32)


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    weights = initial(SHAPE)
    export.write(tmp_path / "model.gguf", weights, SHAPE, TOKENIZER)
    read, shape, tokenizer = export.read(tmp_path / "model.gguf")
    assert tokenizer.merges == TOKENIZER.merges
    assert (shape.vocabulary, shape.layers, shape.theta) == (SHAPE.vocabulary, SHAPE.layers, SHAPE.theta)
    assert {name: values.shape for name, values in read.items()} == SHAPE.sizes()
    for name, values in weights.items():
        assert np.abs(read[name] - values).max() <= np.abs(values).max() / 127, name
    assert [file.name for file in tmp_path.iterdir()] == ["model.gguf"]


def test_the_server_can_read_it(tmp_path: Path) -> None:
    export.write(tmp_path / "model.gguf", initial(SHAPE), SHAPE, TOKENIZER)
    header = read_header(tmp_path / "model.gguf")
    assert (header.architecture, header.metadata["general.license"]) == ("llama", "MIT")
    assert (header.layers, header.width, header.vocabulary) == (SHAPE.layers, SHAPE.width, SHAPE.vocabulary)
    assert header.chat_template == TEMPLATE.read_text(encoding="utf-8")


def test_the_initial_weights_copy(tmp_path: Path) -> None:
    """After a passage of random tokens that comes twice, the second time each token is foretold by the first."""
    export.write(tmp_path / "model.gguf", initial(SHAPE), SHAPE, TOKENIZER)
    passage = np.random.default_rng(0).permutation(len(TOKENIZER.tokens))[:80].tolist()
    foretold = best_next(tmp_path / "model.gguf", passage * 2)
    hits = [foretold[at] == passage[at + 1 - 80] for at in range(83, 159)]
    assert np.mean(hits) > 0.9


def test_new_layers_change_nothing_yet(tmp_path: Path) -> None:
    weights, shape = initial(SHAPE), SHAPE
    passage = np.random.default_rng(0).permutation(len(TOKENIZER.tokens))[:80].tolist() * 2
    said = []
    for layers in (3, 5, 8):
        weights, shape = grown(weights, shape, layers)
        export.write(tmp_path / "model.gguf", weights, shape, TOKENIZER)
        assert read_header(tmp_path / "model.gguf").layers == layers
        said.append(best_next(tmp_path / "model.gguf", passage))
    assert said[0] == said[1] == said[2]


def best_next(file: Path, tokens: list[int]) -> list[int]:
    """The likeliest token after each."""
    wanted = llama.llama_model_default_params()
    wanted.n_gpu_layers, wanted.use_extra_bufts = 0, False
    model = llama.llama_model_load_from_file(str(file).encode(), wanted)
    parameters = llama.llama_context_default_params()
    parameters.n_ctx = parameters.n_batch = 512
    parameters.n_threads = parameters.n_threads_batch = 1
    context = llama.llama_init_from_model(model, parameters)
    batch = llama.llama_batch_init(len(tokens), 0, 1)
    try:
        batch.n_tokens = len(tokens)
        for at, token in enumerate(tokens):
            batch.token[at], batch.pos[at], batch.n_seq_id[at], batch.logits[at] = token, at, 1, 1
            batch.seq_id[at][0] = 0
        assert llama.llama_decode(context, batch) == 0
        count = SHAPE.vocabulary
        return [int(np.argmax(llama.llama_get_logits_ith(context, at)[:count])) for at in range(len(tokens))]
    finally:
        llama.llama_batch_free(batch)
        llama.llama_free(context)
        llama.llama_model_free(model)
