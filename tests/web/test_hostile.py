"""Words that want to be more than words do nothing: a model's, in names, citations, errors, personalities."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, Route, expect

BAD = "globalThis.taken=true"
HOSTILE = (
    f"<script>{BAD}</script>",
    f"<script src=data:text/javascript,{BAD}></script>",
    f"<ScRiPt>{BAD}</sCrIpT>",
    f"<scr<script>ipt>{BAD}</scr</script>ipt>",
    f"<img src=x onerror={BAD}>",
    f"<img src=x onerror='{BAD}'",
    "<img src=http://elsewhere.example/pixel.png>",
    f"<svg onload={BAD}>",
    f"<svg><script>{BAD}</script></svg>",
    f"<svg><animate onbegin={BAD} attributeName=x dur=1s>",
    f"<math><mi xlink:href='javascript:{BAD}'>x</mi></math>",
    f"<iframe src='javascript:{BAD}'></iframe>",
    f"<iframe srcdoc='<script>parent.{BAD}</script>'></iframe>",
    f"<object data='javascript:{BAD}'></object>",
    f"<embed src='javascript:{BAD}'>",
    f"<body onload={BAD}>",
    f"<details open ontoggle={BAD}><summary>x</summary></details>",
    f"<input autofocus onfocus={BAD}>",
    f"<video><source onerror={BAD}></video>",
    f"<audio src=x onerror={BAD}>",
    f"<marquee onstart={BAD}>x</marquee>",
    f"<a href='javascript:{BAD}'>x</a>",
    f"<form action='javascript:{BAD}'><button>x</button></form>",
    "<base href=http://elsewhere.example/>",
    f"<meta http-equiv=refresh content='0;url=javascript:{BAD}'>",
    "<link rel=stylesheet href=http://elsewhere.example/a.css>",
    "<style>@import 'http://elsewhere.example/a.css'; * { display: none }</style>",
    f"<template><script>{BAD}</script></template>",
    f"<noscript><p title='</noscript><img src=x onerror={BAD}>'>",
    f"<textarea></textarea><script>{BAD}</script>",
    f"</div></article></main><script>{BAD}</script>",
    f"<!--><script>{BAD}</script-->",
    f"<![CDATA[<script>{BAD}</script>]]>",
    f"[x](javascript:{BAD})",
    f"[x](JaVaScRiPt:{BAD})",
    f"[x](java\tscript:{BAD})",
    f"[x](&#106;avascript:{BAD})",
    f"[x](data:text/html,<script>{BAD}</script>)",
    f"[x](vbscript:{BAD})",
    "[x](file:///etc/passwd)",
    f"[x](blob:{BAD})",
    f'[x](http://elsewhere.example "onmouseover={BAD}")',
    f"[x](http://elsewhere.example/\"onmouseover='{BAD}')",
    "![x](http://elsewhere.example/pixel.png)",
    f"![x](javascript:{BAD})",
    f"<javascript:{BAD}>",
    f"[<img src=x onerror={BAD}>](http://elsewhere.example)",
    f"```html\n<script>{BAD}</script>\n```",
    f'```"><script>{BAD}</script>\ncode\n```',
    f"`<script>{BAD}</script>`",
    f"| a | b |\n|---|---|\n| <img src=x onerror={BAD}> | [x](javascript:{BAD}) |",
    f"# <script>{BAD}</script>",
    f"> <img src=x onerror={BAD}>",
    f"- <svg onload={BAD}>\n  - [x](javascript:{BAD})",
    f"1. **<script>{BAD}</script>**",
    f"{{{{constructor.constructor('{BAD}')()}}}}",
    f"${{{BAD}}}",
    "safe\u202egnp.exe\u202c name",
    "\u2066left\u2069 \u200fright\u061c",
    "broken \ud83d half, \x00 nothing, \x1b[31mred\x1b[0m, \x07 bell",
    "word" * 20_000,
    "*" * 5_000 + "_" * 5_000 + "[" * 5_000 + "`" * 2_000,
    "> " * 200 + "deep\n" + "- " * 200 + "deep",
)
SENT = tuple(text.encode("utf-8", "replace").decode() for text in HOSTILE)

TAGS = "^(script|iframe|object|embed|base|meta|link|style|template|math|svg|marquee|audio|video|body)$"
LOOK = """(tags) => {
  const all = [...document.querySelectorAll('main *, dialog *, #notices *')];
  return {
    taken: globalThis.taken ?? null,
    tags: all.filter((node) => new RegExp(tags, 'i').test(node.tagName)).length,
    handlers: all.filter((node) => [...node.attributes].some(({ name }) => name.startsWith('on'))).length,
    links: all.filter((node) => node.hasAttribute('href')).map((node) => new URL(node.href).protocol),
    pictures: all.filter((node) => node.tagName === 'IMG').length,
    turns: document.body.innerText.match(/[\\u202a-\\u202e\\u2066-\\u2069\\u200f]/g)?.length ?? 0,
  };
}"""


def looked_harmless(page: Page) -> None:
    found: dict[str, Any] = page.evaluate(LOOK, TAGS)
    assert set(found.pop("links")) <= {"http:", "https:"}
    assert found == {"taken": None, "tags": 0, "handlers": 0, "pictures": 0, "turns": 0}


def answering(page: Page, pattern: str, body: Any) -> None:
    def fulfil(route: Route) -> None:
        route.fulfill(status=200, content_type="application/json", body=json.dumps(body))

    page.route(pattern, fulfil)


def message(number: int, text: str, **more: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, **more}
    return {"id": f"msg_{number}", "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def test_what_a_model_said_stays_words(page: Page) -> None:
    items = [message(number, text) for number, text in enumerate(SENT)]
    answering(page, "**/v1/conversations/conv_x/items*", {"data": items, "has_more": False})
    answering(page, "**/v1/conversations/conv_x/branches", {"data": []})
    page.goto("/#/chat/conv_x")
    expect(page.locator(".message.model .text")).to_have_count(len(SENT))
    looked_harmless(page)
    assert f"<script>{BAD}</script>" in page.locator(".message.model .text").first.inner_text()


def test_what_a_model_is_just_saying_stays_words(page: Page) -> None:
    text = "\n\n".join(SENT[:60])
    events: list[dict[str, Any]] = [{"type": "response.output_item.added", "item": {"id": "msg_1", "type": "message"}}]
    pieces = [text[at : at + 7] for at in range(0, len(text), 7)]
    events += [{"type": "response.output_text.delta", "item_id": "msg_1", "delta": piece} for piece in pieces]
    events += [{"type": "response.output_item.done", "item": message(1, text)}]
    stream = "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events)
    page.route(
        "**/v1/conversations/*/responses",
        lambda route: route.fulfill(status=200, content_type="text/event-stream", body=stream),
    )
    page.get_by_role("button", name="New chat").click()
    page.get_by_label("Message", exact=True).fill(SENT[0])
    page.keyboard.press("Enter")
    expect(page.locator(".message.model .text")).to_contain_text("gnp.exe")
    looked_harmless(page)


def test_names_citations_and_results_stay_words(page: Page) -> None:
    notes = [{"type": "file_citation", "file_id": f"file_{at}", "filename": text} for at, text in enumerate(SENT)]
    call = {
        "id": "fc_1",
        "type": "function_call",
        "call_id": "c",
        "name": SENT[0],
        "arguments": json.dumps({"a": SENT[4]}),
    }
    items = [
        call,
        *(
            {"id": f"o_{at}", "type": "function_call_output", "call_id": "c", "output": text}
            for at, text in enumerate(SENT)
        ),
        message(1, "See.", annotations=notes),
    ]
    answering(page, "**/v1/conversations/conv_x/items*", {"data": items, "has_more": False})
    answering(page, "**/v1/conversations/conv_x/branches", {"data": []})
    talks = [{"id": f"conv_{at}", "title": text} for at, text in enumerate(SENT)]
    answering(page, "**/v1/conversations?*", {"data": talks, "has_more": False, "last_id": None})
    page.goto("/#/chat/conv_x")
    expect(page.locator(".message .files button")).to_have_count(len(SENT))
    expect(page.locator(".talks li")).to_have_count(len(SENT))
    looked_harmless(page)


def test_models_and_their_personalities_stay_words(page: Page) -> None:
    about = {"capabilities": ["text"], "context": 1, "personalities": {text: text for text in SENT}}
    models = [{"id": text, "llm_api": {**about, "description": text}} for text in SENT]
    answering(page, "**/v1/models", {"data": models})
    page.reload()
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_label("Personality").locator("option")).to_have_count(len(set(SENT)) + 1)
    looked_harmless(page)
    page.get_by_role("link", name="Models", exact=True).click()
    expect(page.locator("article.card")).to_have_count(len(SENT))
    looked_harmless(page)


def test_errors_stay_words(page: Page) -> None:
    body = json.dumps({"error": {"message": " ".join(SENT[:59]), "code": None}})
    page.route(
        "**/v1/conversations/*/responses",
        lambda route: route.fulfill(status=400, content_type="application/json", body=body),
    )
    page.get_by_role("button", name="New chat").click()
    page.get_by_label("Message", exact=True).fill("Hello")
    page.keyboard.press("Enter")
    expect(page.locator(".message.model [role=alert]")).to_contain_text("<script>")
    page.get_by_role("link", name="Now", exact=True).click()
    expect(page.get_by_role("table")).to_contain_text("<script>")
    looked_harmless(page)
