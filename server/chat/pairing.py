"""A query and a document as the one text that a ranking model reads."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence

from server.chat.prompt import Marks, Specials
from server.engine.vocabulary import Vocabulary

_PLACE = re.compile(r"\{(query|document)\}")


class Pairing:
    """Made once for a loaded model: with the template of its file, or, without one, with its vocabulary's separators
    (`[CLS] query [SEP] document [SEP]`).
    """

    def __init__(self, vocabulary: Vocabulary, template: str | None) -> None:
        self._vocabulary = vocabulary
        self._parts = _PLACE.split(template) if template else []
        self._specials = Specials(vocabulary.control, vocabulary.user_defined) if template else Specials()

    def tokens(self, query: str, documents: Sequence[str]) -> list[array[int]]:
        """The token ids of the query with each document. Run it on a thread with a deep stack."""
        if self._parts:
            marks = Marks([*self._parts, query, *documents])
            return [self._filled(query, document, marks) for document in documents]
        vocabulary = self._vocabulary
        head = vocabulary.front + vocabulary.segment(query) + vocabulary.between
        return [head + vocabulary.segment(document) + vocabulary.back for document in documents]

    def _filled(self, query: str, document: str, marks: Marks) -> array[int]:
        """The template with both in it. Neither can become one of the template's control tokens."""
        said = {"query": query, "document": document}
        guarded = {name: self._specials.guard(marks.clean(text), marks) for name, text in said.items()}
        text = "".join(guarded[part] if at % 2 else part for at, part in enumerate(self._parts))
        tokens = array("i")
        for fragment in marks.split(text).fragments:
            tokens.extend(self._vocabulary.tokenize(fragment.text, special=not fragment.plain, first=False))
        return tokens
