"""What a killed process leaves of conversations: whole turns, all that were acknowledged, and counts that agree."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import sqlalchemy as sa

from server.settings import PACKAGE, Settings
from server.store import totals
from server.store.conversation_tables import (
    conversation_items,
    conversation_words,
    conversations,
)
from server.store.conversations import Conversations
from server.store.database import Database
from server.store.paging import Window

ME, MB = "llm-me", 1 << 20
KILLS = 4

SPEAK = """
import asyncio, sys
from pathlib import Path
from server.settings import load_settings
from server.store.conversations import Conversations
from server.store.database import Database
from server.store.rows import new_id
from server.store.responses import Kept, Place, Responses

settings = load_settings(overrides={"paths.data_dir": Path(sys.argv[1]), "store.url": sys.argv[2]})
database = Database.open(settings)

def says(role, text):
    return {"id": new_id("msg"), "type": "message", "role": role, "content": [{"type": "text", "text": text}]}

async def speak():
    number = int(sys.argv[3])
    while True:
        answer = {"id": new_id("resp"), "output": [says("assistant", f"a{number} word")]}
        kept = Kept(answer, [says("user", f"q{number}")])
        await Responses(database, 1 << 20).save("llm-me", kept, Place(conversation="conv_1"), keep=True, append=True)
        print(number, flush=True)
        number += 1

asyncio.run(speak())
"""


def test_a_speaker_that_is_killed_leaves_whole_turns(settings: Settings) -> None:
    database = Database.open(settings)
    talks = Conversations(database, MB)
    asyncio.run(talks.create(ME, {}, [], id="conv_1"))
    spoken = 0
    for kill in range(KILLS):
        command = [sys.executable, "-c", SPEAK, str(settings.paths.data_dir), settings.store.url, str(spoken)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PACKAGE.parent)
        assert child.stdout is not None
        for _ in range(1 + 3 * kill):
            last = int(child.stdout.readline())
        child.kill()
        rest = child.communicate()[0].split()
        last = int(rest[-1]) if rest else last
        items = asyncio.run(talks.branch(ME, "conv_1")).items
        said = [item["content"][0]["text"] for item in items]
        spoken = len(said) // 2
        assert said == [text for number in range(spoken) for text in (f"q{number}", f"a{number} word")]
        assert spoken in (last + 1, last + 2), "the last one may have been written and not been told of"
    _agrees(database, spoken)
    assert len(asyncio.run(talks.search.find(ME, "word", Window(100))).items) == spoken
    database.close()


def _agrees(database: Database, spoken: int) -> None:
    with database.read() as connection:
        total = totals.of_conversations.of(connection, ME)
        size, title, metadata = connection.execute(
            sa.select(conversations.c.size, conversations.c.title, conversations.c.metadata)
        ).one()
        items = connection.execute(sa.select(sa.func.sum(conversation_items.c.size))).scalar_one()
        assert total == size == items + len(title) + len(metadata) + 256
        count = sa.select(sa.func.count()).select_from(conversation_words)
        assert connection.execute(count).scalar_one() == 2 * spoken
    if database_kind(database) == "sqlite":
        with database.write() as connection:  # raises where index and table differ
            connection.exec_driver_sql(
                "INSERT INTO conversation_words_index (conversation_words_index, rank) VALUES ('integrity-check', 1)"
            )


def database_kind(database: Database) -> str:
    with database.read() as connection:
        return connection.dialect.name
