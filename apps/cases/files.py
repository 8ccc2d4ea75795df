"""What a file is that somebody sends: judged by its content, never by what its name or the browser says.

The list of what is taken is closed. A name keeps its ending only where the content agrees. Nothing is unpacked, scaled
or rewritten: an attachment is evidence, so what was sent is what is kept, and its SHA-256 stands in the journal. That
includes the place in a photo's EXIF data; files never leave the house by mail, and every download is written down.
"""

from __future__ import annotations

import codecs
import hashlib
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from apps.cases.checks import Refused
from apps.cases.models import Attachment

NAME_LENGTH = 200
HEAD = 4096  # bytes that the kinds below are told by

# content type: the endings that go with it, the usual one first
ENDINGS: dict[str, tuple[str, ...]] = {
    "image/jpeg": (".jpg", ".jpeg", ".jfif"),
    "image/png": (".png",),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    "image/heic": (".heic", ".heif"),
    "image/avif": (".avif",),
    "image/bmp": (".bmp",),
    "image/tiff": (".tif", ".tiff"),
    "application/pdf": (".pdf",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": (".pptx",),
    "application/vnd.oasis.opendocument.text": (".odt",),
    "application/vnd.oasis.opendocument.spreadsheet": (".ods",),
    "application/vnd.oasis.opendocument.presentation": (".odp",),
    "application/msword": (".doc",),
    "application/vnd.ms-excel": (".xls",),
    "application/vnd.ms-powerpoint": (".ppt",),
    "application/vnd.ms-outlook": (".msg",),
    "application/zip": (".zip",),
    "message/rfc822": (".eml",),
    "text/csv": (".csv", ".tsv"),
    "text/plain": (".txt", ".log", ".md"),
}
ACCEPT = "image/*," + ",".join(ending for endings in ENDINGS.values() for ending in endings)  # for the file picker
OLD_OFFICE = (
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.ms-outlook",
)
# Not even as plain text: a double click would run them.
FORBIDDEN = frozenset((
    "apk", "app", "bat", "bin", "cmd", "com", "cpl", "dll", "exe", "gadget", "hta", "htm", "html", "img", "inf",
    "iso", "jar", "js", "jse", "lnk", "mjs", "msc", "msi", "msp", "pif", "ps1", "psm1", "py", "reg", "rb", "scr",
    "sct", "sh", "svg", "url", "vb", "vbe", "vbs", "wsc", "wsf", "wsh", "xhtml", "xml", "xsl",
))  # fmt: skip

_IMAGES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_BRANDS = {b"heic": "heic", b"heix": "heic", b"heim": "heic", b"mif1": "heic", b"msf1": "heic", b"avif": "avif"}
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE2_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_PARTS = {"word/": ".docx", "xl/": ".xlsx", "ppt/": ".pptx"}
_MARKUP = ("<!doctype", "<html", "<head", "<body", "<script", "<svg", "<?xml", "<iframe", "<!--")
_MAIL_HEADERS = (
    "received:",
    "from:",
    "return-path:",
    "message-id:",
    "mime-version:",
    "delivered-to:",
    "date:",
    "subject:",
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that was looked into and may be kept. Made by `inspect` alone."""

    name: str
    content_type: str
    size: int
    sha256: str
    content: File[bytes]


def inspect(content: File[bytes]) -> Incoming:
    """Look into what was sent. Raises Refused with a sentence that names the file, and the limit where there is one."""
    name = clean_name(content.name or "")
    size = content.size
    if not size:
        raise _refused("empty", _("“%(name)s” is empty. Please choose it again."), name)
    if size > settings.ATTACHMENT_MAX_BYTES:
        sentence = _("“%(name)s” is %(size)s large; a file may have at most %(limit)s. Please send a smaller one.")
        raise Refused(
            "too_large",
            sentence
            % {"name": name, "size": filesizeformat(size), "limit": filesizeformat(settings.ATTACHMENT_MAX_BYTES)},
            field="files",
        )
    if _ending(name).lstrip(".") in FORBIDDEN:
        raise _not_taken(name)
    content.seek(0)
    head = content.read(HEAD)
    content_type = _content_type(head, content, name)
    if content_type is None:
        raise _not_taken(name)
    content.seek(0)
    digest = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]  # a File reads like a file
    content.seek(0)
    return Incoming(_with_fitting_ending(name, content_type), content_type, size, digest, content)


def store(rows: Sequence[Attachment]) -> None:
    """Write the bytes, before the rows: no row ever names a file that is not there."""
    for row in rows:
        row.file.save(str(row.file.name), row.file.file, save=False)


def remove(rows: Sequence[Attachment]) -> None:
    """Nothing was written after all: the bytes that were go as well.

    Where the process dies in between, or a transaction around this one fails, they stay; `manage.py attachments` finds them.
    """
    for row in rows:
        if row.file._committed:  # type: ignore[attr-defined]  # the stubs miss it
            row.file.storage.delete(str(row.file.name))


def clean_name(name: str) -> str:
    """As people may read and keep it: NFKC, the last part of a path, nothing unprintable, at most NAME_LENGTH signs."""
    name = unicodedata.normalize("NFKC", name).replace("\\", "/").rpartition("/")[2]
    name = "".join(sign for sign in name if unicodedata.category(sign)[0] not in "CZ" or sign == " ")
    name = " ".join(name.split()).strip(" .") or _("file")
    return _shortened(name, _ending(name))


def _refused(code: str, sentence: str, name: str) -> Refused:
    return Refused(code, sentence % {"name": name}, field="files")


def _not_taken(name: str) -> Refused:
    sentence = _(
        "“%(name)s” is of a kind that is not taken. Photos, PDF, Office files without macros, text, CSV, mail (.eml) and "
        "unlocked ZIP files are."
    )
    return _refused("kind", sentence, name)


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _shortened(name: str, ending: str) -> str:
    if len(name) <= NAME_LENGTH:
        return name
    ending = ending if len(ending) < 12 else ""
    return name[: NAME_LENGTH - len(ending)] + ending


def _with_fitting_ending(name: str, content_type: str) -> str:
    endings = ENDINGS[content_type]
    if _ending(name) in endings:
        return name
    return name[: NAME_LENGTH - len(endings[0])] + endings[0]


def _content_type(head: bytes, content: File[bytes], name: str) -> str | None:
    for signature, content_type in _IMAGES:
        if head.startswith(signature):
            return content_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        brand = _BRANDS.get(head[8:12])
        return f"image/{brand}" if brand else None
    if head[:2] == b"BM" and int.from_bytes(head[2:6], "little") == content.size:
        return "image/bmp"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(_OLE2):
        return _of_old_office(content, name)
    if head.startswith(b"PK\x03\x04"):
        return _of_zip(content)
    return _of_text(head, content, name)


def _of_old_office(content: File[bytes], name: str) -> str | None:
    """They look alike from outside, so the ending decides which of them it is; none may hold macros."""
    content_type = next((each for each in OLD_OFFICE if _ending(name) in ENDINGS[each]), None)
    return None if content_type is None or _holds(content, _OLE2_MACROS) else content_type


def _holds(content: File[bytes], wanted: bytes) -> bool:
    before = b""
    for chunk in _chunks(content):
        if wanted in before + chunk:
            return True
        before = chunk[-len(wanted) :]
    return False


def _chunks(content: File[bytes]) -> Iterator[bytes]:
    content.seek(0)
    while chunk := content.read(1 << 16):
        yield chunk


def _of_zip(content: File[bytes]) -> str | None:
    """By the list of what is in it. Locked files and such that hold something executable are not taken."""
    content.seek(0)
    source: BinaryIO = content  # type: ignore[assignment]  # a File reads like a file
    try:
        with zipfile.ZipFile(source) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            mimetype = (
                archive.read("mimetype")[:100].decode("ascii", "replace") if _is_small(archive, "mimetype") else ""
            )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError):
        return None
    if any(entry.flag_bits & 1 for entry in entries):
        return None
    if any(each.lower().endswith("vbaproject.bin") for each in names):
        return None
    if mimetype in ENDINGS:
        return mimetype
    if "[Content_Types].xml" in names:
        ending = next((end for part, end in _PARTS.items() if any(each.startswith(part) for each in names)), "")
        return next((kind for kind, endings in ENDINGS.items() if ending in endings), None)
    if any(_ending(each).lstrip(".") in FORBIDDEN for each in names):
        return None
    return "application/zip"


def _is_small(archive: zipfile.ZipFile, name: str) -> bool:
    info = archive.NameToInfo.get(name)
    return info is not None and info.file_size <= 100 and not info.flag_bits & 1


def _of_text(head: bytes, content: File[bytes], name: str) -> str | None:
    """UTF-8, UTF-16 with its mark, or Shift_JIS (as Windows has it) throughout, without what a browser or shell runs."""
    encoding = next((each for each in _encodings(head) if _decodes(content, each)), None)
    if encoding is None:
        return None
    begin = head.decode(encoding, "ignore").lstrip("\ufeff \t\r\n").lower()
    if begin.startswith(("#!", *_MARKUP)) or "<script" in begin or "<svg" in begin or "<html" in begin:
        is_mail = begin.startswith(_MAIL_HEADERS)  # which quotes a page without being one
        if not is_mail:
            return None
    if _ending(name) == ".eml":
        return "message/rfc822" if begin.startswith(_MAIL_HEADERS) else None
    return "text/csv" if _ending(name) in ENDINGS["text/csv"] else "text/plain"


def _encodings(head: bytes) -> tuple[str, ...]:
    return (
        ("utf-16",)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        else ("utf-8-sig", "cp932", "iso2022_jp")
    )


def _decodes(content: File[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chunks(content):
            if any(sign < " " and sign not in "\t\n\r\f\x1b" for sign in decoder.decode(chunk)):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
