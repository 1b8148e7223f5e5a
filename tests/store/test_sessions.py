"""Sessions, lists, search, branches and totals as a key has them. Runs on every kind of database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from server.errors import BadRequest, NotFound
from server.settings import PACKAGE, Settings
from server.store import totals
from server.store.conversation_tables import conversation_words, conversations
from server.store.conversations import Change, Conversations
from server.store.database import Database
from server.store.paging import Page, Window
from server.store.response_tables import Item
from server.store.responses import Kept, Place, Responses
from server.store.rows import new_id
from server.store.sessions import Sessions, Terms

ME, OTHER = "llm-me", "llm-other"
MB = 1 << 20


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = Database.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def sessions(database: Database) -> Sessions:
    return Sessions(database, MB)


@pytest.fixture
def talks(database: Database) -> Conversations:
    return Conversations(database, MB)


def says(text: str, role: str = "user", id: str | None = None) -> Item:
    return {"id": id or new_id("msg"), "type": "message", "role": role, "content": [{"type": "text", "text": text}]}


def texts(items: list[Item]) -> list[str]:
    return [item["content"][0]["text"] for item in items]


def total(database: Database, owner: str = ME) -> int:
    with database.read() as connection:
        return totals.of_conversations.of(connection, owner)


async def hits(talks: Conversations, question: str, owner: str = ME, **window: Any) -> list[str]:
    return [match.snippet for match in (await talks.search.find(owner, question, Window(**window))).items]


async def test_a_session_is_kept_changed_and_forgotten(sessions: Sessions, database: Database) -> None:
    made = await sessions.create(ME, Terms("tiny", "Trip", "Be kind.", "auto", {"a": "b"}))
    assert await sessions.get(ME, made.id) == made
    changed = await sessions.update(ME, made.id, {"model": "big", "title": "Journey"})
    assert changed.terms == Terms("big", "Journey", "Be kind.", "auto", {"a": "b"})
    assert await sessions.get(ME, made.id) == changed
    await sessions.delete(ME, made.id)
    with pytest.raises(NotFound, match=made.id):
        await sessions.get(ME, made.id)
    assert total(database) == 0


async def test_it_takes_its_conversations_with_it(sessions: Sessions, talks: Conversations, database: Database) -> None:
    made = await sessions.create(ME, Terms("tiny"))
    inside = await talks.create(ME, {}, [says("green apples")], session=made.id)
    outside = await talks.create(ME, {}, [says("green pears")])
    before = total(database)
    await sessions.delete(ME, made.id)
    with pytest.raises(NotFound):
        await talks.get(ME, inside.id)
    assert await hits(talks, "green") == ["green pears"]
    await talks.delete(ME, outside.id)
    assert before > total(database) == 0
    with database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(conversation_words)).scalar() == 0


async def test_a_conversation_needs_a_session_of_its_key(sessions: Sessions, talks: Conversations) -> None:
    made = await sessions.create(OTHER, Terms("tiny"))
    for session in (made.id, "sess_none"):
        with pytest.raises(NotFound, match=session):
            await talks.create(ME, {}, [], session=session)
        with pytest.raises(NotFound, match=session):
            await talks.list(ME, Window(), session)
    assert await sessions.of_conversation(ME, (await talks.create(ME, {}, [])).id) is None


async def test_another_keys_session_is_none(sessions: Sessions, talks: Conversations) -> None:
    made = await sessions.create(ME, Terms("tiny"))
    talk = await talks.create(ME, {}, [says("secret word")], session=made.id)
    asked = [
        sessions.get(OTHER, made.id),
        sessions.update(OTHER, made.id, {"title": "mine"}),
        sessions.delete(OTHER, made.id),
        sessions.of_conversation(OTHER, talk.id),
        talks.list(OTHER, Window(), made.id),
        talks.items(OTHER, talk.id, Window()),
        talks.trees.ends(OTHER, talk.id),
        talks.trees.items(OTHER, talk.id),
    ]
    for answer in await asyncio.gather(*asked, return_exceptions=True):
        assert isinstance(answer, NotFound)
    assert (await sessions.list(OTHER, Window())).items == (await talks.list(OTHER, Window())).items == []
    assert await hits(talks, "secret", OTHER) == []
    assert await hits(talks, "secret") == ["secret word"]


async def test_lists_go_page_by_page_in_both_orders(sessions: Sessions, talks: Conversations) -> None:
    made = [(await sessions.create(ME, Terms("tiny", str(number)))).id for number in range(5)]

    async def walk(newest_first: bool) -> list[str]:
        found: list[str] = []
        page: Page[Any] = Page([], True)
        while page.has_more:
            after = found[-1] if found else None
            page = await sessions.list(ME, Window(2, newest_first, after))
            found += [session.id for session in page.items]
        return found

    assert await walk(newest_first=True) == made[::-1]
    assert await walk(newest_first=False) == made
    page = await sessions.list(ME, Window(before=made[3]))
    assert [session.id for session in page.items] == made[4:]
    for nowhere in ("sess_none", "a\0b", "ü" * 1000):
        with pytest.raises(BadRequest, match="after"):
            await sessions.list(ME, Window(after=nowhere))


async def test_what_was_spoken_in_last_comes_first(sessions: Sessions, talks: Conversations) -> None:
    first, second = [await sessions.create(ME, Terms("tiny")) for _ in range(2)]
    talk = await talks.create(ME, {}, [], session=first.id)
    other = await talks.create(ME, {}, [], session=second.id)
    await talks.add(ME, talk.id, [says("hi")])
    assert [session.id for session in (await sessions.list(ME, Window())).items] == [first.id, second.id]
    assert [each.id for each in (await talks.list(ME, Window())).items] == [talk.id, other.id]
    assert [each.id for each in (await talks.list(ME, Window(), second.id)).items] == [other.id]


async def test_history_goes_page_by_page_in_both_orders(talks: Conversations) -> None:
    items = [says(str(number), id=f"msg_{number}") for number in range(7)]
    id = (await talks.create(ME, {}, items)).id
    await talks.add(ME, id, [says("other")], before="msg_3")

    async def page(**window: Any) -> tuple[list[str], bool]:
        found = await talks.items(ME, id, Window(**window), "msg_6")
        return texts(found.items), found.has_more

    assert await page(limit=3) == (["6", "5", "4"], True)
    assert await page(limit=3, after="msg_4") == (["3", "2", "1"], True)
    assert await page(limit=3, after="msg_1") == (["0"], False)
    assert await page(limit=3, after="msg_0") == ([], False)
    assert await page(limit=3, newest_first=False, after="msg_1") == (["2", "3", "4"], True)
    assert await page(newest_first=True, before="msg_4") == (["6", "5"], False)
    assert texts((await talks.items(ME, id, Window())).items) == ["other", "2", "1", "0"]
    with pytest.raises(NotFound):
        await talks.items(ME, id, Window(after="msg_none"))


async def test_it_is_named_by_what_is_said_first(talks: Conversations) -> None:
    id = (await talks.create(ME, {}, [])).id
    await talks.add(ME, id, [says("Be brief.", "system"), says("  Where  is\nLindhaven? " + "And why? " * 20)])
    title = (await talks.get(ME, id)).title
    assert title.startswith("Where is Lindhaven? And why?")
    assert (len(title), title[-1]) == (80, "…")
    assert (await talks.update(ME, id, Change(title="Lindhaven"))).title == "Lindhaven"
    await talks.add(ME, id, [says("And Belm?")])
    assert (await talks.get(ME, id)).title == "Lindhaven"


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("river", ["The RIVER Oda, in Belm"]),
        ("belm river", ["The RIVER Oda, in Belm"]),
        ("rive", ["The RIVER Oda, in Belm"]),
        ("ri", []),
        ("riv belm", []),
        ("cafe", ["Un café à Zürich"]),
        ("ZURICH", ["Un café à Zürich"]),
        ("天気", ["今日の天気はどう"]),
        ("Привет", ["привет, мир"]),
        ("trip", ["A trip to nowhere"]),
        ("o'da\"; DROP", []),
        ("oda AND", []),
        ("a NOT b", []),
        ("1e5 x_y", ["1e5 x-y z:*"]),
    ],
)
async def test_search_finds_all_words_in_any_case(talks: Conversations, question: str, found: list[str]) -> None:
    said = ["The RIVER Oda, in Belm", "Un café à Zürich", "今日の天気はどう", "привет, мир", "1e5 x-y z:*"]
    await talks.create(ME, {}, [says(text) for text in said], title="A trip to nowhere")
    await talks.create(OTHER, {}, [says(text) for text in said], title="A trip to nowhere")
    assert await hits(talks, question) == found


async def test_search_goes_page_by_page_the_last_said_first(talks: Conversations) -> None:
    for number in range(5):
        await talks.create(ME, {}, [says(f"apple {number}")], title="fruit")
    first = await talks.search.find(ME, "apple", Window(2))
    assert ([match.snippet for match in first.items], first.has_more) == (["apple 4", "apple 3"], True)
    assert await hits(talks, "apple", limit=3, after=first.items[-1].id) == ["apple 2", "apple 1", "apple 0"]
    assert [match.item for match in (await talks.search.find(ME, "fruit", Window())).items] == [None] * 5
    for question in ("", "?!", "word " * 17):
        with pytest.raises(BadRequest, match="1 to 16 words"):
            await hits(talks, question)
    with pytest.raises(BadRequest, match="after"):
        await hits(talks, "apple", after="1; DROP")


async def test_search_follows_what_is_changed(talks: Conversations) -> None:
    id = (await talks.create(ME, {}, [says("red apple", id="msg_1"), says("pear")], title="old name")).id
    await talks.update(ME, id, Change(title="new name"))
    assert await hits(talks, "old") == []
    assert await hits(talks, "new") == ["new name"]
    await talks.delete_item(ME, id, "msg_1")
    assert await hits(talks, "apple") == []
    long = "x " * 300 + "needle " + "y " * 300
    await talks.add(ME, id, [says(long)])
    (snippet,) = await hits(talks, "needle")
    assert "needle" in snippet
    assert snippet[0] == snippet[-1] == "…"
    assert len(snippet) < 170


async def test_the_ends_of_branches(talks: Conversations) -> None:
    id = (await talks.create(ME, {}, [says("1", id="msg_1"), says("2", id="msg_2"), says("3", id="msg_3")])).id
    await talks.add(ME, id, [says("4", id="msg_4")], before="msg_2")
    ends = await talks.trees.ends(ME, id)
    told = [(end.id, end.length, end.shared, end.goes_on) for end in ends]
    assert told == [("msg_4", 2, "msg_4", True), ("msg_3", 3, "msg_1", False)]
    assert (await talks.update(ME, id, Change(head="msg_3"))).head == "msg_3"
    assert texts((await talks.branch(ME, id)).items) == ["1", "2", "3"]
    placed = await talks.trees.items(ME, id)
    assert [(each.item["id"], each.parent) for each in placed] == [
        ("msg_1", None),
        ("msg_2", "msg_1"),
        ("msg_3", "msg_2"),
        ("msg_4", "msg_1"),
    ]
    with pytest.raises(NotFound, match="msg_none"):
        await talks.update(ME, id, Change(head="msg_none"))


async def test_an_answer_in_the_place_of_another(talks: Conversations, database: Database) -> None:
    id = (await talks.create(ME, {}, [says("1", id="msg_1"), says("2", id="msg_2")])).id
    before = await talks.branch(ME, id, before="msg_2")
    assert (texts(before.items), before.head) == (["1"], "msg_1")
    kept = Kept({"id": new_id("resp"), "output": [says("new")]}, [])
    place = Place(conversation=id, after="msg_1", replaces="msg_2")
    await Responses(database, MB).save(ME, kept, place, keep=False, append=True)
    assert texts((await talks.branch(ME, id)).items) == ["1", "new"]
    first = Place(conversation=id, after=None, replaces="msg_1")
    await Responses(database, MB).save(ME, Kept(kept.body, [says("edited")]), first, keep=False, append=True)
    assert texts((await talks.branch(ME, id)).items) == ["edited", "new"]


async def test_the_total_is_what_there_is(sessions: Sessions, talks: Conversations, database: Database) -> None:
    session = await sessions.create(ME, Terms("tiny"))
    id = (await talks.create(ME, {"a": "b"}, [says("1", id="msg_1")], session=session.id)).id
    await talks.add(ME, id, [says("2" * 1000, id="msg_2")])
    await talks.update(ME, id, Change({}, "a longer title"))
    await sessions.update(ME, session.id, {"instructions": "x" * 500})
    await talks.delete_item(ME, id, "msg_1")
    with database.read() as connection:
        size = connection.execute(sa.select(conversations.c.size)).scalar_one()
    own = total(database) - size
    assert size > 1000
    assert own > 500
    await talks.delete(ME, id)
    assert total(database) == own
    await sessions.delete(ME, session.id)
    assert total(database) == 0


async def test_a_full_key_gets_no_more_sessions(database: Database) -> None:
    sessions, talks = Sessions(database, 2000), Conversations(database, 2000)
    made = await sessions.create(ME, Terms("tiny", instructions="x" * 2000))
    for asking in (sessions.create(ME, Terms("tiny")), talks.create(ME, {}, [])):
        with pytest.raises(BadRequest, match="Delete conversations"):
            await asking
    await sessions.create(OTHER, Terms("tiny"))
    await sessions.delete(ME, made.id)
    await sessions.create(ME, Terms("tiny"))


async def test_a_name_that_is_there_is_left_alone(talks: Conversations) -> None:
    made = await talks.create(ME, {}, [says("1")], id="conv_mine")
    again = await talks.create(ME, {"a": "b"}, [says("2")], id="conv_mine")
    assert made == again
    with pytest.raises(NotFound):
        await talks.create(OTHER, {}, [], id="conv_mine")


def test_what_was_kept_before_sessions_is_brought_along(settings: Settings) -> None:
    """Conversations of the schema before get totals, times and words."""
    import server.store.database as room

    def to_the_step_before(connection: Any, present: str | None) -> bool:
        config = Config()
        config.set_main_option("script_location", str(PACKAGE / "store" / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "upgrade", to_the_step_before)
        before = Database.open(settings)
    body = json.dumps(says("an old apple"))
    with before.write() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO conversations (id, owner, created_at, metadata, head, size) "
                "VALUES ('conv_old', 'llm-me', '2025-05-05 05:05:05.000000', '{}', 'msg_1', 300)"
            )
        )
        connection.execute(
            sa.text(
                "INSERT INTO conversation_items (conversation_id, id, owner, parent_id, size, body) "
                "VALUES ('conv_old', 'msg_1', 'llm-me', NULL, 400, :body)"
            ),
            {"body": body},
        )
    before.close()
    database = Database.open(settings)
    talks = Conversations(database, MB)
    old = asyncio.run(talks.get(ME, "conv_old"))
    assert (old.title, old.session, old.head, old.updated_at) == ("", None, "msg_1", old.created_at)
    assert asyncio.run(hits(talks, "apple")) == ["an old apple"]
    assert total(database) == 700
    asyncio.run(talks.delete(ME, "conv_old"))
    assert total(database) == 0
    database.close()
