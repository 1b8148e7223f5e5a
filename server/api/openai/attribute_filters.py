"""Filters on the attributes of files, as OpenAI writes them: comparisons, joined by `and` and `or`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from server.api.openai.fields import Fields
from server.store.vector_store_rows import Attributes

MOST_VALUES = 2000
"""In one filter, and all that are in it."""

Value = str | int | float | bool
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


class Comparison(Fields):
    """One attribute with one value, or a list of them. A file without the attribute passes `ne` and `nin` only."""

    type: Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
    key: Annotated[str, Field(max_length=64)]
    value: Value | Annotated[list[Value], Field(max_length=1000)]

    def holds(self, attributes: Attributes) -> bool:
        """Whether a file with these passes."""
        own = attributes.get(self.key)
        if self.type in ("ne", "nin"):
            return not self._among(own)
        if self.type in ("eq", "in"):
            return self._among(own)
        return _comparable(own, self.value) and _ORDERS[self.type](own, self.value)

    def _among(self, own: Value | None) -> bool:
        values = self.value if isinstance(self.value, list) else [self.value]
        return any(own == value and isinstance(own, bool) == isinstance(value, bool) for value in values)


class Compound(Fields):
    """Several filters, all of which or one of which must hold."""

    type: Literal["and", "or"]
    filters: Annotated[list[Filter], Field(max_length=64)]

    def holds(self, attributes: Attributes) -> bool:
        """Whether a file with these passes."""
        joined = all if self.type == "and" else any
        return joined(one.holds(attributes) for one in self.filters)


Filter = Annotated[Comparison | Compound, Field(discriminator="type")]
Compound.model_rebuild()


def _check_size(whole: Comparison | Compound) -> Comparison | Compound:
    count, rest = 0, [whole]
    while rest:
        one = rest.pop()
        if isinstance(one, Compound):
            rest += one.filters
        count += len(one.value) if isinstance(one, Comparison) and isinstance(one.value, list) else 1
    if count > MOST_VALUES:
        raise ValueError(f"expected at most {MOST_VALUES} filters and values in all, found {count}")
    return whole


WholeFilter = Annotated[Filter, AfterValidator(_check_size)]
"""What a search is given: it is held against every file of a store."""


def _comparable(own: Value | None, value: Any) -> bool:
    """Numbers with numbers, texts with texts."""
    kinds = {str if isinstance(one, str) else float if type(one) in (int, float) else None for one in (own, value)}
    return len(kinds) == 1 and None not in kinds
