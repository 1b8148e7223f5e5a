"""The environment that templates run in, and a template compiled for it."""

from __future__ import annotations

import functools
import html
import threading
from collections.abc import Callable, Iterable, Iterator, Sized
from itertools import islice
from types import BuiltinMethodType
from typing import Any, cast

from jinja2 import pass_context
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.utils import Cycler, Joiner, Namespace

from server.chat.sandbox import syntax, values
from server.chat.sandbox.meter import Bounds, Meter, overrun
from server.errors import TemplateFailed

_SOURCE_LENGTH = 256 * 1024
_TOKENS = 25_000
"""Of a source, whitespace apart: several times what published templates have. Each takes 25 us to compile."""

_ATTRIBUTES: dict[type, frozenset[str]] = {
    str: values.TEXT_METHODS,
    dict: frozenset(("items", "keys", "values", "get", "copy")),
    list: frozenset(("index", "count")),
    tuple: frozenset(("index", "count")),
}
_OPEN = (LoopContext, Namespace, Cycler, Joiner)
"""Of these a template may reach what is public; of other types nothing."""
_JINJAS_OWN = ("_loop_vars", "_block_vars")
"""Arguments that compiled templates add to calls."""

_PLAIN_FILTERS = """
    abs attr capitalize d default first float items last length count lower map reject rejectattr reverse select
    selectattr trim truncate upper
"""
_SLOW_FILTERS = "dictsort max min sort title unique"
"""These go through all values, or characters, out of the meter's sight."""
_SLOW_LENGTH = 100_000
_METERED_FILTERS: dict[str, Callable[..., Any]] = {
    "center": values.padded,
    "format": values.printf,
    "indent": values.indented,
    "list": values.listed,
    "replace": values.replaced,
    "string": values.shown,
    "safe": values.shown,
    "tojson": values.to_json,
    "escape": lambda meter, value: html.escape(values.shown(meter, value)),
    "e": lambda meter, value: html.escape(values.shown(meter, value)),
    "int": lambda meter, *args, **kwargs: values.integer(*args, **kwargs),
    "round": lambda meter, *args, **kwargs: values.rounded(*args, **kwargs),
    syntax.CONCAT: lambda meter, parts: values.join(meter, parts, between=""),
    syntax.SLICE: lambda meter, value, start, stop, step: value[start:stop:step],
    syntax.COMPARE: values.compare,
    syntax.MADE: lambda meter, value: meter.made(value, len(value)),
    syntax.MAPPING: values.mapping,
}


class _Room(threading.local):
    """The meter of the rendering that this thread is at."""

    meter: Meter


class Environment(ImmutableSandboxedEnvironment):
    """Jinja as chat templates expect it (that of Hugging Face's `apply_chat_template`), on a meter.

    Shared by all renderings of one template, on any number of threads; each thread has its own meter.
    """

    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "**", "%"))

    def __init__(self) -> None:
        super().__init__(
            trim_blocks=True,
            lstrip_blocks=True,
            optimized=False,  # constants are calculated at rendering too, on the meter
            extensions=["jinja2.ext.loopcontrols", syntax.Generation],
            finalize=_written,
        )
        self._room = _Room()
        self.filters: dict[str, Callable[..., Any]] = {
            name: self._metered(cast(Callable[..., Any], FILTERS[name])) for name in _PLAIN_FILTERS.split()
        }
        for name in _SLOW_FILTERS.split():
            self.filters[name] = self._metered(_of_few(cast(Callable[..., Any], FILTERS[name])))
        for name, function in _METERED_FILTERS.items():
            self.filters[name] = self._metered(self._with_meter(function))
        self.filters["join"] = self._metered(self._join)
        self.filters["sum"] = self._metered(self._sum)
        self.filters[syntax.TURNS] = lambda iterable: self.meter.turns(iterable)
        self.tests = {
            name: self._metered(cast(Callable[..., Any], test)) for name, test in TESTS.items() if name != "escaped"
        }
        self.globals = {
            "range": self.globals["range"],
            "dict": dict,
            "namespace": Namespace,
            "cycler": Cycler,
            "joiner": Joiner,
            "raise_exception": values.refuse,
            "strftime_now": values.now,
        }

    @property
    def meter(self) -> Meter:
        """The meter of the rendering on this thread."""
        return self._room.meter

    @meter.setter
    def meter(self, meter: Meter) -> None:
        self._room.meter = meter

    def _with_meter(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: function(self.meter, *args, **kwargs)

    def _metered(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)  # keeps Jinja's mark of what the function wants as its first argument
        def metered(*args: Any, **kwargs: Any) -> Any:
            meter = self.meter
            meter.tick()
            for value in (*args, *kwargs.values()):
                meter.weigh(value)
            return self.account(function(*args, **kwargs))

        return metered

    def account(self, result: Any) -> Any:
        """A value that the template has now; what was still to be gone through has been."""
        if isinstance(result, str):
            return self.meter.text(str(result))
        if isinstance(result, (list, tuple, dict)):
            return self.meter.made(result)
        if isinstance(result, Iterator):
            found = list(self.meter.turns(result))
            return self.meter.made(found, len(found))
        return result

    def _of_each(self, items: Iterable[Any], attribute: str | int | None) -> Iterator[Any]:
        for item in self.meter.turns(items):
            yield item if attribute is None else self.getitem(item, attribute)

    def _join(self, items: Iterable[Any], d: str = "", attribute: str | int | None = None) -> str:
        return values.join(self.meter, self._of_each(items, attribute), between=d)

    def _sum(self, items: Iterable[Any], attribute: str | int | None = None, start: Any = 0) -> Any:
        total = start
        for value in self._of_each(items, attribute):
            total = self.account(values.calculate(self.meter, "+", total, value, self.binop_table["+"]))
        return total

    def concat(self, parts: Iterable[str]) -> str:
        """The output of a macro or block."""
        return values.join(self.meter, parts, between="")

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """An operator of arithmetic."""
        return self.account(values.calculate(self.meter, operator, left, right, self.binop_table[operator]))

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`obj[argument]`."""
        if isinstance(argument, tuple):
            raise SecurityError("a tuple is no key here")
        return super().getitem(obj, argument)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may reach it."""
        for kind, allowed in _ATTRIBUTES.items():
            if isinstance(obj, kind):
                return attr in allowed
        return isinstance(obj, _OPEN) and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """A bounded form of `str.format` and `str.format_map`, None for all else."""
        if not isinstance(value, BuiltinMethodType) or value.__name__ not in ("format", "format_map"):
            return None
        text = value.__self__
        if not isinstance(text, str):
            return None

        def formatted(*args: Any, **kwargs: Any) -> str:
            if value.__name__ == "format_map":
                kwargs = args[0]
                args = ()
            return self.meter.text(values.Formatter(self, self.meter).vformat(text, args, kwargs))

        return formatted

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Calls what a template calls."""
        meter = self.meter
        meter.tick()
        meter.memory(64 * (len(args) + len(kwargs)))
        given = {name: value for name, value in kwargs.items() if name not in _JINJAS_OWN}
        for value in (*args, *given.values()):
            meter.weigh(value)
        if isinstance(obj, BuiltinMethodType) and isinstance(obj.__self__, str):
            return self.account(values.call_text_method(meter, obj.__self__, obj.__name__, args, given))
        if obj is Namespace or obj is dict:
            meter.memory(sum(100 * len(value) for value in args if hasattr(value, "__len__")))
        if not isinstance(obj, (Macro, LoopContext)):
            return self.account(super().call(context, obj, *args, **kwargs))
        if isinstance(obj, LoopContext):
            args = (meter.turns(args[0]), *args[1:]) if args else args
        meter.enter()
        try:
            return super().call(context, obj, *args, **kwargs)
        finally:
            meter.leave()


def _of_few(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        if any(isinstance(value, Sized) and len(value) > _SLOW_LENGTH for value in args):
            overrun(f"sorting or searching more than {_SLOW_LENGTH} values")
        return function(*args, **kwargs)

    return bounded


@pass_context  # also keeps Jinja from calculating output at compile time
def _written(context: Context, value: Any) -> str:
    meter: Meter = context.environment.meter  # type: ignore[attr-defined]
    return values.shown(meter, value)


class Program:
    """A compiled template. Compiled once, run any number of times, on any number of threads."""

    def __init__(self, source: str) -> None:
        """Raises TemplateFailed when the source is no template, or one that is not let in."""
        if len(source) > _SOURCE_LENGTH:
            raise TemplateFailed(f"The model's chat template is longer than the {_SOURCE_LENGTH} characters let in.")
        environment = Environment()
        try:
            tokens = (kind for _, kind, _ in environment.lex(source) if kind != "whitespace")
            if next(islice(tokens, _TOKENS, None), None) is not None:
                raise TemplateFailed(f"The model's chat template has more than the {_TOKENS} tokens let in.")
            tree = syntax.rewrite(environment.parse(source), environment)
            code = environment.compile(tree)
            self._template = environment.template_class.from_code(environment, code, environment.make_globals(None))
        except TemplateFailed:
            raise
        except TemplateError as error:
            raise TemplateFailed(f"The model's chat template is not a valid one: {str(error)[:500]}") from error
        except (RecursionError, MemoryError, SyntaxError, ValueError, OverflowError, TypeError) as error:
            raise TemplateFailed(
                f"The model's chat template is nested too deeply, or not a valid one ({type(error).__name__})."
            ) from error
        self._environment = environment

    def run(self, variables: dict[str, Any], bounds: Bounds) -> str:
        """The template's text for these variables. Raises TemplateFailed, and nothing else."""
        environment = self._environment
        try:
            environment.meter = meter = Meter(bounds, variables)
            context = self._template.new_context(variables)
            return "".join([meter.emit(piece) for piece in self._template.root_render_func(context)])
        except TemplateFailed:
            raise
        except TemplateError as error:
            raise TemplateFailed(_failure(str(error)), param="messages") from error
        except Exception as error:
            raise TemplateFailed(_failure(f"{type(error).__name__}: {error}"), param="messages") from error


def _failure(message: str) -> str:
    return f"The model's chat template failed: {message[:500]}"
