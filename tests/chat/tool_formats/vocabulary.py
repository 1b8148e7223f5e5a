"""A tokenizer of single bytes, and of the marks that are to be tokens: enough to try a grammar without a model."""

from __future__ import annotations

from collections.abc import Sequence

from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper

from server.chat.tool_formats.grammar import Tokens

END = 256


class _Bytes:
    def __init__(self, marks: Sequence[str]) -> None:
        self.bos_token_id = None
        self.eos_token_id = END
        self.tokens = [*(bytes([byte]) for byte in range(256)), b"<end>", *(mark.encode() for mark in marks)]
        self.special_token_ids = list(range(END, len(self.tokens)))

    def __call__(self, text: bytes) -> list[int]:
        return list(text)


class Vocabulary:
    """`marks` are control tokens of it."""

    def __init__(self, marks: Sequence[str] = ()) -> None:
        self._ids = {mark: END + 1 + number for number, mark in enumerate(dict.fromkeys(marks))}
        self._tokenizer = LLTokenizer(TokenizerWrapper(_Bytes(list(self._ids))), n_vocab=END + 1 + len(self._ids))
        self.tokens = Tokens(control=self._ids)

    def _cut(self, text: str) -> list[int]:
        found: list[int] = []
        while text:
            mark = next((mark for mark in self._ids if text.startswith(mark)), None)
            found += [self._ids[mark]] if mark else text[0].encode()
            text = text[len(mark or text[0]) :]
        return found

    def allows(self, grammar: str, text: str) -> bool:
        """Whether the grammar lets a model say this, and then end."""
        matcher = LLMatcher(self._tokenizer, grammar)
        assert not matcher.is_error(), f"{matcher.get_error()}\n{grammar}"
        tokens = self._cut(text)
        return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()
