"""Files become text, and what cannot be read says why and harms nothing."""

from __future__ import annotations

import zipfile
from pathlib import Path

import psutil
import pytest

from server.errors import FileUnreadable, FileUnsupported, Unavailable
from server.search import ingest
from server.search.blocks import Block
from server.search.ingest import Bounds, Reading, opened, write_blocks
from tests.engine.ends import FROM_OUTSIDE, OF_ITSELF, child_that_ends
from tests.search import documents

BOUNDS = Bounds(seconds=20, memory_mb=1024, text_chars=1_000_000)


def parse(path: Path) -> list[Block]:
    """What the child does, without a child."""
    output = path.with_name("blocks")
    write_blocks(path, path.name, output, BOUNDS.text_chars)
    return list(Reading(output, path.name))


async def read(path: Path, name: str | None = None, bounds: Bounds = BOUNDS) -> list[Block]:
    async with opened(path, name or path.name, bounds) as blocks:
        return list(blocks)


async def refusal(path: Path, name: str | None = None, bounds: Bounds = BOUNDS) -> FileUnreadable:
    with pytest.raises(FileUnreadable) as caught:
        await read(path, name, bounds)
    return caught.value


@pytest.mark.parametrize("name", documents.MAKERS)
async def test_every_kind_of_file_is_read(tmp_path: Path, name: str) -> None:
    stored = documents.lay(tmp_path, name).rename(tmp_path / "file_1")
    text = "\n".join(block.text for block in await read(stored, name))
    for _, said in documents.SECTIONS:
        for sentence in said.removesuffix(".").split(". "):
            assert sentence in text
    assert "evil" not in text


@pytest.mark.parametrize("name", ["notes.md", "page.html", "manual.docx", "talk.pptx", "book.epub"])
def test_headings_are_told_from_text(tmp_path: Path, name: str) -> None:
    blocks = parse(documents.lay(tmp_path, name))
    assert {"Coffee", "Keys", "Holidays"} <= {block.text for block in blocks if block.level}


@pytest.mark.parametrize("name", ["print.pdf", "talk.pptx"])
def test_pages_are_counted(tmp_path: Path, name: str) -> None:
    blocks = parse(documents.lay(tmp_path, name))
    assert {block.page for block in blocks if "Marlene" in block.text} == {2}


@pytest.mark.parametrize("name", ["data.csv", "sheet.xlsx"])
def test_a_row_says_what_its_cells_are(tmp_path: Path, name: str) -> None:
    lines = "\n".join(block.text for block in parse(documents.lay(tmp_path, name))).splitlines()
    assert any(line.startswith("topic: Keys; rule: Spare keys are kept") for line in lines)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "shift_jis", "cp1251"])
def test_encodings_are_detected(tmp_path: Path, encoding: str) -> None:
    text = {
        "shift_jis": "これは日本語の文章です。図書館は九時に開きます。鍵は二階にあります。",
        "cp1251": "Кофейная машина стоит на кухне. Ключи лежат на втором этаже у Марины.",
    }.get(encoding, "Die Schlüssel liegen im Büro und können überall benützt werden. Größe: zwölf Meter, außen grün.")
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    assert [block.text for block in parse(tmp_path / "a.txt")] == [text]


def test_a_hash_in_a_fence_is_no_heading(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# One\n\n```\n# not one\n```\n\n## Two #\ntext\n")
    assert [block.text for block in parse(tmp_path / "a.md") if block.level] == ["One", "Two"]


def test_what_is_no_document_says_so(tmp_path: Path) -> None:
    def refused(name: str, data: bytes) -> FileUnreadable:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(FileUnreadable) as caught:
            parse(tmp_path / name)
        return caught.value

    binary = refused("a.bin", b"\x7fELF\0\0\0" * 100)
    assert isinstance(binary, FileUnsupported)
    assert "It is not text" in binary.message
    assert ".docx" in refused("a.doc", b"\xd0\xcf").message
    assert "no DOCX file" in refused("a.docx", b"text").message
    assert "damaged" in refused("a.pdf", b"text").message
    assert "no valid JSON" in refused("a.json", b"{").message
    assert "nested too deeply" in refused("b.json", b"[" * 100_000).message
    assert "no text in it" in refused("empty.txt", b" \n\n").message
    assert "no text in it" in refused("scan.pdf", documents.pdf([""])).message
    assert "damaged" in refused("half.pdf", documents.pdf(["a"])[:150]).message


async def test_a_name_is_never_a_path(tmp_path: Path) -> None:
    (tmp_path / "stored").write_bytes(b"\0\0")
    told = await refusal(tmp_path / "stored", "../../etc/\x1b[31mpasswd.txt")
    assert told.message.startswith("'\\x1b[31mpasswd.txt' cannot be read.")
    (tmp_path / "stored").write_text("words")
    assert [block.text for block in await read(tmp_path / "stored", "../../notes.md")] == ["words"]


async def test_bombs_go_off_in_the_child(tmp_path: Path) -> None:
    before = psutil.Process().memory_info().rss
    (tmp_path / "bomb.pdf").write_bytes(documents.pdf_bomb(200 << 20))
    (tmp_path / "bomb.docx").write_bytes(documents.zip_bomb(600 << 20))
    liar = documents.zip_bomb(64 << 20).replace((64 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    (tmp_path / "liar.docx").write_bytes(liar)
    with (tmp_path / "long.txt").open("wb") as file:
        for _ in range(32):
            file.write(b"All work and no play. " * (16 * 47663))
    bounds = Bounds(seconds=10, memory_mb=512, text_chars=1_000_000)
    assert "page 1 would be too large" in (await refusal(tmp_path / "bomb.pdf", bounds=bounds)).message
    assert "600 MB" in (await refusal(tmp_path / "bomb.docx", bounds=bounds)).message
    assert "no play" not in (await refusal(tmp_path / "liar.docx", bounds=bounds)).message
    assert "more than 1,000,000 characters" in (await refusal(tmp_path / "long.txt", bounds=bounds)).message
    assert psutil.Process().memory_info().rss - before < 100 << 20


async def test_a_child_that_hangs_or_dies_is_only_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words")
    assert "within 0.01 seconds" in (await refusal(tmp_path / "a.txt", bounds=Bounds(0.01, 512, 1000))).message
    assert await refusal(documents.lay(tmp_path, "print.pdf"), bounds=Bounds(20, memory_mb=8, text_chars=1000))


@pytest.mark.parametrize("end", OF_ITSELF)
async def test_a_crash_is_the_files_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    (tmp_path / "a.txt").write_text("words")
    monkeypatch.setattr(ingest, "run_child", child_that_ends(end))
    assert f"ended the process that read it ({end})" in (await refusal(tmp_path / "a.txt")).message


@pytest.mark.parametrize("end", FROM_OUTSIDE)
async def test_a_child_that_others_end_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    (tmp_path / "a.txt").write_text("words")
    monkeypatch.setattr(ingest, "run_child", child_that_ends(end))
    with pytest.raises(Unavailable, match=r"'a.txt' was not read: the process for it ended"):
        await read(tmp_path / "a.txt")


async def test_a_page_of_an_archive_that_lies_is_not_followed(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.epub", "w") as book:
        book.writestr("META-INF/container.xml", '<c><r xmlns="x"><rootfile full-path="../../etc/passwd"/></r></c>')
    assert "no EPUB" in (await refusal(tmp_path / "a.epub")).message
