"""The tokenizer: nothing is lost, a word has the same tokens everywhere, and llama.cpp splits text as it does."""

from __future__ import annotations

from pathlib import Path

import llama_cpp.llama_cpp as llama
import pytest
from demo_model import export
from demo_model.corpus import names
from demo_model.corpus.draw import Draw
from demo_model.initial import initial
from demo_model.shape import Shape
from demo_model.tokenizer import JOINED, Tokenizer, learn

SAID = (
    "The river {name} is {number} km long. What is the name of my cat?",
    "You are {name}, a teacher of {number} years. Don't say \"{lower}\", say '{lower}' (or {name}'s).",
    '<tool_call>{{"name": "find_{lower}", "arguments": {{"city": "{name}", "n": {number}}}}}</tool_call>',
)
STRANGE = (
    "",
    " ",
    "\n",
    "  two  spaces \n\n end ",
    "Größe, “quoted” 語 👋🏽 é½²",
    "x_y-z <think>ok</think>…",
    "'Store's",
)


def text(number: int) -> str:
    draw = Draw(number)
    values = {"name": names.invented(draw), "lower": names.lower(draw), "number": draw.number(1, 9999)}
    return f"<|im_start|>user\n{draw.one(SAID).format(**values)}<|im_end|>\n"


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return learn(map(text, range(800)), size=900)


def test_text_comes_back_from_its_tokens(tokenizer: Tokenizer) -> None:
    for said in (*STRANGE, *map(text, range(50))):
        assert tokenizer.decode(tokenizer.encode(said)) == said


def test_a_name_has_the_same_tokens_wherever_it_stands(tokenizer: Tokenizer) -> None:
    for number in range(200):
        name = names.invented(Draw(number, "test"))
        alone = tokenizer.encode(name)
        for before, after in ((" ", "."), ('"', '"}'), ("\n", "\n"), ("(", ")"), ("_", "'s"), (": ", " is")):
            found = tokenizer.encode(before + name + after)
            start = len(tokenizer.encode(before))
            assert found[start : start + len(alone)] == alone, before + name + after


def test_small_words_have_a_token_with_their_space(tokenizer: Tokenizer) -> None:
    assert all(len(tokenizer.encode(f" {word}")) == 1 for word in JOINED)


def test_digits_and_special_tokens_stand_alone(tokenizer: Tokenizer) -> None:
    assert len(tokenizer.encode("31415")) == 5
    assert tokenizer.encode("<|im_end|></tool_call>") == [tokenizer.ids["<|im_end|>"], tokenizer.ids["</tool_call>"]]


def test_a_saved_tokenizer_is_the_same(tokenizer: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path / "tokenizer.json")
    assert Tokenizer.load(tmp_path / "tokenizer.json").tokens == tokenizer.tokens


def test_llama_cpp_finds_the_same_tokens(tokenizer: Tokenizer, tmp_path: Path) -> None:
    shape = Shape(vocabulary=len(tokenizer.tokens), layers=3, feed_forward=32)
    export.write(tmp_path / "model.gguf", initial(shape), shape, tokenizer)
    parameters = llama.llama_model_default_params()
    parameters.vocab_only = True
    model = llama.llama_model_load_from_file(str(tmp_path / "model.gguf").encode(), parameters)
    vocabulary = llama.llama_model_get_vocab(model)
    try:
        for said in (*STRANGE, *map(text, range(300))):
            data, room = said.encode(), (llama.llama_token * 512)()
            count = llama.llama_tokenize(vocabulary, data, len(data), room, 512, True, True)
            assert list(room[:count]) == tokenizer.encode(said), said
    finally:
        llama.llama_model_free(model)
