"""Text that would take long to read as Markdown is read at once, and marks are found where they begin first."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

DRAW = """async (text) => {
  const { markdown } = await import('/web/markdown.js');
  const node = document.createElement('div');
  const began = performance.now();
  node.append(markdown(text));
  const seconds = (performance.now() - began) / 1000;
  const named = (node) => [...node.childNodes].map((child) =>
    child.nodeType === Node.TEXT_NODE ? child.data : `<${child.localName}>${named(child)}</>`).join('');
  return [named(node.firstChild), seconds];
}"""
SECONDS = 8  # a busy machine takes a tenth of one; what is done over and over takes a minute


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("a *b* **c** `*d*` ~~e~~ __f__ _g_", "a <em>b</> <strong>c</> <code>*d*</> <s>e</> <strong>f</> <em>g</>"),
        ("**a *b* c** *d **e** f*", "<strong>a <em>b</> c</> *d <strong>e</> f*"),
        ("\\*a* *b*", "*a* <em>b</>"),
        ("\\**b* and \\__c_", "*<em>b</> and _<em>c</>"),
        ("*a **b* c**", "*a <strong>b* c</>"),
        ("a*b*c a_b_c a__b__c", "a<em>b</>c a_b_c a__b__c"),
        ("`a` *b `c* d` e", "<code>a</> <em>b `c</> d` e"),
        (
            "[a *b*](https://c.example) https://d.example/_e_ *f*",
            "<a>a <em>b</></> <a>https://d.example/_e_</> <em>f</>",
        ),
    ],
)
def test_marks_in_a_line_are_drawn(door: Page, text: str, drawn: str) -> None:
    assert door.evaluate(DRAW, text)[0] == drawn


@pytest.mark.parametrize("line", ["# a # b", "#  a # b ##  ", "# a # b#"])
def test_what_closes_a_heading_is_not_drawn(door: Page, line: str) -> None:
    assert door.evaluate(DRAW, line)[0] == "a # b"


@pytest.mark.parametrize(
    "text",
    [
        "\\*" * 4000 + "[" * 11_000,
        "*a*" * 3000 + "[" * 10_000,
        "x " + "[a](" * 4900,
        "x " + "`" * 4000,
        "x " + "*" * 19_900,
        "**a" * 6000,
        "# a" + " " * 6000 + "b",
    ],
    ids=lambda text: f"{text[:4]}…{text[-4:]}",
)
def test_no_text_takes_long_to_draw(door: Page, text: str) -> None:
    assert door.evaluate(DRAW, text)[1] < SECONDS
