"""The prompts of a turn as a model reads them: its template or none, then tokens. Pure, but for the C it goes through.

Everything here runs on a thread with a deep stack, since text of any length passes through C.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace

from server.catalog import ModelCard
from server.chat.calling import Calling
from server.chat.channels import DEFAULT_TAGS, opens_reasoning
from server.chat.messages import Message, Turn
from server.chat.prompt import Fragment, Prompt
from server.chat.template import ChatTemplate
from server.engine.vocabulary import Vocabulary
from server.errors import BadRequest


@dataclass(frozen=True, slots=True)
class Written:
    """A prompt: its text, which is empty where a client sent token ids, and its tokens."""

    text: str
    tokens: array[int]
    started: bool = False
    """The first token is the model's start token, which nobody wrote."""


def write(turn: Turn, card: ModelCard, vocabulary: Vocabulary, template: ChatTemplate | None) -> list[Written]:
    """The one prompt of a conversation, or each of the turn's plain prompts. Raises BadRequest, TemplateFailed."""
    if template is not None:
        prompt = _conversation(turn, card, template)
        return [Written(prompt.text, tokens_of(vocabulary, prompt))]
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
    tokens = array("i")
    begun = vocabulary.adds_bos and prompt.text.startswith(vocabulary.bos_text)
    for at, fragment in enumerate(prompt.fragments):
        first = at == 0 and not begun
        tokens.extend(vocabulary.tokenize(fragment.text, special=not fragment.plain, first=first))
    return tokens
