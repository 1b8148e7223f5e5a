"""Grammars hold answers to a form: which tokens may come next, and which must. The only importer of `llguidance`.

    Constraint (text) ──prepare, on any thread──► Grammar, kept while it is used and a while longer
                                                     └── guide, on the model's thread ──► Guide, one an answer

What is prepared has been tried: a grammar that cannot be enforced, never ends or costs too much is refused before
anything is generated. Text and tokens meet in `_Spelling`, which is all that llguidance knows of a vocabulary.
"""

from __future__ import annotations

import re
import threading
import time
import weakref
from array import array
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from llguidance import LLMatcher, LLParserLimits, LLTokenizer, TokenizerWrapper, regex_to_lark
from llguidance.gbnf_to_lark import any_to_lark, is_lark_syntax

from server.engine.cost import check_cost
from server.engine.request import Constraint
from server.engine.vocabulary import Vocabulary
from server.errors import BadRequest, ServerError

KEPT = 24
"""Grammars of a model that stay prepared though nobody uses them."""

_TRIED_STEPS = 24
_TRIED_SECONDS = 0.25
"""How far a grammar is walked before it is believed."""

_LONGEST_CUT = 8000
"""Bytes of forced text that are cut into tokens in one go: some pre-tokenizers recurse once a character."""

_LIMITS = LLParserLimits(
    max_items_in_row=2000,  # five hundred members that may all be left out; ten thousand items take seconds a step
    step_max_items=50_000,
    max_lexer_states=30_000,  # which take some 20 MB
    verbose_errors=False,
)
"""Of a thousand random grammars and the worst that came to mind, none took more than two seconds, or 100 MB."""


class Guide:
    """Holds one answer to its grammar. Used by one thread at a time."""

    def __init__(self, matcher: LLMatcher, size: int, give_up: Callable[[], None]) -> None:
        self._matcher = matcher
        self._size = size
        self._give_up = give_up
        self._mask: npt.NDArray[np.int32] = np.zeros((size + 31) // 32, np.int32)
        self._address = self._mask.ctypes.data

    def mask(self) -> npt.NDArray[np.bool_]:
        """Whether each token may come next; never none. Those that end an answer may where it may end."""
        self._matcher.unsafe_compute_mask_ptr(self._address, self._mask.nbytes)
        mask = np.unpackbits(self._mask.view(np.uint8), count=self._size, bitorder="little").view(np.bool_)
        if self._matcher.is_error() or not mask.any():
            raise self._broken()
        return mask

    def forced(self) -> list[int]:
        """The tokens that must come next, which may be none."""
        tokens = self._matcher.compute_ff_tokens()
        if self._matcher.is_error():
            raise self._broken()
        return tokens[: self._matcher.validate_tokens(tokens)] if tokens else tokens

    def permits(self, tokens: array[int]) -> bool:
        """Whether all of these may come next, in this order."""
        return self._matcher.validate_tokens(list(tokens)) == len(tokens)

    def take(self, token: int) -> None:
        """This token has come."""
        if not self._matcher.consume_token(token):
            raise self._broken()

    @property
    def complete(self) -> bool:
        """Whether nothing can follow but the end."""
        return self._matcher.is_stopped()

    def _broken(self) -> BadRequest:
        self._give_up()
        return BadRequest(f"An answer could not be held to its form: {_reason(self._matcher)}.")


class Grammar:
    """A grammar that is ready. As long as somebody holds it, `Grammars.guide` finds it."""

    def __init__(self, matcher: LLMatcher) -> None:
        self.matcher = matcher
        """Never moved: guides are copies of it."""


class Grammars:
    """The grammars of one model. Any thread may prepare; whoever comes first waits for the vocabulary to be read."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._tokenizer: LLTokenizer | None = None
        self._making = threading.Lock()
        self._books = threading.Lock()
        """Over the two below."""
        self._known: weakref.WeakValueDictionary[str, Grammar] = weakref.WeakValueDictionary()
        self._recent: OrderedDict[str, Grammar] = OrderedDict()

    def prepare(self, constraint: Constraint) -> Grammar:
        """The constraint's grammar, from now until the caller lets go of it. BadRequest when it cannot be enforced."""
        text = constraint.grammar
        with self._books:
            found = self._known.get(text)
        if found is None:
            check_cost(text)
            found = Grammar(self._compiled(text))
        self._keep(text, found)
        return found

    def _keep(self, text: str, grammar: Grammar) -> None:
        with self._books:
            self._known[text] = grammar
            self._recent[text] = grammar
            self._recent.move_to_end(text)
            while len(self._recent) > KEPT:
                self._recent.popitem(last=False)

    def warm_up(self) -> None:
        """Read the vocabulary: for a large one, a second's work that stops every other thread for a part of it."""
        self._words()

    def guide(self, constraint: Constraint) -> Guide:
        """For a new answer."""
        text = constraint.grammar
        return Guide(self.prepare(constraint).matcher.deep_copy(), self._vocabulary.size, lambda: self._forget(text))

    def _forget(self, text: str) -> None:
        """What an answer ran up against stands in the grammar's own memory, which its guides share."""
        with self._books:
            self._known.pop(text, None)
            self._recent.pop(text, None)

    def _compiled(self, text: str) -> LLMatcher:
        matcher = LLMatcher(self._words(), text, log_level=0, limits=_LIMITS)
        if matcher.is_error():
            raise BadRequest(f"This form cannot be enforced: {_reason(matcher)}.")
        _try(Guide(matcher.deep_copy(), self._vocabulary.size, lambda: None))
        return matcher

    def _words(self) -> LLTokenizer:
        with self._making:
            if self._tokenizer is None:
                spelling = _Spelling(self._vocabulary)
                ends = sorted(self._vocabulary.ends) or [spelling.eos_token_id]
                self._tokenizer = LLTokenizer(TokenizerWrapper(spelling), eos_token=ends)
            return self._tokenizer


def _try(guide: Guide) -> None:
    """Walk a grammar for a while. What fails here would have failed in the middle of an answer."""
    until = time.perf_counter() + _TRIED_SECONDS
    try:
        for step in range(_TRIED_STEPS):
            allowed = np.flatnonzero(guide.mask())
            for token in guide.forced() or [int(allowed[len(allowed) * (step % 3) // 3])]:
                guide.take(token)
            if guide.complete or time.perf_counter() > until:
                return
    except BadRequest as error:
        raise BadRequest(f"This form cannot be enforced. {error.message}") from None


class _Spelling:
    """A vocabulary as llguidance wants to see it: the bytes of each token, and how text becomes tokens.

    Control tokens, and those that end an answer, are special: no text matches them. User-defined ones are text.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.tokens = vocabulary.labels(range(vocabulary.size))
        special = vocabulary.silent | vocabulary.ends
        self.special_token_ids = sorted(special)
        self.eos_token_id = vocabulary.eos if vocabulary.eos >= 0 else min(vocabulary.ends, default=0)
        self.bos_token_id = vocabulary.bos if vocabulary.bos >= 0 else None
        self._ids = {data: token for token, data in enumerate(self.tokens) if data and token not in special}
        self._longest = max(map(len, self._ids), default=1)

    def __call__(self, data: bytes) -> list[int]:
        """As the model would have it cut, or, where that adds something to the text, by the longest tokens there are.

        llguidance cannot bear an exception here.
        """
        try:
            tokens = self._cut(data.decode())
        except (UnicodeDecodeError, ServerError):
            tokens = []
        if b"".join(self.tokens[token] for token in tokens) == data:
            return tokens
        return self._greedy(data)

    def _cut(self, text: str) -> list[int]:
        tokens: list[int] = []
        for start in range(0, len(text), _LONGEST_CUT):
            tokens += self._vocabulary.tokenize(text[start : start + _LONGEST_CUT], special=False, first=False)
        return tokens

    def _greedy(self, data: bytes) -> list[int]:
        tokens = []
        at = 0
        while at < len(data):
            length = min(self._longest, len(data) - at)
            while length and data[at : at + length] not in self._ids:
                length -= 1
            if not length:  # no token spells this: what was found so far is forced, and the rest is drawn
                break
            tokens.append(self._ids[data[at : at + length]])
            at += length
        return tokens


# Texts of grammars


def problem_of(grammar: str) -> str | None:
    """Why no vocabulary's answers can be held to this grammar; None where nothing speaks against it."""
    try:
        check_cost(grammar)
    except BadRequest as error:
        return error.message
    try:
        words = str(LLMatcher.validate_grammar(grammar, limits=_LIMITS))
    except BaseException as error:  # a panic is none of Python's own exceptions, and has no name to be caught by
        if type(error).__name__ != "PanicException":
            raise
        words = "panic"
    return _cause(words) if words and not words.startswith("WARNING") else None


def is_lark(text: str) -> bool:
    """Whether a grammar of which nobody says the syntax is read as Lark."""
    return bool(is_lark_syntax(text))


def lark_of_gbnf(text: str) -> str:
    """A grammar in llama.cpp's notation as Lark. BadRequest when it is none; Lark stays as it is."""
    try:
        return str(any_to_lark(text))
    except Exception as error:  # the converter raises whatever it stumbles over
        raise BadRequest(f"This grammar could not be read as GBNF: {str(error)[:200]}.") from None


def lark_of_regex(pattern: str) -> str:
    """A pattern as one may stand in a Lark rule."""
    return f"/{regex_to_lark(pattern, '')}/"


def _reason(matcher: LLMatcher) -> str:
    """What llguidance says, without the state and the grammar that it adds."""
    return _cause(matcher.get_error())


def _cause(said: str) -> str:
    words = re.split(r"\n<|\n +\d+ \||\n +\|", said)[0]
    words = re.sub(r"^at \d+\(\d+\): (failed to compile JSON schema: )?", "", words).strip()
    words = re.sub(r"Enable 'coerce_one_of'.*", "Use anyOf", words.partition("; ")[0])
    if words.startswith("panic"):
        words = "the grammar was too much for its parser"
    return re.sub(r"\s+", " ", words)[:300].rstrip(".") or "nothing can come next"
