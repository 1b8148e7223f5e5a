"""Documents of every kind, made for tests, with the same three sections in each."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from docx import Document
from openpyxl import Workbook
from pptx import Presentation
from pptx.util import Inches

SECTIONS = (
    ("Coffee", "The coffee machine stands in the blue kitchen. It is cleaned on Friday."),
    ("Keys", "Spare keys are kept by Marlene Voss. Her desk is on the second floor."),
    ("Holidays", "Every employee has 27 days of holiday. Ask for them two weeks before."),
)
"""Heading and text."""


def pdf(pages: Sequence[str], *, packed: bool = True) -> bytes:
    """A PDF with a line of text for each sentence of a page."""
    objects = ["<</Type/Catalog/Pages 2 0 R>>", "", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    streams: dict[int, bytes] = {}
    kids = []
    for text in pages:
        lines = "".join(f"({line.replace('(', '[').replace(')', ']')}) Tj T*\n" for line in text.split("\n"))
        content = f"BT /F1 12 Tf 50 750 Td 14 TL\n{lines}ET".encode("latin-1")
        streams[len(objects) + 1] = zlib.compress(content) if packed else content
        objects.append(f"<</Length {len(streams[len(objects) + 1])}{'/Filter/FlateDecode' if packed else ''}>>")
        kids.append(len(objects) + 1)
        font = "/Resources<</Font<</F1 3 0 R>>>>"
        objects.append(f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]{font}/Contents {len(objects)} 0 R>>")
    objects[1] = f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(f'{kid} 0 R' for kid in kids)}]>>"
    return _pdf_file(objects, streams)


def pdf_bomb(size: int) -> bytes:
    """A PDF whose only page unpacks to so many bytes."""
    packer = zlib.compressobj(9)
    chunk = b"(a) Tj\n" * 150_000
    stream = b"".join(packer.compress(chunk) for _ in range(size // len(chunk))) + packer.flush()
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 3 0 R>>"
    head = f"<</Length {len(stream)}/Filter/FlateDecode>>"
    return _pdf_file(["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[4 0 R]>>", head, page], {3: stream})


def _pdf_file(objects: Sequence[str], streams: dict[int, bytes]) -> bytes:
    file, places = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(file))
        stream = b"stream\n" + streams[number] + b"\nendstream\n" if number in streams else b""
        file += f"{number} 0 obj\n{text}\n".encode("latin-1") + stream + b"endobj\n"
    start = len(file)
    file += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    file += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    return file + f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n".encode()


def zip_bomb(size: int) -> bytes:
    """A DOCX whose one part unpacks to so many zeros."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("word/document.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(size >> 20):
            part.write(b"\0" * (1 << 20))
    return file.getvalue()


def _docx() -> bytes:
    document = Document()
    document.add_heading("Handbook", 0)
    for heading, text in SECTIONS:
        document.add_heading(heading, 1)
        document.add_paragraph(text)
    table = document.add_table(1, 2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Printer", "third floor"
    return _saved(document.save)


def _pptx() -> bytes:
    presentation = Presentation()
    for heading, text in SECTIONS:
        slide = presentation.slides.add_slide(presentation.slide_layouts[5])
        assert slide.shapes.title is not None
        slide.shapes.title.text = heading
        slide.shapes.add_textbox(Inches(1), Inches(2), Inches(6), Inches(1)).text_frame.text = text
    return _saved(presentation.save)


def _xlsx() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Handbook"
    for row in (("topic", "rule"), *SECTIONS):
        sheet.append(row)
    return _saved(book.save)


def _epub() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        rootfile = '<rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/>'
        names = 'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"'
        book.writestr("META-INF/container.xml", f"<container {names}><rootfiles>{rootfile}</rootfiles></container>")
        items = "".join(f'<item id="c{at}" href="c{at}.xhtml"/>' for at in range(3))
        spine = "".join(f'<itemref idref="c{at}"/>' for at in range(3))
        tree = f"<manifest>{items}</manifest><spine>{spine}</spine>"
        book.writestr("OPS/book.opf", f'<package xmlns="http://www.idpf.org/2007/opf">{tree}</package>')
        for at, (heading, text) in enumerate(SECTIONS):
            book.writestr(f"OPS/c{at}.xhtml", f"<html><body><h1>{heading}</h1><p>{text}</p></body></html>")
    return file.getvalue()


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    save(file)
    return file.getvalue()


def markdown() -> bytes:
    return "\n\n".join(f"## {heading}\n{text}" for heading, text in SECTIONS).encode()


def _html() -> bytes:
    body = "".join(f"<h2>{heading}</h2><div><p>{text}</p></div>" for heading, text in SECTIONS)
    return f"<html><head><title>t</title></head><body><script>evil()</script>{body}</body></html>".encode()


MAKERS: dict[str, Callable[[], bytes]] = {
    "book.epub": _epub,
    "data.csv": lambda: b"topic,rule\n" + "".join(f'{one},"{two}"\n' for one, two in SECTIONS).encode(),
    "data.json": lambda: json.dumps([{"topic": one, "rule": two} for one, two in SECTIONS]).encode(),
    "manual.docx": _docx,
    "notes.md": markdown,
    "notes.txt": lambda: "\n\n".join(text for _, text in SECTIONS).encode(),
    "page.html": _html,
    "print.pdf": lambda: pdf([f"{heading}\n{text}" for heading, text in SECTIONS]),
    "program.py": lambda: "".join(f'def {one.lower()}():\n    return "{two}"\n\n' for one, two in SECTIONS).encode(),
    "sheet.xlsx": _xlsx,
    "talk.pptx": _pptx,
}
"""A document of each kind."""


def lay(folder: Path, name: str) -> Path:
    """A document in a folder."""
    path = folder / name
    path.write_bytes(MAKERS[name]())
    return path
