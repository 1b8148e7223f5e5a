"""The prompts of a turn as a model reads them: its template or none, then tokens. Pure, but for the C it goes through.

Everything here runs on a thread with a deep stack, since text of any length passes through C.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from server.catalog import ModelCard
from server.chat.calling import Calling
from server.chat.channels import DEFAULT_TAGS, opens_reasoning
from server.chat.messages import Message, Turn
from server.chat.prompt import Fragment, Prompt
from server.chat.template import ChatTemplate
from server.engine.pictures import Picture, Placed, Rows
from server.engine.vocabulary import Vocabulary
from server.errors import BadRequest


@dataclass(frozen=True, slots=True)
class Written:
    """A prompt: its text, which is empty where a client sent token ids, and its tokens."""

    text: str
    tokens: array[int]
    started: bool = False
    """The first token is the model's start token, which nobody wrote."""
    images: tuple[Placed, ...] = ()
    """Rows that stand among the tokens."""
    counted: int | None = None
    """How many tokens it has, where they are not known: `tokens` is empty then."""
    margin: float = 0.0
    """How far that number may be off, as a share of it."""

    @property
    def count(self) -> int:
        """How many tokens it has."""
        return len(self.tokens) if self.counted is None else self.counted

    def count_body(self, name: str) -> dict[str, Any]:
        """That under a name, and where it is an estimate, how far it may be off."""
        return {name: self.count} | ({"estimate_margin": self.margin} if self.margin else {})


def write(
    turn: Turn,
    card: ModelCard,
    vocabulary: Vocabulary,
    template: ChatTemplate | None,
    pictures: Mapping[str, Picture] = MappingProxyType({}),
) -> list[Written]:
    """The one prompt of a conversation, or each of the turn's plain prompts. Raises BadRequest, TemplateFailed.

    `pictures`: its images as the model reads them, by name.
    """
    if template is not None:
        prompt = _conversation(turn, card, template).showing(pictures)
        _check_shown(turn, prompt)
        tokens, images = _with_images(vocabulary, prompt, pictures)
        return [Written(prompt.text, tokens, images=images)]
    if turn.suffix:
        return [_between(vocabulary, str(prompt), turn.suffix) for prompt in turn.prompts]
    return [_plain(vocabulary, prompt) for prompt in turn.prompts]


def _conversation(turn: Turn, card: ModelCard, template: ChatTemplate) -> Prompt:
    messages = [_dressed(message, card) for message in turn.messages]
    begun = messages.pop().content if turn.continues else ""
    shown, tools = Calling(turn, card, template).prepare(messages)
    prompt = template.render(shown, tools=tools, kwargs=turn.template_kwargs)
    if not begun:
        return prompt
    tags = card.reasoning or DEFAULT_TAGS
    thought = (Fragment(f"{tags[1]}\n\n"),) if opens_reasoning(prompt.text, tags) else ()
    return Prompt((*prompt.fragments, *thought, *template.guarded(begun).fragments))


def _check_shown(turn: Turn, prompt: Prompt) -> None:
    shown = {fragment.image for fragment in prompt.fragments}
    for message in turn.messages:
        for image in message.images:
            if image.name not in shown:
                raise BadRequest(
                    f"Invalid {image.where!r}: the chat template of the model leaves out what a message of role "
                    f"{message.role!r} shows here. Expected the image in a message of the user.",
                    param=image.where,
                )
    if prompt.fragments and prompt.fragments[-1].image is not None:
        raise BadRequest("The prompt ends with an image: expected words after it.", param="messages")


def _plain(vocabulary: Vocabulary, prompt: str | tuple[int, ...]) -> Written:
    if isinstance(prompt, str):
        started = vocabulary.adds_bos and not prompt.startswith(vocabulary.bos_text)
        return Written(prompt, tokens_of(vocabulary, Prompt((Fragment(prompt),))), started)
    return Written("", vocabulary.check(prompt, "prompt"))


def _between(vocabulary: Vocabulary, prompt: str, suffix: str) -> Written:
    """A prompt for what stands between two texts. BadRequest where the model has not learnt to fill in."""
    if vocabulary.filling is None:
        raise BadRequest(
            "This model cannot fill in before a suffix: its vocabulary has no tokens for it. Expected none.",
            param="suffix",
        )
    tokens = array("i", [vocabulary.bos] if vocabulary.adds_bos else [])
    before, after, middle = vocabulary.filling
    for mark, text in ((before, prompt), (after, suffix)):
        tokens.append(mark)
        tokens.extend(vocabulary.tokenize(text, special=False, first=False))
    tokens.append(middle)
    return Written(prompt, tokens)


def _dressed(message: Message, card: ModelCard) -> Message:
    """What the user says, between the texts that the card puts around it."""
    if message.role != "user" or not (card.in_prefix or card.in_suffix):
        return message
    return replace(message, content=f"{card.in_prefix}{message.content}{card.in_suffix}")


def tokens_of(vocabulary: Vocabulary, prompt: Prompt) -> array[int]:
    """Each fragment on its own, so that no token is made across a border. The start token once, at the front."""
    return _with_images(vocabulary, prompt, {})[0]


def _with_images(
    vocabulary: Vocabulary, prompt: Prompt, pictures: Mapping[str, Picture]
) -> tuple[array[int], tuple[Placed, ...]]:
    """The prompt's tokens, and the rows of images that stand among them."""
    tokens, images = array("i"), []
    begun = vocabulary.adds_bos and prompt.text.startswith(vocabulary.bos_text)
    for at, fragment in enumerate(prompt.fragments):
        first = at == 0 and not begun
        tokens.extend(vocabulary.tokenize(fragment.text, special=not fragment.plain, first=first))
        for piece in pictures[fragment.image] if fragment.image is not None else ():
            if isinstance(piece, Rows):
                images.append(Placed(len(tokens), piece))
                tokens.extend(piece.ids())
            else:
                tokens.extend(piece)
    return tokens, tuple(images)
