"""The catalog: what a models.json means, what is said of a wrong one, and how edits are taken up."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest

from server.catalog import SAMPLING, Catalog, CatalogError, Change, Lora
from server.catalog_file import schema
from server.engine.request import SamplingParams
from server.errors import ModelNotFound
from server.settings import ROOT, load_settings

OLD_STYLE = {
    "SmaugV1-34b": {
        "params": {
            "model": "Smaug-34B\\smaug-34b-v0.1.Q8_0.gguf",
            "interactive": True,
            "instruct": True,
            "temperature": 0.7,
            "gpuLayers": 80,
            "threads": 12,
            "ctxSize": 4096,
            "repeatPenalty": 1.1,
            "seed": 42,
            "nPredict": -1,
            "reversePrompt": "User:",
            "logitBias": [{"tokenID": 5, "bias": -1}, {"tokenID": 6, "bias": 2}],
            "noMmap": True,
            "numa": True,
        },
        "template": "zephyr",
        "personalities": {"geography teacher": "You teach geography."},
    }
}


class Place:
    """A folder with models.json, storage and data folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.file = root / "models.json"
        self.storage = root / "storage"
        self.data = root / "data"
        for folder in (self.storage, self.data):
            folder.mkdir()

    def write(self, tree: Any, *, overlay: bool = False) -> None:
        text = tree if isinstance(tree, str) else json.dumps(tree)
        (self.data / "models.json" if overlay else self.file).write_text(text, encoding="utf-8")

    def catalog(self, tree: Any = None) -> Catalog:
        if tree is not None:
            self.write(tree)
        return Catalog((self.file, self.data / "models.json"), self.storage, self.data)

    def problems(self, tree: Any) -> list[str]:
        with pytest.raises(CatalogError) as caught:
            self.catalog(tree)
        lines = str(caught.value).splitlines()
        assert all(line.startswith(f"{self.root}/") for line in lines)
        return [line.partition(": ")[2] for line in lines]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def model(**params: Any) -> dict[str, Any]:
    return {"params": {"model": "m.gguf"} | params}


def test_a_file_of_the_old_server_works_unchanged(place: Place) -> None:
    weights = place.storage / "Smaug-34B" / "smaug-34b-v0.1.Q8_0.gguf"
    weights.parent.mkdir()
    weights.touch()
    card = place.catalog(OLD_STYLE).get("SmaugV1-34b")
    assert card.file == weights
    assert (card.context, card.gpu_layers, card.threads) == (4096, 80, 12)
    assert (card.instruct, card.template, card.mmap) == (True, "zephyr", False)
    assert card.max_tokens is None
    assert card.stop == ("User:",)
    assert card.personalities == {"geography teacher": "You teach geography."}
    assert card.sampling == {
        "temperature": 0.7,
        "repeat_penalty": 1.1,
        "seed": 42,
        "logit_bias": ((5, -1.0), (6, 2.0)),
    }
    assert card.meta == OLD_STYLE["SmaugV1-34b"]


def test_every_sampling_default_is_one_the_engine_knows(place: Place) -> None:
    assert set(SAMPLING.values()) == {field.name for field in fields(SamplingParams)}


def _properties() -> list[tuple[str, str, dict[str, Any]]]:
    defs = schema()["$defs"]
    return [
        (level, name, rule)
        for level in ("model", "params")
        for name, rule in defs[level]["properties"].items()
        if name not in ("params", "model")
    ]


@pytest.mark.parametrize(
    ("level", "name", "rule"), _properties(), ids=lambda part: part if isinstance(part, str) else ""
)
def test_every_field_of_the_schema_is_described_and_understood(
    place: Place, caplog: pytest.LogCaptureFixture, level: str, name: str, rule: dict[str, Any]
) -> None:
    assert rule["description"].endswith(".")
    bare = model()
    if name in ("base_url", "upstream"):
        bare |= {"backend": "openai", "base_url": "http://elsewhere/v1"}
    if rule.get("deprecated"):
        value: Any = {"boolean": True}.get(rule["type"] if isinstance(rule["type"], str) else "", "x")
        value = True if isinstance(rule["type"], list) else value
    else:
        value = rule["examples"][0]
    entry = bare | {name: value} if level == "model" else model(**{name: value})
    if name == "backend":
        entry["base_url"] = "http://elsewhere/v1"
    before = asdict(place.catalog({"m": bare}).get("m"))
    with caplog.at_level(logging.WARNING):
        after = asdict(place.catalog({"m": entry}).get("m"))
    changed = {key for key in after if after[key] != before[key]} - {"meta"}
    if rule.get("deprecated"):
        assert not changed
        assert f"{name}: has no effect" in caplog.text
    else:
        assert changed
        assert not caplog.text


def test_what_this_server_does_not_do_is_said_when_a_card_asks_for_it(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        place.catalog({"m": model(numa="distribute", draft="small.gguf")})
    assert "model 'm', params.numa: has no effect" in caplog.text
    assert "model 'm', params.draft: has no effect" in caplog.text


def test_every_nested_field_has_a_description() -> None:
    def walk(rule: dict[str, Any]) -> None:
        for name, inner in rule.get("properties", {}).items():
            assert "description" in inner or "$ref" in inner, name
            walk(inner)
        if isinstance(rule.get("items"), dict):
            walk(rule["items"])
            for inner in rule["items"].get("properties", {}).values():
                assert "description" in inner

    for level in ("model", "params"):
        for rule in schema()["$defs"][level]["properties"].values():
            walk(rule)
    walk(schema()["$defs"]["upstream"])


def test_a_model_behind_a_url_needs_a_url_and_no_file(place: Place) -> None:
    entry = {"backend": "openai", "base_url": ["http://a:1/v1/", "https://b/v1", "http://a:1/v1"]}
    card = place.catalog({"far": {**entry, "upstream": {"model": "org/m", "tokenizer": "t.json"}}}).get("far")
    assert card.upstream is not None
    assert card.upstream.urls == ("http://a:1/v1", "https://b/v1")
    assert (card.upstream.model, card.upstream.tokenizer) == ("org/m", place.storage / "t.json")
    assert place.catalog({"far": entry}).get("far").sampling["temperature"] == 1.0


@pytest.mark.parametrize("url", ["ftp://a/v1", "http://me:secret@a/v1", "http://a/v1?key=1", "//a", "", 5, []])
def test_what_is_no_url_is_refused(place: Place, url: object) -> None:
    with pytest.raises(CatalogError, match="base_url"):
        place.catalog({"far": {"backend": "openai", "base_url": url}})


def test_a_file_is_looked_for_in_storage_then_in_the_data_folder(place: Place) -> None:
    catalog = place.catalog({"m": model(lora=[{"file": "a.gguf", "scale": 0.5}], projector="/abs/p.gguf")})
    assert catalog.get("m").file == place.storage / "m.gguf"
    second = place.data / "models" / "m.gguf"
    second.parent.mkdir()
    second.touch()
    assert catalog.get("m").file == second, "a file that came later is found without a reload"
    (place.storage / "m.gguf").touch()
    card = place.catalog().get("m")
    assert card.file == place.storage / "m.gguf"
    assert card.lora == (Lora(place.storage / "a.gguf", 0.5),)
    assert card.projector == Path("/abs/p.gguf")


def test_separate_types_win_over_the_common_one(place: Place) -> None:
    card = place.catalog({"m": model(kvType="q8_0", kvTypeV="q4_0", flashAttention=True)}).get("m")
    assert (card.type_k, card.type_v, card.flash_attention) == ("q8_0", "q4_0", "on")


def test_values_that_mean_nothing_said(place: Place) -> None:
    card = place.catalog({"m": model(ctxSize=0, nPredict=0, seed=-1, topK=-1)}).get("m")
    assert (card.context, card.max_tokens) == (None, None)
    assert card.sampling == {"seed": None, "top_k": 0}


def test_a_whole_number_written_with_a_point_is_whole(place: Place) -> None:
    context = place.catalog({"m": model(ctxSize=4096.0)}).get("m").context
    assert isinstance(context, int)


def test_aliases_lead_to_the_card(place: Place) -> None:
    catalog = place.catalog({"m": model() | {"aliases": ["gpt-4o", "org/name"]}, "n": model()})
    assert catalog.get("gpt-4o").name == catalog.get("org/name").name == "m"
    assert catalog.names() == ["m", "n"]
    assert [card.name for card in catalog.cards()] == ["m", "n"]


def test_an_unknown_name_is_told_what_there_is_for_whoever_asks(place: Place) -> None:
    with pytest.raises(ModelNotFound) as error:
        place.catalog({"m": model(), "n": model() | {"aliases": ["own"]}}).get("gpt-5")
    assert error.value.message == "The model 'gpt-5' does not exist."
    assert error.value.naming(lambda names: True).message.endswith("does not exist. There are: m, n.")
    assert error.value.naming(lambda names: "own" in names).message.endswith("does not exist. There are: n.")
    assert error.value.naming(lambda names: False).message.endswith("does not exist.")


def test_the_overlay_adds_and_replaces_whole_entries(place: Place) -> None:
    place.write({"m": model(threads=3), "own": model()}, overlay=True)
    catalog = place.catalog({"m": model(ctxSize=5), "n": model()})
    assert catalog.names() == ["m", "n", "own"]
    assert (catalog.get("m").threads, catalog.get("m").context) == (3, None)


def test_unknown_fields_are_ignored_with_one_warning(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        catalog = place.catalog({"m": model(tempratur=1) | {"colour": "red"}})
        catalog.reload()
    assert [record.getMessage() for record in caplog.records] == [
        f"{place.file}: model 'm', colour: unknown, ignored",
        f"{place.file}: model 'm', params.tempratur: unknown, ignored",
    ]


def test_all_problems_are_told_each_in_a_line(place: Place) -> None:
    lines = place.problems(
        {
            "a": model(
                ctxSize="4096", temperature=-1, kvType="q9", logitBias=[{"bias": 1}, {"tokenID": 1, "bias": "x"}]
            ),
            "b": {"params": {"model": ""}, "personalities": {"p": 3}, "aliases": ["x", "x"]},
            "c": {"template": "chatml"},
            "d": [],
            "e": model(keepPrompt="all", repeatPenalty=0, topP=1.5, slots=True),
        }
    )
    assert lines == [
        "model 'a', params.ctxSize: expected a whole number, found \"4096\"",
        'model \'a\', params.kvType: expected one of "f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", '
        '"iq4_nl", found "q9"',
        "model 'a', params.logitBias.0: expected the field 'tokenID', found {\"bias\": 1}",
        "model 'a', params.logitBias.1.bias: expected a number, found \"x\"",
        "model 'a', params.temperature: expected at least 0, found -1",
        'model \'b\', aliases: expected each entry only once, found ["x", "x"]',
        "model 'b', params.model: expected a text that is not empty, found \"\"",
        "model 'b', personalities.p: expected a text, found 3",
        "model 'c': expected the field 'params', found {\"template\": \"chatml\"}",
        "model 'd': expected an object, found []",
        "model 'e', params.keepPrompt: expected true or false or a whole number, found \"all\"",
        "model 'e', params.repeatPenalty: expected more than 0, found 0",
        "model 'e', params.slots: expected a whole number, found true",
        "model 'e', params.topP: expected at most 1, found 1.5",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"m": {\n "params": }', "line 2, column 12: not JSON: Expecting value"),
        ("", "line 1, column 1: not JSON: Expecting value"),
        ("[]", "the file: expected an object, found []"),
        ('{"m": {"params": {"model": "x", "topP": NaN}}}', "cannot be read: NaN is not a number of JSON"),
        ("[" * 100_000, "cannot be read: maximum recursion depth exceeded while decoding a JSON array"),
        (
            '{"m": {"params": {"model": "x"}}, "m": {"params": {"model": "x"}}}',
            "the name 'm' stands twice in one object; remove or rename one of them",
        ),
        ('{"": {"params": {"model": "x"}}}', "the file: expected a text that is not empty, found \"\""),
    ],
)  # fmt: skip
def test_what_is_not_a_catalog(place: Place, text: str, said: str) -> None:
    [line] = place.problems(text)
    assert line.startswith(said)


def test_a_missing_file_is_told(place: Place) -> None:
    with pytest.raises(CatalogError, match=r"models.json: cannot be read: No such file"):
        place.catalog()


@pytest.mark.parametrize("taken", ["n", "y", "m"])
def test_names_lead_to_one_model_only(place: Place, taken: str) -> None:
    lines = place.problems({"m": model() | {"aliases": [taken]}, "n": model() | {"aliases": ["y"]}})
    assert len(lines) == 1
    assert f"aliases: '{taken}' already leads to" in lines[0] or f"aliases: {taken!r} already leads to" in lines[0]


def test_a_reload_tells_what_changed(place: Place) -> None:
    catalog = place.catalog({"a": model(), "b": model(), "c": model()})
    place.write({"a": model(), "b": model(threads=2), "d": model()})
    assert catalog.reload() == Change(added=("d",), changed=("b",), removed=("c",))
    assert not catalog.reload()
    with pytest.raises(ModelNotFound):
        catalog.get("c")


def test_a_broken_edit_keeps_the_old_state_and_says_so(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    catalog = place.catalog({"a": model()})
    place.write({"a": model(threads="two")})
    assert not catalog.reload()
    assert catalog.get("a").threads is None
    expected = f"{place.file}: model 'a', params.threads: expected a whole number, found \"two\""
    assert catalog.problem == expected
    assert expected in caplog.text
    place.write({"a": model(threads=2)})
    assert catalog.reload().changed == ("a",)
    assert catalog.problem is None


@asynccontextmanager
async def watching(catalog: Catalog):
    changes: asyncio.Queue[Change] = asyncio.Queue()
    task = asyncio.create_task(catalog.watch(changes.put))
    try:
        yield changes
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _until_heard(changes: asyncio.Queue[Change], edit) -> Change:
    """Edits until the watch, which takes a moment to begin, reports one."""
    for turn in range(200):
        edit(turn)
        with suppress(TimeoutError):
            return await asyncio.wait_for(changes.get(), 0.2)
    raise AssertionError("the watch reported nothing")


async def test_edits_are_taken_up_when_the_file_is_replaced(place: Place) -> None:
    catalog = place.catalog({"a": model()})

    def replace(turn: int) -> None:
        new = place.root / "models.json.new"
        new.write_text(json.dumps({"a": model(threads=turn + 1)}))
        new.rename(place.file)

    async with watching(catalog) as changes:
        for _ in range(2):
            assert (await _until_heard(changes, replace)).changed == ("a",)
            assert catalog.get("a").threads


async def test_a_listener_that_fails_does_not_end_the_watch(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    catalog = place.catalog({"a": model()})
    heard: asyncio.Queue[Change] = asyncio.Queue()

    async def listener(change: Change) -> None:
        heard.put_nowait(change)
        raise RuntimeError("no")

    task = asyncio.create_task(catalog.watch(listener))
    for _ in range(2):
        assert await _until_heard(heard, lambda turn: place.write({"a": model(seed=turn + len(caplog.records))}))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert "what followed from it failed" in caplog.text


async def test_an_overlay_that_appears_is_taken_up(place: Place) -> None:
    catalog = place.catalog({"a": model()})
    async with watching(catalog) as changes:
        change = await _until_heard(changes, lambda turn: place.write({f"own{turn}": model()}, overlay=True))
    assert change.added
    assert set(catalog.names()) == {"a", *change.added}


def test_the_checked_in_file_is_in_order() -> None:
    catalog = Catalog.from_settings(load_settings())
    assert catalog.get("demo").file.is_file()
    assert catalog.modified > 1_600_000_000
    tree = json.loads((ROOT / "data" / "models.json").read_text())
    assert (ROOT / "data" / tree["$schema"]).resolve() == ROOT / "config" / "models.schema.json"
