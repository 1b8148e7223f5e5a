"""Methods of texts, operators and filters as templates may use them: each checks what it will make beforehand."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from jinja2.sandbox import SandboxedEnvironment, SandboxedFormatter

from server.chat.sandbox.meter import Meter, overrun
from server.errors import TemplateFailed

Method = Callable[..., Any]

_WIDTH = 1000
"""Widest field of a format, deepest indentation of JSON."""
_FORMAT_LENGTH = 10_000
_PIECE_BYTES = 60
"""A short text and its place in a list."""


def _width(text: str, width: int, *_: Any) -> int:
    return max(len(text), width)


def _replaced(text: str, old: str, new: str, count: int = -1) -> int:
    found = text.count(old)
    return len(text) + (found if count < 0 else min(found, count)) * max(0, len(new) - len(old))


def _tabs(text: str, tabsize: int = 8) -> int:
    return len(text) + text.count("\t") * max(0, tabsize)


_LENGTH_AFTER: dict[str, Callable[..., int]] = {
    "center": _width,
    "ljust": _width,
    "rjust": _width,
    "zfill": _width,
    "replace": _replaced,
    "expandtabs": _tabs,
}

_TEXT_METHODS = """
    capitalize casefold center count endswith expandtabs find format format_map index isalnum isalpha isascii isdecimal
    isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip partition
    removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip
    swapcase title upper zfill
"""
TEXT_METHODS = frozenset(_TEXT_METHODS.split())


def call_text_method(meter: Meter, text: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`text.name(*args, **kwargs)`."""
    if name == "join":
        return join(meter, *args, between=text)
    after = _LENGTH_AFTER.get(name)
    if after is not None:
        meter.room(after(text, *args, **kwargs))
    elif name in ("split", "rsplit", "splitlines"):
        separator = args[0] if args and name != "splitlines" else kwargs.get("sep")
        meter.afford(_PIECE_BYTES * (text.count(separator) if separator else len(text) // 2))
    return getattr(text, name)(*args, **kwargs)


def join(meter: Meter, values: Iterable[Any], *, between: str) -> str:
    """The values' texts with `between` between them."""
    parts: list[str] = []
    length = 0
    for value in meter.turns(values):
        part = shown(meter, value)
        length += len(part) + len(between)
        meter.room(length)
        parts.append(part)
    return meter.text(between.join(parts))


def shown(meter: Meter, value: Any) -> str:
    """The text that a value is written as."""
    if isinstance(value, str):
        return str(value)
    meter.number(value)
    if meter.weigh((value,)) <= 2:
        return str(value)
    return meter.text(str(value))


def mapping(meter: Meter, parts: list[Any]) -> dict[Any, Any]:
    """A literal mapping from its keys and values, taken in turn."""
    for key in parts[::2]:
        if not isinstance(key, (str, int, float, bool, type(None))):
            raise TemplateFailed("The model's chat template has a mapping with a key that is neither text nor number.")
    made: dict[Any, Any] = meter.made(dict(zip(parts[::2], parts[1::2], strict=True)), len(parts))
    return made


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda left, right: left in right,
    "notin": lambda left, right: left not in right,
}


def compare(meter: Meter, left: Any, *rest: Any) -> bool:
    """`left op right op right …`."""
    meter.tick()
    meter.weigh(left)
    for name, right in zip(rest[::2], rest[1::2], strict=True):
        meter.weigh(right)
        if not _COMPARE[name](left, right):
            return False
        left = right
    return True


def calculate(meter: Meter, name: str, left: Any, right: Any, calculator: Callable[[Any, Any], Any]) -> Any:
    """A binary operator, its result foreseen where it can be large."""
    meter.tick()
    meter.number(left)
    meter.number(right)
    sized, times = (right, left) if isinstance(left, int) else (left, right)
    if name == "+" and isinstance(left, (str, list, tuple)) and isinstance(right, (str, list, tuple)):
        meter.room(len(left) + len(right))
    elif name == "*" and isinstance(sized, (str, list, tuple)) and isinstance(times, int):
        meter.room(len(sized) * max(0, times))
    elif name == "**" and isinstance(left, int) and isinstance(right, int):
        meter.number(1 << min(abs(left.bit_length() * right), 1 << 20))
    elif name == "%" and isinstance(left, str):
        _check_printf(meter, left, right)
    result = calculator(left, right)
    if name == "+" and isinstance(result, (list, tuple)):
        meter.weighed(result, meter.weigh(left) + meter.weigh(right))
    return result


_WIDE_PRINTF = re.compile(r"%(?:\([^)]*\))?[-#0 +]*(?:\*|\d{4,}|\d*\.(?:\*|\d{4,}))|%\([^)]*\(")
"""A field that says how wide it is in four digits or with an argument; or a key with parentheses of its own, which end
where only Python knows.
"""


def _check_printf(meter: Meter, text: str, values: Any) -> None:
    if len(text) > _FORMAT_LENGTH or _WIDE_PRINTF.search(text):
        overrun("a format too long or too wide")
    fields = text.count("%")
    uses = fields if isinstance(values, Mapping) else 1
    meter.room(len(text) + _WIDTH * fields + uses * meter.weigh(values))


class Formatter(SandboxedFormatter):
    """`str.format` with bounded fields."""

    def __init__(self, environment: SandboxedEnvironment, meter: Meter) -> None:
        super().__init__(environment)
        self._meter = meter
        self._length = 0

    def vformat(self, format_string: str, args: Any, kwargs: Any) -> str:
        """The formatted text."""
        if len(format_string) > _FORMAT_LENGTH:
            overrun("a format too long or too wide")
        return super().vformat(format_string, args, kwargs)

    def format_field(self, value: Any, format_spec: str) -> Any:
        """One field's text."""
        if re.search(r"\d{4}", format_spec):
            overrun("a format too long or too wide")
        self._meter.number(value)
        self._meter.weigh((value,))
        text = super().format_field(value, format_spec)
        self._length += len(text)
        self._meter.room(self._length)
        return text

    def convert_field(self, value: Any, conversion: Any) -> Any:
        """`!r` and `!s`."""
        self._meter.weigh((value,))
        return super().convert_field(value, conversion)


def to_json(
    meter: Meter,
    value: Any,
    ensure_ascii: bool = False,
    indent: int | str | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """JSON as it stands in prompts: not escaped for HTML, and never to ASCII, which `ensure_ascii` would ask for."""
    meter.weigh(value)
    wide = indent if isinstance(indent, int) else len(indent or "")
    if wide > 16 or any(len(separator) > 16 for separator in separators or ()):
        overrun("JSON indented by more than 16")
    encoder = json.JSONEncoder(ensure_ascii=False, indent=indent, separators=separators, sort_keys=sort_keys)
    if indent is None:
        return meter.text(encoder.encode(value))
    parts: list[str] = []
    length = 0
    for part in meter.turns(encoder.iterencode(value)):
        length += len(part)
        meter.room(length)
        parts.append(part)
    return meter.text("".join(parts))


def padded(meter: Meter, value: Any, width: int = 80) -> str:
    """The filter `center`."""
    text = shown(meter, value)
    meter.room(_width(text, width))
    return text.center(width)


def indented(meter: Meter, value: Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    """The filter `indent`: every line but the first, and blank ones only when asked."""
    text = shown(meter, value)
    meter.room(len(text) + (text.count("\n") + 1) * (width if isinstance(width, int) else len(width)))
    margin = " " * width if isinstance(width, int) else width
    lines = text.split("\n")
    moved = [margin + line if line or blank else line for line in lines[1:]]
    return "\n".join([margin + lines[0] if first else lines[0], *moved])


def replaced(meter: Meter, value: Any, old: str, new: str, count: int | None = None) -> str:
    """The filter `replace`."""
    text = shown(meter, value)
    times = -1 if count is None else count
    meter.room(_replaced(text, old, new, times))
    return text.replace(old, new, times)


def printf(meter: Meter, value: Any, *args: Any, **kwargs: Any) -> str:
    """The filter `format`: `%` with the arguments."""
    text = shown(meter, value)
    _check_printf(meter, text, kwargs or args)
    return text % (kwargs or args)


def listed(meter: Meter, values: Any) -> list[Any]:
    """The filter `list`."""
    if isinstance(values, str):
        meter.afford(_PIECE_BYTES * len(values))
    return list(meter.turns(values))


def rounded(value: float, precision: int = 0, method: str = "common") -> float:
    """The filter `round`."""
    if not -20 <= precision <= 20:
        overrun("rounding to more than 20 digits")
    if method == "common":
        return round(value, precision)
    scaled = value * 10.0**precision
    whole = -(-scaled // 1) if method == "ceil" else scaled // 1
    return float(whole / 10.0**precision)


def integer(value: Any, default: int = 0, base: int = 10) -> int:
    """The filter `int`."""
    if isinstance(value, str) and len(value) > 4000:
        return default
    try:
        return int(value, base) if isinstance(value, str) else int(value)
    except (TypeError, ValueError):
        try:
            return int(float(value))
        except (TypeError, ValueError, OverflowError):
            return default


def now(form: str) -> str:
    """The global `strftime_now`."""
    if len(form) > 256:
        overrun("a format too long or too wide")
    return datetime.now().strftime(form)


def refuse(message: Any = "") -> None:
    """The global `raise_exception`: the template's own words about messages that it does not take."""
    raise TemplateFailed(f"The model's chat template refused the messages: {str(message)[:500]}", param="messages")
