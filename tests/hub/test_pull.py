"""Models pulled from a hub on loopback: whole, cut off, cancelled, wrong, too large; and models of this machine."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import pytest

from scripts import make_model
from server.catalog import Catalog
from server.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    ModelLoadFailed,
    NotFound,
    ServerError,
    StorageFull,
    Unavailable,
)
from server.hub.hub import Cancelled, Hub
from server.hub.pull import Order, Puller
from server.hub.shelf import Shelf
from tests.hub.conftest import REPO
from tests.hub.standin import REVISION, StandIn

Models = Callable[[str], Path]


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    (tmp_path / "models.json").write_text(json.dumps({"given": {"params": {"model": "given.gguf"}}}))
    (tmp_path / "var").mkdir()
    return Catalog((tmp_path / "models.json", tmp_path / "var" / "models.json"), tmp_path, tmp_path / "var")


@pytest.fixture
def puller(hub: StandIn, catalog: Catalog, tmp_path: Path) -> Puller:
    return Puller(Hub(), catalog, tmp_path / "var")


def quiet(done: int, total: int, path: str) -> None:
    return None


def card(tmp_path: Path, name: str) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads((tmp_path / "var" / "models.json").read_text())[name]
    return entry


def test_a_model_is_fetched_checked_and_offered(puller: Puller, hub: StandIn, catalog: Catalog, tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    pulled = puller.pull(Order(REPO), lambda *now: told.append(now), threading.Event())
    data = hub.repos[REPO]["Tiny-Model-Q8_0.gguf"]
    assert pulled.name == "Tiny-Model"
    assert pulled.files[0].read_bytes() == data
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert told[-1] == (len(data), len(data), "Tiny-Model-Q8_0.gguf")
    assert card(tmp_path, "Tiny-Model") == {
        "params": {"model": f"{REPO}/Tiny-Model-Q8_0.gguf", "ctxSize": 2048},
        "description": f"tiny, from {REPO} (Q8_0)",
    }
    assert catalog.reload().added == ("Tiny-Model",)
    assert catalog.get("Tiny-Model").file == pulled.files[0]
    assert json.loads((tmp_path / "models.json").read_text()).keys() == {"given"}, "the given file is never written"


def test_what_is_here_is_not_fetched_again(puller: Puller, hub: StandIn) -> None:
    puller.pull(Order(REPO), quiet, threading.Event())
    puller.pull(Order(REPO), quiet, threading.Event())
    assert len(hub.ranges) == 1


def test_a_connection_that_breaks_is_taken_up_where_it_broke(puller: Puller, hub: StandIn) -> None:
    hub.cut_after, hub.cuts = 50_000, 1
    pulled = puller.pull(Order(REPO), quiet, threading.Event())
    assert pulled.files[0].read_bytes() == hub.repos[REPO]["Tiny-Model-Q8_0.gguf"]
    assert hub.ranges == ["", f"bytes={50_000 // 16384 * 16384}-"]


def test_a_cancelled_pull_goes_on_where_it_was(puller: Puller, hub: StandIn, tmp_path: Path) -> None:
    stop = threading.Event()

    def stopping(done: int, total: int, path: str) -> None:
        if done > total // 3:
            stop.set()

    with pytest.raises(Cancelled):
        puller.pull(Order(REPO), stopping, stop)
    assert not (tmp_path / "var" / "models.json").exists()
    told: list[int] = []
    pulled = puller.pull(Order(REPO), lambda done, total, path: told.append(done), threading.Event())
    size = len(hub.repos[REPO]["Tiny-Model-Q8_0.gguf"])
    begun = int(hub.ranges[1].removeprefix("bytes=").removesuffix("-"))
    assert size // 4 < begun < size
    assert told[0] == begun
    assert pulled.files[0].read_bytes() == hub.repos[REPO]["Tiny-Model-Q8_0.gguf"]
    assert [file.name for file in pulled.files[0].parent.iterdir()] == ["Tiny-Model-Q8_0.gguf"]


def test_bytes_that_are_not_what_the_hub_says_are_thrown_away(puller: Puller, hub: StandIn, tmp_path: Path) -> None:
    hub.lies = True
    with pytest.raises(Unavailable, match="SHA-256 differs"):
        puller.pull(Order(REPO), quiet, threading.Event())
    assert not list((tmp_path / "var" / "models" / REPO).iterdir())
    hub.lies = False
    assert puller.pull(Order(REPO), quiet, threading.Event()).name == "Tiny-Model"


def test_a_hub_that_says_nothing_is_given_up(hub: StandIn) -> None:
    hub.silent.set()
    try:
        with pytest.raises(Unavailable, match="The hub cannot be reached"):
            Hub(patience=0.2).list(REPO)
    finally:
        hub.go_on.set()


def test_a_file_is_on_the_disk_before_it_has_its_name(
    puller: Puller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "var" / "models" / REPO / "Tiny-Model-Q8_0.gguf"
    synced: list[tuple[int, bool]] = []
    really = os.fsync

    def fsync(handle: int) -> None:
        really(handle)
        synced.append((os.fstat(handle).st_ino, file.exists()))

    monkeypatch.setattr(os, "fsync", fsync)
    puller.pull(Order(REPO), quiet, threading.Event())
    its, folders = (file.stat().st_ino, False), (file.parent.stat().st_ino, True)
    assert its in synced
    assert folders in synced


def test_a_disk_without_room_is_told_before_anything_is_fetched(
    puller: Puller, hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    with pytest.raises(StorageFull, match=r"needs \d+ MB.*0 MB are free"):
        puller.pull(Order(REPO), quiet, threading.Event())
    assert hub.ranges == []


def test_a_model_in_parts_is_one(puller: Puller, hub: StandIn, catalog: Catalog, tmp_path: Path) -> None:
    names = [f"Split-F32-0000{number}-of-00002.gguf" for number in (1, 2)]
    hub.repos["someone/split"] = dict(zip(names, parts_of_a_model(tmp_path / "made"), strict=True))
    pulled = puller.pull(Order("someone/split"), quiet, threading.Event())
    assert [file.name for file in pulled.files] == names
    assert card(tmp_path, "split")["params"]["model"] == f"someone/split/{names[0]}"
    catalog.reload()
    gone = Shelf(catalog, tmp_path / "var").remove("split", files=True)
    assert sorted(file.name for file in gone) == names


def test_what_another_card_names_is_kept(catalog: Catalog, model_file: Models, tmp_path: Path) -> None:
    """Whichever file the card stands in, and whatever it names a file for."""
    files = tmp_path / "var" / "models"
    files.mkdir()
    names = ("a.gguf", "b.gguf", "eye.gguf", "s-00001-of-00002.gguf", "s-00002-of-00002.gguf", "own.gguf")
    for name in names:
        (files / name).write_bytes(b"weights")
    (tmp_path / "models.json").write_text(
        json.dumps(
            {
                "one": {"params": {"model": "a.gguf", "projector": "eye.gguf", "lora": [{"file": "b.gguf"}]}},
                "hidden": {"params": {"model": str(files / ".." / "models" / "s-00001-of-00002.gguf")}},
            }
        )
    )
    pairs = (("a.gguf", "own.gguf"), ("b.gguf", "eye.gguf"), ("s-00001-of-00002.gguf", "own.gguf"))
    pulled = {f"two{at}": {"params": {"model": model, "projector": eye}} for at, (model, eye) in enumerate(pairs)}
    pulled["hidden"] = pulled.pop("two2")
    (tmp_path / "var" / "models.json").write_text(json.dumps(pulled))
    catalog.reload()
    shelf = Shelf(catalog, tmp_path / "var")
    assert [[file.name for file in shelf.remove(name, files=True)] for name in pulled] == [[], [], ["own.gguf"]]
    assert sorted(file.name for file in files.iterdir()) == sorted(names[:-1])


def test_nothing_is_removed_while_it_is_not_known_what_others_name(catalog: Catalog, tmp_path: Path) -> None:
    overlay = tmp_path / "var" / "models.json"
    overlay.write_text(json.dumps({"two": {"params": {"model": "a.gguf"}}}))
    catalog.reload()
    (tmp_path / "models.json").write_text("{")
    with pytest.raises(Conflict, match="which files other models have"):
        Shelf(catalog, tmp_path / "var").remove("two", files=True)
    assert "two" in json.loads(overlay.read_text())


def parts_of_a_model(folder: Path) -> list[bytes]:
    """A random model in two files: the second holds what the first names and does not have."""
    folder.mkdir()
    make_model.random_model(folder / "whole.gguf", "tiny", quant="F32")
    reader = gguf.GGUFReader(folder / "whole.gguf")
    found = []
    half = len(reader.tensors) // 2
    for number, tensors in enumerate((reader.tensors[:half], reader.tensors[half:])):
        path = folder / f"{number}.gguf"
        writer = gguf.GGUFWriter(path, "llama")
        if number == 0:
            for name, entry in reader.fields.items():
                if not name.startswith("GGUF.") and name != "general.architecture":
                    value = entry.contents()
                    kind = entry.types[0]
                    sub_type = entry.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
                    writer.add_key_value(name, value, kind, sub_type)
        writer.add_uint16("split.no", number)
        writer.add_uint16("split.count", 2)
        writer.add_int32("split.tensors.count", len(reader.tensors))
        for tensor in tensors:
            writer.add_tensor(tensor.name, tensor.data)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        found.append(path.read_bytes())
    return found


def test_a_projector_goes_along(puller: Puller, hub: StandIn, model_file: Models, tmp_path: Path) -> None:
    hub.repos[REPO]["mmproj-Tiny-F16.gguf"] = model_file("projector").read_bytes()
    pulled = puller.pull(Order(REPO, name="seer"), quiet, threading.Event())
    assert len(pulled.files) == 2
    assert card(tmp_path, "seer")["params"]["projector"] == f"{REPO}/mmproj-Tiny-F16.gguf"


def test_how_its_makers_want_tokens_drawn_stands_in_the_card(puller: Puller, hub: StandIn, tmp_path: Path) -> None:
    make_model.random_model(tmp_path / "drawn.gguf", "tiny", drawing={"temp": 0.6, "top_k": 20, "top_p": 0.95})
    hub.repos["someone/drawn"] = {"drawn-Q8_0.gguf": (tmp_path / "drawn.gguf").read_bytes()}
    puller.pull(Order("someone/drawn"), quiet, threading.Event())
    params = card(tmp_path, "drawn")["params"]
    assert (round(params["temperature"], 3), params["topK"], round(params["topP"], 3)) == (0.6, 20, 0.95)


def test_a_file_that_is_no_model_gets_no_card(puller: Puller, hub: StandIn, tmp_path: Path) -> None:
    hub.repos["someone/broken"] = {"broken-Q4_0.gguf": b"GGUF" + bytes(5000)}
    with pytest.raises(ModelLoadFailed, match="broken-Q4_0"):
        puller.pull(Order("someone/broken"), quiet, threading.Event())
    assert not (tmp_path / "var" / "models.json").exists()


def test_what_another_program_has_fetched_is_taken_from_the_librarys_cache(
    puller: Puller, hub: StandIn, tmp_path: Path
) -> None:
    snapshot = tmp_path / "cache-of-the-hub" / "models--someone--Tiny-Model-GGUF" / "snapshots" / REVISION
    snapshot.mkdir(parents=True)
    (snapshot / "Tiny-Model-Q8_0.gguf").write_bytes(hub.repos[REPO]["Tiny-Model-Q8_0.gguf"])
    pulled = puller.pull(Order(REPO), quiet, threading.Event())
    assert hub.ranges == []
    assert card(tmp_path, pulled.name)["params"]["model"] == str(snapshot / "Tiny-Model-Q8_0.gguf")


@pytest.mark.parametrize(
    ("order", "kind", "words"),
    [
        (Order("someone/unknown"), NotFound, "no repository"),
        (Order("someone/closed"), Forbidden, "HF_TOKEN"),
        (Order("../../etc"), BadRequest, "OWNER/NAME"),
        (Order("https://example.com/x"), BadRequest, "OWNER/NAME"),
        (Order(REPO, "Q2_K"), NotFound, "There are: Q8_0"),
        (Order(REPO, name="given"), Conflict, "another name"),
    ],
)
def test_what_cannot_be_pulled_says_why(
    puller: Puller, hub: StandIn, order: Order, kind: type[ServerError], words: str
) -> None:
    hub.gated.add("someone/closed")
    with pytest.raises(kind, match=words):
        puller.pull(order, quiet, threading.Event())
    assert hub.ranges == []


def test_a_hub_that_is_not_there_is_told(
    puller: Puller, hub: StandIn, monkeypatch: pytest.MonkeyPatch, catalog: Catalog, tmp_path: Path
) -> None:
    nowhere = Puller(Hub("http://127.0.0.1:9"), catalog, tmp_path / "var")
    with pytest.raises(Unavailable, match="cannot be reached"):
        nowhere.pull(Order(REPO), quiet, threading.Event())


def test_files_of_this_machine_are_added_and_removed(catalog: Catalog, model_file: Models, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    (folder / "deep").mkdir(parents=True)
    shutil.copy(model_file("tiny"), folder / "deep" / "mine.gguf")
    shutil.copy(model_file("projector"), folder / "deep" / "mmproj-mine.gguf")
    (folder / "junk.gguf").write_bytes(b"junk")
    shelf = Shelf(catalog, tmp_path / "var")
    added = shelf.add(folder)
    assert [(one.file.name, one.name) for one in added] == [("mine.gguf", "mine"), ("junk.gguf", None)]
    assert "junk.gguf" in added[1].problem
    assert card(tmp_path, "mine")["params"]["projector"] == str(folder / "deep" / "mmproj-mine.gguf")
    catalog.reload()
    assert catalog.get("mine").file == folder / "deep" / "mine.gguf"
    assert shelf.remove("mine", files=True) == [], "only files of the data folder are deleted"
    assert (folder / "deep" / "mine.gguf").exists()
    with pytest.raises(Conflict, match="by hand"):
        shelf.remove("given")
    with pytest.raises(Conflict, match="another name"):
        shelf.add(folder / "deep" / "mine.gguf", "given")
    with pytest.raises(NotFound):
        shelf.add(tmp_path / "nothing")
