"""Rewrites a template's syntax tree so that what Jinja compiles to bare Python goes through the meter.

Loops, `~`, slices, comparisons and literal containers become internal filters. Their names hold a space, which no name
in a template can.
"""

from __future__ import annotations

from typing import Any, cast

from jinja2 import Environment, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.visitor import NodeTransformer

from server.errors import TemplateFailed

TURNS, CONCAT, SLICE, COMPARE, MADE, MAPPING = (
    " turns",
    " concat",
    " slice",
    " compare",
    " made",
    " mapping",
)

_TREE_DEPTH = 150


class Generation(Extension):
    """`{% generation %}…{% endgeneration %}` marks the model's own words for training; here it is just its body."""

    tags = {"generation"}  # noqa: RUF012  (Jinja's own way to declare tags)

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The statements between the tags."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def rewrite(tree: nodes.Template, environment: Environment) -> nodes.Template:
    """The metered form of a parsed template, which is changed in place. Raises TemplateFailed for what is refused."""
    _Rewriter().visit(tree)
    tree.set_environment(environment)
    return tree


def _through(name: str, value: nodes.Node, *arguments: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(cast(nodes.Expr, value), name, list(arguments), [], None, None, lineno=value.lineno)


class _Rewriter(NodeTransformer):
    def __init__(self) -> None:
        self._depth = 0

    def visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> Any:
        self._depth += 1
        if self._depth > _TREE_DEPTH:
            raise TemplateFailed("The model's chat template is nested too deeply.")
        try:
            return super().visit(node, *args, **kwargs)
        finally:
            self._depth -= 1

    def _refuse(self, node: nodes.Node) -> None:
        kind = type(node).__name__.lower()
        raise TemplateFailed(f"The model's chat template uses {kind!r}, which is not let in (line {node.lineno}).")

    visit_Extends = visit_Include = visit_Import = visit_FromImport = _refuse
    visit_Block = visit_ScopedEvalContextModifier = visit_EvalContextModifier = _refuse

    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        node.iter = _through(TURNS, node.iter)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _through(CONCAT, nodes.List(node.nodes, lineno=node.lineno))

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        if isinstance(node.arg, nodes.Tuple):
            self._refuse(node.arg)
        self.generic_visit(node)
        if not isinstance(node.arg, nodes.Slice):
            return node
        bounds = (node.arg.start, node.arg.stop, node.arg.step)
        return _through(SLICE, node.node, *(bound or nodes.Const(None, lineno=node.lineno) for bound in bounds))

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        self.generic_visit(node)
        operands: list[nodes.Expr] = []
        for operand in node.ops:
            operands += [nodes.Const(operand.op, lineno=node.lineno), operand.expr]
        return _through(COMPARE, node.expr, *operands)

    def visit_List(self, node: nodes.List) -> nodes.Node:
        self.generic_visit(node)
        return node if _few_constants(node.items) else _through(MADE, node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        self.generic_visit(node)
        return node if node.ctx != "load" or _few_constants(node.items) else _through(MADE, node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        self.generic_visit(node)
        parts = [part for pair in node.items for part in (pair.key, pair.value)]
        return _through(MAPPING, nodes.List(parts, lineno=node.lineno))


def _few_constants(items: list[nodes.Expr]) -> bool:
    return len(items) <= 16 and all(isinstance(item, nodes.Const) for item in items)
