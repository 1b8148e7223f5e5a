"""An answer in the making: what the engine brings, as deltas of content, reasoning and calls."""

from __future__ import annotations

from collections.abc import AsyncIterator

from server.chat.channels import Channels
from server.chat.messages import CallPiece, Delta, Piece, Usage, joined
from server.engine.live import LiveModel, Mailbox
from server.engine.request import FinishReason, GenerationRequest, TokenEvent, TokenLogprob
from server.errors import ServerError


class LocalAnswer:
    """An answer in the making; see Answer."""

    def __init__(
        self,
        live: LiveModel,
        box: Mailbox,
        requests: list[GenerationRequest],
        prompts: int,
        channels: Channels | None,
    ) -> None:
        """`prompts`: how many there are. `channels`: what sorts the text; without them all is content."""
        self._live = live
        self._box = box
        self._indices = {request.id: index for index, request in enumerate(requests)}
        self._channels = {id: channels.fresh() for id in self._indices} if channels is not None else {}
        self._logprobs: dict[str, tuple[TokenLogprob, ...]] = {}
        """Of tokens whose text is held back, by request."""
        self._choices = len(requests) // prompts
        self._firsts = [request.id for request in requests[:: self._choices]]
        """The first request of each prompt: of it the prompt's cached tokens are told."""
        self._completion = 0
        self._reasoning = 0
        self.fingerprint = live.fingerprint
        self.prompt_tokens = sum(len(request.prompt) for request in requests[:: self._choices])

    @property
    def usage(self) -> Usage:
        """Tokens so far; a prompt counts once, however many answers it got."""
        cached = sum(self._box.cached.get(id, 0) for id in self._firsts)
        return Usage(self.prompt_tokens, self._completion, cached, self._reasoning)

    @property
    def waiting(self) -> bool:
        """Whether the engine has let in nothing of it yet."""
        return self._box.waiting

    def stop(self, error: ServerError) -> None:
        """See Answer."""
        self._live.close(self._box, error)

    async def __aiter__(self) -> AsyncIterator[list[Delta]]:
        left = len(self._indices)
        while left:
            together: list[Delta] = []
            error: ServerError | None = None
            for event in await self._box.take():
                together += self._deltas(event)
                if event.outcome is not None:
                    left -= 1
                    error = error or event.outcome.error
            if together:
                yield together
            if error is not None:
                raise error

    def _deltas(self, event: TokenEvent) -> list[Delta]:
        """What one event is to the reader."""
        index = self._indices[event.id]
        self._completion += len(event.parts)
        outcome = event.outcome
        channels = self._channels.get(event.id)
        if channels is not None:
            deltas = self._sorted(index, event, channels)
        else:
            text = event.text
            said = text or event.rated or event.logprobs
            deltas = [Delta(index, text, logprobs=event.logprobs, rated=event.rated)] if said else []
        if outcome is not None and outcome.error is None:
            deltas.append(Delta(index, finish=_finish(outcome.reason, channels), stop=outcome.stop))
        return deltas

    def _sorted(self, index: int, event: TokenEvent, channels: Channels) -> list[Delta]:
        """The text of an event by its channels. Log-probabilities go with content alone."""
        if channels.done:
            return []
        pieces: list[Piece | CallPiece] = []
        for part in event.parts:
            pieces += channels.feed(part)
            self._reasoning += channels.reasoning
        if event.outcome is None:
            if channels.done:
                self._live.end(event.id)
        elif event.outcome.error is None:
            pieces += channels.finish()
        logprobs = self._logprobs.pop(event.id, ()) + event.logprobs
        deltas = []
        for piece in joined(pieces):
            if isinstance(piece, CallPiece):
                deltas.append(Delta(index, call=piece))
            elif piece.channel == "reasoning":
                deltas.append(Delta(index, reasoning=piece.text))
            else:
                deltas.append(Delta(index, piece.text, logprobs=logprobs))
                logprobs = ()
        if logprobs and not pieces and not channels.apart:
            self._logprobs[event.id] = logprobs
        return deltas


def _finish(reason: FinishReason, channels: Channels | None) -> FinishReason:
    """Why an answer ended, to who asked. One that made its only call was cancelled when it began another."""
    called = channels is not None and channels.called and (channels.done or reason is FinishReason.STOP)
    return FinishReason.TOOL_CALLS if called else reason
