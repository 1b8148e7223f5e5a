"""`llm-api chat`: a conversation in the terminal, or line by line through a pipe."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from server.cli import options
from server.cli.client import Client
from server.cli.conversation import Conversation
from server.cli.failure import USAGE, Failure, say

HELP = """\
/new             begin anew
/system TEXT     set the system message (without TEXT: show it; /system - removes it)
/model NAME      talk to another model (without NAME: list them)
/save FILE       write the conversation, as JSON or, to a .md file, as Markdown
/quit            leave (Ctrl-D does the same)
A pasted text of several lines is one message. To type one, end a line with \\,
or open it with \"\"\" and close it with \"\"\". Ctrl-C stops an answer."""


def chat(
    url: options.Url = None,
    key: options.Key = "",
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Model to talk to. Without it, a loaded one, or the first.")
    ] = None,
    system: Annotated[str, typer.Option("--system", "-s", help="System message.")] = "",
    temperature: Annotated[float | None, typer.Option("--temperature", "-t", help="Evenness of the dice.")] = None,
    max_tokens: Annotated[int | None, typer.Option("--max-tokens", help="Most tokens of an answer.", min=1)] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of the dice.")] = None,
    certificate: options.Certificate = None,
    insecure: options.Insecure = False,
    config: options.Config = None,
) -> None:
    """Talk to a model of any OpenAI-compatible server.

    At a terminal, /help lists what can be typed. Through a pipe, each line is a message, and the answers are printed
    one after another: echo "Why is the sky blue?" | llm-api chat
    """
    settings = options.settings_from(config)
    fields = {"temperature": temperature, "max_tokens": max_tokens, "seed": seed}
    with options.client_for(settings, url, key, certificate, insecure) as client:
        conversation = Conversation(
            client,
            model or first_model(client),
            system,
            {name: value for name, value in fields.items() if value is not None},
        )
        if sys.stdin.isatty():
            Chat(client, conversation).run()
        else:
            for line in sys.stdin:
                if question := line.strip():
                    for piece in conversation.ask(question):
                        if not piece.reasoning:
                            typer.echo(printable(piece.text), nl=False)
                    typer.echo()


def model_names(client: Client) -> list[str]:
    return [str(entry["id"]) for entry in client.models()]


def first_model(client: Client) -> str:
    """The first that our own server has loaded, or else the first."""
    entries = client.models()
    if not entries:
        raise Failure(f"{client.root} has no models. Name one with --model.")
    ready = [entry for entry in entries if (entry.get("llm_api") or {}).get("state") == "ready"]
    return str((ready or entries)[0]["id"])


def printable(text: str) -> str:
    """Without control characters: a model's words must not command the terminal."""
    return "".join(one for one in text if one in "\n\t" or unicodedata.category(one) != "Cc")


class Chat:
    """The dialogue at a terminal."""

    def __init__(self, client: Client, conversation: Conversation) -> None:
        self.client = client
        self.conversation = conversation
        self.colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self.commands: dict[str, Callable[[str], None]] = {
            "/new": self.new,
            "/system": self.system,
            "/model": self.model,
            "/save": self.save,
            "/help": lambda _: self.note(HELP),
        }

    def run(self) -> None:
        """Until /quit or the end of input. A failure is told and ends nothing."""
        with contextlib.suppress(ImportError):
            import readline  # line editing and history; bracketed paste keeps pasted lines together

            readline.parse_and_bind("set enable-bracketed-paste on")
        self.note(f"{self.conversation.model} at {self.client.root} · /help for help, Ctrl-D to leave")
        for text in self.inputs():
            word, _, rest = text.partition(" ")
            try:
                if word in ("/quit", "/exit"):
                    return
                if word in self.commands:
                    self.commands[word](rest.strip())
                elif word.startswith("/") and "/" not in word[1:] and "\n" not in text:
                    self.note(f"There is no command {word}.\n{HELP}")
                else:
                    self.answer(text)
            except Failure as failure:
                say(typer.style(str(failure), fg="red") if self.colour else str(failure))

    def inputs(self) -> Iterator[str]:
        """What the person says, whole messages, none empty."""
        while True:
            try:
                text = self.read()
            except EOFError:
                typer.echo()
                return
            except KeyboardInterrupt:
                typer.echo()
                self.note("Ctrl-D or /quit to leave")
                continue
            if text.strip():
                yield text.strip()

    def read(self) -> str:
        line = self.line("› ")
        if line.startswith('"""'):
            lines = [line.removeprefix('"""')]
            while not lines[-1].rstrip().endswith('"""'):
                lines.append(self.line("… "))
            lines[-1] = lines[-1].rstrip().removesuffix('"""')
            return "\n".join(lines)
        lines = [line]
        while lines[-1].endswith("\\"):
            lines[-1] = lines[-1][:-1]
            lines.append(self.line("… "))
        return "\n".join(lines)

    def line(self, prompt: str) -> str:
        # \001 and \002 tell readline that what is between them takes no room.
        return input(f"\001\033[1m\002{prompt}\001\033[0m\002" if self.colour else prompt)

    def answer(self, question: str) -> None:
        """Prints the answer as it comes; Ctrl-C stops it, and leaving the stream makes the server stop too."""
        note = ""
        with contextlib.closing(self.conversation.ask(question)) as pieces:
            try:
                for piece in pieces:
                    text = printable(piece.text)
                    typer.echo(self.dim(text) if piece.reasoning else text, nl=False)
            except KeyboardInterrupt:
                note = "stopped · "
            finally:
                if self.conversation.pace.first is not None:
                    typer.echo()
        self.note(f"{note}{self.conversation.pace}\n")

    def new(self, _: str) -> None:
        self.conversation.turns.clear()
        self.note("A new conversation.")

    def system(self, text: str) -> None:
        if text:
            self.conversation.system = "" if text == "-" else text
        self.note(f"System message: {self.conversation.system or 'none'}")

    def model(self, name: str) -> None:
        names = model_names(self.client)
        if name and name not in names:
            self.note(f"There is no model {name}.")
        elif name:
            self.conversation.model = name
        marks = {self.conversation.model: "›"}
        self.note("\n".join(f"{marks.get(one, ' ')} {one}" for one in names))

    def save(self, name: str) -> None:
        if not name:
            self.note("/save FILE: the file to write, such as talk.md or talk.json")
            return
        try:
            Path(name).expanduser().write_text(transcript(self.conversation, Path(name).suffix == ".md"), "utf-8")
        except OSError as error:
            raise Failure(f"{name}: cannot be written: {error.strerror}", USAGE) from error
        self.note(f"Saved to {name}.")

    def dim(self, text: str) -> str:
        return typer.style(text, dim=True) if self.colour else text

    def note(self, text: str) -> None:
        typer.echo(self.dim(text))


def transcript(conversation: Conversation, markdown: bool) -> str:
    if markdown:
        return "\n\n".join(f"**{turn['role']}**\n\n{turn['content']}" for turn in conversation.messages) + "\n"
    tree: dict[str, Any] = {"model": conversation.model, "messages": conversation.messages}
    return json.dumps(tree, ensure_ascii=False, indent=2) + "\n"
