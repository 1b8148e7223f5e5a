"""The models that we make ourselves say what they are meant to say, in llama.cpp."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jinja2
import llama_cpp.llama_cpp as llama
import pytest

from scripts import make_model
from server.engine.gguf import read_header

ASKED = "<|im_start|>user\nWho are you? Grüße, 語 👋<|im_end|>\n<|im_start|>assistant\n"


class Opened:
    """A loaded model with one context, small enough to see through."""

    def __init__(self, path: Path) -> None:
        wanted = llama.llama_model_default_params()
        wanted.n_gpu_layers, wanted.use_extra_bufts = 0, False
        self.model = llama.llama_model_load_from_file(str(path).encode(), wanted)
        assert self.model
        context = llama.llama_context_default_params()
        context.n_ctx = context.n_batch = 512
        context.n_threads = context.n_threads_batch = 1
        self.context = llama.llama_init_from_model(self.model, context)
        assert self.context
        self.vocabulary = llama.llama_model_get_vocab(self.model)

    def tokens(self, text: str, *, special: bool = True) -> list[int]:
        data = text.encode()
        found = (llama.llama_token * 2048)()
        count = llama.llama_tokenize(self.vocabulary, data, len(data), found, 2048, True, special)
        assert count >= 0
        return list(found[:count])

    def piece(self, token: int) -> bytes:
        held = ctypes.create_string_buffer(128)
        length = llama.llama_token_to_piece(self.vocabulary, token, held, 128, 0, True)
        return held.raw[:length]

    def answer(self, prompt: str, most: int = 100) -> list[bytes]:
        """The pieces of the greedy answer, the token that ends it included."""
        sampler = llama.llama_sampler_init_greedy()
        pieces: list[bytes] = []
        given = self.tokens(prompt)
        while len(pieces) < most:
            held = (llama.llama_token * len(given))(*given)
            assert llama.llama_decode(self.context, llama.llama_batch_get_one(held, len(given))) == 0
            given = [llama.llama_sampler_sample(sampler, self.context, -1)]
            pieces.append(self.piece(given[0]))
            if llama.llama_vocab_is_eog(self.vocabulary, given[0]):
                break
        llama.llama_sampler_free(sampler)
        return pieces

    def close(self) -> None:
        llama.llama_free(self.context)
        llama.llama_model_free(self.model)


@pytest.fixture
def opened(tmp_path: Path):
    """Makes a model with the function given and opens it."""
    models: list[Opened] = []

    def make(maker: Callable[..., None], **options: object) -> Opened:
        path = tmp_path / f"{len(models)}.gguf"
        maker(path, **options)
        models.append(Opened(path))
        return models[-1]

    yield make
    for model in models:
        model.close()


@pytest.mark.parametrize("text", [make_model.GREETING, make_model.EMOJI, "a a a a b", "<think>Hm.</think>Yes.\n\nNo."])
def test_a_chain_says_its_text_and_ends(opened, text):
    pieces = opened(make_model.chain_model, text=text).answer(ASKED)
    assert b"".join(pieces) == text.encode() + b"<|im_end|>"


def test_the_emoji_chain_cuts_through_characters(opened):
    pieces = opened(make_model.chain_model, text=make_model.EMOJI).answer(ASKED)

    def whole(piece: bytes) -> bool:
        try:
            return bool(piece.decode())
        except UnicodeDecodeError:
            return False

    assert sum(not whole(piece) for piece in pieces) > 15


def test_a_chain_answers_any_prompt(opened):
    model = opened(make_model.chain_model)
    assert b"".join(model.answer("What")) == make_model.GREETING.encode() + b"<|im_end|>"


def test_the_counting_chain_goes_on_for_ever(opened):
    said = b"".join(opened(make_model.counting_model).answer(ASKED, most=60)).decode()
    assert said == make_model.COUNTING * 5


def test_the_sentence_piece_chain_puts_a_space_before_text(opened):
    model = opened(make_model.spm_model)
    assert b"".join(model.answer(ASKED)) == make_model.GREETING.encode() + b"<|im_end|>"
    assert b"".join(model.piece(token) for token in model.tokens("model é")) == "<s> model é".encode()


@pytest.mark.parametrize("maker", [make_model.chain_model, make_model.random_model])
def test_any_text_has_tokens_and_comes_back(opened, maker):
    model = opened(maker)
    text = "".join(map(chr, range(1, 400))) + "日本 👩‍👩‍👧"
    assert b"".join(model.piece(token) for token in model.tokens(text)).decode() == text


def test_special_tokens_are_one_token(opened):
    model = opened(make_model.chain_model)
    for text in make_model.CONTROL + make_model.USER_DEFINED:
        assert len(model.tokens(text)) == 1
    assert len(model.tokens("<|im_end|>", special=False)) > 1


def test_types_of_random_weights_hold_the_same_values(opened):
    said = [opened(make_model.random_model, quant=quant).answer(ASKED, most=4) for quant in ("F32", "F16")]
    assert said[0] == said[1]


def test_seeds_differ(opened):
    said = [opened(make_model.random_model, seed=seed).answer(ASKED, most=12) for seed in (1, 1, 2)]
    assert said[0] == said[1] != said[2]


def test_random_models_listen_to_the_whole_prompt(opened):
    first, second = opened(make_model.random_model), opened(make_model.random_model)
    assert first.answer("Here is a cat.", most=12) != second.answer("Hare is a cat.", most=12)


def test_an_untied_head_is_another_model(opened):
    said = [opened(make_model.random_model, tie=tie).answer(ASKED, most=12) for tie in (True, False)]
    assert said[0] != said[1]


@pytest.mark.parametrize(
    ("maker", "recurrent", "window"), [(make_model.recurrent_model, True, 0), (make_model.window_model, False, 32)]
)
def test_models_whose_memory_cannot_be_cut(opened, maker, recurrent, window):
    model = opened(maker)
    assert llama.llama_model_is_recurrent(model.model) == recurrent
    assert llama.llama_model_n_swa(model.model) == window
    assert len(set(model.answer(ASKED, most=30))) > 3


@pytest.mark.parametrize(
    ("kind", "pooling", "remembers"),
    [
        ("bert", 1, False),
        ("bert-cls", 2, False),
        ("ranker", 4, False),
        ("embedder", 1, True),
        ("embedder-last", 3, True),
    ],
)
def test_models_for_vectors_say_how_their_outputs_become_one(opened, kind, pooling, remembers):
    model = opened(make_model.KINDS[kind])
    assert llama.llama_pooling_type(model.context) == pooling
    assert bool(llama.llama_get_memory(model.context)) == remembers


def test_words_fall_into_pieces_between_their_marks(opened):
    model = opened(make_model.bert_model)
    assert [model.piece(token) for token in model.tokens("The cat, biking")] == [
        *(b"[CLS]", b" the", b" c", b"a", b"t", b" ,", b" b", b"i", b"k", b"ing", b"[SEP]")
    ]


def test_the_template_is_chatml():
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    said = jinja2.Template(make_model.CHATML).render(messages=messages, add_generation_prompt=True)
    assert said == "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"


def test_tiny_models_are_made_quickly(tmp_path):
    start = time.perf_counter()
    make_model.chain_model(tmp_path / "chain.gguf")
    make_model.random_model(tmp_path / "tiny.gguf")
    assert time.perf_counter() - start < 1.0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chain.gguf", "tiny.gguf"]


def test_the_command_writes_the_shape_that_was_asked_for(tmp_path):
    out = tmp_path / "made" / "mid.gguf"
    root = Path(make_model.__file__).parents[1]
    subprocess.run([sys.executable, "scripts/make_model.py", "mid", str(out)], cwd=root, check=True, timeout=60)
    header = read_header(out)
    assert (header.layers, header.width, header.vocabulary, header.feed_forward) == (8, 512, 32000, 1536)
    assert header.kv_heads == (2,) * 8
