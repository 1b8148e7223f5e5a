"""What was used is added up by the database, whoever counts it, and told by key, model and day."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from server.settings import Settings
from server.store.auth_keys import AuthKeys
from server.store.database import Database
from server.store.usage import Counts, Part, Place, Question, UsageRows, as_csv

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
WEEK = Question(date(2026, 3, 1), date(2026, 3, 7))


@pytest.fixture
def rows(settings: Settings) -> Iterator[UsageRows]:
    database = Database.open(settings)
    yield UsageRows(database)
    database.close()


def one(prompt: int = 10, generated: int = 5) -> Counts:
    return Counts(1, prompt, 4, generated, 0.5)


def told(rows: UsageRows, question: Question) -> list[tuple[object, ...]]:
    return [(row.day, row.key, row.model, row.counts.requests, row.counts.tokens) for row in rows.ask(question)]


def test_counts_are_added_up_by_day_key_and_model(rows: UsageRows) -> None:
    rows.add({Place(MONDAY, "ann", "m"): one(), Place(MONDAY, "ann", "n"): one()}, MONDAY)
    spent = rows.add({Place(MONDAY, "ann", "m"): one(100), Place(TUESDAY, "bob", "m"): one()}, MONDAY)
    assert spent == {"ann": 15 + 15 + 105}
    assert rows.add({}, TUESDAY) == {"bob": 15}
    assert told(rows, WEEK) == [
        (TUESDAY, "bob", "m", 1, 15),
        (MONDAY, "ann", "m", 2, 120),
        (MONDAY, "ann", "n", 1, 15),
    ]


@pytest.mark.parametrize(
    ("by", "found"),
    [
        (("day",), [(TUESDAY, None, None, 1, 15), (MONDAY, None, None, 2, 30)]),
        (("key",), [(None, "ann", None, 2, 30), (None, "bob", None, 1, 15)]),
        (("model", "key"), [(None, "ann", "m", 1, 15), (None, "bob", "m", 1, 15), (None, "ann", "n", 1, 15)]),
    ],
)
def test_an_answer_is_summed_up_by_what_is_asked_for(
    rows: UsageRows, by: tuple[Part, ...], found: list[tuple[object, ...]]
) -> None:
    rows.add(
        {Place(MONDAY, "ann", "m"): one(), Place(MONDAY, "ann", "n"): one(), Place(TUESDAY, "bob", "m"): one()}, MONDAY
    )
    assert told(rows, Question(WEEK.start, WEEK.end, by)) == found


def test_a_question_names_days_key_and_model(rows: UsageRows) -> None:
    rows.add(
        {Place(MONDAY, "ann", "m"): one(), Place(TUESDAY, "ann", "m"): one(), Place(TUESDAY, "bob", "n"): one()}, MONDAY
    )
    assert told(rows, Question(MONDAY, MONDAY)) == [(MONDAY, "ann", "m", 1, 15)]
    assert told(rows, Question(WEEK.start, WEEK.end, ("key",), key="ann")) == [(None, "ann", None, 2, 30)]
    assert told(rows, Question(WEEK.start, WEEK.end, ("model",), model="n")) == [(None, None, "n", 1, 15)]
    assert told(rows, Question(WEEK.start, WEEK.end, key="nobody")) == []
    assert len(rows.ask(Question(WEEK.start, WEEK.end, most=1))) == 2  # one more tells that there are more


def test_processes_that_count_at_once_lose_nothing(settings: Settings) -> None:
    places = [Place(MONDAY, key, model) for key in ("ann", "bob") for model in ("m", "n")]
    databases = [Database.open(settings) for _ in range(3)]

    def count(database: Database) -> None:
        for turn in range(20):
            order = places if turn % 2 else places[::-1]
            UsageRows(database).add({place: one() for place in order}, MONDAY)

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(count, databases))
    assert {row.counts.requests for row in UsageRows(databases[0]).ask(WEEK)} == {60}
    for database in databases:
        database.close()


def test_a_table_has_the_names_of_keys(settings: Settings, rows: UsageRows, keys: AuthKeys) -> None:
    key, _ = keys.create('a, "b"')
    rows.add({Place(MONDAY, key.id, "m"): one(), Place(MONDAY, "zz-gone", "m"): one()}, MONDAY)
    assert as_csv(rows.ask(WEEK), WEEK.by) == (
        "day,key,name,model,requests,prompt_tokens,cached_tokens,generated_tokens,seconds\r\n"
        f'2026-03-02,{key.id},"a, ""b""",m,1,10,4,5,0.5\r\n'
        "2026-03-02,zz-gone,,m,1,10,4,5,0.5\r\n"
    )
