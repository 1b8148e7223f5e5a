"""Copies, also where browsers give no clipboard (over plain HTTP), and files."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import answered, say, view
from tests.web.test_page import CAT

NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
NO_COMMAND = "document.execCommand = () => false"


def pasted(page: Page) -> str:
    message = page.get_by_label("Message", exact=True)
    message.fill("")
    message.press("ControlOrMeta+v")
    return message.input_value()


def asked(page: Page) -> None:
    page.get_by_role("button", name="New chat").click()
    say(page, CAT)
    answered(page)


@pytest.mark.parametrize("clipboard", [True, False])
def test_an_answer_is_copied(page: Page, clipboard: bool) -> None:
    if clipboard:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    else:
        page.evaluate(NO_CLIPBOARD)
    asked(page)
    page.locator(".message.model").get_by_role("button", name="Copy").click()
    expect(page.locator(".message.model").get_by_role("button", name="Copied")).to_be_visible()
    assert pasted(page) == "Your cat is called Mira."


def test_code_in_a_dialog_is_copied_without_a_clipboard(page: Page) -> None:
    page.evaluate(NO_CLIPBOARD)
    page.get_by_role("button", name="As code").click()
    dialog = page.get_by_role("dialog", name="As code")
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_focused()
    dialog.get_by_role("button", name="Python").click()
    expect(dialog.get_by_role("button", name="Copy", exact=True)).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    assert pasted(page).startswith("curl -N http")


def test_what_cannot_be_copied_is_shown_selected(page: Page) -> None:
    page.evaluate(NO_CLIPBOARD)
    page.evaluate(NO_COMMAND)
    asked(page)
    page.locator(".message.model").get_by_role("button", name="Copy").click()
    text = page.get_by_role("dialog").get_by_role("textbox")
    expect(text).to_have_value("Your cat is called Mira.")
    expect(text).to_be_focused()
    assert text.evaluate("(node) => node.selectionEnd - node.selectionStart") == len("Your cat is called Mira.")


def test_usage_is_taken_away_as_a_file(page: Page) -> None:
    asked(page)
    view(page, "Keys and usage")
    with page.expect_download() as taken:
        page.get_by_role("button", name="As CSV").click()
    assert taken.value.suggested_filename == "usage.csv"
    assert "prompt_tokens" in taken.value.path().read_text()
