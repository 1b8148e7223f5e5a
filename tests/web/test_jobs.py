"""The list of jobs while somebody uses it, and a job's dialog when it is left."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.web.conftest import view


def job(name: str, **more: Any) -> dict[str, Any]:
    return {"id": f"job_{name}", "object": "job", "task": "chat", "label": name, "state": "running", **more}


def listing(page: Page, jobs: list[dict[str, Any]]) -> None:
    """The page is told of these jobs, as they are when it asks."""
    page.route("**/v1/jobs?*", lambda route: route.fulfill(json={"data": jobs}))


def test_a_job_that_is_left_with_escape_is_not_followed_any_more(page: Page) -> None:
    held: list[Route] = []
    listing(page, [job("long")])
    page.route("**/v1/jobs/job_long", lambda route: route.fulfill(json=job("long")))
    page.route("**/v1/jobs/job_long/events", lambda route: held.append(route))
    view(page, "Jobs")
    with page.expect_request("**/v1/jobs/job_long/events"):
        page.get_by_role("button", name="Open long").click()
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/events")):
        page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_focused_button_stays_focused_while_the_list_goes_on(page: Page) -> None:
    jobs = [job("one", progress={"done": 1, "total": 9}), job("two")]
    listing(page, jobs)
    view(page, "Jobs")
    names = page.locator("tbody td:first-child")
    cancel = page.get_by_role("button", name="Cancel one")
    cancel.focus()
    jobs[0] = job("one", progress={"done": 7, "total": 9})
    expect(page.get_by_text("7 of 9")).to_be_visible()
    expect(cancel).to_be_focused()
    jobs[:] = [job("three"), jobs[0]]
    expect(names).to_contain_text(["three", "one"])
    expect(names).to_have_count(2)
    expect(cancel).to_be_focused()
    jobs[1] = job("one", state="succeeded")
    expect(page.get_by_role("button", name="Forget one")).to_be_visible()
    expect(page.get_by_role("button", name="Open one")).to_be_focused()
    jobs.clear()
    expect(page.locator(".empty")).to_contain_text("No jobs here.")
    jobs.append(job("four"))
    expect(names).to_contain_text(["four"])


def test_jobs_of_another_state_do_not_come_back_late(page: Page) -> None:
    held: list[Route] = []

    def told(route: Route) -> None:
        if "state=failed" in route.request.url:
            held.append(route)
        else:
            route.fulfill(json={"data": [job("here")]})

    page.clock.install(time=0)
    page.clock.pause_at(1000)  # so that the list is looked up when it is asked for, and not by itself
    page.route("**/v1/jobs?*", told)
    view(page, "Jobs")
    state, names = page.get_by_label("State"), page.locator("tbody td:first-child")
    expect(names).to_contain_text(["here"])
    with page.expect_request("**/v1/jobs?*state=failed"):
        state.select_option("failed")
    state.select_option("")
    expect(names).to_contain_text(["here"])
    with page.expect_response("**/v1/jobs?*state=failed"):
        held[0].fulfill(json={"data": [job("late")]})
    page.evaluate("() => fetch('/health').then((answer) => answer.text())")  # what came before it was taken up
    expect(names).to_contain_text(["here"])
