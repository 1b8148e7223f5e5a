"""What is left out when a conversation has outgrown the model and its client wants it to go on all the same."""

from __future__ import annotations

from collections.abc import Sequence

from server.chat.messages import Message

ROOM = 4
"""A quarter of the context is to be free for the answer, when there is no saying how long it may be."""


IMAGE = 1000
"""What an image is guessed to take, in characters."""


def trimmed(messages: Sequence[Message], excess: float) -> tuple[Message, ...] | None:
    """The messages without the oldest, by at least the share `excess` (0 to 1) of their text; None: none may go.

    System messages at the front stay, and so does the end from the last user message on. What goes, goes in whole
    exchanges, so that no answer stands without its question. Where one exchange is all there is, its steps go, the
    oldest first: a step is what the assistant said or called, with what came of it; the last one stays.
    """
    front = 0
    while front < len(messages) and messages[front].role == "system":
        front += 1
    said = messages[front:]
    users = [at for at, message in enumerate(said) if message.role == "user"]
    if len(users) > 1:
        kept, ends = 0, users[1:]
    else:
        kept = users[0] + 1 if users else 0
        ends = [at for at, message in enumerate(said) if at > kept and message.role == "assistant"]
    if not ends:
        return None
    wanted = excess * sum(map(_length, messages))
    gone = 0
    cut = ends[0]
    for end, begin in zip(ends, [kept, *ends], strict=False):
        cut = end
        gone += sum(map(_length, said[begin:end]))
        if gone >= wanted:
            break
    return (*messages[:front], *said[:kept], *said[cut:])


def _length(message: Message) -> int:
    """In characters, with something for what a template puts around it."""
    called = sum(len(call.name) + len(call.arguments) for call in message.tool_calls)
    return len(message.content) + len(message.reasoning or "") + called + 16 + IMAGE * len(message.images)


def excess(prompt: int, context: int, answer: int | None) -> float:
    """The share of a prompt of so many tokens that must go, for an answer of at most so many to have room."""
    room = min(answer or context // ROOM, context // 2)
    return max(0.0, 1 - (context - room) / prompt)
