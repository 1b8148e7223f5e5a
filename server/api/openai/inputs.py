"""What several endpoints take as their input: a text, texts, a text's token ids, or those of several."""

from __future__ import annotations

from typing import Annotated, Any, cast

from pydantic import Discriminator, Field, Tag

Token = Annotated[int, Field(ge=0, lt=2**31)]
Tokens = Annotated[list[Token], Field(min_length=1)]


def _kind(value: Any) -> str | None:
    """Told by the first element, so that whatever is wrong with another one is said of that one."""
    if isinstance(value, str):
        return "text"
    if not isinstance(value, list):
        return None
    first = value[0] if value else ""
    if isinstance(first, list):
        return "several"
    return "texts" if isinstance(first, str) else "tokens"


Inputs = Annotated[
    Annotated[str, Tag("text")]
    | Annotated[list[str], Tag("texts")]
    | Annotated[list[Token], Tag("tokens")]
    | Annotated[list[Tokens], Tag("several")],
    Discriminator(
        _kind,
        custom_error_type="inputs",
        custom_error_message="expected a string, a list of strings, a list of token ids, or a list of such lists",
    ),
]


def each_of(inputs: str | list[str] | list[int] | list[list[int]]) -> tuple[str | tuple[int, ...], ...]:
    """One entry for each text; token ids as a tuple."""
    if isinstance(inputs, str):
        return (inputs,)
    if inputs and isinstance(inputs[0], int):
        return (tuple(inputs),)
    return tuple(one if isinstance(one, str) else tuple(one) for one in cast(list[str | list[int]], inputs))
