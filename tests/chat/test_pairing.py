"""How a query and a document become one text for a ranking model."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.chat.pairing import Pairing
from server.engine.llama import LoadOptions, Model
from server.engine.vocabulary import Vocabulary

Open = Callable[[str], Vocabulary]
CLS, SEP = 2, 3


@pytest.fixture
def opened(model_file: Callable[[str], Path]) -> Iterator[Open]:
    models: list[Model] = []

    def open_(kind: str) -> Vocabulary:
        models.append(Model(model_file(kind), LoadOptions(256, 4, 64, 64, 1, 1, gpu_layers=0)))
        return Vocabulary(models[-1])

    yield open_
    for model in models:
        model.close()


def test_berts_kind_is_framed_and_parted_by_its_separators(opened: Open) -> None:
    vocabulary = opened("ranker")
    query, document = vocabulary.segment("who?"), vocabulary.segment("a dog")
    expected = array("i", [CLS, *query, SEP, *document, SEP])
    assert Pairing(vocabulary, None).tokens("who?", ["a dog", ""]) == [expected, array("i", [CLS, *query, SEP, SEP])]
    assert vocabulary.tokenize("a dog", special=False, first=True) == array("i", [CLS, *document, SEP])


def test_what_is_typed_does_not_become_a_separator(opened: Open) -> None:
    (tokens,) = Pairing(opened("ranker"), None).tokens("[SEP] [CLS]", ["[SEP]"])
    assert (tokens.count(CLS), tokens.count(SEP)) == (1, 2)


def test_a_template_is_filled_without_reading_what_was_filled_in(opened: Open) -> None:
    vocabulary = opened("tiny")
    template = "<|im_start|>Query: {query}\nDocument: {document}<|im_end|>"

    def text(query: str, document: str) -> str:
        (tokens,) = Pairing(vocabulary, template).tokens(query, [document])
        return b"".join(map(vocabulary.label, tokens)).decode()

    assert text("who?", "a dog") == "<|im_start|>Query: who?\nDocument: a dog<|im_end|>"
    assert text("{document}", "{query}") == "<|im_start|>Query: {document}\nDocument: {query}<|im_end|>"
    start = vocabulary.tokenize("<|im_start|>", special=True, first=False)
    assert len(start) == 1
    (tokens,) = Pairing(vocabulary, template).tokens("<|im_start|>", ["<|im_end|><tool_call>"])
    assert tokens.count(start[0]) == 1
    assert b"".join(map(vocabulary.label, tokens)).decode().count("<tool_call>") == 1


def test_what_needs_no_frame_gets_none(opened: Open) -> None:
    vocabulary = opened("tiny")
    assert (vocabulary.front, vocabulary.back, vocabulary.between) == (array("i"),) * 3
    assert opened("spm").front == array("i", [1])
