"""Text leaves whole, however its bytes were cut, and never with a stop string in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.engine.detokenizer import Detokenizer


def written(pieces: list[bytes], stop: tuple[str, ...] = ()) -> tuple[list[str], bool]:
    detokenizer = Detokenizer(stop)
    texts = []
    for piece in pieces:
        texts.append(detokenizer.feed(piece))
        if detokenizer.stopped:
            return texts, True
    texts.append(detokenizer.finish())
    return texts, False


@given(st.text(), st.data())
def test_any_cut_of_any_text_gives_the_text_back(text: str, data: st.DataObject) -> None:
    raw = text.encode("utf-8", "replace")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)))))
    pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    assert "".join(written(pieces)[0]) == raw.decode()


@given(st.text("ab€<"), st.lists(st.text("ab€<", min_size=1, max_size=4), min_size=1, max_size=3), st.integers(1, 5))
def test_a_stop_string_is_found_across_pieces_and_nothing_of_it_is_shown(text: str, stop: list[str], size: int) -> None:
    raw = text.encode()
    texts, stopped = written([raw[i : i + size] for i in range(0, len(raw), size)], tuple(stop))
    shown = "".join(texts)
    assert stopped == any(word in text for word in stop)
    assert text.startswith(shown)
    assert not any(word in shown for word in stop)
    if not stopped:
        assert shown == text


def test_a_character_is_held_back_until_it_is_whole() -> None:
    assert written([b"\xf0\x9f", b"\x99\x82", b"!"])[0] == ["", "🙂", "!", ""]


def test_what_might_be_a_stop_string_is_released_when_the_answer_ends() -> None:
    assert written([b"one ", b"<st"], ("<stop>",))[0] == ["one ", "", "<st"]


def test_a_character_that_never_came_whole_is_shown_as_broken() -> None:
    assert written([b"a\xf0\x9f"])[0] == ["a", "�"]


def test_it_is_known_which_stop_string_was_found() -> None:
    detokenizer = Detokenizer(("later", "end", "en"))
    assert [detokenizer.feed(piece) for piece in (b"the e", b"nd, later")] == ["the ", ""]
    assert detokenizer.stop == "end"
