"""How words of scripts without spaces are cut, and that databases from before find them too."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection

from server.settings import Settings
from server.store import migrations, spaceless
from server.store.conversation_tables import conversation_words
from server.store.conversations import Conversations
from server.store.database import Database
from server.store.documents import Documents, StoredPassage
from server.store.paging import Window
from server.store.search_tables import cut_passages

ME, MB = "llm-me", 1 << 20


@pytest.mark.parametrize(
    ("word", "kept", "asked"),
    [
        ("図書館", ["図書", "書館", "館"], ["図書", "書館"]),
        ("鍵", ["鍵"], ["鍵"]),
        ("도서관", ["도서", "서관", "관"], ["도서", "서관"]),
        ("ｶﾞｽ", ["ガス", "ス"], ["ガス"]),
        ("カ\u3099ス", ["ガス", "ス"], ["ガス"]),
        ("zeppelin", ["zeppelin"], ["zeppelin"]),
        ("zürich", ["zürich"], ["zürich"]),
    ],
)
def test_two_letters_are_a_word(word: str, kept: list[str], asked: list[str]) -> None:
    assert spaceless.kept(word) == kept
    assert spaceless.asked(word) == asked


@pytest.mark.parametrize("word", ["ห้องสมุด", "ຫໍສະໝຸດ", "បណ្ណាល័យ", "စာကြည့်တိုက်"])
def test_a_letter_has_its_marks_with_it(word: str) -> None:
    """Thai, Lao, Khmer, Burmese: a library."""
    letters = sum(not unicodedata.category(each).startswith("M") for each in unicodedata.normalize("NFKC", word))
    kept = spaceless.kept(word)
    assert len(kept) == letters
    assert [spaceless.is_single(each) for each in kept] == [False] * (letters - 1) + [True]
    assert spaceless.asked(word) == kept[:-1]


def test_every_letter_is_one_word_to_sqlite() -> None:
    """One that ended a word would make two of it, which an index without places refuses to look for."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE held USING fts5(words, tokenize='unicode61 remove_diacritics 0')")
    connection.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(held, 'row')")
    letters = re.findall(f"[{spaceless.LETTERS}]", "".join(map(chr, range(0x30000))))
    words = {word for each in letters if unicodedata.category(each) != "Cn" for word in spaceless.kept(each)}
    connection.execute("INSERT INTO held VALUES (?)", (" ".join(words),))
    assert {term for (term,) in connection.execute("SELECT term FROM terms")} == words
    connection.close()


TITLE = "도서관"
TEXTS = ("図書館は九時に開きます。", "The zeppelin is blue.", "ห้องสมุดเปิดเวลาเก้าโมง")

OLD_SPACELESS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f"
OLD_WORD = re.compile(f"[{OLD_SPACELESS}]|[^\\W_{OLD_SPACELESS}]+")


def as_before(mark: str, text: str) -> str:
    """A row's words as they were written before words were cut: each letter was one."""
    letters = unicodedata.normalize("NFKD", text)
    plain = "".join(each for each in letters if not unicodedata.combining(each))
    return " ".join(sorted({mark + word for word in OLD_WORD.findall(plain.casefold())}))


def said(connection: Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(sa.select(conversation_words).order_by("number")).mappings()]


def make_old(connection: Connection) -> None:
    """What is in the database, as the step before would have written it."""
    rows = said(connection)
    old = [
        row
        | {"words": as_before(row["words"][:5], TITLE if row["item_id"] is None else TEXTS[int(row["item_id"][4:])])}
        for row in rows
    ]
    assert [row["words"] for row in old if row["item_id"] == "msg_1"] == [
        row["words"] for row in rows if row["item_id"] == "msg_1"
    ]
    connection.execute(sa.delete(conversation_words))
    connection.execute(sa.insert(conversation_words), old)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    command.downgrade(config, "0009")


async def test_a_database_from_before_is_brought_along(settings: Settings) -> None:
    database = Database.open(settings)
    items = [
        {"id": f"msg_{at}", "type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        for at, text in enumerate(TEXTS)
    ]
    await Conversations(database, MB).create(ME, {}, items, id="conv_1", title=TITLE)
    document = await Documents(database).begin(ME, "d", "recipe", "")
    await Documents(database).add([StoredPassage(document, at, text, "", 1, 5) for at, text in enumerate(TEXTS)])
    with database.write() as connection:
        before = said(connection)
        make_old(connection)
    database.close()
    database = Database.open(settings)
    search, documents = Conversations(database, MB).search, Documents(database)
    for at, word in enumerate(("図書館", "zeppelin", "ห้องสมุด")):
        assert [match.item for match in (await search.find(ME, word, Window(5))).items] == [f"msg_{at}"]
        assert await documents.search([document], word, 5) == [(document, at)]
    assert [match.item for match in (await search.find(ME, TITLE, Window(5))).items] == [None]
    assert (await search.find(ME, "京都", Window(5))).items == []
    with database.read() as connection:
        assert said(connection) == before
        assert len(connection.execute(sa.select(cut_passages)).all()) == 2
    await documents.remove([document])
    with database.write() as connection:
        assert connection.execute(sa.select(cut_passages)).all() == []
        if connection.dialect.name == "sqlite":
            for index in ("conversation_words_index", "cut_passages_fts", "passages_fts"):
                # raises where index and table differ
                connection.exec_driver_sql(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")
    database.close()
