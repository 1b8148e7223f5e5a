"""The tables of kept answers.

Items are kept as the JSON that clients read. A response's items are its input and its output, in order; what came
before them is found through `previous_id`, or in the conversation through `after_item`.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from server.store.database import Moment, metadata

Item = dict[str, Any]

responses = sa.Table(
    "responses",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("previous_id", sa.String(64)),
    sa.Column("conversation_id", sa.String(64)),
    sa.Column("after_item", sa.String(64)),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("ix_responses_owner", "owner", "created_at"),
    sa.Index("ix_responses_conversation_id", "conversation_id"),
)
"""`body` is the response object without its output. `previous_id` and `conversation_id` may name what is gone."""

response_items = sa.Table(
    "response_items",
    metadata,
    sa.Column("response_id", sa.ForeignKey("responses.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("output", sa.Boolean, nullable=False),
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("ix_response_items_owner", "owner", "id"),
)
"""An item may stand in several responses: clients send back what they got."""
