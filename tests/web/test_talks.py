"""Going from one conversation to another while something is still on its way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.api.test_images import png, url
from tests.web.conftest import KEY, answered, say
from tests.web.test_page import CAT, WEATHER

HEADERS = {"authorization": f"Bearer {KEY}"}
HALF = [
    {"type": "response.output_item.added", "item": {"id": "msg_1", "type": "message"}},
    {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "Your cat is"},
]
STALL = """(events) => {
  const real = fetch;
  globalThis.fetch = (path, options) => {
    if (!path.endsWith('/responses')) return real(path, options);
    const told = events.map((event) => `data: ${JSON.stringify(event)}\\n\\n`).join('');
    const body = new ReadableStream({
      start(stream) {
        stream.enqueue(new TextEncoder().encode(told));
        options.signal.addEventListener('abort', () => stream.error(options.signal.reason));
      },
    });
    return Promise.resolve(new Response(body));
  };
}"""
"""Answers begin, and go on only until they are stopped."""


def conversation(page: Page, title: str, *texts: str) -> str:
    """One that the server keeps, in which this was said."""
    items = [{"type": "message", "role": "user", "content": text} for text in texts]
    made = page.request.post("/v1/conversations", headers=HEADERS, data={"title": title, "items": items})
    return str(made.json()["id"])


def said_in(page: Page, id: str) -> list[str]:
    found: list[dict[str, Any]] = page.request.get(f"/v1/conversations/{id}/items?order=asc", headers=HEADERS).json()[
        "data"
    ]
    return ["".join(part["text"] for part in item["content"]) for item in found]


def talk(page: Page, title: str) -> None:
    page.locator(".talks").get_by_role("link", name=title, exact=True).click()


def test_an_answer_that_is_left_midway_is_kept_where_it_was_asked_for(page: Page) -> None:
    other = conversation(page, "The other one", "Something else.")
    page.evaluate(STALL, HALF)
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".talks")).to_contain_text("The other one")
    say(page, CAT)
    expect(page.locator(".message.model .text")).to_have_text("Your cat is")
    asked = page.url.rsplit("/", 1)[1]
    with page.expect_response(lambda found: found.request.method == "POST" and found.url.endswith("/items")):
        talk(page, "The other one")
    expect(page.locator(".message.user .text")).to_have_text(["Something else."])
    assert said_in(page, other) == ["Something else."]
    assert said_in(page, asked) == [CAT, "Your cat is"]


@pytest.mark.parametrize("deed", ["Edit", "Again"])
def test_a_branch_that_is_stopped_is_kept_as_one(page: Page, deed: str) -> None:
    page.get_by_role("button", name="New chat").click()
    say(page, CAT)
    answered(page)
    before = said_in(page, page.url.rsplit("/", 1)[1])
    page.evaluate(STALL, HALF)
    page.get_by_role("button", name=deed, exact=True).click()
    if deed == "Edit":
        page.get_by_role("dialog").get_by_label("Message").fill("What is my dog called?")
        page.get_by_role("dialog").get_by_role("button", name="Send").click()
    expect(page.locator(".message.model .text")).to_have_text("Your cat is")
    page.get_by_role("button", name="Stop").click()
    branch = page.get_by_label("Branch")
    expect(branch.locator("option")).to_have_count(2)
    asked = "What is my dog called?" if deed == "Edit" else CAT
    assert said_in(page, page.url.rsplit("/", 1)[1]) == [asked, "Your cat is"]
    branch.select_option(branch.locator("option:not(:checked)").get_attribute("value"))
    expect(page.locator(".message.model .text")).to_have_text(before[1])


def test_a_message_keeps_its_pictures_when_it_is_edited(page: Page) -> None:
    picture = url(png())
    parts = [{"type": "input_text", "text": "What is this?"}, {"type": "input_image", "image_url": picture}]
    items = [{"type": "message", "role": "user", "content": parts}]
    page.request.post("/v1/conversations", headers=HEADERS, data={"title": "A picture", "items": items})
    page.reload()
    talk(page, "A picture")
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("dialog").get_by_label("Message").fill("And this?")
    with page.expect_request("**/v1/conversations/*/responses") as sent:
        page.get_by_role("dialog").get_by_role("button", name="Send").click()
    text, image = sent.value.post_data_json["input"][0]["content"]
    assert text == {"type": "input_text", "text": "And this?"}
    assert image["image_url"] == picture


def test_a_conversation_that_comes_late_does_not_mix_with_the_one_that_is_open(page: Page) -> None:
    held: list[Route] = []
    slow = conversation(page, "The slow one", "This is slow.")
    conversation(page, "The quick one", "My cat is called Mira.")
    page.route(f"**/v1/conversations/{slow}/items?*", lambda route: held.append(route))
    page.reload()
    talk(page, "The slow one")
    expect(page.locator(".said")).to_have_text("Looking …")
    talk(page, "The quick one")
    expect(page.locator(".message.user .text")).to_have_text(["My cat is called Mira."])
    with page.expect_response(lambda found: slow in found.url):
        held[0].continue_()
    say(page, "What is my cat called?")
    answered(page)
    expect(page.locator(".message.user .text")).to_have_text(["My cat is called Mira.", "What is my cat called?"])


def test_a_conversation_that_is_begun_late_does_not_take_the_place_of_the_one_that_is_open(page: Page) -> None:
    held: list[Route] = []
    id = conversation(page, "The open one", "I am open.")
    page.route("**/v1/conversations", lambda route: held.append(route))
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".talks")).to_contain_text("The open one")
    say(page, CAT)
    expect(page.locator(".message.user .text")).to_have_text([CAT])
    talk(page, "The open one")
    expect(page.locator(".message.user .text")).to_have_text(["I am open."])
    with page.expect_response("**/v1/conversations"):
        held[0].continue_()
    say(page, "What am I?")
    answered(page)
    assert page.url.endswith(id)
    assert said_in(page, id)[:2] == ["I am open.", "What am I?"]


@pytest.mark.parametrize("deed", ["Edit", "Again"])
def test_a_branch_is_not_begun_while_an_answer_comes(page: Page, deed: str) -> None:
    page.get_by_role("button", name="New chat").click()
    say(page, CAT)
    answered(page)
    expect(page.get_by_role("button", name="Again")).to_be_visible()
    held: list[Route] = []
    page.route("**/v1/conversations/*/responses", lambda route: held.append(route))
    say(page, "And now?")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.get_by_role("button", name=deed).first.click()
    expect(page.locator("#notices")).to_contain_text("Wait for the answer first.")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    assert [json.loads(route.request.post_data or "")["input"][0]["content"] for route in held] == ["And now?"]


def test_a_result_that_is_given_early_is_sent_when_the_answer_is_done(page: Page) -> None:
    held: list[Route] = []
    page.get_by_role("button", name="New chat").click()
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Tools").fill(WEATHER)
    page.get_by_role("button", name="Settings").click()
    page.route(
        "**/v1/conversations/*/items?order=desc*", lambda route: route.continue_() if held else held.append(route)
    )
    say(page, "What is the weather in Lindhaven?")
    page.get_by_label("Result of get_weather").fill("It is sunny in Lindhaven.")
    page.get_by_role("button", name="Give the result").click()
    expect(page.locator("#notices")).to_contain_text("It is sent when this answer is done.")
    expect(page.locator(".message")).to_have_count(2)
    held[0].continue_()
    expect(page.locator(".message.model")).to_have_count(2)
    expect(page.locator(".message.model .text").last).to_contain_text("sunny")


def test_a_message_stays_where_the_settings_cannot_be_read(page: Page) -> None:
    page.get_by_role("button", name="New chat").click()
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Tools").fill("[{")
    say(page, CAT)
    expect(page.locator("#notices")).to_contain_text("The list of tools is not JSON")
    expect(page.get_by_label("Message", exact=True)).to_have_value(CAT)
    expect(page.locator(".notice")).to_have_count(1)
    page.get_by_role("button", name="As code").click()
    expect(page.locator(".notice")).to_have_count(2)
    page.get_by_label("Tools").fill("")
    page.get_by_label("Message", exact=True).press("Enter")
    answered(page)


def test_an_edit_is_not_begun_where_the_settings_cannot_be_read(page: Page) -> None:
    page.get_by_role("button", name="New chat").click()
    say(page, CAT)
    answered(page)
    expect(page.get_by_role("button", name="Again")).to_be_visible()
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Tools").fill("[{")
    page.get_by_role("button", name="Edit").click()
    expect(page.locator(".notice")).to_contain_text("The list of tools is not JSON")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_an_older_search_does_not_take_the_place_of_a_newer_one(page: Page) -> None:
    held: list[Route] = []
    conversation(page, "Apple", "An apple.")
    conversation(page, "Pear", "A pear.")
    page.route("**/v1/conversations/search?*query=apple*", lambda route: held.append(route))
    search = page.get_by_label("Search the conversations")
    search.fill("apple")
    search.fill("pear")
    expect(page.locator(".talks a")).to_have_text(["Pear"])
    with page.expect_response("**/search?*query=apple*"):
        held[0].continue_()
    page.evaluate("() => fetch('/health').then((answer) => answer.text())")  # what came before it was taken up
    expect(page.locator(".talks a")).to_have_text(["Pear"])
