"""Changing a key on the page leaves of it what was not changed."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.web.conftest import KEY, view

HEADERS = {"authorization": f"Bearer {KEY}"}


def test_a_new_name_leaves_the_limits_of_a_key_as_they_are(page: Page) -> None:
    until = "2031-05-04T10:20:30Z"
    terms = {"name": "Bo", "models": ["demo", "one-that-is-gone"], "expires_at": until, "streams": 3}
    made: dict[str, Any] = page.request.post("/v1/keys", headers=HEADERS, data=terms).json()
    view(page, "Keys and usage")
    page.get_by_role("button", name="Change Bo").click()
    form = page.get_by_role("dialog")
    assert form.get_by_label("Only these models").evaluate(
        "(node) => [...node.selectedOptions].map(({ value }) => value)"
    ) == ["demo", "one-that-is-gone"]
    form.get_by_label("Name", exact=True).fill("Bo of the tests")
    form.get_by_label("Answers at once").fill("")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row").filter(has_text="Bo of the tests")).to_be_visible()
    now = page.request.get(f"/v1/keys/{made['id']}", headers=HEADERS).json()
    kept = {name: now[name] for name in ("name", "models", "expires_at", "streams")}
    same = {name: made[name] for name in ("models", "expires_at")}
    assert kept == {"name": "Bo of the tests", "streams": None, **same}
