"""Why a check failed, in one line: pytest tells of values by itself, the plain runner needs this."""

from __future__ import annotations

import ast
import linecache
import traceback
from types import FrameType

WIDTH = 300


def explain(error: BaseException) -> str:
    """The error's own words; for a bare assertion its condition and what its left side was."""
    words = " ".join(str(error).split())
    if isinstance(error, AssertionError) and not words:
        words = _assertion(error)
    kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
    return f"{kind}{words or 'no reason given'}"[:WIDTH]


def _assertion(error: AssertionError) -> str:
    frame, line = list(traceback.walk_tb(error.__traceback__))[-1]
    tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename)))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Assert) and node.lineno <= line <= _end(node)]
    if not found:
        return "an assertion did not hold"
    test = found[-1].test
    said = ast.unparse(test)
    return f"{said}; found {_value(test.left, frame)}" if isinstance(test, ast.Compare) else f"not so: {said}"


def _end(node: ast.Assert) -> int:
    return node.end_lineno or node.lineno


def _value(expression: ast.expr, frame: FrameType) -> str:
    """What the expression is worth where the assertion stands. It was computed there a moment ago."""
    code = compile(ast.Expression(expression), "<assertion>", "eval")
    try:
        return repr(eval(code, {**frame.f_globals, **frame.f_locals}))
    except Exception as problem:
        return f"nothing ({type(problem).__name__})"
