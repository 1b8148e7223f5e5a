"""Where a text stands in a conversation, and in what dress: before a question or after it, in the system message, in an
earlier message, quoted, as numbered passages of files, between marks.
"""

from __future__ import annotations

from demo_model.corpus import names
from demo_model.corpus.conversation import Message
from demo_model.corpus.draw import Draw

READ = "I have read it."

_BEFORE: tuple[str, ...] = (
    *(
        "Text: ",
        "Text:\n",
        "Read this: ",
        "Read this:\n",
        "Here is a text.\n",
        "Here is a text: ",
        "Passage: ",
        "Context:\n",
    ),
    *(
        "Passage:\n",
        "### Context\n",
        "## Text\n",
        "# Notes\n",
        "Context information is below.\n",
        "Document:\n",
        "Source: ",
    ),
    *(
        "Look at this text.\n\n",
        "From my notes:\n",
        "I found this: ",
        "Someone wrote: ",
        "Read the following:\n\n",
        "Notes: ",
    ),
    *(
        "According to the following: ",
        "Given this text:\n\n",
        "Article:\n",
        "Information:\n",
        "Facts: ",
        "Here are some facts.\n",
    ),
    *(
        "My friend says: ",
        "This is what I know: ",
        "Please read this text first. ",
        "Background:\n",
        "Input:\n",
        "From a book: ",
    ),
    *(
        "Consider this passage:\n",
        "The text is: ",
        "Use this text: ",
        "Story: ",
        "Report:\n",
        "I will give you a text. ",
    ),
)
_WRAPS: tuple[tuple[str, str], ...] = (
    *(
        ('"', '"'),
        ("'", "'"),
        ("```\n", "\n```"),
        ("<text>\n", "\n</text>"),
        ("---\n", "\n---"),
        ('"""\n', '\n"""'),
        ("> ", ""),
    ),
    *(("<context>", "</context>"), ("[", "]"), ("(", ")"), ("<document>\n", "\n</document>"), ("=====\n", "\n=====")),
    *(("“", "”"), ("BEGIN\n", "\nEND"), ("***\n", "\n***"), ("<passage>", "</passage>"), ("«", "»"), ("### ", " ###")),
)
_ASKS: tuple[str, ...] = (
    *(
        "Question: {q}",
        "Q: {q}",
        "### Question\n{q}",
        "Question:\n{q}",
        "My question: {q}",
        "Now answer: {q}",
        "Now: {q}",
    ),
    *(
        "Answer this: {q}",
        "Query: {q}",
        "Here is my question: {q}",
        "{q}\nAnswer:",
        "Q: {q}\nA:",
        "Question: {q}\nAnswer:",
    ),
    *("Answer the question from the text. {q}", "Using the text above, answer: {q}", "Based on this: {q}", "User: {q}"),
    *("{q} Answer from the text only.", "{q} Use only the text.", "{q}\nIf the text does not say it, tell me so."),
    *(
        "With the help of the text: {q}",
        "Please answer: {q}",
        "Then tell me this. {q}",
        "## Question\n\n{q}",
        "I ask: {q}",
    ),
)
_AFTER: tuple[str, ...] = (
    *(
        "{q}\n\n{t}",
        "{q} {t}",
        "Question: {q}\nText: {t}",
        "{q}\n\nText:\n{t}",
        "{q} Here is the text: {t}",
        "Q: {q}\n\n{t}",
    ),
    *(
        "{q} Look here: {t}",
        "{q}\n\nContext: {t}",
        "Answer this question: {q}\nIt is about this text: {t}",
        "{q}\n---\n{t}",
    ),
    *("{q} The text is this: {t}", "I have a question. {q} This is what I know: {t}", "{q} It must be in here: {t}"),
    *("Find the answer in the text below. {q}\n\n{t}", "{q}\n\nUse this:\n{t}", "{q} Read: {t}", "{q}\n\nSource:\n{t}"),
    *("{q} My notes say: {t}", "{q}\n\n### Context\n{t}", "I need help. {q} From the newspaper: {t}"),
)
_SYSTEM: tuple[str, ...] = (
    *(
        "Answer from this text: {t}",
        "Use only the text below.\n\n{t}",
        "Use only the passages below to answer.\n\n{t}",
        "{t}",
    ),
    *("You answer questions about this text.\n\n{t}", "You are a helpful assistant. Context:\n{t}", "Knowledge:\n{t}"),
    *(
        "Use the following text to answer the user's questions.\n{t}",
        "Here is what you know: {t}",
        "Notes for you: {t}",
    ),
    *("Context information is below.\n---------------------\n{t}\n---------------------\nAnswer from it.",),
    *(
        "Answer briefly. The text: {t}",
        "Answer the question from the context. If it is not there, say so.\n\nContext:\n{t}",
    ),
    *("You are a librarian. In your book it says: {t}", "The user asks about this document:\n\n{t}", "Facts:\n{t}"),
    *(
        "Documents:\n{t}\n\nAnswer from the documents.",
        "Read this and answer: {t}",
        "# Background\n{t}",
        "Remember: {t}",
    ),
    *(
        "You are given passages of files. Use them and nothing else.\n\n{t}",
        "Search results:\n\n{t}",
        "Reference:\n{t}",
    ),
)
_EARLIER: tuple[str, ...] = (
    *(
        "Here is a text: {t}",
        "Read this text: {t}",
        "Please read this. {t}",
        "I will ask you about this text: {t}",
        "{t}",
    ),
    *(
        "Read the following and wait for my questions.\n\n{t}",
        "This is my text.\n{t}",
        "Look at this: {t}",
        "Text:\n{t}",
    ),
    *(
        "Keep this in mind: {t}",
        "Remember this text: {t}",
        "{t} Have you read it?",
        "{t}\n\nRead it, I will ask later.",
    ),
    *("First read this: {t}", "I have some notes. {t}", "Let me show you a text. {t}", "Study this passage.\n\n{t}"),
)
_SYSTEMS: tuple[str, ...] = (
    *(
        "You are a helpful assistant.",
        "Answer briefly.",
        "You answer from the text.",
        "Be brief and exact.",
        "Be helpful.",
    ),
    *("You help people to read texts.", "Answer only from what the user gives you.", "You are a reading assistant."),
    *("If the text does not say it, tell the user so.", "You are a polite assistant.", "Use the text of the user."),
)
_ENDS = ("txt", "md", "pdf", "html", "docx", "csv")


def one_text(draw: Draw, parts: list[tuple[str, str]]) -> str:
    """The parts as one text: as prose, under headings, or as numbered passages of files."""
    form = draw.number(0, 19) if len(parts) > 1 else draw.number(0, 30)
    lines = any("\n" in text for _, text in parts)
    if form < 8 or form > 19:
        return ("\n\n" if lines else draw.one((" ", " ", "\n", "\n\n"))).join(text for _, text in parts)
    marks = _marks(draw, form)
    return draw.one(("\n", "\n\n")).join(
        marks.format(i=at, name=title, file=_file(draw, title), t=text) for at, (title, text) in enumerate(parts, 1)
    )


def _marks(draw: Draw, form: int) -> str:
    if form < 11:
        return draw.phrase(
            (
                "# {name}\n{t}",
                "## {name}\n\n{t}",
                "**{name}**\n{t}",
                "{name}: {t}",
                "{i}. {t}",
                "{i}) {t}",
                "- {t}",
                "* {t}",
            )
        )
    return draw.phrase(
        (
            *(
                "[{i}] {file}\n{t}",
                "[{i}] {file}: {t}",
                "[{i}] {t}",
                "Source {i} ({file}): {t}",
                "({i}) {t}",
                "{file}:\n{t}",
            ),
            *(
                '<document id="{i}" title="{file}">\n{t}\n</document>',
                "Passage {i}:\n{t}",
                "Passage {i} of {file}: {t}",
            ),
            *('<source name="{file}">{t}</source>', "Result {i}: {file}\n{t}", "--- {file} ---\n{t}", "[{file}] {t}"),
            *("Document {i}:\n{t}", "Document [{i}](Title: {name}) {t}", "File: {file}\n{t}", "{i}. {file}\n> {t}"),
        )
    )


def _file(draw: Draw, title: str) -> str:
    stem = title.lower().replace(" ", "_").replace('"', "") if draw.chance(0.5) else names.lower(draw)
    return f"{stem}.{draw.one(_ENDS)}"


def opening(draw: Draw, text: str, question: str) -> list[Message]:
    """The conversation up to its first question, the text somewhere in it."""
    if draw.chance(0.25) and "\n" not in text:
        start, end = draw.phrase(tuple(f"{one}\x00{two}" for one, two in _WRAPS)).split("\x00")
        text = f"{start}{text}{end}"
    form = draw.number(0, 19)
    if form < 4:
        return [Message("system", draw.phrase(_SYSTEM).format(t=text)), Message("user", question)]
    system = [Message("system", draw.phrase(_SYSTEMS))] if draw.chance(0.2) else []
    if form < 6:
        given = Message("user", draw.phrase(_EARLIER).format(t=text))
        return [*system, given, Message("assistant", READ), Message("user", question)]
    if form < 8:
        return [*system, Message("user", draw.phrase(_AFTER).format(t=text, q=question))]
    before = draw.phrase(_BEFORE) if draw.chance(0.65) else ""
    asked = draw.phrase(_ASKS).format(q=question) if draw.chance(0.5) else question
    between = "\n" if "\n" in text else draw.one((" ", "\n", "\n\n", "\n\n"))
    return [*system, Message("user", f"{before}{text}{between}{asked}")]
