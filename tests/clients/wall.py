"""What every client asks for: an object that even a model of random weights fills in, as nothing else may be said."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

QUESTION = "Which colour is the wall, and is it dry?"


class Wall(BaseModel):
    """A wall that was painted."""

    model_config = ConfigDict(extra="forbid")
    """Else a schema leaves room for more, which a weak model uses until its tokens are spent."""

    colour: Literal["red", "green", "blue"]
    dry: bool
