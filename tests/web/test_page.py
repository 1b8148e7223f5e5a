"""What a person does on the page, over the real server with the demo model."""

from __future__ import annotations

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from tests.web.conftest import KEY, REPO, answered, say, view

CAT = "My cat is called Mira. What is my cat called?"
WEATHER = (
    '[{"name": "get_weather", "description": "Get the weather in a city.", "parameters": '
    '{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}]'
)


def test_a_wrong_key_is_refused_in_words_and_never_stands_in_the_address(door: Page) -> None:
    door.get_by_label("Your key").fill("nobody.knows-this-key-at-all")
    door.get_by_role("button", name="Enter").click()
    expect(door.get_by_role("alert")).to_contain_text("does not know this key")
    door.get_by_label("Your key").fill(KEY)
    door.keyboard.press("Enter")
    expect(door.get_by_role("navigation", name="Views")).to_be_visible()
    assert KEY not in door.url


def test_the_key_lasts_as_long_as_was_asked(page: Page) -> None:
    page.reload()
    expect(page.get_by_label("Message", exact=True)).to_be_visible()
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_label("Your key")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Your key")).to_be_visible()


def test_a_chat_is_answered_kept_and_found_again(page: Page) -> None:
    say(page, CAT)
    answered(page)
    expect(page.locator(".message.model .text")).to_have_text("Your cat is called Mira.")
    expect(page.locator(".message.model .under")).to_contain_text("cached")
    page.reload()
    expect(page.locator(".message.model .text")).to_have_text("Your cat is called Mira.")
    say(page, "What is my cat called?")
    answered(page, 2)
    expect(page.locator(".message.model .text").last).to_contain_text("Mira")
    page.get_by_label("Search the conversations").fill("Mira")
    expect(page.locator(".talks li").first).to_contain_text("My cat is called Mira")


def test_a_message_is_edited_and_both_branches_stay(page: Page) -> None:
    page.get_by_role("button", name="New chat").click()
    say(page, CAT)
    answered(page)
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("dialog").get_by_label("Message").fill("My cat is called Tessa. What is my cat called?")
    page.get_by_role("dialog").get_by_role("button", name="Send").click()
    expect(page.locator(".message.model .text")).to_contain_text("Tessa")
    branch = page.get_by_label("Branch")
    expect(branch).to_be_visible()
    other = branch.locator("option:not(:checked)").get_attribute("value")
    branch.select_option(other)
    expect(page.locator(".message.model .text")).to_contain_text("Mira")


def test_an_answer_is_made_again_as_a_branch(page: Page) -> None:
    page.get_by_role("button", name="New chat").click()
    say(page, CAT)
    answered(page)
    page.get_by_role("button", name="Again").click()
    expect(page.get_by_label("Branch")).to_be_visible(timeout=60_000)
    expect(page.locator(".message.user")).to_have_count(1)


def test_a_tool_is_called_and_its_result_given(page: Page) -> None:
    page.get_by_role("button", name="New chat").click()
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Tools").fill(WEATHER)
    page.get_by_role("button", name="Settings").click()
    say(page, "What is the weather in Lindhaven?")
    expect(page.locator(".call code")).to_have_text("get_weather")
    expect(page.locator(".call pre")).to_contain_text('"city": "Lindhaven"')
    page.get_by_label("Result of get_weather").fill("It is sunny in Lindhaven.")
    page.get_by_role("button", name="Give the result").click()
    answered(page, 2)
    expect(page.locator(".message.model .text").last).to_contain_text("sunny")


def test_what_is_sent_before_an_answer_is_done_goes_out_when_it_is(page: Page) -> None:
    held: list[Route] = []
    page.get_by_role("button", name="New chat").click()
    page.route(
        "**/v1/conversations/*/items?order=desc*", lambda route: route.continue_() if held else held.append(route)
    )
    say(page, CAT)
    answered(page, 1)
    say(page, "What is 12 + 7?")
    expect(page.get_by_label("Message", exact=True)).to_have_value("What is 12 + 7?")
    held[0].continue_()
    answered(page, 2)
    expect(page.locator(".message.user")).to_have_count(2)


def test_stopping_ends_the_answer(page: Page) -> None:
    held: list[Route] = []
    page.route("**/v1/conversations/*/responses", lambda route: held.append(route))
    page.get_by_role("button", name="New chat").click()
    say(page, CAT)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".message.model .under")).to_contain_text("stopped")
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_an_error_says_what_to_do_and_the_message_can_be_sent_again(page: Page) -> None:
    page.get_by_role("button", name="New chat").click()
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Form of the answer").select_option("json_schema")
    page.get_by_label("Schema").fill('{"type": "object", "properties": {"a": {"type": "nonsense"}}}')
    say(page, CAT)
    expect(page.locator(".message.model [role=alert]")).to_contain_text("nonsense")
    view(page, "Now")
    expect(page.get_by_role("table")).to_contain_text("nonsense")


def test_a_model_is_loaded_and_unloaded(page: Page) -> None:
    view(page, "Models")
    card = page.get_by_role("article", name="demo")
    expect(card.locator(".chip").first).to_contain_text("loaded")
    if card.get_by_role("button", name="Load demo", exact=True).is_visible():
        card.get_by_role("button", name="Load demo", exact=True).click()
    expect(card.locator(".chip").first).to_have_text("loaded")
    card.get_by_role("button", name="Unload demo").click()
    expect(card.locator(".chip").first).to_have_text("not loaded")


def test_a_key_is_made_for_a_colleague_and_revoked(page: Page) -> None:
    view(page, "Keys and usage")
    page.get_by_role("button", name="Make a key for somebody").click()
    page.get_by_label("Name", exact=True).fill("Ada of the tests")
    page.get_by_role("button", name="Make the key").click()
    text = page.get_by_role("dialog").locator(".mono").inner_text()
    page.get_by_role("button", name="Done").click()
    headers = {"authorization": f"Bearer {text}"}
    assert page.request.get("/v1/me", headers=headers).json()["name"] == "Ada of the tests"
    page.get_by_role("button", name="Revoke Ada of the tests").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    row = page.get_by_role("row").filter(has_text="Ada of the tests")
    expect(row.locator(".chip")).to_have_text("revoked")
    assert page.request.get("/v1/me", headers=headers).status == 401


def test_two_answers_stand_side_by_side(page: Page) -> None:
    view(page, "Compare")
    page.get_by_label("Prompt").fill(CAT)
    page.get_by_role("button", name="Ask both").click()
    for side in ("Side 1", "Side 2"):
        region = page.get_by_role("region", name=side)
        expect(region).to_contain_text(re.compile(r"\d+ tokens"))


@pytest.mark.parametrize("name", ["Chat", "Compare", "Models", "Jobs", "Services", "Keys and usage", "Now"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_has_a_serious_fault_of_access(page: Page, name: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    view(page, name)
    page.locator("h1, .chat").first.wait_for()
    found = Axe().run(page).response["violations"]
    serious = [
        (each["id"], [node["html"][:200] for node in each["nodes"]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_all_of_it_works_on_a_phone_and_by_keyboard_alone(door: Page) -> None:
    door.set_viewport_size({"width": 375, "height": 700})
    door.keyboard.type(KEY)
    door.keyboard.press("Enter")
    expect(door.get_by_label("Message", exact=True)).to_be_focused()
    door.keyboard.type(CAT)
    door.keyboard.press("Enter")
    answered(door)
    wide = door.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0


def test_a_service_answers_in_its_form(page: Page) -> None:
    view(page, "Services")
    page.get_by_role("button", name="Use ticket").click()
    form = page.get_by_role("dialog", name="ticket")
    form.get_by_label("Subject").fill("The printer")
    form.get_by_label("Ticket").fill("It does not print.")
    form.get_by_role("button", name="Go").click()
    expect(form.locator("pre")).to_contain_text('"category"')


def test_a_summary_is_a_job_that_can_be_watched(page: Page) -> None:
    view(page, "Services")
    page.get_by_role("button", name="Use summarize-en").click()
    form = page.get_by_role("dialog", name="summarize-en")
    form.get_by_label("Text").fill("Tom : The meeting was on Monday.\nAnna : The budget is 500 pounds.")
    form.get_by_role("button", name="Go").click()
    job = page.get_by_role("dialog", name="Job")
    expect(job.locator(".chip")).to_have_text("succeeded")
    job.get_by_role("button", name="Close").click()
    form.get_by_role("button", name="Close").click()
    view(page, "Jobs")
    row = page.get_by_role("row").filter(has_text="summarize-en").first
    expect(row.locator(".chip")).to_have_text("succeeded")
    row.get_by_role("button", name="Forget summarize-en").click()
    page.get_by_role("dialog").get_by_role("button", name="Forget").click()
    expect(page.locator("tbody tr").filter(has_text="summarize-en")).to_have_count(0)


def test_a_summary_grows_while_it_is_made_and_a_second_attempt_does_not_double_it(page: Page) -> None:
    told = [("1.2", "summary", "Tom opens.\n"), ("2.5", "summary", "Tom opens."), ("1.3", "summary", "late")]
    told += [("2.6", "summary", "\nAnna has 500 pounds.")]
    stream = "".join(f"id: {id}\nevent: {kind}\ndata: {json.dumps({'delta': delta})}\n\n" for id, kind, delta in told)
    running = {"id": "job_x", "object": "job", "task": "summary", "label": "summarize-en", "state": "running"}
    page.route("**/v1/services/summarize-en", lambda route: route.fulfill(status=202, json=running))
    page.route("**/v1/jobs/job_x", lambda route: route.fulfill(json=running))
    page.route(
        "**/v1/jobs/job_x/events",
        lambda route: route.fulfill(status=200, content_type="text/event-stream", body=stream),
    )
    view(page, "Services")
    page.get_by_role("button", name="Use summarize-en").click()
    form = page.get_by_role("dialog", name="summarize-en")
    form.get_by_label("Text").fill("Tom : The meeting was on Monday.")
    form.get_by_role("button", name="Go").click()
    job = page.get_by_role("dialog", name="Job")
    expect(job.locator(".wrap")).to_have_text("Tom opens.\nAnna has 500 pounds.", use_inner_text=True)
    expect(job.locator(".chip")).to_have_text("running")


def test_a_model_of_a_hub_is_added_and_removed(page: Page) -> None:
    view(page, "Models")
    page.get_by_role("button", name="Add a model").click()
    page.get_by_label("Repository of a hub").fill(REPO)
    page.get_by_role("button", name="Look", exact=True).click()
    page.get_by_role("button", name="Fetch Tiny-Model-Q8_0.gguf").click()
    job = page.get_by_role("dialog", name="Job")
    expect(job.locator(".chip")).to_have_text("succeeded")
    job.get_by_role("button", name="Close").click()
    card = page.get_by_role("article", name=re.compile("tiny", re.IGNORECASE))
    expect(card).to_be_visible()
    card.get_by_role("button", name=re.compile("^Remove")).click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(card).to_have_count(0)


def test_a_document_is_read_and_cited(page: Page) -> None:
    page.get_by_role("button", name="New chat").click()
    text = "The river Oda is 310 km long and flows through Belm."
    chosen = {"name": "rivers.txt", "mimeType": "text/plain", "buffer": text.encode()}
    page.locator("input[type=file]").set_input_files(files=[chosen])  # type: ignore[list-item]
    expect(page.locator(".ask .chip")).to_contain_text("rivers.txt: ready")
    say(page, "How long is the river Oda?")
    answered(page)
    expect(page.locator(".message.model .text")).to_contain_text("310 km")
    page.locator(".message.model .files button").click()
    expect(page.get_by_role("dialog", name="rivers.txt")).to_contain_text("flows through Belm")


def test_a_job_that_failed_is_tried_again(page: Page) -> None:
    body = {"model": "demo", "messages": [{"role": "user", "content": "too long " * 3000}]}
    work = {"endpoint": "/v1/chat/completions", "body": body, "label": "too long"}
    page.request.post("/v1/jobs", headers={"authorization": f"Bearer {KEY}"}, data=work)
    view(page, "Jobs")
    rows = page.locator("tbody tr").filter(has_text="too long")
    expect(rows.locator(".chip")).to_have_text(["failed"])
    rows.get_by_role("button", name="Try too long again").click()
    expect(rows.locator(".chip")).to_have_text(["failed", "failed"])
