"""A template that was never seen is rendered by a child first: it may die, we do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.chat import named_templates, template_trial
from server.chat.sandbox import Bounds
from server.chat.template_trial import try_template
from server.engine.verdicts import Verdicts
from server.errors import TemplateFailed
from tests.engine.ends import FROM_OUTSIDE, OF_ITSELF, child_that_ends

CHATML = named_templates.source("chatml")
REFUSES = "{{ raise_exception('Only one message, please.') }}"
ENDLESS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


@pytest.fixture
def verdicts(tmp_path: Path) -> Verdicts:
    return Verdicts(tmp_path / "verdicts.json")


async def no_child(*_: object, **options: object) -> tuple[int, str]:
    raise AssertionError("the verdict should have been remembered")


@pytest.mark.parametrize("source", [CHATML, REFUSES, ENDLESS, "{{ not a template"], ids=str.split)
async def test_what_the_sandbox_holds_is_let_through_and_tried_once(verdicts, monkeypatch, source):
    await try_template(source, Bounds(seconds=0.1), verdicts)
    monkeypatch.setattr(template_trial, "run_child", no_child)
    await try_template(source, Bounds(seconds=0.1), verdicts)


@pytest.mark.parametrize("end", OF_ITSELF)
async def test_one_that_ends_its_process_is_refused_and_remembered(verdicts, monkeypatch, end):
    monkeypatch.setattr(template_trial, "run_child", child_that_ends(end))
    with pytest.raises(TemplateFailed, match="template is not usable: it ended the process that tried it") as first:
        await try_template(CHATML, Bounds(), verdicts)
    monkeypatch.setattr(template_trial, "run_child", no_child)
    with pytest.raises(TemplateFailed) as again:
        await try_template(CHATML, Bounds(), verdicts)
    assert again.value.message == first.value.message


@pytest.mark.parametrize("end", FROM_OUTSIDE)
async def test_a_process_that_ends_for_another_reason_is_an_error_that_is_forgotten(verdicts, monkeypatch, end):
    with monkeypatch.context() as patch:
        patch.setattr(template_trial, "run_child", child_that_ends(end))
        with pytest.raises(TemplateFailed, match="template could not be tried: the process for it ended"):
            await try_template(CHATML, Bounds(), verdicts)
    await try_template(CHATML, Bounds(), verdicts)


async def test_out_of_time_is_an_error_that_is_forgotten(verdicts, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(template_trial, "_START_SECONDS", -1)
        with pytest.raises(TemplateFailed, match=r"did not end within 0\.01 seconds"):
            await try_template(CHATML, Bounds(seconds=0.101), verdicts)
    await try_template(CHATML, Bounds(seconds=0.101), verdicts)
