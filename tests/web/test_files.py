"""What is attached to a chat: taken away again, and left behind with its conversation."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, expect

from tests.web.conftest import answered, say


def attach(page: Page, name: str, kind: str = "text/plain", text: str = "The river Oda is 310 km long.") -> None:
    chosen: Any = {"name": name, "mimeType": kind, "buffer": text.encode()}
    page.locator("input[type=file]").set_input_files(files=[chosen])


def new_chat(page: Page) -> None:
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".said .empty")).to_be_visible()


def test_a_document_that_is_left_out_is_not_searched(page: Page) -> None:
    new_chat(page)
    attach(page, "rivers.txt")
    attach(page, "lakes.txt")
    chips = page.locator(".ask .chip")
    expect(chips).to_contain_text(["rivers.txt: ready", "lakes.txt: ready"])
    with page.expect_response(lambda found: found.request.method == "DELETE") as removed:
        page.get_by_role("button", name="Leave out rivers.txt").click()
    assert removed.value.ok
    expect(chips).to_contain_text(["lakes.txt: ready"])
    expect(chips).to_have_count(1)
    page.get_by_role("button", name="Leave out lakes.txt").click()
    expect(chips).to_have_count(0)
    with page.expect_request("**/v1/conversations/*/responses") as asked:
        say(page, "How long is the river Oda?")
    answered(page)
    assert "tools" not in json.loads(asked.value.post_data or "")


def test_documents_stay_with_their_conversation(page: Page) -> None:
    new_chat(page)
    attach(page, "rivers.txt")
    expect(page.locator(".ask .chip")).to_contain_text("rivers.txt: ready")
    new_chat(page)
    expect(page.locator(".ask .chip")).to_have_count(0)


def test_a_picture_that_the_server_cannot_read_is_refused_when_it_is_chosen(page: Page) -> None:
    new_chat(page)
    attach(page, "old.bmp", "image/bmp")
    expect(page.locator("#notices")).to_contain_text("old.bmp: A picture may be PNG, JPEG, GIF or WebP.")
    expect(page.locator(".ask .chip")).to_have_count(0)


def test_where_there_are_no_models_only_that_is_said(page: Page) -> None:
    page.route("**/v1/models", lambda route: route.fulfill(json={"data": []}))
    page.reload()
    expect(page.locator(".said")).to_have_text("There is no model yet: add one under Models.")
