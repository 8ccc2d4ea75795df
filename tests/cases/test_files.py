"""What is taken as a file, and under which name: by its content, from a closed list."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from apps.cases import files
from apps.cases.checks import Refused

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
JPEG = b"\xff\xd8\xff\xe1" + b"\0" * 40
HEIC = b"\0\0\0\x18ftypheic" + b"\0" * 40
WEBP = b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 40
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100
MACROS = "_VBA_PROJECT".encode("utf-16-le")
MAIL = b"Received: from a by b\r\nSubject: x\r\n\r\n<html><script>1</script></html>"


def zipped(*names: str, **contents: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, contents.get(name, b"x"))
    return out.getvalue()


def inspect(name: str, content: bytes) -> files.Incoming:
    return files.inspect(
        SimpleUploadedFile(name, content, content_type="text/html")
    )  # what the browser says is nothing


def type_of(ending: str) -> str:
    return next(kind for kind, endings in files.ENDINGS.items() if ending in endings)


OFFICE = "[Content_Types].xml"
TAKEN: dict[str, tuple[str, bytes, str, str]] = {
    # what it is: name, content, its type, the name it is kept under
    "png": ("店頭.PNG", PNG, "image/png", "店頭.PNG"),
    "jpeg": ("IMG_0001.jpeg", JPEG, "image/jpeg", "IMG_0001.jpeg"),
    "a phone's heic": ("IMG_0002.HEIC", HEIC, "image/heic", "IMG_0002.HEIC"),
    "webp": ("a.webp", WEBP, "image/webp", "a.webp"),
    "pdf": ("見積.pdf", b"%PDF-1.7\n", "application/pdf", "見積.pdf"),
    "word": ("a.docx", zipped(OFFICE, "word/document.xml"), type_of(".docx"), "a.docx"),
    "excel": ("a.xlsx", zipped(OFFICE, "xl/workbook.xml"), type_of(".xlsx"), "a.xlsx"),
    "old excel": ("a.xls", OLE2, "application/vnd.ms-excel", "a.xls"),
    "logs in a zip": ("logs.zip", zipped("a.log", "b.txt"), "application/zip", "logs.zip"),
    "text": ("メモ.txt", "停止した。".encode(), "text/plain", "メモ.txt"),
    "csv as Excel writes it": ("売上.csv", "日付,金額\r\n".encode("cp932"), "text/csv", "売上.csv"),
    "utf-16": ("a.txt", "停止".encode("utf-16"), "text/plain", "a.txt"),
    "a mail that quotes a page": ("問合せ.eml", MAIL, "message/rfc822", "問合せ.eml"),
    "a picture by another name": ("見積.pdf", PNG, "image/png", "見積.pdf.png"),
    "text without an ending": ("README", b"text", "text/plain", "README.txt"),
}  # fmt: skip


@pytest.mark.parametrize("what", TAKEN)
def test_what_is_taken(what: str) -> None:
    name, content, content_type, kept_as = TAKEN[what]

    found = inspect(name, content)

    assert (found.content_type, found.name, found.size) == (content_type, kept_as, len(content))
    assert found.content.read() == content


REFUSED: dict[str, tuple[str, bytes]] = {
    "a program": ("a.png", b"MZ\x90\0" + b"\0" * 60),
    "a program of Linux": ("a", b"\x7fELF\x02" + b"\0" * 60),
    "a page": ("a.txt", b"\xef\xbb\xbf  <!DOCTYPE html><p>"),
    "a page further down": ("a.csv", b"a,b\n<html><body>"),
    "a drawing that runs scripts": ("a.png", b"<svg xmlns='x' onload='alert(1)'>"),
    "xml": ("a.txt", b"<?xml version='1.0'?><x/>"),
    "a shell script": ("a.txt", b"#!/bin/sh\nrm -rf /"),
    "a batch file": ("a.bat", b"echo off"),
    "a page by its name": ("a.html", b"text"),
    "a picture by the name of a program": ("a.exe", PNG),
    "word with macros": ("a.docx", zipped(OFFICE, "word/document.xml", "word/vbaProject.bin")),
    "old excel with macros": ("a.xls", OLE2 + MACROS),
    "an installer": ("a.msi", OLE2),
    "a program in a zip": ("a.zip", zipped("setup.exe")),
    "a broken zip": ("a.zip", b"PK\x03\x04broken"),
    "bytes": ("a.txt", bytes(range(256))),
    "a video": ("a.mp4", b"\0\0\0\x18ftypisom" + b"\0" * 40),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_with_a_sentence_that_names_it(what: str) -> None:
    name, content = REFUSED[what]

    with translation.override("en"), pytest.raises(Refused) as refused:
        inspect(name, content)

    assert (refused.value.code, refused.value.field) == ("kind", "files")
    assert refused.value.sentence.startswith(f"“{name}” is of a kind that is not taken.")


def test_a_locked_zip_is_refused() -> None:
    content = bytearray(zipped("a.txt"))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1

    with pytest.raises(Refused) as refused:
        inspect("a.zip", bytes(content))

    assert refused.value.code == "kind"


def test_an_empty_and_a_large_file_are_refused_with_the_limit(settings: Any) -> None:
    settings.ATTACHMENT_MAX_BYTES = 2**20
    sentences = []
    for content in (b"", b"x" * (2**20 + 1)):
        with translation.override("en"), pytest.raises(Refused) as refused:
            inspect("ログ.txt", content)
        sentences.append(refused.value.sentence.replace("\xa0", " "))

    assert sentences == [
        "“ログ.txt” is empty. Please choose it again.",
        "“ログ.txt” is 1.0 MB large; a file may have at most 1.0 MB. Please send a smaller one.",
    ]


NAMES = {
    "C:\\fakepath\\請求書.pdf": "請求書.pdf",
    "../../etc/passwd": "passwd",
    "ａｂｃ．ＴＸＴ": "abc.TXT",
    "a／b.txt": "b.txt",
    "invoice\u202efdp.exe": "invoicefdp.exe",
    "a\r\nSet-Cookie: x.txt": "aSet-Cookie: x.txt",
    "ﾚｼｰﾄ　1.png": "レシート 1.png",
    " .. ": "file",
    "": "file",
    "長" * 300 + ".pdf": "長" * 196 + ".pdf",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_made_fit_to_be_read(name: str) -> None:
    with translation.override("en"):
        assert files.clean_name(name) == NAMES[name]


def test_every_type_has_an_ending_of_its_own() -> None:
    endings = [ending for each in files.ENDINGS.values() for ending in each]

    assert len(endings) == len(set(endings))
    assert not {ending.lstrip(".") for ending in endings} & files.FORBIDDEN
