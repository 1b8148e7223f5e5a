"""How long a step takes, learnt from the steps there were; and so how many prompt tokens fit into one.

A step costs what its generating sequences cost together, plus nearly the same again for every prompt token. Pure:
it is told the seconds.
"""

from __future__ import annotations

_MEMORY = 0.3
"""Weight of the newest step among those that only generate."""

_FADE = 0.5
"""What a step with prompt tokens still counts after the next one: a long prompt gets slower as it grows."""

_SHARE = 0.25
"""Of a step's time, what prompts get at least, so that they do not starve on a slow model."""

_UNSEEN = 10
"""Target gaps that a step may take where no answer is read while it is written. Long steps compute prompts in less
time, but whoever comes waits for one to end.
"""

_FIRST_GUESS = 16
"""Prompt tokens to try beside generating sequences before anything is known."""


class Pace:
    """Learns the cost of steps; answers `budget` for a wished longest gap between tokens (seconds)."""

    def __init__(self, target_gap: float) -> None:
        self.target_gap = target_gap
        # Sums over the latest steps: their quotient lets a step of many tokens say more than one of few.
        self._prompt_tokens = 0.0
        self._prompt_seconds = 0.0
        self._generating_step = 0.0
        self._generating = 0

    def learn(self, generating: int, prompt: int, seconds: float) -> None:
        """A step of so many generating sequences and prompt tokens took so long."""
        if prompt:
            extra = max(seconds - self._base(generating), seconds / 10)
            self._prompt_tokens = self._prompt_tokens * _FADE + prompt
            self._prompt_seconds = self._prompt_seconds * _FADE + extra
        else:
            same = self._generating == generating and self._generating_step
            self._generating_step += (seconds - self._generating_step) * (_MEMORY if same else 1.0)
            self._generating = generating

    def _base(self, generating: int) -> float:
        """Seconds of a step with so many generating sequences and no prompt."""
        if not generating or not self._generating:
            return 0.0
        if generating >= self._generating:
            return self._generating_step * generating / self._generating
        return self._generating_step

    def budget(self, generating: int, streams: bool = True) -> int:
        """Prompt tokens that may join a step of `generating` sequences. `streams`: one of them is read along."""
        if not self._prompt_tokens:
            return _FIRST_GUESS
        base = self._base(generating)
        gap = self.target_gap * (1 if streams else _UNSEEN)
        seconds = max(gap - base, base * _SHARE / (1 - _SHARE))
        return max(1, int(seconds * self._prompt_tokens / self._prompt_seconds))
