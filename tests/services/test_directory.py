"""The folder of services: what is taken up, what is kept, and what is said of what is broken."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.errors import NotFound
from server.services.directory import Change, Services
from server.services.manifest import SummaryService

FLAVOR = {"name": "llama", "modelName": "tiny", "type": "abstractive"}


@dataclass
class Shelf:
    """A folder of manifests and one of prompts."""

    root: Path

    def put(self, file: str, text: str | dict[str, Any]) -> None:
        """Whole at once, as editors do."""
        (self.root / "new").write_text(text if isinstance(text, str) else yaml.safe_dump(text))
        (self.root / "new").rename(self.root / "services" / file)

    def service(self, name: str, **fields: Any) -> None:
        entry = {"type": "summary", "name": name, "route": name, "fields": 1, "flavor": [FLAVOR], **fields}
        self.put(f"{name}.yaml", {name: entry})
        (self.root / "prompts" / f"{name}.txt").write_text("Sum up:\n{}")

    def open(self) -> Services:
        return Services(self.root / "services", self.root / "prompts")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    (tmp_path / "services").mkdir()
    (tmp_path / "prompts").mkdir()
    return Shelf(tmp_path)


def problems(services: Services) -> list[str | None]:
    return [one.problem for one in services.listing()]


def test_a_manifest_of_the_gateway_works_as_it_is(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_MODEL", "tiny")
    shelf.put(
        "en.yaml",
        """
summarize-en:
  type: summary
  fields: 2
  name: summarize-en
  route: summarize-en
  description:
    fr: English summary
  backend: vLLM
  flavor:
    - name: llama
      modelName: ${oc.env:OUR_MODEL,other}
      totalContextLength: 32000
      maxGenerationLength: 2048
      tokenizerClass: LlamaTokenizer
      createNewTurnAfter: 250
      summaryTurns: 3
      maxNewTurns: 9
      temperature: ${oc.env:NO_SUCH_VARIABLE,0.2}
      top_p: 0.7
      reduceSummary: false
      consolidateSummary: false
      reduce_prompt: null
      type: abstractive
""",
    )
    (shelf.root / "prompts" / "summarize-en.txt").write_text("So far: {}\nNow: {}")
    services = shelf.open()
    assert problems(services) == [None]
    service = services.get("summarize-en")
    assert isinstance(service, SummaryService)
    flavor = service.flavor[0]
    assert (flavor.modelName, flavor.temperature, flavor.totalContextLength) == ("tiny", 0.2, 32000)
    assert service.rolling
    assert service.manifest["backend"] == "vLLM"
    assert service.manifest["flavor"][0]["tokenizerClass"] == "LlamaTokenizer"


def test_without_a_route_the_key_is_it(shelf: Shelf) -> None:
    shelf.put("en.yaml", {"summarize/en": {"type": "summary", "name": "en", "fields": 1, "flavor": [FLAVOR]}})
    service = shelf.open().get("summarize/en")
    assert service.manifest["route"] == "summarize/en"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "while parsing"),
        ("a: {}", "a: type: expected one of summary, prompt, found None"),
        ("a: 1", "a: expected a map of the service's fields"),
        ("- 1", "expected a map of services"),
        ("", "expected a map of services"),
        ("a: {type: summary}", "a: flavor: Field required"),
        ("a: {type: summary, flavor: []}", "flavor: "),
        ("a: {type: summary, flavor: [{name: x}]}", "flavor.0.modelName: Field required"),
        ("a: {type: summary, name: ../x, flavor: [{name: x, modelName: y}]}", "name: "),
        ("a: {type: summary, route: /x/, flavor: [{name: x, modelName: y}]}", "route: "),
        ("a: {type: summary, flavor: [{name: x, modelName: y, maxNewTurns: 0}]}", "maxNewTurns: "),
        ("a: {type: summary, flavor: [{name: x, modelName: y}, {name: x, modelName: z}]}", "names of their own"),
        ("a: {type: summary, flavor: [{name: x, modelName: '${nowhere}'}]}", "nowhere"),
        ("a: {type: prompt, fields: {Up: {}}, flavor: [{name: x, modelName: y}]}", "Up"),
        ("a: {type: prompt, fields: {flavor: {}}, flavor: [{name: x, modelName: y}]}", "another name"),
    ],
)
def test_what_is_broken_says_where(shelf: Shelf, text: str, said: str) -> None:
    shelf.put("broken.yaml", text)
    shelf.service("good")
    services = shelf.open()
    assert [service.route for service in services.all()] == ["good"]
    (found,) = [one for one in services.listing() if one.service is None]
    assert found.file == "broken.yaml"
    assert said in (found.problem or "")
    assert (found.problem or "").startswith("broken.yaml: ")


def test_a_broken_edit_keeps_the_last_good_state_and_says_so(shelf: Shelf) -> None:
    shelf.service("en")
    services = shelf.open()
    before = services.get("en")
    shelf.put("en.yaml", "en: {type: summary")
    assert not services.reload()
    assert services.get("en") is before
    assert "en.yaml" in (problems(services)[0] or "")
    shelf.service("en", fields=2)
    assert services.reload() == Change((), ("en",), ())
    assert problems(services) == [None]


def test_edits_are_told_by_route(shelf: Shelf) -> None:
    shelf.service("en")
    shelf.service("fr")
    services = shelf.open()
    assert not services.reload()
    shelf.service("de")
    shelf.service("fr", description={"fr": "autre"})
    (shelf.root / "services" / "en.yaml").unlink()
    assert services.reload() == Change(("de",), ("fr",), ("en",))
    with pytest.raises(NotFound, match="There are: de, fr"):
        services.get("en")


def test_of_two_services_on_one_route_the_first_stays(shelf: Shelf) -> None:
    shelf.service("a", route="same")
    shelf.service("b", route="same")
    services = shelf.open()
    assert services.get("same").name == "a"
    assert [(one.file, one.service is None) for one in services.listing()] == [("a.yaml", False), ("b.yaml", True)]
    assert "has its route or name already" in (problems(services)[1] or "")


def test_a_prompt_is_read_at_every_look(shelf: Shelf) -> None:
    shelf.service("en")
    services = shelf.open()
    prompt = shelf.root / "prompts" / "en.txt"
    prompt.write_text("Now {} and {}")
    assert "gap {1}" in (problems(services)[0] or "")
    prompt.unlink()
    assert "en.txt cannot be read" in (problems(services)[0] or "")
    prompt.write_bytes(b"\xff{}")
    assert "not UTF-8" in (problems(services)[0] or "")
    prompt.write_text("Now {}")
    assert problems(services) == [None]


async def test_the_folder_is_followed(shelf: Shelf) -> None:
    shelf.service("en")
    services = shelf.open()
    changes: asyncio.Queue[Change] = asyncio.Queue()
    watching = asyncio.create_task(services.watch(changes.put_nowait))
    try:
        for turn in range(200):  # until the system's watch is there, edits are missed
            shelf.service(f"new{turn}")
            with suppress(TimeoutError):
                await asyncio.wait_for(changes.get(), 0.2)
                break
        assert services.get(f"new{turn}").route == f"new{turn}"
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
