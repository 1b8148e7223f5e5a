"""Sentences are cited by what they share with passages."""

from __future__ import annotations

from server.search.citing import Citation, citations

KEYS = "Keys\nSpare keys are kept by Marlene Voss."
HOLIDAY = "Holidays\nEvery employee has 27 days of holiday."


def test_each_sentence_has_its_own_passage() -> None:
    text = "Marlene Voss keeps the keys. Holiday: 27 days."
    assert citations(text, [HOLIDAY, KEYS]) == [Citation(28, 1), Citation(46, 0)]


def test_sentences_of_one_passage_have_one_citation() -> None:
    assert citations("Marlene Voss has them. The spare keys.", [KEYS]) == [Citation(38, 0)]


def test_what_comes_from_nowhere_is_not_cited() -> None:
    assert citations("The text does not say.", [KEYS, HOLIDAY]) == []
    assert citations("I am glad to help you with that!", [KEYS]) == []
    assert citations("", [KEYS]) == []
    assert citations("Marlene Voss.", []) == []


def test_one_word_is_enough_and_the_better_passage_wins() -> None:
    assert citations("Marlene.", [HOLIDAY, KEYS]) == [Citation(8, 1)]
    assert citations("Keys", [KEYS, KEYS]) == [Citation(4, 0)]
