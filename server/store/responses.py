"""Answers that are kept: with what they were an answer to, until they are deleted or make room for newer ones.

All methods run on the store's threads; another key's response is as good as none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.errors import BadRequest, NotFound
from server.store import conversations as talks
from server.store import totals
from server.store.conversation_tables import conversation_items
from server.store.database import Database, Moment
from server.store.response_tables import Item, response_items, responses
from server.store.rows import ask, check_id, size_of, to_text


@dataclass(frozen=True, slots=True)
class Kept:
    """A response as clients read it, output and all, and the items it was given."""

    body: dict[str, Any]
    input: list[Item]

    @property
    def id(self) -> str:
        return str(self.body["id"])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a response stands: after another one, or in a conversation, after the item `after`; or alone.

    `replaces`: an item of the conversation, in whose place it begins a branch.
    """

    previous: str | None = None
    conversation: str | None = None
    after: str | None = None
    replaces: str | None = None


class Responses:
    """The kept responses of all keys. `limit`: bytes of one key's, past which the oldest go."""

    def __init__(self, database: Database, limit: int) -> None:
        self._database = database
        self._limit = limit

    async def get(self, owner: str, id: str) -> Kept:
        """Raises NotFound."""

        def work() -> Kept:
            with self._database.read() as connection:
                row = _row(connection, owner, id)
                found = connection.execute(
                    sa.select(response_items).where(response_items.c.response_id == id).order_by("position")
                ).all()
                given = [json.loads(item.body) for item in found if not item.output]
                output = [json.loads(item.body) for item in found if item.output]
                return Kept({**json.loads(row.body), "output": output}, given)

        return await ask(self._database, work)

    async def delete(self, owner: str, id: str) -> None:
        """With its items. Raises NotFound."""

        def work() -> None:
            with self._database.write() as connection:
                size = _row(connection, owner, id).size
                totals.of_responses.add(connection, owner, -size)
                if not connection.execute(sa.delete(responses).where(responses.c.id == id)).rowcount:
                    totals.of_responses.add(connection, owner, size)  # it has made room for others meanwhile

        await ask(self._database, work)

    async def save(self, owner: str, kept: Kept, place: Place, *, keep: bool, append: bool) -> None:
        """In one transaction: `keep` the response; `append` input and output to the conversation it stands in."""
        await ask(self._database, lambda: self._save(owner, kept, place, keep, append))

    async def history(self, owner: str, id: str) -> list[Item]:
        """All that was said up to the end of a response, oldest first.

        Raises NotFound if there is none, and BadRequest if something that came before it was deleted.
        """

        def work() -> list[Item]:
            with self._database.read() as connection:
                return _history(connection, owner, id)

        return await ask(self._database, work)

    async def item(self, owner: str, id: str) -> Item:
        """An item by its id, in whatever response or conversation it stands. Raises NotFound."""

        def work() -> Item:
            with self._database.read() as connection:
                for table in (response_items, conversation_items):
                    mine = (table.c.owner == owner, table.c.id == check_id(id, "item"))
                    body = connection.execute(sa.select(table.c.body).where(*mine).limit(1)).scalar_one_or_none()
                    if body is not None:
                        found: Item = json.loads(body)
                        return found
            raise NotFound(f"There is no item {id!r}.", param="input")

        return await ask(self._database, work)

    def _save(self, owner: str, kept: Kept, place: Place, keep: bool, append: bool) -> None:
        output: Sequence[Item] = kept.body["output"]
        with self._database.write() as connection:
            if append and place.conversation and talks.exists(connection, owner, place.conversation):
                if place.replaces is not None:
                    talks.go_back(connection, place.conversation, place.after)
                talks.append(connection, owner, place.conversation, [*kept.input, *output])
            if keep:
                self._insert(connection, owner, kept, place)
                self._make_room(connection, owner, kept.id)

    def _insert(self, connection: Connection, owner: str, kept: Kept, place: Place) -> None:
        body = to_text({name: value for name, value in kept.body.items() if name != "output"})
        output: Sequence[Item] = kept.body["output"]
        rows = [
            {
                "response_id": kept.id,
                "position": position,
                "output": position >= len(kept.input),
                "id": item["id"],
                "owner": owner,
                "body": to_text(item),
            }
            for position, item in enumerate([*kept.input, *output])
        ]
        size = size_of(body) + sum(size_of(row["body"]) for row in rows)
        connection.execute(
            sa.insert(responses).values(
                id=kept.id,
                owner=owner,
                created_at=datetime.now(UTC),
                previous_id=place.previous,
                conversation_id=place.conversation,
                after_item=place.after,
                size=size,
                body=body,
            )
        )
        if rows:
            connection.execute(sa.insert(response_items), rows)
        totals.of_responses.add(connection, owner, size)

    def _make_room(self, connection: Connection, owner: str, newest: str) -> None:
        mine = responses.c.owner == owner
        before = kept = totals.of_responses.of(connection, owner)
        if kept <= self._limit:
            return
        age = sa.tuple_(responses.c.created_at, responses.c.id)
        others = (mine, responses.c.id != newest)
        oldest_first = (
            sa.select(responses.c.created_at, responses.c.id, responses.c.size)
            .where(*others)
            .order_by(responses.c.created_at, responses.c.id)
        )
        last = None
        for row in connection.execute(oldest_first):
            last = sa.tuple_(sa.literal(row.created_at, Moment), sa.literal(row.id))
            kept -= row.size
            if kept <= self._limit:
                break
        if last is not None:
            connection.execute(sa.delete(responses).where(*others, age <= last))
            totals.of_responses.add(connection, owner, kept - before)


def _row(connection: Connection, owner: str, id: str) -> sa.Row[Any]:
    mine = (responses.c.id == check_id(id, "response"), responses.c.owner == owner)
    row = connection.execute(sa.select(responses).where(*mine)).one_or_none()
    if row is None:
        raise NotFound(f"There is no response {id!r}.")
    return row


def _history(connection: Connection, owner: str, id: str) -> list[Item]:
    start = _row(connection, owner, id)
    chain = (
        sa.select(responses.c.id, responses.c.previous_id, sa.literal(0).label("depth"))
        .where(responses.c.id == id)
        .cte("chain", recursive=True)
    )
    earlier = sa.select(responses.c.id, responses.c.previous_id, chain.c.depth + 1)
    chain = chain.union_all(earlier.where(responses.c.id == chain.c.previous_id, responses.c.owner == owner))
    first = connection.execute(sa.select(chain).order_by(chain.c.depth.desc()).limit(1)).one()
    if first.previous_id is not None:
        raise _broken(id, f"the response {first.previous_id!r}")
    root = start if first.id == id else _row(connection, owner, first.id)
    said: list[Item] = []
    if root.conversation_id is not None:
        if not talks.exists(connection, owner, root.conversation_id):
            raise _broken(id, f"the conversation {root.conversation_id!r}")
        said = talks.branch(connection, root.conversation_id, root.after_item)
    items = (
        sa.select(response_items.c.body)
        .join(chain, chain.c.id == response_items.c.response_id)
        .order_by(chain.c.depth.desc(), response_items.c.position)
    )
    return [*said, *(json.loads(body) for body in connection.execute(items).scalars())]


def _broken(id: str, what: str) -> BadRequest:
    return BadRequest(
        f"{id!r} cannot be continued: {what}, which came before it, was deleted. Send the conversation as input.",
        param="previous_response_id",
    )
