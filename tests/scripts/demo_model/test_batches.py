"""Batches: what is to be learned, padding, repeatability."""

from __future__ import annotations

import itertools

import numpy as np
from demo_model.batches import LENGTHS, Batch, Mixture, batch, row, sorted_batches, steps
from demo_model.corpus.conversation import Conversation, Message
from demo_model.corpus.draw import Draw
from demo_model.tokenizer import Tokenizer

TOKENIZER = Tokenizer([])


def repeat(draw: Draw) -> Conversation:
    word = str(draw.number(0, 10**6))
    return Conversation(
        "repeat",
        (
            Message("user", f"Say {word}."),
            Message("assistant", word),
            Message("user", "Thanks" + "!" * draw.number(1, 100)),
            Message("assistant", "Bye."),
        ),
    )


def far_too_long(draw: Draw) -> Conversation:
    return Conversation("long", (Message("user", "x" * 3000), Message("assistant", "y")))


MIXTURE: Mixture = {"repeat": (9.0, repeat), "long": (1.0, far_too_long)}


def learned(made: Batch, number: int) -> str:
    return TOKENIZER.decode(made.targets[made.rows() == number])


def test_answers_and_their_end_marks_are_learned() -> None:
    one = row(repeat(Draw(1)), TOKENIZER)
    said = repeat(Draw(1)).messages[1].content
    made = batch([one, one], 256, TOKENIZER.padding)
    assert learned(made, 1) == f"{said}<|im_end|>Bye.<|im_end|>"
    flat = made.tokens.reshape(-1)
    assert (flat[made.places + 1] == made.targets).all()
    assert (made.tokens[:, len(one.tokens) :] == TOKENIZER.padding).all()


def test_only_the_last_answer_can_be_learned() -> None:
    made = batch([row(repeat(Draw(1)), TOKENIZER, last_only=True)], 256, TOKENIZER.padding)
    assert learned(made, 0) == "Bye.<|im_end|>"


def test_steps_are_of_few_lengths_and_repeatable() -> None:
    first, again = (list(itertools.islice(steps(MIXTURE, TOKENIZER, "a", tokens=1024), 3)) for _ in range(2))
    for step, same in zip(first, again, strict=True):
        assert len(step) == 4
        for made, other in zip(step, same, strict=True):
            assert np.array_equal(made.tokens, other.tokens)
            assert made.tokens.shape[1] in LENGTHS
            assert made.size <= 1024
            assert set(made.skills) == {"repeat"}


def test_another_seed_gives_other_conversations() -> None:
    first, other = (next(steps(MIXTURE, TOKENIZER, seed)) for seed in "ab")
    assert not np.array_equal(first[0].tokens[0], other[0].tokens[0])


def test_no_row_is_lost_when_rows_are_sorted() -> None:
    rows = [row(repeat(Draw(number)), TOKENIZER) for number in range(50)]
    made = sorted_batches(rows, TOKENIZER.padding, tokens=1000)
    assert sum(len(one.skills) for one in made) == 50
    assert sum(len(one.targets) for one in made) == sum(len(one.learned) for one in rows)
